#!/usr/bin/env python3
"""Plays timelines against a real Alertmanager and keeps what it sent: golden.json beside scenario.yml and config.yml.

    alertmanager_record.py FOLDER...                       (prometheus-alertmanager must be installed)
    alertmanager_record.py --mlwatch build/mlwatch FOLDER...

With --mlwatch a running mlwatch gets the same over its HTTP API, and what it sends is compared with golden.json: notifications must agree
in everything, times within 1.5 s. Folders run at the same time. The format is that of tests/conformance/alertmanager_timeline.c, which
does the comparison in virtual time; no test needs this script.
"""
import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone

import yaml


def free_port():
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    port = s.getsockname()[1]
    s.close()
    return port


def stamp(t):
    return datetime.fromtimestamp(t, timezone.utc).isoformat().replace("+00:00", "Z")


def seconds(text, t0):
    if text.startswith("0001-"):
        return "zero"
    if "." in text:
        head, tail = text[:-1].split(".")
        text = head + "." + tail[:6].ljust(6, "0") + "Z"
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() - t0, 3)


MLWATCH = sys.argv[2] if sys.argv[1:2] == ["--mlwatch"] else None
totals = [0, 0]


def same(a, b):
    if isinstance(a, (int, float)) and isinstance(b, (int, float)) and not isinstance(a, bool):
        return abs(a - b) <= 1.5
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def compare(folder, got):
    want = json.load(open(os.path.join(folder, "golden.json")))["notifications"]
    for n in want + got:
        if "alerts" in n["body"]:
            n["body"]["alerts"].sort(key=lambda a: json.dumps(a["labels"], sort_keys=True))
    for w in want:
        hit = next((g for g in got if all(same(w[k], g[k]) for k in ("kind", "to", "code", "t", "body"))), None)
        totals[0 if hit else 1] += 1
        if hit:
            got.remove(hit)
        else:
            print(folder, "missing:", json.dumps(w)[:600])
    for g in got:
        totals[1] += 1
        print(folder, "not expected:", json.dumps(g)[:600])


def record(folder):
    scenario = yaml.safe_load(open(os.path.join(folder, "scenario.yml")))
    got, answered, lock = [], {}, threading.Lock()
    state = {"t0": None}

    class Catcher(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            t = time.time()
            with lock:
                codes = scenario.get("responses", {}).get(self.path, [])
                n = answered.get(self.path, 0)
                answered[self.path] = n + 1
                code = codes[n] if n < len(codes) else 200
                kind, to = self.path.strip("/").split("/", 1)
                doc = json.loads(body)
                for a in doc.get("alerts", []) if kind == "webhook" else []:
                    a["startsAt"], a["endsAt"] = seconds(a["startsAt"], state["t0"]), seconds(a["endsAt"], state["t0"])
                if kind == "webhook":
                    doc["alerts"].sort(key=lambda a: json.dumps(a["labels"], sort_keys=True))
                got.append({"t": round(t - state["t0"], 2), "kind": kind, "to": to, "code": code, "body": doc})
            self.send_response(code)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Catcher)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    catcher = "http://127.0.0.1:%d" % server.server_port
    data, port = tempfile.mkdtemp(), free_port()
    config = os.path.join(data, "config.yml")
    text = open(os.path.join(folder, "config.yml")).read().replace("@CATCHER@", catcher).replace("@DIR@", os.path.abspath(folder))
    open(config, "w").write(text)

    if MLWATCH:
        with open(data + "/mlwatch.yml", "w") as f:
            f.write("storage: {path: m.db}\nalerting: {config_file: config.yml}\n"
                    "http: {listen: '127.0.0.1:%d', external_url: 'http://am.example:9093'}\n" % port)

    def start():
        if MLWATCH:
            return subprocess.Popen([MLWATCH, "run", "-c", data + "/mlwatch.yml", "--log-level=error"])
        return subprocess.Popen(["prometheus-alertmanager", "--config.file=" + config, "--storage.path=" + data + "/am",
                                 "--web.listen-address=127.0.0.1:%d" % port, "--cluster.listen-address=", "--log.level=error",
                                 "--web.external-url=http://am.example:9093", "--web.route-prefix=/"])

    def api(path, doc):
        req = urllib.request.Request("http://127.0.0.1:%d/api/v2/%s" % (port, path), json.dumps(doc).encode() if doc is not None else None,
                                     {"Content-Type": "application/json"}, method="POST" if doc is not None else "DELETE")
        for _ in range(100):
            try:
                return json.loads(urllib.request.urlopen(req, timeout=5).read() or "{}")
            except urllib.error.HTTPError as e:
                print(folder, path, e.code, e.read().decode()[:200], file=sys.stderr)
                return {}
            except (OSError, json.JSONDecodeError) as e:
                if isinstance(e, json.JSONDecodeError):
                    return {}
                time.sleep(0.05)

    def ready():
        for _ in range(200):
            try:
                urllib.request.urlopen("http://127.0.0.1:%d/-/%s" % (port, "healthy" if MLWATCH else "ready"), timeout=1)
                return
            except OSError:
                time.sleep(0.05)

    am = start()
    ready()
    time.sleep(0.5)
    t0 = state["t0"] = time.time()
    active, silences = {}, {}

    def post(keys):
        now, docs = time.time(), []
        for k in keys:
            a = active[k]
            doc = {"labels": a["labels"], "annotations": a["annotations"], "startsAt": stamp(a["starts"]),
                   "generatorURL": "http://prom.example/graph?g0.expr=" + a["labels"]["alertname"]}
            if not a["noend"]:
                doc["endsAt"] = stamp(a["ends"] or now + 30)
            docs.append(doc)
        if docs:
            api("alerts", docs)

    def fire(entries, started, noend):
        keys = []
        for e in entries:
            labels = {k: v for k, v in e.items() if k != "annotations"}
            k = json.dumps(labels, sort_keys=True)
            a = active.setdefault(k, {"labels": labels, "annotations": {}, "starts": None, "ends": None, "noend": noend})
            if a["starts"] is None or a["ends"]:
                a["starts"] = started
            a["ends"], a["noend"] = None, noend
            a["annotations"] = e.get("annotations", a["annotations"])
            keys.append(k)
        post(keys)

    def happen(ev):
        now = time.time()
        fire(ev.get("fire", []), now, False)
        fire(ev.get("fire_old", []), now - 3600, False)
        fire(ev.get("fire_noend", []), now, True)
        gone = [json.dumps({k: v for k, v in e.items() if k != "annotations"}, sort_keys=True) for e in ev.get("resolve", [])]
        for k in gone:
            active[k]["ends"], active[k]["noend"] = now, False
        post(gone)
        if "silence" in ev:
            s = ev["silence"]
            ms = s["matchers"]
            if isinstance(ms, dict):
                ms = [{"name": k, "value": v, "isRegex": False, "isEqual": True} for k, v in ms.items()]
            silences[s["id"]] = api("silences", {"matchers": ms, "startsAt": stamp(now + s.get("start", 0)),
                                                 "endsAt": stamp(now + s.get("end", 3600)), "createdBy": "x", "comment": "x"})["silenceID"]
        if "expire" in ev:
            api("silence/" + silences[ev["expire"]], None)
        if ev.get("restart"):
            nonlocal_am[0].send_signal(signal.SIGTERM)
            nonlocal_am[0].wait()
            nonlocal_am[0] = start()
            ready()

    nonlocal_am = [am]
    line, next_post = list(scenario["timeline"]), t0 + 1
    while time.time() < t0 + scenario["duration"]:
        now = time.time()
        while line and t0 + line[0]["at"] <= now:
            happen(line.pop(0))
        if now >= next_post:
            post([k for k, a in active.items() if not a["noend"]])
            next_post += 1
        time.sleep(0.02)
    nonlocal_am[0].kill()
    nonlocal_am[0].wait()
    server.shutdown()
    shutil.rmtree(data)
    if MLWATCH:
        compare(folder, got)
        return
    with open(os.path.join(folder, "golden.json"), "w") as f:
        json.dump({"made_by": "alertmanager 0.25.0", "notifications": got}, f, indent=1)
        f.write("\n")
    print(folder, len(got), "notifications", flush=True)


threads = [threading.Thread(target=record, args=(f,)) for f in sys.argv[3 if MLWATCH else 1:]]
for t in threads:
    t.start()
for t in threads:
    t.join()
if MLWATCH:
    print("live: %d passed, %d failed" % tuple(totals))
    sys.exit(1 if totals[1] or not totals[0] else 0)
