#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bundles that cannot be read whole: nothing on stdout, exit 3, and every path
# that is in the way.
. "$TOP/test/container/lib.sh"

RUN='command: [/.unpack/unpack, --bundle-dir=/]'
need jq
store_open
for name in locked group crowd led-dev led-etc led-hosts led-resolv \
	led-nowhere; do
	image_layers "$name" || bail "no image $name"
done

pod_begin p 65532 0 /.unpack '[/unpack, install, /.unpack/unpack]'
pod_bundle locked-group0 locked /.unpack "$RUN"
pod_bundle group0 group /.unpack "$RUN"
pod_uid=1001 pod_gid=1001
pod_bundle locked-1001 locked /.unpack "$RUN"
pod_uid=1000660000 pod_gid=1000660000
pod_bundle locked locked /.unpack "$RUN"
pod_bundle check locked /.unpack 'command: [/.unpack/unpack, check]'
pod_bundle lines locked /.unpack \
	'command: [/.unpack/unpack, --format, jsonl]'
for name in group crowd led-dev led-etc led-hosts led-resolv led-nowhere; do
	pod_bundle "$name" "$name" /.unpack "$RUN"
done
pod_bundle missing group /.unpack \
	'command: [/.unpack/unpack, --bundle-dir, /no/such]'
pod_run p || bail "the pod does not run"

# names NAME: the paths that the report on stderr names, in its order.
names() {
	sed -n -E -e 's/; fix: .*//' \
		-e 's/^unpack: (.*): (directory )?(not|hidden) .*/\1/p' \
		"p/$1.stderr"
}

# told NAME PATH...: exit 3, stdout is empty, and stderr names exactly these.
told() {
	told_name=$1
	shift
	refused p "$told_name" || return 1
	names "$told_name" >got
	printf '%s\n' "$@" >want
	cmp -s want got && return 0
	diff want got | sed 's/^/# /'
	return 1
}

# The same for an arbitrary uid, for the owner of a file, and for gid 0.
ok "every locked path is named" told locked a-locked dir0700 dir0711 dir0744 \
	group manifests/locked.yaml manifests/nobody.yaml mine \
	"\$'odd\x0a\x1b[31mname'" one/two/dir0700 one/two/three/file0600 z-locked
ok "jsonl: so they are" told lines a-locked dir0700 dir0711 dir0744 \
	group manifests/locked.yaml manifests/nobody.yaml mine \
	"\$'odd\x0a\x1b[31mname'" one/two/dir0700 one/two/three/file0600 z-locked
ok "an owner reads its own" told locked-1001 a-locked dir0700 dir0711 dir0744 \
	group manifests/locked.yaml manifests/nobody.yaml \
	"\$'odd\x0a\x1b[31mname'" one/two/dir0700 one/two/three/file0600 z-locked
ok "gid 0 counts, an owner without permission too" told locked-group0 \
	a-locked dir0700 dir0711 dir0744 \
	manifests/locked.yaml manifests/nobody.yaml mine not-mine \
	"\$'odd\x0a\x1b[31mname'" one/two/dir0700 one/two/three/file0600 z-locked
ok "mode, owner, reader, fix" has p/locked.stderr "^unpack: dir0744: directory \
not searchable: mode 0744, owner 0:0; read by uid 1000660000, gid 1000660000.*\
; fix: chmod -R a\\+rX dir0744 "
ok "a count at the end" has p/locked.stderr '^unpack: 12 paths of the bundle '

# Content for the group 0: OpenShift reads it, others do not.
# shellcheck disable=SC2086 # options
ok "group 0: whole" whole p group0 group $RUNTIME --mount .unpack
ok "another group: refused" told group manifests

# A thousand in full, the others as a number.
ok "a crowd: refused" refused p crowd
is "a crowd: 1,000 are named" "$(names crowd | wc -l)" 1000
is "a crowd: the first thousand" "$(names crowd | tail -n 1)" manifests/f0999
ok "a crowd: the rest is counted" has p/crowd.stderr '^unpack: and 200 more$'

# A runtime's mount that a symlink has led onto content.
ok "dev -> manifests" told led-dev manifests
ok "etc -> manifests" told led-etc manifests/group manifests/hostname \
	manifests/hosts manifests/passwd manifests/resolv.conf
ok "etc/hosts -> ../manifests/b.yaml" told led-hosts manifests/b.yaml
ok "etc/resolv.conf -> /manifests/a.yaml" told led-resolv manifests/a.yaml
ok "etc/resolv.conf -> ../run/x" told led-nowhere run/x/resolv.conf

# jq_true ARG...
jq_true() {
	jq -e "$@" >/dev/null
}

# The termination message: JSON, 4096 bytes at most, the first findings.
# shellcheck disable=SC2016 # jq's variables
for name in locked locked-group0 crowd led-etc; do
	ok "termination message of $name" jq_true --argjson all \
		"$(sed -n -E 's/^unpack: ([0-9]+) paths? .*/\1/p' \
			"p/$name.stderr")" '
		.result == "failed" and .reason == "BundleUnreadable" and
		(.findings | length > 0) and
		(.findings | length) + (.more // 0) == $all and
		(.findings[0] | has("code") and has("path") and has("fix"))' \
		"p/$name.term"
	ok "it fits: $name" [ "$(wc -c <"p/$name.term")" -le 4096 ]
done
is "content-hidden" "$(jq -r '.findings[].code' p/led-dev.term)" content-hidden
is "a directory that is not there" "$(jq -r .reason p/missing.term)" \
	BundleMissing
ok "it exits 3" refused p missing

# check says the same, on stdout.
ok "check exits 3" ended p/check 3
ok "check is silent on stderr" empty p/check.stderr
is "check finds the same" \
	"$(jq -r '.findings[] | .path | @json' p/check.stdout)" \
	"$(names locked | sed "s/^\\$'\\(.*\\)'\$/\\1/" |
		sed 's/\\/\\\\/g; s/.*/"&"/')"
is "check says who it ran as" "$(jq -c .as p/check.stdout)" \
	'{"uid":1000660000,"gid":1000660000,"groups":[1000660000]}'
done_testing
