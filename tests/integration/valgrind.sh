#!/bin/sh
# A smaller set under valgrind, which sees what the sanitizers do not (reads of what was never written).
if ! command -v valgrind >/dev/null; then
	echo "valgrind is not installed: sh contrib/bootstrap.sh deps test"
	exit 1
fi
. tests/integration/agent.inc
v() { valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite "$@"; }
cat >"$dir/rules.yml" <<'EOF'
groups:
  - name: g
    interval: 1s
    rules:
      - {record: 'm:p95', expr: 'histogram_quantile(0.95, sum by (model) (rate(ml_latency_seconds[1m])))'}
      - {alert: Any, expr: 'sum by (model) (increase(ml_predictions_total[1m])) > 0', annotations: {summary: '{{ $value | humanize }}'}}
EOF
write_config <<EOF
rule_files: ["$dir/rules.yml"]
EOF
"$tools/gen_log" --rows 2000 --bad-lines 0.05 --null-rate 0.1 --error-rate 0.1 --start $(($(date +%s) - 30))000 --truth "$dir/truth.json" -o "$dir/log.jsonl"
valgrind -q --error-exitcode=99 "$bin" run -c "$dir/mlwatch.yml" 2>"$dir/agent.log" &
agent=$!
pids="$pids $agent"
wait_count 2000 60
sleep 2
kill -TERM $agent
wait $agent
[ $? -eq 0 ] || fail "the agent under valgrind"
v "$bin" check -c "$dir/mlwatch.yml" >/dev/null 2>"$dir/out" || fail "check: $(cat "$dir/out")"
v "$bin" query --store "$dir/store.db" 'topk(3, sum by (feature) (rate(ml_feature_category_total[1m])))' >/dev/null 2>"$dir/out" || fail "query: $(cat "$dir/out")"
v "$bin" status --store "$dir/store.db" >/dev/null 2>"$dir/out" || fail "status: $(cat "$dir/out")"
v "$bin" top --store "$dir/store.db" --snapshot drift --size 80x24 >/dev/null 2>"$dir/out" || fail "top: $(cat "$dir/out")"
v "$bin" baseline contrib/demo/iris.csv -o "$dir/ref.json" --except species >/dev/null 2>"$dir/out" || fail "baseline: $(cat "$dir/out")"
v "$bin" drift "$dir/ref.json" contrib/demo/iris.csv >/dev/null 2>"$dir/out" || fail "drift: $(cat "$dir/out")"
echo ok
