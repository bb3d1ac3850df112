#!/bin/sh
# run.sh [NAME...] -- prints the figures: every program of build/bench and every script beside this one, one after the other
# (two at once would measure each other).
set -u
cd "$(dirname "$0")/../.." || exit 1
status=0
one()
{
	echo "== $1"
	shift
	"$@" || { echo "   failed"; status=1; }
}
wanted()
{
	name=$1
	shift
	[ $# -gt 0 ] || return 0
	for w in "$@"; do
		[ "$w" = "$name" ] && return 0
	done
	return 1
}
for source in tests/bench/*.c; do
	name=$(basename "$source" .c)
	[ -x "build/bench/$name" ] && wanted "$name" "$@" && one "$name" "build/bench/$name"
done
for script in tests/bench/*.sh; do
	name=$(basename "$script" .sh)
	[ "$name" != run ] && [ -e "$script" ] && wanted "$name" "$@" && one "$name" sh "$script"
done
exit $status
