#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Images that aim at the place where a pod mounts its volume, as pods: all of
# the bundle arrives, or the run fails and says why; never what a program of the
# image prints.
. "$TOP/test/cluster/lib.sh"
. "$TOP/test/hostile.sh"
need skopeo musl-gcc
cluster_open

musl-gcc -static -Os -o rogue "$TOP/test/container/rogue.c" || exit 1
mkdir -p want/manifests want/metadata
printf 'kind: genuine' >want/manifests/csv.yaml
printf 'genuine: too' >want/metadata/a.yaml

for name in $HOSTILE; do
	ref=$IMAGES/$name:test
	hostile "$name" rogue | "$TOP/test/mkimage.py" oci "oci-$name"
	skopeo copy -q --insecure-policy "oci:oci-$name:v1" \
		"docker-archive:$name.tar:$ref"
	load "$name.tar" "$ref" || exit 1
	echo "$ref" >>images.list
	rm -rf "oci-$name" "$name.tar"
done
for name in $HOSTILE; do
	try "$name" run --image "$IMAGES/$name:test" -C "out-$name" -o json
	try "json-$name" run --image "$IMAGES/$name:test" -C "out-json-$name" \
		--format json -o json
done
all_tried

# all_or_nothing NAME: all of it, or nothing and the reason
all_or_nothing() {
	if [ "$(cat "$1.code")" = 0 ]; then
		diff -r want/manifests "out-$1/manifests" &&
			diff -r want/metadata "out-$1/metadata"
	else
		jq -r '"# \(.exit) \(.reason): \(.message)"' "$1.out" |
			head -c 200
		echo
		[ ! -e "out-$1" ]
	fi
}
# what the exit code says, the result says
agrees() {
	jq -e --argjson code "$(cat "$1.code")" '.exit == $code and
		(.result == "ok") == ($code == 0) and
		([.exit] | inside([0, 1, 3]))' "$1.out" >/dev/null
}
for name in $HOSTILE; do
	for try in "$name" "json-$name"; do
		ok "$try: all or nothing" all_or_nothing "$try"
		ok "$try: so it says" agrees "$try"
	done
done
ok "no program of theirs has been heard" [ -z "$(grep -l FORGED ./*.out \
	./*.err)" ]
is "one that is no attack arrives" "$(cat usr-merged.code)" 0
ok "no pod is left" no_pods
done_testing
