#!/bin/sh
# kill -9 at 50 random moments while a service writes and its log is rotated: nothing lost, nothing counted twice.
. tests/integration/agent.inc
write_config </dev/null
"$tools/gen_log" --follow --rps 4000 --rows 48000 --bad-lines 0.01 --null-rate 0.02 --error-rate 0.02 --rotate rename:9000 \
	--truth "$dir/truth.json" -o "$dir/log.jsonl" &
gen=$!
pids="$pids $gen"
kills=0
seed=$$
while [ $kills -lt 50 ]; do
	start_agent
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	sleep "0.$(printf '%03d' $((30 + seed / 65536 % 350)))"
	stop_agent 9
	kills=$((kills + 1))
done
wait $gen
start_agent
wait_count 48000 20
sleep 1.2
stop_agent TERM
"$tools/check_store" "$dir/store.db" "$dir/truth.json" || fail "after 50 kills the counts differ"
