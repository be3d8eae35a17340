#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# unpackctl run: bundles in a private registry. Method 1: the BundleDeployment
# names the secret; method 2: the namespace's service account has it. What is
# wrong with credentials is told in the registry's words, within seconds.
#
# The registry is Debian's docker-registry on loopback, which the node must
# reach as localhost: a cluster of this machine.
. "$TOP/test/cluster/lib.sh"
need docker-registry htpasswd skopeo
[ -n "${CONTAINERD_ADDRESS-}" ] || skip_all "needs a node on this machine"
cluster_open
B=$TOP/test/bundles/hello-operator

port=$((20000 + $$ % 10000))
HOST=localhost:$port
htpasswd -Bbn me 'pass word' >users
cat >registry.yml <<-E
	version: 0.1
	log: {level: warn, accesslog: {disabled: true}}
	storage: {filesystem: {rootdirectory: $PWD/registry}}
	http: {addr: "127.0.0.1:$port"}
	auth: {htpasswd: {realm: test, path: $PWD/users}}
E
docker-registry serve registry.yml >registry.log 2>&1 &
registry_pid=$!
archive hello.tar "$HOST/team/hello:v1" "$B"
pushed=1
for _ in $(seq 40); do
	skopeo copy -q --dest-tls-verify=false --dest-creds 'me:pass word' \
		docker-archive:hello.tar "docker://$HOST/team/hello:v1" \
		>push.log 2>&1 && pushed=0 && break
	sleep 0.5
done
[ $pushed = 0 ] || {
	tail -n 3 push.log registry.log | sed 's/^/# /'
	skip_all "docker-registry does not start here"
}
digest=$(skopeo inspect --tls-verify=false --creds 'me:pass word' \
	--format '{{.Digest}}' "docker://$HOST/team/hello:v1")
echo "$HOST/team/hello:v1" >>images.list
echo "$HOST/team/hello@$digest" >>images.list

secret() {
	kubectl -n "$1" create secret docker-registry "$2" \
		--docker-server="$HOST" --docker-username=me \
		--docker-password="$3" >/dev/null
}
new_namespace "$NS-sa"
trap 'kubectl delete namespace "$NS-sa" --wait=false >/dev/null 2>&1
	cluster_close' EXIT
secret "$NS" my-registry 'pass word'
secret "$NS" wrong 'pass wort'
secret "$NS-sa" my-registry 'pass word'
kubectl -n "$NS-sa" patch serviceaccount default \
	-p '{"imagePullSecrets": [{"name": "my-registry"}]}' >/dev/null
sed "s|ref: .*|ref: $HOST/team/hello:v1|" \
	"$TOP/manifests/examples/bundledeployment-pull-secret.yaml" >private.yaml
sed "s|ref: .*|ref: $HOST/team/hello:v1|" \
	"$TOP/manifests/examples/bundledeployment.yaml" >plain.yaml

# Nothing is on the node yet: a failed pull cannot be an image that is there.
begin=$(date +%s)
try wrong run --image "$HOST/team/hello:v1" --pull-secret wrong -C out
try none run --image "$HOST/team/hello:v1" -C out
try nosecret run --image "$HOST/team/hello:v1" --pull-secret missing -C out
try notag run --image "$HOST/team/hello:v2" --pull-secret my-registry -C out
try norepo run --image "$HOST/team/hallo:v1" --pull-secret my-registry -C out
all_tried
end=$(date +%s)
ok "a wrong password" tried wrong 1 'ErrImagePull: .*401 Unauthorized' \
	"fix: .* $NS/wrong$"
ok "no password" tried none 1 'ErrImagePull: .*(401|no basic auth)' \
	'fix: make a secret .*--pull-secret'
ok "a secret that is not there" tried nosecret 1 'ErrImagePull: ' \
	"fix: .* $NS/missing$"
ok "no such tag" tried notag 1 'ErrImagePull: .*not found' 'fix: check .*tag'
ok "no such repository" tried norepo 1 'ErrImagePull: ' 'fix: check'
ok "all of them before kubelet backs off and tries again" \
	[ $((end - begin)) -lt 60 ]

try one run -f private.yaml -C one -o json
all_tried
ok "method 1: the secret of the BundleDeployment" tried one 0
ok "method 1: these files" same one "$B"
is "method 1: the resolved reference" "$(jq -r .resolved one.out)" \
	"$HOST/team/hello@$digest"
# the node has it now, and would not ask again
ctr -n k8s.io images rm "$HOST/team/hello:v1" "$HOST/team/hello@$digest" \
	>/dev/null 2>&1
try two run -f plain.yaml -n "$NS-sa" -C two -o json
all_tried
ok "method 2: the secret of the service account" tried two 0
ok "method 2: these files" same two "$B"
is "method 2: the resolved reference" "$(jq -r .resolved two.out)" \
	"$HOST/team/hello@$digest"
try digest run --image "$HOST/team/hello@$digest" -C three \
	--pull-secret my-registry -o json
all_tried
ok "by digest" tried digest 0
is "by digest: the resolved reference" "$(jq -r .resolved digest.out)" \
	"$HOST/team/hello@$digest"
ok "no pod is left" no_pods
done_testing
