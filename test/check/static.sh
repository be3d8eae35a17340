#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The programs are static and small, and unpack links nothing that reads.
. "$TOP/test/lib.sh"
. "$TOP/test/gate.sh"
: "${CC:=musl-gcc}" "${MAXSIZE:=229376}" "${DEPS:=$TOP/build/$ARCH/deps}"
[ -x "$UNPACK" ] || skip_all "needs the programs: make"

# build FLAGS: a.c with the release's compiler and libraries
build() {
	# shellcheck disable=SC2086 # a list of flags
	$CC -I"$DEPS/include" -o a a.c $1
}

ok "unpack is static" gate_static "$UNPACK"
ok "unpackctl is static" gate_static "$UNPACKCTL"
ok "unpack is hardened" gate_hardened "$UNPACK"
ok "unpackctl is hardened" gate_hardened "$UNPACKCTL"
if [ -n "${UNPACK_OBJ-}" ]; then
	# shellcheck disable=SC2046 # lists of names
	ok "unpack guards its stacks" gate_guarded $(objects "$UNPACK_OBJ")
	# shellcheck disable=SC2046
	ok "unpackctl guards its stacks" gate_guarded $(objects "$CTL_OBJ")
else
	ok_skip "stacks are guarded" "needs make's lists: make check"
fi
for lib in "$DEPS"/lib/*.a; do
	ok "${lib##*/} guards its stacks" gate_guards "$lib"
done
ok "unpack is small" gate_size "$UNPACK" "$MAXSIZE"
ok "unpack only writes" gate_writes_only "$UNPACK"

# The gates themselves.
echo 'int main(void) { return 0; }' >a.c
build -static
ok "gate: a static program passes" gate_static a
ok "gate: and a small one" gate_size a "$MAXSIZE"
ok "gate: and one that reads nothing" gate_writes_only a
build ""
ok "gate: a dynamic program is refused" refuses gate_static a
build -static-pie 2>/dev/null
if "$READELF" -lW a | grep -q INTERP; then
	ok "gate: what -static-pie makes is refused" refuses gate_static a
else
	ok_skip "gate: what -static-pie makes is refused" "it is static here"
fi
ok "gate: a script is refused" refuses gate_static "$0"
ok "gate: a missing program is refused" refuses gate_static ./none
ok "gate: a byte too many is refused" refuses gate_size "$UNPACK" \
	$(($("$STRIP" -o s "$UNPACK" && wc -c <s) - 1))
cat >a.c <<'E'
#include <string.h>
int main(int argc, char **argv)
{
	char a[64];

	strcpy(a, argv[argc - 1]);
	return a[argc];
}
E
SAFE="-Wl,-z,noexecstack -Wl,-z,relro"
build "-static $SAFE"
ok "gate: a hardened program passes" gate_hardened a
build "-static -Wl,-z,execstack -Wl,-z,relro"
ok "gate: a stack that is run is refused" refuses gate_hardened a
build "-static -Wl,-z,noexecstack -Wl,-z,norelro"
ok "gate: one without -z relro is refused" refuses gate_hardened a
build "-static $SAFE -Wl,-N"
ok "gate: text that is writable is refused" refuses gate_hardened a
$CC -c -fstack-protector-strong -o guarded.o a.c
$CC -c -fno-stack-protector -o bare.o a.c
ok "gate: a guarded stack passes" gate_guarded guarded.o
ok "gate: an unguarded one is refused" refuses gate_guarded bare.o
ok "gate: one in three is refused" refuses gate_guarded guarded.o bare.o bare.o
ok "gate: no object is refused" refuses gate_guarded none.o
ok "gate: one of an archive is enough" gate_guards guarded.o
ok "gate: none is not" refuses gate_guards bare.o
"$STRIP" -o a "$UNPACK"
ok "gate: a stripped program cannot pass" refuses gate_writes_only a

# reads NAME LIBS C-EXPRESSION HEADER...
reads() {
	name=$1 libs=$2 expression=$3
	shift 3
	{
		printf '#include <%s>\n' "$@"
		echo "int main(void) { return (int)(intptr_t)($expression); }"
	} >a.c
	build "-static -L$DEPS/lib $libs"
	ok "gate: $name is refused" refuses gate_writes_only a
}
reads "an archive reader" -larchive "archive_read_new()" \
	stdint.h archive.h
reads "cJSON's parser" -lcjson 'cJSON_Parse("1")' stdint.h cjson/cJSON.h
reads "a YAML parser" -lyaml "yaml_parser_initialize(0)" stdint.h yaml.h
reads "zlib's inflate" -lz "inflate(0, 0)" stdint.h zlib.h
reads "zstd's reader" -lzstd "ZSTD_createDStream()" stdint.h zstd.h
reads "libdeflate's reader" -ldeflate \
	"libdeflate_gzip_decompress(0, 0, 0, 0, 0, 0)" stdint.h libdeflate.h
done_testing
