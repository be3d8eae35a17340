#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Once kubectl serves, and before the cluster's first answer is read, run gives
# up other programs, the network and files; what it needs still works.
. "$TOP/test/lib.sh"
[ -z "${SANITIZED-}" ] || skip_all "the leak checker needs other rights"
need strace python3

# it serves as `kubectl proxy` does, and takes no pod
cat >kubectl <<-'E'
	#!/usr/bin/env python3
	import http.server, socketserver, sys
	class Handler(http.server.BaseHTTPRequestHandler):
	    def address_string(self):
	        return "client"
	    def do_GET(self):
	        self.rfile.read(int(self.headers["Content-Length"]))
	        if self.command == "GET":
	            code, body = 200, b'{"kind":"PodList","items":[],' \
	                b'"metadata":{"resourceVersion":"1"}}'
	        else:
	            code, body = 404, b'{"kind":"Status","reason":"NotFound",' \
	                b'"message":"namespaces \\"away\\" not found"}'
	        self.send_response(code)
	        self.send_header("Content-Type", "application/json")
	        self.send_header("Content-Length", str(len(body)))
	        self.end_headers()
	        self.wfile.write(body)
	    do_POST = do_GET
	path = next(a for a in sys.argv if a.startswith("--unix-socket="))[14:]
	server = socketserver.ThreadingUnixStreamServer(path, Handler)
	print("Starting to serve", flush=True)
	server.serve_forever()
E
chmod +x kubectl
mkdir tmp
TMPDIR=$PWD/tmp KUBECTL=$PWD/kubectl timeout 60 strace -ff -o calls \
	"$UNPACKCTL" run -n away --unpacker-image localhost/a:1 \
	--image localhost/b:1 -C got >out 2>err
ok "the answer arrives" has err 'namespaces "away" not found'
# a file for each process: none breaks into another's line
mv "$(grep -l PR_SET_SECCOMP calls.*)" trace
ok "a filter, then the first connection, and no program" awk '
	/PR_SET_SECCOMP.*= 0/ { filter = 1 }
	/^connect\(.*AF_UNIX/ { seen = 1; if (!filter) early = 1 }
	filter && /^execve\(|^(connect|socket)\(.*EPERM/ { early = 1 }
	END { exit !seen || early }' trace
if grep -q 'landlock_create_ruleset.*VERSION) = [2-9]' trace; then
	ok "Landlock" grep -q 'landlock_restrict_self.*= 0' trace
else
	ok_skip "Landlock" "not in this kernel"
fi
ok "kubectl's socket is removed" [ -z "$(ls tmp)" ]
done_testing
