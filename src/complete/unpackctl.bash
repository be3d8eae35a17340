# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Completion of unpackctl for bash. The program's own --help says what there
# is, so that this file knows no option.

# What is an option's argument: the words after it, "" for a file's name.
_unpackctl_values() {
	case $1 in
	-o | --output)
		case $2 in
		pod) echo yaml json ;;
		*) echo text json ;;
		esac ;;
	--format) echo json jsonl ;;
	--strategy) echo inject image-volume ;;
	--symlinks) echo keep skip ;;
	--compat) echo rukpak ;;
	--level) echo restricted baseline privileged ;;
	--run-as-user) echo namespace ;;
	-n | --namespace)
		kubectl get namespaces --request-timeout=3s \
			-o 'jsonpath={.items[*].metadata.name}' 2>/dev/null ;;
	--context)
		kubectl config get-contexts -o name 2>/dev/null ;;
	-f | --filename | -C | --directory | --tar | --kubeconfig | \
		--witness) return 1 ;;
	-*) echo '' ;;
	esac
}

_unpackctl() {
	local program=${COMP_WORDS[0]} command=${COMP_WORDS[1]}
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local words

	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		words="$("$program" --help 2>/dev/null |
			sed -n 's/^  \([a-z-]*\) .*/\1/p') --help --version"
	elif [[ $word == -* ]]; then
		words=$("$program" "$command" --help 2>/dev/null |
			grep -oE -- '(^|[ ,])--?[a-z][a-z-]*' | tr -d ' ,' | sort -u)
	else
		words=$(_unpackctl_values "$before" "$command") || words=
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -o default -F _unpackctl unpackctl kubectl-unpack
