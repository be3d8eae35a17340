#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bundle images at random, but the same ones for the same seed.

    generate.py [--duplicates] [--name NAME] SEED DIR

writes an OCI layout to DIR and a description to standard output.

An image has one to four layers of directories and files with all sorts of
modes and owners, whiteouts, opaque directories, type changes, hard links,
symlinks, special files, volumes and accounts; some have a symlink where the
runtime mounts.  Duplicate entries are an option.  In these, an entry's parents
are in its own layer, as the usual builders have it.

Every other image is odd: it has entries besides that no builder should write,
of every kind that runtimes refuse, or merge otherwise than one would think.
"""
import argparse
import gzip
import hashlib
import io
import json
import os
import random
import sys
import tarfile

FILE_MODES = [0o644] * 30 + [0o640, 0o600, 0o444, 0o400, 0o000, 0o004, 0o040,
                             0o604, 0o755, 0o660, 0o200, 0o4755, 0o060]
DIR_MODES = [0o755] * 40 + [0o750, 0o700, 0o711, 0o744, 0o555, 0o000, 0o701,
                            0o705, 0o070, 0o007, 0o550, 0o1777, 0o2755, 0o050]
OWNERS = [(0, 0)] * 12 + [(1001, 0), (65532, 65532), (0, 1001), (1001, 1001),
                          (0, 4242), (12345, 0), (65532, 0), (12345, 12345)]
NAMES = ["csv.yaml", "crd.yaml", "a", "b", "annotations.yaml", "Chart.yaml",
         "with space.yaml", "dash-", "-dash", "\u00e9t\u00e9.yaml",
         "x" * 120 + ".yaml", "\udcff\udcfe.bin", "new\nline", "quote'd",
         "\u0645\u0631\u062d\u0628\u0627", "tests", "back\\slash", ".hidden"]
TOPS = ["manifests", "metadata", "tests", "configs", "templates", "bin",
        "util", "var", "home"]


class Image:
    """What the layers so far amount to: path -> "d", "f", "l" or "s"."""

    def __init__(self, seed, duplicates):
        self.duplicates = duplicates
        self.rng = random.Random(seed)
        self.seed = seed
        self.tree = {}
        self.layers = []
        # modes that most images get, so that many are fine
        self.tame = self.rng.random() < 0.45
        self.strange = self.rng.random() < 0.2
        self.odd = seed % 2 == 1
        self.odd_links = []  # symlinks that odd entries may lie below

    def pick(self, items):
        return self.rng.choice(items)

    def owner(self):
        return (0, 0) if self.tame else self.pick(OWNERS)

    def below(self, path):
        return [p for p in self.tree if p.startswith(path + "/")]

    def forget(self, path):
        for p in self.below(path) + [path]:
            self.tree.pop(p, None)

    def dirs(self):
        return [p for p in self.tree if self.tree[p] == "d"]


class Layer:
    def __init__(self, image):
        self.image = image
        self.rng = image.rng
        self.members = []    # (TarInfo, data)
        self.have = set()    # paths that this layer has
        self.hidden = set()  # paths that it must not use again

    def info(self, path, kind, mode):
        t = tarfile.TarInfo(path)
        t.type = kind
        t.mode = mode
        t.uid, t.gid = self.image.owner()
        t.mtime = self.rng.randrange(1, 2000000000)
        return t

    def put(self, t, data=b""):
        t.size = len(data)
        self.members.append((t, data))
        self.have.add(t.name)

    def parents(self, path):
        """Entries for all directories above path."""
        parts = path.split("/")[:-1]
        for n in range(1, len(parts) + 1):
            self.directory("/".join(parts[:n]), again=False)

    def directory(self, path, again=True):
        image = self.image
        if path in self.have and not (again and image.duplicates):
            return
        self.parents(path)
        # where the runtime hangs mounts, it must be able to work
        mode = 0o755 if image.tame or path in ("etc", "etc/x") else \
            self.image.pick(DIR_MODES)
        t = self.info(path, tarfile.DIRTYPE, mode)
        if path in ("etc", "etc/x"):
            t.uid = t.gid = 0
        self.put(t)
        image.tree[path] = "d"

    def free(self, path):
        """May this layer put something at path?"""
        parts = path.split("/")
        for n in range(1, len(parts)):
            above = "/".join(parts[:n])
            if self.image.tree.get(above, "d") != "d" or above in self.hidden:
                return False
        return path not in self.have and path not in self.hidden and \
            not any(p.startswith(path + "/") for p in self.have)

    def place(self):
        image = self.image
        dirs = image.dirs()
        if dirs and self.rng.random() < 0.7:
            return image.pick(dirs) + "/" + image.pick(NAMES)
        return image.pick(TOPS) + "/" + image.pick(NAMES)

    def replace(self, path):
        """What a lower layer has there is gone."""
        self.image.forget(path)

    def file(self, path, data=None, mode=None):
        if not self.free(path):
            return
        self.parents(path)
        self.replace(path)
        if mode is None:
            mode = 0o644 if self.image.tame else self.image.pick(FILE_MODES)
        if data is None:
            n = self.image.pick([0, 1, 37, 511, 512, 513, 4000])
            data = self.rng.randbytes(n)
        self.put(self.info(path, tarfile.REGTYPE, mode), data)
        self.image.tree[path] = "f"
        if self.image.duplicates and self.rng.random() < 0.1:  # the same again: the last one counts
            mode = self.image.pick(FILE_MODES)
            self.put(self.info(path, tarfile.REGTYPE, mode), data[:100])

    def symlink(self, path, target):
        if not self.free(path):
            return
        self.parents(path)
        self.replace(path)
        t = self.info(path, tarfile.SYMTYPE, 0o777)
        t.linkname = target
        self.put(t)
        self.image.tree[path] = "l"

    def hard_link(self, path):
        files = [p for p in self.have if self.image.tree.get(p) == "f"]
        if not files or not self.free(path):
            return
        target = self.image.pick(sorted(files))
        first = [m for m, _ in self.members if m.name == target][-1]
        self.parents(path)
        self.replace(path)
        t = self.info(path, tarfile.LNKTYPE, first.mode)
        t.uid, t.gid, t.mtime = first.uid, first.gid, first.mtime
        t.linkname = target
        self.put(t)
        # never a target again: its mode is another entry's
        self.image.tree[path] = "h"

    def special(self, path):
        if not self.free(path):
            return
        self.parents(path)
        self.replace(path)
        t = self.info(path, self.image.pick([tarfile.FIFOTYPE,
                                             tarfile.CHRTYPE,
                                             tarfile.BLKTYPE]), 0o600)
        t.devmajor, t.devminor = 1, 3
        self.put(t)
        self.image.tree[path] = "s"

    def whiteout(self, path):
        """Hide what a lower layer has at path."""
        if not self.free(path) or "/" not in path:
            return
        self.parents(path)
        head, tail = path.rsplit("/", 1)
        self.put(self.info(head + "/.wh." + tail, tarfile.REGTYPE, 0o644))
        self.image.forget(path)
        self.hidden.add(path)

    def opaque(self, path):
        """Hide all that lower layers have below path."""
        if self.image.tree.get(path) != "d" or path in self.hidden:
            return
        if any(p in self.hidden for p in self.image.below(path)):
            return
        self.parents(path + "/x")
        self.put(self.info(path + "/.wh..wh..opq", tarfile.REGTYPE, 0o644))
        for p in self.image.below(path):
            if p not in self.have:
                self.image.forget(p)

    def turn(self, path):
        """Make something else of what is at path."""
        kind = self.image.tree.get(path)
        if path.startswith("etc") or not self.free(path):
            return
        if kind == "d":
            self.file(path)
        elif kind == "f":
            self.symlink(path, "/manifests/" + self.image.pick(NAMES))
        elif kind == "l":
            self.file(path)

    def random_action(self):
        image = self.image
        lower = [p for p in image.tree if p not in self.have]
        roll = self.rng.random()
        if roll < 0.5 or not image.tree:
            self.file(self.place())
        elif roll < 0.62:
            path = self.place()
            if self.free(path) and image.tree.get(path, "d") == "d":
                self.directory(path)
        elif roll < 0.72:
            self.symlink(self.place(), image.pick(
                ["csv.yaml", "/manifests", "../metadata", "nowhere", ".",
                 "/manifests/csv.yaml", "a", "/", "\udcff"]))
        elif roll < 0.78:
            self.hard_link(self.place())
        elif roll < 0.82:
            self.special(self.place())
        elif roll < 0.90 and lower:
            self.whiteout(image.pick(sorted(lower)))
        elif roll < 0.94 and lower:
            self.opaque(image.pick(sorted(lower)))
        elif lower:
            self.turn(image.pick(sorted(lower)))

    # ------------------------------------------------------------- odd ones

    def raw(self, name, kind=tarfile.REGTYPE, mode=0o644, **more):
        """An entry without any care for what is there."""
        t = self.info(name, kind, mode)
        if not self.image.tame:
            t.uid = t.gid = 0
        data = more.pop("data", b"")
        for key, value in more.items():
            setattr(t, key, value)
        t.size = len(data)
        self.members.append((t, data))

    def some_path(self):
        """A path that may be there, in this layer or below, or not."""
        image = self.image
        roll = self.rng.random()
        if image.odd_links and roll < 0.1:
            return image.pick(image.odd_links) + "/" + image.pick(NAMES[:4])
        if image.tree and roll < 0.45:
            return image.pick(sorted(image.tree))
        if image.tree and roll < 0.6:
            return image.pick(sorted(image.tree)) + "/" + image.pick(NAMES[:4])
        if roll < 0.7:
            return image.pick(TOPS) + "/d/" + image.pick(NAMES[:4])
        if roll < 0.8:
            return image.pick(["n", "m", "new", "o"])
        return image.pick(TOPS) + "/" + image.pick(NAMES[:4])

    def odd_whiteout(self):
        path = self.some_path()
        head, _, tail = path.rpartition("/")
        tail = self.image.pick([".wh." + tail] * 6 + [".wh..wh..opq"] * 2 +
                               [".wh.", ".wh..", ".wh...", ".wh..wh.plnk"])
        self.raw(head + "/" + tail if head else tail,
                 self.image.pick([tarfile.REGTYPE] * 4 + [tarfile.DIRTYPE]))

    def odd_stale(self):
        """A new directory that deletes what never was."""
        name = self.image.pick(TOPS) + "/s%d" % self.rng.randrange(3)
        self.raw(name, tarfile.DIRTYPE, 0o755)
        self.raw(name + "/.wh.gone%d" % self.rng.randrange(3))

    def odd_again(self):
        """A whiteout, and the directory or file behind it."""
        path = self.some_path()
        head, _, tail = path.rpartition("/")
        self.raw((head + "/" if head else "") + ".wh." + tail)
        kind = self.image.pick([tarfile.DIRTYPE, tarfile.REGTYPE, None])
        if kind is not None:
            self.raw(path, kind, 0o755)
        if kind != tarfile.REGTYPE and self.rng.random() < 0.5:
            self.raw(path + "/again")

    def odd_file(self):
        path = self.some_path()
        spelled = self.image.pick([path] * 4 + [
            "./" + path, "/" + path, "../" + path, "x/../" + path])
        self.raw(spelled, self.image.pick([tarfile.REGTYPE] * 3 +
                                          [tarfile.DIRTYPE]),
                 self.image.pick([0o644, 0o755, 0o755, 0o600]))

    def odd_link(self):
        path = self.some_path()
        self.raw(path + ".link", tarfile.LNKTYPE,
                 self.image.pick([0o644, 0o600, 0o755]),
                 linkname=self.image.pick([self.some_path()] * 3 + [
                     "/" + self.some_path(), "../../" + self.some_path(),
                     path + ".link", ""]))

    def odd_own_link(self):
        """A hard link to a file of this layer, with a mode of its own."""
        files = [m.name for m, _ in self.members if m.isreg() and
                 ".wh." not in m.name]
        if files:
            self.raw("own%d" % self.rng.randrange(3), tarfile.LNKTYPE,
                     self.image.pick([0o644, 0o600]),
                     linkname=self.image.pick(files))

    def odd_symlink(self):
        path = self.image.pick(["l1", "l2", "manifests/l3"])
        self.raw(path, tarfile.SYMTYPE, 0o777, linkname=self.image.pick(
            ["manifests", "/manifests", "../metadata", "missing", "l1", "",
             "/", "tests/../manifests", "."]))
        self.image.odd_links.append(path)
        if self.rng.random() < 0.7:
            self.raw(path + "/" + self.image.pick(["x", "d/x", ".wh.x"]))

    def odd_type(self):
        self.raw(self.some_path(), self.image.pick(
            [b"7", b"A", b"g", b"g", b"g", tarfile.CHRTYPE, tarfile.CHRTYPE,
             tarfile.FIFOTYPE]), devmajor=0, devminor=self.image.pick([0, 0, 3]))

    def odd_time(self):
        self.raw("t%d" % self.rng.randrange(3), pax_headers={
            "mtime": self.image.pick(["-1", "-0.5", "9300000000", "1.9",
                                      "4102444800", "9223372036.9"])})

    def odd_owner(self):
        self.raw("u%d" % self.rng.randrange(3), mode=0o640, pax_headers={
            self.image.pick(["uid", "gid"]): self.image.pick(
                ["4294967295", "4294967296", "-1", "-2", "65532"])})

    def odd_attribute(self):
        key = self.image.pick(["user.x", "trusted.overlay.opaque", "foo.x",
                               "trusted.x", "security.capability"])
        kind = self.image.pick([tarfile.DIRTYPE, tarfile.REGTYPE,
                                tarfile.SYMTYPE])
        self.raw(self.image.pick(TOPS), kind, 0o755, linkname="x",
                 pax_headers={"SCHILY.xattr." + key: "y"})

    def odd_sparse(self):
        runs = sorted(self.rng.sample(range(0, 40), 4))
        runs = [(512 * runs[0], 512 * (runs[1] - runs[0])),
                (512 * runs[2], 512 * (runs[3] - runs[2]))]
        size = 512 * self.rng.randrange(40, 60) + self.rng.randrange(512)
        data = self.rng.randbytes(sum(n for _, n in runs))
        name = "sparse%d" % self.rng.randrange(3)
        keys = {"GNU.sparse.name": name}
        if self.rng.random() < 0.5:
            head = "%d\n" % len(runs) + "".join("%d\n%d\n" % r for r in runs)
            data = head.encode().ljust(512, b"\0") + data
            keys.update({"GNU.sparse.major": "1", "GNU.sparse.minor": "0",
                         "GNU.sparse.realsize": str(size)})
        else:
            keys.update({"GNU.sparse.size": str(size),
                         "GNU.sparse.numblocks": str(len(runs)),
                         "GNU.sparse.map": ",".join("%d,%d" % r
                                                    for r in runs)})
        self.raw("GNUSparseFile.0/" + name, data=data, pax_headers=keys)

    def odd_action(self):
        self.rng.choice([self.odd_whiteout] * 4 + [self.odd_stale] * 3 +
                        [self.odd_again] * 3 + [self.odd_file] * 4 +
                        [self.odd_link] * 2 + [self.odd_own_link] * 2 + [
                            self.odd_symlink, self.odd_type, self.odd_time,
                            self.odd_owner, self.odd_attribute,
                            self.odd_sparse])()

    def tar(self):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", encoding="utf-8",
                          errors="surrogateescape",
                          format=tarfile.PAX_FORMAT if self.image.odd else
                          self.image.pick([tarfile.PAX_FORMAT,
                                           tarfile.GNU_FORMAT])) as t:
            for member, data in self.members:
                t.addfile(member, io.BytesIO(data))
        return out.getvalue()


def accounts(image, layer):
    """Maybe /etc/passwd and /etc/group."""
    if image.rng.random() > 0.3:
        return
    gid = image.pick([0, 1001, 65532, 4242])
    layer.file("etc/passwd",
               b"root:x:0:0:root:/root:/bin/sh\n"
               b"bundle:x:65532:%d::/:/bin/false\n"
               b"other:x:12345:12345::/:/bin/false\n" % gid, 0o644)
    layer.file("etc/group",
               b"root:x:0:root\nextra:x:4242:bundle,other\n"
               b"more:x:1001:%s\n" % image.pick([b"other", b"bundle", b""]),
               0o644)


def mount_tricks(image, layer):
    """A symlink, or a directory, where the runtime mounts."""
    if not image.strange:
        return
    trick = image.pick(["etc", "dev", "resolv", "hosts", "proc", "hostsdir",
                        "content"])
    if trick == "etc":
        layer.directory("manifests")
        layer.symlink("etc", image.pick(["/manifests", "manifests"]))
    elif trick == "dev":
        layer.directory("manifests")
        layer.symlink("dev", image.pick(["/manifests", "manifests"]))
    elif trick in ("resolv", "hosts"):
        layer.file("manifests/csv.yaml", b"content\n", 0o644)
        layer.symlink("etc/" + ("resolv.conf" if trick == "resolv" else
                                "hosts"), "/manifests/csv.yaml")
    elif trick == "proc":
        layer.symlink("proc", "/manifests")
    elif trick == "hostsdir":
        layer.directory("etc/hosts")
    else:
        layer.file("etc/hosts", b"127.0.0.1 localhost\n", 0o644)
        layer.file("dev/x", b"hidden\n", 0o600)
        layer.file("etc/x", b"kept\n", 0o644)


def build(seed, duplicates):
    image = Image(seed, duplicates)
    for n in range(image.rng.randrange(1, 5)):
        layer = Layer(image)
        if n == 0:
            mount_tricks(image, layer)
            if image.tree.get("etc", "d") == "d":
                accounts(image, layer)
        for _ in range(image.rng.randrange(1, 14)):
            layer.random_action()
        for _ in range(image.rng.randrange(3) if image.odd else 0):
            layer.odd_action()
        image.layers.append(layer)
    config = {"Env": ["PATH=/bin"]}
    user = image.pick(["", "", "0", "65532", "1001:0", "nobody"])
    if user:
        config["User"] = user
    volumes = {}
    if image.rng.random() < 0.3:
        dirs = [d for d in image.dirs() if not d.startswith(("etc", "dev"))]
        if dirs:
            volumes["/" + image.pick(sorted(dirs))] = {}
        if image.rng.random() < 0.3:
            volumes["/data/made"] = {}
    volumes = {v: {} for v in volumes if v.isprintable() and
               v.isascii() and "," not in v and "\\" not in v}
    if volumes:
        config["Volumes"] = volumes
    if image.rng.random() < 0.1:
        config["WorkingDir"] = image.pick(["/manifests", "/manifests/work"])
    return image, config


def identity(image):
    """Who runs it: a uid, and maybe a gid."""
    uid = image.pick([65532, 65532, 65532, 12345, 1001, 1000650000])
    gid = None
    if "etc/passwd" not in image.tree and image.rng.random() < 0.2:
        gid = image.pick([0, 1001, 65532])
    return uid, gid


def blob(out, data):
    digest = hashlib.sha256(data).hexdigest()
    with open(os.path.join(out, "blobs", "sha256", digest), "wb") as f:
        f.write(data)
    return {"digest": "sha256:" + digest, "size": len(data)}


def write(image, config, out, name):
    os.makedirs(os.path.join(out, "blobs", "sha256"))
    layers, diffs, history = [], [], []
    for n, layer in enumerate(image.layers):
        tar = layer.tar()
        kind = "application/vnd.oci.image.layer.v1.tar"
        diffs.append("sha256:" + hashlib.sha256(tar).hexdigest())
        if image.rng.random() < 0.7:
            tar = gzip.compress(tar, 6, mtime=0)
            kind += "+gzip"
        layers.append(dict(blob(out, tar), mediaType=kind))
        history.append({"created_by": "COPY layer%d /" % (n + 1)})
    doc = {"architecture": "amd64", "os": "linux", "config": config,
           "rootfs": {"type": "layers", "diff_ids": diffs},
           "history": history}
    kind = "application/vnd.oci.image.config.v1+json"
    doc = dict(blob(out, json.dumps(doc).encode()), mediaType=kind)
    manifest = {"schemaVersion": 2, "config": doc, "layers": layers,
                "mediaType": "application/vnd.oci.image.manifest.v1+json"}
    ref = dict(blob(out, json.dumps(manifest).encode()),
               mediaType=manifest["mediaType"],
               annotations={"org.opencontainers.image.ref.name": "v1"})
    if name:  # what containerd is to call it
        ref["annotations"]["io.containerd.image.name"] = name
    refs = [ref]
    if image.odd and image.rng.random() < 0.2:  # and under another name
        refs.append(dict(ref, annotations={
            "org.opencontainers.image.ref.name": "v2"}))
    with open(os.path.join(out, "index.json"), "w") as f:
        json.dump({"schemaVersion": 2, "manifests": refs}, f)
    with open(os.path.join(out, "oci-layout"), "w") as f:
        json.dump({"imageLayoutVersion": "1.0.0"}, f)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--duplicates", action="store_true")
    parser.add_argument("--name")
    parser.add_argument("seed", type=int)
    parser.add_argument("dir")
    args = parser.parse_args()
    image, config = build(args.seed, args.duplicates)
    uid, gid = identity(image)
    write(image, config, args.dir, args.name)
    json.dump({"seed": image.seed, "uid": uid, "gid": gid,
               "odd": image.odd, "strange": image.strange,
               "config": config, "layers": len(image.layers)}, sys.stdout)
    print()


if __name__ == "__main__":
    main()
