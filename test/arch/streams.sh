#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A program of another architecture, emulated, writes the streams that this
# machine's own writes, to the byte, and each reads the other's.
. "$TOP/test/lib.sh"
: "${OURS:=$TOP/build/$(dpkg --print-architecture)}"
[ -x "$OURS/unpackctl" ] && [ "$UNPACK" != "$OURS/unpack" ] ||
	skip_all "needs another architecture: make test-arch"

# A small bundle, and one of all that a tar can say: parts, holes, long and
# odd names, modes, times before 1970 and after 2038, links, empty things.
cp -R "$TOP/test/bundles/hello-operator" small
mkdir -p large/many large/empty "large/$(printf 'n%.0s' $(seq 150))/$(
	printf 'm%.0s' $(seq 150))"
seq 900000 >large/numbers
head -c 700000 /dev/urandom >large/noise
truncate -s 3M large/hole
echo x >"large/$(printf 'n%.0s' $(seq 150))/$(printf 'm%.0s' $(seq 150))/x"
printf x >"large/$(printf 'caf\351')"
echo '{"a": "ü"}' >large/ü.json
seq 400 | while read -r n; do
	echo "kind: ConfigMap # $n" >"large/many/$n.yaml"
done
: >large/nothing
ln -s numbers large/link
ln -s ../numbers large/many/up
chmod 0777 large/empty
chmod 0555 large/noise
touch -d @-86400 large/nothing
touch -d @4294967297 large/numbers

for tree in small large; do
	for how in "--format json" "--format json --symlinks keep" \
		"--format jsonl" "--format jsonl --jobs 3" "--format tar" \
		"--format json --level 1" "--format json --level 9"; do
		name=$tree$(echo "$how" | tr -d ' -')
		# shellcheck disable=SC2086 # a list of options
		"$OURS/unpack" --bundle-dir $tree $how >"$name.ours" 2>err
		# shellcheck disable=SC2086
		ok "$tree, $how: the same bytes" eval "exits 0 '$UNPACK' \
			--bundle-dir $tree $how && cmp out $name.ours"
		cp out "$name.theirs"
	done
done
for stream in smallformatjson largeformatjsonl largeformattar; do
	ok "$stream: ours, read there" exits 0 "$UNPACKCTL" extract \
		-C "$stream.there" "$stream.ours"
	ok "$stream: theirs, read here" exits 0 "$OURS/unpackctl" extract \
		-C "$stream.here" "$stream.theirs"
	ok "$stream: the same files" diff -r --no-dereference \
		"$stream.there" "$stream.here"
done
sed 1,2d largeformatjsonl.ours >torn
ok "a torn one is refused there" exits 4 "$UNPACKCTL" extract -C none torn
cp err there
ok "... in the same words" eval \
	'exits 4 "$OURS/unpackctl" extract -C none torn; cmp err there'

# What both say of a pod and an image.
"$OURS/unpackctl" pod --image example.com/a:1 --name a >pod.yaml
chmod -R a+rX small large
for how in "check-pod -o json pod.yaml" "check-pod --version v1.0 pod.yaml" \
	"check -o json small" "check -o json large"; do
	# shellcheck disable=SC2086
	"$OURS/unpackctl" $how >ours 2>&1
	code=$?
	# shellcheck disable=SC2086
	ok "$how: the same words" eval \
		"exits $code '$UNPACKCTL' $how; cat err >>out; cmp out ours"
done
done_testing
