#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The images of a release, pushed to a registry and named by digest, run on the
# cluster; so does the plugin that krew installs, and that of the package.
. "$TOP/test/cluster/lib.sh"
layouts=$TOP/build/image
[ -e "$layouts/unpack/index.json" ] || skip_all "needs images: make image"
need docker-registry skopeo
[ -n "${CONTAINERD_ADDRESS-}" ] || skip_all "needs a node on this machine"
version=$(sed -n 's/^VERSION *= *//p' "$TOP/Makefile")
# the release is of a commit: what came since may have other options
trap cluster_close EXIT
trap 'exit 1' INT TERM
new_namespace "$NS" || skip_all "may not make a namespace"
image hello "$TOP/test/bundles/hello-operator" ||
	skip_all "images do not get to the nodes"

port=$((20000 + $$ % 10000))
HOST=localhost:$port
cat >registry.yml <<-E
	version: 0.1
	log: {level: warn}
	storage: {filesystem: {rootdirectory: $PWD/registry}}
	http: {addr: "127.0.0.1:$port"}
E
docker-registry serve registry.yml >registry.log 2>&1 &
registry_pid=$!

# push NAME: with all architectures, and see that its digest stays
push() {
	want=$(jq -r '.manifests[0].digest' "$layouts/$1/index.json")
	for _ in $(seq 40); do
		skopeo copy -q --all --preserve-digests \
			--dest-tls-verify=false "oci:$layouts/$1:$version" \
			"docker://$HOST/tools/$1:$version" >push.log 2>&1 && break
		sleep 0.5
	done
	skopeo inspect --raw --tls-verify=false \
		"docker://$HOST/tools/$1@$want" >index || return 1
	[ "sha256:$(sha256sum <index | cut -d' ' -f1)" = "$want" ] || return 1
	echo "$HOST/tools/$1@$want" >>images.list
}

ok "unpack is pushed" push unpack
unpacker=$HOST/tools/unpack@$want
ok "unpackctl is pushed" push unpackctl
client=$HOST/tools/unpackctl@$want

mkdir wanted
cp -r "$TOP/test/bundles/hello-operator/." wanted/

# unpacks PROGRAM...: with the pushed image, which the pod ran
unpacks() {
	rm -rf files
	"$@" run -n "$NS" --timeout 120s --unpacker-image "$unpacker" \
		--image "$IMAGES/hello:test" -C files -o json >out 2>err || {
		sed 's/^/# /' err
		return 1
	}
	diff -r wanted files && ran_it out
}
# ran_it RESULT: the pod's status said this digest, not what a tag leads to
ran_it() {
	[ "$(jq -r .unpacker "$1")" = "$unpacker" ] && return 0
	echo "# not $unpacker: $(jq -c .unpacker "$1")"
	return 1
}
# asked_for REFERENCE: the node asked the registry for it, by digest; what it
# has of other tests it does not fetch
asked_for() {
	asked_for_name=${1#"$HOST"/}
	has registry.log "\"(HEAD|GET) /v2/${asked_for_name%@*}/manifests/${1#*@}[? ].*\" 200 .*\"containerd/"
}
# any other digest is not taken for it
other=$HOST/tools/unpack@sha256:$(printf %064d 0)
ok "another digest" exits 1 "$UNPACKCTL" run -n "$NS" --timeout 120s \
	--unpacker-image "$other" --image "$IMAGES/hello:test" -C other -o json
ok "... is said" has out '"reason":"(ErrImagePull|ImagePullBackOff)"'
ok "a pod with the image by digest" unpacks "$UNPACKCTL"
ok "... which the registry was asked for" asked_for "$unpacker"
ok "the environment names it" exits 0 env UNPACK_IMAGE="$unpacker" \
	"$UNPACKCTL" run -n "$NS" --timeout 120s --image "$IMAGES/hello:test" \
	-C by-environment -o json
ok "... the same files" diff -r wanted by-environment
ok "... of that image" ran_it out

# the other image
cat >pod.yaml <<-E
	apiVersion: v1
	kind: Pod
	metadata: {name: client}
	spec:
	  restartPolicy: Never
	  automountServiceAccountToken: false
	  securityContext:
	    {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
	  containers:
	  - name: unpackctl
	    image: $client
	    args: [--version]
	    securityContext:
	      {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true,
	       capabilities: {drop: [ALL]}}
E
ok "it is restricted" exits 0 "$UNPACKCTL" check-pod pod.yaml
kubectl -n "$NS" create -f pod.yaml >/dev/null
for _ in $(seq 120); do
	phase=$(kubectl -n "$NS" get pod client -o jsonpath='{.status.phase}')
	case $phase in Succeeded | Failed) break ;; esac
	sleep 0.5
done
is "unpackctl's image runs" "$phase" Succeeded
kubectl -n "$NS" logs client >client.log
ok "... by digest, too" asked_for "$client"
is "... which its status says" "$(kubectl -n "$NS" get pod client \
	-o jsonpath='{.status.containerStatuses[0].imageID}')" "$client"
is "... and is what it says" "$(head -n 1 client.log)" "unpackctl $version"
is "... of the images' commit" "$(sed -n 's/^commit //p' client.log)" \
	"$(jq -r '.annotations["org.opencontainers.image.revision"]' index)"

# the plugins
if [ -e "$TOP/build/release/unpack.yaml" ] && python3 -c 'import yaml' \
	2>/dev/null; then
	"$TOP/test/release/krew.py" "$TOP/build/release/unpack.yaml" \
		"$TOP/build/release" krew
	PATH="$PWD/krew/bin:$PATH"
	ok "kubectl unpack, by krew" unpacks kubectl unpack
	PATH=${PATH#*:}
else
	ok_skip "kubectl unpack, by krew" "needs make release, python3-yaml"
fi
deb=$(ls "$TOP"/build/deb/unpackctl_*.deb 2>/dev/null)
if [ -n "$deb" ]; then
	dpkg-deb -x "$deb" deb
	PATH="$PWD/deb/usr/bin:$PATH"
	ok "kubectl unpack, by the package" unpacks kubectl unpack
else
	ok_skip "kubectl unpack, by the package" "needs make deb"
fi
done_testing
