#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# unpack-findings(7), from what `unpackctl explain -o json` prints.
import json
import sys
import textwrap

PARTS = {
    "image": ("AN IMAGE", r"""Reported by \fBunpackctl check\fP and \fBunpackctl test\fP,
and, where a file cannot be read, by
.Xr unpack 1
in the pod."""),
    "pod": ("A POD", r"""Reported by \fBunpackctl check\-pod\fP: the checks of the
Pod Security Standards, by the names that the admission
controller gives them."""),
    "cluster": ("THE CLUSTER", r"""Reported by \fBunpackctl test\fP if a pod fails and its
bundle is not at fault."""),
}


def text(before, words):
    words = words.replace("\\", "\\e").replace("-", "\\-")
    lines = textwrap.wrap(before + words + ".", 72, break_long_words=False,
                          break_on_hyphens=False)
    for line in lines:
        print(("\\&" if line[0] in ".'" else "") + line)


print(r""".\" SPDX-License-Identifier: Apache-2.0
.\" Made from src/bundle/codes.c by make manual
.Dd November 29, 2026
.Dt UNPACK-FINDINGS 7
.Os
.Sh NAME
.Nm unpack-findings
.Nd what can be wrong with a bundle image, a pod or a cluster, and how to fix it
.Sh DESCRIPTION
Every finding of
.Xr unpackctl 1
has a code, which does not change.
.Ql unpackctl explain Ar CODE
prints the same text for one code.
An error means that it will not work, a warning that something is lost or at
risk, a note that nothing needs to be fixed.""")
of = None
for c in json.load(sys.stdin)["codes"]:
    if c["of"] != of:
        if of is not None:
            print(".El")
        of = c["of"]
        print(".Sh FINDINGS OF %s\n%s\n.Bl -tag -width Ds" % PARTS[of])
    print(".It Li %s Pq %s" % (c["code"], c["severity"]))
    text("", c["meaning"])
    text("In the cluster: ", c["seen"])
    text("Fix: ", c["fix"])
print(""".El
.Sh SEE ALSO
.Xr unpack 1 ,
.Xr unpackctl 1 ,
.Xr unpackctl-check 1 ,
.Xr unpackctl-check-pod 1 ,
.Xr unpackctl-explain 1 ,
.Xr unpackctl-test 1""")
