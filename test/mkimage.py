#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An image from a few words on standard input.

    mkimage.py KIND OUT        KIND: oci, oci-archive, docker-archive

Each line is one of

    layer [plain|gzip|zstd] [HISTORY...]
    before HISTORY...           a line that made no layer, before the last one
    dir|file|fifo PATH MODE [UID:GID] [TEXT]    an entry of the last layer
    program PATH FILE                           what FILE holds, mode 0755
    zeros PATH BYTES                            a file of zeros, mode 0644
    symlink|link PATH TARGET
    raw JSON                                    TarInfo's fields, name, type (a
                                                typeflag), data and pax records
    config JSON
    name REF                   what docker-archive calls it
    platform OS/ARCH           wrap the image into an index, with this platform
    many N                     N empty files, many/0 and so on
    tree DIR                   what is in a directory, modes as they are

PATH and TEXT are taken with Python's escapes, as in \\n and \\xff.
"""
import gzip
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile

OCI = "application/vnd.oci.image."


def unescape(text):
    return text.encode().decode("unicode_escape").encode("latin-1").decode(
        "utf-8", "surrogateescape")


class Image:
    def __init__(self):
        self.layers = []
        self.before = {}
        self.config = {}
        self.platform = None
        self.name = "localhost/x:v1"

    def layer(self, rest):
        words = rest.split(None, 1)
        kind = words[0] if words else "gzip"
        history = words[1] if len(words) > 1 else ""
        out = io.BytesIO()
        self.layers.append((kind, history, out, tarfile.open(
            fileobj=out, mode="w", errors="surrogateescape")))

    def add(self, path, kind, **more):
        t = tarfile.TarInfo(unescape(path))
        t.type = kind
        t.mtime = 1234567890
        data = more.pop("data", b"")
        t.size = len(data)
        for key, value in more.items():
            setattr(t, key, value)
        self.layers[-1][3].addfile(t, io.BytesIO(data))

    def entry(self, kind, rest):
        words = rest.split(None, 2)
        path, mode = words[0], int(words[1], 8)
        text = words[2] if len(words) > 2 else ""
        uid = gid = 0
        first = text.split(None, 1)
        if first and re.fullmatch(r"\d+:\d+", first[0]):
            uid, gid = (int(n) for n in first[0].split(":"))
            text = first[1] if len(first) > 1 else ""
        types = {"dir": tarfile.DIRTYPE, "file": tarfile.REGTYPE,
                 "fifo": tarfile.FIFOTYPE}
        data = unescape(text).encode("utf-8", "surrogateescape")
        self.add(path, types[kind], mode=mode, uid=uid, gid=gid,
                 data=data if kind == "file" else b"")

    def raw(self, entry):
        data = entry.pop("data", "").encode("latin-1")
        path, kind = entry.pop("name"), entry.pop("type", "0").encode()
        pax = entry.pop("pax", {})
        self.add(path, kind, data=data, pax_headers=pax,
                 **dict({"mode": 0o644}, **entry))

    def line(self, line):
        word, _, rest = line.strip().partition(" ")
        if word == "layer":
            self.layer(rest)
        elif word == "before":
            self.before.setdefault(len(self.layers) - 1, []).append(rest)
        elif word in ("dir", "file", "fifo"):
            self.entry(word, rest)
        elif word == "program":
            path, name = rest.split(None, 1)
            with open(name, "rb") as f:
                self.add(path, tarfile.REGTYPE, mode=0o755, data=f.read())
        elif word == "zeros":
            path, n = rest.split()
            self.add(path, tarfile.REGTYPE, mode=0o644, data=bytes(int(n)))
        elif word in ("symlink", "link"):
            path, target = rest.split(None, 1)
            self.add(path, tarfile.SYMTYPE if word == "symlink" else
                     tarfile.LNKTYPE, mode=0o777, linkname=unescape(target))
        elif word == "raw":
            self.raw(json.loads(rest))
        elif word == "many":
            self.layers[-1][2].write(many(int(rest)))
        elif word == "tree":
            for name in sorted(os.listdir(rest)):
                self.layers[-1][3].add(os.path.join(rest, name), name)
        elif word == "config":
            self.config = json.loads(rest)
        elif word == "name":
            self.name = rest
        elif word == "platform":
            self.platform = rest
        elif word:
            sys.exit("mkimage.py: what is '%s'?" % line.strip())


def many(count):
    """Headers of empty files; tarfile takes minutes for a million."""
    t = tarfile.TarInfo("many/0000000")
    head = bytearray(t.tobuf(tarfile.USTAR_FORMAT))
    head[148:156] = b" " * 8
    rest = sum(head) - 7 * ord("0")
    out = bytearray(512 * count)
    for n in range(count):
        digits = b"%07d" % n
        head[5:12] = digits
        head[148:156] = b"%06o\0 " % (rest + sum(digits))
        out[512 * n:512 * n + 512] = head
    return bytes(out)


def compress(kind, data):
    if kind == "gzip":
        return gzip.compress(data, 1, mtime=0)
    if kind == "zstd":
        return subprocess.run(["zstd", "-q", "-c"], input=data,
                              stdout=subprocess.PIPE, check=True).stdout
    return data


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def render(image, kind):
    """The files of the image: name -> bytes."""
    files = {}
    prefix = "" if kind == "docker-archive" else "blobs/sha256/"

    def blob(data, media, suffix=""):
        files[prefix + sha256(data) + suffix] = data
        return {"mediaType": media, "digest": "sha256:" + sha256(data),
                "size": len(data)}

    layers, diffs, history = [], [], []
    docker = kind == "docker-archive"
    for n, (how, text, out, tar) in enumerate(image.layers):
        tar.close()
        data = out.getvalue()
        diffs.append("sha256:" + sha256(data))
        history += [{"created_by": line, "empty_layer": True}
                    for line in image.before.get(n, [])]
        history.append({"created_by": text})
        layers.append(blob(data if docker else compress(how, data),
                           OCI + "layer.v1.tar+gzip",
                           ".tar" if docker else ""))
    doc = json.dumps({"os": "linux", "architecture": "amd64",
                      "config": image.config, "history": history,
                      "rootfs": {"type": "layers", "diff_ids": diffs}})
    config = blob(doc.encode(), OCI + "config.v1+json",
                  ".json" if docker else "")
    if docker:
        files["manifest.json"] = json.dumps([{
            "Config": config["digest"][7:] + ".json",
            "RepoTags": [image.name],
            "Layers": [d["digest"][7:] + ".tar" for d in layers]}]).encode()
        return files
    manifest = json.dumps({"schemaVersion": 2, "config": config,
                           "layers": layers}).encode()
    ref = blob(manifest, OCI + "manifest.v1+json")
    if image.platform:
        name, arch = image.platform.split("/")
        ref["platform"] = {"os": name, "architecture": arch}
        index = json.dumps({"schemaVersion": 2, "manifests": [ref]}).encode()
        ref = blob(index, OCI + "index.v1+json")
    ref["annotations"] = {"org.opencontainers.image.ref.name": "v1"}
    files["index.json"] = json.dumps({"schemaVersion": 2,
                                      "manifests": [ref]}).encode()
    files["oci-layout"] = b'{"imageLayoutVersion": "1.0.0"}'
    return files


def main():
    kind, out = sys.argv[1:]
    image = Image()
    for line in sys.stdin:
        image.line(line)
    files = render(image, kind)
    if kind.endswith("-archive"):
        with tarfile.open(out, "w") as tar:
            for name, data in files.items():
                t = tarfile.TarInfo(name)
                t.size = len(data)
                tar.addfile(t, io.BytesIO(data))
        return
    for name, data in files.items():
        path = os.path.join(out, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)


if __name__ == "__main__":
    main()
