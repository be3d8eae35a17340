#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Threads that compress: the same bytes as without them, and an end in the midst
# of their work.  make test-threads runs this with ThreadSanitizer.
. "$TOP/test/lib.sh"

python3 - <<'PY'
import base64, os, random
r = random.Random(1)
for i in range(300):
    os.makedirs(f"t/{i % 7}", exist_ok=True)
    with open(f"t/{i % 7}/{i}", "wb") as f:
        f.write(base64.b64encode(r.randbytes(30000)))
open("t/last", "w").close()
PY

# ends HOW FORMAT: of a reader that does so once the first bytes are there,
# while the threads have work; the exit code
ends() {
	python3 - "$1" "$UNPACK" --bundle-dir t --jobs 4 --format "$2" <<'PY'
import os, signal, subprocess, sys
p = subprocess.Popen(sys.argv[2:], stdout=subprocess.PIPE,
                     stderr=open("err", "w"))
p.stdout.read(1)
if sys.argv[1] == "remove":
    os.unlink("t/last")
    p.stdout.read()
    open("t/last", "w").close()
elif sys.argv[1] == "signal":
    p.send_signal(signal.SIGTERM)
p.stdout.close()
print(p.wait())
PY
}

for format in json jsonl; do
	ok "$format, four jobs" exits 0 "$UNPACK" --bundle-dir t --jobs 4 --format $format
	ok "nothing is said" empty err
	mv out threads
	ok "$format, one job" exits 0 "$UNPACK" --bundle-dir t --jobs 1 --format $format
	ok "the same bytes" cmp out threads
	is "$format, nobody reads on: exit 1" "$(ends close $format)" 1
	ok "is said" has err '^unpack: standard output: Broken pipe$'
	is "$format, a file goes: exit 1" "$(ends remove $format)" 1
	ok "is said" has err '^unpack: last: open: No such file'
	is "one line of it" "$(wc -l <err)" 1
	is "$format, SIGTERM: exit 143" "$(ends signal $format)" 143
	ok "nothing is said" empty err
done
done_testing
