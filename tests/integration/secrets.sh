#!/bin/sh
# Secrets from files, from the environment and inline reach their receivers and nobody else: not the log, the store, the API, what the
# commands print; and not a core dump. One that is not set is told where it stands.
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/agent.inc

start_catcher
listen=127.0.0.1:$((12000 + $$ % 20000))
mkdir "$dir/cwd"
umask 077
echo "FileBearer7f3a" >"$dir/bearer"
echo "http://$catcher/hook/FileUrl9c1d" >"$dir/url"
echo "FileBasic5e2b" >"$dir/basic"
chmod 644 "$dir/basic" # and that is told
export ENV_SLACK="http://$catcher/slack/EnvUrl4b6e" ENV_KEY=EnvRouting8d0f ENV_USER=EnvUser3a7c ENV_SCRAPE=EnvScrape2f9a
inline=InlineToken6c4d
secrets="FileBearer7f3a FileUrl9c1d FileBasic5e2b EnvUrl4b6e EnvRouting8d0f EnvUser3a7c EnvScrape2f9a $inline"
cat >"$dir/alerts.yml" <<X
global: {slack_api_url_file: 'env:ENV_SLACK', pagerduty_url: 'http://$catcher/pd'}
route: {receiver: all, group_by: [alertname], group_wait: 0s, group_interval: 1h, repeat_interval: 2h}
receivers:
  - name: all
    webhook_configs:
      - {url_file: url, http_config: {authorization: {credentials_file: bearer}}}
      - {url: 'http://$catcher/basic', http_config: {basic_auth: {username_file: 'env:ENV_USER', password_file: basic}}}
      - {url: 'http://$catcher/inline', http_config: {bearer_token: $inline}}
    slack_configs: [{channel: '#x'}]
    pagerduty_configs: [{routing_key_file: 'env:ENV_KEY'}]
X
cat >"$dir/mlwatch.yml" <<X
storage: {path: $dir/store.db}
global: {scrape_interval: 500ms, scrape_timeout: 400ms}
scrape_configs:
  - {job_name: a, metrics_path: /scraped, authorization: {credentials_file: 'env:ENV_SCRAPE'}, static_configs: [{targets: ['$catcher']}]}
  - {job_name: b, metrics_path: /scraped, basic_auth: {username: u, password: $inline}, static_configs: [{targets: ['$catcher']}]}
health_checks: [{job_name: h, url: 'http://$catcher/health', interval: 500ms, timeout: 400ms, bearer_token: $inline, expect: {status: 400}}]
alerting: {config_file: alerts.yml}
http: {listen: '$listen'}
X
"$tools/http_req" -X POST "http://$catcher/_answer?path=/health&steps=echo*" >/dev/null

up() { # OPTION...
	(
		cd "$dir/cwd" && ulimit -c unlimited && exec "$bin" run -c "$dir/mlwatch.yml" --log-level debug "$@"
	) 2>>"$dir/agent.log" &
	agent=$!
	pids="$pids $agent"
	wait_ready
}
told() { # ALERT: all five receivers
	"$tools/http_req" -d "[{\"labels\":{\"alertname\":\"$1\"}}]" -H 'Content-Type: application/json' "http://$listen/api/v2/alerts"
	until_ok 10 came "$1" || fail "$(grep -c "$1" "$dir/caught") of 5 messages came"
	until_ok 10 all_written "$1" || fail "what came of $1 is not written: $("$bin" notifications --store "$dir/store.db")"
}
came() { [ "$(grep -c "$1" "$dir/caught")" -ge 5 ]; }
all_written() { # its five rows, none of them open
	[ "$("$bin" notifications --store "$dir/store.db" | grep -c "$1")" -eq 5 ] &&
		! "$bin" notifications --open --store "$dir/store.db" | grep -q "$1"
}
b64() { printf %s "$1" | base64; }

up
told First
arrived() { until_ok 5 grep -q "$1" "$dir/caught" || fail "$2"; }
arrived '/hook/FileUrl9c1d.*Bearer FileBearer7f3a' "the webhook's secrets did not arrive"
arrived "\"path\":\"/basic\".*Basic $(b64 EnvUser3a7c:FileBasic5e2b)" "basic authentication did not arrive"
arrived "\"path\":\"/inline\".*Bearer $inline" "the inline token did not arrive"
arrived '"path":"/slack/EnvUrl4b6e"' "Slack's URL from the environment was not used"
arrived 'routing_key.*EnvRouting8d0f' "PagerDuty's key from the environment did not arrive"
arrived '/scraped.*Bearer EnvScrape2f9a' "the scrape's token from the environment did not arrive"

# A receiver that answers with what it was sent: its name is told, its secret is not.
for path in /hook/FileUrl9c1d /slack/EnvUrl4b6e /pd /basic /inline; do
	"$tools/http_req" -X POST "http://$catcher/_answer?path=$path&steps=echo" >/dev/null
done
told Second
sed -i 's/^route:/routes:/' "$dir/alerts.yml"
kill -HUP "$agent"
until_ok 5 grep -q 'reload refused' "$dir/agent.log" || fail "a mistake is not told"
sed -i 's/^routes:/route:/' "$dir/alerts.yml"
kill -HUP "$agent"
warned_twice() { [ "$(grep -c "warn *config: $dir/alerts.yml:.*'$dir/basic'" "$dir/agent.log")" -eq 2 ]; }
until_ok 5 warned_twice || fail "a start and a reload do not say that others may read a secret"

health_kept() { "$bin" status --store "$dir/store.db" --json | grep -q '/health Bearer \*'; }
until_ok 5 health_kept || fail "the last answer of a health check is not kept"
{
	for path in /api/v2/status /api/v1/status/config /api/v1/status/flags /api/v1/targets /api/v2/alerts /api/v2/alerts/groups /metrics \
		/api/mlwatch/v1/notifications /api/mlwatch/v1/events; do
		"$tools/http_req" "http://$listen$path"
	done
	for id in $(seq 1 10); do
		"$bin" notifications show "$id" --store "$dir/store.db"
		"$bin" notifications show "$id" --store "$dir/store.db" --json
	done
	"$bin" notifications list --store "$dir/store.db" --json
	"$bin" events --store "$dir/store.db"
	"$bin" status --store "$dir/store.db"
	sed 's/^route:/routes:/' "$dir/alerts.yml" >"$dir/wrong.yml"
	"$bin" check alerts "$dir/wrong.yml" 2>&1
	"$bin" check config "$dir/mlwatch.yml" 2>&1
} >"$dir/printed"
[ "$(grep -c '^  error .*HTTP status 400: [/*]' "$dir/printed")" -eq 5 ] || fail "why a message was given up is not shown"
cat "$dir"/store.db* "$dir/agent.log" "$dir/printed" >"$dir/all"
grep -qa 'First' "$dir/all" || fail "nothing was kept, nothing can be found"
for s in $secrets $(b64 EnvUser3a7c:FileBasic5e2b) $(b64 "u:$inline"); do
	! grep -qaF "$s" "$dir/all" || fail "the secret '$s' is in $(grep -laF "$s" "$dir"/store.db* "$dir/agent.log" "$dir/printed" | tr '\n' ' ')"
done

# A crash leaves no core; with --core-dumps it does, and what was read from files is not in it: it was wiped when it had been used.
kill -SEGV "$agent"
wait "$agent" 2>/dev/null
[ -z "$(ls "$dir/cwd")" ] || fail "a crash left $(ls "$dir/cwd")"
up --core-dumps
told Third
kill -ABRT "$agent"
wait "$agent" 2>/dev/null
case $(cat /proc/sys/kernel/core_pattern) in
[/\|]*) echo "cores go elsewhere here: that they hold no secret was not looked at" ;;
*)
	core=$(ls "$dir"/cwd/core*) || fail "no core with --core-dumps"
	# Its memory; before that are notes with what is in registers, where the last thing that was copied stays.
	tail -c "+$(($(readelf -lW $core | awk '/LOAD/ { print $2; exit }') + 1))" $core >"$dir/memory"
	core=$dir/memory
	grep -qaF "$inline" $core || fail "an inline secret is not in the core: nothing would be found there"
	for s in FileBearer7f3a FileUrl9c1d FileBasic5e2b $(b64 EnvUser3a7c:FileBasic5e2b); do
		! grep -qaF "$s" $core || fail "the secret '$s' stays in memory"
	done
	;;
esac

# One that is not set is a mistake with its place, for check and for a start.
unset ENV_KEY
"$bin" check alerts "$dir/alerts.yml" >"$dir/out" 2>&1 && fail "a variable that is not set passes the check"
grep -q "alerts.yml:10:44: the environment variable 'ENV_KEY' is not set" "$dir/out" || fail "it is not told where it stands: $(cat "$dir/out")"
"$bin" run -c "$dir/mlwatch.yml" >"$dir/out" 2>&1
[ $? -eq 3 ] || fail "the agent starts without a secret"
grep -q "alerts.yml:10:44: .*'ENV_KEY' is not set" "$dir/out" || fail "a start does not tell: $(cat "$dir/out")"
exit 0
