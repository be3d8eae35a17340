#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Manifests that cost more work than their size: up to a bound they are read,
# beyond it they are refused with one message, by all that reads them.
. "$TOP/test/lib.sh"

bundle='apiVersion: core.rukpak.io/v1alpha1
kind: Bundle
metadata: {name: a}
spec: {source: {type: image, image: {ref: "a/b:c"}}}'
pod='apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {containers: [{name: c, image: "a/b:c"}]}'

# keys FROM TO: a mapping with these keys
keys() {
	echo "{$(seq -s ', ' -f 'k%.0f: 1' "$1" "$2")}"
}
# tags N: N %TAG lines, which libyaml compares with each other
tags() {
	printf 'a: b\n...\n'
	seq -f '%%TAG !a%.0f! b' "$1"
	echo ---
}
# merges N: a mapping that gets N keys from two others
merges() {
	printf 'a: &a %s\nb: &b %s\nc: {<<: [*a, *b]}\n' "$(keys 1 2000)" \
		"$(keys 2001 "$1")"
}
# again N: a mapping that gets the same keys N times
again() {
	printf 'a: &a %s\nc: {<<: [%s]}\n' "$(keys 1 4000)" \
		"$(seq -s ', ' "$1" | sed 's/[0-9]*[0-9]/*a/g')"
}
# manifest NAME N TEXT: with what NAME prints
manifest() {
	if [ "$1" = tags ]; then
		tags "$2" && echo "$3"
	else
		echo "$3" && "$1" "$2"
	fi
}
# manifests NAME N: NAME.pod and NAME.bundle
manifests() {
	manifest "$1" "$2" "$bundle" >"$1.bundle"
	manifest "$1" "$2" "$pod" >"$1.pod"
}
# reads NAME: pod and check-pod take it
reads() {
	ok "$1: a bundle" exits 0 "$UNPACKCTL" pod -n x -f "$1.bundle" \
		--unpacker-image u/v:w
	ok "$1: a pod" exits 3 "$UNPACKCTL" check-pod "$1.pod"
}
# refused NAME REGEX
refused() {
	ok "$1: no bundle" exits 1 "$UNPACKCTL" pod -n x -f "$1.bundle" \
		--unpacker-image u/v:w
	ok "$1: says why" has err "^unpackctl: $1.bundle:[0-9]+:[0-9]+: $2\$"
	is "$1: in one line" "$(wc -l <err)" 1
	ok "$1: no pod is printed" empty out
	ok "$1: no pod" exits 1 "$UNPACKCTL" check-pod "$1.pod"
	ok "$1: says why of the pod" has err \
		"^unpackctl: $1.pod:[0-9]+:[0-9]+: $2\$"
	is "$1: in one line of the pod" "$(wc -l <err)" 1
	ok "$1: judges nothing" empty out
}

manifests tags 10000
reads tags
manifests tags 10001
refused tags 'too many %TAG directives'
for f in pod bundle; do
	{
		printf '\376\377'
		iconv -f UTF-8 -t UTF-16BE <tags.$f
	} >utf16.$f
done
refused utf16 'too many %TAG directives'
manifests merges 4096
reads merges
manifests merges 4097
refused merges 'too many keys in one mapping'
manifests again 40
reads again
manifests again 1000
refused again 'too large: more than 200000 values'
done_testing
