#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An image by its name is fetched by a process of its own; the one that reads it
# can start no program by then, opens no file but those that are at hand, and
# what the tool says arrives.
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

ok "one" exits 0 "$UNPACKCTL" check docker://localhost/1:1
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
for n in 1 none 2 bad; do
	echo docker://localhost/$n:1
done >list
ok "names, archives, a list" exits 3 "$UNPACKCTL" check -o json images/3 \
	--images-from list docker://localhost/3:1
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
"image exists localhost/1:1" | "image inspect localhost/2:1") ;;
"save -q localhost/1:1") exec cat "$IMAGES/1" ;;
"save localhost/2:1") exec cat "$IMAGES/2" ;;
*) exit 1 ;;
esac
E2
chmod +x bin/podman
cp bin/podman bin/docker
ok "in podman's store" exits 0 "$UNPACKCTL" check localhost/1:1
ok "... it is saved" has out '^read with: podman save localhost/1:1$'
ok "in docker's store" exits 0 "$UNPACKCTL" check localhost/2:1
ok "... it is saved" has out '^read with: docker save localhost/2:1$'
ok "in neither: skopeo" exits 0 "$UNPACKCTL" check localhost/3:1
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

# the tool's own process is killed
printf '#!/bin/sh\nkill -9 "$PPID"\n' >bin/skopeo
ok "what fetches was killed" exits 1 "$UNPACKCTL" check docker://localhost/1:1
ok "which is said" has err 'the process that fetches images has ended'
done_testing
