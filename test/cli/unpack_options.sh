#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every form of the options that was ever shipped, and what is refused.
. "$TOP/test/lib.sh"

mkdir -p t/manifests
echo x >t/manifests/a
"$UNPACK" --bundle-dir "$PWD/t" >wanted
same() {
	exits 0 "$@" && cmp -s out wanted && empty err
}
ok "--bundle-dir DIR" same "$UNPACK" --bundle-dir t
ok "--bundle-dir=DIR" same "$UNPACK" --bundle-dir=t
ok "a trailing slash" same "$UNPACK" --bundle-dir t/
ok "//" same "$UNPACK" --bundle-dir ".//t//"
ok "the last one counts" same "$UNPACK" --bundle-dir /nowhere --bundle-dir t
cat >there <<'E'
cd t && exec "$@"
E
ok "no --bundle-dir" same sh there env GOCOVERDIR= "$UNPACK"
ok "an empty --bundle-dir" same sh there "$UNPACK" --bundle-dir ''
ok "an empty --bundle-dir=" same sh there "$UNPACK" --bundle-dir=

# as programs in Go take them
ok "-bundle-dir DIR" same "$UNPACK" -bundle-dir t
ok "-bundle-dir=DIR" same "$UNPACK" -bundle-dir=t
ok "-version" exits 0 "$UNPACK" -version
ok "-version prints the version" has out '^unpack [0-9]'
ok "-help" exits 0 "$UNPACK" -help

ok "--version" exits 0 "$UNPACK" --version
ok "--version: its name and number" has out '^unpack [0-9]+\.[0-9]+\.[0-9]+$'
ok "... the commit" has out '^commit ([0-9a-f]{40}\+?|unknown)$'
ok "... what is linked" has out '^linked .*'
ok "... the sandbox here" has out "^sandbox (none|no_new_privs.*)$"
is "... no more" "$(wc -l <out)" 4
ok "--help" exits 0 "$UNPACK" --help
ok "--help fits a screen" [ "$(wc -l <out)" -le 40 ]
ok "--help fits its width" lacks out '.{80}'

# which format is for whom: the same everywhere
ok "--help: json" has out 'json: .* for readers that exist'
ok "--help: jsonl" has out 'jsonl: .* for unpackctl'
for i in pod run; do
	ok "$i --help" exits 0 "$UNPACKCTL" $i --help
	ok "  json and jsonl" sh -c "tr -s ' \n' ' ' <out | grep -q \
		'json for readers that already exist, jsonl for unpackctl (default: json; of run: jsonl)'"
done

# usage NAME REGEX ARGUMENT...: exit 2, one line that points to --help
usage() {
	what=$1 regex=$2
	shift 2
	ok "$what" exits 2 "$UNPACK" "$@"
	ok "$what: prints nothing" empty out
	ok "$what: says so in one line" [ "$(wc -l <err)" = 1 ]
	ok "$what: names it and --help" has err "$regex.*--help"
}
usage "a positional argument" "'t'" --bundle-dir t t
usage "an unknown option" "--colour" --colour
usage "a mistyped option" "--bundel-dir" --bundel-dir t
usage "an abbreviation" "unknown option '--sym'" --sym keep
usage "a value for a flag" "no value, not 'yes'" --version=yes
usage "a missing value" "json.jsonl.tar" --format
usage "an unknown format" "'zip'" --format zip
usage "symlinks maybe" "'maybe'" --symlinks maybe
usage "level 0" "level takes a number from 1 to 9, not '0'" --level 0
usage "level 10" "level.*'10'" --level 10
usage "jobs 0" "jobs.*'0'" --jobs 0
usage "jobs -1" "jobs.*'-1'" --jobs=-1
usage "parts backwards" "parts.*'3-2'" --format jsonl --parts 3-2
usage "parts of nothing" "parts.*'-'" --format jsonl --parts=-
usage "parts of json" "--parts" --parts 1
usage "a limit of words" "log-limit.*'ten'" --log-limit ten
usage "a limit for a tar" "--log-limit" --format tar --log-limit 10Mi
usage "install nothing" "install" install
usage "an escape" "\\\\x1b" "--$(printf '\033')"

# a terminal is not flooded, unless it is to be
terminal() {
	# shellcheck disable=SC2016 # the inner shell's
	script -qec "'$UNPACK' $1; echo \"exit \$?\"" /dev/null >typed </dev/null
}
if command -v script >/dev/null; then
	terminal "--bundle-dir t"
	ok "not to a terminal" has typed 'exit 2'
	ok "says how" has typed 'not written to a terminal.*--force'
	ok "nothing else" lacks typed '"content"'
	terminal "--bundle-dir t --format jsonl"
	ok "jsonl neither" has typed 'exit 2'
	terminal "--bundle-dir t --force"
	ok "unless it is forced to" has typed '"content"'
	terminal "check --bundle-dir t"
	ok "check is for people, too" has typed 'exit 0'
else
	ok_skip "not to a terminal" "needs script"
fi

ok "a missing directory" exits 3 "$UNPACK" --bundle-dir nowhere
ok "a missing directory is named" has err 'nowhere: no such directory'
ok "a file" exits 3 "$UNPACK" --bundle-dir t/manifests/a
ok "a file is named" has err 't/manifests/a: not a directory'
chmod 755 .
mkdir -p closed/in/bundle
chmod 700 closed/in
ok "a directory out of reach" exits 3 \
	as 1234 1234 "$UNPACK" --bundle-dir closed/in/bundle
ok "says what is in the way" has err "because of $PWD/closed/in: mode 0700"
chmod 755 closed/in
for mode in 711 744; do
	chmod $mode closed/in/bundle
	ok "a directory of mode $mode" exits 3 \
		as 1234 1234 "$UNPACK" --bundle-dir closed/in/bundle
	ok "says its mode, $mode" has err "mode 0$mode, owner 0:0"
	ok "prints nothing, $mode" empty out
done
done_testing
