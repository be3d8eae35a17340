#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Type lines into an interactive shell on a terminal, and wait for each.

    typed.py FILE SHELL... <LINES

A line is sent with a tab for each "<TAB>".  The next one is typed when the
command has added a line to FILE.  Fails if a line adds none.
"""
import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time

PATIENCE = 120  # seconds until a line is given up: no test of speed


def lines_of(path):
    with open(path, encoding="utf-8") as f:
        return f.read().count("\n")


def drain(terminal, seconds):
    """Read what the shell shows, or it would stop at a full terminal."""
    if select.select([terminal], [], [], seconds)[0]:
        try:
            sys.stderr.write(os.read(terminal, 65536).decode(errors="replace"))
        except OSError:
            return False
    return True


def main():
    path, *shell = sys.argv[1:]
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
        os.execvp(shell[0], shell)
    failed = 0
    for line in sys.stdin.read().splitlines():
        before, late = lines_of(path), time.monotonic() + PATIENCE
        os.write(terminal, line.replace("<TAB>", "\t").encode() + b"\r")
        while lines_of(path) == before:
            if not drain(terminal, 0.05) or time.monotonic() > late:
                failed = 1
                break
        if failed:
            break
    os.close(terminal)  # which ends the shell: SIGHUP
    os.waitpid(pid, 0)
    return failed


if __name__ == "__main__":
    sys.exit(main())
