#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Odd outputs, odd inputs, and trees of any size and depth.
. "$TOP/test/lib.sh"
tree="python3 $TOP/test/tree.py"

$tree make t
rm t/fifo t/socket
"$UNPACK" --bundle-dir t --format tar >wanted

ok "a closed pipe: exit 1" exits 1 sh -c '
	{ "$0" --bundle-dir t; echo $? >code; } | head -c 10 >/dev/null
	exit $(cat code)' "$UNPACK"
ok "a closed pipe is named" has err 'standard output: Broken pipe'
ok "a closed standard output: exit 1" exits 1 sh -c 'exec "$0" --bundle-dir t >&-' "$UNPACK"
ok "is named" has err 'standard output: Bad file descriptor'
ok "everything closed: exit 1" exits 1 sh -c 'exec "$0" --bundle-dir t >&- <&- 2>&-' "$UNPACK"
ok "a full disk: exit 1" exits 1 sh -c 'exec "$0" --bundle-dir t >/dev/full' "$UNPACK"
ok "a slow reader on a non-blocking pipe" python3 - "$UNPACK" <<'PY'
import os, subprocess, sys, time
r, w = os.pipe()
os.set_blocking(w, False)
p = subprocess.Popen([sys.argv[1], "--bundle-dir", "t", "--format", "tar"], stdout=w)
os.close(w)
got = b""
time.sleep(0.2)
while True:
    data = os.read(r, 100003)
    if not data:
        break
    got += data
assert p.wait() == 0
assert got == open("wanted", "rb").read()
PY
# a sanitizer's hunt for leaks does not survive being stopped
ok "interrupted calls" env ASAN_OPTIONS=detect_leaks=0 python3 - "$UNPACK" <<'PY'
import os, signal, subprocess, sys, threading, time
p = subprocess.Popen([sys.argv[1], "--bundle-dir", "t", "--format", "tar"],
                     stdout=subprocess.PIPE)
def poke():
    for _ in range(200):
        try:
            p.send_signal(signal.SIGSTOP)
            p.send_signal(signal.SIGCONT)
        except ProcessLookupError:
            return
        time.sleep(0.0005)
threading.Thread(target=poke).start()
got = p.stdout.read()
assert p.wait() == 0 and got == open("wanted", "rb").read()
PY

$tree deep deep 10000
ok "10,000 levels: exit 0" exits 0 "$UNPACK" --bundle-dir deep --format tar
ok "10,000 levels: nothing on standard error" empty err
ok "10,000 levels: the file at the bottom" python3 - <<'PY'
import sys, tarfile
names = tarfile.open("out").getnames()
assert len(names) == 10002, len(names)
assert names[-1] == "d/" * 10000 + "bottom"
PY
ok "10,000 levels: few descriptors" sh -c \
	'ulimit -n 80; exec "$0" --bundle-dir deep --format tar | cmp - out' "$UNPACK"
# too deep for rm
python3 -c '
import os
os.chdir("deep")
while os.path.isdir("d"):
    os.rename("d", "../d"); os.chdir(".."); os.rmdir("deep"); os.rename("d", "deep"); os.chdir("deep")'

mkdir huge
truncate -s 8193M huge/sparse
printf end >huge/tail
ok "a file over 8 GiB" sh -c '"$0" --bundle-dir huge --format tar |
	tar tvf - >list && grep -q " 8590983168 .* sparse" list && grep -q " 3 .* tail" list' "$UNPACK"

mkdir wide
python3 -c '
import os
for i in range(20000):
    with open("wide/%05d" % (i * 7919 % 20000), "w") as f: f.write("%d" % i)'
ok "20,000 files: exit 0" exits 0 "$UNPACK" --bundle-dir wide
is "20,000 files: entries" "$(jq .entries out)" 20001
jq -r .content out | base64 -d | tar tz | tail -n +2 >names
LC_ALL=C sort names >sorted
ok "20,000 files: in order" cmp names sorted

# a stream whose tree changes under it must not look whole
cat >change.py <<'PY'
import os, subprocess, sys
how = sys.argv[2]
os.makedirs("c/d", exist_ok=True)
for name in "a", "b":
    with open("c/" + name, "wb") as f:
        f.write(b"data" * (2 << 20))
p = subprocess.Popen([sys.argv[1], "--bundle-dir", "c", "--format", "tar"],
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
p.stdout.read(1 << 20)        # in the middle of c/a
if how == "shorter":
    os.truncate("c/a", 1000)
elif how == "longer":
    with open("c/a", "ab") as f: f.write(b"more")
elif how == "other":
    with open("c/a", "r+b") as f: f.seek(7 << 20); f.write(b"other")
elif how == "gone":
    os.unlink("c/b")
elif how == "fifo":
    os.unlink("c/b"); os.mkfifo("c/b")
elif how == "closed":
    os.unlink("c/b"); os.symlink("/etc/passwd", "c/b")
data = p.stdout.read()
err = p.stderr.read().decode()
assert p.wait() == 1, (p.returncode, err)
assert data[-1024:] != bytes(1024), "looks whole"
assert err.count("\n") == 1 and ("c/" in err or "a: " in err or "b: " in err), err
PY
for how in shorter longer other gone; do
	ok "a file that becomes $how" python3 change.py "$UNPACK" $how
	rm -rf c
done

# memory does not follow the tree
[ -z "${SANITIZED:-}" ] || {
	ok_skip "memory" "sanitizers use their own"
	done_testing
	exit
}
python3 - <<'PY'
import hashlib, os
for scale in 1, 10:
    for d in range(20 * scale):
        os.makedirs("m%d/%d" % (scale, d))
        for f in range(20):
            with open("m%d/%d/%d" % (scale, d, f), "wb") as out:
                out.write(hashlib.shake_256(b"%d %d" % (d, f)).digest(16000))
    with open("m%d/big" % scale, "wb") as out:
        for n in range(4 * scale):
            out.write(hashlib.shake_256(b"%d" % n).digest(1 << 20))
PY
# within LIMIT COMMAND...: with so many KiB of data, heap and stacks included
within() {
	limit=$1
	shift
	exits 0 sh -c 'ulimit -d "$0" && exec "$@"' "$limit" "$@" && empty err
}
for tree in m1 m10; do
	ok "$tree: json in 10 MiB" within 10240 \
		"$UNPACK" --jobs 2 --bundle-dir $tree
	ok "$tree: json on one thread in 4 MiB" within 4096 \
		"$UNPACK" --jobs 1 --bundle-dir $tree
	ok "$tree: tar in 1 MiB" within 1024 \
		"$UNPACK" --format tar --bundle-dir $tree
done
ok "with less it says so" exits 1 sh -c \
	'ulimit -d 512 && exec "$0" --bundle-dir m1' "$UNPACK"
ok "out of memory" has err 'out of memory'
done_testing
