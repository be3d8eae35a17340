#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""compile_commands.json: compile_commands.py COMMAND... -- FILE..."""
import json
import os
import sys

words = sys.argv[1:]
at = words.index("--")
json.dump([{"directory": os.getcwd(), "file": name,
            "arguments": [*words[:at], "-c", name]}
           for name in words[at + 1:]], sys.stdout, indent=1)
