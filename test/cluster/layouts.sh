#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# unpackctl run: bundles of every layout, for every kind of user, to the exact
# files of the image, in one command.
. "$TOP/test/cluster/lib.sh"
cluster_open
B=$TOP/test/bundles
for b in operator plain chart catalog; do
	image "$b" "$B/hello-$b"
done
# a few things that the samples do not have
mkdir -p odd/etc odd/bin "odd/a b/ü" odd/empty
printf 'x' >odd/etc/passwd.tmpl
printf '#!/bin/sh\n' >odd/bin/tool
chmod 755 odd/bin/tool
ln -s ../etc/passwd.tmpl odd/bin/link
printf 'y' >"odd/a b/ü/y"
: >odd/nothing
chmod 444 odd/nothing
image odd odd

for b in operator plain chart catalog; do
	try "$b" run --image "$IMAGES/$b:test" -C "out-$b"
done
for uid in 1001 65532 1000640000; do
	try "uid-$uid" run --image "$IMAGES/odd:test" --run-as-user "$uid" \
		-C "out-$uid"
done
try json run --image "$IMAGES/odd:test" --format json -C out-json -o json
try tar run --image "$IMAGES/odd:test" --tar odd.tar
try stdout run --image "$IMAGES/odd:test" --tar - -q
try dir run --image "$IMAGES/operator:test" --bundle-dir /manifests -C out-dir
try kept run --image "$IMAGES/plain:test" --keep --name kept.pod_1 -C out-kept
# what a script wants to know, and our program as a kubectl plugin
ln -s "$UNPACKCTL" kubectl-unpack
sed "s|ref: .*|ref: $IMAGES/operator:test|" \
	"$TOP/manifests/examples/bundledeployment.yaml" >bundle.yaml
plugin() {
	PATH=$PWD:$PATH kubectl unpack run -f bundle.yaml -n "$NS" -C out-plugin \
		--unpacker-image "$IMAGES/unpack:test" -o json
}
try plugin plugin
all_tried

for b in operator plain chart catalog; do
	ok "$b" tried "$b" 0
	ok "$b: these files" same "out-$b" "$B/hello-$b"
	ok "$b: says what it was" has "$b.out" \
		"^out-$b: [0-9]+ entries, [0-9]+ bytes, sha256:[0-9a-f]{64}, verified"
done
for uid in 1001 65532 1000640000; do
	ok "uid $uid" tried "uid-$uid" 0
	ok "uid $uid: these files" same "out-$uid" odd
done
is "the same bytes for all of them" \
	"$(cat uid-*.out | grep -o 'sha256:[0-9a-f]*' | sort -u | wc -l)" 1
cp -r odd flat && rm flat/bin/link
ok "json" tried json 0
ok "json: these files, symlinks left out" same out-json flat
is "json: the result" "$(jq -c '[.result,.exit,.directory,.verified,.repaired]' \
	json.out)" '["ok",0,"out-json",true,0]'
ok "a tar" tried tar 0
mkdir out-tar out-stdout
tar -C out-tar -xpf odd.tar
ok "a tar: these files" same out-tar odd
ok "standard output" tried stdout 0
tar -C out-stdout -xpf stdout.out
ok "standard output: these files" same out-stdout odd
ok "standard output: quiet" empty stdout.err
ok "a part of the image" tried dir 0
ok "a part of the image: these files" same out-dir "$B/hello-operator/manifests"
ok "kept" tried kept 0
ok "kept: it says so" has kept.out "^pod $NS/kept-pod-1-[0-9a-f]+ is kept"
is "kept: it is there, and no other" "$(pods | sed 's/-[0-9a-f]*$//')" kept-pod-1
ok "kubectl unpack" tried plugin 0
ok "kubectl unpack: these files" same out-plugin "$B/hello-operator"
is "kubectl unpack: the result" "$(jq -c '[.result,.namespace,.image]' plugin.out)" \
	"[\"ok\",\"$NS\",\"$IMAGES/operator:test\"]"
PATH=$PWD:$PATH kubectl unpack --help >help
ok "kubectl unpack --help speaks of itself" has help \
	'^usage: kubectl unpack COMMAND'
ok "a target that is there" exits 1 run --image "$IMAGES/operator:test" \
	-C out-operator
ok "a target that is there: no pod for it" sh -c "! grep -q creating err"
done_testing
