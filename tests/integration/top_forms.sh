#!/bin/sh
# top_forms.sh -- acknowledging, silencing and taking back from the dashboard: no key does harm before the form's button is pressed, what is
# written is what the command line would have written, and who may not write is told so.
set -u
cd "$(dirname "$0")/../.." || exit 1
mlwatch=${MLWATCH:-build/mlwatch} sanitized=${MLWATCH:-build/san/mlwatch}
[ -x "$sanitized" ] || sanitized=$mlwatch
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
at=2026-11-20T03:14:22Z
unset SUDO_USER
failed=0

fail()
{
	echo "$*"
	failed=1
}
# play KEYS [OPTION...]: what is on the screen after them, in $tmp/out; deed: the same, sanitized, for what writes
play() { keys "$mlwatch" "$@"; }
deed() { keys "$sanitized" "$@"; }
keys()
{
	program=$1
	printf '%s\n' "$2" >"$tmp/keys"
	shift 2
	"$program" top --store "$tmp/m.db" --snapshot alerts --size 80x24 --at $at --keys "$tmp/keys" "$@" >"$tmp/out" 2>"$tmp/err" ||
		fail "exit $?: $(cat "$tmp/err")"
}
shows() { grep -q -- "$1" "$tmp/out" || fail "no '$1' on the screen: $(cat "$tmp/out")"; }
hides() { ! grep -q -- "$1" "$tmp/out" || fail "'$1' on the screen: $(cat "$tmp/out")"; }
events() { "$mlwatch" top --store "$tmp/m.db" --snapshot events --size 120x36 --at $at; }

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
deed 'a<S-Tab>on it<Tab><Tab><Enter>'
shows 'acknowledged: DriftShareHigh on fraud'
shows 'FIRING, ack'
events | grep -q 'on it' || fail "the acknowledgement is no event: $(events)"

# A silence needs a comment; the form stays open with what was typed.
play 'S<Tab><Enter>'
shows 'a silence needs a comment'
shows 'Silence 1 alert'
# What it hits is counted as labels are taken out: without alertname it would hit the four of the model.
play 'S<Tab><Tab><Space>'
shows 'Silence 4 alerts'
shows 'DriftShareHigh, ErrorRateHigh, LatencyP95High'
play 'S<Tab><Tab><Space><Tab><Space>'
shows 'nothing'
play 'S<Tab><Tab><Space><Tab><Space><S-Tab><S-Tab><S-Tab><S-Tab>why<Tab><Tab><Enter>'
shows 'it would silence nothing'
# Everything (only team is matched): the button is not enough, yes has to be typed.
everything='S<Tab><Tab><Space><Tab><Space><Tab><Tab><Space><Tab><Tab>why<Tab><Tab>'
play "$everything"
shows 'Silence 5 alerts'
shows 'the button is not enough'
play "$everything<Enter>"
shows 'it hits everything: type yes'
play "${everything}yxes"
shows 'Cancel' # that is no yes
# For how long: the fifth choice is typed, and no end is no silence.
play 'S<S-Tab>x<S-Tab>llll<Tab><Tab><Tab><Tab><Enter>'
shows 'how long'
play 'S<S-Tab><S-Tab>llll<Tab>90m<Enter>'
shows '\[90m_*\].*until 04:44'
# Until 08:00 is this morning's.
play 'S<S-Tab><S-Tab>lll'
shows 'until 08:00$\|until 08:00 *│'
deed 'S<S-Tab>upstream sends cents<Tab><Tab><Enter>'
shows 'silenced: DriftShareHigh on fraud'
shows '2 silenced'
play '<Esc>2'
shows 'upstream s'
shows 'DriftShareHigh model=fraud'

# Marked alerts that share no matchers: one form, a silence each. The first two are ErrorRateHigh and LatencyP95High now.
silences() { build/mlwatch top --store "$tmp/m.db" --snapshot alerts --size 120x60 --at $at | sed -n 's/.*Silences: \([0-9]*\) active.*/\1/p'; }
[ "$(silences)" -eq 3 ] || fail "$(silences) silences"
play '  S'
shows 'ErrorRateHigh, LatencyP95High'
shows 'Silence 2 alerts'
shows '2 silences'
# ... and those that share them have one: the two of the model, once the name is taken out.
play '  S<Tab><Tab><Space>'
hides '2 silences'
shows 'Silence 4 alerts' # the silenced ones are of the model too
deed '  S<S-Tab>two<Tab>yes'
shows 'silenced: ErrorRateHigh, LatencyP95High on fraud'
hides 'Cancel'
[ "$(silences)" -eq 5 ] || fail "$(silences) silences, not 5"
"$mlwatch" top --store "$tmp/m.db" --snapshot alerts --size 120x60 --at $at >"$tmp/out"
shows 'ErrorRateHigh model=fraud .*two'
shows 'LatencyP95High model=fraud .*two'

# The same silence for longer: the one under the cursor of its list, which ends in 41 minutes.
deed '<Tab><Tab>gL<S-Tab><S-Tab>l<Tab><Tab>yes'
shows 'renewed: FeatureDrift model=fraud'
[ "$(silences)" -eq 5 ] || fail "renewing made another silence: $(silences)"
play '<Tab><Tab>z'
shows 'a91f 1 alert  *2h'
# Nothing ends within ten minutes: L says so elsewhere.
play 'L'
shows 'no silence ends within ten minutes'

# Taken back: a silence first, then the acknowledgement of the same alert.
play '/ErrorRate<Enter>U'
shows 'Gets loud *ErrorRateHigh on fraud'
deed '/ErrorRate<Enter>U<Tab><Enter>'
shows 'taken back: ErrorRateHigh on fraud'
[ "$(silences)" -eq 4 ] || fail "$(silences) silences after one was taken back"
play '/ErrorRate<Enter>U'
shows 'The acknowledgement is gone'
deed '/ErrorRate<Enter>Uyes'
shows 'taken back'
shows 'ErrorRateHigh.*FIRING *$'
# What others notice is in the list of events.
events >"$tmp/out"
shows "$(id -un) took back the acknowledgement of ErrorRateHigh (fraud)"
shows "$(id -un) ended the silence {"
shows "$(id -un) changed the silence {"
shows "$(id -un) silenced {"
play '/ErrorRate<Enter>U'
shows 'nothing to take back'

# Who may not write is told so, and nothing opens.
play 'S' --readonly
shows 'readonly'
hides 'Cancel'
exit $failed
