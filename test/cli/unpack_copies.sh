#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# unpack copy: what `unpackctl extract` makes of the stream, in a volume, or
# nothing.
. "$TOP/test/lib.sh"
need jq python3
[ "$(id -u)" = 0 ] || skip_all "needs root, to mount and to be other users"
[ -z "${SANITIZED-}" ] || skip_all "the leak checker needs other rights"

# in a file system of memory, where there is one
chmod 755 .
mkdir work
if unshare -m true 2>/dev/null && [ -z "${COPIES_INSIDE-}" ]; then
	COPIES_INSIDE=1 exec unshare -m --propagation private sh -c \
		'mount -t tmpfs none work && cd work && exec sh "$0"' \
		"$(realpath "$0")"
fi
[ -n "${COPIES_INSIDE-}" ] || skip_all "needs to make a mount namespace"
chmod 777 .

# a copy that others may run, and what it says
mkdir bin
cp "$UNPACK" bin/unpack
chmod -R a+rX bin
UNPACK=$PWD/bin/unpack

# list DIR: paths, modes, times, link targets and digests
cat >list.py <<'E'
import hashlib, os, sys
top = os.fsencode(sys.argv[1])
for d, dirs, files in os.walk(top):
    for n in dirs + files + [b"."]:
        p = os.path.join(d, n)
        s = os.lstat(p)
        what = b"d"
        if os.path.islink(p):
            what = os.readlink(p)
        elif not os.path.isdir(p):
            with open(p, "rb") as f:
                what = hashlib.sha256(f.read()).hexdigest().encode()
        print("%o" % s.st_mode, s.st_mtime_ns, what,
              os.path.relpath(p, top))
E
list() { python3 list.py "$1" | LC_ALL=C sort -k4; }
# nothing_left DIR: no hidden directory of ours
nothing_left() { ! find "$1" -name '*unpack-copy*' | grep .; }

mkdir -p b/manifests/sub b/metadata b/empty b/closed b/tree b/names b/old
echo csv >b/manifests/csv.yaml
echo x >b/manifests/sub/x
: >b/metadata/nothing
echo tool >b/tool
chmod 755 b/tool
chmod 444 b/manifests/csv.yaml
chmod 6755 b/metadata/nothing
ln -s csv.yaml b/manifests/link
ln -s /nowhere b/dangling
ln b/tool b/hard
mkfifo b/fifo
head -c 1000000 /dev/urandom >b/large
truncate -s 20000000 b/sparse
printf end >>b/sparse
: >"b/$(printf 'a\nb\377\033 "')"
echo y >b/closed/y
touch -d 2001-02-03T04:05:06.789 b/manifests/csv.yaml b/tool
touch -h -d 1999-01-01 b/dangling
chmod 555 b/closed b
"$UNPACK" --bundle-dir b --format tar >stream
"$UNPACKCTL" extract -C wanted stream >/dev/null 2>&1 ||
	tar xpf stream --one-top-level=wanted --same-owner
list wanted >want

# ---------------------------------------------------------------- where to
ok "DEST is not there" exits 0 "$UNPACK" copy --bundle-dir b vol1
ok "... it is what extract makes of the stream" sh -c \
	'python3 list.py vol1 | LC_ALL=C sort -k4 | diff want - | head -20 | grep . && exit 1 || :'
ok "... nothing is printed" empty out
ok "... nothing is said" empty err
ok "... nothing is left" nothing_left .
ok "... what is sparse stays sparse" [ "$(stat -c %b vol1/sparse)" -lt 1000 ]
mkdir vol2
ok "DEST is empty" exits 0 "$UNPACK" copy --bundle-dir b vol2
ok "... the same" sh -c \
	'python3 list.py vol2 | LC_ALL=C sort -k4 | diff want -'
ok "... nothing is left" nothing_left .
mkdir vol3
mount -t tmpfs none vol3
mkdir vol3/lost+found
mkdir -p lost/lost+found/1
ok "a name of the file system's is in the way" exits 1 "$UNPACK" copy \
	--bundle-dir lost vol3
ok "... it is told" has err '^unpack: vol3: File exists'
is "... and nothing left" "$(find vol3)" "$(printf 'vol3\nvol3/lost+found')"
ok "DEST is a mount, but for that empty" exits 0 "$UNPACK" copy --bundle-dir b vol3
rmdir vol3/lost+found
umount vol3
ok "modes are the bundle's whatever the umask" sh -c \
	'umask 077 && "$0" copy --bundle-dir b vol1u' "$UNPACK"
ok "... the same" sh -c \
	'python3 list.py vol1u | LC_ALL=C sort -k4 | diff want -'
mkdir vol1a
if setfacl -d -m u::rwx,u:7:rwx,g::r,o::-,m::r vol1a 2>/dev/null; then
	ok "... and a default ACL" exits 0 "$UNPACK" copy --bundle-dir b \
		vol1a/in
	ok "... the same" sh -c \
		'python3 list.py vol1a/in | LC_ALL=C sort -k4 | diff want -'
else
	ok_skip "... and a default ACL" "no setfacl, or no ACLs here"
fi
mount -t tmpfs none vol3
ok "DEST is a mount" exits 0 "$UNPACK" copy --bundle-dir=b vol3
ok "... the same" sh -c \
	'python3 list.py vol3 | LC_ALL=C sort -k4 | diff want -'
mkdir vol3/data
: >vol3/data/mine
for form in vol4 ./vol5 "$PWD/vol6" vol3/data/vol7/ -- vol3/data//vol8//; do
	[ "$form" = -- ] && continue
	ok "DEST as $form" exits 0 "$UNPACK" copy --bundle-dir b "$form"
	ok "... is there" [ -e "$form/manifests/csv.yaml" ]
done
ln -s vol3/data linked
mkdir vol3/data/in
ok "DEST through a symlink" exits 0 "$UNPACK" copy --bundle-dir b linked/vol9
ok "... is there" [ -e vol3/data/vol9/tool ]
ln -s vol3/data/in linked2
ok "a symlink to an empty directory" exits 0 "$UNPACK" copy --bundle-dir b linked2
ok "... is filled" [ -e vol3/data/in/tool ]
ok "but in a container it is the image's, exit 1" exits 1 "$UNPACK" copy \
	--bundle-dir / "$PWD/linked/vol11"
ok "... and told" has err 'a symlink leads elsewhere'
ok "... whole, too" exits 1 "$UNPACK" copy --bundle-dir / "$PWD/linked2"
ok "... and nothing made" [ ! -e vol3/data/vol11 ]

# refuses CODE WORDS DEST [OPTION...]: and nothing is touched
refuses() {
	refuses_code=$1 refuses_words=$2 refuses_dest=$3
	shift 3
	find . -printf '%p %T@ %C@\n' | grep -Ev '^\./?(out|err|[a-z]*\.before)? ' |
		sort >all.before
	exits "$refuses_code" "$UNPACK" copy --bundle-dir b "$@" \
		"$refuses_dest" && has err "$refuses_words" || return 1
	find . -printf '%p %T@ %C@\n' | grep -Ev '^\./?(out|err|[a-z]*\.before)? ' |
		sort | diff all.before -
}
mkdir full
: >full/x
ln -s nowhere broken
ok "DEST with something in it" refuses 2 '^unpack: full: is not empty$' full
ok "... --force too" refuses 2 '^unpack: full: is not empty, and not as' full --force
ok "an earlier copy" refuses 2 '^unpack: vol1: is not empty' vol1
ok "a file" refuses 2 '^unpack: full/x: is not a directory' full/x
ok "below a file" refuses 2 'is not a directory' full/x/y
ok "a symlink to nowhere" refuses 2 'is not a directory' broken
ok "its directory is not there" refuses 1 'its directory must exist' no/where
ok "no DEST" exits 2 "$UNPACK" copy --bundle-dir b
ok "two" exits 2 "$UNPACK" copy --bundle-dir b x y
for option in --format=tar --parts=1 --jobs=1 --log-limit=1 --level=1; do
	ok "$option goes with the stream" exits 2 "$UNPACK" copy $option x
done
ok "DEST in the bundle itself" exits 1 "$UNPACK" copy --bundle-dir b b/inside
ok "... is told" has err '^unpack: b/inside: lies in the bundle itself'
ok "... and nothing left" nothing_left b

# ---------------------------------------------------------------- --force
if setfattr -n user.x -v 1 full 2>/dev/null ||
	python3 -c 'import os; os.setxattr("full", "user.x", b"1")' 2>/dev/null
then
	mkdir c
	echo new >c/new
	for vol in vol1 vol2 vol3/data/in; do
		ok "--force replaces $vol" exits 0 "$UNPACK" copy --force \
			--bundle-dir c $vol
		is "... all of it" "$(ls -A $vol)" new
		ok "... and again" exits 0 "$UNPACK" copy --force --bundle-dir b $vol
		ok "... the same" sh -c "python3 list.py $vol |
			LC_ALL=C sort -k4 | diff want -"
	done
	ok "nothing is left" nothing_left .
	: >vol1/theirs
	ok "what somebody added is not replaced" refuses 2 'does not replace it' \
		vol1 --force
	rm -r vol3/data
	ok "a mount" exits 0 "$UNPACK" copy --force --bundle-dir c vol3
	is "... is filled anew" "$(ls -A vol3)" new
else
	ok_skip "--force" "no extended attributes here"
fi

# ---------------------------------------------------------------- what
ok "--path" exits 0 "$UNPACK" copy --bundle-dir b --path manifests/sub part
is "... alone" "$(cd part && find . | sort | tr '\n' ' ')" \
	". ./manifests ./manifests/sub ./manifests/sub/x "
ok "a --path that is missing" exits 3 "$UNPACK" copy --bundle-dir b --path no part2
ok "... leaves nothing" [ ! -e part2 ]
ok "--symlinks skip" exits 0 "$UNPACK" copy --bundle-dir b --symlinks skip plain
is "... leaves them out" "$(find plain -type l | wc -l)" 0
mkdir hollow
ok "an empty bundle" exits 3 "$UNPACK" copy --bundle-dir hollow vol10
ok "... leaves nothing" [ ! -e vol10 ]
ok "no bundle" exits 3 "$UNPACK" copy --bundle-dir nowhere vol10
mkdir secret
: >secret/s
chmod 600 secret/s
mkdir -m 777 open
ok "what cannot be read" exits 3 as 9 9 "$UNPACK" copy --bundle-dir secret open
ok "... is reported" has err '^unpack: s: not readable'
is "... and nothing is left" "$(ls -A open)" ""
python3 - <<'E'
import os
os.mkdir("deep")
top = os.getcwd()
os.chdir("deep")
for i in range(300):
    os.mkdir("d" * 50)
    os.chdir("d" * 50)
open("end", "w").close()
os.chdir(top)
E
ok "deeper than PATH_MAX" exits 0 "$UNPACK" copy --bundle-dir deep deeper
ok "... it is all there" sh -c '"$0" --bundle-dir deep --format tar | sha256sum >1
	"$0" --bundle-dir deeper --format tar | cmp -s - /dev/null
	"$0" --bundle-dir deeper --format tar | sha256sum | cmp 1 -' "$UNPACK"
mkdir hidden
: >hidden/.unpack-copy
ok "a name as our own" exits 0 "$UNPACK" copy --bundle-dir hidden hidden2
ok "... is content" [ -f hidden2/.unpack-copy ]
mkdir hidden3
ok "... where it is in the way" exits 1 "$UNPACK" copy --bundle-dir hidden hidden3
is "... all or nothing" "$(ls -A hidden3)" ""
rm -r hidden hidden2

# ---------------------------------------------------------------- users
mkdir -m 777 shared
mkdir -m 2775 group
chgrp 2000 group
for user in 1 1000 65532 2147483647; do
	ok "user $user" exits 0 as $user 0 "$UNPACK" copy --bundle-dir b shared/$user
	is "... owns it" "$(find shared/$user ! -user $user | wc -l)" 0
	ok "... the same" sh -c "python3 list.py shared/$user |
		LC_ALL=C sort -k4 | diff want -"
	ok "user $user with fsGroup" exits 0 setpriv --reuid $user --regid 0 \
		--groups 2000 "$UNPACK" copy --bundle-dir b group/$user
	is "... the group stays" "$(find group/$user ! -group 2000 | wc -l)" 0
	is "... and its bit" "$(find group/$user -type d ! -perm -2000 | wc -l)" 0
	ok "... but for that the same" sh -c "python3 list.py group/$user |
		sed 's/^42/40/' | LC_ALL=C sort -k4 | diff want -"
done
mkdir -m 2777 mount
chgrp 2000 mount
ok "a volume of root's as a mount" exits 0 as 1000 0 "$UNPACK" copy \
	--bundle-dir b mount
is "... keeps its mode" "$(stat -c %a mount)" 2777
rm -r shared/1000
mkdir -m 777 open2
if as 1000 0 "$UNPACK" copy --bundle-dir b open2/x &&
	as 1000 0 python3 -c 'import os; os.getxattr("open2/x", "user.unpack")' \
		2>/dev/null; then
	ok "--force as a user, over what has no w" exits 0 as 1000 0 "$UNPACK" \
		copy --force --bundle-dir b open2/x
	ok "... the same" sh -c "python3 list.py open2/x |
		LC_ALL=C sort -k4 | diff want -"
fi
ok "nothing is left" nothing_left .
mkdir -m 755 theirs
ok "where this user may not write" exits 1 as 9 9 "$UNPACK" copy --bundle-dir b theirs
ok "... is named" has err '^unpack: theirs: this user may not write there .fsGroup.: Permission'
ok "... above DEST, too" exits 1 as 9 9 "$UNPACK" copy --bundle-dir b theirs/x
is "... nothing is left" "$(ls -A theirs)" ""

# ---------------------------------------------------------------- volumes
mkdir small
for size in 64k 900k 4m:nr_inodes=12; do
	mount -t tmpfs -o "mode=777,size=$(echo $size | tr : ,)" none small
	for dest in small small/x; do
		ok "a full volume, $size, $dest" exits 1 as 9 9 "$UNPACK" copy \
			--bundle-dir b $dest
		ok "... is named" has err '^unpack: small(/.*)?: give the volume more room .*: No space'
		is "... nothing is left" "$(ls -A small)" ""
	done
	umount small
done
mount -t tmpfs -o ro none small
for dest in small small/x; do
	ok "a read-only volume, $dest" exits 1 "$UNPACK" copy --bundle-dir b $dest
	ok "... is named" has err '^unpack: small.*: mount a volume there, not read-only: Read-only'
done
umount small

# ---------------------------------------------------------------- interrupted
if command -v strace >/dev/null; then
	for dest in cut cut2; do
		rm -rf cut cut2
		mkdir cut2
		for at in mkdirat:1 mkdirat:3 write:3 symlinkat:1 fchmod:5 \
			/renameat:1 syncfs:1; do
			timeout 60 strace -f -o trace -e trace="${at%:*}" -e \
				inject="${at%:*}:signal=SIGKILL:when=${at#*:}" \
				"$UNPACK" copy --bundle-dir b $dest 2>/dev/null
			ok "killed at $at, $dest: the next one" exits 0 "$UNPACK" \
				copy --bundle-dir b $dest
			ok "... is right" sh -c "python3 list.py $dest |
				LC_ALL=C sort -k4 | diff want -"
			ok "... nothing is left" nothing_left .
			rm -rf $dest
			[ $dest = cut ] || mkdir cut2
		done
		# in the middle of what is moved
		i=2
		while [ $i -lt 12 ]; do
			timeout 60 strace -f -o trace -e trace=/renameat -e \
				inject=/renameat:signal=SIGKILL:when=$i \
				"$UNPACK" copy --bundle-dir b $dest 2>/dev/null
			"$UNPACK" copy --bundle-dir b $dest 2>err
			ok "killed at move $i, $dest: the next one is right" sh -c \
				"python3 list.py $dest | LC_ALL=C sort -k4 | diff want -"
			ok "... nothing is left" nothing_left .
			rm -rf $dest
			[ $dest = cut ] || mkdir cut2
			i=$((i + 3))
		done
		for at in openat:20 write:3 read:9 mkdirat:4 fstat:9; do
			ok "SIGTERM at $at, $dest" exits 143 timeout 60 strace -f \
				-o trace -e trace="${at%:*}" -e \
				inject="${at%:*}:signal=SIGTERM:when=${at#*:}" \
				"$UNPACK" copy --bundle-dir b $dest
			ok "... nothing is left" nothing_left .
			ok "... at all" [ ! -e $dest/tool ]
		done
		ok "a move that fails, $dest" exits 1 strace -f -o trace -e \
			trace=/renameat -e inject=/renameat:error=EIO:when=1 \
			"$UNPACK" copy --bundle-dir b $dest
		ok "... leaves nothing" [ ! -e $dest/tool ]
		ok "... nor anything of ours" nothing_left .
	done
	# while it tidies up: DEST is complete, and the next one must get there
	mkdir four
	: >four/only
	for dest in cut cut2; do
		for at in 1 2 3 4 5 6; do
			rm -rf cut cut2
			mkdir cut2
			"$UNPACK" copy --bundle-dir four $dest
			[ $at -lt 3 ] || "$UNPACK" copy --force --bundle-dir b $dest
			timeout 60 strace -f -o trace -e trace=unlinkat -e \
				inject=unlinkat:signal=SIGKILL:when=$at \
				"$UNPACK" copy --bundle-dir b --force $dest \
				2>/dev/null
			"$UNPACK" copy --bundle-dir four --force $dest 2>err
			is "killed at removal $at, $dest: the next one is right" \
				"$(ls -A $dest)" only
			ok "... nothing is left" nothing_left .
		done
	done
	rm -rf cut cut2
	mkdir -p cut3
	ok "the seventh move fails" exits 1 strace -f -o trace -e \
		trace=/renameat -e inject=/renameat:error=EIO:when=7 \
		"$UNPACK" copy --bundle-dir b cut3
	is "... all is moved back, and removed" "$(ls -A cut3)" ""
else
	ok_skip "interrupted" "needs strace"
fi
mkdir -p foreign/.unpack-copy foreign/.x.unpack-copy/mine
: >foreign/.unpack-copy/mine
ok "a hidden directory that is not ours" exits 1 "$UNPACK" copy --bundle-dir b foreign
ok "... is told" has err '^unpack: foreign: its .unpack-copy is not ours'
ok "... beside DEST, too" exits 1 "$UNPACK" copy --bundle-dir b foreign/x
ok "... and left alone" [ -f foreign/.unpack-copy/mine -a \
	-d foreign/.x.unpack-copy/mine ]
rm -r foreign
# one that looks like ours, and has names of what is elsewhere
mkdir -p led/dest/.unpack-copy/tree led/dest/.unpack-copy/no
echo mine >led/mine
printf '../mine\0../../led/mine\0..\0.\0\0' >led/dest/.unpack-copy/names
ln -s ../../mine led/dest/.unpack-copy/old
"$UNPACK" copy --bundle-dir b led/dest 2>err
is "names that lead elsewhere" "$(cat led/mine)" mine
rm -r led

# ---------------------------------------------------------------- at once
i=0
echo other >c2 && mkdir -p two && mv c2 two/only
while [ $i -lt 8 ]; do
	rm -rf once
	[ $((i % 2)) = 0 ] || mkdir once
	for n in 1 2 3; do
		from=b
		[ $n = 2 ] && from=two
		try once$n "$UNPACK" copy --bundle-dir $from once
	done
	all_tried
	if [ -e once/only ]; then
		ok "round $i: one whole tree, the other" [ "$(ls -A once)" = only ]
	else
		ok "round $i: one whole tree" sh -c "python3 list.py once |
			LC_ALL=C sort -k4 | diff want -"
	fi
	is "... and one success" "$(cat once?.code | grep -c '^0$')" 1
	ok "... nothing is left" nothing_left .
	i=$((i + 1))
done
# another one comes and goes between the look at DEST and the lock
if command -v strace >/dev/null; then
	mkdir late
	try late strace -f -o trace -e trace=getdents64 -e \
		inject=getdents64:signal=SIGSTOP:when=2 \
		"$UNPACK" copy --bundle-dir b late
	stopped=
	n=0
	while [ -z "$stopped" ] && [ $n -lt 300 ]; do
		stopped=$(sed -n 's/^\([0-9]*\) .*stopped by SIGSTOP.*/\1/p' trace 2>/dev/null)
		n=$((n + 1))
		sleep 0.1
	done
	ok "one comes in between" exits 0 "$UNPACK" copy --bundle-dir two late
	kill -CONT "$stopped"
	all_tried
	is "... and the first is refused" "$(cat late.code)" 2
	ok "... for what is there" has late.err '^unpack: late: is not empty'
	is "... which stays" "$(ls -A late)" only
else
	ok_skip "between look and lock" "needs strace"
fi

# ---------------------------------------------------------------- limits
for limit in 5 6 7 8 9 10 11 12 16; do
	sh -c 'ulimit -n $1; exec "$0" copy --bundle-dir b limited' "$UNPACK" \
		$limit >out 2>err
	code=$?
	if [ $code = 0 ]; then
		ok "$limit descriptors: right" sh -c "python3 list.py limited |
			LC_ALL=C sort -k4 | diff want -"
	else
		ok "$limit descriptors: it says so" has err 'Too many open files|No file desc'
	fi
	rm -rf limited
done
(
	ulimit -f 100
	exec "$UNPACK" copy --bundle-dir b limited 2>err
)
is "a limit of the size of files: exit 1" "$?" 1
ok "... nothing is left" nothing_left .
ok "... at all" [ ! -e limited ]
cat >many.py <<'E'
import os, resource, subprocess, sys
for i in range(30000):
    d = "many/%d" % (i // 6000)
    os.makedirs(d, exist_ok=True)
    open("%s/a-rather-long-name-of-a-file-%d.yaml" % (d, i), "w").close()
subprocess.run([sys.argv[1], "copy", "--bundle-dir", "many", "many2"], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
E
ok "30,000 files" sh -c 'python3 many.py "$0" >rss' "$UNPACK"
ok "... in 24 MiB" [ "$(cat rss)" -le 24576 ]
is "... all of them" "$(find many2 -type f | wc -l)" 30000

# ---------------------------------------------------------------- told
rm -rf told dev
mkdir told dev
mknod -m 666 dev/null c 1 3
: >dev/termination-log
chmod 666 dev/termination-log
# says DEST [OPTION...]
says() {
	unshare -m --propagation private sh -c \
		'mount --bind dev /dev && exec "$@"' sh "$UNPACK" copy \
		--bundle-dir b "$@"
}
ok "the termination message" exits 0 says told
ok "... has the tar's digest, and that it was filled" jq -e --arg d \
	"sha256:$(sha256sum <stream | cut -d' ' -f1)" --argjson s \
	"$(stat -c %s stream)" '.result == "ok" and .format == "copy" and
	.digest == $d and .size == $s and .filled and .skipped.special == 1 and
	(has("parts") | not) and .entries > 15' dev/termination-log
ok "by a rename" exits 0 says told2
ok "... it was not filled" jq -e '.result == "ok" and (has("filled") | not)' \
	dev/termination-log
ok "DEST is not empty" exits 2 says told
ok "... is told" jq -e '.result == "failed" and
	(.message | test("told: is not empty"))' dev/termination-log
ok "a failure" exits 3 says --path nowhere told3
ok "... is told" jq -e '.reason == "BundleMissing"' dev/termination-log

# ------------------------------------- a file system that knows no O_TMPFILE
mkdir -p fuse/under fuse/vol
if bindfs fuse/under fuse/vol 2>fuse/err; then
	mkdir fuse/vol/mount
	for dest in fuse/vol/out fuse/vol/mount; do
		ok "without O_TMPFILE, $dest" exits 0 "$UNPACK" copy \
			--bundle-dir b $dest
		ok "... it is the same" sh -c "python3 list.py $dest |
			LC_ALL=C sort -k4 | diff want -"
		ok "... nothing is left" nothing_left fuse/under
	done
	ok "... a bundle that cannot be read" exits 3 "$UNPACK" copy \
		--bundle-dir b --path nowhere fuse/vol/none
	ok "... nothing of it is there" [ ! -e fuse/vol/none ]
	umount fuse/vol
else
	ok_skip "without O_TMPFILE" "$(head -n 1 fuse/err)"
fi
done_testing
