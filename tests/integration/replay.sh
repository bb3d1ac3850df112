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
echo ok
