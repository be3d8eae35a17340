#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measure unpack and unpackctl against their peers.

  bench.py UNPACK UNPACKCTL DIR

DIR has the peer in Go and takes trees and results: DIR/table.md.  First both
outputs of a tree are decoded and compared.  Then each row is measured in
rounds, all competitors in turn in every round, after one round that does not
count (except where one round takes minutes: that is the only one).  Figures are
medians; a ratio is the median of the rounds' ratios.

ROWS names the rows to measure: trees one tar extract copy check image memory.
"""
import base64
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
MIB = 1024 * 1024
TEXT = ("documentation", "headers", "scripts", "operators")


def run(*argv, **more):
    return subprocess.run(argv, check=True, **more)


# -------------------------------------------------------------------- trees

def walk_files(top, pattern=""):
    for where, dirs, names in os.walk(top):
        dirs.sort()
        for name in sorted(names):
            if re.search(pattern, name):
                yield os.path.join(where, name)


def gather_files(to, found, limit):
    """Copy the files found, until they are `limit` bytes, with all names."""
    size = 0
    for path in found:
        if os.path.islink(path) or not os.path.isfile(path):
            continue
        target = to + path
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy(path, target)
        os.chmod(target, 0o644)
        os.utime(target, (1, 1700000000))
        size += os.stat(path).st_size
        if size > limit:
            break


def make_catalog(to, bundles):
    """A file-based catalog: 100 MB of JSON, made of the bundles' files."""
    os.makedirs(to)
    size = i = 0
    texts = [open(p, errors="replace").read()
             for p in walk_files(bundles, "ya?ml$")]
    with open(f"{to}/catalog.json", "w") as f:
        while size < 100_000_000:
            size += f.write(json.dumps(
                {"schema": "olm.bundle", "name": f"bundle-{i}.v0.{i}.1",
                 "properties": [{"type": "olm.bundle.object",
                                 "value": {"data": texts[i % len(texts)]}}]},
                indent=4) + "\n")
            i += 1


def make_tiny(to, n):
    for i in range(n):
        if i % 1000 == 0:
            os.makedirs(f"{to}/{i // 1000:03}")
        with open(f"{to}/{i // 1000:03}/{i:06}.yaml", "w") as f:
            f.write(f"kind: ConfigMap\nmetadata: {{name: tiny-{i}}}\n")


def make_huge(path, size):
    """Text that repeats itself only from far away."""
    lines = [f"{i} {hashlib.md5(str(i).encode()).hexdigest()} value\n"
             for i in range(40_000)]
    block = "".join(lines).encode()
    with open(path, "wb") as f:
        while f.tell() < size:
            f.write(block)
        f.truncate(size)


def make_trees(top, operators):
    """Trees that nothing here was tuned for; returns their names."""
    makers = {
        "documentation": lambda to: gather_files(
            to, walk_files("/usr/share/doc"), 100e6),
        "headers": lambda to: gather_files(
            to, walk_files("/usr/include", r"\.h"), 100e6),
        "scripts": lambda to: gather_files(
            to, walk_files("/usr/lib", r"\.(py|pl|pm|js|rb)$"), 100e6),
        "libraries": lambda to: gather_files(
            to, walk_files("/usr/lib", r"\.so"), 200e6),
        "random": lambda to: (os.makedirs(to), run(
            "dd", "if=/dev/urandom", f"of={to}/random", "bs=1M", "count=100",
            "status=none")),
        "tiny": lambda to: make_tiny(to, 100_000),
        "huge": lambda to: (os.makedirs(to), make_huge(f"{to}/file", 4 << 30)),
    }
    if operators:
        makers["operators"] = lambda to: (os.makedirs(to), run(
            "tar", "-xJf", operators, "-C", to))
        makers["catalog"] = lambda to: make_catalog(to, f"{top}/operators")
    os.makedirs(top, exist_ok=True)
    for name, make in makers.items():
        if not os.path.exists(f"{top}/{name}"):
            shutil.rmtree(f"{top}/new", ignore_errors=True)
            make(f"{top}/new")
            os.rename(f"{top}/new", f"{top}/{name}")
    return list(makers)


def weigh(tree):
    """Files, and their bytes."""
    n = size = 0
    for where, _, names in os.walk(tree):
        n += len(names)
        size += sum(os.stat(os.path.join(where, f)).st_size for f in names)
    return n, size


def describe(tree):
    n, size = weigh(tree)
    return f"{n:,} files, {size / 1e6:,.0f} MB"


# -------------------------------------------------------------- same trees

def listing(tar):
    """{name: (mode, mtime, digest)} of a tar's files; directories: (mode)."""
    found = {}
    with tarfile.open(fileobj=tar, mode="r|") as t:
        for m in t:
            name = os.path.normpath(m.name)
            if m.isdir():
                found[name] = (m.mode & 0o7777,)
            else:
                data = t.extractfile(m).read()
                found[name] = (m.mode & 0o7777, int(m.mtime),
                               hashlib.sha256(data).digest())
    return found


def log_listing(path):
    with open(path) as f:
        content = json.load(f)["content"]
    # tarfile's own decompressor stops after the first member
    with gzip.open(io.BytesIO(base64.b64decode(content))) as tar:
        return listing(tar)


class Bench:
    rounds = 5

    def __init__(self, unpack, unpackctl, out):
        self.unpack, self.unpackctl = unpack, unpackctl
        self.out, self.peer, self.trees = out, f"{out}/peer", f"{out}/trees"
        self.rows = []
        # memory, where there is some: the programs count, not the disk
        self.fast = tempfile.mkdtemp(
            dir="/dev/shm" if os.path.isdir("/dev/shm") else out)
        operators = os.environ.get("OPERATORS", os.path.join(
            HERE, "../../../shared/bundles/operators-100.tar.xz"))
        self.names = make_trees(
            self.trees, operators if os.path.exists(operators) else None)

    def jsons(self, tree):
        return {"unpack": [self.unpack, "--bundle-dir", tree],
                "Go": [self.peer, tree]}

    def verify(self):
        """Both make the same tree of the headers, and the right one."""
        tree, out = f"{self.trees}/headers", f"{self.out}/output"
        with subprocess.Popen(["tar", "-C", tree, "-cf", "-", "."],
                              stdout=subprocess.PIPE) as p:
            wanted = listing(p.stdout)
        for name, argv in self.jsons(tree).items():
            with open(out, "wb") as f:
                run(*argv, stdout=f)
            if log_listing(out) != wanted:
                sys.exit(f"bench: {name} makes another tree of {tree}")

    def measure(self, argv):
        """seconds, CPU seconds, peak bytes, bytes written"""
        p = run(f"{self.out}/measure", *argv, stdout=subprocess.PIPE)
        wall, cpu, peak, n, status = p.stdout.split()
        if status != b"0":
            sys.exit(f"bench: exit {int(status)}: {argv}")
        return float(wall), float(cpu), int(peak) * 1024, int(n)

    def race(self, competitors, before=lambda: None, rounds=0):
        """{name: [result of each round]}"""
        names = list(competitors)
        results = {name: [] for name in names}
        spare = rounds != 1  # one round is for what takes minutes
        for r in range(spare + (rounds or self.rounds)):
            for i in range(len(names)):
                name = names[(r + i) % len(names)]
                before()
                results[name].append(self.measure(competitors[name]))
        return {name: results[name][spare:] for name in names}

    def row(self, work, results, note=""):
        """A row: the first competitor, and the others against it."""
        (_, us), *others = results.items()
        self.rows.append((
            work, spell(median(us, 0)),
            ", ".join(f"{n}: {spell(median(r, 0))}" for n, r in others),
            ", ".join(f"{ratio(r, us):.1f}" for _, r in others), note))
        print("  " + " | ".join(self.rows[-1]), file=sys.stderr)


def median(results, column):
    return statistics.median(r[column] for r in results)


def ratio(theirs, ours, column=0):
    return statistics.median(t[column] / o[column]
                             for t, o in zip(theirs, ours))


def spell(seconds):
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1e3:.1f} ms"


def mib(results):
    return f"{median(results, 2) / MIB:.1f} MiB"


# --------------------------------------------------------------------- rows

def bench_trees(b):
    """Each tree; then those of text together."""
    times = {"unpack": 0, "Go": 0}
    for name in b.names:
        # minutes a tool, for one file of 4 GB
        r = b.race(b.jsons(f"{b.trees}/{name}"),
                   rounds=1 if name == "huge" else 3)
        size = r["unpack"][0][3] / r["Go"][0][3]
        b.row(f"json, {name}: {describe(f'{b.trees}/{name}')}", r,
              f"output {(size - 1) * 100:+.2f} %")
        for tool in times if name in TEXT else ():
            times[tool] += median(r[tool], 0)
    print("  text together: "
          f"{times['Go'] / times['unpack']:.2f} times", file=sys.stderr)


def bench_one(b):
    """Each operator bundle by itself: the medians of the ratios."""
    if "operators" not in b.names:
        return
    faster, larger, ours = [], [], []
    for one in sorted(os.listdir(f"{b.trees}/operators")):
        r = b.race(b.jsons(f"{b.trees}/operators/{one}"), rounds=3)
        faster.append(ratio(r["Go"], r["unpack"]))
        larger.append(r["unpack"][0][3] / r["Go"][0][3])
        ours.append(median(r["unpack"], 0))
    b.rows.append((
        f"json, {len(faster)} operator bundles one by one",
        spell(statistics.median(ours)), "Go",
        f"{statistics.median(faster):.1f}"
        f" ({min(faster):.1f} to {max(faster):.1f})",
        f"output {(statistics.median(larger) - 1) * 100:+.2f} %"))


def bench_tar(b):
    tree = f"{b.trees}/headers"
    b.row("tar of the headers, to a pipe", b.race({
        "unpack": [b.unpack, "--format", "tar", "--bundle-dir", tree],
        "GNU tar": ["tar", "-C", tree, "-cf", "-", "."],
        "bsdtar": ["bsdtar", "-C", tree, "-cf", "-", "."],
        "busybox tar": ["busybox", "tar", "-C", tree, "-cf", "-", "."]}))


def bench_extract(b):
    log, to = f"{b.fast}/log", f"{b.fast}/tree"
    with open(log, "wb") as f:
        run(*b.jsons(f"{b.trees}/headers")["unpack"], stdout=f)
    r = b.race({"unpackctl": [b.unpackctl, "extract", "-C", to, log],
                "jq, base64, tar": [
                    "sh", "-c", f"mkdir {to} && jq -r .content {log} |"
                    f" base64 -d | tar xz -C {to}"]},
               lambda: shutil.rmtree(to, ignore_errors=True))
    b.row("extract of that json, to memory", r, mib(r["unpackctl"]))


def bench_copy(b):
    to = f"{b.fast}/copy"
    for name in ("headers", "tiny"):
        tree = f"{b.trees}/{name}"
        r = b.race({
            "unpack copy": [b.unpack, "copy", "--bundle-dir", tree, to],
            "cp -R": ["cp", "-R", tree, to],
            "busybox cp -R": ["busybox", "cp", "-R", tree, to]},
            lambda: shutil.rmtree(to, ignore_errors=True))
        b.row(f"copy of the {name}, to memory", r, mib(r["unpack copy"]))


def make_image(layout, trees):
    """An OCI layout with a layer for each tree."""
    if os.path.exists(f"{layout}.done"):
        return
    shutil.rmtree(layout, ignore_errors=True)
    run("umoci", "init", "--layout", layout)
    run("umoci", "new", "--image", f"{layout}:a")
    for tree in trees:
        run("umoci", "insert", "--rootless", "--image", f"{layout}:a", tree,
            "/" + os.path.basename(tree))
    open(f"{layout}.done", "w").close()


def bench_check(b):
    """A verdict on an image, and what it takes to look for oneself."""
    layout, to = f"{b.out}/image", f"{b.fast}/image"
    trees = [f"{b.trees}/{name}" for name in
             "libraries documentation headers scripts".split()]
    make_image(layout, trees)
    size = sum(weigh(tree)[1] for tree in trees)
    r = b.race({
        "unpackctl": [b.unpackctl, "check", layout],
        "skopeo, umoci": [
            "sh", "-c", f"mkdir {to} && skopeo copy -q oci:{layout}:a"
            f" oci:{to}/l:a && umoci unpack --rootless --image {to}/l:a"
            f" {to}/bundle 2>&1"]},
        lambda: shutil.rmtree(to, ignore_errors=True))
    b.row(f"check of an image of {size / 1e6:,.0f} MB", r,
          mib(r["unpackctl"]))


def bench_image(b):
    """Bytes that a node pulls: of a layer with the stripped program."""
    sizes = []
    for path in (b.unpack, b.peer):
        out = io.BytesIO()
        with tempfile.NamedTemporaryFile() as stripped, \
                tarfile.open(fileobj=out, mode="w:gz", compresslevel=6) as t:
            run("strip", "-o", stripped.name, path)
            t.add(stripped.name, "unpack")
        sizes.append(len(out.getvalue()))
    b.rows.append(("image: bytes that a node pulls", f"{sizes[0]:,}",
                   f"Go: {sizes[1]:,}", f"{sizes[1] / sizes[0]:.0f}", ""))


def bench_memory(b):
    """A tree, and ten times the same."""
    tree, ten = f"{b.trees}/scripts", f"{b.trees}/scripts10"
    for i in range(10 if not os.path.exists(ten) else 0):
        os.makedirs(ten, exist_ok=True)
        run("cp", "-al", tree, f"{ten}/{i}")
    one = b.race({"": b.jsons(tree)["unpack"]}, rounds=3)[""]
    all_ten = b.race({"": b.jsons(ten)["unpack"]}, rounds=3)[""]
    b.rows.append(("peak memory, json of the scripts", mib(one),
                   "ten times the tree", mib(all_ten), ""))


def write_table(b):
    head = ("work", "ours", "against", "times", "")
    with open("/proc/cpuinfo") as f:
        cpu = re.search(r"model name\s*: (.*)", f.read()).group(1)
    with open(f"{b.out}/go-version") as f:
        go = f.read().strip()
    text = "".join("| " + " | ".join(line) + " |\n"
                   for line in (head, ("---",) * len(head), *b.rows))
    text += (f"\n{go}; {len(os.sched_getaffinity(0))} cores of {cpu}, Linux"
             f" {os.uname().release}.\n")
    with open(f"{b.out}/table.md", "w") as f:
        f.write(text)
    print(text, end="")


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    b = Bench(*map(os.path.abspath, sys.argv[1:]))
    rows = os.environ.get(
        "ROWS", "trees one tar extract copy check image memory").split()
    try:
        b.verify()
        for name in rows:
            globals()["bench_" + name](b)
    finally:
        shutil.rmtree(b.fast)
    write_table(b)


main()
