#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stands in for kubectl, and changes what the API server is asked and answers.

`standin.py proxy --unix-socket=PATH ...` starts the real `kubectl proxy` beside
it and passes requests on; every other command is the real kubectl's.

  STANDIN_ASK   jq program for a Pod that is to be created: what admission does
  STANDIN_SEEN  jq program for a Pod that the server shows, whether it was just
                created, is listed or watched: what a newer server says
  STANDIN_FAIL  "N STATUS": the first N requests for a Pod's creation, for its
                log and for a watch get this status instead of an answer
  STANDIN_LATE  seconds that each request to follow a log waits: a late reader
  STANDIN_LOG   a file to which a line for each request goes
"""
import http.client
import json
import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler

KUBECTL = os.environ.get("STANDIN_KUBECTL", "kubectl")
ASK = os.environ.get("STANDIN_ASK")
SEEN = os.environ.get("STANDIN_SEEN")
FAIL = os.environ.get("STANDIN_FAIL", "0 503").split()
LATE = float(os.environ.get("STANDIN_LATE", 0))
LOG = os.environ.get("STANDIN_LOG")
lock = threading.Lock()
failed = {}


def edit(program, value):
    if not program:
        return value
    out = subprocess.run(["jq", "-c", program], input=json.dumps(value),
                         capture_output=True, text=True, check=True)
    return json.loads(out.stdout)


def edit_answer(value):
    """A Pod, a list of Pods, or an event about one."""
    if not SEEN:
        return value
    if value.get("kind") == "Pod":
        return edit(SEEN, value)
    if value.get("kind") == "PodList":
        items = value["items"] or []
        value["items"] = [edit(SEEN, dict(i, kind="Pod")) for i in items]
    elif value.get("object", {}).get("kind") == "Pod":
        value["object"] = edit(SEEN, value["object"])
    return value


class Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(real)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if LOG:
            with open(LOG, "a") as f:
                print(self.command, self.path, file=f)
        if self.fail():
            return
        if "/log?" in self.path and "follow=" in self.path:
            time.sleep(LATE)
        if self.command == "POST" and "/pods" in self.path:
            body = json.dumps(edit(ASK, json.loads(body))).encode()
        to = Connection("localhost")
        to.request(self.command, self.path, body,
                   {"Content-Type": "application/json"})
        answer = to.getresponse()
        self.send_response(answer.status)
        kind = answer.getheader("Content-Type") or "text/plain"
        self.send_header("Content-Type", kind)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            self.copy(answer, kind)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def copy(self, answer, kind):
        if "watch=1" in self.path:
            for line in answer:
                event = edit_answer(json.loads(line))
                self.wfile.write(json.dumps(event).encode() + b"\n")
        elif kind.startswith("application/json"):
            value = edit_answer(json.loads(answer.read()))
            self.wfile.write(json.dumps(value).encode())
        else:
            while True:
                data = answer.read1(65536)
                if not data:
                    break
                self.wfile.write(data)

    def fail(self):
        what = ("log" if "/log?" in self.path else
                "watch" if "watch=1" in self.path else
                "create" if self.command == "POST" else None)
        with lock:
            if what is None or failed.get(what, 0) >= int(FAIL[0]):
                return False
            failed[what] = failed.get(what, 0) + 1
        text = json.dumps({"kind": "Status", "reason": "TooManyRequests",
                           "message": "the server is overloaded, says a test"})
        self.send_response(int(FAIL[1]))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(text.encode())
        self.close_connection = True
        return True

    do_GET = do_POST = do_DELETE = handle_any


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 128


if "proxy" not in sys.argv:
    os.execvp(KUBECTL, [KUBECTL] + sys.argv[1:])
path = next(a for a in sys.argv if a.startswith("--unix-socket=")).split("=")[1]
real = path + ".real"
args = [a.replace(path, real) for a in sys.argv[1:]]
proxy = subprocess.Popen([KUBECTL] + args, stdout=subprocess.PIPE)
proxy.stdout.readline()


def end(*_):
    proxy.kill()
    os.unlink(real)
    os._exit(0)


signal.signal(signal.SIGTERM, end)
server = Server(path, Handler)
print("Starting to serve on", path, flush=True)
server.serve_forever()
