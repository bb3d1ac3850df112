#!/bin/sh
# cli.sh -- the manners of the command line: exit codes, what goes to stdout and what to stderr, near misses, closed pipes.
set -u
cd "$(dirname "$0")/../.." || exit 1
m=$PWD/build/san/mlwatch
[ -x "$m" ] || m=$PWD/build/mlwatch
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
unset MLWATCH_CONFIG MLWATCH_STORE NO_COLOR
export HOME="$tmp/home" XDG_CONFIG_HOME="$tmp/config" XDG_STATE_HOME="$tmp/state"
status=0
fail() { echo "$*"; status=1; }

# t CODE WORDS...: runs, keeps out and err, compares the exit code.
t()
{
	want=$1
	shift
	"$m" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	got=$?
	[ $got -eq "$want" ] || fail "mlwatch $*: exit $got, not $want: $(head -n 3 "$tmp/err")"
}
out() { grep -q -- "$1" "$tmp/out" || fail "stdout lacks '$1': $(head -n 3 "$tmp/out")"; }
err() { grep -q -- "$1" "$tmp/err" || fail "stderr lacks '$1': $(head -n 3 "$tmp/err")"; }
no_out() { [ ! -s "$tmp/out" ] || fail "stdout: $(head -n 3 "$tmp/out")"; }
no_err() { [ ! -s "$tmp/err" ] || fail "stderr: $(head -n 3 "$tmp/err")"; }

t 2
no_out
err 'usage: mlwatch COMMAND'
t 2 chek
no_out
err "unknown command 'chek', did you mean 'check'?"
t 2 xyzzy
err "unknown command 'xyzzy'"
t 2 --json check
err "flag '--json' without a command"
for c in $("$m" help | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p'); do
	t 0 "$c" -h
	no_err
	[ "$(wc -l <"$tmp/out")" -le 24 ] || fail "mlwatch $c -h is longer than 24 lines"
	t 0 "$c" --help
	out 'exit codes:'
	t 2 "$c" --no-such-flag
	err "unknown flag '--no-such-flag'"
	no_out
done
t 0 -V
out "^mlwatch $(cat VERSION)$"
t 0 --help
out 'exit codes:'
t 0 help check
out '^usage: mlwatch check'
t 0 help mlwatch.yml
out '^## prediction_logs'
t 0 help series
out 'ml_feature_category_total'
t 0 help mlwatch-rules
out '^GROUPS'
grep -q '\\\\f\|^\.[A-Z]' "$tmp/out" && fail 'roff in help rules'
t 2 help chek
err "did you mean 'check'?"
t 2 check config --colour=always
err "did you mean '--color'?"
t 0 version --json
out '"schema":"mlwatch.version/1"'

for s in bash zsh; do
	t 0 completion $s
	if command -v $s >/dev/null; then
		$s -n "$tmp/out" 2>"$tmp/err" || fail "completion $s: $(head -n 3 "$tmp/err")"
	fi
done
t 0 completion fish
t 2 completion csh

# No configuration anywhere: a file that is needed is wrong.
t 3 check
err 'no configuration'
mkdir -p "$tmp/config/mlwatch"
echo 'storage: {path: "x.db"}' >"$tmp/config/mlwatch/mlwatch.yml"
t 0 check
out '1 file: no errors'
t 0 check --quiet
no_out
t 0 version --paths
out "$tmp/config/mlwatch/mlwatch.yml"
out "$tmp/config/mlwatch/x.db"

# Mistakes: on stderr with position, mark and hint; the answer is 1; under --json one document on stdout.
cat >"$tmp/bad.yml" <<'END'
global:
  scrape_interval: 5x
  evaluation_intervall: 5s
END
t 1 check config "$tmp/bad.yml"
err "bad.yml:2:20: not a duration: '5x'"
err '                   ^^$'
err "bad.yml:3:3: unknown key 'evaluation_intervall' in global, did you mean 'evaluation_interval'?"
out '1 file: 2 errors'
t 1 check config "$tmp/bad.yml" --json
no_err
out '"line":2,"column":20,"end_column":22,"severity":"error","code":"bad-value"'
t 1 check config "$tmp/none.yml"
err 'No such file'

# The example that packages install is right.
t 0 check config contrib/examples/mlwatch.yml --lint none
out 'no errors'

# Warnings are no errors, unless asked.
echo 'rule_files: ["none/*.yml"]' >"$tmp/warn.yml"
t 0 check config "$tmp/warn.yml"
err 'warning: no file matches'
t 1 check config "$tmp/warn.yml" --fatal-warnings
t 0 check config "$tmp/warn.yml" --fatal-warnings --lint=none
t 0 check config "$tmp/warn.yml" --fatal-warnings --lint=open-secret

# Rules, routing and metrics.
cat >"$tmp/rules.yml" <<'END'
groups:
  - name: g
    rules:
      - alert: A
        expr: histogram_quantil(0.99, up) > 1
        lables: {a: b}
END
t 1 check rules "$tmp/rules.yml"
err "rules.yml:5:15: unknown function 'histogram_quantil', did you mean 'histogram_quantile'?"
err "rules.yml:6:9: unknown key 'lables' in a rule, did you mean 'labels'?"
echo 'route: {receiver: nobody}' >"$tmp/alerts.yml"
t 1 check alerts "$tmp/alerts.yml"
printf 'a 1\nb{x="y"} 2\n' >"$tmp/good.prom"
t 0 check metrics "$tmp/good.prom"
printf 'a 1\nb{x="y" 2\n' | "$m" check metrics >/dev/null 2>"$tmp/err"
[ $? -eq 1 ] || fail "check metrics accepts a bad line"
err 'stdin:2:'

# A metric that the store has never seen: told, with the nearest that it has.
cat >"$tmp/log.yml" <<'END'
prediction_logs:
  - job: j
    paths: ["*.jsonl"]
    fields: {timestamp: ts, model: m, prediction: p}
END
printf '{"ts":"2026-03-01T00:00:00Z","m":"fraud","p":"a"}\n{"ts":"yesterday","m":"fraud"}\n' >"$tmp/a.jsonl"
t 1 check log "$tmp/a.jsonl" -c "$tmp/log.yml"
out '^2026-03-01T00:00:00.000Z  model=fraud  prediction=a$'
err 'a.jsonl:2:7: bad line: this is no time; prediction_logs.0..fields.timestamp says ts'
t 0 replay "$tmp/a.jsonl" -c "$tmp/log.yml" --store "$tmp/s.db"
printf 'groups: [{name: g, rules: [{record: r, expr: ml_prediction_total}]}]\n' >"$tmp/one.yml"
t 0 check rules "$tmp/one.yml" --store "$tmp/s.db"
err "ml_prediction_total.*did you mean 'ml_predictions_total'?"
t 0 check rules "$tmp/one.yml" --store "$tmp/no.db"
no_err
# What mlwatch counts itself and has had nothing to count of is no mistake.
printf 'groups: [{name: g, rules: [{record: r, expr: "ml_errors_total + up + ml_feature_missing_total"}]}]\n' >"$tmp/ours.yml"
t 0 check rules "$tmp/ours.yml" --store "$tmp/s.db"
no_err

# A path of which there is no file: said by check, and by the page of the logs.
printf 'prediction_logs: [{job: j, paths: [%s/none*.jsonl], fields: {timestamp: ts, model: m}}]\n' "$tmp" >"$tmp/none.yml"
t 0 check config "$tmp/none.yml"
err "job 'j': no log matches '$tmp/none.*jsonl' yet"

# Colour only when asked for or on a terminal.
"$m" check config "$tmp/bad.yml" --color=always >/dev/null 2>"$tmp/err"
grep -q "$(printf '\033')" "$tmp/err" || fail 'no colour with --color=always'
NO_COLOR=1 "$m" check config "$tmp/bad.yml" >/dev/null 2>"$tmp/err"
grep -q "$(printf '\033')" "$tmp/err" && fail 'colour in a pipe'

# A reader that leaves is no error; a full disk is.
("$m" help --man mlwatch; echo $? >"$tmp/code") | head -n 1 >/dev/null
[ "$(cat "$tmp/code")" -eq 0 ] || fail "a closed pipe gives $(cat "$tmp/code")"
if [ -e /dev/full ]; then
	"$m" help >/dev/full 2>"$tmp/err"
	[ $? -eq 4 ] || fail "a full disk is not told"
fi
exit $status
