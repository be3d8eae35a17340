#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A signal, or --timeout, ends what is under way: extraction, reading,
# writing to a pipe that nobody reads, a kubectl that takes no notice.  What
# would go on ends with 137, as it is killed in the end.
. "$TOP/test/lib.sh"
need python3

# A tar whose extraction would take many minutes: names that imply millions of directories.
python3 - <<'E'
import base64, io, json, tarfile, zlib
z = zlib.compressobj(9, wbits=31)
out = []
deep = "a/" * 1900 + "f"
for i in range(2000):
    t = tarfile.TarInfo("%d/%s" % (i, deep))
    out.append(z.compress(t.tobuf(tarfile.PAX_FORMAT)))
out.append(z.compress(bytes(1024)))
out.append(z.flush())
with open("log", "w") as f:
    f.write('{"content":"%s"}\n' % base64.b64encode(b"".join(out)).decode())
E
# --preserve-status: the program's code, not timeout's
preserved() {
	preserved_code=$1 preserved_signal=$2
	shift 2
	exits "$preserved_code" timeout --preserve-status -k 60 \
		-s "$preserved_signal" 1 "$@"
}
big="--max-size 1Ti --max-entries 1000000000"
# shellcheck disable=SC2086 # words
for word in TERM:143 INT:130; do
	ok "extract hears ${word%:*}" preserved "${word#*:}" "${word%:*}" \
		"$UNPACKCTL" extract $big -q -C out.d log
	is "and leaves nothing behind" "$(find . -name '*out.d*')" ""
done
# shellcheck disable=SC2086
ok "extract that is busy, for a program" preserved 143 TERM \
	"$UNPACKCTL" extract $big -o json -C out.d log
ok "and says so" has out '^\{.*"exit":143,"reason":"Interrupted".*\}$'
is "and leaves nothing behind" "$(find . -name '*out.d*')" ""

# a second signal, while it removes what it made
cat >twice.py <<'E'
import signal, subprocess, sys, time
p = subprocess.Popen(sys.argv[1:])
time.sleep(3)
p.send_signal(signal.SIGTERM)
time.sleep(0.3)
if p.poll() is not None:
    sys.exit("it has ended by itself")
p.send_signal(signal.SIGTERM)
sys.exit(p.wait(60))
E
# shellcheck disable=SC2086
ok "a second signal ends it" exits 143 python3 twice.py \
	"$UNPACKCTL" extract $big -q -C out.d log
left=$(find . -maxdepth 1 -name '.out.d.unpack-*')
ok "what is left is named" has err "$left is still there: .*rm -r"
mkdir one
echo file >one/file
"$UNPACK" --bundle-dir one >small
ok "the next one removes it" exits 0 "$UNPACKCTL" extract -q -C out.d small
is "all of it" "$(find . -maxdepth 1 -name '*out.d*')" ./out.d
rm -r out.d
# shellcheck disable=SC2086
ok "without the options it is refused" exits 3 "$UNPACKCTL" extract \
	-q -C out.d log
ok "for the directories that names imply" has err 'allows, counting the directories'

# a reader that never reads
mkdir b
head -c 1000000 /dev/urandom >b/data
(cd b && seq 5000 | sed 's/^/a-name-that-makes-a-line-longer-/' | xargs touch)
"$UNPACK" --format jsonl --bundle-dir b >big.log
cat >block.py <<'E'
import os, signal, subprocess, sys, time
number = getattr(signal, sys.argv[1])
r, w = os.pipe()
p = subprocess.Popen(sys.argv[2:], stdout=w)
os.close(w)
time.sleep(1)
if p.poll() is not None:
    sys.exit(99)
p.send_signal(number)
try:
    sys.exit(p.wait(60))
except subprocess.TimeoutExpired:
    p.kill()
    sys.exit(137)
E
ok "a tar to a pipe that nobody reads" exits 143 python3 block.py SIGTERM \
	"$UNPACKCTL" extract --tar - big.log
ok "a list to a pipe that nobody reads" exits 143 python3 block.py SIGTERM \
	"$UNPACKCTL" extract --list big.log
mkfifo silent
ok "a terminal that closes" preserved 143 HUP \
	"$UNPACKCTL" extract -C o - 0<>silent
ok "nohup: it goes on" preserved 130 INT nohup sh -c \
	'(sleep 0.3; kill -HUP $$) & exec "$@"' - \
	"$UNPACKCTL" extract -C o - 0<>silent
ok "a log that does not come" preserved 143 TERM \
	"$UNPACKCTL" extract -C o - 0<>silent

# a kubectl that takes no notice of SIGTERM and says nothing
cat >kubectl <<'E'
#!/bin/sh
trap '' TERM
echo $$ >>pids
while :; do sleep 1; done
E
chmod +x kubectl
run() {
	KUBECTL=$PWD/kubectl timeout -k 60 90 "$UNPACKCTL" run -n x \
		--unpacker-image u --image a/b:c -C out.d "$@"
}
ok "run --timeout ends, whatever kubectl does" exits 1 run --timeout 2s
ok "the time is said to be over" has err 'time'
ok "no kubectl is left" sh -c \
	'while read -r p; do ! kill -0 "$p" 2>/dev/null || exit 1; done <pids'
ok "a manifest that does not come" exits 1 timeout -k 60 90 "$UNPACKCTL" run \
	-n x --timeout 1s --unpacker-image u -f - -C out.d 0<>silent
done_testing
