#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An HTTP proxy that tampers: proxy.py PATTERN PORTFILE [404]

Fetches what it is asked for and flips one bit in the middle of every body
whose address matches PATTERN, or, with 404, has none of these.  Writes the
port that it listens on to PORTFILE.
"""
import http.server
import os
import re
import sys
import urllib.error
import urllib.request

pattern, portfile = sys.argv[1:3]
lacking = sys.argv[3:] == ["404"]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        try:
            with opener.open(self.path, timeout=60) as answer:
                code, body = answer.status, bytearray(answer.read())
        except urllib.error.HTTPError as e:
            code, body = e.code, bytearray()
        except OSError:
            code, body = 502, bytearray()
        if body and re.search(pattern, self.path):
            if lacking:
                code, body = 404, bytearray()
            else:
                body[len(body) // 2] ^= 1
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(portfile + ".new", "w") as f:
    f.write(str(server.server_address[1]))
os.rename(portfile + ".new", portfile)
server.serve_forever()
