#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# With -o json a command prints exactly one object, on one line, in the shape
# of unpack-json(5), in every case.
. "$TOP/test/lib.sh"
need jq
need_module jsonschema

# says KIND EXIT REASON COMMAND...
says() {
	kind=$1 exit=$2 reason=$3
	shift 3
	exits "$exit" "$@" || return 1
	"$TOP/test/schema/result.py" out "$exit" "$kind" || return 1
	is "  reason" "$(jq -r .reason out)" "$reason"
}
ctl=$UNPACKCTL

mkdir -p b/manifests bad
printf x >b/manifests/a
ln -s a b/manifests/l
chmod -R a+rX b
printf x >bad/a
chmod 0 bad/a
"$UNPACK" --bundle-dir b --format jsonl >log
"$UNPACK" --bundle-dir b >line
head -n 1 log >part
: >empty
echo hello >other

k=ExtractResult
ok "extract" says $k 0 OK "$ctl" extract -o json -C d log
is "  the directory" "$(jq -r .directory out)" d
ok "extract: quiet" says $k 0 OK "$ctl" extract -q -o json -C dq log
ok "extract: a tar" says $k 0 OK "$ctl" extract -o json --tar t log
is "  the tar" "$(jq -r .tar out)" t
ok "extract: a list is for people" says $k 2 WrongUsage "$ctl" extract -o json --list log
ok "  what is for programs" has out '"message":"[^"]*--tar - . tar t'
ok "extract: usage" says $k 2 WrongUsage "$ctl" extract --nonsense -o json
ok "  whatever the order" says $k 2 WrongUsage "$ctl" extract -o json --nonsense
ok "  joined" says $k 2 WrongUsage "$ctl" extract -qojson --max-size x log
ok "  long" says $k 2 WrongUsage "$ctl" extract --output=json --list -C d log
for c in check-pod:CheckPod check:Check extract:Extract run:Run test:Test \
	explain:Explain; do
	for o in -o=json -ojson '-o json' --output=json '-Xo json' -qXo=json; do
		# shellcheck disable=SC2086
		ok "${c%:*} $o: usage" says "${c#*:}Result" 2 WrongUsage \
			"$ctl" "${c%:*}" $o --nonsense
	done
done
ok "extract: no log" says $k 1 NotFound "$ctl" extract -o json nolog
ok "extract: the target exists" says $k 1 TargetExists "$ctl" extract -o json -C d log
ok "extract: no room" says $k 1 NotFound "$ctl" extract -o json -C no/where log
ok "extract: a part is missing" says $k 4 PartsMissing "$ctl" extract -o json -C n part
ok "extract: empty" says $k 4 LogEmpty "$ctl" extract -o json -C n empty
ok "extract: foreign" says $k 4 NotABundle "$ctl" extract -o json -C n other
ok "extract: too large" says $k 3 BundleTooLarge "$ctl" extract -o json \
	--max-size 1000 -C n log
sed -n '1s/"part":0/"part":90000000000/p' log >far
ok "  a part that is far off" says $k 3 BundleTooLarge "$ctl" extract -o json \
	-C n far
ok "extract: too many" says $k 3 EntryRefused "$ctl" extract -o json \
	--max-entries 1 -C n log
is "  the rule" "$(jq -r .rule out)" too-many-entries
is "  all of it, before an entry was read" "$(jq -r .path out)" .
python3 - <<-'END'
	import tarfile
	with tarfile.open("evil.tar", "w") as t:
	    i = tarfile.TarInfo("x/out")
	    i.type, i.linkname = tarfile.SYMTYPE, "../../etc"
	    t.addfile(i)
END
ok "extract: refused" says $k 3 EntryRefused "$ctl" extract -o json -C n evil.tar
is "  what and why" "$(jq -r '.path, .rule' out | tr '\n' ' ')" \
	"x/out symlink-leads-out "
mkdir other.d
printf y >other.d/y
"$UNPACK" --bundle-dir other.d --format jsonl >log2
ok "extract: several" says $k 4 SeveralBundles "$ctl" extract -o json -C n log log2

k=UnpackCheckResult
ok "unpack check" says $k 0 OK "$UNPACK" check --bundle-dir b
ok "unpack check: none" says $k 3 BundleMissing "$UNPACK" check --bundle-dir none
ok "unpack check: usage" says $k 2 WrongUsage "$UNPACK" check --nonsense
chmod 755 . bad
ok "unpack check: unreadable" says $k 3 BundleUnreadable \
	as 65532 65532 "$UNPACK" check --bundle-dir bad
is "  which" "$(jq -r '.findings[].path' out)" a

k=CheckResult
ok "check" says $k 0 OK "$ctl" check -o json b
ok "check: quiet" says $k 0 OK "$ctl" check -q -o json b
ok "check: not compatible" says $k 3 BundleUnreadable "$ctl" check -o json bad
echo "layer x
file a 0644 0:0 x" | python3 "$TOP/test/mkimage.py" oci image
ok "check: an image" says $k 0 OK "$ctl" check -o json image
digest=$(jq -r '.manifests[0].digest' image/index.json)
is "  which" "$(jq -r '.digest, .imageID' out)" "$digest
$(jq -r .config.digest "image/blobs/sha256/${digest#*:}")"
is "  for which platform" "$(jq -r .platform out)" \
	"$(jq -r '.os + "/" + .architecture' "image/blobs/sha256/$(jq -r .imageID out | cut -d: -f2)")"
ok "check: usage" says $k 2 WrongUsage "$ctl" check -o json --uid x b
ok "check: no image" says $k 2 WrongUsage "$ctl" check -o json

cat >pod <<-'END'
	apiVersion: v1
	kind: Pod
	metadata: {name: p}
	spec: {containers: [{name: c, image: x}]}
END
k=CheckPodResult
ok "check-pod" says $k 3 PodSecurity "$ctl" check-pod -o json pod
ok "check-pod: passes" says $k 0 OK "$ctl" check-pod -o json --level privileged pod
ok "check-pod: quiet" says $k 3 PodSecurity "$ctl" check-pod -q -o json pod
ok "check-pod: usage" says $k 2 WrongUsage "$ctl" check-pod -o json --level x pod
ok "check-pod: no file" exits 1 "$ctl" check-pod -o json nofile
ok "  one object" "$TOP/test/schema/result.py" out 1 $k

k=RunResult
ok "run: usage" says $k 2 WrongUsage "$ctl" run -o json
ok "run: no cluster" exits 1 env KUBECONFIG=/nowhere KUBERNETES_SERVICE_HOST= \
	"$ctl" run -o json --image example.com/x:v1 -C r --timeout 5 \
	--unpacker-image example.com/unpack:v1
ok "  one object" "$TOP/test/schema/result.py" out 1 $k

# a consumer that reads only the JSON, and can act on each
cat >act.py <<-'END'
	import json, sys
	r = json.load(sys.stdin)
	if r["result"] == "ok":
	    print("delivered", r["directory"])
	elif "parts" in r:
	    print("fetch", r["parts"])
	elif r["exit"] == 3:
	    print("bundle", [f["path"] for f in r.get("findings", [])] or r.get("path"))
	elif r["reason"] in ("LogEmpty", "KubectlError", "NotABundle"):
	    print("not a bundle", r["message"])
	else:
	    print("failed", r["reason"])
END
as 65532 65532 "$UNPACK" --bundle-dir bad >report 2>&1
echo "unpack: a: Input/output error" >broken
act() {
	is "a program: $2" "$("$ctl" extract -o json -C "$3" "$1" 2>/dev/null |
		python3 act.py)" "$2"
}
act log "delivered e" e
act part "fetch 1-" f
act report "bundle ['a']" f
act evil.tar "bundle x/out" f
act broken "failed UnpackFailed" f
act empty "not a bundle no bundle in empty: it is empty" f
done_testing
