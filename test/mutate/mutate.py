#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do the tests notice?  Change one thing in a module, and see a test fail.

    mutate.py [--mutants N] [--seed N] [--jobs N] [--group NAME]
              [--match TEXT] [--patience SECONDS] [--again FILE] WORK
    mutate.py --sample WORK
    mutate.py --stale

A mutant is one change of one line: a comparison, a logical operator, an
arithmetic one, a result, a call or an assignment that is left out.  Not made
are those that no test can see or need see: other words in a message, memory
that is not given back, other sizes of buffers.

First each test runs once in a build that counts lines, which tells the tests
that reach a line; a mutant in a line that none reaches is `uncovered'.  The
others meet those tests, best first: what killed most mutants of the group in
the least time.  A test ends at its first failure.  A mutant lives when tests of
so many seconds have passed, or all that reach it.

Mutants are drawn in equal shares of all GROUPS, by the hash of seed and title:
the same title is drawn again when other lines have changed.  WORK/results.tsv
gets a line for each one as soon as it is judged: the test that failed, seconds,
line, title.  survivors.txt has those that are known to live, each with a
reason.  Exit 1 when fewer than GOAL per cent are killed.

--sample judges those in sample.tsv, lines of the same form as results.tsv, each
by the one test named there.  --stale names the survivors and the lines of the
sample that are no mutants of the source any more; of the sample, a quarter may
be.
"""
import argparse
import hashlib
import json
import math
import os
import pathlib
import re
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
SURVIVORS = HERE / "survivors.txt"
SAMPLE = HERE / "sample.tsv"
GOAL = 92  # per cent
WHOLE = 400  # mutants; of fewer, two standard deviations are allowed for
PATIENCE = 40  # seconds, taken together, of tests that pass
CPU = 5  # seconds for a process: a loop counts as killed
WALL = 20  # seconds for a test: so does what waits for ever
GRACE = 5  # seconds between SIGTERM, which traps hear, and SIGKILL
MEMORY = 3 << 30  # of all processes of a test
FILE = 8 << 30  # of one file
SLOW = 30  # seconds: a test that takes longer judges nothing

GROUPS = {
    "mounts": ["bundle/mounts"],
    "walk": ["bundle/walk"],
    "content": ["bundle/content"],
    "places": ["bundle/places"],
    "preflight": ["stream/preflight"],
    "decode": ["log/decode"],
    "form": ["log/form"],
    "gather": ["log/gather", "log/whole"],
    "tarin": ["log/tarin"],
    "target": ["log/target"],
    "layers": ["image/layers"],
    "extract": ["image/extract"],
    "predict": ["image/predict"],
    "runtime": ["image/runtime"],
    "psa": ["psa/psa", "psa/psatable",
            "log/findings"],
}
# These mount, kill, count time or threads, or take long.
UNFIT = {"everything_stops", "extract_starts_threads", "extract_torture",
         "check_refuses_damage", "faults", "unpack_installs", "picture",
         "unpack_starts_threads", "unpack_survives", "demo",
         "unpack_leaves_mounts_out"}

# Where a bare root has no libraries, the static program runs: not counted, so
# it is asked last, about what is in it.
BARE = "cli/unpack_leaves_mounts_out"
BARE_ROOMS = ("bundle/", "stream/")

# What is changed: a name, what it looks like, what takes its place.
CHANGES = [
    ("<", r"(?<![<\-=])<(?![<=])", "<="),
    ("<=", r"(?<!<)<=", "<"),
    (">", r"(?<![>\-])>(?![>=])", ">="),
    (">=", r"(?<!>)>=", ">"),
    ("==", r"==", "!="),
    ("!=", r"!=", "=="),
    ("&&", r"&&", "||"),
    ("||", r"\|\|", "&&"),
    ("+", r" \+ ", " - "),
    ("-", r" - ", " + "),
    ("+1", r" [+\-] 1(?![\w.])", ""),
    ("return -1", r"return -1;", "return 0;"),
    ("return 0", r"return 0;", "return -1;"),
    ("true", r"\btrue\b", "false"),
    ("false", r"\bfalse\b", "true"),
    ("!", r"(?<=[( ])!(?=[a-zA-Z(*])", ""),
    ("call", r"^(\t+)(?:\(void\))?[a-z_0-9]+\(.*\);$", r"\1;"),
    ("step", r"^(\t+)[\w\->.\[\]]+(?:\+\+|--);$", r"\1;"),
    ("set", r"^(\t+)\*?[\w\->.\[\]]+ (?:[+\-*/|&^]|<<|>>)?= [^=].*;$", r"\1;"),
]
# Of these no test can or need tell: descriptor 0 is taken, memory and
# descriptors go when the program does, advice to the kernel.
UNSEEN = re.compile(r"^\t+(?:static )?(?:const )?(?:unsigned )?\w+ \**\w+\[.*\];$|"
                    r"fd\w* < 0|fd\w* >= 0|asprintf\(.* < 0|^\t+(?:\(void\))?"
                    r"\w*(?:free|close|munmap|advise|setvbuf)\w*\(")
# In a table, strings are not messages but what is compared with.
TABLE_CHANGES = [
    ("number", r"(?<=[ (])[1-9][0-9]*(?=[,)}])", "77"),
    ("true", r"\btrue\b", "false"),
    ("string", r"(?<=\{)\x01\x01\x01+", '"~"'),
]
TABLES = ("psa/psatable", "bundle/places", "image/predict", "image/runtime")


class Mutant:
    """One change: where, what was there, what is there then."""

    def __init__(self, module, function, n, lines):
        self.module, self.n = module, n  # n counts from 0
        self.old, self.new = lines
        self.title = (f"{module}:{function}: {self.old.strip()} -> "
                      f"{self.new.strip()}")

    def path(self, tree):
        return pathlib.Path(tree) / "src" / (self.module + ".c")


def bare(line):
    """The line without what stands in its strings, as long as before."""
    return re.sub(r'"(?:[^"\\]|\\.)*"', lambda m: "\1" * len(m[0]), line)


def code_lines(text):
    """(number, name, is it a table) of lines in functions and tables."""
    inside = table = comment = False
    name = ""
    for n, line in enumerate(map(bare, text)):
        start = re.match(r"([a-z_0-9]+)\(", line)
        if start:
            name = start[1]
        if line.startswith("}") and not line.startswith("}, {"):
            inside = table = False
        elif line.startswith("{"):
            inside = True
        elif re.match(r"[a-z].*\[.*\] = \{", line):
            table, name = True, re.search(r"(\w+)\[", line)[1]
        if "/*" in line:
            comment = "*/" not in line
            continue
        if comment:
            comment = "*/" not in line
            continue
        if (inside or table) and line[:1] != "#" and "assert(" not in line:
            yield n, name, table


def given_up(text, n):
    """Does the line clear what the line before gave back, or belong to where
    memory is short, which `make faults' sees to?"""
    return ((re.search(r" = (?:NULL|-1);$", text[n]) and
             re.search(r"(?:free|close)\w*\(", text[n - 1])) or
            "msg_nomem()" in "".join(text[n - 2:n + 2]))


def mutants_of(module):
    """Every mutant of a module, each with a title of its own."""
    path = TOP / "src" / (module + ".c")
    if not path.exists():
        return
    text = path.read_text().split("\n")
    seen = {}
    for n, name, table in code_lines(text):
        if table and module not in TABLES:
            continue
        line = bare(text[n])
        if UNSEEN.search(line) or given_up(text, n):
            continue
        for _, pattern, instead in TABLE_CHANGES if table else CHANGES:
            for m in re.finditer(pattern, line):
                new = text[n][:m.start()] + m.expand(instead) + text[n][m.end():]
                one = Mutant(module, name, n, (text[n], new))
                times = seen[one.title] = seen.get(one.title, 0) + 1
                if times > 1:
                    one.title += f" #{times}"
                yield one


def own_null(where):
    """Words in front of a command, which give it a /dev/null of its own: a change
    can make the program set the mode of any file that it has open.  No words where
    that is not allowed."""
    null = where / "null"
    words = ["unshare", "--mount", "sh", "-c",
             'chmod 666 "$0" && mount --bind "$0" /dev/null && exec "$@" </dev/null',
             str(null)]
    try:
        os.mknod(null, stat.S_IFCHR, os.makedev(1, 3))
        subprocess.run([*words, "true"], check=True, stderr=subprocess.PIPE)
    except (OSError, subprocess.CalledProcessError):
        return []
    return words


class Workshop:
    """A copy of the tree to break and to build in."""

    def __init__(self, where, arch):
        self.tree = pathlib.Path(where)
        self.unit = self.tree / "build" / arch / "unit"
        self.cost = {}  # of a test that passes, in seconds
        shutil.rmtree(self.tree, ignore_errors=True)
        self.tree.mkdir(parents=True)
        self.apart = own_null(self.tree)
        for name in ("src", "test", "Makefile", "manifests", "README.md",
                     ".github", ".pre-commit-hooks.yaml"):
            self.copy(name)
        # what `make sanitized unit' made is not older than its source
        if (TOP / self.unit.relative_to(self.tree)).is_dir():
            self.copy(self.unit.relative_to(self.tree))
        deps = TOP / "build" / arch / "deps"
        self.bare = (deps / ".done").exists()
        if self.bare:
            self.unit.mkdir(parents=True, exist_ok=True)
            (self.unit.parent / "deps").symlink_to(deps)

    def copy(self, name):
        source, to = TOP / name, self.tree / name
        to.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, to, symlinks=True)
        else:
            shutil.copy2(source, to)

    def make(self, *words):
        """Is it built?  self.said is what make said."""
        done = subprocess.run(
            ["make", "-s", "COMMIT=unknown 0", *words], cwd=self.tree,
            text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, errors="replace")
        self.said = done.stdout
        return done.returncode == 0

    def program(self, test):
        """The paths, below the tree, of what the test needs."""
        unit = self.unit.relative_to(self.tree)
        if test.startswith("unit/"):
            return [str(unit / ("test_" + test[5:]))]
        if test == BARE:
            return [str(unit.parent / "unpack")]
        return [str(unit / "unpack"), str(unit / "unpackctl")]

    def built(self, test):
        return self.make(*self.program(test))

    def passes(self, test, unit=None, **env):
        """Run it to the end, or to the first failure."""
        unit = unit or self.unit
        if test.startswith("unit/"):
            argv = [unit / ("test_" + test[5:])]
        else:
            argv = [self.tree / "test" / (test + ".sh")]
        room = pathlib.Path(tempfile.mkdtemp(prefix="cwd", dir=self.tree))
        room.chmod(0o755)
        cost = self.cost.get(test, 300)

        def limits():
            os.umask(0o022)
            second = int(CPU + 2 * cost)
            resource.setrlimit(resource.RLIMIT_CPU, (second, second + 1))
            resource.setrlimit(resource.RLIMIT_FSIZE, (FILE, FILE))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        env = {**os.environ, "TOP": str(self.tree), "UNPACK": str(unit / "unpack"),
               "UNPACKCTL": str(unit / "unpackctl"), "SANITIZED": "1",
               "ARCH": self.unit.parent.name,
               **env}
        if not test.startswith("unit/"):
            env["ASAN_OPTIONS"] = "detect_leaks=0"  # it may not, sandboxed
        if test == BARE:
            env.update(UNPACK=str(self.unit.parent / "unpack"), SANITIZED="")
        with subprocess.Popen(
                [*self.apart, *argv], cwd=room, env=env, preexec_fn=limits, text=True,
                errors="replace", start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT) as child:
            watch = Watch(child, WALL + 5 * cost)
            self.said, plan = "", False
            for line in child.stdout:
                self.said += line
                plan = plan or line.startswith("1..")
                if line.startswith("not ok"):
                    watch.end()
                    break
            watch.end()
            status = child.wait()
        clear(room)
        return plan and status == 0

    def judge(self, mutant, tests):
        """The test that fails; '' when none does; None: no program."""
        path = mutant.path(self.tree)
        whole = path.read_text()
        lines = whole.split("\n")
        lines[mutant.n] = mutant.new
        path.write_text("\n".join(lines))
        try:
            for test in tests:
                if not self.built(test):
                    return None
                if not self.passes(test):
                    return test
            return ""
        finally:
            path.write_text(whole)  # newer than the objects of the change


def clear(room):
    """Remove it, and what is mounted in it."""
    for line in reversed(open("/proc/self/mountinfo").read().splitlines()):
        where = line.split()[4]
        if where.startswith(f"{room}/"):
            subprocess.run(["umount", "-l", where], check=False)
    subprocess.run(["chmod", "-R", "u+rwx", room], check=False)
    shutil.rmtree(room, ignore_errors=True)


class Watch:
    """Ends a test's session: when it is told to, or has used too much."""

    def __init__(self, child, seconds):
        self.child, self.ends = child, time.monotonic() + seconds
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def session(self):
        """(process, bytes in memory) of all that it started."""
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == self.child.pid and fields[0] != "Z":
                yield int(stat.parent.name), int(fields[21]) * 4096

    def look(self):
        while not self.over.wait(0.5):
            used = sum(size for _, size in self.session())
            if used > MEMORY or time.monotonic() > self.ends:
                self.kill()
                return

    def kill(self):
        """SIGTERM first: traps unmount and remove."""
        end = time.monotonic() + GRACE
        what = signal.SIGTERM
        while True:
            left = [pid for pid, _ in self.session()]
            if not left:
                return
            for pid in left:
                try:
                    os.kill(pid, what)
                except ProcessLookupError:
                    pass
            time.sleep(0.05)
            what = signal.SIGKILL if time.monotonic() > end else 0

    def end(self):
        self.over.set()
        self.thread.join()
        self.kill()


# ------------------------------------------------------- which tests, where

def all_tests():
    units = [f"unit/{p.stem}" for p in (TOP / "test/unit").glob("*.c")]
    cli = [f"cli/{p.stem}" for p in (TOP / "test/cli").glob("*.sh")]
    return sorted(units + [t for t in cli if t[4:] not in UNFIT])


def digest(*paths):
    whole = hashlib.sha256()
    for path in sorted(paths):
        whole.update(path.read_bytes() + b"\0")
    return whole.hexdigest()


class Reach:
    """For each test, the lines of the modules that it runs, and its seconds.

    In a file of its own for each test, kept while source and test stay.
    """

    FLAGS = "-O0 -g --coverage -fprofile-update=atomic -DSANDBOX_OFF"

    def __init__(self, work, modules):
        self.work, self.modules = work / "reach", modules
        self.work.mkdir(parents=True, exist_ok=True)
        self.source = digest(*(TOP / "src").glob("*/*.[ch]"),
                             TOP / "test/lib.sh")
        self.lines, self.code, self.cost = {}, {}, {}

    def learn(self, shops, tests):
        missing = [t for t in tests if not self.known(t)]
        if not missing:
            return
        print(f"which lines {len(missing)} tests run", flush=True)
        for shop in shops:
            if not shop.make(f"U={shop.unit.parent}/count",
                             f"UNIT_CFLAGS={self.FLAGS}", "sanitized",
                             *(f"{shop.unit.parent}/count/test_{t[5:]}"
                               for t in tests if t.startswith("unit/"))):
                sys.exit(shop.said)
        on_each(shops, lambda shop: self.count(shop, missing))
        for test in tests:
            if not self.known(test):
                sys.exit(f"{test}: its lines could not be counted")

    def file(self, test):
        return self.work / (test.replace("/", ".") + ".json")

    def key(self, test):
        name = test + (".c" if test.startswith("unit/") else ".sh")
        return self.source + digest(TOP / "test" / name)

    def known(self, test):
        try:
            kept = json.loads(self.file(test).read_text())
        except (OSError, ValueError):
            return False
        if kept["key"] != self.key(test) or set(kept["lines"]) != set(
                self.modules):
            return False
        self.lines[test] = {m: set(x) for m, x in kept["lines"].items()}
        self.cost[test] = kept["cost"]
        for m, x in kept["code"].items():
            self.code.setdefault(m, set()).update(x)
        return True

    def count(self, shop, queue):
        while queue:
            test = queue.pop()
            where = pathlib.Path(tempfile.mkdtemp(prefix="gcov", dir=shop.tree))
            objects = pathlib.Path(f"{where}/{shop.unit.parent}/count")
            # tests run as other users too
            for room in (TOP / "src").glob("*/"):
                (objects / room.name).mkdir(parents=True, exist_ok=True)
            subprocess.run(["chmod", "-R", "a+rwx", where], check=True)
            subprocess.run(["setfacl", "-R", "-d", "-m", "o::rwX", where],
                           check=True)
            begin = time.monotonic()
            passed = shop.passes(test, shop.unit.parent / "count",
                                 GCOV_PREFIX=str(where))
            cost = time.monotonic() - begin
            if not passed:
                print(f"{test} fails without a change:\n{shop.said}")
            else:
                self.keep(shop, test, objects, cost)
            shutil.rmtree(where, ignore_errors=True)

    def keep(self, shop, test, objects, cost):
        lines = {m: [] for m in self.modules}
        code = {m: [] for m in self.modules}
        for m in self.modules:
            data = objects / (m + ".gcda")
            if not data.exists():
                continue
            shutil.copy(shop.unit.parent / "count" / (m + ".gcno"),
                        data.with_suffix(".gcno"))
            told = subprocess.run(["gcov", "--json-format", "--stdout", data],
                                  check=True, cwd=shop.tree, text=True,
                                  stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL).stdout
            for one in json.loads(told)["files"]:
                if one["file"] != f"src/{m}.c":
                    continue
                for line in one["lines"]:
                    code[m].append(line["line_number"])
                    if line["count"]:
                        lines[m].append(line["line_number"])
        self.file(test).write_text(json.dumps(
            {"key": self.key(test), "cost": cost, "lines": lines,
             "code": code}))

    def tests(self, mutant):
        """Those that run its line, or the line that its statement begins in;
        those that run any, where it is a table's."""
        code, n = self.code.get(mutant.module, set()), mutant.n + 1
        first = next((k for k in range(n, max(n - 8, 0), -1) if k in code), 0)
        return [t for t, lines in self.lines.items()
                if (first in lines[mutant.module] if first else
                    lines[mutant.module]) and self.cost[t] < SLOW]


class Worth:
    """Which test kills most of a group's mutants for its time."""

    def __init__(self, cost, patience):
        self.killed, self.ran = {}, {}
        self.cost, self.patience = cost, patience

    def order(self, module, tests):
        def rate(test):
            key = module, test
            chance = (self.killed.get(key, 0) + 1) / (self.ran.get(key, 0) + 3)
            return chance / (self.cost[test] + 0.3)
        order, time_left = [], self.patience
        for test in sorted(tests, key=rate, reverse=True):
            if not order or self.cost[test] < time_left:
                order.append(test)
                time_left -= self.cost[test]
        return order

    def note(self, module, order, killer):
        for test in order:
            key = module, test
            self.ran[key] = self.ran.get(key, 0) + 1
            if test == killer:
                self.killed[key] = self.killed.get(key, 0) + 1
                break


# ------------------------------------------------------------------ judging

def known_survivors():
    """Their titles; a reason, indented, follows each of them, or several."""
    if not SURVIVORS.exists():
        return []
    return [line for line in SURVIVORS.read_text().splitlines()
            if line and line[0] not in "#\t"]


def draw(groups, count, seed, match):
    """count mutants, in equal shares of the groups."""
    def lot(mutant):
        return hashlib.sha256(f"{seed}:{mutant.title}".encode()).digest()
    pools = [sorted((x for m in GROUPS[g] for x in mutants_of(m)
                     if match in x.title), key=lot) for g in groups]
    chosen = []
    for rank in range(max(map(len, pools), default=0)):
        chosen += [pool[rank] for pool in pools if rank < len(pool)]
    return chosen[:count]


def on_each(shops, labour):
    threads = [threading.Thread(target=labour, args=(s,)) for s in shops]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


class Court:
    """Judges mutants in all workshops; self.judged: (mutant, verdict)."""

    def __init__(self, work, reach, patience):
        self.results = open(work / "results.tsv", "w")
        self.reach, self.worth = reach, Worth(reach.cost, patience)
        self.judged, self.lock = [], threading.Lock()
        self.trusted, self.wrong = set(), []

    def tell(self, mutant, verdict, took):
        self.judged.append((mutant, verdict))
        print(verdict or "survived", f"{took:.1f}", mutant.n + 1,
              mutant.title, sep="\t", file=self.results, flush=True)

    def labour(self, shop, queue):
        while queue and not self.wrong:
            with self.lock:
                if not queue:
                    return
                mutant = queue.pop(0)
                tests = self.reach.tests(mutant)
                if not tests and not (shop.bare and
                                      mutant.module.startswith(BARE_ROOMS)):
                    self.tell(mutant, "uncovered", 0)
                    continue
                order = self.worth.order(mutant.module, tests)
            begin = time.monotonic()
            if shop.bare and mutant.module.startswith(BARE_ROOMS):
                order = order + [BARE]
            killer = shop.judge(mutant, order)
            if killer == "" and not tests:
                killer = "uncovered"
            took = time.monotonic() - begin
            if killer and killer not in self.trusted | {"uncovered"}:
                self.doubt(shop, killer)
            with self.lock:
                if killer is not None:
                    self.tell(mutant, killer, took)
                    self.worth.note(mutant.module, order, killer)

    def doubt(self, shop, test):
        """A test that fails without a change too has shown nothing."""
        if not shop.built(test) or not shop.passes(test):
            self.wrong.append(f"{test} fails without a change:\n{shop.said}")
        self.trusted.add(test)


def report(judged, groups):
    """A row for each group; how many were killed, and are known to live."""
    known = set(known_survivors())
    lives = [(m, v) for m, v in judged if v in ("", "uncovered")]
    for m, v in lives:
        if m.title not in known:
            print(f"{v or 'survived'}: line {m.n + 1}: {m.title}")
    for group in groups:
        mine = [v for m, v in judged if m.module in GROUPS[group]]
        dead = sum(v not in ("", "uncovered") for v in mine)
        print(f"{group:12} {dead:4} of {len(mine):4} killed, "
              f"{mine.count('uncovered'):3} uncovered")
    dead, expected = len(judged) - len(lives), sum(
        m.title in known for m, _ in lives)
    print(f"{dead} of {len(judged)} killed, "
          f"{100 * dead / max(len(judged), 1):.1f} %; "
          f"{expected} known survivors, {len(lives) - expected} others")
    return dead


def judge_drawn(a):
    groups = a.group or list(GROUPS)
    queue = draw(groups, a.mutants, a.seed, a.match)
    dead = {f[-1]: f[0] for f in read_rows(a.again) if f[0] not in
            ("survived", "uncovered")} if a.again else {}
    shops = [Workshop(a.work / str(i), a.arch) for i in range(a.jobs)]
    reach = Reach(a.work, [m for g in GROUPS.values() for m in g])
    reach.learn(shops, all_tests())
    for shop in shops:
        shop.cost = reach.cost
    court = Court(a.work, reach, a.patience)
    for mutant in list(queue):
        if mutant.title in dead:
            queue.remove(mutant)
            court.tell(mutant, dead[mutant.title], 0)
    on_each(shops, lambda shop: court.labour(shop, queue))
    if court.wrong:
        sys.exit("\n".join(court.wrong))
    dead, total = report(court.judged, groups), len(court.judged)
    share = GOAL / 100
    chance = 0 if total >= WHOLE else 2 * math.sqrt(total * share * (1 - share))
    return 0 if total and dead >= share * total - chance else 1


def read_rows(path):
    """The fields of the lines of a results.tsv; none without the file."""
    for line in path.read_text().splitlines() if path.exists() else ():
        if line[:1] not in ("", "#"):
            yield line.split("\t")


def sampled():
    """(test, title) of the sample."""
    return [(fields[0], fields[-1]) for fields in read_rows(SAMPLE)]


def here():
    """The mutants of the source as it is, by title."""
    return {x.title: x for g in GROUPS.values() for m in g
            for x in mutants_of(m)}


def judge_sample(a):
    """Each must be killed by its test, but for those that are stale."""
    mutants, stale, lived = here(), 0, []
    shops = [Workshop(a.work / str(i), a.arch) for i in range(a.jobs)]
    queue = list(sampled())
    total = len(queue)
    tests = sorted({test for test, _ in queue})

    def whole(shop):
        while tests:
            test = tests.pop()
            if not shop.built(test) or not shop.passes(test):
                lived.append(f"{test} fails without a change:\n{shop.said}")

    def labour(shop):
        while queue:
            test, title = queue.pop()
            killer = shop.judge(mutants[title], [test])
            if killer != test:
                lived.append(f"{test} passes with: {title}")

    for test, title in list(queue):
        if title not in mutants:
            queue.remove((test, title))
            stale += 1
            print(f"sample.tsv: no line has: {title}")
    on_each(shops, whole)
    if not lived:
        on_each(shops, labour)
    print(*lived, sep="\n")
    print(f"{total - stale - len(lived)} of {total} killed, {stale} stale")
    return 1 if lived or stale > total / 4 else 0


def tell_stale():
    mutants, wrong = here(), 0
    listed, sample = known_survivors(), [title for _, title in sampled()]
    for title in listed + sample:
        if title not in mutants:
            print(f"no line of src/ has: {title}")
    if not set(listed) <= set(mutants):
        wrong = 1
    if sum(title not in mutants for title in sample) > len(sample) / 4:
        wrong = 1
    for title in sorted({t for t in listed if listed.count(t) > 1}):
        print(f"survivors.txt has it twice: {title}")
        wrong = 1
    return wrong


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--mutants", type=int, default=WHOLE)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--jobs", type=int, default=os.cpu_count())
    p.add_argument("--arch", default="amd64")
    p.add_argument("--group", action="append", choices=sorted(GROUPS))
    p.add_argument("--patience", type=float, default=PATIENCE)
    p.add_argument("--match", default="", help="only titles with this text")
    p.add_argument("--again", type=pathlib.Path, metavar="FILE",
                   help="a results.tsv: what was killed there is dead")
    p.add_argument("--sample", action="store_true")
    p.add_argument("--stale", action="store_true")
    p.add_argument("work", type=pathlib.Path, nargs="?",
                   default=TOP / "build/mutate")
    a = p.parse_args()
    if a.stale:
        return tell_stale()
    a.work = a.work.resolve()
    return judge_sample(a) if a.sample else judge_drawn(a)


if __name__ == "__main__":
    sys.exit(main())
