# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What the tests share that have run talk to apiserver.py.
. "$TOP/test/lib.sh"
need python3 jq
B=$TOP/test/bundles/hello-operator
export API_BUNDLE="$B" KUBECTL="$TOP/test/apiserver.py"

# whole NAME: run NAME ended well, and the bundle is there
whole() {
	[ "$(cat "$1.code")" = 0 ] && diff -r "$B" "$1" >/dev/null && return 0
	sed 's/^/# /' "$1.err"
	return 1
}

# no_pod NAME: none is left
no_pod() {
	[ -z "$(ls "$1.api/pods")" ]
}
