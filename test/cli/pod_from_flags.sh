#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `unpackctl pod --image`: the Pod that the flags describe.
. "$TOP/test/pod.sh"

ref=example.com/team/bundle:v1
ok "prints" exits 0 "$UNPACKCTL" pod --image $ref
ok "says nothing else" empty err
ok "as YAML" has out '^kind: Pod$'

pod . --image $ref >one
place=$(jq -r '.spec.containers[0].volumeMounts[0].mountPath' one)
ok "our binary is mounted where no image expects it" \
	expr "$place" : '/\.unpack-[0-9a-f]\{32\}$' >/dev/null
is "bundle runs it" "$(jq -c '.spec.containers[0].command' one)" \
	"[\"$place/unpack\",\"--bundle-dir=/\",\"--format=json\",\"--log-limit=1Gi\"]"
is "which the init container installs" \
	"$(jq -c '.spec.initContainers[0].command' one)" \
	"[\"/unpack\",\"install\",\"$place/unpack\"]"
is "in the same place" "$(jq -r \
	'.spec.initContainers[0].volumeMounts[0].mountPath' one)" "$place"
for _ in 1 2 3 4 5 6 7 8; do
	pod '.spec.containers[0].volumeMounts[0].mountPath' --image $ref
done >places
is "which is another one for each pod" "$(sort -u places | wc -l)" 8
is "or where it is told to be" "$(pod '[.spec.containers[0],
	.spec.initContainers[0] | .command[-1:], .volumeMounts[0].mountPath]' \
	--image $ref --mount-path '/opt/$(A)' --format jsonl)" \
	'[["--log-limit=1Gi"],"/opt/$(A)",["/opt/$$(A)/unpack"],"/opt/$(A)"]'
is "from our image" "$(pod '.spec.initContainers[0].image' --image $ref \
	--unpacker-image example.com/unpack:v9)" example.com/unpack:v9
is "both mount one volume" "$(pod '[.spec.volumes[0].name,
	(.spec.initContainers[0],.spec.containers[0]).volumeMounts[0]
	| .name? // .]' --image $ref)" '["unpack","unpack","unpack"]'
is "never again" "$(pod .spec.restartPolicy --image $ref)" Never
is "no token, no links" "$(pod '[.spec.automountServiceAccountToken,
	.spec.enableServiceLinks]' --image $ref)" '[false,false]'
is "as nobody" "$(pod .spec.securityContext.runAsUser --image $ref)" 65532
is "as whom it is told" "$(pod .spec.securityContext.runAsUser --image $ref \
	--run-as-user 1000640000)" 1000640000
is "as the namespace says" \
	"$(pod '.spec.securityContext|has("runAsUser")' --image $ref \
		--run-as-user namespace)" false
is "still not root" "$(pod .spec.securityContext.runAsNonRoot --image $ref \
	--run-as-user namespace)" true
is "root of a user namespace" "$(pod '[.spec.hostUsers,
	.spec.securityContext.runAsUser,
	([..|objects|select(has("runAsNonRoot"))]|length)]' \
	--image $ref --user-namespace)" '[false,0,0]'
is "the bundle as a volume" "$(pod '[.spec.volumes[0].image.reference,
	.spec.containers[0].command[0,1],
	.spec.containers[0].volumeMounts[0].mountPath,
	(.spec|has("initContainers"))]' --image $ref --strategy image-volume \
	--bundle-dir /manifests)" \
	"[\"$ref\",\"/unpack\",\"--bundle-dir=/bundle/manifests\",\"/bundle\",false]"
is "parts" "$(pod '.spec.containers[0].command[2:]' --image $ref \
	--format jsonl --parts 3-7 --log-limit 10Mi --symlinks keep)" \
	'["--format=jsonl","--symlinks=keep","--parts=3-7","--log-limit=10Mi"]'
# shellcheck disable=SC2016
is "kubelet expands nothing" "$(pod '.spec.containers[0].command[1]' \
	--image $ref --bundle-dir '/$(HOME)/$x')" '--bundle-dir=/$$(HOME)/$x'
is "pull secrets" "$(pod .spec.imagePullSecrets --image $ref \
	--pull-secret a --pull-secret b.c)" '[{"name":"a"},{"name":"b.c"}]'
is "an hour, unless told" "$(pod .spec.activeDeadlineSeconds --image $ref)" 3600
is "namespace, deadline" "$(pod '[.metadata.namespace,
	.spec.activeDeadlineSeconds]' --image $ref -n ns --deadline 60)" \
	'["ns",60]'

# names
n=$(pod .metadata.name --image $ref)
is "named after the image, and its reference" "$n" \
	"unpack-bundle-$(printf %s $ref | sha256sum | cut -c1-8)"
ok "another version has another name" [ "$n" != \
	"$(pod .metadata.name --image example.com/team/bundle:v2)" ]
ok "so has another image of that last name" [ "$n" != \
	"$(pod .metadata.name --image example.com/else/bundle:v1)" ]
n=$(pod .metadata.name --image "example.com/a/$(seq -s b 60 | tr -d 0-9):v1")
ok "a long one keeps what tells it apart" \
	expr "$n" : 'unpack-b\{40\}-[0-9a-f]\{8\}$' >/dev/null
is "named as told" "$(pod .metadata.name --image $ref --name abc-1)" abc-1
n=$(pod .metadata.name --image $ref --name Weird_Name..)
ok "a name made valid keeps its likeness" \
	expr "$n" : 'weird-name-[0-9a-f]\{8\}$' >/dev/null
long=$(printf '%0100d' 0)
n=$(pod .metadata.name --image $ref --name "a${long}b")
is "a long one is cut to a label" "${#n}" 63
ok "others differ" [ "$n" != \
	"$(pod .metadata.name --image $ref --name "a${long}c")" ]
n=$(pod .metadata.name --image $ref --name ...)
ok "even dots get a name" expr "$n" : '[0-9a-f]\{8\}$' >/dev/null

# refused
refuse() {
	what=$1
	shift
	ok "refuses $what" exits 2 "$UNPACKCTL" pod "$@"
	ok "in one line" has err '^unpackctl: '
	ok "and prints no pod" empty out
}
refuse "no image"
refuse "both file and image" --image $ref -f x
refuse "tar in a log" --image $ref --format tar
refuse "parts of json" --image $ref --parts 1
refuse "backward parts" --image $ref --format jsonl --parts 3-2
refuse "uid 0" --image $ref --run-as-user 0
refuse "uid and user namespace" --image $ref --run-as-user 5 --user-namespace
refuse "a relative directory" --image $ref --bundle-dir manifests
for bad in opt / // /. /./ /.. /a/../b '/a:b' ''; do
	refuse "the mount path '$bad'" --image $ref --mount-path "$bad"
done
refuse "a mount path for an image volume" --image $ref --mount-path /a \
	--strategy image-volume
refuse "a bad secret" --image $ref --pull-secret A_b
refuse "a bad namespace" --image $ref -n Foo.bar
refuse "an unknown option" --image $ref --nope
refuse "an argument" --image $ref extra
refuse "another output" --image $ref -o xml
for bad in '' Bundle a//b a:b:c https://example.com/a a@sha256:12 \
	a/b:-x 'a b' example.com:x/a _a a..b a___b; do
	refuse "the reference '$bad'" --image "$bad"
done
for good in a localhost/a:v1 example.com:5000/a/b_c/d__e--f.g:V_1.2-3 \
	'[::1]:5000/a' A.example/b \
	a@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef; do
	ok "takes the reference $good" exits 0 "$UNPACKCTL" pod --image "$good"
done
# Latin-1, which no YAML has: not another path instead
for dir in "$(printf '/\351')" "$(printf '/\303')"; do
	ok "a path that is not UTF-8" exits 1 "$UNPACKCTL" pod --image a/b \
		--unpacker-image u/v:1 --bundle-dir "$dir"
	ok "... why" has err 'cannot print YAML: a text is not UTF-8'
	ok "... no pod" empty out
done
is "one that is, comes back" "$("$UNPACKCTL" pod --image a/b --unpacker-image \
	u/v:1 --bundle-dir "$(printf '/\303\251')" | grep -c '"--bundle-dir=/\\xE9"')" 1
ok "help" exits 0 "$UNPACKCTL" pod --help
ok "help on stdout" has out '--run-as-user'

# into a volume
copy() {
	filter=$1
	shift
	pod "$filter" --image $ref --unpacker-image localhost/u:1 --copy-to /srv "$@"
}
is "copied: two init containers, and one to be put in" "$(copy '[(.spec.initContainers,
	.spec.containers)[] | .name, .image]')" \
	'["install-unpacker","localhost/u:1","bundle","'$ref'","app","example.com/your-program:1"]'
is "copied: by unpack copy, below its volume" "$(copy '.spec.initContainers[1] |
	[.command[1:-1], (.volumeMounts[1].mountPath + "/files" == .command[-1]),
	(.volumeMounts[0].mountPath + "/unpack" == .command[0])]' --symlinks skip)" \
	'[["copy","--bundle-dir=/","--force","--symlinks=skip"],true,true]'
is "copied: where it is asked for" "$(copy '[.spec.containers[0].volumeMounts[] |
	del(.name)], .spec.volumes[1]')" \
	'[{"mountPath":"/srv","readOnly":true,"subPath":"files"}]
{"name":"files","emptyDir":{}}'
is "copied: a pod that stays" "$(copy '[.spec.restartPolicy,
	.spec.activeDeadlineSeconds]')" '[null,null]'
# what deletes the pods of unpackctl by their label must not delete this one
is "copied: no label of ours" "$(copy .metadata.labels)" null
is "copied: labels of its own" "$(copy .metadata.labels --overrides \
	'{"metadata":{"labels":{"team":"a"}}}')" '{"team":"a"}'
is "copied: as the owner's" "$("$UNPACKCTL" pod -o json --copy-to /srv \
	-f "$TOP/manifests/examples/bundledeployment.yaml" 2>/dev/null |
	jq -r '.metadata.labels | keys[]')" 'core.rukpak.io/owner-kind
core.rukpak.io/owner-name'
is "not copied: the label by which it is removed" \
	"$(pod '.metadata.labels["app.kubernetes.io/managed-by"]' --image $ref \
	--unpacker-image localhost/u:1)" unpackctl
is "copied: no two have a path in common" "$(for _ in 1 2; do
	copy '.spec.initContainers[1].volumeMounts[1].mountPath'
done | sort -u | wc -l)" 2
for flags in '' '--run-as-user namespace' '--bundle-dir /a$(b)'; do
	# shellcheck disable=SC2086
	"$UNPACKCTL" pod --image $ref --copy-to /srv $flags >pod.yaml
	ok "copied: restricted $flags" exits 0 "$UNPACKCTL" check-pod pod.yaml
done
for flags in '--format jsonl' '--log-limit 1Mi' '--deadline 1h' \
	'--mount-path /x' '--strategy image-volume' '--format jsonl --parts 1'; do
	# shellcheck disable=SC2086
	refuse "copied: $flags" --image $ref --copy-to /srv $flags
done
for path in srv / /a:b /a/../b ''; do
	refuse "copied to '$path'" --image $ref --copy-to "$path"
done
done_testing
