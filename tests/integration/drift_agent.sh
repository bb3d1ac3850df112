#!/bin/sh
# drift_agent.sh -- the agent's windows and the command say the same: a prediction log through the whole pipeline and the store, then
# PromQL's drift functions against `mlwatch drift` on the same log; and what is stored can be frozen into a reference.
set -u
cd "$(dirname "$0")/../.." || exit 1
mlwatch=$PWD/build/san/mlwatch
[ -x "$mlwatch" ] || mlwatch=$PWD/build/mlwatch
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
failed=0
fail()
{
	echo "$*"
	failed=1
}

# 2000 rows of training; 3000 predictions over ten minutes with amount 15 higher and a country that training never saw.
awk 'BEGIN { print "amount,country"; for (i = 0; i < 2000; i++) printf "%.4f,%s\n", (i * 7919) % 10007 / 100, i % 2 ? "de" : i % 3 ? "fr" : "it" }' >train.csv
awk 'BEGIN { for (i = 0; i < 3000; i++) printf "{\"ts\":%.3f,\"model\":\"fraud\",\"version\":\"1\",\"latency_ms\":12,\"status\":200,\"prediction\":\"ok\",\"score\":0.9,\"features\":{\"amount\":%.4f,\"country\":\"%s\"}}\n",
	1772366400 + i * 0.2, (i * 6007) % 10007 / 100 + 15, i % 50 == 0 ? "xx" : i % 2 ? "de" : "fr" }' >log.jsonl
cat >mlwatch.yml <<'Y'
storage: {path: agent.db}
prediction_logs:
  - job: j
    paths: [log.jsonl]
    format: json
    fields: {timestamp: ts, model: model, version: version, latency: {field: latency_ms, unit: ms}, status: status,
             prediction: prediction, score: score, features: features}
references:
  - {model: fraud, file: ref.json}
Y
"$mlwatch" baseline train.csv -o ref.json --model fraud -q || fail "no reference"
"$mlwatch" replay -q -c mlwatch.yml --store r.db log.jsonl || fail "replay failed"
"$mlwatch" drift ref.json log.jsonl -o jsonl >report
[ $? -le 1 ] || fail "no report"

value() { "$mlwatch" query "$1" --store r.db -t 1772367000 2>"$tmp/err" | sed -n 's/.* => \([^ ]*\) @.*/\1/p'; }
# same QUERY FEATURE KEY: the query's only value is that of the report
same()
{
	got=$(value "$1")
	want=$(grep "\"name\":\"$2\"" report | sed "s/.*\"$3\":\([-0-9.e]*\).*/\1/")
	awk -v a="$got" -v b="$want" 'BEGIN { d = a - b; exit !(a != "" && b != "" && d * d <= 1e-24 * b * b) }' || fail "$1 is '$got', the report says '$want' $(cat "$tmp/err")"
}
same 'drift_ks(ml_feature[1h])' amount 'ks":{"statistic'
same 'drift_ks_pvalue(ml_feature[1h])' amount 'method":"exact","bound":[-0-9.e]*},"pvalue_adjusted'
same 'drift_psi(ml_feature[1h])' amount psi
same 'drift_wasserstein(ml_feature[1h])' amount wasserstein_normed
same 'drift_rows(ml_feature[1h])' amount n_current
same 'drift_tvd(ml_feature_category_total[1h])' country tvd
same 'drift_chi2(ml_feature_category_total[1h])' country 'chi2":{"statistic'
same 'drift_new_share(ml_feature_category_total[1h])' country new_share
[ "$(value 'increase(ml_feature_invalid_total{feature="country",reason="category"}[1h])')" = 60 ] || fail "new categories are not counted"

# frozen from the store: no drift against itself
"$mlwatch" baseline --from-store --store r.db --model fraud --since 9000d -o frozen.json -q || fail "nothing frozen"
"$mlwatch" drift frozen.json log.jsonl >out || fail "a frozen reference drifts from what it was made of: $(cat out)"
grep -q '2 columns analysed, 0 drifted' out || fail "$(cat out)"
"$mlwatch" baseline --from-store --store r.db --model nobody -o x.json -q 2>err && fail "a model that is not there was frozen"
grep -q "no predictions of model 'nobody'" err || fail "$(cat err)"
exit $failed
