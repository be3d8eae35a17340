#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# unpackctl run: its pods go when it is interrupted, at any time, and
# somebody else's pods never do.
. "$TOP/test/cluster/lib.sh"
need busybox python3
cluster_open
image hello "$TOP/test/bundles/hello-operator"
mkdir -p sleeps/bin
cp "$(command -v busybox)" sleeps/bin/busybox
printf '#!/bin/busybox sh\nexec busybox sleep 100\n' >sleeps/unpack
chmod 755 sleeps/unpack
image sleeps sleeps

# In the background a shell ignores SIGINT, and its children too: python3 has
# it back. interrupted NAME SIGNAL PATTERN OPTION...: send SIGNAL when a line
# of standard error matches, twice, as people do
cat >interrupt.py <<'E'
import signal, subprocess, sys, time
name, number, pattern = sys.argv[1], int(sys.argv[2]), sys.argv[3]
signal.signal(signal.SIGINT, signal.default_int_handler)
with open(name + ".err", "w") as err, open(name + ".out", "w") as out:
    p = subprocess.Popen(sys.argv[4:], stdout=out, stderr=err)
    for _ in range(1200):
        if pattern in open(name + ".err").read() or p.poll() is not None:
            break
        time.sleep(0.05)
    p.send_signal(number)
    time.sleep(0.1)
    p.send_signal(number)
    code = p.wait()
with open(name + ".code", "w") as f:
    print(code, file=f)
E
interrupted() {
	interrupted_name=$1 interrupted_signal=$2 interrupted_pattern=$3
	shift 3
	python3 interrupt.py "$interrupted_name" "$interrupted_signal" \
		"$interrupted_pattern" "$TOP/test/cluster/progress.py" \
		"$UNPACKCTL" run -n "$NS" \
		--timeout 120s "$@" &
	tries="$tries $!"
}
hello=$IMAGES/hello:test
ours=$IMAGES/unpack:test
never=$IMAGES/sleeps:test
interrupted creating 2 'creating the pod' --image "$hello" \
	--unpacker-image "$ours" -C files
interrupted pulling 2 'pulling' --image "$hello" --unpacker-image "$never" \
	-C files
interrupted streaming 2 'streaming' --image "$hello" --unpacker-image "$ours" \
	-C streamed
interrupted term 15 'pulling' --image "$hello" --unpacker-image "$never" \
	-C files -o json
interrupted kept 2 'pulling' --image "$hello" --unpacker-image "$never" \
	-C files --keep --name kept
all_tried
for n in creating pulling kept; do
	ok "$n: 128 + SIGINT" tried "$n" 130 'Interrupted: '
done
ok "SIGTERM: 128 + SIGTERM" tried term 143 'Interrupted: '
is "SIGTERM: the result" "$(jq -c '[.result,.reason,.exit]' term.out)" \
	'["failed","Interrupted",143]'
ok "while streaming: the signal, or all was done" \
	grep -qE '^(0|130)$' streaming.code
for _ in 1 2 3 4 5 6 7 8 9 10; do
	[ "$(pods -l app.kubernetes.io/name=unpack)" = kept ] && break
	sleep 0.5
done
is "the pods are gone but for the one to keep" "$(pods)" kept
ok "nor is there a directory" sh -c '! ls -d files .files* 2>/dev/null'

# A pod of the name that is not ours, though it looks so.
uid=$(kubectl -n "$NS" get pod kept -o jsonpath='{.metadata.uid}')
ok "a pod of the same name" exits 1 run --image "$hello" --name kept -C kept
ok "a pod of the same name: the words" has err \
	"pod $NS/kept: a pod of this name exists already, and this run did not make it"
ok "a pod of the same name: the fix" has err 'fix: .*--name'
is "a pod of the same name: still there" \
	"$(kubectl -n "$NS" get pod kept -o jsonpath='{.metadata.uid}')" "$uid"
kubectl -n "$NS" delete pod kept --grace-period=0 --force >/dev/null 2>&1

# Ours is replaced by another of that name while we wait: it stays.
run --unpacker-image "$never" --image "$hello" --name twin -C files \
	>twin.out 2>twin.err &
twin=$!
for _ in $(seq 60); do
	kubectl -n "$NS" get pod twin >/dev/null 2>&1 && break
	sleep 0.5
done
"$UNPACKCTL" pod --image "$hello" --unpacker-image "$never" --name twin \
	-n "$NS" >twin.yaml
kubectl -n "$NS" delete pod twin --grace-period=0 --force >/dev/null 2>&1
for _ in $(seq 20); do
	kubectl -n "$NS" create -f twin.yaml >/dev/null 2>&1 && break
	sleep 0.2
done
wait $twin
is "our pod was replaced: a failure" $? 1
ok "our pod was replaced: the words" has twin.err 'Deleted: '
is "our pod was replaced: the other stays" "$(pods)" twin
done_testing
