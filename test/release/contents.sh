#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A release holds what it says: checksums, programs that run, manuals, licences,
# the list of what is linked; and kubectl gets the plugin as krew installs it.
. "$TOP/test/lib.sh"
release=$TOP/build/release
[ -e "$release/SHA256SUMS" ] || skip_all "needs a release: make test-release"
version=$(sed -n 's/^VERSION *= *//p' "$TOP/Makefile")
here=$(dpkg --print-architecture | sed s/ppc64el/ppc64le/)

# runs ARCH PROGRAM ARGUMENT...: by emulation where it must be
runs() {
	runs_arch=$1
	shift
	case $runs_arch in
	"$here") "$@" ;;
	arm64) qemu-aarch64 "$@" ;;
	amd64) qemu-x86_64 "$@" ;;
	*) "qemu-$runs_arch" "$@" ;;
	esac
}

ok "the checksums" eval "(cd $release && sha256sum --quiet -c SHA256SUMS)"
is "of all files" "$(sed 's/.* //' "$release/SHA256SUMS" | sort)" \
	"$(cd "$release" && find . -mindepth 1 -maxdepth 1 ! -name 'SHA256SUMS*' |
	sed 's,^./,,' | sort)"
commit=
for archive in "$release"/unpack-*-linux-*.tar.gz; do
	name=${archive##*/}
	name=${name%.tar.gz}
	arch=${name##*-}
	tar -tvzf "$archive" >list
	ok "$arch: files and directories, of root" lacks list \
		'^[^d-]|^.{10} [^ ]*[^0/ ]'
	tar -xzf "$archive"
	for p in unpack unpackctl; do
		runs "$arch" "$name/bin/$p" --version >out
		is "$arch: $p runs" "$(head -n 1 out)" "$p $version"
		ok "$arch: $p names its commit" has out '^commit [0-9a-f]{40}$'
		: "${commit:=$(sed -n 's/^commit //p' out)}"
		is "$arch: $p: the same one" "$(sed -n 's/^commit //p' out)" \
			"$commit"
	done
	# what --version says is linked, the notice and the list agree
	doc=$name/share/doc/unpack
	sed -n 's/^linked //p' out | sed 's/, /\n/g' | sort >linked
	sed -n 's/^  \([^ ]*\) *\([^ ]*\) .*/\1 \2/p' "$doc/NOTICE" |
		grep -v ^libgcc | sort >notice
	ok "$arch: the notice has what is linked" diff linked notice
	jq -r '.packages[] | select(.name != "unpack" and .name != "libgcc") |
		.name + " " + .versionInfo' "$doc/sbom.spdx.json" | sort >sbom
	ok "$arch: so has the SBOM" diff linked sbom
	jq -r '.packages[] | select(.checksums).checksums[0].checksumValue + "  "
		+ .packageFileName' "$doc/sbom.spdx.json" >dsc
	is "$arch: ... eight of them with their source" "$(wc -l <dsc)" 8
	mkdir -p source
	[ -e source/dsc ] || tar -C source --strip-components 2 --wildcards \
		-xzf "$release"/unpack-*-source.tar.gz '*/sources/*.dsc'
	ok "$arch: ... which is in the source archive" eval \
		"(cd source && sha256sum --quiet -c ../dsc)"
	jq -r '.files[] | .fileName as $n | .checksums[] |
		select(.algorithm == "SHA256").checksumValue + "  " + $n' \
		"$doc/sbom.spdx.json" >files
	ok "$arch: it has the programs" eval \
		"(cd $name && sha256sum --quiet -c ../files)"
	is "$arch: the commit" "$(jq -r \
		'.spdxVersion + " " + .packages[0].sourceInfo' \
		"$doc/sbom.spdx.json")" "SPDX-2.3 commit $commit"
	ok "$arch: the project's licence" cmp "$doc/LICENSE" \
		"$TOP/src/LICENSE"
	for l in $(cut -d' ' -f1 linked) libgcc; do
		ok "$arch: the licence of $l" [ -s "$doc/licenses/$l" ]
	done
	for f in CHANGES.md SECURITY.md; do
		ok "$arch: $f" [ -s "$doc/$f" ]
	done
	ok "$arch: whom to write to" has "$doc/SECURITY.md" \
		'^    .* <.*@.*>$'
	for page in "$TOP"/src/man/*.[1-9]; do
		page=man${page##*.}/${page##*/}
		ok "$arch: $page" [ -s "$name/share/man/$page" ]
	done
done

# krew
for arch in $(cd "$release" && ls -- *-linux-*.tar.gz |
	sed 's/.*-linux-//; s/\.tar\.gz//'); do
	ok "krew installs it, $arch" "$TOP/test/release/krew.py" \
		"$release/unpack.yaml" "$release" "krew-$arch" "$arch"
	ok "... and it runs" eval \
		"runs $arch krew-$arch/bin/kubectl-unpack --version | grep -qx 'unpackctl $version'"
done
ok "as kubectl's plugin" eval \
	"krew-$here/bin/kubectl-unpack --help | grep -q 'kubectl unpack'"
mkdir bad
cp "$release/unpack-$version-linux-$here.tar.gz" bad/
printf x >>"bad/unpack-$version-linux-$here.tar.gz"
ok "a byte more is refused" exits 1 "$TOP/test/release/krew.py" \
	"$release/unpack.yaml" bad krew-bad "$here"

# images
for i in unpack unpackctl; do
	layout=$TOP/build/image/$i
	index=$(jq -r '.manifests[0].digest' "$layout/index.json")
	for blob in "$layout"/blobs/sha256/*; do
		[ "$(sha256sum <"$blob" | cut -d' ' -f1)" = "${blob##*/}" ] ||
			echo "$blob"
	done >wrong
	ok "image $i: every blob is what it is called" empty wrong
	is "image $i: the architectures" "$(jq -r '.manifests[].platform |
		.os + "/" + .architecture' "$layout/blobs/sha256/${index#*:}" |
		tr '\n' ' ')" "linux/amd64 linux/arm64 linux/ppc64le linux/s390x "
	for arch in amd64 arm64 ppc64le s390x; do
		skopeo --override-arch $arch copy -q "oci:$layout:$version" \
			"dir:$i-$arch" || continue
		m=$i-$arch/manifest.json
		is "image $i, $arch: one layer" "$(jq '.layers | length' $m)" 1
		mkdir "$i-$arch/root"
		tar -C "$i-$arch/root" -xzf "$i-$arch/$(jq -r \
			'.layers[0].digest' $m | cut -d: -f2)"
		program=$i-$arch/root/unpack
		[ $i = unpack ] || program=$i-$arch/root/usr/bin/unpackctl
		is "image $i, $arch: it runs" "$(runs $arch $program --version |
			head -n 1)" "$i $version"
		doc=$i-$arch/root/usr/share/doc/unpack
		for f in LICENSE NOTICE licenses/musl sbom.spdx.json; do
			ok "image $i, $arch: $f" [ -s "$doc/$f" ]
		done
		is "image $i, $arch: revision" "$(jq -r --arg k \
			org.opencontainers.image.revision '.annotations[$k]' $m)" \
			"$commit"
		config=$i-$arch/$(jq -r .config.digest $m | cut -d: -f2)
		is "image $i, $arch: ... and as a label" "$(jq -r --arg k \
			org.opencontainers.image.revision '.config.Labels[$k]' \
			"$config")" "$commit"
		is "image $i, $arch: where its source is" "$(jq -r --arg k \
			org.opencontainers.image.source \
			'.config.Labels[$k] // ""' "$config")" "${SOURCE_URL-}"
		is "image $i, $arch: a user of no name" \
			"$(jq -r .config.User "$config")" 65532:65532
		is "image $i, $arch: the layer's digest" "$(gzip -dc \
			"$i-$arch/$(jq -r '.layers[0].digest' $m |
			cut -d: -f2)" | sha256sum | cut -d' ' -f1)" \
			"$(jq -r '.rootfs.diff_ids[0]' "$config" | cut -d: -f2)"
	done
done
# test/check/sbom.sh breaks each rule
ok "every SBOM keeps to SPDX 2.3, and has a namespace of its own" \
	"$TOP/test/release/spdx.py" unpack-*/share/doc/unpack/sbom.spdx.json \
	./*/root/usr/share/doc/unpack/sbom.spdx.json
done_testing
