#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Install, on a bare Debian 12 or 13, as root or by sudo, what this repository
# needs:
#
#   test/setup.sh build    to build the programs and run the demo
#   test/setup.sh          to run the tests, too
#   test/setup.sh fuzz     to run make fuzz, too
#   test/setup.sh lint     to run make lint, too
#   test/setup.sh arch     to run make ARCH=s390x test-emulated, too
#   test/setup.sh release  to run make release, image, deb and test-arch, too
#   test/setup.sh bench    to build the programs and run make bench
set -eu

# The programs: a compiler, musl, and what reads Debian's source packages.
build="make gcc musl-tools dpkg-dev xz-utils bzip2 debian-archive-keyring jq"

# Unit tests with sanitizers: the same libraries, as Debian builds them.
unit="libarchive-dev libcjson-dev libdeflate-dev libmd-dev libyaml-dev
	libzstd-dev zlib1g-dev libc6-dev"

# Readers that know nothing of us, real container tools, a base image.
tests="git python3-minimal python3 golang-go libarchive-tools busybox-static
	file procps strace podman buildah skopeo runc containerd lz4 mmdebstrap zstd
	docker-registry apache2-utils zsh fish python3-jsonschema python3-yaml
	libxml2-utils curl bindfs minisign gpg gpg-agent gpgconf kubernetes-client"

# libFuzzer and the sanitizers of clang: Debian 12 has 14, Debian 13 has 19.
# shellcheck disable=SC1091
clang=$(. /etc/os-release && [ "${VERSION_ID-}" = 12 ] && echo 14 || echo 19)
fuzz="clang libclang-rt-$clang-dev"

lint="acl clang-tidy clang-format cppcheck shellcheck mandoc"

# Compilers for the other architectures, and programs that run what they make;
# Debian's packaging.  A machine's own compiler has the same names.
release="git python3 qemu-user skopeo mmdebstrap debhelper fakeroot
	lintian diffoscope-minimal"
for a in aarch64:arm64 powerpc64le:ppc64el s390x:s390x x86-64:amd64; do
	[ "${a#*:}" = "$(dpkg --print-architecture)" ] ||
		release="$release gcc-${a%:*}-linux-gnu"
done

# The peers.
bench="python3 golang-go libarchive-tools busybox-static
	libdeflate-tools skopeo umoci"

case ${1-test} in
build) packages=$build ;;
test) packages="$build $unit $tests" ;;
fuzz) packages="$build $unit $tests $fuzz" ;;
lint) packages="$build $unit $tests $fuzz $lint" ;;
arch) packages="$build python3 gcc-s390x-linux-gnu qemu-user" ;;
release) packages="$build $unit $tests $release" ;;
bench) packages="$build $bench" ;;
*)
	echo "usage: test/setup.sh [build|test|fuzz|lint|bench|arch|release]" >&2
	exit 2
	;;
esac

missing=
for p in $packages; do
	# some machines have a kubectl of another package
	[ "$p" = kubernetes-client ] && command -v kubectl >/dev/null && continue
	dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null |
		grep -qx installed || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
as_root=
if [ "$(id -u)" != 0 ]; then
	as_root=sudo
	command -v sudo >/dev/null || {
		echo "setup: not root, and these are missing:$missing" >&2
		echo "setup: let root run it once; what comes after needs no root" >&2
		exit 1
	}
fi
# What apt says is shown where it fails.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# apt and dpkg give files to others, and become others
{ $as_root chown 42:42 "$log" && $as_root chown "$(id -u)" "$log"; } 2>/dev/null || {
	echo "setup: these are missing:$missing" >&2
	echo "setup: root cannot install them here, as it may not give files" \
		"to other users: a container needs what podman and docker" \
		"give it unasked, and more than one user" >&2
	exit 1
}
# told WHAT COMMAND...: a line, and the command
told() {
	echo "setup: $1"
	shift
	"$@" >"$log" 2>&1 || {
		tail -n 30 "$log" >&2
		exit 1
	}
}
# shellcheck disable=SC2086 # a list of names
set -- $missing
told "reading Debian's lists" $as_root apt-get update -q
told "installing $# packages, and what they need: $*" \
	$as_root env DEBIAN_FRONTEND=noninteractive \
	apt-get install -q -y --no-install-recommends "$@"
