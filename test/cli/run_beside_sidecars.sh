#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# unpackctl run, where admission adds a native sidecar (an init container that
# restarts, Kubernetes 1.29), or drops what the server does not know: a sidecar
# is named, and may do as it likes, but not with what is ours; a pod that lost
# what its security rests on is deleted before it is of any use.
#
# The server is apiserver.py: a real one of that age is not at hand.
. "$TOP/test/apiserver.sh"

# run NAME ADMIT SHOW OPTION...: in the background; NAME.code, .out, .err
run() {
	run_name=$1 run_admit=$2 run_show=$3
	shift 3
	try "$run_name" env API_STATE="$PWD/$run_name.api" \
		API_ADMIT="$run_admit" API_SHOW="$run_show" \
		timeout 200 "$UNPACKCTL" run -n ns -C "$run_name" \
		--timeout 120s --image-pull-policy IfNotPresent -o json \
		--unpacker-image example.com/unpack:1 \
		--image example.com/hello:1 "$@"
}

# delivered NAME: the bundle is there, and no pod
delivered() {
	whole "$1" && no_pod "$1"
}

# refused NAME WORDS: nothing is there, and no pod
refused() {
	[ "$(cat "$1.code")" = 1 ] && [ ! -e "$1" ] &&
		no_pod "$1" &&
		[ "$(jq -r .reason "$1.out")" = PodChanged ] &&
		has "$1.err" "$2"
}

mesh='{name: "mesh", image: "example.com/mesh:1", restartPolicy: "Always"}'
first=".spec.initContainers = [$mesh] + .spec.initContainers"
last=".spec.initContainers += [$mesh]"
# the state of the mesh, once the bundle's container has begun
state='if .status.containerStatuses then (.status.initContainerStatuses[] |
	select(.name == "mesh") | .state) = %s else . end'
# shellcheck disable=SC2059
{
	crashed=$(printf "$state" '{terminated: {exitCode: 1, reason: "Error"}}')
	loops=$(printf "$state" '{waiting: {reason: "CrashLoopBackOff"}}')
}
volume='{name: .spec.volumes[0].name, mountPath: "/v"}'

run first "$first" .
run last "$last" . --format jsonl
run crashed "$first" "$crashed"
run loops "$last" "$loops"
run beside '.spec.containers += [{name: "mesh", image: "example.com/mesh:1"}]' \
	'(.status.containerStatuses[]? | select(.name == "mesh") | .state) =
	{waiting: {reason: "CrashLoopBackOff", message: "back-off"}}'
run several "$first" . --image example.com/other:1 --parallel 2
run steals ". as \$p | $first | .spec.initContainers[0].volumeMounts =
	[\$p | $volume]" .
run unknown 'del(.spec.hostUsers)' . --user-namespace
# another server answers than did when it was tried
run later 'if $dry then . else del(.spec.hostUsers) end' . --user-namespace
run kept . . --user-namespace
run other . '.status.containerStatuses[]?.imageID |=
	"docker-pullable://registry.example.com:5000/x/y@" + split("@")[1]'
run nodigest . '(.status.initContainerStatuses[]?, .status.containerStatuses[]?) |=
	(.imageID = "sha256:" + "2" * 64)'
certs='.spec.containers[0].volumeMounts += [{name: "certs", mountPath: "/etc/ssl"}] |
	.spec.volumes += [{name: "certs", emptyDir: {}}]'
run covered "$certs" .
run empty "$certs" . --allow-mount /etc
run volume "$certs" . --strategy image-volume
run token '.spec.containers[0].volumeMounts += [{name: "token",
	mountPath: "/var/run/secrets/tokens"}]' .
run group '.spec.securityContext.supplementalGroups = [7]' .
all_tried
ok "a mount over the image: not tested, either" exits 1 env \
	API_STATE="$PWD/tested.api" API_ADMIT="$certs" timeout 60 "$UNPACKCTL" test -n ns \
	--image-pull-policy IfNotPresent --unpacker-image example.com/unpack:1 \
	-o json example.com/hello:1
is "... why" "$(jq -r '.images[0] | .reason, .code' out | tr '\n' ' ')" \
	"PodChanged pod-refused "
ok "... and no pod" [ -z "$(ls tested.api/pods)" ]
ok "test: where the bundle has nothing" exits 0 env \
	API_STATE="$PWD/allowed.api" API_ADMIT="$certs" timeout 60 "$UNPACKCTL" test -n ns \
	--image-pull-policy IfNotPresent --unpacker-image example.com/unpack:1 \
	--allow-mount /etc/ssl example.com/hello:1

for n in first last crashed loops; do
	ok "native sidecar, $n: the bundle" delivered $n
	is "... who is there" "$(jq -c .others $n.out)" \
		'["init container mesh, image example.com/mesh:1"]'
done
ok "a container beside ours that fails" delivered beside
is "... who is there" "$(jq -c .others beside.out)" \
	'["container mesh, image example.com/mesh:1"]'
is "two bundles, each with a sidecar" "$(jq -c '[.result, .bundles[].others]' \
	several.out)" '["ok",["init container mesh, image example.com/mesh:1"],["init container mesh, image example.com/mesh:1"]]'
ok "a sidecar that could write to our volume" refused steals 'mesh'

ok "a volume that covers a place of the image" refused covered \
	'volume certs is mounted at /etc/ssl, and hides'
for w in '--allow-mount /etc/ssl ' '--strategy image-volume' '--overrides'; do
	ok "... a way out: $w" has covered.err "^fix: .*$w"
done
ok "... where the bundle has nothing" delivered empty
is "... it is listed" "$(jq -c '.others' empty.out)" \
	'["container bundle: mount of volume certs at /etc/ssl","volume certs"]'
ok "... where the bundle is a volume" delivered volume
ok "one where a runtime puts its own" delivered token
ok "another group" refused group supplementalGroups
ok "a path that is not absolute" exits 2 "$UNPACKCTL" run --allow-mount etc
ok "... that climbs" exits 2 "$UNPACKCTL" run --allow-mount /a/../b

ok "--user-namespace, that the server drops" refused unknown \
	'hostUsers: asked for false.*no pod was created'
ok "... was only tried" lacks unknown.api/requests '^POST [^&]*$'
ok "... that it drops at the second time" refused later \
	'hostUsers: asked for false.*the pod was deleted'
ok "... that it keeps" delivered kept

want=sha256:$(printf '%064d' 0 | tr 0 1)
is "the images, by digest" \
	"$(jq -r '.resolved, .unpacker' first.out | tr '\n' ' ')" \
	"example.com/hello@$want example.com/unpack@$want "
is "... by the name that was asked for, and the node's" \
	"$(jq -r '.resolved, .nodeImage' other.out | tr '\n' ' ')" \
	"example.com/hello@$want registry.example.com:5000/x/y@$want "
is "... where they are the same, once" "$(jq -c .nodeImage first.out)" null
is "... that the cluster does not know" \
	"$(jq -c '[.resolved, .unpacker]' nodigest.out)" '[null,null]'
done_testing
