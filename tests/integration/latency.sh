#!/bin/sh
# alone
# From the line that breaks a threshold to the webhook request, with a rule interval of 1 s: median under 1 s, never over 2 s.
. tests/integration/agent.inc
trials=${TRIALS:-11}
start_catcher
cat >"$dir/rules.yml" <<'EOF'
groups:
  - name: latency
    interval: 1s
    rules:
      - {alert: Errors, expr: 'sum by (model) (increase(ml_errors_total[1m])) > 0', labels: {severity: critical}}
EOF
cat >"$dir/alerts.yml" <<EOF
route: {receiver: hook, group_by: [model], group_wait: 0s, group_interval: 1s}
receivers: [{name: hook, webhook_configs: [{url: 'http://$catcher/hook'}]}]
EOF
write_config <<EOF
rule_files: ["$dir/rules.yml"]
alerting: {config_file: "$dir/alerts.yml"}
EOF
start_agent
sleep 1.5
i=0
while [ $i -lt "$trials" ]; do
	sleep "0.$((i * 83 % 100 + 100))"
	ms=$(date +%s%3N)
	echo "{\"ts\":$ms,\"model\":\"m$i\",\"version\":\"1\",\"latency_ms\":1,\"status\":500}" >>"$dir/log.jsonl"
	echo "m$i $ms" >>"$dir/written"
	sleep 0.7
	i=$((i + 1))
done
sleep 2
while read -r model ms; do
	at=$(grep "\\\\\"model\\\\\":\\\\\"$model\\\\\"" "$dir/caught" | head -n 1 | sed 's/.*"t":\([0-9]*\).*/\1/')
	[ -n "$at" ] || fail "no notification for $model"
	echo $((at - ms))
done <"$dir/written" | sort -n >"$dir/took" || exit 1
[ "$(wc -l <"$dir/took")" -eq "$trials" ] || fail "$(wc -l <"$dir/took") notifications of $trials"
median=$(sed -n "$((trials / 2 + 1))p" "$dir/took")
most=$(tail -n 1 "$dir/took")
echo "line to webhook: median $median ms, at most $most ms, of $trials"
[ "$median" -lt 1000 ] || fail "median $median ms"
[ "$most" -le 2000 ] || fail "at most $most ms"
