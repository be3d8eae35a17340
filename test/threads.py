#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many threads has a program while nobody reads what it writes?

  threads.py WANTED INPUT BYTES COMMAND...

Runs the command on INPUT, reads BYTES of its output, and waits until it has
that many threads for a while.  Fails where it never has, ever had more, or
does not exit with 0.
"""
import os
import subprocess
import sys
import time


def main():
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    wanted, log, size, *command = sys.argv[1:]
    wanted = int(wanted)
    with open(log) as f:
        p = subprocess.Popen(command, stdin=f, stdout=subprocess.PIPE)
    p.stdout.read(int(size))
    deadline, seen = time.time() + 20, []
    while time.time() < deadline and seen[-5:] != [wanted] * 5:
        seen.append(len(os.listdir(f"/proc/{p.pid}/task")))
        time.sleep(0.02)
    print("#", seen[-5:])
    p.stdout.read()
    sys.exit(p.wait() or max(seen) != wanted)


main()
