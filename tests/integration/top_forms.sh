#!/bin/sh
# top_forms.sh -- acknowledging, silencing and taking back from the dashboard: no key does harm before the form's button is pressed, what is
# written is what the command line would have written, and who may not write is told so.
set -u
cd "$(dirname "$0")/../.." || exit 1
mlwatch=${MLWATCH:-build/san/mlwatch}
[ -x "$mlwatch" ] || mlwatch=build/mlwatch
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
at=2026-11-20T03:14:22Z
failed=0

fail()
{
	echo "$*"
	failed=1
}
# play KEYS [OPTION...]: what is on the screen after them, in $tmp/out
play()
{
	printf '%s\n' "$1" >"$tmp/keys"
	shift
	"$mlwatch" top --store "$tmp/m.db" --snapshot alerts --size 80x24 --at $at --keys "$tmp/keys" "$@" >"$tmp/out" 2>"$tmp/err" ||
		fail "exit $?: $(cat "$tmp/err")"
}
shows() { grep -q -- "$1" "$tmp/out" || fail "no '$1' on the screen: $(cat "$tmp/out")"; }
hides() { ! grep -q -- "$1" "$tmp/out" || fail "'$1' on the screen: $(cat "$tmp/out")"; }
events() { build/mlwatch top --store "$tmp/m.db" --snapshot events --size 120x36 --at $at; }

build/tests/make_store "$tmp/m.db" || exit 1

# The form opens on Cancel: Enter, Space and Esc all leave everything as it was.
for key in a S; do
	play "$key"
	shows 'Cancel'
	for leave in '<Enter>' ' ' '<Esc>'; do
		play "$key$leave"
		hides 'Cancel'
		hides 'acknowledged:'
	done
done
events >"$tmp/before"
grep -q 'DriftShareHigh' "$tmp/before" || fail "no events"

# Acknowledge: back one field to the comment, text, past Cancel to the button.
play 'a<S-Tab>on it<Tab><Tab><Enter>'
shows 'acknowledged: DriftShareHigh on fraud'
shows 'FIRING, ack'
events | grep -q 'on it' || fail "the acknowledgement is no event: $(events)"

# A silence needs a comment; the form stays open with what was typed.
play 'S<Tab><Enter>'
shows 'a silence needs a comment'
shows 'Silence 1 alert'
# What it hits is counted as labels are taken out: without alertname it would hit the three of the model and team that are left
play 'S<Tab><Tab><Space>'
shows 'Silence 4 alerts'
play 'S<Tab><Tab><Space><Tab><Space>'
shows 'nothing'
# Everything (only team is matched): yes has to be typed.
everything='S<Tab><Tab><Space><Tab><Space><Tab><Tab><Space>'
play "$everything"
shows 'Silence 5 alerts'
play "$everything<Tab><Tab>why<Tab><Tab><Tab><Enter>"
shows 'it hits everything: type yes'
play 'S<S-Tab>upstream sends cents<Tab><Tab><Enter>'
shows 'silenced: DriftShareHigh on fraud'
shows '2 silenced'
play '<Esc>2'
shows 'upstream s'

# Taken back: the acknowledgement of the second alert.
play 'U<Tab><Enter>'
shows 'taken back'

# Who may not write is told so, and nothing opens.
play 'S' --readonly
shows 'readonly'
hides 'Cancel'
exit $failed
