#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Why there is no bundle: each reason is told from the others, to people and to
# programs.
. "$TOP/test/lib.sh"
need jq python3

mkdir -p a/manifests b/manifests
echo a >a/manifests/x
echo b >b/manifests/x
chmod -R a+rX a b
for i in a b; do
	"$UNPACK" --bundle-dir $i --format jsonl >$i.log
	"$UNPACK" --bundle-dir $i --format json >$i.json
done
da=$(tail -n 1 a.log | jq -r .digest)
db=$(tail -n 1 b.log | jq -r .digest)

# why EXIT REASON REGEX LOG...: nothing is delivered, and this is why
why() {
	exit=$1 reason=$2 regex=$3
	shift 3
	exits "$exit" "$UNPACKCTL" extract -C got -o json "$@" || return 1
	[ ! -e got ] || return 1
	is "  reason" "$(jq -r '.reason, .exit' out | tr '\n' ' ')" \
		"$reason $exit "
	has err "$regex"
}
# no_fetch: where a fetch cannot help none is recommended
no_fetch() {
	ok "  no fetch is recommended" lacks err 'fetch again'
	is "  nor in JSON" "$(jq -c '[has("parts"), has("missing")]' out)" \
		'[false,false]'
}

: >empty
ok "an empty log" why 4 LogEmpty 'empty: it is empty$' empty
no_fetch
printf '\n \r\n' >blank
ok "a blank log" why 4 LogEmpty 'it is empty$' blank
head -c 5000 /dev/zero >nul
ok "NULs only" why 4 LogEmpty 'nothing but NUL' nul
gzip -c empty >empty.gz
ok "nothing, compressed" why 4 LogEmpty 'it is empty$' empty.gz

# what an unpack that failed has left
mkdir -p bad/manifests
echo x >bad/manifests/x
chmod 0 bad/manifests/x
chmod 755 bad bad/manifests
as 65532 65532 "$UNPACK" --bundle-dir bad >report 2>&1
ok "the report of an unpack" why 3 BundleUnreadable \
	'^  unpack: manifests/x: not readable.*; fix: ' report
no_fetch
is "  which paths" "$(jq -r '.findings[] | .path + " " + .fix' out | cut -c1-20)" \
	"manifests/x chmod a+"
sed 's/^/2026-11-24T10:00:00.123456789Z stderr F /' report >cri
ok "  in a runtime's file" why 3 BundleUnreadable '^  unpack: manifests/x' cri
sed 's/^/[pod\/p\/bundle] 2026-11-24T10:00:00.123456789Z /' report >prefix
ok "  with prefixes" why 3 BundleUnreadable '^  unpack: manifests/x' prefix
ok "  as a termination message" why 3 BundleUnreadable \
	'^  unpack: manifests/x' --witness report a.log
"$UNPACK" --bundle-dir nowhere 2>report
ok "a missing directory" why 3 BundleMissing 'nowhere' report
"$UNPACK" --bundle-dir a --log-limit 5 2>report
ok "too large" why 3 BundleTooLarge 'over --log-limit' report
echo "unpack: standard output: Broken pipe" >report
ok "another failure" why 4 UnpackFailed 'Broken pipe' report
ok "  all of it is shown" lacks err 'more lines'
no_fetch
{
	head -n 1 a.log
	cat report
} >half
ok "a failure half way" why 4 PartsMissing 'Broken pipe' half
ok "  says what to fetch" has err 'fetch again in a pod of the image, and give both logs: unpack .* --parts 1-'
printf 'unpack: a\033[31mb\n' >report
ok "a report is masked" why 4 UnpackFailed '^  unpack: a' report
ok "  all of it" lacks err "$(printf '\033')"

for e in 'Error from server (NotFound): pods "p" not found' \
	'error: a container name must be specified for pod p' \
	'Error from server (BadRequest): container "bundle" in pod "p" is waiting to start: ContainerCreating' \
	'Unable to connect to the server: dial tcp: lookup x: no such host' \
	'The connection to the server localhost:8080 was refused - did you specify the right host or port?' \
	'unable to retrieve container logs for containerd://abc'; do
	echo "$e" >kubectl
	ok "$e" why 4 KubectlError "$(echo "$e" | cut -c1-17)" kubectl
	no_fetch
done
{
	echo 'Defaulted container "bundle" out of: bundle, install (init)'
	echo 'error: no'
} >kubectl
ok "an error behind a notice" why 4 KubectlError 'error: no' kubectl

printf 'hello\033[1m world\r\nmore\n' >other
ok "something else" why 4 NotABundle 'something else: hello.x1b.1m world' other
no_fetch
printf 'caf\351 \302\233 x\n' >other
ok "  masked" why 4 NotABundle 'caf.xe9' other
cp -L "$(command -v env)" program
ok "a program" why 4 NotABundle 'a program .ELF' program
no_fetch
printf 'PK\003\004aaaaaaaaaaaaaaaa' >zip
ok "a zip archive" why 4 NotABundle 'a zip archive' zip
printf '\3757zXZ\000\000\000' >xz
ok "xz" why 4 NotABundle 'xz: decompress it first' xz
head -c 3000 /dev/urandom | tr -d '\000' >binary
ok "binary data" why 4 NotABundle 'it is something else: ' binary
ok "  masked" lacks err "$(printf '[\001-\010\016-\037]')"

head -n 1 a.log >cut.log
ok "the last line is missing" why 4 PartsMissing '1 part is there' cut.log
is "  which" "$(jq -c '[.result, .parts, .missing]' out)" \
	'["incomplete","1-",[[1,null]]]'
tail -c 100 a.json >tail.json
ok "the tail of a json line" why 4 PartsMissing 'no whole bundle' tail.json
is "  which" "$(jq -r .parts out)" 0-

# logs of several bundles
for i in "a.log b.log" "b.log a.log" "a.log b.json" "a.json b.json"; do
	# shellcheck disable=SC2086 # names of logs
	ok "two bundles: $i" why 4 SeveralBundles 'more than one bundle' $i
	# shellcheck disable=SC2086
	set -- $i
	for log in "$@"; do
		d=$da
		[ "${log%.*}" = a ] || d=$db
		ok "  $log is named" has err "$d (is )?in $log"
	done
	ok "  in their order" has err "bundle: $1 and $2; give"
	no_fetch
	is "  in JSON" "$(jq -r '.bundles[] | .digest + " " + .log' out | sort)" \
		"$(printf '%s a.%s\n%s b.%s\n' "$da" \
			"$(echo "$i" | sed 's/.*a\.\([a-z]*\).*/\1/')" "$db" \
			"$(echo "$i" | sed 's/.*b\.\([a-z]*\).*/\1/')" | sort)"
done
# in every form and order, also without a last line, and of many parts
mkdir c d
head -c 1400000 /dev/urandom >c/x
head -c 1400000 /dev/urandom >d/x
for i in c d; do
	"$UNPACK" --bundle-dir $i --format jsonl >$i.log
	"$UNPACK" --bundle-dir $i --format json >$i.json
done
for i in a b c d; do
	jq -c 'del(.entries, .size, .digest, .mediaType)' $i.json >$i.plain
	jq -r .content $i.json | base64 -d >$i.gz
	gzip -dc $i.gz >$i.tar
	tail -n 1 $i.log >$i.last
	head -n -1 $i.log >$i.parts
	sed -n 2,4p $i.log >$i.some
done
# several A B: these two are of different bundles
several() {
	exits 4 "$UNPACKCTL" extract -C got -o json "$1" "$2" &&
		[ ! -e got ] && has err 'logs of more than one bundle: ' &&
		[ "$(jq -r .reason out)" = SeveralBundles ]
}
# one A B: these are of one
one() {
	exits 0 "$UNPACKCTL" extract -q -C got "$1" "$2" && rm -rf got
}
for pair in "a b" "c d"; do
	x=${pair% *} y=${pair#* }
	for i in log json plain gz tar last parts; do
		for k in log json plain gz tar last parts; do
			case $i$k in
			# what is missing is asked for first
			plainlast | gzlast | tarlast | lastplain | lastgz | lasttar | \
				plainparts | gzparts | tarparts | partsplain | \
				partsgz | partstar)
				ok "two bundles: $x.$i $y.$k" exits 4 \
					"$UNPACKCTL" extract -C got $x.$i $y.$k
				continue
				;;
			esac
			ok "two bundles: $x.$i $y.$k" several $x.$i $y.$k
		done
	done
done
for i in log json parts; do
	ok "two bundles: c.$i d.some" several c.$i d.some
	ok "two bundles: d.some c.$i" several d.some c.$i
done
for i in log json; do
	for k in log json plain gz tar last parts some; do
		[ $k = some ] || ok "one bundle: a.$i a.$k" one a.$i a.$k
		ok "one bundle: c.$i c.$k" one c.$i c.$k
		ok "one bundle: c.$k c.$i" one c.$k c.$i
	done
done
ok "one bundle: c.parts c.last" one c.parts c.last
ok "one bundle: c.last c.parts" one c.last c.parts
for i in plain gz tar; do
	for k in plain gz tar; do
		ok "one bundle: c.$i c.$k" one c.$i c.$k
	done
done
gzip -1 <c.tar >c1.gz
ok "compressed in another way" one c1.gz c.json
ok "the other order" one c.log c1.gz
ok "another bundle, compressed in another way" several c1.gz d.json
cat a.log b.log >both
ok "two bundles in one log" why 4 SeveralBundles 'more than one bundle: both; give' both
ok "  both are named" has err "^  $db in both"
head -n 1 a.log >pa
head -n 1 b.log >pb
ok "parts of two bundles" why 4 SeveralBundles 'bundle: pa and pb; give those of one' pa pb
ok "no digest chooses" why 4 SeveralBundles 'more than one bundle' \
	--expect-digest "$db" a.json b.json
cat a.log a.log >twice
ok "two runs of one bundle" exits 0 "$UNPACKCTL" extract -C got -o json twice
is "  repeated" "$(jq .repeated out)" 1
rm -rf got
ok "a json line twice" exits 0 "$UNPACKCTL" extract -C got -o json a.json a.json
is "  repeated" "$(jq .repeated out)" 1
rm -rf got
ok "both formats" exits 0 "$UNPACKCTL" extract -C got -o json a.json a.log
is "  nothing is repeated" "$(jq .repeated out)" 0
rm -rf got

ok "another digest than expected" why 4 DigestMismatch \
	"$da, but --expect-digest says $db" --expect-digest "$db" a.log
ok "  of a json line" why 4 DigestMismatch \
	"$da, but --expect-digest says $db" --expect-digest "$db" a.json
jq -c '{result:"ok",entries,size,digest,parts}' b.json |
	jq -c '.parts = 1' >witness
ok "another than the pod's message says" why 4 DigestMismatch \
	"$da, but the termination message says $db" --witness witness a.log

echo '{"result":"failed","reason":"BundleUnreadable","message":"1 path","findings":[{"code":"c","path":"p/q","message":"m","fix":"chmod"}],"more":3}' >failed
ok "the message of a failed pod" why 3 BundleUnreadable \
	'failed: the pod failed: BundleUnreadable: 1 path' \
	--witness failed a.log
ok "  with what was found" has err '^  p/q: m; fix: chmod$'
ok "  and how much more" has err '^  and 3 more$'
is "  in JSON" "$(jq -r '.findings[].path' out)" p/q
echo '{"result":"failed","reason":"Terminated","message":"x"}' >failed
ok "a pod that was stopped" why 4 Terminated 'Terminated: x' --witness failed a.log
echo hello >failed
ok "no message at all" exits 1 "$UNPACKCTL" extract -C got --witness failed a.log
ok "  says so" has err 'failed: not a termination message of unpack'
done_testing
