# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Images that aim at the place where a pod mounts its volume: mkimage.py's
# lines.
#
#   hostile NAME ROGUE | "$TOP/test/mkimage.py" oci DIR
#
# ROGUE is the program that they want to be run in place of unpack:
# container/rogue.c.  The bundle of all of them is hostile_wanted's.
# $HOSTILE_FIXED are those that a pod with a path that they know is lost to:
# NAME=PATH.

# shellcheck disable=SC2034
HOSTILE='link-to-volume volume-by-link hide bin-link-to-volume
	bin-volume-by-link bin-hide root-volume same-volume util-link
	util-volume link-to-root chain usr-merged twice dev-volume proc-volume
	deep-link volume-at-slash-dot guess etc-volume'
# shellcheck disable=SC2034
HOSTILE_FIXED='link-to-volume=/.unpack volume-by-link=/.unpack
	bin-link-to-volume=/bin bin-volume-by-link=/bin root-volume=/bin
	util-link=/util/bin link-to-root=/.unpack chain=/.unpack'

# hostile_wanted: ./want, the bundle
hostile_wanted() {
	mkdir -p want/manifests want/metadata
	printf 'kind: genuine' >want/manifests/csv.yaml
	printf 'genuine: too' >want/metadata/a.yaml
}

# hostile_whole DIR: it has all of the bundle
hostile_whole() {
	diff -r want/manifests "$1/manifests" &&
		diff -r want/metadata "$1/metadata"
}

# all_or_nothing: of ./out, ./err and ./code, which a container left: what came
# out is all of the bundle, or nothing and an error
all_or_nothing() {
	if [ "$(cat code)" != 0 ]; then
		empty out && [ -s err ]
		return
	fi
	rm -rf got
	"$UNPACKCTL" extract -q -C got out 2>extract.err ||
		{ head -c 300 out; cat extract.err; return 1; }
	hostile_whole got
}

# volumes PATH...: the configuration
volumes() {
	printf 'config {"User":"65532","Volumes":{'
	volumes_comma=
	for volumes_path; do
		printf '%s"%s":{}' "$volumes_comma" "$volumes_path"
		volumes_comma=,
	done
	echo '}}'
}

hostile() {
	printf '%s\n' layer 'dir manifests 0755' \
		'file manifests/csv.yaml 0644 kind: genuine' \
		'dir metadata 0755' 'file metadata/a.yaml 0644 genuine: too'
	case $1 in
	link-to-volume) # the volume's place is in a VOLUME
		printf '%s\n' 'dir v 0755' 'dir v/x 0755' \
			"program v/x/unpack $2" 'symlink .unpack v/x'
		volumes /v ;;
	volume-by-link) # the VOLUME's place is the volume's
		printf '%s\n' 'dir .unpack 0755' "program .unpack/unpack $2" \
			'symlink v2 .unpack'
		volumes /v2 ;;
	hide) echo 'symlink .unpack manifests' ;;
	bin-link-to-volume)
		printf '%s\n' 'dir v 0755' 'dir v/x 0755' \
			"program v/x/unpack $2" 'symlink bin /v/x'
		volumes /v ;;
	bin-volume-by-link)
		printf '%s\n' 'dir bin 0755' "program bin/unpack $2" \
			'symlink v2 /bin'
		volumes /v2 ;;
	bin-hide) echo 'symlink bin manifests' ;;
	root-volume)
		printf '%s\n' 'dir .unpack 0755' "program .unpack/unpack $2" \
			'dir bin 0755' "program bin/unpack $2"
		volumes / ;;
	same-volume)
		printf '%s\n' 'dir .unpack 0755' "program .unpack/unpack $2"
		volumes /.unpack ;;
	util-link)
		printf '%s\n' 'dir v 0755' 'dir v/bin 0755' 'dir w 0755' \
			"program v/bin/unpack $2" 'symlink util v' \
			'symlink w/x ../v'
		volumes /w/x ;;
	util-volume)
		printf '%s\n' 'dir util 0755' 'dir util/bin 0755' \
			"program util/bin/unpack $2"
		volumes /util ;;
	link-to-root)
		printf '%s\n' 'dir .unpack 0755' "program .unpack/unpack $2" \
			'symlink a .'
		volumes /a ;;
	chain)
		printf '%s\n' 'dir v 0755' 'dir v/x 0755' \
			"program v/x/unpack $2" 'symlink .unpack ../../u/./x' \
			'symlink u /t' 'symlink t v'
		volumes /t ;;
	usr-merged) # no attack: base images are like this
		printf '%s\n' 'dir usr 0755' 'dir usr/bin 0755' \
			"program usr/bin/unpack $2" 'symlink bin usr/bin' ;;
	twice)
		echo 'symlink m2 manifests'
		volumes /manifests /m2 ;;
	dev-volume)
		echo 'dir dev 0755'
		volumes /dev ;;
	proc-volume)
		printf '%s\n' 'dir proc 0755' 'dir proc/self 0755' \
			'file proc/self/mountinfo 0644 1 0 0:1 / / rw - x x rw'
		volumes /proc ;;
	deep-link)
		printf '%s\n' 'dir util 0755' 'symlink util/bin ../manifests' ;;
	volume-at-slash-dot) volumes /./ /manifests/../metadata ;;
	guess)
		printf '%s\n' 'dir .unpack-0 0755' "program .unpack-0/unpack $2"
		volumes /.unpack-0 /.unpack-1 ;;
	etc-volume)
		printf '%s\n' 'dir etc 0755' 'file etc/own 0644 kept'
		volumes /etc ;;
	esac
}
