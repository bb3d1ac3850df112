#!/bin/sh
# The HTTP API of the running agent: Prometheus' and Alertmanager's answers, guard rails; with promtool and amtool where they are installed.
bin=${MLWATCH:-$PWD/build/san/mlwatch}
. tests/integration/agent.inc
bin=${MLWATCH:-$PWD/build/san/mlwatch}
get() { "$tools/http_req" "$@"; }
status() { "$tools/http_req" -s "$@" | head -n 1; }
is() { # WHAT GOT WANTED
	[ "$2" = "$3" ] || fail "$1: got '$2', wanted '$3'"
}
has() { # WHAT TEXT PART
	case $2 in *"$3"*) ;; *) fail "$1: '$3' is not in: $(echo "$2" | head -c 600)" ;; esac
}
port=$((12000 + $$ % 20000))
url=http://127.0.0.1:$port
"$tools/catcher" --port-file "$dir/port" --out "$dir/caught" 2>/dev/null &
pids="$pids $!"
while [ ! -s "$dir/port" ]; do sleep 0.05; done
cat >"$dir/rules.yml" <<'EOF'
groups:
  - name: g
    interval: 1s
    rules:
      - {record: 'model:predictions', expr: 'sum by (model) (increase(ml_predictions_total[1h]))'}
      - {alert: Errors, expr: 'sum by (model) (increase(ml_errors_total[1h])) > 5', labels: {severity: critical}}
EOF
cat >"$dir/alerts.yml" <<EOF
route: {receiver: hook, group_by: [alertname], group_wait: 0s, group_interval: 1s}
receivers: [{name: hook, webhook_configs: [{url: 'http://127.0.0.1:$(cat "$dir/port")/hook'}]}]
EOF
write_config <<EOF
rule_files: ["$dir/rules.yml"]
alerting: {config_file: "$dir/alerts.yml"}
http: {listen: "127.0.0.1:$port"}
EOF
"$tools/gen_log" --rows 1000 --error-rate 0.02 --start $(($(date +%s) - 60))000 --rps 50 --truth "$dir/truth.json" -o "$dir/log.jsonl"
start_agent
wait_count 1000 20
i=0
until [ "$(status $url/-/ready 2>/dev/null)" = 200 ]; do
	i=$((i + 1))
	[ $i -lt 100 ] || fail "not ready"
	sleep 0.1
done
i=0
until get "$url/api/v1/alerts" | grep -q '"state":"firing"' && get "$url/api/v1/query?query=model:predictions" | grep -q '"1000"'; do
	i=$((i + 1))
	[ $i -lt 100 ] || fail "no rule was evaluated over the whole log"
	sleep 0.1
done

# Prometheus' query API. The numbers are those of the generator's truth.
q='sum(increase(ml_predictions_total[1h]))'
has "instant query" "$(get "$url/api/v1/query?query=$(echo "$q" | sed 's/\[/%5B/;s/\]/%5D/')")" '"1000"]'
has "the same as a form" "$(get -d "query=$q" $url/api/v1/query)" '"resultType":"vector"'
has "scalar" "$(get "$url/api/v1/query?query=1%2B1&time=1.5")" '{"status":"success","data":{"resultType":"scalar","result":[1.5,"2"]}}'
is "syntax error" "$(status "$url/api/v1/query?query=sum(")" 400
has "its type" "$(get "$url/api/v1/query?query=sum(")" '"errorType":"bad_data"'
is "range without a step" "$(status "$url/api/v1/query_range?query=up&start=0&end=1")" 400
is "too many points" "$(status "$url/api/v1/query_range?query=up&start=0&end=1000000&step=1")" 400
is "end before start" "$(status "$url/api/v1/query_range?query=up&start=10&end=1&step=1")" 400
has "range" "$(get "$url/api/v1/query_range?query=vector(3)&start=0&end=2&step=1")" '[[0,"3"],[1,"3"],[2,"3"]]'
has "series" "$(get "$url/api/v1/series?match%5B%5D=ml_errors_total")" '"__name__":"ml_errors_total"'
is "series without match" "$(status "$url/api/v1/series")" 400
has "labels" "$(get "$url/api/v1/labels")" '"model"'
has "values" "$(get "$url/api/v1/label/model/values")" '["credit"]'
has "metadata" "$(get "$url/api/v1/metadata?metric=ml_score")" '"type":"histogram"'
has "rules" "$(get "$url/api/v1/rules?type=alert")" '"name":"Errors"'
has "alerts" "$(get "$url/api/v1/alerts")" '"state":"firing"'
has "recorded" "$(get "$url/api/v1/query?query=model:predictions")" '"1000"]'
has "format" "$(get "$url/api/v1/format_query?query=sum(up)by(job)")" 'sum by (job) (up)'
has "parse" "$(get "$url/api/v1/parse_query?query=-up%7Ba=%22b%22%7D")" '{"type":"unaryExpr","op":"-","expr":{"type":"vectorSelector","name":"up","offset":0,"timestamp":null,"startOrEnd":null,"matchers":[{"name":"a","value":"b","type":"="},{"name":"__name__","value":"up","type":"="}]'
rules=$(get "$url/api/v1/rules?rule_name%5B%5D=Errors")
has "the rule's labels" "$rules" '"labels":{"severity":"critical"}'
has "the group's interval" "$rules" '"interval":1'
case $rules in *model:predictions*) fail "rules by name: $rules" ;; esac
has "rules without alerts" "$(get "$url/api/v1/rules?type=alert&exclude_alerts=true")" '"alerts":[]'
is "rules of no type" "$(status "$url/api/v1/rules?type=x")" 400
has "buildinfo" "$(get $url/api/v1/status/buildinfo)" '"version"'
is "no such path" "$(status $url/api/v1/nothing)" 404
is "wrong method" "$(status -X DELETE $url/api/v1/query)" 405
is "reload is off" "$(status -X POST $url/-/reload)" 403
is "healthy" "$(status $url/-/healthy)" 200

# /metrics
metrics=$(get $url/metrics)
has "metrics" "$metrics" '# TYPE ml_predictions_total counter'
has "native histograms as classic ones" "$metrics" 'ml_latency_seconds_count{job="test",model="credit",version="1.4.0"} 1000'
has "OpenMetrics" "$(get -H 'Accept: application/openmetrics-text' $url/metrics | tail -n 1)" '# EOF'

# mlwatch's own
has "models" "$(get $url/api/mlwatch/v1/models)" '"model": "credit"'
has "health" "$(get $url/api/mlwatch/v1/health)" '"schema": "mlwatch.status/1"'
has "events" "$(get $url/api/mlwatch/v1/events)" '"kind": "alert"'
is "drift needs a model" "$(status $url/api/mlwatch/v1/drift)" 400

# Alertmanager's API: an alert from elsewhere is routed like ours; a silence made over HTTP keeps it quiet.
has "receivers" "$(get $url/api/v2/receivers)" '[{"name":"hook"}]'
is "an alert from elsewhere" "$(status -H 'Content-Type: application/json' -d '[{"labels":{"alertname":"Elsewhere","job":"x"},"annotations":{"summary":"hello"}}]' $url/api/v2/alerts)" 200
is "alerts without labels" "$(status -H 'Content-Type: application/json' -d '[{"labels":{}}]' $url/api/v2/alerts)" 400
is "no list" "$(status -H 'Content-Type: application/json' -d '{' $url/api/v2/alerts)" 400
i=0
until grep -q Elsewhere "$dir/caught"; do
	i=$((i + 1))
	[ $i -lt 50 ] || fail "the alert from elsewhere was not notified"
	sleep 0.1
done
has "alerts v2" "$(get "$url/api/v2/alerts?filter=alertname%3DElsewhere")" '"alertname":"Elsewhere"'
has "groups" "$(get "$url/api/v2/alerts/groups")" '"receiver":{"name":"hook"}'
until_=$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)
id=$(get -H 'Content-Type: application/json' -d "{\"matchers\":[{\"name\":\"alertname\",\"value\":\"Else.*\",\"isRegex\":true}],\"startsAt\":\"$(date -u +%Y-%m-%dT%H:%M:%SZ)\",\"endsAt\":\"$until_\",\"createdBy\":\"me\",\"comment\":\"why\"}" $url/api/v2/silences | sed 's/.*"silenceID":"\([^"]*\)".*/\1/')
[ ${#id} -eq 36 ] || fail "no silence: $id"
has "silence" "$(get $url/api/v2/silence/$id)" '"isRegex":true'
has "it silences" "$(get "$url/api/v2/alerts?filter=alertname%3DElsewhere")" "\"silencedBy\":[\"$id\"]"
is "expire" "$(status -X DELETE $url/api/v2/silence/$id)" 200
has "expired" "$(get $url/api/v2/silence/$id)" '"state":"expired"'
is "unknown silence" "$(status $url/api/v2/silence/00000000-0000-0000-0000-000000000000)" 404

# A body over the limit is refused, and the agent goes on.
head -c 11000000 /dev/zero | tr '\0' x >"$dir/big"
code=$("$tools/http_req" -s -H 'Content-Type: application/json' -d "$(head -c 100000 "$dir/big")" $url/api/v2/alerts | head -n 1)
is "a body that is no JSON" "$code" 400
is "still there" "$(status $url/-/healthy)" 200

if command -v promtool >/dev/null; then
	has "promtool instant" "$(promtool query instant $url "$q" 2>&1)" '=> 1000 @'
	has "promtool series" "$(promtool query series --match=ml_score $url 2>&1)" 'ml_score'
	has "promtool labels" "$(promtool query labels $url model 2>&1)" credit
	get $url/metrics | promtool check metrics 2>&1 | grep . && fail "promtool check metrics"
else
	echo "promtool is not installed: its part is left out"
fi
if command -v amtool >/dev/null; then
	has "amtool alert" "$(amtool --alertmanager.url=$url alert query 2>/dev/null)" Elsewhere
	id=$(amtool --alertmanager.url=$url silence add alertname=Elsewhere -d 1h -c test -a me 2>/dev/null)
	has "amtool silence" "$(amtool --alertmanager.url=$url silence query 2>/dev/null)" "$id"
	amtool --alertmanager.url=$url silence expire "$id" 2>/dev/null || fail "amtool silence expire"
else
	echo "amtool is not installed: its part is left out"
fi
stop_agent TERM

# With authentication: nothing without it; read-only: nothing changes.
echo secret >"$dir/token"
chmod 600 "$dir/token"
sed -i "s|^http:.*|http: {listen: \"127.0.0.1:$port\", bearer_token_file: \"$dir/token\", read_only: true}|" "$dir/mlwatch.yml"
start_agent
i=0
until [ "$(status $url/-/healthy 2>/dev/null)" = 200 ]; do
	i=$((i + 1))
	[ $i -lt 100 ] || fail "not back"
	sleep 0.1
done
is "no token" "$(status "$url/api/v1/query?query=1")" 401
is "wrong token" "$(status -H 'Authorization: Bearer wrong' "$url/api/v1/query?query=1")" 401
is "token" "$(status -H 'Authorization: Bearer secret' "$url/api/v1/query?query=1")" 200
is "read-only" "$(status -H 'Authorization: Bearer secret' -d '[]' $url/api/v2/alerts)" 403
stop_agent TERM
sed -i "s|^http:.*|http: {listen: \"0.0.0.0:$port\"}|" "$dir/mlwatch.yml"
"$bin" run -c "$dir/mlwatch.yml" 2>"$dir/refused" && fail "an open listener without authentication started"
grep -q 'needs authentication' "$dir/refused" || fail "why it did not start is not said: $(cat "$dir/refused")"
grep -q 'ERROR: AddressSanitizer\|runtime error' "$dir/agent.log" && fail "sanitizer findings"
echo "ok"
