#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A bundle that fits one slice costs no thread; others get what was asked for.
. "$TOP/test/lib.sh"

mkdir small large
head -c 200000 /dev/urandom >small/file
head -c 3000000 /dev/urandom >large/file

# threads WANTED OPTION...: so many while nobody reads what it writes
threads() {
	python3 - "$UNPACK" "$@" <<-'PY'
	import os, subprocess, sys, time
	program, wanted, *options = sys.argv[1:]
	p = subprocess.Popen([program, *options], stdout=subprocess.PIPE)
	deadline, seen = time.time() + 20, []
	while time.time() < deadline and seen[-5:] != [int(wanted)] * 5:
	    seen.append(len(os.listdir(f"/proc/{p.pid}/task")))
	    time.sleep(0.02)
	print("#", seen[-5:])
	p.stdout.read()
	sys.exit(p.wait() or max(seen) != int(wanted))
	PY
}
ok "one slice" threads 1 --bundle-dir small --jobs 4
ok "many slices, one job" threads 1 --bundle-dir large --jobs 1
ok "many slices, three jobs" threads 4 --bundle-dir large --jobs 3
ok "tar, one thread writes" threads 2 --bundle-dir large --jobs 3 --format tar
ok "tar, one job" threads 1 --bundle-dir large --jobs 1 --format tar
done_testing
