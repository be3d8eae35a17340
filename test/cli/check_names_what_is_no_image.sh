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
says "signatures alone" 1 'no image in it, only signatures' i

artifact() { # artifact NAME CONFIG-TYPE LAYER-TYPE REGEX
	change i "manifest['config']['mediaType'] = '$2'
manifest['layers'][0]['mediaType'] = '$3'
index['manifests'] = [blob(manifest, mediaType=first['mediaType'])]"
	says "$1" 1 "not a container image but $4" i
}
layer=application/vnd.oci.image.layer.v1.tar+gzip
artifact "an OCI artifact" application/vnd.oci.empty.v1+json $layer 'an OCI artifact'
artifact "a Helm chart" application/vnd.cncf.helm.config.v1+json \
	application/vnd.cncf.helm.chart.content.v1.tar+gzip 'a Helm chart'
artifact "a signature" application/vnd.oci.image.config.v1+json \
	application/vnd.dev.cosign.simplesigning.v1+json 'a signature of cosign'
artifact "an attestation" application/vnd.oci.image.config.v1+json \
	application/vnd.in-toto+json 'an attestation'
artifact "an encrypted layer" application/vnd.oci.image.config.v1+json \
	$layer+encrypted 'encrypted'
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

# a name, where nothing is installed that knows it
without() {
	env PATH=/nowhere "$UNPACKCTL" check "$@"
}
ok "a name: exit 1" exits 1 without localhost/x:1
ok "a name: what to install" has err 'localhost/x:1: no such file; to read an image by its name, install podman, docker or skopeo, or .*: podman save localhost/x:1 \| unpackctl check -$'
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
