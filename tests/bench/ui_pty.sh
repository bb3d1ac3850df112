#!/bin/sh
# ui_pty.sh -- the dashboard on a pty: first frame, key to frame, CPU and bytes while nothing changes, memory; then again while the store
# is locked exclusively, when keys must still answer.
set -u
cd "$(dirname "$0")/../.." || exit 1
[ -x build/tests/make_store ] || make -s build/tests/make_store || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
store=${UI_STORE:-$tmp/m.db}
[ -e "$store" ] || build/tests/make_store "$store" || exit 1
/usr/bin/python3 - "$store" "${UI_IDLE_SECONDS:-5}" <<'PY'
import fcntl, os, pty, select, sqlite3, struct, sys, termios, time
store, idle = sys.argv[1], float(sys.argv[2])

def start():
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update({"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"})
        os.execv("build/mlwatch", ["mlwatch", "top", "--store", store])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
    return pid, fd

def first(fd, word, limit=10):
    out, t = b"", time.monotonic()
    while word not in out and time.monotonic() - t < limit:
        if select.select([fd], [], [], 0.01)[0]: out += os.read(fd, 65536)
    return (time.monotonic() - t) * 1000

def quiet(fd, seconds):
    n, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([fd], [], [], 0.05)[0]: n += len(os.read(fd, 65536))
    return n

def key_times(fd, rounds):
    took = []
    for i in range(rounds):
        quiet(fd, 0.02)
        t = time.monotonic()
        os.write(fd, b"?" if i % 2 == 0 else b"x")
        select.select([fd], [], [], 2)
        took.append((time.monotonic() - t) * 1000)
        os.read(fd, 65536)
    return sorted(took)

def cpu(pid):
    f = open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()
    return (int(f[11]) + int(f[12])) / os.sysconf("SC_CLK_TCK")

pid, fd = start()
t0 = time.monotonic()
print("first frame       %7.0f ms" % first(fd, b"mlwatch"))
first(fd, b"DriftShareHigh")
print("alerts shown      %7.0f ms" % ((time.monotonic() - t0) * 1000))
quiet(fd, 1.5)
took = key_times(fd, 200)
print("key to frame      %7.1f ms median, %.1f ms at 99 %%" % (took[100], took[197]))
quiet(fd, 1)
c = cpu(pid); n = quiet(fd, idle)
print("while idle        %7.2f %% CPU, %.0f B/s (the clock and ages)" % ((cpu(pid) - c) * 100 / idle, n / idle))
rss = [l for l in open("/proc/%d/status" % pid) if l.startswith("VmRSS")][0].split()[1]
print("memory            %7.1f MB" % (int(rss) / 1024))
lock = sqlite3.connect(store, isolation_level=None)
lock.execute("BEGIN EXCLUSIVE")
took = key_times(fd, 60)
lock.execute("ROLLBACK")
print("store locked      %7.1f ms key to frame at 98 %%" % took[58])
os.write(fd, b"\x03")
os.waitpid(pid, 0)
PY
