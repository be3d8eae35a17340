#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A real kubelet and containerd run RukPak's pod and ours: what the API shows
# as the log is the image, and the status of a refused bundle tells why.
#
# Needs a node whose containerd is at CONTAINERD_ADDRESS, as images are put
# there by hand, and KUBECONFIG.
. "$TOP/test/container/lib.sh"

need jq kubectl ctr
[ -n "${KUBECONFIG-}" ] || skip_all "needs KUBECONFIG"
[ -n "${CONTAINERD_ADDRESS-}" ] || skip_all "needs CONTAINERD_ADDRESS"
kubectl get --raw /readyz >/dev/null 2>&1 || skip_all "no cluster answers"

NS=unpack-drop-in-$$
# What kubelet and containerd mount.
KUBELET='--mount proc --mount sys --mount dev --mount etc/hosts
	--mount etc/hostname --mount etc/resolv.conf'

bundle=$TOP/../shared/bundles/etcd.0.9.2
[ -d "$bundle" ] || bundle=$TOP/test/bundles/hello-operator
images='ours bundle volume names own locked led-resolv'

close() {
	kubectl delete namespace "$NS" --wait=false >/dev/null 2>&1
	for name in $images; do
		ctr -n k8s.io images rm "localhost/$NS/$name:1" >/dev/null 2>&1
	done
	store_close
}
store_open
trap close EXIT
image bundle "$bundle"
image volume "$TOP/test/bundles/hello-operator" 'VOLUME /manifests'
for name in names own locked led-resolv; do
	image_layers "$name" || bail "no image $name"
done
for name in $images; do
	skopeo copy -q --policy "$STORE/policy.json" \
		"containers-storage:localhost/$name:1" \
		"docker-archive:$STORE/$name.tar:localhost/$NS/$name:1" ||
		bail "no archive of image $name"
	ctr -n k8s.io images import "$STORE/$name.tar" >/dev/null ||
		bail "image $name did not reach the node"
	rm "$STORE/$name.tar"
done

# restricted UID GID: the security context of a container.
restricted() {
	cat <<-E
		    imagePullPolicy: Never
		    securityContext:
		      runAsNonRoot: true
		      runAsUser: $1
		      runAsGroup: $2
		      allowPrivilegeEscalation: false
		      readOnlyRootFilesystem: true
		      capabilities: {drop: [ALL]}
		      seccompProfile: {type: RuntimeDefault}
	E
}

# pod NAME TOKEN MOUNT INIT: the head of a pod, and its init container.
pod() {
	cat <<-E
		---
		apiVersion: v1
		kind: Pod
		metadata: {name: $1, namespace: $NS}
		spec:
		  restartPolicy: Never
		  automountServiceAccountToken: $2
		  enableServiceLinks: false
		  volumes: [{name: util, emptyDir: {}}]
		  initContainers:
		  - name: install
		    image: localhost/$NS/ours:1
		    command: $4
		    volumeMounts: [{name: util, mountPath: $3}]
	E
	restricted 1001 1001
	echo '  containers:'
}

# container NAME MOUNT COMMAND UID GID [POLICY]: one of its containers.
container() {
	cat <<-E
		  - name: $1
		    image: localhost/$NS/$1:1
		    command: $3
		    workingDir: /
		    terminationMessagePolicy: ${6:-File}
		    volumeMounts: [{name: util, mountPath: $2}]
		    resources:
		      requests: {memory: 4Mi, cpu: 10m}
		      limits: {memory: 16Mi, cpu: 500m}
	E
	restricted "$4" "$5"
}

{
	# ours; a plain pod, with the service account's token in it
	pod ours true /.unpack '[/unpack, install, /.unpack/unpack]'
	for name in bundle volume names own locked led-resolv; do
		container "$name" /.unpack '[/.unpack/unpack, --bundle-dir=/]' \
			1000660000 0
	done
	# RukPak 0.24
	pod rukpak false /util/bin '[/cp, -Rv, /unpack, /util/bin/unpack]'
	for name in bundle locked; do
		container "$name" /bin '[/bin/unpack, --bundle-dir, /]' \
			1001 1001 FallbackToLogsOnError
	done
} >pods.yaml
kubectl create namespace "$NS" >/dev/null || bail "no namespace"
for _ in $(seq 100); do
	kubectl -n "$NS" get serviceaccount default >/dev/null 2>&1 && break
	sleep 0.2
done
kubectl create -f pods.yaml >/dev/null || bail "pods were not admitted"

# over POD: its phase is final.
over() {
	for _ in $(seq 300); do
		phase=$(kubectl -n "$NS" get pod "$1" -o 'jsonpath={.status.phase}')
		case $phase in Succeeded | Failed) return 0 ;; esac
		sleep 0.3
	done
	kubectl -n "$NS" describe pod "$1" | tail -n 20 | sed 's/^/# /'
	return 1
}

# fetch POD NAME...: what the API shows of containers, as pod_run leaves it.
fetch() {
	fetch_pod=$1
	shift
	mkdir -p "$fetch_pod"
	kubectl -n "$NS" get pod "$fetch_pod" -o json >"$fetch_pod/json"
	for name; do
		kubectl -n "$NS" logs "$fetch_pod" -c "$name" \
			>"$fetch_pod/$name.log"
		# one stream is all that the API has
		: >"$fetch_pod/$name.stderr"
		jq -r --arg name "$name" '.status.containerStatuses[] |
			select(.name == $name) | .state.terminated.exitCode' \
			"$fetch_pod/json" >"$fetch_pod/$name.exit"
		kubectl -n "$NS" get pod "$fetch_pod" -o "jsonpath={.status.\
containerStatuses[?(@.name=='$name')].state.terminated.message}" \
			>"$fetch_pod/$name.term"
	done
}

ok "our pod ends" over ours
ok "RukPak's pod ends" over rukpak
fetch ours bundle volume names own locked led-resolv
fetch rukpak bundle locked

# shellcheck disable=SC2086 # options
for name in bundle volume names own; do
	ok "ours: $name is whole" whole ours "$name" "$name" $KUBELET \
		--mount .unpack \
		--mount var/run/secrets/kubernetes.io/serviceaccount
	is "ours: the status of $name" "$(jq -r '.result, .entries' \
		"ours/$name.term" | xargs)" "ok $(wc -l <want | xargs)"
done
# shellcheck disable=SC2086
ok "rukpak: whole" whole rukpak bundle bundle $KUBELET --mount bin
ok "both say the same" cmp ours/bundle.log rukpak/bundle.log

ok "a locked bundle exits 3" ended ours/locked 3
ok "the log says why" has ours/locked.log '^unpack: z-locked: not readable'
# kubelet keeps 12 KiB of a pod's messages, an equal share for each container:
# in a pod of seven it cuts what three have room for
ok "its status begins with why" has ours/locked.term \
	'^\{"result":"failed","reason":"BundleUnreadable","message":"1[0-9] paths'
ok "rukpak: a locked bundle exits 3" ended rukpak/locked 3
is "rukpak: the pod has failed" "$(jq -r .status.phase rukpak/json)" Failed
is "rukpak: the status says why" "$(jq -r .reason rukpak/locked.term)" \
	BundleUnreadable
is "rukpak: and where" "$(jq -r '.findings[0].path' rukpak/locked.term)" \
	a-locked
ok "rukpak: the log is the reason" has rukpak/locked.log \
	'^unpack: dir0700: directory not readable: mode 0700, owner 0:0'
ok "resolv.conf over a manifest exits 3" ended ours/led-resolv 3
is "it is named" "$(jq -c '[.findings[] | .code, .path]' \
	ours/led-resolv.term)" '["content-hidden","manifests/a.yaml"]'
done_testing
