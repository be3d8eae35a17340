#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# extract of an image on disk delivers the bundle that a pod of it would send,
# not the archive.
. "$TOP/test/lib.sh"
need python3 jq

cat >words <<-'END'
	layer gzip COPY one
	dir manifests 0755
	file manifests/a 0644 0:0 first
	file manifests/gone 0644 0:0 x
	dir metadata 0755
	file metadata/secret 0600 0:0 y
	layer gzip COPY two
	file manifests/a 0640 0:0 second
	file manifests/.wh.gone 0644 0:0
	symlink manifests/link a
	dir etc 0755
	file etc/hosts 0644 0:0 covered
	file etc/own 0644 0:0 kept
END
mkdir -p want/manifests want/metadata want/etc
printf second >want/manifests/a
ln -s a want/manifests/link
printf y >want/metadata/secret
printf kept >want/etc/own

for kind in oci oci-archive docker-archive dir; do
	python3 "$TOP/test/mkimage.py" $kind image-$kind <words
	ok "$kind" exits 0 "$UNPACKCTL" extract -o json -C got image-$kind
	ok "  the bundle" diff -r want got
	is "  modes" "$(stat -c %a got/manifests/a got/metadata/secret |
		tr '\n' ' ')" "640 600 "
	is "  verified" "$(jq -c '[.verified, .format, .image]' out)" \
		"[true,\"jsonl\",\"image-$kind\"]"
	jq -r .digest out >>digests
	rm -rf got
	ok "  by its transport" exits 0 "$UNPACKCTL" extract -q -C got $kind:image-$kind
	ok "  the bundle" diff -r want got
	rm -rf got
	ok "  one file of it" exits 0 "$UNPACKCTL" extract --cat manifests/a image-$kind
	is "  is it" "$(cat out)" second
done
is "the same bytes of each" "$(sort -u digests | wc -l)" 1
for kind in oci-archive docker-archive; do
	ok "$kind on standard input" sh -c \
		"'$UNPACKCTL' extract -q -C got <image-$kind"
	ok "  the bundle" diff -r want got
	rm -rf got
done
python3 - <<-'END'
	import tarfile, io
	with tarfile.open("plain.tar", "w") as t:
	    i = tarfile.TarInfo("manifest.json"); i.size = 2
	    t.addfile(i, io.BytesIO(b"{}"))
	    i = tarfile.TarInfo("index.json"); i.size = 2
	    t.addfile(i, io.BytesIO(b"{}"))
END
ok "a bundle with such names is none" exits 0 "$UNPACKCTL" extract -q -C got plain.tar
ok "  it comes as it is" [ -f got/manifest.json ]
rm -rf got
head -c 3000 image-oci-archive >cut.tar
ok "a damaged archive is refused" sh -c "! '$UNPACKCTL' extract -C got cut.tar 2>err"
ok "  nothing is there" [ ! -e got ]
ok "another digest than expected" exits 4 "$UNPACKCTL" extract -C got \
	--expect-digest "sha256:$(printf x | sha256sum | cut -d' ' -f1)" \
	image-oci-archive
done_testing
