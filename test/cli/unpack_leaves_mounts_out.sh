#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is mounted is told apart from what the image holds: with real mounts,
# whose roots look as kubelet's and the runtimes' do.
. "$TOP/test/lib.sh"
[ "$(id -u)" = 0 ] || skip_all "needs root, to mount"
unshare -m true 2>/dev/null || skip_all "needs to make a mount namespace"
[ -z "${SANITIZED:-}" ] || skip_all "only the static program runs in a bare root"

id=$(printf 'a%.0s' $(seq 64))
node=$PWD/node
mkdir -p "$node/pods/u-1/volumes/kubernetes.io~empty-dir/tools" \
	"$node/pods/u-1/containers/bundle" "$node/sandboxes/$id" \
	"$node/containers/$id/volumes/$id" "$node/volumes/$id/_data" \
	"$node/volumes/tools/_data" "$node/overlay-containers/$id/userdata"
pod=$node/pods/u-1
for f in "$pod/etc-hosts" "$pod/containers/bundle/0123abcd" \
	"$node/sandboxes/$id/hostname" "$node/sandboxes/$id/resolv.conf" \
	"$node/overlay-containers/$id/userdata/passwd" \
	"$pod/volumes/kubernetes.io~empty-dir/tools/unpack"; do
	echo node >"$f"
done
echo volume >"$node/containers/$id/volumes/$id/declared"
echo volume >"$node/volumes/$id/_data/declared"
echo pod >"$node/volumes/tools/_data/foreign"

# image DIR: what the image holds
image() {
	mkdir -p "$1/manifests" "$1/metadata" "$1/truly-empty"
	echo csv >"$1/manifests/csv.yaml"
	echo notes >"$1/metadata/annotations.yaml"
}
# hang WHAT PLACE: as a runtime does, with the place made for it
hang() {
	if [ -d "$1" ]; then
		mkdir -p "$2"
	else
		mkdir -p "$(dirname "$2")"
		[ -e "$2" ] || : >"$2"
	fi
	mount --bind "$1" "$2"
}
in_ns() { unshare -m --propagation private sh -e "$@"; }
names() { jq -r .content <"$1" | base64 -d | tar tz | LC_ALL=C sort | tr '\n' ' '; }

image plain
"$UNPACK" --bundle-dir plain >plain.json

image pod1
cat >functions <<E
id=$id node=$node pod=$pod UNPACK=$UNPACK
$(sed -n '/^hang()/,/^}/p' "$0")
kubelet() {
	hang "\$pod/etc-hosts" "\$1/etc/hosts"
	hang "\$node/sandboxes/$id/hostname" "\$1/etc/hostname"
	hang "\$node/sandboxes/$id/resolv.conf" "\$1/etc/resolv.conf"
	hang "\$pod/volumes/kubernetes.io~empty-dir/tools" "\$1/.unpack/bin"
	mkdir -p "\$1/var/run/secrets/kubernetes.io/serviceaccount"
	mount -t tmpfs none "\$1/var/run/secrets/kubernetes.io/serviceaccount"
	mkdir -p "\$1/dev" "\$1/proc" "\$1/sys"
	mount -t tmpfs none "\$1/dev"
	mkdir "\$1/dev/pts"
	mount -t devpts -o newinstance devpts "\$1/dev/pts"
	hang "\$pod/containers/bundle/0123abcd" "\$1/dev/termination-log"
	mount -t proc proc "\$1/proc"
	mount -t sysfs -o ro sysfs "\$1/sys" 2>/dev/null ||
		mount --bind /sys "\$1/sys"
}
E
# the bundle's root must be the process's, as in a container
cp "$UNPACK" node/unpack-static
rooted() {
	cat functions - >script <<E
root=\$PWD/$1
mkdir -p "\$root"
mount --bind "\$root" "\$root"
$2
kubelet "\$root"
$3
install -m 755 node/unpack-static "\$root/.unpack/bin/unpack"
exec chroot "\$root" /.unpack/bin/unpack --bundle-dir=/ ${4:-}
E
	in_ns script
}

ok "a pod's mounts: exit 0" exits 0 rooted pod1 : :
ok "nothing of them is in the bundle" cmp out plain.json
ok "the pod left directories behind to hang them on" [ -d pod1/var/run ]

image pod2
mkdir -p pod2/etc/app pod2/var/run
echo own >pod2/etc/app.conf
echo own >pod2/var/kept
ok "directories that hold more than mounts: exit 0" exits 0 rooted pod2 : :
is "are kept, without the mounts" "$(names out)" \
	"./ etc/ etc/app.conf etc/app/ manifests/ manifests/csv.yaml metadata/ metadata/annotations.yaml truly-empty/ var/ var/kept "

image pod3
mkdir pod3/data pod3/data2
ok "a VOLUME of the image: exit 0" exits 0 rooted pod3 : "
	hang \$node/containers/$id/volumes/$id \$root/data
	hang \$node/volumes/$id/_data \$root/data2/deeper
	hang \$node/volumes/tools/_data \$root/data3
	hang \$node/overlay-containers/$id/userdata/passwd \$root/etc/passwd"
is "is content, a volume of the pod is not" "$(names out)" \
	"./ data/ data/declared data2/ data2/deeper/ data2/deeper/declared manifests/ manifests/csv.yaml metadata/ metadata/annotations.yaml truly-empty/ "

# what hides content, and what the runtime has filled, is named
# reports MOUNTS VOLUMES COMMANDS [DIR]: of `unpack check`
reports() {
	exits 0 rooted pod9 : "$3" || return 1
	sed "s,/unpack --bundle-dir=/,/unpack check --bundle-dir=${4:-/}," \
		script >script2
	in_ns script2 >out 2>err
	jq -ce '[.mounts, .volumes]' out >got
	echo "[$1,$2]" | diff - got
}
image pod9
mkdir -p pod9/etc/ssl/certs pod9/data pod9/none pod9/opt
echo own >pod9/etc/ssl/certs/own.pem
ok "a pod's own mounts are not worth a word" reports null null :
ok "a mount over the image's files is named" reports '["etc/ssl/certs"]' null \
	"mount -t tmpfs none \$root/etc/ssl/certs"
ok "whatever it is, wherever: nested, a file, over nothing" reports \
	'["manifests/csv.yaml","opt/a b","opt/a b/c","run","var/run/sock"]' null '
	mkdir -p "$root/opt/a b" "$root/run" "$root/var/run/secrets/sa"
	mount -t tmpfs none "$root/opt/a b"; mkdir "$root/opt/a b/c"
	mount -t tmpfs none "$root/opt/a b/c"
	hang "$pod/volumes/kubernetes.io~empty-dir/tools/unpack" \
		"$root/manifests/csv.yaml"
	hang "$pod/volumes/kubernetes.io~empty-dir/tools/unpack" "$root/var/run/sock"
	mount -t tmpfs none "$root/run"; mkdir -p "$root/run/secrets"
	mount -t tmpfs none "$root/run/secrets"
	mount -t tmpfs none "$root/var/run/secrets/sa"'
rm -r pod9/var/run/sock
ok "what another mount covers is not" reports '["opt"]' null '
	mkdir -p "$root/opt/a"; mount -t tmpfs none "$root/opt/a"
	mount -t tmpfs none "$root/opt"'
ok "the directory itself" reports '["."]' null '
	mount -t tmpfs none "$root/etc/ssl/certs"; : >"$root/etc/ssl/certs/x"' \
	/etc/ssl/certs
ok "... or one above it" reports '["."]' null '
	mount -t tmpfs none "$root/etc/ssl"
	mkdir "$root/etc/ssl/certs"; : >"$root/etc/ssl/certs/x"' /etc/ssl/certs
ok "a VOLUME with content is named, an empty one is not" reports null \
	'["data","data2","data2/in"]' '
	hang $node/containers/$id/volumes/$id $root/data
	mkdir -p $node/volumes/$(echo $id | tr a b)/_data $root/data2
	mkdir -p $node/volumes/$(echo $id | tr a c)/_data
	mount --bind $node/volumes/$(echo $id | tr a c)/_data $root/none
	mount --bind $node/volumes/$(echo $id | tr a b)/_data $root/data2
	hang $node/volumes/$id/_data $root/data2/in'
chmod 666 "$pod/containers/bundle/0123abcd"
ok "the termination message has both" exits 0 rooted pod9 : '
	hang $node/containers/$id/volumes/$id $root/data
	i=0; while [ $i -lt 300 ]; do
		mkdir -p "$root/opt/m$i"; mount -t tmpfs none "$root/opt/m$i"
		i=$((i + 1)); done'
ok "... as many as fit" jq -e '.result == "ok" and .mounts[0] == "opt/m0" and
	(.mounts | length) + .moreMounts == 300 and
	(.volumes | length) + (.moreVolumes // 0) == 1' \
	"$pod/containers/bundle/0123abcd"
ok "... in 4096 bytes" [ "$(wc -c <"$pod/containers/bundle/0123abcd")" -le 4096 ]

# symlinks in the image that lead mounts astray
image pod4
ok "resolv.conf over a manifest: exit 3" exits 3 rooted pod4 : \
	"hang \$node/sandboxes/$id/resolv.conf \$root/manifests/csv.yaml"
ok "nothing is written" empty out
ok "it is named" has err '^unpack: manifests/csv.yaml: hidden by a mount'
image pod5
ok "/etc led to /manifests: exit 3" exits 3 rooted pod5 : \
	"hang \$pod/etc-hosts \$root/manifests/hosts
	hang \$node/sandboxes/$id/hostname \$root/manifests/hostname"
is "each of them is named" "$(grep -c 'hidden by a mount' err)" 2
image pod6
ok "/dev led to /manifests: exit 3" exits 3 rooted pod6 : \
	"mount -t tmpfs none \$root/manifests
	mkdir \$root/manifests/pts
	mount -t devpts -o newinstance devpts \$root/manifests/pts"
ok "the directory is named" has err '^unpack: manifests: hidden by a mount'
ok "/dev over the bundle directory itself: exit 3" exits 3 rooted pod6 : \
	"mount -t tmpfs none \$root/manifests
	mkdir \$root/manifests/pts
	mount -t devpts -o newinstance devpts \$root/manifests/pts" \
	--bundle-dir=/manifests

# our own volume, led away by a symlink; `covered` names where it hides things
# own PLACE MADE: mounted on MADE in pod7, started by PLACE
own() {
	cat functions - >script <<E
root=\$PWD/pod7
mount --bind "\$root" "\$root"
mkdir -p "\$root/proc" "\$root/$2"
mount -t proc proc "\$root/proc"
$3
hang "\$pod/volumes/kubernetes.io~empty-dir/tools" "\$root/$2"
install -m 755 node/unpack-static "\$root/$2/unpack"
exec chroot "\$root" $1/unpack check --bundle-dir=/
E
	in_ns script
}
# own_is EXIT COVERED PLACE MADE [COMMAND]: found so, and COVERED is named
own_is() {
	own_code=$1 own_covered=$2
	shift 2
	exits "$own_code" own "$1" "$2" "${3:-:}" || return 1
	jq -ce '[.skipped.covered, (.skippedPaths[] |
		select(.why == "covered").path)]' out >got
	echo "$own_covered" | diff - got
}
image pod7
mkdir -p pod7/usr/bin pod7/real
ln -s usr/bin pod7/bin
ln -s manifests pod7/.unpack
ln -s real pod7/led
random=/.unpack-0123456789abcdef0123456789abcdef
ok "our volume in its place" own_is 0 '[0]' $random $random
ok "at a place that an image may use: named" \
	own_is 0 '[1,"opt/x"]' /opt/x opt/x
ok "over manifests: exit 3" own_is 3 '[0]' /.unpack manifests
ok "it is named" [ "$(jq -rc '.findings[] | [.code, .path]' out)" = \
	'["content-hidden","manifests"]' ]
ok "over nothing: exit 3 too" own_is 3 '[0]' /led real
ok "whatever it is" own_is 3 '[0]' /led real 'node=x; hang() {
	mount -t tmpfs none "$2"; }'
ok "/bin, a link to usr/bin: named" own_is 0 '[1,"usr/bin"]' /bin usr/bin
ok "a base image in a pod of RukPak's" exits 0 in_ns -c '
	sed -i "s/ check / /" script && . ./script'

# an image that brings a /proc of its own
image pod8
mkdir -p pod8/proc/self/fd
echo '1 0 0:1 / / rw - overlay overlay rw' >pod8/proc/self/mountinfo
cp node/unpack-static pod8/unpack
ok "a /proc that is not the kernel's: exit 1" exits 1 chroot pod8 /unpack
ok "nothing is written" empty out
ok "it says why" has err '^unpack: /proc/self: not in a proc file system'

# where nothing tells what is mounted
image pod10
cp node/unpack-static pod10/unpack
for command in "" check; do
	# shellcheck disable=SC2086
	ok "without /proc: exit 1 $command" exits 1 chroot pod10 /unpack $command
	ok "nothing is written" lacks out content
	ok "it says why" has err '^unpack: /proc/self: without it nothing tells'
done
mkdir pod10/proc
ok "with an empty one: exit 1" exits 1 chroot pod10 /unpack
ok "with one: exit 0" exits 0 in_ns -c \
	'mount -t proc proc pod10/proc && exec chroot pod10 /unpack'

# what runtimes leave without a mount
image kind
printf 'kind\n' >kind/product_name
echo 3f7c1f0e-uuid >kind/product_uuid
: >kind/.dockerenv
mkdir kind/zz
: >kind/zz/.dockerenv
mkdir plain/zz
: >plain/zz/.dockerenv
"$UNPACK" --bundle-dir plain >plain.json
ok "on kind: exit 0" exits 0 rooted kind : :
names out >got
names plain.json >wanted
ok "its files are left out, and nothing else" diff wanted got
image own
printf 'kind of mine\n' >own/product_name
echo x >own/product_uuid
echo x >own/.dockerenv
ok "a bundle's own files of these names: exit 0" exits 0 rooted own : :
is "are content" "$(names out)" \
	"./ .dockerenv manifests/ manifests/csv.yaml metadata/ metadata/annotations.yaml product_name product_uuid truly-empty/ "

# a bundle that is itself a mount, as an image volume is
ok "a mounted bundle: exit 0" in_ns -c '
	mkdir -p m; mount --bind own m; "$0" --bundle-dir m >got.json' "$UNPACK"
"$UNPACK" --bundle-dir own >own.json
ok "is the same, wherever it is" cmp own.json got.json

image base
mkdir -p base/proc base/sys base/dev/shm base/etc base/tmp
: >base/etc/hosts
cp -a base base2
chmod 700 base2
ok "a base image, as a container's root" exits 0 rooted base : :
mv out rooted.json
ok "a base image, as an image volume" exits 0 in_ns -c '
	mkdir -p none m2; mount -t overlay -o lowerdir=base2:none overlay m2
	exec "$0" --bundle-dir m2' "$UNPACK"
ok "gives the same bytes" cmp out rooted.json
ok "a directory called dev elsewhere" exits 0 in_ns -c '
	mkdir -p git/dev m3; : >git/dev/kustomization.yaml
	mount --bind git m3; exec "$0" --bundle-dir m3' "$UNPACK"
is "is content" "$(names out)" "./ dev/ dev/kustomization.yaml "

ok "names that mountinfo escapes" in_ns -c '
	mkdir -p "o/a b\\040" "o/a\\b"; : >o/kept; mount -t tmpfs none "o/a b\\040"
	mount -t tmpfs none "o/a\\b"; echo no >"o/a b\\040/x"; echo no >"o/a\\b/x"
	"$0" --bundle-dir o | jq -r .content | base64 -d | tar tz >got
	[ "$(paste -sd" " got)" = "./ kept" ]' "$UNPACK"
done_testing
