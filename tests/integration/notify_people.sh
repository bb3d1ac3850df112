#!/bin/sh
# waits: it mostly sleeps
# What people do: silences, acknowledgements, retrying and dropping from the command line, a reload; test routes and test notify.
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/notify_lib.sh.inc
unset SUDO_USER

catcher --answer '/refuses=400'
cat >"$T/alerts.yml" <<X
route: {receiver: all, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 3s, routes: [
  {receiver: quiet, matchers: ['alertname="Quiet"'], repeat_interval: 1h},
  {receiver: nobody, matchers: ['alertname="Nobody"']},
  {receiver: refuses, matchers: ['alertname="Refused"'], group_interval: 1h, repeat_interval: 2h}]}
receivers:
- {name: all, webhook_configs: [{url: 'http://127.0.0.1:$port/all'}]}
- {name: nobody}
- {name: quiet, webhook_configs: [{url: 'http://127.0.0.1:$port/quiet'}]}
- {name: refuses, webhook_configs: [{url: 'http://127.0.0.1:$port/refuses'}]}
X
printf 'storage: {path: store.db}\nalerting: {config_file: alerts.yml}\n' >"$T/mlwatch.yml"
m() { build/mlwatch "$@" --store "$T/store.db"; }
notifier "$T/alerts.yml"

# A silence holds at once, and ends when it is expired.
id=$(m silence add Quiet -d 1h -c 'a test' -q) || fail "silence add failed"
say "fire alertname=Quiet"
sleep 1.5
[ "$(count /quiet)" -eq 0 ] || fail "a silenced alert was told"
m alerts --all | grep -q 'Quiet.*silenced' || fail "the alert is not shown as silenced: $(m alerts --all)"
m silence | grep -q "$id.*active" || fail "the silence is not listed"
m silence update "$id" -d 2h -a eve -q >/dev/null || fail "silence update failed"
m silence expire "$id" -a bob || fail "silence expire failed"
for did in "$(id -un) silenced" 'eve changed the silence' 'bob ended the silence'; do
	m events | grep -q " $did {alertname=\"Quiet\"}" || fail "no event '$did': $(m events)"
done
wait_for 5 at_least /quiet 1 || fail "the alert was not told after the silence"
m silence add nothing=here -c x 2>&1 | grep -q 'matches no active alert' || fail "a silence without effect is not said to be one"
m silence add 'a=~".*"' -c x >/dev/null 2>&1 && fail "a silence that matches everything was taken"

# An acknowledged alert does not repeat; its end is told.
say "fire alertname=Acked"
wait_for 5 at_least /all 1 || fail "the alert was not told"
m alerts ack Acked -c 'looking' -q || fail "ack failed"
sleep 5
[ "$(count /all)" -eq 1 ] || fail "an acknowledged alert was repeated"
m alerts show Acked | grep -q 'last told .*, no repeats as things are' || fail "a repeat is announced that does not come: $(m alerts show Acked)"
m alerts show Acked | grep -q 'acknowledged, no repeats' || fail "why nothing was sent is not shown: $(m alerts show Acked)"
say "resolve alertname=Acked"
wait_for 5 at_least /all 2 || fail "the end of an acknowledged alert was not told"

# What is listed: critical before the rest, then the oldest, as the dashboard has it.
say "fire alertname=Small severity=warning"
sleep 0.3
say "fire alertname=Late severity=critical"
wait_for 5 sh -c "build/mlwatch alerts --store $T/store.db | grep -q Late" || fail "the alert is not listed"
listed=$(m alerts | sed -n 's/^[0-9a-f]* *\(Quiet\|Small\|Late\) .*/\1/p' | tr '\n' ' ')
[ "$listed" = "Late Quiet Small " ] || fail "the worst is not listed first: $listed"
say "resolve alertname=Small severity=warning"
say "resolve alertname=Late severity=critical"

# A receiver without anything to send to is no mystery.
say "fire alertname=Nobody"
wait_for 5 sh -c "build/mlwatch alerts show Nobody --store $T/store.db | grep -q 'the receiver has nothing that mlwatch can send to'" ||
	fail "why nothing was sent is not shown: $(m alerts show Nobody)"

# A refused one can be tried again by hand.
say "fire alertname=Refused"
wait_for 5 sh -c "build/mlwatch notifications --failed --store $T/store.db | grep -q Refused" || fail "the refused notification is not listed"
n=$(m notifications --failed --json | grep -o "\"id\": *[0-9]*" | head -n 1 | tr -dc 0-9)
m notifications retry "$n" || fail "retry failed"
wait_for 5 at_least /refuses 2 || fail "a retried notification was not sent"
sleep 0.5
m notifications show "$n" | grep -q ' sent ' || fail "a retried notification is not shown as sent: $(m notifications show "$n")"

m notifications show "$n" | grep -q '^firing since ' || fail "the message is not shown for people: $(m notifications show "$n")"
m events | grep -q 'sends once more notification' || fail "who retried is not an event: $(m events)"

# A test that somebody asks the agent for.
before=$(count /quiet)
row=$(build/tests/ask_test "$T/store.db" quiet) || fail "a test cannot be asked for"
wait_for 2 at_least /quiet $((before + 1)) || fail "no test message within 2 s"
grep -q 'tester asked for a test of this receiver' "$T/got" || fail "the test does not say who wanted it"
m notifications show "$row" | grep -q "sent as $((row + 1))" || fail "what became of it is not shown: $(m notifications show "$row")"
wait_for 3 sh -c "build/mlwatch events --store $T/store.db | grep -q 'a test to quiet (webhook) was taken'" || fail "its result is no event: $(m events)"
m notifications show $((row + 1)) | grep -q 'somebody asked for a test' || fail "the row is not marked as a test"
build/tests/ask_test "$T/store.db" quite 2>&1 | grep -q "no receiver is called 'quite', did you mean 'quiet'" || fail "a wrong receiver is not told"

# A reload changes where messages go and keeps the log.
sed 's,/quiet,/elsewhere,' "$T/alerts.yml" >"$T/next.yml"
say "reload $T/next.yml"
say "resolve alertname=Quiet"
wait_for 5 at_least /elsewhere 1 || fail "after a reload the message did not go to the new place"
[ "$(count /quiet)" -eq 2 ] || fail "a reload repeated a message"

build/mlwatch test routes alertname=Quiet -c "$T/mlwatch.yml" | grep -q '^quiet .*route.routes\[0\]' || fail "test routes"
build/mlwatch test routes alertname=Other -c "$T/mlwatch.yml" --verify.receivers=all >/dev/null || fail "test routes --verify.receivers"
build/mlwatch test routes alertname=Other -c "$T/mlwatch.yml" --verify.receivers=quiet >/dev/null 2>&1 && fail "test routes --verify.receivers takes anything"
before=$(count /all)
build/mlwatch test notify all -c "$T/mlwatch.yml" | grep -q taken || fail "test notify"
[ "$(count /all)" -eq $((before + 1)) ] || fail "test notify sent nothing"
m events | grep -q " $(id -un) tests the receiver all\$" || fail "who tested a receiver is no event: $(m events)"
# A configuration that names no store: the test commands once fell over it.
printf 'alerting: {config_file: alerts.yml}\n' >"$T/bare.yml"
build/mlwatch test routes alertname=Quiet -c "$T/bare.yml" | grep -q '^quiet ' || fail "test routes without a place for the store"
MLWATCH_STORE=$T/store.db build/mlwatch test notify quiet -c "$T/bare.yml" | grep -q taken || fail "test notify without a place for the store"
m events | grep -q " $(id -un) tests the receiver quiet\$" || fail "the test is no event of the store of the environment: $(m events)"
grep -q 'This is a test of mlwatch' "$T/got" || fail "the test message does not say that it is one"
