#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# With -o json a command that a signal ends, or --timeout, prints one object that
# says so; one that is just printing it goes on, as long as somebody reads.
. "$TOP/test/lib.sh"
need jq
need_module jsonschema

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

# stopped NAME SIGNAL KIND COMMAND...: while it waits
stopped() {
	name="$1, SIG$2" signal=$2 kind=$3 code=143
	[ "$signal" != INT ] || code=130
	shift 3
	ok "$name" exits "$code" python3 stop.py "$signal" "$@"
	told "$kind failed $code Interrupted"
}
# told "KIND RESULT EXIT REASON": one object, which says that
told() {
	# shellcheck disable=SC2086
	set -- $1
	ok "  one object, of the schema" \
		"$TOP/test/schema/result.py" out "$3" "$1"
	is "  which says so" "$(jq -r '"\(.result) \(.reason)"' out)" "$2 $4"
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
	stopped check-pod "$signal" CheckPodResult \
		"$UNPACKCTL" check-pod -o json -
	stopped "check-pod, while it reads ignores" "$signal" CheckPodResult \
		"$UNPACKCTL" check-pod -o json --ignores-from silence x
	stopped run "$signal" RunResult "$UNPACKCTL" run -o json \
		--unpacker-image x/y:1 --image x/z:1 -C files
	stopped test "$signal" TestResult "$UNPACKCTL" test -o json \
		--unpacker-image x/y:1 x/z:1
done
is "nothing is left behind" "$(find . -name '*files*')" ""

# one that never waits is made to, before it looks at a file
mkdir -p bundle/manifests
slowly="strace -D -o trace -e inject=?faccessat,?faccessat2:delay_enter=2s"
# shellcheck disable=SC2086
if [ -z "${EMULATOR-}" ] && $slowly true 2>/dev/null; then
	stopped "unpack check" TERM UnpackCheckResult \
		$slowly "$UNPACK" check --bundle-dir bundle
else
	ok_skip "unpack check" "needs strace that may trace"
fi

# a message that nobody reads
cat >mute.py <<-'END'
	import os, signal, subprocess, sys, time
	r, w = os.pipe()
	os.set_blocking(w, False)
	try:
	    while True:
	        os.write(w, b"x")
	except BlockingIOError:
	    os.set_blocking(w, True)
	p = subprocess.Popen(sys.argv[1:], stderr=w)
	time.sleep(0.7)
	if p.poll() is not None:
	    sys.exit(f"it has ended by itself, with {p.returncode}")
	p.send_signal(signal.SIGTERM)
	try:
	    sys.exit(p.wait(20))
	except subprocess.TimeoutExpired:
	    p.kill()
	    sys.exit("it goes on")
END
ok "a message that nobody reads" exits 143 python3 mute.py \
	"$UNPACKCTL" check-pod -o json nowhere
told "CheckPodResult failed 143 Interrupted"

# a pipe that is full when the signal comes; its reader reads then, or never
cat >slow.py <<-'END'
	import array, fcntl, os, signal, subprocess, sys, termios, time
	r, w = os.pipe()
	p = subprocess.Popen(sys.argv[2:], stdout=w)
	os.close(w)
	there = array.array("i", [0])
	for _ in range(200):
	    fcntl.ioctl(r, termios.FIONREAD, there)
	    if there[0] > 50000:
	        break
	    time.sleep(0.1)
	time.sleep(0.2)
	if p.poll() is not None:
	    sys.exit(f"it has ended by itself, with {p.returncode}")
	p.send_signal(signal.SIGTERM)
	if sys.argv[1] == "reads":
	    time.sleep(0.3)
	    while data := os.read(r, 65536):
	        os.write(1, data)
	        time.sleep(0.02)
	sys.exit(p.wait(20))
END
# slow NAME OBJECT COMMAND...: what the object says
slow() {
	name=$1 object=$2 code=$(echo "$2" | cut -d' ' -f3)
	shift 2
	ok "$name: a slow reader" exits "$code" python3 slow.py reads "$@"
	told "$object"
	ok "$name: a reader that never reads" exits 143 \
		python3 slow.py never "$@"
}
for i in $(seq 500); do
	echo "---
apiVersion: v1
kind: Pod
metadata: {name: p$i}
spec: {containers: [{name: c, image: x}]}"
done >pods
mkdir links
(cd links && for i in $(seq 1000); do
	ln -s x "$(printf 'a-name-that-makes-a-line-longer-%0200d' "$i")"
done)
slow check-pod "CheckPodResult failed 3 PodSecurity" \
	"$UNPACKCTL" check-pod -o json pods
slow "unpack check" "UnpackCheckResult ok 0 OK" \
	"$UNPACK" check --bundle-dir links

# timed NAME OBJECT COMMAND...: --timeout
timed() {
	name=$1 object=$2
	shift 2
	ok "$name, the time is over" exits 1 timeout -k 1 30 "$@"
	told "$object"
}
run="run -o json --timeout 1s --unpacker-image x/y:1 -C none"
# shellcheck disable=SC2086
{
	timed run "RunResult failed 1 Timeout" \
		"$UNPACKCTL" $run --image x/z:1
	timed "run of several" "RunResult failed 1 Timeout" \
		"$UNPACKCTL" $run --image x/z:1 --image x/z:2
	timed "run, while it reads manifests" "RunResult failed 1 Timeout" \
		"$UNPACKCTL" $run -f - 0<>silence
}
timed test "TestResult failed 1 NotTested" "$UNPACKCTL" test -o json \
	--timeout 1s --unpacker-image x/y:1 x/z:1

done_testing
