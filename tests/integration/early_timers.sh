#!/bin/sh
# waits: it mostly sleeps
# The wall clock runs slower than the loop's, as while NTP slews it: timers ring before their time. Each group is evaluated once per
# interval all the same, each target scraped once, and nothing counts as missed.
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/agent.inc

cat >"$dir/slow.c" <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
/* 3 % slower since the first look, whole milliseconds and more per second */
int clock_gettime(clockid_t id, struct timespec *t)
{
	static int (*real)(clockid_t, struct timespec *);
	static long long first;
	long long now;
	int rc;
	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	rc = real(id, t);
	if (rc != 0 || id != CLOCK_REALTIME)
		return rc;
	now = t->tv_sec * 1000000000LL + t->tv_nsec;
	if (first == 0)
		first = now;
	now -= (now - first) * 3 / 100;
	t->tv_sec = now / 1000000000LL;
	t->tv_nsec = now % 1000000000LL;
	return 0;
}
C
${CC:-cc} -shared -fPIC -o "$dir/slow.so" "$dir/slow.c" -ldl || fail "cannot build the slow clock"
start_catcher
cat >"$dir/rules.yml" <<X
groups:
- {name: one, interval: 1s, rules: [{record: one, expr: vector(1)}]}
- {name: two, interval: 1s, rules: [{record: two, expr: vector(2)}]}
X
cat >"$dir/mlwatch.yml" <<X
storage: {path: $dir/store.db, commit_interval: 200ms}
rule_files: [$dir/rules.yml]
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs: [{job_name: any, metrics_path: /scraped, static_configs: [{targets: ['$catcher']}]}]
X
LD_PRELOAD=$dir/slow.so "$bin" run -c "$dir/mlwatch.yml" 2>>"$dir/agent.log" &
agent=$!
pids="$pids $agent"
sleep 8
stop_agent TERM
value() { "$bin" query "$1" --store "$dir/store.db" -o csv | sed -n '2s/.*,//p'; }
missed=$(value mlwatch_rule_evaluations_missed_total)
[ "$missed" = 0 ] || fail "'$missed' evaluations count as missed"
# of 8 s: 7 or 8 of each, and the first scrape out of turn
for what in one two; do
	n=$(value "count_over_time($what[1m])")
	[ "$n" -ge 6 ] && [ "$n" -le 9 ] || fail "$what was evaluated $n times in 8 s"
done
n=$(grep -c '"path":"/scraped"' "$dir/caught")
[ "$n" -ge 6 ] && [ "$n" -le 10 ] || fail "$n scrapes in 8 s"
exit 0
