#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What layers amount to, down to the digest of the stream: each image here is
# beside the tree that containerd and podman make of it.
. "$TOP/test/lib.sh"
MK=$TOP/test/mkimage.py

# file PATH TEXT [MODE [TIME]]: in the tree t
file() {
	mkdir -p "t/$(dirname "$1")"
	printf %s "$2" >"t/$1"
	chmod "${3:-0644}" "t/$1"
	touch -d "@${4:-1234567890}" "t/$1"
}
# same NAME: the image on standard input comes out as the tree t
same() {
	rm -rf i
	"$MK" oci i
	chmod 0755 t
	ok "$1: exit 0" exits 0 "$UNPACKCTL" check -o json i
	is "$1: the digest" "$(jq -r .size.digest out)" \
		"$("$UNPACK" --bundle-dir t --format jsonl | tail -n 1 | jq -r .digest)"
	is "$1: the size" "$(jq -r .size.tar out)" \
		"$("$UNPACK" --bundle-dir t --format tar | wc -c)"
	rm -rf t
}
umask 022

file a/x x
file a/new new
same "a directory after its whiteout is not opaque" <<-E
	layer
	dir a 0755
	file a/x 0644 x
	layer
	file .wh.a 0644
	dir a 0755
	file a/new 0644 new
E
file a/new new
same "but with an opaque mark it is, wherever that stands" <<-E
	layer
	dir a 0755
	file a/x 0644 x
	layer
	dir a 0755
	file a/new 0644 new
	file a/.wh..wh..opq 0644
E
file a new
same "a file after its whiteout" <<-E
	layer
	file a 0644 x
	layer
	file .wh.a 0644
	file a 0644 new
E
file a/x x
file b/y y
same "an opaque mark of the root hides nothing" <<-E
	layer
	dir a 0755
	file a/x 0644 x
	layer
	file .wh..wh..opq 0644
	dir b 0755
	file b/y 0644 y
E
file d/x x
mkdir t/e
same "a device 0:0 is a whiteout" <<-E
	layer
	dir d 0755
	file d/x 0644 x
	dir e 0755
	file e/y 0644 y
	layer
	dir e 0755
	raw {"name": "e/y", "type": "3"}
E
file a x
file b x
same "the mode of a hard link is the file's" <<-E
	layer
	file a 0600 x
	raw {"name": "b", "type": "1", "linkname": "a", "mode": 420, "mtime": 1234567890}
E
file a x 0644 5
file b x 0644 5
same "so is its time" <<-E
	layer
	file a 0644 x
	raw {"name": "b", "type": "1", "linkname": "a", "mtime": 5}
E
file a x 0644 5
same "a file in the place of a directory gets the directory's time" <<-E
	layer
	raw {"name": "a", "type": "5", "mode": 493, "mtime": 5}
	file /a 0644 x
E
file b x 0644 5
ln -s b t/a
touch -hd @1234567890 t/a
same "so does what a link there names" <<-E
	layer
	file b 0644 x
	raw {"name": "a", "type": "5", "mode": 493, "mtime": 5}
	raw {"name": "/a", "type": "2", "linkname": "b", "mtime": 1234567890}
E
file .wh..wh.plnk/1.2 x
file b x
same "a hard link below aufs' directory" <<-E
	layer
	dir .wh..wh.plnk 0700
	file .wh..wh.plnk/1.2 0644 x
	raw {"name": "b", "type": "1", "linkname": ".wh..wh.plnk/1.2", "mtime": 1234567890}
E
for n in 1 2 3 4 5 6; do file $n "" 0644 0; done
file 7 "" 0644 9223372036
file 8 "" 0644 4102444800
same "times that no file system has" <<-E
	layer
	raw {"name": "1", "pax": {"mtime": "-1"}}
	raw {"name": "2", "pax": {"mtime": "-0.5"}}
	raw {"name": "3", "pax": {"mtime": "-99999999999"}}
	raw {"name": "4", "pax": {"mtime": "9223372037"}}
	raw {"name": "5", "pax": {"mtime": "9223372036.9"}}
	raw {"name": "6", "pax": {"mtime": "999999999999999"}}
	raw {"name": "7", "pax": {"mtime": "9223372036.5"}}
	raw {"name": "8", "pax": {"mtime": "4102444800.999"}}
E

# GNU tar's sparse files: A at 0, B at 1536, 3000 bytes in all
data=$(printf 'A%.0s' $(seq 512))$(printf 'B%.0s' $(seq 512))
sparse() {
	mkdir -p t
	truncate -s 3000 t/s
	printf %.512s "$data" | dd of=t/s conv=notrunc 2>/dev/null
	printf %s "$data" | dd of=t/s bs=512 skip=1 seek=3 conv=notrunc 2>/dev/null
	chmod 0644 t/s
	touch -d @1234567890 t/s
}
zeros=$(printf '\\u0000%.0s' $(seq 495))
sparse
same "sparse 1.0" <<-E
	layer
	raw {"name": "GNUSparseFile.0/s", "mtime": 1234567890, "data": "2\n0\n512\n1536\n512\n$zeros$data", "pax": {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "s", "GNU.sparse.realsize": "3000"}}
E
sparse
same "sparse 0.1" <<-E
	layer
	raw {"name": "GNUSparseFile.0/s", "mtime": 1234567890, "data": "$data", "pax": {"GNU.sparse.size": "3000", "GNU.sparse.numblocks": "2", "GNU.sparse.map": "0,512,1536,512", "GNU.sparse.name": "s"}}
E
mkdir t && truncate -s 3000 t/s && touch -d @1234567890 t/s
same "sparse 0.0, and nothing in it" <<-E
	layer
	raw {"name": "s", "mtime": 1234567890, "pax": {"GNU.sparse.size": "3000", "GNU.sparse.numblocks": "1", "GNU.sparse.offset": "3000", "GNU.sparse.numbytes": "0"}}
E
broken() { # broken NAME RECORDS
	printf '%s\n' layer "raw {\"name\": \"s\", \"data\": \"$data\", \"pax\": {$2}}" |
		(rm -rf i && "$MK" oci i)
	ok "$1: refused" exits 1 "$UNPACKCTL" check i
	ok "$1: says why" has err 'a damaged sparse file'
}
broken "a map that is cut" '"GNU.sparse.numblocks": "1", "GNU.sparse.map": "0"'
broken "a map that is no numbers" '"GNU.sparse.numblocks": "0", "GNU.sparse.map": "x"'
broken "a map that ends in a comma" '"GNU.sparse.numblocks": "1", "GNU.sparse.map": "0,1024,"'
broken "an offset that is no number" '"GNU.sparse.numblocks": "0", "GNU.sparse.offset": "x"'
broken "a map of fewer blocks" '"GNU.sparse.numblocks": "2", "GNU.sparse.map": "0,1024"'
broken "blocks that overlap" '"GNU.sparse.size": "3000", "GNU.sparse.numblocks": "2", "GNU.sparse.map": "0,512,100,512"'
broken "blocks beyond the end" '"GNU.sparse.size": "900", "GNU.sparse.numblocks": "1", "GNU.sparse.map": "0,1024"'
broken "less data than the map says" '"GNU.sparse.size": "3000", "GNU.sparse.numblocks": "1", "GNU.sparse.map": "0,2000"'
mkdir t && printf %s "$data" >t/s && chmod 0644 t/s && touch -d @1234567890 t/s
same "a version that nobody knows is no sparse file" <<-E
	layer
	raw {"name": "s", "mtime": 1234567890, "data": "$data", "pax": {"GNU.sparse.major": "123456789", "GNU.sparse.minor": "0", "GNU.sparse.map": "0,1"}}
E
printf '%s\n' layer 'raw {"name": "s", "pax": {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.size": "9000000000000", "GNU.sparse.numblocks": "0", "GNU.sparse.map": ""}}' |
	(rm -rf i && "$MK" oci i)
ok "a sparse bomb: refused" exits 1 "$UNPACKCTL" check i

# whiteouts that overlayfs lists
printf '%s\n' layer 'dir a 0755' 'file a/x 0644 x' layer 'dir new 0755' \
	'file new/.wh.gone 0644' 'file new/y 0644 y' 'dir a 0755' \
	'file a/.wh.none 0644' 'file .wh.none 0644' |
	(rm -rf i && "$MK" oci i)
ok "stale whiteouts: exit 0" exits 0 "$UNPACKCTL" check -o json i
is "one in a directory that only this layer has is listed" \
	"$(jq -c '[.skippedPaths[] | select(.why == "whiteout").path]' out)" '["new/gone"]'
printf '%s\n' layer 'dir a 0755' layer 'dir new 0755' 'file new/.wh.gone 0644' \
	'config {"Volumes": {"/new": {}}}' | (rm -rf i && "$MK" oci i)
ok "a VOLUME with such a whiteout cannot be copied: exit 3" exits 3 \
	"$UNPACKCTL" check -o json i
is "and says so" "$(jq -r '.findings[].code' out)" container-cannot-start
done_testing
