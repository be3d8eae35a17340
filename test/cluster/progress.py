#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run a command whose standard error is a terminal, and print what it shows
there, a line for each state of its status line.

    progress.py COMMAND...

Signals are passed on; the exit code is that of the command.
"""
import os
import pty
import signal
import subprocess
import sys


def main():
    ours, theirs = pty.openpty()
    # in the background a shell ignores SIGINT, and its children too
    signal.signal(signal.SIGINT, signal.default_int_handler)
    done = subprocess.Popen(sys.argv[1:], stderr=theirs)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda n, _: done.send_signal(n))
    os.close(theirs)
    while True:
        try:
            data = os.read(ours, 65536)
        except OSError:
            break
        if not data:
            break
        data = data.replace(b"\x1b[K", b"").replace(b"\r\n", b"\n")
        os.write(2, data.replace(b"\r", b"\n"))
    # at once: a signal that comes as Python ends would end it
    os._exit(done.wait())


if __name__ == "__main__":
    main()
