#!/bin/sh
# plain_text.sh -- what `status` and its like print for people: names and lines from outside cannot steer a terminal, without UTF-8 all of it is
# ASCII, the words and marks are the dashboard's, and what cannot be written is not done.
set -u
cd "$(dirname "$0")/../.." || exit 1
mlwatch=${MLWATCH:-build/san/mlwatch}
[ -x "$mlwatch" ] || mlwatch=build/mlwatch
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
unset NO_COLOR
failed=0
fail()
{
	echo "$*"
	failed=1
}
build/tests/make_store "$tmp/hostile.db" hostile || exit 1
build/tests/make_store "$tmp/m.db" || exit 1

# harmless WHAT ASCII(0|1): nothing in $tmp/out that a terminal obeys, but for colours when it is one
harmless()
{
	/usr/bin/python3 - "$tmp/out" "$2" <<'PY' || fail "($1)"
import re, sys
data = open(sys.argv[1], "rb").read()
if sys.argv[2] == "1" and any(b >= 0x80 for b in data): print("a byte over 0x7f"); sys.exit(1)
bad = [c for c in data.decode("utf8") if (ord(c) < 0x20 and c not in "\n\t") or 0x7f <= ord(c) < 0xa0 or 0x200b <= ord(c) <= 0x200f
       or 0x202a <= ord(c) <= 0x202e or 0x2060 <= ord(c) <= 0x206f]
if bad: print("harmful:", sorted(set(bad))); sys.exit(1)
if len(data) < 40: print("next to nothing: %r" % data); sys.exit(1)
PY
}
while read -r command; do
	for locale in C C.UTF-8 xx_XX.UTF-8; do # the last is not installed
		LC_ALL=$locale "$mlwatch" $command --store "$tmp/hostile.db" >"$tmp/out" 2>"$tmp/err" </dev/null || fail "$command: $(cat "$tmp/err")"
		[ $locale = C ] && ascii=1 || ascii=0
		harmless "$command, $locale" $ascii
	done
	grep -q '·' "$tmp/out" || fail "$command: the text from outside is not there"
	# JSON is whole
	LC_ALL=C "$mlwatch" $command --store "$tmp/hostile.db" --json 2>"$tmp/err" </dev/null | /usr/bin/python3 -c 'import json,sys; json.load(sys.stdin)' ||
		fail "$command --json: $(cat "$tmp/err")"
done <<EOF
status
events --since 10000d
alerts --all
alerts history --since 2026-01-01T00:00:00Z
notifications --limit 100
notifications show 2
EOF

# On a terminal: our own colours, no other sequence.
/usr/bin/python3 - "$mlwatch" "$tmp/hostile.db" <<'PY' || fail "(on a terminal)"
import os, pty, re, sys
got = []
def read(fd):
    b = os.read(fd, 65536)
    got.append(b)
    return b""
os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
pty.spawn([sys.argv[1], "status", "--store", sys.argv[2]], read, lambda fd: b"")
out = b"".join(got)
rest = re.sub(rb"\x1b\[(0|[1-3][0-9]?|1;31)m", b"", out)
sys.exit(b"\x1b[31m" not in out and b"\x1b[1;31m" not in out or b"\x1b" in rest or b"\x07" in rest)
PY

# What `query` prints is for programs, too: as it is, but on a terminal.
q='"a\u202e\u009b[31m"'
[ "$("$mlwatch" query --store "$tmp/m.db" "$q" | grep -c "$(printf '\342\200\256')")" = 1 ] || fail "a program does not get the string as it is"
/usr/bin/python3 - "$mlwatch" "$tmp/m.db" "$q" <<'PY' || fail "(query on a terminal)"
import os, pty, sys
got = []
def read(fd):
    got.append(os.read(fd, 65536))
    return b""
os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
pty.spawn([sys.argv[1], "query", "--store", sys.argv[2], sys.argv[3]], read, lambda fd: b"")
out = b"".join(got)
sys.exit("a··[31m".encode() not in out or b"\xe2\x80\xae" in out or b"\xc2\x9b" in out)
PY

# The marks are those of the view: a dot for what is only told and for a file that is not written any more.
LC_ALL=C.UTF-8 "$mlwatch" status --store "$tmp/m.db" >"$tmp/out"
grep -q '^  · fraud .*predictions.jsonl.1 .*rotated' "$tmp/out" || fail "a rotated file: $(cat "$tmp/out")"
LC_ALL=C.UTF-8 "$mlwatch" events --since 10000d --store "$tmp/m.db" >"$tmp/out"
grep -q ' ·  config ' "$tmp/out" || fail "an event that only tells: $(cat "$tmp/out")"
LC_ALL=C "$mlwatch" events --since 10000d --store "$tmp/m.db" >"$tmp/out"
grep -q ' X  alert ' "$tmp/out" && grep -q ' !  traffic ' "$tmp/out" && grep -q ' \.  config ' "$tmp/out" || fail "ASCII marks: $(cat "$tmp/out")"

# Values and states in the words of the dashboard's drawings.
LC_ALL=C.UTF-8 "$mlwatch" alerts --store "$tmp/m.db" | sed 's/  */ /g' >"$tmp/out"
for row in 'DriftShareHigh firing .* 42 % > 30 % ' 'ErrorRateHigh acknowledged .* 3.1 % > 1 % ' 'LatencyP95High firing .* 421 ms > 200 ms '; do
	grep -q "^- $row" "$tmp/out" || fail "alerts: no '$row' in $(cat "$tmp/out")"
done
! grep -q pending "$tmp/out" || fail "alerts: what is pending is only shown with --all"
LC_ALL=C.UTF-8 "$mlwatch" alerts --all --store "$tmp/m.db" | grep -q 'pending .* KS 0.121 > 0.100 .*tenure_months' || fail "alerts --all: nothing is pending"
LC_ALL=C.UTF-8 "$mlwatch" alerts history --since 2026-10-01T00:00:00Z --store "$tmp/m.db" >"$tmp/out"
grep -q '^2026-11-19 .* LatencyP95High  388 ms > 200 ms ' "$tmp/out" && grep -q '^2026-11-19 .* DriftShareHigh  33 % > 30 % ' "$tmp/out" ||
	fail "history: $(cat "$tmp/out")"

# A full disk is said and is no success; a reader that left is one.
for command in status "events --since 10000d"; do
	"$mlwatch" $command --store "$tmp/m.db" >/dev/full 2>"$tmp/err"
	[ $? -eq 4 ] || fail "$command on a full disk: $(cat "$tmp/err")"
	grep -q 'cannot write the result' "$tmp/err" || fail "$command on a full disk says $(cat "$tmp/err")"
done
{
	"$mlwatch" status --watch=100ms --store "$tmp/m.db"
	echo $? >"$tmp/code"
} | head -n 1 >/dev/null
[ "$(cat "$tmp/code")" = 0 ] || fail "a reader that left: exit $(cat "$tmp/code")"
exit $failed
