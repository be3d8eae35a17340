#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# unpack --path: a part of the bundle, under the names that it has there.
. "$TOP/test/lib.sh"
need jq

mkdir -p b/m/deep/er b/m2 b/empty b/z
echo a >b/m/a.yaml
echo b >b/m/a.yaml2
echo c >b/m/deep/er/c
echo d >b/m2/d
echo e >b/e
ln -s m b/link
ln -s a.yaml b/m/link
mkfifo b/m/fifo

# gives PATH NAMES: in tar, and the same in jsonl and json
gives() {
	exits 0 "$UNPACK" --bundle-dir b --format tar --path "$1" && empty err ||
		return 1
	tar t <out | paste -sd' ' >got
	echo "$2" | diff - got || return 1
	for gives_format in json jsonl; do
		"$UNPACK" --bundle-dir b --symlinks keep --path "$1" \
			--format $gives_format | jq -r '.content // empty' |
			base64 -d | gzip -d | cmp - out || return 1
	done
}
all="./ e empty/ link m/ m/a.yaml m/a.yaml2 m/deep/ m/deep/er/ m/deep/er/c m/link m2/ m2/d z/"
ok "a directory" gives m "./ m/ m/a.yaml m/a.yaml2 m/deep/ m/deep/er/ m/deep/er/c m/link"
ok "a file" gives m/a.yaml "./ m/ m/a.yaml"
ok "a file at the top" gives e "./ e"
ok "far below" gives m/deep/er/c "./ m/ m/deep/ m/deep/er/ m/deep/er/c"
ok "an empty directory" gives empty "./ empty/"
ok "a symlink, not what it leads to" gives link "./ link"
for path in /m/deep m/deep/ ./m//deep m/./deep/. ///m/deep///; do
	ok "spelled $path" gives "$path" "./ m/ m/deep/ m/deep/er/ m/deep/er/c"
done
for path in "" . / ./; do
	ok "all of it: '$path'" gives "$path" "$all"
done

# missing PATH
missing() {
	for missing_format in json jsonl tar; do
		exits 3 "$UNPACK" --bundle-dir b --path "$1" \
			--format $missing_format && empty out &&
			has err 'no such path in the bundle' || return 1
	done
	exits 3 "$UNPACK" check --bundle-dir b --path "$1"
	[ "$(jq -r .reason out)" = BundleMissing ]
}
for path in nowhere m/a m/a.yam m/a.yaml/x link/a.yaml m/fifo empty/x mm; do
	ok "'$path' is missing" missing "$path"
done
for path in .. ../b m/../../b /../b m/..; do
	ok "'$path' is wrong usage" exits 2 "$UNPACK" --bundle-dir b --path "$path"
	ok "... and says so" has err '^unpack: --path takes a path below'
done
mkdir b/..b
echo f >b/..b/...
ok "names that only begin with dots" gives ..b/... "./ ..b/ ..b/..."
ok "a name that has to be masked" exits 3 "$UNPACK" --bundle-dir b \
	--path "$(printf 'x\033[31m')"
ok "... is" has err '^unpack: x\\x1b\[31m: no such path'

if [ "$(id -u)" = 0 ]; then
	chmod 0 b/m/deep b/e
	chmod 755 . b
	ok "what is elsewhere may be closed" exits 0 as 9 9 "$UNPACK" \
		--bundle-dir b --path m2
	ok "what is asked for may not" exits 3 as 9 9 "$UNPACK" --bundle-dir b \
		--path m
	ok "... nor what is above it" exits 3 as 9 9 "$UNPACK" --bundle-dir b \
		--path m/deep/er
	ok "... which is named" has err '^unpack: m/deep: directory not readable'
fi
done_testing
