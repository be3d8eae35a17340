#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each code of `unpackctl check`: an image that has it, and one that has not.
. "$TOP/test/lib.sh"
MK=$TOP/test/mkimage.py

# image: the lines after a first layer with a good bundle.
image() {
	rm -rf i
	{
		printf '%s\n' layer 'dir manifests 0755' \
			'file manifests/a.yaml 0644 kind: A'
		cat
	} | "$MK" oci i
}

# says EXIT CODES [OPTION...]: exactly these codes, in any order.
says() {
	exit=$1 codes=$2
	shift 2
	ok "exit $exit: $name" exits "$exit" "$UNPACKCTL" check -o json "$@" i
	is "codes: $name" "$(jq -r '.findings[].code,
		(.warnings[] | .code)' out | sort -u | tr '\n' ' ')" "$codes"
}

name="a clean one"
echo 'config {"User":"65532:0"}' | image
says 0 ""
is "reason" "$(jq -r ".result, .reason" out | tr "\n" " ")" "ok OK "

name="no USER"
echo | image
says 0 "user-unset "
name="USER is root"
echo 'config {"User":"0"}' | image
says 0 "user-root "
echo 'config {"User":"00:5"}' | image
says 0 "user-root "
name="USER is a name"
echo 'config {"User":"nobody:0"}' | image
says 0 "user-name "

U='config {"User":"1"}'
name="not readable by anybody"
printf '%s\n' "$U" 'file b 0600' 'dir d 0700' 'dir e 0744' | image
says 3 "directory-not-readable directory-not-searchable file-not-readable "
is "what is wrong" "$(jq -r '.findings[] | .code + " " + .path + " " + .mode' \
	out | tr '\n' ';')" \
	"file-not-readable b 0600;directory-not-readable d 0700;directory-not-searchable e 0744;"

name="by gid 0 alone"
printf '%s\n' "$U" 'file b 0640' | image
says 0 "group-only "
says 3 "file-not-readable " --gid 7
says 0 "group-only " --openshift
says 0 "group-only " --gid 7,0
name="by one uid alone"
printf '%s\n' "$U" 'file b 0600 65532:65532' | image
says 0 "owner-only "
says 3 "file-not-readable " --uid 1
says 3 "file-not-readable " --openshift
name="the gid is the image's"
printf '%s\n' "$U" 'file b 0640 0:7' 'dir etc 0755' \
	'file etc/passwd 0644 u:x:65532:7::/:\n' | image
says 0 "group-only "
is "it says who" "$(jq -c .as out)" '{"uid":65532,"gid":7,"groups":[7]}'
name="a group is the image's"
printf '%s\n' "$U" 'file b 0640 0:9' 'dir etc 0755' \
	'file etc/passwd 0644 u:x:65532:7::/:\n' \
	'file etc/group 0644 g:x:9:root,u\nh:x:10:uu\n' | image
says 0 "group-only "
is "it says who" "$(jq -c .as out)" '{"uid":65532,"gid":7,"groups":[7,9]}'

name="mounts in their places"
printf '%s\n' "$U" 'dir etc 0755' 'dir proc 0700' 'dir dev 0' 'dir sys 0' \
	'file etc/hosts 0600' 'fifo dev/x 0600' | image
says 0 ""
name="content under mounts"
printf '%s\n' "$U" 'dir etc 0755' 'file etc/hosts 0644 x' | image
says 0 "content-covered "
name="etc is a symlink"
printf '%s\n' "$U" 'symlink etc manifests' | image
says 3 "content-hidden symlink-skipped "
is "where" "$(jq -r '.findings[].path' out | tr '\n' ' ')" \
	"manifests/hostname manifests/hosts manifests/resolv.conf "
name="resolv.conf over a manifest"
printf '%s\n' "$U" 'dir etc 0755' \
	'symlink etc/resolv.conf /manifests/a.yaml' | image
says 3 "content-hidden symlink-leads-out symlink-skipped "
is "where" "$(jq -r '.findings[] | select(.code == "content-hidden").path' \
	out)" manifests/a.yaml
name="dev is a symlink"
printf '%s\n' "$U" 'symlink dev manifests' | image
says 3 "content-hidden symlink-skipped "
name="dev is an absolute symlink"
printf '%s\n' "$U" 'symlink dev /manifests' | image
says 3 "content-hidden dev-symlink symlink-leads-out symlink-skipped "
ok "both runcs are named" has out \
	'runc 1\.1 does not start the container, runc 1\.3 does'
is "a warning" "$(jq -r '.warnings[] | select(.code == "dev-symlink").severity' \
	out)" warning
name="proc is a symlink"
printf '%s\n' "$U" 'symlink proc manifests' | image
says 3 "container-cannot-start symlink-skipped "
is "reason" "$(jq -r .reason out)" ContainerCannotStart
name="hosts is a directory"
printf '%s\n' "$U" 'dir etc 0755' 'dir etc/hosts 0755' | image
says 3 "container-cannot-start "
name="etc is a file"
printf '%s\n' "$U" 'file etc 0644' | image
says 3 "container-cannot-start "

name="VOLUME over content"
echo 'config {"User":"1","Volumes":{"/manifests":{}}}' | image
says 0 "volume-over-content "
name="a VOLUME of its own"
echo 'config {"User":"1","Volumes":{"/data":{}}}' | image
says 0 "volume-missing "
is "it is an entry" "$(jq .entries out)" 4
is "where" "$(jq -r '.warnings[].path' out)" data
name="a VOLUME that a layer has"
printf '%s\n' 'dir data 0755' 'config {"User":"1","Volumes":{"/data":{}}}' | image
says 0 ""
name="a VOLUME that a mount of the runtime's covers"
echo 'config {"User":"1","Volumes":{"/dev/x":{}}}' | image
says 0 ""
# starts NAME VOLUME [LINE...], starts_not: does the container with it?
starts() {
	name="VOLUME $1"
	volume=$1
	shift
	printf '%s\n' "config {\"User\":\"1\",\"Volumes\":{\"$volume\":{}}}" \
		'dir data 0755' "$@" | image
	ok "starts: $name" exits 0 "$UNPACKCTL" check -o json i
}
starts_not() {
	name="VOLUME $1"
	volume=$1
	shift
	printf '%s\n' "config {\"User\":\"1\",\"Volumes\":{\"$volume\":{}}}" \
		'dir data 0755' "$@" | image
	ok "exit 3: $name, $*" exits 3 "$UNPACKCTL" check -o json i
	ok "  it is the VOLUME: $*" [ "$(jq -r '[.findings[] |
		select(.code == "container-cannot-start")] | length' out)" = 1 ]
}
starts /data
starts /data/../data/
starts /l 'symlink l data'
starts /proc2
starts /data/proc
starts_not /
starts_not //
starts_not /data/..
starts_not /l 'symlink l .'
starts_not /manifests/a.yaml
starts_not /l 'symlink l manifests/a.yaml'
starts_not /manifests/a.yaml/x
starts_not /l/x 'symlink l m' 'symlink m l'
starts_not /proc
starts_not /proc/
starts_not /proc/self/root/manifests
starts_not /proc/thread-self/root/manifests 'dir proc 0755' \
	'dir proc/thread-self 0755' 'dir proc/thread-self/root 0755'
starts_not /data/../proc/self/root/data
starts_not /l 'symlink l proc/self/root/manifests'
starts_not /l/manifests 'symlink l proc/self/root'
starts_not /l/x 'symlink l m' 'symlink m proc/1'

name="etc leads through proc"
printf '%s\n' "$U" 'symlink etc proc/self/root/manifests' | image
says 3 "container-cannot-start symlink-skipped "
name="etc/hosts leads through proc"
printf '%s\n' "$U" 'dir etc 0755' 'symlink etc/hosts ../proc/1/x' | image
says 3 "container-cannot-start symlink-skipped "
for file in passwd group; do
	name="etc/$file is a FIFO"
	printf '%s\n' "$U" 'dir etc 0755' "fifo etc/$file 0644" | image
	says 3 "container-cannot-start special-file "
	name="etc/$file is a directory"
	printf '%s\n' "$U" 'dir etc 0755' "dir etc/$file 0755" | image
	says 3 "container-cannot-start "
	name="etc/$file leads to a FIFO"
	printf '%s\n' "$U" 'dir etc 0755' 'fifo f 0644' \
		"symlink etc/$file ../f" | image
	says 3 "container-cannot-start special-file symlink-skipped "
	name="etc/$file leads to itself"
	printf '%s\n' "$U" 'dir etc 0755' "symlink etc/$file $file" | image
	says 3 "container-cannot-start symlink-skipped "
	name="etc/$file leads to a file, and to nothing"
	printf '%s\n' "$U" 'dir etc 0755' 'file f 0644' \
		"symlink etc/$file ../f" | image
	says 0 "symlink-skipped "
	printf '%s\n' "$U" 'dir etc 0755' "symlink etc/$file ../g" | image
	says 0 "symlink-skipped "
done
name="ENV without a name"
echo 'config {"User":"1","Env":["A=1","=x"]}' | image
says 3 "container-cannot-start "
name="ENV of other kinds"
echo 'config {"User":"1","Env":["A=1","B","C=","D=a=b"]}' | image
says 0 ""
name="WORKDIR is a file"
echo 'config {"User":"1","WorkingDir":"/manifests/a.yaml"}' | image
says 0 "workdir-not-directory "
name="WORKDIR that few may enter"
printf '%s\n' 'dir w 0700' \
	'config {"User":"1","WorkingDir":"/w"}' | image
says 3 "directory-not-readable workdir-not-searchable "

name="special files"
printf '%s\n' "$U" 'fifo f 0600' 'fifo g 0600' | image
says 0 "special-file "
is "how many" "$(jq '.warnings[0].count' out)" 2
name="symlinks"
printf '%s\n' "$U" 'symlink s manifests' | image
says 0 "symlink-skipped "
name="symlinks that extraction refuses"
printf '%s\n' "$U" 'symlink s /manifests' | image
says 3 "symlink-leads-out symlink-skipped "
is "the reason that extract has" "$(jq -r .reason out)" EntryRefused
is "the option that works" "$(jq -r '.findings[] |
	select(.code == "symlink-leads-out") | .severity + " " + .message' out |
	grep -c '^error .*--symlinks skip')" 1
ok "... it is refused" exits 3 "$UNPACKCTL" extract -o json -C o --image i
is "... for that" "$(jq -r '.reason, .rule' out | tr '\n' ' ')" \
	"EntryRefused symlink-leads-out "
ok "ignored, for readers of json: exit 0" exits 0 "$UNPACKCTL" check -o json \
	--ignore symlink-leads-out i
is "... no reason" "$(jq -r .reason out)" OK
for link in 't ../../etc' 't ../manifests/../a' 't /' 't ..//..' 't x/..'; do
	printf '%s\n' "$U" "symlink manifests/$link" | image
	says 3 "symlink-leads-out symlink-skipped "
	ok "$link: extract says so, too" exits 3 "$UNPACKCTL" extract -C o --image i
done
for link in 'u ../manifests/a.yaml' 'u ..' 'u nowhere'; do
	printf '%s\n' "$U" "symlink manifests/$link" | image
	says 0 "symlink-skipped "
	ok "$link: extract says so, too" exits 0 "$UNPACKCTL" extract -C o --image i
	rm -rf o
done
printf '%s\n' "$U" 'symlink s /manifests' 'config {"Volumes":{"/":{}}}' | image
says 3 "container-cannot-start symlink-leads-out symlink-skipped user-unset "
is "what is worse is the reason" "$(jq -r .reason out)" ContainerCannotStart
name="not UTF-8"
printf '%s\n' "$U" 'file x\xff 0644' | image
says 0 "name-not-utf8 "
name="two entries of a path"
printf '%s\n' "$U" 'file x 0644' 'file x 0600' | image
says 3 "duplicate-entry file-not-readable "
name="a directory without an entry"
printf '%s\n' "$U" layer 'file new/x 0644' | image
says 0 "implied-directory "
is "which" "$(jq -r '.warnings[0].message' out | cut -d: -f1)" new
printf '%s\n' "$U" layer 'file new/x 0644' 'file other/x 0644' | image
says 0 "implied-directory "
is "and how many more" "$(jq -r '.warnings[0].message' out | cut -d: -f1)" \
	"other and 1 more"
name="a hard link into another layer"
printf '%s\n' "$U" layer 'dir manifests 0755' \
	'link manifests/l manifests/a.yaml' | image
says 3 "hard-link-across-layers "
name="a whole base image"
printf '%s\n' "$U" 'dir etc 0755' 'file etc/os-release 0644 x' \
	'file etc/shadow 0600 x' | image
says 3 "file-not-readable full-base-image "
is "the fix" "$(jq -r '.fixes[].command' out)" \
	"build FROM scratch, and COPY only the files of the bundle"

name="no files"
rm -rf i
printf '%s\n' 'config {"User":"1"}' layer 'dir a 0755' | "$MK" oci i
says 0 "no-files "
name="no layers"
rm -rf i
echo 'config {"User":"1"}' | "$MK" oci i
says 3 "no-files no-layers "

name="another platform"
printf '%s\n' "$U" 'platform linux/none' | image
says 0 "no-platform "
says 3 "no-platform " --platform linux/amd64
says 0 "" --platform linux/none
says 0 "" --platform linux/none/v8

# 12 MiB that do not compress
name="over the log's limit"
mkdir big
head -c 12582912 /dev/urandom >big/random
printf '%s\n' "$U" "tree $PWD/big" | image
says 0 "log-limit "
is "the format" "$(jq -r .logLimit.format out)" jsonl
ok "in words" exits 0 "$UNPACKCTL" check i
ok "  the other format is named" has out ' part.*; json is longer than .*: use --format=jsonl$'
says 0 "" --openshift
is "the format on OpenShift" "$(jq -r .logLimit.format out)" json
ok "in words" exits 0 "$UNPACKCTL" check --openshift i
ok "  no format is better" lacks out --format

# what a directory hides, in words
hides() { # hides WORDS LINE...
	words=$1
	shift
	printf '%s\n' "$U" 'dir d 0700' "$@" | image
	exits 3 "$UNPACKCTL" check i && has out "^  d/: .*; hides $words below \[directory-not-readable]$"
}
ok "one path is hidden" hides '1 more path' 'file d/x 0644'
ok "two are" hides '2 more paths' 'file d/x 0644' 'file d/y 0644'
done_testing
