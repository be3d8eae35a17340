#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# unpackctl run: a pod that could not be deleted is named, with why and the
# command that deletes it; what became of the bundle stays as it is.
#
# The server is apiserver.py: a real one deletes pods.
. "$TOP/test/apiserver.sh"

# run NAME FAULTS: in the background, to be waited for, or stopped
run() {
	API_STATE=$PWD/$1.api API_FAULTS=$2 "$UNPACKCTL" run -n ns -C "$1" -o json \
		--image-pull-policy IfNotPresent --unpacker-image localhost/unpack:1 \
		--image localhost/hello:1 >"$1.out" 2>"$1.err" &
	echo $! >"$1.pid"
}

# stopped NAME FAULT: stop it when it has a pod, and has met that three times
stopped() {
	for _ in $(seq 1200); do
		stopped_n=$(grep -cx "$2" "$1.api/played" 2>/dev/null)
		[ "${stopped_n:-0}" -lt 3 ] || [ -z "$(ls "$1.api/pods")" ] ||
			break
		sleep 0.05
	done
	kill "$(cat "$1.pid")"
}

# ended NAME: with which status
ended() {
	ended_code=0
	wait "$(cat "$1.pid")" || ended_code=$?
	echo $ended_code >"$1.code"
}

# label NAME: of the pods of this run
label() {
	jq -r '.metadata.labels["app.kubernetes.io/instance"] |
		"app.kubernetes.io/instance=\(.)"' "$1.api/pods"/* | sort -u
}

# left NAME CODE WORDS: the pod that is there is named, for people and programs
left() {
	left_pod=$(ls "$1.api/pods")
	left_fix="kubectl -n ns delete pods -l $(label "$1")"
	[ "$(cat "$1.code")" = "$2" ] && [ -n "$left_pod" ] &&
		has "$1.err" "pod ns/$left_pod may still be there: $3" &&
		has "$1.err" "^fix: $left_fix$" &&
		[ "$(jq -c '[.left[] | .pod, .fix]' "$1.out")" = \
			"[\"$left_pod\",\"$left_fix\"]" ] && return 0
	sed 's/^/# /' "$1.err" "$1.out"
	return 1
}

run forbidden 'delete:403*'
run trouble 'delete:500*'
run away 'delete:500 delete:tls delete:drop*'
run late 'watch:410 list:503* delete:drop*'
run unheard 'create:deaf create:drop* find:drop*'
run back 'delete:500 delete:tls delete:drop delete:cut delete:409'
run gone 'delete:404'
run found 'create:deaf create:drop create:drop create:drop create:drop'
run nowhere create:stop=600
for _ in $(seq 600); do
	[ "$(grep -c ^POST nowhere.api/requests 2>/dev/null)" = 3 ] && break
	sleep 0.1
done
kill "$(cat nowhere.pid)"
stopped trouble delete:500
stopped away delete:drop
stopped late list:503
stopped unheard create:drop
stopped found create:drop
for n in forbidden trouble away late unheard back gone found nowhere; do
	ended $n
done

ok "a pod that may not be deleted" left forbidden 0 'a bad minute'
ok "a server that fails" left trouble 0 'a bad minute'
ok "... and goes away" left away 0 'the connection was lost'
for n in forbidden trouble away; do
	ok "... the bundle is whole" diff -r "$B" $n
done
ok "a server that is away until the end" left late 143 \
	'the connection was lost'
ok "... there is no bundle" [ ! -e late ]
ok "a pod whose creation was never answered" left unheard 143 \
	'the connection was lost'
is "a server that comes back" "$(cat back.code) $(jq -c .left back.out)" \
	"0 null"
is "... was asked until then" "$(grep -c ^DELETE back.api/requests)" 5
is "one that is answered in the end: found, and deleted" \
	"$(cat found.code) $(jq -c .left found.out)$(ls found.api/pods)" \
	"143 null"
is "a pod that was never sent, as nobody was there" \
	"$(cat nowhere.code) $(jq -c .left nowhere.out)" "143 null"
ok "... is no news" lacks nowhere.err 'still be there'
ok "... the server's absence is" has nowhere.err \
	'^unpackctl: Interrupted: .*does not answer: dial tcp: connect: connection refused$'
is "a pod that is gone" "$(cat gone.code) $(jq -c .left gone.out)" "0 null"

# several: one command for all of them
# several NAME KIND EXIT COMMAND...
several() {
	name=$1 kind=$2 code=$3
	shift 3
	ok "$name: pods that may not be deleted" exits "$code" env \
		API_STATE="$PWD/$name.api" API_FAULTS='delete:403*' \
		"$UNPACKCTL" "$@" -n ns -o json --image-pull-policy IfNotPresent \
		--unpacker-image localhost/unpack:1
	pods=$(ls "$name.api/pods")
	fix="kubectl --context x -n ns delete pods -l $(label "$name")"
	is "... one command deletes them" "$(grep ^fix: err)" "fix: $fix"
	is "... for programs, too" "$(jq -r '.left[] | .pod, .fix' out | sort)" \
		"$(for p in $pods; do printf '%s\n%s\n' "$p" "$fix"; done | sort)"
	if python3 -c 'import jsonschema' 2>/dev/null; then
		ok "... in an object of the schema" \
			"$TOP/test/schema/result.py" out "$code" "$kind"
	else
		ok_skip "... in an object of the schema" "needs jsonschema"
	fi
}
several run RunResult 0 run -C all --context x --image localhost/a:1 \
	--image localhost/b:1
several test TestResult 0 test --timeout 60s --context x localhost/a:1 \
	localhost/b:1
done_testing
