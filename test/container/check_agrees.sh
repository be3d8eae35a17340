#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What `unpackctl check` says of images made at random is what podman and
# containerd do with them, and what `unpack` finds then: AGREEMENT of them (make
# agreement: 300), from seed AGREEMENT_FROM.
. "$TOP/test/lib.sh"
need podman runc python3
[ "$(id -u)" = 0 ] || skip_all "needs root"
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE

# what a container that died left mounted, and a daemon
tidy() {
	awk -v s="$PWD/" 'index($5, s) == 1 { print $5 }' \
		/proc/self/mountinfo | sort -r | xargs -r umount -l 2>/dev/null
}
trap tidy EXIT
trap 'exit 1' INT TERM

# a handful measures fewer streams
few="--sizes 4"
[ "${AGREEMENT:=24}" -lt 100 ] || few=
# shellcheck disable=SC2086 # two words
"$TOP/test/agreement/agree.py" $few --from "${AGREEMENT_FROM:-1}" "$AGREEMENT"
