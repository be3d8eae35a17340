#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every form of log that holds a bundle comes out as the same directory.
. "$TOP/test/lib.sh"
need python3 jq

stream=$TOP/test/torture/stream.py
mkdir -p in/manifests in/empty
seq 1 40000 >in/manifests/a.yaml
head -c 300000 /dev/urandom >in/manifests/b.bin
ln -s manifests/a.yaml in/link
chmod 750 in/empty
tar --sort=name --owner=0 --group=0 -C in -cf b.tar .

# same LOG...: extracting these gives the directory `in`
same() {
	exits 0 "$UNPACKCTL" extract -C got "$@" || return 1
	(cd in && find . -exec stat -c '%n %N %f %s' {} + | sort) >want.list
	(cd got && find . -exec stat -c '%n %N %f %s' {} + | sort) >got.list
	cmp want.list got.list && diff -r in got >/dev/null
	status=$?
	rm -rf got
	return $status
}

for slice in 1048576 65536 1000; do
	for form in json jsonl plain; do
		python3 "$stream" "$form" --slice "$slice" <b.tar >log
		ok "$form, slices of $slice" same log
		if [ "$form" = plain ]; then
			ok "$form says so" has err 'not verified'
		else
			ok "$form says nothing" empty err
			ok "$form is verified" has out ', verified$'
		fi
	done
done
ok "tar" same b.tar
ok "tar says it is not verified" has err 'not verified'
gzip -kn b.tar
ok "tar.gz" same b.tar.gz
exits 0 "$UNPACKCTL" extract <b.tar
ok "standard input and the default name" diff -r in bundle
exits 0 "$UNPACKCTL" extract -C dash - <b.tar
ok "a dash is standard input" diff -r in dash

python3 "$stream" jsonl --slice 65536 <b.tar >log
sed 's/^/2026-11-23T18:54:26.334538770Z /' log >stamped
ok "--timestamps" same stamped
sed 's/^/[pod\/unpack-x\/bundle] /' log >prefixed
ok "--prefix" same prefixed
sed 's/^/[pod\/unpack-x\/bundle] 2026-11-23T18:54:26.334538770+01:00 /' log >both
ok "--prefix --timestamps" same both
ok "no warning about prefixes" empty err
cat >stamps.py <<'P'
import sys
stamp = b"2026-11-23T18:54:26.334538770Z "
for line in sys.stdin.buffer:
    sys.stdout.buffer.write(stamp.join(
        [b""] + [line[i:i + 16384] for i in range(0, len(line), 16384)]))
P
python3 stamps.py <log >inside
ok "time stamps where the runtime split lines" same inside
sed 's/$/\r/' log >crlf
ok "CR LF" same crlf
tac log >reversed
ok "parts in any order" same reversed
cat log log >twice
ok "parts twice" same twice
sed -n '1~2p' log >odd
sed -n '2~2p' log >even
ok "two logs that complete each other" same odd even
{
	echo hello
	head -n 3 log
	echo '{"level":"info"}'
	tail -n +4 log
} >foreign
ok "foreign lines" same foreign
ok "are counted" has err 'foreign: 2 lines are not part of the stream'
ok "--expect-digest" same \
	--expect-digest "$(tail -n 1 log | jq -r .digest)" log

# what --tar and --list give
ok "--tar FILE" exits 0 "$UNPACKCTL" extract --tar copy.tar b.tar.gz
ok "--tar FILE is the tar" cmp copy.tar b.tar
"$UNPACKCTL" extract --tar - b.tar.gz >copy2.tar 2>err
ok "--tar - is the tar" cmp copy2.tar b.tar
ok "--tar - gives one file" sh -c \
	"'$UNPACKCTL' extract --tar - log | tar xO ./manifests/a.yaml >one"
ok "  is it" cmp one in/manifests/a.yaml
for name in x.tar.gz x.tgz; do
	ok "--tar $name" exits 2 "$UNPACKCTL" extract --tar $name b.tar.gz
	ok "  what writes one" has err 'for a tar.gz: --tar - . gzip'
	ok "  nothing is there" [ ! -e $name ]
done
ok "--tar FILE does not overwrite" exits 1 "$UNPACKCTL" extract \
	--tar copy.tar b.tar.gz
ok "--list" exits 0 "$UNPACKCTL" extract --list log
ok "--list shows links" has out 'link -> manifests/a.yaml$'
is "--list shows all" "$(wc -l <out)" "$(find in | wc -l)"

# -o json
ok "-o json" exits 0 "$UNPACKCTL" extract -o json -C j log
is "-o json tells" "$(jq -c '[.result,.format,.verified,.entries,.digest]' out)" \
	"[\"ok\",\"jsonl\",true,$(find in | wc -l),\"$(tail -n 1 log |
		jq -r .digest)\"]"

# a terminal gets a progress bar, a pipe does not
script -qec "'$UNPACKCTL' extract -C tty log" /dev/null >tty.out </dev/null
ok "a progress bar on a terminal" has tty.out 'read .*[0-9]%.* MiB'
ok "  with entries" has tty.out 'extract .* entries'
ok "none elsewhere" lacks err 'MiB'
script -qec "'$UNPACKCTL' extract -q -C tty2 log" /dev/null >tty.out </dev/null
ok "none with -q" empty tty.out

# usage
ok "unknown option" exits 2 "$UNPACKCTL" extract --nope
ok "two targets" exits 2 "$UNPACKCTL" extract -C a --list log
ok "wrong digest" exits 2 "$UNPACKCTL" extract --expect-digest sha256:00 log
ok "wrong size" exits 2 "$UNPACKCTL" extract --max-size -1 log
ok "--help" exits 0 "$UNPACKCTL" extract --help
ok "a log that is not there" exits 1 "$UNPACKCTL" extract -C n nothing
ok "no target then" [ ! -e n ]
done_testing
