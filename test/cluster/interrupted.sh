#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# unpackctl run, by a service account, through AWAY (20) seconds in which the
# API server is stopped in order (it goes on with watches and logs, and takes
# no new connection), and in which the way to it stalls (no handshake ends):
# whether it follows a log, is at the end of one, waits for an image, has just
# asked for a pod, or has not begun, the bundle is as if nothing had been, and no
# pod is left.
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
server_take
stall_pid=
close_all() {
	[ -z "$stall_pid" ] || kill "$stall_pid"
	server_start
	cluster_close
}
trap close_all EXIT

# who is no cluster-admin: a server that has just started does not know yet
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
	try "$1" "$UNPACKCTL" run -n "$NS" --kubeconfig "$2" --timeout 240s \
		--pull-policy IfNotPresent -C "$1" \
		--unpacker-image "$IMAGES/$3:test" --image "$IMAGES/$4:test"
}

# interrupted NAME KUBECONFIG STOP START
interrupted() {
	go "$1-stream" "$2" slow big
	said "$1-stream.err" 'streaming'
	# these are at the end, pulled and created, about when it happens
	go "$1-end" "$2" unpack hello
	said "$1-end.err" 'pulling|streaming'
	go "$1-pull" "$2" unpack hello
	said "$1-pull.err" 'pending|pulling'
	go "$1-create" "$2" unpack hello
	said "$1-create.err" 'creating the pod'
	eval "$3"
	go "$1-start" "$2" unpack hello
	sleep "$AWAY"
	eval "$4"
	all_tried
	for interrupted_n in stream end pull create start; do
		ok "$1: $interrupted_n" tried "$1-$interrupted_n" 0
	done
	ok "... what was at its end" same "$1-end" "$B"
	ok "... the image that was pulled" same "$1-pull" "$B"
	ok "... the log that was followed" same "$1-stream" big
	ok "... the pod that was asked for" same "$1-create" "$B"
	ok "... what had not begun" same "$1-start" "$B"
	ok "... it says what it waits for" has "$1-start.err" \
		'API server does not answer'
	ok "... no pod is left" no_pods
}
interrupted stalled stalls.kubeconfig 'touch stalled' 'rm stalled'
interrupted stopped direct.kubeconfig 'server_stop TERM' server_start
done_testing
