#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Shell completion offers what --help names: bash, and zsh and fish where they
# are installed.
. "$TOP/test/lib.sh"
# shellcheck source=/dev/null
. "$TOP/src/complete/unpackctl.bash"
ln -s "$UNPACKCTL" unpackctl
PATH=$PWD:$PATH

# offers WORD...: what bash offers for the last of these words
offers() {
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	_unpackctl
	echo "${COMPREPLY[*]}"
}
is "bash: a command" "$(offers unpackctl r)" run
is "bash: all commands" "$(offers unpackctl '' | tr ' ' '\n' | sort | tr '\n' ' ')" \
	"--help --version check check-pod explain extract pod run "
is "bash: an option" "$(offers unpackctl run --run-as)" --run-as-user
is "bash: another" "$(offers unpackctl run --time)" --timeout
is "bash: its argument" "$(offers unpackctl pod --strategy i)" "inject image-volume"
is "bash: an output" "$(offers unpackctl pod -o '')" "yaml json"
is "bash: another output" "$(offers unpackctl run -o '')" "text json"
is "bash: files, otherwise" "$(offers unpackctl run -f '')" ""
is "bash: no error for an unknown command" "$(offers unpackctl nothing --x)" ""

if command -v zsh >/dev/null; then
	ok "zsh: no syntax error" zsh -n "$TOP/src/complete/unpackctl.zsh"
else
	ok_skip "zsh: no syntax error" "needs zsh"
fi
if command -v fish >/dev/null; then
	fish -c "source $TOP/src/complete/unpackctl.fish; complete -C 'unpackctl r'" >got
	ok "fish: a command" has got '^run'
	fish -c "source $TOP/src/complete/unpackctl.fish; complete -C 'unpackctl run --tim'" >got
	ok "fish: an option" has got '^--timeout'
else
	ok_skip "fish: commands and options" "needs fish"
fi

ln -s "$UNPACKCTL" kubectl-unpack
PATH=$TOP/src/complete:$PATH
if kubectl version --client -o json 2>/dev/null |
	grep -Eq '"minor": "(2[6-9]|[3-9][0-9])'; then
	kubectl __complete unpack r >got 2>/dev/null
	ok "kubectl: a command" has got '^run'
	kubectl __complete unpack run --tim >got 2>/dev/null
	ok "kubectl: an option" has got '^--timeout'
else
	kubectl_complete-unpack r >got
	ok "for kubectl: a command" has got '^run'
	kubectl_complete-unpack run --tim >got
	ok "for kubectl: an option" has got '^--timeout'
fi
done_testing
