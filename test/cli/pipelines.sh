#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What pipelines are given does what it says: the action for GitHub, with a
# release made here; the hook for pre-commit, on files that were changed; the
# examples for GitLab and Tekton.
. "$TOP/test/lib.sh"
need python3 jq curl git
need_module yaml
version=$(sed -n 's/^VERSION *= *//p' "$TOP/Makefile")
case $(uname -m) in
x86_64) arch=amd64 ;;
aarch64) arch=arm64 ;;
*) arch=$(uname -m) ;;
esac

# a release, of the program that is here
name=unpack-$version-linux-$arch
mkdir -p stage/out/$name/bin stage/out/$name/share/doc/unpack \
	"stage/unpack-$version"
cp "$UNPACKCTL" stage/out/$name/bin/unpackctl
: >stage/out/$name/share/doc/unpack/NOTICE
cp -R "$TOP/.github" "stage/unpack-$version/"
place=acme/unpack/releases/download/v$version
mkdir -p ${place%/*}
ok "a release" exits 0 env VERSION="$version" COMMIT='0123 1700000000' \
	ARCHES=$arch MAINTAINER='A <a@b>' "$TOP/src/release/release.sh" \
	archives stage "$place"
sum=$(sha256sum <"$place/$name.tar.gz" | cut -d' ' -f1)
other=$(printf x | sha256sum | cut -d' ' -f1)

# images: all can read "good"; in "bad" a file that only its owner can read
cat >words <<-'E'
	layer gzip COPY manifests /manifests
	dir manifests 0755
	file manifests/a.yaml 0644 0:0 kind: ConfigMap
E
"$TOP/test/mkimage.py" docker-archive good.tar <words
"$TOP/test/mkimage.py" oci good.oci <words
sed s/0644/0600/ words | "$TOP/test/mkimage.py" docker-archive bad.tar

# ------------------------------------------------------------------ GitHub

# action NAME=VALUE...: inputs; the steps run as a runner runs them
cat >action.py <<'E'
import os, re, subprocess, sys
import yaml
action = yaml.safe_load(open(os.environ["TOP"] + "/.github/actions/check/action.yml"))
assert {"name", "description", "inputs", "runs"} == set(action)
assert action["runs"]["using"] == "composite"
given = dict(a.split("=", 1) for a in sys.argv[1:])
inputs = {}
for name, i in action["inputs"].items():
    assert set(i) <= {"description", "required", "default"} and i["description"]
    assert isinstance(i.get("default", ""), str), name
    assert i.get("required") or "default" in i, name
    inputs[name] = given.pop(name, i.get("default"))
assert not given and None not in inputs.values()
known = {f"inputs.{k}": v for k, v in inputs.items()} | {
    "github.server_url": "file://" + os.getcwd(),
    "github.repository": "somebody/else",
    "github.action_repository": os.environ.get("REPOSITORY", "acme/unpack")}
used = set()
def value(m):
    names = re.split(r" \|\| ", m[1])
    used.update(names)
    return next((known[n] for n in names if known[n]), "")
def evaluate(text):
    return re.sub(r"\$\{\{ (.*?) \}\}", value, text)
os.makedirs("runner", exist_ok=True)
path = os.environ["PATH"]
for step in action["runs"]["steps"]:
    assert set(step) == {"name", "shell", "env", "run"}, step["name"]
    assert step["shell"] == "bash" and "${{" not in step["run"]
    open("runner/path", "w").close()
    env = {k: evaluate(v) for k, v in step["env"].items()}
    env |= {"PATH": path, "HOME": os.getcwd(), "RUNNER_TEMP": os.getcwd() + "/runner",
            "GITHUB_PATH": os.getcwd() + "/runner/path"}
    with open("runner/step", "w") as f:
        f.write(step["run"])
    code = subprocess.call(["bash", "--noprofile", "--norc", "-eo", "pipefail",
                            "runner/step"], env=env)
    if code:
        sys.exit(code)
    path = ":".join(open("runner/path").read().split()[::-1] + [path])
assert {n for n in known if n.startswith("inputs.")} <= used
E
action() {
	rm -rf runner
	python3 action.py "$@"
}
is "the action's version is ours" "$(python3 -c '
import sys, yaml
print(yaml.safe_load(open(sys.argv[1]))["inputs"]["version"]["default"])' \
	"$TOP/.github/actions/check/action.yml")" "$version"
ok "an image that can be unpacked" exits 0 action images=good.tar
ok "  has no annotation" lacks out '^::error'
ok "  the program is the release's" cmp \
	"runner/unpack/$name/bin/unpackctl" "$UNPACKCTL"
ok "one that cannot" exits 3 action images=bad.tar
ok "  has one" has out '^::error title=file-not-readable::bad.tar: manifests/a.yaml'
ok "several, one on each line" exits 3 action images='good.tar
bad.tar
good.oci
'
ok "  has one" has out '^::error title=file-not-readable::bad.tar: '
ok "SARIF in a file" exits 3 action images=bad.tar output=sarif \
	output-file=result.sarif
is "  it is" "$(jq -r '.runs[0].results[0].ruleId' result.sarif)" \
	file-not-readable
ok "a warning is none" exits 0 action images=good.oci fail-on=warning
ok "from another place" exits 0 env REPOSITORY= python3 action.py \
	images=good.tar "release-url=file://$PWD/$place"
ok "with its sum" exits 0 action images=good.tar "sha256=$sum"
ok "with another sum" exits 1 action images=good.tar "sha256=$other"
ok "  nothing has run" [ ! -e "runner/unpack/$name" ]
# refused COMMAND...: it fails
refused() {
	! "$@" >out 2>err
}
# shellcheck disable=SC2016 # the other shell's
for hostile in "'; touch pwned; '" '$(touch pwned)' '`touch pwned`' '-o json' \
	'x" || touch pwned "'; do
	ok "an image named $hostile" refused action images="./$hostile"
	ok "a version $hostile" refused action images=good.tar version="$hostile"
	ok "an output $hostile" refused action images=good.tar output="$hostile"
done
ok "  no name was a command" [ ! -e pwned ]
ok "no such version" refused action images=good.tar version=9.9.9
ok "no release here" refused env REPOSITORY= python3 action.py images=good.tar
cp "$place/$name.tar.gz" good.tar.gz
printf x >>"$place/$name.tar.gz"
ok "a changed archive" exits 1 action images=good.tar
ok "  nothing has run" [ ! -e "runner/unpack/$name" ]
cp good.tar.gz "$place/$name.tar.gz"
sed -i "/$name/d" "$place/SHA256SUMS"
ok "an archive without a sum" exits 1 action images=good.tar
ok "  nothing has run" [ ! -e "runner/unpack/$name" ]

# -------------------------------------------------------------- pre-commit

mkdir bin && ln -s "$UNPACKCTL" bin/unpackctl
PATH=$PWD/bin:$PATH
python3 - "$TOP/.pre-commit-hooks.yaml" >hook.json <<'E'
import json, sys
import yaml
hook, = yaml.safe_load(open(sys.argv[1]))
assert set(hook) == {"id", "name", "description", "entry", "language", "types_or",
                     "exclude"}
json.dump(hook, sys.stdout)
E
is "the hook's kind" "$(jq -c '[.id, .language, .types_or]' hook.json)" \
	'["unpack-check-pod","system",["yaml","json"]]'
ok "in the example, too" has "$TOP/.pre-commit-hooks.yaml" \
	"^# *- id: $(jq -r .id hook.json)\$"
git init -q repository
cd repository || exit 1
mkdir -p charts/templates
cp "$TOP/manifests/examples/pod.yaml" pod.yaml
sed 's/runAsNonRoot: true/runAsNonRoot: false/' pod.yaml >"bad pod.yaml"
printf 'kind: ConfigMap\napiVersion: v1\n' >map.yaml
printf 'a: {{ .Values.b }}\n' >charts/templates/x.yaml
# hook: its entry with what is staged, of the kinds that it names
hook() {
	git diff --cached --name-only -z | grep -zE '\.(ya?ml|json)$' |
		grep -zEv -- "$(jq -r .exclude ../hook.json)" |
		xargs -0 sh -c "$(jq -r .entry ../hook.json) \"\$@\" ||
			exit \$((\$? + 120))" hook
}
git add pod.yaml map.yaml charts
ok "a good pod, and what is none" exits 0 hook
git rm -q --cached pod.yaml
ok "no pod at all" exits 0 hook
git add .
ok "a pod that violates" exits 123 hook
ok "  is told" has out '^bad pod.yaml:.*violates restricted:latest: runAsNonRoot$'
git rm -q --cached "bad pod.yaml"
printf 'a: [\n' >broken.json
git add broken.json
ok "what cannot be read" exits 123 hook
ok "  is told" has err 'broken.json:'
cd ..

# ------------------------------------------------------- GitLab and Tekton

python3 - "$TOP/manifests/examples/gitlab-ci.yaml" >job.json <<'E'
import json, sys
import yaml
jobs = yaml.safe_load(open(sys.argv[1]))
assert list(jobs) == ["check-bundle"]
job = jobs["check-bundle"]
assert set(job) == {"image", "variables", "script", "artifacts"}
assert all(isinstance(v, str) for v in job["variables"].values())
assert job["script"] and all(isinstance(s, str) for s in job["script"])
assert job["artifacts"] == {"when": "always", "reports": {"junit": "report.xml"}}
json.dump(job, sys.stdout)
E
# a login to a registry that is not there
printf '#!/bin/sh\ncat >../login; echo "$*" >>../login\n' >bin/skopeo
chmod +x bin/skopeo
ok "GitLab: the release is this one" eval \
	'jq -r ".variables.UNPACK_URL, .variables.UNPACK" job.json >out &&
	has out "/v$version$" && has out "^unpack-$version-linux-amd64$"'
# gitlab NAME=VALUE...: the job's script, in a directory of its own
gitlab() {
	rm -rf job && mkdir job
	{
		jq -r '.variables | to_entries[] | "\(.key)=\"\(.value)\""' job.json
		echo "UNPACK=$name"
		for v; do echo "${v%%=*}='${v#*=}'"; done
		jq -r '.script[]' job.json
	} >job/script
	(cd job && CI_REGISTRY=registry.example.com CI_REGISTRY_USER=me \
		CI_REGISTRY_PASSWORD=secret CI_REGISTRY_IMAGE=x \
		CI_COMMIT_SHORT_SHA=y bash -eo pipefail script)
}
here="UNPACK_URL=file://$PWD/$place"
ok "an image that can be unpacked" exits 0 gitlab "$here" \
	UNPACK_SHA256="$sum" BUNDLE=../good.tar
ok "  is a test that passed" has job/report.xml 'tests="1" failures="0"'
ok "  is told in the job's log" has out 'compatible.*[.][.]/good.tar$'
is "  the login" "$(paste -sd, login)" \
	"secret,login -u me --password-stdin registry.example.com"
ok "one that cannot" exits 3 gitlab "$here" UNPACK_SHA256="$sum" \
	BUNDLE=../bad.tar
ok "  is a test that failed" has job/report.xml 'tests="1" failures="1"'
ok "  is told in the job's log" has out 'manifests/a.yaml: '
ok "another archive" exits 1 gitlab "$here" UNPACK_SHA256="$other" \
	BUNDLE=../good.tar
ok "  has not run" [ ! -e job/report.xml ]
ok "the sum of the example" exits 1 gitlab "$here" BUNDLE=../good.tar

cat >tekton.py <<'E'
import os, re, sys
import yaml
task = yaml.safe_load(open(os.environ["TOP"] + "/manifests/examples/tekton-task.yaml"))
assert (task["apiVersion"], task["kind"]) == ("tekton.dev/v1", "Task")
spec = task["spec"]
assert set(spec) == {"description", "params", "workspaces", "steps"}
given = dict(a.split("=", 1) for a in sys.argv[1:])
known = {"workspaces.source.path": os.getcwd()}
for p in spec["params"]:
    assert set(p) <= {"name", "description", "type", "default"} and p["type"] == "string"
    known["params." + p["name"]] = given.pop(p["name"], p.get("default"))
assert not given and [w["name"] for w in spec["workspaces"]] == ["source"]
value = lambda s: re.sub(r"\$\((.*?)\)", lambda m: known[m[1]], s)
step, = spec["steps"]
assert set(step) == {"name", "image", "workingDir", "command", "args",
                     "computeResources", "securityContext"}
os.chdir(value(step["workingDir"]))
words = [value(s) for s in step["command"] + step["args"]]
os.execvp(words[0], words)
E
ok "Tekton: an archive" exits 0 python3 tekton.py image=good.tar
ok "  a layout" exits 0 python3 tekton.py image=good.oci
ok "  one that cannot be unpacked" exits 3 python3 tekton.py image=bad.tar
ok "  a warning is none" exits 0 python3 tekton.py image=good.tar fail-on=warning
ok "  there is none" exits 1 python3 tekton.py image=nope.tar
ok "  the image is this version's" has "$TOP/manifests/examples/tekton-task.yaml" \
	"image: registry.example.com/unpackctl:$version\$"
# in a Pod
python3 - "$TOP/manifests/examples/tekton-task.yaml" >pod.yaml <<'E'
import sys
import yaml
step, = yaml.safe_load(open(sys.argv[1]))["spec"]["steps"]
step["resources"] = step.pop("computeResources")
yaml.safe_dump({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"},
                "spec": {"containers": [step]}}, sys.stdout)
E
ok "  its step is restricted" exits 0 unpackctl check-pod pod.yaml
done_testing
