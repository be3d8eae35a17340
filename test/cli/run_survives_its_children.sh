#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# unpackctl run and test: one process of three crashes, is killed, runs out of
# memory or hangs; the others' results are whole, in each output format, the
# exit code says that one is missing, and no pod is left.
#
# The server is apiserver.py, which lets a pod with hold in its name wait.
. "$TOP/test/apiserver.sh"
need prlimit pgrep

# hold NAME COMMAND OPTION...: three of them, in the background, and the process
# whose pod waits; NAME.victim
hold() {
	hold_name=$1
	shift
	# one process holds, the others end
	API_STATE=$PWD/$hold_name.api API_HOLD=-1 "$UNPACKCTL" "$@" -n ns \
		--timeout 60s --image-pull-policy IfNotPresent \
		--unpacker-image localhost/unpack:1 \
		>"$hold_name.out" 2>"$hold_name.err" &
	hold_pid=$!
	for _ in $(seq 600); do
		# three pods are there, and two of them are gone again
		[ "$(grep -c '^POST' "$hold_name.api/requests" 2>/dev/null)" = 3 ] &&
			[ "$(ls "$hold_name.api/pods" | wc -l)" = 1 ] &&
			[ "$(pgrep -P "$hold_pid" -x unpackctl | wc -l)" = 1 ] &&
			break
		sleep 0.1
	done
	hold_victim=$(pgrep -P "$hold_pid" -x unpackctl)
}

# over NAME: its exit code
over() {
	over_code=0
	wait "$hold_pid" || over_code=$?
	echo $over_code >"$1.code"
}

# hit NAME HOW
hit() {
	case $2 in
	crash) kill -SEGV "$hold_victim" ;;
	kill) kill -KILL "$hold_victim" ;;
	memory)
		prlimit --pid "$hold_victim" --data=4096 --as=4096
		echo go >"$1.api/go"
		;;
	hang)
		kill -STOP "$hold_victim"
		# its time is over
		kill -ALRM "$hold_pid"
		;;
	esac
}

words() {
	case $1 in
	crash) echo 'made the reader crash.*please report it' ;;
	kill) echo 'ended by a signal' ;;
	memory) echo 'out of memory' ;;
	hang) echo 'after 60 s' ;;
	esac
}

# one NAME HOW COMMAND OPTION...: all of it, in the background
one() {
	(
		one_name=$1 one_how=$2
		shift 2
		hold "$one_name" "$@"
		hit "$one_name" "$one_how"
		over "$one_name"
	) &
}

for how in crash kill memory hang; do
	for form in text json; do
		one "run-$how-$form" "$how" run -C "run-$how-$form" -o "$form" \
			--image localhost/a:1 --image localhost/b:1 \
			--image localhost/c:1
	done
	for form in text json junit sarif github; do
		one "test-$how-$form" "$how" test -o "$form" localhost/a:1 \
			localhost/b:1 localhost/c:1
	done
	wait
done
for how in crash kill memory hang; do
	for form in text json; do
		n=run-$how-$form
		is "$n: the exit code" "$(cat "$n.code")" 1
		ok "... both others are there" diff -r "$B" "$n/a"
		ok "... and whole" diff -r "$B" "$n/c"
		ok "... nothing of the one" [ ! -e "$n/b" ]
		ok "... it is said" has "$n.err" "$(words $how)"
		ok "... no pod is left" no_pod "$n"
		if [ "$form" = json ]; then
			is "... in the result" \
				"$(jq -c '[.result, .exit, .bundles[].result]' "$n.out")" \
				'["failed",1,"ok","failed","ok"]'
		else
			ok "... counted" has "$n.out" \
				'^2 of 3 bundles were unpacked$'
		fi
	done
	for form in text json junit sarif github; do
		n=test-$how-$form
		is "$n: the exit code" "$(cat "$n.code")" 1
		ok "... no pod is left" no_pod "$n"
		case $form in
		text) ok "... the others" has "$n.out" \
			'^3 images: 2 compatible, 0 not compatible, 1 not tested$' ;;
		json) is "... the others" \
			"$(jq -c '[.compatible, .notTested, .images[].result]' "$n.out")" \
			'[2,1,"ok","not-tested","ok"]' ;;
		junit) ok "... the others" has "$n.out" \
			'tests="3".*errors="1"' ;;
		sarif) is "... the one" \
			"$(jq '.runs[0].results | length' "$n.out")" 1 ;;
		github) is "... the one" "$(grep -c '^::error' "$n.out")" 1 ;;
		esac
	done
done
done_testing
