#!/bin/sh
# Counting a log gives exactly what the generator says it wrote: per class, status, category, missing value, with bad lines
# of every kind, nulls, missing keys, errors, several models, rotation; latency quantiles within 0.3 %.
set -eu
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT INT TERM

run() { # name, generator options...
	name=$1
	shift
	rm -f "$tmp"/log*
	build/tests/gen_log -o "$tmp/log" --truth "$tmp/truth" "$@"
	# shellcheck disable=SC2046
	if ! build/tests/check_counts "$tmp/truth" $(ls -tr "$tmp"/log*) >"$tmp/out" 2>&1; then
		echo "exact_counts: $name: counts differ"
		cat "$tmp/out"
		exit 1
	fi
}

run plain --rows 50000 --rps 500
run dirty --rows 200000 --rps 1000 --bad-lines 0.05 --null-rate 0.02 --missing-rate 0.02 --error-rate 0.03
run models --rows 100000 --rps 1000 --models 300 --error-rate 0.01 --null-rate 0.1 --features 5
run wide --rows 20000 --rps 1000 --features 47 --null-rate 0.01 --bad-lines 0.01
run drift --rows 50000 --rps 1000 --drift-at 0.5 --drift-features 4 --drift-size 2
run rotated --rows 50000 --rps 1000 --bad-lines 0.02 --rotate rename:12000
