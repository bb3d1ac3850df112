#!/bin/sh
# top_store.sh -- the dashboard when the store is not there, appears, is taken away, comes back, is damaged or of a newer version: it says so with
# what helps, shows what it knew, and is itself again when the store is.
set -u
cd "$(dirname "$0")/../.." || exit 1
command -v tmux >/dev/null || { echo "tmux is not installed: sh contrib/bootstrap.sh deps test"; exit 1; }
[ -x build/tests/make_store ] || { echo "build/tests/make_store is missing"; exit 1; }
tmp=$(mktemp -d) || exit 1
tm() { tmux -S "$tmp/socket" -f /dev/null "$@"; }
trap 'tm kill-server 2>/dev/null; rm -rf "$tmp"' EXIT
LC_ALL=C.UTF-8
export LC_ALL
failed=0

# shows WORDS: within five seconds, on one row
shows()
{
	i=0
	while [ $i -lt 50 ]; do
		tm capture-pane -p >"$tmp/b"
		! grep -q -- "$1" "$tmp/b" || return 0
		sleep 0.1
		i=$((i + 1))
	done
	echo "no '$1': $(cat "$tmp/b")"
	failed=1
}
hides() { ! grep -q -- "$1" "$tmp/b" || { echo "'$1': $(cat "$tmp/b")"; failed=1; }; }

tm -u new-session -d -x 120 -y 36 "env -u NO_COLOR XDG_CONFIG_HOME=$tmp/conf build/mlwatch top --utc --store $tmp/m.db"
shows "there is no store at '$tmp/m.db'"
shows '? UNKNOWN'
shows 'mlwatch run -c FILE'
hides 'nothing is pending'
tm send-keys a
shows 'nothing is read yet'
tm send-keys 4 2 j ?
tm send-keys Escape 1

# It appears; nobody has started an agent on this machine, so what it shows is old.
build/tests/make_store "$tmp/made.db" || exit 1
mv "$tmp/made.db" "$tmp/m.db"
shows '1 Overview\].*'
shows 'DriftShareHigh   fraud'
shows 'AGENT NOT RUNNING since 2026-11-20 03:14 ('
shows '? UNKNOWN   last known 2026-11-20 03:14: 2 critical  1 warning'

# Taken away: what is known stays, and is not taken for the present.
mv "$tmp/m.db" "$tmp/away.db"
shows 'STORE UNREADABLE: there is no store at'
shows 'DriftShareHigh   fraud'
shows '? UNKNOWN   last known 2026-11-20 03:14: 2 critical  1 warning'
mv "$tmp/away.db" "$tmp/m.db"
shows 'AGENT NOT RUNNING since 2026-11-20 03:14 ('

# Another store in its place, of a version that this program does not know.
build/tests/make_store "$tmp/new.db" || exit 1
/usr/bin/python3 -c 'import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.execute("PRAGMA user_version=9999"); d.commit(); d.close()' "$tmp/new.db"
mv "$tmp/new.db" "$tmp/m.db"
shows 'written by a newer mlwatch: it has schema version 9999'
shows 'upgrade this mlwatch'
hides 'DriftShareHigh' # that was in the other store

# Damaged.
head -c 20000 /dev/zero >"$tmp/zero.db"
mv "$tmp/zero.db" "$tmp/m.db"
shows 'is not an mlwatch store'
build/tests/make_store "$tmp/again.db" && mv "$tmp/again.db" "$tmp/m.db"
shows 'DriftShareHigh   fraud'

# Brought up to date under the dashboard by an agent that is newer than it, and back.
cat >"$tmp/version.py" <<'PY'
import sqlite3, sys, time
d = sqlite3.connect(sys.argv[1])
d.execute("PRAGMA user_version=%s" % sys.argv[2])
d.commit()
print("done", flush=True)
time.sleep(60)
PY
was=$(/usr/bin/python3 -c 'import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute("PRAGMA user_version").fetchone()[0])' "$tmp/m.db")
/usr/bin/python3 "$tmp/version.py" "$tmp/m.db" "$was" >"$tmp/first" & # as an agent has it: a -wal that is not empty
first=$!
committed() { # FILE: until that process has; the next one must come after it
	i=0
	until grep -q done "$1"; do
		i=$((i + 1))
		[ $i -lt 100 ] || { echo "$1: no commit"; exit 1; }
		sleep 0.05
	done
}
committed "$tmp/first"
shows 'DriftShareHigh   fraud'
/usr/bin/python3 "$tmp/version.py" "$tmp/m.db" 9999 >"$tmp/second" &
second=$!
committed "$tmp/second"
shows 'STORE UNREADABLE: .*was written by a newer mlwatch: .*upgrade this mlwatch'
shows 'DriftShareHigh   fraud'
/usr/bin/python3 "$tmp/version.py" "$tmp/m.db" "$was" >"$tmp/third" &
third=$!
committed "$tmp/third"
i=0
while tm capture-pane -p >"$tmp/b" && grep -q 'STORE UNREADABLE' "$tmp/b" && [ $i -lt 50 ]; do
	sleep 0.1
	i=$((i + 1))
done
hides 'STORE UNREADABLE'
shows 'AGENT NOT RUNNING since 2026-11-20 03:14 ('
kill $first $second $third
tm send-keys C-c
exit $failed
