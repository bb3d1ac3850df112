#!/bin/sh
# waits: it mostly sleeps
# external_labels.sh -- an agent whose alerts leave with external labels: acknowledging and silencing from the command line, the dashboard and over
# HTTP hold for the alert of the rule, everywhere it is shown, and its repeats stop.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/agent.inc
unset SUDO_USER
start_catcher
listen=127.0.0.1:$((12000 + $$ % 20000))
cat >"$dir/alerts.yml" <<X
route: {receiver: hook, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1s}
receivers: [{name: hook, webhook_configs: [{url: 'http://$catcher/hook'}]}]
X
cat >"$dir/rules.yml" <<X
groups:
- name: g
  interval: 1s
  rules:
  - {alert: First, expr: vector(1), labels: {severity: critical, model: fraud}}
  - {alert: Second, expr: vector(2), labels: {severity: critical, model: fraud, cluster: own}}
X
write_config <<X
global: {external_labels: {cluster: eu1, zone: z}}
rule_files: [rules.yml]
alerting: {config_file: alerts.yml}
http: {listen: '$listen'}
X
start_agent
wait_ready
m() { "$bin" "$@" --store "$dir/store.db"; }
told() { grep -c "\"alertname\\\\*\":\\\\*\"$1" "$dir/caught"; } # messages about it
at_least() { [ "$(told "$1")" -ge "$2" ]; }
more() { # ALERT: two more messages about it come
	until_ok 15 at_least "$1" $(($(told "$1") + 2)) || fail "$1 is not repeated"
}
# What is on its way arrives within a second; then OTHER is repeated twice while ALERT is not.
quiet() { # ALERT OTHER
	sleep 1
	was=$(told "$1")
	more "$2"
	[ "$(told "$1")" -eq "$was" ] || fail "$1 is repeated: $was, then $(told "$1")"
}
shows() { m top --snapshot alerts --size 120x36 | grep -q -- "$1"; }
wait_shown() { until_ok 5 shows "$1" || fail "no '$1' on the dashboard: $(m top --snapshot alerts --size 120x36)"; }

until_ok 10 at_least First 1 || fail "nothing was told"
until_ok 10 at_least Second 1 || fail "nothing was told"
grep -q 'cluster.*eu1' "$dir/caught" || fail "no external label in the message"

# By the command line.
m alerts ack First -c 'on it' -a ana -q || fail "ack failed"
wait_shown 'First .*FIRING, ack ana'
m status | grep -q 'First.*FIRING, ack ana' || fail "the status does not say it: $(m status)"
quiet First Second

# From the dashboard, of one whose own label wins over the external one; and taken back.
echo '/Second<Enter>a<S-Tab>mine<Tab><Tab><Enter>' >"$dir/keys"
m top --snapshot alerts --size 120x36 --keys "$dir/keys" | grep -q 'acknowledged: Second' || fail "no acknowledgement from the dashboard"
wait_shown "Second .*FIRING, ack $(id -un)"
echo '/First<Enter>Uyes' >"$dir/keys"
m top --snapshot alerts --size 120x36 --keys "$dir/keys" | grep -q 'taken back: First' || fail "not taken back"
wait_shown 'First .*FIRING  '
quiet Second First

# Over HTTP, by a label that only the outside knows.
id=$("$tools/http_req" -H 'Content-Type: application/json' -d "{\"matchers\":[{\"name\":\"cluster\",\"value\":\"eu1\",\"isRegex\":false,\"isEqual\":true}],
	\"startsAt\":\"$(date -u +%FT%TZ)\",\"endsAt\":\"$(date -u -d '+1 hour' +%FT%TZ)\",\"createdBy\":\"eve\",\"comment\":\"c\"}" \
	"http://$listen/api/v2/silences" | grep -o '[0-9a-f-]\{36\}')
[ -n "$id" ] || fail "no silence over HTTP"
wait_shown 'First .*silenced'
shows 'Second .*silenced' && fail "the alert's own label does not win"
"$tools/http_req" -X DELETE "http://$listen/api/v2/silence/$id" >/dev/null
wait_event "the API ended the silence {cluster=\"eu1\"}" 5
for text in 'ana acknowledged First (fraud): on it' "$(id -un) acknowledged Second (fraud): mine" \
	"$(id -un) took back the acknowledgement of First (fraud)" 'eve silenced {cluster="eu1"}'; do
	has_event "$text" || fail "no event '$text': $(events)"
done
kill -TERM "$agent"
wait "$agent" || fail "the agent ends with $?"
exit 0
