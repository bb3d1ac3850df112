#!/usr/bin/env python3
"""An OAuth2 token server (RFC 6749, client credentials) and something that wants its tokens: the other end of oauth2.sh.

    token_server.py PORT_FILE LOG [PORT]

POST /token            gives a token for client "me&co" with secret "s3cret/+=", by Basic authentication (both parts form-encoded) or in
                       the body, as _set?style= says; answers 401 invalid_client to everybody else
/protected...          200 with a token that is good, else 401
GET /_set?expires=N&style=header|body|none   seconds that new tokens live (0: not said), how clients may say who they are
GET /_revoke           no token that was given is good any more
LOG gets a line per request: t (ms), path, status, and what the body or the Authorization header said (of tokens only their number).
"""
import base64
import http.server
import json
import sys
import threading
import time
import urllib.parse

CLIENT, SECRET = "me&co", "s3cret/+="
state = {"expires": "3600", "style": "header", "count": 0, "good": {}}
lock = threading.Lock()
log = open(sys.argv[2], "a", buffering=1)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, doc, said=""):
        body = json.dumps(doc).encode() if doc is not None else b"up 1\n"
        log.write("%d %s %d %s\n" % (time.time() * 1000, self.path, status, said))
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if doc is not None else "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def who(self, form):
        given = self.headers.get("Authorization", "")
        if state["style"] == "header" and given.startswith("Basic "):
            user, _, password = base64.b64decode(given[6:]).decode().partition(":")
            return urllib.parse.unquote_plus(user), urllib.parse.unquote_plus(password)
        if state["style"] == "body":
            return form.get("client_id"), form.get("client_secret")
        return None, None

    def token(self, body):
        form = dict(urllib.parse.parse_qsl(body, strict_parsing=True))
        said = "grant=%s scope=%s audience=%s" % (form.get("grant_type"), form.get("scope"), form.get("audience"))
        who = self.who(form)
        if who != (CLIENT, SECRET):
            return self.answer(401, {"error": "invalid_client", "error_description": "%s is not the secret of %s" % who[::-1]}, said)
        state["count"] += 1
        text = "token-%d-%d" % (state["count"], time.time_ns())
        life = float(state["expires"])
        state["good"][text] = time.time() + (life or 1e9)
        doc = {"access_token": text, "token_type": "bearer"}
        if life:
            doc["expires_in"] = life
        return self.answer(200, doc, said)

    def protected(self):
        text = self.headers.get("Authorization", "")[7:]
        good = self.headers.get("Authorization", "").startswith("Bearer ") and state["good"].get(text, 0) > time.time()
        return self.answer(200 if good else 401, None, text[:text.rfind("-")])

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        path, _, query = self.path.partition("?")
        with lock:
            if path == "/token":
                self.token(body)
            elif path == "/_set":
                state.update(urllib.parse.parse_qsl(query))
                self.answer(200, {})
            elif path == "/_revoke":
                state["good"].clear()
                self.answer(200, {})
            else:
                self.protected()

    do_GET = do_POST = handle_any

    def log_message(self, *args):
        pass


http.server.ThreadingHTTPServer.allow_reuse_address = True
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[3]) if len(sys.argv) > 3 else 0), Handler)
with open(sys.argv[1], "w") as f:
    f.write("%d\n" % server.server_port)
server.serve_forever()
