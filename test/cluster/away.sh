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
cluster_open
B=$TOP/test/bundles/hello-operator
image hello "$B"
slow_images
server_take
trap 'server_start; cluster_close' EXIT

# away MOMENT PATTERN OPTION...: stop the server when run says PATTERN
away() {
	away_name=$1 away_pattern=$2
	shift 2
	[ -n "$away_pattern" ] || server_stop KILL
	: >"$away_name.err"
	try "$away_name" "$TOP/test/cluster/progress.py" \
		"$UNPACKCTL" run -n "$NS" --timeout 240s --image-pull-policy IfNotPresent \
		-C "$away_name" "$@"
	if [ -n "$away_pattern" ]; then
		said "$away_name.err" "$away_pattern"
		server_stop KILL
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
try late "$TOP/test/cluster/progress.py" "$UNPACKCTL" run -n "$NS" --timeout 45s --image-pull-policy IfNotPresent -C late -o json \
	--image "$IMAGES/big:test" $slow
said late.err 'streaming'
server_stop KILL
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
