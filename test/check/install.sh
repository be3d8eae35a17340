#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make install puts everything below DESTDIR, make uninstall takes it back.
# make may build what the other tests run:
# test/run: alone
. "$TOP/test/lib.sh"
[ -x "$UNPACK" ] || skip_all "needs the programs: make"

files() {
	(cd "$PWD/root" && find . ! -type d | sort)
}

# no jobserver of a make -j: its pipes are not ours
MAKEFLAGS=$(echo "${MAKEFLAGS-}" | sed 's/ *--jobserver[^ ]*//; s/ *-j[0-9]*//')
export MAKEFLAGS
target() {
	make -s -C "$TOP" "$@" DESTDIR="$PWD/root" PREFIX=/opt/u >out 2>err
}

ok "install" target install
ok "as quietly as make -s" empty err
files >list
for file in bin/unpack bin/unpackctl bin/kubectl-unpack; do
	ok "$file" grep -qx "./opt/u/$file" list
done
for page in "$TOP"/src/man/*.[1-9]; do
	[ -e "$page" ] || continue
	page=${page##*/}
	ok "$page" grep -qx "./opt/u/share/man/man${page##*.}/$page" list
done
ok "nothing outside" [ "$(grep -vc '^./opt/u/' list)" = 0 ]
ok "stripped" eval '! nm root/opt/u/bin/unpack 2>/dev/null | grep -q .'
# shellcheck disable=SC2086 # nothing, or a word
ok "unpack runs" exits 0 ${EMULATOR-} root/opt/u/bin/unpack --version
# shellcheck disable=SC2086 # nothing, or a word
ok "kubectl-unpack is unpackctl" exits 0 ${EMULATOR-} \
	root/opt/u/bin/kubectl-unpack --version
ok "for everybody" [ "$(stat -c %a root/opt/u/bin/unpack)" = 755 ]
ok "again, over itself" target install
ok "uninstall" target uninstall
is "nothing is left" "$(files)" ""
done_testing
