#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# extract --image delivers the bundle that a pod of the image would send, with
# what upper layers delete gone; without it, an archive is a tar like others.
. "$TOP/test/lib.sh"
need python3 jq

cat >words <<-'END'
	layer gzip COPY one
	dir manifests 0755
	file manifests/a 0644 0:0 first
	file manifests/gone 0644 0:0 x
	dir manifests/old 0755
	file manifests/old/x 0644 0:0 x
	dir manifests/emptied 0755
	file manifests/emptied/x 0644 0:0 x
	dir metadata 0755
	file metadata/secret 0600 0:0 y
	file metadata/tool 0755 0:0 z
	file metadata/setid 06755 0:0 z
	link metadata/same metadata/tool
	layer gzip COPY two
	file manifests/a 0640 0:0 second
	file manifests/.wh.gone 0644 0:0
	file manifests/.wh.old 0644 0:0
	file manifests/emptied/.wh..wh..opq 0644 0:0
	symlink manifests/link a
	dir etc 0755
	file etc/hosts 0644 0:0 covered
	file etc/own 0644 0:0 kept
END
mkdir -p want/manifests/emptied want/metadata want/etc
printf second >want/manifests/a
ln -s a want/manifests/link
printf y >want/metadata/secret
printf z >want/metadata/tool
printf z >want/metadata/same
printf z >want/metadata/setid
printf kept >want/etc/own
ctl=$UNPACKCTL

for kind in oci oci-archive docker-archive; do
	python3 "$TOP/test/mkimage.py" $kind image-$kind <words
	ok "$kind" exits 0 "$ctl" extract -o json -C got --image image-$kind
	ok "  the bundle" diff -r want got
	is "  modes, without set-user-ID" "$(stat -c %a got/manifests/a \
		got/metadata/secret got/metadata/setid | tr '\n' ' ')" \
		"640 600 755 "
	is "  verified" "$(jq -c '[.verified, .format, .image]' out)" \
		"[true,\"jsonl\",\"image-$kind\"]"
	jq -r .digest out >>digests
	rm -rf got
	ok "  by its transport" exits 0 "$ctl" extract -q -C got \
		--image $kind:image-$kind
	ok "  the bundle" diff -r want got
	rm -rf got
done
is "the same bytes of each" "$(sort -u digests | wc -l)" 1
digest=$(head -n 1 digests)
other=sha256:$(printf x | sha256sum | cut -d' ' -f1)
for kind in oci-archive docker-archive; do
	ok "$kind on standard input" exits 0 sh -c \
		"'$ctl' extract -q -C got --image - <image-$kind"
	ok "  the bundle" diff -r want got
	rm -rf got
done
ok "a root file system" exits 0 "$ctl" extract -q -C got --image dir:want
ok "  the bundle" diff -r want got
rm -rf got
ok "--list" exits 0 "$ctl" extract --list --image image-oci
ok "  its entries" has out ' manifests/a$'
ok "--tar -" sh -c "'$ctl' extract --tar - --image image-oci | tar x -O manifests/a >a"
is "  is it" "$(cat a)" second

# in a directory that is not below one for temporary files
unset TMPDIR
away=$(mktemp -d /dev/shm/unpack-test.XXXXXX) || exit 1
trap 'rm -rf "$away"' EXIT
for kind in oci oci-archive docker-archive; do
	cp -R image-$kind "$away"
	ok "$kind elsewhere" exits 0 env -C "$away" "$ctl" extract -q -C got \
		--image image-$kind
	ok "  the bundle" diff -r want "$away/got"
	rm -rf "$away/got"
	ok "$kind to a tar elsewhere" exits 0 env -C "$away" "$ctl" extract \
		-q --tar got.tar --image image-$kind
	is "  the bundle" "$(tar xOf "$away/got.tar" manifests/a)" second
	rm "$away/got.tar"
done
mkdir "$away/got"
ok "into a directory elsewhere" exits 0 env -C "$away" "$ctl" extract -q \
	-C got --image - <image-oci-archive
ok "  the bundle" diff -r want "$away/got"
"$UNPACK" --bundle-dir want >"$away/log"
ok "a log elsewhere" exits 0 env -C "$away" "$ctl" extract -q -C log.d log
is "  nothing else is left" "$(find "$away" -name '.*unpack*')" ""

# what must agree
ok "the digest" exits 0 "$ctl" extract -q -C got --image image-oci \
	--expect-digest "$digest"
ok "  the bundle" diff -r want got
rm -rf got
ok "another digest" exits 4 "$ctl" extract -C got --image image-oci \
	--expect-digest "$other"
ok "  nothing is there" [ ! -e got ]
"$ctl" extract -o json -C got --image image-oci >made
rm -rf got
# says DIGEST ENTRIES: a termination message
says() {
	jq -c --arg d "$1" --argjson n "$2" '{result, format, entries: $n,
		size, digest: $d, parts: 1}' made >message
}
entries=$(jq .entries made)
for d in "$digest 0" "$other 4"; do
	says "${d% *}" "$entries"
	ok "a witness: ${d#* }" exits "${d#* }" "$ctl" extract -C got \
		--image image-oci --witness message
	rm -rf got
done
printf '{"result":"failed","reason":"BundleUnreadable","message":"x"}' >message
ok "a witness of a failure" exits 3 "$ctl" extract -C got --image image-oci \
	--witness message
ok "  nothing is there" [ ! -e got ]
says "$digest" 1
ok "a witness of other entries" exits 4 "$ctl" extract -C got \
	--image image-oci --witness message

# --path
# tree DIR: the names below it
tree() {
	(cd "$1" && find . | LC_ALL=C sort | tr '\n' ' ')
}
for sub in manifests /manifests// ./manifests/.; do
	ok "--path $sub" exits 0 "$ctl" extract -q -C got --image image-oci \
		--path "$sub"
	is "  the tree" "$(tree got)" \
		". ./manifests ./manifests/a ./manifests/emptied ./manifests/link "
	rm -rf got
done
ok "--path of a file" exits 0 "$ctl" extract -q -C got --image image-oci \
	--path metadata/secret
is "  the tree" "$(tree got)" ". ./metadata ./metadata/secret "
rm -rf got
ok "--path of all" exits 0 "$ctl" extract -q -C got --image image-oci --path /
ok "  the bundle" diff -r want got
rm -rf got
for sub in nope manifests/gone manifests/old manifests/old/x manifests/a/b \
	manifests/link/x manifest metadata/secre etc/hosts; do
	ok "--path $sub" exits 3 "$ctl" extract -o json -C got --image image-oci \
		--path $sub
	is "  reason" "$(jq -r .reason out)" BundleMissing
	ok "  is named" has err "there is no '$sub' in it"
	ok "  nothing is there" [ ! -e got ]
done
for sub in .. ../x a/../b a/..; do
	ok "--path $sub" exits 2 "$ctl" extract -C got --image image-oci --path $sub
done
mkdir nothing
ok "an image with nothing" exits 3 "$ctl" extract -o json -C got --image dir:nothing
is "  reason" "$(jq -r .reason out)" BundleMissing

# an argument is a log: nothing looks whether there is an image in it
for kind in oci-archive docker-archive; do
	ok "$kind as a log" exits 0 "$ctl" extract -q -C got image-$kind
	ok "  says how its files are had" has err 'not verified.*extract --image'
	mkdir raw && tar xf image-$kind -C raw
	ok "  comes as it is" diff -r raw got
	rm -rf got raw
done
mkdir -p bundle/manifests && cp -R image-oci bundle/inner &&
	cp image-oci/* bundle 2>/dev/null
cp -R image-oci/blobs bundle
"$UNPACK" --bundle-dir bundle --format tar >layout.tar
ok "a bundle that holds a layout" exits 0 "$ctl" extract -q -C got layout.tar
ok "  comes as it is" diff -r bundle got
rm -rf got
# in each stream, and as old programs write it, which has no digest
for format in json jsonl; do
	"$UNPACK" --bundle-dir bundle --format $format >$format.log
	ok "  from $format" exits 0 "$ctl" extract -q -C got $format.log
	ok "  says nothing of images" lacks err 'image'
	ok "  comes as it is" diff -r bundle got
	rm -rf got
done
jq -c '{content}' json.log >old.log
ok "  without a digest" exits 0 "$ctl" extract -q -C got old.log
ok "  says what it may be" has err 'not verified.*extract --image'
ok "  comes as it is" diff -r bundle got
rm -rf got
gzip -c image-docker-archive >docker.tgz
ok "a compressed archive as a log" exits 0 "$ctl" extract --list docker.tgz
ok "  says how its files are had" has err 'not verified.*extract --image'
ok "a digest says that it is wanted" exits 0 "$ctl" extract -q -C got \
	--expect-digest "sha256:$(sha256sum <docker.tgz | cut -d' ' -f1)" docker.tgz
ok "  says nothing of images" lacks err 'image'
rm -rf got
tar -C bundle/manifests -cf plain.tar .
ok "another tar" exits 0 "$ctl" extract -q -C got plain.tar
ok "  says nothing of images" lacks err 'image'
rm -rf got
ok "a layout as a log" exits 1 "$ctl" extract -C got image-oci
ok "a name as a log" exits 1 "$ctl" extract -C got oci:image-oci
ok "  is a file's" has err 'oci:image-oci: No such file'

head -c 3000 image-oci-archive >cut.tar
ok "a damaged archive is refused" sh -c \
	"! '$ctl' extract -C got --image cut.tar 2>err"
ok "  nothing is there" [ ! -e got ]
ok "no such archive" exits 1 "$ctl" extract -o json -C got --image ./nope.tar
is "  is told" "$(jq -r .result out)" failed
ok "--image and a log" exits 2 "$ctl" extract -C got --image image-oci cut.tar
ok "--path and a log" exits 2 "$ctl" extract -C got --path a cut.tar
done_testing
