#!/bin/sh
# top_query.sh -- the query view: its numbers are those of the command line that y copies, faults have their caret, a query that takes long
# says so and can be dropped.
set -u
cd "$(dirname "$0")/../.." || exit 1
mlwatch=${MLWATCH:-build/san/mlwatch}
[ -x "$mlwatch" ] || mlwatch=build/mlwatch
tmp=$(mktemp -d) || exit 1
tm() { tmux -S "$tmp/socket" -f /dev/null "$@"; }
trap 'tm kill-server 2>/dev/null; rm -rf "$tmp"' EXIT
at=2026-11-20T03:14:22Z
failed=0

fail()
{
	echo "$*"
	failed=1
}
# ask QUERY [KEYS [SIZE]]: the screen after it in $tmp/out, what was copied in $tmp/copied
ask()
{
	printf '9%s<Enter>%s\n:snapshot query\ny\n:copied\n' "$1" "${2:-}" >"$tmp/keys"
	"$mlwatch" top --store "$tmp/m.db" --snapshot query --size "${3:-120x36}" --at $at --keys "$tmp/keys" >"$tmp/all" 2>"$tmp/err" ||
		fail "exit $?: $(cat "$tmp/err")"
	sed '$d' "$tmp/all" >"$tmp/out"
	tail -n 1 "$tmp/all" >"$tmp/copied"
}
shows() { grep -qF -- "$1" "$tmp/out" || fail "no '$1' on the screen: $(cat "$tmp/out")"; }

build/tests/make_store "$tmp/m.db" || exit 1

# What y copied prints the values that the list sums up: NOW, MIN, MEAN, MAX and the first time of the MAX, largest mean first.
compare()
{
	ask "$1"
	sed 's/^mlwatch /"$mlwatch" /' "$tmp/copied" >"$tmp/command"
	mlwatch=$mlwatch sh "$tmp/command" >"$tmp/values" 2>"$tmp/err" || fail "$(cat "$tmp/command"): $(cat "$tmp/err")"
	/usr/bin/python3 - "$tmp/values" "$tmp/out" <<'PY' || fail "($1)"
import re, sys
series, cur = {}, None
for l in open(sys.argv[1], encoding="utf8").read().splitlines():
    m = re.match(r'(.*) =>$', l)
    if m: cur = series.setdefault(m.group(1), [])
    else:
        v, t = re.match(r'(\S+) @\[(.*)\]$', l).groups()
        cur.append((float(v), t[11:16]))
rows = open(sys.argv[2], encoding="utf8").read().splitlines()
start = next(i for i, l in enumerate(rows) if "SERIES" in l)
have = []
for l in rows[start + 1:]:
    m = re.match(r'│[▸ ][.*^ ]  (\{.*\})\s+(\S+(?: \d{3})*)\s+(\S+(?: \d{3})*)\s+(\S+(?: \d{3})*)\s+(\S+(?: \d{3})*)\s+(\S+)\s*│', l)
    if m: have.append(m.groups())
def text(v):
    a = abs(v)
    if a >= 1e6 or 0 < a < 1e-3: return "%.3g" % v
    if 1e-3 <= a < 0.9995: return "%#.3g" % v
    if a >= 999.5: return ("%.0f" % v)[:-3] + " " + ("%.0f" % v)[-3:]
    if a == int(a) and a < 999.5: return "%.0f" % v
    return "%.0f" % v if a >= 99.95 else "%.1f" % v if a >= 9.995 else "%.2f" % v
want = []
for name, p in series.items():
    vs = [v for v, _ in p]
    mean, top = sum(vs) / len(vs), max(vs)
    want.append((mean, (name, text(vs[-1]) if len(p) else "-", text(min(vs)), text(mean), text(top), next(t for v, t in p if v == top))))
want = [w for _, w in sorted(want, key=lambda w: -w[0])]
bad = 0
if len(want) == 0: print("the command printed nothing"); bad = 1
if have != want:
    print("the screen says", have, "the command", want); bad = 1
sys.exit(bad)
PY
}
compare 'histogram_quantile(0.95, sum by (model) (rate(ml_latency_seconds[5m])))'
compare 'sum by (model) (increase(ml_predictions_total{model!="x"}[1h])) * 3'
compare "sum by (model) (rate(ml_predictions_total{job!='scoring'}[5m])) / 1000"
compare '-sum by (model) (rate(ml_predictions_total[5m]))'

# Kinds of answers.
ask '1 + 1'
shows '1 series'
ask '"text from '"it's"' a string"'
shows "text from it's a string"
ask 'ml_predictions_total{model="fraud",prediction="legit"}[1m]'
shows '1 series, raw samples, 7 rows read' # windows of 10 s that touch a minute
grep -q '^mlwatch query --time' "$tmp/copied" || fail "not an instant query: $(cat "$tmp/copied")"
ask 'rate(ml_latency_seconds[5m])'
shows 'histograms have no line'
shows 'histograms, now of'

# Faults, with the caret under them.
ask 'sum(rate(ml_predictions_total[5m]) + histogram_quantil(0.9, x))' '<Esc>'
shows "unknown function 'histogram_quantil', did you mean 'histogram_quantile'?"
/usr/bin/python3 - "$tmp/out" <<'PY' || fail "the caret stands elsewhere: $(sed -n 3,7p "$tmp/out")"
import sys
rows = open(sys.argv[1], encoding="utf8").read().splitlines()
i = next(i for i, l in enumerate(rows) if "histogram_quantil(" in l)
at = rows[i].index("histogram_quantil")
sys.exit(rows[i + 1].rstrip("│ ")[at:at + 17] != "^" * 17 or rows[i + 1][at - 1] == "^")
PY
ask 'rate(ml_latency_second[5m])'
shows "no 'ml_latency_second' in the last hour, did you mean 'ml_latency_seconds'?"
shows 'no result in this range'
ask 'rate(ml_predictions_total{model="nobody"}[5m])'
shows 'no result in this range'

# Names come from the store, by where the cursor is.
printf '9sum(rate(ml_pr<Tab>{mod<Tab>="fr<Tab>"}[<Tab><Tab><Tab>]))<Enter>\n:snapshot query\n' >"$tmp/keys"
"$mlwatch" top --store "$tmp/m.db" --snapshot query --size 120x36 --at $at --keys "$tmp/keys" >"$tmp/out"
shows 'sum(rate(ml_predictions_total{model="fraud"}[5m]))'
shows '1 series'

# Without colour the letters of the lines tell which is which: as many on the chart as in the list, the same ones.
for q in 'sum(rate(ml_predictions_total[5m]))' 'sum by (model) (rate(ml_predictions_total[5m]))'; do
	printf '9%s<Enter>\n:snapshot query\n' "$q" >"$tmp/keys"
	"$mlwatch" top --store "$tmp/m.db" --snapshot query --size 120x36 --at $at --keys "$tmp/keys" --glyphs ascii >"$tmp/out"
	python3 - "$tmp/out" <<'PY' || fail "letters: $(cat "$tmp/out")"
import sys
rows = open(sys.argv[1], encoding="ascii").read().splitlines()
chart = next(i for i, l in enumerate(rows) if " series" in l)
table = next(i for i, l in enumerate(rows) if "last values" in l)
drawn = {c for l in rows[chart + 1:table] if "|" in l for c in l[7:-1] if c in ".*^"}
listed = [l[2] for l in rows[table + 2:table + 5] if "{" in l]
want = int(rows[chart].split()[1])
sys.exit(sorted(listed) != sorted(drawn) or len(listed) != want)
PY
done

# A query that takes long: the title says so, Esc drops it at once, and it is not asked again.
command -v tmux >/dev/null || fail "tmux is not installed: sh contrib/bootstrap.sh deps test"
if command -v tmux >/dev/null; then
	q='quantile_over_time(0.5, rate(ml_predictions_total[5m])[1h:100ms])'
	q="$q+$q+$q+$q+$q+$q+$q+$q+$q+$q+$q+$q+$q+$q+$q+$q+$q+$q+$q+$q"
	LC_ALL=C.UTF-8
	export LC_ALL
	# seen PATTERN: within 10 s
	seen()
	{
		i=0
		until tm capture-pane -p >"$tmp/out" && grep -q -- "$1" "$tmp/out"; do
			i=$((i + 1))
			[ $i -lt 100 ] || { fail "no '$1': $(cat "$tmp/out")"; return; }
			sleep 0.1
		done
	}
	tm -u new-session -d -x 120 -y 36 "env -u NO_COLOR XDG_CONFIG_HOME=$tmp/conf build/mlwatch top --utc --store $tmp/m.db"
	seen '1 Overview\]'
	tm send-keys 9
	seen 'type an expression'
	tm send-keys -l "$q"
	tm send-keys Enter
	seen 'PromQL .*…[1-9]s, Esc drops it'
	tm send-keys Escape
	seen 'dropped; i edits the query'
	pid=$(tm list-panes -F '#{pane_pid}')
	ticks() { awk '{ print $14 + $15 }' "/proc/$pid/stat"; }
	sleep 0.5
	i=0
	while before=$(ticks) && sleep 1 && [ $(($(ticks) - before)) -ge 20 ]; do # of 100 that it would use
		i=$((i + 1))
		[ $i -lt 5 ] || { fail "it computes on after it was dropped"; break; }
	done
	tm send-keys C-c
fi
exit $failed
