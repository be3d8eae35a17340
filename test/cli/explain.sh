#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every code has a page, by `unpackctl explain` and in unpack-findings(7), and
# no other code is ever said.
. "$TOP/test/lib.sh"

ok "all codes" exits 0 "$UNPACKCTL" explain -o json
jq -r '.codes[].code' out | sort >codes
ok "there are some" [ "$(wc -l <codes)" -gt 40 ]
is "none twice" "$(uniq -d codes)" ""
is "each with all that a page has" "$(jq -r '.codes[] | select(
	([.meaning, .seen, .fix] | map(length > 10) | all | not) or
	(.severity | IN("error", "warning", "note") | not) or
	(.of | IN("image", "pod", "cluster") | not)) | .code' out)" ""

# the codes that the sources say: verdict_note's, finding_code's, the checks'
{
	tr '\n' ' ' <"$TOP/src/image/verdict.c" |
		grep -oE 'verdict_note\(v,[[:space:]]+"[^"]+"' |
		sed 's/.*"\(.*\)"/\1/'
	sed -n '/^finding_code/,/^}/s/.*return "\(.*-.*\)".*/\1/p' \
		"$TOP/src/bundle/finding.c"
	sed -n 's/.*\.id = "\([^"]*\)".*/\1/p' "$TOP/src/psa/psatable.c"
} | sort -u >said
ok "the sources say many" [ "$(wc -l <said)" -gt 40 ]
is "all of them have a page" "$(comm -23 said codes)" ""

ok "a page" exits 0 "$UNPACKCTL" explain log-limit
ok "its meaning" has out '10 MiB'
ok "what is seen" has out 'In the cluster:'
ok "its fix" has out 'unpackctl run'
ok "several" exits 0 "$UNPACKCTL" explain log-limit runAsNonRoot
ok "the second" has out '^runAsNonRoot \(error, of a pod\)'
ok "all, a line each" exits 0 "$UNPACKCTL" explain
is "a line each" "$(grep -c '^  ' out)" "$(wc -l <codes | tr -d ' ')"
ok "no such code" exits 2 "$UNPACKCTL" explain log-l
ok "it is named" has err "unknown code 'log-l'"
ok "in JSON too" exits 2 "$UNPACKCTL" explain -o json nothing-like-it
is "as all results" "$(jq -r '.kind, .result, .exit' out | tr '\n' ' ')" \
	"ExplainResult failed 2 "

"$UNPACKCTL" explain -o json | "$TOP/src/release/findings.py" >page
ok "the manual is what the table says: make manual" \
	cmp page "$TOP/src/man/unpack-findings.7"
sed -n 's/^\.It Li \([^ ]*\) .*/\1/p' page | sort >pages
is "every code is in it" "$(diff codes pages)" ""
if command -v mandoc >/dev/null; then
	mandoc -T lint -W warning page >lint
	ok "no fault in its markup" lacks lint .
else
	ok_skip "no fault in its markup" "needs mandoc"
fi
done_testing
