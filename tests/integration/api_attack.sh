#!/bin/sh
# The HTTP API under attack: the agent counts and notifies on, whatever clients do. TLS, authentication, CORS.
. tests/integration/agent.inc
bin=${MLWATCH:-$PWD/build/san/mlwatch}
get() { "$tools/http_req" "$@"; }
status() { "$tools/http_req" -s "$@" | head -n 1; }
attack() { "$tools/http_attack" "$port" "$@"; }
is() { # WHAT GOT WANTED
	[ "$2" = "$3" ] || fail "$1: got '$2', wanted '$3'"
}
up() { # the agent answers within a second
	i=0
	until [ "$(status -k ${1:-$url}/-/healthy 2>/dev/null)" = 200 ]; do
		i=$((i + 1))
		[ $i -lt 300 ] || fail "the agent does not come up"
		sleep 0.1
	done
}
alive() { # WHILE: it answers at once; on a busy machine once in three is enough
	for try in 1 2 3; do
		from=$(date +%s%N)
		is "healthy $1" "$(status $url/-/healthy)" 200
		took=$((($(date +%s%N) - from) / 1000000))
		[ $took -ge 2000 ] || return 0
	done
	fail "healthy $1 took $took ms"
}
ulimit -n 4096 2>/dev/null
port=$((12000 + $$ % 20000))
url=http://127.0.0.1:$port
"$tools/catcher" --port-file "$dir/port" --out "$dir/caught" 2>/dev/null &
pids="$pids $!"
while [ ! -s "$dir/port" ]; do sleep 0.05; done
cat >"$dir/alerts.yml" <<EOF2
route: {receiver: hook, group_by: [alertname], group_wait: 0s, group_interval: 1s}
receivers: [{name: hook, webhook_configs: [{url: 'http://127.0.0.1:$(cat "$dir/port")/hook'}]}]
EOF2
write_config <<EOF2
alerting: {config_file: "$dir/alerts.yml"}
http: {listen: "127.0.0.1:$port", max_connections: 1500, query_timeout: 2s}
EOF2
"$tools/gen_log" --rows 1000 --start $(($(date +%s) - 60))000 --rps 50 --truth "$dir/truth.json" -o "$dir/log.jsonl"
start_agent
up
wait_count 1000 20

# Slow headers: cut off; meanwhile the rest of the test goes on.
attack drip 20 >"$dir/drip" &
drip=$!
attack many 1000 4 >"$dir/many" &
pids="$pids $drip $!"
i=0
until [ -s "$dir/many" ]; do
	i=$((i + 1))
	[ $i -lt 300 ] || fail "no 1,000 connections"
	sleep 0.1
done
is "connections held" "$(cat "$dir/many")" 1000
alive "beside 1,000 half requests"
attack body 100 4 >"$dir/body" &
pids="$pids $!"
sleep 0.3
alive "beside 100 slow bodies"
attack half 200 || fail "half-open"
alive "after half-open ones"
case $(attack headers 1000000) in 4* | closed) ;; *) fail "huge headers" ;; esac
is "a header of 10,000 bytes" "$(attack headers 10000)" 200
attack malformed || fail "malformed requests"
alive "after malformed ones"
is "pipelining" "$(attack pipeline 50)" 50
is "an endless body" "$(attack chunked 12000000)" 413
head -c 11000000 /dev/zero | tr '\0' x >"$dir/big"
is "a body of 11 MB" "$(status -H 'Content-Type: application/json' -H 'Expect:' -d "@$dir/big" $url/api/v2/alerts)" 413
{ printf 'query='; head -c 9000000 /dev/zero | tr '\0' ' '; printf 1; } >"$dir/blanks"
is "a query of 9 MB of blanks" "$(status -H "Expect:" -d "@$dir/blanks" $url/api/v1/query)" 400

# A query that would take minutes is cut; what comes in meanwhile is counted and notified.
long='sum_over_time(quantile_over_time(0.9, vector(time())[1d:1s])[1d:1s])'
for i in 1 2 3; do
	get -s -d "query=$long" $url/api/v1/query >"$dir/long.$i" &
	longs="$longs $!"
done
"$tools/gen_log" --rows 500 --start $(date +%s)000 --rps 500 --truth "$dir/truth2.json" -o "$dir/log2.jsonl"
is "an alert meanwhile" "$(status -H 'Content-Type: application/json' -d '[{"labels":{"alertname":"Meanwhile"}}]' $url/api/v2/alerts)" 200
alive "beside long queries"
wait_count 1500 5
until_ok 3 grep -q Meanwhile "$dir/caught" || fail "not notified beside long queries"
wait $longs
for i in 1 2 3; do
	is "long query" "$(head -n 1 "$dir/long.$i")" 503
	grep -q '"errorType":"timeout","error":"query timed out in' "$dir/long.$i" || fail "the long query says: $(cat "$dir/long.$i")"
done
wait $drip || fail "the slow header was not cut off"

# CORS is off; OPTIONS and HEAD have answers.
get -i $url/-/healthy | grep -qi 'access-control' && fail "CORS is on"
is "HEAD" "$(status -I $url/api/v1/labels)" 200
stop_agent TERM

# TLS with basic authentication.
if command -v openssl >/dev/null; then
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null
	echo pass >"$dir/password"
	chmod 600 "$dir/password" "$dir/key.pem"
	sed -i "s|^http:.*|http: {listen: \"0.0.0.0:$port\", cert_file: \"$dir/cert.pem\", key_file: \"$dir/key.pem\", username: me, password_file: \"$dir/password\"}|" "$dir/mlwatch.yml"
	start_agent
	surl=https://127.0.0.1:$port
	up $surl
	is "TLS without a password" "$(status -k $surl/api/v1/labels)" 401
	is "a wrong one" "$(status -k -u me:no $surl/api/v1/labels)" 401
	is "another name" "$(status -k -u you:pass $surl/api/v1/labels)" 401
	is "the right one" "$(status -k -u me:pass $surl/api/v1/labels)" 200
	attack malformed 2>/dev/null
	get http://127.0.0.1:$port/-/healthy >/dev/null 2>&1 && fail "plain HTTP on the TLS port"
	is "still there" "$(status -k $surl/-/healthy)" 200
	stop_agent TERM
else
	fail "openssl is not installed: sh contrib/bootstrap.sh deps test"
fi
sed -i "s|^http:.*|http: {listen: \"0.0.0.0:$port\"}|" "$dir/mlwatch.yml"
"$bin" run -c "$dir/mlwatch.yml" 2>"$dir/refused" && fail "an open listener without authentication started"
grep -q 'ERROR: AddressSanitizer\|LeakSanitizer\|runtime error' "$dir/agent.log" && fail "sanitizer findings"
echo "ok"
