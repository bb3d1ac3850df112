#!/bin/sh
# store_command.sh -- mlwatch store: what goes in as OpenMetrics comes out the same (and promtool takes it where there is one), copies are whole, damage
# is found, a running agent's store is left alone, exit codes are those of the manual.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/agent.inc

db=$dir/m.db
store() { "$bin" store "$@" --store "$db"; }
expect() { # CODE COMMAND...
	want=$1
	shift
	"$@" >"$dir/out" 2>"$dir/err"
	got=$?
	[ "$got" = "$want" ] || { cat "$dir/err" >&2; fail "exit $got instead of $want: $*"; }
}

# 30 hours of a counter and a gauge, odd labels, odd numbers, an hour of ms times
awk 'BEGIN {
	print "# TYPE requests counter"
	for (c = 0; c < 2; c++)
		for (i = 0; i < 1000; i++) printf "requests_total{code=\"%d00\"} %d %d.000\n", c * 3 + 2, i * (c + 1), 1700000000 + i * 108
	print "# TYPE temperature gauge"
	for (i = 0; i < 1000; i++) printf "temperature{place=\"a\\\"b\\\\c\\nd\"} %.10f %d.%03d\n", i * i / 7 - 1000, 1700000000 + i * 3, i
	print "temperature{place=\"odd\"} NaN 1700000000.000"
	print "temperature{place=\"odd\"} +Inf 1700000001.000"
	print "temperature{place=\"odd\"} -Inf 1700000002.000"
	print "temperature{place=\"odd\"} 1e-300 1700000003.000"
	print "# EOF"
}' >"$dir/in.om"
# what the file says, as series, number and time, whatever the digits
normal() {
	grep -v '^#' "$1" | awk '{ n = NF; v = $(n - 1); t = $n; $n = ""; $(n - 1) = ""; s = $0
		printf "%s %s %.3f\n", s, (v == v + 0 && v !~ /[Nn]/) ? sprintf("%.9g", v) : v, t }' | sort
}

expect 4 store info
expect 0 store import "$dir/in.om"
grep -q '3004 samples of 4 series' "$dir/err" || fail "import said: $(cat "$dir/err")"
expect 0 store export
cp "$dir/out" "$dir/out.om"
tail -n 1 "$dir/out.om" | grep -qx '# EOF' || fail "an export ends in # EOF"
normal "$dir/in.om" >"$dir/a"
normal "$dir/out.om" >"$dir/b"
cmp -s "$dir/a" "$dir/b" || { diff "$dir/a" "$dir/b" | head -5 >&2; fail "what came out is not what went in"; }
expect 0 store import "$dir/in.om" # again: nothing new
expect 0 store export
cmp -s "$dir/out" "$dir/out.om" || fail "importing a file twice changed something"
expect 0 store export --match 'requests_total{code="200"}' --start 1700000000 --end 1700001080 -o csv
[ "$(wc -l <"$dir/out")" = 12 ] || fail "csv of eleven samples has $(wc -l <"$dir/out") lines"
sed -n 2p "$dir/out" | grep -qx '"requests_total{code=""200""}",2023-11-14T22:13:20.000Z,0' || fail "csv: $(sed -n 2p "$dir/out")"
if command -v promtool >/dev/null 2>&1; then
	promtool tsdb create-blocks-from openmetrics "$dir/out.om" "$dir/tsdb" >"$dir/promtool" 2>&1 ||
		{ tail -n 3 "$dir/promtool" >&2; fail "promtool does not take the export"; }
fi

printf 'x 1\n# EOF\n' >"$dir/timeless.om"
expect 3 store import "$dir/timeless.om"
printf 'x 1 1\ny{ 2\n# EOF\n' >"$dir/bad.om"
expect 3 store import "$dir/bad.om"
grep -q 'bad.om:2:' "$dir/err" || fail "no position: $(cat "$dir/err")"
expect 4 store import "$dir/nowhere.om"

expect 0 store info --json
grep -q '"schema": "mlwatch.store/1"' "$dir/out" && grep -q '"sample_series": 4' "$dir/out" || fail "info: $(cat "$dir/out")"
expect 0 store check
expect 0 "$bin" check store "$db"
expect 1 "$bin" check store "$dir/in.om"
expect 0 store backup "$dir/copy.db"
expect 0 "$bin" store export --store "$dir/copy.db"
cmp -s "$dir/out" "$dir/out.om" || fail "the copy differs"
expect 0 store vacuum
expect 0 store export
cmp -s "$dir/out" "$dir/out.om" || fail "vacuum changed something"
expect 2 store
expect 2 store backup
expect 2 store burn

# pages of nothing in the middle of the copy
dd if=/dev/zero of="$dir/copy.db" bs=4096 seek=8 count=6 conv=notrunc 2>/dev/null
"$bin" store check --store "$dir/copy.db" >"$dir/out" 2>&1
code=$?
[ "$code" = 1 ] || [ "$code" = 3 ] || fail "a damaged file passes: exit $code, $(cat "$dir/out")"
printf 'not a store\n' >"$dir/text"
expect 3 "$bin" store info --store "$dir/text"
[ "$(cat "$dir/text")" = "not a store" ] || fail "somebody's file was written to"

# beside a running agent: looking is fine, vacuum and import are not
echo >"$dir/rest"
write_config <"$dir/rest"
start_agent
i=0
while ! "$bin" store info --store "$dir/store.db" >/dev/null 2>&1; do
	i=$((i + 1))
	[ $i -lt 100 ] || fail "the agent does not start"
	sleep 0.1
done
expect 0 "$bin" store info --store "$dir/store.db"
grep -q "agent running, pid $agent" "$dir/out" || fail "info does not see the agent: $(cat "$dir/out")"
expect 0 "$bin" store backup "$dir/live.db" --store "$dir/store.db"
expect 0 "$bin" store check --store "$dir/live.db"
expect 4 "$bin" store vacuum --store "$dir/store.db"
grep -q "pid $agent" "$dir/err" || fail "vacuum: $(cat "$dir/err")"
expect 4 "$bin" store import "$dir/in.om" --store "$dir/store.db"
stop_agent
expect 0 "$bin" store vacuum --store "$dir/store.db"
exit 0
