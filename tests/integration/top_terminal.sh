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
if b"\xe2\x94\x8c" not in read(fd, b"\xe2\x94\x8c", 1): fail("no frames within a second of a resize to 120x36")
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

# The runbook's link alone on a line, as OSC 8; any key goes back.
for tmux, esc in (({}, b"\x1b]8;;"), ({"TMUX": "x"}, b"\x1bPtmux;\x1b\x1b]8;;")):
    pid, fd = start(env=list(tmux.items()))
    read(fd, b"DriftShareHigh")
    os.write(fd, b"o")
    out = read(fd, b"any key goes back", 2)
    if esc + b"https://runbooks.example.com/drift-share" not in out: fail("o: no link by OSC 8, tmux %s: %r" % (bool(tmux), out[-300:]))
    os.write(fd, b"x")
    if b"DriftShareHigh" not in read(fd, b"DriftShareHigh", 2): fail("o: the view does not come back")
    os.write(fd, b"\x03"); gone(pid); os.close(fd)

# Copy mode: the pane's words without frames, and back.
pid, fd = start()
read(fd, b"DriftShareHigh"); read(fd, None, 0.5)
os.write(fd, b"c")
out = read(fd, b"any key goes back", 2)
if b"LatencyP95High" not in out or b"\xe2\x94\x82" in out or b"\xe2\x94\x80" in out: fail("copy mode: %r" % out[-400:])
os.write(fd, b"q")
out = read(fd, b"DriftShareHigh", 2)
os.write(fd, b"q")
if gone(pid) is None: fail("the key that leaves copy mode did more than that")
os.close(fd)

# The mouse: off at first; on it asks for 1000 and 1006 alone; a click on a view goes there, one on a row selects; remembered.
pid, fd = start(env=[("XDG_CONFIG_HOME", home + "/mouse")])
out = read(fd, b"DriftShareHigh")
if b"?1000h" in out or b"?1006h" in out: fail("the mouse is on at the start")
os.write(fd, b"m")
out = read(fd, b"?1006h", 2)
if b"\x1b[?1000h\x1b[?1006h" not in out or re.search(rb"\x1b\[\?(9|1001|1002|1003|1005|1015)h", out): fail("m asks for %r" % out)
os.write(fd, b"\x1b[<0;60;2M\x1b[<0;60;2m") # 8Event in row 1
out = read(fd, b"newest first", 2)
if b"newest first" not in out: fail("a click on Events does not go there: %r" % out[-200:])
os.write(fd, b"1"); read(fd, b"DriftShareHigh", 2); read(fd, None, 0.3)
os.write(fd, b"\x1b[<0;10;7M\x1b[<0;10;7m\x1b[<0;10;7M") # the second row, twice (a banner is above)
read(fd, None, 0.5)
os.write(fd, b"\x0c") # all of it, not the difference
out = read(fd, b"ErrorRateHigh on fraud", 2)
if b"ErrorRateHigh on fraud" not in out: fail("a double click does not open the alert: %r" % out[-200:])
os.write(fd, b"\x1b[<12;;;M\x1b[<999999999999999;1;1M\x1b[<0;1") # reports that are none do no harm
read(fd, None, 0.3)
os.write(fd, b"\x03")
out = read(fd, b"?1049l")
if b"\x1b[?1000l" not in out: fail("the mouse is not put back")
gone(pid); os.close(fd)
if "mouse: true" not in open(home + "/mouse/mlwatch/top.yml").read(): fail("top.yml does not remember the mouse")

# top.yml by hand: a mistake is said with its position and the rest counts; keys can be bound.
os.makedirs(home + "/hand/mlwatch", exist_ok=True)
open(home + "/hand/mlwatch/top.yml", "w").write("theme: purple\nrange: 6h\nkeys: {events: x, down: n}\nsort: {alerts: ALERT}\nbell: critical\n")
pid, fd = start(env=[("XDG_CONFIG_HOME", home + "/hand")])
out = read(fd, b"DriftShareHigh")
out += read(fd, None, 0.5)
if b"top.yml:1:8: unknown theme 'purple'" not in out: fail("a mistake in top.yml is not said: %r" % out[-300:])
if b"6h" not in out: fail("the range of top.yml does not count")
os.write(fd, b"n")
out = read(fd, None, 0.6)
if b"unknown key" in out: fail("the key bound in top.yml is not known")
os.write(fd, b"\x03"); gone(pid); os.close(fd)

# A crash puts the terminal back, then ends as a crash does.
for sig in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS):
    pid, fd = start()
    was = termios.tcgetattr(fd)
    read(fd, b"DriftShareHigh")
    if termios.tcgetattr(fd)[3] == was[3]: fail("the terminal is not raw while it runs")
    os.kill(pid, sig)
    out = read(fd, b"\x1b[?1049l", 1)
    if b"\x1b[?1049l" not in out: fail("crash %d: the screen is not put back: %r" % (sig, out[-80:]))
    status = os.waitpid(pid, 0)[1]
    if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != sig: fail("crash %d ends with status %d" % (sig, status))
    if termios.tcgetattr(fd)[:4] != was[:4]: fail("crash %d: the terminal's mode is not put back" % sig)
    os.close(fd)

# Terminals: each shows the view; colours as many as there are, never blue or black text; no braille where the console has none.
for term, most in (("xterm-256color", 256), ("tmux-256color", 256), ("xterm", 8), ("linux", 8), ("vt100", 0)):
    for theme in ("dark", "light", "colourblind", "mono"):
        os.makedirs(home + "/t/mlwatch", exist_ok=True)
        open(home + "/t/mlwatch/top.yml", "w").write("theme: %s\n" % theme)
        pid, fd = start(term=term, env=[("XDG_CONFIG_HOME", home + "/t")])
        out = read(fd, b"DriftShareHigh")
        out += read(fd, None, 0.4)
        if b"DriftShareHigh" not in out: fail("TERM=%s: no view: %r" % (term, out[-200:]))
        if re.search(rb"\x1b\[[0-9;]*\b3[04](?=[;m])", out.replace(b"38;5;30", b"").replace(b"38;5;34", b"")): fail("TERM=%s %s: blue or black text" % (term, theme))
        if re.search(rb"\x1b\[[0-9;]*\b4[0-7](?=[;m])|48;5", out): fail("TERM=%s %s: a background of our own" % (term, theme))
        coloured = re.search(rb"\x1b\[[0-9;]*(?<![0-9])(3[1-7](?=[;m])|38;5)", out)
        if (theme == "mono" or most == 0) and coloured: fail("TERM=%s %s: colours: %r" % (term, theme, coloured.group()))
        if theme != "mono" and most > 0 and not coloured: fail("TERM=%s %s: no colours" % (term, theme))
        if most < 256 and b"38;5" in out: fail("TERM=%s %s: 256 colours" % (term, theme))
        if term in ("linux", "vt100") and any(b >= 0x80 for b in out): fail("TERM=%s: more than ASCII" % term)
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

# A terminal that takes nothing more, while much is drawn: a signal ends it all the same.
for sig in (signal.SIGTERM, signal.SIGHUP):
    pid, fd = start()
    read(fd, b"DriftShareHigh")
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 200, 0, 0))
    for i in range(60):
        os.write(fd, b"12345678"[i % 8:i % 8 + 1] + b"\x0c")
        time.sleep(0.02)
    with open("/proc/%d/wchan" % pid) as f: hangs = f.read() not in ("do_poll.constprop.0", "do_sys_poll", "poll_schedule_timeout.constprop.0")
    os.kill(pid, sig)
    took = gone(pid)
    if took is None or took > 0.3: fail("signal %d, the terminal takes nothing: left after %s s" % (sig, took))
    if not hangs: fail("nothing hangs, so nothing is shown")
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
