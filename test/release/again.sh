#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The release, made again from its own source archive by somebody else,
# somewhere else, later, with another umask, locale and time zone and without a
# network: the same bytes.
. "$TOP/test/lib.sh"
release=$TOP/build/release
[ -e "$release/SHA256SUMS" ] || skip_all "needs a release: make test-release"
command -v s390x-linux-gnu-gcc >/dev/null || skip_all "needs the compilers"
uid=12345
umask 027

tar -xzf "$release"/unpack-*-source.tar.gz
set -- unpack-*
mkdir an_odd.place
mv "$1" an_odd.place/somewhere
chown -R $uid:$uid an_odd.place
chmod 0755 an_odd.place
arches=$(cd "$release" && ls -- *-linux-*.tar.gz |
	sed 's/.*-linux-//; s/\.tar\.gz//' | tr '\n' ' ')
cd an_odd.place/somewhere || exit 1
# what make was given by name
set -- ARCHES="$arches"
for v in REGISTRY RELEASE_URL SOURCE_URL MAINTAINER; do
	eval "[ -z \"\${$v-}\" ] || set -- \"\$@\" $v=\"\$$v\""
done
# shellcheck disable=SC2016 # the other shell's
ok "it is made" unshare --net setpriv --reuid $uid --regid $uid \
	--clear-groups env -i PATH="$PATH" HOME=/ LC_ALL=C.UTF-8 \
	LANG=tr_TR.UTF-8 TZ=Asia/Kathmandu CFLAGS=-O0 sh -c '
	umask 077
	exec make release image "$@" >../log 2>&1' sh "$@"
tail -n 5 ../log | sed 's/^/# /'
for f in "$release"/*; do
	# signatures have a time
	case $f in *.asc | *.minisig) continue ;; esac
	ok "${f##*/}" cmp "$f" "build/release/${f##*/}"
done
# shellcheck disable=SC2010 # plain names
is "no more, no less" "$(ls build/release)" \
	"$(cd "$release" && ls | grep -v 'SHA256SUMS[.]')"
for i in unpack unpackctl; do
	ok "image $i" diff -r "$TOP/build/image/$i" "build/image/$i"
done
# What differs, where something does: a listing of both, too.  Who owns the
# files here, and since when, is not a part of them.
if command -v diffoscope >/dev/null; then
	for what in release image; do
		ok "diffoscope of build/$what" exits 0 diffoscope \
			--exclude-directory-metadata=yes \
			"$TOP/build/$what" "build/$what"
		ok "... is silent" empty out
		head -n 60 out | cut -c1-300 | sed 's/^/# /'
	done
else
	ok_skip "diffoscope" "not installed: test/setup.sh release"
fi
done_testing
