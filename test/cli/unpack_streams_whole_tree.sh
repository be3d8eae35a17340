#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is in the tree comes out of every format, and nothing else does.
. "$TOP/test/lib.sh"
tree="python3 $TOP/test/tree.py"

$tree make t
$tree list t >whole
grep -v ' link ' whole >no-links

decode_json() { jq -r .content | base64 -d | gzip -dc; }
decode_jsonl() { jq -r '.content//empty' | base64 -d | gzip -dc; }

ok "tar: exit 0" exits 0 "$UNPACK" --bundle-dir t --format tar
mv out tar
ok "tar: nothing on standard error" empty err
$tree tar <tar >got
ok "tar holds the tree, sorted, symlinks too" diff whole got
ok "tar ends in two blocks of zeros, without padding" \
	python3 -c 'import sys; t = open("tar", "rb").read()
sys.exit(t[-1024:] != bytes(1024) or t[-1536:-1024] == bytes(512))'

ok "json: exit 0" exits 0 "$UNPACK" --bundle-dir t
mv out json
ok "json: nothing on standard error" empty err
decode_json <json | $tree tar >got
ok "json holds the tree without symlinks" diff no-links got
is "json is one line" "$(wc -l <json)" 1

ok "json with symlinks" exits 0 "$UNPACK" --bundle-dir t --symlinks keep
decode_json <out | cmp - tar
ok "json with symlinks is the tar" sh -c \
	'jq -r .content <out | base64 -d | gzip -dc | cmp - tar'
ok "tar without symlinks" exits 0 \
	"$UNPACK" --bundle-dir t --symlinks=skip --format=tar
$tree tar <out >got
ok "tar without symlinks holds the rest" diff no-links got

ok "jsonl: exit 0" exits 0 "$UNPACK" --bundle-dir t --format jsonl
mv out jsonl
ok "jsonl: nothing on standard error" empty err
decode_jsonl <jsonl >got
ok "jsonl is the tar" cmp got tar

# what the formats say about themselves
ok "json: describes its tar.gz" python3 - json <<'PY'
import base64, hashlib, json, sys
d = json.load(open(sys.argv[1]))
data = base64.b64decode(d["content"], validate=True)
assert d["size"] == len(data)
assert d["digest"] == "sha256:" + hashlib.sha256(data).hexdigest()
assert d["mediaType"] == "application/vnd.oci.image.layer.v1.tar+gzip"
assert d["entries"] == sum(1 for _ in open("no-links"))
PY
ok "jsonl: describes each part and the whole" python3 - jsonl <<'PY'
import base64, gzip, hashlib, json, sys
lines = [json.loads(l) for l in open(sys.argv[1])]
whole, total = hashlib.sha256(), 0
for i, p in enumerate(lines[:-1]):
    data = base64.b64decode(p["content"], validate=True)
    assert p["part"] == i and p["size"] == len(data)
    assert p["digest"] == "sha256:" + hashlib.sha256(data).hexdigest()
    n = len(gzip.decompress(data))
    full = 1 << 18 if i < 16 else 1 << 20
    assert n == full or i == len(lines) - 2 and 0 < n < full
    whole.update(data)
    total += len(data)
last = lines[-1]
assert len(lines) > 18  # both kinds of slices
assert last["parts"] == len(lines) - 1 and last["size"] == total
assert last["digest"] == "sha256:" + whole.hexdigest()
assert last["entries"] == sum(1 for _ in open("whole"))
PY

# other readers see the same names
gzip -c tar >tgz
bsdtar tf tar | wc -l >n.bsdtar
tar tf tar 2>/dev/null | wc -l >n.gnu
busybox tar tf tar | wc -l >n.busybox
# the name with a newline takes two lines where it is printed as it is
entries=$(wc -l <whole)
for r in bsdtar gnu busybox; do
	n=$(cat n.$r)
	ok "$r lists every entry" [ "$n" = "$entries" -o "$n" = $((entries + 1)) ]
done
done_testing
