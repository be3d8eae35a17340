#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The formats of unpack-stream(5), written a second time.

stream.py json|jsonl|plain [--slice BYTES] [--parts FIRST[-LAST]] <TAR >LOG

"plain" is the form without a descriptor.  As a module: json_line, jsonl_lines
and plain_line make lines out of the bytes of a tar.
"""
import argparse
import base64
import hashlib
import io
import json
import sys
import tarfile
import zlib

SLICE = 1 << 20
MEDIA_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"


def member(data):
    """One gzip member."""
    z = zlib.compressobj(6, zlib.DEFLATED, 31)
    return z.compress(data) + z.flush()


def members(tar, size=SLICE):
    return [member(tar[i:i + size]) for i in range(0, len(tar), size)]


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def entries(tar):
    with tarfile.open(fileobj=io.BytesIO(tar)) as t:
        return len(t.getmembers())


def line(**fields):
    text = json.dumps(fields, separators=(",", ":")) + "\n"
    return text.encode()


def text_of(data):
    return base64.b64encode(data).decode()


def jsonl_lines(tar, size=SLICE):
    """A list of all lines; the last one describes the whole."""
    parts = members(tar, size)
    lines = [line(part=i, size=len(p), digest=digest(p), content=text_of(p))
             for i, p in enumerate(parts)]
    whole = b"".join(parts)
    lines.append(line(parts=len(parts), mediaType=MEDIA_TYPE, size=len(whole),
                      digest=digest(whole), entries=entries(tar)))
    return lines


def json_line(tar, size=SLICE):
    whole = b"".join(members(tar, size))
    return line(content=text_of(whole), mediaType=MEDIA_TYPE, size=len(whole),
                digest=digest(whole), entries=entries(tar))


def plain_line(tar):
    return line(content=text_of(member(tar)))


def choose(lines, text):
    """The lines that --parts FIRST[-LAST] names, and the last one."""
    first, dash, last = text.partition("-")
    end = len(lines) - 1
    if not dash:
        last = first
    upto = min(int(last) + 1, end) if last else end
    return lines[int(first):upto] + lines[end:]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("format", choices=["json", "jsonl", "plain"])
    parser.add_argument("--slice", type=int, default=SLICE)
    parser.add_argument("--parts", default="0-")
    args = parser.parse_args()
    tar = sys.stdin.buffer.read()
    out = sys.stdout.buffer
    if args.format == "json":
        out.write(json_line(tar, args.slice))
    elif args.format == "plain":
        out.write(plain_line(tar))
    else:
        out.writelines(choose(jsonl_lines(tar, args.slice), args.parts))


if __name__ == "__main__":
    main()
