#!/bin/sh
# top_user.sh -- somebody who may read the store and not write it, while the agent runs, after it stopped, after it was killed, when -wal and -shm
# are gone: the same answers as for the owner, and what would write says why it does not.
. tests/integration/agent.inc

chmod 755 "$dir"
mkdir -m 755 "$dir/store"
# Root is not kept out by modes: another user then; any other user takes the permission from itself.
if [ "$(id -u)" -eq 0 ]; then
	guest() { setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent "$@"; }
	cp "$bin" "$dir/mlwatch" && bin=$dir/mlwatch # where that user may start it
	chmod 755 "$bin"
else
	guest() { chmod 555 "$dir/store"; chmod a-w "$dir"/store/*; env HOME=/nonexistent "$@"; r=$?; chmod 755 "$dir/store"; chmod u+w "$dir"/store/*; return $r; }
fi
log=$dir/log.jsonl
write_config </dev/null
sed -i "s|store.db}|store/m.db, commit_interval: 200ms}|" "$dir/mlwatch.yml"
db=$dir/store/m.db
awk -v t="$(date +%s)" 'BEGIN { for (i = 0; i < 300; i++) printf "{\"ts\":%d,\"model\":\"fraud\",\"version\":\"1\",\"status\":200,\"prediction\":\"a\"}\n", t - 20 }' >"$log"
umask 022

cat >"$dir/look.py" <<'PY'
# What `mlwatch top` shows a guest: the words that are asked for, and nothing of the store is another afterwards.
import fcntl, os, pty, re, select, struct, sys, termios, time
bin, db, wanted = sys.argv[1], sys.argv[2], sys.argv[3:]
pid, fd = pty.fork()
if pid == 0:
    os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
    for k in ("XDG_CONFIG_HOME", "NO_COLOR", "TMUX"): os.environ.pop(k, None)
    os.execv(bin, ["mlwatch", "top", "--store", db])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
out = b""
def read(until, seconds=5.0):
    global out
    end = time.monotonic() + seconds
    while time.monotonic() < end and until not in re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", out):
        if select.select([fd], [], [], 0.05)[0]:
            try: out += os.read(fd, 65536)
            except OSError: break
    if until not in re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", out):
        print("no %r: %r" % (until, out[-600:]))
        sys.exit(1)
for w in wanted: read(w.encode())
os.write(fd, b"S")
read(os.environ.get("SAYS", "off: you may read this store, not write it").encode())
os.write(fd, b"\x03")
os.waitpid(pid, 0)
PY
sees() { # WHAT WORDS...: the guest's dashboard; then the guest's command line says what the owner's says
	what=$1
	shift
	guest /usr/bin/python3 "$dir/look.py" "$bin" "$db" "$@" || fail "$what: the dashboard"
	for q in 'sum(increase(ml_predictions_total[1h]))' 'count({__name__=~"ml_.+"})'; do
		at=$(date -u +%FT%TZ)
		mine=$("$bin" query --store "$db" --time "$at" "$q" 2>&1) theirs=$(guest "$bin" query --store "$db" --time "$at" "$q" 2>&1)
		[ "$mine" = "$theirs" ] && [ -n "$mine" ] || fail "$what: $q is '$theirs', for the owner '$mine'"
	done
	guest "$bin" events --store "$db" | grep -q 'agent started' || fail "$what: no events"
	guest "$bin" alerts ack Nobody -c x --store "$db" >"$dir/said" 2>&1 && fail "$what: a guest acknowledges"
	guest "$bin" silence add a=b -d 1h -c x --store "$db" >"$dir/said" 2>&1 && fail "$what: a guest silences"
	[ "$(guest "$bin" status --store "$db" --json | python3 -c 'import json,sys; print([m["model"] for m in json.load(sys.stdin)["models"]])')" = "['fraud']" ] ||
		fail "$what: status $(guest "$bin" status --store "$db" 2>&1 | head -3)"
}

start_agent
until_ok 20 sh -c "'$bin' query --store '$db' 'sum(increase(ml_predictions_total[1h]))' | grep -q 300" || fail "nothing is read"
chmod a+r "$dir"/store/* # whatever the umask was
sees "running" 'agent ok' fraud
stop_agent TERM
sees "stopped" 'AGENT NOT RUNNING' fraud
start_agent
sleep 1
chmod a+r "$dir"/store/*
stop_agent KILL
sees "killed" 'AGENT NOT RUNNING' fraud
# Killed, and somebody tidied up: the -wal holds rows, and only who may write there can make its index anew.
[ -s "$db-wal" ] || fail "nothing is left in the -wal: this tests nothing"
rm -f "$db-shm"
guest /usr/bin/python3 "$dir/look.py" "$bin" "$db" "its -wal has no -shm that you may read" || fail "without -shm: the dashboard"
guest "$bin" status --store "$db" >"$dir/said" 2>&1 && fail "without -shm: status is content: $(cat "$dir/said")"
grep -q "once as the store's owner" "$dir/said" || fail "without -shm: $(cat "$dir/said")"
"$bin" status --store "$db" >/dev/null || fail "without -shm: the owner reads nothing"
sees "killed, its owner looked" 'AGENT NOT RUNNING' fraud
# Somebody who may not even read is not told that he may.
mode=$(stat -c %a "$db")
chmod 200 "$db"
SAYS="off: you may neither read nor write this store" guest /usr/bin/python3 "$dir/look.py" "$bin" "$db" "Permission denied" ||
	fail "not readable: the dashboard"
chmod "$mode" "$db"
start_agent
sleep 1
stop_agent TERM
rm -f "$db-wal" "$db-shm"
sees "without -wal and -shm" 'AGENT NOT RUNNING' fraud
exit 0
