#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# With -o json a command that a signal ends prints one object that says so.
. "$TOP/test/lib.sh"
for tool in jq python3; do
	command -v $tool >/dev/null || skip_all "needs $tool"
done
python3 -c 'import jsonschema' 2>/dev/null ||
	skip_all "needs python3-jsonschema"

# SIGTERM for the process, SIGINT for all of its group, as terminals do it
cat >stop.py <<-'END'
	import os, signal, subprocess, sys, time
	number = getattr(signal, "SIG" + sys.argv[1])
	p = subprocess.Popen(sys.argv[2:], start_new_session=True,
	                     stdin=os.open("silence", os.O_RDWR))
	time.sleep(0.7)
	if p.poll() is not None:
	    sys.exit(f"it has ended by itself, with {p.returncode}")
	(os.killpg if number == signal.SIGINT else os.kill)(p.pid, number)
	try:
	    sys.exit(p.wait(20))
	except subprocess.TimeoutExpired:
	    os.killpg(p.pid, signal.SIGKILL)
	    sys.exit("it goes on")
END
cat >validate.py <<-'END'
	import json, jsonschema, sys
	lines = open("out").read().split("\n")
	if len(lines) != 2 or lines[1] != "":
	    sys.exit("# not one line: %r" % lines[:3])
	jsonschema.validate(json.loads(lines[0]), json.load(open(sys.argv[1])))
END

# stopped NAME SIGNAL KIND COMMAND...: while it waits
stopped() {
	name="$1, SIG$2" signal=$2 kind=$3 code=143
	[ "$signal" != INT ] || code=130
	shift 3
	ok "$name" exits "$code" python3 stop.py "$signal" "$@"
	ok "  one object, of the schema" python3 validate.py \
		"$TOP/src/man/unpack-json.schema.json"
	is "  which says so" \
		"$(jq -r '"\(.kind) \(.result) \(.exit) \(.reason)"' out)" \
		"$kind failed $code Interrupted"
}

mkfifo silence
# tools that never answer
mkdir tools
printf '#!/bin/sh\nexec sleep 60\n' >tools/kubectl
chmod +x tools/kubectl
for tool in podman skopeo docker; do
	ln -s kubectl tools/$tool
done
PATH=$PWD/tools:$PATH
KUBECTL=$PWD/tools/kubectl
export KUBECTL

for signal in TERM INT; do
	stopped extract "$signal" ExtractResult \
		"$UNPACKCTL" extract -o json -C files
	stopped check "$signal" CheckResult "$UNPACKCTL" check -o json -
	stopped "check of an image by name" "$signal" CheckResult \
		"$UNPACKCTL" check -o json docker://localhost/x
	stopped "check, while it reads names" "$signal" CheckResult \
		"$UNPACKCTL" check -o json --images-from silence
	stopped check-pod "$signal" CheckPodResult \
		"$UNPACKCTL" check-pod -o json -
	stopped run "$signal" RunResult "$UNPACKCTL" run -o json \
		--unpacker-image x/y:1 --image x/z:1 -C files
	stopped test "$signal" TestResult "$UNPACKCTL" test -o json \
		--unpacker-image x/y:1 x/z:1
done
is "nothing is left behind" "$(find . -name '*files*')" ""

# one that never waits is made to, before it looks at a file
mkdir -p bundle/manifests
slowly="strace -D -o trace -e inject=faccessat:delay_enter=2s"
# shellcheck disable=SC2086
if [ -z "${EMULATOR-}" ] && $slowly true 2>/dev/null; then
	stopped "unpack check" TERM UnpackCheckResult \
		$slowly "$UNPACK" check --bundle-dir bundle
else
	ok_skip "unpack check" "needs strace that may trace"
fi

done_testing
