#!/bin/sh
# alone: it measures time
# Receivers that hang, refuse, answer 500, 429, 400, half an answer, or drip it: each delays only its own messages, none is lost, none
# comes twice, and what cannot heal is given up and shown.
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/notify_lib.sh.inc

catcher --answer /bad=500,502,503 --answer '/hang=hang:30*' --answer /limited=429:2 --answer /refuses=400 --answer /half=half \
	--answer /close=close --answer '/drip=slow:20*' --answer /late=503:2 \
	--answer "/dated=429:$(LC_ALL=C date -u -d '+5 sec' '+%a %b %e %H:%M:%S %Y')"
{
	echo 'route:'
	echo '  {receiver: ok, group_by: [alertname], group_wait: 0s, group_interval: 1h, repeat_interval: 2h, routes: ['
	for r in bad hang limited refuses half close drip late dated down tls; do
		echo "    {receiver: $r, matchers: ['to=\"$r\"']},"
	done
	echo '  ]}'
	echo 'receivers:'
	for r in ok bad hang limited refuses half close drip late dated; do
		echo "- {name: $r, webhook_configs: [{url: 'http://127.0.0.1:$port/$r'}]}"
	done
	echo "- {name: tls, webhook_configs: [{url: 'https://127.0.0.1:$port/tls'}]}"
	echo "- {name: down, webhook_configs: [{url: 'http://127.0.0.1:1/down'}]}"
} >"$T/alerts.yml"
notifier "$T/alerts.yml"
start=$(now_ms)
for r in hang drip down tls bad limited refuses half close late dated; do say "fire alertname=A$r to=$r"; done
say "fire alertname=Fine"

wait_for 3 at_least /ok 1 || fail "a healthy receiver waited for others"
took=$(($(came /ok | head -n 1) - start))
[ "$took" -lt 1000 ] || fail "a healthy receiver waited $took ms"
wait_for 12 at_least /bad 4 || fail "500, 502, 503: $(count /bad) requests, 4 expected"
wait_for 5 at_least /limited 2 || fail "429: not tried again"
set -- $(came /limited)
[ $(($2 - $1)) -ge 2000 ] || fail "429: tried again after $(($2 - $1)) ms, Retry-After said 2 s"
wait_for 5 at_least /late 2 || fail "503 with Retry-After: not tried again"
set -- $(came /late)
[ $(($2 - $1)) -ge 2000 ] || fail "503: tried again after $(($2 - $1)) ms, Retry-After said 2 s"
wait_for 6 at_least /dated 2 || fail "429 with a date in Retry-After: not tried again"
set -- $(came /dated)
[ $(($2 - $1)) -ge 2000 ] || fail "429: tried again after $(($2 - $1)) ms, long before the date of Retry-After"
wait_for 5 at_least /close 2 || fail "a closed connection: not tried again"
sleep 1
for one in ok:1 bad:4 limited:2 refuses:1 half:1 close:2 late:2 hang:1; do
	[ "$(count "/${one%:*}")" -eq "${one#*:}" ] || fail "${one%:*}: $(count "/${one%:*}") requests, ${one#*:} expected"
done
[ "$(rows 'given up' refuses)" -eq 1 ] || fail "the refused notification is not shown as given up"
[ "$(rows sent bad)" -eq 1 ] || fail "the retried notification is not shown as sent"
[ "$(rows queued hang)" -eq 1 ] || fail "the hanging notification is not shown as queued"
for r in down tls; do [ "$(rows queued $r)" -eq 1 ] || fail "what cannot be reached ($r) is not shown as queued"; done
build/mlwatch notifications --store "$T/store.db" --failed | grep -q 'HTTP status 400' || fail "why it was given up is not shown"

# Down for a while, then there: nothing lost, and soon.
say "quit"
wait_for 5 sh -c "! kill -0 $pid" || fail "does not stop while receivers hang"
