#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The same tree gives the same bytes to all users, in all ways.
. "$TOP/test/lib.sh"

python3 "$TOP/test/tree.py" make a
python3 - a/manifests <<'PY'
import hashlib, sys
for i in range(3):
    with open("%s/big%d" % (sys.argv[1], i), "wb") as f:
        f.write(b"".join(hashlib.sha256(b"%d" % n).hexdigest().encode() * 3
                         for n in range(20000)))
PY
# the same in another order of creation, and with other times of directories
mkdir b
(cd a && find . -not -type s -print0 | LC_ALL=C sort -zr |
	tar cf - --no-recursion --null -T -) \
	2>/dev/null | tar xpf - -C b
for d in b b/manifests b/empty; do touch "$d"; done

"$UNPACK" --bundle-dir a --format jsonl >one
for jobs in 1 2 3 7 64; do
	"$UNPACK" --bundle-dir a --format jsonl --jobs $jobs >two
	ok "$jobs jobs" cmp one two
done
"$UNPACK" --bundle-dir b --format jsonl >two
ok "another order of creation, other directory times" cmp one two
LC_ALL=C.UTF-8 TZ=Asia/Tokyo "$UNPACK" --bundle-dir=a --format=jsonl >two
ok "another locale and time zone" cmp one two
chmod 755 .
chmod -R a+rX a
"$UNPACK" --bundle-dir a --format jsonl >one
as 65532 0 "$UNPACK" --bundle-dir a --format jsonl >two
ok "another user" cmp one two
(cd a && "$UNPACK" --format jsonl) >two
ok "the current directory" cmp one two
jq -r '.content//empty' <one | base64 -d >parts
"$UNPACK" --bundle-dir a --symlinks keep | jq -r .content | base64 -d >whole
ok "json and jsonl hold the same tar.gz" cmp parts whole
"$UNPACK" --bundle-dir a --format jsonl --level 1 >two
ok "another level gives other bytes" sh -c '! cmp -s one two'
done_testing
