#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What lies in archives and layouts beside images, or in place of them: the
# one image is found, and the rest gets a message that says what it is.
. "$TOP/test/lib.sh"
MK=$TOP/test/mkimage.py

bundle() {
	printf '%s\n' layer 'dir manifests 0755' 'file manifests/a.yaml 0644 a'
}
bundle | "$MK" oci good
bundle | "$MK" docker-archive good.tar
bundle | "$MK" oci-archive oci.tar

# change DIR CODE: a copy of good, changed by Python: `index`, `first` (its
# descriptor), blob(bytes or object) -> descriptor, read(descriptor)
change() {
	rm -rf "$1" && cp -r good "$1"
	python3 - "$1" "$2" <<-'P'
		import hashlib, json, os, sys
		os.chdir(sys.argv[1])
		def blob(data, **more):
		    data = data if isinstance(data, bytes) else json.dumps(data).encode()
		    h = hashlib.sha256(data).hexdigest()
		    with open("blobs/sha256/" + h, "wb") as f:
		        f.write(data)
		    return dict({"digest": "sha256:" + h, "size": len(data)}, **more)
		def read(d):
		    with open("blobs/sha256/" + d["digest"][7:], "rb") as f:
		        return json.load(f)
		index = json.load(open("index.json"))
		first = index["manifests"][0]
		manifest = read(first)
		exec(sys.argv[2])
		json.dump(index, open("index.json", "w"))
	P
}
says() { # says NAME CODE REGEX IMAGE: exit CODE, and a line that matches
	ok "$1: exit $2" exits "$2" "$UNPACKCTL" check "$4"
	cat out >>err
	ok "$1: says what it is" has err "$3"
}
name='"org.opencontainers.image.ref.name"'

change i "index['manifests'] = [dict(first, annotations={$name: n}) for n in ('a:1', 'a:2')]"
ok "one image under two names: exit 0" exits 0 "$UNPACKCTL" check -o json i
is "and one verdict" "$(jq -c '[.entries, .images]' out)" '[3,null]'
change i "other = blob(dict(manifest, annotations={'x': 'y'}), mediaType=first['mediaType'])
index['manifests'] = [dict(d, annotations={$name: n}) for n, d in (('a:1', first), ('a:2', other))]"
says "two images" 0 '^2 images: 2 compatible' i
ok "one of them" exits 0 "$UNPACKCTL" check oci:i:a:2
mkdir d && tar xf good.tar -C d
python3 -c '
import json
m = json.load(open("d/manifest.json"))
json.dump([dict(m[0], RepoTags=["a:1"]), dict(m[0], RepoTags=["a:2"])], open("d/manifest.json", "w"))'
tar cf two.tar -C d .
ok "a docker-archive that has an image twice" exits 0 "$UNPACKCTL" check two.tar

for kind in sigs atts sboms; do
	change i "sig = blob(dict(manifest, layers=[]), mediaType=first['mediaType'])
index['manifests'] = [dict(first, annotations={'kind': 'dev.cosignproject.cosign/image'}), dict(sig, annotations={'kind': 'dev.cosignproject.cosign/$kind'})]"
	ok "cosign save: $kind are no image" exits 0 "$UNPACKCTL" check i
done
change i "sig = blob(dict(manifest, layers=[]), mediaType=first['mediaType'])
index['manifests'].append(dict(sig, annotations={$name: first['digest'].replace(':', '-') + '.sig'}))"
ok "a signature by its tag is no image" exits 0 "$UNPACKCTL" check i
change i "att = blob(dict(manifest, layers=[]), mediaType=first['mediaType'], platform={'os': 'unknown', 'architecture': 'unknown'})
index['manifests'].append(att)"
ok "an attestation is no image" exits 0 "$UNPACKCTL" check i
change i "index['manifests'].append(blob({}, mediaType='application/vnd.oci.artifact.manifest.v1+json'))"
ok "an artifact beside it is no image" exits 0 "$UNPACKCTL" check i
change i "index['manifests'] = [dict(first, annotations={'kind': 'dev.cosignproject.cosign/sigs'})]"
says "signatures alone" 1 '^unpackctl: not a container image: application/vnd.oci.image.manifest' i

# what is no image is told by its media type
artifact() { # artifact NAME CONFIG-TYPE LAYER-TYPE TYPE
	artifact_code="manifest['config']['mediaType'] = '$2'
manifest['layers'][0]['mediaType'] = '$3'
other = blob(manifest, mediaType=first['mediaType'])"
	change i "$artifact_code; index['manifests'] = [other]"
	says "$1" 1 "^unpackctl: not a container image: $4\$" i
	change i "$artifact_code; index['manifests'].append(other)"
	ok "$1 beside an image" exits 0 "$UNPACKCTL" check -o json i
	is "... is none" "$(jq -c '[.entries, .images]' out)" '[3,null]'
}
layer=application/vnd.oci.image.layer.v1.tar+gzip
config=application/vnd.oci.image.config.v1+json
artifact "an OCI artifact" application/vnd.oci.empty.v1+json $layer \
	'application/vnd.oci.empty.v1\+json'
artifact "a Helm chart" application/vnd.cncf.helm.config.v1+json \
	application/vnd.cncf.helm.chart.content.v1.tar+gzip \
	'application/vnd.cncf.helm.config.v1\+json'
artifact "a signature" $config \
	application/vnd.dev.cosign.simplesigning.v1+json \
	'application/vnd.dev.cosign.simplesigning.v1\+json'
artifact "an attestation" $config application/vnd.in-toto+json \
	'application/vnd.in-toto\+json'
artifact "an encrypted layer" $config $layer+encrypted \
	'application/vnd.oci.image.layer.v1.tar\+gzip\+encrypted'

# what belongs to an image and has no tag, as "oras cp -r" and regclient write
# it, is no image, and no error
refers="empty = blob(b'{}', mediaType='application/vnd.oci.empty.v1+json')
note = blob(b'note', mediaType='text/plain')
m = {'schemaVersion': 2, 'mediaType': first['mediaType'],
    'artifactType': 'application/vnd.x', 'config': empty, 'layers': [note],
    'subject': {k: first[k] for k in ('mediaType', 'digest', 'size')}}
def add(doc=m, **more):
    index['manifests'].append(blob(doc, **dict({'mediaType': m['mediaType']}, **more)))
def nest(*all, **more):
    add({'schemaVersion': 2, 'manifests': list(all)},
        mediaType='application/vnd.oci.image.index.v1+json', **more)"
referrer() { # referrer NAME CODE
	change i "$refers
$2"
	ok "$1: no image, and no error" exits 0 "$UNPACKCTL" check -o json i
	is "... the image alone is judged" \
		"$(jq -c '[.entries, .images]' out)" '[3,null]'
	change i "$refers
index['manifests'] = []
$2"
	ok "... alone it is an error" exits 1 "$UNPACKCTL" check i
	ok "... which says what it is" has err \
		'^unpackctl: not a container image: application/'
}
referrer "an artifact with a subject" "add()"
referrer "its type in the descriptor" "add(artifactType='application/vnd.x')"
referrer "no type of its own" "del m['artifactType']; add()"
referrer "no subject" "del m['subject']; add()"
referrer "an image's configuration" "m['config'] = manifest['config']; add()"
referrer "a configuration without a type" "del empty['mediaType']; add()"
referrer "an image with a subject" "add(dict(manifest, subject=m['subject']))"
referrer "a signature, an SBOM and an attestation" "for t in (
    'application/vnd.dev.cosign.artifact.sig.v1+json', 'application/spdx+json',
    'application/vnd.in-toto+json'): add(dict(m, artifactType=t))"
referrer "the index of a tag's referrers" \
	"nest(blob(m, mediaType=m['mediaType'], artifactType='application/vnd.x'),
    annotations={$name: first['digest'].replace(':', '-')})"
referrer "an index of them without a tag" "nest(blob(m, mediaType=m['mediaType']))"
referrer "one in an index in an index" "add()
nest(index['manifests'].pop()); nest(index['manifests'].pop())"
change i "$refers
add(); nest(first, index['manifests'].pop()); del index['manifests'][0]"
ok "an index of an image and what belongs to it" exits 0 "$UNPACKCTL" check i
change i "$refers
add(dict(manifest, subject=m['subject']), annotations={$name: 'v2'})"
says "a subject, and a tag: an image" 0 '^2 images: 2 compatible' i
change i "$refers
nest(annotations={$name: 'v2'})"
says "an empty index is no image, but named" 1 '1 compatible, .* 1 not checked' i
change i "add = lambda p, **more: dict(first, platform=dict(zip(('os', 'architecture'), p.split('/'))), **more)
note = blob({'config': manifest['config'], 'layers': [blob(b'x', mediaType='application/vnd.in-toto+json')]}, mediaType=first['mediaType'],
    platform={'os': 'unknown', 'architecture': 'unknown'}, annotations={'vnd.docker.reference.type': 'attestation-manifest'})
index['manifests'] = [blob({'manifests': [add('linux/amd64'), note]}, mediaType='application/vnd.oci.image.index.v1+json')]"
ok "what buildx writes" exits 0 "$UNPACKCTL" check i

# "docker save" writes both index.json and manifest.json, and either may lack
# images (moby#47210, moby#51389)
saved() { # saved NAME CODE [EXIT]: the code changes `index` and `docker`
	change i "path = lambda d: 'blobs/' + d['digest'].replace(':', '/')
entry = lambda m: {'Config': path(m['config']), 'RepoTags': None, 'Layers': [path(l) for l in m['layers']]}
docker = [entry(manifest)]
config = read(manifest['config'])
other = dict(manifest, config=blob(dict(config, author='other')))
$2
if docker != '': json.dump(docker, open('manifest.json', 'w'))"
	tar cf i.tar -C i .
	ok "$1" exits "${3-0}" "$UNPACKCTL" check -o json i.tar
	ok "... unpacked" exits "${3-0}" "$UNPACKCTL" check -o json i
}
count() { # count N: so many images, all compatible
	jq -e --argjson n "$1" 'if $n == 1 then .entries == 3 and .images == null
		else .compatible == $n and .notJudged == 0 end' out >jq.out
}
for none in None [] {} '"x"' 7 False; do
	saved "manifests: $none" "index['manifests'] = $none"
	ok "... the image" count 1
	saved "manifest.json: $none" "docker = $none"
	ok "... the image" count 1
done
saved "no manifests" "del index['manifests']"
ok "... the image" count 1
saved "an index that is null" "index = None"
ok "... the image" count 1
saved "an index that is a list" "index = [first]"
ok "... the image" count 1
saved "the same in both" ""
ok "... is one" count 1
saved "two, one in the index" "docker.append(entry(other))"
ok "... are two" count 2
saved "two, each in one" "docker = [entry(other)]"
ok "... are two" count 2
saved "two, one in manifest.json" "index['manifests'].append(blob(other, mediaType=first['mediaType']))"
ok "... are two" count 2
saved "in an index of the index" "index['manifests'] = [blob({'manifests': [first]}, mediaType='application/vnd.oci.image.index.v1+json')]"
ok "... is one" count 1
saved "items of other types" "docker = [None, 'x', 7, [], {}, {'Config': None}] + docker"
ok "... the image" count 1
saved "a second that is not there" \
	"docker.append(dict(docker[0], Config='blobs/sha256/' + '0' * 64))" 1
saved "none in either" "index['manifests'] = None; docker = None" 1
ok "... is said" has err '^unpackctl: no image in it$'

# the name of a configuration is a name
config_name() { # config_name NAME
	rm -rf d && mkdir d && tar xf good.tar -C d
	python3 - "$1" <<-'P'
		import json, os, sys
		os.chdir("d")
		m = json.load(open("manifest.json"))
		os.makedirs(os.path.dirname(sys.argv[1]) or ".", exist_ok=True)
		os.rename(m[0]["Config"], sys.argv[1])
		m[0]["Config"] = sys.argv[1]
		json.dump(m, open("manifest.json", "w"))
	P
	tar cf renamed.tar -C d .
	ok "a configuration called $1" exits 0 "$UNPACKCTL" check renamed.tar
}
zeros=$(printf '%064d' 0)
for one in config.json "$zeros.json" "$zeros" "blobs/sha256/$zeros" "sha256:$zeros"; do
	config_name "$one"
done

change i "manifest = {'schemaVersion': 1, 'fsLayers': []}
index['manifests'] = [blob(manifest, mediaType=first['mediaType'])]"
says "schema 1" 1 'schema 1, which current runtimes' i

other() { # other NAME PLATFORM: the configuration says another system
	change i "config = read(manifest['config']); config['os'] = '$2'
manifest['config'] = blob(config); manifest['layers'] = [{'mediaType': 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', 'digest': 'sha256:' + '0' * 64, 'size': 1}]
index['manifests'] = [blob(manifest, mediaType=first['mediaType'])]"
	says "$1" 3 "the image is for $2: it never runs.*other-os|\[other-os\]" i
}
other "an image for Windows" windows
other "an image for FreeBSD" freebsd
change i "manifest['layers'].insert(0, {'mediaType': 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', 'digest': 'sha256:' + '0' * 64, 'size': 1, 'urls': ['https://example.com/base']})
config = read(manifest['config']); config['rootfs']['diff_ids'].insert(0, 'sha256:' + '0' * 64)
manifest['config'] = blob(config)
index['manifests'] = [blob(manifest, mediaType=first['mediaType'])]"
says "a foreign layer" 1 'layer 1 is a foreign layer.*at https://example.com/base' i
change i "index['manifests'] = [blob({'manifests': [dict(first, platform={'os': 'windows', 'architecture': 'amd64'}), dict(first, platform={'os': 'linux', 'architecture': 'mips'})]}, mediaType='application/vnd.oci.image.index.v1+json')]"
says "of several systems Linux is looked at" 0 'no-platform' i

mkdir legacy legacy/a
echo '{"x": {"1": "a"}}' >legacy/repositories
: >legacy/a/layer.tar
tar cf legacy.tar -C legacy .
says "docker save before 1.10" 1 'before Docker 1.10 .repositories' legacy.tar
tar cf plain.tar -C legacy a
says "a tar of something else" 1 'neither an oci-archive nor a docker-archive: .*skopeo copy' plain.tar

# archives compressed in other ways
for tool in xz bzip2 lz4; do
	command -v $tool >/dev/null || {
		ok_skip "an archive of $tool" "needs $tool"
		continue
	}
	$tool -c <oci.tar >packed
	says "an archive of $tool" 1 "is compressed with $tool, .*$tool -dc" packed
done
gzip -c oci.tar >o.gz
gzip -c /dev/null >none.gz
cat o.gz none.gz >two.gz
ok "gzip in members" exits 0 "$UNPACKCTL" check two.gz
(cat o.gz && echo behind it) >behind.gz
says "gzip with something behind it" 1 'gzip: followed by data that is not gzip' behind.gz
if command -v zstd >/dev/null; then
	(printf '\120\52\115\30\4\0\0\0skip' && zstd -qc oci.tar) >skip.zst
	ok "zstd with a frame to skip in front" exits 0 "$UNPACKCTL" check skip.zst
fi

# layers compressed in other ways
if command -v xz >/dev/null; then
	change i "import gzip, lzma
tar = gzip.decompress(open('blobs/sha256/' + manifest['layers'][0]['digest'][7:], 'rb').read())
manifest['layers'] = [blob(lzma.compress(tar), mediaType='$layer')]
index['manifests'] = [blob(manifest, mediaType=first['mediaType'])]"
	says "a layer of xz" 3 'layer 1 is compressed with xz.*layer-compression' i
fi

change i "tar = open('blobs/sha256/' + manifest['layers'][0]['digest'][7:], 'rb').read()
manifest['layers'] = [blob(tar + b'behind', mediaType='$layer')]
index['manifests'] = [blob(manifest, mediaType=first['mediaType'])]"
says "a layer with something behind it" 1 'layer 1: gzip: followed by data' i
for type in "" application/vnd.oci.image.layer.v1.tar+bzip2; do
	change i "manifest['layers'][0]['mediaType'] = '$type'
index['manifests'] = [blob(manifest, mediaType=first['mediaType'])]"
	says "a layer of type '$type'" 3 'layer-type' i
done
if command -v zstd >/dev/null; then
	change i "import gzip, subprocess
tar = gzip.decompress(open('blobs/sha256/' + manifest['layers'][0]['digest'][7:], 'rb').read())
z = subprocess.run(['zstd', '-qc'], input=tar, stdout=subprocess.PIPE).stdout
manifest['layers'] = [blob(b'\\x50\\x2a\\x4d\\x18\\4\\0\\0\\0skip' + z, mediaType='$layer')]
index['manifests'] = [blob(manifest, mediaType=first['mediaType'])]"
	says "a layer of zstd behind a frame to skip" 3 'podman and CRI-O refuse the layer' i
fi

# what an image is built from
mkdir context
echo a >context/a.yaml
echo FROM scratch >context/Dockerfile
says "a build context" 2 '^unpackctl: context: a build context \(it has a Dockerfile\), not an image; build the image .*: podman build -t NAME context && unpackctl check NAME .*, dir:context\)$' context
mv context/Dockerfile context/Containerfile
says "... of podman" 2 'context \(it has a Containerfile\)' context
says "... as a root" 0 '^compatible' dir:context
mkdir skopeo
echo 'Directory Transport Version: 1.1' >skopeo/version
echo '{}' >skopeo/manifest.json
for one in skopeo dir:skopeo; do
	says "skopeo's $one" 1 'skopeo: a directory of .skopeo copy ... dir:., which is not read; .*: skopeo copy dir:skopeo oci:DIR$' $one
done

# skopeo's words, with quotes and line ends in them, whole
if command -v skopeo >/dev/null; then
	ok "a registry that is not there: exit 1" exits 1 \
		"$UNPACKCTL" check nosuch.invalid/x:1
	ok "... why, without skopeo's backslashes" has err \
		'nosuch.invalid: Get "https://nosuch.invalid/v2/": .*[^\\]$'
	ok "... in one line" [ "$(wc -l <err)" = 1 ]
else
	ok_skip "a registry that is not there" "needs skopeo"
fi

# a name, where nothing is installed that knows it
without() {
	env PATH=/nowhere "$UNPACKCTL" check "$@"
}
ok "a name: exit 1" exits 1 without localhost/x:1
ok "a name: what to install" has err "localhost/x:1: no such file; to read an image by its name, install skopeo, podman or docker, or .*: podman save 'localhost/x:1' >image.tar\$"
ok "what looks like a file: exit 1" exits 1 without ./x.tar
ok "... is none" has err '^unpackctl: ./x.tar: No such file or directory$'
ok "what is no name: exit 1" exits 1 without docker://localhost/X
ok "... why" has err '^unpackctl: localhost/X: '

# WORKDIR
workdir() { # workdir NAME PATH CODES
	{
		bundle
		printf '%s\n' 'file f 0644' 'symlink l new' 'symlink m manifests' \
			"config {\"WorkingDir\": \"$2\", \"User\": \"1\"}"
	} | (rm -rf i && "$MK" oci i)
	ok "$1: exit 0" exits 0 "$UNPACKCTL" check -o json i
	is "$1: codes" "$(jq -r '.warnings[].code' out | grep workdir)" "$3"
}
workdir "a WORKDIR that no layer has" /manifests/work workdir-missing
workdir "behind a link to nothing" /l workdir-missing
workdir "that is there" /manifests ""
workdir "behind a link that is there" /m ""
workdir "the root" / ""
workdir "below a mount" /proc/1/x ""
workdir "a file" /f workdir-not-directory
workdir "below a file" /f/x workdir-not-directory
workdir "a relative one" work workdir-not-directory
done_testing
