#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""image.py NAME DIR >ARCHIVE: an image FROM scratch with DIR's files, as a
docker-archive of one layer, root's."""
import hashlib
import io
import json
import sys
import tarfile
import tempfile


def root(info):
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


def add(tar, name, data):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def main():
    name, source = sys.argv[1:]
    with tempfile.TemporaryFile() as layer:
        with tarfile.open(fileobj=layer, mode="w") as tar:
            tar.add(source, ".", filter=root)
        layer.seek(0)
        digest = hashlib.sha256()
        while block := layer.read(1 << 20):
            digest.update(block)
        config = json.dumps({
            "architecture": "amd64", "os": "linux", "config": {},
            "rootfs": {"type": "layers",
                       "diff_ids": ["sha256:" + digest.hexdigest()]}}).encode()
        config_name = hashlib.sha256(config).hexdigest() + ".json"
        manifest = json.dumps([{"Config": config_name, "RepoTags": [name],
                                "Layers": ["layer.tar"]}]).encode()
        with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as tar:
            add(tar, "manifest.json", manifest)
            add(tar, config_name, config)
            info = tarfile.TarInfo("layer.tar")
            info.size = layer.seek(0, io.SEEK_END)
            layer.seek(0)
            tar.addfile(info, layer)


if __name__ == "__main__":
    main()
