#!/bin/sh
# drift_command.sh -- mlwatch baseline and mlwatch drift as a data scientist and a CI job use them: files in, table, JSON and exit code out.
set -u
cd "$(dirname "$0")/../.." || exit 1
mlwatch=${MLWATCH:-build/san/mlwatch}
[ -x "$mlwatch" ] || mlwatch=build/mlwatch
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failed=0

fail()
{
	echo "$*"
	failed=1
}
# expect CODE WORDS...: the exit code; stdout goes to $tmp/out, stderr to $tmp/err
expect()
{
	want=$1
	shift
	"$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	code=$?
	[ "$code" -eq "$want" ] || fail "exit $code, expected $want: $* ($(head -c 300 "$tmp/err"))"
}
says() { grep -q -- "$2" "$tmp/$1" || fail "no '$2' in $1: $(head -c 400 "$tmp/$1")"; }

# 1000 rows of training; today's rows have a moved by 300, b as it was, and a country that training never saw.
awk 'BEGIN { print "id,a,b,country"; for (i = 1; i <= 1000; i++) printf "%d,%d,%.2f,%s\n", i, (i * 617) % 1000, (i * 389) % 997 / 7, i % 3 ? "de" : "fr" }' >"$tmp/train.csv"
awk 'BEGIN { print "country,b,a"; for (i = 1; i <= 500; i++) printf "%s,%.2f,%d\n", i % 3 ? "de" : i % 2 ? "fr" : "xx", (i * 389) % 997 / 7, (i * 617) % 1000 + 300 }' >"$tmp/today.csv"

expect 0 "$mlwatch" baseline "$tmp/train.csv" -o "$tmp/ref.json" --model m --model-version 1 --created 2026-01-01
says err "left out 'id': an identifier"
"$mlwatch" baseline - -o - --model m --model-version 1 --created 2026-01-01 --quiet <"$tmp/train.csv" | cmp -s - "$tmp/ref.json" || fail "stdin and file give different references"
gzip -k "$tmp/train.csv" && "$mlwatch" baseline "$tmp/train.csv.gz" -o - --model m --model-version 1 --created 2026-01-01 --quiet | cmp -s - "$tmp/ref.json" || fail "gzip gives another reference"
expect 0 "$mlwatch" baseline show "$tmp/ref.json"
says out "model m  version 1  created 2026-01-01  1000 rows  3 features"
expect 0 "$mlwatch" baseline diff "$tmp/ref.json" "$tmp/ref.json"

# a: KS 0.312 (scipy); two of three drifted
expect 1 "$mlwatch" drift "$tmp/ref.json" "$tmp/today.csv"
says out "3 columns analysed, 2 drifted (67 %): action required"
cp "$tmp/out" "$tmp/by_reference"
expect 1 "$mlwatch" drift "$tmp/train.csv" "$tmp/today.csv"
cmp -s "$tmp/out" "$tmp/by_reference" || fail "a data set as reference gives another report"
expect 0 "$mlwatch" drift "$tmp/ref.json" "$tmp/train.csv"
says out "no action required"
expect 0 "$mlwatch" drift "$tmp/ref.json" "$tmp/today.csv" --share 0.7
expect 0 "$mlwatch" drift "$tmp/ref.json" "$tmp/today.csv" --limit 0.9
expect 1 "$mlwatch" drift "$tmp/ref.json" "$tmp/today.csv" --judge pvalue --correction bonferroni
expect 1 "$mlwatch" drift "$tmp/ref.json" "$tmp/today.csv" --json
for key in schema n_reference n_current '"ks":{"statistic":0.312,"pvalue":4.11025167968' '"method":"exact"' '"bound":0.0' '"chi2":{' psi js hellinger tvd wasserstein '"reference":{"mean"' severity \
	'"summary":{"columns":3,"drifted":2' '"action_required":true'; do
	says out "$key"
done
expect 1 "$mlwatch" drift "$tmp/ref.json" "$tmp/today.csv" -o csv
[ "$(wc -l <"$tmp/out")" -eq 4 ] || fail "csv has not a line per feature"

# a prediction log: the members of "features" of one model; broken lines are counted
awk -F, 'NR > 1 { printf "{\"ts\":%d,\"model\":\"%s\",\"features\":{\"a\":%s,\"b\":%s,\"country\":\"%s\"}}\n", NR, NR % 2 ? "m" : "other", $3, $2, $1 }' "$tmp/today.csv" >"$tmp/log.jsonl"
echo '{"model":"m","features":{"a":' >>"$tmp/log.jsonl"
expect 1 "$mlwatch" drift "$tmp/ref.json" "$tmp/log.jsonl" --model m
says err "250 of another model or version"
says err "1 bad rows skipped (the first in line 501)"

# what the model answered: no features, beside them in a log, shown and kept through a round trip
awk -F, 'NR > 1 { printf "{\"model\":\"m\",\"prediction\":\"%s\",\"score\":%s,\"features\":{\"a\":%s}}\n", NR % 4 ? "no" : "yes", NR % 2 ? 0.25 : 0.75, $2 }' "$tmp/train.csv" >"$tmp/answers.jsonl"
expect 0 "$mlwatch" baseline "$tmp/answers.jsonl" -o "$tmp/answers.json" --prediction prediction --score score
expect 0 "$mlwatch" baseline show "$tmp/answers.json"
says out "1000 rows  1 features"
says out "2 categories: no 75 %, yes 25 %"
says out "^score .* 0.5  *0.25  *0.25  *0.75"
expect 0 "$mlwatch" baseline show "$tmp/answers.json" --json
says out '"prediction":{"name":"prediction","type":"categorical","rows":1000,"missing":0,"categories":{"no":750,"yes":250}}'
expect 3 "$mlwatch" baseline "$tmp/train.csv" -o "$tmp/x.json" --prediction answer
says err "no column 'answer' with values (--prediction)"
expect 2 "$mlwatch" baseline "$tmp/train.csv" -o "$tmp/x.json" --prediction a --score a

# mistakes
expect 2 "$mlwatch" drift "$tmp/ref.json"
expect 2 "$mlwatch" drift "$tmp/ref.json" "$tmp/today.csv" --limit 7
expect 2 "$mlwatch" baseline "$tmp/train.csv"
expect 2 "$mlwatch" baseline "$tmp/train.csv" -o "$tmp/x.json" --type a=number
expect 4 "$mlwatch" drift "$tmp/ref.json" "$tmp/nothing.csv"
sed 's/"missing": 0/"missing": 5000/' "$tmp/ref.json" >"$tmp/broken.json"
expect 3 "$mlwatch" drift "$tmp/broken.json" "$tmp/today.csv"
says err "broken.json:[0-9]*:[0-9]*: feature 'a': 'missing' is more than 'rows'"
head -c 500 "$tmp/ref.json" >"$tmp/cut.json"
expect 3 "$mlwatch" drift "$tmp/cut.json" "$tmp/today.csv"
printf 'x,y\n1,2\n' >"$tmp/other.csv"
expect 3 "$mlwatch" drift "$tmp/ref.json" "$tmp/other.csv"
says err "has no values in any column"
expect 3 "$mlwatch" drift "$tmp/ref.json" /dev/null
[ ! -e "$tmp/x.json" ] || fail "a reference was written after a mistake"
exit $failed
