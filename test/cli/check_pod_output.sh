#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `unpackctl check-pod`: words, JSON, exit codes.
. "$TOP/test/lib.sh"

cat >bad.yaml <<'E'
apiVersion: v1
kind: Pod
metadata:
  name: bad
  namespace: ns
  annotations: {container.apparmor.security.beta.kubernetes.io/x: unconfined}
spec:
  hostPID: true
  hostIPC: true
  securityContext:
    runAsUser: 0
    runAsNonRoot: false
    seccompProfile: {type: Unconfined}
    appArmorProfile: {type: Unconfined}
    seLinuxOptions: {type: foo, user: bar}
    sysctls: [{name: kernel.sem}, {name: a.b}]
    windowsOptions: {hostProcess: true}
  initContainers:
  - name: zz
    image: a
    livenessProbe: {httpGet: {host: b}}
    securityContext: {seLinuxOptions: {role: r}, runAsUser: 0}
  containers:
  - name: aa
    image: a
    ports: [{hostPort: 9090}, {hostPort: 8080}]
    lifecycle: {preStop: {tcpSocket: {host: a}}}
    securityContext:
      privileged: true
      procMount: Unmasked
      capabilities: {add: [FOO, BAR]}
  volumes:
  - {name: one, hostPath: {path: /}}
  - {name: two, nfs: {}}
E
want='violates restricted:latest: appArmorProfile, hostNamespaces, hostPorts, hostProbesAndHostLifecycle, privileged, seLinuxOptions, sysctls, windowsHostProcess, allowPrivilegeEscalation, capabilities_restricted, procMount_restricted, restrictedVolumes, runAsNonRoot, runAsUser, seccompProfile_restricted'
ok "a pod that does everything wrong" exits 3 "$UNPACKCTL" check-pod bad.yaml
is "each check that it violates" "$(head -n 1 out)" "bad.yaml:1: Pod bad: $want"
ok "nothing else" empty err
ok "which field, which container, what it is and must be" has out \
	'^  bad.yaml:29: spec.containers\[0\].securityContext.privileged \(container "aa"\) is true; must be false, or not set \[privileged\]$'
ok "what is not set" has out \
	'^  bad.yaml:22: spec.initContainers\[0\].securityContext.allowPrivilegeEscalation \(container "zz"\) is not set; must be false '
ok "elements of lists" has out \
	'^  bad.yaml:26: spec.containers\[0\].ports\[1\].hostPort \(container "aa"\) is 8080; must be 0 '
ok "volumes" has out '^  bad.yaml:34: spec.volumes\[1\].nfs \(volume "two"\) is \{\}; must be configMap, csi, .* or secret '
ok "annotations" has out \
	'^  bad.yaml:6: metadata.annotations\[container.apparmor.security.beta.kubernetes.io/x\] is "unconfined"; must be "runtime/default" or "localhost/\*"'
lines=$(wc -l <out)
ok "JSON" exits 3 "$UNPACKCTL" check-pod -o json bad.yaml
is "has as many violations" "$(jq '.pods[0].violations|length' out)" \
	$((lines - 1))
is "says what" "$(jq -c '[.level,.version,.allowed,(.pods[0]|.file,.line,.kind,
	.namespace,.name,.allowed)]' out)" \
	'["restricted","latest",false,"bad.yaml",1,"Pod","ns","bad",false]'
is "with the message" "$(jq -r '.pods[0].message' out)" "$want"
is "each in full" "$(jq -c '.pods[0].violations[]
	| select(.check=="privileged")' out)" \
	'{"check":"privileged","level":"baseline","line":29,"field":"spec.containers[0].securityContext.privileged","must":"must be false, or not set","value":true,"container":"aa","message":"spec.containers[0].securityContext.privileged (container \"aa\") is true; must be false, or not set"}'
ok "quiet" exits 3 "$UNPACKCTL" check-pod -q bad.yaml
ok "really" empty out
ok "privileged takes all" exits 0 "$UNPACKCTL" check-pod --level privileged \
	bad.yaml
ok "baseline of the first version" exits 3 "$UNPACKCTL" check-pod \
	--level baseline --version v1.0 bad.yaml
ok "has hostPath" has out 'hostPath \(volume "one"\)'
ok "and no probes yet" lacks out 'probe'

# what nobody set
printf 'kind: Pod\nspec: {containers: [{name: x}, {name: z}]}\n' >none.yaml
ok "nothing set" exits 3 "$UNPACKCTL" check-pod none.yaml
is "each container is named" "$(grep -c 'container "[xz]") is not set; must' out)" 8
ok "how to set it" has out \
	'^  none.yaml:2: spec.containers\[0\].securityContext.runAsNonRoot \(container "x"\) is not set; must be true, here or for the pod \[runAsNonRoot\]$'

# an item in full, and where it is
item() {
	"$UNPACKCTL" check-pod -o json "$@" >out
	jq -c '.pods[]' out
}
cat >f.yaml <<'E'
kind: Pod
metadata: {name: p, namespace: ns}
spec:
  hostPID: true
  volumes:
  - {name: v, hostPath: {}}
  containers:
  - {name: "a\e", securityContext: {privileged: true}}
E
pid='{"check":"hostNamespaces","level":"baseline","line":4,"field":"spec.hostPID","must":"must be false, or not set","value":true,"message":"spec.hostPID is true; must be false, or not set"}'
path='{"check":"hostPathVolumes","level":"baseline","line":6,"field":"spec.volumes[0].hostPath","must":"must not be set","value":{},"volume":"v","message":"spec.volumes[0].hostPath (volume \"v\") is {}; must not be set"}'
privileged='{"check":"privileged","level":"baseline","line":8,"field":"spec.containers[0].securityContext.privileged","must":"must be false, or not set","value":true,"container":"a\u001b","message":"spec.containers[0].securityContext.privileged (container \"a\\x1b\") is true; must be false, or not set"}'
head='{"where":"f.yaml:1: Pod p","file":"f.yaml","line":1,"kind":"Pod","name":"p","namespace":"ns","path":""'
is "a pod that passes" \
	"$(item --level privileged --version v1.30 f.yaml)" \
	"$head"',"allowed":true,"message":"passes privileged:v1.30","violations":[],"ignored":[]}'
is "one that does not" "$(item --level baseline f.yaml)" \
	"$head"',"allowed":false,"message":"violates baseline:latest: hostNamespaces, hostPathVolumes, privileged","violations":['"$pid,$path,$privileged"'],"ignored":[]}'
is "but for one of them" "$(item --level baseline \
	--ignore hostPathVolumes:f.yaml --ignore privileged:g.yaml f.yaml)" \
	"$head"',"allowed":false,"message":"violates baseline:latest: hostNamespaces, privileged","violations":['"$pid,$privileged"'],"ignored":[{"ignore":"hostPathVolumes:f.yaml","count":1,"findings":['"$path"']}]}'
is "but for all" "$(item --level baseline --ignore hostPathVolumes \
	--ignore privileged --ignore hostNamespaces f.yaml)" \
	"$head"',"allowed":true,"message":"passes baseline:latest","violations":[],"ignored":[{"ignore":"hostPathVolumes","count":1,"findings":['"$path"']},{"ignore":"privileged","count":1,"findings":['"$privileged"']},{"ignore":"hostNamespaces","count":1,"findings":['"$pid"']}]}'
cat >many.yaml <<'E'
kind: Job
metadata: {name: j}
spec: {template: {spec: {containers: [{name: a, image: i}]}}}
---
kind: "O\ed"
metadata: {name: "a\nb"}
spec: {template: {spec: {containers: [{name: a, image: i}]}}}
---
spec: {template: {spec: {containers: [{name: a, image: i}]}}}
E
is "where they are" "$(item --level baseline many.yaml | jq -r .where)" \
	'many.yaml:1: Job j
many.yaml:5: O\x1bd a\x0ab: spec.template
many.yaml:9: (no kind) (no name): spec.template'
is "and what they have no name for" \
	"$(jq -c '.pods[]|[.kind,has("name"),.path]' out)" \
	'["Job",true,"spec.template"]
["O\u001bd",true,"spec.template"]
["",false,"spec.template"]'
for v in latest v1.0 1.29 v1.37 v1.99; do
	ok "version $v" exits 0 "$UNPACKCTL" check-pod --level privileged \
		--version "$v" f.yaml
done
for v in v2.1 v1. 1.x '' v1.01 v vv1.2 v1.-1; do
	ok "no version: '$v'" exits 2 "$UNPACKCTL" check-pod --version "$v" \
		f.yaml
done

# our own pods
for flags in '' '--strategy image-volume' '--run-as-user namespace' \
	'--run-as-user 1000640000 --format jsonl'; do
	# shellcheck disable=SC2086
	"$UNPACKCTL" pod --image localhost/a:1 $flags >own.yaml
	for v in v1.0 v1.19 v1.22 v1.25 v1.34 latest; do
		ok "our pod $flags passes restricted $v" exits 0 \
			"$UNPACKCTL" check-pod --version $v own.yaml
	done
done
"$UNPACKCTL" pod --image localhost/a:1 --user-namespace >own.yaml
ok "a user namespace's root passes from 1.35 on" exits 0 \
	"$UNPACKCTL" check-pod --version v1.35 own.yaml
ok "not before" exits 3 "$UNPACKCTL" check-pod --version v1.34 own.yaml

# RukPak's
for v in v1.22 v1.34 latest; do
	ok "RukPak's pod passes restricted $v" exits 0 "$UNPACKCTL" check-pod \
		--version $v "$TOP/test/cluster/rukpak.yaml"
done

# and the manifests
grep -rlE '^kind: (Pod|Deployment|DaemonSet|Job)$' "$TOP/manifests" >pods
while read -r f; do
	ok "${f#"$TOP/"} passes" exits 0 "$UNPACKCTL" check-pod "$f"
done <pods

# names from outside do not reach the terminal raw
printf 'kind: Pod\nmetadata: {name: "a\\e[1m"}\nspec: {containers: [{name: "b\\e]0;x\\a"}]}\n' >esc.yaml
ok "escapes" exits 3 "$UNPACKCTL" check-pod esc.yaml
ok "are shown" has out 'a\\x1b\[1m'
ok "and not sent" lacks out "$(printf '\033')"

# numbers and words as kubectl reads them
# uid YAML [FIELD]: a pod with runAsUser, or another field, set to this
uid() {
	cat >uid.yaml <<-E
		kind: Pod
		metadata: {name: p}
		spec:
		  containers:
		  - name: c
		    securityContext: {${2:-runAsUser}: $1, runAsNonRoot: true, allowPrivilegeEscalation: false,
		      capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}
	E
}
for n in 0 -0 +0 0x0 -0x0 0o0 0b0 00 0_0 0.0 -0.0 0. -.0 0e0 -0e9 '!!int "0"'; do
	uid "$n"
	ok "runAsUser: $n is 0" exits 3 "$UNPACKCTL" check-pod uid.yaml
	ok "which is told" has out 'runAsUser .* is 0; must not be 0'
done
for n in 1 0x1 1e3 010 1.0 null '~' ''; do
	uid "$n"
	ok "runAsUser: $n is not" exits 0 "$UNPACKCTL" check-pod uid.yaml
done
for n in 0.5 -0.1 '"0"' '!!str 0' .inf no x '[0]' '{}' 1e300; do
	uid "$n"
	ok "runAsUser: $n is no uid" exits 1 "$UNPACKCTL" check-pod uid.yaml
done
for n in n No off false; do
	uid "$n" privileged
	ok "privileged: $n is false" exits 0 "$UNPACKCTL" check-pod uid.yaml
done
for n in y on True; do
	uid "$n" privileged
	ok "privileged: $n is true" exits 3 "$UNPACKCTL" check-pod uid.yaml
done
for n in 0 1 '"true"' '!!str yes' tRUE; do
	uid "$n" privileged
	ok "privileged: $n is neither" exits 1 "$UNPACKCTL" check-pod uid.yaml
done
# meta YAML: with this metadata
meta() {
	printf 'kind: Pod\nmetadata: %s\nspec: {containers: [{name: c}]}\n' "$1" \
		>meta.yaml
}
for m in '{name: 123}' '{name: true}' '{name: [a]}' '{namespace: 5}' '[]' x \
	'{labels: {a: 1}}' '{annotations: {a: {}}}' '{labels: []}' \
	'{generateName: 0x1}'; do
	meta "$m"
	ok "metadata: $m is none" exits 1 "$UNPACKCTL" check-pod meta.yaml
	ok "the field is named" has err '^unpackctl: meta.yaml:1: metadata.*: not what Kubernetes takes there$'
done
for m in '{name: "123"}' '{namespace: null}' '{labels: {a: ~, b: "1"}}' ''; do
	meta "$m"
	ok "metadata: $m is one" exits 3 "$UNPACKCTL" check-pod meta.yaml
done
printf 'kind: Job\nspec: {template: {metadata: {labels: {a: 1}}, spec: {containers: [{name: c}]}}}\n' >meta.yaml
ok "a template's, too" exits 1 "$UNPACKCTL" check-pod meta.yaml
ok "named" has err 'not a valid pod: metadata.labels: not what'
printf 'kind: Pod\nspec: {containers: [{name: 5}]}\n' >meta.yaml
ok "a container's name" exits 1 "$UNPACKCTL" check-pod meta.yaml

# wrong input
ok "no file" exits 2 "$UNPACKCTL" check-pod
ok "no such level" exits 2 "$UNPACKCTL" check-pod --level strict bad.yaml
ok "no such version" exits 2 "$UNPACKCTL" check-pod --version 2.1 bad.yaml
ok "a version without its v" exits 3 "$UNPACKCTL" check-pod --version 1.34 \
	bad.yaml
ok "as it was given" has out 'violates restricted:1.34'
ok "a future version is the latest" exits 3 "$UNPACKCTL" check-pod \
	--version v1.99 bad.yaml
ok "no such option" exits 2 "$UNPACKCTL" check-pod --nope bad.yaml
ok "a missing file" exits 1 "$UNPACKCTL" check-pod nowhere.yaml
printf 'kind: Pod\nspec: {containers: [{name: x, securityContext: 1}]}\n' >no.yaml
ok "no pod's shape" exits 1 "$UNPACKCTL" check-pod no.yaml
ok "says where" has err 'no.yaml:1: Pod .no name.: not a valid pod: spec.containers\[0\].securityContext: not a mapping'
printf 'kind: Pod\nspec: {hostPID: "true", containers: [{name: x}]}\n' >no.yaml
ok "no pod's types" exits 1 "$UNPACKCTL" check-pod no.yaml
ok "says which" has err 'spec.hostPID: not true or false'
printf 'kind: Pod\nspec: {}\n' >no.yaml
ok "no containers" exits 1 "$UNPACKCTL" check-pod no.yaml
printf 'kind: ConfigMap\n' >no.yaml
ok "no pods" exits 1 "$UNPACKCTL" check-pod no.yaml
ok "in one line" has err '^unpackctl: no Pod and no pod template found; 1 object without'
ok "one bad file hides no violation" exits 3 "$UNPACKCTL" check-pod \
	nowhere.yaml bad.yaml
ok "help" exits 0 "$UNPACKCTL" check-pod --help
ok "there are no warnings to fail on: no such option" exits 2 \
	"$UNPACKCTL" check-pod --fail-on warning /dev/null
done_testing
