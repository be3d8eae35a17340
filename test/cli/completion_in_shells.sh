#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is typed into bash, zsh and fish, with tabs, on a terminal: namespaces and
# contexts from kubectl, directories for -C, words, files; for unpackctl and for
# the plugin.
. "$TOP/test/lib.sh"
need python3

# in front of the programs: a command line that is complete is written down
mkdir bin home some-dir
: >some-file
for name in unpackctl kubectl-unpack; do
	cat >bin/$name <<-E
		#!/bin/sh
		case \$1 in
		__complete | completion) exec "$UNPACKCTL" "\$@" ;;
		esac
		printf '%s\n' "\$*" >>"$PWD/typed"
	E
done
# a cluster's names, which kubectl gets from its API server
cat >bin/kubectl <<-'E'
	#!/bin/sh
	case "$*" in
	*'get namespaces'*'-o name'*)
		printf 'namespace/%s\n' default kube-public team-a \
			'$(touch${IFS}pwned)' 'x$(touch${IFS}pwned)' '`touch pwned`' ;;
	'config get-contexts -o name')
		printf '%s\n' here there '$(touch pwned)' '`touch pwned`' \
			'a b;touch pwned' "q'r\$(touch pwned)" '*' '$HOME' ;;
	*) exit 1 ;;
	esac
E
echo 'echo ready >>typed' >ready
printf '#!/bin/sh\n%s\n' "$(cat ready)" >bin/ready
chmod +x bin/*
PATH=$PWD/bin:$PATH
HOME=$PWD/home
TERM=xterm
export PATH HOME TERM
unset ENV BASH_ENV ZDOTDIR FPATH XDG_CONFIG_HOME XDG_DATA_HOME

# what is typed, and what it is then
cat >pairs <<'E'
unpackctl ru<TAB> end	run end
unpackctl run --time<TAB>10m	run --timeout 10m
unpackctl run -n kube-p<TAB>	run -n kube-public
unpackctl run --namespace te<TAB>	run --namespace team-a
unpackctl run --namespace=te<TAB>	run --namespace=team-a
unpackctl test -n def<TAB>	test -n default
unpackctl run --context th<TAB>	run --context there
unpackctl run --context=th<TAB>	run --context=there
unpackctl run --context a<TAB>	run --context a b;touch pwned
unpackctl run --context q<TAB>	run --context q'r$(touch pwned)
unpackctl run -n x<TAB>	run -n x$(touch${IFS}pwned)
unpackctl extract -C some<TAB>	extract -C some-dir
unpackctl extract --directory=some<TAB>	extract --directory=some-dir
unpackctl run -f some-f<TAB>	run -f some-file
unpackctl pod --strategy im<TAB>	pod --strategy image-volume
unpackctl pod --strategy=im<TAB>	pod --strategy=image-volume
unpackctl explain log-l<TAB>	explain log-limit
kubectl-unpack run -n kube-p<TAB>	run -n kube-public
E
cut -f1 pairs >lines
cut -f2 pairs >wanted

# typed_in SHELL COMMAND FIRST: type FIRST, which sets completion up, and all
typed_in() {
	shell=$1
	: >typed
	{ echo "$3; ready"; cat lines; } >input
	# shellcheck disable=SC2086 # a command and its options
	"$TOP/test/typed.py" typed $2 <input >shown 2>&1
	# zsh takes the last slash away again
	sed '1{/^ready$/d;}; s,/*  *$,,; s,/$,,' typed >got
	paste -d '\n' lines wanted got | while IFS= read -r line &&
		IFS= read -r want && IFS= read -r have; do
		printf '%s\t%s\t%s\n' "$line" "$want" "$have"
	done >table
	while IFS='	' read -r line want have; do
		is "$shell: $line" "$have" "$want"
	done <table
}

mkdir fpath
cp "$TOP/src/complete/unpackctl.zsh" fpath/_unpackctl
if command -v bash >/dev/null; then
	typed_in bash "bash --norc --noprofile -i" \
		". $TOP/src/complete/unpackctl.bash"
else
	ok_skip "bash" "needs bash"
fi
if command -v zsh >/dev/null; then
	typed_in zsh "zsh -f -i" \
		"fpath=($PWD/fpath \$fpath); autoload -Uz compinit; compinit -u -D"
else
	ok_skip "zsh" "needs zsh"
fi
if command -v fish >/dev/null; then
	typed_in fish "fish --no-config -i" \
		"source $TOP/src/complete/unpackctl.fish"
else
	ok_skip "fish" "needs fish"
fi

# by way of kubectl 1.26 and later, which runs this script
plugin() {
	"$TOP/src/complete/kubectl_complete-unpack" "$@" | tr '\n' ' '
}
is "kubectl unpack: namespaces" "$(plugin run -n '')" \
	"default kube-public team-a :4 "
is "kubectl unpack: contexts" "$(plugin run --context '')" "here there :4 "
is "kubectl unpack: directories" "$(plugin run -C '')" ":16 "
is "kubectl unpack: files" "$(plugin run -f '')" ":0 "
is "kubectl unpack: words" "$(plugin pod --strategy im)" "image-volume :4 "

# with nothing typed yet, all names are offered: none is expanded
cat >offer.bash <<E
. $TOP/src/complete/unpackctl.bash
for option in --context -n; do
	COMP_WORDS=(unpackctl run \$option "") COMP_CWORD=3
	_unpackctl
	printf '%s\n' "\${COMPREPLY[@]}"
done
E
bash offer.bash >offered
ok "bash: all are offered" has offered '^here$'
ok "... quoted" has offered '^\\[$]\\\(touch\\ pwned\\\)$'
ok "no name was run" [ ! -e pwned ]
done_testing
