#!/usr/bin/env python3
"""Plays timelines against a real Alertmanager and keeps what it sent: golden.json beside scenario.yml and config.yml.

    alertmanager_record.py FOLDER...     (prometheus-alertmanager must be installed; folders run at the same time)

The format is that of tests/conformance/alertmanager_timeline.c. Only for making test data; no test needs it.
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

    def start():
        return subprocess.Popen(["prometheus-alertmanager", "--config.file=" + config, "--storage.path=" + data + "/am",
                                 "--web.listen-address=127.0.0.1:%d" % port, "--cluster.listen-address=", "--log.level=error",
                                 "--web.external-url=http://am.example:9093", "--web.route-prefix=/"])

    def api(path, doc):
        req = urllib.request.Request("http://127.0.0.1:%d/api/v2/%s" % (port, path), json.dumps(doc).encode() if doc is not None else None,
                                     {"Content-Type": "application/json"}, method="POST" if doc is not None else "DELETE")
        for _ in range(100):
            try:
                return json.loads(urllib.request.urlopen(req, timeout=5).read() or "{}")
            except (OSError, json.JSONDecodeError) as e:
                if isinstance(e, json.JSONDecodeError):
                    return {}
                time.sleep(0.05)

    def ready():
        for _ in range(200):
            try:
                urllib.request.urlopen("http://127.0.0.1:%d/-/ready" % port, timeout=1)
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
            ms = [{"name": k, "value": v, "isRegex": False, "isEqual": True} for k, v in s["matchers"].items()]
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
    with open(os.path.join(folder, "golden.json"), "w") as f:
        json.dump({"made_by": "alertmanager 0.25.0", "notifications": got}, f, indent=1)
        f.write("\n")
    print(folder, len(got), "notifications", flush=True)


threads = [threading.Thread(target=record, args=(f,)) for f in sys.argv[1:]]
for t in threads:
    t.start()
for t in threads:
    t.join()
