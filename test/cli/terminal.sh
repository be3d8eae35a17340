#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# On a terminal text is wrapped at its width; in a pipe or a file it is not.
. "$TOP/test/lib.sh"
need python3
[ -z "${SANITIZED-}" ] || skip_all "its sanitizers print to the terminal"

"$UNPACK" --format jsonl --bundle-dir "$TOP/test/bundles/hello-plain" >log
unset COLUMNS NO_COLOR

# on COLUMNS COMMAND...: ./got is what it writes to such a terminal, of which
# only what stays there: progress erases itself
on() {
	"$TOP/test/terminal.py" "$@" >raw || return
	sed 's/.*\x1b\[K//; s/\x1b\[[0-9;]*m//g' raw >got
}
# one_line FILE: without the ends and indents of its lines
one_line() {
	tr -s ' \n' ' ' <"$1" | sed 's/ $//'
}

# wrapped NAME COMMAND...: on 75 columns, and in a pipe
wrapped() {
	name=$1
	shift
	rm -rf out.d
	ok "$name: a terminal of 75 columns" on 75 "$@"
	ok "$name: no line is longer" lacks got '^.{76}'
	one_line got >narrow
	rm -rf out.d
	ok "$name: in a pipe" exits 0 "$@"
	ok "$name: there one line is longer" has out '^.{76}'
	is "$name: the same words" "$(cat narrow)" "$(one_line out)"
}
wrapped "version" "$UNPACKCTL" version
wrapped "--version" "$UNPACKCTL" --version
wrapped "extract" "$UNPACKCTL" extract -C out.d log
wrapped "explain, a code" "$UNPACKCTL" explain log-limit
wrapped "explain, all" "$UNPACKCTL" explain

# what --list says of the whole is on standard error
ok "extract --list, on a terminal" on 75 sh -c \
	'"$1" extract --list "$2" >list' - "$UNPACKCTL" log
ok "no line is longer" lacks got '^.{76}'
ok "it says what it is" has got 'verified$'
ok "in more than a line" [ "$(wc -l <got)" -gt 1 ]
exits 0 "$UNPACKCTL" extract --list log
is "in a file, one line" "$(wc -l <err | tr -d ' ')" 1

ok "COLUMNS: another width" on 75 env COLUMNS=200 "$UNPACKCTL" version
is "the same lines as in a pipe" "$(cat got)" "$("$UNPACKCTL" version)"
done_testing
