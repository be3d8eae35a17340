#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The readers of unpack-provisioner(7) and of the README, as they stand there,
# read every layout of a bundle in both formats, and refuse what is damaged.
. "$TOP/test/lib.sh"
page=$TOP/src/man/unpack-provisioner.7

# reader NAME: the code between the page's marks
reader() {
	sed -n "/^\.\\\\\" begin $1\$/,/^\.\\\\\" end $1\$/p" "$page" |
		grep -v '^\.' | sed 's/\\e/\\/g; s/\\&//g'
}
reader go >reader.go
reader python >reader.py
reader shell >reader.sh
sed -n '/^```python$/,/^```$/p' "$TOP/README.md" | grep -v '^```' >readme.py

if command -v go >/dev/null; then
	GOCACHE=$TOP/build/go-cache GO111MODULE=off GOPROXY=off GOFLAGS='' \
		CGO_ENABLED=0 go build -o reader reader.go 2>go.log
	ok "go builds it" [ -x reader ]
fi

# read_with LANGUAGE LOG
read_with() {
	rm -f bundle.tar.gz*
	case $1 in
	go) exits "$3" ./reader <"$2" ;;
	python) exits "$3" python3 reader.py <"$2" ;;
	shell) exits "$3" sh reader.sh <"$2" ;;
	readme) exits "$3" python3 readme.py <"$2" ;;
	esac
}

# whole LANGUAGE LOG DIR: what it leaves is the bundle
whole() {
	read_with "$1" "$2" 0 && rm -rf got && mkdir got &&
		tar -xzf bundle.tar.gz -C got && diff -r "$3" got
}

# refused LANGUAGE LOG: an error, and nothing is left
refused() {
	read_with "$1" "$2" 1 && [ -s err ] &&
		[ -z "$(find . -maxdepth 1 -name 'bundle.tar.gz*')" ]
}

# other programs' lines: JSON of every kind, and what is none
cat >noise <<'E'
{"content":5}
{"content":null,"digest":null}
{"content":{},"size":"x","digest":[]}
{"content":"aGVsbG8="}
{"content":"no base64"}
{"part":0,"parts":"x","size":{}}
{"entries":3}
{"entries":[],"size":1}
{"level":"info","msg":"digest"}
{"part":0,"size":161,"dig
[{"content":"aGVsbG8="}]
"content"
null
5
-
{

Defaulted container "bundle" out of: bundle, install (init)
E
printf '\377\376 \303\050 not UTF-8\r\n\000\n' >>noise
head -c 200000 /dev/zero | tr '\0' '[' >>noise
printf '\n' >>noise

mkdir large
head -c 3000000 /dev/urandom >large/random
for language in go python shell readme; do
	case $language in
	go) command -v go >/dev/null ;;
	python | readme) command -v python3 >/dev/null ;;
	shell) command -v jq >/dev/null ;;
	esac || {
		ok_skip "$language" "it is not installed"
		continue
	}
	for dir in "$TOP"/test/bundles/*/ large; do
		[ -d "$dir" ] || continue
		for format in json jsonl; do
			"$UNPACK" --format "$format" --symlinks keep \
				--bundle-dir "$dir" >log
			ok "$language: $format: $(basename "$dir")" \
				whole $language log "$dir"
		done
	done
	# large is the last: several parts
	head -n 2 log >cut.log
	ok "$language: the end is missing" refused $language cut.log
	sed 2d log >hole
	ok "$language: a part is missing" refused $language hole
	sed '2s/.\{40\}"}$/"}/' log >short
	ok "$language: a part is short" refused $language short
	for lines in log:whole hole:refused cut.log:refused; do
		awk '{ while ((getline line <"noise") > 0) print line
			close("noise"); print }' "${lines%:*}" >noisy
		cat noise >>noisy
		ok "$language: noise around ${lines%:*}" "${lines#*:}" \
			$language noisy large
	done
	ok "$language: noise alone" refused $language noise
	: >nothing
	ok "$language: an empty log" refused $language nothing
done
done_testing
