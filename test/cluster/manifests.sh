#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# manifests/ on a cluster: every one is applied, does what it says, and our pods
# fit in. The pods that run need buildah, and ctr with CONTAINERD_ADDRESS of the
# only node.
. "$TOP/test/cluster/lib.sh"

NS=unpack-manifests-$$
M=$TOP/manifests
E=$M/examples
CRD=bundledeployments.core.rukpak.io
# the first kubectl whose kustomize reads directories
kustomizer=
for tool in $(which -a kubectl); do
	[ -n "$kustomizer" ] || ! "$tool" kustomize "$M" >/dev/null 2>&1 ||
		kustomizer=$tool
done
[ -n "$kustomizer" ] || skip_all "needs a kubectl of 1.21 or later for kustomize"
images=
cleanup() {
	kubectl delete namespace "$NS" --wait=false >/dev/null 2>&1
	kubectl delete bundledeployment "my-bundle-$$" "my-private-bundle-$$" \
		>/dev/null 2>&1
	# shellcheck disable=SC2086
	[ -z "$images" ] || ctr images rm $images >/dev/null 2>&1
}
trap cleanup EXIT
trap 'exit 1' INT TERM

k() {
	kubectl -n "$NS" "$@"
}

# Ours alone, while other tests use the cluster too.
here() {
	sed "s/unpack-system/$NS/g"
}

# ------------------------------------------------------------------ the base
ok "kustomize makes the base" exits 0 "$kustomizer" kustomize "$M"
here <out >base.yaml
is "of these" "$(kubectl create --dry-run=client -o name -f base.yaml | sort |
	tr '\n' ' ')" "limitrange/unpack-pods namespace/$NS \
networkpolicy.networking.k8s.io/unpack-pods-deny-all \
role.rbac.authorization.k8s.io/provisioner \
rolebinding.rbac.authorization.k8s.io/provisioner serviceaccount/provisioner "
ok "it applies" exits 0 kubectl apply -f base.yaml
ok "and again" exits 0 kubectl apply -f base.yaml
ok "changing nothing" lacks out 'created|configured'
is "restricted, three times" "$(kubectl get namespace "$NS" -o json |
	jq -c '[.metadata.labels["pod-security.kubernetes.io/"+
		("enforce","audit","warn")]]')" \
	'["restricted","restricted","restricted"]'

# may VERB RESOURCE: yes or no, for the provisioner
may() {
	k auth can-i "$@" --as "system:serviceaccount:$NS:provisioner" 2>/dev/null
}
for verb in create get list watch delete; do
	is "the provisioner may $verb pods" "$(may $verb pods)" yes
done
is "and read logs" "$(may get pods --subresource=log)" yes
for what in 'get secrets' 'list secrets' 'watch secrets' 'create secrets' \
	'create pods --subresource=exec' \
	'create pods --subresource=attach' 'update pods' 'patch pods' 'get configmaps' \
	'create serviceaccounts --subresource=token'; do
	# shellcheck disable=SC2086
	is "but not $what" "$(may $what)" no
done
is "nor pods elsewhere" "$(kubectl auth can-i create pods -n default \
	--as "system:serviceaccount:$NS:provisioner" 2>/dev/null)" no

# The controller that makes default service accounts needs a moment.
for _ in 1 2 3 4 5 6 7 8 9 10; do
	k get serviceaccount default >/dev/null 2>&1 && break
	sleep 1
done

# ------------------------------------------------------------------ our pods
ok "the example pod is what unpackctl makes" sh -c "\"\$UNPACKCTL\" pod \
	-f '$E/bundledeployment.yaml' -n unpack-system \
	--unpacker-image example.com/unpack@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef \
	--mount-path /.unpack-RANDOM |
	diff - '$E/pod.yaml' | grep -v '^> #' | grep '^[<>]'; [ \$? = 1 ]"
here <"$E/pod.yaml" >pod.yaml
ok "the server takes it" exits 0 kubectl create --dry-run=server -f pod.yaml
# shellcheck disable=SC2089,SC2090 # words, and quotes that stay
for flags in '' '--run-as-user namespace' '--run-as-user 1001' \
	'--format jsonl --parts 0-3' '--pull-secret a --pull-secret b' \
	'--deadline 60 --log-limit 10Mi --symlinks keep' \
	'--overrides {"spec":{"nodeSelector":{"a":"b"},"tolerations":[{"key":"c","operator":"Exists"}]}}' \
	'--overrides {"metadata":{"labels":{"a":"b"}}} --image-pull-policy Always --limits cpu=1'; do
	# shellcheck disable=SC2086
	"$UNPACKCTL" pod --image example.com/a:1 -n "$NS" $flags >pod.yaml
	ok "the server takes a pod with $flags" exits 0 \
		kubectl create --dry-run=server -f pod.yaml
	ok "and has nothing to add to its security" sh -c "kubectl create \
		--dry-run=server -o json -f pod.yaml | \"\$UNPACKCTL\" check-pod -q -"
done
"$UNPACKCTL" pod --image example.com/a:1 -n "$NS" -o json |
	jq '.spec.containers[0].resources.limits.memory="1Gi"' >pod.json
ok "the LimitRange refuses a greedy pod" exits 1 \
	kubectl create --dry-run=server -f pod.json
ok "for its memory" has err 'maximum memory usage per Container is 256Mi'
# rukpak BUNDLE UNPACK: the pod that RukPak makes, in $NS
rukpak() {
	sed "s|BUNDLE$|$1|; s|UNPACK$|$2|; s|^  name: .*|&\n  namespace: $NS|" \
		"$TOP/test/cluster/rukpak.yaml"
}
rukpak example.com/a:1 example.com/unpack:1 >pod.yaml
is "RukPak's pods get what they did not ask for" "$(kubectl create \
	--dry-run=server -o json -f pod.yaml |
	jq -c '.spec.containers[0].resources')" \
	'{"limits":{"memory":"64Mi"},"requests":{"cpu":"10m","memory":"16Mi"}}'

# ------------------------------------------------------------------ overlays
is "the NetworkPolicy is for every pod" "$(k get networkpolicy \
	unpack-pods-deny-all -o json |
	jq -c '[.spec.podSelector, .spec.policyTypes]')" \
	'[{},["Ingress","Egress"]]'
ok "another namespace: it is made" exits 0 "$kustomizer" kustomize \
	"$M/overlays/elsewhere"
sed "s/my-namespace/$NS-else/g" out >elsewhere.yaml
ok "... and names no other" lacks elsewhere.yaml 'unpack-system'
is "... nor makes one" "$(kubectl create --dry-run=client -o name \
	-f elsewhere.yaml | grep -c '^namespace/')" 0
kubectl create namespace "$NS-else" >/dev/null
ok "... it applies" exits 0 kubectl apply -f elsewhere.yaml
is "... its provisioner may make pods there" "$(kubectl auth can-i create \
	pods -n "$NS-else" --as "system:serviceaccount:$NS-else:provisioner" \
	2>/dev/null)" yes
is "... and here not" "$(kubectl auth can-i create pods -n "$NS" \
	--as "system:serviceaccount:$NS-else:provisioner" 2>/dev/null)" no
kubectl delete namespace "$NS-else" --wait=false >/dev/null
ok "a quota: it is made" exits 0 "$kustomizer" kustomize "$M/overlays/quota"
here <out >quota.yaml
ok "... it applies" exits 0 kubectl apply -f quota.yaml
for _ in $(seq 20); do
	[ "$(k get resourcequota unpack-pods \
		-o jsonpath='{.status.hard.pods}')" = 10 ] && break
	sleep 0.5
done
"$UNPACKCTL" pod --image example.com/a:1 -n "$NS" >pod.yaml 2>err
is "... a pod that asks for no limit gets one" "$(kubectl create \
	--dry-run=server -o json -f pod.yaml |
	jq -r '.spec.containers[0].resources.limits.cpu')" 1
"$UNPACKCTL" pod --image example.com/a:1 -n "$NS" --limits cpu=2 >pod.yaml 2>err
is "... or that which it asks for" "$(kubectl create --dry-run=server \
	-o json -f pod.yaml | jq -r '.spec.containers[0].resources.limits.cpu')" 2
k delete limitrange unpack-pods >/dev/null
ok "... without the LimitRange, too" exits 0 kubectl create --dry-run=server \
	-f pod.yaml
"$UNPACKCTL" pod --image example.com/a:1 -n "$NS" >pod.yaml 2>err
ok "... and none is refused" exits 1 kubectl create --dry-run=server -f pod.yaml
ok "... by the quota" has err 'must specify limits.cpu'
k delete resourcequota unpack-pods >/dev/null
kubectl apply -f base.yaml >/dev/null

# --------------------------------------------------------- BundleDeployments
#
# Applied where the cluster knows them: a definition of our own would bring
# down an API server 1.20 that was built with a newer Go than it was made for
# (its JSON library crashes on custom resources).
for f in bundledeployment bundledeployment-pull-secret; do
	cp "$E/$f.yaml" live.yaml
	if kubectl get crd $CRD >/dev/null 2>&1; then
		sed -i "s/^  name: .*/&-$$/" live.yaml
		ok "$f applies" exits 0 kubectl apply -f live.yaml
		kubectl get -o yaml -f live.yaml >got.yaml
		mv got.yaml live.yaml
	else
		ok_skip "$f applies" "the cluster has no $CRD"
		sed -i "s/^  name: .*/&\n  uid: 0a0b0c0d-1111-2222-3333-444455556666/" \
			live.yaml
	fi
	ok "its pod" exits 0 "$UNPACKCTL" pod -o json -n "$NS" -f live.yaml
	cp out pod.json
	is "has an owner" "$(jq -r '.metadata.ownerReferences[0].uid' pod.json)" \
		"$(sed -n 's/^  uid: //p' live.yaml)"
	ok "and is one that the server takes" exits 0 \
		kubectl create --dry-run=server -f pod.json
done
is "method 1: the pod has the secret" \
	"$(jq -r '.spec.imagePullSecrets[].name' pod.json)" my-registry

# -------------------------------------------------------------- the patches
secrets() {
	k get serviceaccount default -o json |
		jq -r '[.imagePullSecrets[]?.name]|join(" ")'
}
k create secret docker-registry my-registry --docker-server=example.com \
	--docker-username=me --docker-password=secret >/dev/null
k patch serviceaccount default \
	--patch '{"imagePullSecrets":[{"name":"before"}]}' >/dev/null
# with the words of the comments
ok "method 2: the patch" exits 0 kubectl patch serviceaccount default -n "$NS" \
	--patch "$(cat "$E/serviceaccount-patch.yaml")"
is "replaces the list, as it says" "$(secrets)" my-registry
add=$(sed -n "/--type=json/,/}\]'/s/^#//p" "$E/serviceaccount-patch.yaml" |
	sed -n "/--patch/,\$p" | sed "s/^ *--patch '//; s/}\]'/}]/")
ok "the other" exits 0 kubectl patch serviceaccount default -n "$NS" \
	--type=json --patch "$(echo "$add" | sed s/my-registry/more/)"
is "adds to it" "$(secrets)" "my-registry more"
"$UNPACKCTL" pod --image example.com/a:1 -n "$NS" >pod.yaml
is "a pod that names none has them" "$(kubectl create --dry-run=server -o json \
	-f pod.yaml | jq -c '[.spec.imagePullSecrets[].name]')" \
	'["my-registry","more"]'
k patch serviceaccount default --patch '{"imagePullSecrets":[]}' >/dev/null

# ----------------------------------------------------------------- pods that run
if ! command -v buildah >/dev/null || ! command -v ctr >/dev/null ||
	[ -z "${CONTAINERD_ADDRESS-}" ]; then
	ok_skip "pods run" "needs buildah, ctr and CONTAINERD_ADDRESS"
	done_testing
	exit
fi
b() {
	buildah --root "$PWD/store" --runroot "$PWD/run" \
		--storage-driver vfs "$@" >/dev/null 2>build.log
}
# load NAME: from buildah's storage to the node
load() {
	b push "$1" "docker-archive:image.tar:$1" &&
		ctr images import image.tar >/dev/null && rm -f image.tar &&
		images="$images $1"
}
bundle=localhost/unpack-test/bundle:$$
unpacker=localhost/unpack-test/unpack:$$
mkdir image
cp "$UNPACK" image/unpack
chmod 755 image image/unpack
ln -s unpack image/cp
printf 'FROM scratch\nCOPY . /\n' >Dockerfile
ok "the example's Dockerfile builds" b bud --isolation chroot -t "$bundle" \
	-f "$E/Dockerfile" "$TOP/test/bundles/hello-operator"
ok "our image builds" b bud --isolation chroot -t "$unpacker" \
	-f Dockerfile image
ok "the node has the bundle" load "$bundle"
ok "and our image" load "$unpacker"
mkdir wanted
cp -r "$TOP/test/bundles/hello-operator/manifests" \
	"$TOP/test/bundles/hello-operator/metadata" wanted

# runs NAME FLAG...: a pod with these flags writes the bundle
runs() {
	name=$1
	shift
	"$UNPACKCTL" pod --name "$name" --image "$bundle" -n "$NS" \
		--unpacker-image "$unpacker" "$@" >pod.yaml
	ends "$name"
}
# ends NAME: the pod in pod.yaml unpacks the bundle
ends() {
	name=$1
	kubectl create -f pod.yaml >/dev/null || return 1
	for _ in $(seq 120); do
		phase=$(k get pod "$name" -o jsonpath='{.status.phase}')
		case $phase in Succeeded | Failed) break ;; esac
		sleep 0.5
	done
	k logs "$name" -c bundle >log
	if [ "$phase" != Succeeded ]; then
		k get pod "$name" -o json | jq -c .status | sed 's/^/# /'
		head -c 500 log | sed 's/^/# /'
		return 1
	fi
	rm -rf got
	"$UNPACKCTL" extract -C got log >/dev/null && diff -r wanted got
}
ok "a pod runs" runs one
is "and leaves its result" "$(k get pod one -o json |
	jq -r '.status.containerStatuses[0].state.terminated.message' |
	jq -r '[.result,.format,.entries > 4]|@csv')" '"ok","json",true'
ok "as another user" runs two --run-as-user 1000640000
ok "in parts" runs three --format jsonl
rukpak "$bundle" "$unpacker" >pod.yaml
ok "as RukPak's" ends rukpak
done_testing
