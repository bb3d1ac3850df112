#!/bin/sh
# install.sh -- what make install puts where: it is complete, and what is generated agrees with the program.
set -u
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
status=0
fail() { echo "$*"; status=1; }

sh contrib/install.sh "$tmp" /usr >"$tmp/log" 2>&1 || { cat "$tmp/log"; exit 1; }
for f in bin/mlwatch share/man/man1/mlwatch.1 share/man/man5/mlwatch.yml.5 share/man/man5/mlwatch-rules.5 \
	share/man/man7/mlwatch-series.7 share/bash-completion/completions/mlwatch share/zsh/site-functions/_mlwatch \
	share/fish/vendor_completions.d/mlwatch.fish share/doc/mlwatch/LICENSE; do
	[ -s "$tmp/usr/$f" ] || fail "not installed: $f"
done
unit=$tmp/lib/systemd/system/mlwatch.service
[ -s "$unit" ] || unit=$tmp/usr/lib/systemd/system/mlwatch.service
[ -s "$unit" ] || fail "no unit"

# Every command has its page, and the page names every flag that --help names.
for c in $(build/mlwatch help | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p'); do
	page=$tmp/usr/share/man/man1/mlwatch-$c.1
	[ -s "$page" ] || { fail "no page for $c"; continue; }
	build/mlwatch "$c" --help | sed -n '/^flags:/,/^exit codes:/s/^ .*--\([a-z-]*\).*/\1/p' | sort -u >"$tmp/flags"
	sed 's/\\-/-/g' "$page" | grep -o -- '--[a-z-]*' | sed 's/^--//' | sort -u >"$tmp/paged"
	missing=$(comm -23 "$tmp/flags" "$tmp/paged" | tr '\n' ' ')
	[ -z "$missing" ] || fail "the page of $c lacks: $missing"
	missing=$(for f in $(cat "$tmp/flags"); do grep -q -- "--$f" "$tmp/usr/share/bash-completion/completions/mlwatch" || printf '%s ' "$f"; done)
	[ -z "$missing" ] || fail "the bash completion lacks: $missing"
done
command -v bash >/dev/null && { bash -n "$tmp/usr/share/bash-completion/completions/mlwatch" || fail "bash refuses its completion"; }
command -v zsh >/dev/null && { zsh -n "$tmp/usr/share/zsh/site-functions/_mlwatch" || fail "zsh refuses its completion"; }
command -v fish >/dev/null && { fish -n "$tmp/usr/share/fish/vendor_completions.d/mlwatch.fish" || fail "fish refuses its completion"; }
if command -v bash >/dev/null; then
	got=$(bash -c '. "$0"; COMP_WORDS=(mlwatch chec); COMP_CWORD=1; _mlwatch; echo "${COMPREPLY[@]}"' "$tmp/usr/share/bash-completion/completions/mlwatch")
	[ "$got" = check ] || fail "bash completes 'chec' to '$got'"
fi
if command -v groff >/dev/null; then
	for page in "$tmp"/usr/share/man/man*/*; do
		warned=$(groff -K utf8 -man -Tutf8 -ww -z "$page" 2>&1 | head -n 3)
		[ -z "$warned" ] || fail "$(basename "$page"): $warned"
	done
fi

# The hardening is what it should be: at most 1.5 of 10.
if command -v systemd-analyze >/dev/null; then
	score=$(systemd-analyze security --offline=true --no-pager "$unit" 2>/dev/null | sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p')
	if [ -n "$score" ]; then
		awk -v s="$score" 'BEGIN { exit !(s <= 1.5) }' || fail "systemd-analyze security says $score"
	fi
fi
exit $status
