#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The target appears whole or not at all: with anything there before, however
# many work at it, at any time of a kill, and when the disk is full.
. "$TOP/test/lib.sh"

mkdir in
for i in $(seq 1 300); do
	mkdir -p "in/d$((i % 7))"
	echo "$i" >"in/d$((i % 7))/f$i"
done
head -c 3000000 /dev/urandom >in/big
"$UNPACK" --bundle-dir in --format jsonl >log 2>/dev/null

same() {
	diff -r in "$1" >/dev/null
}
# Nothing but these is in the directory W.
only() {
	is "  what is there" "$(cd w && find . -mindepth 1 -maxdepth 1 |
		sort | tr '\n' ' ')" "$1"
}
reset() {
	chmod -R u+rwx w 2>/dev/null
	rm -rf w
	mkdir w
}

reset
mkdir w/t
ok "an empty directory is replaced" exits 0 "$UNPACKCTL" extract -q -C w/t log
ok "  by the bundle" same w/t
ok "a full one is not" exits 1 "$UNPACKCTL" extract -q -C w/t log
ok "  and that is said" has err 'exists and is not empty'
echo x >w/f
ok "a file is not" exits 1 "$UNPACKCTL" extract -q -C w/f log
ln -s nowhere w/l
ok "a symbolic link is not" exits 1 "$UNPACKCTL" extract -q -C w/l log
ok "no parent" exits 1 "$UNPACKCTL" extract -q -C w/no/t log
ok "the current directory" exits 1 "$UNPACKCTL" extract -q -C . log
ok "slashes at the end" exits 0 "$UNPACKCTL" extract -q -C w/s/// log
only "./f ./l ./s ./t "

# leftovers: what has our mark and a name of ours, and no lock
# marks PATH...
marks() {
	python3 -c 'import os, sys
for p in sys.argv[1:]: os.setxattr(p, "user.unpack", b"1")' "$@"
}
reset
mkdir -p w/.t.unpack-abcdef/x/y/z w/.t.unpack-keptit w/.u.unpack-abcdef \
	w/.t.unpack-backup w/.t.unpack-ABCDEF
echo >w/.t.unpack-abcdef/x/y/f
marks w/.t.unpack-abcdef w/.t.unpack-keptit w/.u.unpack-abcdef w/.t.unpack-ABCDEF
chmod 0 w/.t.unpack-abcdef/x
ok "a leftover" exits 0 "$UNPACKCTL" extract -q -C w/t log
only "./.t.unpack-ABCDEF ./.t.unpack-backup ./.t.unpack-keptit ./.u.unpack-abcdef ./t "
reset
mkdir w/.t.unpack-10c4ed
marks w/.t.unpack-10c4ed
flock w/.t.unpack-10c4ed "$UNPACKCTL" extract -q -C w/t log 2>/dev/null
only "./.t.unpack-10c4ed ./t "

# its maker was killed before it had its mark: it is empty then
for cmd in "mkdir" "touch"; do
	reset
	$cmd w/.t.unpack-abcdef
	ok "an empty leftover: $cmd" exits 0 "$UNPACKCTL" extract -q -C w/t log
	only "./t "
	reset
	mkdir w/t
	$cmd w/.t.unpack-abcdef w/.t.unpack-fedcba
	ok "  under a lock" flock w/.t.unpack-abcdef \
		"$UNPACKCTL" extract -q -C w/t log
	only "./.t.unpack-abcdef ./t "
done
reset
mkdir w/.t.unpack-abcdef w/.t.unpack-fedcba
: >w/.t.unpack-abcdef/f
echo >w/.t.unpack-badbad
ok "one with something in it, and no mark" exits 0 "$UNPACKCTL" extract -q -C w/t log
only "./.t.unpack-abcdef ./.t.unpack-badbad ./t "

# a deep leftover, deeper than there are descriptors
reset
mkdir w/.t.unpack-abcdef
marks w/.t.unpack-abcdef
(cd w/.t.unpack-abcdef && for i in $(seq 1 600); do
	mkdir d e && echo >f && cd d || exit
done)
(
	ulimit -n 30
	exec "$UNPACKCTL" extract -q -C w/t log
)
only "./t "

# names such as those that removal gives to what it moves
reset
for i in $(seq 0 30); do
	mkdir -p w/.t.unpack-abcdef/$i/a/b/c
done
: >w/.t.unpack-abcdef/31
marks w/.t.unpack-abcdef
"$UNPACKCTL" extract -q -C w/t log
only "./t "

# several at once: one wins, and all that is there is whole
reset
for i in 1 2 3 4 5 6; do
	"$UNPACKCTL" extract -q -C w/t log 2>/dev/null &
done
wait
ok "six at once" same w/t
only "./t "

# several that replace what is there, again and again
reset
"$UNPACKCTL" extract -q -C w/t log
for _ in $(seq 1 12); do
	for i in 1 2 3 4; do
		"$UNPACKCTL" extract --force -q -C w/t log 2>/dev/null &
	done
	wait
done
ok "four --force at once" same w/t
only "./t "

# a file that becomes too large is an error like a full disk
reset
ok "a limit of file size" exits 1 sh -c \
	'ulimit -f 1; exec "$0" extract -q -C w/t log' "$UNPACKCTL"
only ""

# killed at any moment
killed=0 finished=0 partial=0
reset
begin=$(date +%s%N)
"$UNPACKCTL" extract -q -C w/t log
usual=$((($(date +%s%N) - begin) / 1000))
reset
for i in $(seq 1 "${KILLS:-60}"); do
	"$UNPACKCTL" extract -q -C w/t log 2>/dev/null &
	sleep "$(printf '%d.%06d' 0 $((RANDOM * 32768 % usual)))"
	kill -9 $! 2>/dev/null
	wait $! 2>/dev/null
	if [ -e w/t ]; then
		same w/t || partial=$((partial + 1))
		finished=$((finished + 1))
		chmod -R u+w w/t && rm -rf w/t
	else
		killed=$((killed + 1))
	fi
done
echo "# killed $killed, finished $finished"
is "killed at any moment: never a partial target" "$partial" 0
ok "  some were killed before the end" [ "$killed" -gt 0 ]
rm -rf w/t
"$UNPACKCTL" extract -q -C w/t log
ok "  the next one succeeds" same w/t
only "./t "

# a signal that asks
reset
mkfifo fifo
"$UNPACKCTL" extract -q -C w/t fifo 2>/dev/null &
pid=$!
exec 3>fifo
head -n 2 log >&3
sleep 0.3
kill -TERM $pid
status=0
wait $pid || status=$?
exec 3>&-
is "SIGTERM" "$status" 143
only ""

# a full disk
if [ "$(id -u)" = 0 ] && mkdir full && mount -t tmpfs -o size=5m x full \
	2>/dev/null; then
	ok "a full disk" exits 1 "$UNPACKCTL" extract -q -C full/t log
	ok "  is named" has err 'No space left'
	is "  and nothing is left" "$(ls -A full)" ""
	umount full
	mount -t tmpfs -o size=20m,nr_inodes=100 x full
	ok "no inodes" exits 1 "$UNPACKCTL" extract -q -C full/t log
	is "  and nothing is left" "$(ls -A full)" ""
	umount full
else
	ok_skip "a full disk" "needs root and mount"
fi
done_testing
