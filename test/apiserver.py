#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stands in for kubectl and for all of the cluster behind it.

`apiserver.py proxy --unix-socket=PATH ...` serves what `kubectl proxy` would: a
namespace, and its pods, whose bundle's container is UNPACK in a directory.  So
`unpackctl run` is tried with what a cluster at hand lacks or seldom does.

  API_BUNDLE  the directory whose files are the bundle
  API_STATE   a directory for what others are to see: `requests`, a line for
              each; pods/NAME, while that pod is there; `played`, the faults so
              far; `early`, who did not wait as long as Retry-After said
  API_ADMIT   jq program for a Pod that is to be created: what admission does,
              and what the server does not know; $dry tells whether it is only
              tried
  API_SHOW    jq program for a Pod as it is shown: what a kubelet would say
  API_HOLD    the end of a pod's name: that one waits before it runs, until there
              is a file `go`
  API_FAULTS  what goes wrong: KIND:FAULT ..., in this order for each kind, a
              fault that ends in * again and again
                KIND   list watch try create find log delete; pull, before a
                       pod runs; stream, in the midst of its log
                FAULT  NNN     this HTTP status; NNN=S with Retry-After: S
                       tls     what the proxy says of a handshake that hangs
                       drop    the connection is closed without an answer
                       cut     ... in the midst of the answer
                       deaf    it is done, and then the connection is closed
                       die     kubectl ends
                       scc     OpenShift refuses the pod's uid
                       none    there is no such namespace
                       going   admission cannot ask the server, which stops
                       stop=S  for S seconds nothing new is answered; a log goes
                               on, and a watch for half of that time
                       stall=S for S seconds not a byte passes
"""
import json
import os
import socketserver
import subprocess
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

STATE = os.environ["API_STATE"]
PODS = os.path.join(STATE, "pods")
DIGEST = "@sha256:" + "1" * 64

HANDSHAKE = 10  # seconds that kubectl waits for one

REASONS = {"401": "Unauthorized", "403": "Forbidden", "404": "NotFound",
           "409": "Conflict", "410": "Expired", "429": "TooManyRequests"}

changed = threading.Condition()  # guards all that follows
version = 1
pods = {}
logs = {}
followed = set()  # names of pods
events = []  # (version, type, pod)
faults = {}
not_before = {}
over = {"stop": 0, "drain": 0, "stall": 0}  # monotonic times


def note(name, *words):
    with open(os.path.join(STATE, name), "a") as f:
        print(*words, file=f)


def edit(name, pod, dry=False):
    program = os.environ.get(name)
    if not program:
        return pod
    out = subprocess.run(
        ["jq", "-c", "--argjson", "dry", json.dumps(dry), program],
        input=json.dumps(pod), capture_output=True, text=True, check=True)
    return json.loads(out.stdout)


def change(kind, pod):
    """Tell the watchers; the caller holds the lock."""
    global version
    version += 1
    pod["metadata"]["resourceVersion"] = str(version)
    copy = edit("API_SHOW", pod)
    events.append((version, kind, copy))
    path = os.path.join(PODS, pod["metadata"]["name"])
    if kind == "DELETED":
        os.unlink(path)
    else:
        with open(path, "w") as f:
            json.dump(copy, f)
    changed.notify_all()


def statuses(containers, state):
    return [{"name": c["name"], "image": c["image"],
             "imageID": c["image"].split("@")[0].rsplit(":", 1)[0] + DIGEST,
             "state": state(c)} for c in containers]


def set_status(pod, phase, bundle):
    ended = {"terminated": {"exitCode": 0, "reason": "Completed"}}
    pod["status"] = {
        "phase": phase,
        "initContainerStatuses": statuses(
            pod["spec"].get("initContainers", []),
            lambda c: {"running": {}} if "restartPolicy" in c else ended),
        "containerStatuses": statuses(
            pod["spec"]["containers"],
            lambda c: bundle if c["name"] == "bundle" else {"running": {}})}


def absent(kind):
    return time.monotonic() < over[kind]


def selected(pod, query):
    """Is it one that the query's selectors are for?"""
    field = query.get("fieldSelector", [""])[0].partition("metadata.name=")[2]
    label = query.get("labelSelector", [""])[0].partition("=")
    metadata = pod["metadata"]
    return (not field or metadata["name"] == field) and (
        not label[0] or metadata.get("labels", {}).get(label[0]) == label[2])


def draining():
    """Do watches go on?"""
    return absent("drain") or not absent("stop")


def take_absence(kind):
    """Begin the absence that is next for this kind; the caller has the lock."""
    mine = faults.get(kind)
    what, _, seconds = mine[0].partition("=") if mine else ("", "", "")
    if what not in over:
        return False
    note("played", kind + ":" + mine.pop(0))
    over[what] = time.monotonic() + int(seconds)
    if what == "stop":
        over["drain"] = time.monotonic() + int(seconds) / 2
    changed.notify_all()
    return True


def live(pod):
    """The pod's life: its bundle's container runs until its log is followed."""
    name = pod["metadata"]["name"]
    uid = pod["metadata"]["uid"]
    with changed:
        # not before what is to go wrong with the watch has gone wrong
        changed.wait_for(lambda: not faults.get("watch"))
    hold = os.environ.get("API_HOLD")
    while hold and name.endswith(hold) and not os.path.exists(
            os.path.join(STATE, "go")):
        time.sleep(0.1)
    with changed:
        take_absence("pull")
        set_status(pod, "Running", {"running": {}})
        change("MODIFIED", pod)
    argv = next(c["command"] for c in pod["spec"]["containers"]
                if c["name"] == "bundle")
    argv = [a for a in argv[1:] if not a.startswith("--bundle-dir")]
    done = subprocess.run([os.environ["UNPACK"]] + argv,
                          cwd=os.environ["API_BUNDLE"],
                          stdout=subprocess.PIPE)
    ended = {"exitCode": done.returncode}
    if "check" in argv:
        ended["message"] = done.stdout.decode()
    with changed:
        changed.wait_for(lambda: name in followed or "check" in argv)
        logs[uid] = done.stdout
        changed.notify_all()
        if pods.get(name) is not pod:
            return
        alone = len(pod["spec"]["containers"]) == 1 and not any(
            "restartPolicy" in c for c in pod["spec"]["initContainers"])
        set_status(pod, "Succeeded" if alone else "Running",
                   {"terminated": ended})
        change("MODIFIED", pod)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fault = None

    def log_message(self, *args):
        pass

    def address_string(self):
        return "client"

    # ------------------------------------------------------------- answers

    def pause(self, seconds=None):
        """Until bytes pass again, or so long. Do they?"""
        end = time.monotonic() + seconds if seconds else over["stall"]
        while absent("stall") and time.monotonic() < end:
            time.sleep(0.05)
        return not absent("stall")

    def head(self, code, kind, headers):
        self.send_response(code)
        self.send_header("Content-Type", kind)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Connection", "close")
        self.end_headers()

    def answer(self, code, text, kind="application/json", **headers):
        data = text if isinstance(text, bytes) else text.encode()
        self.head(code, kind, {"Content-Length": len(data), **headers})
        if self.fault == "cut":
            data = data[:len(data) // 2]
        self.wfile.write(data)

    def failed_proxy(self, code, words):
        self.answer(code, words + "\n", "text/plain")

    def status(self, code, reason, message, **headers):
        self.answer(code, json.dumps({
            "kind": "Status", "status": "Failure", "code": code,
            "reason": reason, "message": message}), **headers)

    def chunk(self, data):
        """Returns whether to go on."""
        self.pause()
        cut = self.fault == "cut"
        if cut:
            data = data[:len(data) // 2]
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        return not cut

    # -------------------------------------------------------------- faults

    def play(self, kind):
        """Is there a fault, and was that all of the answer?"""
        with changed:
            if time.monotonic() < not_before.get(kind, 0):
                note("early", kind)
            mine = faults.get(kind)
            if not mine or take_absence(kind):
                return False
            self.fault = mine[0].rstrip("*")
            note("played", kind + ":" + self.fault)
            if not mine[0].endswith("*"):
                mine.pop(0)
                changed.notify_all()
        code, _, seconds = self.fault.partition("=")
        if code.isdigit():
            headers = {"Retry-After": seconds} if seconds else {}
            if seconds:
                # the client's milliseconds are cut off, not rounded
                with changed:
                    not_before[kind] = time.monotonic() + int(seconds) - 0.1
            self.status(int(code), REASONS.get(code, "InternalError"),
                        "a bad minute", **headers)
        elif self.fault == "tls":
            self.failed_proxy(500, "net/http: TLS handshake timeout")
        elif self.fault == "scc":
            self.status(403, "Forbidden", "pods is forbidden: unable to "
                        "validate against any security context constraint: "
                        "65532: must be in the ranges: [1000640000, 1000649999]")
        elif self.fault == "going":
            self.status(403, "Forbidden", "pods is forbidden: Get \"https://"
                        "127.0.0.1:6443/api/v1/namespaces/ns/limitranges\": "
                        "dial tcp 127.0.0.1:6443: connect: connection refused")
        elif self.fault == "none":
            self.status(404, "NotFound", 'namespaces "ns" not found')
        elif self.fault == "die":
            print("error: out of luck", file=sys.stderr, flush=True)
            os._exit(1)
        elif self.fault != "drop":
            return False
        return True

    # ------------------------------------------------------------ requests

    def handle_any(self):
        self.close_connection = True
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        note("requests", self.command, self.path)
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        path = url.path.split("/")[5:]  # below /api/v1/namespaces/NAME
        one = path[1] if len(path) > 1 else None
        kind = ("log" if path[-1] == "log" else
                "events" if path[0] == "events" else
                "watch" if "watch" in query else
                "try" if "dryRun" in query else
                {"POST": "create", "DELETE": "delete"}.get(self.command) or
                ("find" if one else "list"))
        if kind == "log":
            with changed:
                followed.add(one)
                changed.notify_all()
        if self.play(kind):
            return
        if not self.pause(HANDSHAKE):
            self.failed_proxy(500, "net/http: TLS handshake timeout")
            return
        if absent("stop"):
            self.failed_proxy(502, "dial tcp: connect: connection refused")
            return
        try:
            getattr(self, "do_" + kind)(one, query, body)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def do_events(self, *_):
        self.answer(200, '{"kind":"EventList","items":[]}')

    def do_list(self, one, query, _):
        with changed:
            text = json.dumps({
                "kind": "PodList",
                "metadata": {"resourceVersion": str(version)},
                "items": [edit("API_SHOW", p) for p in pods.values()
                          if selected(p, query)]})
        self.answer(200, text)

    def do_watch(self, one, query, _):
        seen = int(query["resourceVersion"][0])
        self.head(200, "application/json", {"Transfer-Encoding": "chunked"})
        while True:
            with changed:
                while draining() and not (events and events[-1][0] > seen):
                    changed.wait(0.2)
                if not draining():
                    break
                news = [e for e in events if e[0] > seen]
            for seen, kind, pod in news:
                if selected(pod, query) and not self.chunk(json.dumps(
                        {"type": kind, "object": pod}).encode() + b"\n"):
                    return
        self.chunk(b"")

    def do_try(self, one, query, body):
        self.answer(201, json.dumps(edit("API_ADMIT", json.loads(body), True)))

    def do_create(self, one, query, body):
        pod = edit("API_ADMIT", json.loads(body))
        name = pod["metadata"]["name"]
        with changed:
            if name in pods:
                self.status(409, "AlreadyExists", "pods already exists")
                return
            pod["metadata"]["uid"] = str(uuid.UUID(int=version))
            pod["status"] = {"phase": "Pending"}
            pods[name] = pod
            change("ADDED", pod)
            text = json.dumps(pod)
        threading.Thread(target=live, args=(pod,), daemon=True).start()
        if self.fault != "deaf":
            self.answer(201, text)

    def do_find(self, one, *_):
        with changed:
            text = json.dumps(pods[one]) if one in pods else None
        if text:
            self.answer(200, text)
        else:
            self.status(404, "NotFound", "pods not found")

    def do_log(self, one, *_):
        with changed:
            if one not in pods:
                self.status(404, "NotFound", "pods not found")
                return
            uid = pods[one]["metadata"]["uid"]
            changed.wait_for(lambda: uid in logs)
            text = logs[uid]
        self.head(200, "text/plain", {"Transfer-Encoding": "chunked"})
        half = len(text) // 2
        if half and not self.chunk(text[:half]):
            return
        with changed:
            take_absence("stream")
        if not text or self.chunk(text[half:]):
            self.chunk(b"")

    def do_delete(self, one, query, body):
        uid = json.loads(body)["preconditions"]["uid"]
        with changed:
            pod = pods.get(one)
            if pod and pod["metadata"]["uid"] == uid:
                del pods[one]
                change("DELETED", pod)
                code = 200
            else:
                code = 409 if pod else 404
        if self.fault != "deaf":
            self.status(code, "Success" if code == 200 else "NotFound", "")

    do_GET = do_POST = do_DELETE = handle_any


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 128


os.makedirs(PODS, exist_ok=True)
for word in os.environ.get("API_FAULTS", "").split():
    faults.setdefault(word.split(":")[0], []).append(word.split(":")[1])
server = Server(next(a for a in sys.argv
                     if a.startswith("--unix-socket="))[14:], Handler)
print("Starting to serve", flush=True)
server.serve_forever()
