#!/bin/sh
# alert_restart.sh -- kill -9 while an alert is pending, while it fires, and while it is kept firing: after each start the agent knows
# since when, to the millisecond, and `for` and `keep_firing_for` go on instead of beginning anew.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/agent.inc

write_config <<EOF
global: {evaluation_interval: 1s}
rule_files: ["$dir/rules.yml"]
EOF
cat >"$dir/rules.yml" <<'EOF'
groups:
  - name: g
    interval: 1s
    rules:
      - alert: Errors
        expr: sum by (model) (increase(ml_errors_total[2s])) > 0
        for: 3s
        keep_firing_for: 1h
      - alert: Patient
        expr: vector(1)
        for: 10d
EOF

# STATE SINCE of an alert, as the commands show it.
alert() {
	"$bin" alerts --all --json --store "$dir/store.db" "alertname=$1" 2>/dev/null |
		sed -n 's/.*"state": *"\([a-z]*\)".*"starts": *"\([^"]*\)".*/\1 \2/p'
}
await() { # NAME STATE SECONDS
	i=0
	while :; do
		set -- "$1" "$2" "$3" $(alert "$1")
		[ "${4:-}" = "$2" ] && return
		i=$((i + 1))
		[ $i -lt $(($3 * 5)) ] || fail "$1 is '${4:-absent}' and not $2 after $3 s: $("$bin" alerts --all --json --store "$dir/store.db" 2>&1 | head -c 600)"
		sleep 0.2
		set -- "$1" "$2" "$3"
	done
}
bad_lines() { # SECONDS: failing predictions, with the time of now
	end=$(($(date +%s) + $1))
	while [ "$(date +%s)" -lt $end ]; do
		echo "{\"ts\":\"$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)\",\"model\":\"m\",\"version\":\"1\",\"latency_ms\":5,\"status\":500}" >>"$dir/log1.jsonl"
		sleep 0.2
	done
}

start_agent
bad_lines 14 &
pids="$pids $!"
await Errors pending 10
await Patient pending 10
pending=$(alert Errors) patient=$(alert Patient)
stop_agent KILL
start_agent
await Errors firing 12
firing=$(alert Errors)
[ "$(alert Patient)" = "$patient" ] || fail "Patient was $patient, is $(alert Patient)"
# It fired 3 s after it became pending, within one evaluation, although the agent was killed in between.
took=$(($(date -d "${firing#* }" +%s%3N) - $(date -d "${pending#* }" +%s%3N)))
[ $took -ge 3000 ] && [ $took -le 4500 ] || fail "pending since ${pending#* }, fires since ${firing#* }: $took ms"
stop_agent KILL
sleep 3
start_agent
sleep 3
[ "$(alert Errors)" = "$firing" ] || fail "was $firing, is after the second kill $(alert Errors)"
# The lines end; from then on only keep_firing_for holds it, and a kill must not make it forget.
sleep 6
stop_agent KILL
start_agent
sleep 3
[ "$(alert Errors)" = "$firing" ] || fail "was $firing, is not kept: $(alert Errors)"
stop_agent TERM
exit 0
