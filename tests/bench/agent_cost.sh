#!/bin/sh
# What the agent costs: idle, and at 1,000 lines a second; processor time and resident memory. Then from line to webhook.
. tests/integration/agent.inc
write_config </dev/null
cost() { # NAME SECONDS
	before=$(awk '{print $14 + $15}' "/proc/$agent/stat")
	sleep "$2"
	after=$(awk '{print $14 + $15}' "/proc/$agent/stat")
	awk -v n="$1" -v t=$((after - before)) -v s="$2" -v hz="$(getconf CLK_TCK)" -v m="$(awk '/VmRSS/ {print $2}' "/proc/$agent/status")" \
		'BEGIN {printf "%-22s %.2f %% of a core, %.1f MB resident\n", n, 100 * t / hz / s, m / 1024}'
}
start_agent
sleep 3
cost "idle" 20
"$tools/gen_log" --follow --rps 1000 --rows 60000 -o "$dir/log.jsonl" &
pids="$pids $!"
sleep 5
cost "1,000 lines/s" 30
stop_agent TERM
TRIALS=31 sh tests/integration/latency.sh
