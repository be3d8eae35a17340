#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What comments and pages name of the source is there: functions, constants and
# files.
. "$TOP/test/lib.sh"
need python3

python3 "$TOP/test/check/stale.py" "$TOP" >stale
sed 's/^/# /' stale
ok "no name that is not there" empty stale

# what it finds, and what it leaves alone
mkdir -p top/src/base
cat >top/src/base/io.c <<'E'
/* io_read, io_reads, IO_MAX, IO_MIN, io_r, open_how; base/io.c, base/oi.c */
int io_read(void);
enum { IO_MAX };
E
echo 'test/none.sh, other/none.sh, src/base/io.c' >top/README.md
is "what is not there" "$(python3 "$TOP/test/check/stale.py" top |
	tr '\n' ' ')" "src/base/io.c:1: io_reads src/base/io.c:1: IO_MIN \
src/base/io.c:1: io_r src/base/io.c:1: base/oi.c README.md:1: test/none.sh "
done_testing
