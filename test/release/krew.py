#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Install a kubectl plugin as krew does: krew.py MANIFEST ARCHIVES ROOT [ARCH]

By krew's rules (its manual, and its internal/index/validation,
internal/download and internal/installation, of version 0.5.0): which manifests
are valid, which platform fits, what an archive may hold, how files are moved,
what is linked where.  ARCHIVES is a directory in which the name of the uri is
looked for.  Archives are tar.gz; the link is a relative one, for chroots.

On the manifests of test/release/krew.sh krew 0.4.3 itself says the same, and
installs the same files, but for two: it takes the name in a file of another
name (its index does not), and of a bin out of bounds it links nothing and says
that all is well.
"""

import glob
import gzip
import hashlib
import os
import platform
import re
import shutil
import sys
import tarfile

import yaml

DEVICES = {"CON", "PRN", "AUX", "NUL"} | {
    f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10)}
# semver.org, with krew's v
NUMBER = r"(0|[1-9]\d*)"
WORDS = r"[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*"
VERSION = rf"v{NUMBER}\.{NUMBER}\.{NUMBER}(-{WORDS})?(\+{WORDS})?"


def check(condition, why):
    if not condition:
        sys.exit(f"krew: {why}")


def text(thing, name):
    """A string that is there and not empty."""
    value = thing.get(name)
    check(isinstance(value, str) and value, f"{name} has to be set")
    return value


def validate(name, plugin):
    check(plugin.get("apiVersion") ==
          "krew.googlecontainertools.github.com/v1alpha2", "apiVersion")
    check(plugin.get("kind") == "Plugin", "kind")
    check(re.fullmatch(r"[A-Za-z0-9_-]+", name), "the name is not safe")
    check(name.upper() not in DEVICES, "the name is a device's on Windows")
    check(text(plugin["metadata"], "name") == name, "the file has another name")
    spec = plugin["spec"]
    check(not re.search(r"[\r\n]", text(spec, "shortDescription")),
          "shortDescription has more than a line")
    check(re.fullmatch(VERSION, text(spec, "version"), re.ASCII), "version")
    check(spec.get("platforms"), "no platform")
    for p in spec["platforms"]:
        validate_platform(p)


def validate_platform(p):
    text(p, "uri")
    check(re.fullmatch("[a-f0-9]{64}", text(p, "sha256")), "sha256")
    text(p, "bin")
    if p.get("files") is not None:
        check(p["files"], "files is there and empty")
        for f in p["files"]:
            text(f, "from")
            text(f, "to")
    selector = p.get("selector")
    check(selector is not None, "no selector")
    labels = selector.get("matchLabels")
    expressions = selector.get("matchExpressions")
    check(labels is not None or expressions, "an empty selector")
    check(labels is None or labels, "matchLabels is there and empty")
    check(expressions is None or expressions,
          "matchExpressions is there and empty")
    keys = list(labels or {}) + [e.get("key") for e in expressions or []]
    check(set(keys) <= {"os", "arch"}, "a selector of something else")


def matches(selector, machine):
    """Does a platform's selector fit?  As a LabelSelector of Kubernetes."""
    for key, value in (selector.get("matchLabels") or {}).items():
        if machine[key] != value:
            return False
    for e in selector.get("matchExpressions") or []:
        operator, values = e.get("operator"), e.get("values") or []
        check(operator in ("In", "NotIn", "Exists", "DoesNotExist"),
              f"operator {operator}")
        check(bool(values) == (operator in ("In", "NotIn")),
              f"the values of {operator}")
        found = machine[e["key"]] in values
        if {"In": not found, "NotIn": found, "Exists": False,
                "DoesNotExist": True}[operator]:
            return False
    return True


def extract(archive, to):
    with gzip.open(archive) as z, tarfile.open(fileobj=z, mode="r|") as tar:
        for m in tar:
            if m.name == "pax_global_header":
                continue
            check(".." not in m.name and not m.name.startswith(("/", "\\")),
                  f"refused: {m.name}")
            path = os.path.join(to, m.name)
            if m.isdir():
                os.makedirs(path, m.mode, exist_ok=True)
            else:
                check(m.isreg(), f"{m.name}: type {m.type}")
                os.makedirs(os.path.dirname(path), exist_ok=True)
                fd = os.open(path, os.O_CREAT | os.O_WRONLY, m.mode)
                with os.fdopen(fd, "wb") as f:
                    f.write(tar.extractfile(m).read())


def beneath(base, path):
    return not os.path.relpath(path, base).startswith("..")


def move(source, to, files):
    for f in files:
        check(f["to"] == os.path.normpath(f["to"]), "to is not clean")
        one = os.path.normpath(source + "/" + f["from"])
        if os.path.exists(one):
            name = os.path.basename(one) if f["to"] == "." else f["to"]
            pairs = [(one, os.path.normpath(to + "/" + name))]
        else:
            # Go says [^a-z]; its * takes a leading dot
            found = glob.glob(one.replace("[^", "[!"), include_hidden=True)
            check(found, f"nothing matches {f['from']}")
            pairs = [(g, os.path.normpath(
                f"{to}/{f['to']}/{os.path.basename(g)}")) for g in found]
        for a, b in pairs:
            check(beneath(source, a) and beneath(to, b), f"out of bounds: {f}")
            os.makedirs(os.path.dirname(b), exist_ok=True)
            if os.path.isdir(b):
                shutil.rmtree(b)
            os.rename(a, b)


def link(binary, name):
    if os.path.lexists(name):
        check(os.path.islink(name), f"{name} is no symbolic link")
        os.unlink(name)
    os.makedirs(os.path.dirname(name), exist_ok=True)
    os.symlink(os.path.relpath(binary, os.path.dirname(name)), name)


def main():
    manifest, archives, root = sys.argv[1:4]
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(
        platform.machine(), platform.machine())
    arch = sys.argv[4] if len(sys.argv) > 4 else machine
    name = os.path.basename(manifest)[:-len(".yaml")]
    with open(manifest, encoding="utf-8") as f:
        plugin = yaml.safe_load(f)
    validate(name, plugin)
    fits = [p for p in plugin["spec"]["platforms"]
            if matches(p["selector"], {"os": "linux", "arch": arch})]
    check(fits, f"nothing for {arch}")
    p = fits[0]
    archive = os.path.join(archives, os.path.basename(p["uri"]))
    with open(archive, "rb") as f:
        check(hashlib.sha256(f.read()).hexdigest() == p["sha256"],
              "checksum does not match")
    root = os.path.abspath(root)
    staging = os.path.join(root, "staging")
    store = os.path.join(root, "store", name, plugin["spec"]["version"])
    shutil.rmtree(staging, ignore_errors=True)
    extract(archive, staging)
    os.makedirs(store, exist_ok=True)
    move(staging, store, p.get("files") or [{"from": "*", "to": "."}])
    binary = os.path.normpath(store + "/" + p["bin"])
    check(beneath(store, binary), "bin is out of bounds")
    check(os.path.exists(binary), "bin is not there")
    link(binary, os.path.join(root, "bin",
                              "kubectl-" + name.replace("-", "_")))


if __name__ == "__main__":
    main()
