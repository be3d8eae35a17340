#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A thread decompresses ahead, where there is more than a slice and a processor
# for it.
. "$TOP/test/lib.sh"

for n in 900000 9000000; do
	mkdir b$n
	head -c $n /dev/urandom >b$n/file
	"$UNPACK" --bundle-dir b$n >log$n
done

# threads WANTED LOG COMMAND...: while nobody reads its last 500 KB
threads() {
	wanted=$1 log=$2
	shift 2
	"$TOP/test/threads.py" "$wanted" "$log" \
		$(($(wc -c <"$log") * 3 / 4 - 500000)) "$@"
}
ok "one slice" threads 1 log900000 "$UNPACKCTL" extract --tar -
ok "one processor" threads 1 log9000000 \
	taskset -c "$(taskset -cp $$ | sed 's/.*[ ,-]//')" \
	"$UNPACKCTL" extract --tar -
if [ "$(nproc)" -gt 1 ]; then
	ok "many slices" threads 2 log9000000 "$UNPACKCTL" extract --tar -
else
	ok_skip "many slices" "one processor"
fi
done_testing
