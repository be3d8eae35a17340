#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# System calls that fail, memory among them, and SIGTERM during others: a sample
# of `make faults`.
. "$TOP/test/lib.sh"
[ -z "${SANITIZED:-}" ] || skip_all "its memory does not run out like that"
need python3
strace -o /dev/null true 2>/dev/null || skip_all "needs strace, and ptrace"

ok "no wrong outcome" "$TOP/test/torture/faults.py" --most "${FAULTS:-800}" \
	"$UNPACK" "$UNPACKCTL"
done_testing
