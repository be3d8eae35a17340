#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# unpackctl run, by a service account, through AWAY (20) seconds in which the
# API server is stopped in order (it goes on with watches and logs, and takes
# no new connection), and in which the way to it stalls (no handshake ends): at
# the moments of away.sh, the bundle is as if nothing had been, and no pod is
# left.
#
# Stops and starts the API server of ../shared/cluster/up: nobody else should
# use that meanwhile.
. "$TOP/test/cluster/lib.sh"
need musl-gcc python3
: "${AWAY:=20}"
cluster_open
B=$TOP/test/bundles/hello-operator
image hello "$B"
slow_images
# waits: an unpacker that takes 8 s to be installed
mkdir waits
musl-gcc -D_GNU_SOURCE -DRATE=65536 -DWAIT=8 -static -O1 -o waits/unpack \
	"$TOP/test/cluster/slow.c" || exit 1
cp "$UNPACK" waits/unpack.real
image waits waits
server_take
stall_pid=
close_all() {
	[ -z "$stall_pid" ] || kill "$stall_pid"
	server_start
	cluster_close
}
trap close_all EXIT

# who is not a cluster-admin: a server that has just started does not know yet
# what such a one may do
kubectl -n "$NS" create role unpack --verb=get,list,watch,create,delete \
	--resource=pods,pods/log,events >/dev/null &&
	kubectl -n "$NS" create rolebinding unpack --role=unpack \
		--serviceaccount="$NS:default" >/dev/null || exit 1
for _ in $(seq 120); do
	token=$(kubectl -n "$NS" get secrets -o json | jq -r '.items[] |
		select(.type == "kubernetes.io/service-account-token") |
		.data.token' | head -n 1 | base64 -d)
	[ -z "$token" ] || break
	sleep 0.5
done
[ -n "$token" ] || skip_all "no token for a service account"
"$TOP/test/cluster/stall.py" "$(sed -n 's,.*server: https://,,p' "$KUBECONFIG")" \
	stalled port &
stall_pid=$!
for _ in $(seq 200); do
	[ ! -e port ] || break
	sleep 0.05
done
sed "/client-certificate-data/d
	s/client-key-data:.*/token: $token/" "$KUBECONFIG" >direct.kubeconfig
sed "s/\(server: .*:\)[0-9]*/\1$(cat port)/" direct.kubeconfig >stalls.kubeconfig

# go NAME KUBECONFIG UNPACKER BUNDLE
go() {
	: >"$1.err"
	try "$1" "$TOP/test/cluster/progress.py" "$UNPACKCTL" run -n "$NS" --kubeconfig "$2" --timeout 240s \
		--image-pull-policy IfNotPresent -C "$1" \
		--unpacker-image "$IMAGES/$3:test" --image "$IMAGES/$4:test"
}

# interrupted NAME KUBECONFIG STOP START
interrupted() {
	go "$1-stream" "$2" slow big
	go "$1-pull" "$2" waits hello
	said "$1-pull.err" 'pulling'
	go "$1-end" "$2" unpack hello
	said "$1-stream.err" 'streaming'
	# its log is there a moment after
	said "$1-end.err" 'pulling .*/hello:test'
	go "$1-create" "$2" unpack hello
	said "$1-create.err" 'creating the pod'
	eval "$3"
	ok "$1 while it pulls" lacks "$1-pull.err" 'streaming'
	ok "$1 while a log is followed" [ ! -e "$1-stream" ]
	go "$1-start" "$2" unpack hello
	sleep "$AWAY"
	eval "$4"
	all_tried
	for interrupted_n in start create pull stream end; do
		interrupted_b=$B
		[ $interrupted_n != stream ] || interrupted_b=big
		ok "$1 at: $interrupted_n" tried "$1-$interrupted_n" 0
		ok "... the files" same "$1-$interrupted_n" "$interrupted_b"
	done
	ok "... it says what it waits for" has "$1-start.err" \
		'API server does not answer'
	ok "... no pod is left" no_pods
}
interrupted stalled stalls.kubeconfig 'touch stalled' 'rm stalled'
interrupted stopped direct.kubeconfig 'server_stop TERM' server_start
done_testing
