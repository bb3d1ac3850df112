#!/bin/sh
# top_lists.sh -- targets, logs, notifications and events of a running agent: what the dashboard shows of them is what `mlwatch query`, `status`,
# `notifications` and `events` say of the same store at the same time.
. tests/integration/agent.inc

mkdir "$dir/www"
"$tools/exposer" "$dir/port" "$dir/www" &
pids="$pids $!"
"$tools/catcher" --port-file "$dir/hook" --out "$dir/caught" --answer '/refuses=400*' &
pids="$pids $!"
until_ok 5 test -s "$dir/port" && until_ok 5 test -s "$dir/hook" || fail "the other ends do not start"
hook=http://127.0.0.1:$(cat "$dir/hook")
here=127.0.0.1:$(cat "$dir/port")
printf 'a 1\nb 2\nc 3\n' >"$dir/www/metrics"
echo '{"model_loaded": true}' >"$dir/www/health.json"
log=$dir/log.jsonl
{
	cat <<EOF
storage: {path: $dir/store.db, commit_interval: 200ms}
global: {scrape_interval: 1s, scrape_timeout: 900ms}
scrape_configs:
  - job_name: test-service
    static_configs: [{targets: ["$here"]}]
health_checks:
  - {job_name: test-health, url: "http://$here/health.json", interval: 1s, timeout: 500ms, expect: {json: {model_loaded: true}}}
prediction_logs:
  - job: test
    paths: ["$dir/log*.jsonl"]
    format: json
    read_from: beginning
    fields: {timestamp: ts, model: model, version: version}
rule_files: ["$dir/rules.yml"]
alerting: {config_file: "$dir/alerts.yml"}
EOF
} >"$dir/mlwatch.yml"
cat >"$dir/rules.yml" <<'EOF'
groups:
  - name: targets
    interval: 1s
    rules:
      - alert: HealthDown
        expr: ml_health == 0
        for: 1h
      - alert: HealthGone
        expr: ml_health == 0
EOF
cat >"$dir/alerts.yml" <<EOF
route:
  receiver: taken
  group_by: [alertname, job]
  group_wait: 0s
  routes:
    - {receiver: taken, continue: true}
    - {receiver: refused, continue: true}
    - {receiver: dead, continue: true}
receivers:
  - {name: taken, webhook_configs: [{url: "$hook/taken"}]}
  - {name: refused, webhook_configs: [{url: "$hook/refuses"}]}
  - {name: dead, webhook_configs: [{url: "http://127.0.0.1:1/"}]}
  - {name: idle, webhook_configs: [{url: "$hook/idle"}]}
EOF
lines() { # N FIELDS
	awk -v n="$1" -v f="$2" -v t="$(date +%s)" 'BEGIN { for (i = 0; i < n; i++) printf "{\"ts\":%d%s}\n", t, f }' >>"$log"
}
start_agent
lines 200 ',"model":"fraud","version":"1"'
until_ok 10 status_is "[t['up'] for t in d['targets']]" "[True, True]" || fail "$(status "d['targets']")"
lines 7 ',"version":"1"'
printf '{"ts":12,"model":"fra\n' >>"$log"
rm "$dir/www/health.json"
wait_status "[t['up'] for t in d['targets'] if t['job'] == 'test-health']" "[False]" 10
wait_status "d['logs'][0]['bad_lines_1h']" 8 10
wait_event 'health.json down: status 404' 5
states() { "$bin" notifications --store "$dir/store.db" --json | python3 -c 'import json,sys
print(sorted((n["receiver"], n["state"], n["attempts"] > 0) for n in json.load(sys.stdin)["notifications"]))'; }
all_tried() { [ "$(states)" = "[('dead', 'queued', True), ('refused', 'given up', True), ('taken', 'sent', True)]" ]; }
until_ok 10 all_tried || fail "notifications: $(states)"
sleep 2
stop_agent TERM

# The pictures are of the last commit.
at=$("$bin" status --store "$dir/store.db" --json | python3 -c "import json,sys; print(json.load(sys.stdin)['agent']['last_commit'])")
screen() { # KEYS [SIZE]
	printf '%s\n:snapshot x\n' "$1" >"$dir/keys"
	"$bin" top --store "$dir/store.db" --snapshot overview --size "${2:-120x36}" --at "$at" --keys "$dir/keys" >"$dir/screen" 2>"$dir/err" ||
		fail "top: $(cat "$dir/err")"
	[ ! -s "$dir/err" ] || fail "top said $(cat "$dir/err")"
}
shows() { grep -qF -- "$1" "$dir/screen" || fail "no '$1' on the screen: $(cat "$dir/screen")"; }
ask() { "$bin" query --store "$dir/store.db" --time "$at" --json "$1" | python3 -c 'import json,sys
d=json.load(sys.stdin); d=d.get("data",d)["result"]; print(d[0]["value"][1] if d else "nan")'; }

# Targets: the figures of the row and of the strip by the query's own numbers.
screen 5
up=$(ask 'floor(avg_over_time(ml_health{job="test-health"}[1d]) * 1000) / 10')
samples=$(ask 'scrape_samples_scraped{job="test-service"}')
[ "$samples" = 3 ] || fail "samples $samples"
"$bin" query range --store "$dir/store.db" --start "$at" --end "$at" --step 1s "up" >/dev/null || fail "no range"
python3 - "$dir/screen" "$up" "$samples" <<'PY' || fail "targets: $(cat "$dir/screen")"
import sys
rows = open(sys.argv[1], encoding="utf8").read().splitlines()
health = next(l for l in rows if "test-health" in l and "│" in l)
service = next(l for l in rows if "test-service" in l and "│" in l)
bad = []
if health[78:84].strip() != "%.1f %%" % float(sys.argv[2]): bad.append(("up", health[78:84], sys.argv[2]))
if service[70:77].strip() != sys.argv[3]: bad.append(("samples", service[70:77]))
if service[78:84].strip() != "100 %": bad.append(("up", service[78:84]))
# nothing is known of the hour before; the last stretches: up, and partly up
if service[85:105].strip("█▒ ") or not service[85:105].endswith("█"): bad.append(("hour", service[85:105]))
if health[85:105].strip(" ")[-1:] not in ("▒", "·"): bad.append(("hour", health[85:105]))
if not health.rstrip("│ ").endswith("status 404"): bad.append(("why", health))
print(bad)
sys.exit(len(bad))
PY
shows '✗ down for '
shows 'status 404'
shows 'HealthGone: FIRING for '
shows 'HealthDown: pending, fires in 59m '
shows 'last good answer '
shows '{"model_loaded": true}'
shows "config   $dir/mlwatch.yml:7"
echo "ok: targets"

# Logs.
screen 6
shows 'test log.jsonl: 8 bad lines in the last hour of 208 (3.8 %)'
shows 'field missing: model'
shows '^ no field "model"; prediction_logs[0].fields.model says model'
shows "byte $(python3 -c "import sys; n=open('$log').read().split('\n'); print(f'{sum(len(l) + 1 for l in n[:200]):,}'.replace(',', ' '))")"
screen '6<Enter>j' 80x24
shows 'not JSON: unexpected end of line'
echo "ok: logs"

# Notifications: the same counts, states and errors.
screen 7
"$bin" notifications --store "$dir/store.db" --json >"$dir/outbox"
python3 - "$dir/outbox" "$dir/screen" <<'PY' || fail "notifications: $(cat "$dir/outbox" "$dir/screen")"
import json, sys
rows = open(sys.argv[2], encoding="utf8").read().splitlines()
def row(word, glyph):
    return next((l for l in rows if word in l and glyph in l[:4]), "")
bad = []
for n in json.load(open(sys.argv[1]))["notifications"]:
    name, state = n["receiver"], n["state"]
    receiver = row(name, {"sent": "✓", "given up": "✗", "queued": "▲"}[state]).split()
    counts = [int(x) for x in receiver if x.isdigit()][:3]
    tries = n["attempts"]
    want = {"sent": [1, tries - 1, 0], "given up": [0, tries - 1, 0], "queued": [0, tries, 1]}[state]
    if counts != want: bad.append((name, receiver, want))
    if n["error"] and not any(n["error"][:30] in l for l in rows): bad.append(("error", n["error"]))
if not any("idle" in l and "nothing was ever sent to it" in l for l in rows): bad.append("idle")
if not any("Outbox: 1 waiting, 1 given up" in l for l in rows): bad.append("outbox")
if not any("HealthGone job=test-health" in l and "1 firing" in l and " 200 " in l for l in rows): bad.append("sent")
print(bad)
sys.exit(len(bad))
PY
[ "$(status "[d['notifications'][k] for k in ('queued', 'sent', 'given_up')]")" = "[1, 1, 1]" ] || fail "status: $(status "d['notifications']")"
echo "ok: notifications"

# Events: the same rows in the same order.
screen 8 140x40
"$bin" events --store "$dir/store.db" --since 30d --json >"$dir/events"
python3 - "$dir/events" "$dir/screen" <<'PY' || fail "events: $(cat "$dir/screen")"
import json, sys
want = [e["text"] for e in json.load(open(sys.argv[1]))["events"]]
rows = open(sys.argv[2], encoding="utf8").read().splitlines()
start = next(i for i, l in enumerate(rows) if "Events:" in l and "newest first" in l)
have = [l[1:] for l in rows[start + 1:start + 1 + len(want)]]
if want and want[0] not in have[0]: want.reverse()
bad = [(w, h) for w, h in zip(want, have) if w[:60] not in h]
print(len(want), bad)
sys.exit(len(bad) or len(want) < 4 or ("Events: %d of %d," % (len(want), len(want))) not in rows[start])
PY
# Enter on the health check's event goes to its target.
screen '8/health.json down<Enter><Enter>'
grep -q '^│▸✗ down .*test-health' "$dir/screen" || fail "not at the target: $(cat "$dir/screen")"
echo "ok: events"

# A whole hour and a day, of the store in which the dashboard is drawn: every cell of the strips, and the shares of the day.
build/tests/make_store "$dir/night.db" || fail "no store"
at=2026-11-20T03:14:22Z
night() { "$bin" query "$@" --store "$dir/night.db" --json; }
for name in up ml_health; do
	night range "avg_over_time($name[3m])" --start 2026-11-20T02:17:22Z --end $at --step 3m >"$dir/hour.$name"
	night "avg_over_time($name[1d])" --time $at >"$dir/day.$name"
done
night range 'rate(mlwatch_log_file_lines_total[225s])' --start 2026-11-20T02:18:07Z --end $at --step 225s >"$dir/hour.files"
printf '5\n:snapshot x\n6\n:snapshot x\n' >"$dir/keys"
"$bin" top --store "$dir/night.db" --snapshot targets --size 120x36 --at $at --keys "$dir/keys" >"$dir/screen" || fail "top"
python3 - "$dir" <<'PY' || fail "the night: $(cat "$dir/screen")"
import json, math, sys
where = sys.argv[1]
def result(name):
    d = json.load(open(where + "/" + name))
    return d.get("data", d)["result"]
rows = open(where + "/screen", encoding="utf8").read().splitlines()
bad, cells = [], 0
for kind in ("up", "ml_health"):
    for s in result("hour." + kind):
        job = s["metric"]["job"]
        row = next(l for l in rows if l[13:27].strip() == job)
        want = "".join("█" if float(v) >= 1 else "·" if float(v) <= 0 else "▒" for _, v in s["values"])
        cells += len(want)
        if row[85:105].strip(" ") != want: bad.append((job, row[85:105], want))
    for s in result("day." + kind):
        job = s["metric"]["job"]
        row = next(l for l in rows if l[13:27].strip() == job)
        share = float(s["value"][1])
        want = "100 %" if share >= 1 else "%.1f %%" % (math.floor(share * 1000) / 10)
        if row[78:84].strip() != want: bad.append((job, row[78:84], want))
for s in result("hour.files"):
    name = s["metric"]["path"].split("/")[-1]
    row = next((l for l in rows if l[17:42].strip() == name), None)
    if row is None: continue
    v = [float(x) for _, x in s["values"]]
    want = "".join("▁▂▃▄▅▆▇█"[int(min(7, math.floor(x / max(v) * 7.999)))] for x in v)
    cells += len(want)
    if len(v) == 16 and row[101:117] != want: bad.append((name, row[101:117], want))
print(cells, bad)
sys.exit(len(bad) or cells < 100)
PY
echo "ok: the night"
