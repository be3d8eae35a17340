#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Which image holds `unpack`: the option's, the environment's, the build's; one
# that no node can pull is said, with the way out.
. "$TOP/test/lib.sh"
unset UNPACK_IMAGE

# unpacker OPTION...: which one it is; ./err is what was said
unpacker() {
	"$UNPACKCTL" pod -o json --image a/b "$@" 2>err |
		jq -r '.spec.initContainers[0].image'
}

default=$("$UNPACKCTL" pod --help | tr -s ' \n' ' ' |
	sed -n 's/.*default: \$UNPACK_IMAGE, else \([^)]*\)).*/\1/p')
ok "--help names the build's" [ -n "$default" ]
is "the build's" "$(unpacker)" "$default"
is "the environment's" "$(UNPACK_IMAGE=example.com/u:1 unpacker)" \
	example.com/u:1
ok "... says nothing" empty err
is "an empty one is none" "$(UNPACK_IMAGE='' unpacker)" "$default"
digest=example.com/u@sha256:$(printf '%064d' 0)
is "the option's" "$(UNPACK_IMAGE=example.com/u:1 unpacker \
	--unpacker-image "$digest")" "$digest"

ok "what is no reference" exits 1 env UNPACK_IMAGE='a b' "$UNPACKCTL" pod \
	--image a/b
ok "... is named" has err '^unpackctl: UNPACK_IMAGE: a b: '
for image in localhost/unpack:1 localhost/a/unpack; do
	unpacker --unpacker-image $image >/dev/null
	ok "$image: no node can pull it" has err \
		"^unpackctl: $image: no node can pull .*--unpacker-image or UNPACK_IMAGE"
	is "$image: in one line" "$(wc -l <err)" 1
	UNPACK_IMAGE=$image unpacker >/dev/null
	ok "$image: also from the environment" has err "^unpackctl: $image: no"
	unpacker --unpacker-image $image --image-pull-policy Never >/dev/null
	ok "$image: unless the nodes have it" empty err
done
for image in localhost:5000/unpack:1 localhosts/unpack example.com/localhost/u; do
	unpacker --unpacker-image $image >/dev/null
	ok "$image: some node may" empty err
done
done_testing
