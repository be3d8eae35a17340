#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# --ignore CODE[:PATH] and --ignores-from FILE, of check and check-pod: what is
# ignored is counted, told with its reason in every form, and never claimed.
. "$TOP/test/lib.sh"
need jq
need_module jsonschema
MK=$TOP/test/mkimage.py

# image NAME LINE...: with a good manifest, and these
image() {
	name=$1
	shift
	printf '%s\n' 'config {"User":"1"}' 'layer gzip COPY . /' \
		'dir manifests 0755' 'file manifests/a.yaml 0644 x' "$@" |
		"$MK" oci "$name"
}
image bad 'file b.yaml 0600' 'dir d 0755' 'file d/c.yaml 0600' 'dir d/e 0755' \
	'file d/e/f.yaml 0600' 'symlink s manifests'
image good
printf '%s\n' 'config {"User":"1"}' layer 'dir m 0755' 'file m/a 0600' |
	"$MK" oci none
printf '%s\n' 'config {"User":"1","Env":["=x"]}' layer 'file a 0644' |
	"$MK" oci start
# hostile names
image odd 'file a\nb 0600' 'file a\x1b[1mb 0600' 'file ** 0600' 'file x[y]? 0600'

# codes: of findings that count, as in "CODE PATH;"
codes() {
	jq -r '[.findings[] | .code + " " + .path] | join(";")' out
}
# ignores EXIT IGNORED OPTION...: of the image bad; what is ignored, as in
# "IGNORE COUNT;"
ignores() {
	code=$1 what=$2
	shift 2
	ok "$*" exits "$code" "$UNPACKCTL" check -o json "$@" bad
	ok "  the schema" "$TOP/test/schema/result.py" out "$code" CheckResult
	is "  what is ignored" "$(jq -r '[.ignored[] | .ignore +
		" \(.count)"] | join(";")' out)" "$what"
}

# by code, by path
f='file-not-readable'
ignores 3 "" -q
ignores 0 "$f 3" --ignore $f
is "each is told" "$(jq -r '[.ignored[0].findings[].path] | join(" ")' out)" \
	"b.yaml d/c.yaml d/e/f.yaml"
is "no digest is claimed" "$(jq -c '[.size.exact, .size.digest, .files]' out)" \
	'[false,null,1]'
is "nor that all can be read" "$(jq -r .message out)" \
	"all of the bundle but 3 ignored paths can be read by uid 65532, gid 0, groups 0"
is "they are errors" "$(jq .ignoredErrors out)" 3
ignores 3 "$f:b.yaml 1" --ignore $f:b.yaml
is "the others count" "$(codes)" "$f d/c.yaml;$f d/e/f.yaml"
ignores 3 "$f:/b.yaml 1" --ignore $f:/b.yaml
ignores 3 "$f:d/* 1" --ignore "$f:d/*"
is "one level" "$(codes)" "$f b.yaml;$f d/e/f.yaml"
ignores 3 "$f:d/** 2" --ignore "$f:d/**"
is "all levels" "$(codes)" "$f b.yaml"
ignores 3 "$f:**/f.yaml 1" --ignore "$f:**/f.yaml"
ignores 0 "$f:**/*.yaml 3" --ignore "$f:**/*.yaml"
ignores 3 "$f:*.yaml 1" --ignore "$f:*.yaml"
ignores 0 "$f:*.yaml 1;$f:d/** 2" --ignore "$f:*.yaml" --ignore "$f:d/**"
ignores 0 "$f:b.yaml 1;$f 2" --ignore $f:b.yaml --ignore $f
ignores 0 "$f 3" --ignore $f --ignore $f:b.yaml
is "the first counts, what is left over is told" "$(cat err)" \
	"unpackctl: --ignore $f:b.yaml: it matches nothing"
ignores 0 "$f 3;symlink-skipped:s 1" --ignore $f --ignore symlink-skipped:s \
	--fail-on warning
is "a warning is no error" "$(jq .ignoredErrors out)" 3

# words
ok "text" exits 0 "$UNPACKCTL" check --ignore $f bad
ok "the first line says it" has out \
	'^compatible with restricted namespaces, but for 3 ignored errors: bad$'
ok "who can read what" has out \
	'^5 entries: 1 file of 1 byte, 4 directories, 1 symlink; all of the bundle but 3 ignored paths can be read by uid 65532, gid 0, groups 0$'
ok "the size is not known" has out '^stream \(once all can be read, about\): '
ok "the count" has out '^3 findings ignored: file-not-readable$'
ok "nothing else is claimed" lacks out 'all can be read by|all of the bundle can'
ok "no file can be read" exits 0 "$UNPACKCTL" check -o json --ignore $f none
is "there are files" "$(jq -c '[.warnings[].code]' out)" '[]'
ok "one that starts no container" exits 0 "$UNPACKCTL" check \
	--ignore container-cannot-start start
ok "is told, too" has out ', but for 1 ignored error: start$'
ok "what all runtimes refuse" sh -c "printf '%s\n' layer 'link a b' |
	'$MK' oci refused"
ok "is not read" exits 0 "$UNPACKCTL" check -o json \
	--ignore hard-link-to-nothing refused
is "which it says" "$(jq -r .message out)" "not read: 1 error is ignored"
ok "several images" exits 0 "$UNPACKCTL" check --ignore $f bad good
ok "nothing of the other" has out \
	'^compatible with restricted namespaces: good$'

# of a directory whose files cannot be read here, either
mkdir -p dir/manifests
echo x >dir/manifests/a.yaml
echo x >dir/b
chmod 0600 dir/b
chmod 0755 . dir dir/manifests
ok "a directory" exits 0 as 65532 65532 "$UNPACKCTL" check -o json \
	--ignore $f:b dir
is "has no size" "$(jq -c '[.message, .size.exact]' out)" \
	'["all of the bundle but 1 ignored path can be read by uid 65532, gid 0, groups 0",null]'
ok "no word of it" exits 0 as 65532 65532 "$UNPACKCTL" check --ignore $f:b dir

# for CI services
for form in sarif junit github; do
	ok "$form" exits 0 "$UNPACKCTL" check -o $form --ignores-from - bad <<-E
		$f # why & how
		symlink-skipped:s  # known
	E
	cp out out.$form
done
ok "SARIF by its schema" "$TOP/test/schema/validate.py" out.sarif
is "suppressed, and why" "$(jq -r '.runs[0].results[] | select(.suppressions) |
	.ruleId + " " + .suppressions[0].kind + " " +
	.suppressions[0].justification' out.sarif | sort -u)" \
	"$f external why & how
symlink-skipped external known"
is "each of them" "$(jq '[.runs[0].results[] | select(.suppressions)] | length' \
	out.sarif)" 4
"$UNPACKCTL" check -o sarif --ignore $f:b.yaml bad >out || :
is "the others are not" "$(jq -c '[.runs[0].results[] |
	select(.suppressions == null).ruleId] | unique' out)" \
	'["file-not-readable","symlink-skipped"]'
is "nor is there a reason of the command line" \
	"$(jq -c '[.runs[0].results[].suppressions // empty]' out)" \
	'[[{"kind":"external"}]]'
ok "no failure in JUnit" has out.junit 'tests="1" failures="0" errors="0"'
ok "nor a finding" lacks out.junit 'not-readable|system-out'
ok "no annotation" empty out.github

# a file
cat >list <<E
# what we know

	$f:d/**	# built by another team
$f:b.yaml  #  our uid: #42; until the end
symlink-skipped # until 2999-12-31
E
ignores 0 "$f:d/** 2;$f:b.yaml 1;symlink-skipped 1" --ignores-from list \
	--fail-on warning
ok "nothing is said" empty err
is "the reasons" "$(jq -c '[.ignored[].reason]' out)" \
	'["built by another team","our uid: #42; until the end","until 2999-12-31"]'
ok "in text" exits 0 "$UNPACKCTL" check --ignores-from list bad
ok "are told" has out \
	'^2 findings ignored: file-not-readable:d/\*\*  # built by another team$'
printf '%s # a\r\n' $f >crlf
ignores 0 "$f 3" --ignores-from crlf
# with an option beside it
ignores 0 "$f:b.* 1;$f:d/** 2;symlink-skipped 1" --ignore "$f:b.*" \
	--ignores-from list
ok "one that has nothing left" has err '^unpackctl: list:4: file-not-readable:b.yaml matches nothing$'
# its day is over
printf '%s\n' "$f # until 2020-02-29: it was" "$f:b.yaml # is" >list
ignores 3 "$f:b.yaml 1" --ignores-from list
ok "is told" has err \
	'^unpackctl: list:1: file-not-readable was ignored until 2020-02-29, and is not any more$'
today=$(date -u +%Y-%m-%d)
printf '%s # until %s\n' $f "$today" >list
ignores 0 "$f 3" --ignores-from list
printf '%s # until %s, until 2001-01-01\n' $f "$today" >list
ignores 3 "" --ignores-from list
# nothing matched
ok "unmatched" exits 0 "$UNPACKCTL" check --ignore $f --ignore no-files good
is "each is told" "$(cat err)" \
	"unpackctl: --ignore file-not-readable: it matches nothing
unpackctl: --ignore no-files: it matches nothing"
ok "of all images together" exits 0 "$UNPACKCTL" check --ignore $f good bad
ok "one is enough" empty err
ok "not where an image is not known" exits 1 "$UNPACKCTL" check --ignore $f \
	good nowhere
ok "that is said, nothing else" lacks err 'nothing was found'

# wrong WORDS TEXT: a list that is wrong, told with the line; in JSON, too
wrong() {
	printf '# x\n%b\n' "$2" >list
	ok "wrong, line $(wc -l <list): $1" exits 2 "$UNPACKCTL" check -o json --ignores-from list bad
	ok "  is told" has err "^unpackctl: list:2: $1"
	ok "  one object" "$TOP/test/schema/result.py" out 2 CheckResult
}
wrong 'no reason' "$f"
wrong 'no reason' "$f:a"
wrong 'no reason' "$f:a#why"
wrong 'no reason' "$f #"
wrong 'no reason' "$f # \t#"
wrong 'no such code' 'nothing # why'
wrong 'no such code' 'nothing:a # why'
wrong 'no such code' "$f $f # why"
wrong 'no such code' ":a # why"
wrong 'no path' "$f: # why"
wrong 'until takes a day' "$f # until 2027-02-29"
wrong 'until takes a day' "$f # until 2027-13-01"
wrong 'until takes a day' "$f # until 2027-3-1"
wrong 'until takes a day' "$f # until 20270301"
wrong 'until takes a day' "$f # until 01.03.2027"
wrong 'until takes a day' "$f # until 2027-03-011"
wrong 'it has what is never printed' "$f:a\\033[1m # why"
wrong 'it has what is never printed' "$f:\\377 # why"
wrong 'it has a byte that is zero' "$f # wh\\000y"
wrong 'too many, or too long' "$f:$(head -c 5000 /dev/zero | tr '\0' a) # why"
wrong 'its reason is too long' "$f # $(head -c 5000 /dev/zero | tr '\0' a)"
printf '%s # a\033[1mb\n' $f >list
ok "a reason with escapes" exits 0 "$UNPACKCTL" check --ignores-from list bad
ok "is masked" has out '# a\\x1b\[1mb$'
for file in nowhere .; do
	ok "no file: $file" exits 1 "$UNPACKCTL" check --ignores-from $file bad
	ok "  is named" has err "^unpackctl: $file: "
done
ok "an empty one" exits 3 "$UNPACKCTL" check --ignores-from /dev/null bad
for value in x x:a $f: '' :a $f:/ "$f:$(printf 'a\033b')"; do
	ok "--ignore, ${#value} bytes: refused" exits 2 "$UNPACKCTL" check \
		--ignore "$value" bad
	ok "  what is right is said" has err 'takes a code that unpackctl explain'
done

# names that mean to be patterns, or more than one line
ok "odd names" exits 3 "$UNPACKCTL" check -o json odd
is "as they are printed" "$(jq -r '.findings[].path' out)" '**
a\x0ab
a\x1b[1mb
x[y]?'
for path in 'a\x0ab' 'a\x1b[1mb' 'x[y]?'; do
	exits 3 "$UNPACKCTL" check -o json --ignore "$f:$path" odd
	is "one as it is printed: $path" \
		"$(jq -r '.ignored[].findings[].path' out)" "$path"
done
exits 0 "$UNPACKCTL" check -o json --ignore "$f:*" odd
is "all of them" "$(jq '.ignored[0].count' out)" 4

# many
{
	printf '%s\n' 'config {"User":"1"}' layer
	for n in $(seq 1500); do echo "file f$n 0600"; done
} | "$MK" oci many
ok "1500" exits 0 "$UNPACKCTL" check -o json --ignore $f many
is "are counted, the first are kept" \
	"$(jq -c '.ignored[0] | [.count, (.findings | length)]' out)" \
	'[1500,1000]'

# check-pod: by check, and by file
mkdir -p deploy/old
cat >deploy/a.yaml <<-'E'
	kind: Pod
	metadata: {name: a}
	spec: {hostPID: true, containers: [{name: c, securityContext: {privileged: true}}]}
E
cp deploy/a.yaml deploy/old/b.yaml
p() {
	code=$1
	shift
	exits "$code" "$UNPACKCTL" check-pod --level baseline "$@"
}
ok "check-pod" p 3 -o json --ignore privileged deploy/a.yaml
is "the message has not what is ignored" "$(jq -c '[.allowed,
	(.pods[0] | .allowed, .message, [.violations[].check])]' out)" \
	'[false,false,"violates baseline:latest: hostNamespaces",["hostNamespaces"]]'
ok "the schema" "$TOP/test/schema/result.py" out 3 CheckPodResult
ok "all of it" p 0 -o json --ignore privileged --ignore hostNamespaces \
	deploy/a.yaml
is "nothing is left in the message" "$(jq -c '[.result, .allowed,
	(.pods[0] | .allowed, .message, (.violations | length),
	[.ignored[] | .ignore, .count, .findings[0].line])]' out)" \
	'["ok",true,true,"passes baseline:latest",0,["privileged",1,3,"hostNamespaces",1,3]]'
ok "the schema" "$TOP/test/schema/result.py" out 0 CheckPodResult
ok "text" p 0 --ignore privileged --ignore hostNamespaces deploy/a.yaml
is "says what is ignored" "$(cat out)" \
	"deploy/a.yaml:1: Pod a: passes baseline:latest
1 finding ignored: privileged
1 finding ignored: hostNamespaces"
ok "text of some" p 3 --ignore privileged deploy/a.yaml
ok "no word of it" lacks out 'violates.*privileged|must .*privileged'
ok "JUnit" p 0 -o junit --ignore privileged --ignore hostNamespaces deploy/a.yaml
ok "no failure" has out 'failures="0"'
ok "no word of it" lacks out 'privileged'
ok "annotations" p 0 -o github --ignore privileged --ignore hostNamespaces \
	deploy/a.yaml
ok "none" empty out
ok "SARIF" p 3 -o sarif --ignore privileged deploy/a.yaml
ok "by its schema" "$TOP/test/schema/validate.py" out
is "one of each" "$(jq -c '[.runs[0].results[] |
	[.ruleId, (.suppressions | length)]]' out)" \
	'[["hostNamespaces",0],["privileged",1]]'
ok "quiet" p 0 -q --ignore privileged --ignore hostNamespaces deploy/a.yaml
ok "is it" empty out
printf '%s\n' '**  # x' >list
ok "no code" p 2 --ignores-from list deploy
cat >list <<-'E'
	privileged:deploy/old/**      # until 2999-01-01
	hostNamespaces:./deploy/*.yaml  # one level
	hostNamespaces:**/b.yaml      # the other
E
ok "by file" p 3 -o json --ignores-from list deploy
is "each its own" "$(jq -c '[.pods[] | .file, [.violations[].check],
	[.ignored[].reason]]' out)" \
	'["deploy/a.yaml",["privileged"],["one level"],"deploy/old/b.yaml",[],["until 2999-01-01","the other"]]'
ok "a file that is named otherwise" p 0 --ignores-from list ./deploy/old
ok "unmatched" has err '^unpackctl: list:2: hostNamespaces:./deploy/\*.yaml matches nothing$'
ok "standard input" p 3 --ignore 'privileged:standard input' - \
	<deploy/a.yaml
ok "by its name" has out '^1 finding ignored'
# more violations than are kept: what is ignored is not all
{
	printf 'kind: Pod\nspec:\n  containers:\n'
	for n in $(seq 1001); do
		echo "  - {name: c$n, securityContext: {privileged: true}}"
	done
} >lots.yaml
ok "more than are kept" p 3 -o json --ignore privileged lots.yaml
is "is no pass" "$(jq -c '.pods[0] | [.allowed, .more]' out)" '[false,true]'
done_testing
