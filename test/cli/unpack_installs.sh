#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# install and cp: whole, executable for all, again and again.
. "$TOP/test/lib.sh"

chmod 755 .
cp "$UNPACK" unpack
ln unpack cp
me=$PWD
mkdir bin open
chmod 777 open
mode() { stat -c %a "$1"; }

umask 077
ok "install to a file" exits 0 ./unpack install bin/tool
ok "says nothing" empty out
ok "the same program" cmp unpack bin/tool
is "for all to run" "$(mode bin/tool)" 555
ok "install into a directory" exits 0 ./unpack install bin
ok "is called unpack there" cmp unpack bin/unpack
ok "install again" exits 0 ./unpack install bin/tool
ok "install as anybody" exits 0 as 4321 4321 "$me/unpack" install "$me/open/tool"
is "it is theirs" "$(stat -c %u:%a open/tool)" 4321:555
ok "the copy runs, as somebody else" exits 0 as 99 99 "$me/open/tool" --version
ok "the copy installs itself" exits 0 open/tool install bin/third
is "nothing else is left" "$(ls -A bin | tr '\n' ' ')" "third tool unpack "

mkdir d
(exec bin/tool --bundle-dir / --format tar >d/fifo-in-the-way 2>&1) 2>/dev/null &
ok "over a running copy" exits 0 ./unpack install bin/tool
kill $! 2>/dev/null
wait 2>/dev/null

ok "cp -Rv" exits 0 "$me/cp" -Rv "$me/unpack" "$me/bin/copied"
is "cp -v says what it does" "$(cat out)" "'$me/unpack' -> '$me/bin/copied'"
ok "cp is quiet without -v" exits 0 "$me/cp" -R "$me/unpack" "$me/bin"
ok "is quiet" empty out
is "cp keeps it executable" "$(mode bin/copied)" 555
ok "cp by PATH" exits 0 env PATH="$me" cp -Rv "$me/unpack" bin/by-path
cp unpack another
ok "cp of a copy of itself" exits 0 "$me/cp" -Rv "$me/another" bin/from-copy
cp unpack longer
echo >>longer
ok "cp of something longer: exit 2" exits 2 "$me/cp" -Rv "$me/longer" bin/longer
ok "cp of something else: exit 2" exits 2 "$me/cp" -Rv /etc/passwd bin/passwd
ok "is refused" has err 'copies only unpack itself'
ok "copies nothing" [ ! -e bin/passwd ]
ok "cp of nothing: exit 1" exits 1 "$me/cp" -Rv /nowhere bin/x
ok "cp with one argument: exit 2" exits 2 "$me/cp" -Rv "$me/unpack"

ok "no such directory: exit 1" exits 1 ./unpack install nowhere/tool
ok "says so" has err 'nowhere/tool: its directory must exist'
ok "not ours to write: exit 1" exits 1 as 4321 4321 "$me/unpack" install "$me/bin/tool"
ok "says so" has err 'bin/tool: this user may not write there .fsGroup.: Permission denied'
ok "leaves the old one" cmp unpack bin/tool

if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	mkdir v
	with() {
		unshare -m --propagation private sh -c \
			'mount -t tmpfs -o "$1" none v && shift && exec "$@"' sh "$@"
	}
	ok "a noexec target: exit 1" exits 1 with noexec ./unpack install v/tool
	ok "says so" has err 'v/tool: the file system is mounted noexec'
	ok "a read-only target: exit 1" exits 1 with ro ./unpack install v/tool
	ok "says so" has err 'v/tool: mount a volume there, not read-only: Read-only'
	ok "a full target: exit 1" exits 1 with size=64k sh -c \
		'./unpack install v/tool; code=$?; ls -A v; exit $code'
	ok "says so" has err 'v/tool: give the volume more room .sizeLimit.: No space'
	ok "leaves nothing there" empty out
else
	ok_skip "odd targets" "needs root, to mount"
fi
done_testing
