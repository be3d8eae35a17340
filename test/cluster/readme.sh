#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The README's commands for a cluster print what it says: from `podman build` and
# `podman push` to files.  The registry is not there: a podman of ours builds an
# image of one layer from what the Dockerfile copies, and pushes it to the node.
. "$TOP/test/cluster/lib.sh"
need python3
[ -n "${CONTAINERD_ADDRESS-}" ] || skip_all "needs the node's containerd"
cluster_open

mkdir bin top
ln -s "$UNPACKCTL" bin/unpackctl
ln -s "$UNPACKCTL" bin/kubectl-unpack
# the first kubectl whose kustomize reads directories
for tool in $(which -a kubectl); do
	[ -e bin/kubectl ] || ! "$tool" kustomize "$TOP/manifests" >kustomized 2>&1 ||
		ln -s "$tool" bin/kubectl
done
[ -e bin/kubectl ] || skip_all "needs a kubectl of 1.21 or later for kustomize"
cp -r "$TOP/manifests" top/
mkdir -p top/test
cp -r "$TOP/test/bundles" top/test/

# built NAME DIR: what `podman build -q -t NAME DIR` leaves, as an archive
built() {
	file=$(echo "$1" | tr /: __).tar
	if [ "$2" = . ]; then
		archive "$file" "$1" own
	else
		rm -rf built && mkdir built
		# shellcheck disable=SC2046 # FROM and COPY of the README alone
		set -- "$1" "$2" $(sed -n 's/^COPY --chmod=0755 //p' "top/$2/Dockerfile")
		cp -R "top/$2/$3" "built/$4" && chmod -R 0755 "built/$4"
		archive "$file" "$1" built
	fi
}
# pushed NAME
pushed() {
	load "$(echo "$1" | tr /: __).tar" "$1" && echo "$1" >>images.list
}
# each call asks this shell, which has what cluster/lib.sh has
mkfifo ask answer
cat >bin/podman <<E
#!/bin/sh
echo "\$*" >$PWD/ask
read -r code <$PWD/answer
exit \$code
E
chmod +x bin/podman
while read -r verb _ words <ask; do
	# shellcheck disable=SC2086 # words
	case $verb in
	build) built ${words#-t } ;;
	push) pushed $words ;;
	*) false ;;
	esac >>podman.log 2>&1
	echo $? >answer
done &
podman=$!
(cd top && PATH=$PWD/../bin:$PATH \
	"$TOP/test/console.py" "$TOP/README.md" --cluster)
code=$?
kill $podman
sed 's/^/# podman: /' podman.log
kubectl delete namespace unpack-system --wait=false >/dev/null 2>&1
exit $code
