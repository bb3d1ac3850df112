#!/bin/sh
# run.sh [SUITES] -- runs the outside suites in the folder SUITES, a line "SUITE: N passed, M failed" each.
#
# suites.txt has a line per suite: its name, a tab, the command ($S is the folder). A command prints one such line itself and
# details of failures on stderr. tests/conformance.txt holds what passed when it was last recorded (suite, passed, total):
# a count below it fails the run, one above it is told. RECORD=1 writes the file anew. Without the folder there is nothing to run.
# A suite whose part of the folder is not there is left out with a word. Where a suite holds another number of cases than
# the recorded one, it is another suite: nothing is compared, and every failure fails the run.
set -u
cd "$(dirname "$0")/../.." || exit 1
S=${1:-../shared}
record=tests/conformance.txt
if [ ! -d "$S" ]; then
	echo "no suites: '$S' does not exist (make conformance SUITES=DIR)"
	exit 0
fi
S=$(cd "$S" && pwd)
export S
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
status=0
tab=$(printf '\t')

while IFS=$tab read -r name command; do
	case $name in
	'' | '#'*) continue ;;
	esac
	part=$(echo "$command" | tr ' ' '\n' | sed -n 's|^$S/\([^*]*\)/*.*|\1|p' | head -n 1)
	if [ ! -e "$S/${part%/}" ]; then
		echo "# $name: left out, there is no $S/${part%/}"
		continue
	fi
	timeout -k 5 "${SUITE_TIMEOUT:-300}" sh -c "$command" >"$tmp/out" 2>"$tmp/err" </dev/null
	line=$(grep "^$name: [0-9]* passed, [0-9]* failed\$" "$tmp/out" | tail -n 1)
	if [ -z "$line" ]; then
		echo "$name: no result"
		tail -n 10 "$tmp/out" "$tmp/err"
		status=1
		continue
	fi
	echo "$line"
	passed=$(echo "${line#"$name": }" | cut -d ' ' -f 1)
	failed=$(echo "${line#"$name": }" | cut -d ' ' -f 3)
	echo "$name $passed $((passed + failed))" >>"$tmp/new"
	before=$(sed -n "s/^$name \([0-9]*\) .*/\1/p" "$record" 2>/dev/null)
	total=$(sed -n "s/^$name [0-9]* \([0-9]*\)$/\1/p" "$record" 2>/dev/null)
	[ "$failed" -eq 0 ] || [ "${VERBOSE:-0}" = 0 ] || head -n 40 "$tmp/err"
	if [ "$((passed + failed))" -ne "${total:-$((passed + failed))}" ] && [ "$S" != "$(cd ../shared 2>/dev/null && pwd)" ]; then
		[ "$failed" -eq 0 ] || status=1
	elif [ "$passed" -lt "${before:-0}" ]; then
		echo "  fewer than the $before of $total that passed before:"
		head -n 20 "$tmp/err" | sed 's/^/  /'
		status=1
	elif [ "$passed" -gt "${before:-0}" ]; then
		echo "  more than the ${before:-0} recorded: make conformance-record"
	fi
done <tests/conformance/suites.txt

# A suite that was recorded and is not run any more would be a silent loss.
if [ -e "$record" ]; then
	while read -r name rest; do
		case $name in
		'' | '#'*) continue ;;
		esac
		if ! grep -q "^$name$tab" tests/conformance/suites.txt; then
			echo "$name: recorded in $record, but not in suites.txt"
			status=1
		fi
	done <"$record"
fi

if [ "${RECORD:-0}" = 1 ] && [ -e "$tmp/new" ]; then
	{
		echo "# Suite, cases that passed, cases in all. Counts may only rise: make conformance-record."
		sort "$tmp/new"
	} >"$record"
	echo "recorded in $record"
	exit 0
fi
exit $status
