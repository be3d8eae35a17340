#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do these documents keep to SPDX 2.3?  spdx.py FILE.spdx.json...

By the specification's clauses, named with each rule, for what our documents
use: https://spdx.github.io/spdx-spec/v2.3/.  A field, a licence or a kind of
relationship that is not in the tables below is refused, too: look it up there
and add it.  Each document has a namespace of its own.
"""

import json
import re
import sys
from urllib.parse import urlsplit

# Annex A, of the list of licences: what we link, and ourselves.
LICENSES = {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "GPL-3.0-or-later",
            "MIT", "Zlib"}
EXCEPTIONS = {"GCC-exception-3.1"}
# 7.10 and 8.4: hexadecimal digits of each
DIGITS = {"SHA1": 40, "SHA224": 56, "SHA256": 64, "SHA384": 96, "SHA512": 128,
          "MD5": 32}
# 11.1: from which kind of element to which
ENDS = {
    "DESCRIBES": ("document", {"package", "file"}),
    "CONTAINS": ("package", {"package", "file"}),
    "GENERATED_FROM": ("file", {"package", "file"}),
    "STATIC_LINK": ("file", {"package"}),
}
# 6 to 8: field, and whether it must be there
DOCUMENT = {"spdxVersion": 1, "dataLicense": 1, "SPDXID": 1, "name": 1,
            "documentNamespace": 1, "creationInfo": 1, "comment": 0,
            "documentDescribes": 0, "packages": 0, "files": 0,
            "relationships": 0}
CREATION = {"created": 1, "creators": 1, "comment": 0, "licenseListVersion": 0}
PACKAGE = {"name": 1, "SPDXID": 1, "downloadLocation": 1, "versionInfo": 0,
           "supplier": 0, "filesAnalyzed": 0, "sourceInfo": 0, "homepage": 0,
           "packageFileName": 0, "checksums": 0, "licenseConcluded": 0,
           "licenseDeclared": 0, "copyrightText": 0, "externalRefs": 0,
           "comment": 0}
FILE = {"fileName": 1, "SPDXID": 1, "checksums": 1, "fileTypes": 0,
        "licenseConcluded": 0, "licenseInfoInFiles": 0, "copyrightText": 0,
        "comment": 0}
RELATION = {"spdxElementId": 1, "relationshipType": 1, "relatedSpdxElement": 1,
            "comment": 0}
REFERENCE = {"referenceCategory": 1, "referenceType": 1, "referenceLocator": 1,
             "comment": 0}
FILE_TYPES = {"SOURCE", "BINARY", "ARCHIVE", "APPLICATION", "TEXT",
              "DOCUMENTATION", "SPDX", "OTHER"}


class Broken(Exception):
    pass


def check(condition, why):
    if not condition:
        raise Broken(why)


def fields(thing, allowed, what):
    check(isinstance(thing, dict), f"{what} is no object")
    for name in thing:
        check(name in allowed, f"{what}: {name} is no field of it")
    for name, needed in allowed.items():
        check(not needed or name in thing, f"{what}: no {name}")


def license_of(text, what):
    """Annex D: NONE, NOASSERTION, or an expression."""
    if text in ("NONE", "NOASSERTION"):
        return
    words = re.findall(r"[()]|[^\s()]+", text)
    depth, wanted = 0, "operand"
    for word in words:
        if wanted == "exception":
            check(word in EXCEPTIONS, f"{what}: exception {word}")
            wanted = "operator"
        elif wanted == "operand" and word == "(":
            depth += 1
        elif wanted == "operand":
            check(word in LICENSES, f"{what}: licence {word}")
            wanted = "with"
        elif word == ")":
            depth -= 1
            check(depth >= 0, f"{what}: brackets in {text}")
            wanted = "operator"
        elif word == "WITH" and wanted == "with":
            wanted = "exception"
        else:
            check(word in ("AND", "OR"), f"{what}: {word} in {text}")
            wanted = "operand"
    check(wanted in ("with", "operator") and depth == 0,
          f"{what}: half an expression: {text}")


def licenses(thing, what):
    for name in ("licenseConcluded", "licenseDeclared"):
        if name in thing:
            license_of(thing[name], f"{what}: {name}")
    for text in thing.get("licenseInfoInFiles", []):
        license_of(text, f"{what}: licenseInfoInFiles")


def checksums(thing, what):
    seen = set()
    for c in thing.get("checksums", []):
        a = c["algorithm"]
        check(a in DIGITS, f"{what}: algorithm {a}")
        check(a not in seen, f"{what}: {a} twice")
        check(re.fullmatch(f"[0-9a-f]{{{DIGITS[a]}}}", c["checksumValue"]),
              f"{what}: {a} is {c['checksumValue']}")
        seen.add(a)
    return seen


def actor(text, what, kinds):
    check(re.fullmatch(f"({kinds}): [^ ].*", text), f"{what}: {text}")


def creation(doc):
    check(doc["spdxVersion"] == "SPDX-2.3", "6.1 spdxVersion")
    check(doc["dataLicense"] == "CC0-1.0", "6.2 dataLicense")
    check(doc["SPDXID"] == "SPDXRef-DOCUMENT", "6.3 SPDXID")
    check(doc["name"] and "\n" not in doc["name"], "6.4 name")
    uri = doc["documentNamespace"]
    parts = urlsplit(uri)
    check(re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", parts.scheme) and
          (parts.netloc or parts.path) and
          re.fullmatch(r"[A-Za-z0-9:/?\[\]@!$&'()*+,;=._~%-]+", uri),
          f"6.5 documentNamespace: {uri} is no absolute URI without #")
    if parts.scheme == "urn":
        check(re.match(r"urn:(uuid|oid|ietf):", uri),
              f"6.5 documentNamespace: {uri} is in no registered namespace")
    info = doc["creationInfo"]
    fields(info, CREATION, "creationInfo")
    check(re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T"
                       r"([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ", info["created"]),
          f"6.9 created: {info['created']}")
    check(info["creators"], "6.8 no creator")
    for c in info["creators"]:
        actor(c, "6.8 creator", "Person|Organization|Tool")


def package(p):
    what = f"package {p.get('name')}"
    fields(p, PACKAGE, what)
    check(p["name"], "7.1 name")
    check(p["downloadLocation"] in ("NONE", "NOASSERTION") or
          re.fullmatch(r"((git|hg|svn|bzr)\+)?[a-z]+://[^\s/]+\S*",
                       p["downloadLocation"]), f"7.7 downloadLocation: {what}")
    # the other case asks for a verification code over all of its files
    check(p.get("filesAnalyzed") is False, f"7.8 filesAnalyzed: {what}")
    if p.get("supplier", "NOASSERTION") != "NOASSERTION":
        actor(p["supplier"], "7.5 supplier", "Person|Organization")
    checksums(p, f"7.10 {what}")
    licenses(p, f"7.13, 7.15 {what}")
    for r in p.get("externalRefs", []):
        fields(r, REFERENCE, f"7.21 {what}")
        check(r["referenceCategory"] == "PACKAGE-MANAGER" and
              r["referenceType"] == "purl", f"7.21 kind of reference: {what}")
        check(re.fullmatch(r"pkg:deb/debian/[a-z0-9][a-z0-9.+-]+"
                           r"@[A-Za-z0-9.:~%-]+\?arch=source",
                           r["referenceLocator"]),
              f"7.21 {r['referenceLocator']}")


def file(f):
    what = f"file {f.get('fileName')}"
    fields(f, FILE, what)
    check(re.fullmatch(r"\./[^\s]+", f["fileName"]) and
          ".." not in f["fileName"].split("/"), f"8.1 fileName: {what}")
    check(set(f.get("fileTypes", [])) <= FILE_TYPES, f"8.3 fileTypes: {what}")
    check("SHA1" in checksums(f, f"8.4 {what}"), f"8.4 no SHA1: {what}")
    licenses(f, f"8.5, 8.6 {what}")


def relations(doc, kinds):
    """11: both ends are there, and of a kind that fits."""
    seen, described, analyzed = set(), set(), set()
    for r in doc.get("relationships", []):
        fields(r, RELATION, "relationship")
        a, kind, b = (r["spdxElementId"], r["relationshipType"],
                      r["relatedSpdxElement"])
        line = f"{a} {kind} {b}"
        check(kind in ENDS, f"11.1 kind of relationship: {line}")
        for end in (a, b):
            check(end in kinds, f"11.1 there is no {end}: {line}")
        check(kinds[a] == ENDS[kind][0] and kinds[b] in ENDS[kind][1],
              f"11.1 ends do not fit: {line}")
        check(line not in seen, f"11.1 twice: {line}")
        # 7.8: a package whose files were not analyzed has none
        check(kind != "CONTAINS" or kinds[b] != "file", f"7.8 {line}")
        seen.add(line)
        if kind == "DESCRIBES":
            described.add(b)
        analyzed |= {a, b}
    check(described, "11.1 the document describes nothing")
    check(set(doc.get("documentDescribes", described)) == described,
          "documentDescribes and DESCRIBES differ")
    for i in kinds:
        check(i in analyzed, f"11.1 {i} has no relationship to anything")


def document(doc):
    fields(doc, DOCUMENT, "document")
    creation(doc)
    kinds = {}
    for kind, things in (("document", [doc]),
                         ("package", doc.get("packages", [])),
                         ("file", doc.get("files", []))):
        for t in things:
            i = t.get("SPDXID", "")
            check(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", i),
                  f"SPDXID {i!r} of a {kind}")
            check(i not in kinds, f"SPDXID {i} is there twice")
            kinds[i] = kind
    for p in doc.get("packages", []):
        package(p)
    for f in doc.get("files", []):
        file(f)
    relations(doc, kinds)


def main():
    namespaces, failed = {}, False
    for name in sys.argv[1:]:
        try:
            with open(name, encoding="utf-8") as f:
                doc = json.load(f)
            document(doc)
            uri = doc["documentNamespace"]
            check(namespaces.setdefault(uri, doc) == doc,
                  f"6.5 another document has the namespace {uri}")
        except (Broken, ValueError) as e:
            print(f"{name}: {e}")
            failed = True
    sys.exit(1 if failed or not sys.argv[1:] else 0)


if __name__ == "__main__":
    main()
