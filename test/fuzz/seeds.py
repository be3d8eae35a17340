#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Seeds for the fuzz targets: seeds.py TARGET DIR writes them to DIR."""
import gzip
import json
import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TOP, "corpus"), os.path.join(TOP, "torture"),
                os.path.join(TOP, "agreement")]
import generate  # noqa: E402
import make  # noqa: E402
import stream  # noqa: E402

TAR = make.build("good-plain")
LINES = stream.jsonl_lines(TAR, 2000)
STAMP = b"2026-11-23T18:54:26.334538770Z "


def logs():
    whole = b"".join(LINES)
    yield whole
    yield stream.json_line(TAR)
    yield stream.plain_line(TAR)
    yield whole.replace(b"\n", b"\r\n")
    yield b"".join(b"[pod/a/b] " + STAMP + line for line in LINES)
    yield whole[:700] + STAMP + whole[700:]
    yield b"hello\n" + LINES[0] + b'{"level":"info"}\n' + LINES[-1]
    yield LINES[-1] + LINES[1] + LINES[0]
    yield LINES[0] + LINES[0]
    yield whole[:500] + whole
    yield whole[100:]
    yield b'{"x":{"y":[1,"}"]},"content":"H4sI"}\n'
    yield b'{"part":9007199254740993,"size":-1,"content":""}\n'
    yield b'{"parts":1e9,"mediaType":"%s"}\n' % stream.MEDIA_TYPE.encode()


def decode():
    for text in logs():
        for step in (0, 6, 255):
            yield bytes([step]) + text


def gather():
    yield from logs()
    yield b"".join(LINES[:1]) + b"\xff" + b"".join(LINES[1:])
    yield LINES[-1] + b"\xff" + LINES[0]


def tarin():
    for name in make.CASES:
        data = make.build(name)
        if len(data) < 60000:
            yield data
    yield gzip.compress(TAR, mtime=0)
    yield gzip.compress(TAR[:1000], mtime=0) + gzip.compress(TAR[1000:])


def entry(kind, mode, name, data=b""):
    return bytes([kind, mode, len(name)]) + name + bytes([len(data)]) + data


def roundtrip():
    tree = (entry(0, 0o55, b"d") + entry(2, 0o44, b"d/f", b"hello") +
            entry(1, 0, b"d/l", b"f") + entry(3, 255, b"big", b"x") +
            entry(2, 0, b"\xff\x01", b"") + entry(2, 0o111, b"n" * 180))
    yield b"\0" + tree
    yield b"\1" + tree
    yield b""


def manifest():
    for where, _, names in sorted(os.walk(os.path.join(TOP, "..",
                                                       "manifests"))):
        for name in sorted(names):
            if name.endswith(".yaml"):
                with open(os.path.join(where, name), "rb") as f:
                    text = f.read()
                yield b"\x25" + text
                yield b"\x80" + text
    yield b"\x22" + b"""kind: Pod
metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/a: x}}
spec:
  hostUsers: false
  os: {name: windows}
  securityContext: {seLinuxOptions: {type: x, user: y}, sysctls: [{name: z}],
                    appArmorProfile: {}, runAsUser: 0}
  containers: [{name: a, ports: [{hostPort: 1}], lifecycle: {preStop: {httpGet:
    {host: h}}}, securityContext: {privileged: true, procMount: Unmasked}}]
  volumes: [{name: v, nfs: {}}, {name: w, hostPath: {}}, {name: n}]
"""
    yield b"\x10" + b'{"a": "\\ud83d\\ude00", "b": [1e3, null, {}]}'
    yield b"\x10a: &x {k: [1, 017, y, ~]}\nb: {<<: *x, l: *x}\n--- |\n  z\n"


def layers():
    for seed in range(1, 25):
        tars = [layer.tar() for layer in generate.build(seed, True)[0].layers]
        if len(tars[0]) < 256 * 512:
            yield bytes([len(tars[0]) // 512]) + b"".join(tars[:2])


def image():
    words = ["layer %s COPY", "dir m 0755", "file m/a 0600 hi", "layer",
             "symlink etc /m", "file m/.wh.a 0", 'config {"User":"x"}']
    for kind in ("oci-archive", "docker-archive"):
        for how in ("plain", "gzip"):
            with tempfile.NamedTemporaryFile() as out:
                subprocess.run([os.path.join(TOP, "mkimage.py"), kind,
                                out.name], check=True, encoding="utf-8",
                               input="\n".join(words) % how)
                yield out.read()


HEX = "0123456789abcdef" * 4


def mounts():
    """The tables of a pod, of podman, of an image volume, and oddities."""
    line = "%d 1 0:%d %s %s ro,relatime master:1 - %s none rw\n"
    pod = "/var/lib/kubelet/pods/0d4b"
    tables = [
        [("/", "/", "overlay"), ("/", "/proc", "proc"), ("/", "/dev", "tmpfs"),
         (pod + "/volumes/kubernetes.io~empty-dir/unpack", "/.unpack-1", "ext4"),
         (pod + "/etc-hosts", "/etc/hosts", "ext4"),
         (pod + "/containers/bundle/0a1b2c3d", "/dev/termination-log", "ext4"),
         ("/var/lib/containerd/x/sandboxes/a/hostname", "/etc/hostname", "ext4"),
         ("/var/lib/containerd/x/sandboxes/a/resolv.conf", "/manifests/a\\040b",
          "ext4"),
         ("/x/containers/%s/volumes/%s" % (HEX, HEX), "/data", "ext4")],
        [("/", "/", "overlay"), ("/x/userdata/hosts", "/etc/hosts", "tmpfs"),
         ("/x/volumes/%s/_data" % HEX, "/data", "ext4"),
         ("/x/volumes/unpack/_data", "/v", "ext4")],
        [("/", "/", "overlay"), ("/", "/bundle", "overlay"),
         ("/x/snapshots/7/fs", "/bundle", "ext4"), ("/", "/bundle/x", "tmpfs")],
    ]
    for table in tables:
        text = "".join(line % (20 + i, i, *row) for i, row in enumerate(table))
        for which in range(3):
            yield bytes([which]) + text.encode()
    yield b"\0" + b"1 2 3:4 / / rw - a b c\n" * 3 + b"\\777 \\ \n\n"


def report():
    record = bytes([0, 0x81, 0x80]) + b"\x0amanifests/"
    yield record + bytes([2, 0x41, 0xc0]) + b"\x03a\nb"
    yield bytes([1, 0xc1, 0xff]) + b"\x05\xff\xfe\x1b[m" + record
    yield b"".join(bytes([k, k, k, 200]) + bytes([k]) * 200
                   for k in range(256))


def http():
    """Answers, and those of a hostile server."""
    ok = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    for step in (0, 255):
        for answer in (
                ok + b"Content-Length: 2\r\n\r\n{}",
                ok + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
                b"HTTP/1.0 502 Bad\r\n\r\ndial tcp: refused",
                b"HTTP/1.1 429 Slow\r\nRetry-After: 9\r\n\r\n",
                b"HTTP/1.1 100 Continue\r\n\r\n" + ok + b"\r\n{}",
                ok + b"Content-Length: -1\r\n\r\n{}",
                ok + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
                ok + b"Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n",
                b"HTTP/9.9 0\r\n\r\n", b"\0" * 70000):
            yield bytes([step]) + answer


def podstatus():
    """Pods that were seen, and some that no server sends."""
    pods = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                        "../unit/pods")
    for name in sorted(os.listdir(pods)):
        with open(os.path.join(pods, name), encoding="utf-8") as f:
            yield json.dumps(json.load(f)).encode()
    yield b'{"status":[]}\n{"status":{"containerStatuses":{"name":7}}}'
    yield (b'{"spec":{"volumes":[{"image":{"reference":"\x1b[2J"}}]},"status":'
           b'{"containerStatuses":[{"name":"bundle","state":{"waiting":'
           b'{"reason":"ErrImagePull","message":"desc = 401"}}}]}}\n') * 4
    yield b'{"items":[{"type":"Warning","reason":7},null,[]]}'


def podasked():
    """What admission sets, and what it must not."""
    for text in ('{}', '{"spec":{"hostNetwork":true}}', '{"spec":{"containers":7}}',
                 '{"bundle":{"image":"evil"}}', '{"bundle":{"command":["sh"]}}',
                 '{"bundle":{"env":[{"name":"A"}]}}',
                 '{"bundle":{"volumeMounts":[{"name":"x","mountPath":"/etc"}]}}',
                 '{"spec":{"securityContext":{"fsGroup":1}},"bundle":null}',
                 '{"spec":{"volumes":[null,7,{"name":"unpack","hostPath":{}}]}}'):
        yield text.encode()


def form():
    yield from logs()
    for data in (b"one\n", b"one\r\n", LINES[0], b"\r\r\n", b"a\rb\r\n"):
        for tag in (b"stdout F ", b"stdout P ", b"stderr F ", b"stderr P "):
            yield (STAMP + tag + data) * 2
        yield b'{"log":"%s\\n","stream":"stdout"}\n' % data[:3]
        yield data.decode().encode("utf-16")
        yield b"\xef\xbb\xbf\x1b[31m" + data + b"\0\0\x1b[m" + data
    yield gzip.compress(b"".join(LINES), mtime=0)
    yield TAR[:3000]


def findings():
    """Names that say what a finding says, and lines of findings."""
    names = (b"a/b.yaml", b"a: not readable; fix: touch x", b"a'$(x)'.yaml",
             b" because of b: not readable; fix: c", b"; fix: ", b"-n", b"",
             b"\xff\x1b[2J\\", b"\xe2\x80\xae\xc3\xa9", b"::set-output x",
             b"a##vso[x]", b"unpack: a: not readable; fix: x", b"'\n!" * 99)
    for i, name in enumerate(names):
        yield bytes([i]) + name + b"\0" + names[i - 1] + b"\0"
        yield bytes([16 + i]) + name + b"\0"
    for reason in (b"not readable: mode 0600", b"directory not searchable",
                   b"directory not readable because of 'd; fix: z': mode 0",
                   b"hidden by a mount of the container runtime"):
        for word in (b"a/b", b"'a b'", b"$'\\xff\\x1b'", b"'a'\\''b'", b"'a"):
            yield b"unpack: " + word + b": " + reason + b"; fix: chmod a+r x"


TARGETS = {f.__name__: f for f in (decode, gather, tarin, roundtrip,
                                   manifest, layers, image, mounts,
                                   report, http, podstatus, podasked,
                                   form, findings)}


def main():
    target, where = sys.argv[1:]
    os.makedirs(where, exist_ok=True)
    for i, seed in enumerate(TARGETS[target]()):
        with open(os.path.join(where, "seed-%02d" % i), "wb") as out:
            out.write(seed)


if __name__ == "__main__":
    main()
