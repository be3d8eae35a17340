#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How a container of ours ends: on SIGTERM as the first process, in little
# memory, beside files that must not be opened; and an init container that
# cannot install.
. "$TOP/test/container/lib.sh"

need jq truncate
umount_all() {
	umount -l "$STORE"/kubelet/pods/*/volumes/*/unpack 2>/dev/null
	store_close
}
store_open
trap umount_all EXIT
image operator "$TOP/test/bundles/hello-operator"

# A bundle that takes hours; one with files that nobody should open; and one
# that is many times the memory that we may have.
mkdir endless odd big
truncate -s 4T endless/file 2>/dev/null || truncate -s 1T endless/file
mkfifo -m 666 odd/fifo
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("odd/socket")'
chmod 666 odd/socket
echo hello >odd/file
truncate -s 256M big/file

pod_begin p 65532 1001 /.unpack '[/unpack, install, /.unpack/unpack]'
for name in endless odd big; do
	pod_bundle "$name" operator /.unpack \
		'command: [/.unpack/unpack, --bundle-dir, /bundle]' \
		"$PWD/$name" /bundle
done
echo '    resources: {limits: {memory: 16Mi}}' >>"$pod_dir/pod.yaml"
pod_bundle hog pause /.unpack \
	'command: [/busybox, dd, if=/dev/zero, of=/dev/null, bs=64M, count=1]'
echo '    resources: {limits: {memory: 16Mi}}' >>"$pod_dir/pod.yaml"
pod_bundle again ours /.unpack \
	'command: [/unpack, install, /.unpack/unpack]'
ok "the pod starts" pod_start p
for _ in $(seq 300); do
	podman ps -a --filter pod=p --filter status=exited \
		--format '{{.Names}}' >exited
	grep -q p-odd exited && grep -q p-big exited &&
		grep -q p-again exited && break
	sleep 0.1
done
is "it goes on and on" "$(podman inspect -f '{{.State.Running}}' p-endless)" \
	true
podman stop -t 30 p-endless >/dev/null
pod_end

ok "SIGTERM: 143, long before SIGKILL" ended p/endless 143
is "SIGTERM: the status" "$(jq -r .reason p/endless.term)" Terminated
ok "a socket and a FIFO: 0" ended p/odd 0
ok "a socket and a FIFO: silent" empty p/odd.stderr
is "a socket and a FIFO: counted" "$(jq .skipped.special p/odd.term)" 2
is "a socket and a FIFO: left out" "$("$HERE/decode.py" p/odd.log |
	cut -d' ' -f1,6 | xargs)" "d . f file"
ok "256 MiB in 16 MiB" ended p/big 0
is "all of them" "$("$HERE/decode.py" p/big.log | cut -d' ' -f4 | xargs)" \
	"0 268435456"
ok "which another program does not survive" ended p/hog 137
ok "install over the running program" ended p/again 0

# not_installed NAME OPTIONS WHY INIT: the volume is a tmpfs with OPTIONS.
not_installed() {
	pod_begin "$1" 65532 0 /.unpack "$4"
	pod_bundle bundle operator /.unpack 'command: [/.unpack/unpack]'
	mount -t tmpfs -o "mode=0777,$2" tmpfs "$pod_volume"
	ok "$1: the pod fails" fails pod_run "$1"
	ok "$1: the init container fails" ended "$1/install" 1
	ok "$1: it says why" has "$1/install.stderr" "^unpack: .*$3"
	ok "$1: one line" [ "$(wc -l <"$1/install.log")" = 1 ]
	is "$1: nothing stays behind" "$(ls -A "$pod_volume")" ''
	umount "$pod_volume"
}
fails() {
	! "$@"
}
not_installed noexec noexec noexec '[/unpack, install, /.unpack/unpack]'
not_installed full size=64k 'No space left' '[/cp, -Rv, /unpack, /.unpack/x]'
not_installed read-only ro 'Read-only file system' \
	'[cp, -Rv, /unpack, /.unpack]'
done_testing
