#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Images that aim at the place where a pod mounts our volume, under containerd:
# a daemon of our own, and mounts as its CRI makes them: a VOLUME becomes a
# directory of the host that begins with the image's files, and the mounts are
# made in the order of their depth.  At a path that they cannot foresee our
# program runs and all of the bundle comes out, or the container fails.
. "$TOP/test/lib.sh"
. "$TOP/test/hostile.sh"
[ "$(id -u)" = 0 ] || skip_all "needs root"
need containerd ctr runc jq python3
${CC:-musl-gcc} -static -Os -o rogue "$TOP/test/container/rogue.c" ||
	bail "no compiler for rogue.c"

mkdir daemon
cat >daemon/config.toml <<-E
	version = 2
	root = "$PWD/daemon/root"
	state = "$PWD/daemon/state"
	disabled_plugins = ["io.containerd.grpc.v1.cri",
	  "io.containerd.snapshotter.v1.devmapper",
	  "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
	  "io.containerd.snapshotter.v1.aufs", "io.containerd.internal.v1.opt",
	  "io.containerd.tracing.processor.v1.otlp"]
	[grpc]
	  address = "$PWD/daemon/sock"
E
containerd -c daemon/config.toml >daemon/log 2>&1 &
daemon=$!
trap 'kill "$daemon"; wait "$daemon"' EXIT
trap 'exit 1' INT TERM
ctl() {
	ctr -a "$PWD/daemon/sock" -n hostile "$@"
}
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	ctl version >version.log 2>&1 && break
	kill -0 "$daemon" 2>/dev/null || skip_all "containerd does not start"
	sleep 1
done

# our volume, as kubelet's, so that /proc/self/mountinfo looks like a pod's
volume=$PWD/kubelet/pods/p/volumes/kubernetes.io~empty-dir/unpack
mkdir -p "$volume"
hostile_wanted
cp "$UNPACK" "$volume/unpack"
chmod 0555 "$volume/unpack"

# id_of TEXT: 64 hex digits
id_of() {
	printf %s "$1" | sha256sum | cut -d' ' -f1
}
# volume_of NAME PATH: a directory with what the image has at PATH, as it is in
# the image's own root
volume_of() {
	# where CRI has it: by this unpack knows a VOLUME
	volume_of_dir=$PWD/cri/containers/$(id_of "$1")/volumes/$(id_of "$1$2")
	mkdir -p "$volume_of_dir"
	volume_of_from=$(chroot_path "$PWD/mounted" "$2")
	[ ! -d "$volume_of_from" ] ||
		cp -a "$volume_of_from/." "$volume_of_dir/"
	echo "$volume_of_dir"
}
# chroot_path ROOT PATH: where PATH is, links followed below ROOT alone
chroot_path() {
	python3 - "$@" <<-'E'
		import os, sys
		root, path = sys.argv[1], sys.argv[2]
		rest, at, links = path.split("/"), [], 0
		while rest:
		    part = rest.pop(0)
		    if part in ("", "."):
		        continue
		    if part == "..":
		        at = at[:-1]
		        continue
		    here = os.path.join(root, *at, part)
		    if os.path.islink(here) and links < 40:
		        links += 1
		        target = os.readlink(here)
		        at = [] if target.startswith("/") else at
		        rest = target.split("/") + rest
		    else:
		        at.append(part)
		print(os.path.join(root, *at))
	E
}
# mounts NAME PLACE: ctr's options, those of our volume first, by depth
mounts() {
	{
		echo "$2 $volume ro"
		jq -r '.Volumes // {} | keys[]' "$1.config" |
			while read -r path; do
				clean=$(realpath -sm "$path")
				[ "$clean" = "$2" ] ||
					echo "$clean $(volume_of "$1" "$path") rw"
			done
	} | awk '{print gsub("/", "/", $1), NR, $0}' | sort -n -k1 -k2 |
		while read -r _ _ path from mode; do
			echo "--mount"
			echo "type=bind,src=$from,dst=$path,options=rbind:rprivate:$mode"
		done
}
# in_container NAME PLACE
in_container() {
	# shellcheck disable=SC2046 # words
	timeout 60 ctr -a "$PWD/daemon/sock" -n hostile run --rm --net-host \
		--snapshotter overlayfs --read-only --cwd / \
		$(mounts "$1" "$2") "example.com/$1:v1" "c-$1" \
		"$2/unpack" --bundle-dir=/ --format=json >out 2>err
	echo $? >code
}

mkdir mounted
whole=0
for name in $HOSTILE; do
	{
		echo 'config {"User":"65532"}'
		hostile "$name" rogue
	} >lines
	sed -n 's/^config //p' lines | tail -n 1 >"$name.config"
	"$TOP/test/mkimage.py" oci "l-$name" <lines || bail "no image $name"
	tar -C "l-$name" -cf l.tar blobs index.json oci-layout
	ctl images import --snapshotter overlayfs \
		--base-name "example.com/$name" l.tar >import.log 2>&1 ||
		bail "no image $name: $(tail -n 1 import.log)"
	ctl images mount --snapshotter overlayfs "example.com/$name:v1" \
		"$PWD/mounted" >mount.log 2>&1 || bail "mount: $(cat mount.log)"
	random=/.unpack-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	in_container "$name" "$random"
	ctl images unmount --rm "$PWD/mounted" >mount.log 2>&1
	mkdir -p mounted
	ok "$name: all or nothing" all_or_nothing
	echo "# $name: exit $(cat code), $(head -c 200 err)"
	[ "$(cat code)" != 0 ] || whole=$((whole + 1))
done
ok "most of them come out whole: $whole" [ "$whole" -ge 12 ]

# The mounts are what CRI makes of them: at a path that it knows, the image runs
# its own program.
ctl images mount --snapshotter overlayfs example.com/volume-by-link:v1 \
	"$PWD/mounted" >mount.log 2>&1
in_container volume-by-link /.unpack
ctl images unmount --rm "$PWD/mounted" >mount.log 2>&1
is "what they want does happen at a path that they know" \
	"$(cat out)" FORGED
done_testing
