#!/bin/sh
# waits: it mostly sleeps
# The store is taken away under the agent: that is said once, where people and programs look, and once when it is back.
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/agent.inc

listen=127.0.0.1:$((12000 + $$ % 20000))
write_config <<X
http: {listen: '$listen'}
X
sed -i 's/store.db}/store.db, commit_interval: 200ms}/' "$dir/mlwatch.yml"
healthy() { [ "$("$tools/http_req" -s "http://$listen/-/healthy" | head -n 1)" = "$1" ]; }
says() { grep -qF -- "$1" "$dir/agent.log"; }
said_gone() { [ "$(grep -c 'removed or replaced' "$dir/agent.log")" -eq "$1" ]; }

start_agent
wait_ready
healthy 200 || fail "an agent that was just started is not healthy"
mv "$dir/store.db" "$dir/away"
until_ok 5 says "'$dir/store.db' was removed or replaced" || fail "nobody says that the store is gone"
healthy 503 || fail "an agent whose store is gone is healthy"
"$bin" status --store "$dir/store.db" >"$dir/said" 2>&1
[ $? -eq 4 ] || fail "status of a store that is gone: $(cat "$dir/said")"
grep -q 'restart' "$dir/said" || fail "what helps is not said: $(cat "$dir/said")"
sleep 1
mv "$dir/away" "$dir/store.db"
until_ok 5 says "is back in its place" || fail "nobody says that the store is back"
healthy 200 || fail "an agent whose store is back is not healthy"
said_gone 1 || fail "said again and again"
"$bin" status --store "$dir/store.db" | grep -q 'running since' || fail "the store is not read again"

# Removed for good: the next start makes a new one.
rm -f "$dir/store.db"
until_ok 5 said_gone 2 || fail "the second time is not said"
stop_agent TERM
start_agent
wait_ready
"$bin" status --store "$dir/store.db" | grep -q 'running since' || fail "the next start makes no new store"
exit 0
