#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Is it one result?  result.py FILE EXIT KIND: one line, of the schema of
unpack-json(5), with this exit code and kind."""
import json
import os
import sys

import jsonschema

top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
with open(os.path.join(top, "src/man/unpack-json.schema.json")) as f:
    schema = json.load(f)
jsonschema.Draft7Validator.check_schema(schema)
with open(sys.argv[1]) as f:
    text = f.read()
if text.count("\n") != 1 or not text.endswith("\n"):
    sys.exit("# not one line: %r" % text[:200])
value = json.loads(text)
bad = list(jsonschema.Draft7Validator(schema).iter_errors(value))
for e in bad[:5]:
    print("#", e.message[:200])
if value["exit"] != int(sys.argv[2]) or value["kind"] != sys.argv[3]:
    sys.exit("# exit or kind: %s" % text[:300])
sys.exit(bool(bad))
