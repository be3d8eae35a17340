#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do the tests notice?  Change one thing in a module, and see a test fail.

    mutate.py --mutants 400 [--seed N] [--jobs N] [--module NAME] WORK

A mutant is one change of one line: a comparison, a logical operator, a
constant, a result, a call that is left out.  Which tests a module's mutants
must not pass is listed in MODULES, the quickest first.  Mutants are drawn with
a seed, in equal shares of all modules.  Exit 1 when fewer than GOAL per cent are
killed; those in survivors.txt, each with its reason, count as killed.
"""
import argparse
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
GOAL = 92  # per cent
LIMIT = 120  # seconds for the tests of one mutant; a loop counts as killed

WALKS = ["cli/unpack_streams_whole_tree", "cli/unpack_reports_all_unreadable",
         "cli/unpack_leaves_mounts_out", "cli/unpack_survives",
         "cli/unpack_says_what_happened"]
EXTRACTS = ["cli/extract_formats", "cli/extract_repair", "cli/extract_target",
            "cli/extract_hostile"]
CHECKS = ["cli/check_tells_what_it_means", "cli/check_refuses_damage",
          "cli/check_reads_every_kind_of_image", "cli/check_fixes_are_right"]
MODULES = {
    "bundle/mounts": ["unit/mounts", "cli/unpack_leaves_mounts_out"],
    "bundle/walk": WALKS,
    "bundle/content": WALKS,
    "stream/preflight": WALKS,
    "log/decode": ["unit/decode", *EXTRACTS],
    "log/gather": ["unit/repair", *EXTRACTS],
    "log/tarin": EXTRACTS[::-1],
    "log/target": ["cli/extract_target", "cli/extract_hostile"],
    "image/layers": ["unit/layers", *CHECKS],
    "image/predict": CHECKS,
    "image/runtime": CHECKS,
    "psa/psa": ["cli/check_pod_matrix", "cli/check_pod_output",
                "cli/check_pod_kinds"],
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


def code_lines(text):
    """Numbers of the lines inside of functions, without comments."""
    inside = comment = False
    for n, line in enumerate(text):
        if line.startswith("{"):
            inside = True
        elif line.startswith("}"):
            inside = False
        if "/*" in line:
            comment = "*/" not in line
            continue
        if comment:
            comment = "*/" not in line
            continue
        if inside and not line.startswith("#") and "assert(" not in line:
            yield n


def mutants_of(module):
    """Every mutant: (module, line number, its text, name, changed text)."""
    text = (TOP / "src" / (module + ".c")).read_text().split("\n")
    for n in code_lines(text):
        # what stands in a string is no code
        bare = re.sub(r'"(?:[^"\\]|\\.)*"', lambda m: "\1" * len(m[0]), text[n])
        for name, pattern, instead in CHANGES:
            for m in re.finditer(pattern, bare):
                new = text[n][:m.start()] + m.expand(instead) + text[n][m.end():]
                yield module, n, text[n], name, new


class Workshop:
    """A copy of the tree to break and to build in."""

    def __init__(self, where):
        self.tree = pathlib.Path(where)
        shutil.rmtree(self.tree, ignore_errors=True)
        self.tree.mkdir(parents=True)
        for name in ("src", "test", "Makefile", "manifests", "README.md"):
            source = TOP / name
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, self.tree / name)
        self.build = self.tree / "build" / "mutate"
        if not self.make(["sanitized"]):
            sys.exit(self.said)

    def run(self, argv, limit, env=None):
        """Exit code, None where it took too long."""
        with subprocess.Popen(
                argv, cwd=self.tree, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                start_new_session=True, text=True, errors="replace",
                env={**os.environ, **(env or {})}) as child:
            try:
                self.said, _ = child.communicate(timeout=limit)
                return child.returncode
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.communicate()
                return None

    def make(self, targets):
        return self.run(["make", "-s", "U=build/mutate", *targets], 300) == 0

    def tests_fail(self, tests):
        """The first test that fails; '' when all pass; None: no program."""
        if not self.make(["sanitized"]):
            return None
        env = {"UNPACK": str(self.build / "unpack"),
               "UNPACKCTL": str(self.build / "unpackctl"),
               "SANITIZED": "1", "TIMEOUT": str(LIMIT)}
        for test in tests:
            path = self.tree / "test" / (test + ".sh")
            if test.startswith("unit/"):
                path = self.build / ("test_" + test[5:])
                if not self.make([str(path.relative_to(self.tree))]):
                    return None
            if self.run(["test/run", str(path)], LIMIT, env) != 0:
                return test
        return ""

    def judge(self, mutant):
        module, n, _, _, new = mutant
        path = self.tree / "src" / (module + ".c")
        whole = path.read_text()
        lines = whole.split("\n")
        lines[n] = new
        path.write_text("\n".join(lines))
        try:
            return self.tests_fail(MODULES[module])
        finally:
            path.write_text(whole)


def title(mutant):
    module, _, line, name, new = mutant
    return f"{module}: {line.strip()} -> {new.strip()}"


def known_survivors():
    path = HERE / "survivors.txt"
    if not path.exists():
        return {}
    return dict(line.split("\t", 1) for line in path.read_text().splitlines()
                if "\t" in line and not line.startswith("#"))


def draw(modules, count, seed):
    """count mutants, in equal shares."""
    chance = random.Random(seed)
    pools = {m: list(mutants_of(m)) for m in modules}
    for pool in pools.values():
        chance.shuffle(pool)
    chosen = []
    while len(chosen) < count and any(pools.values()):
        for pool in pools.values():
            if pool and len(chosen) < count:
                chosen.append(pool.pop())
    return chosen


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--mutants", type=int, default=400)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--jobs", type=int, default=os.cpu_count())
    p.add_argument("--module", action="append", choices=sorted(MODULES))
    p.add_argument("work")
    a = p.parse_args()
    modules = a.module or list(MODULES)
    queue = draw(modules, a.mutants, a.seed)
    known, lock = known_survivors(), threading.Lock()
    score = {m: [0, 0] for m in modules}  # killed, all that could be built
    survivors = []

    # the tests pass where nothing is changed, or nothing can be learnt
    shops = [Workshop(pathlib.Path(a.work) / str(i)) for i in range(a.jobs)]
    for test in sorted({t for m in modules for t in MODULES[m]}):
        failed = shops[0].tests_fail([test])
        if failed != "":
            sys.exit(f"{test} fails without a change:\n{shops[0].said}")

    def work(shop):
        while True:
            with lock:
                if not queue:
                    return
                mutant = queue.pop(0)
            begin = time.monotonic()
            failed = shop.judge(mutant)
            with lock:
                if failed is None:
                    continue
                score[mutant[0]][1] += 1
                if failed != "" or title(mutant) in known:
                    score[mutant[0]][0] += 1
                else:
                    survivors.append(mutant)
                    print(f"survived ({time.monotonic() - begin:.0f} s) "
                          f"src/{mutant[0]}.c:{mutant[1] + 1}: {title(mutant)}",
                          flush=True)

    threads = [threading.Thread(target=work, args=(s,)) for s in shops]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for module, (killed, total) in score.items():
        print(f"{module:18} {killed:4} of {total:4} killed")
    killed = sum(k for k, _ in score.values())
    total = sum(t for _, t in score.values())
    print(f"{killed} of {total} killed, {100 * killed / max(total, 1):.1f} %")
    return 0 if total and 100 * killed >= GOAL * total else 1


if __name__ == "__main__":
    sys.exit(main())
