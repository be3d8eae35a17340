#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A bundle in which there is nothing is no bundle: BundleMissing, exit 3.
. "$TOP/test/lib.sh"
need jq

# nothing DIR: whatever is asked for
nothing() {
	for nothing_args in "" "--format jsonl" "--format tar" \
		"--symlinks keep" "--format jsonl --parts 0-" "--log-limit 1Gi" \
		"--log-limit 10"; do
		# shellcheck disable=SC2086
		exits 3 "$UNPACK" --bundle-dir "$1" $nothing_args &&
			empty out && has err 'nothing is in it' || return 1
	done
	exits 3 "$UNPACK" check --bundle-dir "$1" && empty err &&
		jq -e '.exit == 3 and .reason == "BundleMissing"' out >/dev/null
}
# something DIR ENTRIES [OPTION...]
something() {
	something_dir=$1 something_entries=$2
	shift 2
	exits 0 "$UNPACK" --bundle-dir "$something_dir" "$@" && empty err &&
		[ "$(jq .entries out)" = "$something_entries" ] &&
		exits 0 "$UNPACK" check --bundle-dir "$something_dir" "$@" &&
		[ "$(jq .entries out)" = "$something_entries" ]
}

mkdir empty
ok "an empty directory" nothing empty
"$UNPACK" --bundle-dir empty 2>err
ok "the fix is named" has err '^unpack: empty: .*no files.*--strategy inject$'
mkdir special
mkfifo special/fifo
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("special/socket")'
ok "only what is never opened" nothing special
if [ "$(id -u)" = 0 ] && mknod special/whiteout c 0 0 2>/dev/null; then
	ok "... and whiteouts" nothing special
else
	ok_skip "... and whiteouts" "cannot make a device"
fi
mkdir -p directory/d link
ok "an empty directory that is content" something directory 2
ln -s nowhere link/l
ok "a symlink" something link 2 --symlinks keep
ok "... even where the format leaves it out" something link 1
mkdir file
: >file/f
ok "an empty file" something file 2
mkdir closed
mkdir -m 0 closed/d
if [ "$(id -u)" = 0 ]; then
	chmod 755 .
	ok "what cannot be read is something" exits 3 as 9 9 \
		"$UNPACK" --bundle-dir closed
	ok "... and named" has err '^unpack: d: directory not readable'
fi

# as a container's root, and as an image volume
if [ "$(id -u)" = 0 ] && [ -z "${SANITIZED-}" ] && unshare -m true 2>/dev/null
then
	mkdir -p root/proc root/dev root/etc none none2 volume
	: >root/etc/hosts
	cat >rooted <<'E'
	mount --bind root root && mount -t tmpfs none root/dev
	cp "$1" root/dev/unpack && mount -t proc proc root/proc
	mount -t tmpfs none root/etc
	shift && exec chroot root /dev/unpack --bundle-dir / "$@"
E
	for args in "" "--format tar" "--format jsonl"; do
		# shellcheck disable=SC2086
		ok "a root with nothing but mounts $args" exits 3 \
			unshare -m sh rooted "$UNPACK" $args
		ok "... nothing is written" empty out
		ok "... it is told" has err '/: nothing is in it'
	done
	: >root/.dockerenv
	ok "... and what runtimes drop" exits 3 unshare -m sh rooted "$UNPACK"
	: >root/csv.yaml
	ok "... and a file" exits 0 unshare -m sh rooted "$UNPACK"
	overlay="overlay -o lowerdir=none:none2 overlay"
	for type in "tmpfs none" "$overlay"; do
		ok "an empty volume: $type" exits 3 unshare -m sh -c \
			"mount -t $type volume && exec '$UNPACK' --bundle-dir volume"
		ok "... nothing is written" empty out
	done
	mkdir -p none/dev none/proc/x
	ok "a volume with only what a container hides" exits 3 unshare -m sh -c \
		"mount -t $overlay volume && exec '$UNPACK' --bundle-dir volume"
else
	ok_skip "mounts" "needs root and a mount namespace"
fi
done_testing
