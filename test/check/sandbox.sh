#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The sandbox as it is built into the programs, without sanitizers: each call is
# tried.  An architecture for which there is no filter is an error of the build.
. "$TOP/test/lib.sh"
: "${CC:=musl-gcc}"
[ -z "${EMULATOR-}" ] || skip_all "an emulator has no seccomp filter"

flags="-D_GNU_SOURCE -iquote $TOP/src -iquote $TOP/test/unit"
# shellcheck disable=SC2086 # words
ok "the test is built with the programs' objects" $CC -static $flags -o doors \
	"$TOP/test/unit/sandbox.c" "$TOP/build/$ARCH/base/sandbox.o" \
	"$TOP/build/$ARCH/base/array.o"
mkdir in
ok "and passes" exits 0 sh -c "cd in && ../doors"
ok "with a filter" grep -q '^# in force here: .*seccomp' out
grep '^not ok\|^#  ' out | sed 's/^/# /'

case $ARCH in
amd64) this=__x86_64__ ;;
arm64) this=__aarch64__ ;;
ppc64le) this=__powerpc64__ ;;
*) this=__s390x__ ;;
esac
# shellcheck disable=SC2086
ok "an unknown architecture is refused" exits 1 \
	$CC $flags -U$this -c -o none.o "$TOP/src/base/sandbox.c"
ok "with what is missing" has err 'error:.*AUDIT_ARCH_'
done_testing
