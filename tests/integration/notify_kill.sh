#!/bin/sh
# kill -9 at any moment: between outbox and request, between request and its record. Nothing lost; twice only what was under way.
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/notify_lib.sh.inc

catcher
cat >"$T/alerts.yml" <<X
route: {receiver: all, group_by: [alertname], group_wait: 0s, group_interval: 1h, repeat_interval: 2h}
receivers: [{name: all, webhook_configs: [{url: 'http://127.0.0.1:$port/all'}]}]
X
groups() { grep -o 'alertname=[^A]*Alert[0-9]*' "$T/got" | sort -u | wc -l; }
i=0
kills=0
while [ $kills -lt 12 ]; do
	notifier "$T/alerts.yml"
	for k in 1 2 3 4 5; do
		i=$((i + 1))
		say "fire alertname=Alert$i"
	done
	sleep 0.0$((kills * 37 % 90 + 10))
	kill -9 $pid
	wait $pid 2>/dev/null
	kills=$((kills + 1))
done
notifier "$T/alerts.yml"
j=0
while [ $j -lt $i ]; do
	j=$((j + 1))
	say "fire alertname=Alert$j" # a rule goes on saying what fires
done
enough() { [ "$(groups)" -ge "$i" ]; }
wait_for 10 enough || fail "$(groups) of $i groups were told"
sleep 0.5
extra=$(($(count /all) - i))
# at most as many as can be under way at once, per kill
[ "$extra" -le $((4 * kills)) ] || fail "$extra notifications came twice in $kills kills"

# A restart that is no crash repeats nothing.
before=$(count /all)
say quit
wait_for 5 sh -c "! kill -0 $pid" || fail "does not stop"
notifier "$T/alerts.yml"
say "fire alertname=Alert1"
sleep 2
[ "$(count /all)" -eq "$before" ] || fail "a restart repeated $(($(count /all) - before)) notifications"

# Under way when it was killed: goes out again after the restart, once.
curl -s -o /dev/null -X POST "http://127.0.0.1:$port/_answer?path=/all&steps=hang:20"
say "fire alertname=Hung"
wait_for 5 at_least /all $((before + 1)) || fail "the new alert was not told"
kill -9 $pid
notifier "$T/alerts.yml"
wait_for 5 at_least /all $((before + 2)) || fail "what was under way did not go out again"
sleep 1
[ "$(count /all)" -eq $((before + 2)) ] || fail "what was under way went out $(($(count /all) - before)) times"
