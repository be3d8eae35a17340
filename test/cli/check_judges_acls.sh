#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A layer's POSIX ACLs: who may read what has one, as the kernel says.
. "$TOP/test/lib.sh"
MK=$TOP/test/mkimage.py

# acl TAG:PERM[:ID]...: the attribute's bytes as JSON writes them
acl() {
	printf '\\u0002\\u0000\\u0000\\u0000'
	for entry; do
		(
			IFS=:
			# shellcheck disable=SC2086 # split at colons
			set -- $entry
			printf '\\u%04x\\u0000\\u%04x\\u0000\\u%04x\\u0000\\u0000\\u0000' \
				"$1" "$2" "${3:-0}"
		)
	done
}
key=SCHILY.xattr.system.posix_acl_access
# image MODE ACL [TYPE [LINES]]: with one such entry, and what comes behind
image() {
	rm -rf i
	{
		echo layer
		printf 'raw {"name": "x", "type": "%s", "mode": %d, "pax": {"%s": "%s"}}\n' \
			"${3:-0}" "$1" "$key" "$2"
		printf '%s\n' 'file other 0644 x' "${4-}"
	} | "$MK" oci i
}
judged() { # judged WANTED ARG...: by uid 100 of gid 0 unless told
	wanted=$1
	shift
	exits "$wanted" "$UNPACKCTL" check -o json --uid 100 "$@" i
}
user=1 named=2 group=4 groups=8 mask=16 other=32

image 0640 "$(acl $user:6 $named:4:101 $group:0 $mask:4 $other:0)"
ok "gid 0 has nothing below the mask" judged 3
is "the path" "$(jq -r '.findings[0].path' out)" x
ok "an ACL is named" has out '"message":"[^"]*mode 0640 and an ACL'
ok "setfacl is the fix" has out '"fix":"setfacl -b x'
ok "the text has a command for all" exits 3 "$UNPACKCTL" check --uid 100 i
ok "... which drops ACLs" has out 'setfacl -R -b'
ok "the named user reads" exits 0 "$UNPACKCTL" check --uid 101 i

image 0644 "$(acl $user:6 $named:0:100 $group:4 $mask:4 $other:4)"
ok "a named user is denied" judged 3
ok "another is not" exits 0 "$UNPACKCTL" check --uid 101 i
image 0614 "$(acl $user:6 $named:4:100 $group:4 $mask:4 $other:4)"
ok "the mode is the mask" judged 3
image 0604 "$(acl $user:6 $named:0:100 $group:0 $mask:4 $other:4)"
ok "without bits of the group no ACL is asked" judged 3
ok "... the group's own bits count" judged 0 --gid 7
image 0640 "$(acl $user:6 $group:0 $groups:4:7 $mask:4 $other:0)"
ok "a named group reads" judged 0 --gid 7
ok "a further one, too" judged 0 --gid 0,7
ok "no other" judged 3 --gid 8
image 0644 "$(acl $user:6 $group:4 $groups:0:7 $mask:4 $other:4)"
ok "a named group is denied, others read" judged 3 --gid 7
ok "others read" judged 0 --gid 8
image 0640 "$(acl $user:6 $group:4 $other:0)"
ok "a minimal ACL is the mode" judged 0
image 0640 "$(printf '\\u0002\\u0000\\u0000\\u0000')"
ok "an empty one is none" judged 0
image 0640 "$(printf '\\u0003\\u0000\\u0000\\u0000')"
ok "another version is none" judged 0
image 0750 "$(acl $user:7 $named:4:101 $group:4 $mask:5 $other:0)" 5
ok "a directory that is listed and not entered" judged 3
is "is that" "$(jq -r '.findings[0].code' out)" directory-not-searchable

for bad in '\u0002' '\u0002\u0000\u0000\u0000\u0001' \
	"$(acl $user:6 $group:4)" "$(acl $group:4 $user:6 $other:4)" \
	"$(acl $user:6 $named:4:100 $group:4 $other:4)" \
	"$(acl $user:8 $group:4 $other:4)" "$(acl $user:6 $group:4 $other:4 64:4)"; do
	image 0644 "$bad"
	ok "what is no ACL is refused" judged 3
	is "with a code" "$(jq -r '.findings[0].code' out)" attribute-refused
done

bad=$(acl $user:6 $named:4:101 $group:0 $mask:4 $other:0)
image 0640 "$bad" 0 'raw {"name": "y", "type": "1", "linkname": "x", "mode": 416}'
ok "a hard link shares it" judged 3
is "both names" "$(jq '.findings | length' out)" 2
image 0640 "$bad" 0 'layer
file x 0640 x'
ok "a later layer's file has none" judged 0
image 0750 "$bad" 5 'layer
dir x 0750'
ok "nor its directory" judged 0
key=SCHILY.acl.access
image 0640 'user::rw-,user:101:r--,group::---,mask::r--,other::---'
ok "runtimes do not know the form in text" judged 0
key=SCHILY.xattr.system.posix_acl_default
image 0750 "$(acl $user:7 $named:0:100 $group:0 $mask:5 $other:0)" 5
ok "a default ACL is for new files" judged 0
done_testing
