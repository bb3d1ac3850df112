#!/bin/sh
# top_snapshots.sh -- every view of the dashboard as text: its size to the column, ASCII where ASCII was asked for, nothing harmful
# from outside, the views as they were read and found good (tests/data/ui), and the figures of `mlwatch query`.
#
# UPDATE=1 writes tests/data/ui anew, to be read before it is committed.
set -u
cd "$(dirname "$0")/../.." || exit 1
mlwatch=${MLWATCH:-build/san/mlwatch}
[ -x "$mlwatch" ] || mlwatch=build/mlwatch
[ -x build/tests/make_store ] || { echo "build/tests/make_store is missing"; exit 1; }
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
at=2026-11-20T03:14:22Z
views="overview alerts models drift targets logs notify events query alert feature help"
failed=0

fail()
{
	echo "$*"
	failed=1
}

build/tests/make_store "$tmp/m.db" || exit 1
build/tests/make_store "$tmp/hostile.db" hostile || exit 1

# One process draws all views of a size: "1" to "9" go there, Enter opens an alert and a feature, ? is help.
cat >"$tmp/walk" <<'KEYS'
:snapshot overview
2
:snapshot alerts
3
:snapshot models
4
:snapshot drift
5
:snapshot targets
6
:snapshot logs
7
:snapshot notify
8
:snapshot events
9rate(ml_predictions_total[5m])<Enter>
:snapshot query
1<Enter>
:snapshot alert
<Esc>4<Enter>
:snapshot feature
?
:snapshot help
KEYS

# walk STORE SIZE GLYPHS: twelve pictures in $tmp/out
walk()
{
	"$mlwatch" top --store "$1" --snapshot overview --size "$2" --at $at --glyphs "$3" --keys "$tmp/walk" >"$tmp/out" 2>"$tmp/err" ||
		fail "exit $? at $2 $3: $(head -c 2000 "$tmp/err")"
	[ ! -s "$tmp/err" ] || fail "on stderr at $2 $3: $(head -c 2000 "$tmp/err")"
}

# measure WIDTH HEIGHT GLYPHS WHAT
measure()
{
	/usr/bin/python3 - "$1" "$2" "$3" "$tmp/out" <<'PY' || fail "($4, $1x$2 $3)"
import sys, unicodedata
w, h, glyphs, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
data = open(path, "rb").read()
bad = 0
def say(t):
    global bad
    bad = 1
    print(t)
lines = data.decode("utf-8").split("\n")[:-1]
if len(lines) != 12 * h: say("%d rows, expected %d" % (len(lines), 12 * h))
for i, l in enumerate(lines):
    n = 0
    for c in l:
        cat = unicodedata.category(c)
        if cat in ("Cc", "Cf", "Zl", "Zp") or unicodedata.bidirectional(c) in ("RLE", "RLO", "LRO", "LRE", "PDF", "RLI", "LRI", "PDI"):
            say("view %d row %d: U+%04X reached the screen" % (i // h, i % h, ord(c)))
        n += 0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in ("W", "F") else 1
    if n > w: say("view %d row %d: %d columns" % (i // h, i % h, n))
if glyphs == "ascii" and any(b >= 0x80 for b in data): say("a byte over 0x7f")
sys.exit(bad)
PY
}

for size in 200x60 120x36 80x24 60x16 40x10 20x3; do
	for glyphs in braille ascii; do
		walk "$tmp/m.db" $size $glyphs
		measure ${size%x*} ${size#*x} $glyphs plain
		case $size$glyphs in
		120x36braille | 80x24braille | 80x24ascii | 40x10braille)
			golden=tests/data/ui/walk-$size-$glyphs.txt
			[ "${UPDATE:-}" != 1 ] || cp "$tmp/out" $golden
			diff -u $golden "$tmp/out" >"$tmp/diff" || fail "another picture than $golden: $(head -40 "$tmp/diff")"
			;;
		esac
	done
done
for size in 120x36 80x24; do
	for glyphs in braille ascii; do
		walk "$tmp/hostile.db" $size $glyphs
		measure ${size%x*} ${size#*x} $glyphs hostile
	done
done

# Single views by name, all of them, answer with the same picture as the walk.
for view in $views; do
	build/mlwatch top --store "$tmp/m.db" --snapshot $view --size 80x24 --at $at >"$tmp/one" 2>&1 || fail "--snapshot $view: exit $?"
	[ "$(wc -l <"$tmp/one")" -eq 24 ] || fail "--snapshot $view: $(wc -l <"$tmp/one") rows"
done

# The figures of the Models view against `mlwatch query` for the same expression and time.
"$mlwatch" top --store "$tmp/m.db" --snapshot models --size 120x36 --at $at >"$tmp/models"
same()
{ # LABEL COLUMN SCALE FORMAT EXPR
	want=$("$mlwatch" query --store "$tmp/m.db" --time $at --json "$5" |
		/usr/bin/python3 -c 'import json,sys; v=json.load(sys.stdin); v=v.get("data",v)["result"][0]["value"][1]; print(sys.argv[2] % (float(v)*float(sys.argv[1])))' "$3" "$4") ||
		fail "$1: no answer from query"
	have=$(awk '/ fraud  *3\.2\.0/ { sub(/.*3\.2\.0/, ""); sub(/3 firing/, "firing"); sub(/[-+][0-9]+ %/, "change"); print $'"$2"'; exit }' "$tmp/models")
	[ "$have" = "$want" ] || fail "$1: the screen says '$have', query says '$want'"
}
model='{model="fraud",version="3.2.0"}[5m]'
same req/s 2 1 %.0f "sum(rate(ml_predictions_total$model))"
same err 4 100 %.2f "sum(increase(ml_errors_total$model)) / sum(increase(ml_predictions_total$model))"
same p50 5 1000 %.0f "histogram_quantile(0.50, sum(rate(ml_latency_seconds$model)))"
same p95 6 1000 %.0f "histogram_quantile(0.95, sum(rate(ml_latency_seconds$model)))"
same p99 7 1000 %.0f "histogram_quantile(0.99, sum(rate(ml_latency_seconds$model)))"
exit $failed
