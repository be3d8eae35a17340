# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What the cluster tests share: a cluster, a namespace of the test's own, and
# images.
#
#   . "$TOP/test/cluster/lib.sh"
#   cluster_open
#   image hello "$TOP/test/bundles/hello-operator"
#   ok "it unpacks" exits 0 run --image "$IMAGES/hello:test" -C out
#   done_testing
#
# The cluster is the one that KUBECONFIG names (test/cluster/on starts one).
# How images get to its nodes:
#   CONTAINERD_ADDRESS   ctr imports them into the node's containerd
#   UNPACK_REGISTRY      skopeo copies them to this registry
#   kind                 where the context's name begins with kind-

. "$TOP/test/lib.sh"

[ -n "${KUBECONFIG-}" ] || skip_all "needs a cluster: KUBECONFIG is not set"
need kubectl jq tar sha256sum
kubectl version >version.log 2>&1 || skip_all "the cluster does not answer"

NS=unpack-test-$$
IMAGES=localhost/unpack-test-$$
[ -n "${CONTAINERD_ADDRESS-}" ] || IMAGES=${UNPACK_REGISTRY:-localhost}/unpack-test-$$
: >images.list

# Everything a test makes goes with its namespace; images go by name.
cluster_close() {
	kubectl delete namespace "$NS" --wait=false >/dev/null 2>&1
	[ -z "${registry_pid-}" ] || kill "$registry_pid" 2>/dev/null
	[ -z "${CONTAINERD_ADDRESS-}" ] ||
		xargs -r ctr -n k8s.io images rm <images.list >/dev/null 2>&1
}

# new_namespace NAME: with its service account, which comes a moment later
new_namespace() {
	kubectl create namespace "$1" >/dev/null || return 1
	# a minute: the controllers of an API server that was away come back late
	for _ in $(seq 120); do
		kubectl -n "$1" get serviceaccount default >/dev/null 2>&1 &&
			return 0
		sleep 0.5
	done
}

# cluster_open: a namespace, and our image, as the Dockerfile makes it.
cluster_open() {
	trap cluster_close EXIT
	trap 'exit 1' INT TERM
	new_namespace "$NS" || skip_all "may not make a namespace"
	mkdir -p own/usr/bin
	cp "$UNPACK" own/unpack
	chmod 0555 own/unpack
	ln -s unpack own/cp
	ln -s ../../unpack own/usr/bin/cp
	image unpack own '{"Env": ["PATH=/usr/bin"], "User": "65532:65532",
		"Entrypoint": ["/unpack"]}' ||
		skip_all "images do not get to the nodes"
}

# archive FILE REF DIR [CONFIG]: an image of one layer that holds DIR, owned by
# root, as a docker-archive; CONFIG is JSON of its config.
archive() {
	mkdir -p archive
	tar -C "$3" --sort=name --numeric-owner --owner=0 --group=0 \
		-cf archive/layer.tar .
	archive_id=$(sha256sum <archive/layer.tar | cut -d' ' -f1)
	cat >archive/config.json <<-E
		{"architecture": "$(dpkg --print-architecture)", "os": "linux",
		 "config": ${4:-{\}},
		 "rootfs": {"type": "layers", "diff_ids": ["sha256:$archive_id"]}}
	E
	cat >archive/manifest.json <<-E
		[{"Config": "config.json", "RepoTags": ["$2"],
		  "Layers": ["layer.tar"]}]
	E
	tar -C archive -cf "$1" manifest.json config.json layer.tar
	rm -rf archive
}

# load FILE REF: bring an archive to the nodes.
load() {
	if [ -n "${CONTAINERD_ADDRESS-}" ]; then
		ctr -n k8s.io images import "$1"
	elif [ -n "${UNPACK_REGISTRY-}" ]; then
		skopeo copy --dest-tls-verify=false \
			"docker-archive:$1" "docker://$2"
	elif kubectl config current-context | grep -q '^kind-'; then
		kind load image-archive "$1" \
			--name "$(kubectl config current-context | cut -c6-)"
	else
		skip_all "no way to bring images to the nodes; set UNPACK_REGISTRY"
	fi >load.log 2>&1 || {
		sed 's/^/# /' load.log
		return 1
	}
}

# image NAME DIR [CONFIG]: the image $IMAGES/NAME:test, on the nodes.
image() {
	archive "$1.tar" "$IMAGES/$1:test" "$2" "${3-}"
	load "$1.tar" "$IMAGES/$1:test" || return 1
	echo "$IMAGES/$1:test" >>images.list
	rm -f "$1.tar"
}

# run OPTION...: unpackctl run, in our namespace, with our image.
run() {
	"$UNPACKCTL" run -n "$NS" --unpacker-image "$IMAGES/unpack:test" \
		--image-pull-policy IfNotPresent --timeout 120s "$@"
}

# pods [OPTION...]: the names of the pods that are there and not on their way out
pods() {
	kubectl -n "$NS" get pods "$@" -o json | jq -r \
		'.items[] | select(.metadata.deletionTimestamp == null) | .metadata.name'
}

# no_pods: no pod of ours is left.
no_pods() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ -z "$(pods -l app.kubernetes.io/name=unpack)" ] && return 0
		sleep 0.5
	done
	pods | sed 's/^/# left: /'
	return 1
}

# same DIR1 DIR2: the same names, types, modes and contents.
same() {
	diff -r --no-dereference "$1" "$2" >same.log 2>&1 &&
		(cd "$1" && find . -mindepth 1 -printf '%y %m %P %l\n' | sort) >same.1 &&
		(cd "$2" && find . -mindepth 1 -printf '%y %m %P %l\n' | sort) >same.2 &&
		cmp -s same.1 same.2 && return 0
	sed 's/^/# /' same.log | head -n 10
	diff same.1 same.2 | sed 's/^/# /' | head -n 10
	return 1
}

# said FILE PATTERN: wait until it has a line like this
said() {
	for _ in $(seq 600); do
		grep -qE "$2" "$1" 2>/dev/null && return 0
		sleep 0.05
	done
}

# slow_images: big, a bundle whose log takes 8 s by the unpacker slow
slow_images() {
	mkdir -p big/manifests slow
	head -c 400000 /dev/urandom >big/manifests/noise
	cp "$TOP"/test/bundles/hello-operator/manifests/* big/manifests/
	chmod -R a+rX big
	image big big
	musl-gcc -D_GNU_SOURCE -DRATE=65536 -static -O1 -o slow/unpack \
		"$TOP/test/cluster/slow.c" || exit 1
	cp "$UNPACK" slow/unpack.real
	image slow slow
}

# server_take: the API server of ../shared/cluster is to be stopped and started;
# its command line is that of the one that runs
RUN=/var/run/unpack-cluster
server_take() {
	[ "$KUBECONFIG" = $RUN/kubeconfig ] && [ -r $RUN/kube-apiserver.pid ] ||
		skip_all "needs the API server of ../shared/cluster, to stop it"
	read -r server _ <$RUN/kube-apiserver.pid
	cp "/proc/$server/cmdline" server.cmdline
	server_stopped=
	cat >start.py <<-E
		import os
		os.setsid()
		stat = open("/proc/self/stat").read()
		with open("$RUN/kube-apiserver.pid", "w") as f:
		    print(os.getpid(), stat.rsplit(")", 1)[1].split()[19], file=f)
		args = open("server.cmdline").read().split(chr(0))[:-1]
		os.execv(args[0], args)
	E
}

# server_stop SIGNAL
server_stop() {
	read -r server _ <$RUN/kube-apiserver.pid
	kill "-$1" "$server"
	server_stopped=1
}

# server_start: where it was stopped; one that drains is left to that
server_start() {
	[ -n "$server_stopped" ] || return 0
	server_stopped=
	python3 start.py >>/var/log/unpack-cluster/kube-apiserver.log 2>&1 \
		</dev/null &
	for _ in $(seq 240); do
		kubectl get --raw /readyz >/dev/null 2>&1 && break
		sleep 0.5
	done
}

# tried NAME CODE REGEX...: it ended so, and said all of this
tried() {
	try_name=$1 try_code=$2
	shift 2
	[ "$(cat "$try_name.code")" = "$try_code" ] || {
		echo "# $try_name: exit $(cat "$try_name.code")"
		tail -n 5 "$try_name.err" | sed 's/^/# /'
		return 1
	}
	for try_words; do
		has "$try_name.err" "$try_words" || return 1
	done
}
