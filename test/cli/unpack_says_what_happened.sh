#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The termination message, standard error, signals.
. "$TOP/test/lib.sh"
[ "$(id -u)" = 0 ] || skip_all "needs root, to mount"
unshare -m true 2>/dev/null || skip_all "needs to make a mount namespace"

chmod 755 .
mkdir -p dev t/manifests
mknod -m 666 dev/null c 1 3
mknod -m 666 dev/full c 1 7
echo x >t/manifests/a
mkfifo t/fifo

# said COMMAND...: run it with a /dev/termination-log, kept in ./message
said() {
	rm -f dev/termination-log message
	: >dev/termination-log
	chmod 666 dev/termination-log
	echo stale and longer than what is to come >dev/termination-log
	unshare -m --propagation private sh -c \
		'mount --bind dev /dev && exec "$@"' sh "$@"
	code=$?
	cp dev/termination-log message
	return $code
}

ok "success" exits 0 said "$UNPACK" --bundle-dir t
ok "is told" jq -e '.result == "ok" and .format == "json" and .entries == 3 and
	.parts == 1 and .skipped.special == 1 and .skipped.mount == 0' message
is "with the digest of the stream" "$(jq -r .digest message)" "$(jq -r .digest out)"
is "and its size" "$(jq .size message)" "$(jq .size out)"
ok "jsonl" exits 0 said "$UNPACK" --bundle-dir t --format jsonl
ok "jsonl is told" jq -e '.format == "jsonl" and .parts == 1' message
ok "tar" exits 0 said "$UNPACK" --bundle-dir t --format tar
ok "tar is told" jq -e '.format == "tar" and (has("digest") | not)' message
is "with its size" "$(jq .size message)" "$(wc -c <out)"

mkdir closed
i=0
while [ $i -lt 300 ]; do
	: >"closed/$i"
	chmod 600 "closed/$i"
	i=$((i + 1))
done
ok "an unreadable bundle" exits 3 said setpriv --reuid 9 --regid 9 --clear-groups \
	"$UNPACK" --bundle-dir closed
ok "is told" jq -e '.result == "failed" and .reason == "BundleUnreadable" and
	(.message | test("300 paths")) and .findings[0].path == "0" and
	.findings[0].code == "file-not-readable" and
	(.findings | length) + .more == 300' message
ok "in at most 4096 bytes" [ "$(wc -c <message)" -le 4096 ]
ok "with as many findings as fit" [ "$(wc -c <message)" -gt 2000 ]

ok "a missing bundle" exits 3 said "$UNPACK" --bundle-dir nowhere
ok "is told" jq -e '.reason == "BundleMissing" and (.message | test("nowhere"))' message
ok "no space" exits 1 said sh -c 'exec "$0" --bundle-dir t >/dev/full' "$UNPACK"
ok "is told" jq -e '.reason == "IOError" and
	(.message | test("standard output: No space left"))' message
ok "over the limit" exits 3 said "$UNPACK" --bundle-dir t --log-limit 100
ok "is told" jq -e '.reason == "BundleTooLarge" and
	(.message | test("[0-9]+ bytes, over --log-limit 100;"))' message
ok "prints nothing" empty out
size=$("$UNPACK" --bundle-dir t | wc -c)
ok "just within the limit" exits 0 said "$UNPACK" --bundle-dir t --log-limit "$size"
ok "just over it" exits 3 said "$UNPACK" --bundle-dir t --log-limit $((size - 1))

ok "a message file that is not ours" sh -c '
	: >dev/termination-log; chmod 600 dev/termination-log
	unshare -m --propagation private sh -c "mount --bind dev /dev && exec \
	setpriv --reuid 9 --regid 9 --clear-groups $UNPACK --bundle-dir t" >out 2>err'
ok "is no error" empty err

# as PID 1 nothing but a handler ends a process
cat >pid1 <<'E'
rm -f out; mkfifo out
unshare -p -f --kill-child --mount-proc "$1" --bundle-dir "$2" --format tar >out &
pid=$!
exec 3<out
head -c 1 <&3 >/dev/null
kill -"$3" $(pgrep -P $pid)
wait $pid
exit $?
E
mkdir big
truncate -s 1G big/zeros
for s in TERM:143 INT:130; do
	ok "SIG${s%:*} ends PID 1, blocked in a write" \
		exits "${s#*:}" timeout 20 sh pid1 "$UNPACK" big "${s%:*}"
	rm -f out
done
ok "SIGTERM is told" sh -c '
	: >dev/termination-log; chmod 666 dev/termination-log
	unshare -m --propagation private sh -c "mount --bind dev /dev
		mkfifo p; $0 --bundle-dir big --format tar >p & pid=\$!
		exec 3<p; head -c 1 <&3 >dev/null; kill \$pid; wait \$pid
		[ \$? = 143 ]" && jq -e ".reason == \"Terminated\"" dev/termination-log' "$UNPACK"
done_testing
