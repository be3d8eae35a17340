#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do the tests notice?  Change one thing in a module, and see a test fail.

    mutate.py [--mutants N] [--seed N] [--jobs N] [--module NAME]
              [--match TEXT] --deps DIR WORK

A mutant is one change of one line: a comparison, a logical operator, a
constant, a result, a call that is left out.  Which tests must notice is listed
in MODULES; those run first that killed most mutants of the module in the least
time, and a test ends at its first failure.  Mutants are drawn with a seed, in
equal shares of all modules; what does not compile is not counted.

WORK/results.tsv gets a line for each mutant as soon as it is judged.  Those in
survivors.txt are expected to live.  Exit 1 when more than 100 - GOAL per cent
live on that are not in there.
"""
import argparse
import math
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
GOAL = 92  # per cent
WHOLE = 400  # mutants; of fewer, two standard deviations are allowed for
CPU = 3  # seconds for a process: a loop counts as killed
WALL = 20  # seconds for a test: so does what waits for ever
MEMORY = 4 << 30

UNPACKS = ["cli/unpack_reports_all_unreadable", "cli/unpack_options",
           "cli/unpack_streams_whole_tree", "cli/unpack_says_what_happened",
           "cli/unpack_same_bytes", "cli/unpack_leaves_mounts_out",
           "cli/unpack_leaves_whiteouts_out", "cli/unpack_counts_the_log",
           "cli/unpack_prints_parts", "cli/stream_manual"]
EXTRACTS = ["cli/extract_formats", "cli/extract_repair",
            "cli/extract_hostile", "cli/extract_selects",
            "cli/extract_explains", "cli/extract_normal_forms",
            "cli/extract_image", "cli/stream_manual", "cli/extract_forms",
            "cli/extract_target"]
CHECKS = ["cli/check_reads_every_kind_of_image", "cli/check_fixes_are_right",
          "cli/check_merges_as_runtimes_do", "cli/check_known_paths",
          "cli/check_tells_what_it_means", "cli/check_predicts_refusals",
          "cli/check_many_images"]
POD_CHECKS = ["cli/check_pod_kinds", "cli/check_pod_output",
              "cli/check_pod_finds_pods", "cli/check_pod_matrix"]
MODULES = {
    "bundle/mounts": ["unit/mounts", *UNPACKS],
    "bundle/walk": UNPACKS,
    "bundle/content": [*UNPACKS, *CHECKS],
    "bundle/places": [*UNPACKS, *CHECKS],
    "stream/preflight": UNPACKS,
    "log/decode": ["unit/decode", *EXTRACTS],
    "log/form": [*EXTRACTS, "cli/extract_memory"],
    "log/gather": ["unit/repair", *EXTRACTS],
    "log/tarin": EXTRACTS,
    "log/target": EXTRACTS,
    "image/layers": ["unit/layers", *CHECKS],
    "image/extract": ["cli/extract_image", *CHECKS],
    "image/predict": CHECKS,
    "image/runtime": CHECKS,
    "psa/psa": POD_CHECKS,
    "psa/psaout": POD_CHECKS,
    "psa/psatable": POD_CHECKS,
    "psa/psatext": POD_CHECKS,
}

# What is changed: a name, what it looks like, what takes its place.
CHANGES = [
    ("<", r"(?<![<\-=])<(?![<=])", "<="),
    ("<=", r"<=", "<"),
    (">", r"(?<![>\-])>(?![>=])", ">="),
    (">=", r">=", ">"),
    ("==", r"==", "!="),
    ("!=", r"!=", "=="),
    ("&&", r"&&", "||"),
    ("||", r"\|\|", "&&"),
    ("+", r" \+ ", " - "),
    ("-", r" - ", " + "),
    ("++", r"\+\+", "--"),
    ("0", r"(?<![\w.])0(?![\w.])", "1"),
    ("1", r"(?<![\w.])1(?![\w.])", "2"),
    ("return -1", r"return -1;", "return 0;"),
    ("return 0", r"return 0;", "return -1;"),
    ("true", r"\btrue\b", "false"),
    ("false", r"\bfalse\b", "true"),
    ("!", r"(?<=[( ])!(?=[a-zA-Z])", ""),
    ("continue", r"\bcontinue;", "break;"),
    ("call", r"^(\t+)(?:\(void\))?[a-z_]+\(.*\);$", r"\1;"),
]
# In a table, strings are no messages but what is compared with.
TABLE_CHANGES = [
    ("number", r"(?<=[ (])[1-9][0-9]*(?=[,)}])", "77"),
    ("true", r"\btrue\b", "false"),
    ("string", r"(?<=\{)\x01\x01\x01+", '"~"'),
]


def bare(line):
    """The line without what stands in its strings, as long as before."""
    return re.sub(r'"(?:[^"\\]|\\.)*"', lambda m: "\1" * len(m[0]), line)


def code_lines(text):
    """(number, is it a table) of lines in functions and tables."""
    inside = table = comment = False
    for n, line in enumerate(map(bare, text)):
        if line.startswith("}") and not line.startswith("}, {"):
            inside = table = False
        elif line.startswith("{"):
            inside = True
        elif re.match(r"[a-z].*\[.*\] = \{", line):
            table = True
        if "/*" in line:
            comment = "*/" not in line
            continue
        if comment:
            comment = "*/" not in line
            continue
        if (inside or table) and line[:1] != "#" and "assert(" not in line:
            yield n, table


def mutants_of(module):
    """Every mutant: (module, line number, its text, changed text)."""
    text = (TOP / "src" / (module + ".c")).read_text().split("\n")
    for n, table in code_lines(text):
        for _, pattern, instead in TABLE_CHANGES if table else CHANGES:
            for m in re.finditer(pattern, bare(text[n])):
                new = text[n][:m.start()] + m.expand(instead) + text[n][m.end():]
                yield module, n, text[n], new


class Workshop:
    """A copy of the tree to break and to build in; the libraries are shared."""

    def __init__(self, where, deps):
        self.tree = pathlib.Path(where)
        self.cost = {}  # of a test that passes, in seconds
        shutil.rmtree(self.tree, ignore_errors=True)
        self.tree.mkdir(parents=True)
        for name in ("src", "test", "Makefile", "manifests", "README.md"):
            source = TOP / name
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, self.tree / name)
        self.build = self.tree / "build" / "mutate"
        self.flags = [
            "B=build/mutate", f"D={deps}", "UNIT_CFLAGS=-O0 -fno-sanitize-recover"
            "=all -fsanitize=address,undefined", "CFLAGS=-O0 -fno-pie",
            "COMMIT=unknown 0"]

    def make(self, *targets):
        """Is it built?  self.said is what make said."""
        done = subprocess.run(
            ["make", "-s", *self.flags, *targets], cwd=self.tree, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, errors="replace")
        self.said = done.stdout
        return done.returncode == 0

    def built(self, test):
        """What the test needs, in the tree as it is."""
        if test.startswith("unit/"):
            return self.make(f"build/mutate/unit/test_{test[5:]}")
        return self.make("build/mutate/unpack", "build/mutate/unpackctl")

    def passes(self, test):
        """Run it to the end, or to the first failure."""
        unit = test.startswith("unit/")
        argv = [self.build / "unit" / ("test_" + test[5:]) if unit
                else self.tree / "test" / (test + ".sh")]
        room = pathlib.Path(tempfile.mkdtemp(prefix="cwd", dir=self.tree))
        room.chmod(0o755)
        cost = self.cost.get(test, 60)

        def limits():
            os.umask(0o022)
            second = int(CPU + 2 * cost)
            resource.setrlimit(resource.RLIMIT_CPU, (second, second + 1))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            if not unit:  # the sanitizers' map of all memory is large
                resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))

        env = {**os.environ, "TOP": str(self.tree),
               "UNPACK": str(self.build / "unpack"),
               "UNPACKCTL": str(self.build / "unpackctl")}
        with subprocess.Popen(
                argv, cwd=room, env=env, preexec_fn=limits, text=True,
                errors="replace", start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT) as child:
            clock = threading.Timer(WALL + 5 * cost, self.kill, [child])
            clock.start()
            self.said, plan = "", False
            for line in child.stdout:
                self.said += line
                plan = plan or line.startswith("1..")
                if line.startswith("not ok"):
                    self.kill(child)
                    break
            status = child.wait()
            clock.cancel()
            self.kill(child)
        subprocess.run(["chmod", "-R", "u+rwx", room], check=False)
        shutil.rmtree(room, ignore_errors=True)
        return plan and status == 0

    @staticmethod
    def kill(child):
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def judge(self, mutant, tests):
        """The test that fails; '' when none does; None: no program."""
        module, n, _, new = mutant
        path = self.tree / "src" / (module + ".c")
        whole = path.read_text()
        lines = whole.split("\n")
        lines[n] = new
        path.write_text("\n".join(lines))
        try:
            for test in tests:
                if not self.built(test):
                    return None
                if not self.passes(test):
                    return test
            return ""
        finally:
            path.write_text(whole)


class Worth:
    """Which test kills most of a module's mutants for its time."""

    def __init__(self):
        self.killed, self.ran = {}, {}

    def order(self, module, cost):
        def rate(test):
            key = module, test
            chance = (self.killed.get(key, 0) + 1) / (self.ran.get(key, 0) + 3)
            return chance / (cost[test] + 0.2)
        return sorted(MODULES[module], key=rate, reverse=True)

    def note(self, module, order, killer):
        for test in order:
            key = module, test
            self.ran[key] = self.ran.get(key, 0) + 1
            if test == killer:
                self.killed[key] = self.killed.get(key, 0) + 1
                break


def title(mutant):
    module, _, line, new = mutant
    return f"{module}: {line.strip()} -> {new.strip()}"


def known_survivors():
    path = HERE / "survivors.txt"
    if not path.exists():
        return set()
    return {line for line in path.read_text().splitlines()
            if line and line[0] not in "#\t"}


def draw(modules, count, seed, match):
    """count mutants, in equal shares."""
    chance = random.Random(seed)
    pools = {m: list(mutants_of(m)) for m in modules}
    for name, pool in pools.items():
        chance.shuffle(pool)
        pools[name] = [x for x in pool if match in title(x)]
    chosen = []
    while len(chosen) < count and any(pools.values()):
        for pool in pools.values():
            if pool and len(chosen) < count:
                chosen.append(pool.pop())
    return chosen


def on_each(shops, labour):
    threads = [threading.Thread(target=labour, args=(s,)) for s in shops]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


def without_change(shops, tests):
    """The tests pass where nothing is changed, or nothing can be learnt."""
    units = [t for t in tests if t.startswith("unit/")]
    queue, cost, wrong = list(tests), {}, []

    def labour(shop):
        shop.cost = cost
        if not all(map(shop.built, [*units, "cli/"])):
            wrong.append(shop.said)
        while queue and not wrong:
            test = queue.pop()
            begin = time.monotonic()
            if not shop.passes(test):
                wrong.append(f"{test} fails without a change:\n{shop.said}")
            cost[test] = time.monotonic() - begin

    on_each(shops, labour)
    if wrong:
        sys.exit("\n".join(wrong))


def judge_all(shops, queue, work):
    """(mutant, the test that killed it or '') of all that compile."""
    judged, lock, worth = [], threading.Lock(), Worth()
    results = open(work / "results.tsv", "w")

    def labour(shop):
        while True:
            with lock:
                if not queue:
                    return
                mutant = queue.pop(0)
                order = worth.order(mutant[0], shop.cost)
            begin = time.monotonic()
            killer = shop.judge(mutant, order)
            took = time.monotonic() - begin
            with lock:
                if killer is None:
                    continue
                judged.append((mutant, killer))
                worth.note(mutant[0], order, killer)
                print(killer or "survived", f"{took:.1f}", mutant[1] + 1,
                      title(mutant), sep="\t", file=results, flush=True)

    on_each(shops, labour)
    return judged


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--mutants", type=int, default=WHOLE)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--jobs", type=int, default=os.cpu_count())
    p.add_argument("--module", action="append", choices=sorted(MODULES))
    p.add_argument("--match", default="", help="only of those with this text")
    p.add_argument("--deps", required=True, help="where the libraries are")
    p.add_argument("work", type=pathlib.Path)
    a = p.parse_args()
    modules = a.module or list(MODULES)
    queue = draw(modules, a.mutants, a.seed, a.match)
    known = known_survivors()
    tests = sorted({t for m in queue for t in MODULES[m[0]]})
    shops = [Workshop(a.work.resolve() / str(i), pathlib.Path(a.deps).resolve())
             for i in range(a.jobs)]
    without_change(shops, tests)
    judged = judge_all(shops, queue, a.work)

    new = [m for m, killer in judged if not killer and title(m) not in known]
    for m in new:
        print(f"survived: src/{m[0]}.c:{m[1] + 1}: {title(m)}")
    for module in modules:
        mine = [killer for m, killer in judged if m[0] == module]
        print(f"{module:18} {sum(map(bool, mine)):4} of {len(mine):4} killed")
    total = len(judged)
    killed = sum(bool(killer) for _, killer in judged)
    print(f"{killed} of {total} killed, {100 * killed / max(total, 1):.1f} %; "
          f"{total - killed - len(new)} known survivors, {len(new)} others")
    share = GOAL / 100
    chance = 0 if total >= WHOLE else 2 * math.sqrt(total * share * (1 - share))
    return 0 if total and total - len(new) >= share * total - chance else 1


if __name__ == "__main__":
    sys.exit(main())
