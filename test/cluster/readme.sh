#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The README's commands for a cluster print what it says.
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
UNPACK_IMAGE=registry.example.com/unpack:readme
archive unpack.tar $UNPACK_IMAGE own
load unpack.tar $UNPACK_IMAGE
mkdir hello
cp -r "$TOP/test/bundles/hello-plain/manifests" hello/
archive hello.tar registry.example.com/hello:v1 hello
load hello.tar registry.example.com/hello:v1
printf '%s\n' $UNPACK_IMAGE registry.example.com/hello:v1 >>images.list
export UNPACK_IMAGE
(cd top && PATH=$PWD/../bin:$PATH \
	"$TOP/test/console.py" "$TOP/README.md" --cluster)
code=$?
kubectl delete namespace unpack-system --wait=false >/dev/null 2>&1
exit $code
