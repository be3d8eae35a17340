#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make and describe file trees for tests, with Python's own idea of both.

  tree.py make DIR       a small bundle with one of everything
  tree.py deep DIR N     directories N levels deep, a file at the bottom
  tree.py list DIR       one line an entry, as a tar of it should say
  tree.py tar            the same of the tar on standard input
"""
import hashlib
import os
import socket
import stat
import sys
import tarfile


def write(path, data, mode=0o644, mtime=1600000000):
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode)
    os.utime(path, (mtime, mtime))


def make(top):
    top = os.fsencode(top)
    os.makedirs(top + b"/manifests/deeper")
    os.makedirs(top + b"/metadata")
    os.makedirs(top + b"/empty/also empty")
    os.makedirs(top + b"/etc")
    os.makedirs(top + b"/bin")
    write(top + b"/manifests/csv.yaml", b"kind: CSV\n" * 1000)
    write(top + b"/manifests/deeper/crd.yaml", b"kind: CRD\n", 0o600 | 0o44)
    write(top + b"/manifests-2", b"sorts after manifests/\n")
    write(top + b"/metadata/annotations.yaml", b"")
    write(top + b"/etc/app.conf", b"a bundle's own\n", 0o444, 1)
    write(top + b"/bin/run", b"#!/bin/sh\n", 0o4755)
    write(top + b"/old", b"before 1970", mtime=-86400)
    write(top + b"/caf\xc3\xa9", b"UTF-8")
    write(top + b"/caf\xe9", b"Latin-1")
    write(top + b"/new\nline", b"newline")
    write(top + b"/back\\slash", b"backslash")
    os.makedirs(top + b"/" + b"d" * 40)
    write(top + b"/" + b"d" * 40 + b"/" + b"n" * 250, b"long name")
    write(top + b"/" + b"d" * 40 + b"/\xff" + b"n" * 249, b"long, odd name")
    write(top + b"/one block", b"=" * 512)
    write(top + b"/incompressible", hashlib.shake_256(b"x").digest(6 << 20))
    os.link(top + b"/manifests/csv.yaml", top + b"/hardlink")
    os.symlink(b"manifests/csv.yaml", top + b"/link")
    os.symlink(b"/nowhere/" + b"x" * 300, top + b"/long link")
    os.symlink(b"manifests", top + b"/dir link")
    os.symlink(b"\xff", top + b"/odd link")
    for name in b"link", b"long link", b"dir link", b"odd link":
        os.utime(top + b"/" + name, (5, 5), follow_symlinks=False)
    os.mkfifo(top + b"/fifo", 0o600)
    s = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    os.chdir(top)
    s.bind("socket")
    os.chdir(here)


def deep(top, n):
    os.makedirs(top)
    os.chdir(top)
    for _ in range(n):
        os.mkdir("d")
        os.chdir("d")
    write(b"bottom", b"here\n")


def line(name, kind, mode, mtime, size, what):
    name = name.decode("utf-8", "backslashreplace").encode("unicode_escape")
    print(name.decode(), kind, "%04o" % mode, mtime, size, what)


def digest(data):
    return hashlib.sha256(data).hexdigest()[:16]


def walk(top, path):
    full = top if path == b"." else top + b"/" + path
    st = os.lstat(full)
    mode = stat.S_IMODE(st.st_mode) & 0o1777  # no set-user-ID bits
    if stat.S_ISLNK(st.st_mode):
        line(path, "link", mode, int(st.st_mtime // 1), 0,
             ascii(os.readlink(full)))
    elif stat.S_ISREG(st.st_mode):
        with open(full, "rb") as f:
            data = f.read()
        line(path, "file", mode, int(st.st_mtime // 1), len(data), digest(data))
    elif stat.S_ISDIR(st.st_mode):
        line(path, "dir", mode, 0, 0, "")
        for name in sorted(os.listdir(full)):
            walk(top, name if path == b"." else path + b"/" + name)


def read():
    with tarfile.open(fileobj=sys.stdin.buffer, mode="r|",
                      encoding="utf-8", errors="surrogateescape") as tar:
        for m in tar:
            assert m.uid == 0 and m.gid == 0 and m.uname == m.gname == "", m
            name = m.name.encode("utf-8", "surrogateescape")
            if m.issym():
                target = m.linkname.encode("utf-8", "surrogateescape")
                line(name, "link", m.mode, int(m.mtime), 0, ascii(target))
            elif m.isdir():
                line(name, "dir", m.mode, int(m.mtime), 0, "")
            else:
                assert m.isreg(), m
                data = tar.extractfile(m).read()
                line(name, "file", m.mode, int(m.mtime), m.size, digest(data))


def main():
    command = sys.argv[1]
    if command == "make":
        make(sys.argv[2])
    elif command == "deep":
        deep(sys.argv[2], int(sys.argv[3]))
    elif command == "list":
        walk(os.fsencode(sys.argv[2]), b".")
    elif command == "tar":
        read()


main()
