#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `unpackctl check` finds images that aim at the paths where pods are known to
# mount unpack.  test/container/hostile.sh shows that they do what it says.
. "$TOP/test/lib.sh"
. "$TOP/test/hostile.sh"

printf rogue >rogue
for name in $HOSTILE; do
	hostile "$name" rogue | "$TOP/test/mkimage.py" oci "$name"
	"$UNPACKCTL" check -o json "$name" >"$name.json" 2>/dev/null
	echo $? >"$name.exit"
done

# found CODE NAME: with this severity's exit code.
found() {
	found_exit=3
	[ "$1" != mount-path-content ] || found_exit=0
	jq -e --arg c "$1" '[(.findings + .warnings)[] | .code] | index($c)' \
		"$2.json" >found && [ "$(cat "$2.exit")" = "$found_exit" ]
}
# names CODE PATH NAME
names() {
	jq -e --arg c "$1" --arg p "at $2 " '(.findings + .warnings)[] |
		select(.code == $c) | .message | contains($p)' "$3.json" >named
}
for one in $HOSTILE_FIXED; do
	name=${one%%=*} code=${one##*=}
	path=${one#*=}
	path=${path%=*}
	ok "$name: $code" found "$code" "$name"
	ok "$name: $path is named" names "$code" "$path" "$name"
done
for name in twice dev-volume guess etc-volume; do
	ok "$name: nothing of the kind" eval "! grep -q mount-path $name.json"
done
ok "the program is named" has link-to-volume.json \
	"mounts unpack at /\\.unpack runs the image's own /v/x/unpack in its place \\(VOLUME /v\\)"
ok "the files that are hidden are counted" has hide.json \
	'hides /manifests and the 1 file of the image there'
is "the reason" "$(jq -r .reason hide.json)" MountPathTaken
done_testing
