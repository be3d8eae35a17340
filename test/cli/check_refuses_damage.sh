#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Damaged, malicious and absurd images: exit 1, one line, bounded work.
. "$TOP/test/lib.sh"
MK=$TOP/test/mkimage.py

# refused NAME REGEX IMAGE [OPTION...]: exit 1, and one line that says why.
refused() {
	name=$1 why=$2 image=$3
	shift 3
	# memory and processor time bounded: a bomb must not need either; an
	# emulator may, and sanitizers need three times as much
	# shellcheck disable=SC2016 # the inner shell's
	ok "$name: refused" exits 1 sh -c \
		'[ -n "${EMULATOR-}" ] || ulimit -t ${SANITIZED:+1}30; [ -n "${EMULATOR-}${SANITIZED-}" ] || ulimit -v 600000; exec "$@"' \
		sh "$UNPACKCTL" check "$@" "$image"
	ok "$name: says why" has err "$why"
	is "$name: in one line" "$(wc -l <err)" 1
	ok "$name: nothing else" empty out
}

good() {
	cat <<-END
		layer gzip COPY . /
		dir manifests 0755
		file manifests/a.yaml 0644 kind: A
	END
}

# break_blob DIR PATTERN: change one byte of the blob that has PATTERN.
blob_with() {
	grep -laF "$2" "$1"/blobs/sha256/* | head -n 1
}

good | "$MK" oci ok
ok "the image itself is fine" exits 0 "$UNPACKCTL" check ok

cp -r ok bad
f=$(blob_with bad '"layers"')
sed -i 's/schemaVersion": 2/schemaVersion": 3/' "$f"
refused "another manifest" "digest is sha256:" bad
rm -rf bad && cp -r ok bad
f=$(blob_with bad '"rootfs"')
sed -i 's/"linux"/"plan9"/' "$f"
refused "another configuration" "digest is sha256:" bad
rm -rf bad && cp -r ok bad
f=$(find bad/blobs -type f -exec sh -c 'head -c2 "$1" | grep -q "^.\x8b" ||
	head -c2 "$1" | od -tx1 | grep -q "1f 8b"' sh {} \; -print)
printf x >>"$f"
refused "a longer layer" "has [0-9]+ bytes, not" bad
rm -rf bad && cp -r ok bad
printf '\377' | dd of="$f" bs=1 seek=20 conv=notrunc 2>/dev/null
refused "another layer" "digest is sha256:" bad
rm -f "$f"
refused "a layer that is not there" "not in the image" bad
rm -rf bad && cp -r ok bad
echo '{}' >bad/index.json
refused "an empty index" "no image in it" bad
echo '{"manifests":[{"digest":"sha256:../../etc/passwd"}]}' >bad/index.json
refused "a digest that is a path" "not by a SHA-256 digest" bad
echo 'not json' >bad/index.json
refused "no index" "not a JSON" bad
head -c 5000000 /dev/zero | tr '\0' '[' >bad/index.json
refused "a huge index" "larger than" bad
head -c 4000000 /dev/zero | tr '\0' '[' >bad/index.json
refused "a deep index" "not a JSON" bad

# an index in an index, many times
python3 - <<-'END'
	import hashlib, json, os
	os.makedirs("nest/blobs/sha256")
	open("nest/oci-layout", "w").write("{}")
	ref = {"digest": "sha256:" + "0" * 64, "size": 1}
	for n in range(20):
	    doc = json.dumps({"manifests": [ref]}).encode()
	    h = hashlib.sha256(doc).hexdigest()
	    open("nest/blobs/sha256/" + h, "wb").write(doc)
	    ref = {"digest": "sha256:" + h, "size": len(doc)}
	json.dump({"manifests": [ref]}, open("nest/index.json", "w"))
END
refused "indexes in indexes" "indexes are nested too deeply" nest

# archives
good | "$MK" docker-archive d.tar
head -c 3000 d.tar >cut.tar
refused "a cut archive" "cut off|not in the archive|not a JSON" cut.tar
gzip -c d.tar | head -c 400 >cut.gz
refused "a cut gzip" "the end is missing" cut.gz
if command -v zstd >/dev/null; then
	zstd -qc d.tar | head -c 400 >cut.zst
	refused "a cut zstd" "cut.zst: zstd: the end is missing" cut.zst
	(zstd -qc d.tar && echo more) >more.zst
	refused "something after zstd" "more.zst: zstd: " more.zst
else
	ok_skip "a cut zstd" "needs zstd"
fi
: >empty.tar
refused "an empty file" "is empty" empty.tar
head -c 100000 /dev/urandom >noise
refused "noise" "noise is not an image: .*podman save" noise
gzip -c noise >noise.gz
refused "noise, compressed" "noise.gz is not an image" noise.gz
(head -c 512 d.tar && cat noise) >spoilt.tar
refused "a spoilt archive" "spoilt.tar: .* at byte [1-9]" spoilt.tar
mkdir d && tar -xf d.tar -C d
rm d/manifest.json
tar -cf plain.tar -C d .
refused "a tar that is no image" "neither" plain.tar
echo '[{"Config":"x.json","Layers":["no.tar"]}]' >d/manifest.json
tar -cf lost.tar -C d .
refused "a manifest that points nowhere" "not in the archive" lost.tar
ln -s loop d/loop && ln -sf loop d/x.json
tar -cf loop.tar -C d .
refused "links in circles" "not in the archive" loop.tar

# layers
layer() {
	rm -rf bad
	"$MK" oci bad
}
printf '%s\n' layer 'many 1100000' | layer
refused "a million files and more" "more than [0-9]+ entries" bad
printf '%s\n' layer 'zeros z 50000000' | layer
refused "a bomb" "more than 1 MiB" bad --max-size 1M
printf '%s\n' 'layer plain' 'zeros z 50000000' | layer
refused "a large layer" "more than 2 MiB" bad --max-size 1M
# what costs more work than the image has bytes
# intricate LINK N PATH: LINK, and N files by way of it
intricate() {
	echo layer
	echo 'dir d 0755'
	echo "symlink $1"
	seq -f "file $3f%.0f 0644" "$2"
}
# repeat N WORD
repeat() {
	printf "%${1}s" '' | sed "s| |$2|g"
}
deep=$(repeat 900 d/)
intricate "l $(repeat 2000 ./)." 2000 "$(repeat 40 l/)" | layer
refused "dots in the target of a link" "f1[0-9]*: the layers of the image are too complex" bad
intricate "d/l $(repeat 800 ../d/)." 2000 "d/$(repeat 40 l/)" | layer
# (names that share a slot of the table, which is random, take twice the steps)
refused "dots that go up" "f[0-9]{3,}: the layers of the image are too complex" bad
intricate "${deep}l ." 1000 "$deep$(repeat 250 l/)" | layer
refused "a path that begins again with each link" "the layers of the image are too complex" bad
# the targets of symlinks, together: 64 MiB
targets() {
	echo layer
	seq -f "symlink s%.0f $(repeat 4095 x)" "$1" "$2"
}
targets 1 16000 | layer
ok "links to names of less than 64 MiB" exits 0 "$UNPACKCTL" check bad
targets 1 16500 | layer
refused "links to names of 64 MiB" "targets of the symlinks have more than 64 MiB" bad
{ targets 1 9000 && targets 9001 18000; } | layer
refused "links to names of 64 MiB, in two layers" \
	"links with targets of more than 64 MiB together" bad

if command -v zstd >/dev/null; then
	head -c 1000000000 /dev/zero | zstd -q -3 >bomb.zst
	refused "1 GB in a small archive" "more than 256 MiB" bomb.zst --max-size 256M
else
	ok_skip "1 GB in a small archive" "needs zstd"
fi
done_testing
