#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Names in comments and pages that are not there.

    stale.py TOP        prints FILE:LINE: NAME

A name is ours if it begins with the name of a module and "_", as json_get, or
in capitals, as WIRE_OK; or if it is a path below src, src/ROOM or test.  Other
programs' names are not looked at.
"""
import pathlib
import re
import sys

TOKEN = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)
NAME = re.compile(r"\b[A-Za-z]+_\w+\b")


def split(text):
    """(code, [(offset, comment)]) of a program; strings count as code."""
    code, comments, last = [], [], 0
    for token in TOKEN.finditer(text):
        if token.group().startswith("/*"):
            code.append(text[last:token.start()])
            comments.append((token.start(), token.group()))
            last = token.end()
    return "".join(code) + text[last:], comments


def stale_names(top):
    """Names of functions, constants and fields in comments."""
    sources = {p: split(p.read_text(encoding="utf-8"))
               for p in sorted((top / "src").rglob("*.[ch]"))}
    modules = {p.stem for p in sources}
    known = set()
    for code, _ in sources.values():
        known.update(re.findall(r"\w+", code))
    for path, (_, comments) in sources.items():
        text = path.read_text(encoding="utf-8")
        for at, comment in comments:
            for name in NAME.finditer(comment):
                word = name.group()
                if word.split("_")[0].lower() not in modules or word in known:
                    continue
                # json_new_: a family of names
                if word.endswith("_") and any(k.startswith(word)
                                              for k in known):
                    continue
                line = text.count("\n", 0, at + name.start()) + 1
                yield f"{path.relative_to(top)}:{line}: {word}"


def stale_paths(top):
    """Paths of the source in comments and pages."""
    rooms = "|".join(p.name for p in sorted((top / "src").iterdir())
                     if p.is_dir())
    path_re = re.compile(
        rf"(?<![\w./$-])(?:(?:src|test)/[\w./-]+|(?:{rooms})/[\w-]+)"
        r"\.(?:[ch157]|sh|py|go|svg|tsv)\b")
    places = sorted((top / "src").rglob("*.[ch157]")) + [top / "README.md"]
    for place in places:
        text = place.read_text(encoding="utf-8")
        for found in path_re.finditer(text):
            name = found.group()
            if "NAME." in name or (top / name).exists() or \
                    (top / "src" / name).exists():
                continue
            line = text.count("\n", 0, found.start()) + 1
            yield f"{place.relative_to(top)}:{line}: {name}"


def main():
    top = pathlib.Path(sys.argv[1])
    for line in (*stale_names(top), *stale_paths(top)):
        print(line)


if __name__ == "__main__":
    main()
