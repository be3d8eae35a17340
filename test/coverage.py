#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which lines and branches of src/ did a build with --coverage run?

    coverage.py DIR [--lines PERCENT]

DIR holds the objects, by room.  A row for each module; exit 1 when a module has
fewer lines than PERCENT, and coverage.reasons does not say why.  Not base/sandbox: it forbids the file that the counts
are written to, so the build that is measured has none; its own test shows it.
"""
import argparse
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile


def measure(notes):
    """(lines run, lines, branches taken, branches) of one module."""
    with tempfile.TemporaryDirectory() as where:
        subprocess.run(["gcov", "--json-format", "--branch-probabilities",
                        str(notes.resolve())], cwd=where, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        found = list(pathlib.Path(where).glob("*.gcov.json.gz"))
        if not found:
            return 0, 0, 0, 0
        files = json.loads(gzip.decompress(found[0].read_bytes()))["files"]
    lines, branches = {}, []
    for one in files:
        if not one["file"].endswith(".c"):
            continue
        for line in one["lines"]:
            n = line["line_number"]
            lines[n] = lines.get(n, 0) + line["count"]
            branches += [b["count"] for b in line["branches"]]
    return (sum(c > 0 for c in lines.values()), len(lines),
            sum(c > 0 for c in branches), len(branches))


def row(name, figures):
    run, lines, taken, branches = figures
    print(f"{name:24} {run:5} of {lines:5} lines {100 * run / max(lines, 1):6.1f} %"
          f"   {taken:5} of {branches:5} branches"
          f" {100 * taken / max(branches, 1):6.1f} %")


def reason(name):
    """Why that is so, from coverage.reasons: a room/ or a module a line."""
    text = pathlib.Path(__file__).with_name("coverage.reasons").read_text()
    for line in text.splitlines():
        what, _, why = line.partition("\t")
        if name == what or (what.endswith("/") and name.startswith(what)):
            return why
    return None


def main():
    p = argparse.ArgumentParser()
    p.add_argument("dir", type=pathlib.Path)
    p.add_argument("--lines", type=float, default=0)
    a = p.parse_args()
    total, low = [0, 0, 0, 0], []
    for notes in sorted(a.dir.glob("*/*.gcno")):
        name = str(notes.relative_to(a.dir))[:-5]
        if name == "base/sandbox":
            continue
        figures = measure(notes)
        row(name, figures)
        total = [x + y for x, y in zip(total, figures)]
        if 100 * figures[0] < a.lines * figures[1]:
            low.append(name)
    row("all", total)
    for name in low:
        print(f"{name}: fewer than {a.lines:.0f} % of its lines were run: "
              f"{reason(name) or 'no reason is known'}")
    return 1 if not total[1] or not all(map(reason, low)) else 0


if __name__ == "__main__":
    sys.exit(main())
