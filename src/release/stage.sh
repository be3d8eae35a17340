#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Build what a release consists of, from the sources that it hands out:
#
#   src/release/stage.sh DIR
#
#   DIR/unpack-VERSION/       the commit, and the libraries' sources in sources/
#   DIR/image/unpack          an OCI layout, and unpackctl
#   DIR/out/unpack-VERSION-linux-ARCH/   programs, manuals, licences
#
# From the environment: VERSION; COMMIT and its time in seconds, by a blank;
# ARCHES; REGISTRY; SOURCE_URL; MAKE.  Nothing is done where all of it is there already.
set -eu
umask 022
: "${VERSION:?}" "${COMMIT:?}" "${ARCHES:?}" "${REGISTRY=}" \
	"${SOURCE_URL=}" "${MAKE:=make}"
top=$PWD
case $COMMIT in
*+\ *)
	echo "stage: of the commit; what is not committed is left out" >&2
	COMMIT=$(echo "$COMMIT" | sed 's/+ / /')
	;;
esac
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL
mkdir -p "$1"
dir=$(cd "$1" && pwd)
key="$COMMIT $VERSION $ARCHES $REGISTRY $SOURCE_URL"
[ "$(cat "$dir/done" 2>/dev/null)" != "$key" ] || exit 0

rm -rf "${dir:?}"
mkdir -p "$dir/out" "$dir/image" "$dir/unpack-$VERSION"
src/deps.sh fetch
source=$dir/unpack-$VERSION
if [ -e .git ]; then
	git -c tar.umask=0022 archive HEAD
else
	tar -c --exclude=./build --exclude=./sources .
fi | tar -x -C "$source"
mkdir "$source/sources"
for f in build/sources/files/*; do
	# signatures of upstream's, which nothing here reads
	case $f in *.asc) grep -qF "${f##*/}" build/sources/files/*.dsc || continue ;; esac
	cp "$f" "$source/sources/"
done

# build ARCH TARGET...: in the sources that are handed out, where neither the
# caller's locale nor the rest of the environment counts
build() {
	arch=$1
	shift
	env -i PATH="$PATH" LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH="${COMMIT#* }" \
		"$MAKE" --no-print-directory -s -C "$source" \
		-j"$(nproc)" ARCH="$arch" MUSL=source COMMIT="$COMMIT" "$@"
}

cd "$source"
for a in $ARCHES; do
	build "$a" image-root IMAGE=unpack DESTDIR="$dir/root/unpack/$a" \
		DOC=usr/share/doc/unpack
done
export VERSION COMMIT
src/release/image.sh unpack "$dir/root/unpack" "$dir/image/unpack"
default=localhost/unpack:$VERSION
if [ -n "$REGISTRY" ]; then
	digest=$(jq -r '.manifests[0].digest' "$dir/image/unpack/index.json")
	default=$REGISTRY/unpack:$VERSION@$digest
fi
for a in $ARCHES; do
	build "$a" image-root IMAGE=unpackctl UNPACK_IMAGE="$default" \
		DESTDIR="$dir/root/unpackctl/$a" DOC=usr/share/doc/unpack
	build "$a" install UNPACK_IMAGE="$default" PREFIX= \
		DESTDIR="$dir/out/unpack-$VERSION-linux-$a"
done
src/release/image.sh unpackctl "$dir/root/unpackctl" "$dir/image/unpackctl"
rm -rf build
cd "$top"
echo "$key" >"$dir/done"
