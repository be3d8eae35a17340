#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Layers that containerd or podman do not unpack: exit 3, a code for each
# kind, both runtimes' answers, and the layer.
. "$TOP/test/lib.sh"
MK=$TOP/test/mkimage.py

# the bundle, in a first layer
bundle() {
	printf '%s\n' 'layer plain COPY . /' 'dir manifests 0755' \
		'file manifests/csv.yaml 0644 kind: A' 'dir a 0755' \
		'file a/x 0644 x'
}

# refused NAME CODE CONTAINERD PODMAN: lines of a second layer on standard
# input; what each of the two answers, "ok" where it takes the image.
refused() {
	rm -rf i
	{
		bundle
		echo 'layer plain COPY more /'
		cat
	} | "$MK" oci i
	ok "$1: exit 3" exits 3 "$UNPACKCTL" check -o json i
	is "$1: code and answers" "$(jq -r --arg code "$2" '.findings[] |
		select(.code == $code) | .runtimes | "\(.containerd), \(.podman)"' out)" \
		"$3, $4"
	is "$1: the layer" "$(jq -r --arg code "$2" '.findings[] |
		select(.code == $code) | "\(.severity) \(.layer) \(.history)"' out)" \
		"error 2 COPY more /"
}
# taken NAME COUNT [CODE...]: likewise, but exit 0, with so many entries and
# these warnings.
taken() {
	rm -rf i
	{
		bundle
		echo 'layer plain COPY more /'
		cat
	} | "$MK" oci i
	taken_name=$1 taken_count=$2
	shift 2
	ok "$taken_name: exit 0" exits 0 "$UNPACKCTL" check -o json i
	is "$taken_name: entries" "$(jq .entries out)" "$taken_count"
	is "$taken_name: warnings" "$(jq -r '.warnings[] |
		select(.severity == "warning") | .code' out | sort | tr '\n' ' ')" \
		"${*:+$* }"
}
none='no such file or directory' exists='file exists' notdir='not a directory'
perm='operation not permitted'

refused "a child of what the layer deletes" whiteout-of-parent "$notdir" "$notdir" <<-E
	file .wh.a 0644
	file a/new 0644
E
refused "a whiteout there, too, podman passes over" whiteout-of-parent "$notdir" ok <<-E
	file .wh.a 0644
	file a/.wh.x 0644
E
refused "a whiteout after its file" whiteout-after-entry "$exists" "$exists" <<-E
	dir manifests 0755
	file manifests/csv.yaml 0644
	file manifests/.wh.csv.yaml 0644
E
refused "after its directory, which is implied" whiteout-after-entry "$exists" "$exists" <<-E
	file a/new 0644
	file .wh.a 0644
E
refused "a whiteout twice" whiteout-after-entry "$exists" "$exists" <<-E
	dir a 0755
	file a/.wh.x 0644
	file /a/.wh.x 0644
E
for n in .wh. .wh.. .wh...; do
	refused "a whiteout of no name" whiteout-name 'invalid whiteout name' \
		"$exists" <<-E
		dir a 0755
		file a/$n 0644
	E
done
refused "a hard link to a lower layer" hard-link-across-layers "$none" "$none" <<-E
	dir manifests 0755
	link manifests/b manifests/csv.yaml
E
refused "a hard link to nothing" hard-link-to-nothing "$none" "$none" <<-E
	link b nowhere
E
refused "a hard link before its file" hard-link-to-nothing "$none" "$none" <<-E
	link b c
	file c 0644
E
refused "a hard link to itself" hard-link-to-nothing "$none" "$none" <<-E
	link b b
E
refused "a hard link to a directory" hard-link-to-directory "$perm" "$perm" <<-E
	dir d 0755
	link b d
E
refused "an entry below a file" entry-below-file "$notdir" "$notdir" <<-E
	file f 0644
	file f/x 0644
E
refused "a whiteout below a file" entry-below-file "$notdir" ok <<-E
	file f 0644
	file f/.wh.x 0644
E
refused "directories that a lower file is in the way of" implied-below-file "$notdir" ok <<-E
	file manifests/csv.yaml/x/y 0644
E
refused "an entry twice" duplicate-entry ok 'duplicates of file paths not supported' <<-E
	file f 0644
	file ./f 0600
E
refused "below a symlink to nothing" symlink-dangling ok "$none" <<-E
	symlink l new
	file l/x 0644
E
refused "deeper below it" symlink-dangling ok "$exists" <<-E
	symlink l new
	file l/d/x 0644
E
refused "below a symlink in circles" symlink-loop 'too many levels of symbolic links' \
	'too many levels of symbolic links' <<-E
	symlink l l
	file l/x 0644
E
refused "an empty symlink" symlink-to-nothing "$none" "$none" <<-E
	raw {"name": "l", "type": "2"}
E
for t in 7 A D S; do
	refused "a typeflag $t" entry-type-unknown 'unhandled tar header type' \
		'unhandled tar header type' <<-E
		raw {"name": "l", "type": "$t"}
	E
done
long=$(printf 'x%.0s' $(seq 256))
refused "a long name" name-too-long 'file name too long' 'file name too long' <<-E
	file $long 0644
E
path=$(for n in $(seq 20); do printf '%.200s/' "$long"; done)
refused "a long path" name-too-long 'file name too long' 'file name too long' <<-E
	file ${path}x 0644
E
refused "a longer one" name-too-long 'file name too long' 'file name too long' <<-E
	file $path${path}x 0644
E
refused "an attribute that is none" attribute-refused 'invalid argument' 'invalid argument' <<-E
	raw {"name": "f", "pax": {"SCHILY.xattr.security.capability": "x"}}
E
refused "a user's attribute of a symlink" attribute-refused ok "$perm" <<-E
	raw {"name": "f", "type": "2", "linkname": "x", "pax": {"SCHILY.xattr.user.x": "x"}}
E
refused "a directory that a global header removes" directory-removed "$none" "$none" <<-E
	dir d 0755
	raw {"name": "/d", "type": "g"}
E
refused "a directory, then a symlink to nothing" directory-removed "$none" "$none" <<-E
	dir d 0755
	symlink /d nowhere
E
refused "a global header of a file's name" duplicate-entry ok 'duplicates of file paths not supported' <<-E
	file f 0644
	raw {"name": "f", "type": "g"}
E
rm -rf i
{
	bundle
	echo 'raw {"name": "/", "type": "5", "mode": 448}'
} | "$MK" oci i
ok "a root of mode 0700 by podman: exit 3" exits 3 "$UNPACKCTL" check -o json i
is "has a code" "$(jq -r '.findings[].code' out)" root-not-readable

# the first layer is not an overlay in containerd
rm -rf i
{
	bundle
	echo 'file a/.wh.x 0644'
} | "$MK" oci i
ok "a whiteout after its file in the first layer: exit 3" exits 3 \
	"$UNPACKCTL" check -o json i
is "only podman refuses it" "$(jq -rc '.findings[0].runtimes' out)" \
	'{"containerd":"ok","podman":"file exists"}'
is "containerd deletes the file" "$(jq .entries out)" 4

# both refuse something else
rm -rf i
{
	bundle
	printf '%s\n' layer 'file f 0644' 'file f 0644' 'link b nowhere'
} | "$MK" oci i
ok "each its own entry: exit 3" exits 3 "$UNPACKCTL" check -o json i
is "both are told" "$(jq -r '.findings[].code' out | sort | tr '\n' ' ')" \
	"duplicate-entry hard-link-to-nothing "
ok "as text, too" exits 3 "$UNPACKCTL" check i
ok "the answers" has out "containerd answers 'no such file or directory', podman"
ok "no sizes of what nobody unpacks" lacks out 'entries:'

# what both take
taken "a hard link to a file of its layer" 7 <<-E
	file f 0600
	raw {"name": "g", "type": "1", "linkname": "f", "mode": 420}
E
taken "names that leave the image" 7 <<-E
	file ../f 0644
	raw {"name": "g", "type": "1", "linkname": "../../f"}
E
taken "a link of aufs" 8 implied-directory <<-E
	dir .wh..wh.plnk 0700
	file .wh..wh.plnk/1.2 0644 x
	link b .wh..wh.plnk/1.2
E
# what is a tar is one, whatever its first name begins with
for name in LZIP.yaml 'PK\x03\x04.yaml' '\x04\x22\x4d\x18' PKZIP BZ; do
	taken "a tar that begins with $name" 6 <<-E
		file $name 0644 x
	E
done
rm -rf i
{
	bundle
	printf '%s\n' 'layer plain' 'file BZh1.yaml 0644 x'
} | "$MK" oci i
ok "podman takes a tar that begins with BZh for bzip2" exits 3 "$UNPACKCTL" check i
ok "... and it is said" has out 'layer 2 is a tar .* bzip2 .*layer-compression'
taken "two global headers of one name, with paths of their own" 7 <<-E
	raw {"name": "g", "type": "g", "data": "12 path=one\n"}
	file two-files 0644 x
	raw {"name": "g", "type": "g", "data": "12 path=two\n"}
	file three 0644 x
E
refused "two global headers with one path" duplicate-entry ok 'duplicates of file paths not supported' <<-E
	raw {"name": "g", "type": "g", "data": "12 path=one\n"}
	raw {"name": "h", "type": "g", "data": "12 path=one\n"}
E
refused "a global header whose path is a file's name" duplicate-entry ok 'duplicates of file paths not supported' <<-E
	raw {"name": "g", "type": "g", "data": "12 path=one\n"}
	file one 0644 x
E
taken "a global header" 5 <<-E
	raw {"name": "pax_global_header", "type": "g"}
E
taken "one whose name has directories" 6 implied-directory <<-E
	raw {"name": "tmp/GlobalHead.1", "type": "g"}
E
taken "entries below a link" 7 symlink-skipped <<-E
	dir d 0755
	symlink l d
	file l/x 0644
E
taken "attributes that no file system has" 6 <<-E
	raw {"name": "f", "pax": {"SCHILY.xattr.foo.bar": "x"}}
E
taken "an attribute of overlayfs" 5 overlay-attribute <<-E
	raw {"name": "a", "type": "5", "mode": 493, "pax": {"SCHILY.xattr.trusted.overlay.opaque": "y"}}
E
taken "two names whose FNV-1a hash is the same" 7 <<-E
	file 8yn0iYCKYHlIj4-BwPqk 0644
	file GReLUrM4wMqfg9yzV3KQ 0644
E
taken "ids of 64 bits" 6 <<-E
	raw {"name": "f", "uid": 8589934592, "gid": 4294967296}
E
done_testing
