#compdef unpackctl kubectl-unpack
# SPDX-License-Identifier: Apache-2.0
# Completion of unpackctl for zsh; installed as _unpackctl. The program's own
# --help says what there is, so that this file knows few options.

_unpackctl() {
	local program=$words[1] command=$words[2] before=$words[CURRENT-1]
	local -a list

	if (( CURRENT == 2 )); then
		list=(${(f)"$($program --help 2>/dev/null |
			sed -n 's/^  \([a-z-]*\)  *\(.*\)/\1:\2/p')"})
		_describe command list
		return
	fi
	if [[ $PREFIX == -* ]]; then
		list=(${(f)"$($program $command --help 2>/dev/null |
			grep -oE -- '(^|[ ,])--?[a-z][a-z-]*' | tr -d ' ,' | sort -u)"})
		compadd -- $list
		return
	fi
	case $before in
	(-o|--output)
		[[ $command == pod ]] && compadd yaml json || compadd text json ;;
	(--format) compadd json jsonl ;;
	(--strategy) compadd inject image-volume ;;
	(--symlinks) compadd keep skip ;;
	(--compat) compadd rukpak ;;
	(--level) compadd restricted baseline privileged ;;
	(--run-as-user) compadd namespace ;;
	(-n|--namespace)
		compadd -- ${=$(kubectl get namespaces --request-timeout=3s \
			-o 'jsonpath={.items[*].metadata.name}' 2>/dev/null)} ;;
	(--context)
		compadd -- ${(f)"$(kubectl config get-contexts -o name 2>/dev/null)"} ;;
	(*) _files ;;
	esac
}

_unpackctl "$@"
