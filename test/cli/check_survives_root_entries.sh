#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A layer may have an entry for "/" itself, as kaniko's have, in any spelling
# and of any type, in layers that both runtimes take, that one takes, and that
# none takes: a verdict, or a refusal with a code, and never a crash.
. "$TOP/test/lib.sh"
MK=$TOP/test/mkimage.py

# base: the layer below, in the language of mkimage.py
base() {
	printf '%s\n' layer 'dir manifests 0755' \
		'file manifests/a.yaml 0644 a' 'dir etc 0755' \
		'dir etc/x 0755' 'file etc/x/run 0644 r'
}
# judged WANTED FILE: a verdict with one of these exit codes, and an object
judged() {
	"$MK" oci i <"$2"
	got=0
	"$UNPACKCTL" check -o json i >out 2>err || got=$?
	rm -rf i
	case " $1 " in *" $got "*) ;; *)
		echo "# exit $got, wanted $1"
		head -n 3 err
		return 1
		;;
	esac
	[ "$(jq -r .kind out)" = CheckResult ] && lacks err crash &&
		lacks out '"Crashed"'
}

none='file etc/.wh.x 0644
file etc/x/run 0644 r'
podman='dir gone 0755
dir gone 0755'
containerd='file .wh.manifests 0644'
plain='file manifests/b.yaml 0644 b'
tried() { # ENTRY: in each kind of layer, in front and behind
	for rest in "$none" "$podman" "$containerd" "$plain"; do
		{
			base
			printf '%s\n' layer "$1" "$rest"
		} >first
		{
			base
			printf '%s\n' layer "$rest" "$1" "$1"
		} >last
		ok "$1, before $(echo "$rest" | head -n 1)" judged "0 3" first
		ok "$1 twice, behind it" judged "0 3" last
	done
}
for name in / ./ // a/.. ../; do
	tried "dir $name 0755"
done
tried "dir / 0700"
tried "file / 0644 x"
tried "fifo / 0644"
tried "symlink / manifests"
tried "link / manifests/a.yaml"

{
	base
	printf '%s\n' layer 'dir / 0755' "$plain"
} >right
ok "an entry for / of mode 0755 is no fault" judged 0 right
{
	base
	printf '%s\n' layer 'dir / 0755' "$none"
} >refused
ok "what both refuse is refused beside it" judged 3 refused
ok "... with the code of the entry" [ "$(jq -r '.findings[0].code' out)" = whiteout-of-parent ]
{
	printf '%s\n' layer 'dir a 0755' 'link b /' 'link c .'
} >hardlink
ok "a hard link to / is refused" judged 3 hardlink
done_testing
