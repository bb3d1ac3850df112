#!/bin/sh
# run.sh SECONDS -- runs every fuzz target that long (0: only over what its seeds and earlier findings are). Findings are kept in
# build/fuzz/NAME.findings and replayed first.
set -u
cd "$(dirname "$0")/../.." || exit 1
seconds=${1:-0} passed=0 failed=0
for target in build/fuzz/fuzz_*; do
	[ -x "$target" ] && [ ! -d "$target" ] || continue
	name=$(basename "$target")
	corpus=build/fuzz/$name.corpus findings=build/fuzz/$name.findings
	mkdir -p "$corpus" "$findings"
	seeds=
	[ -d "tests/fuzz/seeds/$name" ] && seeds=tests/fuzz/seeds/$name
	if [ "$seconds" -gt 0 ]; then
		how="-max_total_time=$seconds"
	else
		how="-runs=2000"
	fi
	if "$target" $how -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$findings/" "$corpus" $seeds >"$findings.log" 2>&1; then
		echo "ok    $name  $(grep -o 'stat::number_of_executed_units.*\|Done [0-9]* runs.*' "$findings.log" | tail -n 1)"
		passed=$((passed + 1))
	else
		echo "FAIL  $name"
		tail -n 30 "$findings.log" | sed 's/^/      /'
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
