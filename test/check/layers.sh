#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Modules without cycles: includes point down, and objects need no loop.
. "$TOP/test/lib.sh"
. "$TOP/test/gate.sh"
: "${CC:=musl-gcc}"
[ -n "${UNPACK_OBJ-}" ] || skip_all "needs make's lists: make check"

# objects LIST: make's names for them, from the repository's top
objects() {
	for o in $1; do
		case $o in /*) echo "$o" ;; *) echo "$TOP/$o" ;; esac
	done
}

ok "includes only point down" gate_includes "$TOP/src"
ok "no two functions of one name" gate_names "$TOP/src"
ok "only the main files exit" gate_exits "$TOP/src"
# shellcheck disable=SC2046 # lists of names
ok "unpack's objects need no loop" gate_no_loop $(objects "$UNPACK_OBJ")
# shellcheck disable=SC2046
ok "unpackctl's objects need no loop" gate_no_loop $(objects "$CTL_OBJ")

# The gates themselves.
# source FILE LINE...: a file of a made-up src/
source() {
	mkdir -p "${1%/*}"
	file=$1
	shift
	printf '%s\n' "$@" >"$file"
}
source down/log/decode.c '#include "log/decode.h"' '#include "base/msg.h"' \
	'#include "log/gather.h"' '#include "wire.h"' 'decode_all(void)'
source down/unpack.c '#include "base/msg.h"' '#include "wire.h"' 'main(void)'
source down/unpackctl.c 'main(void)' '	exit(0);'
source up/base/msg.h '#include "log/decode.h"'
source room/base/msg.c '#include "msg.h"'
source novel/base/msg.c '#include "novel/msg.h"'
source top/base/msg.c '#include "unpack.h"'
source other/cmd/run.c '#include "cmd/check.h"'
source circle/log/a.c '#include "log/b.h"'
source circle/log/b.h '#include "log/a.h"'
source same/log/a.c 'read_one(int a)'
source same/base/b.c 'read_one(int b)'
source exits/base/b.c '	exit(1);'
mkdir none
ok "gate: includes that point down pass" gate_includes down
for fault in up room novel top other circle none; do
	ok "gate: refused: $fault" refuses gate_includes $fault
done
ok "gate: names of their own pass" gate_names down
ok "gate: one name twice is refused" refuses gate_names same
ok "gate: no functions is refused" refuses gate_names none
ok "gate: exits of a main file pass" gate_exits down
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
ok "gate: a loop of three is refused" refuses gate_no_loop a.o b.o c.o
ok "gate: a missing object is refused" refuses gate_no_loop none.o
done_testing
