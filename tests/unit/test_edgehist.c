/* test_edgehist.c -- given-edge histograms: every value in its bin, merging, the byte form. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/histogram.h"
#include "mlwatch/sketch.h"

static uint64_t
rnd(uint64_t *s)
{
	*s = *s * 6364136223846793005u + 1442695040888963407u;
	return *s >> 11;
}

static double
uniform(uint64_t *s)
{
	return (double)rnd(s) * 0x1p-53;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static const struct edges *
find_edges(void *arg, uint64_t id)
{
	const struct edges *e = arg;

	return e->id == id ? e : NULL;
}

/* The count of one bin of a histogram value. */
static double
count_of(const struct histogram *h, uint32_t bin)
{
	for (size_t i = 0; i < h->bins->n; i++)
		if (h->bins->bin[i] == bin)
			return h->bins->count[i];
	return 0;
}

static void
edgehist__counts_at_and_between_edges(void **state)
{
	const double at[] = {-1, 0, 2.5};
	const double v[] = {-7, -1, -1, -0.5, -0.0, 0.0, 1, 2, 2.5, 3, 1e300, NAN};
	const double expected[] = {1, 2, 1, 2, 2, 1, 2};
	struct arena *mem = arena_open();
	struct edges *e = edges_make(at, 3, 1);
	struct edgehist *h = edgehist_open(e);
	const struct histogram *x;

	(void)state;
	edgehist_add_n(h, v, sizeof v / sizeof *v);
	x = edgehist_histogram(mem, h);
	assert_int_equal(edgehist_count(h), 11);
	for (uint32_t i = 0; i < 7; i++)
		assert_true(count_of(x, i) == expected[i]);
	assert_true(x->bins->min == -7 && x->bins->max == 1e300);
	assert_int_equal(edgehist_below_count(h), 1);
	assert_int_equal(edgehist_above_count(h), 2);
	edgehist_close(h);
	edges_unref(e);
	arena_close(mem);
}

static void
edgehist__infinities_count_outside_and_leave_sums_alone(void **state)
{
	const double at[] = {1, 2}, v[] = {INFINITY, 1, 2, -INFINITY};
	struct arena *mem = arena_open();
	struct edges *e = edges_make(at, 2, 1.5);
	struct edgehist *h = edgehist_open(e);
	const struct histogram *x;

	(void)state;
	edgehist_add_n(h, v, 4);
	x = edgehist_histogram(mem, h);
	assert_true(x->count == 4 && x->sum == 3);
	assert_true(count_of(x, 0) == 1 && count_of(x, 4) == 1);
	assert_true(x->bins->min == 1 && x->bins->max == 2);
	assert_true(x->bins->s1 == 0 && x->bins->s2 == 0.5);
	edgehist_close(h);
	edges_unref(e);
	arena_close(mem);
}

/* Shapes that break a naive index: outliers, both signs over many magnitudes, neighbouring doubles, few edges. */
static double
shape(int kind, uint64_t *s)
{
	double u = uniform(s);

	switch (kind) {
	case 0:
		return u;
	case 1:
		return exp(20 * (u - 0.5));
	case 2:
		return tan(3.141592653589793 * (u - 0.5));
	case 3:
		return 1e15 + floor(1000 * u);
	case 4:
		return u < 0.01 ? 1e300 * u : u - 0.5;
	case 5:
		return (u - 0.5) * 1e-310; /* denormal */
	default:
		return nextafter(1.0, 2.0) + floor(u * 300) * 0x1p-52;
	}
}

static void
edgehist__every_value_lands_where_a_plain_search_puts_it(void **state)
{
	(void)state;
	for (int kind = 0; kind < 7; kind++) {
		for (size_t want = 1; want <= 3000; want = want * 3 + 1) {
			uint64_t s = 42 + (uint64_t)kind;
			double *at = calloc(want, sizeof *at);
			double *expected = calloc(2 * want + 1, sizeof *expected);
			size_t n = 0;
			struct arena *mem = arena_open();
			struct edges *e;
			struct edgehist *h;
			const struct histogram *x;

			for (size_t i = 0; i < want; i++)
				at[i] = shape(kind, &s);
			qsort(at, want, sizeof *at, by_value);
			for (size_t i = 0; i < want; i++)
				if (n == 0 || at[i] > at[n - 1])
					at[n++] = at[i];
			e = edges_make(at, n, 0);
			h = edgehist_open(e);
			for (size_t i = 0; i < 4000; i++) {
				double v = i % 3 == 0 ? at[rnd(&s) % n] : shape(kind, &s);
				size_t k = 0;

				while (k < n && at[k] < v)
					k++;
				expected[2 * k + (k < n && at[k] == v)]++;
				edgehist_add(h, v);
			}
			x = edgehist_histogram(mem, h);
			for (uint32_t i = 0; i <= 2 * n; i++)
				assert_true(count_of(x, i) == expected[i]);
			edgehist_close(h);
			edges_unref(e);
			arena_close(mem);
			free(at);
			free(expected);
		}
	}
}

/* Splits values over eight histograms, merges their blobs in a random order, and compares with all in one. */
static void
edgehist__merges_to_the_same_counts_in_any_order(void **state)
{
	double at[200];
	struct arena *mem = arena_open();
	uint64_t s = 7;
	struct edges *e;
	struct edgehist *all, *part[8];
	struct buf blob[8] = {0};
	const struct histogram *want;

	(void)state;
	for (size_t i = 0; i < 200; i++)
		at[i] = (double)i * 0.5;
	e = edges_make(at, 200, 50);
	all = edgehist_open(e);
	for (int i = 0; i < 8; i++)
		part[i] = edgehist_open(e);
	for (int i = 0; i < 5000; i++) {
		double v = floor(uniform(&s) * 880) / 8 - 4;

		edgehist_add(all, v);
		edgehist_add(part[rnd(&s) % 8], v);
	}
	want = edgehist_histogram(mem, all);
	for (int i = 0; i < 8; i++)
		edgehist_encode(&blob[i], part[i]);
	for (int n = 8; n > 1; n--) {
		size_t i = rnd(&s) % (size_t)n, j = (i + 1 + rnd(&s) % (size_t)(n - 1)) % (size_t)n;
		struct buf merged = BUF_INIT;

		assert_int_equal(sketch_merge(&merged, blob[i].p, blob[i].len, blob[j].p, blob[j].len, NULL), 0);
		buf_release(&blob[i]);
		blob[i] = merged;
		buf_release(&blob[j]);
		blob[j] = blob[n - 1];
	}
	for (int i = 1; i < 8; i++)
		edgehist_merge(part[0], part[i]);
	struct histogram *got, *direct = edgehist_histogram(mem, part[0]);

	assert_int_equal(sketch_histogram(mem, blob[0].p, blob[0].len, find_edges, e, &got, NULL), 0);
	assert_true(got->count == 5000 && direct->count == 5000 && sketch_blob_count(blob[0].p, blob[0].len) == 5000);
	assert_int_equal(got->bins->n, want->bins->n);
	assert_memory_equal(got->bins->bin, want->bins->bin, want->bins->n * sizeof(uint32_t));
	assert_memory_equal(got->bins->count, want->bins->count, want->bins->n * sizeof(double));
	assert_memory_equal(direct->bins->count, want->bins->count, want->bins->n * sizeof(double));
	/* multiples of 1/8: sums are exact, too */
	assert_memory_equal(got->bins->sum, want->bins->sum, want->bins->n * sizeof(double));
	assert_true(got->sum == want->sum && got->bins->min == want->bins->min && got->bins->max == want->bins->max);
	for (int i = 0; i < 8; i++)
		edgehist_close(part[i]);
	buf_release(&blob[0]);
	edgehist_close(all);
	edges_unref(e);
	arena_close(mem);
}

static void
edgehist__a_damaged_blob_is_refused(void **state)
{
	const double at[] = {1, 2, 3};
	struct arena *mem = arena_open();
	struct edges *e = edges_make(at, 3, 2);
	struct edgehist *h = edgehist_open(e);
	struct buf blob = BUF_INIT, out = BUF_INIT;
	struct histogram *x;
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i < 100; i++)
		edgehist_add(h, i * 0.05);
	edgehist_encode(&blob, h);
	for (size_t n = 0; n < blob.len; n++) {
		err_clear(&err);
		assert_int_equal(sketch_histogram(mem, blob.p, n, find_edges, e, &x, &err), -1);
		assert_true(err_is_set(&err));
		assert_int_equal(sketch_merge(&out, blob.p, blob.len, blob.p, n, NULL), -1);
	}
	assert_int_equal(sketch_histogram(mem, blob.p, blob.len, find_edges, e, &x, NULL), 0);
	buf_release(&blob);
	buf_release(&out);
	edgehist_close(h);
	edges_unref(e);
	arena_close(mem);
}

/* Counts are 32 bits wide until they no longer fit. */
static void
edgehist__counts_beyond_four_billion(void **state)
{
	const double at[] = {1, 2};
	struct arena *mem = arena_open();
	struct edges *e = edges_make(at, 2, 0);
	struct edgehist *h = edgehist_open(e), *g = edgehist_open(e);
	struct buf b = BUF_INIT;
	struct histogram *x;

	(void)state;
	edgehist_add_times(h, 1, 3000000000u);
	edgehist_add_times(g, 1, 3000000000u);
	edgehist_add(g, 1.5);
	edgehist_merge(h, g);
	edgehist_add_times(h, 1, 3000000000u);
	edgehist_add(h, 1);
	edgehist_encode(&b, h);
	assert_int_equal(sketch_histogram(mem, b.p, b.len, find_edges, e, &x, NULL), 0);
	assert_true(edgehist_count(h) == 9000000002u && x->count == 9000000002.0);
	assert_true(count_of(x, 1) == 9000000001.0 && count_of(x, 2) == 1 && x->sum == 9000000002.5);
	edgehist_reset(h);
	edgehist_add(h, 2);
	assert_true(edgehist_count(h) == 1 && count_of(edgehist_histogram(mem, h), 3) == 1);
	buf_release(&b);
	edgehist_close(h);
	edgehist_close(g);
	edges_unref(e);
	arena_close(mem);
}

static void
edgehist__edges_survive_their_byte_form(void **state)
{
	const double at[] = {-1e300, -0.0, 5e-324, 1};
	struct edges *e = edges_make(at, 4, 0.25), *back;
	struct buf b = BUF_INIT;

	(void)state;
	edges_encode(&b, e);
	back = edges_decode(b.p, b.len, NULL);
	assert_non_null(back);
	assert_true(back->id == e->id && back->n == 4 && back->center == 0.25);
	assert_memory_equal(back->at, e->at, 4 * sizeof(double));
	for (size_t n = 0; n < b.len; n++)
		assert_null(edges_decode(b.p, n, NULL));
	edges_unref(back);
	edges_unref(e);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(edgehist__counts_at_and_between_edges),
	    cmocka_unit_test(edgehist__infinities_count_outside_and_leave_sums_alone),
	    cmocka_unit_test(edgehist__every_value_lands_where_a_plain_search_puts_it),
	    cmocka_unit_test(edgehist__merges_to_the_same_counts_in_any_order),
	    cmocka_unit_test(edgehist__a_damaged_blob_is_refused),
	    cmocka_unit_test(edgehist__counts_beyond_four_billion),
	    cmocka_unit_test(edgehist__edges_survive_their_byte_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
