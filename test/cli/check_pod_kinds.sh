#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `unpackctl check-pod` finds the pod in every kind that has one.
. "$TOP/test/lib.sh"

# kind KIND PATH: a manifest whose pod template, at PATH, is privileged.
kind() {
	jq -n --arg kind "$1" --argjson path "$2" '{kind:$kind,
		metadata:{name:"n"}} | setpath($path; {spec:{
			containers:[{name:"c",securityContext:{privileged:true}}]}})'
}

for k in Deployment DaemonSet StatefulSet ReplicaSet ReplicationController Job; do
	kind $k '["spec","template"]' >$k.json
done
kind CronJob '["spec","jobTemplate","spec","template"]' >CronJob.json
kind PodTemplate '["template"]' >PodTemplate.json
kind Pod '["x"]' | jq '.spec=.x.spec' >Pod.json
for f in *.json; do
	ok "${f%.json}" exits 3 "$UNPACKCTL" check-pod --level baseline "$f"
	ok "is named" has out "^$f:1: ${f%.json} n: violates .*privileged"
done

cat ./*.json | jq -s '{kind:"List",items:.}' >list
ok "a List" exits 3 "$UNPACKCTL" check-pod list
is "each of its items" "$(grep -c violates out)" 9
jq -s '{kind:"PodList",items:map(del(.kind))}' Pod.json >podlist
ok "a PodList, whose items have no kind" exits 3 "$UNPACKCTL" check-pod podlist
ok "is of pods" has out ': Pod n: '

{
	echo '# comment'
	cat Job.json
	echo ---
	echo 'kind: ConfigMap'
	echo ---
	cat Pod.json
} >many.yaml
ok "many documents" exits 3 "$UNPACKCTL" check-pod - <many.yaml
ok "the first" has out '^standard input:2: Job n: violates'
ok "the last" has out '^standard input:[0-9]+: Pod n: violates'
is "no others" "$(grep -c violates out)" 2
ok "several files" exits 3 "$UNPACKCTL" check-pod Job.json Pod.json
is "all judged" "$(grep -c violates out)" 2
printf 'kind: Deployment\nspec: {}\n' >empty.yaml
ok "a Deployment without a template" exits 1 "$UNPACKCTL" check-pod empty.yaml
done_testing
