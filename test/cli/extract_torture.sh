#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A bounded number of the cases of `make torture`: what runtimes and kubelet do
# to a stream is seen, named, and repaired.
. "$TOP/test/lib.sh"
need python3
ok "150 random cases" python3 "$TOP/test/torture/torture.py" \
	--cases 150 "$UNPACKCTL"
done_testing
