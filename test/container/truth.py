#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What an image holds, from its layers: truth.py [OPTION...] OCI-LAYOUT

Merges the layers as the OCI image-spec says (layer.md: whiteouts, hard
links) and prints what unpack should write of it, one line an entry
(entry.py).  No container, file system or code of ours is involved.

  --symlinks       keep symlinks
  --under DIR      the bundle is DIR of the image
  --mount PATH     the runtime mounts something here: what lies at PATH is not
                   seen, nor a directory that this leaves empty
  --without PATH   left out by name, as the mount is
"""
import argparse
import gzip
import hashlib
import io
import json
import os
import stat
import sys
import tarfile

import entry


class Node:
    def __init__(self, m, name, sha=None):
        self.kind = ("d" if m.isdir() else "l" if m.issym() else
                     "f" if m.isreg() else "special")
        self.mode = stat.S_IMODE(m.mode) & 0o1777  # no set-user-ID bits
        self.mtime = int(m.mtime // 1)
        self.size = m.size if self.kind == "f" else 0
        self.sha = sha
        self.target = os.fsencode(m.linkname)


def made(mode=0o755):
    """A directory that no layer describes."""
    m = tarfile.TarInfo("made")
    m.type, m.mode = tarfile.DIRTYPE, mode
    return Node(m, b"")


def clean(name):
    parts = [p for p in os.fsencode(name).split(b"/") if p not in (b"", b".")]
    return b"/".join(parts) or b"."


def below(tree, path):
    return [p for p in tree if path == b"." and p != b"."
            or p.startswith(path + b"/")]


def remove(tree, path):
    for p in below(tree, path) + [path]:
        tree.pop(p, None)


def parents(path):
    parts = path.split(b"/")
    return [b"/".join(parts[:i]) for i in range(1, len(parts))]


def apply_layer(tree, tar):
    """One layer over what lies below it."""
    fresh = set()
    for m in tar:
        path = clean(m.name)
        head, _, base = path.rpartition(b"/")
        if base == b".wh..wh..opq":
            for p in below(tree, head or b"."):
                if p not in fresh:
                    tree.pop(p)
            continue
        if base.startswith(b".wh."):
            remove(tree, (head + b"/" if head else b"") + base[4:])
            continue
        for p in parents(path):
            if p not in tree or tree[p].kind != "d":
                tree[p] = made()
                fresh.add(p)
        if m.islnk():
            node = tree[clean(m.linkname)]
        else:
            sha = None
            if m.isreg():
                sha = hashlib.sha256(tar.extractfile(m).read()).hexdigest()
            node = Node(m, path, sha)
        if path in tree and node.kind != "d":
            remove(tree, path)
        tree[path] = node
        fresh.add(path)


def read_blob(layout, digest):
    with open(os.path.join(layout, "blobs", *digest.split(":")), "rb") as f:
        data = f.read()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def read_image(layout):
    with open(os.path.join(layout, "index.json"), "rb") as f:
        index = json.load(f)
    manifest = json.loads(read_blob(layout, index["manifests"][0]["digest"]))
    tree = {b".": made()}
    for layer in manifest["layers"]:
        data = read_blob(layout, layer["digest"])
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:",
                          encoding="utf-8", errors="surrogateescape") as tar:
            apply_layer(tree, tar)
    # the runtime makes the root, not as a layer has it
    tree[b"."] = made()
    return tree


def cover(tree, paths):
    """Take away what mounts cover, and directories which that empties."""
    touched = set()
    for path in map(clean, paths):
        remove(tree, path)
        touched.update(parents(path))
    for path in sorted(touched, key=len, reverse=True):
        if path in tree and tree[path].kind == "d" and not below(tree, path):
            tree.pop(path)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--symlinks", action="store_true")
    p.add_argument("--under")
    p.add_argument("--mount", action="append", default=[])
    p.add_argument("--without", action="append", default=[])
    p.add_argument("layout")
    a = p.parse_args()
    tree = read_image(a.layout)
    cover(tree, a.mount + a.without)
    if a.under and clean(a.under) != b".":
        top = clean(a.under)
        tree = {b"." if k == top else k[len(top) + 1:]: v
                for k, v in tree.items()
                if k == top or k.startswith(top + b"/")}
    for path in sorted(tree, key=entry.key):
        n = tree[path]
        if n.kind == "special" or n.kind == "l" and not a.symlinks:
            continue
        print(entry.line(n.kind, n.mode, 0 if n.kind == "d" else n.mtime,
                         n.size, n.sha, path, n.target))


sys.exit(main())
