#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What test/mutate lists of the source is still there: a survivor's reason is
# one for that line, and the sample is one of changes.
. "$TOP/test/lib.sh"
need python3

mutate=$TOP/test/mutate/mutate.py
ok "each survivor is a change of a line that is there" "$mutate" --stale
ok "each has a reason" awk '/^[^#\t]/ { n++ } /^\t/ { n = 0 }
	END { exit n > 0 }' "$TOP/test/mutate/survivors.txt"
done_testing
