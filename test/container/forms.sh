#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every pod that a provisioner has shipped, and our own form: the same bundle,
# whole, for arbitrary uids with gid 0 and without.
. "$TOP/test/container/lib.sh"

# form NAME MOUNT-OF-OURS INIT MOUNT COMMAND UNDER: a pod in which three uids
# run COMMAND in the sample bundle; UNDER is the bundle directory.
form() {
	pod_begin "$1" 1001 1001 "$2" "$3"
	for id in 65532:0 1000660000:0 1001:1001; do
		pod_uid=${id%:*} pod_gid=${id#*:}
		pod_bundle "as-$pod_uid" operator "$4" "$5"
		cat >>"$pod_dir/pod.yaml" <<-E
			    env:
			    - {name: GOCOVERDIR, value: ""}
			    - {name: LD_PRELOAD, value: /manifests/no.so}
			    - {name: LC_ALL, value: tr_TR.UTF-8}
		E
	done
	ok "$1: the pod runs" pod_run "$1"
	# shellcheck disable=SC2086 # options
	for id in 65532 1000660000 1001; do
		ok "$1: whole for uid $id" whole "$1" "as-$id" operator \
			$RUNTIME --mount "$4" --under "$6"
	done
}

store_open
image operator "$TOP/test/bundles/hello-operator"

form rukpak-0.1 /util '[cp, -Rv, /unpack, /util/unpack]' \
	/util 'command: [/util/unpack, --bundle-dir, /manifests]' manifests
form rukpak-0.2 /bin '[cp, -Rv, /unpack, /bin/unpack]' \
	/bin 'command: [/bin/unpack, --bundle-dir, /]' .
form rukpak-0.11 /util/bin '[cp, -Rv, /unpack, /util/bin/unpack]' \
	/bin 'command: [/bin/unpack, --bundle-dir, /]' .
form rukpak-0.21 /util/bin '[/cp, -Rv, /unpack, /util/bin/unpack]' \
	/bin 'command: [/bin/unpack, --bundle-dir, /]' .
form catalogd /util/bin '[cp, -Rv, /unpack, /util/bin/unpack]' \
	/util/bin 'command: [/util/bin/unpack, --bundle-dir, /tests]' tests
form ours /.unpack '[/unpack, install, /.unpack/unpack]' \
	/.unpack 'command: [/.unpack/unpack, --bundle-dir=/]' .

# What runs in our own image reads a volume, which another container has
# filled: RukPak's git source (the program by way of a volume at /bin), and
# its claim source and kuberpak (the image's own program).
skopeo copy -q --policy "$STORE/policy.json" \
	containers-storage:localhost/operator:1 "dir:$PWD/layers"
mkdir bundle
for layer in "$PWD"/layers/*; do
	tar -xpf "$layer" -C bundle 2>/dev/null
done
chmod 0755 bundle
pod_begin volume 1001 1001 /bin '[cp, -Rv, /unpack, /bin/unpack]'
pod_bundle git ours /bin 'command: [/bin/unpack, --bundle-dir, /bundle]' \
	"$PWD/bundle" /bundle
pod_bundle claim ours /bin 'command: [/unpack, --bundle-dir, /bundle]' \
	"$PWD/bundle" /bundle
pod_bundle kuberpak ours /bin 'args: [--bundle-dir=/bundle]' \
	"$PWD/bundle" /bundle
ok "a volume: the pod runs" pod_run volume
ok "a volume, git source: whole" whole volume git operator
ok "a volume, claim: whole" whole volume claim operator
ok "a volume, entrypoint: whole" whole volume kuberpak operator

# One image, one stream: for all users, and all places of the program.
for log in rukpak-0.2/as-65532 rukpak-0.11/as-1001 rukpak-0.21/as-1000660000 \
	ours/as-1001 volume/git volume/kuberpak; do
	ok "the same bytes: $log" cmp "$log.log" ours/as-65532.log
done

# The harness itself: these containers were as restricted as they should be.
pod_begin who 1000660000 0 /.unpack '[/unpack, --version]'
pod_bundle who pause /.unpack 'command: [/busybox, cat, /proc/self/status]'
pod_bundle root pause /.unpack 'command: [/busybox, touch, /x]'
ok "--version exits 0" pod_run who
ok "an arbitrary uid" has who/who.stdout '^Uid:	1000660000	1000660000	'
ok "gid 0" has who/who.stdout '^Gid:	0	0	'
ok "no capabilities" has who/who.stdout '^CapBnd:	0000000000000000$'
ok "no new privileges" has who/who.stdout '^NoNewPrivs:	1$'
ok "a seccomp filter" has who/who.stdout '^Seccomp:	2$'
ok "a read-only root" has who/root.stderr 'Read-only file system'
done_testing
