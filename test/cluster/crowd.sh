#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# unpackctl run: RUNS (20) of them at once for one bundle do not collide.
. "$TOP/test/cluster/lib.sh"
cluster_open
: "${RUNS:=20}"
B=$TOP/test/bundles/hello-operator
image hello "$B"
for i in $(seq "$RUNS"); do
	try "run-$i" run --image "$IMAGES/hello:test" -C "out-$i" \
		--timeout 9m -o json
done
all_tried
good=0
for i in $(seq "$RUNS"); do
	tried "run-$i" 0 && same "out-$i" "$B" && good=$((good + 1))
done
is "all $RUNS came with these files" "$good" "$RUNS"
is "each by a pod of its own" \
	"$(cat run-*.out | jq -r .pod | sort -u | wc -l)" "$RUNS"
is "the same bytes for all" \
	"$(cat run-*.out | jq -r .digest | sort -u | wc -l)" 1
ok "no pod is left" no_pods
done_testing
