#!/bin/sh
# top_drift.sh -- the pages Models, Drift and Feature of a replayed log: every figure that they show is what `mlwatch query` answers for the
# expression behind it at the same time, for each statistic, baseline and window that the keys choose.
set -u
cd "$(dirname "$0")/../.." || exit 1
mlwatch=$PWD/${MLWATCH:-build/san/mlwatch}
[ -x "$mlwatch" ] || mlwatch=$PWD/build/mlwatch
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
at=2026-11-20T03:14:20Z
failed=0

fail()
{
	echo "$*"
	failed=1
}
cd "$tmp" || exit 1

# An hour of one row a second (and a canary version with one in four), a day ago two a second, a week ago one. From 02:40 on amounts
# are a hundredfold and three in ten countries are new.
awk 'function line(t, version, amount, country, answer, status, score) {
	printf "{\"ts\":%d,\"model\":\"fraud\",\"version\":\"%s\",\"latency_ms\":%d,\"status\":%d,\"prediction\":%s,\"score\":%.2f,\"features\":{\"amount\":%s,\"country\":\"%s\",\"income\":%d}}\n", t, version, 20 + t % 7, status, answer, score, amount, country, t * 617 % 5000 * 7
}
BEGIN {
	now = 1795144460
	for (t = now - 7 * 86400 - 3600; t < now - 7 * 86400 + 600; t++) line(t, "3.2.0", t * 617 % 1000 + 1, t % 10 < 6 ? "de" : t % 10 < 9 ? "fr" : "it", "\"legit\"", 200, 0.2)
	for (t = now - 86400 - 600; t < now - 86400 + 600; t++) for (k = 0; k < 2; k++) line(t, "3.2.0", t % 1000 + 1, "de", "\"legit\"", 200, 0.2)
	for (t = now - 3660; t < now; t++) {
		bad = t >= 1795142400
		line(t, "3.2.0", t % 50 == 0 ? "null" : (t * 617 % 1000 + 1) * (bad ? 100 : 1), bad && t % 10 < 3 ? "xx" : t % 10 < 6 ? "de" : t % 10 < 9 ? "fr" : "it", t % 20 == 0 ? "null" : t % 4 == 1 ? "\"fraud\"" : "\"legit\"", t % 20 == 0 ? 500 : 200, t % 4 == 1 ? 0.85 : 0.25)
		if (t % 4 == 0) line(t, "3.3.0", t % 1000 + 1, "de", "\"legit\"", 200, 0.2)
	}
}' >log.jsonl
awk 'BEGIN { print "amount,country,income,answer,p"; for (i = 0; i < 5000; i++) printf "%d,%s,%d,%s,%.2f\n", i % 1000 + 1, i % 10 < 6 ? "de" : i % 10 < 9 ? "fr" : "it", i * 617 % 5000 * 7, i % 50 ? "legit" : "fraud", i % 50 ? 0.15 : 0.95 }' >train.csv
cat >mlwatch.yml <<'YML'
storage: {path: m.db}
prediction_logs:
  - job: scoring
    paths: [log.jsonl]
    read_from: beginning
    fields: {timestamp: {field: ts, unit: s}, model: model, version: version, latency: {field: latency_ms, unit: ms}, status: status, prediction: prediction, score: score, features: features}
references:
  - {model: fraud, version: 3.2.0, file: ref.json}
YML
"$mlwatch" baseline train.csv -o ref.json --model fraud --model-version 3.2.0 --created 2026-10-30 --prediction answer --score p -q || fail "no reference"
"$mlwatch" replay -c mlwatch.yml --store m.db log.jsonl -q || fail "not replayed"

# see VIEW SIZE KEYS: the picture after the keys, in $tmp/out
see()
{
	printf '%s\n:snapshot %s\n' "$3" "$1" >keys
	"$mlwatch" top --store m.db --snapshot "$1" --size "$2" --at $at --keys keys >out 2>err || fail "exit $?: $(cat err)"
}
shows() { grep -qF -- "$1" out || fail "no '$1' on the screen: $(cat out)"; }
# ask EXPR FORMAT [SCALE [TIME]]: what query says, printed as the screen prints it
ask()
{
	"$mlwatch" query --store m.db --time "${4:-$at}" --json "$1" |
		/usr/bin/python3 -c 'import json,sys
r = json.load(sys.stdin)["data"]["result"]
print(sys.argv[1] % (float(r[0]["value"][1]) * float(sys.argv[2])) if r else "none")' "$2" "${3:-1}"
}
# column NAME N: the N-th word of the row of a feature, behind its cells
column() { awk -v n="$2" -v f="$1" '$0 ~ " " f " " { sub(/^.*(KS|TVD|PSI|JS|W) +/, ""); sub(/^/, ""); print $n; exit }' out; }
same() { [ "$2" = "$3" ] || fail "$1: the screen says '$2', query says '$3'"; }

increase() { echo "sum by (model, version, feature$3) (increase($1{model=\"fraud\",version=\"3.2.0\",feature=\"$2\"}[$4]$5))"; }

# Each statistic of a number and of categories, in the window that w chooses
for keys in ':KS:drift_ks:TVD:drift_tvd:15m' 'v:PSI:drift_psi:PSI:drift_psi:15m' 'vv:JS:drift_js:JS:drift_js:15m' 'vvv:W:drift_wasserstein:TVD:drift_tvd:15m' 'w:KS:drift_ks:TVD:drift_tvd:1h'; do
	old=$IFS
	IFS=:
	set -- $keys
	IFS=$old
	see drift 120x36 "$1"
	number=$(increase ml_feature amount "" "$6" "") category=$(increase ml_feature_category_total country ", category" "$6" "")
	form=%.3f
	[ "$2" != W ] || form=%.1f
	[ "$2" = W ] && same "W of amount" "$(column amount 1)" "$(ask "$3($number)" %.1f)"
	[ "$2" = W ] || same "$2 of amount" "$(column amount 1)" "$(ask "$3($number)" $form)"
	same "$4 of country" "$(column country 1)" "$(ask "$5($category)" %.3f)"
	same "PSI of amount over $6" "$(column amount 3)" "$(ask "drift_psi($number)" %.2f)"
	same "PSI of country over $6" "$(column country 3)" "$(ask "drift_psi($category)" %.2f)"
	same "new categories over $6" "$(column country 9)" "$(ask "drift_new_share($category)" %.1f 100)"
done
see drift 120x36 ''
same "rows" "$(column amount 5)" "$(ask "drift_rows($(increase ml_feature amount "" 15m ""))" %.0f)"
same "p of income" "$(column income 4)" "$(ask "drift_ks_pvalue($(increase ml_feature income "" 15m ""))" %.3f)"
missing=$(increase ml_feature_missing_total amount "" 15m "")
same "missing" "$(column amount 6)" "$(ask "$missing / ($missing + drift_rows($(increase ml_feature amount "" 15m "")))" %.1f 100)"
shows "default limit 0.100   against reference fraud-3.2.0 of 2026-10-30"
shows "NOW is the last 15m   each cell is its own 10 minutes"
shows "mean               $(ask "histogram_avg($(increase ml_feature amount "" 15m ""))" %.0f | sed 's/\(...\)$/ \1/')"
shows "×100: a unit change?"

# The cell under the cursor, 03:00 to 03:10, and when it began
see drift 80x24 hh
shows "^ 03:00"
shows "amount, 03:00 to 03:10"
shows " KS $(ask "drift_ks($(increase ml_feature amount "" 10m ""))" %.3f 1 2026-11-20T03:10:00Z) (exact)"
shows "first over the limit 02:40"

# Against the window before, and against a week ago, of which ten-minute windows are left
see drift 120x36 bb
same "KS against the 15m before" "$(column income 1)" \
	"$(ask "drift_ks($(increase ml_feature income "" 15m ""), $(increase ml_feature income "" 15m " offset 15m"))" %.3f)"
see drift 120x36 b
shows "against the same time a week ago"
now=$(ask "$(increase ml_feature_category_total country ", category" 15m "")" %.0f)
[ "$now" != none ] || fail "no categories"
# de 60 %, fr 30 %, it 10 % a week ago: three in ten went to xx
same "TVD against a week ago" "$(column country 1)" 0.300

# One feature: the table of numbers
see drift 120x36 '<Enter>'
cp out feature
amount=$(increase ml_feature amount "" 15m "")
numbers=$(grep '│ now ' feature | sed 's/[│%]//g; s/\([0-9]\) \([0-9][0-9][0-9]\)/\1\2/g')
set -- $numbers
same "rows of the feature" "$2" "$(ask "drift_rows($amount)" %.0f)"
same "mean" "$5" "$(ask "histogram_avg($amount)" %.0f)"
same "standard deviation" "$6" "$(ask "histogram_stddev($amount)" %.0f)"
same "median" "$8" "$(ask "histogram_quantile(0.5, $amount)" %.0f)"
same "p90" "$9" "$(ask "histogram_quantile(0.9, $amount)" %.0f)"
grep -q 'reference  *5 000 ' feature || fail "the reference has no rows: $(cat feature)"
grep -q 'week ago' feature || fail "no week ago: $(cat feature)"
see drift 120x36 'j<Enter>'
shows "new: xx (30 %)"
shows "chi-square $(ask "drift_chi2($(increase ml_feature_category_total country ", category" 15m ""))" %.1f), 3 degrees of freedom"

# Models: versions together and apart, traffic a day ago as of the last whole minute, answers and scores against the reference
see models 120x36 ''
shows "3.2.0 +1"
shows "requests/s ───────────────────────── $(ask 'sum(rate(ml_predictions_total{model="fraud"}[5m]))' %.1f), a day ago $(ask 'sum(rate(ml_predictions_total{model="fraud"}[5m]))' %.1f 1 2026-11-19T03:14:00Z)"
shows "versions seen in 1h: 3.2.0 (80 %), 3.3.0 (20 %)"
shows "score mean $(ask 'histogram_avg(sum(increase(ml_score{model="fraud"}[5m])))' %.2f), ref 0.17"
legit=$(ask 'sum(increase(ml_predictions_total{model="fraud",prediction="legit"}[5m])) / sum(increase(ml_predictions_total{model="fraud"}[5m]))' %.1f 100)
shows "$legit %  98 %"
see models 80x24 v
shows "3.3.0"
[ "$(grep -c ' fraud  *3\.[23]\.0 ' out)" -eq 2 ] || fail "not two rows: $(cat out)"
exit $failed
