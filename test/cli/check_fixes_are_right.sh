#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The fix that check prints, applied, makes the image fine.
. "$TOP/test/lib.sh"
MK=$TOP/test/mkimage.py

# image: an image of the directory ctx.
image() {
	rm -rf i
	printf '%s\n' 'layer gzip COPY . /' "tree $PWD/ctx" \
		'config {"User":"1"}' | "$MK" oci i
}

# as imgpkg pushes them: files 0600, directories 0700
mkdir -p "ctx/manifests/o'dd name" ctx/metadata
echo kind: A >ctx/manifests/a.yaml
echo kind: B >"ctx/manifests/o'dd name/b.yaml"
echo annotations: >ctx/metadata/annotations.yaml
chmod -R go-rwx ctx
image
ok "as imgpkg pushes them: not compatible" exits 3 "$UNPACKCTL" check i
ok "the verdict comes first" sh -c 'head -n1 out | grep -q "^not compatible: "'
ok "the layer is named" has out "layer 1 \(COPY \. /\)"
ok "one fix for all" has out "^fix: chmod -R a\+rX manifests metadata$"
exits 3 "$UNPACKCTL" check -o json i
is "JSON has it, too" "$(jq -r '.fixes[].command' out)" \
	"chmod -R a+rX manifests metadata"
(cd ctx && eval "$(jq -r '.fixes[].command' ../out)")
image
ok "once applied: compatible" exits 0 "$UNPACKCTL" check i
ok "the verdict says so" sh -c 'head -n1 out | grep -q "^compatible: "'

# single files, and names that a shell would take apart
chmod 0600 "ctx/manifests/o'dd name/b.yaml"
image
exits 3 "$UNPACKCTL" check -o json i
is "one file" "$(jq -r '.fixes[].command' out)" \
	"chmod a+r 'manifests/o'\\''dd name/b.yaml'"
(cd ctx && eval "$(jq -r '.fixes[].command' ../out)")
image
ok "once applied: compatible" exits 0 "$UNPACKCTL" check i

# what only COPY --chmod can mend, said for each layer
rm -rf i
printf '%s\n' 'layer gzip COPY one /' 'dir a 0755' 'file a/x 0600' \
	'file a/y 0600' 'layer gzip COPY two /' 'file b 0600' |
	"$MK" oci i
exits 3 "$UNPACKCTL" check -o json i
is "a fix for each layer" "$(jq -r '.fixes[] |
	"\(.layer) \(.history): \(.command);"' out | tr '\n' ' ')" \
	"1 COPY one /: chmod -R a+rX a; 2 COPY two /: chmod a+r b; "

# what a terminal must not see
printf '%s\n' 'layer gzip RUN \033[31mevil' 'file \x1b[31mred 0600' |
	"$MK" docker-archive e.tar
exits 3 "$UNPACKCTL" check e.tar
ok "names are masked" lacks out "$(printf '\033')"

ok "--quiet says nothing" exits 3 "$UNPACKCTL" check --quiet i
ok "nothing at all" sh -c '[ ! -s out ] && [ ! -s err ]'
ok "a wrong option" exits 2 "$UNPACKCTL" check --nope i
ok "no image" exits 2 "$UNPACKCTL" check
ok "two images" exits 2 "$UNPACKCTL" check i i
ok "a wrong uid" exits 2 "$UNPACKCTL" check --uid x i
ok "a wrong platform" exits 2 "$UNPACKCTL" check --platform linux i
ok "help" exits 0 "$UNPACKCTL" check --help
done_testing
