#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Before unpackctl reads an untrusted log, image or manifest it gives up what it
# does not need; and where the kernel refuses, it goes on without.
. "$TOP/test/lib.sh"
[ -z "${SANITIZED-}" ] || skip_all "the leak checker needs other rights"
need strace python3

mkdir bundle images pods
echo text >bundle/file
"$UNPACK" --bundle-dir bundle --format jsonl >foreign
printf 'layer plain\nfile m/a 0644 hi\n' |
	"$TOP/test/mkimage.py" oci-archive images/foreign
cat >pods/foreign <<-E
	kind: Pod
	spec: {containers: [{name: a, image: b}]}
E

# shut NAME FILE COMMAND...: the filter is in force before FILE is opened for
# reading, and no program is started later
shut() {
	shut_name=$1 shut_file=$2
	shift 2
	strace -f -o trace "$@" >out 2>err
	ok "$shut_name: a filter, then the file" awk -v f="$shut_file" '
	/PR_SET_SECCOMP.*= 0/ { filter = 1 }
	index($0, "\"" f "\", O_RDONLY") && !/O_PATH/ {
		seen = 1
		if (!filter)
			early = 1
	}
	filter && /execve\(/ { early = 1 }
	END { exit !seen || early }' trace
	if grep -q 'landlock_create_ruleset.*VERSION) = [2-9]' trace; then
		ok "$shut_name: Landlock" grep -q \
			'landlock_restrict_self.*= 0' trace
	else
		ok_skip "$shut_name: Landlock" "not in this kernel"
	fi
}
shut extract foreign "$UNPACKCTL" extract -C got foreign
ok "... extracts" diff -r bundle got
shut check images/foreign "$UNPACKCTL" check images/foreign
ok "... judges" has out '^compatible'
shut check-pod pods/foreign "$UNPACKCTL" check-pod pods/foreign
ok "... judges" has out 'violat|forbidden|restricted'

# by its name: what a tool prints is kept, then the filter is in force, and only
# then it is looked at; a file for each process, so that none breaks into
# another's line
mkdir bin
printf '#!/bin/sh\nexec cat "$IMAGE"\n' >bin/skopeo
chmod +x bin/skopeo
fetched() {
	fetched_name=$1
	shift
	rm -f calls.*
	IMAGE=$PWD/images/foreign PATH=$PWD/bin:$PATH \
		strace -ff -o calls "$@" >out 2>err
	mv "$(grep -l 'PR_SET_SECCOMP.*= 0' calls.*)" reader
	ok "$fetched_name: a filter, then the file, and no program" awk '
	/PR_SET_SECCOMP.*= 0/ { filter = 1 }
	/^pread64\(/ { seen = 1 }
	/^pread64\(/ && !filter { early = 1 }
	/^(execve|fork|vfork)\(/ && filter { early = 1 }
	END { exit !seen || early }' reader
	ok "... which was started before" \
		grep -q 'execve(.*bin/skopeo.* = 0' calls.*
	if grep -q 'landlock_create_ruleset.*VERSION) = [2-9]' reader; then
		ok "$fetched_name: Landlock" grep -q \
			'landlock_restrict_self.*= 0' reader
	else
		ok_skip "$fetched_name: Landlock" "not in this kernel"
	fi
}
fetched "check of a name" "$UNPACKCTL" check docker://localhost/a:1
ok "... judges" has out '^compatible'

# what is needed is still there
mkdir here tmp
# what is beside the target can be renamed, but neither read nor written
if env -u TMPDIR strace -o trace -s 0 "$UNPACKCTL" extract -q -C beside foreign &&
	grep -q 'landlock_restrict_self.*= 0' trace; then
	grep -o 'landlock_add_rule.*allowed_access=[A-Z_|]*' trace |
		sed 's/.*access=//' >rules
	is "extract writes its own directory, and temporary files" \
		"$(grep -c WRITE_FILE rules)" 3
	ok "... beside it are names" has rules '^[^R]*READ_DIR[A-Z_|]*MAKE_DIR'
	is "... without files" "$(grep MAKE_DIR rules | grep -vc READ_FILE)" 1
else
	ok_skip "extract writes its own directory" "no Landlock here"
fi
ok "extract into the directory that we are in" exits 0 \
	sh -c 'cd here && exec "$0" extract -C . ../foreign' "$UNPACKCTL"
ok "... all of it" diff -r bundle here
ok "extract a tar" exits 0 "$UNPACKCTL" extract --tar a.tar foreign
ok "extract an image" exits 0 "$UNPACKCTL" extract -C image --image images/foreign
ok "... all of it" [ -f image/m/a ]
ok "extract an image from a pipe" exits 0 sh -c \
	'cat images/foreign | TMPDIR=$PWD/tmp "$0" extract -C piped --image -' "$UNPACKCTL"
ok "check an image from a pipe" exits 0 sh -c \
	'cat images/foreign | TMPDIR=$PWD/tmp "$0" check -' "$UNPACKCTL"
ok "check a directory" exits 0 "$UNPACKCTL" check dir:bundle

for call in landlock_create_ruleset:ENOSYS landlock_restrict_self:EPERM \
	prctl:EPERM prctl:EINVAL; do
	rm -rf again
	ok "extract without ${call%:*}" exits 0 strace -f -o trace \
		-e inject="${call%:*}:error=${call#*:}" \
		"$UNPACKCTL" extract -q -C again foreign
	ok "... all of it, and no word" eval 'diff -r bundle again && empty err'
done
done_testing
