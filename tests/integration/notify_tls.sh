#!/bin/sh
# Receivers over HTTPS: with their own CA and name, with neither, with a client certificate; headers of the configuration, and a proxy that
# is told its own with CONNECT.
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/notify_lib.sh.inc
command -v openssl >/dev/null || fail "openssl is not installed: sh contrib/bootstrap.sh deps test"

crt=$PWD/tests/data/tls/server.crt # for mlwatch.test
cp tests/data/tls/server.key "$T/key"
chmod 600 "$T/key"
catcher --cert "$crt" --key "$T/key"
build/tests/catcher --port-file "$T/proxy_port" --out "$T/proxied" &
pids="$pids $!"
wait_for 5 test -s "$T/proxy_port" || fail "the second catcher does not start"
proxy=http://127.0.0.1:$(cat "$T/proxy_port")
# Who has no certificate is refused; the answer is ready before the question.
wants=$((12000 + $$ % 20000))
mkfifo "$T/answer"
exec 8<>"$T/answer"
printf 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' >&8
openssl s_server -quiet -accept "$wants" -naccept 1 -cert "$crt" -key "$T/key" -Verify 1 -CAfile "$crt" -verify_return_error \
	<"$T/answer" >"$T/asked" 2>"$T/s_server" &
pids="$pids $!"
umask 077
echo 'from a file' >"$T/header"
export HEADER_ENV='from the environment'
hook() { # NAME PORT HTTP_CONFIG
	echo "- {name: $1, webhook_configs: [{url: 'https://127.0.0.1:$2/$1', http_config: $3}]}"
}
{
	echo 'route: {receiver: known, group_by: [alertname], group_wait: 0s, group_interval: 1h, repeat_interval: 2h, routes: ['
	for r in known othername unknown anyway client proxied; do echo "  {receiver: $r, matchers: ['to=\"$r\"']},"; done
	echo ']}'
	echo 'receivers:'
	hook known "$port" "{tls_config: {ca_file: '$crt', server_name: mlwatch.test}, http_headers: {X-Tenant: {values: [a, b]}, \
X-Key: {secrets: [InlineHeader], files: ['$T/header', 'env:HEADER_ENV']}}}"
	hook othername "$port" "{tls_config: {ca_file: '$crt'}}"
	hook unknown "$port" "{tls_config: {server_name: mlwatch.test}}"
	hook anyway "$port" "{tls_config: {insecure_skip_verify: true}}"
	hook client "$wants" "{tls_config: {ca_file: '$crt', server_name: mlwatch.test, cert_file: '$crt', key_file: '$T/key'}}"
	hook proxied "$port" "{proxy_url: '$proxy', proxy_connect_header: {X-Proxy: [ProxyHeader]}, http_headers: {X-Key: {secrets: [InlineHeader]}}}"
} >"$T/alerts.yml"
build/mlwatch check alerts "$T/alerts.yml" >"$T/check" 2>&1 || fail "$(cat "$T/check")"
grep -q warning "$T/check" && fail "a warning: $(cat "$T/check")"
notifier "$T/alerts.yml"
for r in known othername unknown anyway client proxied; do say "fire alertname=A$r to=$r"; done

wait_for 5 at_least /known 1 || fail "its CA and its name: nothing came"
for h in 'X-Tenant":"\(a\|b\)"' 'X-Key":"\(InlineHeader\|from a file\|from the environment\)"'; do
	grep '"path":"/known"' "$T/got" | grep -q "$h" || fail "the header $h did not come: $(cat "$T/got")"
done
wait_for 5 at_least /anyway 1 || fail "insecure_skip_verify: nothing came"
wait_for 5 grep -q 'POST /client' "$T/asked" || fail "a client certificate: nothing came; $(cat "$T/s_server")"
why() { build/mlwatch notifications --store "$T/store.db" --json | sed 's/"id":/\n&/g' | grep "\"receiver\": *\"$1\""; }
says() { why "$1" | grep -q "$2"; }
for said in 'othername:certificate.*name' 'unknown:self-signed certificate'; do
	r=${said%%:*}
	wait_for 5 says "$r" "${said#*:}" || fail "$r: it is not said that the certificate is wrong: $(why "$r")"
	[ "$(count "/$r")" -eq 0 ] || fail "$r: a message went to a server that nobody vouches for"
	[ "$(rows queued "$r")" -eq 1 ] || fail "$r: not tried again: $(why $r)"
done
wait_for 5 grep -q '"method":"CONNECT".*"X-Proxy":"ProxyHeader"' "$T/proxied" || fail "the proxy's header did not come: $(cat "$T/proxied")"
grep -q InlineHeader "$T/proxied" && fail "the proxy was told the server's header"
wait_for 5 says proxied 'does not speak TLS' || fail "what is wrong with the proxy is not said: $(why proxied)"
strings -a "$T/store.db" "$T/store.db-wal" "$T/log" | grep -q 'InlineHeader\|ProxyHeader\|from a file' && fail "a header's secret is in the store or the log"
exit 0
