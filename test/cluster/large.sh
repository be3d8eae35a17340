#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# unpackctl run: a bundle of MIB (200) MiB that does not compress, written so
# slowly that kubelet rotates its log away, by a reader that comes late: what
# was lost comes from a second pod, and the files are exact.
. "$TOP/test/cluster/lib.sh"
need python3
cluster_open
: "${MIB:=200}"
mkdir -p large/configs
head -c $((MIB * 1048576 - 300000)) /dev/urandom >large/configs/big
seq 1 40000 >large/configs/text
image large large

# The first pod gets little of a processor, and its log a late reader; what
# repairs it is left alone.
export KUBECTL="$TOP/test/cluster/standin.py" STANDIN_LATE=20 \
	STANDIN_ASK='if .spec.containers[0].name == "bundle" then
	.spec.containers[0].resources.limits.cpu = "200m" else . end'
ok "it comes whole" exits 0 run --image "$IMAGES/large:test" -C big -o json \
	--timeout 9m
mv out result
sed 's/^/# /' err
ok "these files" same big large
is "the result" "$(jq -c '[.result,.verified,.repaired > 0]' result)" \
	'["ok",true,true]'
ok "it says what happened" has err 'the log was rotated and lost parts'
ok "no pod is left" no_pods
done_testing
