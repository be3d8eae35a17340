#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Modules without cycles: includes point down, and objects need no loop.
. "$TOP/test/lib.sh"
. "$TOP/test/gate.sh"
: "${CC:=musl-gcc}"
[ -n "${UNPACK_OBJ-}" ] || skip_all "needs make's lists: make check"

ok "includes only point down" gate_includes "$TOP/src"
ok "a library is seen in one module" gate_libraries "$TOP/src" "$DEPS/include"
ok "no two functions of one name" gate_names "$TOP/src"
ok "one name for a result" gate_ret "$TOP/src"
ok "only the main files and a child exit" gate_exits "$TOP/src"
ok "every file says what it is" gate_opens "$TOP/src"
# shellcheck disable=SC2046 # lists of names
ok "one way to write standard output: its descriptor" gate_stdout_fd "$TOP/src"
# shellcheck disable=SC2046 # words
ok "and stdio's" gate_stdout $(objects "$UNPACK_OBJ $CTL_OBJ")
# shellcheck disable=SC2046 # words
ok "what is exported is used" gate_exports "$TOP/test" \
	$(objects "$UNPACK_OBJ $CTL_OBJ" | sort -u)
# shellcheck disable=SC2046 # words
ok "unpack's objects need no loop" gate_no_loop $(objects "$UNPACK_OBJ")
# shellcheck disable=SC2046
ok "unpackctl's objects need no loop" gate_no_loop $(objects "$CTL_OBJ")

# The gates themselves.
# write_file FILE LINE...: a file of a made-up src/
write_file() {
	mkdir -p "${1%/*}"
	file=$1
	shift
	printf '%s\n' "$@" >"$file"
}
write_file down/log/decode.c '#include "log/decode.h"' '#include "base/msg.h"' \
	'#include "log/gather.h"' '#include "wire.h"' 'decode_all(void)'
write_file down/unpack.c '#include "base/msg.h"' '#include "wire.h"' 'main(void)'
write_file down/unpackctl.c 'main(void)' '	exit(0);'
write_file up/base/msg.h '#include "log/decode.h"'
write_file room/base/msg.c '#include "msg.h"'
write_file novel/base/msg.c '#include "novel/msg.h"'
write_file top/base/msg.c '#include "unpack.h"'
write_file other/cmd/run.c '#include "cmd/check.h"'
write_file circle/log/a.c '#include "log/b.h"'
write_file circle/log/b.h '#include "log/a.h"'
write_file same/log/a.c 'read_one(int a)'
write_file same/base/b.c 'read_one(int b)'
write_file ret/base/b.c '	int ret = 0;' '	return ret;'
write_file rc/base/b.c '	int ret = 0, rc;' '	return rc;'
write_file exits/base/b.c '	exit(1);'
write_file own/base/json.c '#include <cjson/cJSON.h>' '#include <string.h>'
write_file own/log/decompress.c '#include <zlib.h>' '#include <libdeflate.h>'
write_file second/image/image.c '# include <cjson/cJSON.h>'
write_file quoted/image/image.c '#include "zlib.h"'
write_file header/base/json.h '#include <cjson/cJSON.h>'
write_file new/base/json.c '#include <novel.h>'
for header in cjson/cJSON.h zlib.h libdeflate.h novel.h; do
	write_file "headers/$header" ''
done
mkdir none
ok "gate: includes that point down pass" gate_includes down
for fault in up room novel top other circle none; do
	ok "gate: refused: $fault" refuses gate_includes $fault
done
ok "gate: libraries in their modules pass" gate_libraries own headers
for fault in second quoted header new none; do
	ok "gate: refused: library, $fault" refuses gate_libraries $fault headers
done
ok "gate: no libraries is refused" refuses gate_libraries own none
ok "gate: names of their own pass" gate_names down
ok "gate: one name twice is refused" refuses gate_names same
ok "gate: no functions is refused" refuses gate_names none
ok "gate: ret passes" gate_ret ret
ok "gate: another name for a result is refused" refuses gate_ret rc
ok "gate: no results are refused" refuses gate_ret none
ok "gate: exits of a main file pass" gate_exits down
ok "gate: a file that says nothing is refused" refuses gate_opens down
ok "gate: no files are refused" refuses gate_opens none
ok "gate: another exit is refused" refuses gate_exits exits

cat >a.c <<-'END'
	int b(void);
	int a(void);
	int a(void) { return b(); }
END
cat >b.c <<-'END'
	int c(void);
	int b(void);
	int b(void) { return c(); }
END
echo 'int c(void); int c(void) { return 1; }' >c.c
$CC -c a.c b.c c.c
ok "gate: a chain passes" gate_no_loop a.o b.o c.o
echo 'int a(void); int c(void); int c(void) { return a(); }' >c.c
$CC -c c.c
mkdir -p uses nouses
echo 'int main(void) { return a(); }' >uses/t.c
echo 'int main(void) { return 0; }' >nouses/t.c
ok "gate: an export that a test uses passes" gate_exports uses a.o b.o
ok "gate: an export that nobody uses is refused" \
	refuses gate_exports nouses a.o b.o
ok "gate: no object exports nothing, which is refused" \
	refuses gate_exports uses none.o
ok "gate: a loop of three is refused" refuses gate_no_loop a.o b.o c.o
ok "gate: a missing object is refused" refuses gate_no_loop none.o

cat >out1.c <<'E'
#include <stdio.h>
int out1(char *s, FILE *f);
int out1(char *s, FILE *f)
{
	return fprintf(f, "%s", s) + snprintf(s, 3, "%d", 5);
}
E
for code in 'printf("%s", s)' 'fputs(s, stdout)' 'fflush(stdout)' 'puts(s)' \
	'putchar(*s)' 'fwrite(s, 1, 1, stdout)' 'dprintf(1, "%s", s)'; do
	printf '#define _GNU_SOURCE\n#include <stdio.h>\nint f(char *s);\nint f(char *s)\n{ return (int)(%s); }\n' \
		"$code" >out2.c
	$CC -c -o out2.o out2.c || exit 1
	ok "gate: $code is refused" refuses gate_stdout out2.o
done
$CC -c -o out1.o out1.c
ok "gate: other streams pass" gate_stdout out1.o
ok "gate: no object is refused" refuses gate_stdout none.o
mkdir -p fds/base fdbad
echo '#define OUT_FD STDOUT_FILENO' >fds/base/out.h
echo 'int x = isatty(OUT_FD);' >fds/x.c
echo 'io_write(STDOUT_FILENO, text, 1);' >fdbad/x.c
ok "gate: a question about the descriptor passes" gate_stdout_fd fds
ok "gate: a write to it is refused" refuses gate_stdout_fd fdbad
echo 'io_write(OUT_FD, text, 1);' >fdbad/x.c
ok "gate: by any name" refuses gate_stdout_fd fdbad
done_testing
