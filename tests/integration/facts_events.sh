#!/bin/sh
# waits: it mostly sleeps
# The timeline that the running agent writes: start and stop, references, reloads with the files that changed, versions, features off their
# reference, alerts with value and limit, traffic against a day ago. Each once.
. tests/integration/agent.inc

log=$dir/log.jsonl
# 404 rows: amount 50..150 (mean 100), three merchants
awk 'BEGIN { print "amount,merchant"; for (i = 0; i < 404; i++) print 50 + i % 101 "," (i % 3 == 0 ? "food" : i % 3 == 1 ? "books" : "travel") }' >"$dir/train.csv"
"$bin" baseline "$dir/train.csv" --model fraud --model-version 3.2.0 -o "$dir/fraud.json" >/dev/null || fail "no reference"
cat >"$dir/rules.yml" <<R
groups:
  - name: g
    interval: 1s
    rules:
      - record: model:p95 # whose name says nothing of its unit
        expr: histogram_quantile(0.95, sum by (model) (rate(ml_latency_seconds[1m])))
      - alert: LatencyHigh
        expr: model:p95 > 0.2
        labels: {severity: critical}
R
write_config <<C
rule_files: [rules.yml]
references: [{model: fraud, version: 3.2.0, file: fraud.json}]
C
sed -i 's/store.db}/store.db, commit_interval: 200ms}/' "$dir/mlwatch.yml"
# lines N VERSION FACTOR MERCHANT LATENCY_MS [SECONDS_AGO PER_SECOND]
lines() {
	awk -v n="$1" -v v="$2" -v f="$3" -v m="$4" -v l="$5" -v t=$(($(date +%s) - ${6:-0})) -v r="${7:-1000}" 'BEGIN {
		for (i = 0; i < n; i++)
			printf "{\"ts\":%.3f,\"model\":\"fraud\",\"version\":\"%s\",\"latency_ms\":%s,\"status\":200,\"prediction\":\"a\",\"score\":0.5,\"features\":{\"amount\":%g,\"merchant\":\"%s\"}}\n",
				t + i / r, v, l, (50 + i % 101) * f, (m == "" || i % 2 ? "food" : m i % 14) }' >>"$log"
}
once() { [ "$(events | grep -cF -- "$1")" -eq 1 ] || { events >&2; fail "'$1' is told $(events | grep -cF -- "$1") times"; }; }

# a day ago: 3,600 in the hour; now 300 in ten minutes instead of 600
lines 3600 3.2.0 1 "" 5 $((86400 + 1800)) 1
lines 300 3.2.0 1 "" 5 560 0.56
start_agent
wait_count 3900 20
today=$(date -u +%F)
wait_event 'agent started' 3
wait_event "reference fraud-3.2.0 of $today loaded, 2 features" 3
wait_event 'first seen, version 3.2.0' 3
wait_event 'against the same hour yesterday' 30
events | grep -qE 'traffic -(4[5-9]|5[0-5]) % against' || fail "half of the traffic"
events | grep 'traffic' | grep -q '▲' || fail "less traffic is no warning"
# The agent is away while as much again is written: what was told is known, so that it is over is news.
stop_agent KILL
lines 300 3.2.0 1 "" 5 560 0.56
start_agent
wait_event 'traffic is back: ' 30

# a new version beside the old one sends cents instead of euros, and merchants that nobody knows
lines 300 3.3.0 1 "" 5
wait_event 'version 3.3.0 first seen, beside 3.2.0' 5
for i in 1 2 3 4 5 6 7 8; do
	lines 200 3.2.0 100 m_ 5
	sleep 1
done
wait_event 'amount: mean 100 → ' 60
events | grep -q 'amount: mean 100 → [0-9]* (×100: a unit change?), 100 % above the reference maximum' || {
	events >&2
	fail "the words of a changed unit"
}
events | grep -q 'merchant: 7 new categories, 50 % of rows, first m_0' || {
	events >&2
	fail "the words of new categories"
}

# an alert: pending is left out, it has no `for`; its peak and that it is over
lines 2000 3.2.0 1 "" 450
wait_event 'LatencyHigh firing: ' 10
events --kind alert | grep -q 'LatencyHigh firing: [0-9]* ms > 200 ms' || fail "value and limit of an alert"
wait_status "[(a['text'].split(' ', 1)[1], round(a['peak'], 2), 0.449 < a['value'] < 0.452) for a in d['alerts']]" "[('ms > 200 ms', 0.45, True)]" 10

# reloads
echo '# a comment' >>"$dir/rules.yml"
kill -HUP "$agent"
wait_event 'configuration reloaded: rules.yml changed, 2 rules' 5
kill -HUP "$agent"
wait_event 'configuration reloaded: nothing changed, 2 rules' 5
cp "$dir/rules.yml" "$dir/good.yml"
echo 'groups: [{name: g, rulez: []}]' >"$dir/rules.yml"
kill -HUP "$agent"
wait_event "configuration refused: rules.yml:1:20: unknown key 'rulez' in a rule group, did you mean 'rules'?" 5
{ cat "$dir/good.yml"; echo "      - {record: a, expr: '1'}"; } >"$dir/rules.yml"
sed -i 's/"created": "[^"]*"/"created": "2030-01-01"/; s/"created":"[^"]*"/"created":"2030-01-01"/' "$dir/fraud.json"
kill -HUP "$agent"
wait_event "reference fraud-3.2.0 changed: of 2030-01-01, it was of $today, 2 features" 5
wait_event 'configuration reloaded: rules.yml, fraud.json changed, 3 rules' 5

# Stopped and started: nothing of this again, but that it is so.
stop_agent TERM
wait_event 'agent stopped' 1
before=$(events | wc -l)
start_agent
sleep 13
for text in 'traffic -' 'traffic is back' 'first seen, version 3.2.0' 'version 3.3.0 first seen' 'amount: mean' 'merchant: ' 'LatencyHigh firing' \
	'fraud-3.2.0 of' 'fraud-3.2.0 changed'; do
	once "$text"
done
[ "$(events | wc -l)" -le $((before + 2)) ] || { events >&2; fail "a restart tells the same again"; }
stop_agent TERM
