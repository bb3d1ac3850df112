#!/bin/sh
# top_alerts.sh -- the figures of the Overview's charts, of the rules and of one alert's page are what `mlwatch query` answers for the same
# expression and time; what stands on the alert's page is what the store has on record; a silence that ends is told on every page.
set -u
cd "$(dirname "$0")/../.." || exit 1
mlwatch=${MLWATCH:-build/san/mlwatch}
[ -x "$mlwatch" ] || mlwatch=build/mlwatch
[ -x build/tests/make_store ] || { echo "build/tests/make_store is missing"; exit 1; }
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
build/tests/make_store "$tmp/m.db" || exit 1
exec /usr/bin/python3 - "$mlwatch" "$tmp/m.db" <<'PY'
import json, os, re, sqlite3, subprocess, sys, time

mlwatch, store = sys.argv[1], sys.argv[2]
at, failed = "2026-11-20T03:14:22Z", 0
keys = os.path.dirname(store) + "/keys"

def fail(text):
    global failed
    failed = 1
    print(text)

def run(*args):
    p = subprocess.run([mlwatch, *args], capture_output=True, text=True)
    if p.returncode: fail("%s: exit %d: %s" % (" ".join(args), p.returncode, p.stderr))
    return p.stdout

def top(view, size="120x36", typed="", when=at):
    open(keys, "w").write(typed)
    return run("top", "--store", store, "--snapshot", view, "--size", size, "--at", when, "--keys", keys)

def query(expr):
    """{labels: value} at that time"""
    r = json.loads(run("query", "--store", store, "--time", at, "--json", expr))
    return {tuple(sorted(s["metric"].items())): float(s["value"][1]) for s in r.get("data", r)["result"]}

def query_range(expr, start, end, step):
    r = json.loads(run("query", "range", "--store", store, "--start", str(start), "--end", str(end), "--step", str(step) + "s", "--json", expr))
    return {tuple(sorted(s["metric"].items())): [float(v) for _, v in s["values"]] for s in r.get("data", r)["result"]}

def axis(most):
    """1, 2, 2.5 or 5 x 10^n, the smallest that is not below"""
    n = 10.0 ** -9
    while True:
        for k in (1, 2, 2.5, 5):
            if most <= k * n * (1 + 1e-9): return k * n
        n *= 10

# ---- the Overview: axes reach to the largest value of the range or to the limit of the rule that is about it ----
now, step = 1795144462, 15
end = now // step * step
sel = '{model="fraud",version="3.2.0"}[60s]'
overview = top("overview")
p99 = max(max(v for v in s if v == v) for s in query_range("histogram_quantile(0.99, sum(rate(ml_latency_seconds%s)))" % sel, end - 239 * step, end, step).values())
want = axis(max(p99, 0.2 * 1.05) * 1000)
if "│%4d┤" % want not in overview: fail("the latency axis does not reach to %g: %s" % (want, overview))
if not re.search(r"│ 200┤[^│]*╌", overview): fail("no line at the 200 ms of LatencyP95High: " + overview)
shares = query_range("sum(increase(ml_errors_total%s)) / sum(increase(ml_predictions_total%s))" % (sel, sel), end - 239 * step, end, step)
want = axis(max(max(v for v in s if v == v) for s in shares.values()) * 100)
if "│%2g %%┤" % want not in overview: fail("the axis of errors does not reach to %g %%: a share of features is no limit of errors: %s" % (want, overview))

# what may be a cause, not the alerts and what people did about them
changed = overview[overview.index("What changed"):]
for no in ("firing", "acknowledged"):
    if no in changed: fail("'%s' among what changed: %s" % (no, changed))
if "02:36 ✗ fraud" not in changed and "03:04 ▲ fraud-service" not in changed: fail(changed)

# ---- rules: the worst of the series, and how many there are ----
took = query("scrape_duration_seconds")
row = re.search(r"TargetSlow.*", top("alerts")).group()
want = "%.1f s     > 2 s   %.1f×       %d" % (max(took.values()), max(took.values()) / 2, len(took))
if want not in row: fail("'%s', wanted '%s'" % (row, want))

# ---- one alert: what is behind it ----
alert = top("alerts", typed="<Enter>")
def of_fraud(*exprs):
    return {dict(k)["feature"]: v for e in exprs for k, v in query(e).items() if dict(k)["model"] == "fraud"}
def row_text(n):
    return "%.0fk" % (n / 1000) if n >= 9999.5 else "%d" % n
drift = of_fraud("feature:drift:15m")
rows = of_fraud("drift_rows(increase(ml_feature[15m]))", "drift_rows(increase(ml_feature_category_total[15m]))")
over = sorted((f for f in drift if drift[f] > 0.1), key=lambda f: -drift[f])
if "features behind it: %d of %d ─" % (len(over), len(drift)) not in alert: fail("not %d of %d: %s" % (len(over), len(drift), alert))
shown = re.findall(r"││[▸ ](\w+) +([\d.]+) +(\d+k?) *(\S.*?|) *│$", alert, re.M)
shown = [s for s in shown if s[0] in drift]
want = [(f, "%.3f" % drift[f], row_text(rows[f])) for f in over]
if [s[:3] for s in shown] != want: fail("behind it stand %s, wanted %s" % (shown, want))
if not over or "mean ×100: unit?" not in alert: fail("the feature in another unit is not told: " + alert)

# the axis of its value: a share in per cent, over the limit of 30 %
share = query_range('avg by (model) (feature:drift:15m > bool 0.1)', end - 239 * step, end, step)[(("model", "fraud"),)]
if "│%4d┤" % axis(max(max(share) * 100, 31.5)) not in alert: fail("the value's axis: " + alert)
if "│  30┤╌" not in alert: fail("no limit line at 30: " + alert)

# ... and when it was at its worst since it fired, to the step of the chart
since = [(v, -t) for t, v in zip(range(end - 239 * step, end + 1, step), share) if t >= now - 28 * 60 - 2]
if len(share) != 240 or "peak 42 %% at %s" % time.strftime("%H:%M", time.gmtime(-max(since)[1])) not in alert: fail("the peak: " + alert)

# history, start, messages: as the store was filled
for want in ("02:41:20 pending (for 5m)   02:46:20 firing", "fired 3 times in 30 days, 18m on average",
             "What changed around its start, 02:11 to 02:46", "02:36 ▲ fraud ", "02:31 · mlwatch",
             "Notifications: 2 sent, 1 retrying", "02:46:25  slack-oncall        ✓  sent, 200 after 200 ms",
             "02:46:25  email-data-science  ▲  retrying, attempt 6, next in 48s    127.0.0.1:2525 connection refused"):
    if want not in alert: fail("no '%s': %s" % (want, alert))
for no in ("03:04", "03:06"):  # after it fired; of another alert
    if no in alert: fail("'%s' is not of this alert: %s" % (no, alert))
errors = top("alerts", typed="j<Enter>")
for want in ("Notifications: 2 sent ─", "03:06:10  pagerduty           ✓  sent, 202 after 300 ms", "owner    ana since 03:10: looking"):
    if want not in errors: fail("no '%s': %s" % (want, errors))

# Enter on a feature that is behind it goes to that feature of the alert's model
feature = top("alerts", typed="<Enter><Tab><Tab>j<Enter>")
if "fraud 3.2.0: %s" % over[1] not in feature: fail("not the feature %s: %s" % (over[1], feature[:600]))
# ... and back to the alert it was
feature = top("alerts", typed="<Enter><Tab><Tab>j<Enter><Esc>")
if "DriftShareHigh on fraud" not in feature: fail(feature[:600])

# ---- where a rule has judged before, 0 or 1: how far each is over and by how many rows, over the rule's own 5 minutes; categories too ----
judged = ("avg by (model) ((drift_ks(increase(ml_feature[5m])) > bool 0.1) or (drift_tvd(increase(ml_feature_category_total[5m])) > bool 0.1))")
db = sqlite3.connect(store)
db.execute("UPDATE alert SET value_expr = ?, expr = ? WHERE name = 'DriftShareHigh'", (judged, judged + " > 0.3"))
db.execute("UPDATE alert SET value_expr = 'drift_ks(ml_nothing)', expr = 'drift_ks(ml_nothing) > 0.1' WHERE labels LIKE '%tenure_months%'")
db.commit()
db.close()
# an alert whose series has no values shows none of another's
churn = top("alerts", typed="jjj<Enter>")
if "no values in this stretch of time" not in churn: fail("another series is drawn: " + churn)
drift = of_fraud("drift_ks(increase(ml_feature[5m]))", "drift_tvd(increase(ml_feature_category_total[5m]))")
rows = of_fraud("drift_rows(increase(ml_feature[5m]))", "drift_rows(increase(ml_feature_category_total[5m]))")
want = [(f, "%.3f" % drift[f], row_text(rows[f])) for f in sorted(drift, key=lambda f: -drift[f]) if drift[f] > 0.1]
alert = top("alerts", typed="<Enter>")
shown = [s[:3] for s in re.findall(r"││[▸ ](\w+) +([\d.]+) +(\d+k?) *(\S.*?|) *│$", alert, re.M) if s[0] in drift]
if shown != want or "merchant_cat" not in dict((w[0], 1) for w in want): fail("judged before: %s, wanted %s: %s" % (shown, want, alert))
if "features behind it: %d of %d ─" % (len(want), len(drift)) not in alert: fail("not %d of %d: %s" % (len(want), len(drift), alert))

# ---- ten minutes before its end a silence says so, beside that nobody notifies; before that it does not ----
for view in ("overview", "targets", "events"):
    late = top(view, when="2026-11-20T03:50:00Z").split("\n")
    if "AGENT NOT RUNNING since 03:14:22" not in late[2] or "silence a91f ends in 5m, at 03:55: FeatureDrift on fraud device_age gets loud" not in late[3]:
        fail("banners: %s" % late[2:4])
if "silence a91f" in top("targets", when="2026-11-20T03:45:00Z"): fail("the silence is told 10m22s before its end")

sys.exit(failed)
PY
