#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The README's commands print what it says, as far as they need no cluster.
. "$TOP/test/container/lib.sh"

need podman python3
store_open
mkdir bin top
ln -s "$UNPACK" bin/unpack
ln -s "$UNPACKCTL" bin/unpackctl
ln -s "$UNPACKCTL" bin/kubectl-unpack
cp -r "$TOP/test/bundles" "$TOP/manifests" top/
mkdir top/test && mv top/bundles top/test/
cd top && PATH=$PWD/../bin:$PATH \
	"$TOP/test/console.py" "$TOP/README.md"
