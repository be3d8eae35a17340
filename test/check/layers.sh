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

ok "includes only point down" gate_floors "$TOP/src"
# shellcheck disable=SC2046 # lists of names
ok "unpack's objects need no loop" gate_no_loop $(objects "$UNPACK_OBJ")
# shellcheck disable=SC2046
ok "unpackctl's objects need no loop" gate_no_loop $(objects "$CTL_OBJ")

# The gates themselves.
mkdir up same unknown none down
echo '#include "walk.h"' >up/msg.c
echo '#include "io.h"' >same/msg.h
echo '#include "novel.h"' >unknown/unpack.c
printf '%s\n' '#include "walk.h"' '#include "msg.h"' >down/walk.c
ok "gate: an include that points down passes" gate_floors down
ok "gate: one that points up is refused" refuses gate_floors up
ok "gate: one to the same floor is refused" refuses gate_floors same
ok "gate: a module on no floor is refused" refuses gate_floors unknown
ok "gate: no sources is refused" refuses gate_floors none

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
