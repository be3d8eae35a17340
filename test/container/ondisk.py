#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a tar program has extracted: ondisk.py DIR, one line an entry."""
import hashlib
import os
import stat
import sys

import entry


def main():
    top = os.fsencode(sys.argv[1])
    found = {b".": os.lstat(top)}
    for where, dirs, files in os.walk(top):
        for name in dirs + files:
            path = os.path.join(where, name)
            found[os.path.relpath(path, top)] = os.lstat(path)
    for path in sorted(found, key=entry.key):
        st = found[path]
        full = os.path.join(top, path)
        mode = stat.S_IMODE(st.st_mode) & 0o1777  # as truth.py
        if not (stat.S_ISDIR(st.st_mode) or stat.S_ISLNK(st.st_mode) or
                stat.S_ISREG(st.st_mode)):
            continue
        if stat.S_ISDIR(st.st_mode):
            print(entry.line("d", mode, 0, 0, None, path))
        elif stat.S_ISLNK(st.st_mode):
            print(entry.line("l", mode, int(st.st_mtime), 0, None, path,
                             os.readlink(full)))
        else:
            with open(full, "rb") as f:
                sha = hashlib.sha256(f.read()).hexdigest()
            print(entry.line("f", mode, int(st.st_mtime), st.st_size, sha,
                             path))


main()
