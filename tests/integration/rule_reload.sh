#!/bin/sh
# rule_reload.sh -- a reload keeps the age of alerts whose rule is still there, ends the series of rules that are gone at once, and refuses
# a rule file with mistakes without losing anything.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/agent.inc

write_config <<EOF
global: {evaluation_interval: 1s}
rule_files: ["$dir/rules.yml"]
EOF
rules() { # EXTRA RULE
	cat >"$dir/rules.yml" <<EOF
groups:
  - name: g
    interval: 1s
    rules:
      - {alert: Patient, expr: vector(1), for: 10d}
      - $1
EOF
}
since() { "$bin" alerts --all --json --store "$dir/store.db" alertname=Patient 2>/dev/null | sed -n 's/.*"starts": *"\([^"]*\)".*/\1/p'; }
has() { "$bin" query --store "$dir/store.db" "$1" 2>/dev/null | grep -q "$1"; }
until_true() { # SECONDS WHAT COMMAND...
	i=0 n=$1 what=$2
	shift 2
	until "$@"; do
		i=$((i + 1))
		[ $i -lt $((n * 5)) ] || fail "$what"
		sleep 0.2
	done
}
hasnt() { ! has "$1"; }

rules '{record: old:series, expr: vector(7)}'
start_agent
until_true 10 "nothing is recorded" has old:series
before=$(since)
[ -n "$before" ] || fail "no pending alert"
rules '{record: new:series, expr: vector(8)}'
kill -HUP "$agent"
until_true 10 "the new rule does not run" has new:series
until_true 5 "the series of a rule that is gone lives on" hasnt old:series
[ "$(since)" = "$before" ] || fail "pending since $before, after the reload since $(since)"
rules '{record: third:series, expr: "vector(9"}'
kill -HUP "$agent"
sleep 2
has new:series || fail "a refused rule file stopped the rules"
[ "$(since)" = "$before" ] || fail "pending since $before, after a refused reload since $(since)"
grep -q 'rules.yml:6' "$dir/agent.log" || fail "the mistake is not in the log"
stop_agent TERM

# What the store has seen is what check compares metric names with.
echo 'groups: [{name: g, rules: [{record: a, expr: new:seris}, {record: b, expr: a + new:series}]}]' >"$dir/typo.yml"
MLWATCH_STORE="$dir/store.db" "$bin" check rules "$dir/typo.yml" >"$dir/out" 2>&1 || fail "a warning is no error"
grep -q "no series of 'new:seris' was ever seen, did you mean 'new:series'?" "$dir/out" || fail "the typo is not told: $(cat "$dir/out")"
[ "$(grep -c 'was ever seen' "$dir/out")" = 1 ] || fail "more than the typo is told: $(cat "$dir/out")"
exit 0
