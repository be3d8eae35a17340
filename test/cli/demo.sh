#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The demo shows the same stream with mounts, without the right to mount, in a
# user namespace, where /tmp is noexec, and as somebody who is not root.
. "$TOP/test/lib.sh"
[ -z "${SANITIZED-}" ] || skip_all "its sanitizers print to the log"

# every user must reach it: the source may be in somebody's home
mkdir -p source/test
cp -r "$TOP/test/demo.sh" "$TOP/test/bundles" source/test
chmod -R a+rX source
chmod a+x .

shown=0
# shows NAME UID COMMAND...: the demo by COMMAND; as UID, or with mounts: "".
shows() {
	shows_name=$1
	shows_uid=$2
	shift 2
	ok "$shows_name" exits 0 "$@" sh "$PWD/source/test/demo.sh"
	ok "... without an error" empty err
	if [ -n "$shows_uid" ]; then
		ok "... which says that it cannot mount" has out \
			'^demo: no file systems can be mounted here'
		ok "... and who reads the bundle" has out \
			"--bundle-dir=ROOT   \\(uid $shows_uid\\)"
	fi
	sed -n 's/.*"digest": "\(.*\)".*/\1/p' out >>all
	shown=$((shown + 1))
}

# in_noexec COMMAND...: where no program may be run in /tmp but unpack itself
# shellcheck disable=SC2016 # the other shell's
in_noexec() {
	unshare --mount --propagation private sh -c '
		only() { mount --bind "$1" "$1" && mount -o "remount,bind,$2" "$1"; }
		only /tmp noexec && only "$1" exec && shift && exec "$@"' \
		sh "${UNPACK%/*}" env TMPDIR=/tmp "$@"
}
one_user="unshare --user --map-root-user"

if [ "$(id -u)" = 0 ]; then
	shows "as root" "" env
	shows "without the right to mount" 65532 setpriv \
		--bounding-set=-sys_admin --inh-caps=-sys_admin
	shows "as root without capabilities" 0 setpriv --bounding-set=-all \
		--inh-caps=-all
	shows "as nobody" 4242 as 4242 4242 env ARCH="$ARCH"
	if in_noexec true 2>/dev/null; then
		shows "where /tmp is noexec" 65532 in_noexec setpriv \
			--bounding-set=-sys_admin --inh-caps=-sys_admin
	else
		ok_skip "where /tmp is noexec" "needs mounts"
	fi
	if as 4242 4242 $one_user true 2>/dev/null; then
		shows "as the only user of a namespace" 0 \
			as 4242 4242 $one_user env ARCH="$ARCH"
	else
		ok_skip "as the only user of a namespace" "not allowed here"
	fi
	is "each time the same stream" "$(sort all | uniq -c |
		sed 's/ sha256.*//' | tr -d ' ')" $shown
else
	shows "as $(id -u)" "$(id -u)" env
fi
done_testing
