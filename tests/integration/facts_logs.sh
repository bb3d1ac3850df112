#!/bin/sh
# waits: it mostly sleeps
# What the running agent tells of a log: bad lines by reason with an example, bursts of them, rotation, truncation, rates; before and
# after kill -9, a reload and a restart.
. tests/integration/agent.inc

log=$dir/log.jsonl
write_config </dev/null
sed -i 's/store.db}/store.db, commit_interval: 200ms}/' "$dir/mlwatch.yml"
good() { # N VERSION
	awk -v n="$1" -v v="${2:-1}" -v t="$(date +%s)" 'BEGIN { for (i = 0; i < n; i++)
		printf "{\"ts\":%d,\"model\":\"fraud\",\"version\":\"%s\",\"latency_ms\":5,\"status\":200,\"prediction\":\"a\",\"score\":0.5,\"features\":{\"x\":1}}\n", t, v }' >>"$log"
}
reason() { echo "[r['$2'] for l in d['logs'] for r in l['bad_lines_by_reason'] if r['reason'] == '$1'][0]"; }
example() { echo "[r['example']['$2'] for l in d['logs'] for r in l['bad_lines_by_reason'] if r['reason'] == '$1'][0]"; }

start_agent
good 100
wait_count 100 10
wait_event 'log appeared: log.jsonl, ' 5
at=$(stat -c %s "$log")
now=$(date +%s)
{
	for i in 1 2 3 4 5 6 7; do
		printf '{"ts":%s,"request_id":"9f2%d","status":200}\n' "$now" $i
	done
	printf '{"ts":%s,"model":"fra\n' "$now"
	printf '{"ts":%s,"model":"fraud"}\n' $((now + 3 * 3600))
	head -c 70000 /dev/zero | tr '\0' x
	echo
} >"$dir/bad"
cat "$dir/bad" >>"$log" # at once, however busy the machine is
good 5
wait_count 105 10
wait_status "$(reason 'field missing: model' lines)" 7 8
wait_status "$(example 'field missing: model' byte)" "$at" 1
wait_status "$(example 'field missing: model' column)" 1 1
wait_status "$(example 'field missing: model' path)" "$log" 1
wait_status "$(example 'field missing: model' line)" "{\"ts\":$now,\"request_id\":\"9f21\",\"status\":200}" 1
wait_status "$(example 'field missing: model' what)" 'no field "model"; prediction_logs[0].fields.model says model' 1
wait_status "$(example 'field missing: model' hint)" 'add  model: {value: fraud}  for a constant' 1
wait_status "$(reason 'not JSON: unexpected end of line' lines)" 1 1
wait_status "$(reason 'timestamp in the future by 3h' kind)" future 1
wait_status "$(reason 'too long' lines)" 1 1
wait_status "[d['logs'][0][k] for k in ('bad_lines_1h', 'lines_1h')]" '[10, 115]' 1
wait_status "[f['bad_lines_1h'] for f in d['files']]" '[10]' 1
wait_status "[d['logs'][0]['limits'][k] for k in ('line_bytes', 'future', 'series')]" '[65536, 600.0, 20000]' 1
wait_event '10 bad lines in <1s, 7 of them: field missing: model' 20

# What is told survives: a reload, and the agent's sudden end.
kill -HUP "$agent"
wait_event 'configuration reloaded: nothing changed' 5
wait_status "$(reason 'field missing: model' lines)" 7 3
stop_agent KILL
start_agent
printf '{"ts":%s,"request_id":"later"}\n' "$now" >>"$log"
wait_status "$(reason 'field missing: model' lines)" 8 10
wait_status "$(example 'field missing: model' byte)" "$at" 1
wait_status "d['logs'][0]['bad_lines_1h']" 11 3

# A rotation is one event; the old file is told as rotated, with what was in it.
mv "$log" "$dir/old.1"
good 50
wait_event 'log rotated: log.jsonl, nothing lost' 5
wait_count 155 10
wait_status "sorted((f['path'].split('/')[-1], f['rotated'], f['bad_lines_1h']) for f in d['files'])" \
	"[('log.jsonl', False, 0), ('old.1', True, 11)]" 15
[ "$(events | grep -c 'log rotated')" -eq 1 ] || fail "a rotation is more than one event"
[ "$(events | grep -c 'log appeared')" -eq 1 ] || fail "a rotated log appears anew"
# copytruncate, and then it is gone
: >"$log"
wait_event 'log truncated: log.jsonl, read from its start' 5
good 10
wait_count 165 10
rm "$log"
wait_event 'log gone: log.jsonl, deleted and read to its end' 5
good 100
# 40 lines a second for 12 s
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	good 40
	sleep 1
done
wait_status "[20 < f['lines_per_second'] < 50 for f in d['files'] if f['path'].endswith('log.jsonl')]" '[True]' 3
wait_status "[f['lag'] for f in d['files'] if f['path'].endswith('log.jsonl')]" '[0.0]' 5
wait_status "[(m['lag_bytes'], [v['version'] for v in m['versions_1h']], m['logs'][0].split('/')[-1]) for m in d['models']]" \
	"[(0, ['1'], 'log*.jsonl')]" 5
stop_agent TERM
# The end is no reason to keep back a burst.
start_agent
wait_status "d['agent']['state'], d['agent']['pid']" "running $agent" 5
printf '{"ts":%s,"model":"fraud","latency_ms":"slow"}\n' "$now" >>"$log"
wait_status "$(reason 'wrong type: latency_ms' lines)" 1 5
stop_agent TERM
wait_event '1 bad line: wrong type: latency_ms' 1
