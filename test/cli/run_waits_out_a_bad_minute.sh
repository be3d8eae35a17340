#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# unpackctl run: for each answer of the API server, or the way to it, for a while,
# at each request, the bundle arrives whole and no pod is left. A pause
# that the server asks for is kept.
#
# The server is apiserver.py: a real one does most of this seldom.
. "$TOP/test/apiserver.sh"

# run NAME FAULTS OPTION...: in the background; NAME.code, .out, .err
run() {
	run_name=$1 run_faults=$2
	shift 2
	try "$run_name" env API_STATE="$PWD/$run_name.api" \
		API_FAULTS="$run_faults" \
		timeout 200 "$UNPACKCTL" run -n ns -C "$run_name" \
		--timeout 120s --image-pull-policy IfNotPresent \
		--unpacker-image localhost/unpack:1 \
		--image localhost/hello:1 "$@"
}

# everywhere FAULT: at each request once
everywhere() {
	for kind in list watch create log delete; do
		printf '%s:%s ' $kind "$1"
	done
}

faults="429 500 502 503 504 429=1 503=1 tls drop cut"
for f in $faults; do
	run "$f" "$(everywhere "$f")"
done
# stopped in order, and a way that stalls for longer than a handshake may take:
# before it begins, where it asks for the pod, while that is pulled, in the midst
# of its log, and where it is to be deleted
moments="create pull stream delete"
for m in $moments; do
	run "stop-$m" "$m:stop=6"
	run "stall-$m" "$m:stall=12"
done
run deaf 'create:deaf delete:deaf'
run gone 'watch:410 watch:410'
run often "$(for f in drop 503 cut; do everywhere $f; done)"
# a server that has just come back does not know yet who may do what; a list is
# asked for after a watch that was lost
for k in list watch create log delete; do
	run "starting-$k" "create:drop $([ $k != list ] || echo watch:410) \
		$k:drop $k:403 $k:401 $k:403"
done
# who may not do it says so at once
run forbidden 'watch:403*'
# a server that stops refuses a pod because it cannot ask itself
run going 'create:going create:going'
run userns 'try:503 try:cut create:503' --user-namespace
# a proxy that ends is the end
for k in list watch create log delete; do
	run "end-$k" "$([ $k != list ] || echo watch:410) $k:die"
done
all_tried

for f in $faults; do
	ok "at each request: $f" whole "$f"
	is "... which was tried" "$(sort "$f.api/played")" \
		"$(everywhere "$f" | tr ' ' '\n' | sort)"
	ok "... no pod is left" no_pod "$f"
done
ok "a pause that is asked for is kept" [ ! -e 429=1.api/early ]
ok "... by whichever status" [ ! -e 503=1.api/early ]
for m in $moments; do
	for f in stop=6 stall=12; do
		ok "${f%=*} at: $m" whole "${f%=*}-$m"
		is "... which was tried" "$(cat "${f%=*}-$m.api/played")" "$m:$f"
		ok "... no pod is left" no_pod "${f%=*}-$m"
	done
done
for m in create delete; do
	ok "it says that it waits: stop at $m" has stop-$m.err \
		'waiting for it: dial tcp: connect: connection refused'
	ok "it says that it waits: stall at $m" has stall-$m.err \
		'waiting for it: net/http: TLS handshake timeout'
done
ok "it says that it waits" has 503.err \
	'the API server does not answer, waiting for it: a bad minute'
ok "pods whose answers are lost" whole deaf
is "... are created once" "$(grep -c '^POST' deaf.api/requests)" 2
ok "... and deleted" no_pod deaf
ok "a watch that is too old" whole gone
ok "three times at each request" whole often
is "... all of it" "$(wc -l <often.api/played)" 15
ok "... no pod is left" no_pod often
for k in list watch create log delete; do
	ok "forbidden after an absence: $k" whole "starting-$k"
	is "... asked again" "$(grep -c "^$k:40" "starting-$k.api/played")" 3
	ok "... no pod is left" no_pod "starting-$k"
done
is "forbidden at once" "$(cat forbidden.code) $(wc -l <forbidden.api/played)" \
	"1 1"
ok "admission of a server that stops" whole going
is "... asked again" "$(wc -l <going.api/played)" 2
ok "... no pod is left" no_pod going
ok "before there is a pod: tried" whole userns
is "... and asked for" "$(wc -l <userns.api/played)" 3
ok "... no pod is left" no_pod userns
for k in list watch create log; do
	is "kubectl ends: $k" "$(cat "end-$k.code")" 1
	ok "... it says so" has "end-$k.err" \
		'kubectl proxy has ended'
done
# named NAME: a pod that is left is named, with what deletes it
named() {
	no_pod "$1" || has "$1.err" 'kubectl -n ns delete pods -l app.kubernetes.io/instance='
}
for k in list watch create log; do
	ok "... and names a pod that it leaves" named "end-$k"
done
ok "there is one, where its log is read" [ -n "$(ls end-log.api/pods)" ]
is "kubectl ends as it deletes: the bundle is there" "$(cat end-delete.code)" 0
ok "... and the pod is named" has end-delete.err \
	'kubectl -n ns delete pods -l app.kubernetes.io/instance='
done_testing
