#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `unpackctl check` judges many images in one call: a verdict for each, a table,
# an exit code for all; and what CI services show of them.
. "$TOP/test/lib.sh"
MK=$TOP/test/mkimage.py

for n in 1 2 3; do
	printf '%s\n' 'config {"User":"1"}' 'layer gzip COPY . /' \
		'dir manifests 0755' "file manifests/a.yaml 0644 kind: $n" |
		"$MK" oci good$n
done
printf '%s\n' 'layer gzip COPY deploy /manifests # buildkit' \
	'dir manifests 0755' 'file manifests/a.yaml 0600' 'symlink s x' |
	"$MK" oci bad
printf '%s\n' 'config {"User":"1"}' 'layer gzip COPY . /' 'symlink s x' \
	'file a.yaml 0644' | "$MK" docker-archive warned.tar

ok "several" exits 3 "$UNPACKCTL" check good1 bad nowhere.tar warned.tar
is "in their order" "$(sed -n 's/.* restricted namespaces: \([^:]*\).*/\1/p' out |
	tr '\n' ' ')" "good1 bad warned.tar "
ok "what cannot be judged" has out '^cannot be checked: nowhere.tar: '
is "a table at the end" "$(tail -n 6 out | tr -s ' ' | sed 's/ $//')" \
	"IMAGE RESULT ERRORS WARNINGS
good1 compatible 0 0
bad not compatible 1 1
nowhere.tar not checked 0 0
warned.tar compatible 0 1
4 images: 2 compatible, 1 not compatible, 1 not checked"
ok "all good" exits 0 "$UNPACKCTL" check good1 good2
ok "not judged alone" exits 1 "$UNPACKCTL" check good1 nowhere.tar
ok "quiet" exits 3 "$UNPACKCTL" check -q good1 bad
ok "really" empty out
printf '%s\n' good1 good2 good3 >list
# shellcheck disable=SC2046 # words
ok "a list" exits 0 "$UNPACKCTL" check $(cat list) -o json
is "is taken" "$(jq -c '[.kind, .exit, .compatible, .images[].image]' out)" \
	'["CheckResult",0,3,"good1","good2","good3"]'
# shellcheck disable=SC2046 # words
ok "with others" exits 3 "$UNPACKCTL" check bad $(cat list) -o json
is "is taken, too" "$(jq -c '[.result, .exit, .images[].exit]' out)" \
	'["failed",3,3,0,0,0]'
ok "none" exits 2 "$UNPACKCTL" check
# many more than there are processors
# shellcheck disable=SC2046 # words
ok "200 images" exits 0 "$UNPACKCTL" check \
	$(for n in $(seq 100); do echo good1 good2; done)
ok "all of them" has out '^200 images: 200 compatible, 0 not'

# what counts
ok "a warning is no failure" exits 0 "$UNPACKCTL" check warned.tar
ok "unless it is to be" exits 3 "$UNPACKCTL" check --fail-on warning warned.tar
ok "which the first line says" has out \
	'^compatible with restricted namespaces, but with 1 warning: warned.tar$'
exits 3 "$UNPACKCTL" check --fail-on warning -o json warned.tar
is "and JSON" "$(jq -c '[.result,.exit,.reason]' out)" \
	'["failed",3,"Warnings"]'
ok "a code that does not count" exits 0 "$UNPACKCTL" check --fail-on warning \
	--ignore symlink-skipped warned.tar
ok "is counted" has out '^1 finding ignored: symlink-skipped$'
ok "an error, too" exits 0 "$UNPACKCTL" check --ignore file-not-readable bad
ok "no such code" exits 2 "$UNPACKCTL" check --ignore x bad

# what CI services show
for form in sarif junit github; do
	ok "$form" exits 3 "$UNPACKCTL" check -o $form good1 bad nowhere.tar
	cp out out.$form
done
if python3 -c 'import jsonschema' 2>/dev/null; then
	ok "SARIF by its schema" "$TOP/test/schema/validate.py" out.sarif
	"$UNPACKCTL" check-pod -o sarif --level baseline \
		"$TOP/manifests/examples" >out || :
	ok "that of check-pod, too" "$TOP/test/schema/validate.py" out
	sed 's/"startLine":1/"startLine":0/' out.sarif >broken
	ok "which would see a fault" sh -c \
		"! '$TOP/test/schema/validate.py' broken 2>/dev/null"
else
	ok_skip "SARIF by its schema" "needs python3-jsonschema"
fi
is "a file, and its rule" "$(jq -r '.runs[0].results[] |
	select(.level == "error") | .ruleId + " " +
	.locations[0].physicalLocation.artifactLocation.uri' out.sarif)" \
	"file-not-readable manifests/a.yaml
image-not-judged Dockerfile"
is "a run that did not see all" \
	"$(jq '.runs[0].invocations[0].executionSuccessful' out.sarif)" false
if command -v xmllint >/dev/null; then
	ok "JUnit by its schema" xmllint --noout --schema \
		"$TOP/test/schema/junit.xsd" out.junit
	"$UNPACKCTL" check-pod -o junit --level baseline \
		"$TOP/manifests/examples" >out || :
	ok "that of check-pod, too" xmllint --noout --schema \
		"$TOP/test/schema/junit.xsd" out
else
	ok_skip "JUnit by its schema" "needs xmllint"
fi
ok "a case for each" has out.junit 'tests="3" failures="1" errors="1"'
ok "an annotation" has out.github \
	'^::error title=file-not-readable::bad: manifests/a.yaml: .*%0Afix: chmod a\+r '
ok "warnings as such" has out.github '^::warning title=symlink-skipped::'
ok "no notes" lacks out.github notice
is "nothing else" "$(grep -Evc '^::(error|warning) ' out.github)" 0
done_testing
