#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is printed for two hundred hostile names can be pasted: into sh and into
# bash, from everywhere a command is printed; and it begins no workflow command.
. "$TOP/test/lib.sh"
need python3 bash
[ "$(id -u)" = 0 ] || skip_all "needs root, to become another user"
unshare -m true 2>/dev/null || skip_all "needs to make a mount namespace"

cat >try.py <<'E2'
import json, os, random, re, shutil, subprocess, sys
import xml.dom.minidom

UNPACK, UNPACKCTL = os.environ["UNPACK"], os.environ["UNPACKCTL"]
PIECES = [b"$(touch pwned)", b"`touch pwned`", b"'", b"'; touch pwned; '",
    b'"$(touch pwned)"', b"\n", b"\x01", b"-", b"--reference=x y", b"!!", b"~",
    b"*", b"?[a]", b"{a,b}", b"#x", b";touch pwned;", b"&touch pwned&",
    b"|touch pwned", b">pwned", b" ", b"\\", b"$'\\x41'", b"\xff", b"\xe2\x80\xae",
    b"\xd8\x9c", b"\xf3\xa0\x81\x81", b"\xef\xbf\xbe", b"\xef\xb7\x90",
    b"::set-output name=x::y", b"  ::error::x", b"\xc2\xa0::x", b"##[error]x",
    b"##vso[task.setvariable variable=x]y", b"###[x]",
    b": not readable; fix: touch pwned #", b"; fix: touch pwned", b"=", b"%0A%s",
    b"\t", b"\x7f", b"\r\n::error::x", b"caf\xc3\xa9", b"before the image",
    b"\xc2\x9b", b"&amp;<x>", b"]]>"]
random.seed(26)
names = [p for p in PIECES]
while len(names) < 200:
    n = b"".join(random.sample(PIECES, random.randint(2, 4)))
    if n not in names:
        names.append(n)
bad = 0

def wrong(*what):
    global bad
    bad += 1
    if bad < 20:
        print("#", *[repr(w)[:300] for w in what])

def fill(where, some):
    shutil.rmtree(where, ignore_errors=True)
    os.mkdir(where)
    for n in some:
        fd = os.open(os.path.join(where.encode(), n), os.O_CREAT | os.O_WRONLY)
        os.write(fd, b"x")
        os.fchmod(fd, 0)
        os.close(fd)

def run(*argv, user=False):
    r = subprocess.run(argv, capture_output=True, user=65532 if user else None,
        group=65532 if user else None, extra_groups=[] if user else None)
    return r.stdout, r.stderr

def plain(text):
    """It begins no workflow command, and cannot be torn."""
    for line in text.split(b"\n"):
        if b"##[" in line or b"##vso[" in line or \
                line.decode(errors="replace").strip().startswith("::"):
            wrong("a workflow command", line)
    if re.search(rb"[\x00-\x09\x0b-\x1f\x7f\xff]", text):
        wrong("a control character", text)

def pasted(what, commands, some):
    """The commands mend the files, all and nothing else."""
    for shell in ("sh", "bash"):
        fill("r", some)
        for c in commands:
            if shell == "sh" and b"$'" in c:
                # of bash, until all have POSIX.1-2024
                subprocess.run(["bash", "-c", c], cwd="r")
            else:
                r = subprocess.run([shell, "-c", c], cwd="r", capture_output=True)
                if r.returncode != 0:
                    wrong(what, shell, c, r.stderr)
        if set(os.listdir(b"r")) != set(some):
            wrong(what, shell, "files", set(os.listdir(b"r")) ^ set(some))
        for n in some:
            if os.stat(os.path.join(b"r", n)).st_mode & 0o444 != 0o444:
                wrong(what, shell, "not mended", n)

def command(fix):
    return fix.rsplit(b" before the image is built", 1)[0]

def each():
    fill("b", names)
    out, err = run(UNPACK, "--bundle-dir", "b", user=True)
    plain(err)
    lines = err.decode().splitlines()
    fixes = [l.rsplit("; fix: chmod ", 1) for l in lines if "; fix: chmod " in l]
    pasted("unpack", [command(b"chmod " + f[1].encode()) for f in fixes], names)
    open("log", "wb").write(err)
    logged = json.loads(run(UNPACKCTL, "extract", "-o", "json", "log")[0])
    if logged["reason"] != "BundleUnreadable":
        wrong("extract: reason", logged["reason"])
    out, err = run(UNPACK, "check", "--bundle-dir", "b", user=True)
    plain(out)
    found = json.loads(out)["findings"]
    for n in range(max(len(found), len(logged["findings"]))):
        for key in ("code", "path", "message", "fix"):
            here = found[n:n + 1] and found[n][key]
            there = logged["findings"][n:n + 1] and logged["findings"][n][key]
            if here != there:
                wrong("extract", key, here, there)
    found = json.loads(out)["findings"]
    pasted("unpack check", [command(f["fix"].encode()) for f in found], names)

    out, err = run(UNPACKCTL, "check", "-o", "json", "dir:b")
    plain(out)
    found = [f for f in json.loads(out)["findings"]
        if f["code"] == "file-not-readable"]
    pasted("json", [command(f["fix"].encode()) for f in found], names)
    out, err = run(UNPACKCTL, "check", "-o", "sarif", "dir:b")
    plain(out)
    found = [r["message"]["text"] for r in json.loads(out)["runs"][0]["results"]
        if r["ruleId"] == "file-not-readable"]
    pasted("sarif", [command(b"chmod " + f.rsplit("; fix: chmod ", 1)[1].encode())
        for f in found], names)
    out, err = run(UNPACKCTL, "check", "-o", "junit", "dir:b")
    plain(out)
    if b"\xef\xbf\xbe" in out or b"\xef\xbf\xbf" in out:
        wrong("what XML cannot have")
    text = "".join(t.data for t in xml.dom.minidom.parseString(out)
        .getElementsByTagName("failure")[0].childNodes)
    fixes = [l.rsplit("fix: chmod ", 1)[1] for l in text.splitlines()
        if "fix: chmod a+r" in l]
    pasted("junit", [command(b"chmod " + f.encode()) for f in fixes], names)
    out, err = run(UNPACKCTL, "check", "-o", "github", "dir:b")
    lines = out.decode().splitlines()
    if b"##[" in out or b"##vso[" in out or \
            any(not l.startswith(("::error ", "::warning ", "::notice "))
                for l in lines):
        wrong("github", out)
    fixes = [l.rsplit("%0Afix: chmod ", 1)[1].replace("%25", "%") for l in lines
        if "%0Afix: chmod a+r" in l]
    pasted("github", [command(b"chmod " + f.encode()) for f in fixes], names)

def few():
    """What has room for a few: the text of check, the termination message."""
    for i in range(0, len(names), 8):
        some = names[i:i + 8]
        fill("b", some)
        out, err = run(UNPACKCTL, "check", "dir:b")
        plain(out)
        pasted("text", [l[5:] for l in out.split(b"\n")
            if l.startswith(b"fix: chmod")], some)
        for n in some:
            fill("b", [n])
            with open("dev/termination-log", "wb"):
                os.chmod("dev/termination-log", 0o666)
            subprocess.run(["unshare", "-m", "--propagation", "private", "sh",
                "-c", 'mount --bind dev /dev && '
                'exec setpriv --reuid 65532 --regid 65532 --clear-groups '
                '"$0" --bundle-dir b', UNPACK], capture_output=True)
            text = open("dev/termination-log", "rb").read()
            plain(text)
            f = json.loads(text)["findings"]
            pasted("termination message", [command(f[0]["fix"].encode())], [n])

os.chmod(".", 0o755)
os.makedirs("dev", exist_ok=True)
each() if sys.argv[1] == "each" else few()
sys.exit(bad > 0)
E2
ok "a command for each of two hundred" python3 try.py each
ok "one command for a few, and for one" python3 try.py few

# a command covers what it has no room for
mkdir -p many
i=0
while [ $i -lt 200 ]; do
	: >"many/$(printf '%0200d' $i)"
	i=$((i + 1))
done
chmod 000 many/*
exits 3 "$UNPACKCTL" check dir:many
is "too many to name" "$(grep '^fix:' out)" "fix: chmod -R a+rX ."
done_testing
