#!/bin/sh
# E-mail: STARTTLS, login, text and HTML parts; a temporary refusal is tried again, no TLS where TLS is demanded sends nothing.
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/notify_lib.sh.inc

secret='pa$$ word'
printf %s "$secret" >"$T/password"
chmod 600 "$T/password"
login=$(printf '\0user\0%s' "$secret" | base64)
build/tests/smtp_catcher --port-file "$T/port1" --out "$T/mail1" --cert tests/data/tls/server.crt --key tests/data/tls/server.key \
	--login "$login" --rcpt 451 &
pids="$pids $!"
build/tests/smtp_catcher --port-file "$T/port2" --out "$T/mail2" &
pids="$pids $!"
build/tests/smtp_catcher --port-file "$T/port3" --out "$T/mail3" --rcpt 550 &
pids="$pids $!"
for i in 1 2 3; do wait_for 5 test -s "$T/port$i" || fail "an SMTP catcher does not start"; done
cat >"$T/alerts.yml" <<X
global: {smtp_from: 'mlwatch <watch@example.com>'}
route: {receiver: tls, group_by: [alertname], group_wait: 0s, group_interval: 1h, repeat_interval: 2h, routes: [
  {receiver: tls, continue: true}, {receiver: plain, continue: true}, {receiver: refuses}]}
receivers:
- name: tls
  email_configs:
  - to: 'On Call <oncall@example.com>, second@example.com'
    smarthost: 'localhost:$(cat "$T/port1")'
    auth_username: user
    auth_password_file: password
    tls_config: {ca_file: $PWD/tests/data/tls/server.crt, server_name: mlwatch.test}
    headers: {Subject: 'Drift in {{ .GroupLabels.alertname }}'}
    text: '{{ range .Alerts }}{{ .Labels.feature }}{{ end }}'
- name: plain
  email_configs: [{to: a@example.com, smarthost: 'localhost:$(cat "$T/port2")'}]
- name: refuses
  email_configs: [{to: nobody@example.com, smarthost: 'localhost:$(cat "$T/port3")', require_tls: false}]
X
export ALL_PROXY=http://127.0.0.1:1 all_proxy=http://127.0.0.1:1 # not for mail: it once was
notifier "$T/alerts.yml"
say 'fire alertname=Drift feature=<script>'
wait_for 10 test -s "$T/mail1" || fail "no mail came"
mail=$(cat "$T/mail1")
for part in '"tls":true' '<oncall@example.com>' '<second@example.com>' 'Subject: Drift in Drift' 'text/plain' 'text/html' '&lt;script&gt;' \
	'From: mlwatch <watch@example.com>' 'multipart/alternative'; do
	case $mail in
	*"$part"*) ;;
	*) fail "the mail has no '$part': $mail" ;;
	esac
done
sleep 1
[ "$(wc -l <"$T/mail1")" -eq 1 ] || fail "the mail came $(wc -l <"$T/mail1") times"
[ ! -s "$T/mail2" ] || fail "a mail went out without TLS although TLS is demanded"
[ "$(rows queued plain)" -eq 1 ] || fail "the mail that TLS holds up is not shown as queued"
wait_for 5 sh -c "build/mlwatch notifications --store $T/store.db --failed | grep -q 550" || fail "550 is not given up and shown"
! grep -aq 'pa\$\$ word' "$T/store.db" "$T/store.db-wal" "$T/log" || fail "the password is in the store or the log"
