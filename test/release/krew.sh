#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The reader of krew's rules takes and refuses what krew 0.4.3 and 0.5.0 do.
. "$TOP/test/lib.sh"
need_module yaml

mkdir -p in/dir/..data all
printf 'x\n' | tee in/tool in/dir/.hidden in/dir/LICENSE >/dev/null
tar -C in -czf all/plain.tar.gz dir/.hidden dir/LICENSE tool
ln -s tool in/link
tar -C in -czf all/link.tar.gz link
tar -C in -czf all/dots.tar.gz dir/..data
tar -C in --transform 's,^,/,' -Pczf all/absolute.tar.gz tool
cat >base.yaml <<E2
apiVersion: krew.googlecontainertools.github.com/v1alpha2
kind: Plugin
metadata:
  name: NAME
spec:
  version: v1.2.3
  shortDescription: A plugin
  platforms:
  - uri: https://example.com/ARCHIVE.tar.gz
    sha256: SUM
    bin: tool
    selector:
      matchLabels:
        os: linux
        arch: amd64
    files:
    - from: tool
      to: .
E2
# without its selector, or its files
sed '/selector:/,/arch:/d' base.yaml >unselected.yaml
sed '/files:/,$d' base.yaml >all-files.yaml

# manifest NAME ARCHIVE BASE [SED...]: ./cases/N/NAME.yaml, changed by SED
n=0
manifest() {
	m_name=$1 m_archive=$2 m_base=$3
	shift 3
	n=$((n + 1))
	mkdir -p cases/$n
	m_file=cases/$n/$m_name.yaml
	sed "s/NAME/$m_name/; s/ARCHIVE/$m_archive/; s/SUM/$(sha256sum \
		<"all/$m_archive.tar.gz" | cut -d' ' -f1)/" "$m_base" |
		sed "$@" >"$m_file"
}
install() {
	exits "$1" "$TOP/test/release/krew.py" "$m_file" all root$n amd64
}
# takes WHAT FILE NAME ARCHIVE BASE [SED...]: FILE is then in the store
takes() {
	takes_what=$1 takes_file=$2
	shift 2
	manifest "$@"
	ok "takes $takes_what" install 0
	ok "... and has $takes_file" [ -e "root$n/$takes_file" ]
}
# refuses_it WHY NAME ARCHIVE BASE [SED...]
refuses_it() {
	refuses_why=$1
	shift
	manifest "$@"
	ok "refuses it: $refuses_why" install 1
	ok "... says so" has err "^krew: .*$refuses_why"
}
store=store/a-b/v1.2.3

takes "a manifest" bin/kubectl-a_b a-b plain base.yaml ''
refuses_it apiVersion a plain base.yaml 's/v1alpha2/v1/'
refuses_it kind a plain base.yaml 's/Plugin$/Plugins/'
refuses_it "name is not safe" a.b plain base.yaml ''
refuses_it "name is not safe" é plain base.yaml ''
refuses_it "device's on Windows" nul plain base.yaml ''
refuses_it "device's on Windows" Com1 plain base.yaml ''
takes "a name that a device's begins" bin/kubectl-com10 com10 plain \
	base.yaml ''
refuses_it "another name" a plain base.yaml 's/name: a/name: b/'
refuses_it shortDescription a plain base.yaml '/shortDescription/d'
refuses_it "more than a line" a plain base.yaml 's/: A plugin/: "A\\nplugin"/'
refuses_it "more than a line" a plain base.yaml 's/: A plugin/: "A\\rplugin"/'
refuses_it version a plain base.yaml 's/v1.2.3/1.2.3/'
refuses_it version a plain base.yaml 's/v1.2.3/v1.2/'
refuses_it version a plain base.yaml 's/v1.2.3/v1.02.3/'
takes "a version before one" store/a-b/v1.2.3-rc.1 a-b plain base.yaml \
	's/v1.2.3/v1.2.3-rc.1/'
refuses_it "no platform" a plain base.yaml '/platforms/q'
refuses_it uri a plain base.yaml 's/uri: .*/uri: ""/'
refuses_it sha256 a plain base.yaml 's/sha256: ./sha256: G/'
refuses_it checksum a plain base.yaml 's/plain/link/'
refuses_it bin a plain base.yaml '/bin:/d'
refuses_it "bin is not there" a plain base.yaml 's/bin: tool/bin: none/'
refuses_it "bin is out of bounds" a plain base.yaml 's/bin: tool/bin: ..\/x/'

takes "no files: all of them" $store/dir/.hidden a-b plain all-files.yaml ''
refuses_it "files is there and empty" a plain all-files.yaml '$a\    files: []'
refuses_it from a plain base.yaml 's/from: tool/from: ""/'
refuses_it "to has to" a plain base.yaml 's/to: \./to: ""/'
refuses_it "to is not clean" a plain base.yaml 's/to: \./to: .\/x/'
refuses_it "nothing matches" a plain base.yaml 's/from: tool/from: t[x]*/'
refuses_it "out of bounds" a plain base.yaml 's/to: \./to: ..\/x/'
takes "a pattern that hidden files match" $store/etc/.hidden a-b plain \
	base.yaml -e '$a\    - from: dir/*' -e '$a\      to: etc'

refuses_it "no selector" a plain unselected.yaml ''
refuses_it "an empty selector" a plain unselected.yaml '$a\    selector: {}'
refuses_it "matchLabels is there and empty" a plain unselected.yaml \
	'$a\    selector: {matchLabels: {}}'
refuses_it "something else" a plain base.yaml 's/arch: amd64/cpu: amd64/'
refuses_it "nothing for" a plain base.yaml 's/os: linux/os: darwin/'
takes "a selector of expressions" bin/kubectl-a a plain unselected.yaml \
	'$a\    selector: {matchExpressions: [{key: os, operator: In, values: [darwin, linux]}]}'
refuses_it "nothing for" a plain unselected.yaml \
	'$a\    selector: {matchExpressions: [{key: os, operator: NotIn, values: [linux]}]}'
refuses_it "something else" a plain unselected.yaml \
	'$a\    selector: {matchExpressions: [{key: cpu, operator: Exists}]}'

refuses_it "type" a link base.yaml ''
refuses_it "refused: dir/..data" a dots base.yaml ''
refuses_it "refused: /tool" a absolute base.yaml ''
done_testing
