#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measure unpack and unpackctl against their peers.

  bench.py UNPACK UNPACKCTL SOURCES DIR [ROUNDS]

SOURCES is where `make deps` keeps the libraries' sources; DIR takes corpus,
programs and results: DIR/table.md, DIR/*.tsv, DIR/*.svg.  First all outputs
are decoded and compared, then each row is measured in ROUNDS (5) rounds, all
competitors in turn in every round, after one round that does not count
(except where one round takes minutes: that is the only one).
Figures are medians; a ratio is the median of the rounds' ratios.

ROWS names the rows to measure, without it all are.
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
TEXT = re.compile(r".*\.(go|[chsS]|py|sh|txt|md|am|in|ac|pl|cpp|hpp|[1-9])$")
LIBRARIES = "cjson libarchive libdeflate libmd libyaml libzstd zlib".split()
MIB = 1024 * 1024


def run(*argv, **more):
    return subprocess.run(argv, check=True, **more)


# ------------------------------------------------------------------- corpus

def sources(top):
    """Paths below top that are source text, sorted."""
    found = []
    for where, dirs, names in os.walk(top):
        dirs[:] = sorted(d for d in dirs if d != "testdata")
        for name in sorted(names):
            path = os.path.join(where, name)
            if TEXT.match(name) and os.path.isfile(path):
                found.append(path)
    return found


def copy(paths, top, to):
    for path in paths:
        target = os.path.join(to, os.path.relpath(path, top))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy(path, target)
        os.chmod(target, 0o644)
        os.utime(target, (1, 1700000000))


def clone(tree, to, times):
    """`to` gets that many copies of the tree, as hard links."""
    if not os.path.exists(to):
        for i in range(times):
            run("mkdir", "-p", to)
            run("cp", "-al", tree, f"{to}/{i:03}")


def make_corpus(top, libraries, goroot):
    """Trees of C (the libraries) and Go (its library) source.

    A copy of a tree compresses like new text, because deflate looks back no
    more than 32 KiB.  So `all` is four real copies of both.
    """
    if os.path.exists(f"{top}/done"):
        return
    shutil.rmtree(top, ignore_errors=True)
    c = [p for name in LIBRARIES for p in sources(f"{libraries}/{name}")]
    go = sources(f"{goroot}/src")
    copy(c, libraries, f"{top}/c")
    for i in range(4):
        copy(c, libraries, f"{top}/all/{i}/c")
        copy(go, goroot, f"{top}/all/{i}/go")
    typical = sorted(c, key=lambda p: (abs(os.stat(p).st_size - 33000), p))
    copy(typical[:30], libraries, f"{top}/typical")
    block = hashlib.shake_256(b"seed").digest(MIB)
    os.makedirs(f"{top}/big")
    with open(f"{top}/big/file", "wb") as f:
        for _ in range(2_000_000_000 // MIB):
            f.write(block)
    for n in (1, 2):
        for i in range(n):
            os.makedirs(f"{top}/all{n}", exist_ok=True)
            run("cp", "-al", f"{top}/all/{i}", f"{top}/all{n}/{i}")
    for n in (1, 10, 100):
        clone(f"{top}/c", f"{top}/c{n}", n)
    open(f"{top}/done", "w").close()


def gather_files(to, found, limit):
    """Copy the files found, until they are `limit` bytes, with all names."""
    size = 0
    for path in found:
        if os.path.islink(path) or not os.path.isfile(path):
            continue
        copy([path], "/", to)
        size += os.stat(path).st_size
        if size > limit:
            break


def walk_files(top, pattern=""):
    for where, dirs, names in os.walk(top):
        dirs.sort()
        for name in sorted(names):
            if re.search(pattern, name):
                yield os.path.join(where, name)


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


def make_trees(top, operators):
    """Trees that nothing here was tuned for; yields their names."""
    os.makedirs(top, exist_ok=True)
    makers = {
        "documentation": lambda to: gather_files(
            to, walk_files("/usr/share/doc"), 100e6),
        "headers": lambda to: gather_files(
            to, walk_files("/usr/include", r"\.h"), 100e6),
        "scripts": lambda to: gather_files(
            to, walk_files("/usr/lib", r"\.(py|pl|pm|js|rb)$"), 100e6),
        "binaries": lambda to: gather_files(
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
    for name, make in makers.items():
        if not os.path.exists(f"{top}/{name}"):
            shutil.rmtree(f"{top}/new", ignore_errors=True)
            make(f"{top}/new")
            os.rename(f"{top}/new", f"{top}/{name}")
        yield name


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


def must_match(name, got, wanted):
    if got != wanted:
        odd = [n for n in {*got, *wanted} if got.get(n) != wanted.get(n)]
        sys.exit(f"bench: {name} differs: {sorted(odd)[:5]}")
    print(f"  the same tree: {name}", file=sys.stderr)


class Bench:
    def __init__(self, unpack, unpackctl, out, rounds):
        self.unpack, self.unpackctl = unpack, unpackctl
        self.out, self.rounds = out, rounds
        self.peer = f"{out}/peer"
        self.corpus = f"{out}/corpus"
        self.rows = []
        self.figures = {}  # of one pod, for scale.py
        # memory, where there is some: the programs count, not the disk
        self.fast = tempfile.mkdtemp(
            dir="/dev/shm" if os.path.isdir("/dev/shm") else out)

    def tars(self, tree):
        return {"unpack": [self.unpack, "--format", "tar", "--bundle-dir",
                           tree],
                "GNU tar": ["tar", "-C", tree, "-cf", "-", "."],
                "bsdtar": ["bsdtar", "-C", tree, "-cf", "-", "."],
                "busybox tar": ["busybox", "tar", "-C", tree, "-cf", "-",
                                "."]}

    def extracts(self, log, to):
        return {"unpackctl": [self.unpackctl, "extract", "-C", to, log],
                "jq, base64, tar": [
                    "sh", "-c", f"mkdir {to} && jq -r .content {log} |"
                    f" base64 -d | tar xz -C {to}"]}

    def jsons(self, tree):
        return {"unpack": [self.unpack, "--bundle-dir", tree],
                "Go": [self.peer, tree]}

    def verify(self):
        """All competitors make the same tree of `all`."""
        tree = f"{self.corpus}/all"
        out = f"{self.out}/output"
        with subprocess.Popen(["tar", "-C", tree, "-cf", "-", "."],
                              stdout=subprocess.PIPE) as p:
            wanted = listing(p.stdout)
        for name, argv in self.tars(tree).items():
            with subprocess.Popen(argv, stdout=subprocess.PIPE) as p:
                must_match(f"{name}, tar", listing(p.stdout), wanted)
        for name, argv in reversed(self.jsons(tree).items()):
            with open(out, "wb") as f:
                run(*argv, stdout=f)
            must_match(f"{name}, json", log_listing(out), wanted)
        for name, argv in self.extracts(out, f"{self.fast}/tree").items():
            shutil.rmtree(f"{self.fast}/tree", ignore_errors=True)
            run(*argv, stdout=subprocess.DEVNULL)
            with subprocess.Popen(
                    ["tar", "-C", f"{self.fast}/tree", "-cf", "-", "."],
                    stdout=subprocess.PIPE) as p:
                got = listing(p.stdout)
            if name != "unpackctl":  # the top is mkdir's own
                got["."] = wanted["."]
            must_match(f"{name}, extracted", got, wanted)
        shutil.rmtree(f"{self.fast}/tree")

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

    def remember(self, bundle, results):
        """Keep what a pod takes for the bundle: seconds, CPU, peak, bytes."""
        for name, rounds in results.items():
            self.figures.setdefault(bundle, {})[name] = [
                median(rounds, column) for column in range(4)]

    def row(self, work, ours, against, ratio, goal, met):
        self.rows.append((work, ours, against, ratio, goal,
                          "yes" if met else "**no**"))
        print("  " + " | ".join(self.rows[-1]), file=sys.stderr)


def median(results, column):
    return statistics.median(r[column] for r in results)


def ratio(theirs, ours, column=0):
    return statistics.median(t[column] / o[column]
                             for t, o in zip(theirs, ours))


def spell(seconds):
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1e3:.1f} ms"


def mib(size):
    return f"{size / MIB:.1f} MiB"


# --------------------------------------------------------------------- rows

def bench_json(b):
    tree = f"{b.corpus}/all"
    r = b.race(b.jsons(tree))
    b.remember(describe(tree), r)
    us, go = r["unpack"], r["Go"]
    x = ratio(go, us)
    b.row(f"json of {describe(tree)}", spell(median(us, 0)),
          f"Go: {spell(median(go, 0))}", f"{x:.1f} times faster",
          "6 times", x >= 6)
    x = ratio(go, us, 1)
    b.row("... its CPU time", spell(median(us, 1)),
          f"Go: {spell(median(go, 1))}", f"{x:.1f} times less", "", True)
    size = us[0][3] / go[0][3]
    b.row("... its output", f"{us[0][3]:,} bytes", f"Go: {go[0][3]:,}",
          f"{(size - 1) * 100:+.2f} %", "no larger", size <= 1)
    x = ratio(go, us, 2)
    peak = median(us, 2)
    b.row("... its peak memory", mib(peak), f"Go: {mib(median(go, 2))}",
          f"1/{x:.0f}", "1/30; 12 MiB", x >= 30 and peak <= 12 * MIB)


def bench_typical(b):
    tree = f"{b.corpus}/typical"
    r = b.race(b.jsons(tree), rounds=b.rounds * 8)
    b.remember(describe(tree), r)
    x = ratio(r["Go"], r["unpack"])
    b.row(f"json of {describe(tree)}", spell(median(r["unpack"], 0)),
          f"Go: {spell(median(r['Go'], 0))}", f"{x:.1f} times faster",
          "4 times", x >= 4)


def bench_trees(b):
    """Trees that nobody tuned for, and every operator bundle by itself."""
    operators = os.environ.get("OPERATORS", os.path.join(
        HERE, "../../../shared/bundles/operators-100.tar.xz"))
    operators = operators if os.path.exists(operators) else None
    top = f"{b.out}/trees"
    for name in make_trees(top, operators):
        tree = f"{top}/{name}"
        tools = b.jsons(tree)
        for tool, command in (("tar, gzip", "gzip -6"),
                              ("tar, libdeflate", "libdeflate-gzip -6")):
            # libdeflate-gzip compresses all at once, and no 4 GB of it
            if shutil.which(command.split()[0]) and (
                    name != "huge" or tool == "tar, gzip"):
                tools[tool] = ["bash", "-o", "pipefail", "-c",
                               f"tar -C {tree} -cf - . |"
                               f" {command} | base64 -w 0"]
        # minutes a tool, for one file of 4 GB
        r = b.race(tools, rounds=1 if name == "huge" else 3)
        x = ratio(r["Go"], r["unpack"])
        size = r["unpack"][0][3] / r["Go"][0][3]
        goal = 6.5 if name in ("documentation", "headers", "scripts",
                               "operators", "catalog") else 0
        b.row(f"json, {name}: {describe(tree)}", spell(median(r["unpack"], 0)),
              ", ".join(f"{n}: {spell(median(r[n], 0))}" for n in r
                        if n != "unpack"),
              f"{x:.1f} times faster than Go, output"
              f" {(size - 1) * 100:+.2f} %", f"{goal} times, no larger",
              x >= goal and size <= 1)
    if operators:
        bench_each(b, f"{top}/operators")


def bench_each(b, top):
    """Each bundle by itself: the medians of the ratios."""
    faster, larger = [], []
    for one in sorted(os.listdir(top)):
        r = b.race(b.jsons(f"{top}/{one}"), rounds=3)
        faster.append(ratio(r["Go"], r["unpack"]))
        larger.append(r["unpack"][0][3] / r["Go"][0][3])
    x = statistics.median(faster)
    b.row(f"json, {len(faster)} operator bundles one by one", "", "Go",
          f"{x:.1f} times faster ({min(faster):.1f} to {max(faster):.1f}),"
          f" output {(statistics.median(larger) - 1) * 100:+.2f} %"
          f" ({(max(larger) - 1) * 100:+.2f} % at the most)",
          "5 times, no larger", x >= 5 and max(larger) <= 1)


def bench_tar(b):
    r = b.race(b.tars(f"{b.corpus}/all"))
    us = r.pop("unpack")
    best = min(r, key=lambda name: median(r[name], 0))
    x = ratio(r[best], us)
    b.row("tar of the same to a pipe", spell(median(us, 0)),
          ", ".join(f"{n}: {spell(median(r[n], 0))}" for n in r),
          f"{x:.2f} times faster", "1.1 times", x >= 1.1)


def bench_big(b):
    tree = f"{b.corpus}/big"
    r = b.race({"unpack": b.tars(tree)["unpack"],
                "cat": ["cat", f"{tree}/file"]})
    x = ratio(r["unpack"], r["cat"])
    b.row("tar of one 2 GB file to a pipe", spell(median(r["unpack"], 0)),
          f"cat: {spell(median(r['cat'], 0))}", f"{x:.2f} of cat's time",
          "1.15", x <= 1.15)


def bench_memory(b):
    peaks = {}
    for n in (1, 10, 100):
        r = b.race({"": b.jsons(f"{b.corpus}/c{n}")["unpack"]},
                   rounds=b.rounds if n < 100 else 3)
        peaks[n] = median(r[""], 2)
    worst = max(peaks.values()) / peaks[1]
    b.row("peak memory, json of " + describe(f"{b.corpus}/c1"),
          mib(peaks[1]), "10 and 100 times the tree: "
          f"{mib(peaks[10])}, {mib(peaks[100])}",
          f"{(worst - 1) * 100:+.1f} %", "within 5 %", worst <= 1.05)


def race_extract(b, log, to, rounds=0):
    """Both extract the log to `to`, which is out of the way each time.

    It is moved, and removed at the end: ext4 takes seconds to make files when
    as many have just been removed.
    """
    old = []

    def away():
        if os.path.exists(to):
            old.append(f"{to}.{len(old)}")
            os.rename(to, old[-1])

    def gone():
        shutil.rmtree(to, ignore_errors=True)

    r = b.race(b.extracts(log, to), gone if to.startswith(b.fast) else away,
               rounds)
    for path in old + [to]:
        shutil.rmtree(path)
    return r["unpackctl"], r["jq, base64, tar"]


def bench_extract(b):
    log, to = f"{b.fast}/log", f"{b.fast}/tree"
    with open(log, "wb") as f:
        run(*b.jsons(f"{b.corpus}/all")["unpack"], stdout=f)
    us, pipe = race_extract(b, log, to)
    x = ratio(pipe, us)
    b.row("extract of that json, to memory", spell(median(us, 0)),
          f"jq \\| base64 -d \\| tar xz: {spell(median(pipe, 0))}",
          f"{x:.1f} times faster", "3 times", x >= 3)
    us, pipe = race_extract(b, log, f"{b.out}/tree", 3)
    b.row("... to disk, and synced", spell(median(us, 0)),
          f"the same, not synced: {spell(median(pipe, 0))}",
          f"{ratio(pipe, us):.1f} times faster", "", True)
    peaks = []
    for n in (1, 10):
        with open(log, "wb") as f:
            run(*b.jsons(f"{b.corpus}/c{n}")["unpack"], stdout=f)
        r = b.race({"": b.extracts(log, to)["unpackctl"]},
                   lambda: shutil.rmtree(to, ignore_errors=True))
        peaks.append(median(r[""], 2))
    more = peaks[1] / peaks[0]
    b.row("extract, peak memory", mib(peaks[0]),
          f"a log ten times as long: {mib(peaks[1])}",
          f"{(more - 1) * 100:+.1f} %", "within 5 %", more <= 1.05)
    shutil.rmtree(to)
    os.unlink(log)


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
    top, layout = f"{b.out}/trees", f"{b.out}/image"
    names = "binaries documentation headers scripts".split()
    trees = [f"{top}/{name}" for name in names]
    for _ in make_trees(top, None):
        if all(map(os.path.exists, trees)):
            break
    make_image(layout, trees)
    size = sum(weigh(tree)[1] for tree in trees)
    to = f"{b.fast}/image"
    unpack = f"umoci unpack --rootless --image {to}/l:a {to}/bundle"
    copy_it = f"skopeo copy -q oci:{layout}:a oci:{to}/l:a"
    tools = {"unpackctl": [b.unpackctl, "check", layout],
             "skopeo, umoci": ["sh", "-c",
                               f"mkdir {to} && {copy_it} && {unpack} 2>&1"],
             "umoci": ["sh", "-c", f"mkdir {to} && {unpack} 2>&1".replace(
                 f"{to}/l:a", f"{layout}:a")]}
    r = b.race(tools, lambda: shutil.rmtree(to, ignore_errors=True))
    us = r.pop("unpackctl")
    x = ratio(r["skopeo, umoci"], us)
    b.row(f"check of an image of {size / 1e6:,.0f} MB", spell(median(us, 0)),
          ", ".join(f"{n}: {spell(median(r[n], 0))}" for n in r),
          f"{x:.1f} times faster ({ratio(r['umoci'], us):.1f} than umoci"
          " alone)", "3 times", x >= 3)
    b.row("... its peak memory", mib(median(us, 2)), "umoci: " +
          mib(median(r["umoci"], 2)), "", "", True)


def layer(path, names):
    """Bytes of an image layer with the program, stripped, and links to it."""
    out = io.BytesIO()
    with tempfile.NamedTemporaryFile() as stripped, \
            tarfile.open(fileobj=out, mode="w:gz", compresslevel=6) as tar:
        run("strip", "-o", stripped.name, path)
        tar.add(stripped.name, names[0])
        for name in names[1:]:
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, "/" + names[0]
            tar.addfile(link)
    return len(out.getvalue())


def bench_image(b):
    n = layer(b.unpack, ["unpack", "cp", "usr/bin/cp"])
    go = layer(b.peer, ["unpack"])
    b.figures["image"] = {"unpack": n, "Go": go}
    b.row("image: bytes that a node pulls", f"{n:,}", f"Go: {go:,}",
          f"1/{go / n:.0f}", "120 KiB", n <= 120 * 1024)


def bench_plots(b):
    """Time and memory against size."""
    with open(f"{b.out}/size.tsv", "w") as f:
        f.write("MB\tunpack s\tGo s\tpipe s"
                "\tunpack MiB\tGo MiB\tpipe MiB\n")
        for name in ("typical", "c", "all1", "all2", "all"):
            tree = f"{b.corpus}/{name}"
            mb = float(describe(tree).split()[2].replace(",", ""))
            tools = b.jsons(tree)
            tools["pipe"] = ["sh", "-c", f"tar -C {tree} -cf - . | gzip |"
                             " base64 -w 0"]
            r = b.race(tools, rounds=3)
            f.write("\t".join(
                [str(mb)] + [str(median(r[t], 0)) for t in tools] +
                [str(median(r[t], 2) / MIB) for t in tools]) + "\n")
    run("gnuplot", "-e", f"dir='{b.out}'", f"{HERE}/plot.gp")


def write_table(b):
    head = ("work", "ours", "against", "ratio", "goal", "met")
    lines = [head, ("---",) * len(head), *b.rows]
    with open("/proc/cpuinfo") as f:
        cpu = re.search(r"model name\s*: (.*)", f.read()).group(1)
    text = "".join("| " + " | ".join(line) + " |\n" for line in lines)
    text += (f"\nMedians of {b.rounds} rounds on {len(os.sched_getaffinity(0))}"
             f" cores of {cpu}, Linux {os.uname().release}.\n")
    with open(f"{b.out}/table.md", "w") as f:
        f.write(text)
    print(text, end="")
    with open(f"{b.out}/figures.json", "w") as f:
        json.dump(b.figures, f, indent=1)


def main():
    if len(sys.argv) not in (5, 6):
        sys.exit(__doc__)
    unpack, unpackctl, libraries, out = map(os.path.abspath, sys.argv[1:5])
    rounds = int(sys.argv[5]) if len(sys.argv) > 5 else 5
    b = Bench(unpack, unpackctl, out, rounds)
    goroot = subprocess.check_output(["go", "env", "GOROOT"], text=True)
    rows = os.environ.get("ROWS", "json typical tar big memory extract check"
                          " image trees plots").split()
    try:
        print("corpus", file=sys.stderr)
        make_corpus(b.corpus, libraries, goroot.strip())
        print("outputs", file=sys.stderr)
        b.verify()
        print("rows", file=sys.stderr)
        for name in rows:
            globals()["bench_" + name](b)
    finally:
        shutil.rmtree(b.fast)
    write_table(b)


main()
