#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# unpackctl run: what keeps a pod from its work is told in words, at once,
# with the fix, and no pod is left behind.
. "$TOP/test/cluster/lib.sh"
need busybox python3
cluster_open
R=$TOP/test/bundles/hello-operator
image hello "$R"

# Images that stand in for ours and go wrong: /unpack is a script.
# fake NAME SCRIPT
fake() {
	mkdir -p "$1/bin"
	cp "$(command -v busybox)" "$1/bin/busybox"
	printf '#!/bin/busybox sh\n%s\n' "$2" >"$1/unpack"
	chmod 755 "$1/unpack"
	image "$1" "$1"
	rm -r "$1"
}
fake hungry 'exec busybox tail /dev/zero' # keeps all of the last "line"
fake fills 'busybox dd if=/dev/zero of="$2.x" bs=1M count=20
exec busybox sleep 100'
fake sleeps 'exec busybox sleep 100'
fake noexec 'busybox cp /bin/busybox "$2"
exec busybox chmod 0644 "$2"'
fake speaks 'echo the words of the log >&2; exit 7'
mkdir nothing && image nothing nothing

# Bundles that are at fault.
cp -r "$R" secret
chmod 0600 secret/manifests/*.yaml
chmod 0700 secret/metadata
image secret secret
mkdir -p procs/manifests && ln -s manifests procs/proc && image procs procs

# A cluster of which one may do nothing, or only what manifests/base/rbac.yaml says.
# kubeconfig NAME: for a service account of that name
kubeconfig() {
	kubectl -n "$NS" create serviceaccount "$1" >/dev/null
	kubeconfig_token=$(kubectl -n "$NS" create token "$1" 2>/dev/null)
	for _ in 1 2 3 4 5; do
		[ -z "$kubeconfig_token" ] || break
		sleep 1
		kubeconfig_token=$(kubectl -n "$NS" get secret -o json |
			jq -r --arg n "$1" '[.items[] | select(.metadata.annotations
			["kubernetes.io/service-account.name"] == $n) |
			.data.token][0] // empty | @base64d')
	done
	kubectl config view --raw --minify --flatten -o json |
		jq --arg t "$kubeconfig_token" '.users[0].user = {token: $t}' \
			>"$1.kubeconfig"
}
kubeconfig nobody
kubeconfig provisioner
kubectl apply -n "$NS" -f "$TOP/manifests/base/rbac.yaml" >/dev/null 2>&1

# 300 findings: the termination message holds the first, the log all.
mkdir -p broken/manifests
for i in $(seq 300); do
	echo x >"broken/manifests/file-with-a-longer-name-$i"
	chmod 0600 "broken/manifests/file-with-a-longer-name-$i"
done
image broken broken

hello="--image $IMAGES/hello:test"
# as_if OPTION...: with another image instead of ours
as_if() {
	as_if_image=$1
	shift
	run --unpacker-image "$IMAGES/$as_if_image:test" "$@"
}
# with JQ OPTION...: admission does so to the pod
with() {
	with_program=$1
	shift
	STANDIN_ASK=$with_program KUBECTL=$TOP/test/cluster/standin.py run "$@"
}
# as_kubectl KUBECTL OPTION...
as_kubectl() {
	as_kubectl_name=$1
	shift
	KUBECTL=$as_kubectl_name run "$@"
}

# Namespaces with rules.
new_namespace "$NS-quota" && new_namespace "$NS-limit" &&
	new_namespace "$NS-cpu"
kubectl -n "$NS-quota" create quota none --hard=pods=0 >/dev/null
kubectl -n "$NS-cpu" create quota cpu --hard=limits.cpu=1,requests.cpu=1 \
	>/dev/null
kubectl -n "$NS-limit" create -f - >/dev/null <<E
{"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "tight"},
 "spec": {"limits": [{"type": "Container", "max": {"memory": "32Mi"}}]}}
E
trap 'kubectl delete namespace "$NS-quota" "$NS-limit" "$NS-cpu" \
	--wait=false >/dev/null 2>&1; cluster_close' EXIT

# shellcheck disable=SC2086
{
	try oom as_if hungry $hello
	try evicted as_if fills $hello
	try deadline as_if sleeps $hello --deadline 3
	try timeout as_if sleeps $hello --timeout 6 -o json
	try deleted as_if sleeps $hello --name somebody
	try mode as_if noexec $hello
	try nounpack as_if nothing $hello
	try speaks as_if speaks $hello
	try nouser run $hello --run-as-user namespace
	try secret run --image "$IMAGES/secret:test" -o json
	try procs run --image "$IMAGES/procs:test"
	try broken run --image "$IMAGES/broken:test" -o json
	try nowhere with '.spec.nodeSelector = {no: "where"}' $hello --timeout 20
	try never with '.spec.containers[0].imagePullPolicy = "Never"' \
		--image localhost/not/there:1
	try nomount with '.spec.volumes += [{name: "s",
		secret: {secretName: "none"}}] | .spec.containers[0].volumeMounts +=
		[{name: "s", mountPath: "/s"}]' $hello --timeout 30 --allow-mount /s
	try sandbox with '.spec.hostname = "x" | .spec.runtimeClassName = "none" |
		.spec.dnsPolicy = "Default"' $hello --timeout 25
	try cpu run $hello -n "$NS-cpu"
	try cpus run $hello -n "$NS-cpu" --limits cpu=100m --requests cpu=10m -C cpus
	try toolong run $hello --log-limit 1Ki
	try nounpacker "$UNPACKCTL" run -n "$NS" $hello
	try noconf env KUBECONFIG= HOME=/nowhere "$UNPACKCTL" run $hello \
		--unpacker-image "$IMAGES/unpack:test" --image-pull-policy IfNotPresent
	try noconf2 env KUBECONFIG= HOME=/nowhere "$UNPACKCTL" run $hello -n x \
		--unpacker-image "$IMAGES/unpack:test" --image-pull-policy IfNotPresent
	try refused run --image localhost:1/not/there:1 --timeout 40
	try quota run $hello -n "$NS-quota"
	try limit run $hello -n "$NS-limit"
	try nonamespace run $hello -n "$NS-none"
	try nobody run $hello --kubeconfig nobody.kubeconfig
	try role run $hello --kubeconfig provisioner.kubeconfig -C role
	try nokubectl as_kubectl ./no-such-kubectl $hello
	try nopath env PATH=/nowhere KUBECTL= "$UNPACKCTL" run $hello \
		--unpacker-image "$IMAGES/unpack:test" --image-pull-policy IfNotPresent
	try nocontext run $hello --context nowhere
	try noconfig run $hello --kubeconfig ./nothing.kubeconfig
}
sed 's|server": *"[^"]*"|server": "https://127.0.0.1:9"|' nobody.kubeconfig \
	>away.kubeconfig
# shellcheck disable=SC2086
try away run $hello --kubeconfig away.kubeconfig --timeout 5

for _ in $(seq 40); do
	kubectl -n "$NS" get pod somebody >/dev/null 2>&1 && break
	sleep 0.5
done
kubectl -n "$NS" delete pod somebody --wait=false >/dev/null
all_tried

ok "OOMKilled" tried oom 1 '(OOMKilled|Error): .*more memory than its limit' \
	'container install-unpacker' 'fix: .*LimitRange'
ok "Evicted" tried evicted 1 'Evicted: .*exceeds the limit' 'fix: .*try again'
ok "DeadlineExceeded" tried deadline 1 'DeadlineExceeded: ' 'fix: .*--deadline'
ok "timeout" tried timeout 1 'Timeout: after 6 s: ' 'fix: .*--timeout'
is "timeout, for a script" "$(jq -c '[.result,.reason,.exit]' timeout.out)" \
	'["failed","Timeout",1]'
ok "deleted by somebody" tried deleted 1 'Deleted: somebody else'
ok "an executable that is none" tried mode 1 'permission denied' \
	'fix: .*noexec'
ok "no unpack in our image" tried nounpack 1 '/unpack' 'no such file' \
	'fix: .*--unpacker-image'
ok "an init container that fails" tried speaks 1 'exit code 7.*the words of the log'
ok "an image without a user" tried nouser 1 \
	'CreateContainerConfigError: .*runAsNonRoot' 'fix: .*--run-as-user'
ok "a bundle that cannot be read" tried secret 3 'BundleUnreadable: ' \
	'manifests/greetings.crd.yaml: not readable.*fix: .*chmod' \
	'metadata: .*fix: .*chmod'
is "a bundle that cannot be read, for a script" \
	"$(jq -c '[.result, .exit, (.findings | length) > 2]' secret.out)" \
	'["failed",3,true]'
ok "a bundle in which nothing starts" tried procs 1 'proc' \
	'fix: .*image-volume'
ok "no node" tried nowhere 1 'Timeout: after 20 s: Unschedulable: .*nodes'
ok "ErrImageNeverPull" tried never 1 'ErrImageNeverPull: '
ok "a mount that fails" tried nomount 1 'FailedMount: .*none'
ok "no registry" tried refused 1 \
	'(ErrImagePull|ImagePullBackOff): .*connection refused' 'fix: '
ok "a sandbox that cannot be made" tried sandbox 1 \
	'(FailedCreatePodSandBox|RuntimeClass|runtimeclass|RuntimeHandler)'
ok "... more time is not the advice" lacks sandbox.err 'more time'
ok "a quota on cpu limits" tried cpu 1 'limits.cpu' 'fix: .*--limits'
ok "... with the options that are named" tried cpus 0
ok "--log-limit" tried toolong 3 'BundleTooLarge: ' '--log-limit 1024; raise it'
ok "... the advice names no option that run refuses" lacks toolong.err '--parts'
ok "no --unpacker-image" tried nounpacker 2 'unpacker-image'
for n in noconf noconf2; do
	ok "no kubeconfig: $n" tried $n 1 'no kubeconfig' 'fix: .*--kubeconfig'
done
ok "300 findings" tried broken 3 'BundleUnreadable: ' \
	'file-with-a-longer-name-299: not readable.*fix: .*chmod'
is "300 findings, for a script" "$(jq -c '[(.findings | length), .more,
	(.findings[0] | keys | contains(["code", "fix", "message", "path"]))]' \
	broken.out)" '[300,null,true]'
ok "no quota" tried quota 1 'exceeded quota: none' 'fix: .*ResourceQuota'
ok "a LimitRange" tried limit 1 'maximum memory usage per Container is 32Mi' \
	'fix: .*LimitRange'
ok "no namespace" tried nonamespace 1 "namespaces \"$NS-none\" not found" \
	'fix: make it '
ok "no permission" tried nobody 1 'cannot (create|list) resource "pods"' 'fix: .*Role'
ok "the Role of the manifests is enough" tried role 0
ok "and brings the files" same role "$R"
ok "no kubectl" tried nokubectl 1 'no-such-kubectl: not found.*KUBECTL'
ok "no kubectl on PATH" tried nopath 1 'kubectl: not found.*KUBECTL'
ok "no context" tried nocontext 1 'context.*nowhere'
ok "no kubeconfig" tried noconfig 1 'nothing.kubeconfig'
ok "no cluster" tried away 1 'API server.*127.0.0.1:9.*connection refused'
# one line each, and the fix
for n in nonamespace nokubectl nopath nocontext noconfig away; do
	is "$n: one line" "$(grep -c '^unpackctl: ' "$n.err")" 1
done
ok "no pod is left" no_pods
ok "nor a directory" sh -c '! [ -e bundle ] && ! ls -d .bundle* 2>/dev/null'
done_testing
