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

# threads WANTED LOG COMMAND...: so many while nobody reads its last 500 KB
threads() {
	python3 - "$@" <<-'PY'
	import os, subprocess, sys, time
	wanted, log, *command = sys.argv[1:]
	p = subprocess.Popen(command, stdin=open(log), stdout=subprocess.PIPE)
	p.stdout.read(os.path.getsize(log) * 3 // 4 - 500000)
	deadline, seen = time.time() + 20, []
	while time.time() < deadline and seen[-5:] != [int(wanted)] * 5:
	    seen.append(len(os.listdir(f"/proc/{p.pid}/task")))
	    time.sleep(0.02)
	print("#", seen[-5:])
	p.stdout.read()
	sys.exit(p.wait() or max(seen) != int(wanted))
	PY
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
