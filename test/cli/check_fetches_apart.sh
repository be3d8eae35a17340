#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An image by its name is fetched, and only then read, by a process of its own,
# and what the tool says arrives.  One that crashes, is killed, hangs or runs out
# of memory costs its own result, and no other.
. "$TOP/test/lib.sh"
need python3

mkdir bundle images bin
echo text >bundle/file
for n in 1 2 3; do
	printf 'layer plain\nfile m/a 0644 %s\n' $n |
		"$TOP/test/mkimage.py" oci-archive images/$n
done
printf 'layer plain\nfile m/a 0600\n' |
	"$TOP/test/mkimage.py" oci-archive images/bad
# it has docker://localhost/NAME:1, and notes who asks
cat >bin/skopeo <<'E2'
#!/bin/sh
echo "$PPID" >>"$NOTES"
for arg; do
	name=${arg#docker://localhost/}
	[ "$name" != "$arg" ] || continue
	echo "$name" >>"$NOTES.names"
	exec cat "$IMAGES/${name%:1}"
done
E2
chmod +x bin/skopeo
NOTES=$PWD/notes IMAGES=$PWD/images PATH=$PWD/bin:$PATH
export NOTES IMAGES PATH

ok "one" exits 0 "$UNPACKCTL" check -v docker://localhost/1:1
is "is judged by its name" "$(head -n 1 out)" \
	"compatible with restricted namespaces: docker://localhost/1:1"
ok "and the tool is told" has out '^read with: skopeo copy docker://localhost/1:1$'
ok "one that is at fault" exits 3 "$UNPACKCTL" check -o json \
	docker://localhost/bad:1
ok "one that is not there" exits 1 "$UNPACKCTL" check -o json \
	docker://localhost/none:1
ok "as the tool says it, once" [ "$(grep -c 'no such image: skopeo: cat: .*none' \
	err)" = 1 ]
is "in the object, too" "$(jq -r '"\(.exit) \(.reason) \(.message)"' out)" \
	"1 IOError $(sed 's/^unpackctl: //' err)"

: >notes.names
ok "names and archives" exits 3 "$UNPACKCTL" check -o json images/3 \
	docker://localhost/3:1 docker://localhost/1:1 docker://localhost/none:1 \
	docker://localhost/2:1 docker://localhost/bad:1
is "each with its verdict, in order" "$(jq -r '.images[] | "\(.image) \(.exit)"' \
	out)" "images/3 0
docker://localhost/3:1 0
docker://localhost/1:1 0
docker://localhost/none:1 1
docker://localhost/2:1 0
docker://localhost/bad:1 3"
is "each fetched once" "$(sort notes.names | tr '\n' ' ')" \
	"1:1 2:1 3:1 bad:1 none:1 "
rm notes
ok "nothing to fetch" exits 0 "$UNPACKCTL" check images/1 images/2
ok "no tool asked" [ ! -e notes ]
ok "an image that is too large" exits 1 "$UNPACKCTL" check --max-size 1Ki \
	docker://localhost/1:1

# podman and docker save what is in their stores, and pull nothing
cat >bin/podman <<'E2'
#!/bin/sh
echo "${0##*/} $*" >>"$NOTES.calls"
case "$*" in
"save -q localhost/1:1") exec cat "$IMAGES/1" ;;
"save localhost/2:1") exec cat "$IMAGES/2" ;;
*) exit 1 ;;
esac
E2
chmod +x bin/podman
cp bin/podman bin/docker
ok "in podman's store" exits 0 "$UNPACKCTL" check -v localhost/1:1
ok "... it is saved" has out '^read with: podman save localhost/1:1$'
ok "in docker's store" exits 0 "$UNPACKCTL" check -v localhost/2:1
ok "... it is saved" has out '^read with: docker save localhost/2:1$'
ok "in neither: skopeo" exits 0 "$UNPACKCTL" check -v localhost/3:1
ok "... copies it" has out '^read with: skopeo copy docker://localhost/3:1$'
ok "only podman's store" exits 1 "$UNPACKCTL" check containers-storage:localhost/2:1
ok "only docker's store" exits 1 "$UNPACKCTL" check docker-daemon:localhost/1:1
mv bin/skopeo skopeo
ok "without skopeo" exits 1 env PATH="$PWD/bin:/nowhere" \
	"$UNPACKCTL" check localhost/3:1
ok "... what to install" has err '; install skopeo to read it from its registry$'
ok "nothing is ever pulled" lacks notes.calls pull
mv skopeo bin
cat >bin/skopeo <<'E2'
#!/bin/sh
echo "$*" >args
cat "$IMAGES/1"
E2
ok "a platform" exits 0 "$UNPACKCTL" check --platform linux/arm/v7 docker://localhost/1:1
ok "... is asked for" has args '^copy -q --override-os linux --override-arch arm --override-variant v7 docker://localhost/1:1 docker-archive:/dev/stdout$'
rm bin/podman bin/docker

# what happens to the process of one image of three, in each format; the stub of
# skopeo does it to its parent, which is that process
bad() { # bad NAME: what skopeo does for localhost/trouble:1
	case $1 in
	crash) echo 'kill -SEGV "$PPID"; exec sleep 60' ;;
	kill) echo 'kill -KILL "$PPID"; exec sleep 60' ;;
	hang) echo 'exec sleep 60' ;;
	closed) echo 'exec >&-; exec sleep 60' ;;
	flood) echo 'exec cat /dev/zero' ;;
	words) echo 'yes error >&2 & sleep 1; kill $!; exit 1' ;;
	memory) echo 'exec cat "$IMAGES/large"' ;;
	esac
}
# reason NAME: what stands in the object, and the words
reason() {
	case $1 in
	crash) echo 'Crashed: the image made the reader crash .Segmentation fault.: please report it' ;;
	kill) echo 'Killed: .*ended by a signal .Killed.' ;;
	hang | closed) echo 'Timeout: the image was not done in time' ;;
	flood) echo 'IOError: more than 1 MiB' ;;
	words) echo 'IOError: .*no such image: skopeo: [ero]+' ;;
	memory) echo 'IOError: .*(out of memory|Cannot allocate memory)' ;;
	esac
}
# a signal ends the tool, too
# the others are done by then
printf '#!/bin/sh\nsleep 3\necho $$ >tool.pid\nexec sleep 60\n' >bin/skopeo
rm -f tool.pid
"$UNPACKCTL" check -o json images/1 images/bad docker://localhost/1:1 \
	>out 2>err &
check=$!
while ! [ -s tool.pid ]; do sleep 0.1; done
kill -TERM $check
got=0
wait $check || got=$?
is "SIGTERM: exit 143" "$got" 143
is "... what was judged is told, and why the rest is not" \
	"$(jq -r '.reason, (.images[] | .reason)' out | tr '\n' ' ')" \
	"Interrupted OK BundleUnreadable Interrupted "
# nobody may be there to ask for its exit code
for _ in $(seq 100); do
	grep -qs ') [^Z]' "/proc/$(cat tool.pid)/stat" || break
	sleep 0.1
done
ok "... no tool is left" eval \
	'! grep -qs ") [^Z]" "/proc/$(cat tool.pid)/stat"'
printf 'layer gzip\nmany 500000\n' |
	"$TOP/test/mkimage.py" oci-archive images/large
for trouble in crash kill hang closed flood words memory; do
	wait=10m max=2Gi
	case $trouble in
	hang | closed) wait=2s ;;
	flood) max=1Mi ;;
	# AddressSanitizer has answers of its own to both
	crash | memory) [ -z "${SANITIZED-}${EMULATOR-}" ] || continue ;;
	esac
	{ echo '#!/bin/sh'; bad $trouble; } >bin/skopeo
	limit=
	# the address space of all: the large image alone needs more
	[ $trouble != memory ] || limit='ulimit -v 60000;'
	want=$(reason $trouble)
	for form in text json sarif junit github; do
		# shellcheck disable=SC2016
		ok "$trouble, $form: exit 3" exits 3 sh -c \
			"$limit"' exec "$@"' sh "$UNPACKCTL" \
			check --timeout $wait --max-size $max -o $form images/1 \
			docker://localhost/trouble:1 images/bad
		ok "... it is said once" [ "$(grep -Ec "${want#*: }" err)" = 1 ]
		case $form in
		text)
			ok "... the table" eval 'has out "^images/1 +compatible" &&
				has out "^docker://localhost/trouble:1 +not checked" &&
				has out "^images/bad +not compatible"'
			ok "... all of the others" has out '^fix: chmod a\+r m/a$'
			ok "... why" has out "^cannot be checked: docker://localhost/trouble:1: ${want#*: }"
			;;
		json)
			ok "... one object, of the schema" \
				"$TOP/test/schema/result.py" out 3 CheckResult
			is "... all of the others" \
				"$(jq -c '[.images[].exit]' out)" '[0,1,3]'
			is "... the reason" "$(jq -r '.images[1].reason' out)" \
				"${want%%: *}"
			ok "... why" eval 'jq -r ".images[1].message" out | grep -Eq "${want#*: }"'
			;;
		sarif)
			is "... all of the others" "$(jq -r '[.runs[0].results[] |
				select(.level == "error") | .ruleId] | join(" ")' out)" \
				"image-not-judged file-not-readable"
			;;
		junit)
			ok "... all of the others" has out \
				'tests="3" failures="1" errors="1"'
			;;
		github)
			is "... all of the others" "$(grep -c '^::error ' out)" 2
			;;
		esac
	done
	ok "$trouble, alone: exit 1" exits 1 sh -c \
		"$limit"' exec "$@"' sh "$UNPACKCTL" check --timeout $wait \
		--max-size $max docker://localhost/trouble:1
	ok "... in one line" [ "$(wc -l <err)" = 1 ]
	ok "... and no other" empty out
done

done_testing
