#!/bin/sh
# The faults that log_faults.sh has no generator for: what happens to the files while the agent is down, late writers, half lines,
# lines of 10 MB, binary junk, a full disk. Every line is of a class of its own kind, so that a loss and a repetition cannot
# make up for each other.
. tests/integration/agent.inc

log=$dir/log.jsonl
# lines CLASS N FILE: N predictions of that class, appended.
lines() {
	awk -v c="$1" -v n="$2" -v t="$(date +%s)" 'BEGIN {
		for (i = 0; i < n; i++)
			printf "{\"ts\":%d.%03d,\"model\":\"m\",\"version\":\"1\",\"request_id\":\"%s-%d\",\"latency_ms\":%d.5,\"status\":200,\"prediction\":\"%s\",\"score\":0.5,\"features\":{\"x\":%d}}\n", t, i % 1000, c, i, i % 90, c, i
	}' >>"$3"
	total=$((total + $2))
	truth="$truth $1=$2"
}
begin() {
	rm -rf "$dir"/log* "$dir"/store.db* "$dir"/agent.log
	write_config </dev/null
	sed -i 's/store.db}/store.db, commit_interval: 200ms}/' "$dir/mlwatch.yml"
	total=0 truth=
}
# end NAME: everything is there, each class as often as it was written.
end() {
	wait_count "$total" 15
	sleep 0.5
	stop_agent TERM
	for t in $truth; do
		got=$("$bin" query "sum(ml_predictions_total{prediction=\"${t%=*}\"})" --store "$dir/store.db" | sed -n 's/.* => \(.*\) @.*/\1/p')
		[ "$got" = "${t#*=}" ] || fail "$1: ${t%=*} was counted $got times, not ${t#*=}"
	done
	[ "$(count)" = "$total" ] || fail "$1: $(count) predictions of $total"
	echo "$1: exact"
}

begin
lines a 200 "$log"
start_agent
wait_count 200 10
sleep 0.4
stop_agent TERM
lines b 100 "$log"
mv "$log" "$log.1"
lines c 50 "$log"
start_agent
end "renamed while stopped"

begin
lines a 200 "$log"
start_agent
wait_count 200 10
sleep 0.4
stop_agent KILL
lines b 100 "$log"
mv "$log" "$log.1"
lines c 60 "$log" # a generation that no agent ever saw
mv "$log.1" "$log.2"
mv "$log" "$log.1"
lines d 50 "$log"
start_agent
end "renamed twice while killed"

begin
lines a 200 "$log"
start_agent
wait_count 200 10
sleep 0.4
stop_agent TERM
: >"$log"
lines b 900 "$log"
start_agent
end "truncated and regrown while stopped"

begin
lines a 200 "$log"
start_agent
wait_count 200 10
exec 3>>"$log"
mv "$log" "$log.1"
lines b 50 "$log"
for i in 1 2 3 4 5; do
	lines c$i 20 "$dir/late"
	cat "$dir/late" >&3
	rm "$dir/late"
	sleep 0.1
done
exec 3>&-
end "renamed under a writer that goes on for 0.5 s"

begin
start_agent
for i in 1 2 3 4 5 6; do # each line in three pieces, polls and a restart in between
	lines h$i 1 "$dir/whole"
	dd if="$dir/whole" bs=1 count=50 2>/dev/null >>"$log"
	sleep 0.25
	[ $i != 3 ] || { stop_agent KILL; start_agent; }
	dd if="$dir/whole" bs=1 skip=50 count=30 2>/dev/null >>"$log"
	sleep 0.1
	dd if="$dir/whole" bs=1 skip=80 2>/dev/null >>"$log"
	rm "$dir/whole"
done
end "half lines"

begin
start_agent
lines a 100 "$log"
head -c 10000000 /dev/zero | tr '\0' 'x' >>"$log" # over the limit of 64 KiB, and no newline yet
sleep 0.5
head -c 100000 /dev/zero | tr '\0' 'y' >>"$log"
echo >>"$log"
lines b 100 "$log"
head -c 5000 /dev/zero >>"$log"
echo >>"$log"
lines c 100 "$log"
head -c 300000 /dev/urandom | tr -d '\n{' >>"$log"
echo >>"$log"
lines d 100 "$log"
end "lines of 10 MB, NUL and binary junk"

# The store cannot be written for 3 s, as on a full disk.
cat >"$dir/full.c" <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static int full(int fd)
{
	char link[64], path[512];
	const char *flag = getenv("FULL_FLAG");
	ssize_t n;
	if (flag == NULL || access(flag, F_OK) != 0)
		return 0;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof path - 1);
	path[n > 0 ? n : 0] = '\0';
	errno = ENOSPC;
	return strstr(path, "store.db") != NULL;
}
#define WRAP(name, offset_type)                                                                    \
	ssize_t name(int fd, const void *p, size_t n, offset_type at)                              \
	{                                                                                          \
		ssize_t (*real)(int, const void *, size_t, offset_type) = dlsym(RTLD_NEXT, #name); \
		return full(fd) ? -1 : real(fd, p, n, at);                                         \
	}
WRAP(pwrite, off_t)
WRAP(pwrite64, off64_t)
ssize_t write(int fd, const void *p, size_t n)
{
	ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
	return full(fd) ? -1 : real(fd, p, n);
}
C
${CC:-cc} -shared -fPIC -o "$dir/full.so" "$dir/full.c" -ldl || fail "cannot build the full disk"
begin
lines a 300 "$log"
FULL_FLAG=$dir/full.flag LD_PRELOAD=$dir/full.so "$bin" run -c "$dir/mlwatch.yml" 2>>"$dir/agent.log" &
agent=$!
pids="$pids $agent"
wait_count 300 10
: >"$dir/full.flag"
for i in 1 2 3 4 5 6; do
	lines f$i 500 "$log"
	[ $i != 4 ] || mv "$log" "$log.1"
	sleep 0.5
done
grep -q -i 'full\|cannot' "$dir/agent.log" || fail "nobody said that the disk is full"
rm "$dir/full.flag"
lines g 100 "$log"
end "disk full for 3 s"

# Reloaded all the time while the log is deleted and made anew.
begin
start_agent
for i in 1 2 3 4; do
	lines r$i 400 "$log"
	sleep 0.3
	kill -HUP "$agent"
	lines s$i 300 "$log"
	sleep 0.3
	rm "$log"
done
lines t 100 "$log"
end "deleted and reloaded"
