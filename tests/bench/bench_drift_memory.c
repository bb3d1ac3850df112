/*
 * bench_drift_memory.c -- drift of 47 numeric features: 100,000 rows in memory against a reference of 10,000; and every drift
 * function of PromQL over one hour of 10 s windows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "drift_rows.h"
#include "mlwatch/arena.h"
#include "mlwatch/baseline.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/histogram.h"
#include "mlwatch/memory_storage.h"
#include "mlwatch/promql.h"
#include "mlwatch/sketch.h"

#define FEATURES 47
#define REF_ROWS 10000
#define ROWS     100000
#define NOW      (INT64_C(1772366400) * MS_SECOND)

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Edges are 1000 of the 10,000 values, as `mlwatch baseline` takes them. */
static struct reference *
make_reference(struct lcg *g)
{
	struct reference *r = reference_open(&(struct reference_head){"m", "1", "", REF_ROWS});
	struct arena *mem = arena_open();
	double *v = malloc(REF_ROWS * sizeof *v), at[1000];
	char name[16];

	for (int f = 0; f < FEATURES; f++) {
		struct reference_feature x = {.name = name, .rows = REF_ROWS};
		struct edgehist *h;

		snprintf(name, sizeof name, "f%02d", f);
		for (int i = 0; i < REF_ROWS; i++)
			v[i] = lcg_bell(g);
		raw_sort(v, REF_ROWS);
		for (int i = 0; i < 1000; i++)
			at[i] = v[(i + 1) * 10 - 1];
		x.edges = edges_make(at, 1000, 0);
		h = edgehist_open(x.edges);
		edgehist_add_n(h, v, REF_ROWS);
		x.hist = edgehist_histogram(mem, h);
		x.stddev = 1;
		reference_add(r, &x);
		edgehist_close(h);
		edges_unref(x.edges);
	}
	free(v);
	arena_close(mem);
	return r;
}

static void
from_memory(const struct reference *r, struct lcg *g)
{
	double *v = malloc((size_t)ROWS * sizeof *v), took = 0, start;
	const struct drift_policy policy = {JUDGE_SIZE, 0.1, CORRECTION_NONE, 0.3};
	struct drift_feature at[FEATURES];
	struct drift_report report = {.at = at, .n = FEATURES};

	for (size_t f = 0; f < FEATURES; f++) {
		const struct reference_feature *ref = reference_feature_at(r, f);
		struct edgehist *h = edgehist_open(ref->edges);
		struct arena *mem = arena_open();

		for (int i = 0; i < ROWS; i++)
			v[i] = lcg_bell(g) + (f < 5 ? 0.3 : 0);
		start = seconds();
		edgehist_add_n(h, v, ROWS);
		drift_feature_compare(&at[f], ref, edgehist_histogram(mem, h), (struct category_set){0}, mem);
		took += seconds() - start;
		edgehist_close(h);
		arena_close(mem);
	}
	start = seconds();
	drift_judge(&report, &policy);
	took += seconds() - start;
	printf("47 features x 100,000 rows from memory against 10,000: %.3f s (%zu drifted)\n", took, report.drifted);
	free(v);
}

static void
fill(struct memory_storage *m, const struct reference *r, struct arena *mem, struct lcg *g)
{
	for (size_t f = 0; f < FEATURES; f++) {
		const struct reference_feature *ref = reference_feature_at(r, f);
		struct edgehist *h = edgehist_open(ref->edges);
		struct labels l;
		char text[96];

		snprintf(text, sizeof text, "ml_feature{model=\"m\",version=\"1\",feature=\"%s\"}", ref->name);
		labels_parse(mem, text, &l, NULL);
		for (int64_t t = NOW - MS_HOUR; t < NOW; t += 10 * MS_SECOND) {
			edgehist_reset(h);
			for (int i = 0; i < 100; i++)
				edgehist_add(h, lcg_bell(g));
			memory_storage_append_window(m, l, t, t + 10 * MS_SECOND, 100, edgehist_histogram(mem, h),
						     MS_HOUR);
		}
		edgehist_close(h);
	}
}

/* A graph: the last three quarters of an hour in 90 steps. */
static void
range_of(const struct promql *p)
{
	struct promql_result result = {0};
	struct err e = ERR_INIT;
	struct expr *x = promql_parse("drift_ks(ml_feature[15m])", &e);
	double start = seconds();

	if (x == NULL || promql_range(p, x, NOW - 45 * MS_MINUTE, NOW, 30 * MS_SECOND, &result, &e) < 0)
		printf("drift_ks over a range: %s\n", e.text);
	printf("drift_ks(ml_feature[15m]) in 90 steps: %6.1f ms (%zu features)\n", (seconds() - start) * 1e3, result.n);
	promql_result_release(&result);
	expr_close(x);
}

static void
from_promql(struct reference *r, struct lcg *g)
{
	static const char *const functions[] = {"drift_ks",         "drift_ks_pvalue",   "drift_psi",
						"drift_psi_pvalue", "drift_js",          "drift_hellinger",
						"drift_tvd",        "drift_wasserstein", "drift_rows"};
	struct arena *mem = arena_open();
	struct memory_storage *m = memory_storage_open();
	struct references *refs = references_open();
	struct promql p = {.references = refs};
	double all = 0;

	fill(m, r, mem, g);
	references_add(refs, r);
	p.storage = memory_storage_view(m);
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
		struct promql_result result = {0};
		struct err e = ERR_INIT;
		char text[64];
		struct expr *x;
		double start;

		snprintf(text, sizeof text, "%s(ml_feature[1h])", functions[i]);
		x = promql_parse(text, &e);
		start = seconds();
		if (x == NULL || promql_instant(&p, x, NOW, &result, &e) < 0)
			printf("%s: %s\n", text, e.text);
		start = seconds() - start;
		all += start;
		printf("%-34s %6.1f ms (%zu features)\n", text, start * 1e3, result.n);
		promql_result_release(&result);
		expr_close(x);
	}
	range_of(&p);
	printf("all drift functions, 47 features, 1 h of 10 s windows: %.1f ms\n", all * 1e3);
	memory_storage_close(m);
	references_close(refs);
	arena_close(mem);
}

int
main(void)
{
	struct lcg g = {47};
	struct reference *r = make_reference(&g);

	from_memory(r, &g);
	from_promql(r, &g);
	return 0;
}
