#!/bin/sh
# top_snapshots.sh -- every view of the dashboard as text, at every size and glyph level: as it was read and found good (tests/data/ui), no row
# too wide, no cell outside its pane, ASCII where ASCII was asked for, nothing harmful from outside, and the figures of `mlwatch query`.
#
# demo-*.txt are of the demo, replayed (tests/tools/demo_store.sh); night-*.txt of a store made by hand, for what the demo has not: targets, silences,
# several models, receivers that fail. UPDATE=1 writes them anew, to be read before they are committed.
set -u
cd "$(dirname "$0")/../.." || exit 1
fast=${MLWATCH:-build/mlwatch}
checked=${MLWATCH:-build/san/mlwatch}
[ -x "$checked" ] || checked=$fast
for program in build/tests/make_store build/tests/catcher build/demo/history "$fast"; do
	[ -x $program ] || { echo "$program is missing"; exit 1; }
done
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
export TZ=UTC SUDO_USER=ana
unset NO_COLOR
failed=0

fail()
{
	echo "$*"
	failed=1
}

# ---- pictures ----

# One process draws all views of a size: "1" to "9" go there, Enter opens an alert and a feature, S the form of a silence, ? is help.
views="overview alerts models drift targets logs notify events query alert feature silence help"
{
	echo ':snapshot overview'
	n=1
	for view in alerts models drift targets logs notify events; do
		n=$((n + 1))
		printf '%s\n:snapshot %s\n' $n $view
	done
	cat <<'KEYS'
9rate(ml_predictions_total[5m])<Enter>
:snapshot query
1<Enter>
:snapshot alert
<Esc>4<Enter>
:snapshot feature
<Esc>2S
:snapshot silence
<Esc>1?
:snapshot help
KEYS
} >"$tmp/walk"

# walk PROGRAM STORE TIME SIZE GLYPHS [OPTION...]: the pictures into $tmp/out
walk()
{
	program=$1 store=$2 time=$3 size=$4 glyphs=$5
	shift 5
	"$program" top --store "$store" --snapshot overview --size "$size" --at "$time" --glyphs "$glyphs" --keys "$tmp/walk" "$@" \
		>"$tmp/out" 2>"$tmp/err" || fail "exit $? at $size $glyphs: $(head -c 2000 "$tmp/err")"
	[ ! -s "$tmp/err" ] || fail "on stderr at $size $glyphs: $(head -c 2000 "$tmp/err")"
}

# measure SIZE GLYPHS WHAT: does $tmp/out hold to its size, its panes and its glyphs? All are looked at in the end.
measure()
{
	cp "$tmp/out" "$tmp/pictures/$3-$1-$2"
}
mkdir "$tmp/pictures"

# golden NAME HEIGHT: $tmp/out, under a heading for each view, is what stands in tests/data/ui
golden()
{
	awk -v h="$2" -v views="$views" 'BEGIN { split(views, v, " ") } (NR - 1) % h == 0 { print "==== " v[int(NR / h) + 1] } { print }' \
		"$tmp/out" >"$tmp/picture"
	[ "${UPDATE:-}" != 1 ] || cp "$tmp/picture" "tests/data/ui/$1.txt"
	diff -u "tests/data/ui/$1.txt" "$tmp/picture" >"$tmp/diff" || fail "another picture than tests/data/ui/$1.txt: $(head -40 "$tmp/diff")"
}

mkdir "$tmp/demo"
MLWATCH=$fast sh tests/tools/demo_store.sh "$tmp/demo" >"$tmp/time" & # takes some seconds, meanwhile:
replay=$!
[ "${UPDATE:-}" != 1 ] || rm -f tests/data/ui/*.txt

# ---- by hand ----

night=$tmp/m.db
at=2026-11-20T03:14:22Z
build/tests/make_store "$night" || exit 1
build/tests/make_store "$tmp/hostile.db" hostile || exit 1
for size in 120x36 80x24; do
	walk "$fast" "$night" $at $size braille
	measure $size braille night
	golden night-$size-braille ${size#*x}
done
walk "$checked" "$tmp/hostile.db" $at 120x36 braille
measure 120x36 braille hostile
walk "$checked" "$tmp/hostile.db" $at 80x24 ascii
measure 80x24 ascii hostile

# ---- the demo ----

wait $replay || { echo "the demo was not replayed"; exit 1; }
demo=$tmp/demo/demo.db
then=$(cat "$tmp/time")
for size in 200x60 120x36 80x24 60x16 40x10 20x3; do
	for glyphs in braille ascii; do
		walk "$fast" "$demo" "$then" $size $glyphs
		measure $size $glyphs demo
		golden demo-$size-$glyphs ${size#*x}
	done
done
walk "$fast" "$demo" "$then" 120x36 block
measure 120x36 block demo
golden demo-120x36-block 36
# Attributes are by meaning; what they become in 256 colours and in mono is the theme's business and changes no cell.
walk "$fast" "$demo" "$then" 80x24 braille --attrs --color always
golden demo-80x24-attrs 24
cp "$tmp/out" "$tmp/256"
NO_COLOR=1 walk "$fast" "$demo" "$then" 80x24 braille --attrs
cmp -s "$tmp/256" "$tmp/out" || fail "another picture without colours"

/usr/bin/python3 tests/tools/check_pictures.py "$tmp/pictures" $views >"$tmp/wrong" || fail "$(head -40 "$tmp/wrong")"

# Single views by name, all of them, answer with the same picture as the walk.
for view in overview alerts models drift targets logs notify events; do
	"$fast" top --store "$demo" --snapshot $view --size 80x24 --at "$then" >"$tmp/one" 2>&1 || fail "--snapshot $view: exit $?"
	awk -v view="==== $view" '/^==== / { on = $0 == view; next } on' tests/data/ui/demo-80x24-braille.txt | diff - "$tmp/one" >"$tmp/diff" ||
		fail "--snapshot $view is not the picture of the walk: $(head -20 "$tmp/diff")"
done
for view in query alert feature help; do
	"$fast" top --store "$demo" --snapshot $view --size 80x24 --at "$then" >"$tmp/one" 2>&1 || fail "--snapshot $view: exit $?"
	[ "$(wc -l <"$tmp/one")" -eq 24 ] || fail "--snapshot $view: $(wc -l <"$tmp/one") rows"
done

# ---- the figures of the Models view against `mlwatch query` for the same expression and time ----

"$fast" top --store "$night" --snapshot models --size 120x36 --at $at >"$tmp/models"
same()
{ # LABEL COLUMN SCALE FORMAT EXPR
	want=$("$fast" query --store "$night" --time $at --json "$5" |
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
