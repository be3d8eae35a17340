#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What check says of an image is what its pod does, and the fix that it prints,
# applied to what the image is built from, makes the pod succeed: a bundle with
# imgpkg's modes, one on a full base image, and a clean one.
. "$TOP/test/container/lib.sh"

RUN='command: [/.unpack/unpack, --bundle-dir=/]'
need jq
store_open

cp -r "$TOP/test/bundles/hello-operator" clean
chmod -R a+rX clean
cp -r clean imgpkg
chmod -R go-rwx imgpkg
# a distribution's root: what only root may read, and links all over
mkdir -p base/etc base/root base/usr/bin base/var/cache/private base/proc
cp -r clean/. base
echo 'root:*:19000::::::' >base/etc/shadow
echo 'root:x:0:0::/root:/bin/sh' >base/etc/passwd
echo alias >base/root/.profile
echo binary >base/usr/bin/su
ln -s usr/bin base/bin
ln -s /proc/mounts base/etc/mtab
chmod 0640 base/etc/shadow
chmod 0550 base/root
chmod 0700 base/var/cache/private
chmod 4755 base/usr/bin/su

# judged NAME: what check says of the image NAME as it is now: ./NAME.json
judged() {
	rm -rf "$STORE/judged"
	skopeo copy -q --policy "$STORE/policy.json" \
		"containers-storage:localhost/$1:1" "oci:$STORE/judged:1"
	"$UNPACKCTL" check --uid 65532 --gid 65532 -o json \
		"oci:$STORE/judged:1" >"$1.json"
}

# pods POD NAME...: a pod for all of them, as uid and gid 65532
pods() {
	p=$1
	shift
	pod_begin "$p" 65532 65532 /.unpack '[/unpack, install, /.unpack/unpack]'
	for name; do
		pod_bundle "$name" "$name" /.unpack "$RUN"
	done
	pod_run "$p" || bail "the pod does not run"
}

# apply NAME: what ./fix says: a command, or to build FROM scratch
apply() {
	if ! grep -q '^build FROM scratch' fix; then
		(cd "$1" && sh -e ../fix)
		return
	fi
	mkdir scratch
	for dir in manifests metadata; do
		[ ! -e "$1/$dir" ] || cp -a "$1/$dir" "scratch/$dir"
	done
	mv "$1" "$1.old" && mv scratch "$1"
}

for name in clean imgpkg base; do
	image "$name" "$PWD/$name" || bail "no image $name"
done
ok "clean: compatible" judged clean
for name in imgpkg base; do
	code=0
	judged "$name" || code=$?
	is "$name: not compatible" "$code" 3
done
pods before clean imgpkg base
ok "clean: its pod succeeds" ended before/clean 0
for name in imgpkg base; do
	ok "$name: its pod does not" ended before/$name 3
	jq -r '.findings[].path' "$name.json" | sort >want
	sed -n -E 's/; fix: .*//; s/^unpack: (.*): (directory )?not .*/\1/p' \
		"before/$name.stderr" | sort >got
	ok "$name: check names the paths that the pod names" cmp want got
	jq -r '.fixes[].command' "$name.json" >fix
	ok "$name: there is a fix" [ -s fix ]
	apply "$name" || bail "the fix of $name fails"
	image "$name" "$PWD/$name" || bail "no image $name"
	ok "$name: compatible, once it is applied" judged "$name"
done
pods after imgpkg base
for name in imgpkg base; do
	ok "$name: its pod succeeds" ended after/$name 0
done
done_testing
