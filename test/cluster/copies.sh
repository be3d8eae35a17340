#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# manifests/examples/copy-to-volume.yaml on a cluster: an operator bundle, a
# chart and a catalog of many files get into a volume of the pod, as several
# users, with fsGroup and without, on disk and in memory. COPY_FILES: how many
# files the catalog has.
. "$TOP/test/cluster/lib.sh"
need busybox

cluster_open
mkdir -p app/bin app/tmp
cp "$(command -v busybox)" app/bin/busybox
if ldd app/bin/busybox 2>/dev/null | grep -q '=>'; then
	skip_all "needs a static busybox"
fi
image app app || skip_all "images do not get to the nodes"
python3 - "${COPY_FILES:-60000}" <<'E'
import os, sys
for i in range(int(sys.argv[1])):
    d = "catalog/configs/%d" % (i % 300)
    os.makedirs(d, exist_ok=True)
    with open("%s/%d.yaml" % (d, i), "w") as f:
        f.write("name: %d\n" % i)
E
mkdir -p chart/templates
echo 'name: chart' >chart/Chart.yaml
echo 'kind: Pod' >chart/templates/pod.yaml
cp -R "$TOP/test/bundles/hello-operator" operator

# deploy NAME SED: the example, with our images, in the namespace
deploy() {
	random=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	sed -e "s/RANDOM/$random/; s/bundle-files/files-$1/" \
		-e "s|image: example.com/unpack@.*|image: $IMAGES/unpack:test|" \
		-e "s|image: example.com/team.*|image: $IMAGES/$1:test|" \
		-e "s|image: registry.example.com/busybox.*|image: $IMAGES/app:test|" \
		-e 's|\[httpd,|[/bin/busybox, httpd,|' -e "$2" \
		"$TOP/manifests/examples/copy-to-volume.yaml" |
		kubectl -n "$NS" apply -f - >deploy.log 2>&1 &&
		kubectl -n "$NS" rollout status "deployment/files-$1" \
			--timeout 180s >>deploy.log 2>&1 && return 0
	sed 's/^/# /' deploy.log
	kubectl -n "$NS" get pods -o json | jq -c \
		'.items[].status.initContainerStatuses' | sed 's/^/# /'
	return 1
}
# served NAME: what the app sees is the bundle, and the message says so
served() {
	rm -rf got
	mkdir got
	kubectl -n "$NS" exec "deployment/files-$1" -c app -- \
		/bin/busybox tar -cf - -C /srv . | tar -xf - -C got || return 1
	diff -r --no-dereference "$1" got || return 1
	kubectl -n "$NS" get pods -l "app.kubernetes.io/name=files-$1" -o json |
		jq -e '[.items[].status.initContainerStatuses[] |
			select(.name == "bundle").state.terminated.message // empty |
			fromjson | .result == "ok" and .format == "copy" and
			(.digest | startswith("sha256:")) and
			(has("mounts") | not)] | all and length > 0' >/dev/null
}

for name in operator chart catalog; do
	image $name $name || skip_all "images do not get to the nodes"
	ok "$name: the Deployment comes up" deploy $name ''
	ok "... with exactly its files" served $name
	kubectl -n "$NS" delete deployment "files-$name" >/dev/null
done
for how in 's/runAsUser: 65532/runAsUser: 1/' \
	's/runAsUser: 65532/runAsUser: 2147483647/' \
	's/runAsUser: 65532/&\n        fsGroup: 2000/' \
	's/emptyDir: {}/emptyDir: {medium: Memory, sizeLimit: 64Mi}/'; do
	ok "operator, $how" deploy operator "$how"
	ok "... exactly its files" served operator
	kubectl -n "$NS" delete deployment files-operator >/dev/null
done

# a directory of the node, on a file system that knows no O_TMPFILE
mkdir -m 0777 under
mkdir node
if bindfs under node 2>fuse.err; then
	trap 'cluster_close; umount -l node' EXIT
	ok "operator, on the node" deploy operator \
		"s|emptyDir: {}|hostPath: {path: $PWD/node}|"
	ok "... exactly its files" served operator
	ok "... and it was there" [ -d under/files/manifests ]
else
	ok_skip "operator, on the node" "$(head -n 1 fuse.err)"
fi
done_testing
