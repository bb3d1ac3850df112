#!/usr/bin/env python3
"""Writes random timelines (config.yml and scenario.yml) for alertmanager_record.py and alertmanager_timeline.

    timeline_random.py FOLDER COUNT [SEED]

Each has a routing tree with continue, inhibition, silences, time intervals, several receivers, failures and alerts that come, go, flap
and change. Left out is what a real Alertmanager decides by chance: an event at the very moment of a flush (with --instant as a fourth
argument they meet), a repeat_interval that is a multiple of group_interval, many alerts at once with group_wait 0s; and what is
different on purpose, 429.
"""
import os
import random
import sys

import yaml

yaml.SafeDumper.ignore_aliases = lambda *_: True
folder, count = sys.argv[1], int(sys.argv[2])
base = int(sys.argv[3]) if len(sys.argv) > 3 else 1
instant = sys.argv[4:5] == ["--instant"]

NAMES = ["Slow", "Down", "Drift", "Errors"]
MODELS = ["fraud", "churn", "price"]
SEVERITIES = ["critical", "warning", "info"]


def labels(r):
    out = {"alertname": r.choice(NAMES), "model": r.choice(MODELS), "severity": r.choice(SEVERITIES)}
    if r.random() < 0.4:
        out["instance"] = "host-%d" % r.randint(1, 3)
    if r.random() < 0.2:
        out["job"] = r.choice(["a", "b"])
    return out


def matchers(r):
    return r.sample(["alertname=~\"S.*|D.*\"", "severity=\"critical\"", "severity!=\"info\"", "model=~\"fraud|churn\"", "instance=\"\"",
                     "alertname!~\"Err.*\"", "model=\"price\""], r.randint(1, 2))


def condition(r):
    kind = r.random()
    if kind < 0.6:
        return {"matchers": matchers(r)}
    if kind < 0.8:
        return {"match": {"severity": r.choice(SEVERITIES)}}
    return {"match_re": {"alertname": r.choice(["S.*", "Down|Drift", "E.+"])}}


def times(r, route):
    route["group_wait"] = r.choice(["1s", "2s"] if instant else ["400ms", "500ms", "1400ms", "2500ms"])
    interval = r.choice([2, 3, 4])
    route["group_interval"] = "%ds" % interval
    route["repeat_interval"] = "%dms" % r.choice([500 * interval, 1500 * interval, 2500 * interval, 1000000])


def group_by(r):
    return r.choice([["alertname"], ["alertname", "model"], ["..."], [], ["severity"], ["instance"], None])


def route(r, receivers, depth=0):
    out = {"receiver": r.choice(receivers)}
    g = group_by(r)
    if g is not None:
        out["group_by"] = g
    if depth == 0 or r.random() < 0.4:
        times(r, out)
    if depth > 0:
        out.update(condition(r))
        out["continue"] = r.random() < 0.5
        if r.random() < 0.25:
            out["mute_time_intervals"] = [r.choice(["never", "always", "never"])]
        if r.random() < 0.25:
            out["active_time_intervals"] = [r.choice(["always", "always", "never"])]
        if r.random() < 0.3:
            del out["receiver"]
    if depth < 2 and r.random() < (1 if depth == 0 else 0.3):
        out["routes"] = [route(r, receivers, depth + 1) for _ in range(r.randint(1, 3))]
    return out


def receiver(r, name):
    hooks = [{"url": "@CATCHER@/webhook/%s%s" % (name, "" if i == 0 else "-%d" % i), "send_resolved": r.random() < 0.75,
              **({"max_alerts": r.randint(1, 2)} if r.random() < 0.2 else {})} for i in range(r.choice([1, 1, 1, 2]))]
    out = {"name": name, "webhook_configs": hooks}
    if r.random() < 0.3:
        out["slack_configs"] = [{"api_url": "@CATCHER@/slack/" + name, "channel": "#" + name, "send_resolved": r.random() < 0.6,
                                 "title": "{{ .Status | toUpper }} {{ .GroupLabels.SortedPairs.Values | join \" \" }} ({{ len .Alerts }})",
                                 "text": "{{ range .Alerts }}{{ .Labels.model | title }}: {{ .Annotations.summary }}{{ if eq .Status \"resolved\" }} over"
                                         "{{ end }}\n{{ end }}",
                                 "fields": [{"title": "Firing", "value": "{{ .Alerts.Firing | len }}", "short": True},
                                            {"title": "Common", "value": "{{ .CommonLabels.SortedPairs.Names | join \",\" }}"}]}]
    if r.random() < 0.3:
        out["pagerduty_configs"] = [{"routing_key": "key", "url": "@CATCHER@/pd/" + name, "send_resolved": r.random() < 0.7,
                                     "description": "{{ .CommonLabels.alertname }}{{ range .Alerts.Firing }} {{ .Labels.model }}{{ end }}",
                                     "severity": "{{ if .CommonLabels.severity }}{{ .CommonLabels.severity }}{{ else }}error{{ end }}",
                                     "details": {"models": "{{ range .Alerts }}{{ .Labels.model }};{{ end }}"}}]
    return out


def config(r):
    names = ["r%d" % i for i in range(r.randint(2, 4))]
    out = {"route": route(r, names), "receivers": [receiver(r, n) for n in names],
           "time_intervals": [{"name": "always", "time_intervals": [{"months": ["1:12"]}]},
                              {"name": "never", "time_intervals": [{"years": ["1999"]}]}]}
    if r.random() < 0.6:
        out["inhibit_rules"] = [{"source_matchers": [r.choice(["severity=\"critical\"", "alertname=\"Down\""])],
                                 "target_matchers": [r.choice(["severity=~\"warning|info\"", "alertname=~\"Slow|Errors\""])],
                                 "equal": r.choice([["model"], ["alertname", "model"], ["instance"], []])}
                                for _ in range(r.randint(1, 2))]
    return out


def silence(r, n):
    kind = r.random()
    value = r.choice(MODELS)
    if kind < 0.4:
        m = {"model": value}
    elif kind < 0.7:
        m = [{"name": "model", "value": r.choice(["fr.*", "churn|price"]), "isRegex": True, "isEqual": True}]
    else:
        m = [{"name": "severity", "value": "critical", "isRegex": False, "isEqual": False},
             {"name": "alertname", "value": ".+", "isRegex": True, "isEqual": True}]
    return {"id": "s%d" % n, "matchers": m, "start": r.choice([0, 0, 0, 2]), "end": r.choice([4, 7, 60])}


def scenario(r, conf):
    length, line, active, silences = r.randint(18, 30), [], [], 0
    paths = [c["url"][len("@CATCHER@"):] for rc in conf["receivers"] for c in rc["webhook_configs"]]
    t = 0.0
    while True:
        t += r.choice([1, 1, 1, 2, 2, 3])
        if t > length - 3:
            break
        ev, kind = {"at": round(t, 2)}, r.random()
        if kind < 0.45 or not active:
            new = []
            for _ in range(r.choice([1, 1, 2, 4])):
                a = labels(r)
                if a not in new:
                    new.append(a)
            active += [a for a in new if a not in active]
            what = r.choice(["fire", "fire", "fire", "fire_old", "fire_noend"])
            if what == "fire_old" and not instant:  # it is told at once, and looked at anew at the same fraction of a second
                ev["at"] += 0.3
            ev[what] = [
                dict(a, annotations={"summary": r.choice(["it is slow", "100% \"bad\"", "ümlaut"])}) if r.random() < 0.5 else a for a in new]
        elif kind < 0.75:
            gone = r.sample(active, min(len(active), r.choice([1, 1, 2])))
            ev["resolve"] = gone
            if r.random() < 0.7:
                active = [a for a in active if a not in gone]  # else it may come again
        elif kind < 0.9:
            silences += 1
            ev["silence"] = silence(r, silences)
        elif silences and r.random() < 0.7:
            ev["expire"] = "s%d" % r.randint(1, silences)
        else:
            continue
        line.append(ev)
    out = {"duration": length, "timeline": line}
    if r.random() < 0.4:
        out["responses"] = {r.choice(paths): [r.choice([500, 503, 400, 200]) for _ in range(r.randint(1, 3))]}
    return out


for i in range(count):
    r = random.Random(base * 1000 + i)
    where = os.path.join(folder, "random-%d-%02d" % (base, i))
    os.makedirs(where, exist_ok=True)
    conf = config(r)
    yaml.safe_dump(conf, open(where + "/config.yml", "w"), sort_keys=False, allow_unicode=True)
    yaml.safe_dump(scenario(r, conf), open(where + "/scenario.yml", "w"), sort_keys=False, allow_unicode=True)
