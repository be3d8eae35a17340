#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run a command on a terminal of so many columns; print what it writes to it.

    terminal.py COLUMNS COMMAND...

The exit code is that of the command.
"""
import fcntl
import os
import pty
import struct
import sys
import termios


def start(columns, command, env=None):
    """Start a command on such a terminal: its process, and our end."""
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 50, columns, 0, 0))
        os.execvpe(command[0], command, os.environ if env is None else env)
    return pid, terminal


def run(columns, command, env=None):
    """What a command writes to such a terminal, and its exit code."""
    pid, terminal = start(columns, command, env)
    written = b""
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # nobody has the terminal any more
            break
        if not data:
            break
        written += data
    os.close(terminal)
    return written.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main():
    written, code = run(int(sys.argv[1]), sys.argv[2:])
    sys.stdout.write(written.replace("\r\n", "\n"))
    return code


if __name__ == "__main__":
    sys.exit(main())
