#!/bin/sh
# oauth2 in http_config against a token server: a token is asked for once and used until it ends, asked for anew when a server refuses
# it, in both ways a client may say who it is; a token server that is down or says no delays only its own messages.
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/notify_lib.sh.inc

server() { # [PORT]
	rm -f "$T/token-port"
	python3 tests/tools/token_server.py "$T/token-port" "$T/token-log" "$@" &
	server=$!
	pids="$pids $server"
	wait_for 10 test -s "$T/token-port" || fail "the token server does not start"
	at=127.0.0.1:$(cat "$T/token-port")
}
set_server() { curl -s -o /dev/null "http://$at/_set?$1"; }
tokens() { grep -c ' /token 200 ' "$T/token-log"; }
asked() { grep -c ' /token ' "$T/token-log"; }
hits() { grep -c " /protected/$1 $2 " "$T/token-log"; }
hits_are() { [ "$(hits "$1" "$2")" -eq "$3" ]; }

: >"$T/token-log"
server
catcher
umask 077
echo 's3cret/+=' >"$T/secret"
echo 'wrong' >"$T/wrong"
oauth() { # SECRET_FILE
	echo "{oauth2: {client_id: 'me&co', client_secret_file: $1, token_url: 'http://$at/token', scopes: [read, 'write all'], endpoint_params: {audience: 'a b'}}}"
}
cat >"$T/alerts.yml" <<X
route:
  receiver: a
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1h
  repeat_interval: 2h
  routes:
    - {receiver: wrong, matchers: ['to="wrong"']}
    - {receiver: plain, matchers: ['to="plain"']}
receivers:
  - {name: a, webhook_configs: [{url: 'http://$at/protected/a', http_config: $(oauth secret)}]}
  - {name: wrong, webhook_configs: [{url: 'http://$at/protected/wrong', http_config: $(oauth wrong)}]}
  - {name: plain, webhook_configs: [{url: 'http://127.0.0.1:$port/plain'}]}
X
notifier "$T/alerts.yml"

# Ten at once share one token; what is asked for arrives.
for i in 1 2 3 4 5 6 7 8 9 10; do say "fire alertname=Once$i"; done
wait_for 5 hits_are a 200 10 || fail "$(hits a 200) of 10 came with a token"
[ "$(asked)" -eq 1 ] || fail "$(asked) tokens were asked for"
grep -q 'grant=client_credentials scope=read write all audience=a b' "$T/token-log" || fail "what was asked for: $(cat "$T/token-log")"
[ "$(hits a 401)" -eq 0 ] || fail "a request went without a token"

# Refused: another one, once, and the message arrives.
curl -s -o /dev/null "http://$at/_revoke"
say "fire alertname=Revoked"
wait_for 5 hits_are a 200 11 || fail "a refused token was not replaced"
[ "$(hits a 401)" -eq 1 ] && [ "$(tokens)" -eq 2 ] || fail "$(hits a 401) refusals, $(tokens) tokens"

# One that ends is not used any more: 12 s less the ten in which it could end under way.
set_server expires=12
curl -s -o /dev/null "http://$at/_revoke"
say "fire alertname=Short"
wait_for 5 hits_are a 200 12 || fail "no token that lives 12 s"
sleep 2.2
say "fire alertname=After"
wait_for 5 hits_are a 200 13 || fail "nothing after the token's end"
[ "$(tokens)" -eq 4 ] || fail "$(tokens) tokens, 4 expected"
[ "$(hits a 401)" -eq 2 ] || fail "a token that ends soon was used"

# The server wants the secret in the body: found out, and remembered.
set_server 'style=body&expires=3600'
say "quit"
wait_for 5 sh -c "! kill -0 $pid" || fail "does not stop"
notifier "$T/alerts.yml"
before=$(asked)
say "fire alertname=Body"
wait_for 5 hits_are a 200 14 || fail "no token by the body"
[ $(($(asked) - before)) -eq 2 ] || fail "$(($(asked) - before)) requests to find out how"
curl -s -o /dev/null "http://$at/_revoke"
say "fire alertname=Body2"
wait_for 5 hits_are a 200 15 || fail "no second token by the body"
[ $(($(asked) - before)) -eq 3 ] || fail "how was not remembered"

# A secret that is wrong: told, tried again, nobody else waits, the secret is nowhere.
say "fire alertname=Wrong to=wrong"
say "fire alertname=Plain to=plain"
wait_for 2 at_least /plain 1 || fail "another receiver waited for a token"
shown() { build/mlwatch notifications --store "$T/store.db" --open | grep -q "cannot get a token from 'http://$at/token': HTTP status 401: invalid_client: \*\*\*\*\* is not the secret of me&co"; }
wait_for 5 shown || fail "why there is no token is not shown: $(build/mlwatch notifications --store "$T/store.db" --open)"
[ "$(hits wrong 200)" -eq 0 ] && [ "$(hits wrong 401)" -eq 0 ] || fail "a request went without a token"
echo 's3cret/+=' >"$T/wrong"
wait_for 10 hits_are wrong 200 1 || fail "a secret that was mended is not used"

# The token server is down for a while.
kill $server
wait $server 2>/dev/null
say "quit"
wait_for 5 sh -c "! kill -0 $pid" || fail "does not stop"
notifier "$T/alerts.yml"
say "fire alertname=Down"
sleep 1.5
server "${at#*:}"
wait_for 10 hits_are a 200 16 || fail "nothing once the token server is back"
cat "$T"/store.db* "$T/log" >"$T/all"
for s in 's3cret' 'token-[0-9]*-'; do ! grep -qa "$s" "$T/all" || fail "a secret stays: $(grep -ao "$s.*" "$T/all" | head -n 2)"; done

# Scrapes use the same.
cat >"$T/mlwatch.yml" <<X
storage: {path: $T/agent.db, commit_interval: 200ms}
global: {scrape_interval: 500ms, scrape_timeout: 400ms}
scrape_configs:
  - {job_name: x, metrics_path: /protected/scrape, $(oauth secret | sed 's/^{//; s/}$//'), static_configs: [{targets: ['$at']}]}
X
build/mlwatch run -c "$T/mlwatch.yml" 2>>"$T/log" &
pids="$pids $!"
scraped() { [ "$(hits scrape 200)" -ge 3 ]; }
before=$(tokens)
wait_for 10 scraped || fail "scrapes get no token"
[ $(($(tokens) - before)) -le 1 ] || fail "a token for every scrape"
exit 0
