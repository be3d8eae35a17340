#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does `unpackctl check` say what runtimes do with an image, and what `unpack`
finds then?

    agree.py [--from SEED] [--jobs N] COUNT
    agree.py --compare DIR

For COUNT images of generate.py: the verdict of `unpackctl check`, and that of
`unpack check`, with the same uid and without privileges, on what podman and
containerd make of the image.  What a runtime refuses must be foretold, with
its answer.  Of the rest, both must have the same findings (code and path, in
order) and the same counts; where all is well, the streams must have just the
length and the digest that were foretold.  Where the verdict says that the
runtimes differ, only the one that it is about is compared.  Prints TAP, a test
an image.

Images of the usual builders run in a container of podman's.  Odd ones, and
all that containerd unpacks, are mounted and read: mounts of the runtime, which
a container has besides, are the same for all.

The second form compares what somebody else has run: in DIR, `said` and `code`
of `unpackctl check -o json`, `found` (stdout) and `exit` of `unpack check`.

Needs podman, runc, and root; containerd if it is there.  UNPACK and UNPACKCTL
name the programs.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys

from runtimes import Containerd, Podman, Refused, run

HERE = os.path.dirname(os.path.abspath(__file__))
UNPACK = os.environ.get("UNPACK", "")
UNPACKCTL = os.environ.get("UNPACKCTL", "")
COUNTS = ["entries", "directories", "files", "symlinks", "bytes"]


def foretold(layout, who):
    args = [UNPACKCTL, "check", "-o", "json", "--uid", str(who["uid"])]
    if who["gid"] is not None:
        args += ["--gid", str(who["gid"])]
    # of two names, either is the image
    name = "" if who["seed"] % 4 == 1 else ":v1"
    p = run(args + ["oci:" + layout + name])
    if p.returncode not in (0, 3):
        raise RuntimeError("check: exit %d: %s" % (
            p.returncode, p.stderr.decode(errors="replace")))
    return p.returncode, json.loads(p.stdout)


def refused(said, runtime):
    """What the runtime is foretold to answer, or None."""
    for f in said["findings"]:
        answer = f.get("runtimes", {}).get(runtime, "ok")
        if answer != "ok":
            return answer
    return None


def paths(report):
    return [(f["code"], f["path"]) for f in report["findings"]
            if "runtimes" not in f and f["code"] not in (
                "root-not-readable", "symlink-leads-out")]


def cannot_start(said):
    return any(f["code"] in ("container-cannot-start", "dev-symlink")
               for f in said["findings"] + said.get("warnings", []))


def compare(said, found, skipped=("special",)):
    """What differs, a line each."""
    if found.returncode not in (0, 3) or not found.stdout:
        if cannot_start(said):
            return []
        return ["did not start: " + found.stderr.decode(errors="replace")]
    if cannot_start(said):
        return ["started, against: " + said["message"]]
    real = json.loads(found.stdout)
    wrong = []
    code = 3 if paths(said) else 0
    if code != found.returncode:
        wrong.append("exit %d, really %d" % (code, found.returncode))
    for one in paths(said):
        if one not in paths(real):
            wrong.append("really fine: %s %s" % one)
    for one in paths(real):
        if one not in paths(said):
            wrong.append("not foretold: %s %s" % one)
    if not wrong and paths(said) != paths(real):
        wrong.append("another order")
    for key in COUNTS:
        if said[key] != real[key]:
            wrong.append("%s: %d, really %d" % (key, said[key], real[key]))
    # not symlinks: podman makes /etc/mtab where /etc leads
    for key in skipped:
        if said["skipped"][key] != real["skipped"][key]:
            wrong.append("skipped %s: %d, really %d" % (
                key, said["skipped"][key], real["skipped"][key]))
    return wrong


def compare_stream(said, start, formats):
    wrong = []
    for name in formats:
        p = start("--bundle-dir", ".", "--format", name)
        size = said["size"]
        if name == "json" and "jsonDigest" not in size:
            # without the symlinks, which were measured: about
            size = dict(size, json=len(p.stdout)) if \
                0 <= size[name] - len(p.stdout) <= \
                4096 + len(p.stdout) // 10 else size
        if p.returncode != 0 or len(p.stdout) != size[name]:
            wrong.append("%s: %d bytes foretold, really %d (exit %d)" % (
                name, size[name], len(p.stdout), p.returncode))
        elif name != "tar":
            real = json.loads(p.stdout.rstrip(b"\n").split(b"\n")[-1])
            key = "jsonDigest" if name == "json" else "digest"
            if real["digest"] != size.get(key) and (
                    key == "digest" or key in size):
                wrong.append("%s: another digest" % name)
    return wrong


def as_user(root, said, *args):
    """unpack in the directory, as who the verdict is about."""
    who = said["as"]
    groups = ["--groups", ",".join(str(g) for g in who["groups"])] \
        if who["groups"] else ["--clear-groups"]
    return run(["setpriv", "--reuid", str(who["uid"]), "--regid",
                str(who["gid"])] + groups + [
                    "--bounding-set=-all", "--inh-caps=-all", UNPACK] +
               list(args), cwd=root)


def differs(said):
    """Is the verdict about one runtime alone?"""
    return any(w["code"] in ("runtimes-differ", "implied-directory",
                             "overlay-attribute") for w in said["warnings"])


def tree(top):
    """What is in a directory: kind, mode, and content or target by path."""
    top = os.fsencode(top)
    found = {}
    for where, dirs, files in os.walk(top):
        for name in dirs + files:
            path = os.path.join(where, name)
            try:
                st = os.lstat(path)
            except FileNotFoundError:
                continue  # a whiteout that overlayfs lists and cannot find
            mode = stat.S_IMODE(st.st_mode) & 0o1777
            what = None
            if stat.S_ISLNK(st.st_mode):
                what = ("symlink", os.readlink(path))
            elif stat.S_ISDIR(st.st_mode):
                what = ("directory", mode)
            elif stat.S_ISREG(st.st_mode):
                with open(path, "rb") as f:
                    what = ("file", mode, hashlib.sha256(f.read()).hexdigest())
            if what is not None:
                found[os.path.relpath(path, top)] = what
    return found


def leads_out(found):
    """Is there a symlink in the tree that can lead out of it?"""
    return any(what[0] == "symlink" and
               (what[1].startswith(b"/") or b".." in what[1].split(b"/"))
               for what in found.values())


def compare_trees(got, real):
    return ["extract: %r: %s, really %s" % (p, got.get(p), real.get(p))
            for p in sorted(got.keys() | real.keys())
            if got.get(p) != real.get(p)]


class Image:
    def __init__(self, seed):
        self.layout = os.path.join(os.getcwd(), "image-%d" % seed)
        p = run([sys.executable, os.path.join(HERE, "generate.py"), "--name",
                 "example.com/image-%d:v1" % seed, str(seed), self.layout])
        if p.returncode != 0:
            raise RuntimeError(p.stderr.decode())
        self.who = json.loads(p.stdout)
        self.files = self.layout + ".files"
        self.user = str(self.who["uid"])
        if self.who["gid"] is not None:
            self.user += ":%d" % self.who["gid"]
        self.code, self.said = foretold(self.layout, self.who)
        # a VOLUME, and what a mount covers, are so in a container alone
        self.plain = not self.who["strange"] and \
            "Volumes" not in self.who["config"] and \
            not self.said["skipped"]["covered"]
        self.n_trees = 0  # that have been compared

    def about(self, name):
        """Is what the verdict says of the content about this runtime?"""
        if refused(self.said, "containerd") is not None:
            return name == "podman"
        return name == "containerd" or not differs(self.said)

    def extracted(self, root):
        """Is what extract writes what is in root?"""
        real = tree(root)
        if not os.path.exists(self.files):
            p = run([UNPACKCTL, "extract", "-q", "-C", self.files, "--image",
                     "oci:%s:v1" % self.layout])
            if b"symlink that can lead out" in p.stderr and leads_out(real):
                # below a directory that the pod cannot enter nothing is named
                return [] if any(f["code"] in (
                    "symlink-leads-out", "directory-not-readable",
                    "directory-not-searchable")
                                 for f in self.said["findings"]) else \
                    ["extract refuses a symlink, against check"]
            if p.returncode != 0:
                return ["extract: exit %d: %s" % (
                    p.returncode, p.stderr.decode(errors="replace"))]
        self.n_trees += 1
        return compare_trees(tree(self.files), real)

    def dev_is_volume(self):
        """A VOLUME where /dev leads: podman's volumes have no devices, so
        that the container does not start.  The verdict is an error, too."""
        return "Volumes" in self.who["config"] and any(
            f["code"] == "content-hidden" for f in self.said["findings"])

    def judge(self, name, runtime, sizes):
        answer = refused(self.said, name)
        try:
            image = runtime.load(self.layout)
        except Refused as e:
            if answer is None:
                return ["%s refuses it: %s" % (name, e)]
            # the texts of Go and of the kernel are not all the same
            return []
        try:
            if answer is not None:
                return ["%s takes it, against: %s" % (name, answer)]
            return self.content(name, runtime, image, sizes)
        finally:
            runtime.drop(image)

    def content(self, name, runtime, image, sizes):
        if not self.about(name):
            return []
        whole = "size" in self.said and self.said["size"]["exact"]
        formats = ("json", "jsonl", "tar") if sizes else ("jsonl",)
        wrong = []
        # extract refuses what one of the runtimes refuses
        if self.plain and not any("runtimes" in f
                                  for f in self.said["findings"]):
            with runtime.mounted(image) as root:
                wrong = self.extracted(root)
        if wrong:
            return ["%s: %s" % (name, w) for w in wrong]
        if self.plain and (self.who["odd"] or name == "containerd"):
            with runtime.mounted(image) as root:
                # whiteouts of a first layer: podman's and containerd's differ
                own = name == "containerd" or \
                    refused(self.said, "containerd") is not None
                wrong = compare(self.said, as_user(
                    root, self.said, "check", "--bundle-dir", "."),
                    ("special", "whiteout") if own else ("special",))
                if not wrong and whole:
                    wrong = compare_stream(
                        self.said, lambda *a: as_user(root, self.said, *a),
                        formats)
        elif name == "podman":
            def start(*args):
                return runtime.run(image, self.user, *args)
            found = start("check", "--bundle-dir", "/")
            if self.dev_is_volume() and b"/dev/null" in found.stderr:
                return []
            wrong = compare(self.said, found)
            if not wrong and whole and found.returncode == 0 and sizes:
                wrong = compare_stream(self.said, start, formats)
        else:
            return []
        return ["%s: %s" % (name, w) for w in wrong]

    def verdict(self):
        codes = sorted({f["code"] for f in self.said["findings"]
                        if "runtimes" in f})
        return " ".join(codes) or self.said.get("reason", "ok")


def one(runtimes, seed, sizes):
    image = Image(seed)
    wrong = []
    for name, runtime in runtimes.items():
        wrong += image.judge(name, runtime, sizes)
    shutil.rmtree(image.layout)
    shutil.rmtree(image.files, ignore_errors=True)
    return image.verdict(), wrong, image.n_trees


def compare_dir(where):
    text = {}
    for name in ("said", "code", "found", "exit"):
        with open(os.path.join(where, name), "rb") as f:
            text[name] = f.read()
    found = subprocess.CompletedProcess(
        [], int(text["exit"] or -1), text["found"], text["found"])
    wrong = compare(json.loads(text["said"]), found)
    for line in wrong:
        print("#   " + line.replace("\n", " "))
    return bool(wrong)


def tell(n, seed, reason, wrong):
    print("%sok %d - image %d: %s" % ("not " if wrong else "", n, seed,
                                      reason))
    for line in wrong:
        print("#   " + line.replace("\n", " "))
    sys.stdout.flush()


def judge_all(args, runtimes):
    seeds = range(args.first, args.first + args.count)
    failed = n_trees = 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        jobs = [(s, pool.submit(one, runtimes, s, s % args.sizes == 0))
                for s in seeds]
        for n, (seed, job) in enumerate(jobs, 1):
            try:
                reason, wrong, trees = job.result()
            except Exception as e:  # one image's failure is its own
                reason, wrong, trees = "error", [repr(e)], 0
            failed += bool(wrong)
            n_trees += trees
            tell(n, seed, reason, wrong)
    print("%sok %d - of extract, %d trees were compared" % (
        "" if n_trees else "not ", args.count + 1, n_trees))
    failed += n_trees == 0
    print("1..%d" % (args.count + 1))
    return failed != 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="first", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sizes", type=int, default=1,
                        help="measure the streams of every N-th image only")
    parser.add_argument("--compare", metavar="DIR")
    parser.add_argument("count", type=int, nargs="?", default=20)
    args = parser.parse_args()
    if args.compare:
        return compare_dir(args.compare)
    podman = Podman()
    runtimes = {"podman": podman}
    if podman.overlay and shutil.which("containerd"):
        runtimes["containerd"] = Containerd()
    else:
        print("# without containerd, or overlayfs")
    try:
        return judge_all(args, runtimes)
    finally:
        for runtime in runtimes.values():
            runtime.stop()


if __name__ == "__main__":
    sys.exit(main())
