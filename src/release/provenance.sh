#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the programs are made of, for a directory that is handed out:
#
#   src/release/provenance.sh DIR NAME VERSIONS PROGRAM=LIBRARY,...
#
# For each PROGRAM, a path below DIR, and the libraries in it, DIR/DOC gets
#
#   LICENSE          the project's own licence
#   NOTICE           what is linked, by whom, under which licence
#   licenses/NAME    Debian's copyright file of each library
#   sbom.spdx.json   the same for programs: SPDX 2.3
#
# NAME names the SBOM's document.  VERSIONS is what src/deps.sh left.  From the
# environment: VERSION; COMMIT and its time in seconds, by a blank; COMPILER, as
# it is run; DOC, where in DIR.
set -eu
LC_ALL=C
export LC_ALL
: "${VERSION:?}" "${COMMIT:?}" "${COMPILER:=cc}" "${DOC:=share/doc/unpack}"
dir=$1 name=$2 versions=$3
shift 3
out=$dir/$DOC
sources=build/sources
commit=${COMMIT% *}
created=$(date -u -d "@${COMMIT#* }" +%Y-%m-%dT%H:%M:%SZ)

die() {
	echo "provenance: $*" >&2
	exit 1
}

# Print the licence of what is linked of a library, in SPDX's words: of the
# files that src/deps.sh compiles, as their own headers and Debian's copyright
# files have it, not of the source's tests and tools.
license_of() {
	case $1 in
	cjson | libdeflate | libyaml | musl) echo MIT ;;
	libarchive) echo BSD-2-Clause ;;
	libmd | libzstd) echo BSD-3-Clause ;;
	zlib) echo Zlib ;;
	libgcc) echo "GPL-3.0-or-later WITH GCC-exception-3.1" ;;
	*) die "$1: its licence is not known here" ;;
	esac
}

# Print where Debian's copyright file of a library is.
copyright_of() {
	case $1 in
	libgcc)
		major=$("${COMPILER%% *}" -dumpversion)
		for f in "/usr/share/doc/gcc-${major%%.*}-base/copyright" \
			"/usr/share/doc/gcc-${major%%.*}-cross-base/copyright"
		do
			[ ! -r "$f" ] || { echo "$f" && return; }
		done
		;;
	esac
	for f in "$sources/$1/debian/copyright" \
		"/usr/share/doc/$1-dev/copyright"; do
		[ ! -r "$f" ] || { echo "$f" && return; }
	done
	die "no copyright file of $1"
}

# libgcc: what the compiler itself adds to a program; its version is
# "(Debian 12.2.0-14) 12.2.0" in the first line of --version.
gcc_version() {
	"${COMPILER%% *}" --version |
		sed -n '1s/.*(Debian \([^)]*\)).*/\1/p; 1s/.* \([0-9.]*\)$/\1/p' |
		head -n 1
}

# Print NAME VERSION DIGEST of the library $1.
line_of() {
	if [ "$1" = libgcc ]; then
		echo "libgcc $(gcc_version) -"
	else
		grep "^$1 " "$versions" || die "$1: not in $versions"
	fi
}

# Print what a .dsc says of the files that belong to it: SHA-256 and name.
files_of() {
	for f in "$sources/files/${1}"_*.dsc; do
		[ ! -r "$f" ] || sed -n '/^Checksums-Sha256:/,/^[^ ]/ {
			s/^ \([0-9a-f]*\) [0-9]* \(.*\)/\1 \2/p }' "$f"
	done
}

all=$(for p; do echo "${p#*=}"; done | tr ',' '\n' | sort -u)

install -d -m 0755 "$out/licenses"
install -m 0644 src/LICENSE "$out/LICENSE"
for l in $all; do
	install -m 0644 "$(copyright_of "$l")" "$out/licenses/$l"
done

{
	echo "unpack $VERSION"
	echo "Apache License 2.0: LICENSE"
	echo
	echo "The programs are static and contain, besides, from Debian:"
	echo
	for l in $all; do
		set_line=$(line_of "$l")
		v=${set_line#* }
		printf '  %-11s %-22s %s\n' "$l" "${v% *}" "$(license_of "$l")"
	done
	echo
	echo "Their authors and the texts of their licences are in licenses/, as"
	echo "Debian's copyright files of the whole sources; the names above are"
	echo "those of the licences of what is linked."
} >"$out/NOTICE"
chmod 0644 "$out/NOTICE"

# Print the name and version of Debian's source package of library $1, version
# $2, the epoch included, which the name of a .dsc leaves out.
debian_source() {
	if [ "$1" = libgcc ]; then
		echo "gcc-${2%%.*} $2"
		return
	fi
	epoch=$(sed -n 's/^Version: \([0-9]*:\).*/\1/p' \
		"$sources/files/${1}_$2.dsc" 2>/dev/null) || epoch=
	echo "$1 $epoch$2"
}

# The SBOM: a package for the project, one for each library, a file for each
# program, and which library is linked into which.  Programs are made from the
# project and not contained in it: a package whose files are not all listed and
# analyzed must contain none (SPDX 2.3, 7.8).
for l in $all; do
	line=$(line_of "$l")
	rest=${line#* }
	debian=$(debian_source "$l" "${rest% *}")
	files_of "$l" | jq -R . | jq -cs \
		--arg source "${debian% *}" --arg full "${debian#* }" \
		--arg name "$l" --arg version "${rest% *}" \
		--arg digest "${rest#* }" --arg license "$(license_of "$l")" '{
		name: $name, SPDXID: ("SPDXRef-Package-" + $name),
		versionInfo: $version,
		supplier: "Organization: Debian",
		downloadLocation: "NOASSERTION",
		filesAnalyzed: false,
		licenseConcluded: $license, licenseDeclared: $license,
		copyrightText: "NOASSERTION",
		externalRefs: [{referenceCategory: "PACKAGE-MANAGER",
			referenceType: "purl",
			referenceLocator: ("pkg:deb/debian/" + $source + "@" +
				($full | @uri | gsub("%3A"; ":")) + "?arch=source")}]
		} + (if $digest == "-" then {} else {
			packageFileName: ($name + "_" + $version + ".dsc"),
			checksums: [{algorithm: "SHA256", checksumValue: $digest}]
		} end) + (if length == 0 then {} else {
			comment: ("Source files, by their SHA-256: " + join(", "))
		} end)'
done >"$out/packages"
for p; do
	path=${p%%=*}
	jq -cn --arg path "./$path" --arg id "SPDXRef-File-${path##*/}" \
		--arg sha1 "$(sha1sum <"$dir/$path" | cut -d' ' -f1)" \
		--arg sha256 "$(sha256sum <"$dir/$path" | cut -d' ' -f1)" \
		--arg libraries "${p#*=}" '{
		file: {fileName: $path, SPDXID: $id, fileTypes: ["BINARY"],
			checksums: [{algorithm: "SHA1", checksumValue: $sha1},
				{algorithm: "SHA256", checksumValue: $sha256}],
			licenseConcluded: "NOASSERTION",
			licenseInfoInFiles: ["NOASSERTION"],
			copyrightText: "NOASSERTION"},
		relationships: ([{spdxElementId: "SPDXRef-DOCUMENT",
			relationshipType: "DESCRIBES", relatedSpdxElement: $id},
			{spdxElementId: $id,
			relationshipType: "GENERATED_FROM",
			relatedSpdxElement: "SPDXRef-Package-unpack"}] +
			[$libraries | split(",")[] | {spdxElementId: $id,
			relationshipType: "STATIC_LINK",
			relatedSpdxElement: ("SPDXRef-Package-" + .)}])}'
done >"$out/programs"
# The namespace is what SPDX 2.3, 6.5, gives to those without a place of their
# own; a UUID of version 8, RFC 9562, of what the document says.
jq -nS --arg name "$name" --arg version "$VERSION" --arg commit "$commit" \
	--arg created "$created" --arg compiler "$(gcc_version)" \
	--arg uuid "$(cat "$out/packages" "$out/programs" | sha256sum |
		sed 's/^\(.\{8\}\)\(.\{4\}\).\(.\{3\}\).\(.\{3\}\)\(.\{12\}\).*/\1-\2-8\3-a\4-\5/')" \
	--slurpfile packages "$out/packages" \
	--slurpfile programs "$out/programs" '{
	spdxVersion: "SPDX-2.3", dataLicense: "CC0-1.0",
	SPDXID: "SPDXRef-DOCUMENT", name: $name,
	documentNamespace: ("https://spdx.org/spdxdocs/" + $name + "-" + $uuid),
	creationInfo: {created: $created,
		creators: ["Tool: unpack-provenance-" + $version],
		comment: ("compiled with gcc " + $compiler)},
	documentDescribes: (["SPDXRef-Package-unpack"] +
		[$programs[].file.SPDXID]),
	packages: ([{name: "unpack", SPDXID: "SPDXRef-Package-unpack",
		versionInfo: $version, downloadLocation: "NOASSERTION",
		filesAnalyzed: false, sourceInfo: ("commit " + $commit),
		licenseConcluded: "Apache-2.0", licenseDeclared: "Apache-2.0",
		copyrightText: "NOASSERTION"}] + $packages),
	files: [$programs[].file],
	relationships: ([{spdxElementId: "SPDXRef-DOCUMENT",
		relationshipType: "DESCRIBES",
		relatedSpdxElement: "SPDXRef-Package-unpack"}] +
		[$programs[].relationships[]])}' >"$out/sbom.spdx.json"
chmod 0644 "$out/sbom.spdx.json"
rm "$out/packages" "$out/programs"
