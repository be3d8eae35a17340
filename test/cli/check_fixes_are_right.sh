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
ok "the verdict comes first" sh -c 'head -n1 out |
	grep -q "^not compatible with restricted namespaces: i: "'
ok "the line is named" has out "^Not readable, from COPY \. / \(layer 1\):"
ok "one fix for all" has out "^fix: chmod -R a\+rX manifests metadata$"
exits 3 "$UNPACKCTL" check -o json i
is "JSON has it, too" "$(jq -r '.fixes[].command' out)" \
	"chmod -R a+rX manifests metadata"
(cd ctx && eval "$(jq -r '.fixes[].command' ../out)")
image
ok "once applied: compatible" exits 0 "$UNPACKCTL" check i
is "the verdict says so" "$(head -n1 out)" \
	"compatible with restricted namespaces: i"
ok "one is one" has out "1 part;"

# single files, and names that a shell would take apart
chmod 0600 "ctx/manifests/o'dd name/b.yaml"
image
exits 3 "$UNPACKCTL" check -o json i
is "one file" "$(jq -r '.fixes[].command' out)" \
	"chmod a+r 'manifests/o'\\''dd name/b.yaml'"
(cd ctx && eval "$(jq -r '.fixes[].command' ../out)")
image
ok "once applied: compatible" exits 0 "$UNPACKCTL" check i

# from a directory of the context with another name, as builders tell it
hex=bb7e4a449d273fcb9b1114aa07df4872a6f9126a932e50022e2e62a2e13011af
# bundle HISTORY...: an image with one layer of these lines
bundle() {
	rm -rf i
	{
		printf 'layer gzip %s\n' "$1"
		printf '%s\n' 'dir manifests 0755' 'file manifests/a.yaml 0600' \
			'dir metadata 0700' 'file metadata/b.yaml 0644'
		[ $# -lt 2 ] || printf 'before %s\n' "$2"
	} | "$MK" oci i
	exits 3 "$UNPACKCTL" check -o json i
}
bundle 'COPY deploy / # buildkit'
is "BuildKit: the path in the context" \
	"$(jq -r '.fixes[] | .command, .paths' out | tr '\n' ' ')" \
	"chmod -R a+rX deploy/manifests/a.yaml deploy/metadata context "
is "each finding's" "$(jq -r '.findings[].source' out | tr '\n' ' ')" \
	"deploy/manifests/a.yaml deploy/metadata "
ok "and its fix" [ "$(jq -r '.findings[0].fix' out)" = \
	"chmod a+r 'deploy/manifests/a.yaml' before the image is built, or COPY --chmod=0644" ]
exits 3 "$UNPACKCTL" check i
ok "which it says" has out 'in the build context, before'
bundle "/bin/sh -c #(nop) COPY dir:$hex in / "
is "Docker, buildah: the path in the image" \
	"$(jq -r '.fixes[] | .command, .paths, .history' out | tr '\n' ' ')" \
	"chmod -R a+rX manifests/a.yaml metadata image COPY ... / "
exits 3 "$UNPACKCTL" check i
ok "which it says" has out 'on the files that become these paths of the image, before'
ok "no name that nobody wrote" lacks out '[0-9a-f]{40}'
bundle "/bin/sh -c #(nop) ADD file:$hex in /metadata/ " \
	"/bin/sh -c #(nop) COPY dir:$hex in /manifests "
is "squashed: the right line for each" \
	"$(jq -r '.fixes[] | .history + ": " + .command + ";"' out | tr '\n' ' ')" \
	"COPY ... /manifests: chmod a+r manifests/a.yaml; ADD ... /metadata/: chmod -R a+rX metadata; "
exits 3 "$UNPACKCTL" check i
ok "told as such" has out \
	'^Not readable, from ADD ... /metadata/ \(layer 1, squashed by the builder\):'
bundle 'COPY --chmod=0600 deploy / # buildkit'
is "its own --chmod" "$(jq -r '.fixes[].command' out)" \
	"change --chmod of that line so that everybody can read: COPY --chmod=0755"

# what only COPY --chmod can fix, said for each layer
rm -rf i
printf '%s\n' 'layer gzip COPY one /' 'dir a 0755' 'file a/x 0600' \
	'file a/y 0600' 'layer gzip COPY two /' 'file b 0600' |
	"$MK" oci i
exits 3 "$UNPACKCTL" check -o json i
is "a fix for each layer" "$(jq -r '.fixes[] |
	"\(.layer) \(.history): \(.command);"' out | tr '\n' ' ')" \
	"1 COPY one /: chmod -R a+rX one/a; 2 COPY two /: chmod a+r two/b; "

# what a terminal must not see
printf '%s\n' 'layer gzip RUN \033[31mevil' 'file \x1b[31mred 0600' |
	"$MK" docker-archive e.tar
exits 3 "$UNPACKCTL" check e.tar
ok "names are masked" lacks out "$(printf '\033')"

ok "--quiet says nothing" exits 3 "$UNPACKCTL" check --quiet i
ok "nothing at all" sh -c '[ ! -s out ] && [ ! -s err ]'
ok "a wrong option" exits 2 "$UNPACKCTL" check --nope i
ok "no image" exits 2 "$UNPACKCTL" check
ok "a wrong uid" exits 2 "$UNPACKCTL" check --uid x i
ok "a wrong platform" exits 2 "$UNPACKCTL" check --platform linux i
ok "help" exits 0 "$UNPACKCTL" check --help
done_testing
