#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Type lines into an interactive shell on a terminal, and wait for each.

    typed.py FILE SHELL... <LINES

A line is sent with a tab for each "<TAB>".  The next one is typed when the
command has added a line to FILE.  Fails if a line adds none.
"""
import os
import select
import sys
import time

import terminal

PATIENCE = 120  # seconds until a line is given up: no test of speed


def lines_of(path):
    with open(path, encoding="utf-8") as f:
        return f.read().count("\n")


def drain(ours, seconds):
    """Read what the shell shows, or it would stop at a full terminal."""
    if select.select([ours], [], [], seconds)[0]:
        try:
            sys.stderr.write(os.read(ours, 65536).decode(errors="replace"))
        except OSError:
            return False
    return True


def main():
    path, *shell = sys.argv[1:]
    pid, ours = terminal.start(160, shell)
    failed = 0
    for line in sys.stdin.read().splitlines():
        before, late = lines_of(path), time.monotonic() + PATIENCE
        os.write(ours, line.replace("<TAB>", "\t").encode() + b"\r")
        while lines_of(path) == before:
            if not drain(ours, 0.05) or time.monotonic() > late:
                failed = 1
                break
        if failed:
            break
    os.close(ours)  # which ends the shell: SIGHUP
    os.waitpid(pid, 0)
    return failed


if __name__ == "__main__":
    sys.exit(main())
