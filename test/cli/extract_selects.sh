#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What extract makes of a bundle: all of it, some paths, one file, a list, a
# tar.gz; into a directory that is there, and in place of what it made before.
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
# takes TREE OPTION...: extracts that tree
takes() {
	want_tree=$1
	shift
	exits 0 "$ctl" extract -q -C got "$@" || return 1
	is "  the tree" "$(tree got)" "$want_tree"
	rm -rf got
}
ok "a directory" takes ". ./manifests ./manifests/a ./manifests/deep ./manifests/deep/b ./manifests/link ./manifests/up " \
	log manifests
ok "a file" takes ". ./manifests ./manifests/a " log manifests/a
ok "as people write it" takes ". ./manifests ./manifests/a " log ./manifests//a/
ok "behind --" takes ". ./manifests ./manifests/a " log -- manifests/a
ok "of standard input" takes ". ./metadata ./metadata/c " - metadata <log
ok "  without a name" takes ". ./metadata ./metadata/c " -- metadata <log
ok "several" takes ". ./manifests ./manifests/a ./metadata ./metadata/c " \
	log manifests/a metadata/c
ok "without the first component" takes ". ./b " log manifests/deep/b \
	--strip-components 2
ok "of all" takes ". ./a ./c ./deep ./deep/b ./link " log \
	--strip-components 1 -- manifests/a manifests/link manifests/deep metadata
ok "a link that would lead out then" exits 3 "$ctl" extract -C got \
	--strip-components 1 log
ok "  is named" has err 'manifests/up: refused: a symlink'
ok "  nothing is there" [ ! -e got ]
ok "a path that is not there" exits 1 "$ctl" extract -C got log manifests/a nope
ok "  is named" has err 'nope: not a path in the bundle'
ok "  nothing is there" [ ! -e got ]
ok "a log that is not there" exits 1 "$ctl" extract -C got nope
ok "  is one" has err 'nope: No such file'

# a damaged bundle is refused, also if one file of it is wanted
head -n 1 log >half
ok "half a log, one path" exits 4 "$ctl" extract -C got half manifests/a

ok "--cat" exits 0 "$ctl" extract --cat manifests/a log
ok "  the file" cmp out in/manifests/a
ok "  and nothing else" empty err
ok "--cat of none" exits 1 "$ctl" extract --cat nope log
ok "  is named" has err 'nope: no such file in the bundle'
ok "--cat of a directory" exits 1 "$ctl" extract --cat manifests log
ok "  prints nothing" empty out
ok "--cat of half a log" exits 4 "$ctl" extract --cat manifests/a half
ok "  prints nothing" empty out

ok "--list" exits 0 "$ctl" extract --list log manifests/a metadata
ok "  mode, size, time" has out \
	'^-rw-r--r--            2 2001-09-09T01:46:40Z manifests/a$'
is "  what was asked for" "$(sed 's/.* //' out | tr '\n' ' ')" \
	"manifests/a metadata metadata/c "
ok "  what was verified" has err '^3 entries, .* jsonl sha256:.*, verified$'
ok "--list -q" exits 0 "$ctl" extract -q --list log
ok "  says no more" empty err

# a tar.gz
ok "--tar x.tar.gz" exits 0 "$ctl" extract -q --tar x.tar.gz log
is "  is what the digest is of" "sha256:$(sha256sum <x.tar.gz | cut -d' ' -f1)" \
	"$(tail -n 1 log | jq -r .digest)"
"$UNPACK" --bundle-dir in --format tar >plain.tar
ok "--tar x.tgz of a tar" exits 0 "$ctl" extract -q --tar x.tgz plain.tar
gzip -dc x.tgz >back.tar
ok "  is that tar" cmp back.tar plain.tar

# a directory that is there
mkdir here
ok "an empty directory" exits 0 "$ctl" extract -C here log
ok "  in one step" lacks err 'entry by entry'
mkdir cwd
chmod 700 cwd
ok "the working directory" sh -c "cd cwd && '$ctl' extract -C . ../log >../out 2>../err"
ok "  how is said" has err 'filled entry by entry.*working directory'
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
	ok "  how is said" has err 'its parent directory is not writable'
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
	ok "--force of a tar" exits 0 "$ctl" extract -q --force --tar x.tar.gz log
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
for both in "--list --cat a" "--cat a --tar x" "--tar x --strip-components 1" \
	"--cat a -o json" "--force --list"; do
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
