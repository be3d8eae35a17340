#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do to streams what container runtimes and kubelet do, thousands of times.

torture.py [--seed N] [--cases N | --seconds N] [--keep DIR] UNPACKCTL

For every case the reader must either deliver the bundle byte by byte, or exit
4 and name parts which, once fetched, complete it.  A failure prints its seed:
`--seed N --cases 1` runs it again.
"""
import argparse
import gzip
import io
import json
import os
import random
import subprocess
import sys
import tarfile
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import stream  # noqa: E402

STAMP = b"2026-11-23T18:54:%02d.%09dZ "
PREFIX = b"[pod/unpack-x7k2p/bundle] "

NOISE = [
    b"warning: something happened\n",
    b'{"level":"info","msg":"hello"}\n',
    b'{"content":"hello"}\n',
    b"QUJD\n",
    b"\n",
    b"\r\n",
    b"caf\xe9 \xff\xfe\n",
    b"2026-11-23T18:54:26Z not a stamp's line\n",
    b'{"part":0,"size":5}\n',
    b"x" * 20000 + b"\n",
]


def make_tar(rng, size, compressible):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        root = tarfile.TarInfo(".")
        root.type = tarfile.DIRTYPE
        root.mode = 0o755
        tar.addfile(root)
        left = size
        i = 0
        while left > 0:
            n = min(left, rng.randint(1, size))
            data = rng.randbytes(n)
            if compressible:
                data = data.hex().encode()[:n]
            info = tarfile.TarInfo("f%d" % i)
            info.size = n
            tar.addfile(info, io.BytesIO(data))
            left -= n
            i += 1
    return out.getvalue()


class Bundle:
    """A tar and its lines; made once, used for many cases."""

    def __init__(self, rng, size, part, compressible):
        self.tar = make_tar(rng, size, compressible)
        self.jsonl = stream.jsonl_lines(self.tar, part)
        self.json = [stream.json_line(self.tar, part)]
        self.plain = [stream.plain_line(self.tar)]


# --------------------------------------------------------------- the runtime

def records(rng, lines, chunk, noise):
    """What the runtime logs: (bytes, does a line end here)."""
    out = []
    for line in lines:
        body = line[:-1]
        pieces = [body[i:i + chunk] for i in range(0, len(body), chunk)]
        for i, piece in enumerate(pieces or [b""]):
            out.append((piece, i >= len(pieces) - 1))
            if noise and rng.random() < noise:
                text = rng.choice(NOISE)[:-1].rstrip(b"\r")
                out.append((text, True))
    return out


def rotated(rng, recs, limit):
    """Only the newest file is left, in which records are whole."""
    starts = [0]
    size = 0
    for i, (piece, _) in enumerate(recs):
        size += len(piece)
        if size >= limit:
            starts.append(i + 1)
            size = 0
    return recs[rng.choice(starts[-2:]):]


def raced(rng, recs):
    """Following lost some records between two files."""
    at = rng.randrange(len(recs) + 1)
    return recs[:at] + recs[at + rng.randint(1, 20):]


# --------------------------------------------------------------- the kubelet

def joined(rng, recs, stamps, prefix):
    """What the API returns for these records."""
    out = []
    begin = True
    for piece, end in recs:
        if begin and prefix:
            out.append(PREFIX)
        if stamps == "all" or (begin and stamps == "lines"):
            out.append(STAMP % (rng.randrange(60), rng.randrange(10 ** 9)))
        out.append(piece)
        if end:
            out.append(b"\n")
        begin = end
    return b"".join(out)


def lost_block(rng, data):
    n = rng.choice([4096, 16384])
    at = rng.randrange(len(data) + 1)
    if rng.random() < 0.5:
        at = at // 4096 * 4096
    return data[:at] + data[at + n:]


def cut_tail(rng, data):
    return data[:rng.randrange(len(data) + 1)]


def cut_head(rng, data):
    return data[rng.randrange(len(data) + 1):]


def reconnected(rng, data):
    """A follower came back and asked again from some time before."""
    at = rng.randrange(len(data) + 1)
    back = rng.randrange(at + 1)
    if rng.random() < 0.5:
        back = data.rfind(b"\n", 0, back) + 1
    return data[:at] + data[back:]


def flipped(rng, data):
    if not data:
        return data
    at = rng.randrange(len(data))
    return data[:at] + rng.randbytes(1) + data[at + 1:]


def no_utf8(_, data):
    return data.decode("utf-8", "replace").encode()


def crlf(_, data):
    return data.replace(b"\r\n", b"\n")


def to_crlf(_, data):
    return data.replace(b"\n", b"\r\n")


def nul_hole(rng, data):
    """A block that was never written; after a crash, or a rotation."""
    n = rng.choice([512, 4096, 16384])
    at = rng.randrange(len(data) + 1) // 512 * 512
    return data[:at] + bytes(min(n, len(data) - at)) + data[at + n:]


def nul_run(rng, data):
    """NULs at the head, between lines, or at the end."""
    at = rng.choice([0, len(data),
                     data.find(b"\n", rng.randrange(len(data) + 1)) + 1])
    return data[:at] + bytes(rng.choice([1, 512, 5000, 70000])) + data[at:]


def coloured(_, data):
    return data.replace(b"[pod/", b"\x1b[36m[pod/").replace(
        b"/bundle] ", b"/bundle]\x1b[0m ")


DAMAGE = [nul_hole, nul_run, coloured, lost_block, lost_block, cut_tail, cut_head, reconnected, flipped,
          no_utf8, crlf, to_crlf]


def log_of(rng, lines):
    """One log of these lines, with some of all that."""
    noise = rng.choice([0, 0, 0.02, 0.3])
    recs = records(rng, lines, rng.choice([8192, 16384, 16384, 4096]), noise)
    if rng.random() < 0.3:
        recs = rotated(rng, recs, rng.choice([1 << 16, 1 << 18, 10 << 20]))
    if rng.random() < 0.2 and recs:
        recs = raced(rng, recs)
    data = joined(rng, recs, rng.choice([None, None, "lines", "all"]),
                  rng.random() < 0.2)
    for _ in range(rng.choice([0, 0, 1, 1, 2, 4])):
        data = rng.choice(DAMAGE)(rng, data)
    return data


# ------------------------------------------------------------- on the node

def stamp_of(count):
    return "2026-11-23T18:%02d:%02d.%09dZ" % (
        count // 60000 % 60, count // 1000 % 60, count % 1000 * 1000000)


def cri_record(piece, end, error, stamp):
    return b"%s %s %s %s\n" % (stamp.encode(), b"stderr" if error else
                               b"stdout", b"F" if end else b"P", piece)


def docker_record(piece, end, error, stamp):
    return json.dumps({
        "log": piece.decode("utf-8", "replace") + ("\n" if end else ""),
        "stream": "stderr" if error else "stdout",
        "time": stamp}, separators=(",", ":")).encode() + b"\n"


def node_files(rng, lines):
    """The files of a log on the node, rotated, in the order of time."""
    noise = rng.choice([0, 0, 0.02, 0.3])
    record = rng.choice([cri_record, cri_record, docker_record])
    recs = []
    for piece, end in records(rng, lines, 16384, 0):
        recs.append((piece, end, False))
        if rng.random() < noise:
            recs.append((rng.choice(NOISE)[:-1].rstrip(b"\r"), True,
                         rng.random() < 0.9))
    data = [record(*r, stamp_of(i)) for i, r in enumerate(recs)]
    size = rng.choice([1 << 16, 1 << 19, 10 << 20])
    files = [b""]
    for one in data:
        if len(files[-1]) + len(one) > size and files[-1]:
            files.append(b"")
        files[-1] += one
    if rng.random() < 0.2:
        files = files[-rng.randint(1, 5):]
    if rng.random() < 0.2:
        files[rng.randrange(len(files))] = b""
    damage = rng.choice([0, 0, 0, 1, 2])
    for _ in range(damage):
        i = rng.randrange(len(files))
        files[i] = rng.choice(
            [nul_hole, nul_run, lost_block, cut_tail, cut_head, to_crlf,
             flipped])(rng, files[i])
    return [gzip.compress(f) if rng.random() < 0.4 else f for f in files]


def logs_of(rng, lines):
    """Logs of these lines: as kubectl has them, or a node."""
    if rng.random() < 0.35:
        return node_files(rng, lines)
    data = log_of(rng, lines)
    form = rng.random()
    if form < 0.1:
        data = data.decode("utf-8", "replace").encode("utf-16")
    if form < 0.05 or form > 0.9:
        data = gzip.compress(data)
    return [data]


# ---------------------------------------------------------------- the reader

class Failure(Exception):
    pass


def extract(program, logs, work):
    """Run the reader; (exit code, result, tar or None)."""
    out = os.path.join(work, "out.tar")
    if os.path.exists(out):
        os.unlink(out)
    done = subprocess.run(
        [program, "extract", "-q", "-o", "json", "--tar", out, *logs],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120,
        check=False)
    try:
        result = json.loads(done.stdout)
    except ValueError as error:
        raise Failure("exit %d, no JSON: %r" % (
            done.returncode, done.stderr[-2000:])) from error
    tar = None
    if os.path.exists(out):
        with open(out, "rb") as file:
            tar = file.read()
    if sorted(os.listdir(work)) != sorted(
            [os.path.basename(log) for log in logs] +
            (["out.tar"] if tar is not None else [])):
        raise Failure("leftovers: %s" % os.listdir(work))
    return done.returncode, result, tar


def save(work, n, data):
    name = os.path.join(work, "log%d" % n)
    with open(name, "wb") as out:
        out.write(data)
    return name


def run_case(program, rng, bundle, work):
    """Returns how many times something had to be fetched again."""
    first = rng.choice(["jsonl", "jsonl", "jsonl", "json", "plain"])
    lines = getattr(bundle, first)
    logs = [save(work, i, data) for i, data in enumerate(logs_of(rng, lines))]
    for _ in range(rng.choice([0, 0, 0, 1, 2])):
        for data in logs_of(rng, bundle.jsonl):
            logs.append(save(work, len(logs), data))
    for turn in range(12):
        rng.shuffle(logs)
        code, result, tar = extract(program, logs, work)
        if code == 0:
            if tar != bundle.tar:
                raise Failure("delivered something else")
            if result["result"] != "ok":
                raise Failure("exit 0 and %s" % result)
            return turn
        if code != 4 or tar is not None:
            raise Failure("exit %d: %s" % (code, result))
        # what is left may be nothing, or noise: then all of it is fetched
        if result["reason"] in ("LogEmpty", "NotABundle"):
            result["parts"] = "0-"
        elif result["result"] != "incomplete" or not result["parts"]:
            raise Failure("names no parts: %s" % result)
        total = len(bundle.jsonl) - 1
        for text in result["parts"].split(","):
            if int(text.split("-")[0]) > total:
                raise Failure("asks for what is not there: %s" % text)
            again = stream.choose(bundle.jsonl, text)
            # the second fetch may be damaged, too, but not always
            more = logs_of(rng, again) if rng.random() < 0.3 and turn < 6 \
                else [b"".join(again)]
            for data in more:
                logs.append(save(work, len(logs), data))
    raise Failure("is never complete: %s" % result)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--keep")
    parser.add_argument("program")
    args = parser.parse_args()
    rng = random.Random(0)
    # one of whole-sized parts; many of small ones, with several to a chunk
    bundles = [Bundle(rng, 3 << 20, stream.SLICE, True),
               Bundle(rng, 1 << 20, 1 << 16, False),
               Bundle(rng, 1 << 18, 1 << 14, True),
               Bundle(rng, 200000, 4096, False),
               Bundle(rng, 3000, 4096, True),
               Bundle(rng, 1, 4096, False)]
    end = time.monotonic() + args.seconds
    case = again = whole = 0
    while case < args.cases or (args.seconds and time.monotonic() < end):
        seed = args.seed + case
        rng = random.Random(seed)
        base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        with tempfile.TemporaryDirectory(dir=base) as work:
            try:
                turns = run_case(args.program, rng, rng.choice(bundles), work)
            except Failure as failure:
                print("not ok - seed %d: %s" % (seed, failure))
                if args.keep:
                    os.system("cp -r %s %s" % (work, args.keep))
                return 1
        whole += turns == 0
        again += turns
        case += 1
    print("# %d cases: %d whole at once, %d repairs" % (case, whole, again))
    return 0


if __name__ == "__main__":
    sys.exit(main())
