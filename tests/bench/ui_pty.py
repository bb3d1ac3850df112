"""ui_pty.py -- the dashboard on a pty, measured: ui_pty.py STORE SIZE [quick]

STORE is what big_store made with SIZE. Three times over: with no agent, with a writer that commits ten times a second, with the store
locked exclusively. A line per figure: what it is, how much, its limit, "ok" or "over"; exit 1 when one is over.

UI_FACTOR multiplies the limits on time (2 on a machine that does other things too). quick: fewer of everything, for a test.
"""
import fcntl, os, pty, re, select, signal, struct, subprocess, sys, termios, time

STORE, SIZE, QUICK = sys.argv[1], sys.argv[2], len(sys.argv) > 3 and sys.argv[3] == "quick"
FACTOR = float(os.environ.get("UI_FACTOR", "1"))
STARTS, KEYS_S, IDLE_S, LOCK_S, VIEWS = (1, 1, 2, 1, "23481") if QUICK else (5, 15, 20, 5, "23456781")
ROWS, COLUMNS = 36, 120
over = 0


def figure(name, value, unit, limit=None, timed=False):
    """One line. timed: the limit is stretched by UI_FACTOR."""
    global over
    if limit is not None and timed:
        limit *= FACTOR
    bad = limit is not None and value > limit
    over += bad
    print("  %-38s %9.2f %-4s %s" % (name, value, unit, "" if limit is None else "limit %7.2f  %s" % (limit, "over" if bad else "ok")),
          flush=True)


# What the first view has in its panes when it is whole: alerts, models, a chart in braille, features, events.
ALERTS = rb"LatencyP95High"
PANES = [ALERTS, rb"model-\d\d", rb"(?:amount|kind)_\d\d", rb"\xe2[\xa0-\xa3][\x80-\xbf]", rb"happened"]
STEP = re.compile(rb"\x1b\[(\d*);?\d*([Hd])|\x1b\[(\d*)([AB])|(\n)|\x1b\[[^a-zA-Z]*[a-zA-Z]|\x1b[()].|[\x20-\x7e\x80-\xff]")


class Dashboard:
    def __init__(self):
        self.started, self.row = time.monotonic(), 1
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8", XDG_CONFIG_HOME=os.path.dirname(STORE))
            for name in ("TMUX", "NO_COLOR"):
                os.environ.pop(name, None)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.execv("build/mlwatch", ["mlwatch", "top", "--store", STORE])

    def read(self, seconds):
        """What comes within that time, at the latest; b"" when nothing does."""
        return os.read(self.fd, 65536) if select.select([self.fd], [], [], seconds)[0] else b""

    def shown_below_the_clock(self, out):
        """How many bytes of text were put below the first row, where the clock is."""
        n = 0
        for m in STEP.finditer(out):
            if m.group(2):
                self.row = int(m.group(1) or 1)
            elif m.group(4):
                self.row += int(m.group(3) or 1) * (1 if m.group(4) == b"B" else -1)
            elif m.group(5):
                self.row += 1
            elif m.group(0)[:1] != b"\x1b":
                n += self.row > 1
        return n

    def gather(self, seconds):
        """(bytes, bytes below the clock) of a stretch of time."""
        n, below, end = 0, 0, time.monotonic() + seconds
        while time.monotonic() < end:
            out = self.read(min(0.05, max(0, end - time.monotonic())))
            n += len(out)
            below += self.shown_below_the_clock(out)
        return n, below

    def until(self, patterns, seconds=10):
        """Milliseconds from the start until all were seen; 1e9 when they were not."""
        out, end = b"", time.monotonic() + seconds
        while time.monotonic() < end:
            out += self.read(0.02)
            if all(re.search(p, out) for p in patterns):
                return (time.monotonic() - self.started) * 1000
        return 1e9

    def settled(self, key):
        """Milliseconds from a key until the last change of the view that it called, which then stands still for 0.4 s."""
        start = last = time.monotonic()
        os.write(self.fd, key)
        while time.monotonic() - last < 0.4 and time.monotonic() - start < 5:
            if self.shown_below_the_clock(self.read(0.01)):
                last = time.monotonic()
        return (last - start) * 1000

    def key_times(self, keys, seconds):
        """Milliseconds from a key to the first byte of its frame, sorted. Each of these keys changes what is seen."""
        took, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            for key in keys:
                start = time.monotonic()
                os.write(self.fd, key)
                if self.read(2):
                    took.append((time.monotonic() - start) * 1000)
                self.gather(0.1 if key.isdigit() else 0.02)
        return sorted(took)

    def cpu(self):
        """Seconds on a processor so far, of all its threads."""
        folder = "/proc/%d/task/" % self.pid
        return sum(int(open(folder + t + "/schedstat").read().split()[0]) for t in os.listdir(folder)) / 1e9

    def memory(self):
        return int(re.search(r"VmRSS:\s*(\d+)", open("/proc/%d/status" % self.pid).read()).group(1)) / 1024

    def close(self):
        os.kill(self.pid, signal.SIGTERM)
        try:
            while self.read(5):
                pass
        except OSError: # it has closed the terminal
            pass
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def middle(v):
    return sorted(v)[len(v) // 2]


def measure_start():
    frames, alerts, whole = [], [], []
    for _ in range(STARTS):
        d = Dashboard()
        frames.append(d.until([rb"mlwatch"]))
        d.close()
        d = Dashboard()
        alerts.append(d.until([ALERTS]))
        d.close()
        d = Dashboard()
        whole.append(d.until(PANES))
        d.close()
    figure("first frame", middle(frames), "ms", 90, True)
    figure("alerts in it", middle(alerts), "ms", 90, True)
    figure("full view", middle(whole), "ms", 500, True)


def measure_keys(d):
    took = d.key_times([k.encode() for k in "2jkjk?x3jkjk?x4?x8?x1jkjk?x"], KEYS_S)
    figure("key to frame, median", middle(took), "ms")
    figure("key to frame, 99 %", took[len(took) * 99 // 100], "ms", 30, True)


def measure_idle(d, live):
    """On the first view, where measure_keys left it."""
    os.write(d.fd, b"1")
    d.gather(1)
    cpu = d.cpu()
    n, below = d.gather(IDLE_S)
    used = (d.cpu() - cpu) * 100 / IDLE_S
    figure("CPU while it stands", used, "%", None if live else 0.25, True)
    figure("bytes to the terminal", n / IDLE_S, "B/s", 500)
    if not live:  # nothing has changed but the time: a few ages are a minute older
        figure("text that changed below the clock", below, "B", 20)


def measure_views(d):
    views = [(view, d.settled(view.encode())) for view in VIEWS]
    slowest = max(views, key=lambda v: v[1])
    figure("slowest view whole, key %s" % slowest[0], slowest[1], "ms", 500, True)


def alone():
    print("no agent", flush=True)
    measure_start()
    d = Dashboard()
    d.until(PANES)
    measure_views(d)
    measure_keys(d)
    measure_idle(d, False)
    figure("memory", d.memory(), "MB", 20)
    d.close()


def written():
    print("ten commits a second", flush=True)
    writer = subprocess.Popen(["build/tests/store_writer", STORE, SIZE, "10"], stdout=subprocess.PIPE)
    writer.stdout.readline()
    try:
        measure_start()
        d = Dashboard()
        d.until(PANES)
        measure_keys(d)
        measure_idle(d, True)
        figure("memory", d.memory(), "MB", 20)
        d.close()
    finally:
        writer.terminate()
        writer.wait()


def locked():
    """Nobody may write, nor begin to read: SQLite's locks are bytes 120 to 127 of the -shm file."""
    print("locked exclusively for %d s" % LOCK_S, flush=True)
    d = Dashboard()
    d.until(PANES)
    with open(STORE + "-shm", "r+b") as shm:
        fcntl.lockf(shm, fcntl.LOCK_EX, 8, 120)
        took = d.key_times([k.encode() for k in "2?x3?x4?x8?x1?x"], LOCK_S)
        fcntl.lockf(shm, fcntl.LOCK_UN, 8, 120)
    figure("key to frame, 99 %", took[len(took) * 99 // 100], "ms", 30, True)
    d.settled(b"1")
    figure("the view again after it", d.settled(b"2"), "ms", 500, True)
    d.close()


alone()
written()
locked()
sys.exit(over > 0)
