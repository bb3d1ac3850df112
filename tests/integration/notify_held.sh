#!/bin/sh
# alone: it measures time
# Another process holds the store for seconds while alerts fire: the loop turns on (HTTP is answered, scrapes go out, a reload is
# read), and afterwards each alert is told once. The same with kill -9 while it is held: nothing is lost.
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/agent.inc

start_catcher
listen=127.0.0.1:$((12000 + $$ % 20000))
cat >"$dir/alerts.yml" <<X
route: {receiver: hook, group_by: [alertname], group_wait: 0s, group_interval: 1h, repeat_interval: 2h}
receivers: [{name: hook, webhook_configs: [{url: 'http://$catcher/hook'}]}]
X
cat >"$dir/mlwatch.yml" <<X
storage: {path: $dir/store.db}
global: {scrape_interval: 500ms, scrape_timeout: 400ms}
scrape_configs: [{job_name: any, metrics_path: /scraped, static_configs: [{targets: ['$catcher']}]}]
alerting: {config_file: $dir/alerts.yml}
http: {listen: '$listen'}
X
count() { grep -c "\"path\":\"$1\"" "$dir/caught"; }
told() { grep -o 'alertname=\\\\\\"[A-Za-z0-9]*' "$dir/caught" | sort -u | wc -l; }
post() { # NAME: as a Prometheus does
	"$tools/http_req" -s -d "[{\"labels\":{\"alertname\":\"$1\"}}]" -H 'Content-Type: application/json' "http://$listen/api/v2/alerts" | head -n 1
}
hold() { # HOW SECONDS
	rm -f "$dir/held"
	"$tools/hold_store" "$dir/store.db" "$1" "$2" >"$dir/held" &
	holder=$!
	pids="$pids $holder"
	i=0
	while ! grep -q held "$dir/held"; do
		i=$((i + 1))
		[ $i -lt 200 ] || fail "the store cannot be held"
		sleep 0.05
	done
}
wait_told() { # N SECONDS
	i=0
	until [ "$(told)" -ge "$1" ]; do
		i=$((i + 1))
		[ $i -lt $(($2 * 10)) ] || fail "$(told) of $1 alerts were told"
		sleep 0.1
	done
}

start_agent
wait_ready
n=0
for how in immediate exclusive; do
	hold $how 4
	scrapes=$(count /scraped)
	"$tools/pulse" "http://$listen/-/healthy" 3.5 >"$dir/pulse" &
	pulse=$!
	for k in 1 2 3 4 5 6; do
		n=$((n + 1))
		[ "$(post "Held$n")" = 200 ] || fail "an alert was not taken while the store is held"
		[ $k -ne 3 ] || kill -HUP "$agent"
		sleep 0.4
	done
	wait $pulse || fail "no answer while the store is held: $(cat "$dir/pulse")"
	[ "$(told)" -eq $((n - 6)) ] || fail "an alert was told before its row could be kept"
	slowest=$(sed -n 's/.*slowest \([0-9]*\) ms/\1/p' "$dir/pulse")
	[ "$slowest" -lt 50 ] || fail "the loop stood still: $(cat "$dir/pulse")"
	[ $(($(count /scraped) - scrapes)) -ge 5 ] || fail "$(($(count /scraped) - scrapes)) scrapes in 3.5 s"
	wait $holder
	wait_told $n 8
	i=0
	until [ "$(grep -c reloaded "$dir/agent.log")" -eq $((n / 6)) ]; do
		i=$((i + 1))
		[ $i -lt 50 ] || fail "the reload was lost"
		sleep 0.1
	done
	[ "$(grep -c 'notifications cannot be kept' "$dir/agent.log")" -le $((n / 6)) ] || fail "said again and again that notifications cannot be kept"
	echo "$how: $(cat "$dir/pulse")"
done
sleep 2
[ "$(count /hook)" -eq $n ] || fail "$(count /hook) notifications for $n alerts"

# Killed while it is held, then again and again: what was told may be told once more, nothing is missing.
for k in 1 2 3; do
	n=$((n + 1))
	hold exclusive 2
	post "Held$n" >/dev/null
	sleep 0.3
	kill -9 "$agent"
	wait "$agent" 2>/dev/null
	wait $holder
	start_agent
	wait_ready
	post "Held$n" >/dev/null # a rule goes on saying what fires
	wait_told $n 8
done
sleep 1
extra=$(($(count /hook) - n))
[ $extra -le 3 ] || fail "$extra notifications came twice in 3 kills"
exit 0
