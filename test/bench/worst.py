#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The worst inputs that are known, with sizes doubled: how time grows.

    worst.py UNPACKCTL

Each line: the case, bytes of input, seconds, and the ratio to the line before,
which is about 2 where the time is linear in the size.
"""
import base64
import os
import subprocess
import sys
import tarfile
import tempfile
import time
import zlib

DEEP = "a/" * 1900


def log(names):
    """A log whose tar has these empty files."""
    z = zlib.compressobj(9, wbits=31)
    out = [z.compress(tarfile.TarInfo(n).tobuf(tarfile.PAX_FORMAT))
           for n in names]
    out += [z.compress(bytes(1024)), z.flush()]
    return b'{"content":"%s"}\n' % base64.b64encode(b"".join(out))


def alternate(n):
    return log((DEEP if i % 2 else "b/" * 1900) + "f%d" % i for i in range(n))


def implied(n):
    return log("%d/%sf" % (i, DEEP[:200]) for i in range(n))


def tags(n):
    return b"%TAG !a! b\n" * n + b"--- a\n"


def merges(n):
    keys = ", ".join("k%d: 1" % i for i in range(n))
    return ("a: &a {%s}\nb: {<<: [%s]}\n" % (keys, ", ".join(
        ["*a"] * 40))).encode()


def dots(n):
    """An image whose files lie behind links with many dots."""
    mkimage = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                           "..", "mkimage.py")
    lines = ["layer", "symlink l " + "./" * 2000 + "."]
    lines += ["file %sf%d 0644" % ("l/" * 40, i) for i in range(n)]
    with tempfile.NamedTemporaryFile() as f:
        subprocess.run([mkimage, "docker-archive", f.name], check=True,
                       input="\n".join(lines).encode())
        return f.read()


CASES = [("deep directories in turn", alternate, 200, ["extract", "-q", "-C"]),
         ("directories that names imply", implied, 200,
          ["extract", "-q", "-C"]),
         ("dots in a link of a layer", dots, 200, ["check"]),
         ("%TAG lines", tags, 100000, ["check-pod"]),
         ("merge keys", merges, 500, ["check-pod"])]


def main():
    ctl = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as work:
        path, target = work + "/input", work + "/target"
        for name, make, first, args in CASES:
            before = None
            for n in (first, 2 * first, 4 * first):
                with open(path, "wb") as f:
                    f.write(make(n))
                command = [ctl] + args
                command += [target, path] if args[-1] == "-C" else [path]
                begin = time.monotonic()
                subprocess.run(command, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
                took = time.monotonic() - begin
                subprocess.run(["rm", "-rf", target])
                print("%-30s %9d bytes %8.3f s %s" % (
                    name, os.path.getsize(path), took,
                    "" if before is None else "x%.1f" % (took / before)),
                      flush=True)
                before = took


if __name__ == "__main__":
    main()
