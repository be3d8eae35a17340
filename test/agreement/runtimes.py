# SPDX-License-Identifier: Apache-2.0
"""podman, and containerd with a store of its own, for agree.py."""
import contextlib
import os
import shutil
import subprocess
import tarfile
import time

# runc, as crun refuses hybrid cgroups; limits that no hard limit is below
CONTAINERS_CONF = """
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
"""

CONTAINERD_CONF = """
version = 2
root = "%(base)s/root"
state = "%(base)s/state"
disabled_plugins = ["io.containerd.grpc.v1.cri",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs",
  "io.containerd.internal.v1.opt", "io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = "%(base)s/sock"
"""


class Refused(Exception):
    """The runtime does not take the image; the text is its last line."""


def run(command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False, **more)


def words(p):
    return p.stderr.decode(errors="replace").strip().split("\n")[-1]


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
        self.overlay = self.driver(base) == "overlay"
        self.command = ["podman", "--root", base + "/root", "--runroot",
                        base + "/run", "--storage-driver", self.driver(base)]
        self.policy = base + "/policy.json"

    @staticmethod
    def driver(base):
        """overlay, as in a cluster, where the kernel lets us."""
        dirs = [os.path.join(base, "o", d) for d in "lumw"]
        for d in dirs:
            os.makedirs(d, exist_ok=True)
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
        """Unpack the image; its id, for run and drop."""
        p = self("pull", "-q", "--signature-policy", self.policy,
                 "oci:%s:v1" % os.path.relpath(layout))
        if p.returncode != 0:
            raise Refused(words(p))
        return p.stdout.decode().strip()

    def drop(self, image):
        self("rmi", "-f", image)

    def run(self, image, user, *args):
        return self("run", "--rm", "--network", "host", "--user", user,
                    "--cap-drop", "all", "--security-opt",
                    "no-new-privileges", "--passwd=false", "--workdir", "/",
                    "--volume", os.environ["UNPACK"] + ":/.unpack/unpack:ro",
                    "--entrypoint", "/.unpack/unpack", image, *args)

    @contextlib.contextmanager
    def mounted(self, image):
        p = self("image", "mount", image)
        if p.returncode != 0:
            raise RuntimeError("mount: " + words(p))
        try:
            yield p.stdout.decode().strip()
        finally:
            self("image", "umount", image)

    def stop(self):
        pass


class Containerd:
    """A daemon of our own, with its socket in the current directory."""

    def __init__(self):
        self.base = os.path.join(os.getcwd(), "containerd")
        os.makedirs(self.base + "/tmp")
        conf = self.base + "/config.toml"
        with open(conf, "w") as f:
            f.write(CONTAINERD_CONF % {"base": self.base})
        self.log = open(self.base + "/log", "wb")
        self.daemon = subprocess.Popen(["containerd", "-c", conf],
                                       stdout=self.log, stderr=self.log)
        for _ in range(600):
            if self("version").returncode == 0:
                return
            if self.daemon.poll() is not None:
                break
            time.sleep(0.1)
        with open(self.base + "/log", errors="replace") as f:
            raise RuntimeError("containerd: " + f.read()[-500:])

    def __call__(self, *args):
        return run(["ctr", "-a", self.base + "/sock", "-n", "agree"] +
                   list(args))

    def load(self, layout):
        """Unpack the image whose name is its directory's."""
        name = "example.com/%s:v1" % os.path.basename(layout)
        archive = layout + ".tar"
        with tarfile.open(archive, "w") as t:
            for entry in sorted(os.listdir(layout)):
                t.add(os.path.join(layout, entry), entry)
        p = self("images", "import", "--snapshotter", "overlayfs", archive)
        os.unlink(archive)
        if p.returncode != 0:
            self("images", "rm", "--sync", name)
            raise Refused(words(p))
        return name

    def root(self, name):
        return self.base + "/tmp/" + name.replace("/", "_").replace(":", "_")

    @contextlib.contextmanager
    def mounted(self, name):
        root = self.root(name)
        os.makedirs(root)
        p = self("images", "mount", "--rw", "--snapshotter", "overlayfs",
                 name, root)
        if p.returncode != 0:
            raise RuntimeError("mount: " + words(p))
        try:
            yield root
        finally:
            self("images", "unmount", "--rm", root)
            shutil.rmtree(root, ignore_errors=True)

    def drop(self, name):
        self("images", "rm", "--sync", name)

    def stop(self):
        self.daemon.terminate()
        try:
            self.daemon.wait(30)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
        self.log.close()
