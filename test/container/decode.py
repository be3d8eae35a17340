#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An independent reader of a pod log: decode.py [json|jsonl|tar] LOG [TAR]

Knows the format from its description and uses Python's standard library
alone.  Prints what the bundle holds, one line an entry (entry.py), and fails
on what the format does not allow.  TAR keeps the tar.
"""
import base64
import gzip
import hashlib
import io
import json
import sys
import tarfile
import zlib

import entry

KEYS = ["content", "mediaType", "size", "digest", "entries"]
PART_KEYS = ["part", "size", "digest", "content"]
LAST_KEYS = ["parts", "mediaType", "size", "digest", "entries"]
SHORT, SHORTS, SLICE = 1 << 18, 16, 1 << 20
MEDIA_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"


def need(true, what):
    if not true:
        sys.exit("decode.py: " + what)


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def read_line(line, keys):
    pairs = json.loads(line, object_pairs_hook=list)
    need([k for k, _ in pairs] == keys, "keys: %r" % [k for k, _ in pairs])
    need(b" " not in line, "a blank")
    return dict(pairs)


def check_whole(doc, data):
    need(doc["mediaType"] == MEDIA_TYPE, "mediaType")
    need(doc["size"] == len(data), "size")
    need(doc["digest"] == sha256(data), "digest")
    return gzip.decompress(data), doc["entries"]


def read_json(log):
    need(log.endswith(b"\n") and log.count(b"\n") == 1, "not one line")
    doc = read_line(log, KEYS)
    return check_whole(doc, base64.b64decode(doc["content"], validate=True))


def read_jsonl(log):
    need(log.endswith(b"\n"), "the last line has no end")
    lines = log.split(b"\n")[:-1]
    parts = []
    sizes = []
    for i, line in enumerate(lines[:-1]):
        doc = read_line(line, PART_KEYS)
        part = base64.b64decode(doc["content"], validate=True)
        need(doc["part"] == i, "part %d is called %r" % (i, doc["part"]))
        need(doc["size"] == len(part), "size of part %d" % i)
        need(doc["digest"] == sha256(part), "digest of part %d" % i)
        unzip = zlib.decompressobj(wbits=31)
        sizes.append(len(unzip.decompress(part)))
        need(unzip.eof and not unzip.unused_data, "part %d: a member" % i)
        parts.append(part)
    full = [SHORT if i < SHORTS else SLICE for i in range(len(sizes))]
    need(sizes[:-1] == full[:-1] and 0 < sizes[-1] <= full[-1],
         "parts of %r bytes" % sizes)
    doc = read_line(lines[-1], LAST_KEYS)
    need(doc["parts"] == len(parts), "parts")
    return check_whole(doc, b"".join(parts))


def octal(field):
    return int(field.rstrip(b" \0") or b"0", 8)


def read_headers(tar):
    """What a library forgives: every 512-byte header, looked at by hand."""
    at = 0
    pax = False
    while tar[at:at + 512] != bytes(512):
        h = tar[at:at + 512]
        need(len(h) == 512, "the tar ends in a header")
        need(h[257:265] == b"ustar\x0000", "not ustar at %d" % at)
        kind, size = h[156:157], octal(h[124:136])
        need(kind in (b"0", b"5", b"2", b"x"), "type %r at %d" % (kind, at))
        need(octal(h[148:156]) == sum(h) - sum(h[148:156]) + 8 * 32,
             "checksum at %d" % at)
        if kind != b"x":
            need(octal(h[108:116]) == 0 and octal(h[116:124]) == 0, "owner")
            need(h[265:329] == bytes(64), "owner's name")
            need(octal(h[329:337]) == 0 and octal(h[337:345]) == 0, "device")
        pax = kind == b"x"
        at += 512 + (size + 511) // 512 * 512
    need(not pax, "a pax header without its entry")
    need(len(tar) - at >= 1024 and tar.count(0, at) == len(tar) - at,
         "the tar's end")


def fits_ustar(name, target):
    """May a ustar header alone carry this name?"""
    try:
        (name + b"\0" + target).decode()
    except UnicodeDecodeError:
        return False
    if len(target) > 100:
        return False
    if len(name) <= 100:
        return True
    cut = name.find(b"/", len(name) - 101)
    return 0 < cut <= 155 and cut < len(name) - 1


def check(m, name, target):
    need(m.uid == 0 and m.gid == 0, "%r is owned" % name)
    need(m.uname == "" and m.gname == "", "%r has an owner's name" % name)
    need(m.isreg() or m.isdir() or m.issym(), "type of %r" % name)
    need(m.mtime == int(m.mtime), "mtime of %r is no whole second" % name)
    need(not m.isdir() or m.mtime == 0, "directory %r has an mtime" % name)
    raw = name + b"/" if m.isdir() and name != b"." else name
    if fits_ustar(raw, target) and m.size < 1 << 33 and m.mtime >= 0:
        need(not m.pax_headers, "%r needs no pax: %r" % (name, m.pax_headers))


def entries(tar):
    names = []
    lines = []
    with tarfile.open(fileobj=io.BytesIO(tar), mode="r:", encoding="utf-8",
                      errors="surrogateescape") as t:
        for m in t:
            name = m.name.encode("utf-8", "surrogateescape")
            target = m.linkname.encode("utf-8", "surrogateescape")
            check(m, name, target)
            sha = None
            if m.isreg():
                sha = hashlib.sha256(t.extractfile(m).read()).hexdigest()
            kind = "d" if m.isdir() else "l" if m.issym() else "f"
            names.append(name)
            lines.append(entry.line(kind, m.mode, m.mtime,
                                    m.size if sha else 0, sha, name, target))
    need(names and names[0] == b".", "'.' is not first")
    need(len(set(names)) == len(names), "a name twice")
    need(names == sorted(names, key=entry.key), "not sorted")
    return lines


def main():
    args = sys.argv[1:]
    readers = {"json": read_json, "jsonl": read_jsonl,
               "tar": lambda log: (log, None)}
    read = readers[args.pop(0) if args[0] in readers else "json"]
    with open(args[0], "rb") as f:
        log = f.read()
    tar, count = read(log)
    if len(args) > 1:
        with open(args[1], "wb") as f:
            f.write(tar)
    read_headers(tar)
    lines = entries(tar)
    need(count in (None, len(lines)), "entries: %s" % count)
    print("\n".join(lines))


main()
