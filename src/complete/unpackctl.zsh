#compdef unpackctl kubectl-unpack
# SPDX-License-Identifier: Apache-2.0
_unpackctl() {
	local -a offers
	local line how=:files
	while IFS= read -r line; do
		case $line in
		(:*) how=$line ;;
		(*) offers+=("${${line//:/\\:}/$'\t'/:}") ;;
		esac
	done < <("$words[1]" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
	[[ $PREFIX == --*=* ]] && compset -P '*='
	case $how in
	(:files) _files ;;
	(:dirs) _files -/ ;;
	# compadd quotes what a server names; nothing in it is expanded
	(:namespaces) compadd -- ${${(f)"$(kubectl get namespaces \
		--request-timeout=3s -o name 2>/dev/null)"}#namespace/} ;;
	(:contexts) compadd -- ${(f)"$(kubectl config get-contexts -o name \
		2>/dev/null)"} ;;
	(*) _describe unpackctl offers ;;
	esac
}
if [ "$funcstack[1]" = _unpackctl ]; then
	_unpackctl "$@"
else
	compdef _unpackctl unpackctl kubectl-unpack
fi
