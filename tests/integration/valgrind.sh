#!/bin/sh
# valgrind.sh -- the program as it is shipped (not the sanitized one) under memcheck: no bad access, no use of what was never set,
# nothing definitely lost, over a configuration full of mistakes, a replay, a query, and the agent with a log and rules. (All else runs sanitized.)
set -u
. tests/integration/agent.inc
command -v valgrind >/dev/null || fail "valgrind is not installed"
bin=$PWD/build/mlwatch
status=0

# v NAME CODE WORDS...
v() {
	name=$1 want=$2
	shift 2
	timeout 100 valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
		--log-file="$dir/valgrind.%p" "$bin" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	got=$?
	[ $got -eq "$want" ] || {
		echo "$name: exit $got, not $want"
		cat "$dir"/valgrind.* "$dir/err" | head -n 30
		status=1
	}
	rm -f "$dir"/valgrind.*
}

"$tools/gen_log" --rows 200 --bad-lines 0.02 --null-rate 0.02 --error-rate 0.02 -o "$dir/log.jsonl" --truth "$dir/truth.json"
cat >"$dir/rules.yml" <<'END'
groups:
  - name: g
    interval: 1s
    rules:
      - record: r
        expr: sum by (model) (increase(ml_predictions_total[1h]))
      - alert: Slow
        expr: histogram_quantile(0.99, sum(increase(ml_latency_seconds[1h]))) > 0.001
        labels: {severity: critical}
        annotations: {summary: '{{ $value | humanizeDuration }} {{ $labels.severity }}'}
END
cat >"$dir/alerts.yml" <<'END'
route: {receiver: none, group_wait: 0s}
receivers: [{name: none}]
END
write_config <<END
rule_files: [rules.yml]
alerting: {config_file: alerts.yml}
END
config=$(ls "$dir"/*.yml | grep -v -e rules.yml -e alerts.yml)

v 'check, mistakes' 1 check config tests/data/config/scrapes/input.yml
v 'replay' 0 replay "$dir/log.jsonl" -c "$config" --store "$dir/replay.db"
v 'query' 0 query --store "$dir/replay.db" 'topk(3, sum by (prediction) (increase(ml_predictions_total[400d]))) or vector(1)'

# The agent itself: reads, commits, evaluates, stops.
valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite --log-file="$dir/valgrind.agent" \
	"$bin" run -c "$config" >"$dir/agent.log" 2>&1 &
agent=$!
pids="$pids $agent"
n=0
for i in $(seq 60); do
	n=$("$bin" query --store "$dir/store.db" --json 'sum(increase(ml_predictions_total[400d]))' 2>/dev/null |
		sed -n 's/.*"value":\[[^,]*,"\([0-9]*\)".*/\1/p')
	[ "${n:-0}" = 200 ] && break
	sleep 0.25
done
kill -TERM "$agent"
wait "$agent"
code=$?
[ $code -eq 0 ] && [ "${n:-0}" = 200 ] || {
	echo "run: exit $code, ${n:-0} of 200 records"
	head -n 30 "$dir/valgrind.agent"
	tail -n 5 "$dir/agent.log"
	status=1
}
exit $status
