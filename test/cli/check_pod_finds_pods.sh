#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `unpackctl check-pod` takes what people have: directories, kustomizations,
# streams with other objects, kinds that it does not know, operators' bundles.
. "$TOP/test/lib.sh"

# pod INDENT: the spec of a pod that is privileged
pod() {
	sed "s/^/$1/" <<-'E'
		spec:
		  containers:
		  - name: c
		    image: example.com/c:1
		    securityContext:
		      privileged: true
	E
}
# fields FILE: where the violations are
fields() {
	"$UNPACKCTL" check-pod --level baseline -o json "$@" |
		jq -r '.pods[].violations[] | "\(.line) \(.field)"'
}
S="spec.containers[0].securityContext.privileged"

# the real path, the line of the field
{
	printf '%s\n' 'apiVersion: batch/v1' 'kind: CronJob' \
		'metadata: {name: cron}' 'spec:' '  jobTemplate:' '    spec:' \
		'      template:'
	pod '        '
} >cronjob.yaml
is "the path in the object" "$(fields cronjob.yaml)" \
	"13 spec.jobTemplate.spec.template.$S"
printf '{"kind":"Pod","metadata":{"name":"n"},\n"spec":{"containers":[\n{"name":"c",\n"securityContext":{\n"privileged":true}}]}}\n' >pod.json
is "lines of JSON" "$(fields pod.json)" "5 $S"
cat >alias.yaml <<'E'
kind: PodList
items:
- metadata: {name: a}
  spec: &s
    containers:
    - {name: c, securityContext: {privileged: true}}
- metadata: {name: b}
  spec: *s
E
is "an alias: the line where it is set" "$(fields alias.yaml |
	tr '\n' ' ')" "6 $S 6 $S "
cat >unset.yaml <<'E'
kind: Pod
metadata: {name: a}
spec:
  securityContext:
    runAsUser: 1
    seccompProfile:
      type: Unconfined
  containers:
  - image: x
    name: c
  - name: d
    securityContext:
      capabilities:
        add: []
E
is "what is not set: the line of the nearest that is there" "$("$UNPACKCTL" \
	check-pod -o json unset.yaml | jq -r '.pods[].violations[] |
	"\(.line) \(.field)"' | sed 's/spec.containers//; s/securityContext/sc/' |
	tr '\n' ' ')" "9 [0].sc.allowPrivilegeEscalation 12 [1].sc.allowPrivilegeEscalation 9 [0].sc.capabilities.drop 13 [1].sc.capabilities.drop 9 [0].sc.runAsNonRoot 12 [1].sc.runAsNonRoot 7 spec.sc.seccompProfile.type "
ok "as an annotation" exits 3 "$UNPACKCTL" check-pod -o github unset.yaml
ok "whose fix is for that line" has out \
	'line=9,.*runAsNonRoot .*the container.s securityContext, or the pod'

# kinds that are not known
{
	printf '%s\n' 'apiVersion: argoproj.io/v1alpha1' 'kind: Rollout' \
		'metadata: {name: r}' 'spec:' '  replicas: 1' '  template:'
	pod '    '
} >rollout.yaml
ok "a Rollout" exits 3 "$UNPACKCTL" check-pod --level baseline rollout.yaml
ok "where" has out '^rollout.yaml:1: Rollout r: spec.template: violates '
is "the path" "$(fields rollout.yaml)" "12 spec.template.$S"
cat >csv.yaml <<'E'
apiVersion: operators.coreos.com/v1alpha1
kind: ClusterServiceVersion
metadata: {name: o.v1}
spec:
  install:
    strategy: deployment
    spec:
      deployments:
      - name: good
        spec:
          template:
            spec:
              containers:
              - {name: c, image: example.com/c:1}
      - name: bad
        spec:
          template:
            spec:
              hostNetwork: true
              containers:
              - {name: c, image: example.com/c:1}
E
ok "a ClusterServiceVersion" exits 3 "$UNPACKCTL" check-pod --level baseline \
	csv.yaml
ok "one of its deployments passes" has out \
	': spec.install.spec.deployments\[0\].spec.template: passes baseline'
ok "the other does not" has out \
	': spec.install.spec.deployments\[1\].spec.template: violates '
is "its path" "$(fields csv.yaml)" \
	"19 spec.install.spec.deployments[1].spec.template.spec.hostNetwork"
cat >crd.yaml <<'E'
kind: CustomResourceDefinition
spec: {versions: [{schema: {openAPIV3Schema: {properties: {spec: {properties: {
  containers: {type: array, items: {type: object}}}}}}}}]}
E
cat >patch.yaml <<'E'
kind: Prometheus
spec: {containers: [{name: config-reloader, image: x}]}
E
ok "no pods, by their shape" exits 1 "$UNPACKCTL" check-pod crd.yaml patch.yaml
ok "which is not called passed" lacks out "pass(es)? "
ok "but told" has err '2 objects without'
ok "as is allowed" exits 0 "$UNPACKCTL" check-pod --ignore-not-found crd.yaml
ok "  is told" has out '^no pods to check$'
ok "in JSON" exits 0 "$UNPACKCTL" check-pod --ignore-not-found -o json crd.yaml
is "  nothing has passed" "$(jq -c '[.result,.allowed,.passed,.passedOver]' out)" \
	'["ok",true,0,1]'
ok "a pod that violates is none the less" exits 3 "$UNPACKCTL" check-pod \
	--ignore-not-found crd.yaml cronjob.yaml
printf 'a: [\n' >damaged.yaml
ok "and what cannot be read" exits 1 "$UNPACKCTL" check-pod --ignore-not-found \
	damaged.yaml
ok "an empty file has none" exits 0 "$UNPACKCTL" check-pod --ignore-not-found \
	/dev/null

# lists without pods
for l in '{"kind":"List","items":[]}' '{"kind":"PodList","items":[]}'; do
	echo "$l" >none.json
	ok "no pods in $l" exits 0 "$UNPACKCTL" check-pod - <none.json
	ok "are told" has out '^no pods to check$'
	ok "and no error" empty err
	ok "quiet" exits 0 "$UNPACKCTL" check-pod -q none.json
	ok "really" empty out
	ok "in JSON" exits 0 "$UNPACKCTL" check-pod -o json none.json
	is "how many" "$(jq -c '[.result,.exit,.allowed,.passed]' out)" \
		'["ok",0,true,0]'
	ok "for CI" exits 0 "$UNPACKCTL" check-pod -o junit none.json
	ok "beside pods" exits 3 "$UNPACKCTL" check-pod none.json cronjob.yaml
	ok "beside what is none" exits 1 "$UNPACKCTL" check-pod none.json crd.yaml
done
for l in '{"kind":"List"}' '{"kind":"List","items":null}' '[]' '{}' ''; do
	echo "$l" >none.json
	ok "$l is no list" exits 1 "$UNPACKCTL" check-pod none.json
done

# streams
{
	cat cronjob.yaml
	printf '%s\n' --- '# Source: chart/templates/cm.yaml' 'kind: ConfigMap' \
		--- 'annotations: {a: b}' ---
	sed 's/true/false/' rollout.yaml
} >stream.yaml
ok "a stream" exits 3 "$UNPACKCTL" check-pod --level baseline - <stream.yaml
ok "is summed up" has out \
	'^2 pods checked: 1 passes, 1 violates baseline:latest; 2 objects without a pod skipped$'
ok "as a file" exits 3 "$UNPACKCTL" check-pod --level baseline -o json stream.yaml
is "and in JSON" "$(jq -c '[.kind,.result,.exit,.reason,.passed,.violating,
	.passedOver,.notJudged]' out)" \
	'["CheckPodResult","failed",3,"PodSecurity",1,1,2,0]'

# directories
mkdir -p dir/deep/er dir/.git
cp cronjob.yaml dir/b.yml
cp pod.json dir/a.json
cp rollout.yaml dir/deep/er/c.yaml
cp rollout.yaml dir/.git/d.yaml
echo '{{' >dir/README.md
ok "a directory" exits 3 "$UNPACKCTL" check-pod --level baseline dir
is "all files in it and below, but hidden ones, in order" "$(grep -o '^dir[^:]*' out | uniq | tr '\n' ' ')" \
	"dir/a.json dir/b.yml dir/deep/er/c.yaml "
mkdir -p bundle/manifests bundle/metadata empty
cp csv.yaml crd.yaml bundle/manifests
echo 'annotations: {}' >bundle/metadata/annotations.yaml
ok "an operator's bundle" exits 3 "$UNPACKCTL" check-pod --level baseline bundle
ok "is judged by its manifests" has out \
	'^2 pods checked: 1 passes, 1 violates baseline:latest; 2 objects without'
ok "an empty directory" exits 1 "$UNPACKCTL" check-pod empty
ok "is no pass" has err 'has no file with a name that ends in .yaml'
printf 'kind: Pod\nmetadata: {name: {{ .Values.name }}}\n' >helm.yaml
ok "a template of Helm's" exits 1 "$UNPACKCTL" check-pod helm.yaml
ok "says what makes it a manifest" has err \
	'helm template CHART \| unpackctl check-pod -'
ok "next to pods that pass" exits 1 "$UNPACKCTL" check-pod --level baseline \
	helm.yaml csv.yaml --ignore hostNamespaces
ok "both are told" has out \
	'2 pods checked: 2 pass, 0 violate .*; 1 could not be checked'

# a code that is not to count
ok "ignored" exits 0 "$UNPACKCTL" check-pod --level baseline \
	--ignore privileged pod.json
ok "no such code" exits 2 "$UNPACKCTL" check-pod --ignore nothing pod.json

if command -v kubectl >/dev/null; then
	mkdir k
	cp rollout.yaml k
	printf '%s\n' 'namePrefix: pre-' 'resources: [rollout.yaml]' \
		>k/kustomization.yaml
	kubectl kustomize k >made
	ok "a kustomization" exits 3 "$UNPACKCTL" check-pod --level baseline - \
		<made
	ok "as kubectl makes it" has out \
		'^standard input:1: Rollout pre-r: spec.template: violates'
else
	ok_skip "kustomizations" "needs kubectl"
fi
done_testing
