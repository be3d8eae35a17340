#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The manuals list the options that the programs take: no other, none less,
# the same values. --help prints the programs' tables.
. "$TOP/test/lib.sh"
[ -x "$UNPACKCTL" ] || skip_all "needs the programs: make"

# options_of_help COMMAND...: "-x --name VALUE" of each, with the blanks and
# brackets of the value taken out.
options_of_help() {
	"$@" --help | sed -nE 's/^  (-.), (--[a-z-]+)(.*)/\1 \2\3/p
		s/^      (--[a-z-]+)(.*)/\1\2/p' |
		sed -E 's/   *.*//; s/^((-. )?--[a-z-]+) ?/\1\t/' |
		awk -F '\t' '{ gsub(/[][ .]/, "", $2); print $1 "\t" $2 }' |
		grep -v -e '--help' | sort -u
}

# options_of_manual FILE: likewise, of .It lines.
options_of_manual() {
	sed -nE '/^\.It Fl /s/^\.It //p' "$1" |
		sed -E 's/Fl ([a-zA-Z]) , Fl Fl/-\1 Fl Fl/g
		s/Fl Fl ([a-z])/--\1/g; s/ , --/\n--/g' |
		sed -E 's/^((-. )?--[a-z-]+) ?/\1\t/' | awk -F '\t' '{
			gsub(/(Ar|Cm|Ns|Op|Li) /, "", $2)
			gsub(/[][ .]|\\&/, "", $2)
			print $1 "\t" $2
		}' | grep -v -e '--help' | sort -u
}

# agree NAME: what is in `help` is in `manual`, and the other way.
agree() {
	ok "$1: there are options" [ -s help ]
	comm -23 help manual >missing
	comm -13 help manual >unknown
	sed 's/^/# only --help: /' missing
	sed 's/^/# only the manual: /' unknown
	ok "$1: the manual has all options" empty missing
	ok "$1: and no others" empty unknown
}

# the commands, in the manual as in --help
commands=$("$UNPACKCTL" --help | sed -n 's/^  \([a-z-]*\) .*/\1/p')
printf '%s\n' "$commands" | sort >help
sed -n '/^\.Sh COMMANDS/,/^\.Sh CONV/s/^\.It Cm \([a-z-]*\).*/\1/p' \
	"$TOP/src/man/unpackctl.1" | sort >manual
ok "unpackctl(1) has all commands, and no others" eval \
	'[ -s help ] && cmp help manual'

pod=$TOP/src/man/unpackctl-pod.1
for command in $commands; do
	manual=$TOP/src/man/unpackctl-$command.1
	case $command in
	help | version) continue ;;
	completion)
		ok "$command: has its page" [ -s "$manual" ]
		ok "$command: no options in it" \
			[ -z "$(options_of_manual "$manual")" ]
		ok "$command: none either" \
			[ -z "$(options_of_help "$UNPACKCTL" "$command")" ]
		continue ;;
	esac
	options_of_help "$UNPACKCTL" "$command" >help
	options_of_manual "$manual" >manual
	if [ "$command" = run ]; then
		# "all options of pod work as well" but three
		options_of_manual "$pod" |
			grep -v -e --parts -e --copy-to -e --output >>manual
		sort -u -o manual manual
	fi
	if [ "$command" = test ]; then
		# but its name, and what it writes to its log
		options_of_manual "$pod" | grep -Ev -e \
			'--(name|format|symlinks|log-limit|parts|copy-to|output)	' >>manual
		sort -u -o manual manual
	fi
	agree "$command"
done
for page in "$TOP"/src/man/unpackctl-*.1; do
	name=${page##*/unpackctl-}
	ok "there is a command ${name%.1}" eval \
		'printf "%s\n" "$commands" | grep -qx -e "${name%.1}"'
done
options_of_help "$UNPACK" >help
# a line for each format there
options_of_manual "$TOP/src/man/unpack.1" | sed 's/^--format\t.*/--format/' |
	sort -u >manual
sed -i 's/^--format\t.*/--format/' help
agree unpack

"$UNPACKCTL" --help >all
for command in "" $(sed -n 's/^  \([a-z-]*\) .*/\1/p' all); do
	# shellcheck disable=SC2086 # nothing, or a word
	"$UNPACKCTL" $command --help >out
	ok "${command:-unpackctl} --help fits a terminal" lacks out '.{80}'
done
ok "mandoc has nothing to say" eval \
	'! command -v mandoc >/dev/null || mandoc -T lint -W error "$TOP"/src/man/*.[1-9]'
done_testing
