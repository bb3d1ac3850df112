#!/bin/sh
# waits: it mostly sleeps
# What the running agent tells of its targets: down and why, up again, restarted, the last good answer, what is expected; over a reload and
# a restart of the agent.
. tests/integration/agent.inc

mkdir "$dir/www"
"$tools/exposer" "$dir/port" "$dir/www" &
exposer=$!
pids="$pids $exposer"
until_ok 5 test -s "$dir/port" || fail "the exposer does not start"
port=$(cat "$dir/port")
here=127.0.0.1:$port
printf 'a 1\nprocess_start_time_seconds 1000\n' >"$dir/www/metrics"
printf '{"model_loaded": true,\n "version": "3.2.0"}\n' >"$dir/www/health.json"
cat >"$dir/mlwatch.yml" <<EOF2
storage: {path: $dir/store.db, commit_interval: 200ms}
global: {scrape_interval: 1s, scrape_timeout: 900ms}
scrape_configs:
  - job_name: fraud-service
    sample_limit: 20000
    label_limit: 64
    body_size_limit: 10MiB
    static_configs: [{targets: ["$here"], labels: {model: fraud}}]
health_checks:
  - {job_name: fraud-health, url: "http://$here/health.json", interval: 1s, timeout: 900ms, expect: {json: {model_loaded: true}}}
  - {job_name: nobody, url: "http://127.0.0.1:1/", interval: 1s, timeout: 500ms}
EOF2
target() { echo "[t$2 for t in d['targets'] if t['job'] == '$1'][0]"; }

start_agent
wait_status "$(target fraud-health "['up']")" True 10
wait_status "$(target fraud-health "['last_good']['body']")" '{"model_loaded": true,  "version": "3.2.0"} ' 5
wait_status "$(target fraud-health "['last_good']['status']")" 200 1
wait_status "$(target fraud-health "['expects']")" 'status 200 and model_loaded = true' 1
wait_status "$(target fraud-health "['where']")" "$dir/mlwatch.yml:10" 1
wait_status "$(target fraud-service "['limits']")" "{'samples': 20000, 'labels': 64, 'body_bytes': 10485760}" 1
wait_event '127.0.0.1:1/ down: connection refused' 5

# not as expected, then an error, then no answer: one event, the words as received
echo '{"model_loaded": false}' >"$dir/www/health.json"
wait_event "$here/health.json down: model_loaded is false, expected true" 5
echo 503 >"$dir/www/health.json.status"
wait_status "$(target fraud-health "['error']")" 'status 503' 5
wait_status "$(target fraud-health "['status']")" 503 1
rm "$dir/www/health.json.status"
echo '<html>' >"$dir/www/health.json"
wait_status "$(target fraud-health "['error']")" 'body is not JSON' 5
wait_status "$(target fraud-health "['answer']")" '<html> ' 1
echo 2 >"$dir/www/health.json.slow"
wait_status "$(target fraud-health "['error']")" 'no answer within 900 ms' 8
wait_status "$(target fraud-health "['failures']") > 2" True 5
wait_status "$(target fraud-health "['last_good']['body']")" '{"model_loaded": true,  "version": "3.2.0"} ' 1
[ "$(events | grep -c 'health.json down')" -eq 1 ] || fail "it went down once"

# the agent stops, and is killed: what it knew goes on
failures=$(status "$(target fraud-health "['failures']")")
since=$(status "$(target fraud-health "['down_since']")")
stop_agent TERM
wait_status "$(target fraud-health "['error']")" 'no answer within 900 ms' 1
start_agent
wait_status "$(target fraud-health "['failures']") > $failures" True 8
wait_status "$(target fraud-health "['down_since']")" "$since" 1
printf 'a 1\nprocess_start_time_seconds 2000\n' >"$dir/www/metrics"
wait_event "$here restarted (process start time changed)" 5
kill -HUP "$agent"
rm "$dir/www/health.json.slow"
echo '{"model_loaded": true}' >"$dir/www/health.json"
wait_event "$here/health.json up again after " 8
wait_status "$(target fraud-health "['failures']")" 0 3
events | grep 'up again' | grep -q '▲\|✓' || fail "that it is up again is good"
kill "$exposer"
wait_event "$here/metrics down: connection refused" 5
wait_status "[c for t in d['targets'] if t['job'] == 'fraud-service' for c in [t['error']]]" "['connection refused']" 5
stop_agent TERM
