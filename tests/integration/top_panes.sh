#!/bin/sh
# top_panes.sh -- what a view is for is seen at every size, and what changed is that of the stretch of time that is shown: its title counts what
# the store has, as sqlite3 counts it.
set -u
cd "$(dirname "$0")/../.." || exit 1
bin=${MLWATCH:-build/mlwatch}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
export TZ=UTC SUDO_USER=ana
failed=0
fail()
{
	echo "$*"
	failed=1
}
night=$tmp/m.db
at=2026-11-20T03:14:22Z
build/tests/make_store "$night" || exit 1

picture()
{ # VIEW SIZE KEYS
	printf '%s\n' "$3" >"$tmp/keys"
	"$bin" top --store "$night" --snapshot "$1" --size "$2" --at $at --keys "$tmp/keys" >"$tmp/picture" 2>"$tmp/err" ||
		fail "$1 at $2: $(cat "$tmp/err")"
}
shows()
{ # VIEW SIZE KEYS WORDS...
	picture "$1" "$2" "$3"
	what="$1 at $2"
	shift 3
	for word; do
		grep -qF -- "$word" "$tmp/picture" || fail "$what does not show '$word': $(cat "$tmp/picture")"
	done
}

# ---- small screens: state, and the answer to what the view is for ----

query='9sum by (model) (rate(ml_predictions_total[5m]))<Enter>'
for size in 60x16 40x10 20x3; do
	shows overview $size 1 BROKEN 28m Drift
	shows alerts $size 2 BROKEN 28m
	shows models $size 3 '✗ fraud' firing
	shows drift $size 4 '✗ amount' 0.881
	shows targets $size 5 '✗ down 6m'
	shows logs $size 6 '▲ churn'
	shows notify $size 7 '✗ pagerduty'
	shows events $size 8 '◔ churn'
	shows query $size "$query" 'model=' 992
	shows alert $size '1<Enter>' 'CRITICAL, FIRING'
	shows feature $size '4<Enter>' 'KS 0.881'
done
for size in 60x16 40x10; do
	shows query $size "$query" 'sum by (model)' 'last values' fraud
	shows query $size '9foo(<Enter>' "unknown function 'foo'"
	shows query $size '9nothing_here<Enter>' 'no result in this range'
	shows feature $size '4<Enter>' 'share of rows' '8.8× limit' '█'
done
shows feature 60x16 '4<Enter>' 'a unit change?'
shows feature 40x10 '4<Enter><Tab><Tab>' 'KS 0.881' 'KS over time'

# ---- what changed ----

end=$(date -u -d $at +%s)000
counted()
{ # FROM TO, in milliseconds
	sqlite3 "$night" "SELECT count(*) FROM event WHERE t BETWEEN $1 AND $2 AND kind NOT IN ('alert', 'notification', 'notify', 'person')"
}
sqlite3 "$night" "INSERT INTO event(t, kind, severity, subject, model, text, ref) VALUES
	($end - 2 * 3600000, 'config', 'info', 'mlwatch', '', 'configuration reloaded: two hours ago', ''),
	($end - 2 * 86400000, 'version', 'info', 'fraud', 'fraud', 'version 3.2.0 first seen', '')"
hour=$(counted $((end - 3600000)) "$end")
shows overview 120x36 1 "What changed in the last hour: $hour ─"
shows overview 80x24 1 "─ What changed: $hour ─"
shows overview 120x36 ':range 6h<Enter>' "What changed in the last 6h: $(counted $((end - 21600000)) "$end") ─"
shows overview 80x24 ':range 7d<Enter>' "What changed in the last 7d: $(counted $((end - 7 * 86400000)) "$end") ─"
[ "$(counted $((end - 21600000)) "$end")" -eq $((hour + 1)) ] || fail "six hours do not have one more than one: this tests nothing"
back=$(counted $((end - 5400000)) $((end - 1800000)))
[ "$back" -ne "$hour" ] || fail "half an hour earlier there is as much: this tests nothing"
shows overview 120x36 '[' "What changed, 01:44 to 02:44: $back ─"
# of the rows that are not shown the pane says how many they are
more=$(sed -n 's/.*What changed.* \([0-9]*\) more, z all.*/\1/p' "$tmp/picture")
rows=$(awk '/What changed/ { on = 1; next } /└/ { on = 0 } on' "$tmp/picture" | wc -l)
[ $((rows + more)) -eq "$back" ] || fail "$rows rows and $more more are not $back"

# ---- sorting what comes newest first ----

shows notify 80x24 '7<Tab><Tab>:sort receiver<Enter>' 'by RECEIVER'
awk '/Sent:/ { on = 1; next } /message to/ { on = 0 } on && / [0-9:]+ / { print $2 }' "$tmp/picture" | grep . >"$tmp/receivers"
sort -c "$tmp/receivers" || fail "not by receiver: $(cat "$tmp/receivers")"
[ "$(sort -u "$tmp/receivers" | wc -l)" -gt 1 ] || fail "one receiver: this tests nothing"
exit $failed
