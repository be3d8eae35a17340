#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The session that README.md shows as a picture is what the programs print.
. "$TOP/test/lib.sh"
need python3 jq
[ -z "${SANITIZED-}" ] || skip_all "its sanitizers print to the log"

"$TOP/test/picture.py" "$UNPACK" "$UNPACKCTL" >session.svg 2>err
is "a picture is made" $? 0
ok "the one in the manuals is the same (make picture)" cmp session.svg \
	"$TOP/src/man/session.svg"
ok "README.md shows it" grep -qF '](src/man/session.svg)' "$TOP/README.md"
ok "it is well-formed" python3 -c '
import sys, xml.dom.minidom
xml.dom.minidom.parse(sys.argv[1])' session.svg

# what stands in it: a line a row, each span after its colour
python3 - >rows 2>err <<-'E'
	import xml.dom.minidom
	for row in xml.dom.minidom.parse("session.svg").getElementsByTagName("text"):
	    print("".join(f"<{s.getAttribute('fill')}>{s.firstChild.data}"
	                  for s in row.getElementsByTagName("tspan")))
E
ok "it has rows" [ "$(wc -l <rows)" -gt 10 ]
sed 's/<#[0-9a-f]*>//g' rows >plain
ok "none is over 80 columns" lacks plain '^.{81}'
ok "no tab is in it" lacks plain '	'

# the same programs on a terminal, with and without colours
TOP=$TOP python3 - >mkimage.err 2>&1 <<-'E'
	import os, sys
	sys.path.insert(0, os.environ["TOP"] + "/test")
	sys.dont_write_bytecode = True
	import picture
	picture.image("0600")
E
colours() {
	"$TOP/test/terminal.py" 80 "$@" "$UNPACKCTL" check my-bundle.tar
}
esc=$(printf '\033')
unset COLUMNS NO_COLOR
colours env >shown
ok "a terminal has red" has shown "^$esc\[31mnot compatible$esc\[0m with"
ok "so has the picture" has rows '^<#ff7b72>not compatible<#d8dee9> with'
ok "a terminal has bold" has shown "^$esc\[1mfix:$esc\[0m"
ok "so has the picture" has rows '^<#ffffff>fix:<#d8dee9> '
ok "what passes is green" has rows '^<#7ee787>compatible<#d8dee9> with'
is "as many colours as there" \
	"$(sed '/<#79c0ff>/d' rows | sed -n '1,/compatible with/p' |
		sed '/^<#7ee787>/,$d' | grep -o '<#[0-9a-f]*>' |
		grep -vc '<#d8dee9>')" \
	"$(grep -oE "$esc\[[1-9][0-9]*m" shown | grep -c .)"
colours env NO_COLOR=1 >shown
ok "NO_COLOR: none" lacks shown "$esc\[[0-9;]*m"
done_testing
