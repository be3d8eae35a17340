#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# unpackctl run: images that aim at the place where the pod mounts our volume.
# What comes out is the bundle, the bytes that extract takes out of the image on
# disk, or run fails with a code of its table, and makes nothing.  At a path
# that they know the pod's log is the image's own, with a right digest.
. "$TOP/test/cluster/lib.sh"
. "$TOP/test/hostile.sh"
need python3 musl-gcc
cluster_open
hostile_wanted

# what they want to be taken for the bundle: a stream with a right digest
mkdir -p forged/manifests
echo 'kind: forged' >forged/manifests/csv.yaml
stream=$("$UNPACK" --format jsonl --bundle-dir forged |
	sed 's/["\\]/\\&/g; s/.*/"&\\n"/' | tr '\n' ' ')
musl-gcc -static -Os -DSTREAM="$stream" -o rogue \
	"$TOP/test/container/rogue.c" || exit 1

for name in $HOSTILE; do
	{
		echo "name $IMAGES/$name:test"
		hostile "$name" rogue
	} | "$TOP/test/mkimage.py" docker-archive "$name.tar" &&
		load "$name.tar" "$IMAGES/$name:test" || exit 1
	echo "$IMAGES/$name:test" >>images.list
done

# refs NAME...: run's options
refs() {
	for refs_name; do
		echo "--image $IMAGES/$refs_name:test"
	done
}
# of ALL JQ NAME: of a result
of() {
	jq -r --arg n "$IMAGES/$3:test" ".bundles[] | select(.image == \$n) | $2" \
		"$1.out"
}
# sound ALL NAME: all of the bundle, or a failure with nothing
sound() {
	sound_code=$(of "$1" .exit "$2")
	case $sound_code in
	0)
		[ "$(of "$1" .verified "$2")" = true ] && hostile_whole "$1/$2" &&
			! grep -rl forged "$1/$2/manifests"
		;;
	1 | 3)
		[ ! -e "$1/$2" ] && of "$1" .message "$2" | grep -q .
		;;
	*)
		echo "# exit $sound_code"
		false
		;;
	esac
}

# shellcheck disable=SC2046,SC2086 # words
{
	exits 1 run $(refs $HOSTILE) -C all -o json
	mv out all.out
}
mkdir disk
whole=0 out=
for name in $HOSTILE; do
	code=$(of all .exit "$name")
	echo "# $name: exit $code, $(of all '.reason + ": " + .message' "$name")"
	ok "$name: all or nothing" sound all "$name"
	case $code in
	0)
		whole=$((whole + 1))
		ok "$name: on disk" exits 0 "$UNPACKCTL" extract -o json \
			-C "disk/$name" --image "$name.tar"
		is "... the same bytes" "$(of all .digest "$name")" \
			"$(jq -r .digest out)"
		;;
	3)
		out="$out $name"
		ok "$name: on disk" exits 3 "$UNPACKCTL" extract -o json \
			-C "disk/$name" --image "$name.tar"
		is "... the same words" "$(of all .message "$name")" \
			"$(jq -r .message out)"
		;;
	*)
		of all .reason "$name" >reason
		ok "$name: does not start" has reason \
			'^(StartError|(Run|Create)ContainerError|ContainerCannotRun)$'
		;;
	esac
done
ok "most of them come out whole: $whole" [ "$whole" -ge 12 ]
ok "no pod is left" no_pods

# those with links that lead out, without links
# shellcheck disable=SC2046,SC2086 # words
ok "links left out:$out" exits 0 run $(refs $out) --symlinks skip -C skip -o json
mv out skip.out
for name in $out; do
	ok "$name, links left out: all of it" sound skip "$name"
done

# what they want does happen where they know the path
# shellcheck disable=SC2046 # words
ok "a path that they know" exits 0 run $(refs volume-by-link) \
	--mount-path /.unpack -C known
ok "... the image's own program" diff -r forged known
ok "no pod is left at the end" no_pods
done_testing
