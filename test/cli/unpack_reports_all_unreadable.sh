#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A bundle that cannot be read is refused whole, with every reason.
. "$TOP/test/lib.sh"

chmod 755 .
mkdir -p t/a/b t/c t/list t/search t/z
echo 1 >t/a/secret
echo 2 >t/a/b/fine
echo 3 >t/c/group
echo 4 >t/list/x
echo 5 >t/search/x
echo 6 >"t/z/odd$(printf '\033[31m\377')"
echo 7 >t/closed-link-target
chmod 600 t/a/secret t/z/*
chmod 640 t/c/group
chmod 711 t/list
chmod 744 t/search
chmod 600 t/closed-link-target
ln -s closed-link-target t/link
mkfifo -m 600 t/fifo

ok "exit 3" exits 3 as 65532 65532 "$UNPACK" --bundle-dir t
ok "nothing on standard output" empty out
sed 's/^unpack: //; s/: .*//; s/;.*//' err >names
cat >wanted <<'E'
a/secret
c/group
closed-link-target
list
search
$'z/odd\x1b[31m\xff'
6 paths of the bundle cannot be read by uid 65532, gid 65532, no other groups
E
ok "every path, sorted, quoted" diff wanted names
ok "mode, owner, and who we are" has err \
	'^unpack: a/secret: not readable: mode 0600, owner 0:0; read by uid 65532, gid 65532, no other groups; fix: '
ok "a fix for a file" has err "secret: .*fix: chmod a\\+r a/secret .*COPY --chmod=0755"
ok "a fix for a directory" has err "list: .*fix: chmod -R a\\+rX list .*COPY --chmod=0755"
ok "what a directory lacks" has err '^unpack: search: directory not searchable'

ok "with the file's group: exit 3" exits 3 \
	setpriv --reuid 65532 --regid 0 --groups 7,8 --bounding-set=-all \
	"$UNPACK" --bundle-dir t
ok "with the file's group: one less" has err '^unpack: 5 paths .*gid 0, groups 7,8$'
ok "with the file's group: it is not named" lacks err 'c/group'

ok "check: exit 3" exits 3 as 65532 65532 "$UNPACK" check --bundle-dir t
ok "check: nothing on standard error" empty err
ok "check: the same paths" [ "$(jq -r '.findings[].path' out)" = \
	"$(sed "7d; s/^[$]'\(.*\)'/\1/" wanted)" ]
ok "check: codes" [ "$(jq -r '.findings[].code' out | sort | uniq -c | tr -s ' \n' ' ')" = \
	" 1 directory-not-readable 1 directory-not-searchable 4 file-not-readable " ]
ok "check: the rest" jq -e '.result == "failed" and
	.reason == "BundleUnreadable" and .as.uid == 65532 and
	.skipped.special == 1 and .skipped.symlink == 1 and
	(.skippedPaths[] | select(.path == "fifo").type) == "fifo"' out
ok "check of what root can read: exit 0" exits 0 "$UNPACK" check --bundle-dir t
ok "check counts" jq -e '.result == "ok" and .files == 7 and
	.directories == 7 and .entries == 14 and .bytes == 14 and
	(.findings | length) == 0' out

mkdir many
python3 -c 'import os
for i in range(1500):
    os.close(os.open("many/%04d" % i, os.O_CREAT | os.O_WRONLY, 0o600))'
ok "1,500 of them: exit 3" exits 3 as 1 1 "$UNPACK" --bundle-dir many
is "the first 1,000 in full" "$(grep -c 'not readable' err)" 1000
ok "then how many more" has err '^unpack: and 500 more$'
ok "and the count of all" has err '^unpack: 1500 paths'
as 1 1 "$UNPACK" check --bundle-dir many >out
ok "check does the same" jq -e '(.findings | length) == 1000 and .more == 500' out
done_testing
