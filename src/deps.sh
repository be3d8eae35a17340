#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Build the libraries that the static programs are made of.
#
#   src/deps.sh ARCH DIR
#   src/deps.sh fetch      only the sources, musl's too
#
# Takes Debian's source packages, from where this machine's own apt takes
# Debian, and leaves headers and static libraries in DIR/include and DIR/lib,
# and DIR/.done when all of them are there.  Every optional part is off.
#
# Trust: apt checks the archive's signature with Debian's keyring and each
# file against the signed hashes.  The system's apt is left as it is: lists,
# caches and sources are private, below build/sources, shared by all ARCHs.
# Neither root nor deb-src lines in the system's configuration are needed.
# Where the directory sources/ is, as in a release's source archive, the source
# packages in it are taken, and nothing is fetched.
#
# CC, AR and RANLIB are the compiler and its tools; HOST is for configure.
# With GCC, a compiler of Debian's for ARCH, musl is one of the libraries, and
# CC is the wrapper that its build leaves in DIR/musl/bin/musl-gcc.
#
# DIR/versions has a line for each library: name, Debian's version, and the
# SHA-256 of its .dsc, which has those of the other files ("-" for the musl of
# Debian's musl-tools).
set -eu
LC_ALL=C
export LC_ALL
umask 022
# what our make was told, or a packager says of the programs, is not for these
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL DESTDIR CFLAGS CPPFLAGS LDFLAGS
: "${CC:=musl-gcc}" "${AR:=ar}" "${RANLIB:=ranlib}" "${HOST:=}" "${GCC:=}"

die() {
	echo "deps: $*" >&2
	exit 1
}

# need TOOL PACKAGE
need() {
	command -v "$1" >/dev/null 2>&1 ||
		die "$1 is missing: apt-get install $2"
}

case $#,${1-} in
2,* | 1,fetch) ;;
*) die "usage: src/deps.sh ARCH DIR | fetch" ;;
esac
arch=$1
mkdir -p "${2:-build}" build/sources
dir=$(cd "${2:-build}" && pwd)
sources=$(cd build/sources && pwd)

case $dir in
*[[:space:]]*) die "$dir: make cannot handle a name with blanks" ;;
esac

given=
[ ! -d sources ] || given=$(cd sources && pwd)

[ -n "$given" ] || need apt-get "apt (this builds from Debian's source packages)"
need dpkg-source dpkg-dev
need make make
need xz xz-utils
need bzip2 bzip2
need flock util-linux
packages="libarchive cjson libdeflate libmd libyaml libzstd zlib"
if [ "$arch" = fetch ]; then
	packages="musl $packages"
elif [ -n "$GCC" ]; then
	need "${GCC%% *}" "$(echo "${GCC%% *}" |
		sed 's/\(.*\)-gcc$/gcc-\1/; s/_/-/g')"
	CC=$dir/musl/bin/musl-gcc
	packages="musl $packages"
else
	case $CC in
	musl-gcc*) need musl-gcc musl-tools ;;
	*) need "${CC%% *}" "a C compiler, or set CC" ;;
	esac
fi
need "$AR" binutils

# ----------------------------------------------------------------- sources

# Print the keyring that Debian's archive is signed with.
keyring() {
	for k in gpg pgp; do
		k=/usr/share/keyrings/debian-archive-keyring.$k
		[ -r "$k" ] && echo "$k" && return
	done
	die "no keyring: apt-get install debian-archive-keyring"
}

# Turn one-line entries (deb [options] URI SUITE COMPONENT...) into stanzas.
stanzas() {
	awk '
	/^[ \t]*deb(-src)?[ \t]/ {
		sub(/#.*/, "")
		signed = ""
		if (match($0, /\[[^]]*\]/)) {
			options = substr($0, RSTART + 1, RLENGTH - 2)
			$0 = substr($0, 1, RSTART - 1) " " \
			    substr($0, RSTART + RLENGTH)
			n = split(options, option, /[ \t]+/)
			for (i = 1; i <= n; i++)
				if (tolower(option[i]) ~ /^signed-by=/)
					signed = substr(option[i], 11)
		}
		printf "Types: deb\nURIs: %s\nSuites: %s\n", $2, $3
		if (signed != "")
			printf "Signed-By: %s\n", signed
		print ""
	}' "$@"
}

# Print a deb-src stanza for each stanza that is Debian's.  One without a
# Signed-By of its own may be: the keyring that we insist on will tell.
# Backports and the like are left out, or they would win by version.
debian_only() {
	awk -v keyring="$1" '
	function field(name) {
		return (name in value) ? value[name] : ""
	}
	function flush(    n, i, suite, suites) {
		n = split(field("suites"), suite, /[ \t]+/)
		for (i = 1; i <= n; i++)
			if (suite[i] !~ /backports|proposed|experimental|\/$/)
				suites = suites " " suite[i]
		if (field("types") ~ /deb/ && suites ~ /[^ ]/ &&
		    tolower(field("enabled")) !~ /no|false|0/ &&
		    field("signed-by") ~ /^[ \t]*$|debian-archive-keyring/) {
			printf "Types: deb-src\nURIs:%s\n", field("uris")
			printf "Suites:%s\nComponents: main\n", suites
			printf "Signed-By: %s\n\n", keyring
		}
		split("", value)
	}
	/^#/ { next }
	/^[ \t]*$/ { flush(); next }
	/^[ \t]/ { value[name] = value[name] " " $0; next }
	{
		name = tolower(substr($0, 1, index($0, ":") - 1))
		value[name] = substr($0, index($0, ":") + 1)
	}
	END { flush() }'
}

# apt_with TOOL: with its state below build/sources and nothing but Debian's
# sources.
apt_with() {
	tool=$1
	shift
	"$tool" -q -o Dir::Etc::sourcelist=/dev/null \
		-o Dir::Etc::sourceparts="$sources/apt/parts" \
		-o Dir::State::lists="$sources/apt/lists" \
		-o Dir::Cache="$sources/apt/cache" \
		-o APT::Sandbox::User= -o Acquire::Retries=2 "$@"
}
apt_get() { apt_with apt-get "$@"; }
apt_cache() { apt_with apt-cache "$@"; }

# Say where Debian's source packages are, and read the lists of them.
fetch_lists() {
	mkdir -p "$sources/apt/parts" "$sources/apt/lists/partial" \
		"$sources/apt/cache/archives/partial"
	etc=/etc/apt
	keys=$(keyring)
	{
		for f in "$etc/sources.list" "$etc"/sources.list.d/*.list; do
			[ ! -r "$f" ] || stanzas "$f"
		done
		for f in "$etc"/sources.list.d/*.sources; do
			[ ! -r "$f" ] || { cat "$f" && echo; }
		done
	} | debian_only "$keys" >"$sources/apt/parts/debian.sources"
	[ -s "$sources/apt/parts/debian.sources" ] ||
		die "/etc/apt names no Debian archive to take sources from"
	# A source that is not Debian's fails here, and is not used.
	apt_get update >"$sources/apt/log" 2>&1 || :
}

# download PACKAGE: its newest source.  A mirror may list a security update
# before it has the files: then the version before is taken, which is as well
# signed, and that is said.  Files that differ from what was signed end it.
download() {
	lacking=
	for v in $(apt_cache madison "$1" 2>>"$sources/apt/log" |
		awk '{ print $3 }' | sort -rVu); do
		apt_get source --only-source --download-only "$1=$v" \
			>"$sources/apt/last" 2>&1 && {
			[ -z "$lacking" ] ||
				echo "deps: the mirror lists $1 $lacking but" \
					"has no source of it: taking $v" >&2
			return 0
		}
		cat "$sources/apt/last" >>"$sources/apt/log"
		grep -q '^E:.* 404 ' "$sources/apt/last" || break
		! grep -q 'Hash Sum mismatch' "$sources/apt/last" || break
		lacking=${lacking:-$v}
	done
	grep '^[EW]:' "$sources/apt/log" | grep -v 'multiple times' |
		tail -n 20 >&2
	die "cannot fetch the sources of $1: take another mirror of Debian, or" \
		"the directory sources/ of a release's source archive (all" \
		"that apt said: $sources/apt/log)"
}

# fetch PACKAGE...: put the source of each in build/sources/PACKAGE, and the
# files of its source package in build/sources/files.
fetch() {
	missing=
	for p; do
		[ -n "$(dsc "$p")" ] && [ -d "$sources/$p" ] ||
			missing="$missing $p"
	done
	[ -n "$missing" ] || return 0
	rm -rf "$sources/new"
	mkdir -p "$sources/new" "$sources/files"
	cd "$sources/new"
	if [ -n "$given" ]; then
		for p in $missing; do
			cp "$given/${p}"_* .
		done
	else
		echo "deps: fetching Debian's sources:$missing"
		fetch_lists
		for p in $missing; do
			download "$p"
		done
	fi
	for p in $missing; do
		dpkg-source --extract "${p}"_*.dsc "$p" >"$p.log" 2>&1 ||
			die "cannot unpack $p: see $sources/new/$p.log"
		rm -rf "${sources:?}/$p" "$sources/files/${p}"_*
		mv "$p" "$sources/$p"
		mv "${p}"_* "$sources/files/"
	done
	cd "$sources"
	rm -rf new
}

# Print the name of PACKAGE's .dsc, or nothing.
dsc() {
	for f in "$sources/files/${1}"_*.dsc; do
		[ ! -e "$f" ] || echo "$f"
	done
}

# Print Debian's version of PACKAGE, without an epoch.
version() {
	if [ "$1" = musl ] && [ -z "$GCC" ]; then
		dpkg-query -W -f '${source:Version}\n' musl-dev 2>/dev/null ||
			echo unknown
		return
	fi
	f=$(dsc "$1")
	f=${f##*/"$1"_}
	echo "${f%.dsc}"
}

# Print the lines of DIR/versions.
versions() {
	for p in $packages; do
		set -- "$(sha256sum "$(dsc "$p")")"
		echo "$p $(version "$p") ${1%% *}"
	done
	[ -n "$GCC" ] || case $CC in
	musl-gcc*) echo "musl $(version musl) -" ;;
	esac
}

# --------------------------------------------------------------- libraries

# Measured on amd64: -O2 makes zstd four times as fast, deflate 20 %, SHA-256
# and inflate 6 %; loops that begin at 32 bytes make deflate another 2 %.
# Nothing unwinds the stack in C: no tables for it.  What parses untrusted input
# has its stack guarded, as our own code has.
lean="-fno-pie -fno-asynchronous-unwind-tables -fno-unwind-tables"
both="-ffunction-sections -fdata-sections -fstack-protector-strong $lean"
small="-Os $both"
fast="-O2 -falign-loops=32 $both"

# library NAME FLAGS FILE...: compile FILEs here, into lib/NAME.a.  Two of them
# may have the same name.
library() {
	name=$1 flags=$2 n=0
	shift 2
	for f; do
		n=$((n + 1))
		# shellcheck disable=SC2086 # lists of flags
		$CC $flags -ffile-prefix-map="$sources"=. -c -o "$n.o" "$f"
	done
	"$AR" rcs "$dir/lib/$name.a" ./*.o
}

# The compiler's own name for a long double of 64 bits: musl has no other on
# powerpc64le.  Its configure looks for what the compiler can do.
build_musl() {
	case $arch in
	ppc64le | ppc64el) real="$GCC -mlong-double-64" ;;
	*) real=$GCC ;;
	esac
	# so that no path gets into an object
	cp -R "$sources/musl/." .
	./configure --target="$HOST" --prefix="$dir/musl" \
		--syslibdir="$dir/musl/lib" --disable-shared \
		--enable-wrapper=gcc CC="$real" AR="$AR" RANLIB="$RANLIB"
	make -j2
	make install
	sed -i "s|^exec .*|exec $real \"\$@\" \
		-specs '$dir/musl/lib/musl-gcc.specs'|" "$dir/musl/bin/musl-gcc"
}

# It reads each number that it prints back, by sscanf; strtod reads the same
# and spares `unpack` the whole of scanf.
build_cjson() {
	s=$sources/cjson
	sed 's/sscanf((char\*)number_buffer, "%lg", &test) != 1/\
		(test = strtod((char *)number_buffer, NULL), 0)/' \
		"$s/cJSON.c" >cJSON.c
	[ "$(grep -c "strtod((char \*)" cJSON.c)" = 1 ]
	library libcjson "$small -I$s" cJSON.c
	mkdir -p "$dir/include/cjson"
	cp "$s/cJSON.h" "$dir/include/cjson/"
}

# Two settings that its build does not offer.  Leaving out the parser of
# levels 10 to 12 takes away what -O2 adds to the compressor.  And level 6, our
# own default, looks at up to 18 places for a match instead of 35, and stops only
# at the longest match there is.  wire.h says what that gains, WIRE_LEVEL.
build_libdeflate() {
	s=$sources/libdeflate
	sed -e 's/^\(#define SUPPORT_NEAR_OPTIMAL_PARSING\).*/\1 0/' \
		-e '/^\tcase 6:/,/^\t\tbreak;/ {
			s/\(max_search_depth =\) 35;/\1 18;/
			s/\(nice_match_length =\) 65;/\1 DEFLATE_MAX_MATCH_LEN;/
		}' "$s/lib/deflate_compress.c" >deflate_compress.c
	[ "$(diff "$s/lib/deflate_compress.c" deflate_compress.c |
		grep -c '^>')" = 3 ]
	set -- deflate_compress.c
	for f in "$s"/lib/*.c "$s"/lib/*/*.c; do
		[ "${f##*/}" = deflate_compress.c ] || set -- "$@" "$f"
	done
	library libdeflate "$fast -I$s -I$s/lib" "$@"
	cp "$s/libdeflate.h" "$dir/include/"
}

build_libmd() {
	s=$sources/libmd
	cat >config.h <<-'END'
	#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	#define WORDS_BIGENDIAN 1
	#endif
	END
	library libmd "$fast -D_GNU_SOURCE -DHAVE_CONFIG_H -I. -I$s/include" \
		"$s/src/sha2.c"
	cp "$s/include/sha2.h" "$s/include/sha256.h" "$dir/include/"
}

build_libyaml() {
	s=$sources/libyaml
	library libyaml "$small -I$s/include -DYAML_VERSION_STRING=\"0\" \
		-DYAML_VERSION_MAJOR=0 -DYAML_VERSION_MINOR=0 \
		-DYAML_VERSION_PATCH=0" "$s"/src/*.c
	cp "$s/include/yaml.h" "$dir/include/"
}

build_zlib() {
	s=$sources/zlib
	library libz "$fast -DHAVE_UNISTD_H -DHAVE_HIDDEN" "$s"/adler32.c \
		"$s"/crc32.c "$s"/inffast.c "$s"/inflate.c "$s"/inftrees.c \
		"$s"/zutil.c
	cp "$s/zlib.h" "$s/zconf.h" "$dir/include/"
}

build_libzstd() {
	s=$sources/libzstd/lib
	library libzstd "$fast -DZSTD_DISABLE_ASM -DZSTD_LEGACY_SUPPORT=0" \
		"$s"/common/*.c "$s"/decompress/*.c
	cp "$s/zstd.h" "$s/zstd_errors.h" "$dir/include/"
}

# The one that needs its configure.  The source tree stays clean; autotools
# are not wanted, although patches change the files' times.
build_libarchive() {
	s=$sources/libarchive
	# It puts UTF-8 names in pax headers into Unicode's normal form C when
	# it reads them: other names than the archive has, and two of them may
	# become one.  Without the two flags no converter does that, and its
	# tables, 30 KB of each program, go.
	sed -i '/^#define SCONV_NORMALIZATION_[CD]/s/(1<<[67])/0/' \
		"$s/libarchive/archive_string.c"
	[ "$(grep -c '^#define SCONV_NORMALIZATION_[CD][[:space:]]*0' \
		"$s/libarchive/archive_string.c")" = 2 ]
	# shellcheck disable=SC2086 # --host, or nothing
	"$s/configure" CC="$CC" AR="$AR" RANLIB="$RANLIB" \
		CFLAGS="$small -ffile-prefix-map=$sources=." \
		LDFLAGS=-no-pie \
		${HOST:+--host=$HOST} --prefix="$dir" --libdir="$dir/lib" \
		--disable-dependency-tracking --disable-maintainer-mode \
		--disable-shared --enable-static --disable-bsdtar \
		--disable-bsdcat --disable-bsdcpio --disable-bsdunzip \
		--disable-acl --disable-xattr --without-zlib \
		--without-bz2lib --without-libb2 --without-iconv \
		--without-lz4 --without-zstd --without-lzma --without-lzo2 \
		--without-cng --without-openssl --without-nettle \
		--without-mbedtls --without-xml2 --without-expat
	make -j2 ACLOCAL=: AUTOCONF=: AUTOMAKE=: AUTOHEADER=: V=0 \
		libarchive.la
	cp .libs/libarchive.a "$dir/lib/"
	cp "$s/libarchive/archive.h" "$s/libarchive/archive_entry.h" \
		"$dir/include/"
}

# build NAME: in a directory of its own, with a log of its own.
build() {
	rm -rf "$dir/stage/$1"
	mkdir -p "$dir/stage/$1"
	cd "$dir/stage/$1"
	"build_$1" >"$dir/stage/$1.log" 2>&1
}

(
	flock 9
	# shellcheck disable=SC2086 # a list of names
	fetch $packages
) 9>"$sources/.lock"
[ "$arch" != fetch ] || exit 0

# told NAME...: a line for each that is built
n=0
total=$(echo "$packages" | wc -w)
told() {
	for p; do
		n=$((n + 1))
		echo "deps: $arch: $n of $total: $p $(version "$p")"
	done
}

rm -rf "${dir:?}/include" "${dir:?}/lib" "${dir:?}/musl" "$dir/.done"
mkdir -p "$dir/include" "$dir/lib"
echo "deps: building $total static libraries for $arch, in a minute or two"
failed=
# In the background, or "||" would switch -e off inside.
if [ -n "$GCC" ]; then
	build musl &
	wait $! || failed=" musl"
	[ -n "$failed" ] || told musl
fi
if [ -z "$failed" ]; then
	build libarchive &
	longest=$!
	for p in $packages; do
		case $p in libarchive | musl) continue ;; esac
		build "$p" &
		if wait $!; then told "$p"; else failed="$failed $p"; fi
	done
	if wait "$longest"; then
		told libarchive
	else
		failed="$failed libarchive"
	fi
fi
for p in $failed; do
	tail -n 15 "$dir/stage/$p.log" >&2
	echo "deps: $p does not build: see $dir/stage/$p.log" >&2
done
[ -z "$failed" ] || exit 1
versions >"$dir/versions"
rm -rf "$dir/stage"
: >"$dir/.done"
