#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# test/setup.sh installs what is missing: as root, by sudo as somebody else, and
# says what it needs where neither is to be had.  Nothing is installed here: its
# tools are stand-ins that write down what they are asked for.
. "$TOP/test/lib.sh"

mkdir bin
for tool in sh env mktemp rm cat grep tail dpkg; do
	ln -s "$(command -v $tool)" bin/$tool
done
for tool in apt-get chown; do
	printf '#!/bin/sh\necho "%s $*" >>%s/asked\n' "$tool" "$PWD" >bin/$tool
done
printf '#!/bin/sh\necho $THEM\n' >bin/id
printf '#!/bin/sh\necho "sudo" >>%s/asked\nexec "$@"\n' "$PWD" >sudo
# all but one package are there
printf '#!/bin/sh\ncase $* in *" jq") exit 1 ;; esac\necho installed\n' \
	>bin/dpkg-query
chmod +x bin/* sudo
# setup UID [WHAT]
setup() {
	: >asked
	env -i PATH="$PWD/bin" THEM="$1" sh "$TOP/test/setup.sh" "${2-build}"
}

ok "as root" exits 0 setup 0
is "  it installs what is missing" "$(grep '^apt' asked | paste -sd,)" \
	"apt-get update -q,apt-get install -q -y --no-install-recommends jq"
ok "  without sudo" lacks asked sudo
ok "as somebody" exits 1 setup 1000
ok "  is told what is missing" has err '^setup: not root, and these are missing: jq$'
ok "  nothing is asked for" empty asked
mv sudo bin/
ok "as somebody who may use sudo" exits 0 setup 1000
is "  it installs the same" "$(grep '^apt' asked | paste -sd,)" \
	"apt-get update -q,apt-get install -q -y --no-install-recommends jq"
is "  by sudo alone" "$(paste -sd' ' asked | sed 's,/[^ ]*,F,g')" \
	"sudo chown 42:42 F sudo chown 1000 F sudo apt-get update -q sudo \
apt-get install -q -y --no-install-recommends jq"
printf '#!/bin/sh\necho installed\n' >bin/dpkg-query
for who in 0 1000; do
	ok "all is there, as $who" exits 0 setup $who
	ok "  nothing is asked for" empty asked
done
ok "what is no list" exits 2 setup 0 nothing
done_testing
