#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The session that README.md shows as a picture is what the programs print.
. "$TOP/test/lib.sh"
[ -z "${SANITIZED-}" ] || skip_all "its sanitizers print to the log"

"$TOP/test/picture.py" "$UNPACK" "$UNPACKCTL" >session.svg 2>err
is "a picture is made" $? 0
ok "the one in the manuals is the same (make picture)" cmp session.svg \
	"$TOP/src/man/session.svg"
ok "README.md shows it" grep -qF '](src/man/session.svg)' "$TOP/README.md"
ok "it is well-formed" python3 -c '
import sys, xml.dom.minidom
xml.dom.minidom.parse(sys.argv[1])' session.svg
done_testing
