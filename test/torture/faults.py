#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each system call of each command fails once, and is once met by a signal.

    faults.py [--most N] [--seed N] [--only NAME] UNPACK UNPACKCTL

strace(1) makes the k-th call of a kind fail, for every kind that the command
makes and every k, with an error that this call has: memory (mmap, brk), reads,
writes, and all others.  Or SIGTERM comes during the k-th call.  With --most,
that many of all of them, at random.

`run` and `test` talk to apiserver.py in place of a cluster, and to tools that
hang, flood and close; a fault meets each of their processes, but none of these
programs.  There a call may also be denied whenever it is made.

What comes out must be right, or the exit code says that it is not: no crash,
no endless loop, no target directory and no whole stream with other content.
After SIGTERM nothing half-made is left, and no success is told of nothing.
No pod is left that is not named.
"""
import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

# what the call may say; EIO and EACCES for the rest
ERRORS = {"mmap": ["ENOMEM"], "brk": ["ENOMEM"], "mremap": ["ENOMEM"],
          "openat": ["EMFILE", "EACCES", "ENOENT"], "open": ["EMFILE"],
          "read": ["EIO", "EINTR", "EAGAIN"],
          "write": ["ENOSPC", "EPIPE", "EINTR", "EAGAIN"],
          "writev": ["ENOSPC", "EINTR"], "pwrite64": ["ENOSPC", "EINTR"],
          "pread64": ["EIO", "EINTR"], "clone": ["EAGAIN"],
          "mkdirat": ["ENOSPC", "EMLINK"], "renameat": ["EACCES", "EIO"],
          "linkat": ["EACCES"], "getdents64": ["EIO", "ENOMEM"],
          # ENOENT for a name that is listed is what a whiteout looks like
          "newfstatat": ["EIO", "EACCES"], "fstat": ["EIO", "ENOMEM"],
          "getrandom": ["EINTR", "ENOSYS"], "memfd_create": ["EMFILE"],
          "faccessat": ["EIO", "ENOMEM"], "readlinkat": ["EIO", "EINVAL"],
          "fcntl": ["EMFILE"], "poll": ["EINTR"], "lseek": ["EINVAL", "EIO"],
          "openat2": ["ENOSYS", "EPERM", "EMFILE"]}
# the kernel or the libc would never come back from these, or a thread waits
NEVER = {"exit", "exit_group", "futex", "execve", "arch_prctl", "rt_sigreturn",
         "set_tid_address", "munmap", "close", "rt_sigprocmask", "madvise",
         "sched_yield", "set_robust_list", "restart_syscall",
         # these cannot fail
         "geteuid", "getegid", "getuid", "getgid", "getpid", "gettid",
         # nor this, with what alarm(3) gives it: setitimer(2)
         "setitimer"}


SIGNAL = "SIGTERM"


def run(args, cwd, stdin=None, env=None, timeout=20):
    try:
        return subprocess.run(args, cwd=cwd, stdin=stdin or subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=env, timeout=timeout)
    except subprocess.TimeoutExpired:
        return None


def tree(path):
    """What is in a directory: names, types, modes and content."""
    found = {}
    for top, dirs, files in os.walk(path):
        for name in dirs + files:
            full = os.path.join(top, name)
            rest = os.path.relpath(full, path)
            if os.path.islink(full):
                found[rest] = os.readlink(full)
            elif os.path.isdir(full):
                found[rest] = os.stat(full).st_mode
            else:
                with open(full, "rb") as f:
                    found[rest] = (os.stat(full).st_mode, f.read())
    # hidden, for the next one to tidy up
    return {k: v for k, v in found.items() if not k.startswith(".unpack-copy")}


class Command:
    def __init__(self, name, args, target=None, stream=False, filled=False,
                 env=None):
        self.name, self.args = name, args
        self.target, self.stream, self.filled = target, stream, filled
        # of those that start a tool
        self.env = dict(os.environ, **env) if env else None
        self.good = None

    def run(self, work, *strace):
        """What it does; strace: with these options."""
        if strace:
            strace = ("strace", "-f", "-qq", "--detach-on=execve") + strace
        return run(list(strace) + self.args, work, env=self.env,
                   timeout=90 if self.env else 20)


# kubectl, after its first words
TOOLS = {"hang": "exec sleep 1000\n",
         "flood": "exec cat /dev/zero\n",
         "flood words": "exec yes error >&2\n",
         "close": "exec >&- 2>&-\nexec sleep 1000\n",
         "serve not": "echo Starting to serve\nexec sleep 1000\n"}


def prepare(work, unpack):
    """A bundle with long names, and logs of it."""
    long = "manifests/" + "a-long-name-" * 6 + "/" + "b" * 90 + ".yaml"
    pax = "manifests/" + "p" * 180
    for name, text in (("manifests/csv.yaml", "kind: CSV\n" * 400),
                       ("metadata/annotations.yaml", "a: b\n"),
                       (long, "long\n"), (pax, "pax\n")):
        full = os.path.join(work, "b", name)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w") as f:
            f.write(text)
    os.symlink("csv.yaml", work + "/b/manifests/link")
    os.makedirs(work + "/small/manifests")
    with open(work + "/small/manifests/x.yaml", "w") as f:
        f.write("x: y\n")
    for name, text in TOOLS.items():
        with open(os.path.join(work, name), "w") as f:
            f.write("#!/bin/sh\n" + text)
        os.chmod(os.path.join(work, name), 0o755)
    for name in ("json", "jsonl", "tar"):
        with open("%s/%s" % (work, name), "wb") as f:
            subprocess.run([unpack, "--bundle-dir", "b", "--format", name],
                           cwd=work, stdout=f, check=True)


def commands(unpack, ctl):
    for name in ("json", "jsonl", "tar"):
        yield Command("unpack " + name, [unpack, "--bundle-dir", "b",
                                         "--format", name], stream=True)
    yield Command("unpack limit", [unpack, "--bundle-dir", "b", "--log-limit",
                                   "2000"], stream=True)
    yield Command("unpack check", [unpack, "check", "--bundle-dir", "b"])
    yield Command("copy", [unpack, "copy", "--bundle-dir", "b", "out"],
                  target="out")
    yield Command("copy filled", [unpack, "copy", "--bundle-dir", "b", "out"],
                  target="out", filled=True)
    yield Command("install", [unpack, "install", "copy"], target="copy")
    for name in ("json", "jsonl", "tar"):
        yield Command("extract " + name,
                      [ctl, "extract", "-C", "out", name], target="out")
    yield Command("extract json text", [ctl, "extract", "-C", "out", "-o",
                                        "json", "jsonl"], target="out")
    yield Command("extract tar file", [ctl, "extract", "--tar", "out.tar",
                                       "jsonl"], target="out.tar")
    yield Command("extract list", [ctl, "extract", "--list", "jsonl"])
    yield Command("extract witness", [ctl, "extract", "-C", "out",
                                    "--witness", "message", "jsonl"],
                  target="out")
    yield Command("extract image", [ctl, "extract", "-C", "out", "--image",
                                    "image"], target="out")
    yield Command("unpack parts", [unpack, "--bundle-dir", "b", "--format",
                                   "jsonl", "--parts", "0-", "--symlinks",
                                   "skip", "--jobs", "3"], stream=True)
    yield Command("check-pod text", [ctl, "check-pod", "pod.yaml"])
    yield Command("explain", [ctl, "explain", "-o", "json"])
    yield Command("image", [ctl, "check", "-o", "json", "image"])
    yield Command("image tar", [ctl, "check", "oci-archive:image.tar"])
    yield Command("check", [ctl, "check", "b"])
    yield Command("check json", [ctl, "check", "-o", "json", "b"])
    yield Command("pod", [ctl, "pod", "--image", "a/b:c", "--mount-path",
                          "/x", "-o", "json"])
    yield Command("pod yaml", [ctl, "pod", "--image", "a/b:c", "--mount-path",
                               "/x"])
    yield Command("check-pod", [ctl, "check-pod", "-o", "json", "pod.yaml"])
    where = ["-n", "ns", "--timeout", "40s", "--image-pull-policy",
             "IfNotPresent", "--unpacker-image", "localhost/unpack:1"]
    api = {"API_BUNDLE": "b", "API_STATE": "api", "UNPACK": unpack,
           "KUBECTL": os.path.join(os.path.dirname(os.path.dirname(
               os.path.abspath(__file__))), "apiserver.py")}
    yield Command("run", [ctl, "run", "-C", "out", "localhost/a:1"] + where,
                  target="out", env=api)
    yield Command("run several", [ctl, "run", "-C", "out", "localhost/a:1",
                                  "localhost/b:1", "--parallel", "1"] + where,
                  target="out", env=api)
    yield Command("run tar", [ctl, "run", "--tar", "out.tar", "--format",
                              "json", "localhost/a:1"] + where,
                  target="out.tar", env=api)
    yield Command("test", [ctl, "test", "localhost/a:1"] + where, env=api)
    for tool in TOOLS:
        yield Command("run: " + tool, [ctl, "run", "-C", "out", "-n", "ns",
                                       "--timeout", "1s", "localhost/a:1"] +
                      where[4:], target="out",
                      env=dict(api, KUBECTL="./" + tool))


def left(work):
    """What is half-made."""
    return [name for name in os.listdir(work) if ".unpack-" in name]


def remove(path):
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.remove(path)


def clear(work, command):
    for name in left(work):
        remove(os.path.join(work, name))
    if command.target:
        remove(os.path.join(work, command.target))
    remove(os.path.join(work, "api"))
    if command.filled:
        os.mkdir(os.path.join(work, command.target))


def outcome(work, command, done):
    state = None
    if command.target:
        path = os.path.join(work, command.target)
        if os.path.isdir(path):
            state = tree(path) or None  # to be filled, empty before
        elif os.path.lexists(path):
            with open(path, "rb") as f:
                state = f.read()
    return done.returncode, done.stdout, state


def calls(work, command):
    """How often one process of the command makes each call, at most."""
    trace = os.path.join(work, "trace")
    clear(work, command)
    command.run(work, "-o", trace)
    counts, most = {}, {}
    with open(trace, errors="replace") as f:
        for line in f:
            m = re.match(r"(\d+) +(\w+)\(", line)
            if m:
                counts[m.groups()] = counts.get(m.groups(), 0) + 1
                most[m.group(2)] = max(most.get(m.group(2), 0),
                                       counts[m.groups()])
    return most


def is_whole(ctl, work, stdout):
    """Would a reader take it for a bundle?"""
    with open(os.path.join(work, "taken"), "wb") as f:
        f.write(stdout)
    done = run([ctl, "extract", "--list", "taken"], work)
    return done is not None and done.returncode == 0


def errors(call):
    """What may happen to it."""
    return [SIGNAL] + ([] if call in NEVER else
                       ERRORS.get(call, ["EIO", "EACCES"]))


def unnamed(work, done):
    """Pods that are left, and not named."""
    pods = os.path.join(work, "api", "pods")
    return [name for name in os.listdir(pods)
            if name.encode() not in done.stderr] if os.path.isdir(pods) else []


def judge(ctl, work, command, done, error):
    """What is wrong; None: nothing."""
    if done is None:
        return "does not end"
    if unnamed(work, done):
        return "exit %d, and a pod is left" % done.returncode
    code, stdout, state = outcome(work, command, done)
    if error == SIGNAL and left(work):
        return "exit %d, and %s is left" % (code, left(work))
    # before it is caught, and after
    if error == SIGNAL and code in (-15, 143):
        code = 1
    # strace tells of a signal by killing itself, or 128 + number
    if code < 0 or code > 128:
        return "exit %d: %s" % (code, done.stderr[-200:])
    if code not in (0, 1, 2, 3, 4):
        return "exit %d" % code
    if code == command.good[0]:
        if state != command.good[2]:
            return "exit %d, with another result" % code
        if stdout != command.good[1] and code == 0:
            return "exit %d, with other output" % code
        return None
    # the result may be there, and what was to be said of it be lost; or those
    # of some of several bundles, each whole
    good = command.good[2]
    if isinstance(state, dict) and command.name == "run several":
        tops = {name.split("/")[0] for name in state}
        good = {k: v for k, v in good.items() if k.split("/")[0] in tops}
    if state is not None and state != good:
        return "exit %d, and there is a result" % code
    if command.stream and stdout and stdout != command.good[1] and \
            is_whole(ctl, work, stdout):
        return "exit %d, and a whole stream" % code
    if b"json" in b" ".join(a.encode() for a in command.args) and \
            stdout.startswith(b"{") and not command.stream and \
            stdout.endswith(b"\n"):
        try:
            json.loads(stdout)
        except ValueError:
            return "exit %d, and broken JSON" % code
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--most", type=int, default=1000000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="commands named like this")
    parser.add_argument("unpack")
    parser.add_argument("ctl")
    args = parser.parse_args()
    unpack, ctl = os.path.abspath(args.unpack), os.path.abspath(args.ctl)
    work = tempfile.mkdtemp(prefix="faults.")
    prepare(work, unpack)
    with open(work + "/pod.yaml", "wb") as f:
        f.write(run([ctl, "pod", "--image", "a/b:c"], work).stdout)
    mkimage = os.path.join(os.path.dirname(__file__), "..", "mkimage.py")
    lines = b"layer\ndir manifests 0755\nfile manifests/a.yaml 0644 x\n" \
        b"layer\nsymlink l manifests\nfile manifests/.wh.b 0644\n" \
        b"config {\"User\":\"1\",\"Volumes\":{\"/v\":{}}}\n"
    for kind, name in (("oci", "image"), ("oci-archive", "image.tar")):
        subprocess.run([sys.executable, mkimage, kind, name], cwd=work,
                       input=lines, check=True)
    with open(work + "/jsonl", "rb") as f:
        last = json.loads(f.read().splitlines()[-1])
    with open(work + "/message", "w") as f:
        json.dump(dict(last, result="ok", format="jsonl"), f)
    faults = []
    for command in commands(unpack, ctl):
        if not command.name.startswith(args.only):
            continue
        clear(work, command)
        command.good = outcome(work, command, command.run(work))
        for call, n in calls(work, command).items():
            # what a flood brings is the same again and again
            n = min(n, 100) if command.env else n
            faults += [(command, call, error, str(k)) for k in range(1, n + 1)
                       for error in errors(call)]
            if command.env and call not in NEVER:
                faults.append((command, call, "EPERM", "1+"))
    # those with a tool take twenty times as long
    chance = random.Random(args.seed)
    quick = [f for f in faults if not f[0].env]
    slow = [f for f in faults if f[0].env]
    faults = chance.sample(quick, min(len(quick), args.most)) + \
        chance.sample(slow, min(len(slow), args.most // (20 if quick else 1)))
    wrong = 0
    for command, call, error, k in faults:
        clear(work, command)
        done = command.run(work, "-o", "/dev/null", "-e", "trace=" + call,
                           "-e", "inject=%s:%s=%s:when=%s" % (
                               call, "signal" if error == SIGNAL else "error",
                               error, k))
        why = judge(ctl, work, command, done, error)
        if why:
            wrong += 1
            print("# %s: %s number %s meets %s: %s" % (
                command.name, call, k, error, why), flush=True)
    print("%d faults, %d wrong outcomes" % (len(faults), wrong))
    shutil.rmtree(work)
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
