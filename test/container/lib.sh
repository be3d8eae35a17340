# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What the container tests share: podman with a storage of its own, images,
# pods, and what the pods left.
#
#   . "$TOP/test/container/lib.sh"
#   store_open
#   image hello "$TOP/test/bundles/hello-operator"
#   pod_begin p 65532 0 /.unpack '[/unpack, install, /.unpack/unpack]'
#   pod_bundle hello hello /.unpack 'command: [/.unpack/unpack]'
#   ok "the pod ran" pod_run p
#   ok "hello is whole" whole p hello hello $RUNTIME --mount .unpack
#   done_testing
#
# A pod's volumes are host directories that lie and look like kubelet's, so
# that /proc/self/mountinfo in the container does, too.

. "$TOP/test/lib.sh"
HERE=$TOP/test/container
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE

# What podman mounts in a container with a read-only root, and a file that it
# makes: truth.py's options.
# shellcheck disable=SC2034
RUNTIME='--mount proc --mount sys --mount dev --mount etc/hosts
	--mount etc/hostname --mount etc/resolv.conf --mount etc/passwd
	--mount etc/group --mount run/.containerenv --without etc/mtab'

need podman buildah skopeo runc python3
[ "$(id -u)" = 0 ] || skip_all "needs root"

# overlay_works: may we mount an overlay here?
overlay_works() {
	mkdir -p o/l o/u o/w o/m
	if mount -t overlay -o lowerdir=o/l,upperdir=o/u,workdir=o/w \
		overlay o/m 2>/dev/null; then
		umount o/m && rm -rf o
		return 0
	fi
	rm -rf o
	return 1
}

# store_bare: a storage in ./store, or in $STORE.  $DRIVER is the storage driver:
# overlay if it works, or vfs.
store_bare() {
	: "${STORE:=$PWD/store}"
	STORES="${STORES-} $STORE"
	[ -n "${DRIVER-}" ] || {
		DRIVER=vfs
		overlay_works && DRIVER=overlay
	}
	mkdir -p "$STORE"
	cat >"$STORE/storage.conf" <<-E
		[storage]
		driver = "$DRIVER"
		graphroot = "$STORE/root"
		runroot = "$STORE/run"
	E
	# runc, as crun refuses hybrid cgroups; limits that no hard limit of
	# the machine is below
	cat >"$STORE/containers.conf" <<-E
		[containers]
		default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
		[engine]
		runtime = "runc"
		cgroup_manager = "cgroupfs"
		events_logger = "none"
		infra_image = "localhost/pause:1"
		image_parallel_copies = 2
	E
	echo '{"default": [{"type": "insecureAcceptAnything"}]}' \
		>"$STORE/policy.json"
	store_use
	trap store_close EXIT
	trap 'exit 1' INT TERM
}

# store_open: such a storage, with our image and the pause image in it.
store_open() {
	store_bare
	image_pause || bail "buildah cannot build"
	image_ours || bail "buildah cannot build"
}

# bail REASON: a failure that leaves nothing to test.
bail() {
	echo "not ok - $1"
	exit 1
}

store_close() {
	for STORE in $STORES; do
		store_use
		podman pod rm -fa -t 0 >/dev/null 2>&1
		# what a container that died left mounted
		awk -v s="$STORE/" 'index($5, s) == 1 { print $5 }' \
			/proc/self/mountinfo | sort -r |
			xargs -r umount -l 2>/dev/null
		rm -rf "$STORE"
	done
}

# store_use: $STORE is the one that podman and others use from here.
store_use() {
	CONTAINERS_STORAGE_CONF=$STORE/storage.conf
	CONTAINERS_CONF=$STORE/containers.conf
	export CONTAINERS_STORAGE_CONF CONTAINERS_CONF
}

# ------------------------------------------------------------------- images

# image NAME DIR [LINE...]: localhost/NAME:1, FROM scratch with DIR at /,
# and further lines of a Dockerfile.
image() {
	image_name=$1 image_dir=$2
	shift 2
	printf '%s\n' 'FROM scratch' 'COPY . /' "$@" >"$STORE/Dockerfile"
	buildah bud -q --signature-policy "$STORE/policy.json" \
		-t "localhost/$image_name:1" -f "$STORE/Dockerfile" \
		"$image_dir" >/dev/null
}

# image_layers NAME: an image that images.py describes, with entries that a
# Dockerfile cannot make.
image_layers() {
	"$HERE/images.py" "$1" "$STORE/layers-$1" &&
		skopeo copy -q --policy "$STORE/policy.json" \
			"oci:$STORE/layers-$1:1" \
			"containers-storage:localhost/$1:1"
}

# image_ours: our own image, as the Dockerfile makes it from what is built.
image_ours() {
	mkdir -p "$STORE/ours/usr/bin"
	cp "$UNPACK" "$STORE/ours/unpack" &&
		ln -s unpack "$STORE/ours/cp" &&
		ln -s ../../unpack "$STORE/ours/usr/bin/cp" &&
		chmod -R a+rX "$STORE/ours" &&
		image ours "$STORE/ours" \
			'ENV PATH=/usr/bin' \
			'USER 65532:65532' 'ENTRYPOINT ["/unpack"]'
}

# image_pause: what a pod's first container runs, busybox at hand.
image_pause() {
	need busybox
	mkdir -p "$STORE/pause"
	cp "$(command -v busybox)" "$STORE/pause/busybox" &&
		image pause "$STORE/pause" 'STOPSIGNAL KILL' \
			'CMD ["/busybox", "sleep", "600"]'
}

# truth NAME [OPTION...]: what the image holds, by truth.py.
truth() {
	truth_image=$1
	shift
	if [ ! -e "$STORE/oci/$truth_image" ]; then
		mkdir -p "$STORE/oci"
		skopeo copy -q --policy "$STORE/policy.json" \
			"containers-storage:localhost/$truth_image:1" \
			"oci:$STORE/oci/$truth_image:1" || return 1
	fi
	"$HERE/truth.py" "$@" "$STORE/oci/$truth_image"
}

# --------------------------------------------------------------------- pods

# security: the restricted profile, no capabilities, a read-only root.
security() {
	cat <<-E
		    imagePullPolicy: Never
		    securityContext:
		      runAsNonRoot: true
		      runAsUser: $pod_uid
		      runAsGroup: $pod_gid
		      allowPrivilegeEscalation: false
		      readOnlyRootFilesystem: true
		      capabilities: {drop: [ALL]}
	E
}

# pod_begin NAME UID GID MOUNT INIT: a pod whose init container runs INIT (a
# YAML list) in our image, with the volume at MOUNT.  Add the others with
# pod_bundle, then pod_run.
pod_begin() {
	pod=$1 pod_uid=$2 pod_gid=$3
	pod_dir=$STORE/kubelet/pods/$pod
	pod_volume=$pod_dir/volumes/kubernetes.io~empty-dir/unpack
	mkdir -p "$pod_volume" "$pod_dir/containers" "$pod"
	chmod 0777 "$pod_volume"
	: >"$pod_dir/volumes.yaml"
	cat >"$pod_dir/pod.yaml" <<-E
		apiVersion: v1
		kind: Pod
		metadata:
		  name: $pod
		  annotations:
		    io.podman.annotations.init.container.type: always
		spec:
		  restartPolicy: Never
		  hostNetwork: true
		  automountServiceAccountToken: false
		  initContainers:
		  - name: install
		    image: localhost/ours:1
		    command: $5
		    volumeMounts:
		    - {name: unpack, mountPath: $4}
	E
	security >>"$pod_dir/pod.yaml"
	echo '  containers:' >>"$pod_dir/pod.yaml"
}

# pod_bundle NAME IMAGE MOUNT COMMAND [HOSTPATH PLACE]: a container of IMAGE
# that runs COMMAND (a YAML line) as $pod_uid and $pod_gid, with the volume at
# MOUNT, a termination log, and HOSTPATH mounted read-only at PLACE.  Further
# lines for it may be added to $pod_dir/pod.yaml.
pod_bundle() {
	term=$pod_dir/containers/$1/0badcafe
	mkdir -p "${term%/*}"
	: >"$term"
	chmod 0666 "$term"
	cat >>"$pod_dir/pod.yaml" <<-E
		  - name: $1
		    image: localhost/$2:1
		    $4
		    workingDir: /
		    volumeMounts:
		    - {name: unpack, mountPath: $3}
		    - {name: term-$1, mountPath: /dev/termination-log}
	E
	cat >>"$pod_dir/volumes.yaml" <<-E
		  - name: term-$1
		    hostPath: {path: $term, type: File}
	E
	if [ $# -gt 4 ]; then
		cat >>"$pod_dir/pod.yaml" <<-E
			    - {name: data-$1, mountPath: $6, readOnly: true}
		E
		cat >>"$pod_dir/volumes.yaml" <<-E
			  - name: data-$1
			    hostPath: {path: $5, type: Directory}
		E
	fi
	security >>"$pod_dir/pod.yaml"
}

# pod_run POD: run the pod, the one begun last, to its end; ./POD/NAME.{exit,
# log,stdout,stderr,term} are what its containers left.  $POD_VOLUME, if set,
# is the volume's source.
pod_run() {
	pod_start "$1" || pod_failed=1
	[ "$pod_failed" = 1 ] || pod_wait || pod_failed=1
	pod_end
	[ "$pod_failed" = 0 ] && return 0
	sed 's/^/# /' "$pod/play"
	return 1
}

# pod_start POD: until its containers have started.
pod_start() {
	pod_failed=0
	pod_source="hostPath: {path: $pod_volume, type: Directory}"
	cat - "$pod_dir/volumes.yaml" >>"$pod_dir/pod.yaml" <<-E
		  volumes:
		  - name: unpack
		    ${POD_VOLUME-$pod_source}
	E
	podman play kube "$pod_dir/pod.yaml" >"$pod/play" 2>&1
}

# pod_end: collect what the pod's containers left, and remove it.
pod_end() {
	podman ps -aq --filter "pod=$pod" >"$pod/ids"
	[ ! -s "$pod/ids" ] || xargs podman inspect <"$pod/ids" |
		"$HERE/collect.py" "$pod"
	for term in "$pod_dir"/containers/*/0badcafe; do
		name=${term%/*}
		cp "$term" "$pod/${name##*/}.term"
	done
	podman pod rm -f -t 0 "$pod" >/dev/null 2>&1
}

# pod_wait: until no container but the pod's first one runs.
pod_wait() {
	for pod_tries in $(seq 600); do
		podman ps -q --filter "pod=$pod" --filter status=running \
			>"$pod/running"
		[ "$(wc -l <"$pod/running")" -le 1 ] && return 0
		sleep 0.1
	done
	echo "# still running after $pod_tries looks"
	return 1
}

# ----------------------------------------------------------------- verdicts

# ended POD/NAME CODE: the container's exit code.
ended() {
	ended_code=none
	[ ! -e "$1.exit" ] || read -r ended_code <"$1.exit"
	[ "$ended_code" = "$2" ] && return 0
	echo "# $1: exit $ended_code, wanted $2"
	# its last line may have no end
	[ ! -e "$1.log" ] || head -c 1000 "$1.log" | sed 's/^/# /' | grep ''
	return 1
}

# whole POD NAME IMAGE [OPTION...]: the container exited 0 in silence and its
# log, of $FORMAT, is IMAGE, as truth.py with OPTIONs sees it.
FORMAT=json
whole() {
	whole_at=$1/$2 whole_image=$3
	shift 3
	ended "$whole_at" 0 && empty "$whole_at.stderr" && truth "$whole_image" "$@" >want &&
		"$HERE/decode.py" "$FORMAT" "$whole_at.log" tar >got || return 1
	cmp -s want got && return 0
	diff want got | head -n 20 | cut -c1-300 | sed 's/^/# /'
	return 1
}

# refused POD NAME: the container exited 3 and wrote nothing on stdout.
refused() {
	ended "$1/$2" 3 && empty "$1/$2.stdout"
}
