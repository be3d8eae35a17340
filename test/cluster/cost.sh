#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# unpackctl run: what it costs beside its pods. How many kubectl processes it
# starts is tested; the times are printed only, each next to that of the same
# pods made at once by kubectl create: PODS (20), and one.
. "$TOP/test/cluster/lib.sh"
need python3
: "${PODS:=20}"
cluster_open
B=$TOP/test/bundles/hello-operator
image hello "$B"
cat >counted <<-E2
	#!/bin/sh
	echo "\$*" >>"$PWD/started"
	exec kubectl "\$@"
E2
chmod 755 counted

cat >own.py <<'P'
"""The pods' own time: from kubectl create to the last one's success."""
import json, subprocess, sys, time
ns, n, pod = sys.argv[1], int(sys.argv[2]), json.load(open(sys.argv[3]))
items = []
for i in range(n):
    one = json.loads(json.dumps(pod))
    one["metadata"]["name"] = "own-%d-%d" % (n, i)
    one["metadata"]["labels"] = {"own": str(n)}
    items.append(one)
watch = subprocess.Popen(["kubectl", "-n", ns, "get", "pods", "-l", "own=%d" % n,
                          "-w", "--no-headers"], stdout=subprocess.PIPE, text=True)
time.sleep(1)
begin = time.monotonic()
subprocess.run(["kubectl", "create", "-f", "-"], text=True, check=True,
               input=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}),
               stdout=subprocess.DEVNULL)
done = set()
while len(done) < n:
    words = watch.stdout.readline().split()
    if words[2] == "Completed":
        done.add(words[0])
print("%.2f" % (time.monotonic() - begin))
watch.kill()
subprocess.run(["kubectl", "-n", ns, "delete", "pods", "-l", "own=%d" % n],
               stdout=subprocess.DEVNULL)
P
seconds() {
	seconds_begin=$(date +%s%N)
	"$@"
	seconds_code=$?
	echo "$((($(date +%s%N) - seconds_begin) / 10000000))" |
		sed 's/..$/.&/' >seconds
	return $seconds_code
}
"$UNPACKCTL" pod --image "$IMAGES/hello:test" -n "$NS" --format jsonl \
	--unpacker-image "$IMAGES/unpack:test" --image-pull-policy IfNotPresent -o json \
	>pod.json 2>pod.err
run --image "$IMAGES/hello:test" -C first -q || exit 1

own=$(python3 own.py "$NS" 1 pod.json)
KUBECTL=./counted seconds run --image "$IMAGES/hello:test" -C one -q
is "one bundle" $? 0
echo "# one pod by itself: $own s; run: $(cat seconds) s"
is "... by one kubectl" "$(wc -l <started)" 1
rm started
python3 - "$PODS" "$IMAGES/hello:test" <<'P' >all.json
import json, sys
print(json.dumps({"apiVersion": "v1", "kind": "List", "items": [
    {"apiVersion": "core.rukpak.io/v1alpha2", "kind": "BundleDeployment",
     "metadata": {"name": "b%d" % i}, "spec": {"source": {
         "type": "image", "image": {"ref": sys.argv[2]}}}}
    for i in range(int(sys.argv[1]))]}))
P
own=$(python3 own.py "$NS" "$PODS" pod.json)
KUBECTL=./counted seconds run -f all.json -C all -q
is "$PODS bundles" $? 0
echo "# $PODS pods by themselves: $own s; run: $(cat seconds) s"
is "... by one kubectl" "$(wc -l <started)" 1
is "... all of them" "$(find all -mindepth 1 -maxdepth 1 | wc -l)" "$PODS"
ok "no pod is left" no_pods
done_testing
