#!/bin/sh
# The whole agent on one core: a log that is already there is read, decoded, counted against a reference and committed to SQLite
# once a second. Lines per second of its processor time and of the clock, memory, and the same log through wc -l and through
# a jansson parser on the same core. Needs taskset.
set -eu
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null; rm -rf "$tmp"' EXIT INT TERM

now() { date +%s.%N; }
run() { # name, rows, generator options...
	name=$1 rows=$2
	shift 2
	rm -f "$tmp"/*
	build/tests/gen_log --rows "$rows" --rps 5000 "$@" -o "$tmp/log" --reference "$tmp/train.csv" --reference-rows 20000
	build/mlwatch baseline "$tmp/train.csv" -o "$tmp/ref.json" --model credit >/dev/null 2>&1
	cat >"$tmp/mlwatch.yml" <<-END
		storage: {path: $tmp/mlwatch.db}
		references: [{model: credit, file: $tmp/ref.json}]
		prediction_logs:
		  - job: bench
		    paths: ["$tmp/log"]
		    format: json
		    read_from: beginning
		    fields: {timestamp: ts, model: model, version: version, request_id: request_id, latency: {field: latency_ms, unit: ms},
		             status: status, prediction: prediction, score: score, features: features}
		    limits: {categories: 10000, series: 100000}
	END
	bytes=$(wc -c <"$tmp/log")
	began=$(now)
	taskset -c 0 wc -l "$tmp/log" >/dev/null
	floor=$(now)
	taskset -c 0 build/mlwatch run --config "$tmp/mlwatch.yml" 2>"$tmp/out" &
	pid=$!
	until build/mlwatch status --config "$tmp/mlwatch.yml" 2>/dev/null | grep -q " $rows lines"; do
		kill -0 "$pid" 2>/dev/null || { cat "$tmp/out"; exit 1; }
		sleep 0.05
	done
	ended=$(now)
	memory=$(awk '/VmHWM/ {print $2}' "/proc/$pid/status")
	ticks=$(awk '{print $14 + $15}' "/proc/$pid/stat")
	kill "$pid"
	wait "$pid" 2>/dev/null || :
	pid=
	awk -v name="$name" -v rows="$rows" -v bytes="$bytes" -v t="$ticks" -v hz="$(getconf CLK_TCK)" -v b="$began" -v f="$floor" -v e="$ended" -v m="$memory" 'BEGIN {
		printf "%s: %d lines of %.0f bytes\n", name, rows, bytes / rows
		printf "  %-36s %10.0f lines/s\n", "wc -l", rows / (f - b)
		printf "  %-36s %10.0f lines/s of processor time, %.0f by the clock, start included, %.0f MB resident\n", "mlwatch run, with reference", rows / (t / hz), rows / (e - f), m / 1024
	}'
}
run "10 features" 2000000
run "47 features" 300000 --features 47
