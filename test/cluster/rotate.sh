#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A bundle of MIB (60; try 200) MiB whose log is written at RATE (2000000) bytes a
# second, so that kubelet rotates it many times: fetched after the end, and
# followed, it is exact, or it is after the parts that were named have been
# fetched again.
#
# Needs a node whose containerd is at CONTAINERD_ADDRESS, as images are put
# there by hand, and KUBECONFIG.
. "$TOP/test/lib.sh"
need jq kubectl ctr python3 musl-gcc
[ -n "${KUBECONFIG-}" ] || skip_all "needs KUBECONFIG"
[ -n "${CONTAINERD_ADDRESS-}" ] || skip_all "needs CONTAINERD_ADDRESS"
kubectl get --raw /readyz >/dev/null 2>&1 || skip_all "no cluster answers"

: "${MIB:=60}" "${RATE:=2000000}"
NS=unpack-rotate-$$
PER=7 # parts in one container's log: 9.8 MB at the most, under 10 MiB

close() {
	kubectl delete namespace "$NS" --wait=false >/dev/null 2>&1
	ctr -n k8s.io images rm "localhost/$NS/bundle:1" \
		"localhost/$NS/tools:1" >/dev/null 2>&1
}
trap close EXIT

mkdir -p tools bundle/manifests/deep
cp "$UNPACK" tools/unpack
musl-gcc -D_GNU_SOURCE -static -O1 -o tools/slow "$TOP/test/cluster/slow.c" ||
	exit 1
head -c $((MIB * 1048576 - 300000)) /dev/urandom >bundle/manifests/big
seq 1 40000 >bundle/manifests/deep/text
chmod 444 bundle/manifests/deep/text
for name in tools bundle; do
	python3 "$TOP/test/cluster/image.py" "localhost/$NS/$name:1" $name \
		>image.tar
	ctr -n k8s.io images import image.tar >/dev/null || exit 1
	rm image.tar
done
kubectl create namespace "$NS" >/dev/null || exit 1

# pod NAME: the head of a pod, with our programs in a volume.
pod() {
	cat <<-P
	apiVersion: v1
	kind: Pod
	metadata: {name: $1, namespace: $NS}
	spec:
	  restartPolicy: Never
	  automountServiceAccountToken: false
	  securityContext: {runAsUser: 65532, runAsNonRoot: true}
	  volumes: [{name: tools, emptyDir: {}}]
	  initContainers:
	  - name: install
	    image: localhost/$NS/tools:1
	    command: [/unpack, install, /tools/unpack]
	    volumeMounts: [{name: tools, mountPath: /tools}]
	  - name: install-slow
	    image: localhost/$NS/tools:1
	    command: [/slow, install, /tools/slow]
	    volumeMounts: [{name: tools, mountPath: /tools}]
	  containers:
	P
}

# container NAME COMMAND: one that runs a command on the bundle.
container() {
	cat <<-P
	  - name: $1
	    image: localhost/$NS/bundle:1
	    workingDir: /
	    command: [$2]
	    volumeMounts: [{name: tools, mountPath: /tools}]
	P
}

# ended POD: wait until it has.
ended() {
	for _ in $(seq 1 600); do
		case $(kubectl -n "$NS" get pod "$1" \
			-o jsonpath='{.status.phase}') in
		Succeeded) return 0 ;;
		Failed) return 1 ;;
		esac
		sleep 1
	done
	return 1
}

# repair LOG...: extract; fetch what is named, once; extract again.
repair() {
	rm -rf got
	status=0
	"$UNPACKCTL" extract -o json -C got --witness message "$@" \
		>out 2>err || status=$?
	echo "# $*: exit $status, $(jq -c '[.result,.parts]' out)"
	[ $status = 0 ] && return 0
	[ $status = 4 ] || return 1
	fetch=fetch$((fetch_n += 1))
	{
		pod $fetch
		jq -r --argjson per $PER '.missing[] | .[0] as $a | .[1] as $b |
			range($a; $b + 1; $per) |
			"\(.)-\([. + $per - 1, $b] | min)"' out |
			while read -r range; do
				container "p$range" "/tools/unpack, --format, \
jsonl, --parts, $range"
			done
	} >$fetch.yaml
	kubectl apply -f $fetch.yaml >/dev/null || return 1
	ended $fetch || return 1
	grep -o 'name: p.*' $fetch.yaml | while read -r _ name; do
		kubectl -n "$NS" logs $fetch -c "$name"
	done >$fetch.log
	kubectl -n "$NS" delete pod $fetch --wait=false >/dev/null
	exits 0 "$UNPACKCTL" extract -C got --witness message "$@" $fetch.log
}
fetch_n=0

# equal: the directory is what went into the image.
equal() {
	diff <(cd bundle && find . -mindepth 1 -printf '%P %y %m\n' | sort) \
		<(cd got && find . -mindepth 1 -printf '%P %y %m\n' | sort) &&
		diff -r bundle got
}

{
	pod slow
	container bundle "/tools/slow, '$RATE', /tools/unpack, --format, jsonl"
} >slow.yaml
kubectl apply -f slow.yaml >/dev/null || exit 1
for _ in $(seq 1 120); do
	kubectl -n "$NS" logs slow -c bundle --limit-bytes 1 >/dev/null 2>&1 &&
		break
	sleep 0.5
done
kubectl -n "$NS" logs -f slow -c bundle >followed &
ok "the slow pod ends" ended slow
wait
kubectl -n "$NS" logs slow -c bundle >after
kubectl -n "$NS" get pod slow -o jsonpath="{.status.containerStatuses[0]\
.state.terminated.message}" >message
echo "# $(wc -c <followed) bytes followed, $(wc -c <after) after the end," \
	"$(jq -c '[.parts,.size,.digest]' message)"

ok "fetched after the end: exact, or repaired" repair after
ok "  the directory is the image" equal
chmod -R u+w got && rm -rf got
ok "followed: exact, or repaired" repair followed
ok "  the directory is the image" equal
chmod -R u+w got && rm -rf got
ok "both together: exact, or repaired" repair after followed
ok "  the directory is the image" equal
done_testing
