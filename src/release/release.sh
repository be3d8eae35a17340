#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# From what src/release/stage.sh left to what is handed out:
#
#   src/release/release.sh may          may there be a release? before it is built
#   src/release/release.sh archives STAGE DIR
#   src/release/release.sh image STAGE DIR
#
# From the environment: VERSION; COMMIT and its time in seconds, by a blank;
# ARCHES; MAINTAINER, RELEASE_URL and KEY: unpack-admin(7).
set -eu
LC_ALL=C
export LC_ALL
umask 022
: "${VERSION:?}" "${COMMIT:?}" "${ARCHES:?}"
: "${MAINTAINER=}" "${RELEASE_URL=}" "${KEY=}"

die() {
	echo "release: $*" >&2
	exit 1
}

# Will KEY sign, or is there somebody to be asked for its password?  What
# minisign encrypts has "Sc" behind the first two bytes.
check_key() {
	[ -n "$KEY" ] || return 0
	if [ ! -f "$KEY" ]; then
		gpg --list-secret-keys "$KEY" >/dev/null 2>&1 || die \
			"KEY=$KEY: neither a file nor a secret key that gpg has"
		[ -t 0 ] || sign_by_gpg </dev/null >/dev/null || die \
			"KEY=$KEY: gpg cannot sign, and there is no terminal to ask" \
			"for a password: use a key without one, or sign something" \
			"by hand before, so that gpg-agent knows it"
		return
	fi
	command -v minisign >/dev/null ||
		die "minisign is missing: apt-get install minisign"
	[ -t 0 ] || ! sed -n 2p "$KEY" | grep -q '^RWRTY' || die \
		"KEY=$KEY has a password, and there is no terminal to ask for it:" \
		"use a key without one; minisign -C -W -s $KEY takes it off"
}

# What it reads, signed by gpg, which asks for nothing without a terminal.
sign_by_gpg() {
	mode=ask
	[ -t 0 ] || mode=error
	gpg --batch --yes --pinentry-mode $mode --local-user "$KEY" --armor \
		--detach-sign "$@"
}

if [ "$1" = may ]; then
	echo "$VERSION" | grep -Eqx '[0-9]+\.[0-9]+\.[0-9]+' ||
		die "VERSION=$VERSION: must have the form X.Y.Z"
	[ -n "$MAINTAINER" ] ||
		die "say to whom users write about a weakness:" \
			"make release MAINTAINER='NAME <ADDRESS>'"
	grep -qxF "## $VERSION" .github/CHANGES.md ||
		die "say in .github/CHANGES.md what is new: ## $VERSION"
	for tag in $([ ! -e .git ] || git tag --points-at HEAD); do
		[ "$tag" = "v$VERSION" ] || die "this commit has the tag $tag," \
			"a release of version $VERSION has v$VERSION"
	done
	check_key
	exit
fi
what=$1 stage=$2 dir=$3
[ "$what" != archives ] || check_key
epoch=${COMMIT#* }

# pack PARENT NAME: a tar.gz, the same for the same files.  Modes are those of a
# umask of 022.
pack() {
	tar --sort=name --format=ustar --owner=0 --group=0 --numeric-owner \
		--mtime="@$epoch" --mode=a+rX,u+w,go-w -C "$1" -cf - "$2" |
		gzip -9n
}

rm -rf "$dir"
mkdir -p "$dir"
if [ "$what" = image ]; then
	cp -R "$stage/image/." "$dir/"
	for i in unpack unpackctl; do
		echo "$dir/$i: $(jq -r '.manifests[0].digest' \
			"$dir/$i/index.json")"
	done
	exit
fi

source=$stage/unpack-$VERSION
pack "$stage" "unpack-$VERSION" >"$dir/unpack-$VERSION-source.tar.gz"
for a in $ARCHES; do
	name=unpack-$VERSION-linux-$a
	doc=$stage/out/$name/share/doc/unpack
	cp "$source/.github/CHANGES.md" "$doc/"
	awk -v to="$MAINTAINER" '{ at = index($0, "@MAINTAINER@") }
		at { $0 = substr($0, 1, at - 1) to substr($0, at + 12) } 1' \
		"$source/.github/SECURITY.md" >"$doc/SECURITY.md"
	# krew takes no links, neither do some others
	find "$stage/out/$name" -type l -exec rm {} +
	pack "$stage/out" "$name" >"$dir/$name.tar.gz"
done

# https://krew.sigs.k8s.io/docs/developer-guide/plugin-manifest/
[ -z "$RELEASE_URL" ] || {
	cat <<-END
	apiVersion: krew.googlecontainertools.github.com/v1alpha2
	kind: Plugin
	metadata:
	  name: unpack
	spec:
	  version: v$VERSION
	  homepage: ${RELEASE_URL%/releases/*}
	  shortDescription: Get a bundle image's files, by way of the kubelet
	  description: |
	    Starts a pod in which the bundle's own image prints its files to the
	    log, reads the log, verifies it, and writes a directory: whole or not
	    at all.  The node pulls the image with its own credentials.  Also
	    tells, without a cluster, whether an image will unpack, and whether a
	    pod passes the Pod Security Standards.
	  caveats: |
	    Pods need the image of unpack: give --unpacker-image, or set
	    UNPACK_IMAGE, to where your cluster can pull it from.
	  platforms:
	END
	for a in $ARCHES; do
		name=unpack-$VERSION-linux-$a
		cat <<-END
		  - selector:
		      matchLabels:
		        os: linux
		        arch: $a
		    uri: $RELEASE_URL/$name.tar.gz
		    sha256: $(sha256sum <"$dir/$name.tar.gz" | cut -d' ' -f1)
		    bin: unpackctl
		    files:
		    - from: $name/bin/unpackctl
		      to: .
		    - from: $name/share/doc/unpack/LICENSE
		      to: .
		    - from: $name/share/doc/unpack/NOTICE
		      to: .
		END
	done
} >"$dir/unpack.yaml"
(cd "$dir" && sha256sum -- * >SHA256SUMS.new && mv SHA256SUMS.new SHA256SUMS)
cat "$dir/SHA256SUMS"
# what else decides about the bytes
sed -n 's/^  /linked: /p' "$stage/out/$name/share/doc/unpack/NOTICE"
if [ -f "$KEY" ]; then
	minisign -S -s "$KEY" -m "$dir/SHA256SUMS" -t "unpack $VERSION"
elif [ -n "$KEY" ]; then
	sign_by_gpg "$dir/SHA256SUMS"
else
	echo "release: not signed: make release KEY=..." >&2
fi
