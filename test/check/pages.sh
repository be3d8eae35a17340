#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The manuals are well-formed; every page and section that they or the README
# refer to is there, and so is every test that unpack-security(7) names for a
# claim.
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

# unpackctl-run.1 and so on, as .Xr has them
for page in "$TOP"/src/man/*.[1-9]; do
	name=${page##*/}
	sed -nE 's/^\.Xr (unpack[a-z-]*) ([1-9]).*/\1.\2/p' "$page" |
		sort -u >named
	ok "$name: refers to others" [ -s named ]
	while read -r other; do
		[ -f "$TOP/src/man/$other" ] || echo "$other"
	done <named >missing
	sed 's/^/# no such page: /' missing
	ok "$name: the pages that it refers to are there" empty missing
	sed -nE 's/^\.Sx (.*[^ ,.;:])( [,.;:])?$/\1/p' "$page" | sort -u >named
	sed -nE 's/^\.S[hs] //p' "$page" | sort -u >sections
	comm -23 named sections >missing
	sed 's/^/# no such section: /' missing
	ok "$name: its sections are there" empty missing
done

ok "README.md can be read at once: 200 lines at most" \
	[ "$(wc -l <"$TOP/README.md")" -le 200 ]

version=$(sed -n 's/^VERSION *= *//p' "$TOP/Makefile")
for page in README.md .pre-commit-hooks.yaml .github/actions/check/action.yml \
	manifests/examples/gitlab-ci.yaml manifests/examples/tekton-task.yaml; do
	is "$page names this version" "$(grep -ohE '0\.[0-9]+\.[0-9]+' \
		"$TOP/$page" | sort -u)" "$version"
done
ok "its changes are told" grep -qxF "## $version" "$TOP/.github/CHANGES.md"

# as words have them: unpackctl-run(1)
grep -ohE '\bunpack[a-z-]*\([1-9]\)' "$TOP/README.md" \
	"$TOP"/src/man/*.json "$TOP"/src/*/*.[ch] | sort -u |
	sed -E 's/\(([1-9])\)/.\1/' >named
ok "words refer to pages" [ -s named ]
while read -r other; do
	ok "$other" [ -f "$TOP/src/man/$other" ]
done <named
for page in "$TOP"/src/man/unpackctl-*.1; do
	name=${page##*/}
	ok "unpackctl(1) refers to $name" \
		grep -qx "\\.Xr ${name%.1} 1 ," "$TOP/src/man/unpackctl.1"
done

grep -oE 'test/[a-z]+/[a-z_]+\.(sh|c)' "$TOP/src/man/unpack-security.7" |
	sort -u >named
ok "unpack-security names tests" [ "$(wc -l <named)" -gt 10 ]
while read -r test; do
	ok "$test" [ -f "$TOP/$test" ]
done <named
done_testing
