#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the programs print arrives whole, through pipes that do not block, or
# the exit code is 1 and a message says so: every command that prints.  Only
# where a reader of unpackctl's has gone away nothing is said, as of ls | head.
. "$TOP/test/lib.sh"

mkdir -p b/manifests
for i in $(seq 3000); do
	echo "manifests/a-file-with-a-long-name-for-a-long-line-$i"
done | (cd b && xargs touch)
"$UNPACK" --format jsonl --bundle-dir b >log
printf '%s\n' layer 'dir manifests 0755' 'file manifests/a.yaml 0644 x' \
	'file b 0600 x' 'config {}' | "$TOP/test/mkimage.py" oci i
for i in $(seq 400); do
	printf '%s\n' 'apiVersion: v1' 'kind: Pod' "metadata: {name: pod-$i}" \
		'spec: {containers: [{name: c, image: i}]}' ---
done >pods.yaml

# every way to print; each has `unpack` or `unpackctl` before it
cat >commands <<'E'
unpackctl extract --list log
unpackctl extract --tar - log
unpackctl extract -C out.d log
unpackctl extract -C out.d -o json log
unpackctl check i
unpackctl check -o json i
unpackctl check-pod pods.yaml
unpackctl check-pod -o json pods.yaml
unpackctl pod --image a/b:c
unpackctl pod --image a/b:c -o json
unpackctl explain
unpackctl explain -o json
unpackctl explain log-limit
unpackctl completion bash
unpackctl --version
unpackctl version
unpackctl --help
unpackctl help
unpackctl extract --help
unpackctl check --help
unpack --version
unpack --help
unpack check --bundle-dir b
unpack --bundle-dir b
unpack --bundle-dir b --format jsonl
unpack --bundle-dir b --format tar
E

# slow.py PROGRAM...: run it with a pipe that does not block, full at first and
# read late; print what came, exit with its code.
cat >slow.py <<'E'
import os, subprocess, sys, time
r, w = os.pipe()
os.set_blocking(w, False)
p = subprocess.Popen(sys.argv[1:], stdout=w)
os.close(w)
time.sleep(0.1)
data = b""
while True:
    chunk = os.read(r, 3000)
    if not chunk:
        break
    data += chunk
sys.stdout.buffer.write(data)
sys.exit(p.wait())
E

# program WORD...: with the path of the program
program() {
	word=$1
	shift
	case $word in
	unpack) set -- "$UNPACK" "$@" ;;
	*) set -- "$UNPACKCTL" "$@" ;;
	esac
	"$@"
}
on_full() { program "$@" >/dev/full; }
closed_stdout() { program "$@" >&-; }
on_closed_pipe() {
	program=$UNPACKCTL
	[ "$1" = unpackctl ] || program=$UNPACK
	shift
	python3 -c 'import os, subprocess, sys
r, w = os.pipe()
os.close(r)
sys.exit(subprocess.call(sys.argv[1:], stdout=w, restore_signals=False))' \
		"$program" "$@"
}
complaint='^(unpackctl|unpack): .*(standard output|write the tar|roken pipe)'
while read -r line; do
	# shellcheck disable=SC2086 # words
	set -- $line
	rm -rf out.d
	# the mount path of a pod is made of random digits
	program "$@" 2>/dev/null | sed 's/\.unpack-[0-9a-f]*//' >want
	rm -rf out.d
	path=$UNPACKCTL
	[ "$1" = unpackctl ] || path=$UNPACK
	shift
	python3 slow.py "$path" "$@" 2>slow.err | sed 's/\.unpack-[0-9a-f]*//' >got
	ok "$line: whole through a pipe that does not block" cmp want got
	rm -rf out.d
	# shellcheck disable=SC2086
	set -- $line
	for fault in on_full closed_stdout on_closed_pipe; do
		rm -rf out.d
		ok "$line: $fault: exit 1" exits 1 "$fault" "$@" </dev/null
		if [ "$1 $fault" = 'unpackctl on_closed_pipe' ]; then
			ok "$line: $fault: no message" lacks err "$complaint"
			continue
		fi
		ok "$line: $fault: a message" has err \
			"$complaint"
	done
done <commands

# piped LINE READER: the command's messages to `said`, its exit code to `code`
piped() {
	{
		# shellcheck disable=SC2086
		program $1 2>&3 3>&-
		echo "$?" >code
	} 3>said | eval "$2" >/dev/null
}
# more than a pipe takes, as `head` ends before the rest is written
for line in 'unpackctl extract --list log' 'unpackctl extract --tar - log' \
	'unpackctl check-pod pods.yaml'; do
	for reader in 'head -c 9' true; do
		piped "$line" "$reader"
		ok "$line | $reader: no message" lacks said "$complaint"
		ok "$line | $reader: exit 1" test "$(cat code)" = 1
	done
done
for line in 'unpackctl pod --image a/b:c' 'unpackctl --help' \
	'unpackctl explain'; do
	piped "$line" 'head -1'
	ok "$line | head -1: no message" lacks said "$complaint"
done
piped 'unpack --bundle-dir b --format tar' true
ok "unpack | true: a message" has said '^unpack: standard output: Broken pipe$'
done_testing
