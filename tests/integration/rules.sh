#!/bin/sh
# rules.sh -- the rules that ship pass check and their unit tests; mistakes are told where they are, with promtool's exit codes.
set -u
cd "$(dirname "$0")/../.." || exit 1
MW=build/san/mlwatch
[ -x "$MW" ] || MW=build/mlwatch
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0
fail() {
	echo "FAIL: $*"
	failed=1
}

for f in rules/*.yml; do
	"$MW" check rules --fatal-warnings "$f" >"$tmp/out" 2>&1 || {
		fail "check $f"
		cat "$tmp/out"
	}
done
"$MW" test rules rules/tests/*.yml >"$tmp/out" 2>&1 || {
	fail "test rules"
	cat "$tmp/out"
}

cat >"$tmp/fraud.yml" <<'RULES'
groups:
  - name: fraud
    rules:
      - alert: Slow
        expr: histogram_quantil(0.99, sum(rate(ml_latency_seconds[5m])) by (model)) > 0.25
        for: 5x
        lables: {severity: page}
      - record: a:b
        expr: |
          sum(up)
            + nothing(up)
RULES
"$MW" check rules "$tmp/fraud.yml" >"$tmp/out" 2>"$tmp/err"
[ $? -eq 1 ] || fail "exit code of a bad rule file"
for line in \
	"$tmp/fraud.yml:5:15: unknown function 'histogram_quantil', did you mean 'histogram_quantile'?" \
	"$tmp/fraud.yml:6:14: not a duration: '5x'" \
	"$tmp/fraud.yml:7:9: unknown key 'lables' in a rule, did you mean 'labels'?" \
	"$tmp/fraud.yml:11:15: unknown function 'nothing'"; do
	grep -qxF "$line" "$tmp/err" || fail "not told: $line"
done
grep -qx '1 file: 4 errors' "$tmp/out" || fail "summary: $(cat "$tmp/out")"

cat >"$tmp/test.yml" <<'TEST'
rule_files: [ok.yml]
tests:
  - name: wrong by one
    input_series: [{series: up, values: '1 0'}]
    alert_rule_test: [{eval_time: 1m, alertname: Down}]
    promql_expr_test: [{expr: up, eval_time: 0m, exp_samples: [{labels: up, value: 2}]}]
TEST
echo 'groups: [{name: g, rules: [{alert: Down, expr: up == 0}]}]' >"$tmp/ok.yml"
"$MW" test rules "$tmp/test.yml" >"$tmp/out" 2>&1
[ $? -eq 1 ] || fail "exit code of a failing test"
grep -q 'name: wrong by one,' "$tmp/out" || fail "the failing test is not named"
grep -q 'exp: {__name__="up"} 2E+00' "$tmp/out" || fail "what was expected is not said"
grep -q 'Labels:{alertname="Down"}' "$tmp/out" || fail "what fired is not said"
"$MW" test rules --run 'nothing' "$tmp/test.yml" >/dev/null 2>&1 || fail "--run chooses no test and fails"
"$MW" test rules >/dev/null 2>&1
[ $? -eq 2 ] || fail "exit code without files"
exit $failed
