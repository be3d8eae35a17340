#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A program that reads JSON, base64, gzip, and tar can read the pod log: Go, jq and
# base64 with GNU tar, bsdtar, busybox. All of them find what the image holds.
# And the comparers of these tests see what is broken.
. "$TOP/test/container/lib.sh"

need jq base64 gunzip tar bsdtar
bundle=operator
real=$TOP/../shared/bundles/prometheus.0.22.2

store_open
image operator "$TOP/test/bundles/hello-operator"
[ ! -d "$real" ] || { bundle=real && image real "$real"; }
for name in names types; do
	image_layers "$name" || bail "no image $name"
done
pod_begin p 65532 1001 /.unpack '[/unpack, install, /.unpack/unpack]'
for name in $bundle names types; do
	pod_bundle "$name" "$name" /.unpack 'command: [/.unpack/unpack]'
	pod_bundle "$name.lines" "$name" /.unpack \
		'command: [/.unpack/unpack, --format=jsonl]'
	pod_bundle "$name.keep" "$name" /.unpack \
		'command: [/.unpack/unpack, --symlinks=keep]'
done
pod_run p || bail "the pod does not run"

# same WANT GOT
same() {
	cmp -s "$1" "$2" && return 0
	diff "$1" "$2" | head -n 20 | cut -c1-300 | sed 's/^/# /'
	return 1
}

# extract READER WANT COMMAND...: run it in an empty directory with the tar on
# standard input; what is on the disk then is WANT.
extract() {
	extract_reader=$1 extract_want=$2
	shift 2
	rm -rf disk && mkdir disk
	(cd disk && "$@") <tar >"$extract_reader.out" 2>&1 || {
		sed 's/^/# /' "$extract_reader.out"
		return 1
	}
	"$HERE/ondisk.py" disk >got && same "$extract_want" got
}

if command -v go >/dev/null; then
	GOCACHE=$TOP/build/go-cache GO111MODULE=off GOPROXY=off GOFLAGS='' \
		CGO_ENABLED=0 go build -o godecode "$HERE/decode.go" ||
		bail "go cannot build"
fi
for name in $bundle names types; do
	# shellcheck disable=SC2086 # options
	truth "$name" --symlinks $RUNTIME --mount .unpack >all
	grep -v '^l ' all >files
	if [ -x godecode ]; then
		./godecode "p/$name.log" >got
		ok "Go, json: $name" same files got
		./godecode "p/$name.lines.log" >got
		ok "Go, jsonl: $name" same all got
	else
		ok_skip "Go: $name" "needs go"
	fi

	# the recipes of the format's description
	jq -r .content "p/$name.log" | base64 -d | gunzip >tar
	ok "GNU tar, json: $name" extract gnutar files tar -xp
	# busybox knows nothing of pax, nor a symlink's time
	[ "$name" = names ] ||
		ok "busybox, json: $name" extract busybox files \
			busybox tar -xp
	# in the C locale bsdtar would give up on UTF-8
	ok "bsdtar, json: $name" extract bsdtar files \
		env LC_ALL=C.UTF-8 bsdtar -xpf -
	jq -r '.content//empty' "p/$name.lines.log" | base64 -d |
		gunzip >tar
	ok "GNU tar, jsonl: $name" extract gnutar all tar -xp
	ok "bsdtar, jsonl: $name" extract bsdtar all \
		env LC_ALL=C.UTF-8 bsdtar -xpf -

	# both formats have one tar.gz
	jq -r .content "p/$name.keep.log" | base64 -d >keep.gz
	jq -r '.content//empty' "p/$name.lines.log" | base64 -d >lines.gz
	ok "json and jsonl carry the same: $name" cmp keep.gz lines.gz
	is "its digest: $name" "sha256:$(sha256sum <keep.gz | cut -d' ' -f1)" \
		"$(jq -r .digest "p/$name.keep.term")"

	# lists, where no name needs an escape
	[ "$name" = names ] && continue
	cut -d' ' -f6 all | LC_ALL=C sort >want
	for reader in tar bsdtar 'busybox tar'; do
		$reader -tf - <tar | sed 's,/$,,' | LC_ALL=C sort >got
		ok "$reader lists: $name" same want got
	done
done

# These readers must not take everything.
log=p/types.log
"$HERE/decode.py" "$log" tar >want || bail "decode.py"
# spoil NAME SED-EXPRESSION: decode.py refuses what sed makes of the log.
spoil() {
	sed -E "$2" "$log" >spoiled
	ok "it was spoilt: $1" differs "$log" spoiled
	ok "decode.py sees: $1" refuses "$HERE/decode.py" spoiled
}
differs() {
	! cmp -s "$1" "$2"
}
refuses() {
	! "$@" >/dev/null 2>refused.log
}
spoil 'a block is missing' 's/^(.{400}).{64}/\1/'
spoil 'another digest' 's/sha256:./sha256:-/'
spoil 'another size' 's/"size":/"size":1/'
spoil 'another count' 's/"entries":/"entries":1/'
spoil 'a second line' 's/$/\n{}/'
# change PROGRAM: decode.py refuses the tar after Python has changed `tar`.
change() {
	python3 -c "
tar = bytearray(open('tar', 'rb').read())
def sign(at):
    tar[at + 148:at + 156] = b' ' * 8
    tar[at + 148:at + 156] = b'%06o\\0 ' % sum(tar[at:at + 512])
$2
open('changed', 'wb').write(tar)"
	ok "decode.py sees: $1" refuses "$HERE/decode.py" tar changed
}
change 'an owner' 'tar[114] = ord("1"); sign(0)'
change "an owner's name" 'tar[265] = ord("r"); sign(0)'
change "a directory's time" 'tar[146] = ord("1"); sign(0)'
change 'GNU magic' 'tar[257:265] = b"ustar  \0"; sign(0)'
change 'a FIFO' 'tar[512 + 156] = ord("6"); sign(512)'
change 'a wrong checksum' 'tar[0] = ord("x")'
change 'no end' 'del tar[-512:]'
change 'an entry twice' 'tar[:0] = tar[:512]'
change 'no root' 'del tar[:512]'

# truth.py against what an image is on the disk, as another program merged it
image_layers layers || bail "no image layers"
for name in layers types; do
	truth "$name" --symlinks >want
	"$HERE/ondisk.py" "$(podman image mount "localhost/$name:1")" 2>&1 |
		sed 's/^d 0555 0 0 - \.$/d 0755 0 0 - ./' >got
	ok "truth.py knows layers: $name" same want got
done
podman image umount -a >/dev/null
done_testing
