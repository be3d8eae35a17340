#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Judge many pods by check-pod, and by a second reading of the standard.

Every pod is a good one with one to three things changed; `wanted` says
which checks of which versions the Pod Security Standards turn it away for
(kubernetes.io/docs/concepts/security/pod-security-standards). Prints TAP.
"""
import copy
import json
import os
import random
import subprocess

CTL = os.environ["UNPACKCTL"]
VERSIONS = [0, 7, 8, 18, 19, 21, 22, 23, 24, 25, 26, 27, 29, 31, 32, 34,
            35, 37]
KINDS = ("initContainers", "containers", "ephemeralContainers")


def good():
    def container(name):
        return {"name": name, "image": "localhost/x:1",
                "securityContext": {"allowPrivilegeEscalation": False,
                                    "capabilities": {"drop": ["ALL"]}}}
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "p", "annotations": {}},
            "spec": {"initContainers": [container("init")],
                     "containers": [container("a"), container("b")],
                     "ephemeralContainers": [container("debug")],
                     "volumes": [{"name": "v", "emptyDir": {}}],
                     "securityContext": {
                         "runAsNonRoot": True,
                         "seccompProfile": {"type": "RuntimeDefault"}}}}


def containers(pod):
    return [c for k in KINDS for c in pod["spec"].get(k) or []]


def contexts(pod):
    """The pod's security context, then the containers'."""
    return [x.get("securityContext") or {}
            for x in [pod["spec"]] + containers(pod)]


def dig(tree, *path):
    for key in path:
        if tree is None:
            return None
        tree = tree.get(key)
    return tree


def inherits(pod, good_value, *path):
    """Is the value right for the pod, or for every container?"""
    top = dig(pod["spec"].get("securityContext"), *path)
    if top is not None and not good_value(top):
        return False
    for c in containers(pod):
        v = dig(c.get("securityContext"), *path)
        if v is None and top is None or v is not None and not good_value(v):
            return False
    return True


DEFAULT_CAPS = set("AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD "
                   "NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID "
                   "SYS_CHROOT".split())
SYSCTLS = {"kernel.shm_rmid_forced": 0, "net.ipv4.ip_local_port_range": 0,
           "net.ipv4.tcp_syncookies": 0, "net.ipv4.ping_group_range": 0,
           "net.ipv4.ip_unprivileged_port_start": 0,
           "net.ipv4.ip_local_reserved_ports": 27,
           "net.ipv4.tcp_keepalive_time": 29, "net.ipv4.tcp_fin_timeout": 29,
           "net.ipv4.tcp_keepalive_intvl": 29,
           "net.ipv4.tcp_keepalive_probes": 29,
           "net.ipv4.tcp_rmem": 32, "net.ipv4.tcp_wmem": 32,
           "net.ipv4.tcp_slow_start_after_idle": 37,
           "net.ipv4.tcp_notsent_lowat": 37}
VOLUMES = set("configMap csi downwardAPI emptyDir ephemeral image "
              "persistentVolumeClaim projected secret".split())


def caps(context, key):
    return dig(context, "capabilities", key) or []


def seccomp_ok(t):
    return t in ("RuntimeDefault", "Localhost")


def profile_bad(context, key):
    profile = context.get(key)
    return profile is not None and not seccomp_ok(profile.get("type"))


def selinux_bad(context, v):
    o = context.get("seLinuxOptions") or {}
    types = ["", "container_t", "container_init_t", "container_kvm_t"]
    if v >= 31:
        types.append("container_engine_t")
    return bool((o.get("type") or "") not in types or o.get("user") or
                o.get("role"))


def hosts(c):
    probes = [c.get(k) for k in
              ("livenessProbe", "readinessProbe", "startupProbe")]
    probes += [dig(c, "lifecycle", k) for k in ("postStart", "preStop")]
    return [dig(p, h, "host") for p in probes for h in
            ("httpGet", "tcpSocket") if dig(p, h, "host")]


def annotation_bad(pod, v):
    if v > 18:
        return False
    names = ["seccomp.security.alpha.kubernetes.io/pod"]
    names += ["container.seccomp.security.alpha.kubernetes.io/" + c["name"]
              for c in containers(pod)]
    found = [pod["metadata"]["annotations"].get(n) for n in names]
    return any(f is not None and f not in ("runtime/default",
                                           "docker/default") and
               not f.startswith("localhost/") for f in found)


def volume_kind(volume):
    kinds = [k for k, x in volume.items() if k != "name" and x is not None]
    return kinds[0] if kinds else "emptyDir"


def wanted(pod, level, v):
    """The checks that turn the pod away."""
    spec, meta = pod["spec"], pod["metadata"]
    top, each = contexts(pod)[0], contexts(pod)[1:]
    windows = dig(spec, "os", "name") == "windows" and v >= 25
    userns = spec.get("hostUsers") is False and v >= 35
    bad = set()

    def check(name, is_bad):
        if is_bad:
            bad.add(name)

    def proc(c):
        return c.get("procMount") not in (None, "Default")

    restricted = level == "restricted"
    prefix = "container.apparmor.security.beta.kubernetes.io/"
    check("appArmorProfile",
          any(profile_bad(c, "appArmorProfile") for c in [top] + each) or
          any(k.startswith(prefix) and x not in ("", "runtime/default") and
              not x.startswith("localhost/")
              for k, x in meta["annotations"].items()))
    check("hostNamespaces", any(spec.get(k) for k in
                                ("hostNetwork", "hostPID", "hostIPC")))
    check("hostPorts", any(p.get("hostPort") for c in containers(pod)
                           for p in c.get("ports") or []))
    check("hostProbesAndHostLifecycle",
          v >= 34 and any(hosts(c) for c in containers(pod)))
    check("privileged", any(c.get("privileged") for c in each))
    check("seLinuxOptions", any(selinux_bad(c, v) for c in [top] + each))
    check("sysctls", any(SYSCTLS.get(s["name"], 999) > v
                         for s in top.get("sysctls") or []))
    check("windowsHostProcess",
          any(dig(c, "windowsOptions", "hostProcess") for c in [top] + each))
    if not (restricted and v >= 22):
        check("capabilities_baseline",
              any(set(caps(c, "add")) - DEFAULT_CAPS for c in each))
    if not (restricted and v >= 35):
        check("procMount", not userns and any(proc(c) for c in each))
    if not (restricted and v >= 19):
        check("seccompProfile_baseline", annotation_bad(pod, v) or v >= 19 and
              any(profile_bad(c, "seccompProfile") for c in [top] + each))
    if not restricted:
        check("hostPathVolumes",
              any(x.get("hostPath") is not None for x in spec["volumes"]))
        return bad
    check("allowPrivilegeEscalation", v >= 8 and not windows and
          any(c.get("allowPrivilegeEscalation") is not False for c in each))
    check("capabilities_restricted", v >= 22 and not windows and
          any("ALL" not in caps(c, "drop") or
              set(caps(c, "add")) - {"NET_BIND_SERVICE"} for c in each))
    check("procMount_restricted", v >= 35 and any(proc(c) for c in each))
    check("restrictedVolumes",
          any(volume_kind(x) not in VOLUMES for x in spec["volumes"]))
    check("runAsNonRoot", not userns and
          not inherits(pod, lambda x: x is True, "runAsNonRoot"))
    check("runAsUser", v >= 23 and not userns and
          any(c.get("runAsUser") == 0 for c in [top] + each))
    check("seccompProfile_restricted", v >= 19 and not windows and
          (any(profile_bad(c, "seccompProfile") for c in [top] + each) or
           not inherits(pod, seccomp_ok, "seccompProfile", "type")))
    return bad


def changes():
    """(where, path, value): every single thing that a case may change."""
    for key, values in {
            "hostNetwork": [True, False, None], "hostPID": [True, None],
            "hostIPC": [True, False], "hostUsers": [True, False, None],
            "os": [{"name": "windows"}, {"name": "linux"}, None],
            "initContainers": [[], None],
            "volumes": [[{"name": "x", k: {}}] for k in sorted(VOLUMES) +
                        "hostPath nfs gitRepo rbd fc azureDisk "
                        "storageos".split()] +
            [[{"name": "x"}], [{"name": "x", "hostPath": None}], []],
    }.items():
        for value in values:
            yield "spec", (key,), value
    shared = {("runAsNonRoot",): [True, False, None],
              ("runAsUser",): [0, 1, 65532, None],
              ("seccompProfile",): [{"type": "Unconfined"}, {}, None,
                                    {"type": "Localhost"},
                                    {"type": "RuntimeDefault"}],
              ("appArmorProfile",): [{"type": "Unconfined"}, {}, None,
                                     {"type": "Localhost"}],
              ("seLinuxOptions",): [{}, {"type": "container_engine_t"},
                                    {"type": "container_t"}, {"type": ""},
                                    {"type": "container_init_t"},
                                    {"type": "container_kvm_t"},
                                    {"type": "spc_t"}, {"user": "u"},
                                    {"role": "r"}, {"user": "", "level": "s"},
                                    {"type": "x", "role": "y", "user": "z"}],
              ("windowsOptions",): [{"hostProcess": True}, {},
                                    {"hostProcess": False}]}
    sysctls = sorted(SYSCTLS) + ["kernel.sem", "net.core.somaxconn"]
    for s in sysctls:
        yield "top", ("sysctls",), [{"name": s, "value": "0"}]
    only = {("privileged",): [True, False, None],
            ("allowPrivilegeEscalation",): [True, False, None],
            ("procMount",): ["Default", "Unmasked", None],
            ("capabilities",): [{}, None, {"drop": ["ALL"]},
                                {"drop": ["KILL"]}, {"drop": []},
                                {"drop": ["ALL"], "add": ["NET_RAW"]},
                                {"drop": ["X", "ALL"],
                                 "add": ["NET_BIND_SERVICE"]},
                                {"drop": ["ALL"], "add": ["CHOWN", "KILL"]},
                                {"drop": ["all"], "add": ["SYS_ADMIN"]}]}
    only["capabilities",] += [{"add": [c]} for c in sorted(DEFAULT_CAPS)]
    for path, values in shared.items():
        for value in values:
            yield "top", path, value
            yield "context", path, value
    for path, values in only.items():
        for value in values:
            yield "context", path, value
    yield "container", ("securityContext",), None
    for value in ([{"hostPort": 0}], [{"hostPort": 80}], None,
                  [{"containerPort": 1}, {"hostPort": 8080}]):
        yield "container", ("ports",), value
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        for h in ("httpGet", "tcpSocket"):
            yield "container", (probe,), {h: {"port": 1, "host": "h"}}
            yield "container", (probe,), {h: {"port": 1, "host": ""}}
    for when in ("postStart", "preStop"):
        for h in ("httpGet", "tcpSocket"):
            yield "container", ("lifecycle",), {when: {h: {"host": "127.0.0.1"}}}
    armor = "container.apparmor.security.beta.kubernetes.io/"
    seccomp = "container.seccomp.security.alpha.kubernetes.io/"
    for key in (armor + "a", armor + "nobody", armor, seccomp + "a",
                seccomp + "debug", seccomp + "nobody",
                "seccomp.security.alpha.kubernetes.io/pod"):
        for value in ("runtime/default", "localhost/x", "unconfined",
                      "docker/default", ""):
            yield "annotation", (key,), value


def apply(pod, change, rng):
    where, path, value = change
    spec = pod["spec"]
    if where == "spec":
        target = spec
    elif where == "top":
        target = spec.setdefault("securityContext", {})
    elif where == "annotation":
        target = pod["metadata"]["annotations"]
    else:
        target = rng.choice(containers(pod))
        if where == "context":
            if target.get("securityContext") is None:
                target["securityContext"] = {}
            target = target["securityContext"]
    target[path[0]] = copy.deepcopy(value)


def cases():
    rng = random.Random(1)
    every = list(changes())
    yield good()
    for change in every:
        pod = good()
        apply(pod, change, rng)
        yield pod
    for n in (2, 3):
        for _ in range(150):
            pod = good()
            for change in rng.sample(every, n):
                apply(pod, change, rng)
            yield pod


def main():
    pods = list(cases())
    with open("pods.json", "w") as f:
        json.dump({"apiVersion": "v1", "kind": "List", "items": pods}, f)
    n = 0
    failed = False
    for level in ("baseline", "restricted"):
        for v in VERSIONS:
            run = subprocess.run(
                [CTL, "check-pod", "--level", level, "--version", f"v1.{v}",
                 "-o", "json", "pods.json"], capture_output=True, text=True)
            n += 1
            results = json.loads(run.stdout)["pods"] if run.stdout else []
            wrong = len(results) != len(pods) or run.returncode != 3
            for pod, result in zip(pods, results):
                got = {x["check"] for x in result["violations"]}
                want = wanted(pod, level, v)
                if got != want or result["allowed"] != (not want):
                    wrong = True
                    print("#", json.dumps(pod), "got", got, "wanted", want)
            if wrong:
                print("#", run.stderr[:500])
            failed = failed or wrong
            print(f"{'not ' if wrong else ''}ok {n} - {len(pods)} pods, "
                  f"{level} v1.{v}")
    print(f"1..{n}")
    return failed


raise SystemExit(main())
