#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# For any tar: nothing outside the target, and the target whole or
# not at all.
. "$TOP/test/lib.sh"
need python3

make=$TOP/test/corpus/make.py

# Nothing but what we put here.
untouched() {
	rest=$(find in -mindepth 1 -maxdepth 1 ! -name target)
	[ "$rest" = in/canary ] && [ "$(cat in/canary)" = alive ]
}

absent() {
	[ ! -e in/target ] && [ ! -L in/target ] && untouched
}

# run CODE NAME WHO...
run() {
	code=$1 name=$2 who=$3
	shift 3
	mkdir -m 777 in
	echo alive >in/canary
	ok "$name: exit $code ($who)" exits "$code" "$@" \
		"$UNPACKCTL" extract -C in/target "$name.tar"
	if [ "$code" = 0 ]; then
		ok "$name: only the target" untouched
		ok "$name: it is a directory" [ -d in/target ]
	else
		ok "$name: no target" absent
	fi
}

"$make" --all .
for name in *.tar; do
	name=${name%.tar}
	case $name in
	good-*) code=0 ;;
	bad-*) code=3 ;;
	*) code=4 ;;
	esac
	run "$code" "$name" root
	ok "$name: names are masked" lacks err "$(printf '\033')"
	chmod -R u+rwx in && rm -rf in
	if [ "$(id -u)" = 0 ] && [ "$name" != good-times ]; then
		run "$code" "$name" 65532 as 65532 65532
		chmod -R u+rwx in && rm -rf in
	fi
done

# names and links come back byte by byte
mkdir in
for name in good-names good-names-gnu good-links; do
	"$UNPACKCTL" extract -q -C in/ours "$name.tar" 2>/dev/null
	mkdir in/tar && tar -C in/tar -xpf "$name.tar"
	(cd in/ours && find . -exec stat -c '%n %N %f %h %s' {} + | sort) >ours
	(cd in/tar && find . -exec stat -c '%n %N %f %h %s' {} + | sort) >theirs
	sed -i '/^\. /d' ours theirs
	sed -i '/4096$/s/ [0-9]* 4096$//' ours theirs
	ok "$name: as GNU tar has it" cmp ours theirs
	rm -rf in/ours in/tar
done

is "modes are kept" "$("$UNPACKCTL" extract -q -C in/modes good-modes.tar 2>&1
	stat -c %a in/modes/none in/modes/tmp | tr '\n' ' ')" \
	"unpackctl: not verified: tar has no digest
0 1777 "
ok "late parents" "$UNPACKCTL" extract -q -C in/late good-late-parents.tar
is "late parents: modes" "$(cd in/late && stat -c %a . a a/b | tr '\n' ' ')" \
	"711 750 700 "

# directories that are come back to
if [ "$(id -u)" = 0 ]; then
	mkdir -m 777 w
	as 65532 65532 "$UNPACKCTL" extract -q -C w/in good-returns.tar \
		2>/dev/null
else
	"$UNPACKCTL" extract -q -C w/in good-returns.tar 2>/dev/null
fi
is "returns: modes and times" "$(chmod u+rx w/in 2>/dev/null
	cd w/in && stat -c '%n %a %Y' a c i i/j | tr '\n' ' '
	chmod u+rwx a i && stat -c '%n %a %Y' a/b | tr '\n' ' '
	chmod u+rwx a/b && stat -c '%n %a %Y' a/b/d | tr '\n' ' '
	chmod u+rwx a/b/d && stat -c '%n %h' a/b/d/5)" \
	"a 500 1 c 1700 3 i 1100 5 i/j 755 0 a/b 0 2 a/b/d 1333 4 a/b/d/5 2"
rm -rf w
ok "returns, deep" sh -c 'ulimit -n 40 && exec "$0" extract -q \
	-C in/deep good-returns-deep.tar 2>/dev/null' "$UNPACKCTL"
is "returns, deep: modes and times" \
	"$(find in/deep -mindepth 1 -type d -printf '%d %m %T@\n' |
	awk '$1 == $3 + 0 && $2 == 500' | wc -l) $(find in/deep -type f | wc -l)" \
	"100 30"
chmod -R u+rwx in/deep
"$UNPACKCTL" extract -q -C in/holes good-sparse-gnu.tar 2>/dev/null
{
	head -c 4096 /dev/zero
	head -c 512 /dev/zero | tr '\0' x
	head -c 95392 /dev/zero
} >whole
ok "a sparse file is whole" cmp whole in/holes/holes
ok "its holes too" [ "$(stat -c %b in/holes/holes)" -lt 100 ]

# of a sparse file its whole size counts, and no hole twice
{
	head -c 8192 /dev/zero | tr '\0' a
	head -c 200704 /dev/zero
	head -c 8192 /dev/zero | tr '\0' b
	head -c 65536 /dev/zero
	head -c 8192 /dev/zero | tr '\0' c
} >whole
cp --sparse=always whole parts
tar -cSf parts.tar --format=gnu parts
size=$(wc -c <parts)
ok "a sparse file, of just the size" exits 0 "$UNPACKCTL" extract \
	--max-size "$size" -C in/parts parts.tar
ok "  its data are where they were" cmp parts in/parts/parts
ok "  one byte less" exits 3 "$UNPACKCTL" extract \
	--max-size $((size - 1)) -C in/fewer parts.tar

# limits
ok "--max-size" exits 3 "$UNPACKCTL" extract --max-size 4Ki good-plain.tar
ok "--max-size names itself" has err 'larger than --max-size'
ok "--max-entries" exits 3 "$UNPACKCTL" extract --max-entries 2 good-plain.tar
ok "--max-entries names itself" has err 'more entries than --max-entries'
# told before an entry is read, where the log or a witness says how many
need jq
"$UNPACK" --bundle-dir in/late --format json >promise.json
"$UNPACK" --bundle-dir in/late --format jsonl >promise.jsonl
n=$(jq .entries promise.json)
jq -r .content promise.json | base64 -d >promise.gz
# too_many ARGUMENT...: refused, in the words of what is read to find it out
exits 3 "$UNPACKCTL" extract --max-entries $((n - 1)) -C in/few promise.gz
sed -n 's/.*: refused: //p' err >words
too_many() {
	exits 3 "$UNPACKCTL" extract "$@" && [ ! -s out ] && [ ! -e in/few ] &&
		sed -n 's/^unpackctl: the bundle: refused: //p' err | cmp - words
}
for log in promise.json promise.jsonl; do
	ok "$log: too many" too_many --max-entries $((n - 1)) -C in/few $log
	ok "  for a tar" too_many --max-entries $((n - 1)) --tar in/few $log
	ok "  on standard output" too_many --max-entries $((n - 1)) --tar - $log
	ok "  for a list" too_many --max-entries $((n - 1)) --list $log
	ok "  as many as are allowed" exits 0 "$UNPACKCTL" extract -q \
		--max-entries "$n" -C in/"$log" $log
	jq -c 'if .entries then .entries = 100001 else . end' $log >many
	ok "  what is promised is enough" exits 3 "$UNPACKCTL" extract \
		-C in/few many
	ok "  no promise is kept where it can be" exits 4 "$UNPACKCTL" extract \
		--max-entries 100001 -C in/few many
done
jq -c 'del(.content)' promise.json >witness
ok "a witness promises" too_many --max-entries $((n - 1)) -C in/few \
	--witness witness promise.gz
python3 - >bomb.gz <<'P'
import gzip, io, sys, tarfile
out = io.BytesIO()
with gzip.GzipFile(fileobj=out, mode="w", mtime=0) as z:
    i = tarfile.TarInfo("zeros")
    i.size = 1 << 34
    z.write(i.tobuf())
    for _ in range(64):
        z.write(bytes(1 << 20))
sys.stdout.buffer.write(out.getvalue())
P
ok "a gzip bomb" exits 3 "$UNPACKCTL" extract --max-size 32Mi bomb.gz
ok "nothing is left" [ -z "$(find . -maxdepth 1 -name '.*unpack*')" ]
done_testing
