#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Images that aim at the place where a pod mounts our volume, with VOLUMEs and
# symlinks on the way to it.  At a path that they cannot foresee our program
# runs and all of the bundle comes out, or the container fails; nothing else.
# A pod whose path they know is lost to some of them.
. "$TOP/test/container/lib.sh"
. "$TOP/test/hostile.sh"
need jq

store_open
${CC:-musl-gcc} -static -Os -o rogue "$TOP/test/container/rogue.c" ||
	bail "no compiler for rogue.c"
volume=$STORE/kubelet/pods/p/volumes/kubernetes.io~empty-dir/unpack
mkdir -p "$volume"
hostile_wanted
cp "$UNPACK" "$volume/unpack"
chmod 0555 "$volume/unpack"

# in_container PLACE IMAGE: run it with our volume at PLACE; out, err, code.
in_container() {
	podman run --rm --network host --user 65532:0 --read-only \
		--cap-drop all --security-opt no-new-privileges --workdir / \
		--volume "$volume:$1:ro" --entrypoint "$1/unpack" \
		"localhost/$2:1" --bundle-dir=/ --format=json >out 2>err
	echo $? >code
}
# as_volume IMAGE: the image is a volume of our own container.
as_volume() {
	podman run --rm --network host --user 65532:0 --read-only \
		--cap-drop all --security-opt no-new-privileges --workdir / \
		--mount "type=image,source=localhost/$1:1,destination=/bundle" \
		--entrypoint /unpack localhost/ours:1 --bundle-dir=/bundle \
		--format=json >out 2>err
	echo $? >code
}
# shapes FILE: what the container did, in a word
shapes() {
	if grep -q FORGED out; then
		echo forged
	elif [ "$(cat code)" != 0 ]; then
		echo failed
	else
		echo whole
	fi
}

for name in $HOSTILE; do
	hostile "$name" rogue | "$TOP/test/mkimage.py" oci "$STORE/l-$name" &&
		skopeo copy -q --policy "$STORE/policy.json" \
			"oci:$STORE/l-$name:v1" \
			"containers-storage:localhost/$name:1" ||
		bail "no image $name"
	random=/.unpack-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	in_container "$random" "$name"
	ok "$name: all or nothing" all_or_nothing
	echo "# $name: $(shapes), $(head -c 200 err)"
	as_volume "$name"
	ok "$name, as a volume: all or nothing" all_or_nothing
	echo "# $name as a volume: $(shapes), $(head -c 200 err)"
done

# At a path that they know.
for one in $HOSTILE_FIXED; do
	name=${one%%=*} path=${one#*=}
	in_container "$path" "$name"
	got=$(shapes)
	echo "# $name at $path: $got, $(head -c 200 err)"
	ok "$name at $path: its own program, or none" [ "$got" != whole ]
done
done_testing
