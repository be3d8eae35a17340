# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What the tests of `unpackctl pod` share.
. "$TOP/test/lib.sh"

UNPACK_IMAGE=example.com/unpack:test
export UNPACK_IMAGE

# pod FILTER OPTION...: of the pod, as JSON, what jq picks
pod() {
	filter=$1
	shift
	"$UNPACKCTL" pod -o json "$@" | jq -rc "$filter"
}
