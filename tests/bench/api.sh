#!/bin/sh
# The HTTP API while a log grows by 10,000 lines a second: queries per second, latencies, and whether the agent keeps up.
set -eu
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
pids=
trap '[ -z "$pids" ] || kill -9 $pids 2>/dev/null; rm -rf "$tmp"' EXIT INT TERM
port=$((12000 + $$ % 20000))
cat >"$tmp/mlwatch.yml" <<END
storage: {path: $tmp/mlwatch.db}
http: {listen: "127.0.0.1:$port"}
prediction_logs:
  - job: bench
    paths: ["$tmp/log"]
    format: json
    read_from: beginning
    fields: {timestamp: ts, model: model, version: version, request_id: request_id, latency: {field: latency_ms, unit: ms},
             status: status, prediction: prediction, score: score, features: features}
    limits: {categories: 10000, series: 100000}
END
: >"$tmp/log"
build/mlwatch run --config "$tmp/mlwatch.yml" 2>"$tmp/out" &
pids=$!
# 20 s of it, a tenth of a second at a time
build/tests/gen_log --rows 200000 --rps 10000 --start "$(date +%s)000" -o "$tmp/all"
split -l 1000 -a 4 "$tmp/all" "$tmp/part."
(for part in "$tmp"/part.*; do cat "$part" >>"$tmp/log"; sleep 0.098; done) &
pids="$pids $!"
sleep 4
for clients in 1 8; do build/bench/api_load $port 7 $clients; done
sleep 4
build/mlwatch status --config "$tmp/mlwatch.yml" | grep -o '[0-9]* lines.*' | head -n 1
