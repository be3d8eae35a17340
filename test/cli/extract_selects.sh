#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What extract makes of a bundle: all of it, a list, a tar; into a directory that
# is there, and in place of what it made before.
. "$TOP/test/lib.sh"
need jq python3

mkdir -p in/manifests/deep in/metadata
echo a >in/manifests/a
echo b >in/manifests/deep/b
echo c >in/metadata/c
ln -s a in/manifests/link
ln -s ../metadata/c in/manifests/up
chmod 600 in/metadata/c
touch -d @1000000000 in/manifests/a
"$UNPACK" --bundle-dir in --format jsonl >log
ctl=$UNPACKCTL

# tree DIR: the names below it
tree() {
	(cd "$1" && find . | LC_ALL=C sort | tr '\n' ' ')
}
ok "a log that is not there" exits 1 "$ctl" extract -C got nope
ok "  is one" has err 'nope: No such file'
ok "a path is no log" exits 1 "$ctl" extract -C got log manifests/a
ok "  nothing is there" [ ! -e got ]
head -n 1 log >half

ok "--list" exits 0 "$ctl" extract --list log
ok "  mode, size, time" has out \
	'^-rw-r--r--            2 2001-09-09T01:46:40Z manifests/a$'
ok "  what was verified" has err '^9 entries, .* jsonl sha256:.*, verified$'
ok "--list -q" exits 0 "$ctl" extract -q --list log
ok "  says no more" empty err

# a directory that is there
mkdir here
ok "an empty directory" exits 0 "$ctl" extract -C here log
ok "  in one step" lacks err 'not replaced atomically'
mkdir cwd
chmod 700 cwd
ok "the working directory" sh -c "cd cwd && '$ctl' extract -C . ../log >../out 2>../err"
ok "  how is said" has err '[.] is the working directory, so it was not replaced atomically'
ok "  is filled" diff -r in cwd
is "  its mode" "$(stat -c %a cwd)" 755
is "  nothing else" "$(find cwd -name '.*unpack*')" ""
ok "it is not empty now" sh -c "cd cwd && ! '$ctl' extract -C . ../log 2>../err"
ok "  is said" has err 'exists and is not empty'
mkdir real
ln -s real alias
ok "a symbolic link to one" exits 0 "$ctl" extract -C alias log
ok "  is filled" diff -r in real
chmod 755 .
mkdir -p shut/mine
chown 65532 shut/mine 2>/dev/null
if [ "$(id -u)" = 0 ]; then
	mkdir tmp && chmod 1777 tmp
	ok "in a directory that cannot be written to" exits 0 \
		as 65532 65532 env TMPDIR="$PWD/tmp" "$ctl" extract -C shut/mine log
	ok "  how is said" has err 'is in a directory that is not writable, so '
	ok "  it is filled" diff -r in/manifests shut/mine/manifests
	mkdir -p shut/mine2
	chown 65532 shut/mine2
	as 65532 65532 env TMPDIR="$PWD/tmp" "$ctl" extract -C shut/mine2 half 2>/dev/null
	is "a failure leaves nothing" "$(tree shut/mine2)" ". "
else
	ok_skip "in a directory that cannot be written to" "needs root"
fi
mkdir full
: >full/x
ok "one that is not empty" exits 1 "$ctl" extract -C full log

# --force
ok "made before" exits 0 "$ctl" extract -q -C again log
if getfattr -n user.unpack again >/dev/null 2>&1 ||
	python3 -c 'import os; os.getxattr("again", "user.unpack")' 2>/dev/null; then
	: >again/more
	ok "is there" exits 1 "$ctl" extract -C again log
	ok "  how to replace it" has err '--force replaces it'
	ok "--force" exits 0 "$ctl" extract -q --force -C again log
	ok "  replaces it" diff -r in again
	ok "--force with half a log" exits 4 "$ctl" extract --force -C again half
	ok "  leaves what was there" diff -r in again
	ok "a tar" exits 0 "$ctl" extract -q --tar x.tar log
	ok "--force of a tar" exits 0 "$ctl" extract -q --force --tar x.tar log
	is "nothing is left over" "$(find . -maxdepth 1 -name '.*unpack*')" ""
else
	ok_skip "--force" "no extended attributes here"
fi
ok "--force of what is not ours" exits 1 "$ctl" extract --force -C full log
ok "  why" has err 'was not made by unpackctl'
ok "  it stays" [ -e full/x ]
: >foreign.tar
ok "  of a file" exits 1 "$ctl" extract --force --tar foreign.tar log

# what is wrong with arguments comes first
ok "no log, and a target" exits 1 "$ctl" extract -C full nolog
ok "  the log" has err 'nolog: No such file'
ok "no place" exits 1 "$ctl" extract -C no/where/x log
ok "  which" has err "no/where: the directory in which 'x' would be made: No such"
ok "no temporary file" exits 1 env TMPDIR=/nowhere "$ctl" extract -C y log
ok "  where, and what moves it" has err '/nowhere: cannot make a temporary file.*TMPDIR'
ok "a limit" exits 3 "$ctl" extract --max-size 2000 -C y log
ok "  which" has err '--max-size allows: 2000 bytes'
for both in "--list -o json" "--list --tar x" "--list -C x" "-C x --tar y" "--tar - -o json" \
	"--force --list" "--cat a" "--strip-components 1"; do
	# shellcheck disable=SC2086 # options
	ok "not together: $both" exits 2 "$ctl" extract $both log
done
if [ "$(id -u)" = 0 ] && mkdir small && mount -t tmpfs -o size=64k tmpfs small 2>/dev/null; then
	head -c 200000 /dev/urandom >in/big
	"$UNPACK" --bundle-dir in --format jsonl >biglog
	ok "no room for the bundle" exits 1 env TMPDIR=/tmp "$ctl" extract -C small/x biglog
	ok "  where" has err 'small: no space left after'
	ok "no room for what is read" exits 1 "$ctl" extract -C small/x biglog
	ok "  nothing is left" [ ! -e small/x ]
	ok "no room in TMPDIR" exits 1 env TMPDIR="$PWD/small" "$ctl" extract -C y biglog
	ok "  where, and what moves it" has err 'small: a temporary file, at.*No space'
	ok "  and what moves it" has err 'TMPDIR to a directory on another disk'
	umount small
else
	ok_skip "no room" "needs to mount"
fi
done_testing
