#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Install a kubectl plugin as krew does: krew.py MANIFEST ARCHIVES ROOT [ARCH]

By krew's rules (its manual, and its internal/index/validation,
internal/download and internal/installation): which manifests are valid, which
platform fits, what an archive may hold, how files are moved, what is linked
where.  ARCHIVES is a directory in which the name of the uri is looked for.
"""

import glob
import gzip
import hashlib
import os
import platform
import re
import sys
import tarfile

import yaml


def check(condition, why):
    if not condition:
        sys.exit(f"krew: {why}")


def validate(name, plugin):
    check(plugin["apiVersion"] == "krew.googlecontainertools.github.com/v1alpha2",
          "apiVersion")
    check(plugin["kind"] == "Plugin", "kind")
    check(re.fullmatch(r"[\w-]+", name), "the name is not safe")
    check(plugin["metadata"]["name"] == name, "the file has another name")
    spec = plugin["spec"]
    check(spec["shortDescription"] and "\n" not in spec["shortDescription"],
          "shortDescription")
    check(re.fullmatch(r"v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?", spec["version"]),
          "version")
    check(spec["platforms"], "no platform")
    for p in spec["platforms"]:
        check(p["uri"], "uri")
        check(re.fullmatch("[a-f0-9]{64}", p["sha256"]), "sha256")
        check(p["bin"], "bin")
        check(all(f["from"] and f["to"] for f in p["files"]), "files")
        check(set(p["selector"]["matchLabels"]) <= {"os", "arch"}, "selector")


def extract(archive, to):
    with gzip.open(archive) as z, tarfile.open(fileobj=z, mode="r|") as tar:
        for m in tar:
            check(".." not in m.name and not m.name.startswith("/"), m.name)
            path = os.path.join(to, m.name)
            if m.isdir():
                os.makedirs(path, m.mode, exist_ok=True)
            else:
                check(m.isreg(), f"{m.name}: type {m.type}")
                os.makedirs(os.path.dirname(path), exist_ok=True)
                fd = os.open(path, os.O_CREAT | os.O_WRONLY, m.mode)
                with os.fdopen(fd, "wb") as f:
                    f.write(tar.extractfile(m).read())


def move(source, to, files):
    for f in files:
        check(f["to"] == os.path.normpath(f["to"]), "to is not clean")
        one = os.path.normpath(os.path.join(source, f["from"]))
        if os.path.exists(one):
            name = os.path.basename(one) if f["to"] == "." else f["to"]
            pairs = [(one, os.path.join(to, name))]
        else:
            found = glob.glob(os.path.join(source, f["from"]))
            check(found, f"nothing matches {f['from']}")
            pairs = [(g, os.path.join(to, f["to"], os.path.basename(g)))
                     for g in found]
        for a, b in pairs:
            os.makedirs(os.path.dirname(b), exist_ok=True)
            os.rename(a, b)


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
            if p["selector"]["matchLabels"] == {"os": "linux", "arch": arch}]
    check(fits, f"nothing for {arch}")
    p = fits[0]
    archive = os.path.join(archives, os.path.basename(p["uri"]))
    with open(archive, "rb") as f:
        check(hashlib.sha256(f.read()).hexdigest() == p["sha256"],
              "checksum does not match")
    staging = os.path.join(root, "staging")
    store = os.path.join(root, "store", name, plugin["spec"]["version"])
    extract(archive, staging)
    os.makedirs(store)
    move(staging, store, p["files"])
    binary = os.path.normpath(os.path.join(store, p["bin"]))
    check(binary.startswith(store + "/") and os.path.exists(binary), "bin")
    os.makedirs(os.path.join(root, "bin"), exist_ok=True)
    link = os.path.join(root, "bin", "kubectl-" + name.replace("-", "_"))
    os.symlink(os.path.relpath(binary, os.path.dirname(link)), link)


if __name__ == "__main__":
    main()
