#!/bin/sh
# readme.sh -- "Watch your own service" as README.md has it, word for word: its record, its configuration, its commands. Only the
# place of the log is another.
set -u
cd "$(dirname "$0")/../.." || exit 1
m=$PWD/build/san/mlwatch
[ -x "$m" ] || m=$PWD/build/mlwatch
root=$PWD
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
unset MLWATCH_CONFIG MLWATCH_STORE
export HOME="$tmp" XDG_CONFIG_HOME="$tmp/config" XDG_STATE_HOME="$tmp/state"
fail() { echo "$*"; exit 1; }

sed -n '/^   ```yaml/,/^   ```$/p' README.md | sed '1d;$d;s/^   //' >"$tmp/mlwatch.yml"
grep '^   {"ts":' README.md | sed 's/^   //' >"$tmp/predictions.jsonl"
baseline=$(sed -n 's/^   mlwatch baseline /baseline /p' README.md)
[ "$(wc -l <"$tmp/predictions.jsonl")" -eq 1 ] && [ -s "$tmp/mlwatch.yml" ] && [ -n "$baseline" ] || fail 'README.md has another shape'
cd "$tmp" || exit 1
{
	echo amount,country,is_fraud
	for n in 1 2 3 4 5 6 7 8 9; do echo "$n.5,FR,0"; done
} >train.csv
# shellcheck disable=SC2086
"$m" $baseline 2>err || fail "mlwatch $baseline: $(cat err)"
cp -r "$root/rules" "$root/alerts" .
"$m" check -c mlwatch.yml >out 2>err || fail "check: $(cat err)"
grep -q 'no errors' out || fail "check says: $(cat out)"
sed "s|/var/log/fraud/|$tmp/|" mlwatch.yml >here.yml
"$m" check log predictions.jsonl -c here.yml >out 2>err || fail "check log: $(cat err)"
grep -q 'model=fraud.*prediction=legit' out || fail "the record is read as: $(cat out)"
"$m" replay predictions.jsonl -c here.yml --store r.db -q || fail 'replay'
time=$(sed 's/.*"ts":"\([^"]*\)".*/\1/' predictions.jsonl)
got=$("$m" query 'ml_predictions_total{model="fraud",version="3.2.0",prediction="legit"}' --store r.db --time "${time%:*}:30Z" -o csv | sed -n '2s/.*,//p')
[ "$got" = 1 ] || fail "counted as '$got', not 1"
exit 0
