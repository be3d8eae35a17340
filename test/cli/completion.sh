#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Shell completion offers what the tables of the commands hold, with the values
# that an option takes: in bash, in zsh and fish where they are installed, and
# through kubectl.
. "$TOP/test/lib.sh"
ln -s "$UNPACKCTL" unpackctl
ln -s "$UNPACKCTL" kubectl-unpack
mkdir some-dir other
: >some-file
PATH=$PWD:$PATH

# asks WORD...: what the program says of the last of these words
asks() {
	unpackctl __complete "$@" | cut -f1 | tr '\n' ' '
}
is "a command" "$(asks ext)" "extract :words "
is "with its meaning" "$(unpackctl __complete ext | sed -n 's/.*\t//p')" \
	"extract a bundle from pod logs or an image"
is "what the program takes" "$(asks --v)" "--version :words "
is "an option" "$(asks run --run-as)" "--run-as-user :words "
is "not what another command takes" "$(asks extract --run-as)" ":words "
is "help of everything" "$(asks check --h)" "--help :words "
is "words" "$(asks pod --strategy '')" "inject image-volume :words "
is "one of them" "$(asks pod --strategy im)" "image-volume :words "
is "after a sign" "$(asks pod --strategy=im)" "image-volume :words "
is "after a sign alone" "$(asks pod --strategy = im)" "image-volume :words "
is "after a letter" "$(asks run -o '')" "text json :words "
is "after letters" "$(asks run -qo '')" "text json :words "
is "after a letter of another command" "$(asks pod -o '')" "yaml json :words "
is "the words among what else fits" "$(asks run --run-as-user '')" \
	"namespace :words "
is "files" "$(asks run -f '')" ":files "
is "directories" "$(asks extract --directory some)" ":dirs "
is "namespaces" "$(asks run -n '')" ":namespaces "
is "contexts" "$(asks run --context '')" ":contexts "
is "operands" "$(asks extract -q some)" ":files "
is "operands after --" "$(asks extract -- --l)" ":files "
is "an option's value is no option" "$(asks extract --tar -- --l)" \
	"--list :words "
is "commands to help with" "$(asks help ext)" "extract :words "
is "shells" "$(asks completion '')" "bash zsh fish :words "
is "codes" "$(asks explain log-l)" "log-limit :words "
is "nothing of an unknown command" "$(asks nothing --x)" ":files "

# every option of --help is offered
for c in run extract pod check check-pod test explain; do
	unpackctl $c --help | grep -oE -- '^  (-.,|   ) --[a-z-]+' |
		grep -oE -- '--[a-z-]+' | sort >in-help
	unpackctl __complete $c -- | sed '/^:/d; s/\t.*//' | sort >offered
	ok "$c: all that --help names" cmp in-help offered
done

ok "no script for another shell" exits 2 unpackctl completion tcsh
ok "says for which" has err 'bash, zsh and fish'

# offers WORD...: what bash offers for the last of these words
# shellcheck source=/dev/null
. "$TOP/src/complete/unpackctl.bash"
offers() {
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	_unpackctl
	echo "${COMPREPLY[*]}"
}
is "bash: a command" "$(offers unpackctl r)" run
is "bash: an option" "$(offers unpackctl run --time)" --timeout
is "bash: its value" "$(offers unpackctl pod --strategy i)" "inject image-volume"
is "bash: behind a sign" "$(offers unpackctl pod --strategy = im)" image-volume
is "bash: in a word of its own" "$(offers unpackctl pod --strategy=im)" \
	--strategy=image-volume
is "bash: files" "$(offers unpackctl run -f some)" "some-dir some-file"
is "bash: directories" "$(offers unpackctl run -C some)" some-dir
is "bash: for the plugin" "$(offers kubectl-unpack ex)" "extract explain"

if command -v zsh >/dev/null; then
	cat >ask.zsh <<-'E'
		fpath=($PWD $fpath)
		autoload -Uz compinit
		compinit -u -D
		compadd() { print -r -- "${@[-1]}"; }
		_describe() { print -rl -- ${(P)2}; }
		_files() { print -r -- files $*; }
		words=(unpackctl "$@") CURRENT=$(($# + 1)) PREFIX=$@[-1]
		compset() { :; }
		_unpackctl
	E
	cp "$TOP/src/complete/unpackctl.zsh" _unpackctl
	zsh -f ask.zsh r >got 2>err
	ok "zsh: a command" has got '^run:unpack bundle images'
	zsh -f ask.zsh run --tim >got 2>err
	ok "zsh: an option" has got '^--timeout:'
	zsh -f ask.zsh run --strategy im >got 2>err
	is "zsh: its value" "$(cat got)" image-volume
	zsh -f ask.zsh run -C s >got 2>err
	is "zsh: directories" "$(cat got)" "files -/"
else
	ok_skip "zsh: commands, options, values" "needs zsh"
fi
if command -v fish >/dev/null; then
	# asks_fish LINE: what fish offers at its end
	asks_fish() {
		fish --no-config -c "source $TOP/src/complete/unpackctl.fish
			complete -C '$1'" | cut -f1 | tr '\n' ' '
	}
	is "fish: a command" "$(asks_fish 'unpackctl ru')" "run "
	is "fish: an option" "$(asks_fish 'unpackctl run --tim')" "--timeout "
	is "fish: values" "$(asks_fish 'unpackctl pod --strategy ')" \
		"image-volume inject "
	is "fish: a value behind a sign" \
		"$(asks_fish 'unpackctl pod --strategy=im')" \
		"--strategy=image-volume "
	is "fish: directories" "$(asks_fish 'unpackctl extract -C some')" \
		"some-dir/ "
else
	ok_skip "fish: commands, options, values" "needs fish"
fi

PATH=$TOP/src/complete:$PATH
kubectl_complete-unpack pod --strategy im >got
is "for kubectl: a value" "$(cat got)" "image-volume
:4"
kubectl_complete-unpack extract -C '' >got
is "for kubectl: directories" "$(cat got)" :16
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
