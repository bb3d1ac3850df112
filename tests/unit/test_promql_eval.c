/*
 * test_promql_eval.c -- evaluation over a storage in memory. Expected values are computed by hand in the comments beside
 * them; what Prometheus' own scripts cover is checked by the conformance suites.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlwatch/clock.h"
#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/histogram.h"
#include "mlwatch/memory_storage.h"
#include "mlwatch/num.h"
#include "mlwatch/promql.h"
#include "mlwatch/series_notation.h"

static struct memory_storage *store;
static struct promql_limits limits;
static bool names_at_once;

static int
setup(void **state)
{
	(void)state;
	store = memory_storage_open();
	limits = (struct promql_limits){0};
	names_at_once = false;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	memory_storage_close(store);
	return 0;
}

static void
load(int64_t step, const char *line)
{
	struct arena *mem = arena_open();
	struct err e = ERR_INIT;
	struct series_value *v;
	struct labels l;
	const char *rest;
	size_t n;

	assert_int_equal(series_labels_parse(mem, line, &l, &rest, &e), 0);
	assert_int_equal(series_values_parse(mem, rest, &v, &n, &e), 0);
	for (size_t i = 0; i < n; i++) {
		if (v[i].h != NULL)
			memory_storage_append_histogram(store, l, (int64_t)i * step, v[i].h);
		else if (!v[i].omitted)
			memory_storage_append(store, l, (int64_t)i * step, v[i].v);
	}
	arena_close(mem);
}

/* Windows of 10 s from `first` on, one count each; a negative count: no window. */
static void
load_windows(const char *name, int64_t first, const double *counts, size_t n, int64_t alive_ms)
{
	struct label l = {METRIC_NAME, name};

	for (size_t i = 0; i < n; i++)
		if (counts[i] >= 0)
			memory_storage_append_window(store, (struct labels){&l, 1}, first + (int64_t)i * 10000,
						     first + (int64_t)i * 10000 + 10000, counts[i], NULL, alive_ms);
}

static int
ask(const char *text, int64_t start, int64_t end, int64_t step, struct promql_result *r, struct err *e)
{
	struct promql p = {.storage = memory_storage_view(store), .limits = limits, .no_delayed_names = names_at_once};
	struct expr *x = promql_parse(text, e);
	int rc;

	if (x == NULL)
		fail_msg("%s: %s", text, e->text);
	rc = step != 0 ? promql_range(&p, x, start, end, step, r, e) : promql_instant(&p, x, start, r, e);
	expr_close(x);
	return rc;
}

/* The result as text: series sorted by nothing, values as %g; series apart by "; ", points by blanks. */
static void
gives(const char *text, int64_t start, int64_t end, int64_t step, const char *want)
{
	struct promql_result r;
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;

	if (ask(text, start, end, step, &r, &e) < 0)
		fail_msg("%s: %s", text, e.text);
	if (r.type == VALUE_SCALAR)
		buf_addf(&b, "%g", r.scalar);
	for (size_t i = 0; i < r.n; i++) {
		buf_addstr(&b, i > 0 ? "; " : "");
		labels_format(&b, r.type == VALUE_VECTOR ? r.vector[i].labels : r.matrix[i].labels);
		if (r.type == VALUE_VECTOR && r.vector[i].h == NULL)
			buf_addf(&b, " %g", r.vector[i].v);
		else if (r.type == VALUE_VECTOR)
			buf_addf(&b, " h%g", r.vector[i].h->count);
		for (size_t k = 0; r.type == VALUE_MATRIX && k < r.matrix[i].n; k++)
			buf_addf(&b, " %g@%lld", r.matrix[i].points[k].v, (long long)r.matrix[i].points[k].t / 1000);
	}
	if (strcmp(buf_str(&b), want) != 0)
		fail_msg("%s at %lld: got '%s', expected '%s'", text, (long long)start, buf_str(&b), want);
	buf_release(&b);
	promql_result_release(&r);
}

static void
at(const char *text, int64_t t, const char *want)
{
	gives(text, t, t, 0, want);
}

static void
fails(const char *text, int64_t t, const char *words)
{
	struct promql_result r;
	struct err e = ERR_INIT;

	assert_int_equal(ask(text, t, t, 0, &r, &e), -1);
	if (strstr(e.text, words) == NULL)
		fail_msg("%s: failed with '%s', not '%s'", text, e.text, words);
	promql_result_release(&r);
}

static void
promql_eval__lookback_is_left_open(void **state)
{
	(void)state;
	load(60000, "a 7");
	at("a", 0, "a 7");
	at("a", 299999, "a 7");
	at("a", 300000, "");
	at("a offset 5m", 299999, "");
	at("a[5m]", 299999, "a 7@0");
	at("a[5m]", 300000, "");
}

static void
promql_eval__staleness_ends_a_series_at_once(void **state)
{
	(void)state;
	load(60000, "a 1 stale 3");
	at("a", 59999, "a 1");
	at("a", 60000, "");
	at("a", 120000, "a 3");
	/* In a range the marker is not a sample. */
	at("count_over_time(a[10m])", 120000, "{} 2");
}

static void
promql_eval__rate_extrapolates_to_the_edges(void **state)
{
	(void)state;
	load(15000, "a_total 0+15x40");
	/* (240 s, 300 s] has samples at 255..300: 45 in 45 s, 15 s to the left edge: 60 in all. */
	at("increase(a_total[1m])", 300000, "{} 60");
	at("rate(a_total[1m])", 300000, "{} 1");
	/* A reset: 10 20 5 15 in (0, 60]: 5 after 20 adds 20: 25; extrapolated by 60/45, though not below zero at the left:
	 * 10 of 25 at 45 s is 18 s, more than the 15 s to the edge. 25 * 60 / 45. */
	load(15000, "b_total 0 10 20 5 15");
	at("increase(b_total[1m])", 60000, "{} 33.3333");
}

static void
promql_eval__windows_are_exact(void **state)
{
	/* Windows [0,10) [10,20) [20,30) [30,40) [50,60). */
	const double counts[] = {4, 0, 7, 1, -1, 2};

	(void)state;
	load_windows("w_total", 0, counts, 6, 3600000);
	/* All windows that end in (t-range, t]. */
	at("increase(w_total[30s])", 40000, "{} 8");
	at("increase(w_total[1m])", 60000, "{} 14");
	at("increase(w_total[10s])", 10000, "{} 4");
	at("rate(w_total[30s])", 60000, "{} 0.1");
	/* The one that is open at t counts in full, one that has not begun does not. */
	at("increase(w_total[10s])", 5000, "{} 4");
	at("increase(w_total[20s])", 25000, "{} 11");
	at("increase(w_total[1m])", 0, "");
	/* The running total. */
	at("w_total", 10000, "w_total 4");
	at("w_total", 100000, "w_total 14");
	gives("increase(w_total[10s])", 10000, 60000, 10000, "{} 4@10 0@20 7@30 1@40 0@50 2@60");
	at("irate(w_total[1m])", 60000, "{} 0.2");
	at("idelta(w_total[1m])", 60000, "{} 2");
	at("resets(w_total[1m]) + changes(w_total[1m])", 60000, "{} 0");
}

static void
promql_eval__window_series_live_on_as_zero_and_then_go(void **state)
{
	const double counts[] = {4};

	(void)state;
	load_windows("w_total", 0, counts, 1, 60000);
	at("increase(w_total[10s])", 60000, "{} 0");
	at("rate(w_total[10s]) == 0", 60000, "{} 0");
	at("w_total", 69999, "w_total 4");
	at("increase(w_total[10s])", 70000, "");
	at("w_total", 70000, "");
	at("absent(w_total)", 70000, "{} 1");
	/* The range still has the window although the series is not alive any more. */
	at("increase(w_total[2m])", 75000, "{} 4");
}

static void
promql_eval__window_histograms_add_up(void **state)
{
	struct label l = {METRIC_NAME, "w"};
	struct arena *mem = arena_open();
	struct histogram *h;
	struct err e = ERR_INIT;
	const char *text = "{{schema:0 count:4 sum:8 buckets:[1 3]}}";

	(void)state;
	assert_int_equal(histogram_parse_test(mem, text, strlen(text), &h, &e), 0);
	for (int i = 0; i < 6; i++)
		memory_storage_append_window(store, (struct labels){&l, 1}, i * 10000, i * 10000 + 10000, 4, h,
					     3600000);
	at("histogram_count(increase(w[30s]))", 60000, "{} 12");
	at("histogram_sum(rate(w[1m]))", 60000, "{} 0.8");
	at("histogram_count(w)", 60000, "{} 24");
	at("histogram_count(increase(w[10s]))", 200000, "{} 0");
	/* Of 4 each 1 is in (0.5, 1], 3 in (1, 2]: half of all is 2 of 3 into 4: 1 into the 3 of the second. */
	at("round(histogram_quantile(0.25, increase(w[1m])), 0.001)", 60000, "{} 1");
	arena_close(mem);
}

static void
promql_eval__matching_and_grouping(void **state)
{
	(void)state;
	load(60000, "err{job=\"a\",code=\"5\"} 4");
	load(60000, "err{job=\"a\",code=\"4\"} 6");
	load(60000, "all{job=\"a\",v=\"1\"} 20");
	at("sum by (job) (err) / on (job) all", 0, "{job=\"a\"} 0.5");
	gives("err / on (job) group_left (v) all", 0, 0, 1000,
	      "{code=\"4\",job=\"a\",v=\"1\"} 0.3@0; {code=\"5\",job=\"a\",v=\"1\"} 0.2@0");
	fails("err / on (job) all", 0, "multiple matches for labels: many-to-one matching must be explicit");
	fails("all / on (job) err", 0,
	      "found duplicate series for the match group {job=\"a\"} on the right hand-side of the operation");
	fails("abs({__name__=~\"err|all\", job=\"a\"}) * 0 + on () group_left () vector(1) or sum(label_replace(err, "
	      "\"code\", \"\", \"\", \"\"))",
	      0, "vector cannot contain metrics with the same labelset");
	at("err{code=\"5\"} and on (job) all", 0, "err{code=\"5\",job=\"a\"} 4");
	at("err{code=\"5\"} unless on (job) all", 0, "");
	at("topk(1, err)", 0, "err{code=\"4\",job=\"a\"} 6");
	at("sort_desc(err)", 0, "err{code=\"4\",job=\"a\"} 6; err{code=\"5\",job=\"a\"} 4");
	at("count_values(\"n\", err > bool 5)", 0, "{n=\"0\"} 1; {n=\"1\"} 1");
}

static void
promql_eval__names_go_at_the_end(void **state)
{
	(void)state;
	load(60000, "a{x=\"1\"} 1");
	load(60000, "b{x=\"1\"} 2");
	/* Until then rate() has not made the two the same. */
	at("sum(abs({x=\"1\"}))", 0, "{} 3");
	at("label_replace(-a, \"__name__\", \"minus_$1\", \"__name__\", \"(.*)\")", 0, "minus_a{x=\"1\"} -1");
	fails("abs({x=\"1\"})", 0, "vector cannot contain metrics with the same labelset");
	names_at_once = true;
	fails("sum(abs({x=\"1\"}))", 0, "vector cannot contain metrics with the same labelset");
	at("label_replace(-a, \"n\", \"$1\", \"__name__\", \"(.*)\")", 0, "{x=\"1\"} -1");
}

static void
promql_eval__native_histograms_are_values(void **state)
{
	(void)state;
	/* The counter of promql_eval__rate_extrapolates_to_the_edges, as the only bucket of a histogram. */
	load(15000,
	     "h {{schema:0}} {{schema:0 count:10 sum:20 buckets:[10]}} {{schema:0 count:20 sum:40 buckets:[20]}} "
	     "{{schema:0 count:5 sum:10 buckets:[5]}} {{schema:0 count:15 sum:30 buckets:[15]}}");
	at("histogram_count(increase(h[1m]))", 60000, "{} 33.3333");
	at("histogram_avg(rate(h[1m]))", 60000, "{} 2");
	at("h * 2 - h", 60000, "{} h15");
	at("histogram_sum(sum_over_time(h[1m]))", 60000, "{} 100");
	at("histogram_count(avg_over_time(h[1m]))", 60000, "{} 12.5");
	/* (1, 2] with 4 observations: the median is in the middle of it on a logarithmic scale, 2^0.5. */
	load(15000, "e {{schema:0 count:4 sum:6 offset:1 buckets:[4]}}");
	at("histogram_quantile(0.5, e)", 0, "{} 1.41421");
	at("histogram_fraction(0, 2, e)", 0, "{} 1");
	/* Custom bounds are linear: 2 of 4 in (1, 3], half of these up to 2. */
	load(15000, "n {{schema:-53 count:4 sum:8 custom_values:[1 3] buckets:[1 2 1]}}");
	at("histogram_fraction(-Inf, 2, n)", 0, "{} 0.5");
	at("histogram_quantile(0.5, n)", 0, "{} 2");
	/* A classic histogram says the same. */
	load(15000, "c_bucket{le=\"1\"} 1");
	load(15000, "c_bucket{le=\"3\"} 3");
	load(15000, "c_bucket{le=\"+Inf\"} 4");
	at("histogram_quantile(0.5, c_bucket)", 0, "{} 2");
	at("histogram_fraction(-Inf, 2, c_bucket)", 0, "{} 0.5");
}

static void
promql_eval__subqueries_are_aligned_to_their_step(void **state)
{
	(void)state;
	load(10000, "a 0+1x100");
	/* Multiples of 30 s in (43 s, 103 s]: 60 and 90 s: 6 and 9. */
	at("sum_over_time(a[1m:30s])", 103000, "{} 15");
	at("count_over_time(a[1m:30s] offset 3s)", 103000, "{} 2");
	at("max_over_time(rate(a[20s])[1m:10s] @ 100)", 0, "{} 0.1");
	gives("a @ end()", 0, 20000, 10000, "a 2@0 2@10 2@20");
}

static void
promql_eval__sums_are_compensated(void **state)
{
	(void)state;
	load(60000, "a{i=\"1\"} 1e100");
	load(60000, "a{i=\"2\"} 1");
	load(60000, "a{i=\"3\"} -1e100");
	at("sum(a)", 0, "{} 1");
	at("avg(a) * 3", 0, "{} 1");
	load(60000, "b 1e100 1 -1e100");
	at("sum_over_time(b[5m])", 120000, "{} 1");
}

static void
promql_eval__limits_end_a_query_with_a_clear_error(void **state)
{
	atomic_bool cancel = true;

	(void)state;
	load(1000, "a 0+1x2000");
	for (int i = 0; i < 20; i++) {
		char line[64];

		snprintf(line, sizeof line, "b{i=\"%d\"} 1", i);
		load(1000, line);
	}
	limits.max_samples = 1000;
	fails("sum_over_time(a[1h])", 2000000, "query processing would load too many samples into memory");
	fails("count_over_time(vector(1)[1000d:1s])", 2000000,
	      "query processing would load too many samples into memory");
	limits = (struct promql_limits){.max_series = 10};
	fails("b", 0, "selector matches 20 series, which is over the limit of 10");
	limits = (struct promql_limits){.cancel = &cancel};
	fails("a", 0, "query was canceled");
	limits = (struct promql_limits){.timeout_ms = -1};
	fails("a", 0, "query timed out");
}

/* One step of the inner function sorts 43,200 points: the clock was looked at once in 1,024 steps, which was once in ten seconds. */
static void
promql_eval__a_deadline_holds_within_a_long_range_too(void **state)
{
	const int64_t from = clock_monotonic();

	(void)state;
	load(1000, "a 1");
	limits = (struct promql_limits){.timeout_ms = 100};
	fails("sum_over_time(quantile_over_time(0.9, vector(time())[12h:1s])[12h:1s])", 0, "query timed out");
	assert_true(clock_monotonic() - from < 5000);
}

static void
promql_eval__long_ranges_are_evaluated_in_blocks(void **state)
{
	const char *const queries[] = {"a", "rate(a[5m])", "sum by (i) (a offset 1h)", "predict_linear(a[1h], 60)",
				       "h", "absent(b)"};

	(void)state;
	/* A day at 15 s: 5,761 samples each, which are too many at once under the second limit. */
	load(15000, "a{i=\"1\"} 0+1x5760");
	load(15000, "a{i=\"2\"} _x3000 5+2x2000");
	load(60000, "h {{schema:0 count:1 sum:1 buckets:[1]}}x1440");
	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
		struct promql_result whole, blocks;
		struct err e = ERR_INIT;

		limits.max_samples = 0;
		assert_int_equal(ask(queries[i], 0, 86400000, 600000, &whole, &e), 0);
		limits.max_samples = 4000;
		assert_int_equal(ask(queries[i], 0, 86400000, 600000, &blocks, &e), 0);
		assert_int_equal(whole.n, blocks.n);
		for (size_t k = 0; k < whole.n; k++) {
			const struct matrix_series *w = &whole.matrix[k], *b = &blocks.matrix[k];

			assert_true(labels_equal(w->labels, b->labels));
			assert_int_equal(w->n, b->n);
			for (size_t p = 0; p < w->n; p++)
				assert_true(w->points[p].t == b->points[p].t && w->points[p].v == b->points[p].v &&
					    (w->points[p].h != NULL) == (b->points[p].h != NULL));
		}
		promql_result_release(&whole);
		promql_result_release(&blocks);
	}
}

static void
promql_eval__what_is_doubtful_is_told(void **state)
{
	static const struct {
		const char *text, *note;
		bool info;
	} cases[] = {
	    {"rate(a[5m])",
	     "PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"a\" (1:6)",
	     true},
	    {"histogram_quantile(2, a)", "PromQL warning: quantile value should be between 0 and 1, got 2 (1:20)",
	     false},
	    {"  sum(\n {__name__=~\"a|h\"})",
	     "PromQL warning: encountered a mix of histograms and floats for aggregation (2:2)", false},
	    {"h + 1",
	     "PromQL info: incompatible sample types encountered for binary operator \"+\": histogram + float (1:1)",
	     true},
	};

	(void)state;
	load(60000, "a 1 2 3");
	load(60000, "h {{schema:0 count:1 sum:1 buckets:[1]}}x3");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct promql_result r;
		struct err e = ERR_INIT;
		bool found = false;

		assert_int_equal(ask(cases[i].text, 120000, 120000, 0, &r, &e), 0);
		for (size_t k = 0; k < r.n_annotations; k++)
			found |=
			    r.annotations[k].info == cases[i].info && strcmp(r.annotations[k].text, cases[i].note) == 0;
		if (!found)
			fail_msg("%s: no '%s' among %zu, first '%s'", cases[i].text, cases[i].note, r.n_annotations,
				 r.n_annotations > 0 ? r.annotations[0].text : "");
		promql_result_release(&r);
	}
}

static void
promql_eval__dates_are_utc(void **state)
{
	/* 2024-02-29 23:59:58 UTC, a Thursday, the 60th day of the year (date -u). */
	const char *t = "1709251198";
	static const struct {
		const char *fn;
		int want;
	} parts[] = {{"minute", 59},      {"hour", 23},          {"day_of_week", 4}, {"day_of_month", 29},
		     {"day_of_year", 60}, {"days_in_month", 29}, {"month", 2},       {"year", 2024}};

	(void)state;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		char text[64], want[16];

		snprintf(text, sizeof text, "%s(vector(%s))", parts[i].fn, t);
		snprintf(want, sizeof want, "{} %d", parts[i].want);
		at(text, 0, want);
	}
	at("year(vector(-1))", 0, "{} 1969");
	at("hour()", 3600000, "{} 1");
}

static void
promql_eval__a_tree_can_be_used_again(void **state)
{
	struct promql p;
	struct err e = ERR_INIT;
	struct expr *x = promql_parse("sum(a[30s] offset 10s)", &e);

	(void)state;
	assert_null(x);
	err_clear(&e);
	x = promql_parse("a offset step() + a @ start()", &e);
	assert_non_null(x);
	load(10000, "a 0+1x10");
	p = (struct promql){.storage = memory_storage_view(store)};
	for (int i = 0; i < 2; i++) {
		struct promql_result r;

		/* At 20 s: a at 10 s is 1, a at the start (20 s) is 2. */
		assert_int_equal(promql_range(&p, x, 20000, 40000, 10000, &r, &e), 0);
		assert_int_equal(r.n, 1);
		assert_true(r.matrix[0].points[0].v == 3 && r.matrix[0].points[2].v == 5);
		promql_result_release(&r);
	}
	expr_close(x);
}

static void
promql_eval__values_of_the_notation(void **state)
{
	struct arena *mem = arena_open();
	struct err e = ERR_INIT;
	struct series_value *v;
	size_t n;

	(void)state;
	assert_int_equal(
	    series_values_parse(mem, " 1+2x2 _ _x2 stale -1-1x1 Inf 1_000 {{count:2 sum:3}}+{{count:1 sum:1}}x1", &v,
				&n, &e),
	    0);
	assert_int_equal(n, 13);
	assert_true(v[0].v == 1 && v[1].v == 3 && v[2].v == 5);
	assert_true(v[3].omitted && v[4].omitted && v[5].omitted);
	assert_true(num_is_stale(v[6].v));
	assert_true(v[7].v == -1 && v[8].v == -2);
	assert_true(isinf(v[9].v) && v[10].v == 1000);
	assert_true(v[11].h->count == 2 && v[12].h->count == 3 && v[12].h->sum == 4);
	assert_int_equal(series_values_parse(mem, "1 2x", &v, &n, &e), -1);
	assert_int_equal(e.column, 3);
	err_clear(&e);
	assert_int_equal(series_values_parse(mem, "1x99999999999", &v, &n, &e), -1);
	arena_close(mem);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(promql_eval__lookback_is_left_open),
	    TEST(promql_eval__staleness_ends_a_series_at_once),
	    TEST(promql_eval__rate_extrapolates_to_the_edges),
	    TEST(promql_eval__windows_are_exact),
	    TEST(promql_eval__window_series_live_on_as_zero_and_then_go),
	    TEST(promql_eval__window_histograms_add_up),
	    TEST(promql_eval__matching_and_grouping),
	    TEST(promql_eval__names_go_at_the_end),
	    TEST(promql_eval__native_histograms_are_values),
	    TEST(promql_eval__subqueries_are_aligned_to_their_step),
	    TEST(promql_eval__sums_are_compensated),
	    TEST(promql_eval__limits_end_a_query_with_a_clear_error),
	    TEST(promql_eval__a_deadline_holds_within_a_long_range_too),
	    TEST(promql_eval__long_ranges_are_evaluated_in_blocks),
	    TEST(promql_eval__what_is_doubtful_is_told),
	    TEST(promql_eval__dates_are_utc),
	    TEST(promql_eval__a_tree_can_be_used_again),
	    TEST(promql_eval__values_of_the_notation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
