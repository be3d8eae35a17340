#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tars, good and bad, written out as the program that makes them.

make.py --list        the names, with what is in them
make.py NAME          the tar, on standard output
make.py --all DIR     all of them, as DIR/NAME.tar

A name's beginning says what a reader must do with it: good- is extracted
(exit 0), bad- is refused (exit 3), broken- is no whole tar (exit 4).
"""
import io
import sys
import tarfile

CASES = {}


def case(function):
    """Register a function that adds entries to a tar."""
    CASES[function.__name__.replace("_", "-")] = function
    return function


def add(tar, name, data=None, kind=tarfile.REGTYPE, **fields):
    info = tarfile.TarInfo(name)
    info.type = kind
    info.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
    for key, value in fields.items():
        setattr(info, key, value)
    if data is None:
        tar.addfile(info)
    else:
        info.size = fields.get("size", len(data))
        tar.addfile(info, io.BytesIO(data))


def add_dir(tar, name, **fields):
    add(tar, name, kind=tarfile.DIRTYPE, **fields)


def add_link(tar, name, to, **fields):
    add(tar, name, kind=tarfile.SYMTYPE, linkname=to, **fields)


def add_hard(tar, name, to, **fields):
    add(tar, name, kind=tarfile.LNKTYPE, linkname=to, **fields)


def sparse_gnu(name, pieces, size):
    """A tar of one sparse file: (offset, length) of its data, its size's field.

    What GNU tar(5) says of its old sparse format; all data is one block.
    """
    info = tarfile.TarInfo(name)
    info.type = b"S"
    info.size = 512
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    for i, piece in enumerate(pieces):
        block[386 + 24 * i:410 + 24 * i] = b"%011o\0%011o\0" % piece
    block[483:495] = size
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return lambda _: bytes(block) + b"x" * 512 + bytes(1024)


def build(name):
    """The bytes of the named tar."""
    out = io.BytesIO()
    function = CASES[name]
    result = None
    form = tarfile.GNU_FORMAT if "gnu" in name else tarfile.PAX_FORMAT
    with tarfile.open(fileobj=out, mode="w", format=form,
                      encoding="utf-8", errors="surrogateescape") as tar:
        result = function(tar)
    data = out.getvalue()
    return result(data) if callable(result) else data


# -------------------------------------------------------------------- good

@case
def no_entry(tar):
    """no entry at all: no bundle"""


@case
def good_plain(tar):
    """a bundle"""
    add_dir(tar, ".")
    add_dir(tar, "./manifests")
    add(tar, "./manifests/csv.yaml", b"kind: ClusterServiceVersion\n")


@case
def good_no_parents(tar):
    """a file whose directories have no entries"""
    add(tar, "a/b/c/file", b"x")


@case
def good_late_parents(tar):
    """directories after what is in them"""
    add(tar, "a/b/file", b"x")
    add_dir(tar, "a/b", mode=0o700)
    add_dir(tar, "a", mode=0o750)
    add_dir(tar, ".", mode=0o711)


@case
def good_links(tar):
    """symbolic and hard links within the bundle"""
    add_dir(tar, "d")
    add(tar, "d/file", b"x")
    add_link(tar, "d/same", "file")
    add_link(tar, "d/up", "../d/file")
    add_link(tar, "d/root", "..")
    add_link(tar, "dangling", "not/there")
    add_hard(tar, "hard", "d/file")
    add_hard(tar, "d/hard", "./d/file")


@case
def good_names(tar):
    """names that are hard to write, of two encodings"""
    add(tar, "with\nnewline", b"1")
    add(tar, "with\x1b[31mescape", b"2")
    add(tar, "-rf", b"3")
    add(tar, "...", b"4")
    add(tar, " ", b"5")
    add(tar, "gr\u00fc\u00dfe", b"6")
    add(tar, "back\\slash", b"7")
    add_dir(tar, "\u4e16\u754c")
    add(tar, "\u4e16\u754c/\u00e9", b"8")
    add_link(tar, "link-\u00e9", "\u4e16\u754c/\u00e9")
    add_hard(tar, "hard-\u00e9", "\u4e16\u754c/\u00e9")


@case
def good_names_gnu(tar):
    """names that are no UTF-8"""
    add(tar, "b\udcff", b"1")
    add_dir(tar, "d\udcfe")
    add(tar, "d\udcfe/f\udcff" + "x" * 150, b"2")
    add_link(tar, "l\udcff", "d\udcfe")
    add_hard(tar, "h\udcff", "b\udcff")


@case
def good_long_names(tar):
    """a name of 255 bytes, and a path of more than 1024"""
    add(tar, "n" * 255, b"x")
    add(tar, "/".join(["d" * 200] * 6) + "/f", b"y")


@case
def good_modes(tar):
    """directories and files that their owner cannot read"""
    add_dir(tar, "none", mode=0)
    add(tar, "none/none", b"x", mode=0)
    add_dir(tar, "tmp", mode=0o1777)


@case
def good_returns(tar):
    """directories that are come back to, closed as they may be by then"""
    add_dir(tar, "a", mode=0o500, mtime=1)
    add(tar, "a/1", b"x")
    add_dir(tar, "a/b", mode=0, mtime=2)
    add_dir(tar, "c", mode=0o1700, mtime=3)
    add(tar, "a/b/2", b"x")
    add(tar, "c/3", b"x")
    add_dir(tar, "a/b/d", mode=0o1333, mtime=4)
    add(tar, "i/j/4", b"x")
    add(tar, "a/b/d/5", b"x")
    add_hard(tar, "i/6", "a/b/d/5")
    add_dir(tar, "i", mode=0o1100, mtime=5)
    add(tar, "i/j/7", b"x")
    add(tar, "a/8", b"x")


@case
def good_returns_deep(tar):
    """the same, deeper than a reader may hold open"""
    for i in range(1, 101):
        add_dir(tar, "d/" * i, mode=0o500, mtime=i)
    for i in range(100, 0, -7):
        add(tar, "d/" * i + "f", b"x")
        add(tar, "d/" * (101 - i) + "g", b"x")


@case
def good_sparse_gnu(tar):
    """a file that begins and ends with a hole (GNU)"""
    return sparse_gnu("holes", [(4096, 512), (100000, 0)], b"%011o\0" % 100000)


@case
def good_deep(tar):
    """500 directories deep"""
    add(tar, "d/" * 500 + "f", b"x")


@case
def good_global_header(tar):
    """with a global pax header, as git archive writes it"""
    tar.pax_headers = {"comment": "x"}
    add(tar, "f", b"x")


@case
def good_times(tar):
    """before the epoch, and after 32 bits"""
    add(tar, "old", b"x", mtime=-1)
    add(tar, "new", b"x", mtime=1 << 33)


# --------------------------------------------------------------------- bad

@case
def bad_absolute(tar):
    """an absolute name"""
    add(tar, "/tmp/canary", b"bad")


@case
def bad_dotdot(tar):
    """up and out"""
    add(tar, "../canary", b"bad")


@case
def bad_dotdot_inside(tar):
    """up, though not out"""
    add_dir(tar, "a")
    add(tar, "a/../b", b"bad")


@case
def bad_dotdot_end(tar):
    """a directory called .."""
    add_dir(tar, "a/..")


@case
def bad_root_file(tar):
    """the root as a file"""
    add(tar, ".", b"bad")


@case
def bad_root_link(tar):
    """the root as a symbolic link"""
    add_link(tar, ".", "..")


@case
def bad_link_absolute(tar):
    """a symbolic link to an absolute name"""
    add_link(tar, "token", "/var/run/secrets/token")


@case
def bad_link_out(tar):
    """a symbolic link out"""
    add_dir(tar, "a")
    add_link(tar, "a/b", "../../canary")


@case
def bad_link_chain(tar):
    """each link looks harmless, two of them lead out"""
    add_dir(tar, "a/b/c")
    add_link(tar, "a/b/c/up", "../..")
    add_link(tar, "x", "a/b/c/up/../..")


@case
def bad_link_empty(tar):
    """a symbolic link to nothing"""
    add_link(tar, "x", "")


@case
def bad_through_link(tar):
    """a file through a symbolic link"""
    add_dir(tar, "d")
    add_link(tar, "l", "d")
    add(tar, "l/f", b"bad")


@case
def bad_over_link(tar):
    """a file in place of a symbolic link"""
    add_link(tar, "l", "f")
    add(tar, "l", b"bad")


@case
def bad_dir_over_link(tar):
    """a directory in place of a symbolic link"""
    add_dir(tar, "d")
    add_link(tar, "l", "d")
    add_dir(tar, "l")


@case
def bad_through_file(tar):
    """a file below a file"""
    add(tar, "f", b"x")
    add(tar, "f/g", b"bad")


@case
def bad_hard_absolute(tar):
    """a hard link to an absolute name"""
    add_hard(tar, "x", "/etc/passwd")


@case
def bad_hard_out(tar):
    """a hard link up and out"""
    add_hard(tar, "x", "../canary")


@case
def bad_hard_missing(tar):
    """a hard link to what is not there"""
    add_hard(tar, "x", "y")


@case
def bad_hard_dir(tar):
    """a hard link to a directory"""
    add_dir(tar, "d")
    add_hard(tar, "x", "d")


@case
def bad_hard_link(tar):
    """a hard link to a symbolic link"""
    add_link(tar, "l", "f")
    add_hard(tar, "x", "l")


@case
def bad_hard_through_link(tar):
    """a hard link through a symbolic link"""
    add(tar, "d/f", b"x")
    add_link(tar, "l", "d")
    add_hard(tar, "x", "l/f")


@case
def bad_hard_root(tar):
    """a hard link to the root"""
    add_hard(tar, "x", ".")


@case
def bad_twice(tar):
    """a file that comes twice"""
    add(tar, "f", b"1")
    add(tar, "f", b"2")


@case
def bad_twice_cleaned(tar):
    """the same file by two spellings"""
    add(tar, "d/f", b"1")
    add(tar, "./d//f", b"2")


@case
def bad_twice_dir(tar):
    """a directory that comes twice"""
    add_dir(tar, "d")
    add_dir(tar, "d", mode=0o777)


@case
def bad_twice_dir_later(tar):
    """a directory that comes twice, with another between"""
    add_dir(tar, "d", mode=0o1777)
    add_dir(tar, "e")
    add_dir(tar, "d")


@case
def bad_twice_dir_implied(tar):
    """a directory that comes twice, after what is in it"""
    add(tar, "d/f", b"x")
    add_dir(tar, "d")
    add(tar, "d/g", b"x")
    add_dir(tar, "d")


@case
def bad_twice_root(tar):
    """the root that comes twice"""
    add_dir(tar, ".")
    add_dir(tar, "./", mode=0o777)


@case
def bad_device(tar):
    """a block device"""
    add(tar, "sda", kind=tarfile.BLKTYPE, devmajor=8)


@case
def bad_char_device(tar):
    """a character device"""
    add(tar, "null", kind=tarfile.CHRTYPE, devmajor=1, devminor=3)


@case
def bad_fifo(tar):
    """a FIFO"""
    add(tar, "pipe", kind=tarfile.FIFOTYPE)


@case
def bad_setuid(tar):
    """a set-user-ID file"""
    add(tar, "su", b"x", mode=0o4755)


@case
def bad_setgid(tar):
    """a set-group-ID directory"""
    add_dir(tar, "d", mode=0o2755)


@case
def bad_long_component(tar):
    """a name of 256 bytes"""
    add(tar, "n" * 256, b"x")


@case
def bad_long_path(tar):
    """a path of 5000 bytes"""
    add(tar, "d/" * 2500 + "f", b"x")


@case
def bad_last(tar):
    """all well but the last entry"""
    for i in range(100):
        add(tar, "f%d" % i, b"x")
    add(tar, "../canary", b"bad")


@case
def bad_bomb_sparse_gnu(tar):
    """a sparse file of a terabyte (GNU)"""
    size = (1 << 40).to_bytes(12, "big")
    return sparse_gnu("big", [(0, 512)], bytes([size[0] | 0x80]) + size[1:])


@case
def bad_bomb_size(tar):
    """a file that says it has an exabyte"""
    def huge(_):
        info = tarfile.TarInfo("big")
        info.size = 1 << 60
        return info.tobuf(tarfile.GNU_FORMAT) + bytes(4096)
    return huge


# ------------------------------------------------------------------ broken

@case
def broken_cut(tar):
    """cut within a file"""
    add(tar, "f", b"x" * 5000)
    return lambda data: data[:3000]


@case
def broken_no_end(tar):
    """cut after the last file"""
    add(tar, "f", b"x")
    return lambda data: data[:1024]


@case
def broken_half_end(tar):
    """one block of zeros where two must be"""
    add(tar, "f", b"x")
    return lambda data: data[:1536]


@case
def broken_trailing(tar):
    """something behind the end"""
    add(tar, "f", b"x")
    return lambda data: data + b"hidden" + bytes(1018)


@case
def broken_second(tar):
    """another tar behind the end"""
    add(tar, "f", b"x")
    return lambda data: data + data


@case
def broken_checksum(tar):
    """a wrong checksum in the second header"""
    add(tar, "f", b"x")
    add(tar, "g", b"x")
    return lambda data: data[:1024] + b"h" + data[1025:]


def main():
    if sys.argv[1:] == ["--list"]:
        for name, function in CASES.items():
            print(name, function.__doc__, sep="\t")
    elif len(sys.argv) == 3 and sys.argv[1] == "--all":
        for name in CASES:
            with open("%s/%s.tar" % (sys.argv[2], name), "wb") as out:
                out.write(build(name))
    elif len(sys.argv) == 2 and sys.argv[1] in CASES:
        sys.stdout.buffer.write(build(sys.argv[1]))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
