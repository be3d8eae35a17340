#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""podman inspect ... | collect.py POD: what each container of POD left.

POD/NAME.exit is the exit code; POD/NAME.log, what the API would show as the
container's log, is put together from the log file that the runtime wrote
(lines of "TIME STREAM F|P TEXT", the format of CRI) as kubelet does it;
POD/NAME.stdout and .stderr are the streams of which it is made.
"""
import json
import os
import sys


def read_log(path):
    streams = {b"stdout": b"", b"stderr": b""}
    log = []
    with open(path, "rb") as f:
        for raw in f.read().split(b"\n")[:-1]:
            _, stream, tag, text = raw.split(b" ", 3)
            if tag == b"F":
                text += b"\n"
            log.append((stream, text))
    for s in streams:
        streams[s] = b"".join(t for stream, t in log if stream == s)
    return b"".join(t for _, t in log), streams[b"stdout"], streams[b"stderr"]


def main():
    pod = sys.argv[1]
    for c in json.load(sys.stdin):
        if c["IsInfra"]:
            continue
        name = os.path.join(pod, c["Name"].removeprefix(pod + "-"))
        log = c["HostConfig"]["LogConfig"]["Path"]
        parts = read_log(log) if os.path.exists(log) else (b"", b"", b"")
        for suffix, data in zip(("log", "stdout", "stderr"), parts):
            with open(name + "." + suffix, "wb") as f:
                f.write(data)
        with open(name + ".exit", "w") as f:
            print(c["State"]["ExitCode"], file=f)


main()
