#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is lost has a name, and fetching it by that name completes the bundle.
. "$TOP/test/lib.sh"
need jq

mkdir -p in
# sixteen short parts and four long ones
big() {
	for _ in $(seq 1 28); do
		head -c 25000 /dev/urandom
		head -c 237144 /dev/zero
	done
	head -c 70000 /dev/urandom
}
big >in/big
echo small >in/small
"$UNPACK" --bundle-dir in --format jsonl >log 2>/dev/null
"$UNPACK" --bundle-dir in --format json >line 2>/dev/null
total=$(($(wc -l <log) - 1))
is "parts" "$total" 20

# missing WANTED LOG...: exit 4, and these are the parts to fetch
missing() {
	parts=$1
	shift
	exits 4 "$UNPACKCTL" extract -C got -o json "$@" || return 1
	[ ! -e got ] || return 1
	is "  parts in JSON" "$(jq -r .parts out)" "$parts"
	has err "fetch again in a pod of the image, .*: unpack --format jsonl --parts $parts\$"
}
# fetches WANTED LOG...: the same, and the command that is printed completes it
fetches() {
	missing "$@" || return 1
	shift
	# shellcheck disable=SC2046 # the words of a command
	"$UNPACK" --bundle-dir in \
		$(sed -n 's/^fetch again.*: unpack //p' err) >fetched || return 1
	whole "$@" fetched
}

whole() {
	exits 0 "$UNPACKCTL" extract -C got "$@" || return 1
	diff -r in got
	status=$?
	chmod -R u+w got && rm -rf got
	return $status
}

sed '4,8d;13d' log >holes
ok "holes" fetches 3-7,12 holes
ok "  by itself" missing 3-7,12 holes
is "ranges in JSON" "$(jq -c .missing out)" '[[3,7],[12,12]]'
is "how many in all" "$(jq .total out)" 20
is "what it is" "$(jq -r .result out)" incomplete
"$UNPACK" --bundle-dir in --format jsonl --parts 3-7 >again 2>/dev/null
ok "one of two" fetches 12 holes again
"$UNPACK" --bundle-dir in --format jsonl --parts 12 >again2 2>/dev/null
ok "both" whole again2 holes again

head -n 13 log >first
ok "the tail and the last line" fetches 13- first
ok "  by itself" missing 13- first
is "an open end in JSON" "$(jq -c .missing out)" '[[13,null]]'
"$UNPACK" --bundle-dir in --format jsonl --parts 13- >again 2>/dev/null
ok "repaired" whole again first
head -n 20 log >nolast
ok "only the last line" fetches 20- nolast
"$UNPACK" --bundle-dir in --format jsonl --parts 20- >again 2>/dev/null
ok "repaired by the last line alone" whole nolast again
tail -n 1 log >last
ok "only the last line is there" fetches 0-19 last
: >nothing
ok "nothing" exits 4 "$UNPACKCTL" extract -C got nothing
ok "  is empty" has err 'nothing: it is empty'
ok "  and no part of it is missing" lacks err 'fetch again'

# a block that kubelet lost, and text inside a line
head -c 110000 log >hole
tail -c +126385 log >>hole
ok "a lost block of 16384 bytes" fetches 3 hole
"$UNPACK" --bundle-dir in --format jsonl --parts 3-3 >again 2>/dev/null
ok "repaired by a second run" whole hole again
{
	head -c 110000 log
	echo standard error
	tail -c +110001 log
} >text
ok "text inside a line" fetches 3 text
head -c 110000 line >jhole
tail -c +126385 line >>jhole
ok "json: a lost block" fetches 0- jhole
ok "json is repaired by jsonl" whole jhole log
ok "jsonl is repaired by json" whole holes line

# of another bundle
mkdir other
big >other/big
"$UNPACK" --bundle-dir other --format jsonl >olog 2>/dev/null
head -n 3 olog >mix
tail -n +4 log >>mix
ok "parts of two bundles" missing 0- mix
digest=$(tail -n 1 log | jq -r .digest)
odigest=$(tail -n 1 olog | jq -r .digest)
ok "--expect-digest agrees" whole --expect-digest "$digest" log
ok "--expect-digest disagrees" missing 0- --expect-digest "$odigest" log
ok "--expect-digest stands in for the last line" whole \
	--expect-digest "$digest" nolast
ok "--expect-digest of a json line" missing 0- --expect-digest "$odigest" line

# the termination message is a second witness
tail -n 1 log | jq -c '{result:"ok",format:"jsonl",entries,size,digest,parts}' \
	>message
tail -n 1 olog | jq -c '{result:"ok",format:"jsonl",entries,size,digest,parts}' \
	>omessage
ok "a witness agrees" whole --witness message log
ok "a witness agrees with json" whole --witness message line
ok "a witness stands in for the last line" whole --witness message nolast
ok "a witness knows how many" fetches 13-19 --witness message first
ok "a witness disagrees" missing 0- --witness omessage log
ok "a witness disagrees with json" missing 0- --witness omessage line
# in each field that it has, also where the digest is given twice
digest=$(jq -r .digest message)
for field in entries size parts; do
	jq -c ".$field += 1" message >wrong
	for log in log line; do
		[ "$field$log" != partsline ] || continue
		ok "a witness of other $field, $log" exits 4 "$UNPACKCTL" \
			extract -q -C wrong.d --witness wrong "$log"
		ok "and with --expect-digest" exits 4 "$UNPACKCTL" extract -q \
			-C wrong.d --witness wrong --expect-digest "$digest" "$log"
		ok "it is named" has err "$field|bytes"
		ok "nothing is written" [ ! -e wrong.d ]
	done
done
jq -c '.digest |= (.[:-4] + "0000")' message >wrong
ok "another digest beside --expect-digest" exits 4 "$UNPACKCTL" extract -q \
	-C wrong.d --witness wrong --expect-digest "$digest" log
jq -c '.entries += 1' message >wrong
jq -c 'del(.entries, .size, .digest, .mediaType)' line >old
ok "where the log says nothing, what comes out is counted" exits 4 \
	"$UNPACKCTL" extract -q -C wrong.d --witness wrong old

ok "a witness of nothing" exits 1 "$UNPACKCTL" extract --witness nothing log
printf '{"content":"%s"}\n' "$(jq -r .content line)" >plain
ok "a line without a digest" whole plain
ok "  is not verified" has err 'not verified'
ok "a witness vouches for it" whole --witness message plain
ok "  so it is verified" lacks err 'not verified'

# an unverified form that is cut
jq -r .content line | base64 -d | head -c 500000 >cut.gz
ok "a cut tar.gz" exits 4 "$UNPACKCTL" extract -C got cut.gz
ok "no target" [ ! -e got ]
done_testing
