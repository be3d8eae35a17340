#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Words that are refused in what people read.

    words.py TOP        prints FILE:LINE: WORD: what to write instead

One thing has one name: unpackctl(1), TERMS.  English is plain.  What is read:
pages and manifests as they are, comments of programs and scripts, and the texts
in programs: strings, also those that are written in pieces.  Names of options,
keys and findings are a contract, and stay.
"""
import pathlib
import re
import sys

# Names that stay as they are.
CONTRACT = re.compile(
    r"--unpacker-image|Fl Fl unpacker-image|install-unpacker|"
    r"(?:image|pod)-not-judged|notJudged|NotJudged|Li damaged|, damaged ,|"
    r"readOnlyRootFilesystem|[Ss]et-user-ID|levels of symbolic links|"
    r"\"(?:unpacker(-image)?|damaged)\"|"
    r"\.Sh EXIT STATUS|A symbolic link\.|sys\.stdin|os\.Stdin|verdict\.c|[a-z]+_unpacker\b|WIRE_CORRUPT|StreamCorrupt|`[^`\n]*`")

DOCS = ("README.md", "src/man/")
TEXT = DOCS + ("text",)  # pages, and texts in programs
LOG = ("src/log/", "src/cluster/", "src/man/unpack-stream", "src/cmd/run",
       "src/man/unpackctl-extract", "src/man/unpackctl-run",
       "src/man/unpack-provisioner", "src/cmd/extract")
IMAGE = ("src/image/", "src/cmd/check.c", "src/man/unpackctl-check.1")
OURS = ("README.md", "src/", "manifests/", "Makefile", "Dockerfile")
ALL = OURS + ("test/",)

# (what is refused, what to write, where)
WORDS = [
    # one name for one thing
    (r"unpacker|unpacking image|our (own )?image|unpack's image|"
     r"image of unpack", "unpack image", OURS),
    (r"bundle's (own )?image|image of (the|a) bundle|bundle container image",
     "bundle image", OURS),
    (r"unpacking pod|unpacker pod|pod of unpack\b", "unpack pod", OURS),
    (r"consumers?", "provisioner, or reader", OURS),
    (r"symbolic links?|soft links?", "symlink", OURS),
    (r"time stamps?", "timestamp", OURS),
    (r"filesystems?", "file system", OURS),
    (r"tarballs?", "tar.gz", OURS),
    (r"exit status|exit values?|return codes?(?!;)", "exit code", OURS),
    (r"checksums?|hash(es)?", "digest", DOCS),
    (r"(kube-)?apiserver", "API server", OURS),
    (r"manifest lists?", "index", OURS),
    (r"user IDs?|userid", "uid", OURS),
    (r"stdin|stdout|stderr", "standard input, output, error", DOCS),
    (r"damag\w+", "corrupt, of a log", LOG),
    (r"corrupt\w*", "damaged, of an image", IMAGE),
    (r"verdicts?", "result", TEXT),
    (r"judge[sd]?|judging", "check", TEXT),
    # plain English
    (r"wherever|whenever", "where, when", ALL),
    (r"whoever|whomever", "who, or the one that", ALL),
    (r"whatever|whatsoever", "what, or any", ALL),
    (r"mend(s|ed|ing)?", "fix", ALL),
    (r"(be|is|are) had", "get, or be there", ALL),
    (r"of late|for ever|evermore|anon|ere|oft", "say when", ALL),
    (r"lest|albeit|notwithstanding|unto|upon|amidst?", "plain words", ALL),
    (r"thus|hence(forth)?|whence|thence|whither|thither", "so, from", ALL),
    (r"(there|here|where)(of|in|by|upon|with)", "of it, in it", ALL),
    (r"nought|naught|nay|shall|'tis", "nothing, no, will", ALL),
    (r"such as (are|is)", "those that are", ALL),
    (r"strangers?", "untrusted, or others", ALL),
    (r"bears?|bore|borne", "has, had", ALL),
    (r"vouch\w*", "verify", ALL),
    (r"(come|comes|came) to nothing|to blame", "fails, at fault", ALL),
    (r"what stands (here|there)|one's own|be it", "plain words", ALL),
    (r"of ours|of theirs", "say whose", TEXT),
    (r"(?<!there )(is|are|was|were) no (?!longer|more|such)\w+",
     "is not a ...", OURS + ("text",)),
    (r"(?<!default )(is|are) none|(is|are) no such", "is not one", TEXT),
    (r"(is|are|was|were) to be", "must be, will be", TEXT),
    (r"(go|goes|going) in circles", "is a loop", ALL),
    (r"memory (is|was) short", "out of memory", OURS + ("text",)),
    (r"intricate|absurd|in disorder|of today|without a word|broke off",
     "plain words", TEXT),
    (r"says? otherwise|allows more|must be told|became of|ha[sd] led|"
     r"the like of|that said|the words (say|name)|is short", "plain words", TEXT),
]
RULES = [(re.compile(rf"\b(?:{word})\b", re.I), use, where)
         for word, use, where in WORDS]

# A comment, strings one after the other, a character.
C_TOKEN = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"(?:\s*"(?:\\.|[^"\\\n])*")*|'
                     r"'(?:\\.|[^'\\\n])*'", re.S)
C_INCLUDE = re.compile(r"^#\s*include.*", re.M)
COMMENT = re.compile(r"(?:^|(?<=\s))#(?!!).*", re.M)
# What a script prints.
ECHO = re.compile(r"\b(?:echo|printf)\s+(?:\"(?:\\.|[^\"\\])*\"|'[^']*')", re.S)


def pieces(path, text):
    """(offset, text, is it a text for people) of what is read of a file."""
    if path.endswith((".c", ".h")):
        text = C_INCLUDE.sub(lambda m: " " * len(m.group()), text)
        for token in C_TOKEN.finditer(text):
            token_text = token.group()
            if token_text.startswith("/*"):
                yield token.start(), token_text, False
            elif token_text.startswith('"'):
                # in one piece, with offsets as they are
                token_text = re.sub(r'"\s*"', lambda m: "\0" * len(m.group()),
                                    token_text.replace("\\n", "  "))
                yield token.start(), token_text, True
    elif path.startswith("src/man/") or path.endswith((".md", "/control")):
        yield 0, text, True
    elif path.endswith((".py", ".go")) and path.startswith("test/"):
        yield 0, text, False
    else:
        for token in COMMENT.finditer(text):
            yield token.start(), token.group(), False
        for token in ECHO.finditer(text if path.startswith("src/") else ""):
            yield token.start(), token.group().replace("\\n", "  "), True


def refused(path, text):
    """(line, word, what to write) of each word that is refused."""
    for offset, piece, is_text in pieces(path, text):
        # of a comment or page in one line, with offsets as they are
        plain = re.sub(r"\n(\s*(?:\*|#|\.\\\")?[ \t]*)",
                       lambda m: " " * len(m.group()), piece)
        plain = CONTRACT.sub(lambda m: "_" * len(m.group()), plain)
        plain = re.sub(r" {2,}", lambda m: "\0" * (len(m.group()) - 1) + " ",
                       plain)
        index = [i for i, c in enumerate(plain) if c != "\0"]
        plain = plain.replace("\0", "")
        for rule, use, where in RULES:
            if not path.startswith(where) and not (is_text and "text" in where):
                continue
            for found in rule.finditer(plain):
                at = offset + index[found.start()]
                yield text.count("\n", 0, at) + 1, found.group(), use


def files(top):
    """What is read, in order."""
    names = [top / "README.md", top / "Makefile", top / "Dockerfile"]
    for room in ("src", "manifests", "test"):
        names += (top / room).rglob("*")
    for name in sorted(names):
        path = str(name.relative_to(top))
        if not name.is_file() or path.startswith((
                "test/corpus/", "test/bundles/", "test/fuzz/repro/",
                "test/fuzz/dict/", "test/unit/pods/", "test/check/words",
                "src/LICENSE", "src/debian/copyright")):
            continue
        if name.suffix in (".c", ".h", ".sh", ".py", ".go", ".md", ".yaml",
                           ".1", ".5", ".7") or not name.suffix:
            yield path, name


def main():
    top = pathlib.Path(sys.argv[1])
    for path, name in files(top):
        try:
            text = name.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for line, word, use in refused(path, text):
            print(f"{path}:{line}: {word}: {use}")


if __name__ == "__main__":
    main()
