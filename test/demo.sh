#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The main job on a sample bundle, without a cluster: what the two containers
# of an unpack pod do, with the same mounts, user, and privileges.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
: "${ARCH:=$(dpkg --print-architecture)}"
: "${UNPACK:=$top/build/$ARCH/unpack}"
bundle=${1:-$top/test/bundles/hello-operator}

if [ -z "${DEMO_INSIDE:-}" ]; then
	[ "$(id -u)" = 0 ] || { echo "demo: needs root, to mount" >&2; exit 1; }
	DEMO_INSIDE=$(mktemp -d)
	export DEMO_INSIDE UNPACK
	trap 'rm -rf "$DEMO_INSIDE"' EXIT
	unshare --mount --propagation private sh "$0" "$bundle"
	exit
fi
work=$DEMO_INSIDE
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n%s\n' "$*"; }

# The image's root directory is the bundle; the pod adds /proc and a volume, at
# a place that no image can foresee.
tools=.unpack-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
root=$work/root
cp -r "$bundle" "$root"
chmod 755 "$work"
chmod -R a+rX "$root"
mkdir -p "$root/$tools" "$root/proc"
mount -t tmpfs -o mode=0777,size=1m tools "$root/$tools"
mount -t proc proc "$root/proc"

say "init container: unpack install /$tools/unpack"
"$UNPACK" install "$root/$tools/unpack"
ls -l "$root/$tools/unpack" | sed "s,$root,,"

say "container: /$tools/unpack --bundle-dir=/   (uid 65532, no capabilities)"
# leaving uid 0 takes the capabilities away: capabilities(7)
chroot --userspec=65532:0 --groups= "$root" \
	"/$tools/unpack" --bundle-dir=/ >"$work/log"
cut -c1-72 "$work/log" | sed 's/$/.../'

say "the provisioner reads the log: jq -r .content | base64 -d | tar tvz"
jq -r .content "$work/log" | base64 -d | tar tvz

say "what the stream says of itself"
jq 'del(.content)' "$work/log"
