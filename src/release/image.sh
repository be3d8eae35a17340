#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Write an image for several architectures, without a daemon:
#
#   src/release/image.sh unpack|unpackctl ROOTS LAYOUT
#
# ROOTS/ARCH is the root of each.  LAYOUT becomes an OCI layout (image-spec 1.0)
# with one index in it, called VERSION, of one layer each.  The same roots make
# the same digests: times are the commit's, names are sorted, owners are 0.
#
# From the environment: VERSION; COMMIT and its time in seconds, by a blank.
set -eu
LC_ALL=C
export LC_ALL
umask 022
name=$1 roots=$2 layout=$3
epoch=${COMMIT#* }
created=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)
media=application/vnd.oci.image

case $name in
unpack)
	about="Streams a bundle image's files through the log of a restricted pod"
	config='{"Env": ["PATH=/usr/bin"], "Entrypoint": ["/unpack"]}'
	;;
unpackctl)
	about="Makes unpack pods, reads and verifies their logs, checks images"
	config='{"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/bin:/bin"],
		"Entrypoint": ["/usr/bin/unpackctl"]}'
	;;
esac
# base.name is empty for an image that has none, as buildah has it
labels=$(jq -cnS --arg name "$name" --arg about "$about" \
	--arg created "$created" --arg source "${SOURCE_URL-}" \
	--arg version "$VERSION" --arg commit "${COMMIT% *}" '{
	title: $name, description: $about, version: $version,
	revision: $commit, created: $created, licenses: "Apache-2.0",
	vendor: "unpack", "base.name": "", source: $source
	} | with_entries(select(.key == "base.name" or .value != "") |
		.key |= "org.opencontainers.image." + .)')

# blob FILE TYPE: put it where it belongs; print its descriptor.
blob() {
	sum=$(sha256sum <"$1" | cut -d' ' -f1)
	jq -cn --arg type "$2" --arg digest "sha256:$sum" \
		--argjson size "$(wc -c <"$1")" \
		'{mediaType: $type, digest: $digest, size: $size}'
	mv "$1" "$layout/blobs/sha256/$sum"
}

rm -rf "$layout"
mkdir -p "$layout/blobs/sha256"
printf '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
: >"$layout/manifests"
for root in "$roots"/*; do
	arch=${root##*/}
	# shellcheck disable=SC2046 # names without blanks
	tar --sort=name --format=ustar --owner=0 --group=0 --numeric-owner \
		--mtime="@$epoch" -C "$root" -cf "$layout/layer" \
		$(ls -A "$root")
	diff=$(sha256sum <"$layout/layer" | cut -d' ' -f1)
	gzip -9n <"$layout/layer" >"$layout/layer.gz"
	rm "$layout/layer"
	layer=$(blob "$layout/layer.gz" $media.layer.v1.tar+gzip)
	jq -cnS --argjson labels "$labels" --argjson config "$config" \
		--arg arch "$arch" --arg created "$created" \
		--arg diff "sha256:$diff" '{
		architecture: $arch, os: "linux", created: $created,
		config: ($config + {User: "65532:65532", Labels: $labels,
			WorkingDir: "/"}),
		rootfs: {type: "layers", diff_ids: [$diff]},
		history: [{created: $created, created_by: "make image"}]
		}' >"$layout/config"
	config_blob=$(blob "$layout/config" $media.config.v1+json)
	jq -cnS --argjson config "$config_blob" --argjson layer "$layer" \
		--argjson labels "$labels" --arg media $media '{
		schemaVersion: 2, mediaType: ($media + ".manifest.v1+json"),
		config: $config, layers: [$layer], annotations: $labels
		}' >"$layout/manifest"
	blob "$layout/manifest" $media.manifest.v1+json |
		jq -c --arg arch "$arch" \
			'. + {platform: {architecture: $arch, os: "linux"}}' \
			>>"$layout/manifests"
done
jq -csS --argjson labels "$labels" --arg media $media '{
	schemaVersion: 2, mediaType: ($media + ".index.v1+json"),
	manifests: ., annotations: $labels}' "$layout/manifests" >"$layout/index"
rm "$layout/manifests"
blob "$layout/index" $media.index.v1+json |
	jq -cS --arg name "$VERSION" '{schemaVersion: 2, manifests: [. +
		{annotations: {"org.opencontainers.image.ref.name": $name}}]}' \
		>"$layout/index.json"
