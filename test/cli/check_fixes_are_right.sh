#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The fix that check prints, applied, makes the image fine.
. "$TOP/test/lib.sh"
MK=$TOP/test/mkimage.py

# image: an image of the directory ctx.
image() {
	rm -rf i
	printf '%s\n' 'layer gzip COPY . /' "tree $PWD/ctx" \
		'config {"User":"1"}' | "$MK" oci i
}

# as imgpkg pushes them: files 0600, directories 0700
mkdir -p "ctx/manifests/o'dd name" ctx/metadata
echo kind: A >ctx/manifests/a.yaml
echo kind: B >"ctx/manifests/o'dd name/b.yaml"
echo annotations: >ctx/metadata/annotations.yaml
chmod -R go-rwx ctx
image
ok "as imgpkg pushes them: not compatible" exits 3 "$UNPACKCTL" check i
ok "the verdict comes first" sh -c 'head -n1 out |
	grep -q "^not compatible with restricted namespaces: i: "'
ok "the line is named" has out "^Not readable, from COPY \. / \(layer 1\):"
ok "one fix for all" has out "^fix: chmod -R a\+rX manifests metadata$"
exits 3 "$UNPACKCTL" check -o json i
is "JSON has it, too" "$(jq -r '.fixes[].command' out)" \
	"chmod -R a+rX manifests metadata"
(cd ctx && eval "$(jq -r '.fixes[].command' ../out)")
image
ok "once applied: compatible" exits 0 "$UNPACKCTL" check i
is "one line says so" "$(cat out)" "compatible with restricted namespaces: i"
ok "-v says more" exits 0 "$UNPACKCTL" check -v i
is "... first the same" "$(head -n1 out)" \
	"compatible with restricted namespaces: i"
ok "one is one" has out "1 part$"

# single files, and names that a shell would take apart
chmod 0600 "ctx/manifests/o'dd name/b.yaml"
image
exits 3 "$UNPACKCTL" check -o json i
is "one file" "$(jq -r '.fixes[].command' out)" \
	"chmod a+r 'manifests/o'\\''dd name/b.yaml'"
(cd ctx && eval "$(jq -r '.fixes[].command' ../out)")
image
ok "once applied: compatible" exits 0 "$UNPACKCTL" check i

# from a directory of the context with another name, as builders tell it
hex=bb7e4a449d273fcb9b1114aa07df4872a6f9126a932e50022e2e62a2e13011af
short=bb7e4a449d27
# bundle HISTORY...: an image with one layer of these lines
bundle() {
	rm -rf i
	{
		printf 'layer gzip %s\n' "$1"
		printf '%s\n' 'dir manifests 0755' 'file manifests/a.yaml 0600' \
			'dir metadata 0700' 'file metadata/b.yaml 0644'
		[ $# -lt 2 ] || printf 'before %s\n' "$2"
	} | "$MK" oci i
	exits 3 "$UNPACKCTL" check -o json i
}
# fixes: all of them, as JSON has them
fixes() {
	jq -r '.fixes[] | "\(.layer) \(.history): \(.command) \(.chmod);"' out |
		tr '\n' ' '
}
bundle 'COPY deploy / # buildkit'
is "BuildKit: the paths in the image" "$(fixes)" \
	"1 COPY deploy /: chmod -R a+rX manifests/a.yaml metadata 0755; "
is "nothing is said of the build context" \
	"$(jq -c '[.findings[0].source, .fixes[0].paths]' out)" '[null,null]'
exits 3 "$UNPACKCTL" check i
ok "where to run it" has out \
	'^     run this on the source files and rebuild, or use COPY --chmod=0755$'

# one fix in every form: 0755 where directories may be copied, 0644 for files
chmods() { # chmods NAME WANTED: of each form, what COPY --chmod= has to say
	exits 3 "$UNPACKCTL" check i
	cp out text
	exits 3 "$UNPACKCTL" check -o json i
	cp out json
	exits 3 "$UNPACKCTL" check -o sarif i
	jq '.runs[0].results' out >sarif
	exits 3 "$UNPACKCTL" check -o junit i
	cp out junit
	exits 3 "$UNPACKCTL" check -o github i
	for form in text json sarif junit out; do
		is "$1: $form" "$(grep -Eo 'chmod(=|":")0[0-7]*' $form |
			grep -Eo '[0-7]*$' | sort -u)" "$2"
	done
}
single() { # single HISTORY ENTRY...: an image of these entries
	rm -rf i
	single_line=$1
	shift
	printf '%s\n' "layer gzip $single_line" "$@" | "$MK" oci i
}
chmods "a COPY of a directory with directories" 0755
single 'COPY deploy /manifests # buildkit' 'dir manifests 0755' \
	'file manifests/a.yaml 0600'
chmods "a COPY of a directory with files" 0755
single 'COPY deploy/a.yaml /manifests/ # buildkit' 'dir manifests 0755' \
	'file manifests/a.yaml 0600'
chmods "a COPY of one file" 0644
single 'COPY a.yaml b.yaml /manifests/ # buildkit' 'dir manifests 0755' \
	'file manifests/a.yaml 0600' 'file manifests/b.yaml 0600'
chmods "a COPY of two files" 0644
single 'COPY x.yaml /manifests/a.yaml # buildkit' 'dir manifests 0755' \
	'file manifests/a.yaml 0600'
chmods "a COPY of a file to a file" 0644
single 'COPY a.yaml /manifests/ # buildkit' 'dir manifests 0700' \
	'file manifests/a.yaml 0600'
chmods "a directory, too" 0755
single 'COPY --chmod=0600 a.yaml /manifests/ # buildkit' 'dir manifests 0755' \
	'file manifests/a.yaml 0600'
exits 3 "$UNPACKCTL" check -o json i
is "its own --chmod, of a file" "$(jq -r '.fixes[].command' out)" \
	"change --chmod of that line so that everybody can read: COPY --chmod=0644"
single "/bin/sh -c #(nop) COPY file:$hex in /manifests/ " 'dir manifests 0755' \
	'file manifests/a.yaml 0600'
chmods "a COPY that hides what it copied" 0755

bundle "/bin/sh -c #(nop) COPY dir:$hex in / "
is "Docker, buildah: likewise" "$(fixes)" \
	"1 COPY dir:$short... in /: chmod -R a+rX manifests/a.yaml metadata 0755; "
exits 3 "$UNPACKCTL" check i
ok "no name that nobody wrote" lacks out '[0-9a-f]{40}'
bundle "/bin/sh -c #(nop) ADD file:$hex in /metadata/ " \
	"/bin/sh -c #(nop) COPY dir:$hex in /manifests "
is "squashed: one fix for the layer" "$(fixes)" \
	"1 COPY dir:$short... in /manifests; ADD file:$short... in /metadata/: chmod -R a+rX manifests/a.yaml metadata 0755; "
is "... the right line for each path" \
	"$(jq -r '.findings[] | .path + ": " + .history + ";"' out | tr '\n' ' ')" \
	"manifests/a.yaml: COPY dir:$short... in /manifests; metadata: ADD file:$short... in /metadata/; "
exits 3 "$UNPACKCTL" check i
ok "told as such" has out \
	"^Not readable, from one of COPY dir:$short... in /manifests; ADD file:$short... in /metadata/ \(layer 1, squashed by the builder\):"
# the history is the image's own word
bundle 'COPY ../../root/.ssh /manifests # buildkit'
ok "no path outside of the image" lacks out 'chmod[^"]*(\.\.|root)'
bundle 'COPY ./--reference=/etc/x / # buildkit'
ok "no option of chmod" lacks out 'chmod[^"]*reference'

bundle 'COPY --chmod=0600 deploy / # buildkit'
is "its own --chmod" "$(jq -r '.fixes[].command' out)" \
	"change --chmod of that line so that everybody can read: COPY --chmod=0755"

# what only COPY --chmod can fix, said for each layer
rm -rf i
printf '%s\n' 'layer gzip COPY one /' 'dir a 0755' 'file a/x 0600' \
	'file a/y 0600' 'layer gzip COPY two /' 'file b 0600' |
	"$MK" oci i
exits 3 "$UNPACKCTL" check -o json i
is "a fix for each layer" "$(jq -r '.fixes[] |
	"\(.layer) \(.history): \(.command);"' out | tr '\n' ' ')" \
	"1 COPY one /: chmod -R a+rX a; 2 COPY two /: chmod a+r b; "

# names that a shell would take for something else, pasted into two shells
python3 - <<-'P'
	import os, shutil
	shutil.rmtree("ctx")
	names = [b"a'$(touch pwned)'.yaml", b"`touch pwned`", b"$(touch pwned)",
	    b"a;touch pwned", b"a&touch pwned", b"a|touch pwned", b"-R", b"--help",
	    b"--reference=x y", b" a ", b"a\tb", b"a\nb", b"a\rb", b"\x1b[31m",
	    b"\\", b"\\n", b"\"", b"'", b"*", b"?", b"~", b"#", b"!x", b"a=b",
	    b"\xff\xfe", "\u202e\u200b".encode(), "\u00e4".encode(), b"{a,b}",
	    b"[a]", b"$HOME", b"\x7f", b"\x01"]
	for n, name in enumerate(names):
	    os.makedirs(b"ctx/%d" % n)
	    open(b"ctx/%d/" % n + name, "w").close()
	    os.chmod(b"ctx/%d/" % n + name, 0o600)
	    os.makedirs(b"one/%d" % n)
	    open(b"one/%d/" % n + name, "w").close()
	    os.chmod(b"one/%d/" % n + name, 0o600)
P
# fixed SHELL DIR: what check says of an image of DIR's files, done there; a word
# of dollar and quote is POSIX's since 2024, and not every sh has it
fixed() {
	find "$2" -type f -exec chmod 0600 {} +
	rm -rf i
	printf '%s\n' 'layer gzip COPY . /' "tree $PWD/$2" | "$MK" oci i
	"$UNPACKCTL" check -o json i >out 2>/dev/null
	jq -r '.fixes[].command' out >fix
	case $(cat fix) in
	*"\$'"*)
		[ "$("$1" -c "printf %s \$'\\x61'")" = a ] || return 0
		;;
	esac
	(cd "$2" && $1 ../../fix 2>/dev/null || $1 ../fix)
	[ -z "$(find "$2" -type f ! -perm -444)" ] && return
	sed "s/^/# $2: /" fix
	return 1
}
for shell in sh bash; do
	ok "many names, $shell: all become readable" fixed $shell ctx
	for one in one/*; do
		fixed $shell "$one" || echo "$one"
	done >failed
	ok "each, $shell: it becomes readable" empty failed
	is "... and nothing else happens" "$(find . -name pwned)" ""
done

# more paths than a line holds: the command covers them
rm -rf ctx && mkdir ctx
for n in $(seq 200); do
	echo a >"ctx/$(printf '%0200d' "$n").yaml"
done
chmod 0600 ctx/*
image
exits 3 "$UNPACKCTL" check -o json i
is "200 files at the top" "$(jq -r '.fixes[] | "\(.findings) \(.command)"' out)" \
	"200 chmod -R a+rX ."
(cd ctx && eval "$(jq -r '.fixes[].command' ../out)")
image
ok "once applied: compatible" exits 0 "$UNPACKCTL" check i
chmod 0600 ctx/*
image

# what a terminal must not see
printf '%s\n' 'layer gzip RUN \033[31mevil' 'file \x1b[31mred 0600' |
	"$MK" docker-archive e.tar
exits 3 "$UNPACKCTL" check e.tar
ok "names are masked" lacks out "$(printf '\033')"

ok "--quiet says nothing" exits 3 "$UNPACKCTL" check --quiet i
ok "nothing at all" sh -c '[ ! -s out ] && [ ! -s err ]'
ok "a wrong option" exits 2 "$UNPACKCTL" check --nope i
ok "no image" exits 2 "$UNPACKCTL" check
ok "a wrong uid" exits 2 "$UNPACKCTL" check --uid x i
ok "a wrong platform" exits 2 "$UNPACKCTL" check --platform linux i
ok "help" exits 0 "$UNPACKCTL" check --help
done_testing
