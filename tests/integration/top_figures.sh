#!/bin/sh
# top_figures.sh -- every figure of Overview, Alerts, one alert, Models, Drift and one feature against what `mlwatch query` answers for the
# expression behind it at the same time, or against the rows of the store where it counts them: a view after the other.
set -u
cd "$(dirname "$0")/../.." || exit 1
mlwatch=${MLWATCH:-build/san/mlwatch}
[ -x "$mlwatch" ] || mlwatch=build/mlwatch
[ -x build/tests/make_store ] || { echo "build/tests/make_store is missing"; exit 1; }
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
build/tests/make_store "$tmp/m.db" || exit 1
exec /usr/bin/python3 - "$mlwatch" "$tmp/m.db" <<'PY'
import json, math, os, re, sqlite3, subprocess, sys

mlwatch, store = sys.argv[1], sys.argv[2]
at, now, failed = "2026-11-20T03:14:22Z", 1795144462, 0
db = sqlite3.connect(store)

def run(*args):
    p = subprocess.run([mlwatch, *args], capture_output=True, text=True)
    if p.returncode: sys.exit("%s: exit %d: %s" % (" ".join(args), p.returncode, p.stderr))
    return p.stdout

def top(view, keys="", size="120x36"):
    path = os.path.join(os.path.dirname(store), "keys")
    open(path, "w").write(keys)
    return run("top", "--store", store, "--utc", "--snapshot", view, "--size", size, "--at", at, "--keys", path, "--glyphs", "braille")

def query(expr, when=at):
    """[(labels, value)]"""
    r = json.loads(run("query", "--store", store, "--time", when, "--json", expr))["data"]["result"]
    return [(s["metric"], float(s["value"][1])) for s in r]

def one(expr, when=at, **labels):
    found = [v for m, v in query(expr, when) if all(m.get(k) == w for k, w in labels.items())]
    return found[0] if len(found) == 1 else math.nan

def same(what, shown, want):
    global failed
    if shown != want:
        failed = 1
        print("%s: the screen says %r, wanted %r" % (what, shown, want))

def row(screen, word):
    """The cells of the first row with the word, frames and marks taken off"""
    for line in screen.split("\n"):
        if re.search(r"(?<![\w:])%s(?![\w:])" % re.escape(word), line) and line.startswith("│") and ("✗" in line[:4] or "▲" in line[:4] or "◔" in line[:4] or "z" in line[:4] or "✓" in line[:4] or "?" in line[:4]):
            return re.split(r" {2,}", line.strip("│ ▸").strip())
    return []

# ---- how figures are written: ui-spec.md and its drawings ----

def grouped(v): return "{:,.0f}".format(v).replace(",", " ")
def share(v): return "%.0f %%" % (v * 100) if v * 100 >= 9.95 or v * 100 == int(v * 100) else "%.1f %%" % (v * 100)
def thousands(n): return "%.0fk" % (n / 1000) if n >= 9999.5 else "%.1fk" % (n / 1000) if n >= 1000 else "%.0f" % n
def rate(v): return "%.0f" % v if v >= 9.95 else "%.1f" % v
def ms(v): return "%.0f" % (v * 1000) if v >= 0.00995 else "%.1f" % (v * 1000)
def times(v): return "%.0f×" % v if v >= 9.95 else "%.1f×" % v
def p_value(p): return "<1e-99" if p < 1e-99 else "%.3f" % p if p >= 0.001 else "%.0e" % p
def number(v):
    a = abs(v)
    return "0" if a == 0 else grouped(v) if a >= 999.5 else "%.0f" % v if a >= 99.95 or a == int(a) else "%.1f" % v if a >= 9.995 else "%.2f" % v

windows = '[15m]'
def increase(metric, feature, extra="", window="15m"):
    return 'sum by (model, version, feature%s) (increase(%s{model="fraud",version="3.2.0",feature="%s"}[%s]))' % (extra, metric, feature, window)
def values(feature, window="15m"): return increase("ml_feature", feature, "", window)
def categories(feature, window="15m"): return increase("ml_feature_category_total", feature, ", category", window)
def drift(feature, function, window="15m"):
    return one("%s(%s)" % (function, categories(feature, window) if feature in categorical else values(feature, window)))

def of(metric, model, window="5m"): return '%s{model="%s"}[%s]' % (metric, model, window)
models = {"fraud": "3.2.0", "churn": "1.9.4", "ranker-eu": "2026.11"}
categorical = {"merchant_cat", "country", "card_type", "channel"}
features = ["amount", "merchant_cat", "amount_avg_7d", "tx_count_24h", "device_age", "country", "email_age", "hour", "ip_risk", "card_type", "n_items"]

def figures(model):
    day_ago = "2026-11-19T03:14:00Z"  # whole minutes are left of yesterday
    sel = lambda m: of(m, model)
    r, before = one("sum(rate(%s))" % sel("ml_predictions_total")), one("sum(rate(%s))" % sel("ml_predictions_total"), day_ago)
    return {"rps": r, "before": before,
            "errors": one("sum(increase(%s)) / sum(increase(%s))" % (sel("ml_errors_total"), sel("ml_predictions_total"))),
            "p50": one("histogram_quantile(0.5, sum(rate(%s)))" % sel("ml_latency_seconds")),
            "p95": one("histogram_quantile(0.95, sum(rate(%s)))" % sel("ml_latency_seconds")),
            "p99": one("histogram_quantile(0.99, sum(rate(%s)))" % sel("ml_latency_seconds")),
            "score": one("histogram_avg(sum(increase(%s)))" % sel("ml_score"))}

def drifted(model):
    """Features over 0.1 of those with 500 rows, over the rules' 15 minutes: numbers by KS, categories by TVD"""
    sel = '{model="%s",version="%s"}%s' % (model, models[model], windows)
    over = set()
    for function, metric in (("drift_ks", "ml_feature"), ("drift_tvd", "ml_feature_category_total")):
        enough = {m["feature"] for m, v in query("drift_rows(%s%s)" % (metric, sel)) if v >= 500}
        over |= {m["feature"] for m, v in query("%s(%s%s)" % (function, metric, sel)) if v > 0.1 and m["feature"] in enough}
    return len(over)

# ---- the list of alerts, as on Overview and Alerts: what the agent committed ----

def check_alert_rows(screen):
    units = {"DriftShareHigh": share, "ErrorRateHigh": share, "LatencyP95High": lambda v: "%.0f ms" % (v * 1000)}
    for name, labels, state, value, op, limit, active, fired in db.execute(
            "SELECT name, labels, state, value, limit_op, limit_value, active_ms, fired_ms FROM alert WHERE state IN (1, 2)"):
        on = "tenure_months" if "tenure" in labels else "device_age" if "device_age" in labels else name
        cells = row(screen, on)
        text = units.get(name, lambda v: "%.3f" % v)
        shown = [c for c in cells if c.startswith(op)]
        same("LIMIT of " + on, shown, ["%s %s" % (op, text(limit))])
        same("NOW of " + on, cells[cells.index(shown[0]) - 1], ("" if name in units else "KS ") + text(value))
        same("× of " + on, cells[cells.index(shown[0]) + 1].split(" ")[0], "%.1f×" % (value / limit))
        since = (now * 1000 - (fired or active)) // 60000
        same("SINCE of " + on, cells[2 if cells[1] in ("crit", "warn") else 1].split()[-1], "%dm" % since if since < 60 else "%dh" % (since // 60))

def check_model_rows(screen):
    for model in models:
        f, cells = figures(model), row(screen[screen.index("┌ Models"):], model)
        n = one("count(count by (feature) ({__name__=~\"ml_feature|ml_feature_category_total\",model=\"%s\",version=\"%s\"}))" % (model, models[model]))
        same(model, cells[4:12], [rate(f["rps"]), "%+.0f %%" % ((f["rps"] / f["before"] - 1) * 100), "%.2f" % (f["errors"] * 100),
                                  ms(f["p50"]), ms(f["p95"]), ms(f["p99"]), "%.2f" % f["score"], cells[11]])
        last = max(d["last_ms"] for d in json.loads(db.execute("SELECT text FROM document WHERE name = 'models'").fetchone()[0]) if d["model"] == model)
        same("last record of " + model, cells[12], "%ds" % ((now * 1000 - last) // 1000) if now * 1000 - last >= 1000 else "<1s")
        same("DRIFTED of " + model, cells[11].split("/")[0], "%d" % drifted(model))
        same("state of " + model, cells[3], {"fraud": "3 firing", "churn": "1 pending", "ranker-eu": "ok"}[model])

# ---- 1 Overview ----

overview = top("overview")
check_alert_rows(overview)
check_model_rows(overview)
check_alert_rows(top("overview", "["))  # half an hour back: they are those of now, and as old as they are now
fraud = figures("fraud")
latency = "p50 %s  p95 %s  p99 %s" % (ms(fraud["p50"]), ms(fraud["p95"]), ms(fraud["p99"]))
same("title of latency", re.search(r"fraud latency, ms ─+ (.*?) ─", overview).group(1), latency)
same("title of traffic", re.search(r"fraud req/s, err % ─+ (.*?) ─", overview).group(1), "%s, %.1f" % (rate(fraud["rps"]), fraud["errors"] * 100))
bars = {m.group(1): m.group(2) for m in re.finditer(r"││ (\w+) +(\d\.\d{3}) ", overview)}
same("bars of drift", len(bars), 8)
for name, shown in bars.items():
    same("bar of " + name, shown, "%.3f" % drift(name, "drift_tvd" if name in categorical else "drift_ks"))
few = [m for metric in ("ml_feature", "ml_feature_category_total") for m, v in query('drift_rows(%s{model="fraud"}[15m])' % metric) if v < 500]
same("how many more", re.search(r"││ (\d+) more, (\d+) too few rows", overview).groups(), ("%d" % (len(features) + 1 - 8), "%d" % len(few)))
changes = db.execute("SELECT count(*) FROM event WHERE t > ? AND t <= ? AND kind NOT IN ('alert', 'notification', 'notify', 'person')",
                     (now * 1000 - 3600000, now * 1000)).fetchone()[0]
same("what changed", re.search(r"What changed in the last hour: (\d+)", overview).group(1), "%d" % changes)
oldest = db.execute("SELECT min(fired_ms) FROM alert WHERE state = 2 AND labels NOT LIKE '%device_age%'").fetchone()[0]
before = db.execute("SELECT t FROM event WHERE model = 'fraud' AND severity IN ('problem', 'warning') AND t >= ? AND t <= ? AND kind NOT IN"
                    " ('alert', 'notification', 'notify', 'person') ORDER BY t", (oldest - 1800000, oldest)).fetchall()
minute = before[0][0] // 60000 % 1440
same("likely start", re.search(r"likely start (\S+), (\d+)", overview).groups(), ("%02d:%02d" % (minute // 60, minute % 60), "%d" % len(before)))
narrow = top("overview", "", "80x24")
for model in models:
    f = figures(model)
    cells = re.search(r"[✗◔✓] %s +(.*)" % model, narrow[narrow.index("─ Models"):]).group(1).split()
    same("%s at 80" % model, cells[-6:-1], ["%" if "%" in cells[-6] else cells[-6], "%.2f" % (f["errors"] * 100), ms(f["p50"]), ms(f["p95"]), ms(f["p99"])])

# LAST HOUR: sixteen values of the left side, each up to its moment, from 0 to their own maximum
for name, expr in db.execute("SELECT name, value_expr FROM alert WHERE state = 2 AND labels LIKE '%fraud%' AND labels NOT LIKE '%device_age%'"):
    r = json.loads(run("query", "range", "--store", store, "--start", str(now - 3600 + 225), "--end", str(now), "--step", "225s", "--json", expr))["data"]["result"]
    v = [float(x) for _, x in next(s for s in r if s["metric"].get("model", "fraud") == "fraud")["values"]]
    line = next(l for l in overview.split("\n") if name in l)
    same("LAST HOUR of " + name, line[82:98], "".join("▁▂▃▄▅▆▇█"[int(x / max(v) * 7.999)] for x in v))

# ---- 2 Alerts ----

alerts = top("alerts")
check_alert_rows(alerts)
rules = json.loads(db.execute("SELECT text FROM document WHERE name = 'rules'").fetchone()[0])
active = {n for n, in db.execute("SELECT name FROM alert WHERE state IN (1, 2)")}
alerting = [r for r in rules if r["alerting"]]
same("rules", re.search(r"Active: (\d+) of (\d+) rules", alerts).groups(), ("%d" % len(active), "%d" % len(alerting)))
same("rules that do not fire", re.search(r"Rules not firing: (\d+)", alerts).group(1), "%d" % (len(alerting) - len(active)))
for r in alerting:
    parts, cells = re.fullmatch(r"(.*) (<|>) ([\d.e+]+)", r["expr"]), row(alerts[alerts.index("Rules not firing"):], r["name"])
    if r["name"] in active or not cells or not parts or "error" in cells: continue
    found = [v for m, v in query(parts.group(1))]
    worst = (min if parts.group(2) == "<" else max)(found)
    ratio = float(parts.group(3)) / worst if parts.group(2) == "<" else worst / float(parts.group(3))
    same("series of " + r["name"], cells[6], "%d" % len(found))
    same("× of " + r["name"], cells[5], "%.1f×" % ratio)
    if r["name"] == "ConfidenceLow": same("worst of it", cells[3], "%.2f" % worst)
    if r["name"] == "TrafficDrop": same("worst of it", cells[3], share(worst))
fired = db.execute("SELECT count(*) FROM firing WHERE fired_ms > ?", (now * 1000 - 30 * 86400000,)).fetchone()[0]
same("firings in 30 days", re.search(r"fired (\d+) times? in 30 days", alerts).group(1), "%d" % fired)
ended = db.execute("SELECT name, fired_ms, resolved_ms, peak FROM firing WHERE resolved_ms > ? ORDER BY resolved_ms DESC", (now * 1000 - 86400000,)).fetchall()
below = alerts[alerts.index("Recently resolved"):]
same("resolved", re.search(r"Recently resolved: (\d+)", below).group(1), "%d" % len(ended))
for name, since, until, peak in ended:
    cells = row(below, name)
    same("FOR of " + name, cells[4], "%dm" % ((until - since) // 60000))
    same("PEAK of " + name, cells[5], {"LatencyP95High": "%.0f ms" % (peak * 1000), "TargetDown": "%.0f" % peak, "DriftShareHigh": share(peak)}[name])
for sid, until in db.execute("SELECT id, ends_ms FROM silence WHERE starts_ms <= ? AND ends_ms > ?", (now * 1000, now * 1000)):
    left = (until - now * 1000) // 60000
    same("LEFT of " + sid, re.search(r"%s  \d+ alerts? +(\S+)" % sid[:4], alerts).group(1), "%dm" % left if left < 60 else "%dh" % (left // 60))

# ---- one alert ----

for keys, name, text, scale in (("<Enter>", "DriftShareHigh", share, 100), ("jj<Enter>", "LatencyP95High", lambda v: "%.0f ms" % (v * 1000), 1000)):
    screen = top("alerts", keys)
    value, op, limit, fingerprint = db.execute("SELECT value, limit_op, limit_value, labels FROM alert WHERE name = ? AND state = 2", (name,)).fetchone()
    same("numbers of " + name, re.search(r"now (.*?)   limit (.*?)   (\S+)", screen).groups(), (text(value), "%s %s" % (op, text(limit)), "%.1f×" % (value / limit)))
    same("chart of " + name, re.search(r"limit (\S+)   now (\S+) ─", screen).groups(), ("%g" % (limit * scale), "%.0f" % (value * scale)))
    n, ms_sum = db.execute("SELECT count(*), sum(CASE resolved_ms WHEN 0 THEN ? ELSE resolved_ms END - fired_ms) FROM firing WHERE name = ? AND labels = ? AND fired_ms > ?",
                           (now * 1000, name, fingerprint, now * 1000 - 30 * 86400000)).fetchone()
    same("firings of " + name, re.search(r"fired (\d+) times? in 30 days, (\S+) on", screen).groups(), ("%d" % n, "%dm" % (ms_sum / n // 60000)))

# ---- 3 Models ----

page = top("models")
check_model_rows(page)
same("latency", re.search(r"latency, ms ─+ (.*?)  limit", page).group(1), latency)
same("requests", re.search(r"requests/s ─+ (.*?), a day ago (.*?) ─", page).groups(), (rate(fraud["rps"]), rate(fraud["before"])))
same("errors", re.search(r"errors, % ─+ (.*?)  limit (\S+)", page).groups(), ("%.1f" % (fraud["errors"] * 100), "1"))
same("score", re.search(r"score mean (\S+), 1d ago (\S+)", page).groups(),
     ("%.2f" % fraud["score"], "%.2f" % one("histogram_avg(sum(increase(%s)))" % of("ml_score", "fraud"), "2026-11-19T03:14:00Z")))
for answer, shown in re.findall(r"││ (legit|fraud|\(failed\)) +(\S+) %", page):
    kind = 'prediction="%s"' % ("" if answer == "(failed)" else answer)
    same("answer " + answer, shown, "%.1f" % (100 * one('sum(increase(ml_predictions_total{model="fraud",%s}[5m])) / sum(increase(ml_predictions_total{model="fraud"}[5m]))' % kind)))

# as drawn; the numbers are those of the agent's document of its logs
same("where its numbers come from", "│ log /var/log/fraud/predictions*.jsonl: 182 lines/s, 0 bytes behind, 412 bad lines in 1h (see 6 Logs) " in page, True)

# ---- 4 Drift ----

page = top("drift")
cell_steps = [(0.5, "·"), (1, "░"), (1.5, "▒"), (2.5, "▓"), (math.inf, "█")]
for name in features:
    function = "drift_tvd" if name in categorical else "drift_ks"
    value, rows = drift(name, function), drift(name, "drift_rows")
    missing = one(increase("ml_feature_missing_total", name))
    missing = 0 if math.isnan(missing) else missing
    p = drift(name, "drift_chi2_pvalue" if name in categorical else "drift_ks_pvalue")
    cells = row(page, name)[-7:] if row(page, name)[-1].endswith("%") and "," not in row(page, name)[-1] else row(page, name)[-8:-1]
    same(name, cells, ["TVD" if name in categorical else "KS", "%.3f" % value, times(value / 0.1), "%.2f" % drift(name, "drift_psi"), p_value(p),
                       thousands(rows), "%.1f %%" % (100 * missing / (missing + rows))])
    # its heat: the cell of 03:10 to 03:12, the last but one of thirty that is whole
    strip = next(l for l in page.split("\n") if re.search(r"[✗▲✓]  %s " % name, l))[21:51]
    then = one("%s(%s)" % (function, categories(name, "2m") if name in categorical else values(name, "2m")), "2026-11-20T03:12:00Z")
    same("heat of " + name, strip[27], next(g for most, g in cell_steps if then / 0.1 < most))
    if name == "merchant_cat":
        now_ = {m["category"] for m, v in query(categories(name)) if v > 0}
        known = {"food", "books", "travel", "games", "health"}
        same("new values", row(page, name)[-1], "%d, %.1f %%" % (len(now_ - known), 100 * drift(name, "drift_new_share")))
over = sum(1 for f in features if drift(f, "drift_tvd" if f in categorical else "drift_ks") > 0.1)
same("over the limit", re.search(r"(\d+) of (\d+) features over", page).groups(), ("%d" % over, "%d" % (len(features) + 1)))

# the cell under the cursor, 03:00 to 03:02
page = top("drift", "h" * 8)
amount, end = values("amount", "2m"), "2026-11-20T03:02:00Z"
same("the cell", re.search(r"amount, (\S+ to \S+) ─", page).group(1), "03:00 to 03:02")
ks = one("drift_ks(%s)" % amount, end)
same("KS of it", re.search(r"✗ KS (\S+) \(.*?\)   (\S+) the limit", page).groups(), ("%.3f" % ks, times(ks / 0.1)))
same("rows of it", re.search(r"│ rows +(\S+ \S+) ", page).group(1), grouped(one("drift_rows(%s)" % amount, end)))
same("mean of it", re.search(r"│ mean +(\S+ \S+) ", page).group(1), grouped(one("histogram_avg(%s)" % amount, end)))
same("deviation of it", re.search(r"│ standard deviation +(\S+ \S+) ", page).group(1), grouped(one("histogram_stddev(%s)" % amount, end)))
same("first over the limit", re.search(r"first cell over the limit (\S+)", page).group(1), "02:36")

# ---- one feature ----

page = top("drift", "<Enter>")
amount = values("amount")
rows = one("drift_rows(%s)" % amount)
same("its rows", re.search(r"window 02:59 to 03:14 \((.*?) rows\)", page).group(1), grouped(rows))
shown = re.search(r"✗ KS (\S+) .*? limit (\S+)   (\S+)   .*? PSI (\S+)   Wasserstein (.*?)   mean", page).groups()
same("its statistics", shown[:4], ("%.3f" % one("drift_ks(%s)" % amount), "0.100", times(one("drift_ks(%s)" % amount) / 0.1), "%.2f" % one("drift_psi(%s)" % amount)))
# all went up, so that it is how far the mean went: in the feature's unit, not in deviations of the reference
trained = float(re.search(r"│ reference +\S+ \S+ +0\.0 % +- +(\S+)", page[page.index("┌ numbers"):]).group(1))
if abs(float(shown[4].replace(" ", "")) - (one("histogram_avg(%s)" % amount) - trained)) > 1: same("Wasserstein", shown[4], one("histogram_avg(%s)" % amount) - trained)
text = re.search(r"│ now +(.*?) +│", page[page.index("┌ numbers"):]).group(1)
for what, want in (("mean", grouped(one("histogram_avg(%s)" % amount))), ("deviation", grouped(one("histogram_stddev(%s)" % amount))),
                   ("median", grouped(one("histogram_quantile(0.5, %s)" % amount))), ("p90", grouped(one("histogram_quantile(0.9, %s)" % amount)))):
    if want not in text: same(what, text, want)
# shares per decile: of the reference a tenth each; now by what lies below each edge, which the curve of the histogram says
edges = [float(x.replace("k", "e3")) for x in re.search(r"│  max +(.*?) *││", page).group(1).split()]
same("eleven ends", len(edges), 11)
top_share = re.search(r"│ +(\d+) % ", page[page.index("share of rows"):]).group(1)
inside = one("histogram_fraction(%r, %r, %s)" % (edges[8], edges[9], amount))
same("the largest share", top_share, "%.0f" % (100 * inside))
page = top("drift", "j<Enter>")
total = sum(v for m, v in query(categories("merchant_cat")))
shares = {m["category"]: v / total for m, v in query(categories("merchant_cat"))}
shown = re.findall(r"│ (\w+) +\d+\.\d % ▒*[ ▏▎▍▌▋▊▉]*? +(\d+\.\d) % █", page)
same("categories that are shown", len(shown) >= 8, True)
for name, text in shown: same("share of " + name, text, "%.1f" % (100 * shares[name]))
same("chi-square", re.search(r"chi-square (\S+), (\d+) degrees", page).groups(),
     ("%.1f" % one("drift_chi2(%s)" % categories("merchant_cat")), "%d" % (len(shares) - 1)))

# ---- what is "now" to the rules is what it is here, too ----

db.execute("UPDATE document SET text = replace(text, '[15m]', '[2m]') WHERE name = 'rules'")
db.commit()
windows = "[2m]"
check_model_rows(top("models"))
page = top("drift")
same("NOW", re.search(r"NOW is the last (\S+)", page).group(1), "2m")
for name in ("amount", "merchant_cat"):
    value = drift(name, "drift_tvd" if name in categorical else "drift_ks", "2m")
    if "%.3f" % value not in row(page, name): same(name + " over 2m", row(page, name), "%.3f" % value)

sys.exit(failed)
PY
