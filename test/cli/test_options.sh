#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `unpackctl test`: usage, and failures before any pod.
. "$TOP/test/lib.sh"
U="--unpacker-image example.com/unpack:1"

# shellcheck disable=SC2086
t() {
	KUBECTL=/nowhere "$UNPACKCTL" test $U "$@"
}
ok "help" exits 0 "$UNPACKCTL" test --help
ok "no image" exits 2 t
ok "no image of ours" exits 2 "$UNPACKCTL" test example.com/a:1
ok "which it says" has err "neither --unpacker-image nor"
ok "a name for many pods" exits 2 t --name a example.com/a:1
ok "no such code" exits 2 t --ignore x example.com/a:1
ok "no such form" exits 2 t -o yaml example.com/a:1
ok "no kubectl" exits 1 t -o json example.com/a:1 example.com/b:1
is "each is told" "$(jq -c '[.kind,.result,.exit,.reason,.notTested,
	(.images[] | .image, .result, .code)]' out)" \
	'["TestResult","failed",1,"NotTested",2,"example.com/a:1","not-tested","cluster-failed","example.com/b:1","not-tested","cluster-failed"]'
ok "as JUnit" exits 1 t -o junit example.com/a:1
ok "an error, no failure" has out 'tests="1" failures="0" errors="1"'
ok "as SARIF" exits 1 t -o sarif example.com/a:1
if python3 -c 'import jsonschema' 2>/dev/null; then
	ok "by its schema" "$TOP/test/schema/validate.py" out
else
	ok_skip "by its schema" "needs python3-jsonschema"
fi
ok "as annotations" exits 1 t -o github example.com/a:1
ok "an error" has out '^::error title=cluster-failed::example.com/a:1: '
cat >bundles.yaml <<E2
apiVersion: core.rukpak.io/v1alpha2
kind: BundleDeployment
metadata: {name: b}
spec: {source: {type: image, image: {ref: "example.com/c:1"}}}
E2
ok "of a file, with a secret" exits 1 t -o json -f bundles.yaml --pull-secret s
is "its image" "$(jq -r '.images[].image' out)" example.com/c:1
ok "a file and an image" exits 2 t -f bundles.yaml example.com/a:1
ok "as text" exits 1 t example.com/a:1
ok "a table" has out '^example.com/a:1 +not tested +cluster-failed'
done_testing
