#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Memory follows neither the number of files nor the size of the bundle; of a
# directory it takes its name and a few bytes more.
. "$TOP/test/lib.sh"
need python3
[ -z "${SANITIZED:-}" ] || skip_all "sanitizers use memory of their own"

# A tree of N files or directories with long names, and a file of N KiB.
python3 - <<'PY'
import hashlib, io, tarfile
for n, kind in (200, "f"), (20000, "f"), (20000, "d"):
    with tarfile.open("%d%s.tar.gz" % (n, kind), "w:gz", compresslevel=1) as tar:
        for i in range(n):
            info = tarfile.TarInfo("%06d-%s" % (i, "d" * 230))
            if kind == "d":
                info.type = tarfile.DIRTYPE
            info.mode = 0o755
            tar.addfile(info)
        info = tarfile.TarInfo("file")
        info.size = n << 10
        block = hashlib.shake_256(b"").digest(1 << 10)
        tar.addfile(info, io.BytesIO(block * n))
PY
"$UNPACK" --format jsonl --bundle-dir "$TOP/src" >src.log
for log in 200f.tar.gz 20000f.tar.gz src.log; do
	rm -rf x
	ok "$log: in 7 MiB" exits 0 sh -c 'ulimit -d 7168 && exec "$@"' sh \
		"$UNPACKCTL" extract -q -C x "$log"
done
rm -rf x
ok "20,000 directories: 320 bytes each more" exits 0 sh -c \
	'ulimit -d 13568 && exec "$@"' sh "$UNPACKCTL" extract -q -C x \
	20000d.tar.gz
ok "with less it says so" exits 1 sh -c 'ulimit -d 2048 && exec "$@"' sh \
	"$UNPACKCTL" extract -q -C y src.log
ok "out of memory" has err 'out of memory'
rm -rf x
done_testing
