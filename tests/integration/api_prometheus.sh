#!/bin/sh
# api_prometheus.sh -- the same file in a Prometheus and in mlwatch: the same requests get the same status and the same body. A Prometheus
# scrapes our /metrics, and one sends us its alerts. Left out, with a message, where Debian's package prometheus is not installed.
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/agent.inc
bin=${MLWATCH:-$PWD/build/san/mlwatch}
for program in prometheus promtool; do
	command -v $program >/dev/null 2>&1 || { echo "skipped: no $program here (apt-get install prometheus)"; exit 0; }
done
ours=$((12000 + $$ % 20000)) theirs=$((12001 + $$ % 20000))
start=$(($(date +%s) / 60 * 60 - 7200))
awk -v start=$start 'BEGIN {
	srand(3)
	print "# TYPE requests counter"
	for (c = 0; c < 3; c++) {
		v = 0
		for (t = start; t < start + 3600; t += 15) { v += int(rand() * 20); printf "requests_total{code=\"%d\",job=\"web\"} %d %d\n", 200 + c * 100, v, t }
	}
	print "# TYPE temp gauge"
	for (c = 0; c < 3; c++)
		for (t = start; t < start + 3600; t += 30)
			printf "temp{place=\"p%d\"} %s %d.250\n", c, rand() < 0.05 ? "NaN" : rand() < 0.05 ? "+Inf" : 20 + rand(), t
	print "# EOF"
}' >"$dir/in.om"
promtool tsdb create-blocks-from openmetrics "$dir/in.om" "$dir/tsdb" >"$dir/promtool.log" 2>&1 || fail "promtool: $(cat "$dir/promtool.log")"
"$bin" store import "$dir/in.om" --store "$dir/store.db" >"$dir/import.log" 2>&1 || fail "import: $(cat "$dir/import.log")"
# It looks for Alertmanagers every 5 s, and what fires before is sent again a minute later only.
cat >"$dir/rules.yml" <<EOF2
groups:
  - name: theirs
    interval: 1s
    rules: [{alert: FromPrometheus, expr: 'vector(time()) > $(($(date +%s) + 8))', labels: {severity: page}, annotations: {summary: hello}}]
EOF2
cat >"$dir/prometheus.yml" <<EOF2
global: {scrape_interval: 1h}
rule_files: [$dir/rules.yml]
alerting: {alertmanagers: [{api_version: v2, static_configs: [{targets: ["127.0.0.1:$ours"]}]}]}
scrape_configs: [{job_name: mlwatch, scrape_interval: 1s, static_configs: [{targets: ["127.0.0.1:$ours"]}], metric_relabel_configs: [{target_label: from, replacement: scrape}]}]
EOF2
cat >"$dir/alerts.yml" <<'EOF2'
route: {receiver: nobody}
receivers: [{name: nobody}]
EOF2
write_config <<EOF2
alerting: {config_file: "$dir/alerts.yml"}
http: {listen: "127.0.0.1:$ours"}
EOF2
"$tools/gen_log" --rows 1000 --start $(($(date +%s) - 60))000 --rps 50 --truth "$dir/truth.json" -o "$dir/log.jsonl"
start_agent
prometheus --config.file="$dir/prometheus.yml" --storage.tsdb.path="$dir/tsdb" --storage.tsdb.retention.time=100y \
	--enable-feature=native-histograms --web.listen-address="127.0.0.1:$theirs" >"$dir/prometheus.log" 2>&1 &
pids="$pids $!"
for port in $ours $theirs; do
	i=0
	until "$tools/http_req" -s http://127.0.0.1:$port/-/ready 2>/dev/null | head -n 1 | grep -q 200; do
		i=$((i + 1))
		[ $i -lt 100 ] || fail "port $port does not get ready: $(tail -n 3 "$dir/prometheus.log")"
		sleep 0.1
	done
done

# The order of series in a vector means nothing: elements one per line, sorted.
ask() { # PORT REQUEST -> status and body
	"$tools/http_req" -s ${method:+-X $method} "http://127.0.0.1:$1$2" | sed 's/\\u003c/</g; s/\\u003e/>/g; s/\\u0026/\&/g; s/},{/}\n{/g; s/"result":\[/"result":[\n/; s/"data":\[/"data":[\n/; s/\]}}$/\n]}}/; s/\]}$/\n]}/' | sort
}
count=0 differ=0
while read -r request; do
	[ -n "$request" ] || continue
	request=$(echo "$request" | sed "s/START/$start/g; s/MIDDLE/$((start + 1800)).777/g; s/END/$((start + 3600))/g")
	ask $theirs "$request" >"$dir/a"
	ask $ours "$request" >"$dir/b"
	count=$((count + 1))
	cmp -s "$dir/a" "$dir/b" || {
		differ=$((differ + 1))
		echo "differs: $request" >&2
		diff "$dir/a" "$dir/b" | head -n 6 | cut -c 1-300 >&2
	}
done <<'REQUESTS'
/api/v1/query?query=requests_total&time=MIDDLE
/api/v1/query?query=temp&time=MIDDLE
/api/v1/query?query=rate(requests_total%5B5m%5D)&time=MIDDLE
/api/v1/query?query=requests_total%5B1m%5D&time=MIDDLE
/api/v1/query?query=sum(requests_total)by(job)&time=MIDDLE
/api/v1/query?query=1&time=MIDDLE
/api/v1/query?query=1&time=1.5
/api/v1/query?query=%22text%22&time=2020-01-01T00:00:00.5Z
/api/v1/query?query=1/0&time=1
/api/v1/query?query=0/0&time=1
/api/v1/query?query=-1/0&time=1
/api/v1/query?query=1e21&time=1
/api/v1/query?query=1e20&time=1
/api/v1/query?query=1e-7&time=1
/api/v1/query?query=0.000001&time=1
/api/v1/query?query=123456789.123&time=1
/api/v1/query?query=nothing&time=1
/api/v1/query?query=1&time=abc
/api/v1/query?query=1&time=1&timeout=abc
/api/v1/query?query=1&time=1&stats=
/api/v1/query?query=label_replace(vector(1),%22x%22,%22%3C%26%3E%C3%A9%22,%22%22,%22%22)&time=1
/api/v1/query?query=requests_total%20and%20on(x)%20temp&time=MIDDLE
/api/v1/query?query=requests_total%20*%20on(job)%20requests_total&time=MIDDLE
/api/v1/query_range?query=requests_total&start=START&end=END&step=60
/api/v1/query_range?query=temp&start=START&end=END&step=1m
/api/v1/query_range?query=rate(requests_total%5B5m%5D)&start=MIDDLE&end=END&step=77.7
/api/v1/query_range?query=1&start=1&end=2&step=0.5
/api/v1/query_range?query=1&start=1&end=1&step=1
/api/v1/query_range?query=nothing&start=1&end=2&step=1
/api/v1/query_range?query=1&start=2&end=1&step=1
/api/v1/query_range?query=1&start=0&end=1&step=0
/api/v1/query_range?query=1&start=0&end=1&step=-1
/api/v1/query_range?query=1&start=0&end=1&step=x
/api/v1/query_range?query=1&start=0&end=1
/api/v1/query_range?query=1&start=x&end=1&step=1
/api/v1/query_range?query=1&end=1&step=1
/api/v1/query_range?query=1&start=1&step=1
/api/v1/query_range?query=1&start=0&end=11001&step=1
/api/v1/query_range?query=up%5B5m%5D&start=0&end=1&step=1
/api/v1/query_range?query=%22a%22&start=0&end=1&step=1
/api/v1/series?match%5B%5D=requests_total&start=START&end=END
/api/v1/series?match%5B%5D=%7Bplace=~%22p.%22%7D&match%5B%5D=requests_total&start=START&end=END
/api/v1/series?match%5B%5D=nothing
/api/v1/series
/api/v1/series?match%5B%5D=requests_total&start=x
/api/v1/labels?match%5B%5D=requests_total&start=START&end=END
/api/v1/labels?match%5B%5D=nothing
/api/v1/label/code/values?start=START&end=END
/api/v1/label/nothing/values
/api/v1/label/place/values?match%5B%5D=temp&start=START&end=END
/api/v1/label/__name__/values?match%5B%5D=%7Bplace!=%22%22%7D&start=START&end=END
/api/v1/query_exemplars?query=nothing&start=1&end=2
/api/v1/format_query?query=sum(rate(a%5B5m%5D))by(b)
/api/v1/metadata?metric=nothing
/api/v1/metadata?limit=x
/api/v1/status/nothing
REQUESTS
[ "$differ" -eq 0 ] || fail "$differ of $count requests are answered differently"

# Errors of the language: the same class, status and place; the words of 2.42 are not those of 3.
while read -r query; do
	"$tools/http_req" -s "http://127.0.0.1:$theirs/api/v1/query?time=1&query=$query" | sed 's/"error":.*//' >"$dir/a"
	"$tools/http_req" -s "http://127.0.0.1:$ours/api/v1/query?time=1&query=$query" | sed 's/"error":.*//' >"$dir/b"
	cmp -s "$dir/a" "$dir/b" || { diff "$dir/a" "$dir/b" >&2; fail "the error of $query"; }
	count=$((count + 1))
done <<'QUERIES'
sum(
nofunction(1)
1%2B
rate(up)
up%20or%201
%7B%7D
%22unclosed
QUERIES

# It scrapes us: what it then has is what we have. Native histograms come as such.
i=0
until "$bin" query 'sum(ml_predictions_total{from="scrape"})' --url http://127.0.0.1:$theirs 2>/dev/null | grep -q '=> 1000'; do
	i=$((i + 1))
	[ $i -lt 60 ] || fail "not scraped: $("$tools/http_req" "http://127.0.0.1:$theirs/api/v1/targets" | head -c 1500)"
	sleep 0.2
done
want=$("$bin" query 'histogram_count(sum(ml_latency_seconds))' --url http://127.0.0.1:$ours 2>&1 | sed 's/ @.*//')
got=$("$bin" query 'histogram_count(sum(ml_latency_seconds{from="scrape"}))' --url http://127.0.0.1:$theirs 2>&1 | sed 's/ @.*//')
[ -n "$want" ] && [ "$want" = "$got" ] || fail "native histograms: '$got' scraped of '$want'"
# Its alert reaches us.
i=0
until "$tools/http_req" "http://127.0.0.1:$ours/api/v2/alerts?filter=alertname%3DFromPrometheus" 2>/dev/null | grep -q '"summary":"hello"'; do
	i=$((i + 1))
	[ $i -lt 80 ] || fail "its alert did not come: $(grep -v level=info "$dir/prometheus.log" | tail -n 3) $("$tools/http_req" "http://127.0.0.1:$ours/api/v2/alerts" | head -c 600) $("$tools/http_req" "http://127.0.0.1:$theirs/api/v1/rules" | head -c 700)"
	sleep 0.2
done
stop_agent TERM
grep -q 'ERROR: AddressSanitizer\|LeakSanitizer\|runtime error' "$dir/agent.log" && fail "sanitizer findings"
echo "$count requests, the same answers; scraped; its alert taken in"
exit 0
