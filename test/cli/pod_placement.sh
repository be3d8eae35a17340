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
# over JSON FILTER: with this override
over() {
	placed "$2" --overrides "$1"
}
is "a node selector" "$(over '{"spec":{"nodeSelector":
	{"kubernetes.io/arch":"s390x","x":""}}}' .spec.nodeSelector)" \
	'{"kubernetes.io/arch":"s390x","x":""}'
is "tolerations, a priority class" "$(over '{"apiVersion":"v1","kind":"Pod",
	"spec":{"tolerations":[{"key":"a","operator":"Exists"}],
	"priorityClassName":"batch"}}' '[.spec.tolerations,.spec.priorityClassName]')" \
	'[[{"key":"a","operator":"Exists"}],"batch"]'
is "labels, besides ours" "$(over '{"metadata":{"labels":{"team":"a",
	"example.com/cost":"B_1","gone":null}}}' .metadata.labels)" \
	'{"app.kubernetes.io/name":"unpack","app.kubernetes.io/managed-by":"unpackctl","team":"a","example.com/cost":"B_1"}'
is "annotations, of any text" "$(over '{"metadata":{"annotations":
	{"example.com/why":"because = so","Example.com/B":""}}}' .metadata.annotations)" \
	'{"example.com/why":"because = so","Example.com/B":""}'
is "objects are merged, lists replaced, null takes out" "$(placed \
	'[.spec.affinity,.spec.imagePullSecrets,.spec.dnsPolicy]' --pull-secret s \
	--overrides '{"spec":{"affinity":{"a":{"b":null,"c":[1,null]}},
	"imagePullSecrets":[{"name":"t"}],"dnsPolicy":null}}')" \
	'[{"a":{"c":[1,null]}},[{"name":"t"}],null]'
is "the last one counts" "$(placed .spec.priorityClassName \
	--overrides '{"spec":{"priorityClassName":"a","nodeName":"n"}}' \
	--overrides '{"spec":{"priorityClassName":"b"}}')" b
is "nothing" "$(over '{}' '.spec.containers|length')" 1
is "a pull policy, for both images" "$(placed '[.spec.initContainers[0],
	.spec.containers[0] | .imagePullPolicy]' --image-pull-policy Never)" \
	'["Never","Never"]'
is "the resources of every pod" "$(placed '[.spec.initContainers[0],
	.spec.containers[0] | .resources] | unique')" \
	'[{"requests":{"cpu":"10m","memory":"16Mi"},"limits":{"memory":"64Mi"}}]'
is "others, for a quota" "$(placed '[.spec.initContainers[0],
	.spec.containers[0] | .resources] | unique' --limits memory=1Gi,cpu=1 \
	--requests cpu=50m,memory=0.5Gi,ephemeral-storage=1Mi)" \
	'[{"requests":{"cpu":"50m","memory":"0.5Gi","ephemeral-storage":"1Mi"},"limits":{"memory":"1Gi","cpu":"1"}}]'
is "only one of them" "$(placed '[.spec.containers[].resources]' \
	--requests cpu=1)" \
	'[{"requests":{"cpu":"1","memory":"16Mi"},"limits":{"memory":"64Mi"}}]'
"$UNPACKCTL" pod --image a/b --limits cpu=1 --image-pull-policy Always \
	--overrides '{"metadata":{"labels":{"d":"e"},"annotations":{"f":"g"}},
	"spec":{"nodeSelector":{"a":"b"},"priorityClassName":"h"}}' >pod.yaml
ok "it is restricted still" exits 0 "$UNPACKCTL" check-pod pod.yaml

refuse() {
	ok "refused: $*" exits 2 "$UNPACKCTL" pod --image a/b "$@"
}
# stays FIELD JSON: an override of what the pod is; the message names the field
stays() {
	refuse --overrides "$2"
	ok "... names $1" has err "^unpackctl: .*overrides.*: $1: "
}
for f in containers initContainers ephemeralContainers volumes; do
	stays "spec.$f" "{\"spec\":{\"$f\":[]}}"
	stays "spec.$f" "{\"spec\":{\"$f\":null}}"
done
for f in hostNetwork hostPID hostIPC hostUsers shareProcessNamespace \
	automountServiceAccountToken enableServiceLinks; do
	stays "spec.$f" "{\"spec\":{\"priorityClassName\":\"p\",\"$f\":true}}"
done
stays spec.securityContext '{"spec":{"securityContext":{"runAsUser":0}}}'
stays spec.os '{"spec":{"os":{"name":"windows"}}}'
stays spec.restartPolicy '{"spec":{"restartPolicy":"Always"}}'
stays spec.activeDeadlineSeconds '{"spec":{"activeDeadlineSeconds":1}}'
stays spec.volumes '{"spec":{},"spec":{"volumes":[]}}'
stays spec '{"spec":null}'
stays spec '{"spec":[]}'
stays metadata '{"metadata":"x"}'
stays status '{"status":{}}'
stays kind '{"kind":"Job"}'
stays apiVersion '{"apiVersion":"v2"}'
stays Spec '{"Spec":{"containers":[]}}'
for f in name namespace ownerReferences generateName uid; do
	stays "metadata.$f" "{\"metadata\":{\"$f\":\"x\"}}"
done
for f in name managed-by; do
	stays "metadata.labels.app.kubernetes.io/$f" \
		"{\"metadata\":{\"labels\":{\"app.kubernetes.io/$f\":null}}}"
done
stays metadata.labels '{"metadata":{"labels":null}}'
stays metadata.annotations.container.apparmor.security.beta.kubernetes.io/bundle \
	'{"metadata":{"annotations":{"container.apparmor.security.beta.kubernetes.io/bundle":"unconfined"}}}'
stays metadata.annotations.seccomp.security.alpha.kubernetes.io/pod \
	'{"metadata":{"annotations":{"seccomp.security.alpha.kubernetes.io/pod":null}}}'
for v in 1 true '{}' '["a"]'; do
	stays metadata.labels.k "{\"metadata\":{\"labels\":{\"k\":$v}}}"
	stays metadata.annotations.k "{\"metadata\":{\"annotations\":{\"k\":$v}}}"
done
for j in '' x '[]' '1' 'null' '{' '{} {}' '"a"' 'spec: {}'; do
	refuse --overrides "$j"
	ok "... a JSON object" has err 'takes a JSON object'
done
refuse --image-pull-policy never
for l in '' cpu cpu= =1 'cpu=1,' ,cpu=1 'cpu=1, memory=1Mi' cpu=1=2 -a=1 cpu=1,cpu=2; do
	refuse --limits "$l"
	refuse --requests "$l"
done
for q in 0 0.0 -1 1e3 1.m m 1KiB 1.2.3 "1 " ''; do
	refuse --limits "cpu=$q"
done
for o in node-selector toleration label annotation priority-class pull-policy \
	cpu-request cpu-limit memory-request memory-limit compat; do
	refuse "--$o" a=b
done

# what is printed is read back as it was given, by a reader of YAML 1.1 and ours
cat >words.py <<'P'
import json, sys, yaml
words = """y N yes oN off True null Null ~ .inf -.INF +.inf .nan .NaN 0x1F 0o7 017
08 1_000 _1 1_ 0b1_0 190:20:30 1:30 1:30.5 +1 -1 -.5 .5 5. 1e3 1E3 1e+3 12e03 0.1.2
10m 1Gi 100k 0 -0 2001-01-01 2001-01-01T00:00:00Z 2001-1-1 = << - -- --- ... -a ? :
a: :a a:b #a a#b , [ ] { } & * ! | > % @ ` " ' a\\b \\ /a //a --x --1 ---x 1:2:3 0x
1e e1 x1 infinity NaN 9e9 1a 0b12 12:30:45.6 tRue nULL YES No ON OFF t f T F""".split()
words += ["", " ", " a", "a ", "a b", "a: b", "a #b", "a\nb", "\n", "\t", "a\tb", "\r",
          "ü", "\U0001f600", "\u0085", "\u2028", "\ufeff", "\x7f", "\x1b[1m", "\u00a0"]
if sys.argv[1] == "make":
    print(json.dumps({"metadata": {"annotations":
        {"k%d" % i: w for i, w in enumerate(words)}}}))
else:
    got = yaml.safe_load(open("pod.yaml", encoding="utf-8"))["metadata"]["annotations"]
    for i, w in enumerate(words):
        if got["k%d" % i] != w:
            print("PyYAML reads %r, not %r" % (got["k%d" % i], w))
P
if python3 -c 'import yaml' 2>/dev/null; then
	python3 words.py make >words.json
	ok "words that are none" exits 0 "$UNPACKCTL" pod --image a/b \
		--overrides "$(cat words.json)"
	cp out pod.yaml
	is "PyYAML reads them" "$(python3 words.py read)" ""
	is "so do we" "$("$UNPACKCTL" pod --image a/b -o json --overrides \
		"$(cat words.json)" | jq -c .metadata.annotations)" \
		"$(jq -c .metadata.annotations words.json)"
	ok "nor does it look like something else" exits 0 "$UNPACKCTL" check-pod \
		pod.yaml
else
	ok_skip "words that are none" "needs PyYAML"
fi
if command -v kubectl >/dev/null && [ -f pod.yaml ] &&
	kubectl label --local -f pod.yaml a=b -o json >k.json 2>/dev/null &&
	[ -f words.json ]; then
	is "kubectl reads them" "$(jq -cS .metadata.annotations k.json)" \
		"$(jq -cS .metadata.annotations words.json)"
fi
done_testing
