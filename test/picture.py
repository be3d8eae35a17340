#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A picture of a real session, as SVG on standard output.

    picture.py UNPACK UNPACKCTL

The programs run on a terminal (pty), in an empty directory, with an image that
cannot be unpacked, and the same image when it is fixed. apiserver.py stands in
for the cluster in which run unpacks it. What they write is drawn as a terminal
shows it. It is the same each time.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from xml.sax.saxutils import escape

import terminal

HERE = os.path.dirname(os.path.abspath(__file__))
COLUMNS = 80
FONT, WIDE, HIGH, EDGE = 14, 8.43, 19, 18  # pixels

# what the shell of the session is given, in this order; a "#" begins what is
# done without being shown
SESSION = (
    "# image 0600",
    "unpackctl check my-bundle.tar",
    "# image 0644",
    "unpackctl check my-bundle.tar",
    "unpackctl run -n unpack-system registry.example.com/my-bundle:v1 -C files",
    "ls files/manifests",
)

COLOURS = {"": "#d8dee9", "1": "#ffffff", "2": "#8f98a8", "31": "#ff7b72",
           "32": "#7ee787", "33": "#f2cc60", "prompt": "#79c0ff"}


def image(mode):
    """my-bundle.tar, whose deployment.yaml has this mode."""
    words = f"""\
config {{"User": "65532"}}
layer gzip COPY manifests /manifests # buildkit
dir manifests 0755
file manifests/configmap.yaml 0644 kind: ConfigMap
file manifests/deployment.yaml {mode} kind: Deployment
"""
    subprocess.run([os.path.join(HERE, "mkimage.py"), "oci-archive",
                    "my-bundle.tar"], input=words, text=True, check=True)


def bundle():
    """The same files, for the pod that runs."""
    os.makedirs("../bundle/manifests")
    for name, kind in (("configmap", "ConfigMap"),
                       ("deployment", "Deployment")):
        path = f"../bundle/manifests/{name}.yaml"
        with open(path, "w", encoding="ascii") as f:
            f.write(f"kind: {kind}")
        os.utime(path, (1234567890, 1234567890))


def cells(text):
    """Lines of (colour, character), as a terminal would have them."""
    lines, line, at, colour = [], [], 0, ""
    for sgr, end, erase, char in re.findall(
            r"\x1b\[([0-9;]*)m|\x1b\[([0-9;]*)([A-Za-z])|([\s\S])", text):
        if erase:
            if erase != "K":
                sys.exit(f"picture: unknown sequence {end}{erase}")
            line = [] if end == "2" else line[:at]
        elif char == "\n":
            lines.append(line)
            line, at = [], 0
        elif char == "\r":
            at = 0
        elif char == "\t":
            at += 8 - at % 8
        elif char:
            if at == COLUMNS:
                lines.append(line)
                line, at = [], 0
            line += [("", " ")] * (at - len(line))
            line[at:at + 1] = [(colour, char)]
            at += 1
        else:
            colour = "" if sgr in ("", "0") else sgr
    return lines + ([line] if line else [])


def spans(line):
    """A line as tspans, one for each colour."""
    out, last = "", None
    for colour, char in line:
        if colour != last:
            out += "</tspan>" if last is not None else ""
            bold = ' font-weight="bold"' if colour in ("1", "prompt") else ""
            out += f'<tspan fill="{COLOURS[colour]}"{bold}>'
            last = colour
        out += escape(char)
    return out + ("</tspan>" if last is not None else "")


def draw(lines):
    width = round(COLUMNS * WIDE + 2 * EDGE)
    height = len(lines) * HIGH + 2 * EDGE
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
          f'height="{height}" viewBox="0 0 {width} {height}" role="img">')
    print("<title>unpackctl check finds a file that cannot be read, and "
          "passes when it is fixed; unpackctl run unpacks it in a cluster "
          "and writes the files</title>")
    print(f'<rect width="{width}" height="{height}" rx="8" fill="#161b22"/>')
    print(f'<g font-family="ui-monospace, Menlo, Consolas, \'DejaVu Sans '
          f'Mono\', monospace" font-size="{FONT}">')
    for i, line in enumerate(lines):
        if line:
            print(f'<text xml:space="preserve" x="{EDGE}" '
                  f'y="{EDGE + FONT + i * HIGH}">{spans(line)}</text>')
    print("</g>\n</svg>")


def main():
    unpack, unpackctl = (os.path.abspath(p) for p in sys.argv[1:])
    work = tempfile.mkdtemp()
    try:
        os.mkdir(f"{work}/bin")
        os.symlink(unpackctl, f"{work}/bin/unpackctl")
        os.mkdir(f"{work}/session")
        os.chdir(f"{work}/session")
        env = {"PATH": f"{work}/bin:{os.environ['PATH']}", "LC_ALL": "C",
               "TERM": "xterm-256color", "TMPDIR": work,
               "UNPACK": unpack, "UNPACK_IMAGE": "registry.example.com/unpack:1",
               "KUBECTL": f"{HERE}/apiserver.py", "API_STATE": f"{work}/api",
               "API_BUNDLE": f"{work}/bundle"}
        bundle()
        lines = []
        for command in SESSION:
            if command.startswith("# image "):
                image(command.split()[-1])
            else:
                lines += [[]] if lines else []
                lines.append([("prompt", "$"), ("", " ")] +
                             [("1", c) for c in command])
                lines += cells(terminal.run(
                    COLUMNS, ["sh", "-c", command], env)[0])
        draw(lines)
    finally:
        os.chdir("/")
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
