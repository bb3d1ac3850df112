/*
 * bench_notify.c -- alerts per second through routing and grouping, and memory, for 100, 1,000 and 10,000 active alerts.
 *
 * One evaluation hands every alert in once (as rules do), then the groups that are due are looked at; the same again with every alert
 * unchanged, which is what an evaluation costs in the long run. No store and no network: that is what sending costs.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../src/notify/dispatch.h"
#include "mlwatch/arena.h"
#include "mlwatch/notify.h"
#include "mlwatch/xalloc.h"

#define T0 INT64_C(1772000000000)

static const char text[] = "route:\n  receiver: a\n  group_by: [alertname, model]\n  group_wait: 0s\n  group_interval: "
			   "10s\n  repeat_interval: 1h\n  routes:\n"
			   "  - {matchers: ['severity=\"critical\"'], receiver: b, continue: true}\n"
			   "  - {matchers: ['team=~\"data.*\"'], receiver: b, continue: true}\n"
			   "  - {matchers: ['severity=~\"warning|critical\"'], receiver: a}\n"
			   "inhibit_rules:\n- {source_matchers: ['severity=\"critical\"'], target_matchers: "
			   "['severity=\"warning\"'], equal: [model]}\n"
			   "receivers:\n- {name: a, webhook_configs: [{url: 'http://h/'}]}\n- {name: b, "
			   "webhook_configs: [{url: 'http://h/'}]}\n";

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int64_t
taken(void *arg, const struct due *due)
{
	(void)due;
	return due->n > 0 ? ++*(int64_t *)arg : 0;
}

static struct notify_config *
load(void)
{
	char path[] = "/tmp/bench_notifyXXXXXX";
	struct errlist l = ERRLIST_INIT;
	struct notify_config *c = NULL;
	int fd = mkstemp(path);

	if (write(fd, text, sizeof text - 1) == sizeof text - 1)
		notify_config_load(&c, path, &l);
	close(fd);
	unlink(path);
	errlist_print(&l, stderr, false);
	errlist_release(&l);
	return c;
}

static struct alert *
make(struct arena *mem, size_t n)
{
	static const char *const severity[] = {"critical", "warning", "warning", "info"};
	struct alert *a = arena_calloc(mem, n, sizeof *a);

	for (size_t i = 0; i < n; i++) {
		const struct label l[] = {{"alertname", arena_printf(mem, "Alert%zu", i % 20)},
					  {"feature", arena_printf(mem, "feature_%zu", i)},
					  {"instance", "scoring-1"},
					  {"model", arena_printf(mem, "model_%zu", i % 50)},
					  {"severity", severity[i % 4]},
					  {"team", i % 3 == 0 ? "data-science" : "ml"}};
		a[i] = (struct alert){.labels = labels_copy(mem, labels_make(mem, l, 6)), .starts_ms = T0};
	}
	return a;
}

static double
evaluate(struct dispatch *d, const struct alert *at, size_t n, int64_t now)
{
	double begin = seconds();

	for (size_t i = 0; i < n; i++) {
		struct alert a = at[i];
		a.ends_ms = now + 60000;
		dispatch_alert(d, &a, now);
	}
	while (dispatch_step(d, now, 200))
		continue;
	return seconds() - begin;
}

int
main(void)
{
	static const size_t sizes[] = {100, 1000, 10000};

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct notify_config *c = load();
		struct arena *mem = arena_open();
		int64_t rows = 0, now = T0;
		struct alert *at = make(mem, sizes[i]);
		size_t before = mallinfo2().uordblks, rounds = 200000 / sizes[i];
		struct dispatch *d = dispatch_open(c, taken, &rows, T0);
		double first = evaluate(d, at, sizes[i], now), again = 0;

		for (size_t k = 0; k < rounds; k++)
			again += evaluate(d, at, sizes[i], now += 10001);
		printf("notify %6zu active alerts: new %9.0f alerts/s   again %9.0f alerts/s   %4zu bytes each   %lld "
		       "messages\n",
		       sizes[i], (double)sizes[i] / first, (double)(sizes[i] * rounds) / again,
		       (mallinfo2().uordblks - before) / sizes[i], (long long)rows);
		dispatch_close(d);
		arena_close(mem);
		notify_config_close(c);
	}
	return 0;
}
