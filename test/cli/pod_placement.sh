#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `unpackctl pod`: where the pod may run, what it may use, what it is labelled.
. "$TOP/test/pod.sh"

# placed FILTER OPTION...
placed() {
	filter=$1
	shift
	pod "$filter" --image example.com/team/bundle:v1 "$@"
}

is "nothing asked for, nothing there" "$(placed '[.spec.nodeSelector,
	.spec.tolerations, .spec.priorityClassName, .metadata.annotations,
	([.. | objects | select(has("imagePullPolicy"))] | length)]')" \
	'[null,null,null,null,0]'
is "node selectors" "$(placed .spec.nodeSelector \
	--node-selector kubernetes.io/arch=s390x --node-selector x=)" \
	'{"kubernetes.io/arch":"s390x","x":""}'
is "tolerations" "$(placed .spec.tolerations --toleration a --toleration b=c \
	--toleration a=b:NoSchedule --toleration example.com/d:NoExecute)" \
	'[{"key":"a","operator":"Exists"},{"key":"b","operator":"Equal","value":"c"},{"key":"a","operator":"Equal","value":"b","effect":"NoSchedule"},{"key":"example.com/d","operator":"Exists","effect":"NoExecute"}]'
is "a priority class" "$(placed .spec.priorityClassName \
	--priority-class batch-low)" batch-low
is "labels, besides ours" "$(placed .metadata.labels --label team=a \
	--label example.com/cost=B_1)" \
	'{"app.kubernetes.io/name":"unpack","app.kubernetes.io/managed-by":"unpackctl","team":"a","example.com/cost":"B_1"}'
is "annotations, of any text" "$(placed .metadata.annotations \
	--annotation 'example.com/why=because = so' --annotation b=)" \
	'{"example.com/why":"because = so","b":""}'
is "a pull policy, for both images" "$(placed '[.spec.initContainers[0],
	.spec.containers[0] | .imagePullPolicy]' --pull-policy Never)" \
	'["Never","Never"]'
is "the resources of every pod" "$(placed '[.spec.initContainers[0],
	.spec.containers[0] | .resources] | unique')" \
	'[{"requests":{"cpu":"10m","memory":"16Mi"},"limits":{"memory":"64Mi"}}]'
is "others, for a quota" "$(placed '[.spec.initContainers[0],
	.spec.containers[0] | .resources] | unique' --cpu-limit 1 \
	--cpu-request 50m --memory-request 0.5Gi --memory-limit 1Gi)" \
	'[{"requests":{"cpu":"50m","memory":"0.5Gi"},"limits":{"cpu":"1","memory":"1Gi"}}]'
"$UNPACKCTL" pod --image a/b --node-selector a=b --toleration c --label d=e \
	--annotation f=g --cpu-limit 1 --pull-policy Always \
	--priority-class h >pod.yaml
ok "it is restricted still" exits 0 "$UNPACKCTL" check-pod pod.yaml

refuse() {
	ok "refused: $*" exits 2 "$UNPACKCTL" pod --image a/b "$@"
}
many=$(seq 33 | sed 's/.*/--label k&=v/')
# shellcheck disable=SC2086 # a list of options
refuse $many
ok "... there are 32" has err 'at most 32 can be given'
refuse --node-selector a
refuse --node-selector =b
refuse --node-selector a=b --node-selector a=c
ok "... given twice" has err 'given twice'
refuse --node-selector 'a b=c'
refuse --node-selector -a=c
refuse --label "a=$(printf '%064d' 0)"
refuse --label 'a=b c'
refuse --label A.com/x=y
refuse --label app.kubernetes.io/name=other
refuse --annotation /a=b
refuse --toleration =b
refuse --toleration a:Never
refuse --toleration a=b:
refuse --priority-class Low
refuse --pull-policy never
for q in 0 0.0 -1 1e3 1.m m 1KiB 1.2.3 "1 " ''; do
	refuse --cpu-limit "$q"
done
done_testing
