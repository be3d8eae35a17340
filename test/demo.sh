#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The main job on a sample bundle, without a cluster: what the two containers
# of an unpack pod do, with the same mounts, user, and privileges.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
: "${ARCH:=$(dpkg --print-architecture)}"
: "${UNPACK:=$top/build/$ARCH/unpack}"
bundle=${1:-$top/test/bundles/hello-operator}

# The pod's user, where this machine lets us become one: root may be without
# the right to, as in a container without capabilities or with one user.
user="setpriv --reuid 65532 --regid 0 --clear-groups"
$user true 2>/dev/null || user=

# usable DIR: may the pod's user run a program in it?  /tmp may be noexec.
usable() {
	chmod 755 "$1"
	printf '#!/bin/sh\n' >"$1/probe"
	chmod 755 "$1/probe"
	$user "$1/probe" 2>/dev/null
}

# can_mount DIR: may we do here what the kubelet and the runtime do?
can_mount() {
	# shellcheck disable=SC2016 # the other shell's
	unshare --mount --propagation private sh -c '
		mount -t tmpfs none "$1" && mkdir "$1/proc" &&
		mount -t proc proc "$1/proc" &&
		chroot --userspec=65532:0 --groups= / true' sh "$1" 2>/dev/null
}

# Where mounting is not allowed, as in an unprivileged container or a chroot,
# the same is shown without it.
if [ -z "${DEMO_INSIDE:-}" ]; then
	trap 'rm -rf "$DEMO_INSIDE"' EXIT
	for place in "${TMPDIR:-/tmp}" /tmp /var/tmp "$top/build"; do
		DEMO_INSIDE=$(mktemp -d "$place/demo.XXXXXX" 2>/dev/null) ||
			continue
		usable "$DEMO_INSIDE" && break
		rm -rf "$DEMO_INSIDE"
		DEMO_INSIDE=
	done
	[ -n "$DEMO_INSIDE" ] || {
		echo "demo: programs cannot be run in /tmp, /var/tmp and" \
			"$top/build: set TMPDIR to where they can" >&2
		exit 1
	}
	export DEMO_INSIDE UNPACK
	if can_mount "$DEMO_INSIDE"; then
		DEMO_MOUNTS=1 unshare --mount --propagation private \
			sh "$0" "$bundle"
	else
		echo "demo: no file systems can be mounted here; the same without the pod's /proc and volume"
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
else
	uid=$(id -u)
	[ -z "$user" ] || uid=65532
	say "container: /$tools/unpack --bundle-dir=ROOT   (uid $uid)"
	$user "$place/unpack" --bundle-dir="$root" >"$work/log"
fi
cut -c1-72 "$work/log" | sed 's/$/.../'

say "the provisioner reads the log: jq -r .content | base64 -d | tar tvz"
jq -r .content "$work/log" | base64 -d | tar tvz

say "what the stream says of itself"
jq 'del(.content)' "$work/log"
