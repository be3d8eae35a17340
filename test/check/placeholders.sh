#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Who releases this, and where, is given to make, and gets to the krew manifest,
# to Debian's package and to SECURITY.md; nobody's release and another tag are
# refused.
. "$TOP/test/lib.sh"

stage=stage/out/unpack-1.2.3-linux-amd64
mkdir -p $stage/bin $stage/share/doc/unpack stage/unpack-1.2.3/src tools
: >$stage/bin/unpackctl
printf '  musl 1.2.3-1 MIT\n' >$stage/share/doc/unpack/NOTICE
cp -R "$TOP/src/debian" stage/unpack-1.2.3/src/
cp -R "$TOP/.github" stage/unpack-1.2.3/
# what a build would begin with
for tool in dh dpkg-buildpackage; do
	printf '#!/bin/sh\n%s\n' 'cp -R debian .. && : >../x.deb' >tools/$tool
	chmod +x tools/$tool
done
PATH=$PWD/tools:$PATH
release=$TOP/src/release/release.sh
VERSION=1.2.3 COMMIT='0123 1700000000' ARCHES=amd64
export VERSION COMMIT ARCHES

# may there be a release?
ok "of nobody: no" exits 1 "$release" may
ok "  is told" has err "to whom users write .* make release MAINTAINER='NAME <ADDRESS>'$"
MAINTAINER='A Person & Co <a@example.org>'
export MAINTAINER
git init -q tagged
mkdir tagged/.github
printf '# Changes\n\n## 1.2.30\n\n## 11.2.3\n' >tagged/.github/CHANGES.md
(cd tagged && git -c user.name=a -c user.email=a@example.org commit -q \
	--allow-empty -m x)
cd tagged || exit 1
ok "nothing is new: no" exits 1 "$release" may
ok "  is told" has err 'CHANGES.md what is new: ## 1.2.3$'
printf '\n## 1.2.3\n' >>.github/CHANGES.md
ok "of somebody: yes" exits 0 "$release" may
git tag v1.2.3
ok "at its tag: yes" exits 0 "$release" may
for tag in 1.2.3 v1.2.4 v1.2.3-rc1 release; do
	git tag $tag
	ok "at $tag: no" exits 1 "$release" may
	ok "  is told" has err "the tag $tag, a release of version 1.2.3 has v1.2.3$"
	git tag -d $tag >tag
done
for v in 1.2 v1.2.3 1.2.3-rc1 1.2.3.4 x; do
	ok "VERSION=$v: no" exits 1 env VERSION="$v" "$release" may
done
ok "KEY=nobody: no" exits 1 env KEY=nobody "$release" may
ok "  is told" has err 'KEY=nobody: neither a file nor a secret key'
cd ..
ok "make asks before it builds" eval \
	"make -C \"\$TOP\" -n release | grep -n 'release.sh may\|stage.sh' |
	head -n 1 | grep -q may"

ok "archives" exits 0 "$release" archives stage release
is "nothing is missing but a signature" "$(cat err)" \
	"release: not signed: make release KEY=..."
ok "the libraries are named" has out '^linked: musl 1.2.3-1 '
ok "no place: no manifest for krew" [ ! -e release/unpack.yaml ]
ok "a package" exits 0 "$TOP/src/release/deb.sh" release deb
ok "no homepage" lacks deb/debian/control '^Homepage'
tar -xzf release/unpack-1.2.3-linux-amd64.tar.gz
doc=unpack-1.2.3-linux-amd64/share/doc/unpack
ok "whom to write to" has $doc/SECURITY.md '^    A Person & Co <a@example.org>$'
ok "  only there" lacks $doc/SECURITY.md '@MAINTAINER@'
ok "what has changed" cmp $doc/CHANGES.md "$TOP/.github/CHANGES.md"

RELEASE_URL=https://get.example.org/u/releases/v1.2.3
MAINTAINER='A Person <a@example.org>'
export RELEASE_URL
ok "archives in a place" exits 0 "$release" archives stage release
ok "krew fetches them there" has release/unpack.yaml \
	"uri: $RELEASE_URL/unpack-1.2.3-linux-amd64.tar.gz"
ok "its homepage" has release/unpack.yaml 'homepage: https://get.example.org/u$'
ok "a package of somebody" exits 0 "$TOP/src/release/deb.sh" release deb
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
