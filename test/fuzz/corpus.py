#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What fuzzing found to reach more than the seeds, the smallest of it.

    corpus.py DIR TARGET...

DIR is where `make fuzz' worked: fuzz_TARGET, corpus-TARGET.  libFuzzer's
-merge=1 takes the smallest inputs that reach something new; of those, beyond
the seeds, the ones of at most LARGEST bytes go to test/fuzz/corpus/TARGET, at
most MOST of each target.
"""
import hashlib
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
LARGEST = 4096
MOST = 4


def features(program, directory):
    """How many features libFuzzer sees in a run of all inputs there."""
    said = subprocess.run([program, "-runs=0", directory], text=True,
                          errors="replace", check=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT).stdout
    counts = [int(line.split("ft: ")[1].split()[0])
              for line in said.splitlines() if "ft: " in line]
    return max(counts, default=0)


def choose(program, seeds, found):
    """Greedily: what adds most features to the seeds, for its size."""
    chosen = []
    with tempfile.TemporaryDirectory() as room:
        room = pathlib.Path(room)
        for seed in seeds.iterdir():
            shutil.copy(seed, room)
        have = features(program, room)
        rest = list(found)
        while rest and len(chosen) < MOST:
            gains = []
            for one in rest:
                copy = pathlib.Path(shutil.copy(one, room / "candidate"))
                gains.append((features(program, room) - have, one))
                copy.unlink()
            gain, best = max(gains, key=lambda g: (g[0], -g[1].stat().st_size))
            if gain <= 0:
                break
            shutil.copy(best, room)
            have += gain
            chosen.append(best)
            rest = [one for g, one in gains if g > 0 and one != best]
    return chosen


def main():
    where = pathlib.Path(sys.argv[1])
    for target in sys.argv[2:]:
        program = where / f"fuzz_{target}"
        seeds, corpus = where / f"seeds-{target}", where / f"corpus-{target}"
        to = HERE / "corpus" / target
        old = [to] if to.exists() else []
        with tempfile.TemporaryDirectory() as merged:
            subprocess.run(
                [program, "-merge=1", "-rss_limit_mb=1024", "-timeout=20",
                 "-close_fd_mask=3", merged, corpus, *old],
                check=True, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
            found = sorted((p for p in pathlib.Path(merged).iterdir()
                            if p.stat().st_size <= LARGEST),
                           key=lambda p: p.stat().st_size)
            # the largest of the small ones reach most
            chosen = choose(program, seeds, found[-40:])
            kept = {hashlib.sha1(p.read_bytes()).hexdigest()[:12]:
                    p.read_bytes() for p in chosen}
        shutil.rmtree(to, ignore_errors=True)
        to.mkdir(parents=True)
        for name, data in kept.items():
            (to / name).write_bytes(data)
        print(f"{target}: {len(found)} reach something, {len(kept)} kept, "
              f"{sum(map(len, kept.values()))} bytes")


if __name__ == "__main__":
    main()
