#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# unpack copy in containers of bundle images, hostile ones too: a volume that
# has exactly the files that the stream of the same container has, or a
# container that failed and a volume without them.
. "$TOP/test/container/lib.sh"
. "$TOP/test/hostile.sh"
need jq

store_open
${CC:-musl-gcc} -static -Os -o rogue "$TOP/test/container/rogue.c" ||
	bail "no compiler for rogue.c"
volumes=$STORE/kubelet/pods/p/volumes/kubernetes.io~empty-dir
mkdir -p "$volumes/unpack" "$volumes/data"
cp "$UNPACK" "$volumes/unpack/unpack"
chmod 0555 "$volumes/unpack/unpack"
chmod 0777 "$volumes/data"
hostile_wanted

# in_container TOOLS DATA IMAGE [ARG...]: with our volumes there
in_container() {
	in_tools=$1 in_data=$2 in_image=$3
	shift 3
	podman run --rm --network host --user "${USER_IS:-65532:0}" --read-only \
		--cap-drop all --security-opt no-new-privileges --workdir / \
		--volume "$volumes/unpack:$in_tools:ro" \
		--volume "$volumes/data:$in_data" \
		--entrypoint "$in_tools/unpack" "localhost/$in_image:1" \
		"$@" >out 2>err
	echo $? >code
}
# exact: what is in the volume is the stream's
exact() {
	"$UNPACKCTL" extract -q -C got "$1" 2>extract.err ||
		{ cat extract.err; return 1; }
	diff -r --no-dereference got "$volumes/data/out" || return 1
	(cd got && find . -mindepth 1 -printf '%P %y %m %T@ %l\n' | sort) >got.list
	(cd "$volumes/data/out" &&
		find . -mindepth 1 -printf '%P %y %m %T@ %l\n' | sort) |
		diff got.list -
}
# copied: all of it, or a failure and nothing
copied() {
	if [ "$(cat code)" != 0 ]; then
		[ -s err ] && [ -z "$(ls -A "$volumes/data")" ]
		return
	fi
	hostile_whole "$volumes/data/out"
}

for name in $HOSTILE; do
	hostile "$name" rogue | "$TOP/test/mkimage.py" oci "$STORE/l-$name" &&
		skopeo copy -q --policy "$STORE/policy.json" \
			"oci:$STORE/l-$name:v1" \
			"containers-storage:localhost/$name:1" ||
		bail "no image $name"
	random=/.unpack-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	in_container "$random" "$random-d" "$name" copy --bundle-dir / \
		"$random-d/out"
	ok "$name: all or nothing" copied
	echo "# $name: exit $(cat code), $(head -c 200 err)"
	rm -rf "$volumes/data/out"
done

# links that lead a place that an image knows to where it has files
printf '%s\n' layer 'dir manifests 0755' 'file manifests/a 0644 x' \
	'symlink data manifests' 'config {}' |
	"$TOP/test/mkimage.py" oci "$STORE/l-led" &&
	skopeo copy -q --policy "$STORE/policy.json" "oci:$STORE/l-led:v1" \
		"containers-storage:localhost/led:1" || bail "no image led"
for dest in /data/out /data; do
	in_container /.unpack-0123456789abcdef /data led copy --bundle-dir / $dest
	ok "the volume is led over the manifests, $dest: exit 1" [ "$(cat code)" = 1 ]
	ok "... it is told" has err 'a symlink leads elsewhere'
	is "... nothing is copied" "$(ls -A "$volumes/data")" ""
done

image hello "$TOP/test/bundles/hello-operator"
for user in 65532:0 1000:1000 2147483647:0; do
	USER_IS=$user
	rm -rf "$volumes/data/out" got
	in_container /.unpack-0123456789abcdef /.unpack-0123456789abcdee hello \
		--bundle-dir / --format jsonl
	mv out stream
	in_container /.unpack-0123456789abcdef /.unpack-0123456789abcdee hello \
		copy --bundle-dir / /.unpack-0123456789abcdee/out
	ok "user $user: exit 0" [ "$(cat code)" = 0 ]
	ok "... nothing is printed" empty out
	ok "... the same as by the log" exact stream
	in_container /.unpack-0123456789abcdef /.unpack-0123456789abcdee hello \
		copy --bundle-dir / /.unpack-0123456789abcdee/out
	ok "... not twice" [ "$(cat code)" = 2 ]
done

# a volume of a file system that knows no O_TMPFILE
rm -rf "$volumes/data/out"
mkdir -m 0777 "$STORE/under"
if bindfs "$STORE/under" "$volumes/data" 2>fuse.err; then
	in_container /.unpack-0123456789abcdef /.unpack-0123456789abcdee hello \
		copy --bundle-dir / /.unpack-0123456789abcdee/out
	ok "without O_TMPFILE: exit 0" [ "$(cat code)" = 0 ]
	rm -rf got
	ok "... the same as by the log" exact stream
	ok "... it was there" [ -d "$STORE/under/out" ]
	umount "$volumes/data"
else
	ok_skip "without O_TMPFILE" "$(head -n 1 fuse.err)"
fi
done_testing
