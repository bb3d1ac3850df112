/*
 * bench_promql.c -- the 20 rules most common in practice over 1,000 series of 6 hours at 15 s, in memory: evaluations per
 * second at one time stamp (what a rule costs) and over the six hours in steps of a minute (what a chart costs), and the
 * memory of an evaluation.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "mlwatch/arena.h"
#include "mlwatch/err.h"
#include "mlwatch/memory_storage.h"
#include "mlwatch/promql.h"

#define STEP_MS 15000
#define POINTS  (6 * 3600 * 1000 / STEP_MS)
#define END     ((int64_t)POINTS * STEP_MS)

static const char *const rules[] = {
    "up == 0",
    "rate(http_requests_total[5m])",
    "increase(http_requests_total{status=\"500\"}[1h])",
    "sum by (job) (rate(http_requests_total[5m]))",
    "sum by (job) (rate(http_requests_total{status=~\"5..\"}[5m])) / sum by (job) (rate(http_requests_total[5m])) > "
    "0.05",
    "histogram_quantile(0.99, sum by (job, le) (rate(latency_bucket[5m]))) > 0.5",
    "changes(process_start[15m]) > 2",
    "time() - process_start > 86400",
    "max_over_time(queue_length[10m]) > 1000",
    "absent(up{job=\"nothing\"})",
    "topk(5, queue_length)",
    "predict_linear(queue_length[1h], 4 * 3600) < 0",
    "label_replace(up, \"host\", \"$1\", \"instance\", \"(.*):.*\")",
    "queue_length > 100 and on (instance) up == 1",
    "queue_length unless on (instance) up == 0",
    "http_requests_total * on (instance) group_left (version) build_info",
    "avg_over_time(queue_length[30m])",
    "count by (job) (up == 1) / count by (job) (up)",
    "sum(irate(http_requests_total[5m]))",
    "quantile by (job) (0.95, queue_length)",
};

static void
fill_series(struct memory_storage *m, struct arena *mem, const char *name, int i, const char *extra, const char *value,
	    double slope, int wave)
{
	char instance[32], job[16];
	struct label l[] = {{METRIC_NAME, name}, {"instance", instance}, {"job", job}, {extra, value}};
	struct labels labels;

	snprintf(instance, sizeof instance, "host%03d:9090", i);
	snprintf(job, sizeof job, "job%d", i % 10);
	labels = labels_make(mem, l, extra != NULL ? 4 : 3);
	for (int k = 1; k <= POINTS; k++)
		memory_storage_append(m, labels, (int64_t)k * STEP_MS,
				      slope * k + (wave != 0 ? (double)((k * 7 + i) % wave) : 0));
}

/* 1,000 series. */
static void
fill(struct memory_storage *m)
{
	static const char *const status[] = {"200", "404", "500"}, *const le[] = {"0.1", "1", "+Inf"};
	struct arena *mem = arena_open();

	for (int i = 0; i < 100; i++) {
		fill_series(m, mem, "up", i, NULL, NULL, 0, 0);
		fill_series(m, mem, "process_start", i, NULL, NULL, 0, 0);
		fill_series(m, mem, "queue_length", i, NULL, NULL, 0, 1 + i % 37 * 10);
		for (int k = 0; k < 3; k++)
			fill_series(m, mem, "http_requests_total", i, "status", status[k], 3 - k, 0);
		for (int k = 0; k < 3; k++)
			fill_series(m, mem, "latency_bucket", i, "le", le[k], 1 + k, 0);
	}
	for (int i = 0; i < 100; i++)
		fill_series(m, mem, "build_info", i, "version", i % 2 ? "1.0" : "1.1", 0, 0);
	arena_close(mem);
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct figure {
	double per_second, kib;
	size_t series;
};

static struct figure
measure(const struct promql *p, const struct expr *x, bool range, double budget)
{
	struct figure f = {0};
	double start = seconds(), now = start;
	size_t runs = 0;

	while (now - start < budget) {
		struct promql_result r;
		struct err e = ERR_INIT;
		int rc = range ? promql_range(p, x, 0, END, 60000, &r, &e) : promql_instant(p, x, END, &r, &e);

		if (rc < 0) {
			fprintf(stderr, "%s: %s\n", expr_text(x), e.text);
			exit(1);
		}
		f.series = r.n;
		f.kib = (double)arena_used(r.mem) / 1024;
		promql_result_release(&r);
		runs++;
		now = seconds();
	}
	f.per_second = (double)runs / (now - start);
	return f;
}

/* Rules parsed per second. */
static double
parse_rate(void)
{
	double start = seconds(), now = start;
	size_t n = 0;

	while (now - start < 0.2) {
		for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
			struct err e = ERR_INIT;

			expr_close(promql_parse(rules[i], &e));
			n++;
		}
		now = seconds();
	}
	return (double)n / (now - start);
}

int
main(void)
{
	struct memory_storage *m = memory_storage_open();
	struct promql p = {.storage = memory_storage_view(m)};
	double all = 0, all_range = 0, budget = 0.15;
	struct rusage before, after;
	size_t n = sizeof rules / sizeof *rules;

	fill(m);
	getrusage(RUSAGE_SELF, &before);
	printf("%zu series x %d points\n%12s %10s %12s %10s  %s\n", memory_storage_series(m), POINTS, "instant/s",
	       "KiB", "6h@1m/s", "KiB", "rule");
	for (size_t i = 0; i < n; i++) {
		struct err e = ERR_INIT;
		struct expr *x = promql_parse(rules[i], &e);
		struct figure instant, range;

		if (x == NULL) {
			fprintf(stderr, "%s: %s\n", rules[i], e.text);
			return 1;
		}
		instant = measure(&p, x, false, budget);
		range = measure(&p, x, true, budget);
		all += 1 / instant.per_second;
		all_range += 1 / range.per_second;
		printf("%12.0f %10.0f %12.1f %10.0f  %s\n", instant.per_second, instant.kib, range.per_second,
		       range.kib, rules[i]);
		expr_close(x);
	}
	getrusage(RUSAGE_SELF, &after);
	printf("all 20: %.0f instant evaluations/s, %.1f range evaluations/s; peak memory %.0f MiB (%.0f MiB of it the "
	       "samples)\n",
	       (double)n / all, (double)n / all_range, (double)after.ru_maxrss / 1024, (double)before.ru_maxrss / 1024);
	printf("parsing: %.0f rules/s\n", parse_rate());
	memory_storage_close(m);
	return 0;
}
