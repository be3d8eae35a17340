#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A release is signed by minisign or gpg; what README.md says verifies it, and
# sees a changed archive, changed checksums, and another's key.
. "$TOP/test/lib.sh"
need minisign gpg gpgconf

stage=stage/out/unpack-1.2.3-linux-amd64
mkdir -p $stage/bin $stage/share/doc/unpack stage/unpack-1.2.3/src
echo program >$stage/bin/unpackctl
: >$stage/share/doc/unpack/NOTICE
cp -R "$TOP/.github" stage/unpack-1.2.3/
VERSION=1.2.3 COMMIT='0123 1700000000' ARCHES=amd64 MAINTAINER='A <a@b>'
export VERSION COMMIT ARCHES MAINTAINER

# keys of ours and of another, without passphrases
for who in ours others; do
	minisign -GW -p $who.pub -s $who.key >made 2>&1 || cat made
	GNUPGHOME=$PWD/$who.gnupg
	export GNUPGHOME
	mkdir -m 700 "$GNUPGHOME"
	gpg --batch --quiet --passphrase '' --quick-gen-key \
		"$who <a@b>" ed25519 2>made
	gpg --batch --armor --export >$who.asc
done
trap 'GNUPGHOME=$PWD/ours.gnupg gpgconf --kill all
	GNUPGHOME=$PWD/others.gnupg gpgconf --kill all' EXIT

# the reader has public keys, and the lines of README.md
mkdir -m 700 reader
with_minisign=$(grep -o '^minisign -Vm .*' "$TOP/README.md" | sed 's/ *#.*//')
with_gpg=$(grep -o 'gpg --verify [^`]*' "$TOP/README.md")
sums=$(grep -o '^sha256sum .*SHA256SUMS$' "$TOP/README.md")
for line in "$with_minisign" "$with_gpg" "$sums"; do
	ok "README.md has it: $line" [ -n "$line" ]
done
# verifies OWNER COMMAND: these lines, with this one's public key
verifies() {
	rm -rf reader/* && mkdir -p reader
	cp $1.pub reader/unpack.pub
	GNUPGHOME=$PWD/reader gpg --batch --quiet --import $1.asc 2>import >&2
	(cd release && cp ../reader/unpack.pub . && GNUPGHOME=$PWD/../reader &&
		export GNUPGHOME && sh -ec "$2" && sh -ec "$sums")
	verified=$?
	GNUPGHOME=$PWD/reader gpgconf --kill all
	return $verified
}
# refused COMMAND...: it fails
refused() {
	! "$@" >out 2>err
}
# signed KEY COMMAND: a release that KEY signs is verified by COMMAND
signed() {
	rm -rf release
	ok "is signed" exits 0 env KEY="$1" GNUPGHOME="$PWD/ours.gnupg" \
		"$TOP/src/release/release.sh" archives stage release
	ok "verifies" exits 0 verifies ours "$2"
	ok "  not as another's" refused verifies others "$2"
	cp release/SHA256SUMS good
	archive=release/unpack-1.2.3-linux-amd64.tar.gz
	cp $archive good.tar.gz
	printf x >>$archive
	ok "  a changed archive is refused" refused verifies ours "$2"
	(cd release && sha256sum unpack-* >SHA256SUMS)
	ok "  with its checksum, too" refused verifies ours "$2"
	cp good.tar.gz $archive
	for change in 's/^./&/; $s/$/ /' '$d' 's/source/other/'; do
		sed "$change" good >release/SHA256SUMS
		ok "  SHA256SUMS by $change is refused" refused verifies ours "$2"
	done
	cp good release/SHA256SUMS
	ok "  and as it was it verifies" exits 0 verifies ours "$2"
	mv release/SHA256SUMS.* .
	ok "  without the signature it is refused" refused verifies ours "$2"
}
echo "# minisign"
signed ours.key "$with_minisign"
ok "the signature names the version" has SHA256SUMS.minisig ': unpack 1.2.3$'
echo "# gpg"
signed "$(GNUPGHOME=$PWD/ours.gnupg gpg --list-keys --with-colons 2>listed |
	sed -n 's/^fpr:*\([0-9A-F]*\):$/\1/p' | head -n 1)" "$with_gpg"

rm -rf release
ok "without KEY" exits 0 "$TOP/src/release/release.sh" archives stage release
ok "  nothing is signed" eval "! ls release | grep -E 'sig|asc'"
ok "a public key does not sign" refused env KEY=ours.pub \
	"$TOP/src/release/release.sh" archives stage release
# a key with a password, and nobody to ask: said at once, before and after the
# build, and nothing waits, also where standard input never ends
printf 'pw\npw\n' | minisign -G -p locked.pub -s locked.key >made 2>&1 || cat made
GNUPGHOME=$PWD/ours.gnupg gpg --batch --quiet --pinentry-mode loopback \
	--passphrase pw --quick-gen-key "locked <l@b>" ed25519 2>made || cat made
GNUPGHOME=$PWD/ours.gnupg gpgconf --kill gpg-agent
mkfifo never
sleep 600 >never &
sleeper=$!
locked() {
	ok "$1, $2: refused" exits 1 timeout 60 sh -c \
		'exec env -C news "$0" "$@" <"$IN"' env KEY="$1" \
		GNUPGHOME="$PWD/ours.gnupg" "$TOP/src/release/release.sh" "$2" \
		../stage ../release
	ok "  and says what to do" has err "KEY=$1.* no terminal to ask .*for .*: use a key without one"
	ok "  nothing is there" [ ! -e release ]
}
# where there is news of this version
mkdir -p news/.github && echo "## $VERSION" >news/.github/CHANGES.md
ok "a file is minisign's key" exits 0 env -C news KEY=../ours.key \
	"$TOP/src/release/release.sh" may
ok "a name is gpg's" exits 0 env -C news KEY=ours GNUPGHOME="$PWD/ours.gnupg" \
	"$TOP/src/release/release.sh" may
rm -rf release
for IN in /dev/null "$PWD/never"; do
	export IN
	for key in ../locked.key locked; do
		locked $key may
		locked $key archives
	done
done
kill $sleeper
ok "a password can be typed" exits 0 script -qec "env -C news \
	KEY=../locked.key '$TOP/src/release/release.sh' may" /dev/null
ok "a key without one needs no terminal" exits 0 env -C news KEY=../ours.key \
	"$TOP/src/release/release.sh" may </dev/null
done_testing
