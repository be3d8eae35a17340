#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A bundle that fits one slice costs no thread; others get what was asked for.
. "$TOP/test/lib.sh"

mkdir small large
head -c 200000 /dev/urandom >small/file
head -c 3000000 /dev/urandom >large/file

# threads WANTED OPTION...
threads() {
	wanted=$1
	shift
	"$TOP/test/threads.py" "$wanted" /dev/null 0 "$UNPACK" "$@"
}
ok "one slice" threads 1 --bundle-dir small --jobs 4
ok "many slices, one job" threads 1 --bundle-dir large --jobs 1
ok "many slices, three jobs" threads 4 --bundle-dir large --jobs 3
ok "tar, never more than one" threads 1 --bundle-dir large --jobs 3 --format tar
done_testing
