#!/bin/sh
# Past logs through the pipeline: exact counts, rules at event time, and the same command twice counts nothing twice.
. tests/integration/agent.inc
cat >"$dir/rules.yml" <<'EOF'
groups:
  - name: g
    interval: 10s
    rules:
      - {alert: Errors, expr: 'sum by (model) (increase(ml_errors_total[1m])) > 10', for: 30s, labels: {severity: critical}}
EOF
write_config <<EOF
rule_files: ["$dir/rules.yml"]
EOF
# One record a second for ten minutes from 2026-01-01T00:00:00Z; seconds 300 to 419 fail.
i=0
while [ $i -lt 600 ]; do
	status=200
	[ $i -lt 300 ] || [ $i -ge 420 ] || status=500
	echo "{\"ts\":$((1767225600 + i)),\"model\":\"m\",\"version\":\"1\",\"latency_ms\":5,\"status\":$status,\"features\":{\"x\":$i}}"
	i=$((i + 1))
done >"$dir/old.jsonl"
echo 'not a record' >>"$dir/old.jsonl"
ask() { "$bin" query --store "$dir/replay.db" -t "$1" "$2" 2>/dev/null; }
"$bin" replay -c "$dir/mlwatch.yml" --store "$dir/replay.db" "$dir/old.jsonl" 2>"$dir/out" || fail "$(cat "$dir/out")"
grep -q 'replayed 601 lines (1 bad' "$dir/out" || fail "$(cat "$dir/out")"
grep -q '1 alerts fired' "$dir/out" || fail "$(cat "$dir/out")"
# Counted by hand: 600 records, 120 failed, values 0 to 599.
[ "$(ask 2026-01-01T00:10:00Z 'sum(increase(ml_predictions_total[1h]))' | sed 's/ @.*//')" = '{} => 600' ] || fail predictions
[ "$(ask 2026-01-01T00:10:00Z 'sum(increase(ml_errors_total[1h]))' | sed 's/ @.*//')" = '{} => 120' ] || fail errors
[ "$(ask 2026-01-01T00:10:00Z 'histogram_sum(sum(increase(ml_feature[1h])))' | sed 's/ @.*//')" = '{} => 179700' ] || fail sum
# Over 10 errors in a minute first at 00:05:20 (20 seconds of errors), firing 30 s later; quiet again a minute after the last one.
ask 2026-01-01T00:05:30Z 'ALERTS{alertstate="pending"}' | grep -q Errors || fail "not pending at 00:05:30"
ask 2026-01-01T00:05:59Z 'ALERTS{alertstate="firing"}' | grep -q Errors || fail "not firing at 00:05:59"
ask 2026-01-01T00:08:20Z 'ALERTS{alertstate="firing"}' | grep -q Errors && fail "still firing at 00:08:20"
"$bin" replay -q -c "$dir/mlwatch.yml" --store "$dir/replay.db" "$dir/old.jsonl" || fail "a second time"
[ "$(ask 2026-01-01T00:10:00Z 'sum(increase(ml_predictions_total[1h]))' | sed 's/ @.*//')" = '{} => 600' ] || fail "counted twice"

# What is left is what an agent would have left that stopped at 00:09:59, whenever the replay was.
events() { "$bin" events --store "$dir/$1.db" --utc | sed 's/   */ /g'; }
events replay >"$dir/events"
for line in '2026-01-01 00:00:00Z .* replay started' '2026-01-01 00:00:00Z .* first seen, version 1' '2026-01-01 00:09:59Z .* replay ended' \
	'2026-01-01 00:09:59Z .* 1 bad line: not JSON' '2026-01-01 00:00:00Z .* log appeared: old.jsonl'; do
	[ "$(grep -c -- "$line" "$dir/events")" -eq 1 ] || fail "not once '$line' in $(cat "$dir/events")"
done
grep -v '^2026-01-01 00:0' "$dir/events" && fail "events of another time"
"$bin" status --store "$dir/replay.db" >"$dir/status"
grep -q 'last commit 2026-01-01T00:09:59' "$dir/status" || fail "$(cat "$dir/status")"
grep -q 'm  *1  *ok  *1.0 .*100.*\|m  *1  *ok  *1.0 ' "$dir/status" || fail "no model as of then: $(cat "$dir/status")"
grep -q '1 lines/s, 601 lines, 1 bad in 1h, last line <1s ago' "$dir/status" || fail "no log as of then: $(cat "$dir/status")"
"$bin" top --store "$dir/replay.db" --snapshot alerts --size 120x36 --utc --at 2026-01-01T00:09:59Z >"$dir/alerts"
head -1 "$dir/alerts" | grep -q 'OK .* agent ok .* 00:09:59' || fail "$(cat "$dir/alerts")"
grep -q 'Errors  *g  *0  *> 10 .*[0-9]s ago' "$dir/alerts" || fail "the rule has no result: $(cat "$dir/alerts")"
grep -q 'Errors  *m  *00:05  *2m .* > 10' "$dir/alerts" || fail "the alert that was is not there: $(cat "$dir/alerts")"
"$bin" top --store "$dir/replay.db" --snapshot overview --size 120x36 --utc >"$dir/today"
grep -q 'A REPLAY of past logs: all below is as of 2026-01-01 00:09:59' "$dir/today" || fail "does not say what it is: $(head -3 "$dir/today")"
grep -q '1.0 .* 38.71  *5.0' "$dir/today" || fail "not as of then: $(cat "$dir/today")"
# Lines in other files, the later ones named first: an evaluation waits until all that is older was read.
head -n 310 "$dir/old.jsonl" >"$dir/first.jsonl"
tail -n +311 "$dir/old.jsonl" >"$dir/second.jsonl"
"$bin" replay -q -c "$dir/mlwatch.yml" --store "$dir/two.db" "$dir/second.jsonl" "$dir/first.jsonl" || fail "two files"
events two | grep ' alert ' >"$dir/two"
grep ' alert ' "$dir/events" | cmp -s - "$dir/two" || fail "of two files other alerts: $(cat "$dir/two")"
# Half of it, and then it goes on: one alert, no longer and no shorter than of the whole.
head -n 370 "$dir/old.jsonl" >"$dir/grows.jsonl"
"$bin" replay -q -c "$dir/mlwatch.yml" --store "$dir/grows.db" "$dir/grows.jsonl" || fail "half"
tail -n +371 "$dir/old.jsonl" >>"$dir/grows.jsonl"
"$bin" replay -q -c "$dir/mlwatch.yml" --store "$dir/grows.db" "$dir/grows.jsonl" || fail "the rest"
events grows | grep ' alert ' >"$dir/grows"
grep ' alert ' "$dir/events" | cmp -s - "$dir/grows" || fail "of a log that grew other alerts: $(cat "$dir/grows")"

# Who would have been told what, and when; nothing is sent unless that is wanted.
start_catcher --answer '/refuses=400*'
cat >"$dir/alerts.yml" <<EOF
route: {receiver: hook, group_by: [alertname], group_wait: 30s, group_interval: 1m, repeat_interval: 1h,
  routes: [{receiver: refuses, matchers: ['severity="none"']}]}
receivers: [{name: hook, webhook_configs: [{url: 'http://$catcher/hook'}]}, {name: refuses, webhook_configs: [{url: 'http://$catcher/refuses'}]}]
EOF
cat >>"$dir/rules.yml" <<'EOF'
      - {alert: Errors, expr: 'sum by (model) (increase(ml_errors_total[1m])) > 45', labels: {severity: critical, also: many}}
      - {alert: Refused, expr: 'sum by (model) (increase(ml_errors_total[1m])) > 45', labels: {severity: none}}
EOF
write_config <<EOF
rule_files: ["$dir/rules.yml"]
alerting: {config_file: "$dir/alerts.yml"}
EOF
"$bin" replay -c "$dir/mlwatch.yml" --store "$dir/dry.db" "$dir/old.jsonl" 2>"$dir/out" || fail "$(cat "$dir/out")"
[ ! -s "$dir/caught" ] || fail "a replay without --notify sent something"
grep -q 'notifications would have been sent, none was' "$dir/out" || fail "$(cat "$dir/out")"
"$bin" notifications --store "$dir/dry.db" | grep -q 'dropped .*not sent: this was a replay' || fail "what would have been sent is not kept"
"$bin" top --store "$dir/dry.db" --snapshot notify --size 120x36 --at 2026-01-01T00:15:00Z >"$dir/picture" || fail "no picture of Notify"
grep -q 'Sent: 0 in 24h, [0-9]* not sent' "$dir/picture" && grep -q 'not sent: this was a replay' "$dir/picture" ||
	fail "Notify does not show what would have been sent: $(cat "$dir/picture")"
"$bin" replay -c "$dir/mlwatch.yml" --store "$dir/sent.db" --notify "$dir/old.jsonl" 2>"$dir/out" || fail "$(cat "$dir/out")"
told() { # STORE: seconds after 00:00:00 and what was said, oldest first
	"$bin" notifications --store "$1" --utc | sed -n 's/^[0-9]* .*2026-01-01 00:\([0-9]*\):\([0-9]*\)Z *\(hook\|refuses\) .* \(\[[A-Z:0-9]*\]\).*/\1 \2 \3 \4/p' |
		awk '{ print $1 * 60 + $2, $3, $4 }' | sort -n
}
told "$dir/dry.db" >"$dir/dry"
told "$dir/sent.db" >"$dir/sent"
grep hook "$dir/sent" >"$dir/hook"
[ -s "$dir/sent" ] && grep hook "$dir/dry" | cmp -s - "$dir/hook" ||
	fail "with and without --notify differ: $(cat "$dir/dry"); $(cat "$dir/sent")"
# By hand. Second 310 is the 11th that failed, so the first look of the group at or after it (310 to 320: every ten seconds, at a moment
# that the path of its file decides) is over 10; it fires 30 s later and is told 30 s after that. The one over 45 fires before then (345
# to 355) and is in the first message. Both are over at second 480 at the latest and told at the next look, all a minute apart.
awk -v last="$(tail -n 1 "$dir/hook")" '
	NR == 1 { first = $1; if ($1 < 370 || $1 > 380 || $3 != "[FIRING:2]") bad = 1 }
	($1 - first) % 60 != 0 { bad = 1 }
	END { split(last, l); if (l[3] != "[RESOLVED]" || l[1] < 465 || l[1] > 560 || NR > 3) bad = 1; exit bad }' "$dir/hook" ||
	fail "not told as it should be: $(cat "$dir/hook")"
[ "$(grep -c '"path":"/hook"' "$dir/caught")" -eq "$(wc -l <"$dir/hook")" ] || fail "$(cat "$dir/caught")"
grep -q "^$(wc -l <"$dir/hook") notifications sent, [1-9] given up" "$dir/out" || fail "$(cat "$dir/out")"
grep -q 'startsAt\\":\\"2026-01-01T00:0' "$dir/caught" || fail "messages are not about the past"
echo ok
