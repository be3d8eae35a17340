#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `unpackctl pod -f`: BundleDeployments and Bundles, YAML and JSON.
. "$TOP/test/pod.sh"

cat >v2.yaml <<'E'
# the newest form
apiVersion: core.rukpak.io/v1alpha2
kind: BundleDeployment
metadata:
  name: my-bundle
  uid: 11111111-2222-3333-4444-555555555555
spec:
  installNamespace: default
  provisionerClassName: core-rukpak-io-plain
  source:
    type: image
    image: {ref: "example.com/team/bundle:v1", pullSecret: regcred}
E
is "v1alpha2" "$(pod '[.metadata.name,.spec.containers[0].image,
	.spec.imagePullSecrets[0].name]' -f v2.yaml)" \
	'["unpack-my-bundle-ecd1c7a5","example.com/team/bundle:v1","regcred"]'
is "owner's labels" "$(pod '[.metadata.labels["core.rukpak.io/owner-kind",
	"core.rukpak.io/owner-name"]]' -f v2.yaml)" \
	'["BundleDeployment","my-bundle"]'
is "owner reference" "$(pod .metadata.ownerReferences -f v2.yaml)" \
	'[{"apiVersion":"core.rukpak.io/v1alpha2","kind":"BundleDeployment","name":"my-bundle","uid":"11111111-2222-3333-4444-555555555555","controller":true,"blockOwnerDeletion":true}]'
is "one more secret" "$(pod .spec.imagePullSecrets -f v2.yaml \
	--pull-secret more)" '[{"name":"more"},{"name":"regcred"}]'
is "standard input" "$(pod .metadata.name -f - <v2.yaml)" \
	unpack-my-bundle-ecd1c7a5

cat >v1.json <<'E'
{"apiVersion":"core.rukpak.io/v1alpha1","kind":"BundleDeployment",
 "metadata":{"name":"old"},
 "spec":{"template":{"spec":{"source":{"type":"image",
	"image":{"ref":"example.com/old:v1"}}}}}}
E
is "v1alpha1, JSON" "$(pod '[.metadata.name,.spec.containers[0].image,
	(.metadata|has("ownerReferences"))]' -f v1.json)" \
	'["unpack-old-a0e174a8","example.com/old:v1",false]'
cat >bundle.yaml <<'E'
apiVersion: v1
kind: ConfigMap
metadata: {name: other}
---
---
apiVersion: core.rukpak.io/v1alpha1
kind: Bundle
metadata: {name: one}
spec:
  source: {type: image, image: {ref: example.com/one}}
E
is "the Bundle among others" \
	"$(pod .spec.containers[0].image -f bundle.yaml)" example.com/one

# the example: what the command line in its head makes
cp "$TOP/manifests/examples/bundledeployment.yaml" "$TOP"/manifests/examples/pod.yaml .
(unset LC_ALL; eval "$(sed -n 's/^#   unpackctl/"$UNPACKCTL"/p;
	s/^#       --unp/ --unp/p' pod.yaml) --mount-path /.unpack-RANDOM") >made.yaml
ok "the example is what it says" [ -s made.yaml ]
ok "as we print it" eval 'grep -v "^#" pod.yaml | diff - made.yaml'

# the Deployment with copied files: but for its server, what its head makes
cp "$TOP/manifests/examples/copy-to-volume.yaml" .
(unset LC_ALL; eval "$(sed -n 's/^#   unpackctl/"$UNPACKCTL"/p;
	s/^#       --unp/ --unp/p' copy-to-volume.yaml) -o json") >made.json
sed -i 's/[.]unpack-[0-9a-f]*/.unpack-RANDOM/g' made.json
PODS='[.spec.initContainers, .spec.volumes, .spec.securityContext,
	(.spec.containers[0] | .volumeMounts, .securityContext)]'
if python3 -c 'import yaml' 2>/dev/null; then
	is "the Deployment is what it says" "$(python3 -c '
import json, sys, yaml
print(json.dumps(yaml.safe_load(open("copy-to-volume.yaml"))["spec"]["template"]))' |
	jq -cS "$PODS")" "$(jq -cS "$PODS" made.json)"
else
	ok_skip "the Deployment is what it says" "needs PyYAML"
fi

# several
{
	cat v2.yaml
	echo ---
	cat v1.json
} >both.yaml
ok "two bundles: which?" exits 1 "$UNPACKCTL" pod -f both.yaml
ok "says which there are" has err 'line 2: BundleDeployment my-bundle'
ok "and the other" has err 'line 1[0-9]: BundleDeployment old'
is "picks one" "$(pod .metadata.name -f both.yaml --select old)" unpack-old-a0e174a8
ok "no such one" exits 1 "$UNPACKCTL" pod -f both.yaml --select new
ok "says so" has err "both.yaml: new: no bundle"
jq -s '{apiVersion:"v1",kind:"List",items:.}' v1.json >list.json
is "in a List" "$(pod .metadata.name -f list.json)" unpack-old-a0e174a8

# refused
for t in git http configMaps local upload; do
	sed "s/type: image/type: $t/" v2.yaml >t.yaml
	ok "source $t" exits 1 "$UNPACKCTL" pod -f t.yaml
	ok "refused by name" has err "t.yaml:2: $t: "
done
sed 's/example.com/Example com/' v2.yaml >ref.yaml
ok "a reference that is none" exits 1 "$UNPACKCTL" pod -f ref.yaml
ok "is shown" has err 'Example com/team/bundle:v1: '
printf 'apiVersion: v1\nkind: Pod\n' >pod.yaml
ok "no bundle" exits 1 "$UNPACKCTL" pod -f pod.yaml
: >empty.yaml
ok "nothing" exits 1 "$UNPACKCTL" pod -f empty.yaml
ok "no file" exits 1 "$UNPACKCTL" pod -f nowhere
ok "says why" has err 'nowhere: No such file'
printf 'a: [1,\n  b: {\n' >bad.yaml
ok "bad YAML" exits 1 "$UNPACKCTL" pod -f bad.yaml
ok "file, line, column" has err '^unpackctl: bad.yaml:[23]:[0-9]+: '
printf '{"a": 1,\n "a": 2}\n' >dup.json
ok "a key twice" exits 1 "$UNPACKCTL" pod -f dup.json
ok "where" has err "^unpackctl: dup.json:2:2: duplicate key 'a'"
done_testing
