#!/bin/sh
# grafana.sh -- every expression of contrib/grafana/mlwatch.json is answered; those of traffic have results on a store with traffic.
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/agent.inc
write_config </dev/null
"$tools/gen_log" --rows 2000 --error-rate 0.05 --start $(($(date +%s) - 240))000 --rps 10 --truth "$dir/truth.json" -o "$dir/log.jsonl"
start_agent
wait_count 2000 20
# What the agent counts of itself is there once it has been committed.
answers() { "$bin" query "$1" --store "$dir/store.db" >"$dir/out" 2>"$dir/err" && [ -s "$dir/out" ]; }
until_ok 10 answers mlwatch_commits_total || fail "no metrics of its own: $(cat "$dir/err")"
count=0 empty=0
sed -n 's/^ *"expr": "\(.*\)",\{0,1\}$/\1/p' contrib/grafana/mlwatch.json | sed 's/\\"/"/g; s/\$model/.+/g' >"$dir/expressions"
while read -r expr; do
	count=$((count + 1))
	"$bin" query "$expr" --store "$dir/store.db" >"$dir/out" 2>"$dir/err" || fail "$expr: $(cat "$dir/err")"
	[ -s "$dir/out" ] && continue
	case $expr in
	drift_* | ALERTS* | *alertmanager* | *missing* | *lag* | *notifications*) empty=$((empty + 1)) ;; # no reference, no alerts, no receivers here
	*) until_ok 5 answers "$expr" || fail "no result: $expr" ;;
	esac
done <"$dir/expressions"
[ "$count" -ge 18 ] || fail "only $count expressions were found"
stop_agent TERM
echo "$count expressions, $empty without a result here"
