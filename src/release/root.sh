#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Lay out the root of an image, but for its licences:
#
#   src/release/root.sh unpack|unpackctl BUILD ROOT STRIP
set -eu
umask 022
build=$2 root=$3 strip=$4
mkdir -p "$root/usr/bin"
case $1 in
unpack)
	# Provisioners run "/cp -Rv /unpack DEST" or "cp -Rv /unpack DEST", some
	# of them with a volume mounted over our own /bin.
	install -s --strip-program="$strip" -m 0555 "$build/unpack" \
		"$root/unpack"
	ln -s unpack "$root/cp"
	ln -s ../../unpack "$root/usr/bin/cp"
	;;
unpackctl)
	install -s --strip-program="$strip" -m 0555 "$build/unpackctl" \
		"$root/usr/bin/unpackctl"
	ln -s unpackctl "$root/usr/bin/kubectl-unpack"
	# for what is larger than memory should hold
	install -d -m 1777 "$root/tmp" "$root/var/tmp"
	;;
esac
