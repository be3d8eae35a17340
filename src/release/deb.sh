#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Make Debian's package of the release's source archive:
#
#   src/release/deb.sh RELEASE DIR
#
# The changelog is made here: a version is one release, and what is new in it is
# in .github/CHANGES.md.
set -eu
umask 022
: "${VERSION:?}" "${COMMIT:?}" "${RELEASE_URL=}" "${MAINTAINER:?}"
epoch=${COMMIT#* }
release=$(cd "$1" && pwd)
command -v dh >/dev/null || {
	echo "deb: dh is missing: sh test/setup.sh release" >&2
	exit 1
}
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL
rm -rf "$2"
mkdir -p "$2"
cd "$2"
tar -xzf "$release/unpack-$VERSION-source.tar.gz"
cd "unpack-$VERSION"
cp -R src/debian debian
{
	printf 'Source: unpack\nMaintainer: %s\n' "$MAINTAINER"
	[ -z "$RELEASE_URL" ] || echo "Homepage: ${RELEASE_URL%/releases/*}"
	grep -vE '^(#|(Source|Maintainer|Homepage):)' src/debian/control
} >debian/control
cat >debian/changelog <<END
unpack ($VERSION) unstable; urgency=medium

  * Version $VERSION.

 -- $MAINTAINER  $(LC_ALL=C date -R -u -d "@$epoch")
END
SOURCE_DATE_EPOCH=$epoch
DEB_BUILD_OPTIONS="parallel=$(nproc)"
export SOURCE_DATE_EPOCH DEB_BUILD_OPTIONS
dpkg-buildpackage --no-sign --build=binary >../build.log 2>&1 || {
	tail -n 30 ../build.log >&2
	exit 1
}
cd ..
rm -rf "unpack-$VERSION" ./*-dbgsym_*
ls -- *.deb
