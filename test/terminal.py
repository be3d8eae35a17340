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


def main():
    columns, *command = sys.argv[1:]
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 50, int(columns), 0, 0))
        os.execvp(command[0], command)
    written = b""
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # nobody has the terminal any more
            break
        if not data:
            break
        written += data
    sys.stdout.write(written.decode().replace("\r\n", "\n"))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    sys.exit(main())
