#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# src/deps.sh takes nothing that Debian has not signed, and says what it lacks.
. "$TOP/test/lib.sh"
: "${ARCH:=$(dpkg --print-architecture)}"

# A tool is missing: one line that names the package.
for pair in musl-gcc:musl-tools dpkg-source:dpkg-dev make:make xz:xz-utils; do
	mkdir bin
	ln -sf /usr/sbin/* /usr/bin/* bin/
	rm "bin/${pair%:*}"
	ok "no ${pair%:*}" exits 1 env PATH="$PWD/bin" CC=musl-gcc \
		"$TOP/src/deps.sh" "$ARCH" libs
	is "no ${pair%:*}: what it says" "$(cat err)" \
		"deps: ${pair%:*} is missing: apt-get install ${pair#*:}"
	rm -rf bin
done

# Another architecture: what there is to set.
ok "a foreign ARCH" exits 2 make -s -C "$TOP" ARCH=foreign
ok "... says which compiler it needs" has err \
	'ARCH=foreign: not amd64, .*; set CC to a musl'

# Another host's files: neither a source nor the lists may differ in a bit.
command -v python3 >/dev/null || {
	ok_skip "tampering" "needs python3"
	done_testing
	exit
}
grep -rhsq '^\(URIs: *\|deb .*\)http:' /etc/apt/sources.list \
	/etc/apt/sources.list.d || {
	ok_skip "tampering" "needs a Debian archive by http"
	done_testing
	exit
}

# tampered PATTERN [404]: src/deps.sh by way of the proxy
tampered() {
	rm -rf build port
	"$TOP/test/check/proxy.py" "$1" port "${2-}" &
	proxy=$!
	until [ -e port ]; do
		kill -0 "$proxy" || return 1
		sleep 0.1
	done
	env http_proxy="http://127.0.0.1:$(cat port)" no_proxy= \
		CC=musl-gcc "$TOP/src/deps.sh" "$ARCH" libs >log 2>&1
	code=$?
	kill "$proxy"
	return $code
}

refused() {
	! tampered "$@" && has log '^deps: cannot fetch the sources' &&
		[ ! -e build/sources/cjson ] && [ ! -e libs/.done ]
}

ok "a bit in a source" refused 'cjson.*\.orig\.tar'
ok "... is a hash that differs" has log 'Hash Sum mismatch'
ok "... and no other version is taken" lacks log 'taking'
ok "a source that the mirror lists and lacks" refused '/cjson_' 404
ok "... is named, with the way out" has log \
	'the sources of cjson: take another mirror'
ok "a bit in the list of sources" refused '/source/'
ok "... is a hash that differs" has build/sources/apt/log 'Hash Sum mismatch'
ok "a bit in the signed list" refused 'InRelease'
ok "... is a bad signature" has build/sources/apt/log \
	'signature.*invalid|BADSIG|is not signed|NODATA'
done_testing
