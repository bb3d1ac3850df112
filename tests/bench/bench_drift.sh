#!/bin/sh
# bench_drift.sh -- mlwatch drift end to end: 47 numeric columns, 100,000 rows of CSV against a reference of 10,000 rows of CSV; and
# that memory does not grow with the rows. For orientation, measured elsewhere on two cores: scipy's ks_2samp alone 0.45 s in
# memory, an Evidently batch job 11.4 s and 460 MB.
set -u
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
rows=build/tests/drift_rows
"$rows" 10000 47 1 0 >"$tmp/ref.csv"
"$rows" 100000 47 2 0.3 >"$tmp/cur.csv"
for i in 1 2 3 4 5 6 7 8 9 10; do cat "$tmp/cur.csv"; done | awk 'NR == 1 || $1 !~ /^f/' >"$tmp/ten.csv"
build/mlwatch baseline "$tmp/ref.csv" -o "$tmp/ref.json" --quiet

# figure NAME COMMAND...: the best of three
figure()
{
	name=$1
	shift
	for i in 1 2 3; do
		start=$(date +%s%N)
		"$@" >/dev/null 2>&1 &
		peak=0
		while kill -0 $! 2>/dev/null; do
			now=$(awk '/^VmHWM/ { print $2 }' /proc/$!/status 2>/dev/null)
			[ "${now:-0}" -gt "$peak" ] && peak=$now
			sleep 0.01
		done
		echo "$(($(date +%s%N) - start)) $peak"
	done | sort -n | head -n 1 | awk -v name="$name" '{ printf "%-66s %6.2f s  %5.1f MB\n", name, $1 / 1e9, $2 / 1024 }'
}
figure "drift, 47 x 100,000 CSV ($(du -m "$tmp/cur.csv" | cut -f1) MB) against 10,000 rows of CSV" build/mlwatch drift "$tmp/ref.csv" "$tmp/cur.csv"
figure "drift, the same against a reference file" build/mlwatch drift "$tmp/ref.json" "$tmp/cur.csv"
figure "drift, ten times the rows against a reference file" build/mlwatch drift "$tmp/ref.json" "$tmp/ten.csv"
figure "baseline of 47 x 100,000 CSV" build/mlwatch baseline "$tmp/cur.csv" -o "$tmp/big.json" --quiet
