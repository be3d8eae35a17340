# SPDX-License-Identifier: Apache-2.0
"""One line for each entry of a bundle, the same from every reader.

    TYPE MODE MTIME SIZE SHA256 NAME [-> TARGET]

TYPE is d, f or l; names are bytes, what is not plain ASCII as \\xNN.  Lines
come in the order of a walk: "." first, a directory's names in byte order.
"""


def quote(name):
    return "".join(
        chr(c) if 0x21 <= c <= 0x7E and c != 0x5C else "\\x%02x" % c
        for c in name
    )


def line(kind, mode, mtime, size, sha, name, target=b""):
    text = "%s %04o %d %d %s %s" % (kind, mode, mtime, size, sha or "-",
                                    quote(name))
    return text + " -> " + quote(target) if kind == "l" else text


def key(name):
    """Sort key of a path: "." first, then component by component."""
    return [] if name == b"." else name.split(b"/")
