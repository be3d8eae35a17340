#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# --log-limit refuses before the first byte, and early: what is small is not
# compressed for it, terabytes of zeros are not read.
. "$TOP/test/lib.sh"

mkdir -p b/m zeros
seq 20000 >b/m/numbers
truncate -s 8T zeros/zeros 2>/dev/null || truncate -s 2T zeros/zeros ||
	skip_all "no sparse files"

"$UNPACK" --bundle-dir b --format jsonl >log
size=$(wc -c <log)
ok "as long as the limit" exits 0 "$UNPACK" --bundle-dir b --format jsonl \
	--log-limit "$size"
ok "the same bytes" cmp log out
ok "a byte more" exits 3 "$UNPACK" --bundle-dir b --format jsonl \
	--log-limit "$((size - 1))"
ok "nothing is written" empty out
ok "the size is named" has err "the log would have $size bytes"

# what pods have by default
ok "terabytes of zeros" exits 3 timeout -k 1 60 "$UNPACK" --bundle-dir zeros \
	--format jsonl --log-limit 1Gi
ok "nothing is written" empty out
ok "it says so" has err 'the log would have more than [0-9]{10,} bytes, over --log-limit 1073741824'
reads() {
	strace -f -e trace=read,pread64 -o trace "$UNPACK" --bundle-dir "$1" \
		--format jsonl --log-limit "$2" >/dev/null 2>&1
	grep -c '^[0-9]* *p\{0,1\}read.*= [1-9][0-9]\{4,\}$' trace
}
# what an emulator reads is not what we do
if [ -z "${EMULATOR-}" ] && strace -o /dev/null true 2>/dev/null; then
	is "no file of them is read" "$(reads zeros 1Gi)" 0
	is "a small bundle is read once" "$(reads b 1Gi)" "$(reads b 10Gi)"
	ok "one near the limit is read twice" [ "$(reads b "$size")" -gt \
		"$(reads b 1Gi)" ]
fi
done_testing
