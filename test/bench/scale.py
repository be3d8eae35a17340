#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What many unpack pods cost, on paper and by simulation.

  scale.py FIGURES [PODS [NODES]]

FIGURES is what bench.py measured of one pod (figures.json).  PODS (1,000)
bundles are unpacked on NODES (100) at once, evenly spread: by unpack, and by
the Go program that does what RukPak's binary does.  Prints Markdown.

On paper: one pod's figures times PODS or NODES.  By simulation: a node lets
pods in while their memory requests fit, starts each, gives the running ones a
fair share of its processors, and sends each one's log through the API server,
whose link all nodes share.  What is the same for both is left out: pulling
the bundle's own image, and the API server's work for the pod objects.
"""
import json
import math
import sys

MIB = 1024 * 1024
CPUS = 2  # of a node, as on the machine of the figures
MEMORY = 1e9  # bytes of a node, that unpack pods may request
LINK = 100e6  # bytes a second from the registry to a node
API = 125e6  # bytes a second through the API server, all nodes together
START = 1.0  # seconds from scheduled to running: kubelet and runtime
STEP = 0.001  # seconds of simulated time
REQUEST = 16 * MIB  # of our pods, as `unpackctl pod` writes them
CRI = 1 + 45 / 16384  # the runtime's prefix before each 16 KiB of a log


class Tool:
    def __init__(self, name, pod, image):
        self.name = name
        self.seconds, self.cpu, self.peak, self.log = pod
        self.image = image
        # a request that is to be honest has to cover the peak
        self.request = max(REQUEST if name == "unpack" else 0,
                           math.ceil(self.peak / MIB) * MIB)
        self.at_once = int(MEMORY // self.request)


class Pod:
    def __init__(self, tool, delay):
        self.start = START + delay
        self.cpu, self.log = tool.cpu, tool.log


def share(pods, attribute, amount, most):
    """Take `amount` from the pods, in equal parts, `most` from each."""
    for pod in pods:
        left = getattr(pod, attribute) - min(amount / len(pods), most)
        setattr(pod, attribute, max(left, 0))


def simulate(tool, pods, nodes):
    """Seconds until a node with its share of the pods has sent all logs."""
    waiting = math.ceil(pods / nodes)
    pull = tool.image / LINK
    running, sending = [], []
    now = 0.0
    while waiting or running or sending:
        while waiting and len(running) < tool.at_once:
            # a caller that comes before the image is there waits for it
            running.append(Pod(tool, max(pull - now, 0)))
            waiting -= 1
        now += STEP
        for pod in running:
            pod.start -= STEP
        share([p for p in running if p.start <= 0], "cpu", CPUS * STEP,
              STEP * tool.cpu / tool.seconds)
        share(sending, "log", API / nodes * STEP, math.inf)
        sending = [p for p in sending if p.log > 0]
        sending += [p for p in running if p.cpu == 0]
        running = [p for p in running if p.cpu > 0]
    return now


def size(n):
    for unit in "B", "kB", "MB", "GB":
        if n < 1000:
            break
        n /= 1000
    return f"{n:.3g} {unit}" if n < 1000 else f"{n:,.0f} {unit}"


def table(bundle, tools, pods, nodes):
    rows = [
        ("image pulled, all nodes", lambda t: t.image * nodes, size),
        ("memory requested, one pod", lambda t: t.request, size),
        ("memory requested, all at once", lambda t: t.request * pods, size),
        (f"pods that a node with {size(MEMORY)} to spare runs at once",
         lambda t: t.at_once, "{:,}".format),
        ("processor time, all nodes", lambda t: t.cpu * pods,
         "{:,.0f} s".format),
        ("logs on the nodes' disks", lambda t: t.log * CRI * pods, size),
        ("logs through the API server, read once", lambda t: t.log * pods,
         size),
        ("simulated: all bundles there after",
         lambda t: simulate(t, pods, nodes), "{:,.1f} s".format),
    ]
    print(f"\n| {pods:,} pods on {nodes:,} nodes, {bundle} each | " +
          " | ".join(t.name for t in tools) + " |")
    print("| --- |" + " --- |" * len(tools))
    for what, figure, spell in rows:
        print(f"| {what} | " +
              " | ".join(spell(figure(t)) for t in tools) + " |")


def main():
    if len(sys.argv) not in (2, 3, 4):
        sys.exit(__doc__)
    with open(sys.argv[1]) as f:
        figures = json.load(f)
    pods = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    nodes = int(sys.argv[3]) if len(sys.argv) > 3 else 100
    images = figures.pop("image")
    print(f"A node has {CPUS} processors; {LINK / 1e6:.0f} MB/s come from the"
          f" registry to each, {API / 1e6:.0f} MB/s go through the API"
          f" server;\nfrom scheduled to running a pod takes {START:.0f} s.")
    for bundle, pod in figures.items():
        tools = [Tool(name, pod[name], images[name]) for name in pod]
        table(bundle, tools, pods, nodes)


main()
