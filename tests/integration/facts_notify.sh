#!/bin/sh
# waits: it mostly sleeps
# What the timeline tells of notifications: one event for a change of a group, none for repeats, and who acknowledged stays in the history.
. tests/integration/agent.inc

"$tools/catcher" --port-file "$dir/port" --out "$dir/got" &
pids="$pids $!"
until_ok 5 test -s "$dir/port" || fail "the catcher does not start"
port=$(cat "$dir/port")
came() { grep -c "\"path\":\"$1\"" "$dir/got"; }
at_least() { [ "$(came "$1")" -ge "$2" ]; }
cat >"$dir/alerts.yml" <<X
route: {receiver: oncall, group_by: [alertname, model], group_wait: 0s, group_interval: 1s, repeat_interval: 2s, routes: [
  {receiver: pager, matchers: ['severity="critical"'], continue: true}, {receiver: oncall}]}
receivers:
- {name: oncall, webhook_configs: [{url: 'http://127.0.0.1:$port/oncall'}]}
- {name: pager, webhook_configs: [{url: 'http://127.0.0.1:$port/pager'}]}
X
cat >"$dir/rules.yml" <<R
groups:
  - name: g
    interval: 1s
    rules:
      - alert: ErrorRateHigh
        expr: sum by (model) (increase(ml_errors_total[10s])) / sum by (model) (increase(ml_predictions_total[10s])) > 0.01
        labels: {severity: critical, team: ds}
R
write_config <<C
global: {external_labels: {host: here}}
rule_files: [rules.yml]
alerting: {config_file: alerts.yml}
C
sed -i 's/store.db}/store.db, commit_interval: 200ms}/' "$dir/mlwatch.yml"
line() { printf '{"ts":%s,"model":"fraud","version":"1","latency_ms":5,"status":%s,"prediction":"a"}\n' "$(date +%s.%3N)" "$1" >>"$dir/log.jsonl"; }
bad() { # SECONDS
	n=0
	while [ $n -lt $(($1 * 2)) ]; do
		line 500
		sleep 0.5
		n=$((n + 1))
	done
}
history() { # COLUMN of the newest firing
	python3 -c "import sqlite3; print(sqlite3.connect('file:$dir/store.db?mode=ro', uri=True).execute('select $1 from firing order by fired_ms desc').fetchone()[0])"
}
history_is() { [ "$(history "$1" 2>/dev/null)" = "$2" ]; }

start_agent
line 200
bad 3
wait_event 'ErrorRateHigh firing: ' 5
wait_event 'notified: ErrorRateHigh fraud' 5
bad 6
until_ok 5 at_least /oncall 3 && until_ok 5 at_least /pager 3 || fail "no repeats came, so nothing is shown"
[ "$(events --kind notification | wc -l)" -eq 1 ] || { events >&2; fail "repeats are news"; }
events --kind notification | grep -q '✓' || fail "a message that was sent is good"
until_ok 5 "$bin" alerts ack ErrorRateHigh -c looking --store "$dir/store.db" || fail "cannot acknowledge"
line 500
until_ok 5 sh -c "[ -n \"\$(python3 -c \"import sqlite3; print(sqlite3.connect('file:$dir/store.db?mode=ro', uri=True).execute('select ack_by from firing').fetchone()[0])\")\" ]" ||
	fail "the history does not know who acknowledged"
who=$(history ack_by)
# so much that is good that the share is below the limit at once
awk -v t="$(date +%s.%3N)" 'BEGIN { for (i = 0; i < 5000; i++) printf "{\"ts\":%s,\"model\":\"fraud\",\"version\":\"1\",\"latency_ms\":5,\"status\":200,\"prediction\":\"a\"}\n", t }' >>"$dir/log.jsonl"
wait_event 'notified: ErrorRateHigh fraud resolved' 25
wait_event 'ErrorRateHigh resolved after ' 2
history_is ack_by "$who" || fail "who acknowledged is forgotten with the alert"
[ "$(history peak)" = 1.0 ] || [ "$(history 'peak > 0.5')" = 1 ] || fail "the peak is $(history peak)"
[ "$(history 'peak_ms >= fired_ms and peak_ms <= resolved_ms')" = 1 ] || fail "the peak was not while it fired"
[ "$(history 'value_expr like "%ml_errors_total%"')" = 1 ] || fail "the unit of the peak is not known"
[ "$(events --kind notification | wc -l)" -eq 2 ] || { events >&2; fail "one event for each change"; }
stop_agent TERM
