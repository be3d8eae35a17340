#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# unpackctl run: the pod that the cluster made must be the pod that was asked
# for, in all that its security rests on, or it is deleted before it is of any
# use. What else admission adds is listed, and stops nothing.
#
# Admission is standin.py, in front of the real server; --user-namespace is
# dropped by Kubernetes 1.20 itself.
. "$TOP/test/cluster/lib.sh"
need python3 busybox
cluster_open
B=$TOP/test/bundles/hello-operator
image hello "$B"
mkdir -p idle/bin && cp "$(command -v busybox)" idle/bin/busybox && image idle idle
KUBECTL=$TOP/test/cluster/standin.py
export KUBECTL
hello="--image $IMAGES/hello:test"

# refused NAME JQ WORDS: admission that does so to pods
refused_list=
refused() {
	# shellcheck disable=SC2086
	STANDIN_ASK=$2 try "$1" run -C "$1" -o json $hello
	printf '%s\n' "$3" >"$1.words"
	refused_list="$refused_list $1"
}
one='.spec.containers[0]'
refused root '.spec.securityContext |= (.runAsUser = 0 | .runAsNonRoot = false)' \
	'securityContext.runAsUser: asked for 65532'
refused user "$one.securityContext.runAsUser = 1" 'runAsUser: .* set 1'
refused privileged "$one.securityContext |= (.privileged = true |
	.allowPrivilegeEscalation = true)" 'securityContext.privileged'
refused capability "$one.securityContext.capabilities.add = [\"NET_ADMIN\"]" \
	'capabilities.add'
refused drop "del($one.securityContext.capabilities)" 'capabilities.drop'
refused seccomp '(.spec.securityContext, .spec.containers[].securityContext,
	.spec.initContainers[].securityContext).seccompProfile.type = "Unconfined"' \
	'seccompProfile.type'
refused host '.spec.hostNetwork = true' 'hostNetwork'
refused image "$one.image = \"$IMAGES/idle:test\"" '\.?image: asked for .*hello'
refused command "$one.command = [\"/bin/busybox\", \"id\"]" 'command: asked for'
refused args "$one.args = [\"--help\"]" 'args: asked for nothing'
refused mount ".spec.volumes += [{name: \"x\", emptyDir: {}}] |
	$one.volumeMounts += [{name: \"x\",
	mountPath: ($one.volumeMounts[0].mountPath + \"/unpack\")}]" volumeMounts
refused writes "$one.volumeMounts[0].readOnly = false" 'volumeMounts'
refused steals ".spec.volumes[0].name as \$v | .spec.containers += [{name: \"spy\",
	image: \"$IMAGES/idle:test\", command: [\"/bin/busybox\", \"sleep\", \"99\"],
	volumeMounts: [{name: \$v, mountPath: \"/v\"}]}]" 'spy'
refused token '.spec.automountServiceAccountToken = true' \
	'automountServiceAccountToken'
all_tried
for n in $refused_list; do
	ok "refused: $n" tried "$n" 1 'PodChanged' "$(cat "$n.words")"
	is "... for a script" "$(jq -c '[.result,.reason,.exit]' "$n.out")" \
		'["failed","PodChanged",1]'
	ok "... nothing is delivered" [ ! -e "$n" ]
done
# shellcheck disable=SC2086
ok "--user-namespace that the server drops" exits 1 run $hello \
	--user-namespace -C userns
ok "... is refused before there is a pod" has err \
	'hostUsers: asked for false.*no pod was created'
ok "no pod is left" no_pods

# What is only listed; a sidecar may run as long as it likes.
export STANDIN_ASK=".metadata.annotations.note = \"x\" | .spec.containers +=
	[{name: \"sidecar\", image: \"$IMAGES/idle:test\",
	command: [\"/bin/busybox\", \"sleep\", \"1000\"]}] |
	.spec.volumes += [{name: \"more\", emptyDir: {}}] |
	$one.env = [{name: \"PROXY\", value: \"x\"}] |
	$one.volumeMounts += [{name: \"more\", mountPath: \"/more\"}]"
# shellcheck disable=SC2086
try added run $hello --allow-mount /more -C added -o json --timeout 60
try plain run $hello --allow-mount /more -C plain --timeout 60
all_tried
ok "a sidecar that never ends: the bundle is delivered" tried added 0
ok "... these files" same added "$B"
is "... who else is in the pod" "$(jq -c '.others | sort' added.out)" \
	'["annotation note","container bundle: environment variable PROXY","container bundle: mount of volume more at /more","container sidecar, image '"$IMAGES"'/idle:test","volume more"]'
ok "... in words only what covers the image" eval '[ "$(wc -l <plain.out)" = 2 ] &&
	has plain.out "^mounted over the image: more$" && empty plain.err'
unset STANDIN_ASK
ok "no pod is left" no_pods

# A server that is overloaded is asked again.
for s in 429 500 503 504; do
	# shellcheck disable=SC2086
	STANDIN_FAIL="2 $s" try "busy-$s" run $hello -C "busy-$s"
done
all_tried
for s in 429 500 503 504; do
	ok "HTTP status $s is waited out" tried "busy-$s" 0
	ok "... these files" same "busy-$s" "$B"
done

# An image volume, as Kubernetes 1.35 shows it: 1.20 has none.
export STANDIN_SEEN='.status.containerStatuses[0].state = {waiting: {reason:
	"ErrImagePull", message: "failed to pull image \"example.com/b:v1\": not found"}}
	| .status.phase = "Pending" | .spec.volumes[0] = {name: "bundle",
	image: {reference: "example.com/b:v1", pullPolicy: "IfNotPresent"}}'
STANDIN_ASK='.spec.volumes = [{name: "bundle", emptyDir: {}}]' \
	try volume run --image example.com/b:v1 --strategy image-volume -C volume
all_tried
ok "an image volume that cannot be pulled: its image" tried volume 1 \
	'ErrImagePull: ' 'image example.com/b:v1$' "fix: check the image's name"
unset STANDIN_SEEN
ok "no pod is left at the end" no_pods
done_testing
