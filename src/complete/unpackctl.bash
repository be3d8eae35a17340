# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# bash completion of unpackctl and kubectl-unpack
_unpackctl_names() {
	case $1 in
	:namespaces) kubectl get namespaces --request-timeout=3s -o name ;;
	:contexts) kubectl config get-contexts -o name ;;
	esac
}
_unpackctl() {
	local word=${COMP_WORDS[COMP_CWORD]} line how=:files before='' names
	[[ $word == = ]] && word=''
	[[ $word == --*=* ]] && before=${word%%=*}= && word=${word#*=}
	COMPREPLY=()
	while IFS= read -r line; do
		case $line in
		:*) how=$line ;;
		*) COMPREPLY+=("$before${line%%$'\t'*}") ;;
		esac
	done < <("${COMP_WORDS[0]}" __complete \
		"${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
	case $how in
	:files) compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -P "$before" -f -- "$word") ;;
	:dirs) compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -P "$before" -d -- "$word") ;;
	:namespaces | :contexts)
		# a server names them: each is one word, and nothing in it is expanded
		mapfile -t names < <(_unpackctl_names "$how" 2>/dev/null)
		for line in "${names[@]#namespace/}"; do
			[[ $line != "$word"* ]] || COMPREPLY+=("$before$(printf %q "$line")")
		done ;;
	esac
}
complete -F _unpackctl unpackctl kubectl-unpack
