#!/bin/sh
# output_formats.sh -- -o text|json|jsonl|csv: --json and -o json are one, a schema in every document, lists as lines and as
# rows, and a format that a command does not write is refused. Read back by Python, not by us.
set -u
cd "$(dirname "$0")/../.." || exit 1
m=$PWD/build/san/mlwatch
[ -x "$m" ] || m=$PWD/build/mlwatch
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
unset MLWATCH_CONFIG MLWATCH_STORE NO_COLOR
export HOME="$tmp" XDG_CONFIG_HOME="$tmp/config" XDG_STATE_HOME="$tmp/state"
status=0
fail() { echo "$*"; status=1; }
cat >"$tmp/m.yml" <<'END'
storage: {path: s.db}
prediction_logs:
  - job: j
    paths: ["*.jsonl"]
    fields: {timestamp: ts, model: m, prediction: p}
END
cat >"$tmp/a.jsonl" <<'END'
{"ts":"2026-03-01T00:00:00Z","m":"fraud, \"new\"","p":"a"}
{"ts":"2026-03-01T00:00:05Z","m":"fraud, \"new\"","p":"a"}
{"ts":"2026-03-01T00:00:05Z","m":"iris","p":"b"}
END
"$m" replay "$tmp/a.jsonl" -c "$tmp/m.yml" --store "$tmp/s.db" -q || fail 'replay fails'
export MLWATCH_STORE="$tmp/s.db"
"$m" silence add 'a="b,c"' -d 2h -c 'one, two' >/dev/null 2>&1 || fail 'silence add fails'

# One document, the same by both spellings, with its schema.
document() { # SCHEMA WORDS...
	schema=$1
	shift
	"$m" "$@" --json >"$tmp/one" 2>"$tmp/err"
	"$m" "$@" -o json >"$tmp/two" 2>/dev/null
	python3 - "$schema" "$tmp/one" "$tmp/two" <<'END' || fail "mlwatch $*"
import json, sys
one, two = (json.load(open(f)) for f in sys.argv[2:])
assert one["schema"] == sys.argv[1], one["schema"]
assert one.keys() == two.keys(), (one, two)
END
}
at='--time=2026-03-01T00:01:00Z'
document mlwatch.query/1 query ml_predictions_total $at
document mlwatch.query/1 query '1 + 1'
document mlwatch.query/1 query range ml_predictions_total --start 2026-03-01T00:00:00Z --end 2026-03-01T00:01:00Z --step 30s
document mlwatch.query/1 query series ml_predictions_total
document mlwatch.query/1 query labels model
document mlwatch.alerts/1 alerts
document mlwatch.alert_history/1 alerts history
document mlwatch.silences/1 silence
document mlwatch.notifications/1 notifications
document mlwatch.events/1 events
document mlwatch.status/1 status
document mlwatch.store/1 store info
document mlwatch.check-store/1 store check
document mlwatch.version/1 version
document mlwatch.errors/1 check config "$tmp/m.yml"
document mlwatch.errors/1 check config "$tmp/none.yml"
document mlwatch.errors/1 query 'nosuch('
document mlwatch.errors/1 query
document mlwatch.errors/1 alerts show
[ -s "$tmp/err" ] && fail "errors on stderr too, under --json"
"$m" query up --step 5 --json | python3 -c 'import json,sys; assert "duration" in json.load(sys.stdin)["errors"][0]["message"]' ||
	fail 'a flag that is wrong, under --json'

# Lists: a row each. The figures are those of the three lines above.
"$m" query ml_predictions_total $at -o csv >"$tmp/q.csv"
"$m" query ml_predictions_total $at -o jsonl >"$tmp/q.jsonl"
"$m" query range ml_predictions_total --start 2026-03-01T00:01:00Z --end 2026-03-01T00:02:00Z --step 30s -o csv >"$tmp/r.csv"
"$m" query range ml_predictions_total --start 2026-03-01T00:01:00Z --end 2026-03-01T00:02:00Z --step 30s -o jsonl >"$tmp/r.jsonl"
"$m" query labels model -o csv >"$tmp/l.csv"
"$m" query series ml_predictions_total -o jsonl >"$tmp/s.jsonl"
"$m" events -o csv >"$tmp/events.csv"
"$m" events -o jsonl >"$tmp/events.jsonl"
"$m" silence -o csv >"$tmp/silence.csv"
"$m" silence -o jsonl >"$tmp/silence.jsonl"
python3 - "$tmp" <<'END' || fail 'lists'
import csv, json, sys
d = sys.argv[1] + "/"
rows = lambda f: list(csv.DictReader(open(d + f, newline="")))
lines = lambda f: [json.loads(l) for l in open(d + f)]
new = 'fraud, "new"'
q = rows("q.csv")
assert sorted(r["value"] for r in q) == ["1", "2"], q
assert {r["time"] for r in q} == {"2026-03-01T00:01:00.000Z"}, q
assert {l["metric"]["model"]: l["value"][1] for l in lines("q.jsonl")} == {"iris": "1", new: "2"}
assert len(rows("r.csv")) == 6 and [len(l["values"]) for l in lines("r.jsonl")] == [3, 3]
assert sorted(r["model"] for r in rows("l.csv")) == sorted([new, "iris"])
assert {l["model"] for l in lines("s.jsonl")} == {new, "iris"}
(row,), (line,) = rows("silence.csv"), lines("silence.jsonl")
assert row["comment"] == line["comment"] == "one, two"
assert [e["text"] for e in rows("events.csv")] == [e["text"] for e in lines("events.jsonl")] != []
assert row["id"] == line["id"] and row["ends"] == line["ends"]
END

# What a command does not write is refused, not ignored.
refused() {
	"$m" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	code=$?
	[ $code -eq 2 ] || fail "mlwatch $*: exit $code, not 2"
}
refused status -o csv
refused store info -o csv
refused store export -o json
refused silence add a=b -c x -o csv
refused version -o jsonl
refused query up -o yaml
exit $status
