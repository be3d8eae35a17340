#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The main job on a sample bundle, without a cluster: what the two containers
# of an unpack pod do, with the same mounts, user, and privileges.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
: "${ARCH:=$(dpkg --print-architecture)}"
: "${UNPACK:=$top/build/$ARCH/unpack}"
bundle=${1:-$top/test/bundles/hello-operator}

# Where mounting is not allowed, as in an unprivileged container or a chroot,
# the same is shown without it.
if [ -z "${DEMO_INSIDE:-}" ]; then
	DEMO_INSIDE=$(mktemp -d)
	export DEMO_INSIDE UNPACK
	trap 'rm -rf "$DEMO_INSIDE"' EXIT
	if unshare --mount --propagation private \
		mount -t tmpfs none "$DEMO_INSIDE" 2>/dev/null; then
		DEMO_MOUNTS=1 unshare --mount --propagation private \
			sh "$0" "$bundle"
	else
		echo "demo: mounting is not allowed here; shown without it"
		DEMO_MOUNTS='' sh "$0" "$bundle"
	fi
	exit
fi
work=$DEMO_INSIDE
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n%s\n' "$*"; }

# The image's root directory is the bundle; the pod adds /proc and a volume, at
# a place that no image can foresee.
tools=.unpack-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
root=$work/root
# with its times, so that the same bundle gives the same stream
cp -r --preserve=timestamps "$bundle" "$root"
chmod 755 "$work"
chmod -R a+rX "$root"
if [ -n "$DEMO_MOUNTS" ]; then
	place=$root/$tools
	mkdir -p "$place" "$root/proc"
	mount -t tmpfs -o mode=0777,size=1m tools "$place"
	mount -t proc proc "$root/proc"
else
	# beside the bundle, of which only a mount is left out
	place=$work/$tools
	mkdir -m 0777 "$place"
fi

say "init container: unpack install /$tools/unpack"
"$UNPACK" install "$place/unpack"
ls -l "$place/unpack" | sed "s,$root,,; s,$work,,"

# leaving uid 0 takes the capabilities away: capabilities(7)
if [ -n "$DEMO_MOUNTS" ]; then
	say "container: /$tools/unpack --bundle-dir=/" \
		"  (uid 65532, no capabilities)"
	chroot --userspec=65532:0 --groups= "$root" \
		"/$tools/unpack" --bundle-dir=/ >"$work/log"
elif [ "$(id -u)" = 0 ]; then
	say "container: /$tools/unpack --bundle-dir=ROOT   (uid 65532)"
	setpriv --reuid 65532 --regid 0 --clear-groups \
		"$place/unpack" --bundle-dir="$root" >"$work/log"
else
	say "container: /$tools/unpack --bundle-dir=ROOT   (uid $(id -u))"
	"$place/unpack" --bundle-dir="$root" >"$work/log"
fi
cut -c1-72 "$work/log" | sed 's/$/.../'

say "the provisioner reads the log: jq -r .content | base64 -d | tar tvz"
jq -r .content "$work/log" | base64 -d | tar tvz

say "what the stream says of itself"
jq 'del(.content)' "$work/log"
