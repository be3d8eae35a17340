#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# unpackctl run: an API server that is away for AWAY (20) seconds, at whichever
# moment, is waited for, and the bundle is as if it had always been there. Where
# the time is over before it is back, the pod that may be left is named with
# the command that deletes it.
#
# Stops and starts the API server of ../shared/cluster/up: nobody else should
# use that meanwhile.
. "$TOP/test/cluster/lib.sh"
need musl-gcc python3
: "${AWAY:=20}"
RUN=/var/run/unpack-cluster
[ "$KUBECONFIG" = $RUN/kubeconfig ] && [ -r $RUN/kube-apiserver.pid ] ||
	skip_all "needs the API server of ../shared/cluster, to stop it"
cluster_open
B=$TOP/test/bundles/hello-operator
image hello "$B"

# A bundle whose log takes 8 s, by a program in unpack's place that is slow.
mkdir -p big/manifests slow
head -c 400000 /dev/urandom >big/manifests/noise
cp "$TOP"/test/bundles/hello-operator/manifests/* big/manifests/
chmod -R a+rX big
image big big
musl-gcc -D_GNU_SOURCE -DRATE=65536 -static -O1 -o slow/unpack \
	"$TOP/test/cluster/slow.c" || exit 1
cp "$UNPACK" slow/unpack.real
image slow slow

# server_stop, server_start: the command line is that of the one that ran
read -r server _ <$RUN/kube-apiserver.pid
cp "/proc/$server/cmdline" server.cmdline
cat >start.py <<E
import os
os.setsid()
stat = open("/proc/self/stat").read()
with open("$RUN/kube-apiserver.pid", "w") as f:
    print(os.getpid(), stat.rsplit(")", 1)[1].split()[19], file=f)
args = open("server.cmdline").read().split(chr(0))[:-1]
os.execv(args[0], args)
E
server_stop() {
	read -r server _ <$RUN/kube-apiserver.pid
	kill -KILL "$server"
}
server_start() {
	read -r server _ <$RUN/kube-apiserver.pid
	[ -d "/proc/$server" ] && return
	python3 start.py >>/var/log/unpack-cluster/kube-apiserver.log 2>&1 \
		</dev/null &
	for _ in $(seq 240); do
		kubectl get --raw /readyz >/dev/null 2>&1 && break
		sleep 0.5
	done
}
trap 'server_start; cluster_close' EXIT

# said FILE PATTERN: wait until it has a line like this
said() {
	for _ in $(seq 600); do
		grep -qE "$2" "$1" 2>/dev/null && return 0
		sleep 0.05
	done
}

# away MOMENT PATTERN OPTION...: stop the server when run says PATTERN
away() {
	away_name=$1 away_pattern=$2
	shift 2
	[ -n "$away_pattern" ] || server_stop
	: >"$away_name.err"
	try "$away_name" "$UNPACKCTL" run -n "$NS" --timeout 240s --pull-policy IfNotPresent \
		-C "$away_name" "$@"
	if [ -n "$away_pattern" ]; then
		said "$away_name.err" "$away_pattern"
		server_stop
	fi
	sleep "$AWAY"
	server_start
	all_tried
}
ours="--unpacker-image $IMAGES/unpack:test"
slow="--unpacker-image $IMAGES/slow:test"
# shellcheck disable=SC2086
{
	away start '' --image "$IMAGES/hello:test" $ours
	away create 'creating the pod' --image "$IMAGES/hello:test" $ours
	away pull 'pulling' --image "$IMAGES/hello:test" $ours
	away stream 'streaming' --image "$IMAGES/big:test" $slow
	away end 'streaming' \
		--image "$IMAGES/hello:test" $ours
}
for n in start create pull end; do
	ok "away at: $n" tried $n 0
	ok "... the files" same $n "$B"
done
ok "away at: stream" tried stream 0
ok "... the files" same stream big
ok "it says what it waits for" has stream.err 'API server does not answer'
ok "no pod is left" no_pods

# No time left.
: >late.err
# shellcheck disable=SC2086
try late "$UNPACKCTL" run -n "$NS" --timeout 45s --pull-policy IfNotPresent -C late -o json \
	--image "$IMAGES/big:test" $slow
said late.err 'streaming'
server_stop
all_tried
ok "too late" tried late 1 'Timeout: after 45 s: the API server does not answer' \
	'still be there'
pod=$(jq -r '.left[0].pod' late.out)
ok "the pod that is left has a name" [ -n "$pod" ]
server_start
is "it is there" "$(pods -l app.kubernetes.io/name=unpack)" "$pod"
ok "the command that it names" sh -c "$(jq -r '.left[0].fix' late.out)"
ok "... deletes it" no_pods
done_testing
