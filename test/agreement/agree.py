#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does `unpackctl check` say what `unpack` finds when the image really runs?

    agree.py [--from SEED] [--jobs N] COUNT
    agree.py --compare DIR

For COUNT images of generate.py: the verdict of `unpackctl check`, and that of
`unpack check` in a container that podman makes of the image, with the same
uid and without capabilities.  Both must have the same findings (code and path,
in order) and count the same entries; where all is well, the streams must have
just the length that was foretold.  Prints TAP, a test an image.

The second form compares what somebody else has run: in DIR, `said` and `code`
of `unpackctl check -o json`, `found` (stdout) and `exit` of `unpack check`.

Needs podman, runc, and root; UNPACK and UNPACKCTL name the programs.
"""
import argparse
import concurrent.futures
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
UNPACK = os.environ["UNPACK"]
UNPACKCTL = os.environ["UNPACKCTL"]
COUNTS = ["entries", "directories", "files", "symlinks", "bytes"]

# runc, as crun refuses hybrid cgroups; limits that no hard limit is below
CONTAINERS_CONF = """
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
"""


def run(command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False, **more)


class Podman:
    """A storage of our own in the current directory."""

    def __init__(self):
        base = os.path.join(os.getcwd(), "store")
        os.makedirs(base)
        conf = os.path.join(base, "containers.conf")
        with open(conf, "w") as f:
            f.write(CONTAINERS_CONF)
        with open(os.path.join(base, "policy.json"), "w") as f:
            f.write('{"default": [{"type": "insecureAcceptAnything"}]}')
        self.env = dict(os.environ, CONTAINERS_CONF=conf)
        self.command = ["podman", "--root", base + "/root", "--runroot",
                        base + "/run", "--storage-driver", self.driver(base)]
        self.policy = base + "/policy.json"

    @staticmethod
    def driver(base):
        """overlay, as in a cluster, where the kernel lets us."""
        dirs = [os.path.join(base, "o", d) for d in "lumw"]
        for d in dirs:
            os.makedirs(d)
        options = "lowerdir=%s,upperdir=%s,workdir=%s" % (
            dirs[0], dirs[1], dirs[3])
        mount = ["mount", "-t", "overlay", "-o", options, "overlay", dirs[2]]
        if run(mount).returncode != 0:
            return "vfs"
        run(["umount", dirs[2]])
        return "overlay"

    def __call__(self, *args):
        return run(self.command + list(args), env=self.env)

    def load(self, layout):
        p = self("pull", "-q", "--signature-policy", self.policy,
                 "oci:%s:v1" % os.path.relpath(layout))
        if p.returncode != 0:
            raise RuntimeError("pull: " + p.stderr.decode(errors="replace"))
        return p.stdout.decode().strip()

    def run(self, image, user, *args):
        return self("run", "--rm", "--network", "host", "--user", user,
                    "--cap-drop", "all", "--security-opt",
                    "no-new-privileges", "--passwd=false", "--workdir", "/",
                    "--volume", UNPACK + ":/.unpack-5eed/unpack:ro",
                    "--entrypoint", "/.unpack-5eed/unpack", image, *args)


def foretold(layout, who):
    args = [UNPACKCTL, "check", "-o", "json", "--uid", str(who["uid"])]
    if who["gid"] is not None:
        args += ["--gid", str(who["gid"])]
    p = run(args + ["oci:" + layout + ":v1"])
    if p.returncode not in (0, 3):
        raise RuntimeError("check: exit %d: %s" % (
            p.returncode, p.stderr.decode(errors="replace")))
    return p.returncode, json.loads(p.stdout)


def paths(report):
    return [(f["code"], f["path"]) for f in report["findings"]]


def compare(code, said, found):
    """What differs, a line each."""
    if found.returncode not in (0, 3) or not found.stdout:
        if said.get("reason") == "ContainerCannotStart":
            return []
        return ["did not start: " + found.stderr.decode(errors="replace")]
    if said.get("reason") == "ContainerCannotStart":
        return ["started, against: " + said["message"]]
    real = json.loads(found.stdout)
    wrong = []
    if said.get("reason") == "MountPathTaken":
        # said of other pods than the one here, whose place no image knows
        said["findings"] = [f for f in said["findings"]
                            if not f["code"].startswith("mount-path-")]
        code = 3 if said["findings"] else 0
    if code != found.returncode:
        wrong.append("exit %d, really %d" % (code, found.returncode))
    for one in paths(said):
        if one not in paths(real):
            wrong.append("really fine: %s %s" % one)
    for one in paths(real):
        if one not in paths(said):
            wrong.append("not foretold: %s %s" % one)
    if not wrong and paths(said) != paths(real):
        wrong.append("another order")
    for key in COUNTS:
        if said[key] != real[key]:
            wrong.append("%s: %d, really %d" % (key, said[key], real[key]))
    return wrong


def compare_size(said, podman, image, user):
    wrong = []
    for name in ("json", "jsonl", "tar"):
        p = podman.run(image, user, "--bundle-dir", "/", "--format", name)
        if p.returncode != 0 or len(p.stdout) != said["size"][name]:
            wrong.append("%s: %d bytes foretold, really %d (exit %d)" % (
                name, said["size"][name], len(p.stdout), p.returncode))
    return wrong


def one(podman, seed, sizes):
    layout = os.path.join(os.getcwd(), "image-%d" % seed)
    p = run([sys.executable, os.path.join(HERE, "generate.py"), str(seed),
             layout])
    if p.returncode != 0:
        raise RuntimeError(p.stderr.decode())
    who = json.loads(p.stdout)
    user = str(who["uid"])
    if who["gid"] is not None:
        user += ":%d" % who["gid"]
    code, said = foretold(layout, who)
    image = podman.load(layout)
    found = podman.run(image, user, "check", "--bundle-dir", "/")
    wrong = compare(code, said, found)
    if not wrong and code == 0 and sizes:
        wrong = compare_size(said, podman, image, user)
    podman("rmi", "-f", image)
    run(["rm", "-rf", layout])
    return said.get("reason", "ok"), wrong


def compare_dir(where):
    text = {}
    for name in ("said", "code", "found", "exit"):
        with open(os.path.join(where, name), "rb") as f:
            text[name] = f.read()
    found = subprocess.CompletedProcess(
        [], int(text["exit"] or -1), text["found"], text["found"])
    wrong = compare(int(text["code"]), json.loads(text["said"]), found)
    for line in wrong:
        print("#   " + line.replace("\n", " "))
    return bool(wrong)


def tell(n, seed, reason, wrong):
    print("%sok %d - image %d: %s" % ("not " if wrong else "", n, seed,
                                      reason))
    for line in wrong:
        print("#   " + line.replace("\n", " "))
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="first", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sizes", type=int, default=1,
                        help="measure the streams of every N-th image only")
    parser.add_argument("--compare", metavar="DIR")
    parser.add_argument("count", type=int, nargs="?", default=20)
    args = parser.parse_args()
    if args.compare:
        return compare_dir(args.compare)
    podman = Podman()
    seeds = range(args.first, args.first + args.count)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        jobs = [(s, pool.submit(one, podman, s, s % args.sizes == 0))
                for s in seeds]
        for n, (seed, job) in enumerate(jobs, 1):
            try:
                reason, wrong = job.result()
            except Exception as e:  # one image's failure is its own
                reason, wrong = "error", [repr(e)]
            failed += bool(wrong)
            tell(n, seed, reason, wrong)
    print("1..%d" % args.count)
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
