#!/bin/sh
# top_tmux.sh -- the main views through a real terminal emulator: what tmux shows is what --snapshot prints, row by row, but for the clock,
# and it follows a resize.
set -u
cd "$(dirname "$0")/../.." || exit 1
command -v tmux >/dev/null || { echo "tmux is not installed: sh contrib/bootstrap.sh deps test"; exit 1; }
tmp=$(mktemp -d) || exit 1
tm() { tmux -S "$tmp/socket" -f /dev/null "$@"; }
trap 'tm kill-server 2>/dev/null; rm -rf "$tmp"' EXIT
build/tests/make_store "$tmp/m.db" hostile || exit 1
LC_ALL=C.UTF-8
export LC_ALL
failed=0

# Two captures 100 ms apart that agree.
settled()
{
	i=0
	tm capture-pane -p >"$tmp/b"
	while [ $i -lt 200 ]; do
		sleep 0.1
		mv "$tmp/b" "$tmp/a"
		tm capture-pane -p >"$tmp/b"
		sed 1d "$tmp/a" >"$tmp/a1"
		sed 1d "$tmp/b" >"$tmp/b1"
		cmp -s "$tmp/a1" "$tmp/b1" && [ -s "$tmp/b1" ] && grep -q "$1" "$tmp/b1" && return 0
		i=$((i + 1))
	done
	echo "the view with '$1' did not settle: $(cat "$tmp/b")"
	failed=1
}

# Ages may step on between the two: rows are compared without digits, and once more when the unit of one changed.
same()
{
	build/mlwatch top --utc --store "$tmp/m.db" --snapshot "$1" --size 120x36 >"$tmp/want"
	sed -e 1d -e 's/[0-9]//g' -e 's/ *$//' "$tmp/want" >"$tmp/w"
	sed -e 1d -e 's/[0-9]//g' -e 's/ *$//' "$tmp/b" >"$tmp/h"
	diff "$tmp/w" "$tmp/h" >"$tmp/diff"
}

tm -u new-session -d -x 120 -y 36 "env -u NO_COLOR XDG_CONFIG_HOME=$tmp/conf build/mlwatch top --utc --store $tmp/m.db"
settled '1 Overview\]'
# key, word in the view, view's name
for v in '2 Active: alerts' '5 Scrape targets' '6 Prediction logs' '7 Receivers notify'; do
	set -- $v
	eval "name=\${$#}"
	tm send-keys "$1"
	settled "$2"
	i=0
	until same "$name"; do
		i=$((i + 1))
		[ $i -lt 5 ] || { echo "$name is another on the terminal: $(head -20 "$tmp/diff")"; failed=1; break; }
		settled "$2"
	done
done
tm resize-window -x 80 -y 24
tm send-keys 1
settled '1Over\]'
[ "$(wc -l <"$tmp/b")" -eq 24 ] || { echo "$(wc -l <"$tmp/b") rows after the resize"; failed=1; }

# Ctrl-Z gives the terminal back as it was, without the mouse, and fg goes on with it; Ctrl-C ends it from copy mode too.
flag() { # FORMAT WANTED WHAT
	i=0
	until [ "$(tm display -p "#{$1}")" = "$2" ]; do
		i=$((i + 1))
		[ $i -lt 50 ] || { echo "$3: $1 is $(tm display -p "#{$1}")"; failed=1; return; }
		sleep 0.1
	done
}
tm -u new-session -d -s job -x 80 -y 24 "env PS1='\nready> ' bash --norc -i" # before the other ends: a server without sessions ends too
tm send-keys -t =0: C-c
sleep 1
settled 'ready>'
tm send-keys "env -u NO_COLOR XDG_CONFIG_HOME=$tmp/job build/mlwatch top --utc --store $tmp/m.db" Enter
settled '1Over\]'
tm send-keys m
flag mouse_standard_flag 1 'm'
tm send-keys C-z
flag alternate_on 0 'Ctrl-Z'
flag mouse_standard_flag 0 'Ctrl-Z'
settled 'Stopped'
tm send-keys fg Enter
settled '1Over\]'
flag mouse_standard_flag 1 'fg'
tm send-keys 8
settled '8Event\]'
tm send-keys c
settled 'any key goes back'
tm send-keys C-c
flag alternate_on 0 'Ctrl-C in copy mode'
tm send-keys 'stty -a | tr ";" "\n" | grep -c -- " -icanon"' Enter
settled '^0'
exit $failed
