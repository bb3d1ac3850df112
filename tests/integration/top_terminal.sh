#!/bin/sh
# top_terminal.sh -- the dashboard on a real terminal (a pty): it shows the view, answers keys, leaves within 100 ms when the terminal goes
# or a signal says so, puts the terminal back in order, and says what to use instead where it cannot run.
set -u
cd "$(dirname "$0")/../.." || exit 1
[ -x build/tests/make_store ] || { echo "build/tests/make_store is missing"; exit 1; }
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
build/tests/make_store "$tmp/m.db" hostile || exit 1
exec /usr/bin/python3 - "$tmp/m.db" <<'PY'
import fcntl, os, pty, re, select, signal, struct, subprocess, sys, termios, time

store, failed = sys.argv[1], 0
def fail(text):
    global failed
    failed = 1
    print(text)

def start(term="xterm-256color", hup_ignored=False, extra=(), env=()):
    pid, fd = pty.fork()
    if pid == 0:
        for k in ("NO_COLOR", "TMUX"): os.environ.pop(k, None)
        os.environ.update({"TERM": term, "LC_ALL": "C.UTF-8", "XDG_CONFIG_HOME": os.path.dirname(store) + "/none", **dict(env)})
        if hup_ignored: signal.signal(signal.SIGHUP, signal.SIG_IGN)
        time.sleep(0.05)
        os.execv("build/mlwatch", ["mlwatch", "top", "--store", store, *extra])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    return pid, fd

def read(fd, until=None, seconds=3.0):
    out, end = b"", time.monotonic() + seconds
    while time.monotonic() < end:
        if not select.select([fd], [], [], 0.05)[0]:
            if until is None: break
            continue
        try: out += os.read(fd, 65536)
        except OSError: break
        if until is not None and until in out: break
    return out

def gone(pid, seconds=2.0):
    t = time.monotonic()
    while time.monotonic() - t < seconds:
        if os.waitpid(pid, os.WNOHANG)[0]: return time.monotonic() - t
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL); os.waitpid(pid, 0)
    return None

# It draws, answers keys, and q at the top ends it with the terminal as it was.
pid, fd = start()
out = read(fd, b"DriftShareHigh")
if b"DriftShareHigh" not in out: fail("the alert does not appear: %r" % out[-300:])
os.write(fd, b"8")
out += read(fd, b"newest first")
if b"newest first" not in out: fail("key 8 does not show the events")
for seq in re.findall(rb"\x1b\][^\x07\x1b]*", out): fail("an OSC sequence reached the terminal: %r" % seq)
if b"\xc2\x9b" in out or b"\xe2\x80\xae" in out: fail("a control character from outside reached the terminal")
idle = read(fd, None, 2.0)
idle = b""
t = time.monotonic()
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0)); os.kill(pid, signal.SIGWINCH)
if b"\xe2\x94\x8c" not in read(fd, b"\xe2\x94\x8c", 3): fail("no frames after a resize to 120x36")
os.write(fd, b"\x03")
out = read(fd, b"\x1b[?1049l")
if b"\x1b[?1049l" not in out: fail("the terminal is not put back: %r" % out[-100:])
if gone(pid) is None: fail("Ctrl-C does not end it")
os.close(fd)

# What is changed is remembered; a place that cannot be written is said and nothing else.
home = os.path.dirname(store)
for config, written in ((home + "/conf", True), ("/proc/none", False)):
    pid, fd = start(env=[("XDG_CONFIG_HOME", config)])
    read(fd, b"DriftShareHigh")
    os.write(fd, b"t")
    out = read(fd, b"light" if written else b"not remembered")
    if (b"light" if written else b"not remembered") not in out: fail("theme: %r" % out[-200:])
    os.write(fd, b"\x03"); gone(pid); os.close(fd)
if "theme: light" not in open(home + "/conf/mlwatch/top.yml").read(): fail("top.yml does not say theme: light")

# The clipboard: OSC 52 once, with the link; wrapped inside tmux.
import base64
link = base64.b64encode(b"https://runbooks.example.com/drift-share")
for tmux, want in (({}, b"\x1b]52;c;" + link + b"\x07"), ({"TMUX": "x"}, b"\x1bPtmux;\x1b\x1b]52;c;" + link + b"\x07\x1b\\")):
    pid, fd = start(env=list(tmux.items()))
    read(fd, b"DriftShareHigh")
    os.write(fd, b"u")
    if want not in read(fd, want, 2): fail("u does not copy the runbook's link, tmux %s" % bool(tmux))
    os.write(fd, b"\x03"); gone(pid); os.close(fd)

# Signals.
for sig in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
    pid, fd = start()
    read(fd, b"DriftShareHigh")
    os.kill(pid, sig)
    out = read(fd, b"\x1b[?1049l", 1)
    took = gone(pid)
    if b"\x1b[?1049l" not in out: fail("signal %d: the terminal is not put back" % sig)
    if took is None: fail("signal %d does not end it" % sig)
    os.close(fd)

# The terminal goes away, HUP as usual and ignored (nohup, tmux killed).
for ignored in (False, True):
    pid, fd = start(hup_ignored=ignored)
    read(fd, b"DriftShareHigh")
    os.close(fd)
    took = gone(pid)
    if took is None or took > 0.3: fail("terminal closed, HUP ignored %s: left after %s s" % (ignored, took))

# An unknown terminal, one without colours, NO_COLOR.
pid, fd = start(term="xterm-of-tomorrow")
out = read(fd, b"is not known here")
if b"is not known here" not in out: fail("an unknown TERM is not mentioned: %r" % out[-200:])
os.write(fd, b"\x03"); gone(pid); os.close(fd)
pid, fd = start(env=[("NO_COLOR", "1")])
out = read(fd, b"DriftShareHigh")
if re.search(rb"\x1b\[[0-9;]*3[1-7]m|38;5", out): fail("colours in spite of NO_COLOR")
os.write(fd, b"\x03"); gone(pid); os.close(fd)
pid, fd = start(env=[("LC_ALL", "C")])
out = read(fd, b"DriftShareHigh")
if any(b >= 0x80 for b in out): fail("bytes over 0x7f in locale C")
os.write(fd, b"\x03"); gone(pid); os.close(fd)

# Not a terminal, and dumb.
r = subprocess.run(["build/mlwatch", "top", "--store", store], stdin=subprocess.DEVNULL, capture_output=True, text=True)
if r.returncode != 2 or "needs a terminal" not in r.stderr or "mlwatch status" not in r.stderr: fail("no terminal: %s" % r)
pid, fd = start(term="dumb")
out = read(fd, b"needs a terminal")
if b"needs a terminal (TERM=dumb)" not in out: fail("TERM=dumb: %r" % out)
status = os.waitpid(pid, 0)[1]
if os.waitstatus_to_exitcode(status) != 2: fail("TERM=dumb: exit %d" % os.waitstatus_to_exitcode(status))
sys.exit(failed)
PY
