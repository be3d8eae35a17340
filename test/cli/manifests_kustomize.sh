#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `kubectl kustomize` makes each of the manifests, and warns of nothing.
. "$TOP/test/lib.sh"
need kubectl
# kubectl before 1.21 has kustomize 2, which takes no directories as resources
minor=$(kubectl version --client -o json 2>/dev/null |
	jq -r '.clientVersion.minor' | tr -cd 0-9)
[ "${minor:-0}" -ge 21 ] || skip_all "needs kubectl 1.21"

# makes DIR KINDS: it is made of these
makes() {
	ok "$1 is made" exits 0 kubectl kustomize "$TOP/manifests/$1"
	ok "$1: no warnings" empty err
	is "$1: what it is" "$(sed -n 's/^kind: //p' out | sort | tr '\n' ' ')" "$2 "
}
base='LimitRange NetworkPolicy Role RoleBinding ServiceAccount'
makes . "LimitRange Namespace NetworkPolicy Role RoleBinding ServiceAccount"
makes base "$base"
makes overlays/elsewhere "$base"
is "elsewhere: all in its namespace" "$(sed -n 's/^  namespace: //p' out | sort -u)" \
	my-namespace
makes overlays/quota "LimitRange NetworkPolicy ResourceQuota Role RoleBinding ServiceAccount"
ok "quota: the LimitRange is patched" has out '^ *cpu: "?1"?$'
done_testing
