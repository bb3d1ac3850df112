#!/bin/sh
# top_odd.sh -- what rules and models may be: values that are no numbers, limits of 0, below it or none, names that are hostile, wide or long, a
# model without reference, without version, of categories alone, a feature that never has a value. What is said of them is true, stays in its
# place at every size, and no figure is made up.
set -u
cd "$(dirname "$0")/../.." || exit 1
mlwatch=$PWD/${MLWATCH:-build/san/mlwatch}
[ -x "$mlwatch" ] || mlwatch=$PWD/build/mlwatch
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
exec /usr/bin/python3 - "$mlwatch" <<'PY'
import json, os, re, subprocess, sys, unicodedata

mlwatch, now, at, failed = sys.argv[1], 1795144462, "2026-11-20T03:14:21Z", 0
evil, wide, long = "ev\x1b[31mil\u202e\u200b\u0301\u00e9", "\u6f22\u5b57" * 20, "x" * 300

def fail(text):
    global failed
    failed = 1
    print(text)

def run(*args):
    p = subprocess.run([mlwatch, *args], capture_output=True)
    if p.returncode or b"Sanitizer" in p.stderr: sys.exit("%s: exit %d: %s" % (args, p.returncode, p.stderr))
    return p.stdout.decode()

# ---- the store ----

with open("log.jsonl", "w") as f:
    for t in range(now - 1800, now):
        def line(model, version, features, **more):
            record = {"ts": t, "model": model, "version": version, "latency_ms": 20, "status": 200, "prediction": "a", "score": 0.5, "features": features}
            record.update(more)
            f.write(json.dumps(record) + "\n")
        line("noref", "1", {"a": t % 100, "c": "xyz"[t % 3]})
        line("catonly", "", {"c": "pqs"[t % 3], "d": "tu"[t % 2]}, score=None)
        line("nulls", "1", {"a": t % 100, "n": None}, prediction=None)
        line(evil, wide, {evil: t % 100, wide: t % 7, long: [evil, wide, "n"][t % 3]}, prediction=[evil, wide][t % 2])
def table(name, model, head, rows):
    import csv
    with open(name + ".csv", "w") as f: csv.writer(f).writerows([head] + rows)
    run("baseline", name + ".csv", "-o", name + ".json", "--model", model, "--created", "2026-10-30", "-q")
table("cat", "catonly", ["c", "d"], [["ppqz"[i % 4], "tu"[i % 2]] for i in range(2000)])
table("nulls", "nulls", ["a", "n"], [[i % 100, i % 10] for i in range(2000)])
table("evil", evil, [evil, wide, long], [[i % 100, i % 7, [evil, wide][i % 2]] for i in range(2000)])
rules = [("Zero", "vector(9) > 0"), ("Negative", "vector(-1) > -5"), ("Below", "vector(-9) < -5"), ("Half", "vector(3) < 6"), ("Absent", "absent(nothing)"),
         ("Vector", "vector(1)"), ("NotNumber", "(vector(0) / 0) != 1"), ("And", "vector(3) and vector(7) > 5"), ("Unless", "(vector(3) > 2) unless on() nothing"),
         ("Bool", "vector(3) > bool 2"), ("Or", "vector(3) > 2 or vector(8) > 4"), ("NotConstant", "vector(9) > scalar(vector(4))"), ("Left", "5 < vector(9)"),
         ("Per", "100 * vector(3) / vector(4) > 50"), ("Mean", "sum(increase(x_seconds_sum[1m])) / sum(increase(x_seconds_count[1m])) < 5 or vector(0.5) < 5")]
json.dump({"groups": [{"name": "g", "interval": "30s", "rules":
          [{"alert": n, "expr": e} for n, e in rules] +
          [{"alert": "Long", "expr": "vector(1) > 0.5", "labels": {"severity": "critical", "a": "v" * 300, "model": evil}, "annotations":
            {"summary": wide * 4, "runbook_url": "https://e/" + "u" * 300}}]}]}, open("rules.yml", "w"))
json.dump({"storage": {"path": "m.db"}, "rule_files": ["rules.yml"], "prediction_logs": [{"job": "scoring", "paths": ["log.jsonl"], "read_from": "beginning",
           "fields": {"timestamp": {"field": "ts", "unit": "s"}, "model": "model", "version": "version", "latency": {"field": "latency_ms", "unit": "ms"},
                      "status": "status", "prediction": "prediction", "score": "score", "features": "features"}}],
           "references": [{"model": m, "file": n + ".json"} for n, m in (("cat", "catonly"), ("nulls", "nulls"), ("evil", evil))]}, open("mlwatch.yml", "w"))
run("replay", "-c", "mlwatch.yml", "--store", "m.db", "log.jsonl", "-q")

def top(view, keys="", size="120x36", glyphs="braille"):
    open("keys", "w").write(keys)
    return run("top", "--store", "m.db", "--utc", "--snapshot", view, "--size", size, "--at", at, "--glyphs", glyphs, "--keys", "keys")

# ---- NOW, LIMIT and x: by hand ----

alerts = top("alerts", size="120x60")
for name, want in {"Zero": ["9", "> 0"], "Negative": ["-1", "> -5"], "Below": ["-9", "< -5"], "Half": ["3", "< 6", "2.0×"], "Absent": ["1", "-"], "Vector": ["1", "-"],
                   "NotNumber": ["-", "!= 1"], "And": ["3", "-"], "Unless": ["3", "> 2", "1.5×"], "Bool": ["1", "-"], "Or": ["3", "-"], "NotConstant": ["9", "-"],
                   "Left": ["9", "> 5", "1.8×"], "Per": ["75", "> 50", "1.5×"], "Long": ["1", "> 0.50", "2.0×"]}.items():
    row = next((l for l in alerts.split("\n") if re.search(r"  %s " % name, l)), "")
    if [c for c in (row[55:64].strip(), row[65:74].strip(), row[75:80].strip()) if c] != want: fail("%s: %r, wanted %r" % (name, row, want))

# ---- models ----

models = top("models")
for name, version, drifted in (("catonly", "-", "1/2"), ("noref", "1", "-"), ("nulls", "1", "0/2")):
    row = re.split(r" {2,}", next(l for l in models.split("\n") if " %s " % name in l).strip("│ ▸"))
    if row[2] != version or row[-2] != drifted: fail("%s: %s" % (name, row))
order = re.findall(r"^│[ ▸][✗▲✓]  (\S+)", models[:models.index("└")], re.M)
def of(model, keys): return top("models", "j" * order.index(model) + "<Enter>" + keys)
for screen, wants in ((of("noref", ""), ["no reference for this model"]),
                      (of("noref", "b"), ["nothing to compare: 902 rows, a week ago 0", "mean               ", " few "]),
                      (of("nulls", "G"), ["few", "100.0 %"]), (of("nulls", "G<Enter>"), ["no values in the window"]),
                      (of("catonly", "<Enter>"), ["┌ catonly: c (categorical) ─", "new: s (33 %)", "gone: z (was 25 %)"])):
    for want in wants:
        if want not in screen: fail("no %r: %s" % (want, screen))

# ---- at every size: in its place, no figure that is none, nothing of what is hostile ----

def width(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)

for view, keys in (("overview", ""), ("alerts", ""), ("alerts", "<Enter>"), ("alerts", "S"), ("alerts", "a"), ("models", "v"), ("drift", "hh"), ("models", "j<Enter><Enter>"),
                   ("models", "jj<Enter>b")):
    for size in ("120x36", "80x24", "60x16", "40x10", "20x3"):
        for glyphs in ("braille", "ascii"):
            screen = top(view, keys, size, glyphs)
            w, h = map(int, size.split("x"))
            lines = screen.rstrip("\n").split("\n")
            where = "%s %s %s %s: " % (view, keys, size, glyphs)
            if len(lines) > h: fail(where + "%d rows" % len(lines))
            for l in lines:
                if width(l) > w: fail(where + "too wide: " + l)
                if re.search(r"(?<![\w-])-?(nan|inf)(?!\w)|\ufffd|-0\.0×|\(null\)|  on  |[\x00-\x1f\x7f\u202e\u200b\u0301]", l): fail(where + repr(l))
                if glyphs == "ascii" and not l.isascii(): fail(where + "not ASCII: " + l)
sys.exit(failed)
PY
