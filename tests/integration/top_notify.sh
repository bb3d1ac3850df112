#!/bin/sh
# top_notify.sh -- what people do about messages from the dashboard, with an agent that does it: sends one that was refused once more, gives up
# one that is tried in vain, asks for a test; and the message as it went out, word for word what `mlwatch notifications show` prints.
. tests/integration/agent.inc

start_catcher --answer '/refuses=400*'
cat >"$dir/mlwatch.yml" <<EOF
storage: {path: $dir/store.db, commit_interval: 200ms}
rule_files: ["$dir/rules.yml"]
alerting: {config_file: "$dir/alerts.yml"}
EOF
cat >"$dir/rules.yml" <<'EOF'
groups:
  - name: always
    interval: 1s
    rules:
      - alert: Always
        expr: vector(1) > 0
        labels: {model: fraud}
        annotations: {summary: "a sentence that is far longer than any row of the pane in which a message is read on a screen of 120 columns, and goes on"}
EOF
cat >"$dir/alerts.yml" <<EOF
route:
  receiver: refused
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1h
  routes:
    - {receiver: refused, continue: true}
    - {receiver: dead, continue: true}
receivers:
  - {name: refused, webhook_configs: [{url: "http://$catcher/refuses"}]}
  - {name: dead, webhook_configs: [{url: "http://127.0.0.1:1/"}]}
  - {name: resting, webhook_configs: [{url: "http://$catcher/resting/its-secret"}]}
EOF
start_agent
outbox() { # PYTHON of the messages m: without the rows that only ask for a test
	"$bin" notifications --store "$dir/store.db" --json 2>/dev/null | python3 -c "import json,sys
m = [n for n in json.load(sys.stdin)['notifications'] if n['kind'] != 'test']
print($1)" 2>/dev/null
}
states() { outbox "*sorted(n['receiver'] + ' ' + n['state'] for n in m), sep=', '"; }
states_are() { [ "$(states)" = "$1" ]; }
id_of() { outbox "*[n['id'] for n in m if n['receiver'] == '$1'][:1]"; }
got() { grep -c "$1" "$dir/caught"; }
got_at_least() { [ "$(got "$1")" -ge "$2" ]; }
screen() { # KEYS [SIZE]
	printf '%s\n:snapshot x\n' "$1" >"$dir/keys"
	"$bin" top --store "$dir/store.db" --snapshot overview --size "${2:-120x36}" --keys "$dir/keys" >"$dir/screen" 2>"$dir/err" ||
		fail "top: $(cat "$dir/err")"
	[ ! -s "$dir/err" ] || fail "top said $(cat "$dir/err")"
}
shows() { grep -qF -- "$1" "$dir/screen" || fail "no '$1' on the screen: $(cat "$dir/screen")"; }
hides() { ! grep -qF -- "$1" "$dir/screen" || fail "'$1' on the screen: $(cat "$dir/screen")"; }
event() { "$bin" events --store "$dir/store.db" | grep -q "$1" || fail "no event '$1': $("$bin" events --store "$dir/store.db")"; }

until_ok 10 states_are "dead queued, refused given up" || fail "notifications: $(states)"

# The message as it went out: every word that the command line prints, long lines in several rows.
screen '7<Enter><Enter>'
shows 'message to refused'
"$bin" notifications show "$(id_of refused)" --store "$dir/store.db" | sed '1,/^$/d' >"$dir/text"
python3 - "$dir/text" "$dir/screen" <<'PY' || fail "the message: $(cat "$dir/text" "$dir/screen")"
import sys
text = open(sys.argv[1]).read().split()
rows = open(sys.argv[2], encoding="utf8").read().splitlines()
inside = " ".join(r.strip("│ ") for r in rows if r.startswith("│"))
sys.exit(inside.split() != text or len(text) < 10)
PY
# Where there is no room for all of it, what is missing is counted.
lines=$(wc -l <"$dir/text")
screen 7 80x24
shown=$(sed -n '/message to refused/,/more lines/p' "$dir/screen" | sed '1d;$d' | wc -l)
shows "$((lines - shown)) more lines: Enter"
echo "ok: the message"

# No key sends anything before the form's button is pressed; then it is sent, once.
before=$(got /refuses)
for leave in '<Enter>' '<Esc>'; do
	screen "7R$leave"
	hides 'Send again'
done
sleep 1
[ "$(got /refuses)" = "$before" ] || fail "sent without the button"
screen '7R'
shows '[FIRING:1] Always'
shows 'to refused'
screen '7R<Tab><Enter>'
hides 'Cancel'
until_ok 5 got_at_least /refuses $((before + 1)) || fail "not sent again: $(cat "$dir/screen")"
until_ok 5 states_are "dead queued, refused given up" || fail "notifications: $(states)"
event 'sends once more notification .* to refused'
[ "$(got /refuses)" = $((before + 1)) ] || fail "sent $(got /refuses) times"
echo "ok: once more"

# What was given up cannot be given up; what is tried in vain can, and is not tried any more.
screen '7x'
shows 'it is given up already'
screen '7<Tab>jx<Tab><Enter>'
until_ok 5 states_are "dead dropped, refused given up" || fail "not dropped: $(states) $(cat "$dir/screen")"
screen 7
shows 'Outbox: 0 waiting, 1 given up'
shows '1 not sent: dropped by '
event 'dropped notification .* to dead'
echo "ok: given up"

# A test: only to a receiver that there is; the row that asks for it is no message of its own.
screen ':test restng<Enter>'
shows "no receiver is called 'restng', did you mean 'resting'"
[ "$(got /resting)" = 0 ] || fail "a test was sent to nobody"
screen '7:test res<Tab><Enter>'
until_ok 5 got_at_least /resting 1 || fail "no test: $(cat "$dir/screen")"
until_ok 5 states_are "dead dropped, refused given up, resting sent" || fail "notifications: $(states)"
screen '7/resting<Enter><Enter><Enter>'
shows 'message to resting'
shows 'his is a test'
hides its-secret
screen 7
shows 'Sent: 1 in 24h'
shows 'Receivers: 3'
grep -q '✓ *resting *webhook *1 *0 *0 ' "$dir/screen" || fail "resting: $(cat "$dir/screen")"
echo "ok: a test"
