#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The same image gives the same bytes: for each storage driver, the uid,
# the place of the program, the number of threads, and the way to the files.
. "$TOP/test/container/lib.sh"

images='operator volume names types own'

# fill: the images, in the storage that is open.
fill() {
	image operator "$TOP/test/bundles/hello-operator"
	image volume "$TOP/test/bundles/hello-operator" 'VOLUME /manifests'
	for name in names types own; do
		image_layers "$name" || bail "no image $name"
	done
}

# pod POD UID GID MOUNT COMMAND: all images.
pod() {
	pod_begin "$1" "$2" "$3" "$4" "[/unpack, install, $4/unpack]"
	for name in $images; do
		pod_bundle "$name" "$name" "$4" "$5"
	done
	pod_run "$1" || bail "pod $1 does not run"
}

store_open
fill
pod first 65532 0 /.unpack 'command: [/.unpack/unpack]'

# Another user, another place, one thread; podman's own kind of emptyDir.
POD_VOLUME='emptyDir: {}'
pod second 1000660000 1001 /util/bin \
	'command: [/util/bin/unpack, --bundle-dir, //, --jobs, 1]'
unset POD_VOLUME

# An image as a volume of our own container: mounted read-only, nothing of the
# runtime's in it.
pod_begin third 1001 0 /.unpack '[/unpack, --version]'
for name in $images; do
	pod_bundle "$name" ours /.unpack \
		'args: [--bundle-dir=/bundle, --jobs=3]' \
		"$(podman image mount "localhost/$name:1")" /bundle
done
pod_run third || bail "the third pod does not run"
podman image umount -a >/dev/null

# Another storage driver.
case $DRIVER in
vfs) DRIVER=overlay ;;
*) DRIVER=vfs ;;
esac
STORE=$PWD/other
if [ "$DRIVER" = vfs ] || overlay_works; then
	store_open
	fill
	pod fourth 4711 4711 /.unpack 'command: [/.unpack/unpack]'
fi

for name in $images; do
	ok "$name: something" [ -s "first/$name.log" ]
	ok "$name: another user and place" cmp "first/$name.log" \
		"second/$name.log"
	ok "$name: an image volume" cmp "first/$name.log" "third/$name.log"
	if [ -d fourth ]; then
		ok "$name: on $DRIVER" cmp "first/$name.log" \
			"fourth/$name.log"
	else
		ok_skip "$name: on $DRIVER" "overlay does not work here"
	fi
	ok "$name: nothing on stderr" empty "first/$name.stderr"
done
done_testing
