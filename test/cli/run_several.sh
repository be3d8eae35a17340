#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# unpackctl run with several bundles: a directory for each, or nothing at all;
# what is said of the pods is fit for a shell.
#
# The server is apiserver.py: it needs no cluster.
. "$TOP/test/apiserver.sh"

# run NAME [VARIABLE=VALUE...] -- OPTION...: in the background
run() {
	run_name=$1 run_set=
	shift
	while [ "$1" != -- ]; do
		run_set=$1
		shift
	done
	shift
	try "$run_name" env API_STATE="$PWD/$run_name.api" \
		${run_set:+"$run_set"} timeout 200 "$UNPACKCTL" run -n ns \
		--timeout 120s --image-pull-policy IfNotPresent \
		--unpacker-image example.com/unpack:1 "$@"
}
# of one and of three bundles
one='--image example.com/a:1'
three="$one --image example.com/b:1 --image other.example.com/a:1"
digest=sha256:$(printf '%064d' 1)
: >file

# shellcheck disable=SC2086 # lists of options
{
	run several -- -C several -o json $three
	run one_slot -- -C one_slot --parallel 1 $three
	run quiet -- -C quiet -q $three
	run kept -- -C kept --keep $one
	run no_digest 'API_SHOW=del(.status.containerStatuses[]?.imageID)' -- \
		-C no_digest -o json $one
	run left 'API_FAULTS=delete:403*' -- -C left -o json \
		--kubeconfig "it's here" --context 'a b' $one
	run range API_FAULTS=create:scc -- -C range --keep $one
	run uid API_FAULTS=create:scc -- -C uid --run-as-user 5 $one
	run uid0 API_FAULTS=create:scc -- -C uid0 --user-namespace $one
	run none 'API_FAULTS=create:none*' -- -C none $three
	run twice -- -C twice $one --image example.com/b:1 $one
	run below_a_file -- -C file/x $three
	run over_a_file -- -C file $three
	run tar -- --tar x.tar $three
	run name -- -C name --name x $three
	run digests -- -C digests -o json --image example.com/a@$digest
	run operands -- -C operands example.com/a:1 example.com/b:1 \
		other.example.com/a:1
	run both -- -C both -f list example.com/a:1
}
all_tried

names=$(jq -r '.bundles[].directory' several.out)
is "three bundles, three directories" "$(echo "$names" | sort -u | wc -l)" 3
for dir in $names; do
	ok "$dir is whole" diff -r "$B" "$dir"
done
is "no other" "$(ls several | wc -l)" 3
ok "no pod is left" no_pod several
is "each has its image" "$(jq -r '.bundles[] | .image' several.out)" \
	"example.com/a:1
example.com/b:1
other.example.com/a:1"
is "by their names" "$(cat operands.code) $(ls operands)" \
	"0 $(ls several)"
is "when all is well there is a line for each" "$(sort operands.out | sed -E \
	's/[0-9]+ bytes, sha256:[0-9a-f]{64}, /.../; s/-[0-9a-f]{8}:/-N:/')" \
	"3 of 3 bundles were unpacked
operands/a: 11 entries, ...verified
operands/b: 11 entries, ...verified
operands/other-example-com-a-1-N: 11 entries, ...verified"
ok "... and no other" empty operands.err
is "one at a time" "$(cat one_slot.code) $(ls one_slot | wc -l)" "0 3"
ok "... says how many" has one_slot.out '^3 of 3 bundles were unpacked$'
is "quiet" "$(cat quiet.code quiet.out quiet.err)" 0
is "... all the same" "$(ls quiet)" "$(ls one_slot)"

ok "a pod that is kept" diff -r "$B" kept
pod=$(ls kept.api/pods)
ok "... is named" has kept.out "pod ns/$pod is kept"
ok "a cluster that has no digest" diff -r "$B" no_digest
is "... says so" "$(jq .resolved no_digest.out)" null
ok "an image by its digest" diff -r "$B" digests
ok "... is told" has digests.out "a@$digest"

# OpenShift has a range of uids for each namespace
ok "a uid that OpenShift refuses" diff -r "$B" range
is "... is left out" "$(jq -c .spec.securityContext.runAsUser range.api/pods/*)" \
	null
is "... once" "$(grep -c '^POST' range.api/requests)" 2
for n in uid uid0; do
	is "... not if it was asked for: $n" \
		"$(cat $n.code) $(grep -c '^POST.*pods?fieldValidation=Strict$' \
		$n.api/requests)" "1 1"
	ok "... how to leave it out: $n" has $n.err \
		'^fix: on OpenShift: --run-as-user namespace$'
done
is "a namespace that is not there" "$(cat none.code) $(ls none)" "1 "
is "... is told once" "$(grep -c '^unpackctl: ' none.err)" 1
ok "... by its name" has none.err '^unpackctl: namespaces "ns" not found$'
ok "... and what to do" has none.err '^fix: make it '

# the command that is printed, in a shell
fix=$(sed -n 's/^fix: //p' left.err)
is "for programs the same" "$(jq -r '.left[].fix' left.out)" "$fix"
kubectl() {
	printf '%s\n' "$@"
}
is "a shell reads it" "$(eval "$fix")" "--kubeconfig
it's here
--context
a b
-n
ns
delete
pods
-l
app.kubernetes.io/instance=$(jq -r \
	'.metadata.labels["app.kubernetes.io/instance"]' left.api/pods/*)"

# refused NAME CODE WORDS: nothing was begun
refused() {
	[ "$(cat "$1.code")" = "$2" ] && has "$1.err" "$3" && [ ! -e "$1" ] &&
		[ ! -e "$1.api" ]
}
ok "one that is given twice" refused twice 1 'example.com/a:1: given twice$'
ok "no place for them" refused below_a_file 1 'make file/x: Not a directory$'
ok "a file in their place" [ "$(cat over_a_file.code)" = 1 ]
ok "... stays" empty file
ok "a tar of several" refused tar 2 '--tar is for one bundle, but 3 were given'
ok "... is not there" [ ! -e x.tar ]
ok "files and images" refused both 2 'give either --filename or --image'
ok "one name for several" refused name 2 '--name is for one bundle, but 3 '
done_testing
