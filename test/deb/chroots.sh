#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The package is clean, and in a fresh Debian 12 and 13 it installs, runs,
# upgrades and goes; the plugin that krew installs runs there, too.
. "$TOP/test/lib.sh"
deb=$(ls "$TOP"/build/deb/unpackctl_*.deb 2>/dev/null)
[ -n "$deb" ] || skip_all "needs the package: make test-deb"
[ "$(id -u)" = 0 ] || skip_all "needs root, for chroots"
need mmdebstrap lintian
version=$(sed -n 's/^VERSION *= *//p' "$TOP/Makefile")
mirror=$(sed -n 's/^URIs: *//p' "$TOP/build/sources/apt/parts/debian.sources" |
	grep -v security | head -n 1)

lintian --allow-root --fail-on error,warning "$TOP"/build/deb/*.changes \
	>lintian 2>&1
ok "lintian has nothing to say" empty lintian

# the same package, of a version before
mkdir old
dpkg-deb -R "$deb" old/tree
sed -i 's/^Version: .*/Version: 0.1.0/' old/tree/DEBIAN/control
dpkg-deb --root-owner-group -b old/tree old/unpackctl.deb >/dev/null

# in COMMAND...: in the chroot, without a network
in_root() {
	unshare --net chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		DEBIAN_FRONTEND=noninteractive LC_ALL=C "$@"
}

for suite in bookworm trixie; do
	root=$PWD/$suite
	mmdebstrap --quiet --variant=minbase "$suite" "$root" "$mirror" \
		>"$suite.log" 2>&1 || {
		ok_skip "$suite" "cannot be had: $(tail -n 1 $suite.log)"
		continue
	}
	cp "$deb" "$root/new.deb"
	cp old/unpackctl.deb "$root/old.deb"
	ok "$suite: installs" in_root dpkg -i /old.deb
	ok "$suite: upgrades" in_root dpkg -i /new.deb
	is "$suite: to this version" \
		"$(in_root dpkg-query -W -f '${Version}' unpackctl)" "$version"
	is "$suite: it runs" "$(in_root unpackctl --version | head -n 1)" \
		"unpackctl $version"
	ok "$suite: as the plugin" eval \
		"in_root kubectl-unpack --help | grep -q 'kubectl unpack'"
	ok "$suite: kubectl's completion" in_root test -x \
		/usr/bin/kubectl_complete-unpack
	in_root dpkg -L unpackctl >files
	for f in $(cd "$TOP/src/man" && for m in *.[1-9]; do
		echo "man/man${m##*.}/$m.gz"
	done) \
		bash-completion/completions/kubectl-unpack \
		doc/unpackctl/NOTICE; do
		ok "$suite: $f" in_root test -s "/usr/share/$f"
	done
	# some systems leave out /usr/share/doc, but never this
	for l in Apache-2.0 musl libarchive zlib; do
		ok "$suite: copyright: $l" grep -q "$l" \
			"$root/usr/share/doc/unpackctl/copyright"
	done
	ok "$suite: it works" eval "cp -R '$TOP/test/bundles/hello-plain' \
		'$root/bundle' && in_root unpackctl check /bundle >/dev/null"
	in_root dpkg --verify unpackctl >changed
	ok "$suite: nothing was changed" empty changed
	ok "$suite: goes" in_root dpkg -P unpackctl
	while read -r f; do
		[ ! -f "$root$f" ] || echo "$f"
	done <files >left
	ok "$suite: and leaves nothing" empty left

	# krew, by a reader of its rules
	if [ -e "$TOP/build/release/unpack.yaml" ]; then
		"$TOP/test/release/krew.py" "$TOP/build/release/unpack.yaml" \
			"$TOP/build/release" "$root/krew"
		is "$suite: krew's plugin runs" "$(in_root \
			/krew/bin/kubectl-unpack --version | head -n 1)" \
			"unpackctl $version"
	fi
	rm -rf "$root"
done
done_testing
