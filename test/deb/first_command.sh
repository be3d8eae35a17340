#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The README's first command, from nothing, in a clone of the last commit: in a
# plain chroot of Debian 12 and 13, and in a container without privileges.
# Where it cannot work it says what it needs.
. "$TOP/test/container/lib.sh"
need mmdebstrap git
[ -e "$TOP/.git" ] || skip_all "needs a clone"
sources=$TOP/build/sources/apt/parts/debian.sources
[ -e "$sources" ] || skip_all "needs the name of a mirror: make deps"
mirror=$(sed -n 's/^URIs: *//p' "$sources" | grep -v security | head -n 1)

# the first line of the first block
first=$(sed -n '/^```sh$/,/^```$/ { /^```/d; p }' "$TOP/README.md" | head -n 1)
echo "# $first"
# a clone that every user may read
umask 022
git clone -q "$TOP" clone
git -C clone checkout -q --detach "$(git -C "$TOP" rev-parse HEAD)"

# bare SUITE DIR: a Debian with nothing but apt, and the clone in it; of a
# suite that cannot be fetched, ./cannot says why.
bare() {
	if [ ! -d "$1.bare" ]; then
		mmdebstrap --quiet --variant=minbase "$1" "$1.bare" "$mirror" \
			>mmdebstrap.log 2>&1 || {
			tail -n 1 mmdebstrap.log >cannot
			return 1
		}
		cp -R clone "$1.bare/clone"
	fi
	cp -a "$1.bare" "$2"
}

# in_chroot DIR COMMAND: without /proc, as nothing mounts it
in_chroot() {
	timeout 900 chroot "$1" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		HOME=/root LC_ALL=C sh -c "cd /clone && $2"
}
# in_container DIR COMMAND [OPTION...]: as podman makes one unasked
in_container() {
	in_dir=$1 in_command=$2
	shift 2
	timeout 900 podman run --rm --network host "$@" --rootfs "$PWD/$in_dir" \
		sh -c "cd /clone && $in_command"
}

# shown: ./out is the demo without mounts, of the sample bundle
shown() {
	has out '^demo: no file systems can be mounted here; the same without the pod.s /proc and volume$' &&
		has out ' manifests/hello-metrics.service.yaml$' &&
		has out '"entries": 11$' && has out '^deps: .* 7 of 7: ' &&
		lacks out 'gcc .* -c '
}

for suite in bookworm trixie; do
	bare $suite root || {
		ok_skip "$suite" "cannot be had: $(cat cannot)"
		continue
	}
	in_chroot root "$first" >out 2>err
	status=$?
	# no fault of ours
	why=$(sed -n 's/^deps: \(the mirror lists .* but does not have\) .*/\1 it/p' err)
	if [ -n "$why" ]; then
		ok_skip "$suite: in a chroot" "$why"
	else
		is "$suite: in a chroot" $status 0
		sed 's/^/# /' err
		ok "$suite: ... and it is the demo" shown
	fi
	rm -rf root
done

if [ -d bookworm.bare ]; then
	store_bare
	cp -a bookworm.bare root
	ok "who is not root" exits 1 in_container root "$first" --user 1000
	ok "... is told what is missing" has err \
		'^setup: not root, and these are missing: make gcc musl-tools '
	ok "root without capabilities" exits 1 in_container root "$first" \
		--cap-drop all
	ok "... is told what it needs" has err \
		'^setup: root cannot install them here, as it may not give files'
	ok "in a container without privileges" exits 0 in_container root \
		"$first"
	ok "... and it is the demo" shown
	# what is built is there
	for o in "--user 1000" "--cap-drop all" "--tmpfs /tmp:noexec" \
		--read-only; do
		# shellcheck disable=SC2086 # an option and its value
		ok "once it is built, with $o" exits 0 in_container root \
			"$first" $o
		ok "... the same" has out '"entries": 11$'
	done
fi
done_testing
