/*
 * test_store_promql.c -- PromQL over the store, with windows rolled up and summed as the store likes, against adding up a plain array:
 * whatever rows the store chooses, the answers are those of single windows.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/histogram.h"
#include "mlwatch/promql.h"
#include "mlwatch/sketch.h"
#include "mlwatch/store.h"
#include "mlwatch/window.h"

#define W INT64_C(10000)
#define N 3000 /* windows */

struct world {
	char dir[64], path[96];
	struct store *agent, *reader;
	int64_t base;
	int count[N]; /* errors and latencies per window */
	uint64_t random;
};

static uint64_t
random_below(struct world *w, uint64_t n)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return w->random % n;
}

static struct store *
open_store(const char *path, enum store_mode mode)
{
	static const struct store_width widths[] = {
	    {W, 10 * MS_DAY}, {MS_MINUTE, 10 * MS_DAY}, {10 * MS_MINUTE, 30 * MS_DAY}, {MS_HOUR, 400 * MS_DAY}};
	struct store_spec spec = {.path = path, .widths = widths, .n_widths = 4};
	struct store *s;
	struct err e = ERR_INIT;

	if (store_open(&s, &spec, mode, &e) < 0)
		fail_msg("%s", e.text);
	return s;
}

static void
put(struct world *w, const char *name, enum sketch_kind kind, size_t window, const struct buf *b)
{
	struct label at[] = {{"__name__", name}, {"model", "m"}};
	struct increment i = {
	    .labels = {at, 2}, .start = w->base + (int64_t)window * W, .kind = kind, .blob = b->p, .n = b->len};
	struct err e = ERR_INIT;

	if (store_put_increment(w->agent, &i, &e) < 0)
		fail_msg("%s", e.text);
}

static void
put_window(struct world *w, size_t window, int n)
{
	struct buf b = BUF_INIT;
	struct expo *x = expo_open();

	sketch_count_encode(&b, (uint64_t)n);
	put(w, "ml_errors_total", SKETCH_COUNT, window, &b);
	b.len = 0;
	for (int i = 0; i < n; i++)
		expo_add(x, 1);
	expo_encode(&b, x);
	put(w, "ml_latency_seconds", SKETCH_EXPO, window, &b);
	expo_close(x);
	buf_release(&b);
	w->count[window] += n;
}

static int
set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	snprintf(w->dir, sizeof(w->dir), "/tmp/mlwatch-promql-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->path, sizeof(w->path), "%s/m.db", w->dir);
	w->random = 88172645463325252u;
	w->base = clock_now() / MS_HOUR * MS_HOUR;
	w->agent = open_store(w->path, STORE_AGENT);
	for (size_t i = 0; i < N; i++) { /* with gaps, some longer than a series lives */
		if (i % 50 == 0)
			assert_int_equal(store_begin(w->agent, NULL), 0);
		if ((i > 600 && i < 1100) || i % 7 == 0)
			;
		else
			put_window(w, i, 1 + (int)random_below(w, 4));
		if (i % 50 == 49) {
			assert_int_equal(store_commit(w->agent, w->base + (int64_t)i * W, NULL), 0);
			store_housekeep(w->agent, w->base + (int64_t)i * W, NULL);
		}
	}
	while (store_housekeep(w->agent, w->base + N * W, NULL))
		;
	w->reader = open_store(w->path, STORE_READ);
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;
	char command[128];

	store_close(w->reader);
	store_close(w->agent);
	snprintf(command, sizeof(command), "rm -rf %s", w->dir);
	int rc = system(command);
	free(w);
	return rc;
}

/* NAN: no result. */
static double
want_increase(const struct world *w, int64_t t, int64_t range)
{
	double sum = 0;
	bool alive = false, any = false;

	for (size_t i = 0; i < N; i++) {
		int64_t start = w->base + (int64_t)i * W, end = start + W;
		if (w->count[i] == 0)
			continue;
		alive = alive || (start < t && end > t - MS_HOUR);
		if (end > t - range && start < t) {
			sum += w->count[i];
			any = true;
		}
	}
	return alive || any ? sum : NAN;
}

static void
same(const char *what, int64_t t, double got, double want)
{
	if (!(isnan(got) && isnan(want)) && got != want)
		fail_msg("%s at %lld: %g instead of %g", what, (long long)t, got, want);
}

static void
check_range(struct world *w, const char *text, int64_t start, int64_t step, size_t steps, int64_t range)
{
	struct storage st = store_storage(w->reader);
	struct promql p = {.storage = &st};
	struct promql_result r = {0};
	struct err e = ERR_INIT;
	struct expr *x = promql_parse(text, &e);

	if (x == NULL || promql_range(&p, x, start, start + (int64_t)(steps - 1) * step, step, &r, &e) < 0)
		fail_msg("%s: %s", text, e.text);
	for (size_t i = 0, k = 0; i < steps; i++) {
		int64_t t = start + (int64_t)i * step;
		double got = NAN;
		if (r.n > 0 && k < r.matrix[0].n && r.matrix[0].points[k].t == t)
			got = r.matrix[0].points[k++].v;
		same(text, t, got, want_increase(w, t, range));
	}
	promql_result_release(&r);
	expr_close(x);
}

static double
instant(struct world *w, const char *text, int64_t t)
{
	struct storage st = store_storage(w->reader);
	struct promql p = {.storage = &st};
	struct promql_result r = {0};
	struct err e = ERR_INIT;
	struct expr *x = promql_parse(text, &e);
	double v = NAN;

	if (x == NULL || promql_instant(&p, x, t, &r, &e) < 0)
		fail_msg("%s: %s", text, e.text);
	if (r.n > 0)
		v = r.vector[0].v;
	promql_result_release(&r);
	expr_close(x);
	return v;
}

static void
promql__increase_over_the_store_is_the_sum_of_single_windows(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *text;
		int64_t ms;
	} ranges[] = {{"10s", W},          {"1m", MS_MINUTE}, {"5m", 5 * MS_MINUTE},
		      {"61s500ms", 61500}, {"1h", MS_HOUR},   {"3h", 3 * MS_HOUR}};
	static const int64_t steps[] = {1000, 7000, W, 15000, MS_MINUTE, 5 * MS_MINUTE, MS_HOUR};
	char text[200];

	for (int i = 0; i < 120; i++) {
		size_t k = random_below(w, 6);
		int64_t t = w->base + (int64_t)random_below(w, N * W + 2 * MS_HOUR);
		if (i % 2 == 0)
			t = t / MS_MINUTE * MS_MINUTE;
		bool histogram = i % 3 == 0;
		snprintf(text, sizeof(text),
			 histogram ? "histogram_count(increase(ml_latency_seconds[%s]))"
				   : "increase(ml_errors_total[%s])",
			 ranges[k].text);
		same(text, t, instant(w, text, t), want_increase(w, t, ranges[k].ms));
		check_range(w, text, t, steps[random_below(w, 7)], 1 + random_below(w, 20), ranges[k].ms);
		snprintf(text, sizeof(text), "increase(ml_errors_total[%s] offset 13m)", ranges[k].text);
		same(text, t, instant(w, text, t), want_increase(w, t - 13 * MS_MINUTE, ranges[k].ms));
		snprintf(text, sizeof(text), "increase(ml_errors_total[%s] @ %.3f)", ranges[k].text, (double)t / 1000);
		same(text, t, instant(w, text, w->base), want_increase(w, t, ranges[k].ms));
	}
}

static void
promql__functions_that_look_at_single_windows_get_them(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 60; i++) {
		size_t last = 1200 + random_below(w, 1500), j = last;
		int64_t t = w->base + (int64_t)(last + 1) * W;
		while (w->count[j] == 0)
			j--;
		same("irate", t, instant(w, "irate(ml_errors_total[1h])", t), w->count[j] / 10.0);
		same("idelta", t, instant(w, "idelta(ml_errors_total[1h])", t), w->count[j]);
		double n = 0;
		for (size_t k = last - 29; k <= last; k++)
			n += w->count[k] > 0;
		same("count_over_time", t, instant(w, "count_over_time(ml_errors_total[5m])", t), n);
	}
}

static void
promql__the_counter_itself_is_the_running_total(void **state)
{
	struct world *w = *state;
	double total = 0;

	for (size_t i = 0; i < N; i++) {
		int64_t t = w->base + (int64_t)(i + 1) * W;
		total += w->count[i];
		if (i % 97 == 5 && (i < 600 || i > 1100)) {
			same("total", t, instant(w, "ml_errors_total", t), total);
			same("histogram total", t, instant(w, "histogram_count(ml_latency_seconds)", t), total);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(promql__increase_over_the_store_is_the_sum_of_single_windows),
	    cmocka_unit_test(promql__functions_that_look_at_single_windows_get_them),
	    cmocka_unit_test(promql__the_counter_itself_is_the_running_total),
	};
	return cmocka_run_group_tests_name("store_promql", tests, set_up, tear_down);
}
