#!/bin/sh
# The running agent scrapes: samples, labels, staleness, failures, authentication, health checks, as a query sees them.
. tests/integration/agent.inc

mkdir "$dir/www"
"$tools/exposer" "$dir/port" "$dir/www" &
exposer=$!
pids="$pids $exposer"
i=0
while [ ! -s "$dir/port" ]; do
	i=$((i + 1))
	[ $i -lt 50 ] || fail "the exposer does not start"
	sleep 0.1
done
port=$(cat "$dir/port")
echo 'Bearer first' >"$dir/www/secret.auth"
echo first >"$dir/token"
chmod 600 "$dir/token"
printf 'a{job="own"} 1\nb 2\ngo_x 3\nprocess_start_time_seconds 1000\n' >"$dir/www/metrics"
printf '# TYPE c counter\nc_total{z="\303\244"} 5 # {t="1"} 1\n# EOF\n' >"$dir/www/metrics.om"
echo 'd 4' >"$dir/www/secret"
echo 'e 5' >"$dir/www/slow"
echo 5 >"$dir/www/slow.slow"
echo '{"model_loaded": true, "checks": [{"ok": 1}]}' >"$dir/www/health.json"
cat >"$dir/mlwatch.yml" <<EOF
storage: {path: $dir/store.db, commit_interval: 200ms}
global: {scrape_interval: 1s, scrape_timeout: 900ms}
scrape_configs:
  - job_name: plain
    static_configs: [{targets: ["127.0.0.1:$port", "127.0.0.1:$port"], labels: {model: fraud}}]
    metric_relabel_configs:
      - {source_labels: [__name__], regex: 'go_.*', action: drop}
  - job_name: om
    metrics_path: /metrics.om
    static_configs: [{targets: ["127.0.0.1:$port"]}]
    relabel_configs:
      - {target_label: instance, replacement: renamed}
  - job_name: secret
    metrics_path: /secret
    authorization: {credentials_file: token}
    static_configs: [{targets: ["127.0.0.1:$port"]}]
  - job_name: slow
    metrics_path: /slow
    static_configs: [{targets: ["127.0.0.1:$port"]}]
  - job_name: nobody
    static_configs: [{targets: ["127.0.0.1:1"]}]
health_checks:
  - {job_name: h, url: "http://127.0.0.1:$port/health.json", interval: 1s, timeout: 900ms, expect: {status: 200, json: {model_loaded: true, checks.0.ok: 1}}}
EOF

value() { "$bin" query "$1" --store "$dir/store.db" 2>/dev/null | sed -n 's/.* => \(.*\) @.*/\1/p'; }
# expect EXPR VALUE: within 6 s the query has this one value ("" for no result).
expect() {
	i=0
	while got=$(value "$1"); [ "$got" != "$2" ]; do
		i=$((i + 1))
		[ $i -lt 30 ] || fail "'$1' is '$got', not '$2'"
		sleep 0.2
	done
	echo "ok: $1 = $2"
}

start_agent
expect 'up{job="plain"}' 1
expect "a{job=\"plain\",exported_job=\"own\",model=\"fraud\",instance=\"127.0.0.1:$port\"}" 1
expect 'go_x' ''
expect 'scrape_samples_scraped{job="plain"}' 4
expect 'scrape_samples_post_metric_relabeling{job="plain"}' 3
expect 'c_total{instance="renamed",z="ä"}' 5
expect 'd' 4
expect 'up{job="slow"}' 0
expect 'e' ''
expect 'up{job="nobody"}' 0
expect 'ml_health{job="h"}' 1
expect 'count(ml_health_seconds{job="h"})' 1

# a series vanishes: not five minutes later, but at once
printf 'a{job="own"} 7\n' >"$dir/www/metrics"
expect 'a' 7
expect 'b' ''
# a bad line fails that scrape, nothing of it is kept, and only that target is down
printf 'a 8\nnot a number ?\n' >"$dir/www/metrics"
expect 'up{job="plain"}' 0
expect 'a' ''
expect 'up{job="om"}' 1
printf 'a 9\n' >"$dir/www/metrics"
expect 'a' 9
# a token is rotated: no reload
echo 'Bearer second' >"$dir/www/secret.auth"
expect 'up{job="secret"}' 0
echo second >"$dir/token"
expect 'up{job="secret"}' 1
# a reload: what stays is never away for a moment, what is gone ends at once
sed -i '/job_name: nobody/,+1d' "$dir/mlwatch.yml"
kill -HUP "$agent"
i=0
while [ $i -lt 12 ]; do
	i=$((i + 1))
	[ -n "$(value 'up{job="plain"}')" ] || fail "after a reload up is away"
	sleep 0.1
done
expect 'up{job="nobody"}' ''
expect 'a' 9
expect 'scrape_series_added{job="plain"}' 0
# the service says that it is not well
echo '{"model_loaded": true, "checks": [{"ok": 0}]}' >"$dir/www/health.json"
expect 'ml_health{job="h"}' 0
# the service is gone
kill "$exposer"
expect 'up{job="om"}' 0
expect 'c_total' ''
stop_agent TERM
