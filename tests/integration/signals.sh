#!/bin/sh
# waits: it mostly sleeps
# signals.sh -- the agent and whoever started it: systemd's notify socket (a file and an abstract name), HUP, USR1, USR2, TERM
# once and twice, and a second agent on the same store.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/agent.inc
# Waits until FILE has a line that matches, at most 10 s.
wait_line() { # FILE PATTERN
	i=0
	until grep -q -- "$2" "$1" 2>/dev/null; do
		i=$((i + 1))
		[ $i -lt 100 ] || { cat "$1" >&2; fail "no '$2' in ${1##*/}"; }
		sleep 0.1
	done
}
for n in 1 2 3; do
	echo '{"ts":"2026-03-01T00:00:0'$n'Z","model":"m'$n'","version":"1","prediction":"a"}'
done >"$dir/log1.jsonl"
printf 'groups: [{name: g, interval: 1s, rules: [{alert: A, expr: vector(1)}, {alert: B, expr: vector(2)}]}]\n' >"$dir/rules.yml"
write_config <<END
rule_files: [rules.yml]
END
"$tools/notify_socket" "$dir/notify" >"$dir/said" &
pids="$pids $!"
i=0
until [ -S "$dir/notify" ]; do
	i=$((i + 1))
	[ $i -lt 50 ] || fail 'no socket'
	sleep 0.1
done
NOTIFY_SOCKET=$dir/notify "$bin" run -c "$dir/mlwatch.yml" --log-file "$dir/agent.log" &
agent=$!
pids="$pids $agent"

# READY comes after the first commit: the store has what was read.
wait_line "$dir/said" ' READY=1$'
[ "$(count)" -eq 3 ] || fail "READY=1 with $(count) predictions of 3 committed"
wait_line "$dir/said" ' WATCHDOG=1$'

# A second agent is refused, and told who is the first; that one goes on.
"$bin" run -c "$dir/mlwatch.yml" >"$dir/second" 2>&1
code=$?
[ $code -eq 4 ] || fail "a second agent exits $code, not 4"
grep -q "pid $agent" "$dir/second" || fail "the second is not told the pid $agent: $(cat "$dir/second")"

# USR2: one line of status. USR1: the log is another file.
kill -USR2 $agent
wait_line "$dir/agent.log" ' 3 lines, 0 bad, 1 rule groups'
mv "$dir/agent.log" "$dir/agent.log.1"
kill -USR1 $agent
i=0
until [ -e "$dir/agent.log" ]; do
	i=$((i + 1))
	[ $i -lt 50 ] || fail 'USR1 opens no new log'
	sleep 0.1
done
kill -USR2 $agent
wait_line "$dir/agent.log" ' 3 lines, 0 bad'

# HUP: RELOADING with the monotonic clock, then READY. A wrong configuration is told, READY comes too and the old one goes on.
kill -HUP $agent
wait_line "$dir/agent.log" 'reloaded'
wait_line "$dir/said" ' RELOADING=1 MONOTONIC_USEC=[0-9]*$'
awk '/RELOADING=1/ { split($3, f, "="); d = $1 - f[2]; if (d < 0 || d > 2000000) exit 1 }' "$dir/said" ||
	fail "MONOTONIC_USEC is not the time of the reload: $(cat "$dir/said")"
i=0
until awk '/RELOADING=1/ { r = 1 } r && / READY=1$/ { good = 1 } END { exit !good }' "$dir/said"; do
	i=$((i + 1))
	[ $i -lt 50 ] || fail 'no READY=1 after RELOADING=1'
	sleep 0.1
done
cp "$dir/mlwatch.yml" "$dir/good.yml"
echo 'nonsense: 1' >>"$dir/mlwatch.yml"
kill -HUP $agent
wait_line "$dir/agent.log" "unknown key 'nonsense'"
i=0
until [ "$(grep -c ' READY=1$' "$dir/said")" -eq 3 ]; do
	i=$((i + 1))
	[ $i -lt 50 ] || fail 'no READY=1 after a refused reload'
	sleep 0.1
done
kill -0 $agent || fail 'a refused reload ended the agent'
cp "$dir/good.yml" "$dir/mlwatch.yml"

# Every 10 s a line for people.
i=0
until grep -q ' STATUS=3 models, 2 firing, 0 bytes behind$' "$dir/said"; do
	i=$((i + 1))
	[ $i -lt 130 ] || { cat "$dir/said" >&2; fail 'no STATUS'; }
	sleep 0.1
done

# TERM: STOPPING, 0, and the second one neither hangs nor hurts.
kill -TERM $agent
kill -TERM $agent 2>/dev/null
wait $agent
code=$?
[ $code -eq 0 ] || fail "exit $code after TERM twice, not 0"
wait_line "$dir/said" ' STOPPING=1$'
"$bin" store check --store "$dir/store.db" >/dev/null || fail 'the store is hurt'
[ "$(count)" -eq 3 ] || fail "$(count) predictions after all, not 3"

stops() { "$bin" events --store "$dir/store.db" | grep -c 'agent stopped'; }
before=$(stops) # a second TERM that was not one with the first ends it at once, without the event
[ "$before" -le 1 ] || fail "one stop is $before events"

# TERM while another process holds the store: the stop waits for it, in bounds, and what was read meanwhile is kept.
"$bin" run -c "$dir/mlwatch.yml" --log-file "$dir/agent.log" &
agent=$!
pids="$pids $agent"
until_ok 10 status_is 'd["agent"]["state"]' running || fail "the agent does not come back"
mkfifo "$dir/hold"
sqlite3 "$dir/store.db" <"$dir/hold" >"$dir/held" &
pids="$pids $!"
exec 9>"$dir/hold"
printf 'PRAGMA busy_timeout=2000;\nBEGIN IMMEDIATE;\nSELECT 1;\n' >&9
until_ok 5 grep -q '^1$' "$dir/held" || fail 'the store is not held'
echo '{"ts":"2026-03-01T00:00:04Z","model":"m4","version":"1","prediction":"a"}' >>"$dir/log1.jsonl"
from=$(date +%s)
kill -TERM $agent
sleep 4
kill -0 $agent || fail 'the agent did not wait for the store'
printf 'COMMIT;\n' >&9
exec 9>&-
wait $agent
code=$?
[ $code -eq 0 ] || fail "exit $code after TERM with the store held, not 0"
took=$(($(date +%s) - from))
[ $took -le 10 ] || fail "a stop with the store held for 4 s took $took s"
grep -q 'last commit failed' "$dir/agent.log" && fail 'the last commit was given up'
[ "$(stops)" -eq $((before + 1)) ] || fail "the stop is no event: $("$bin" events --store "$dir/store.db")"

# An abstract name; INT ends with 0 too.
name=@mlwatch-test-$$
"$tools/notify_socket" "$name" >"$dir/said2" &
pids="$pids $!"
sleep 0.3
NOTIFY_SOCKET=$name "$bin" run -c "$dir/mlwatch.yml" --log-file "$dir/agent.log" &
agent=$!
pids="$pids $agent"
wait_line "$dir/said2" ' READY=1$'
kill -INT $agent
wait $agent
code=$?
[ $code -eq 0 ] || fail "exit $code after INT, not 0"
exit 0
