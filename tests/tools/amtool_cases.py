#!/usr/bin/env python3
"""Gives the routing files of tests/data/routing/cases.json the verdict of `amtool check-config` anew. Only for making test data.

Each case: text (the file), good, amtool (what it said). Add a case with any verdict and run this.
"""
import json
import os
import subprocess
import tempfile

PATH = os.path.join(os.path.dirname(__file__), "../data/routing/cases.json")
cases = json.load(open(PATH))
with tempfile.TemporaryDirectory() as folder:
    name = os.path.join(folder, "c.yml")
    for c in cases:
        open(name, "w").write(c["text"])
        r = subprocess.run(["amtool", "check-config", name], capture_output=True, text=True)
        said = (r.stdout + r.stderr).split("FAILED: ")[-1].split("\n\namtool: error")[0].strip()
        c["good"], c["amtool"] = r.returncode == 0, "" if r.returncode == 0 else "(a panic)" if "goroutine" in said else said
with open(PATH, "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
