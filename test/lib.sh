# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What every shell test sources: TAP and a few helpers.
#
#   . "$TOP/test/lib.sh"
#   ok "a tree comes back whole" cmp -s a b
#   done_testing
#
# test/run starts each test in an empty directory of its own and sets TOP (the
# repository), UNPACK and UNPACKCTL (absolute paths of the programs).

LC_ALL=C
export LC_ALL
tap_n=0
tap_failed=0

# ok NAME COMMAND...: the command must succeed.
ok() {
	tap_name=$1
	shift
	tap_n=$((tap_n + 1))
	if "$@"; then
		echo "ok $tap_n - $tap_name"
	else
		echo "not ok $tap_n - $tap_name"
		echo "#   failed: $*" | head -c 400 | tr '\n' ' '
		echo
		tap_failed=$((tap_failed + 1))
	fi
}

# ok_skip NAME REASON
ok_skip() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

# skip_all REASON: this whole file cannot run here.
skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

# need TOOL...: this whole file cannot run without.
need() {
	for need_tool; do
		command -v "$need_tool" >/dev/null || skip_all "needs $need_tool"
	done
}

# need_module NAME: nor without this one of Python.
need_module() {
	need python3
	python3 -c "import $1" 2>/dev/null || skip_all "needs python3-$1"
}

# is NAME GOT WANTED
is() {
	if [ "$2" != "$3" ]; then
		printf '%s\n' "got:    $2" "wanted: $3" | sed 's/^/# /'
	fi
	ok "$1" [ "$2" = "$3" ]
}

# exits CODE COMMAND...: run it, keep stdout in ./out and stderr in ./err.
exits() {
	wanted=$1
	shift
	got=0
	"$@" >out 2>err || got=$?
	[ "$got" = "$wanted" ] && return 0
	echo "# exit $got, wanted $wanted: $*"
	head -n 20 err | cut -c1-300 | sed 's/^/# stderr: /'
	return 1
}

# has FILE REGEX: a line of FILE matches (extended regular expression).
has() {
	grep -Eq -- "$2" "$1" && return 0
	echo "# $1 has no line that matches: $2"
	head -n 20 "$1" | cut -c1-300 | sed 's/^/# /'
	return 1
}

# lacks FILE REGEX
lacks() {
	! grep -E -- "$2" "$1" | cut -c1-300 | sed 's/^/# /' | grep .
}

# empty FILE
empty() {
	[ -f "$1" ] && [ ! -s "$1" ] && return 0
	head -n 20 "$1" | cut -c1-300 | sed "s/^/# $1: /"
	return 1
}

# as UID GID COMMAND...: without privileges, for each user of the test.
as() {
	as_uid=$1
	as_gid=$2
	shift 2
	setpriv --reuid "$as_uid" --regid "$as_gid" --clear-groups \
		--bounding-set=-all --inh-caps=-all --no-new-privs "$@"
}

# try NAME COMMAND...: run it in the background; NAME.out, NAME.err, NAME.code
tries=
try() {
	try_name=$1
	shift
	(
		"$@" >"$try_name.out" 2>"$try_name.err"
		echo $? >"$try_name.code"
	) &
	tries="$tries $!"
}

# all_tried: wait for them
all_tried() {
	# shellcheck disable=SC2086
	wait $tries
	tries=
}

done_testing() {
	echo "1..$tap_n"
	[ "$tap_failed" = 0 ]
}
