/* Histograms as values of PromQL. Expected numbers are worked out by hand in the comments beside them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/histogram.h"
#include "mlwatch/sketch.h"

static int
setup(void **state)
{
	*state = arena_open();
	return 0;
}

static int
teardown(void **state)
{
	arena_close(*state);
	return 0;
}

static struct histogram *
H(struct arena *mem, const char *text)
{
	struct histogram *h;
	struct err e = ERR_INIT;

	if (histogram_parse_test(mem, text, strlen(text), &h, &e) < 0)
		fail_msg("%s: %s", text, e.text);
	return h;
}

static void
assert_text(const struct histogram *h, const char *expected)
{
	struct buf b = BUF_INIT;

	assert_non_null(h);
	histogram_format_test(&b, h);
	assert_string_equal(buf_str(&b), expected);
	buf_release(&b);
}

static void
assert_near(double got, double expected)
{
	if (!(fabs(got - expected) <= 1e-12 * fmax(1, fabs(expected))))
		fail_msg("got %.17g, expected %.17g", got, expected);
}

static void
histogram__text_is_read_and_written_back(void **state)
{
	const char *same[] = {
	    "{{}}",
	    "{{schema:3 count:9 sum:-4.5 z_bucket:2 z_bucket_w:0.25 offset:-2 buckets:[1] n_offset:1 n_buckets:[5]}}",
	    "{{schema:-53 count:3 sum:4 custom_values:[1 2.5] counter_reset_hint:gauge buckets:[1 1 1]}}",
	    "{{count:1e+06 sum:NaN counter_reset_hint:not_reset}}",
	};

	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		assert_text(H(*state, same[i]), same[i]);
	assert_text(H(*state, "{{ buckets:[ 1  2 ] sum:+Inf }}"), "{{sum:+Inf buckets:[1 2]}}");
}

static void
histogram__mistakes_in_text_are_errors(void **state)
{
	const char *bad[] = {"",
			     "{{",
			     "{}",
			     "{{schema:9}}",
			     "{{schema:1.5}}",
			     "{{bucket:[1]}}",
			     "{{sum}}",
			     "{{sum:}}",
			     "{{sum:x}}",
			     "{{sum:1 sum:2}}",
			     "{{buckets:[1 2}}",
			     "{{buckets:1}}",
			     "{{sum:1count:2}}",
			     "{{counter_reset_hint:maybe}}",
			     "{{offset:1e12 buckets:[1]}}",
			     "{{schema:-53 custom_values:[2 1]}}",
			     "{{buckets:[1]sum:2}}"};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct histogram *h;
		struct err e = ERR_INIT;
		if (histogram_parse_test(*state, bad[i], strlen(bad[i]), &h, &e) == 0)
			fail_msg("accepted: %s", bad[i]);
		assert_true(err_is_set(&e));
	}
}

static void
histogram__format_lists_buckets_by_value(void **state)
{
	struct buf b = BUF_INIT;

	/* schema 0: bucket 0 is (0.5,1], bucket 1 is (1,2] */
	histogram_format(&b,
			 H(*state, "{{count:8 sum:2.5 z_bucket:1 z_bucket_w:0.25 buckets:[2 0 1] n_buckets:[1 3]}}"));
	assert_string_equal(buf_str(&b),
			    "{count:8, sum:2.5, [-2,-1):3, [-1,-0.5):1, [-0.25,0.25]:1, (0.5,1]:2, (2,4]:1}");
	buf_reset(&b);
	histogram_format(&b, H(*state, "{{schema:-53 count:3 sum:9 custom_values:[1 5] buckets:[1 1 1]}}"));
	assert_string_equal(buf_str(&b), "{count:3, sum:9, [-Inf,1]:1, (1,5]:1, (5,+Inf]:1}");
	buf_release(&b);
}

static void
histogram__adding_merges_buckets(void **state)
{
	struct histogram *a = H(*state, "{{count:6 sum:10 buckets:[1 2] n_buckets:[3]}}");
	struct histogram *b = H(*state, "{{count:7 sum:5 offset:3 buckets:[4] n_buckets:[1 2]}}");

	assert_text(histogram_add(*state, a, b, NULL), "{{count:13 sum:15 buckets:[1 2 0 4] n_buckets:[4 2]}}");
	assert_text(histogram_sub(*state, a, b, NULL), "{{count:-1 sum:5 buckets:[1 2 0 -4] n_buckets:[2 -2]}}");
	assert_text(a, "{{count:6 sum:10 buckets:[1 2] n_buckets:[3]}}");
}

static void
histogram__the_coarser_schema_wins(void **state)
{
	/* schema 1 has two buckets per power of two: indexes 1,2 -> 1; 3,4 -> 2; -1,0 -> 0 */
	struct histogram *fine = H(*state, "{{schema:1 count:21 offset:-1 buckets:[1 2 3 4 5 6]}}");
	struct histogram *coarse = H(*state, "{{count:1 buckets:[0 1]}}");

	assert_text(histogram_reduce(*state, fine, 0), "{{count:21 buckets:[3 7 11]}}");
	assert_text(histogram_add(*state, fine, coarse, NULL), "{{count:22 buckets:[3 8 11]}}");
	assert_text(histogram_add(*state, coarse, fine, NULL), "{{count:22 buckets:[3 8 11]}}");
}

static void
histogram__zero_buckets_are_widened_over_populated_ones(void **state)
{
	/* a threshold of 0.75 falls into a's populated bucket (0.5,1], so both grow to 1 */
	struct histogram *a = H(*state, "{{count:6 z_bucket:1 z_bucket_w:0.25 buckets:[2 3]}}");
	struct histogram *b = H(*state, "{{count:4 z_bucket:4 z_bucket_w:0.75}}");

	assert_text(histogram_add(*state, a, b, NULL), "{{count:10 z_bucket:7 z_bucket_w:1 offset:1 buckets:[3]}}");
	assert_text(histogram_add(*state, b, a, NULL), "{{count:10 z_bucket:7 z_bucket_w:1 offset:1 buckets:[3]}}");
	/* on the negative side alone too */
	a = H(*state, "{{count:6 z_bucket:1 z_bucket_w:0.25 n_buckets:[2 3]}}");
	assert_text(histogram_add(*state, a, b, NULL), "{{count:10 z_bucket:7 z_bucket_w:1 n_offset:1 n_buckets:[3]}}");
}

static void
histogram__custom_bounds_are_cut_to_common_ones(void **state)
{
	unsigned notes = 0;
	struct histogram *a = H(*state, "{{schema:-53 count:10 sum:1 custom_values:[1 2 4] buckets:[1 2 3 4]}}");
	struct histogram *b =
	    H(*state, "{{schema:-53 count:100 sum:1 custom_values:[2 3 4 8] buckets:[10 20 30 40 0]}}");

	/* common: 2, 4. a: 3, 3, 4; b: 10, 50, 40 */
	assert_text(histogram_add(*state, a, b, &notes),
		    "{{schema:-53 count:110 sum:2 custom_values:[2 4] buckets:[13 53 44]}}");
	assert_int_equal(notes, HIST_NOTE_CUSTOM_BOUNDS);
	notes = 0;
	assert_null(histogram_add(*state, a, H(*state, "{{count:1}}"), &notes));
	assert_int_equal(notes, HIST_NOTE_INCOMPATIBLE);
}

static void
histogram__hints_combine(void **state)
{
	const struct {
		const char *a, *b;
		enum reset_hint hint;
		unsigned notes;
	} t[] = {
	    {"gauge", "reset", RESET_GAUGE, 0},
	    {"reset", "gauge", RESET_GAUGE, 0},
	    {"unknown", "reset", RESET_UNKNOWN, 0},
	    {"reset", "reset", RESET_YES, 0},
	    {"not_reset", "unknown", RESET_UNKNOWN, 0},
	    {"unknown", "gauge", RESET_GAUGE, 0},
	    {"not_reset", "reset", RESET_UNKNOWN, HIST_NOTE_RESET_COLLISION},
	};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		unsigned notes = 0;
		struct histogram *a = H(*state, arena_printf(*state, "{{count:1 counter_reset_hint:%s}}", t[i].a));
		struct histogram *b = H(*state, arena_printf(*state, "{{count:1 counter_reset_hint:%s}}", t[i].b));
		assert_int_equal(histogram_add(*state, a, b, &notes)->hint, t[i].hint);
		assert_int_equal(notes, t[i].notes);
	}
}

static void
histogram__sums_are_compensated(void **state)
{
	/* 1e100 and -1e100 would swallow the 1.5 and the 2 */
	struct histogram_sum *s = histogram_sum_open(*state, H(*state, "{{count:1 sum:1.5 buckets:[2]}}"));

	assert_int_equal(histogram_sum_add(s, H(*state, "{{count:1 sum:1e100 buckets:[1e100]}}"), NULL), 0);
	assert_int_equal(histogram_sum_add(s, H(*state, "{{count:1 sum:-1e100 buckets:[-1e100 3]}}"), NULL), 0);
	assert_text(histogram_sum_result(s), "{{count:3 sum:1.5 buckets:[2 3]}}");
	assert_int_equal(histogram_sum_add(s, H(*state, "{{schema:-53}}"), NULL), -1);
}

static void
histogram__scaling_by_a_negative_makes_a_gauge(void **state)
{
	struct histogram *h = H(*state, "{{count:4 sum:6 z_bucket:1 buckets:[1 2]}}");

	assert_text(histogram_scale(*state, h, 2), "{{count:8 sum:12 z_bucket:2 buckets:[2 4]}}");
	assert_text(histogram_divide(*state, h, -2),
		    "{{count:-2 sum:-3 z_bucket:-0.5 counter_reset_hint:gauge buckets:[-0.5 -1]}}");
	assert_text(histogram_divide(*state, h, 0), "{{count:+Inf sum:+Inf z_bucket:+Inf}}");
}

static void
histogram__compact_drops_empty_buckets(void **state)
{
	struct histogram *h = histogram_compact(*state, H(*state, "{{count:3 offset:-2 buckets:[0 0 1 0 0 2 0]}}"));

	assert_int_equal(h->pos.n, 2);
	assert_int_equal(h->pos.n_spans, 2);
	assert_text(h, "{{count:3 buckets:[1 0 0 2]}}");
}

static void
histogram__resets_are_seen(void **state)
{
	const struct {
		const char *prev, *next;
		bool reset;
	} t[] = {
	    {"{{count:3 buckets:[1 2]}}", "{{count:5 buckets:[1 4]}}", false},
	    {"{{count:3 buckets:[1 2]}}", "{{count:5 buckets:[0 5]}}", true},
	    {"{{count:3 buckets:[1 2]}}", "{{count:2 buckets:[1 1]}}", true},
	    {"{{count:3 buckets:[1 2]}}", "{{count:9 buckets:[9]}}", true},
	    {"{{count:1 buckets:[1 0]}}", "{{count:9 buckets:[9]}}", false},
	    {"{{count:3 buckets:[1 2]}}", "{{schema:1 count:9 buckets:[9 9 9]}}", true}, /* finer than before */
	    {"{{schema:1 count:3 offset:1 buckets:[1 2]}}", "{{count:3 offset:1 buckets:[3]}}", false},
	    {"{{count:3 z_bucket:3 z_bucket_w:0.5}}", "{{count:3 z_bucket:3 z_bucket_w:0.25}}", true},
	    {"{{count:3 z_bucket:1 z_bucket_w:0.5 buckets:[2]}}", "{{count:3 z_bucket:3 z_bucket_w:1}}", false},
	    {"{{count:3 z_bucket:1 z_bucket_w:0.5 buckets:[2]}}", "{{count:9 z_bucket:9 z_bucket_w:0.75}}", true},
	    {"{{count:3 buckets:[1 2]}}", "{{count:5 counter_reset_hint:reset buckets:[1 4]}}", true},
	    {"{{count:3 buckets:[1 2]}}", "{{count:1 counter_reset_hint:not_reset buckets:[1]}}", false},
	    {"{{count:3 buckets:[1 2]}}", "{{schema:-53 count:3 buckets:[3]}}", true},
	    {"{{schema:-53 count:3 custom_values:[1 2] buckets:[1 1 1]}}",
	     "{{schema:-53 count:3 custom_values:[2] buckets:[2 1]}}", false},
	    {"{{schema:-53 count:3 custom_values:[1 2] buckets:[1 1 1]}}",
	     "{{schema:-53 count:3 custom_values:[2] buckets:[1 2]}}", true},
	};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		if (histogram_detect_reset(H(*state, t[i].next), H(*state, t[i].prev)) != t[i].reset)
			fail_msg("%s after %s", t[i].next, t[i].prev);
	}
}

static void
histogram__iterators_cut_at_the_zero_bucket(void **state)
{
	struct histogram *h = H(*state, "{{z_bucket:1 z_bucket_w:0.75 buckets:[1 2] n_buckets:[3]}}");
	const struct bucket expected[] = {{-1, -0.75, 3, true, false, 0},
					  {-0.75, 0.75, 1, true, true, 0},
					  {0.75, 1, 1, false, true, 0},
					  {1, 2, 2, false, true, 1}};
	struct bucket_iter it;
	struct bucket b;
	size_t n = 0;

	for (histogram_each(&it, h); bucket_next(&it, &b); n++) {
		assert_true(b.lower == expected[n].lower && b.upper == expected[n].upper &&
			    b.count == expected[n].count);
		assert_int_equal(b.lower_inclusive, expected[n].lower_inclusive);
		assert_int_equal(b.upper_inclusive, expected[n].upper_inclusive);
	}
	assert_int_equal(n, 4);
	for (histogram_each_reverse(&it, h); bucket_next(&it, &b);) {
		n--;
		assert_true(b.lower == expected[n].lower && b.count == expected[n].count);
	}
	assert_int_equal(n, 0);
}

static void
histogram__quantiles_interpolate_by_kind(void **state)
{
	struct histogram *h = H(*state, "{{count:8 sum:1 buckets:[4 4]}}");

	assert_near(histogram_quantile(h, 0.25), sqrt(0.5)); /* half of (0.5,1] on a logarithmic scale */
	assert_near(histogram_quantile(h, 0.75), sqrt(2));
	assert_near(histogram_quantile(h, 1), 2);
	assert_true(isinf(histogram_quantile(h, 2)) && isinf(histogram_quantile(h, -1)));
	assert_true(isnan(histogram_quantile(H(*state, "{{}}"), 0.5)));
	h = H(*state, "{{schema:-53 count:4 sum:1 custom_values:[2 4] buckets:[2 1 1]}}");
	assert_near(histogram_quantile(h, 0.25), 1); /* the first bucket begins at 0 */
	assert_near(histogram_quantile(h, 0.625), 3);
	assert_near(histogram_quantile(h, 0.99), 4);
	h = H(*state, "{{count:2 sum:0 z_bucket:2 z_bucket_w:1}}");
	assert_near(histogram_quantile(h, 0.25), -0.5);
	h = H(*state, "{{count:4 sum:NaN buckets:[2]}}"); /* two NaN */
	assert_near(histogram_quantile(h, 0.5), 1);
	assert_true(isnan(histogram_quantile(h, 0.9)));
}

static void
histogram__fractions_are_quantiles_backwards(void **state)
{
	struct histogram *h = H(*state, "{{count:10 sum:1 z_bucket:2 z_bucket_w:0.25 buckets:[4 4]}}");

	for (double q = 0.05; q < 1; q += 0.1)
		assert_near(histogram_fraction(h, -INFINITY, histogram_quantile(h, q)), q);
	assert_near(histogram_fraction(h, 0.5, 1), 0.4);
	assert_near(histogram_fraction(h, 1, 0.5), 0);
	assert_near(histogram_fraction(H(*state, "{{count:4 sum:NaN buckets:[2]}}"), -INFINITY, INFINITY), 0.5);
}

static void
histogram__spread_uses_bucket_middles(void **state)
{
	/* custom: middles 1 and 3, mean 2: variance 1 */
	assert_near(histogram_stdvar(H(*state, "{{schema:-53 count:2 sum:4 custom_values:[0 2 4] buckets:[0 1 1]}}")),
		    1);
	/* (0.5,1] stands at sqrt(0.5), mean 0 */
	assert_near(histogram_stddev(H(*state, "{{count:2 sum:0 buckets:[1] n_buckets:[1]}}")), sqrt(0.5));
}

static void
histogram__trimming_splits_a_bucket(void **state)
{
	struct histogram *h = H(*state, "{{schema:-53 count:12 sum:50 custom_values:[2 4 8] buckets:[4 2 4 2]}}");

	/* below 3: all of (0,2] at 1, half of (2,4] at 2.5 */
	assert_text(histogram_trim(*state, h, 3, true),
		    "{{schema:-53 count:5 sum:6.5 custom_values:[2 4 8] buckets:[4 1]}}");
	/* above 6: half of (4,8] at 7, all of (8,+Inf] at 8 */
	assert_text(histogram_trim(*state, h, 6, false),
		    "{{schema:-53 count:4 sum:30 custom_values:[2 4 8] offset:2 buckets:[2 2]}}");
	assert_text(histogram_trim(*state, h, -INFINITY, false),
		    "{{schema:-53 count:12 sum:50 custom_values:[2 4 8] buckets:[4 2 4 2]}}");
}

/* Values 1 1 2 3 5 6 on edges 1, 3, 5: at 1: 2, between: 1 (2), at 3: 1, at 5: 1, above: 1 (6). */
static struct histogram *
edges_example(struct arena *mem, struct edges *e)
{
	static const uint32_t bin[] = {1, 2, 3, 5, 6};
	static const double count[] = {2, 1, 1, 1, 1}, sum[] = {2, 2, 3, 5, 6};
	struct edge_bins *b = arena_calloc(mem, 1, sizeof *b);
	struct histogram *h = arena_calloc(mem, 1, sizeof *h);

	*b = (struct edge_bins){e, 5, bin, count, sum, 1, 6, 0, 22}; /* around c = 3: -2 -2 -1 0 2 3 */
	*h = (struct histogram){.schema = HIST_EDGES, .count = 6, .sum = 18, .bins = b};
	return h;
}

static void
histogram__edges_add_and_subtract_exactly(void **state)
{
	static const double at[] = {1, 3, 5};
	struct edges *e = edges_make(at, 3, 3), *other = edges_make(at, 2, 3);
	struct histogram *h = edges_example(*state, e), *twice = histogram_add(*state, h, h, NULL);
	unsigned notes = 0;

	assert_true(twice->count == 12 && twice->sum == 36 && twice->bins->count[0] == 4 && twice->bins->s2 == 44);
	assert_true(histogram_equal(histogram_sub(*state, twice, h, NULL), h));
	assert_int_equal(histogram_sub(*state, h, h, NULL)->bins->n, 0);
	assert_true(histogram_equal(histogram_scale(*state, twice, 0.5), h));
	assert_false(histogram_detect_reset(twice, h));
	assert_true(histogram_detect_reset(h, twice));
	assert_null(histogram_add(*state, h, edges_example(*state, other), &notes));
	assert_int_equal(notes, HIST_NOTE_INCOMPATIBLE);
	edges_unref(e);
	edges_unref(other);
}

static void
histogram__edges_quantiles_are_within_a_bin(void **state)
{
	static const double at[] = {1, 3, 5};
	struct edges *e = edges_make(at, 3, 3);
	struct histogram *h = edges_example(*state, e);

	assert_near(histogram_quantile(h, 0.2), 1);
	assert_near(histogram_quantile(h, 2.5 / 6), 2); /* in the middle of (1,3) */
	assert_near(histogram_quantile(h, 3.5 / 6), 3);
	assert_near(histogram_quantile(h, 5.5 / 6), 6); /* (5, max], whose mean is 6: all that is in it */
	assert_near(histogram_stdvar(h), 22.0 / 6);
	assert_near(histogram_fraction(h, -INFINITY, 4), 4.0 / 6);
	edges_unref(e);
}

/* Four values in an open bin that ends at `far`, with this mean; the one edge is `edge`. */
static struct histogram *
open_bin(struct arena *mem, struct edges *e, bool above, double far, double mean)
{
	struct edge_bins *b = arena_calloc(mem, 1, sizeof *b);
	struct histogram *h = arena_calloc(mem, 1, sizeof *h);
	uint32_t *bin = arena_calloc(mem, 1, sizeof *bin);
	double *count = arena_calloc(mem, 1, sizeof *count), *sum = arena_calloc(mem, 1, sizeof *sum);

	*bin = above ? 2 : 0;
	*count = 4;
	*sum = 4 * mean;
	*b = (struct edge_bins){e, 1, bin, count, sum, above ? e->at[0] : far, above ? far : e->at[0], 0, 0};
	*h = (struct histogram){.schema = HIST_EDGES, .count = 4, .sum = 4 * mean, .bins = b};
	return h;
}

/* A change of unit puts values into the open bin, and one that is very large used to stretch them all: p90 was half of the maximum.
 * exp(-2x) on [0,1] has the mean 1/2 - 1/(e^2-1) = 0.343482357250334 and its quantiles at -log(1 - q(1-e^-2))/2. */
static void
histogram__what_is_beyond_the_edges_lies_as_its_mean_says(void **state)
{
	static const double at[] = {10},
			    q[][2] = {{0.25, 12.177912217637285}, {0.5, 28.31095847584864}, {0.9, 75.29856459779107}};
	static const double mean = 34.3482357250334;
	struct edges *e = edges_make(at, 1, 10);

	for (size_t i = 0; i < 3; i++) {
		struct histogram *above = open_bin(*state, e, true, 110, 10 + mean),
				 *high = open_bin(*state, e, true, 110, 110 - mean),
				 *below = open_bin(*state, e, false, -90, 10 - mean);

		assert_near(histogram_quantile(above, q[i][0]), 10 + q[i][1]);
		assert_near(histogram_quantile(high, 1 - q[i][0]), 110 - q[i][1]);
		assert_near(histogram_quantile(below, 1 - q[i][0]), 10 - q[i][1]);
		assert_near(histogram_fraction(above, -INFINITY, 10 + q[i][1]), q[i][0]);
		assert_near(histogram_fraction(high, 110 - q[i][1], INFINITY), q[i][0]);
		assert_near(histogram_fraction(below, 10 - q[i][1], INFINITY), q[i][0]);
	}
	/* in the middle: evenly */
	assert_near(histogram_quantile(open_bin(*state, e, true, 110, 60), 0.25), 35);
	/* all the same, which is then the largest or the smallest */
	assert_near(histogram_quantile(open_bin(*state, e, true, 8410, 8410), 0.5), 8410);
	assert_near(histogram_quantile(open_bin(*state, e, false, -7, -7), 0.5), -7);
	/* the ends are the ends */
	assert_near(histogram_quantile(open_bin(*state, e, true, 110, 10.001), 1), 110);
	assert_near(histogram_quantile(open_bin(*state, e, true, 110, 109.999), 0), 10);
	/* nothing finite is known beyond: infinities */
	assert_true(histogram_quantile(open_bin(*state, e, true, 10, 0), 0.5) == INFINITY);
	assert_true(histogram_quantile(open_bin(*state, e, false, 10, 0), 0.5) == -INFINITY);
	edges_unref(e);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(histogram__text_is_read_and_written_back),
	    T(histogram__mistakes_in_text_are_errors),
	    T(histogram__format_lists_buckets_by_value),
	    T(histogram__adding_merges_buckets),
	    T(histogram__the_coarser_schema_wins),
	    T(histogram__zero_buckets_are_widened_over_populated_ones),
	    T(histogram__custom_bounds_are_cut_to_common_ones),
	    T(histogram__hints_combine),
	    T(histogram__sums_are_compensated),
	    T(histogram__scaling_by_a_negative_makes_a_gauge),
	    T(histogram__compact_drops_empty_buckets),
	    T(histogram__resets_are_seen),
	    T(histogram__iterators_cut_at_the_zero_bucket),
	    T(histogram__quantiles_interpolate_by_kind),
	    T(histogram__fractions_are_quantiles_backwards),
	    T(histogram__spread_uses_bucket_middles),
	    T(histogram__trimming_splits_a_bucket),
	    T(histogram__edges_add_and_subtract_exactly),
	    T(histogram__edges_quantiles_are_within_a_bin),
	    T(histogram__what_is_beyond_the_edges_lies_as_its_mean_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
