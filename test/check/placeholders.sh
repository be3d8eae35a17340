#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Who releases this, and where, is given to make, and gets to the krew manifest
# and to Debian's package; where it is not given, that is said.
. "$TOP/test/lib.sh"

stage=stage/out/unpack-1.2.3-linux-amd64
mkdir -p $stage/bin stage/unpack-1.2.3/src tools
: >$stage/bin/unpackctl
cp -R "$TOP/src/debian" stage/unpack-1.2.3/src/
# what a build would begin with
for tool in dh dpkg-buildpackage; do
	printf '#!/bin/sh\n%s\n' 'cp -R debian .. && : >../x.deb' >tools/$tool
	chmod +x tools/$tool
done
PATH=$PWD/tools:$PATH
VERSION=1.2.3 COMMIT='0123 1700000000' ARCHES=amd64
RELEASE_URL=https://example.com/unpack/releases/v1.2.3
MAINTAINER='The unpack maintainers <unpack@example.com>'
export VERSION COMMIT ARCHES RELEASE_URL MAINTAINER

ok "archives" exits 0 "$TOP/src/release/release.sh" archives stage release
ok "their place is a placeholder" has err 'make release RELEASE_URL='
ok "a package" exits 0 "$TOP/src/release/deb.sh" release deb
ok "its maintainer is one" has err 'make deb MAINTAINER='

RELEASE_URL=https://get.example.org/u/releases/v1.2.3
MAINTAINER='A Person <a@example.org>'
ok "archives of somebody" exits 0 "$TOP/src/release/release.sh" archives \
	stage release
ok "nothing is missing" empty err
ok "krew fetches them there" has release/unpack.yaml \
	"uri: $RELEASE_URL/unpack-1.2.3-linux-amd64.tar.gz"
ok "its homepage" has release/unpack.yaml 'homepage: https://get.example.org/u$'
ok "a package of somebody" exits 0 "$TOP/src/release/deb.sh" release deb
ok "nothing is missing in it" empty err
ok "its maintainer" has deb/debian/control '^Maintainer: A Person <a@example.org>$'
ok "its homepage, too" has deb/debian/control '^Homepage: https://get.example.org/u$'
is "in one paragraph" "$(sed -n '/^$/q;p' deb/debian/control | cut -d: -f1 |
	grep -v '^ ' | tr '\n' ' ')" "Source Maintainer Homepage Section \
Priority Build-Depends Standards-Version Rules-Requires-Root "
ok "the changelog's author" has deb/debian/changelog \
	'^ -- A Person <a@example.org>  Tue, 14 Nov 2023'
ok "make hands them on" eval \
	"make -C \"\$TOP\" -n deb MAINTAINER='A <a@b>' | grep -q \"MAINTAINER='A <a@b>'\""
done_testing
