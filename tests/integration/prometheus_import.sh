#!/bin/sh
# prometheus_import.sh -- the same OpenMetrics file in a Prometheus and in a store gives the same answers to the same queries. Where there is no
# prometheus and promtool this says so and passes: they are Debian's package prometheus, which the project itself does not need.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/agent.inc
for program in prometheus promtool; do
	command -v $program >/dev/null 2>&1 || { echo "skipped: no $program here (apt-get install prometheus)"; exit 0; }
done

# Two hours of counters that start again, gauges that go silent, odd values, a histogram; irregular times.
awk 'BEGIN {
	srand(11)
	start = 1767225600
	print "# TYPE requests counter"
	for (c = 0; c < 3; c++) {
		v = 0
		for (t = start; t < start + 7200; t += 15) {
			v += int(rand() * 20)
			if (rand() < 0.01) v = 0
			if (c == 2 && t > start + 2000 && t < start + 3000) continue
			printf "requests_total{code=\"%d\",job=\"web\"} %d %d.%03d\n", 200 + c * 100, v, t, (t * 37 + c) % 900
		}
	}
	print "# TYPE temperature gauge"
	for (c = 0; c < 4; c++)
		for (t = start; t < start + 7200; t += 30 + c * 7)
			if (rand() > 0.1) printf "temperature{place=\"p%d\"} %s %d.%03d\n", c,
				rand() < 0.01 ? "NaN" : rand() < 0.01 ? "+Inf" : sprintf("%.6f", 20 + c + 5 * sin(t / 300)), t, (t * 13) % 1000
	print "# TYPE latency histogram"
	n = split("0.1 0.5 1 +Inf", le, " ")
	for (i = 1; i <= n; i++) {
		v = 0
		for (t = start; t < start + 7200; t += 15) { v += i + (t / 15) % 3; printf "latency_bucket{le=\"%s\"} %d %d.250\n", le[i], v, t }
	}
	print "# EOF"
}' >"$dir/in.om"

promtool tsdb create-blocks-from openmetrics "$dir/in.om" "$dir/tsdb" >"$dir/promtool.log" 2>&1 || { cat "$dir/promtool.log" >&2; fail "promtool refuses the file"; }
db=$dir/m.db
"$bin" store import "$dir/in.om" --store "$db" 2>"$dir/import.log" || { cat "$dir/import.log" >&2; fail "import"; }

printf 'global: {scrape_interval: 1h}\n' >"$dir/prometheus.yml"
port=$((12000 + $$ % 20000))
prometheus --config.file="$dir/prometheus.yml" --storage.tsdb.path="$dir/tsdb" --storage.tsdb.retention.time=100y \
	--web.listen-address="127.0.0.1:$port" >"$dir/prometheus.log" 2>&1 &
pids="$pids $!"
url=http://127.0.0.1:$port
i=0
while ! "$bin" query 'vector(1)' --url "$url" >/dev/null 2>&1; do
	i=$((i + 1))
	[ $i -lt 100 ] || { tail -n 5 "$dir/prometheus.log" >&2; fail "prometheus does not start"; }
	sleep 0.1
done

# "labels time value" lines, sorted
flat() {
	awk '/ =>$/ { series = $0; sub(/ =>$/, "", series); next }
		/ => / { series = $0; sub(/ => .*/, "", series); sub(/.* => /, "") }
		{ t = $NF; $NF = ""; print series, t, $0 }' "$1" | sort
}
compare() { # NAME
	flat "$dir/theirs" >"$dir/a"
	flat "$dir/ours" >"$dir/b"
	[ -s "$dir/a" ] || fail "$1: no result to compare with"
	paste -d '\n' "$dir/a" "$dir/b" | awk '
		NR % 2 == 1 { n = NF; want = $n; $n = ""; key = $0; next }
		{ m = NF; got = $m; $m = ""; if ($0 != key) { print "series or time: " $0 " instead of " key; exit 1 }
		  if (got == want) next
		  if (got !~ /^[-+0-9.e]+$/ || want !~ /^[-+0-9.e]+$/) { print key " " got " instead of " want; exit 1 }
		  d = got - want; if (d < 0) d = -d; w = want < 0 ? -want : want
		  if (d > 1e-11 * (w > 1e-9 ? w : 1e-9)) { print key " " got " instead of " want; exit 1 } }' >&2 || fail "$1"
}
count=0
# Times between samples: whether the left edge belongs to a range is not the same in all versions of Prometheus.
while read -r query; do
	[ -n "$query" ] || continue
	for span in "1767225607.777 1767232900.777 71s" "1767226000.777 1767227000.777 13s"; do
		set -- $span
		"$bin" query range "$query" --start "$1" --end "$2" --step "$3" --url "$url" >"$dir/theirs" 2>"$dir/err" || { cat "$dir/err" >&2; fail "prometheus: $query"; }
		"$bin" query range "$query" --start "$1" --end "$2" --step "$3" --store "$db" >"$dir/ours" 2>"$dir/err" || { cat "$dir/err" >&2; fail "mlwatch: $query"; }
		compare "$query"
		count=$((count + 1))
	done
	"$bin" query "$query" --time 1767230000.777 --url "$url" >"$dir/theirs" 2>&1
	"$bin" query "$query" --time 1767230000.777 --store "$db" >"$dir/ours" 2>&1
	compare "$query (instant)"
	count=$((count + 1))
done <<'QUERIES'
requests_total
rate(requests_total[1m])
increase(requests_total[5m])
irate(requests_total[2m])
resets(requests_total[1h])
changes(temperature[10m])
sum by (job) (rate(requests_total[3m]))
sum without (code) (increase(requests_total[10m] offset 7m))
temperature
temperature{place=~"p[12]"}
avg_over_time(temperature[5m])
min_over_time(temperature[7m])
max_over_time(temperature[7m])
count_over_time(temperature[9m])
stddev_over_time(temperature{place="p3"}[9m])
quantile_over_time(0.9, temperature[9m])
last_over_time(temperature[2m])
delta(temperature[5m])
deriv(temperature[5m])
predict_linear(temperature[5m], 600)
histogram_quantile(0.9, sum by (le) (rate(latency_bucket[5m])))
topk(2, rate(requests_total[5m]))
rate(requests_total{code="200"}[5m]) / on () group_left () sum(rate(requests_total[5m]))
max_over_time(rate(requests_total[1m1s777ms])[10m:30s])
absent_over_time(requests_total{code="404"}[5m])
temperature > 15 and temperature < 24
QUERIES
[ "$count" -ge 75 ] || fail "only $count questions were asked"
echo "$count questions, the same answers"
exit 0
