#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `unpackctl check` reads an image by its name: from podman's store, from a
# registry, with the tools that are there; and says which one it used.
. "$TOP/test/container/lib.sh"
need docker-registry jq
store_open
mkdir -p ctx/deploy
echo kind: A >ctx/deploy/a.yaml
chmod 0600 ctx/deploy/a.yaml
image good "$TOP/test/bundles/hello-operator"
printf '%s\n' 'FROM scratch' 'COPY deploy /manifests' >ctx/Dockerfile
podman build -q -t localhost/bad:1 ctx >/dev/null

ok "in the store" exits 0 "$UNPACKCTL" check -v localhost/good:1
is "its name is told" "$(head -n 1 out)" \
	"compatible with restricted namespaces: localhost/good:1"
ok "and the tool" has out '^read with: podman save localhost/good:1$'
ok "in podman's store, as skopeo says it" exits 0 "$UNPACKCTL" check \
	containers-storage:localhost/good:1
ok "several" exits 3 "$UNPACKCTL" check -o json localhost/good:1 localhost/bad:1
is "each with its verdict" "$(jq -r '.images[] | .image, .result, .readWith' out |
	tr '\n' ' ')" \
	"localhost/good:1 ok podman save localhost/good:1 localhost/bad:1 failed podman save localhost/bad:1 "
ok "through a pipe" exits 0 sh -c \
	"podman save -q localhost/good:1 | '$UNPACKCTL' check -"
is "by its own name" "$(head -n 1 out)" \
	"compatible with restricted namespaces: localhost/good:1"
podman save -q -m -o both.tar localhost/good:1 localhost/bad:1
ok "an archive of several" exits 3 "$UNPACKCTL" check both.tar
is "all of them" "$(grep -c 'restricted namespaces: localhost/' out)" 2
ok "the one named" exits 0 "$UNPACKCTL" check docker-archive:both.tar:localhost/good:1
ok "all of them through a pipe" exits 3 sh -c "cat both.tar | '$UNPACKCTL' check -o json -"
is "each" "$(jq -r '.images[].image' out | sort | tr '\n' ' ')" \
	"localhost/bad:1 localhost/good:1 "

# from build to green
ok "the build context is none" exits 2 "$UNPACKCTL" check ctx
ok "which says what to do" has err 'podman build -t NAME ctx && unpackctl check NAME'
exits 3 "$UNPACKCTL" check -o json localhost/bad:1
(cd ctx/deploy && chmod a+r a.yaml)
podman build -q -t localhost/bad:1 ctx >/dev/null
ok "mended" exits 0 "$UNPACKCTL" check localhost/bad:1

# from a registry
port=5817
cat >registry.yaml <<-Y
	version: 0.1
	storage: {filesystem: {rootdirectory: $PWD/registry}}
	http: {addr: "127.0.0.1:$port"}
Y
docker-registry serve registry.yaml >registry.log 2>&1 &
registry=$!
trap 'kill $registry; store_close' EXIT
cat >registries.conf <<-T
	[[registry]]
	location = "127.0.0.1:$port"
	insecure = true
T
mkdir -p home/.config/containers
cp registries.conf home/.config/containers
HOME=$PWD/home
CONTAINERS_REGISTRIES_CONF=$PWD/registries.conf
export HOME CONTAINERS_REGISTRIES_CONF
for _ in $(seq 100); do
	skopeo copy -q --policy "$STORE/policy.json" --dest-tls-verify=false \
		containers-storage:localhost/good:1 \
		"docker://127.0.0.1:$port/good:1" 2>/dev/null && break
	sleep 0.1
done
ok "in a registry" exits 0 "$UNPACKCTL" check -v "127.0.0.1:$port/good:1"
ok "with skopeo, which leaves nothing behind" has out \
	"^read with: skopeo copy docker://127.0.0.1:$port/good:1"
ok "as skopeo says it" exits 0 "$UNPACKCTL" check "docker://127.0.0.1:$port/good:1"
ok "not in it" exits 1 "$UNPACKCTL" check "127.0.0.1:$port/nothing:1"
ok "in its own words" has err 'no such image: skopeo: .*manifest unknown'
# podman alone
mkdir bin
ln -s "$(command -v podman)" bin/podman
ok "with podman alone" exits 1 env PATH="$PWD/bin:/usr/sbin:/sbin" \
	"$UNPACKCTL" check "127.0.0.1:$port/good:1"
ok "nothing is pulled" has err 'podman: .*; install skopeo to read it'
ok "... what is in its store is saved" exits 0 \
	env PATH="$PWD/bin:/usr/sbin:/sbin" "$UNPACKCTL" check localhost/good:1
ok "none" exits 1 env PATH=/nowhere "$UNPACKCTL" check localhost/good:1
ok "the command to copy" has err \
	"podman save 'localhost/good:1' >image.tar\$"
done_testing
