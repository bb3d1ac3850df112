#!/bin/sh
# The faults on which log shippers lose or repeat lines, against the running agent: every count stays exact.
. tests/integration/agent.inc

# begin NAME: a folder of its own for each case, all at once in the background would need more than two cores.
begin() {
	rm -rf "$dir"/log* "$dir"/store.db* "$dir"/truth.json "$dir"/agent.log
	write_config </dev/null
}
generate() { # rows rate rotation...
	rows=$1 rps=$2
	shift 2
	"$tools/gen_log" --follow --rps "$rps" --rows "$rows" --bad-lines 0.01 --null-rate 0.02 --error-rate 0.02 "$@" \
		--truth "$dir/truth.json" -o "$dir/log.jsonl" &
	gen=$!
	pids="$pids $gen"
}
end() { # NAME rows
	wait $gen
	wait_count "$2" 15
	sleep 1.2
	stop_agent TERM
	"$tools/check_store" "$dir/store.db" "$dir/truth.json" --quiet || fail "$1: the counts differ"
	echo "$1: exact"
}

begin
start_agent
generate 30000 10000 --rotate rename:1000
end "renamed every 0.1 s" 30000

begin
start_agent
generate 12000 6000 --rotate copytruncate:3000
end "copied and truncated" 12000

begin
start_agent
generate 12000 6000 --rotate delete:3000
end "deleted and made anew" 12000

begin
generate 20000 8000 --rotate rename:6000
for i in 1 2 3 4 5; do
	start_agent
	sleep 0.5
	stop_agent TERM
done
start_agent
end "TERM and restart, five times" 20000

begin
start_agent
sleep 0.5
generate 16000 8000 --rotate rename:3000
sleep 0.3
kill -STOP "$agent"
sleep 1
kill -CONT "$agent"
end "SIGSTOP across renames" 16000
