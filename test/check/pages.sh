#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The manuals are well-formed, and every test that unpack-security(7) names for
# a claim is there.
. "$TOP/test/lib.sh"

for page in "$TOP"/src/man/*.[1-9]; do
	name=${page##*/}
	if command -v mandoc >/dev/null; then
		mandoc -Tlint "$page" | grep -v 'referenced manual not found' >lint
		ok "mandoc has nothing to say: $name" empty lint
	else
		ok_skip "mandoc has nothing to say: $name" "needs mandoc"
	fi
done

grep -oE 'test/[a-z]+/[a-z_]+\.(sh|c)' "$TOP/src/man/unpack-security.7" |
	sort -u >named
ok "unpack-security names tests" [ "$(wc -l <named)" -gt 10 ]
while read -r test; do
	ok "$test" [ -f "$TOP/$test" ]
done <named
done_testing
