#!/bin/sh
# alone: it measures time
# 10,000 alerts in one evaluation, as one group and as 10,000: all told, other receivers on time, memory bounded.
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/notify_lib.sh.inc

catcher
cat >"$T/alerts.yml" <<X
route:
  receiver: one
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1h
  repeat_interval: 2h
  routes:
    - {receiver: other, matchers: ['alertname="Other"']}
    - {receiver: many, matchers: ['severity="page"'], group_by: [n], continue: true}
    - {receiver: one}
receivers:
  - {name: one, webhook_configs: [{url: 'http://127.0.0.1:$port/one'}]}
  - {name: many, webhook_configs: [{url: 'http://127.0.0.1:$port/many'}]}
  - {name: other, webhook_configs: [{url: 'http://127.0.0.1:$port/other'}]}
X
notifier "$T/alerts.yml"
say "burst 10000"
sleep 0.2
asked=$(now_ms)
say "fire alertname=Other"
wait_for 15 at_least /other 1 || fail "another receiver got nothing"
took=$(($(came /other | head -n 1) - asked))
[ "$took" -lt 3000 ] || fail "another receiver waited $took ms"
wait_for 40 at_least /many 10000 || fail "$(count /many) of 10000 groups were told"
[ "$(count /one)" -eq 1 ] || fail "the group of 10,000 was told $(count /one) times"
n=$(grep '"path":"/one"' "$T/got" | grep -o 'fingerprint' | wc -l)
[ "$n" -eq 10000 ] || fail "the message of the one group has $n alerts"
mib=$(($(sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$pid/status") / 1024))
[ "$mib" -lt 200 ] || fail "it took $mib MiB"
echo "10,000 alerts in 10,001 groups: peak $mib MiB, another receiver after $took ms"
