#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The demo shows the same stream with mounts, without the right to mount, and
# as somebody who is not root.
. "$TOP/test/lib.sh"
[ -z "${SANITIZED-}" ] || skip_all "its sanitizers print to the log"

digest() {
	sed -n 's/.*"digest": "\(.*\)".*/\1/p' "$1"
}
if [ "$(id -u)" = 0 ]; then
	ok "as root" exits 0 sh "$TOP/test/demo.sh"
	ok "... without an error" empty err
	digest out >all
	ok "without the right to mount" exits 0 setpriv \
		--bounding-set=-sys_admin --inh-caps=-sys_admin \
		sh "$TOP/test/demo.sh"
	ok "... which it says" has out '^demo: mounting is not allowed'
	digest out >>all
	ok "as nobody" exits 0 as 4242 4242 env ARCH="$ARCH" \
		sh "$TOP/test/demo.sh"
	digest out >>all
	is "three times the same stream" "$(sort all | uniq -c |
		sed 's/ sha256.*//' | tr -d ' ')" 3
else
	ok "as $(id -u)" exits 0 sh "$TOP/test/demo.sh"
	ok "... which says that it cannot mount" has out \
		'^demo: mounting is not allowed'
fi
done_testing
