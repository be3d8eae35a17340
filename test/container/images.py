#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Images with entries that no Dockerfile makes: images.py NAME DIR

Writes the image NAME as an OCI layout to DIR, tag "1".
"""
import hashlib
import io
import json
import os
import sys
import tarfile

TIME = 1600000000


class Layer:
    """A layer of an image; names are bytes."""

    def __init__(self):
        self.buf = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.buf, mode="w",
                                format=tarfile.GNU_FORMAT, encoding="utf-8",
                                errors="surrogateescape")

    def add(self, kind, name, data=b"", mode=None, target=b"", **more):
        m = tarfile.TarInfo(os.fsdecode(name))
        m.type = kind
        m.mode = mode if mode is not None else (
            0o755 if kind == tarfile.DIRTYPE else 0o644)
        m.mtime = TIME
        m.size = len(data)
        m.linkname = os.fsdecode(target)
        for key, value in more.items():
            setattr(m, key, value)
        self.tar.addfile(m, io.BytesIO(data))

    def dir(self, name, mode=0o755, **more):
        self.add(tarfile.DIRTYPE, name, mode=mode, **more)

    def file(self, name, data=b"hello\n", mode=0o644, **more):
        self.add(tarfile.REGTYPE, name, data, mode, **more)

    def symlink(self, name, target):
        self.add(tarfile.SYMTYPE, name, mode=0o777, target=target)

    def done(self):
        self.tar.close()
        return self.buf.getvalue()


def names():
    """Names that break code that splits, escapes, decodes, or cuts them."""
    a = Layer()
    a.dir(b"manifests")
    for i, name in enumerate([
            b"new\nline", b"tab\t", b"carriage\rreturn", b"back\\slash",
            b"quo\"te'", b"-rf", b"--", b"*", b"a b ", b" ", b"...", b".hidden",
            b"\xff\xfe", b"latin-\xe4\xf6\xfc", b"cut-\xc3", b"\xed\xa0\x80",
            b"\x01\x1b[31mred\x1b[0m\x7f", "gr\u00fc\u00dfe".encode(),
            "u\u0308 beside \u00fc".encode(), "\u202eltr".encode(),
            "\U0001f600".encode(), b"%s%n", b"{{ .Values }}", b"a:b;c|d&e$f`g",
            b"octal\\040space", b"(deleted)", b"UPPER", b"upper"]):
        a.file(b"manifests/" + name, b"%d\n" % i)
    # a walk sorts by component: order/a, order/a/b, order/a-b, order/a.b
    a.dir(b"order/a")
    for name in (b"a/b", b"a-b", b"a.b", b"a0", b"A", b"_", b"\xc3\xa9", b"b"):
        a.file(b"order/" + name)
    # where ustar's 100 and 155 bytes end
    a.dir(b"long")
    for n in (99, 100, 101, 155, 156, 250, 255):
        a.file(b"long/" + b"n" * n)
        a.dir(b"long/" + b"d" * n)
        a.file(b"long/" + b"d" * n + b"/file")
    a.file(b"long/" + b"e" * 44 + b"/" + b"f" * 250)
    a.file(b"long/" + b"\xc3\xbc" * 125 + b"/" + b"\xff" * 250)
    a.file(b"/".join([b"deep"] * 400) + b"/down")
    a.symlink(b"long/100", b"t" * 100)
    a.symlink(b"long/101", b"t" * 101)
    a.symlink(b"long/4000", b"t/" * 2000)
    a.symlink(b"long/odd", b"\xff\n \\")
    a.symlink(b"long/utf8", "gr\u00fc\u00df".encode())
    return [a]


def types():
    """Every type of file, mode, and time; hard links; nothing at all."""
    a = Layer()
    a.dir(b"empty")
    a.dir(b"empty2/empty3")
    a.dir(b"sticky", 0o1777)
    a.dir(b"setgid", 0o2755, gid=5)
    a.file(b"setuid", b"#!\n", 0o4755)
    a.file(b"owned", uid=1234, gid=4321, uname="somebody", gname="some")
    a.file(b"mode0444", mode=0o444)
    a.file(b"mode0777", mode=0o777)
    a.file(b"mode6755", mode=0o6755)
    a.file(b"mode0646", mode=0o646)
    a.dir(b"mode0575", 0o575)
    a.file(b"mode0575/file", mode=0o464)
    a.file(b"nothing", b"")
    a.file(b"block511", b"x" * 511)
    a.file(b"block512", b"x" * 512)
    a.file(b"block513", b"x" * 513)
    a.file(b"crlf", b"a\r\nb\r\n\r\r\n\0\xff" * 100)
    a.file(b"binary", bytes(range(256)) * 4096)
    a.file(b"epoch", mtime=0)
    a.file(b"second1", mtime=1)
    a.file(b"year2242", mtime=(1 << 33) - 1)
    a.file(b"first", b"linked\n")
    a.add(tarfile.LNKTYPE, b"link1", target=b"first")
    a.dir(b"links")
    a.add(tarfile.LNKTYPE, b"links/link2", target=b"link1")
    a.add(tarfile.FIFOTYPE, b"fifo")
    a.add(tarfile.CHRTYPE, b"null", mode=0o666, devmajor=1, devminor=3)
    a.add(tarfile.BLKTYPE, b"disk", mode=0o666, devmajor=7, devminor=99)
    a.dir(b"special")
    a.add(tarfile.FIFOTYPE, b"special/fifo", mode=0)
    a.symlink(b"to-file", b"nothing")
    a.symlink(b"to-dir", b"empty2")
    a.symlink(b"to-itself", b"to-itself")
    a.symlink(b"to-nowhere", b"/no/where")
    a.symlink(b"to-root", b"../../..")
    a.symlink(b"to-fifo", b"fifo")
    a.dir(b"only-symlinks")
    a.symlink(b"only-symlinks/up", b"..")
    b = Layer()
    b.file(b"link1", b"a link no more\n")
    # a time within a second
    b.tar.format = tarfile.PAX_FORMAT
    b.file(b"fraction", mtime=1600000000.75)
    return [a, b]


def layers():
    """What later layers do to earlier ones."""
    a = Layer()
    for name in (b"kept", b"gone/sub/file", b"cleared/old1", b"cleared/old2",
                 b"file", b"dir/file", b"changed", b"partly/a", b"partly/b"):
        a.file(name, b"1 " + name)
    a.dir(b"mode", 0o700)
    a.file(b"mode/file", b"1")
    b = Layer()
    b.file(b".wh.gone", b"")
    b.file(b"cleared/.wh..wh..opq", b"")
    b.file(b"cleared/new", b"2")
    b.file(b".wh.file", b"")
    b.dir(b"file")
    b.file(b"file/below", b"2")
    b.file(b".wh.dir", b"")
    b.file(b"changed", b"2 changed", 0o755, mtime=TIME + 2)
    b.file(b"partly/.wh.a", b"")
    b.dir(b"mode", 0o755)
    c = Layer()
    c.file(b"dir", b"3")
    c.file(b"gone/back", b"3")
    c.dir(b"late")
    return [a, b, c]


def many():
    """20,000 files."""
    a = Layer()
    for d in range(200):
        a.dir(b"manifests/d%03d" % d)
        for f in range(100):
            a.file(b"manifests/d%03d/f%02d.yaml" % (d, f),
                   b"kind: ConfigMap\nname: c-%d-%d\n" % (d, f))
    return [a]


def kind(text=b"kind\n"):
    """What kind leaves in every container's root, and what sorts behind."""
    a = Layer()
    a.file(b"Chart.yaml")
    a.file(b"product_name", text)
    a.file(b"product_uuid", b"b8d6e3c0-0000-4000-8000-000000000000\n")
    a.dir(b"manifests")
    a.file(b"manifests/product_name", text)
    a.file(b"templates/a.yaml")
    a.file(b"tests/scorecard/config.yaml")
    a.file(b"values.yaml")
    return [a]


def strays():
    """A bundle's own files under the names of a runtime's."""
    a = kind(b"mine\n")[0]
    a.file(b".dockerenv", b"mine\n")
    a.file(b"manifests/.dockerenv", b"")
    a.dir(b"manifests/etc")
    a.symlink(b"manifests/etc/mtab", b"/proc/mounts")
    return [a]


def own():
    """A bundle with directories and files where runtimes mount."""
    a = Layer()
    for d in (b"bin", b"dev", b"etc", b"home", b"proc", b"sys", b"tmp",
              b"usr/bin", b"var/run/secrets", b"etc/empty", b"run/lock"):
        a.dir(d, 0o1777 if d == b"tmp" else 0o755)
    a.file(b"bin/tool", b"#!/bin/sh\n", 0o755)
    a.file(b"etc/app/app.conf")
    a.file(b"etc/hosts", b"the bundle's own\n")
    a.file(b"etc/hostname", b"the bundle's own\n")
    a.file(b"etc/hosts.allow")
    a.file(b"etc/os-release")
    a.file(b"dev/below", b"the bundle's own\n")
    a.file(b"manifests/a.yaml")
    a.file(b"manifests/etc/hosts")
    a.file(b"manifests/proc/self")
    a.symlink(b"lib", b"usr/lib")
    return [a]


def locked():
    """Files and directories that not everybody may read."""
    a = Layer()
    a.dir(b"manifests")
    a.file(b"manifests/open.yaml")
    a.file(b"manifests/locked.yaml", mode=0o600)
    a.file(b"manifests/nobody.yaml", mode=0)
    a.file(b"a-locked", mode=0o400)
    a.dir(b"dir0700", 0o700)
    a.file(b"dir0700/file")
    a.dir(b"one/two/dir0700", 0o700)
    a.file(b"one/two/dir0700/three/file")
    a.dir(b"one/two/three")
    a.file(b"one/two/three/file0600", mode=0o600)
    a.dir(b"dir0711", 0o711)
    a.file(b"dir0711/file")
    a.dir(b"dir0744", 0o744)
    a.file(b"dir0744/file")
    a.dir(b"group", 0o750)
    a.file(b"group/file", mode=0o640)
    a.file(b"mine", mode=0o600, uid=1001)
    a.file(b"not-mine", mode=0o077, uid=65532)
    a.file(b"odd\n\x1b[31mname", mode=0o600)
    a.file(b"z-locked", mode=0o600)
    return [a]


def group():
    """Content that the group 0 may read."""
    a = Layer()
    a.dir(b"manifests", 0o750)
    a.file(b"manifests/a.yaml", mode=0o640)
    a.file(b"manifests/b.yaml", mode=0o644)
    return [a]


def crowd():
    """1,200 files that only root may read."""
    a = Layer()
    a.dir(b"manifests")
    for i in range(1200):
        a.file(b"manifests/f%04d" % i, mode=0o600)
    return [a]


def led(name, target):
    """A symlink where the runtime mounts; LED below says where it leads."""
    a = Layer()
    a.dir(b"manifests")
    a.file(b"manifests/a.yaml")
    a.file(b"manifests/b.yaml")
    if b"/" in name:
        a.dir(name.rpartition(b"/")[0])
    a.symlink(name, target)
    return [a]


IMAGES = {
    "names": names,
    "types": types,
    "layers": layers,
    "many": many,
    "kind": kind,
    "strays": strays,
    "own": own,
    "locked": locked,
    "group": group,
    "crowd": crowd,
    "led-dev": lambda: led(b"dev", b"manifests"),
    "led-etc": lambda: led(b"etc", b"manifests"),
    "led-hosts": lambda: led(b"etc/hosts", b"../manifests/b.yaml"),
    "led-resolv": lambda: led(b"etc/resolv.conf", b"/manifests/a.yaml"),
    "led-nowhere": lambda: led(b"etc/resolv.conf", b"../run/x/resolv.conf"),
}


def blob(out, data, media):
    digest = hashlib.sha256(data).hexdigest()
    with open(os.path.join(out, "blobs/sha256", digest), "wb") as f:
        f.write(data)
    return {"mediaType": "application/vnd.oci.image." + media,
            "digest": "sha256:" + digest, "size": len(data)}


def write(out, tars):
    os.makedirs(os.path.join(out, "blobs/sha256"))
    blobs = [blob(out, t, "layer.v1.tar") for t in tars]
    config = {"architecture": os.environ.get("ARCH", "amd64"), "os": "linux",
              "config": {},
              "rootfs": {"type": "layers",
                         "diff_ids": [b["digest"] for b in blobs]}}
    manifest = {"schemaVersion": 2, "layers": blobs,
                "config": blob(out, json.dumps(config).encode(),
                               "config.v1+json")}
    top = blob(out, json.dumps(manifest).encode(), "manifest.v1+json")
    top["annotations"] = {"org.opencontainers.image.ref.name": "1"}
    for name, doc in (("oci-layout", {"imageLayoutVersion": "1.0.0"}),
                      ("index.json", {"schemaVersion": 2,
                                      "manifests": [top]})):
        with open(os.path.join(out, name), "w") as f:
            json.dump(doc, f)


write(sys.argv[2], [layer.done() for layer in IMAGES[sys.argv[1]]()])
