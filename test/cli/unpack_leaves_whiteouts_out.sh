#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A name that a layer deletes and no layer below has: overlayfs lists it and
# cannot find it.  It is not content, and not an error.
. "$TOP/test/lib.sh"
[ "$(id -u)" = 0 ] || skip_all "needs root, to mount"
unshare -m true 2>/dev/null || skip_all "needs to make a mount namespace"

# inside CODE: run it in ./at, a file system that takes whiteouts and overlays
inside() {
	unshare -m --propagation private sh -e -c "
		mkdir -p at && mount -t tmpfs none at && cd at && chmod 755 .
		attribute() { python3 -c 'import os, sys
os.setxattr(sys.argv[3], sys.argv[1], sys.argv[2].encode())' \"\$@\"; }
		$1"
}
inside 'mkdir l u w m && mount -t overlay -o lowerdir=l,upperdir=u,workdir=w o m' \
	2>/dev/null || skip_all "cannot mount an overlay"

# Three layers: what is deleted lies in a new directory of the upper one, in
# an opaque one, in one that only the lowest layer has, and in a merged one.
user='setpriv --reuid 65532 --regid 0 --clear-groups'
cat >run <<E
mkdir -p 1/manifests 1/low 1/both 2/opaque 2/both up/tests up/opaque \
	up/both work m
echo a >1/manifests/a; echo b >1/both/b; echo o >2/opaque/gone
echo t >up/tests/t
mknod 1/low/stale c 0 0; mknod up/tests/old c 0 0; mknod up/tests/new c 0 0
mknod up/opaque/stale c 0 0; mknod up/both/b c 0 0
attribute trusted.overlay.opaque y up/opaque
chmod -R a+rX 1 2 up
mount -t overlay -o lowerdir=2:1,upperdir=up,workdir=work overlay m
"$UNPACKCTL" check -o json m >../foretold
cd m
$user "$UNPACK" check >../../check
for f in json jsonl tar; do
	$user "$UNPACK" --format \$f >../../\$f 2>>../../messages
done
E
left='./ both/ low/ manifests/ manifests/a opaque/ tests/ tests/t '
ok "check and all formats: exit 0" exits 0 inside '. ../run'
ok "in silence" empty messages
names() { tar tf - | sort | tr '\n' ' '; }
is "tar: what is left" "$(names <tar)" "$left"
is "jsonl: what is left" \
	"$(jq -r '.content//empty' jsonl | base64 -d | gzip -dc | names)" "$left"
is "json: what is left" \
	"$(jq -r .content json | base64 -d | gzip -dc | names)" "$left"
is "they are counted under their own name" \
	"$(jq -c '.skipped | [.whiteout, add]' check)" '[4,4]'
is "check of the directory says the same" \
	"$(jq -c '[.entries, .skipped.whiteout]' foretold)" \
	"$(jq -c '[.entries, .skipped.whiteout]' check)"
is "and named" "$(jq -r '.skippedPaths[] | select(.why == "whiteout").path' check |
	tr '\n' ' ')" "low/stale opaque/stale tests/new tests/old "
is "the counts are of what is left" "$(jq -c '[.entries, .files]' check)" '[8,2]'

# kernels from 6.7 on also take an empty file with an attribute for a whiteout
cat >attributes <<E
mkdir -p 1/a up/d work m; echo x >up/d/x; : >up/d/gone
attribute trusted.overlay.whiteout y up/d/gone
attribute trusted.overlay.opaque x up/d
mount -t overlay -o lowerdir=1,upperdir=up,workdir=work overlay m
ls m/d/gone 2>/dev/null && exit 77
"$UNPACK" check --bundle-dir m >../check
"$UNPACK" --bundle-dir m --format tar >../tar
"$UNPACK" --bundle-dir m | jq -r .entries >../entries
E
if inside '. ../attributes' >out 2>err; then
	is "a whiteout that is a file" "$(names <tar)" "./ a/ d/ d/x "
	is "is counted" "$(jq .skipped.whiteout check)" 1
	is "and is no entry" "$(cat entries)" 4
else
	ok_skip "a whiteout that is a file" "the kernel does not know them"
fi

# a layer that is mounted alone shows them as devices
ok "devices 0:0" inside "mkdir b b/d; mknod b/gone c 0 0; mknod b/d/gone c 0 0
	mknod b/null c 1 3; '$UNPACK' check --bundle-dir b >../check"
is "are whiteouts, others are not" "$(jq -c \
	'[.skipped.whiteout, .skipped.special, .entries]' check)" '[2,1,2]'

# a directory of mounts and whiteouts is the runtime's
cat >hollow <<E
mkdir -p l up/run up/kept work m; mknod up/run/gone c 0 0; mknod up/kept/gone c 0 0
mkdir up/run/mnt
mount -t overlay -o lowerdir=l,upperdir=up,workdir=work overlay m
mount -t tmpfs none m/run/mnt
"$UNPACK" --bundle-dir m --format tar >../tar
E
ok "with a mount beside it: exit 0" exits 0 inside '. ../hollow'
is "the directory is the runtime's" "$(names <tar)" "./ kept/ "

# a directory of whiteouts costs no more than one of files
ok "ten thousand" inside "mkdir -p l up/d work m
	python3 -c '
import os
for i in range(10000):
    os.mknod(\"up/d/%d\" % i, 0o020000, 0)'
	mount -t overlay -o lowerdir=l,upperdir=up,workdir=work overlay m
	'$UNPACK' check --bundle-dir m >../check"
is "are counted" "$(jq .skipped.whiteout check)" 10000

# What the preflight saw must still be there.  A pipe that is full stops the
# stream in a.
cat >vanish.py <<'P'
import os, shutil, subprocess, sys
unpack, place = sys.argv[1:]
os.makedirs("v/d")
for name, size in (("a", 8 << 20), ("b", 3), ("d/c", 3)):
    with open("v/" + name, "wb") as f:
        f.write(os.urandom(size))
p = subprocess.Popen([unpack, "--bundle-dir", "v", "--format", "tar", "--jobs", "1"],
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
p.stdout.read(2048)
if place == "new":
    open("v/d/new", "w").close()
else:
    os.unlink("v/" + place)
out, err = p.communicate()
shutil.rmtree("v")
print(p.returncode, err.decode(), end="")
P
is "a file that vanishes is an error" "$(python3 vanish.py "$UNPACK" b)" \
	"1 unpack: b: open: No such file or directory"
is "also where its directory was not read yet" \
	"$(python3 vanish.py "$UNPACK" d/c)" \
	"1 unpack: v: files were added or removed while it was read"
is "and one that comes" "$(python3 vanish.py "$UNPACK" new)" \
	"1 unpack: v: files were added or removed while it was read"
done_testing
