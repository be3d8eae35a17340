#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One thing has one name, and English is plain, in pages, help, messages and
# comments: no word that words.py refuses.
. "$TOP/test/lib.sh"
need python3

python3 "$TOP/test/check/words.py" "$TOP" >refused
sed 's/^/# /' refused
ok "no word that is refused" empty refused

# what it finds, and what it leaves alone
mkdir -p top/src/log top/src/man top/test/cli
printf '%s\n' '/* whoever' ' * reads our image */' 'f("a damaged log");' \
	'unpacker = "unpacker";' 'f("wherever", "a log goes in "' \
	'"circles");' 'f("x is no directory, there is no file");' >top/src/log/a.c
printf '%s\n' 'echo "mend: $*" >&2 # mend' 'mend it' >top/src/a.sh
printf '%s\n' '.It Fl Fl unpacker-image' 'Of symbolic' 'links.' \
	'The verdict.' '.Sh EXIT STATUS' >top/src/man/a.1
printf '%s\n' '# wherever' 'mend it' >top/test/cli/a.sh
for f in README.md Makefile Dockerfile; do : >top/$f; done
mkdir top/manifests
is "what is refused, where" "$(python3 "$TOP/test/check/words.py" top |
	sed 's/:[^:]*$//')" "src/a.sh:1: mend
src/a.sh:1: mend
src/log/a.c:2: our image
src/log/a.c:1: whoever
src/log/a.c:3: damaged
src/log/a.c:5: wherever
src/log/a.c:5: goes in circles
src/log/a.c:7: is no directory
src/man/a.1:2: symbolic links
src/man/a.1:4: verdict
test/cli/a.sh:1: wherever"
done_testing
