#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Before unpack opens the bundle it gives up what it does not need; what it
# needs is still there; and where the kernel refuses, it goes on without.
. "$TOP/test/lib.sh"
[ -z "${SANITIZED-}" ] || skip_all "the leak checker needs other rights"
need strace
mkdir bundle
echo text >bundle/file

# before FIRST SECOND: in the trace, FIRST comes first; both are there
before() {
	awk -v a="$1" -v b="$2" '
	$0 ~ a && !first { first = NR }
	$0 ~ b && !second { second = NR }
	END { exit !(first && second && first < second) }' trace && return 0
	sed 's/^/# /' trace | head -n 40
	return 1
}

for command in "" check; do
	ok "unpack $command" exits 0 strace -f -o trace "$UNPACK" $command \
		--bundle-dir bundle
	ok "... no new privileges, then a filter" \
		before PR_SET_NO_NEW_PRIVS PR_SET_SECCOMP
	ok "... before it looks at the bundle" \
		before 'PR_SET_SECCOMP.*= 0' 'open.*"bundle", [A-Z_|]*O_DIRECTORY'
	if grep -q 'landlock_create_ruleset.*VERSION) = [2-9]' trace; then
		ok "... nor may it open other files" before \
			'landlock_restrict_self.*= 0' 'open.*"bundle", [A-Z_|]*O_DIRECTORY'
		is "... but the bundle and two more" \
			"$(grep -c 'landlock_add_rule.*= 0' trace)" \
			"$(for f in bundle /proc /dev/termination-log; do
				[ ! -e "$f" ] || echo "$f"
			done | wc -l)"
	else
		ok_skip "... nor may it open other files" "no Landlock here"
	fi
done

"$UNPACK" --bundle-dir bundle >want
# refuse CALL ERRNO: a container whose own filter does not let us
for call in landlock_create_ruleset:ENOSYS landlock_restrict_self:EPERM \
	prctl:EPERM prctl:EINVAL; do
	ok "without ${call%:*}" exits 0 strace -f -o trace \
		-e inject="${call%:*}:error=${call#*:}" \
		"$UNPACK" --bundle-dir bundle
	ok "... the same stream" cmp out want
	ok "... and nothing else" empty err
done
done_testing
