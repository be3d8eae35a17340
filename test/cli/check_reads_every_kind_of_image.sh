#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The same image in every wrapping gets the same verdict; each compression.
. "$TOP/test/lib.sh"
MK=$TOP/test/mkimage.py

describe() {
	cat <<-END
		layer $1 COPY a /
		dir manifests 0755
		file manifests/a.yaml 0644 kind: A
		file manifests/b.yaml 0600 kind: B
		layer $2 COPY b /
		dir manifests 0755
		file manifests/.wh.a.yaml 0
		file manifests/c.yaml 0640 0:7 kind: C
	END
}

# verdict NAME IMAGE: two findings in any wrapping.
verdict() {
	ok "$1: not compatible" exits 3 "$UNPACKCTL" check -o json "$2"
	is "$1: the two findings" \
		"$(jq -r '.findings[] | "\(.path) \(.layer // 0)"' out |
			tr '\n' ' ')" "${3-manifests/b.yaml 1 manifests/c.yaml 2 }"
}

for how in plain gzip zstd; do
	if [ $how = zstd ] && ! command -v zstd >/dev/null; then
		ok_skip "zstd layers" "needs zstd"
		continue
	fi
	describe $how gzip | "$MK" oci "oci-$how"
	verdict "$how layers" "oci-$how"
done
for kind in oci oci-archive docker-archive; do
	describe plain gzip | "$MK" $kind $kind
	verdict "$kind" "$kind"
	verdict "$kind:" "$kind:$kind"
done
verdict "oci with a tag" oci:oci:v1
verdict "oci-archive with a tag" oci-archive:oci-archive:v1
verdict "docker-archive with a name" docker-archive:docker-archive:localhost/x:v1
verdict "docker-archive with a short name" docker-archive:docker-archive:x:v1

# archives, from a pipe and compressed
for kind in oci-archive docker-archive; do
	# shellcheck disable=SC2002 # a pipe is the point
	cat $kind | ok "$kind from a pipe" exits 3 "$UNPACKCTL" check -q -
	gzip -c $kind >$kind.gz
	verdict "$kind.gz" $kind.gz
	ok "$kind.gz on standard input" sh -c \
		"'$UNPACKCTL' check -q - <$kind.gz; [ \$? = 3 ]"
	if command -v zstd >/dev/null; then
		zstd -q $kind
		verdict "$kind.zst" $kind.zst
	fi
done

# other pipes: they can be read once
mkfifo pipe
for kind in oci-archive docker-archive; do
	cat $kind >pipe &
	verdict "$kind from a FIFO" pipe
	wait
done
for n in 1 2; do
	describe plain plain | sed "s/kind: A/kind: $n/" | "$MK" oci several$n
done
python3 - <<-'P'
	import json, os, shutil
	shutil.copytree("several2/blobs", "several1/blobs", dirs_exist_ok=True)
	one = json.load(open("several1/index.json"))
	one["manifests"] += json.load(open("several2/index.json"))["manifests"]
	one["manifests"][1]["annotations"] = {
	    "org.opencontainers.image.ref.name": "v2"}
	json.dump(one, open("several1/index.json", "w"))
P
tar cf several.tar -C several1 .
cat several.tar >pipe &
ok "several from a FIFO, twice" exits 3 "$UNPACKCTL" check -o json pipe pipe
is "... all of them" "$(jq -r '[.images[].image] | join(" ")' out)" "v1 v2 v1 v2"
wait
if command -v bash >/dev/null; then
	ok "a bash's <(...)" exits 3 bash -c \
		"'$UNPACKCTL' check -o json <(cat oci-archive) - <several.tar"
	is "... and standard input" "$(jq '.images | length' out)" 3
fi

mkdir -p root/manifests
echo kind: B >root/manifests/b.yaml
echo kind: C >root/manifests/c.yaml
chmod 0600 root/manifests/b.yaml
chmod 0640 root/manifests/c.yaml
chown 0:7 root/manifests/* 2>/dev/null
verdict "a root file system" root \
	"manifests/b.yaml 0 manifests/c.yaml 0 "

ok "no such tag" exits 1 "$UNPACKCTL" check oci:oci:v2
ok "it names those that are there" has err "v1"
ok "no such file, and no such image" exits 1 "$UNPACKCTL" check localhost/x:v1
ok "it says so" has err "localhost/x:v1: no such file"
ok "nothing but the message" empty out
done_testing
