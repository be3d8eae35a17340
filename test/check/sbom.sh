#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The SBOM that make install leaves keeps to SPDX 2.3, by a reader of its rules,
# which refuses each of these that does not.
# make may build what the other tests run:
# test/run: alone
. "$TOP/test/lib.sh"
[ -x "$UNPACK" ] || skip_all "needs the programs: make"
need python3 jq

# no jobserver of a make -j: its pipes are not ours
MAKEFLAGS=$(echo "${MAKEFLAGS-}" | sed 's/ *--jobserver[^ ]*//; s/ *-j[0-9]*//')
export MAKEFLAGS
ok "install" exits 0 make -s -C "$TOP" install DESTDIR="$PWD/root" PREFIX=
sbom=root/share/doc/unpack/sbom.spdx.json
ok "it keeps to SPDX 2.3" "$TOP/test/release/spdx.py" $sbom

# breaks RULE FILTER: what jq makes of it breaks RULE
breaks() {
	jq "$2" $sbom >broken.json
	ok "refused: $2" exits 1 "$TOP/test/release/spdx.py" broken.json
	ok "... for its $1" has out "^broken.json: .*$1"
}
breaks spdxVersion '.spdxVersion = "SPDX-2.2"'
breaks dataLicense '.dataLicense = "MIT"'
breaks "no field" '.license = "MIT"'
breaks "no name" 'del(.name)'
breaks documentNamespace '.documentNamespace = "unpack"'
breaks documentNamespace '.documentNamespace += "#a"'
breaks documentNamespace '.documentNamespace = "urn:unpack:1"'
breaks created '.creationInfo.created = "2026-11-25"'
breaks created '.creationInfo.created = "2026-13-25T00:00:00Z"'
breaks creator '.creationInfo.creators = ["unpack"]'
breaks creator '.creationInfo.creators = []'
breaks twice '.files[1].SPDXID = .files[0].SPDXID'
breaks SPDXID '.packages[1].SPDXID = "SPDXRef-a_b"'
breaks "there is no" '.relationships[1].relatedSpdxElement = "SPDXRef-None"'
breaks "there is no" 'del(.packages[1])'
breaks "kind of relationship" '.relationships[1].relationshipType = "MAKES"'
breaks "ends do not fit" '.relationships[1] |= (.spdxElementId as $a |
	.spdxElementId = .relatedSpdxElement | .relatedSpdxElement = $a)'
breaks twice '.relationships += [.relationships[0]]'
breaks "no relationship" 'del(.relationships[] |
	select(.relatedSpdxElement == "SPDXRef-Package-zlib"))'
breaks "describes nothing" 'del(.relationships[] |
	select(.relationshipType == "DESCRIBES")) | del(.documentDescribes)'
breaks documentDescribes '.documentDescribes = [.files[0].SPDXID]'
breaks 7.8 '.relationships += [{spdxElementId: "SPDXRef-Package-unpack",
	relationshipType: "CONTAINS", relatedSpdxElement: .files[0].SPDXID}]'
breaks filesAnalyzed 'del(.packages[0].filesAnalyzed)'
breaks "no downloadLocation" 'del(.packages[0].downloadLocation)'
breaks 7.7 '.packages[0].downloadLocation = "example.com"'
breaks supplier '.packages[1].supplier = "Debian"'
breaks SHA256 '.packages[1].checksums[0].checksumValue |= .[1:]'
breaks SHA256 '.files[0].checksums[1].checksumValue |= ascii_upcase'
breaks algorithm '.files[0].checksums[1].algorithm = "SHA-256"'
breaks "no SHA1" 'del(.files[0].checksums[0])'
breaks fileName '.files[0].fileName = "/bin/unpack"'
breaks licence '.packages[0].licenseDeclared = "Apache 2.0"'
breaks licence '.packages[0].licenseDeclared = "MIT OR mit"'
breaks "half an" '.packages[0].licenseDeclared = "MIT OR"'
breaks "half an" '.packages[0].licenseConcluded = "(MIT AND Zlib"'
breaks exception '.packages[0].licenseConcluded = "MIT WITH MIT"'
breaks "pkg:debian" '.packages[1].externalRefs[0].referenceLocator =
	"pkg:debian/zlib@1"'

jq '.comment = "another"' $sbom >other.json
ok "two documents of one namespace are refused" exits 1 \
	"$TOP/test/release/spdx.py" $sbom other.json
done_testing
