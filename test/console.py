#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run the console blocks of a page, and compare what they print; TAP.

    console.py PAGE [--cluster]

Commands begin with "$ " and run one after the other, in this directory; what
follows is what they print, standard error included. "..." stands for any text in
a line, and alone for any lines. Blocks that name kubectl, or push to a registry,
need a cluster; --cluster runs them alone, else all others are run.
"""
import re
import subprocess
import sys


def commands(page):
    """(command, what it prints, does it need a cluster) of all blocks."""
    with open(page, encoding="utf-8") as f:
        blocks = re.findall(r"^```console\n(.*?)^```$", f.read(), re.M | re.S)
    for block in blocks:
        cluster = re.search("kubectl|podman push", block) is not None
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, wanted = part.partition("\n")
            yield command, wanted, cluster


def matches(got, wanted):
    lines = [r"(?:.*\n)*?" if line == "..." else
             re.escape(line).replace(r"\.\.\.", ".*?") + r"\n"
             for line in wanted.rstrip("\n").split("\n")]
    return re.fullmatch("".join(lines), got.rstrip("\n") + "\n")


def main():
    page, *options = sys.argv[1:]
    n = failed = 0
    for command, wanted, cluster in commands(page):
        if cluster != ("--cluster" in options):
            continue
        done = subprocess.run(["bash", "-c", command], text=True,
                              stdin=subprocess.DEVNULL, errors="replace",
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        n += 1
        good = matches(done.stdout, wanted)
        print(f"{'ok' if good else 'not ok'} {n} - {command}")
        if not good:
            failed += 1
            for name, text in (("got", done.stdout), ("wanted", wanted)):
                for line in text.splitlines():
                    print(f"# {name}: {line}")
    print(f"1..{n}")
    return 1 if failed or not n else 0


if __name__ == "__main__":
    sys.exit(main())
