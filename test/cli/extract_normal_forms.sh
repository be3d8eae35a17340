#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Names that Unicode takes for the same come back as they are, each its own,
# in plain headers and, where they are long, in pax headers.
. "$TOP/test/lib.sh"
[ -z "${SANITIZED-}" ] ||
	skip_all "Debian's libarchive normalizes what it reads"
mkdir bundle
composed=$(printf '\303\251') decomposed=$(printf 'e\314\201')
for n in 1 60; do
	for e in "$composed" "$decomposed"; do
		name=$(printf "%${n}s" "" | sed "s/ /$e/g")
		echo "$n $e" >"bundle/$name"
	done
done
is "four files" "$(find bundle -type f | wc -l)" 4
for format in json jsonl tar; do
	ok "$format: unpack" exits 0 "$UNPACK" --bundle-dir bundle \
		--format "$format"
	mv out log
	ok "$format: extract" exits 0 "$UNPACKCTL" extract -C "to.$format" log
	ok "$format: the same tree" diff -r bundle "to.$format"
done
done_testing
