#!/bin/sh
# run.sh [unit|integration] [NAME...] -- runs the tests, two at a time, a line each.
#
# A test that says "# alone" in its first lines (it measures time) runs after the others, by itself; those that say "# waits" (they mostly
# sleep) run beside the others, without taking their places. What a test printed is shown when it fails. The last line says how it went; the exit code is 1 when any test failed.
set -u
cd "$(dirname "$0")/.." || exit 1
limit=${TEST_TIMEOUT:-120}

# One test: its output into a file, a line when it is done.
if [ "${1:-}" = --one ]; then
	test=$2 out=$3/$(basename "$2").out
	case $test in
	*.sh) run="sh $test" ;;
	*) run=$test ;;
	esac
	start=$(date +%s%N)
	timeout -k 5 "$limit" $run >"$out" 2>&1 </dev/null
	code=$?
	ms=$((($(date +%s%N) - start) / 1000000))
	name=$(basename "${test%.sh}")
	time=$(printf '%d.%01d s' $((ms / 1000)) $((ms % 1000 / 100)))
	if [ "$code" -eq 0 ]; then
		printf 'ok    %-40s %8s\n' "$name" "$time"
		echo "$name" >>"$3/passed"
	else
		[ "$code" -ne 124 ] || echo "no end after $limit s" >>"$out"
		{
			printf 'FAIL  %-40s %8s\n' "$name" "$time"
			grep -v '^\[ *\(RUN\|OK\|=*\) *\]' "$out" | tail -n 60 | sed 's/^/      /'
		}
		echo "$name" >>"$3/failed"
	fi
	exit 0
fi

what=all
case ${1:-} in
unit | integration)
	what=$1
	shift
	;;
esac

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
: >"$tmp/passed"
: >"$tmp/failed"

wanted() # NAME WANTED...: is it among the wanted, or is nothing said?
{
	test=$(basename "${1%.sh}")
	shift
	[ $# -gt 0 ] || return 0
	for w in "$@"; do
		[ "$w" = "$test" ] && return 0
	done
	return 1
}

# Only programs whose source is there: one that was deleted leaves its binary in build/.
list()
{
	if [ "$what" != integration ]; then
		for t in tests/unit/test_*.c; do
			[ -e "$t" ] || continue
			b=build/tests/$(basename "$t" .c)
			wanted "$b" "$@" && echo "$b"
		done
	fi
	if [ "$what" != unit ]; then
		for t in tests/integration/*.sh; do
			[ -e "$t" ] && wanted "$t" "$@" && echo "$t"
		done
	fi
	return 0
}

list "$@" >"$tmp/list"
while read -r t; do
	case $t in
	*.sh)
		head -n 5 "$t" | grep -q '^# alone' && echo "$t" >>"$tmp/alone" && continue
		head -n 5 "$t" | grep -q '^# waits' && echo "$t" >>"$tmp/waits" && continue
		;;
	esac
	echo "$t" >>"$tmp/together"
done <"$tmp/list"

# run LIST JOBS
run()
{
	[ ! -e "$tmp/$1" ] || xargs -P "$2" -n 1 sh -c 'sh tests/run.sh --one "$1" "$0"' "$tmp" <"$tmp/$1"
}
run waits "${TEST_JOBS:-2}" &
run together "${TEST_JOBS:-2}"
wait
run alone 1

passed=$(wc -l <"$tmp/passed") failed=$(wc -l <"$tmp/failed")
[ "$failed" -eq 0 ] || echo "failed: $(sort "$tmp/failed" | tr '\n' ' ')"
echo "$((passed)) passed, $((failed)) failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
