#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# --parts prints these parts, as a whole run does, and always the last line.
. "$TOP/test/lib.sh"

mkdir t
head -c 1200000 /dev/urandom >t/random
"$UNPACK" --bundle-dir t --format jsonl >all
is "five parts" "$(wc -l <all)" 6

# printed PARTS LINES: those lines of the whole run
printed() {
	"$UNPACK" --bundle-dir t --format jsonl --parts "$1" >some 2>err &&
		sed -n "$2" all | cmp - some && empty err
}
ok "one part" printed 2 '3p;6p'
ok "a range" printed 1-3 '2,4p;6p'
ok "to the end" printed 3- '4,6p'
ok "all" printed 0- p
ok "several ranges" printed 0,2-3 '1p;3,4p;6p'
ok "in any order" printed 3-,0 '1p;4,6p'
ok "beyond the end" printed 4-99 '5,6p'
ok "nothing but the last line" printed 5 6p
ok "the far end" printed 18446744073709551614- 6p

size=$("$UNPACK" --bundle-dir t --format jsonl --parts 1-2 | wc -c)
ok "a limit counts what is printed" exits 0 "$UNPACK" --bundle-dir t \
	--format jsonl --parts 1-2 --log-limit "$size"
ok "and no more" exits 3 "$UNPACK" --bundle-dir t \
	--format jsonl --parts 1-2 --log-limit $((size - 1))
ok "prints nothing then" empty out
done_testing
