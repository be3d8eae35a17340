#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The worked example of unpack-stream(5) is one: we decode it, and so does jq
# with what is on every machine.
. "$TOP/test/lib.sh"
need jq

page=$TOP/src/man/unpack-stream.5
sed -n '/begin example/,/end example/p' "$page" | grep -v '^\.' |
	sed -e :a -e '/\\e$/N; s/\\e\n//; ta' >log
is "lines of the example" "$(wc -l <log)" 2
ok "we read it" exits 0 "$UNPACKCTL" extract log
ok "it is verified" has out 'verified$'
is "it holds what the page says" "$(cat bundle/manifests/ns.yaml)" \
	"kind: Namespace"
is "all of it" "$(find bundle | wc -l)" "$(tail -n 1 log | jq .entries)"

jq -r '.content // empty' log | base64 -d >bundle.tar.gz
is "the digest, without us" "sha256:$(sha256sum <bundle.tar.gz |
	cut -d' ' -f1)" "$(jq -r 'select(.entries).digest' log)"
is "the files, without us" "$(tar xzOf bundle.tar.gz manifests/ns.yaml)" \
	"kind: Namespace"

mkdir in
head -c 3000000 /dev/urandom >in/f
"$UNPACK" --bundle-dir in --format jsonl >many 2>/dev/null
ok "more than one part" [ "$(wc -l <many)" -gt 3 ]
mkdir out.d
jq -r '.content // empty' many | base64 -d | tar xz -C out.d
ok "several parts, without us" diff -r in out.d
done_testing
