/*
 * test_sketch.c -- exponential histograms, counts by category, and blobs of all kinds. Bucket bounds are checked with long
 * double arithmetic, which the code under test does not use.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/histogram.h"
#include "mlwatch/sketch.h"

static uint64_t
rnd(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

/* The one bucket of a histogram that got one value. */
static int
bucket_of(struct arena *mem, double v, int *schema)
{
	struct expo *h = expo_open();
	struct buf b = BUF_INIT;
	struct histogram *out = NULL;
	const struct buckets *side;
	int index;

	expo_add(h, v);
	expo_encode(&b, h);
	assert_int_equal(sketch_histogram(mem, b.p, b.len, NULL, NULL, &out, NULL), 0);
	side = v > 0 ? &out->pos : &out->neg;
	assert_int_equal(side->n, 1);
	assert_true(side->counts[0] == 1 && out->count == 1 && out->sum == v);
	index = side->spans[0].offset;
	*schema = out->schema;
	buf_release(&b);
	expo_close(h);
	return index;
}

static void
check_bucket(struct arena *mem, double v)
{
	int schema, i = bucket_of(mem, v, &schema);
	long double lower = exp2l((long double)(i - 1) / 256), upper = exp2l((long double)i / 256);

	if (fabs(v) >= DBL_MIN) { /* a bound is the double nearest to 2^(i/256), where doubles are that fine */
		lower = (double)lower;
		upper = (double)upper;
	}
	assert_int_equal(schema, 8);
	if (!(fabs(v) > lower && fabs(v) <= upper))
		fail_msg("%.17g is in bucket %d: (%.17Lg, %.17Lg]", v, i, lower, upper);
}

static void
sketch__expo_buckets_are_exact_at_their_bounds(void **state)
{
	struct arena *mem = arena_open();

	(void)state;
	for (int i = -1600; i <= 1600; i++) {
		double bound = (double)exp2l((long double)i / 256);

		check_bucket(mem, bound);
		check_bucket(mem, nextafter(bound, 0));
		check_bucket(mem, nextafter(bound, INFINITY));
		check_bucket(mem, -bound);
		arena_reset(mem);
	}
	check_bucket(mem, DBL_MAX);
	check_bucket(mem, DBL_MIN);
	check_bucket(mem, nextafter(DBL_MIN, 0));
	check_bucket(mem, 0x1p-1074);
	check_bucket(mem, 0x1p-1073);
	check_bucket(mem, 0x1.8p-1060);
	arena_close(mem);
}

static void
sketch__expo_counts_zero_and_leaves_out_what_is_not_finite(void **state)
{
	const double v[] = {0, -0.0, NAN, INFINITY, -INFINITY, 1, -1, 2};
	struct arena *mem = arena_open();
	struct expo *h = expo_open();
	struct buf b = BUF_INIT;
	struct histogram *out;

	(void)state;
	expo_add_n(h, v, 8);
	for (size_t i = 0; i < 8; i++)
		expo_add(h, v[i]);
	assert_int_equal(expo_count(h), 10);
	expo_encode(&b, h);
	assert_int_equal(sketch_histogram(mem, b.p, b.len, NULL, NULL, &out, NULL), 0);
	assert_true(out->zero_count == 4 && out->count == 10 && out->sum == 4 && out->pos.n == 2 && out->neg.n == 1);
	assert_true(sketch_blob_count(b.p, b.len) == 10);
	expo_reset(h);
	assert_int_equal(expo_count(h), 0);
	buf_release(&b);
	expo_close(h);
	arena_close(mem);
}

static double
quantile_of(const struct expo *h, double q)
{
	struct arena *mem = arena_open();
	struct buf b = BUF_INIT;
	struct histogram *out;
	double v;

	expo_encode(&b, h);
	assert_int_equal(sketch_histogram(mem, b.p, b.len, NULL, NULL, &out, NULL), 0);
	v = histogram_quantile(out, q);
	buf_release(&b);
	arena_close(mem);
	return v;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
sketch__expo_quantiles_are_within_three_in_a_thousand(void **state)
{
	static double v[100000];
	struct expo *h = expo_open();
	uint64_t s = 99;

	(void)state;
	for (size_t i = 0; i < 100000; i++) /* six orders of magnitude */
		v[i] = exp(((double)(rnd(&s) >> 11) * 0x1p-53) * 14 - 7);
	expo_add_n(h, v, 100000);
	qsort(v, 100000, sizeof *v, by_value);
	for (int k = 1; k < 1000; k++) {
		double exact = v[(size_t)ceil(k / 1000.0 * 100000) - 1], got = quantile_of(h, k / 1000.0);

		assert_true(fabs(got / exact - 1) <= 0.003);
	}
	expo_close(h);
}

static bool
same_blob(const struct expo *a, const struct expo *b)
{
	struct buf x = BUF_INIT, y = BUF_INIT;
	bool same;

	expo_encode(&x, a);
	expo_encode(&y, b);
	same = x.len == y.len && memcmp(x.p, y.p, x.len) == 0;
	buf_release(&x);
	buf_release(&y);
	return same;
}

/* Integers only, so that sums are the same in every order. */
static double
any_value(uint64_t *s, int span)
{
	double v = ldexp((double)(rnd(s) % 1000 + 1), (int)(rnd(s) % (uint64_t)span));

	return rnd(s) % 3 == 0 ? -v : v;
}

static void
sketch__expo_parts_add_up_to_the_whole(void **state)
{
	uint64_t s = 4711;

	(void)state;
	for (int round = 0; round < 60; round++) {
		int span = round < 20 ? 4 : round < 40 ? 30 : 42; /* the last ones lower the schema */
		struct expo *whole = expo_open(), *part[3], *sum = expo_open();
		struct buf blob[3] = {BUF_INIT, BUF_INIT, BUF_INIT}, ab = BUF_INIT, abc = BUF_INIT, direct = BUF_INIT;
		struct err e = ERR_INIT;

		for (int i = 0; i < 3; i++)
			part[i] = expo_open();
		for (int i = 0; i < 300; i++) {
			double v = any_value(&s, i % 100 == 0 ? span : 4);

			expo_add(whole, v);
			expo_add(part[rnd(&s) % 3], v);
		}
		for (int i = 0; i < 3; i++) {
			expo_merge(sum, part[i]);
			expo_encode(&blob[i], part[i]);
		}
		assert_true(same_blob(whole, sum));
		assert_int_equal(sketch_merge(&ab, blob[2].p, blob[2].len, blob[0].p, blob[0].len, &e), 0);
		assert_int_equal(sketch_merge(&abc, ab.p, ab.len, blob[1].p, blob[1].len, &e), 0);
		expo_encode(&direct, whole);
		assert_int_equal(abc.len, direct.len);
		assert_memory_equal(abc.p, direct.p, abc.len);
		for (int i = 0; i < 3; i++) {
			expo_close(part[i]);
			buf_release(&blob[i]);
		}
		buf_release(&ab);
		buf_release(&abc);
		buf_release(&direct);
		expo_close(whole);
		expo_close(sum);
	}
}

static void
count_name(struct categories *c, const char *name)
{
	categories_add(c, categories_intern(c, name, strlen(name), strlen(name) * 31 + (unsigned char)name[0]), 1);
}

static const struct edges *
these_edges(void *arg, uint64_t id)
{
	const struct edges *edges = arg;

	return edges->id == id ? edges : NULL;
}

static void
check_sum_histogram(const struct sketch_sum *sum, const struct buf *blob, struct edges *edges)
{
	struct arena *mem = arena_open();
	struct histogram *got, *want;
	struct buf a = BUF_INIT, b = BUF_INIT;

	assert_int_equal(sketch_sum_histogram(mem, sum, these_edges, edges, &got, NULL), 0);
	assert_int_equal(sketch_histogram(mem, blob->p, blob->len, these_edges, edges, &want, NULL), 0);
	assert_true(histogram_equal(got, want));
	histogram_format_test(&a, got);
	histogram_format_test(&b, want);
	assert_string_equal(buf_str(&a), buf_str(&b));
	if (got->bins != NULL) {
		assert_true(got->bins->min == want->bins->min && got->bins->max == want->bins->max);
		assert_true(got->bins->s1 == want->bins->s1 && got->bins->s2 == want->bins->s2);
	}
	buf_release(&a);
	buf_release(&b);
	arena_close(mem);
}

/* Twenty blobs of every kind: all at once is as one after the other. */
static void
sketch__a_sum_of_many_is_what_merging_gives(void **state)
{
	struct sketch_sum *sum = sketch_sum_open();
	const double at[] = {1, 2, 3, 5, 8, 13, 21};
	struct edges *edges = edges_make(at, 7, 4);
	struct err e = ERR_INIT;
	uint64_t s = 2718;

	(void)state;
	for (int kind = 0; kind < 5; kind++) {
		struct buf merged = BUF_INIT, got = BUF_INIT;

		for (int i = 0; i < 20; i++) {
			struct buf blob = BUF_INIT, next = BUF_INIT;
			struct expo *h = expo_open();
			struct edgehist *x = edgehist_open(edges);
			struct categories *c = categories_open(10);

			for (int k = 0; k < 30; k++) {
				expo_add(h,
					 any_value(&s, kind == 4 ? 42 : 4)); /* 42: the schema is lowered on the way */
				edgehist_add(x, (double)(rnd(&s) % 25));
				count_name(c, (char[]){(char)('a' + rnd(&s) % 20), '\0'});
			}
			if (kind == 0)
				sketch_count_encode(&blob, rnd(&s) % 1000);
			else if (kind == 1 || kind == 4)
				expo_encode(&blob, h);
			else if (kind == 2)
				edgehist_encode(&blob, x);
			else
				categories_encode(&blob, c);
			assert_int_equal(sketch_sum_add(sum, blob.p, blob.len, &e), 0);
			if (merged.len > 0)
				assert_int_equal(sketch_merge(&next, merged.p, merged.len, blob.p, blob.len, &e), 0);
			else
				buf_add(&next, blob.p, blob.len);
			buf_release(&merged);
			merged = next;
			buf_release(&blob);
			expo_close(h);
			edgehist_close(x);
			categories_close(c);
		}
		sketch_sum_encode(&got, sum);
		assert_int_equal(got.len, merged.len);
		assert_memory_equal(got.p, merged.p, got.len);
		if (kind == 1 || kind == 2 || kind == 4)
			check_sum_histogram(sum, &merged, edges);
		assert_int_equal(sketch_sum_add(sum, "\1\1\5", 3, &e), kind == 0 ? 0 : -1); /* another kind */
		assert_int_equal(sketch_sum_add(sum, got.p, got.len - 1, NULL), -1);
		sketch_sum_reset(sum);
		buf_release(&got);
		buf_release(&merged);
	}
	sketch_sum_close(sum);
	edges_unref(edges);
}

static void
sketch__expo_survives_the_widest_range(void **state)
{
	struct expo *h = expo_open();
	struct arena *mem = arena_open();
	struct buf b = BUF_INIT;
	struct histogram *out;
	double total = 0;

	(void)state;
	for (int e = -1074; e <= 1023; e++) {
		expo_add(h, ldexp(1, e));
		expo_add(h, -ldexp(1, -50 - e > 1023 || -50 - e < -1074 ? 0 : -50 - e));
	}
	expo_encode(&b, h);
	assert_int_equal(sketch_histogram(mem, b.p, b.len, NULL, NULL, &out, NULL), 0);
	assert_true(out->schema < 8 && out->schema >= 1);
	for (size_t i = 0; i < out->pos.n; i++)
		total += out->pos.counts[i];
	assert_true(total == 2098);
	buf_release(&b);
	arena_close(mem);
	expo_close(h);
}

static void
sketch__damaged_blobs_are_refused(void **state)
{
	struct expo *h = expo_open();
	struct categories *c = categories_open(10);
	struct buf blobs[2] = {BUF_INIT, BUF_INIT};
	uint64_t s = 31337;

	(void)state;
	for (int i = 1; i < 50; i++)
		expo_add(h, i * 1.5);
	expo_encode(&blobs[0], h);
	categories_add(c, categories_intern(c, "red", 3, 1), 5);
	categories_add(c, categories_intern(c, "green", 5, 2), 6);
	categories_encode(&blobs[1], c);
	for (int k = 0; k < 2; k++) {
		struct err e = ERR_INIT;
		struct buf out = BUF_INIT;

		for (size_t n = 0; n < blobs[k].len; n++) /* cut off: every shorter one */
			assert_int_equal(sketch_merge(&out, blobs[k].p, n, blobs[k].p, blobs[k].len, &e), -1);
		buf_release(&out);
	}
	for (int i = 0; i < 6000; i++) { /* anything else: no crash, no hang, no huge allocation */
		const struct buf *from = &blobs[i % 2];
		struct arena *mem = arena_open();
		struct buf out = BUF_INIT, copy = BUF_INIT;
		struct histogram *hist;

		buf_add(&copy, from->p, from->len);
		for (int k = 0; k < 3; k++)
			copy.p[2 + rnd(&s) % (copy.len - 2)] = (char)rnd(&s);
		sketch_merge(&out, copy.p, copy.len, from->p, from->len, NULL);
		sketch_histogram(mem, copy.p, copy.len, NULL, NULL, &hist, NULL);
		buf_release(&out);
		buf_release(&copy);
		arena_close(mem);
	}
	buf_release(&blobs[0]);
	buf_release(&blobs[1]);
	expo_close(h);
	categories_close(c);
}

static void
sketch__counts_add_and_kinds_do_not_mix(void **state)
{
	struct buf a = BUF_INIT, b = BUF_INIT, out = BUF_INIT, other = BUF_INIT;
	struct expo *h = expo_open();
	struct err e = ERR_INIT;

	(void)state;
	sketch_count_encode(&a, 0);
	sketch_count_encode(&b, UINT64_C(1) << 40);
	assert_int_equal(sketch_merge(&out, a.p, a.len, b.p, b.len, &e), 0);
	assert_int_equal(sketch_blob_kind(out.p, out.len), SKETCH_COUNT);
	assert_true(sketch_blob_count(out.p, out.len) == 0x1p40);
	expo_encode(&other, h);
	assert_int_equal(sketch_merge(&out, a.p, a.len, other.p, other.len, &e), -1);
	assert_non_null(strstr(e.text, "different kinds"));
	assert_int_equal(sketch_blob_kind("\0\0\0", 3), 0);
	buf_release(&a);
	buf_release(&b);
	buf_release(&out);
	buf_release(&other);
	expo_close(h);
}

struct listing {
	char text[2000];
};

static void
list(void *arg, const char *name, size_t n, uint64_t count)
{
	struct listing *l = arg;

	sprintf(l->text + strlen(l->text), "%.*s=%llu ", (int)n, name, (unsigned long long)count);
}

static void
sketch__categories_are_bounded_and_the_rest_is_counted(void **state)
{
	struct categories *c = categories_open(3);
	struct buf b = BUF_INIT;
	struct listing l = {""};
	char longest[300];

	(void)state;
	for (const char *p = "bacadbaxyz"; *p != '\0'; p++)
		count_name(c, (char[]){*p, '\0'});
	memset(longest, 'q', sizeof longest - 1);
	longest[299] = '\0';
	count_name(c, longest);
	count_name(c, CATEGORY_OTHER);
	assert_int_equal(categories_total(c), 12);
	assert_int_equal(categories_folded(c), 6); /* d x y z, the long one, and who bears the name */
	categories_encode(&b, c);
	assert_int_equal(sketch_categories(b.p, b.len, list, &l, NULL), 0);
	assert_string_equal(l.text, "__other__=6 a=3 b=2 c=1 ");
	categories_reset_counts(c);
	assert_int_equal(categories_total(c), 0);
	count_name(c, "c");
	buf_reset(&b);
	l.text[0] = '\0';
	categories_encode(&b, c);
	sketch_categories(b.p, b.len, list, &l, NULL);
	assert_string_equal(l.text, "c=1 ");
	buf_release(&b);
	categories_close(c);
}

static void
sketch__categories_merge_by_name(void **state)
{
	static const char *const words[] = {"", "a", "ab", "b", "\xc3\xa9", "zebra", "a b", "\x01"};
	struct categories *x = categories_open(100), *y = categories_open(100), *all = categories_open(100);
	struct buf bx = BUF_INIT, by = BUF_INIT, sum = BUF_INIT, expected = BUF_INIT;
	uint64_t s = 7;

	(void)state;
	for (int i = 0; i < 500; i++) {
		const char *word = words[rnd(&s) % 8];

		count_name(all, word);
		count_name(i % 3 == 0 && word[0] != 'z' ? x : y, word);
	}
	categories_encode(&bx, x);
	categories_encode(&by, y);
	categories_encode(&expected, all);
	assert_int_equal(sketch_merge(&sum, bx.p, bx.len, by.p, by.len, NULL), 0);
	assert_int_equal(sum.len, expected.len);
	assert_memory_equal(sum.p, expected.p, sum.len);
	buf_release(&bx);
	buf_release(&by);
	buf_release(&sum);
	buf_release(&expected);
	categories_close(x);
	categories_close(y);
	categories_close(all);
}

static void
sketch__many_categories_keep_their_index(void **state)
{
	struct category_names *names = category_names_open(20000);
	char word[32];
	size_t len;

	(void)state;
	for (uint32_t i = 1; i <= 3000; i++) {
		int n = snprintf(word, sizeof word, "m_%u", i);

		assert_int_equal(category_names_find(names, word, (size_t)n, i % 1000), 0);
		assert_int_equal(category_names_intern(names, word, (size_t)n, i % 1000),
				 i); /* hashes collide on purpose */
	}
	assert_int_equal(category_names_find(names, "m_77", 4, 77), 77);
	assert_string_equal(category_names_at(names, 77, &len), "m_77");
	assert_int_equal(len, 4);
	category_names_close(names);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sketch__expo_buckets_are_exact_at_their_bounds),
	    cmocka_unit_test(sketch__expo_counts_zero_and_leaves_out_what_is_not_finite),
	    cmocka_unit_test(sketch__expo_quantiles_are_within_three_in_a_thousand),
	    cmocka_unit_test(sketch__expo_parts_add_up_to_the_whole),
	    cmocka_unit_test(sketch__a_sum_of_many_is_what_merging_gives),
	    cmocka_unit_test(sketch__expo_survives_the_widest_range),
	    cmocka_unit_test(sketch__damaged_blobs_are_refused),
	    cmocka_unit_test(sketch__counts_add_and_kinds_do_not_mix),
	    cmocka_unit_test(sketch__categories_are_bounded_and_the_rest_is_counted),
	    cmocka_unit_test(sketch__categories_merge_by_name),
	    cmocka_unit_test(sketch__many_categories_keep_their_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
