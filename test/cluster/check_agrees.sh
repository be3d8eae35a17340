#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What `unpackctl check` says of images made at random is what `unpack` finds
# in pods: AGREEMENT_CLUSTER of them, with duplicate entries as well.  Those with
# an even number are images as builders write them; of what runtimes refuse,
# test/agreement asks containerd itself, as the kubelet tries it without end.
. "$TOP/test/cluster/lib.sh"
need python3
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE
[ -n "${CONTAINERD_ADDRESS-}" ] || skip_all "needs CONTAINERD_ADDRESS"
cluster_open
A=$TOP/test/agreement
: "${AGREEMENT_CLUSTER:=16}"
seeds=$(seq 502 2 $((500 + 2 * AGREEMENT_CLUSTER)))

# pod SEED UID GID: as restricted wants it, on the image of that seed
pod() {
	group=
	[ "$3" = null ] || group=', "runAsGroup": '$3
	security='"securityContext": {"runAsNonRoot": true, "runAsUser": '$2$group',
		"allowPrivilegeEscalation": false,
		"seccompProfile": {"type": "RuntimeDefault"},
		"capabilities": {"drop": ["ALL"]}},
		"volumeMounts": [{"name": "unpack", "mountPath": "/.unpack"}]'
	cat <<-E
		{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p$1"},
		 "spec": {"restartPolicy": "Never", "enableServiceLinks": false,
		  "automountServiceAccountToken": false,
		  "volumes": [{"name": "unpack", "emptyDir": {}}],
		  "initContainers": [{"name": "install",
		   "image": "$IMAGES/unpack:test",
		   "command": ["/unpack", "install", "/.unpack/unpack"],
		   $security}],
		  "containers": [{"name": "bundle", "image": "$IMAGES/agree-$1:test",
		   "imagePullPolicy": "Never", "workingDir": "/",
		   "command": ["/.unpack/unpack", "check", "--bundle-dir", "/"],
		   $security}]}}
	E
}

# phase SEED
phase() {
	kubectl -n "$NS" get pod "p$1" -o "jsonpath={.status.phase}" 2>/dev/null
}

for s in $seeds; do
	mkdir "d$s"
	"$A/generate.py" --duplicates --name "$IMAGES/agree-$s:test" "$s" "l$s" \
		>"d$s/who" || continue
	uid=$(jq .uid "d$s/who") gid=$(jq .gid "d$s/who")
	code=0
	# shellcheck disable=SC2046 # an option and its value, or nothing
	"$UNPACKCTL" check -o json --uid "$uid" \
		$([ "$gid" = null ] || echo --gid "$gid") "l$s" \
		>"d$s/said" 2>"d$s/err" || code=$?
	echo $code >"d$s/code"
	tar -C "l$s" -cf "l$s.tar" .
	load "l$s.tar" >load.log 2>&1 || sed 's/^/# /' load.log
	echo "$IMAGES/agree-$s:test" >>images.list
	pod "$s" "$uid" "$gid" | kubectl -n "$NS" create -f - >/dev/null
done
for s in $seeds; do
	for _ in $(seq 60); do
		case $(phase "$s") in Succeeded | Failed) break ;; esac
		sleep 2
	done
	kubectl -n "$NS" logs "p$s" -c bundle >"d$s/found" 2>"d$s/err"
	kubectl -n "$NS" get pod "p$s" -o jsonpath='{.status.containerStatuses[0].state.terminated.exitCode}' >"d$s/exit"
	ok "image $s: $(jq -r '.reason // "ok"' "d$s/said")" \
		"$A/agree.py" --compare "d$s"
done
done_testing
