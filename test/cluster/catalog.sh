#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# unpackctl test: many images against the cluster in one call, a pod each; what
# is wrong with bundles is told apart from what is wrong with the cluster; no
# pod is left behind, also after Ctrl-C.  IMAGES_N (60; 200 for a whole catalog) images.
# shellcheck disable=SC2046 # lists of words
. "$TOP/test/cluster/lib.sh"
cluster_open
: "${IMAGES_N:=60}"
kubectl label namespace "$NS" \
	pod-security.kubernetes.io/enforce=restricted >/dev/null

# catalog N: small images, every tenth of which cannot be read, in one archive
catalog() {
	python3 - "$1" "$IMAGES" <<-'P'
		import hashlib, io, json, sys, tarfile
		n, images = int(sys.argv[1]), sys.argv[2]
		out = tarfile.open("catalog.tar", "w")
		def add(name, data):
		    t = tarfile.TarInfo(name)
		    t.size = len(data)
		    out.addfile(t, io.BytesIO(data))
		manifest = []
		for i in range(n):
		    layer = io.BytesIO()
		    with tarfile.open(fileobj=layer, mode="w") as tar:
		        for name, mode in (("manifests", 0o755), ("manifests/a.yaml",
		                0o600 if i % 10 == 9 else 0o644)):
		            t = tarfile.TarInfo(name)
		            t.mode = mode
		            data = b"" if name == "manifests" else b"kind: A%d\n" % i
		            t.type = tarfile.REGTYPE if data else tarfile.DIRTYPE
		            t.size = len(data)
		            tar.addfile(t, io.BytesIO(data))
		    data = layer.getvalue()
		    add("%d.tar" % i, data)
		    config = json.dumps({"os": "linux", "architecture": "amd64",
		        "config": {}, "rootfs": {"type": "layers", "diff_ids": [
		            "sha256:" + hashlib.sha256(data).hexdigest()]}}).encode()
		    add("%d.json" % i, config)
		    manifest.append({"Config": "%d.json" % i, "Layers": ["%d.tar" % i],
		        "RepoTags": ["%s/c%d:test" % (images, i)]})
		add("manifest.json", json.dumps(manifest).encode())
		out.close()
	P
}

# tests OPTION...: unpackctl test, in our namespace, with our image
tests() {
	"$UNPACKCTL" test -n "$NS" --unpacker-image "$IMAGES/unpack:test" \
		--timeout 30m "$@"
}

catalog "$IMAGES_N"
load catalog.tar "$IMAGES/c0:test" || skip_all "images do not get to the nodes"
for i in $(seq 0 $((IMAGES_N - 1))); do echo "$IMAGES/c$i:test"; done >catalog
cat catalog >>images.list

begin=$(date +%s)
ok "$IMAGES_N images in one call" exits 3 tests $(cat catalog) -o json
echo "# took $(($(date +%s) - begin)) s"
is "each has its verdict" \
	"$(jq -c '[.kind,.exit,.compatible,.notCompatible,.notTested]' out)" \
	"[\"TestResult\",3,$((IMAGES_N - IMAGES_N / 10)),$((IMAGES_N / 10)),0]"
is "the right ones" "$(jq -r '.images[] | select(.result == "failed") |
	.image' out | sort)" "$(grep '9:test$' catalog | sort)"
is "and says why" "$(jq -r '.images[] | select(.result == "failed") |
	.findings[] | .code + " " + .path' out | sort -u)" \
	"file-not-readable manifests/a.yaml"
is "by a pod each" "$(jq -r '.images[].pod' out | sort -u | wc -l)" "$IMAGES_N"
ok "no pod is left" no_pods

# in the tongues of CI services, with a trouble of the cluster's own
head -n 9 catalog >good
ok "all good" exits 0 tests $(cat good) -q
ok "quiet" empty out
ok "a table" exits 3 tests "$IMAGES/c8:test" "$IMAGES/c9:test" \
	"$IMAGES/nothing:test"
ok "compatible" has out "^$IMAGES/c8:test +compatible"
ok "not compatible" has out "^$IMAGES/c9:test +not compatible +file-not-readable"
ok "not to be pulled" has out "^$IMAGES/nothing:test +not tested +pull-failed"
ok "summed up" has out '^3 images: 1 compatible, 1 not compatible, 1 not tested$'
ok "JUnit" exits 3 tests -o junit "$IMAGES/c8:test" "$IMAGES/c9:test" \
	"$IMAGES/nothing:test"
ok "a failure is no error" has out 'tests="3" failures="1" errors="1"'
if command -v xmllint >/dev/null; then
	ok "by its schema" xmllint --noout --schema \
		"$TOP/test/schema/junit.xsd" out
fi
ok "a code that does not count" exits 0 tests --ignore file-not-readable \
	"$IMAGES/c9:test"

# kinds of trouble
kubectl -n "$NS" create quota none --hard=pods=0 >/dev/null
sleep 1
ok "refused" exits 1 tests -o json "$IMAGES/c8:test"
is "is the namespace's affair" "$(jq -r '.images[0].code' out)" pod-refused
kubectl -n "$NS" delete quota none >/dev/null
ok "a namespace that is not there" exits 1 "$UNPACKCTL" test -n "$NS-none" \
	--unpacker-image "$IMAGES/unpack:test" -o json "$IMAGES/c8:test"
is "is the cluster's" "$(jq -r '.images[0].code' out)" cluster-failed

# Ctrl-C in the midst of it
(
	exec "$UNPACKCTL" test -n "$NS" --unpacker-image "$IMAGES/unpack:test" \
		$(cat catalog) -o json >int.out 2>int.err
) &
pid=$!
for _ in $(seq 100); do
	[ "$(kubectl -n "$NS" get pods -o name | wc -l)" -ge 5 ] && break
	sleep 0.2
done
kill -INT $pid
wait $pid
is "Ctrl-C" $? 130
is "tells what is known" "$(jq -c '[.result, .exit, (.images | length)]' int.out)" \
	"[\"failed\",130,$IMAGES_N]"
ok "and leaves no pod" no_pods
done_testing
