#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# unpackctl run: several bundles in one call, a directory each, by one
# kubectl. MANY (40; try 200) are more than run at once.
. "$TOP/test/cluster/lib.sh"
need python3
: "${MANY:=40}"
cluster_open
B=$TOP/test/bundles/hello-operator
image hello "$B"
image plain "$TOP/test/bundles/hello-plain"
for i in $(seq "$MANY"); do
	cat <<-D
	---
	apiVersion: core.rukpak.io/v1alpha2
	kind: BundleDeployment
	metadata: {name: b$i}
	spec:
	  source: {type: image, image: {ref: "$IMAGES/hello:test"}}
	D
done >many.yaml
STANDIN_LOG=$PWD/requests
export STANDIN_LOG
KUBECTL=$TOP/test/cluster/standin.py run -f many.yaml -C many --timeout 9m \
	-o json >many.out 2>many.err
is "$MANY bundles of one file" $? 0
is "all are told of" "$(jq '[.bundles[] | select(.result == "ok")] | length' \
	many.out)" "$MANY"
is "the same bytes for all" "$(jq -r '.bundles[].digest' many.out | sort -u |
	wc -l)" 1
good=0
for i in $(seq "$MANY"); do
	same "many/b$i" "$B" && good=$((good + 1))
done
is "a directory each" "$good" "$MANY"
is "a watch each" "$(grep -o 'metadata.name[^&]*&watch=1' requests | sort -u |
	wc -l)" "$MANY"
is "a request each to create, to read, to delete" \
	"$(for w in '^POST' '/log?' '^DELETE'; do grep -c "$w" requests; done |
		tr '\n' ' ')" "$MANY $MANY $MANY "
ok "no pod is left" no_pods

# Ctrl-C, and SIGTERM, while the first pods wait, run, and are deleted: all go.
# stopped NAME SIGNAL CODE PATTERN: the signal when so many requests were made
stopped() {
	STANDIN_LOG=$PWD/$1.requests KUBECTL=$TOP/test/cluster/standin.py \
		"$UNPACKCTL" run -n "$NS" --unpacker-image "$IMAGES/unpack:test" \
		--image-pull-policy IfNotPresent -f many.yaml -C "$1" \
		--timeout 9m -o json >"$1.out" 2>"$1.err" &
	stopped_pid=$!
	for _ in $(seq 1200); do
		stopped_n=$(grep -c "$4" "$1.requests" 2>/dev/null)
		[ "${stopped_n:-0}" -lt 3 ] || break
		sleep 0.05
	done
	kill "-$2" $stopped_pid
	stopped_code=0
	wait $stopped_pid || stopped_code=$?
	is "SIG$2, $1: the exit code" $stopped_code "$3"
	ok "... no pod is left" no_pods
	ok "... none is said to be" lacks "$1.err" 'may still be there'
	is "... each is told of: done, or interrupted" "$(jq '[.bundles[] |
		select(.reason == "OK" or .reason == "Interrupted")] |
		length' "$1.out")" "$MANY"
	is "... what is done is there, and no more" \
		"$(find "$1" -mindepth 1 -maxdepth 1 | sort)" \
		"$(jq -r '.bundles[] | .directory // empty' "$1.out" | sort)"
}
stopped pending INT 130 '^POST'
stopped running TERM 143 '/log?'
stopped deleted INT 130 '^DELETE'

# By reference, and one of them is at fault.
run --image "$IMAGES/hello:test" --image "$IMAGES/plain:test" \
	--image localhost:1/not/there:1 -C three --parallel 2 >three.out \
	2>three.err
is "one that cannot be had: a failure" $? 1
ok "... it is told" has three.err 'localhost:1/not/there:1'
ok "the others are there" same three/hello "$B"
ok "... all of them" same three/plain "$TOP/test/bundles/hello-plain"
is "and nothing else" "$(ls -A three | tr '\n' ' ')" 'hello plain '
ok "counted" has three.out '^2 of 3 bundles were unpacked$'
ok "one image twice is refused" exits 1 run --image "$IMAGES/hello:test" \
	--image "$IMAGES/hello:test" -C twice
ok "--tar is for one" exits 2 run -f many.yaml --tar x.tar
ok "--name is for one" exits 2 run -f many.yaml --name x
ok "no pod is left at the end" no_pods
done_testing
