#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The image, built as its Dockerfile says on a bare Debian, and run in each
# way that a provisioner starts it.
. "$TOP/test/container/lib.sh"
need mmdebstrap
MAXLAYER=163840 # bytes, compressed; a quarter of it is licences
uid=1000660000

# base: localhost/base:1, a bare Debian from where this machine has its own.
base() {
	# shellcheck disable=SC1091 # the machine's own
	suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
	awk -v RS= -v ORS='\n\n' '!seen[$0]++ { sub(/deb-src/, "deb"); print }' \
		"$TOP/build/sources/apt/parts/debian.sources" >base.sources
	mmdebstrap --quiet --variant=minbase --format=tar "$suite" - \
		./base.sources >base.tar 2>base.log || return 1
	base_container=$(buildah from scratch) &&
		buildah add -q "$base_container" base.tar / >/dev/null &&
		buildah commit -q --rm "$base_container" localhost/base:1 \
			>/dev/null
	base_status=$?
	rm -f base.tar
	return $base_status
}

# build: localhost/unpack:1, from the files that a clone has.
build() {
	git -C "$TOP" ls-files -z |
		tar -C "$TOP" --null -T - --ignore-failed-read -cf clone.tar
	mkdir clone
	tar -C clone -xf clone.tar
	buildah bud --pull-never --isolation chroot --network host \
		--signature-policy "$STORE/policy.json" --timestamp 0 \
		--build-arg BASE=localhost/base:1 -t localhost/unpack:1 \
		clone >build.log 2>&1 && return
	tail -n 30 build.log | sed 's/^/# /'
	return 1
}

# run UID:GID VOLUME-PLACE COMMAND...: in the image, restricted, ./volume at
# VOLUME-PLACE.
run() {
	run_user=$1 run_place=$2
	shift 2
	podman run --rm --network none --read-only --read-only-tmpfs=false \
		--cap-drop all --security-opt no-new-privileges \
		--user "$run_user" -v "$PWD/volume:$run_place" "$@"
}

# installed PROGRAM: ./volume/PROGRAM is the image's own, for any uid.
installed() {
	is "$1: mode" "$(stat -c %a "volume/$1")" 555
	ok "$1: whole" cmp "volume/$1" layer/unpack
	is "$1: nothing else is left" "$(ls -A volume)" "$1"
	rm -rf volume
	mkdir -m 0777 volume
}

# shellcheck disable=SC2119 # the driver is its choice
store_open
ok "a base image" base || bail "$(tail -n 3 base.log)"
ok "the image builds" build || bail "no image"

# What is in it.
skopeo copy -q --policy "$STORE/policy.json" \
	containers-storage:localhost/unpack:1 dir:image
jq . image/manifest.json >manifest
config=image/$(jq -r '.config.digest' manifest | cut -d: -f2)
layer=image/$(jq -r '.layers[0].digest' manifest | cut -d: -f2)
is "one layer" "$(jq '.layers | length' manifest)" 1
gzip -dc "$layer" 2>/dev/null >layer.tar || cp "$layer" layer.tar
mkdir layer
tar -C layer -xpf layer.tar
size=$(gzip -9c layer.tar | wc -c)
echo "# the layer is $size of $MAXLAYER bytes, compressed"
ok "small" [ "$size" -le "$MAXLAYER" ]
doc=layer/usr/share/doc/unpack
ok "the project's licence" cmp "$doc/LICENSE" "$TOP/src/LICENSE"
for l in cjson libarchive libdeflate libgcc libmd musl; do
	ok "$l: in the notice" has "$doc/NOTICE" "^  $l +[0-9][^ ]* +[A-Z]"
	ok "$l: its licence" [ -s "$doc/licenses/$l" ]
	ok "$l: in the list of what is linked" eval "jq -e --arg n $l '
		(.packages | map(select(.name == \$n and .versionInfo != null)) |
		length == 1) and (.relationships | map(select(
		.relationshipType == \"STATIC_LINK\" and
		.relatedSpdxElement == \"SPDXRef-Package-\" + \$n)) | length == 1)
		' $doc/sbom.spdx.json >/dev/null"
done
is "nothing that is not linked" "$(ls $doc/licenses | tr '\n' ' ')" \
	"cjson libarchive libdeflate libgcc libmd musl "
is "the list names the program, as it is" "$(jq -r '.files[0].checksums[] |
	select(.algorithm == "SHA256").checksumValue' $doc/sbom.spdx.json)" \
	"$(sha256sum <layer/unpack | cut -d' ' -f1)"
tar --numeric-owner --full-time -tvf layer.tar | grep -v ' usr/share/' |
	sed -E 's|^(-.* 0/0) +[0-9]+|\1 SIZE|' | tr -s ' ' | sort >list
sort >want <<-'END'
	lrwxrwxrwx 0/0 0 1970-01-01 00:00:00 cp -> unpack
	-r-xr-xr-x 0/0 SIZE 1970-01-01 00:00:00 unpack
	drwxr-xr-x 0/0 0 1970-01-01 00:00:00 usr/
	drwxr-xr-x 0/0 0 1970-01-01 00:00:00 usr/bin/
	lrwxrwxrwx 0/0 0 1970-01-01 00:00:00 usr/bin/cp -> ../../unpack
END
ok "unpack, two names for it, nothing else" diff want list
is "a numeric user" "$(jq -r .config.User "$config")" 65532:65532
is "entry point" "$(jq -c .config.Entrypoint "$config")" '["/unpack"]'
is "no command" "$(jq -c .config.Cmd "$config")" null
is "a PATH without /bin" "$(jq -c .config.Env "$config")" '["PATH=/usr/bin"]'
version=$(sed -n 's/^VERSION *= *//p' "$TOP/Makefile")
for label in title:unpack "version:$version" licenses:Apache-2.0; do
	is "label ${label%%:*}" "$(jq -r --arg l "${label%%:*}" \
		'.config.Labels["org.opencontainers.image." + $l]' \
		"$config")" "${label#*:}"
done
ok "label description" eval \
	"jq -e '.config.Labels[\"org.opencontainers.image.description\"]' \
	$config >/dev/null"

# What it does.
mkdir -m 0777 volume
is "--version" "$(run $uid:0 /mnt localhost/unpack:1 --version | head -n 1)" \
	"unpack $version"
is "--version, as the image's user" \
	"$(podman run --rm --network none localhost/unpack:1 --version | head -n 1)" \
	"unpack $version"
for id in $uid:0 1001:1001; do
	run $id /mnt localhost/unpack:1 install /mnt/unpack
	installed unpack
done
# RukPak 0.21 and later
run $uid:0 /util/bin --entrypoint '["/cp"]' localhost/unpack:1 \
	-Rv /unpack /util/bin/unpack >/dev/null
installed unpack
# before that
run 1001:1001 /util/bin --entrypoint '["cp"]' localhost/unpack:1 \
	-Rv /unpack /util/bin/unpack >/dev/null
installed unpack
# a volume over our own /bin
run $uid:0 /bin --entrypoint '["cp"]' localhost/unpack:1 \
	-Rv /unpack /bin/unpack >/dev/null
installed unpack
run $uid:0 /util --entrypoint '["cp"]' localhost/unpack:1 \
	-Rv /unpack /util/unpack >/dev/null
installed unpack
done_testing
