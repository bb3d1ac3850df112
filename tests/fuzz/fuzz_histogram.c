/*
 * fuzz_histogram.c -- two histograms in series notation, separated by a line end, through everything that is done with histograms: no
 * crash, what is written reads back equal, iterators agree in both directions.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/histogram.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_iterators(const struct histogram *h)
{
	struct bucket_iter it;
	struct bucket b;
	double up = 0, down = 0;
	size_t n = 0, m = 0;

	for (histogram_each(&it, h); bucket_next(&it, &b); n++)
		up += fabs(b.count) < 1e300 ? 1 + (b.count == 0) : 0;
	for (histogram_each_reverse(&it, h); bucket_next(&it, &b); m++)
		down += fabs(b.count) < 1e300 ? 1 + (b.count == 0) : 0;
	if (n != m || up != down)
		abort();
}

static void
look(struct arena *mem, const struct histogram *h)
{
	struct buf b = BUF_INIT;
	struct histogram *back;
	struct err e = ERR_INIT;

	check_iterators(h);
	for (double q = -0.5; q <= 1.5; q += 0.25)
		(void)histogram_quantile(h, q);
	(void)histogram_fraction(h, -1, 2);
	(void)histogram_stddev(h);
	histogram_compact(mem, histogram_trim(mem, h, 1.5, true));
	histogram_compact(mem, histogram_trim(mem, h, -0.5, false));
	histogram_divide(mem, histogram_scale(mem, h, -2.5), 0);
	histogram_format(&b, h);
	buf_reset(&b);
	histogram_format_test(&b, h);
	if (b.len < 100000) {
		if (histogram_parse_test(mem, buf_str(&b), b.len, &back, &e) < 0 ||
		    back->pos.n < histogram_compact(mem, h)->pos.n)
			abort();
	}
	buf_release(&b);
}

static void
combine(struct arena *mem, const struct histogram *a, const struct histogram *b)
{
	unsigned notes = 0;
	struct histogram *sum = histogram_add(mem, a, b, &notes), *less = histogram_sub(mem, a, b, &notes);
	struct histogram_sum *s = histogram_sum_open(mem, a);

	if ((sum == NULL) != (less == NULL) || (sum == NULL) != ((notes & HIST_NOTE_INCOMPATIBLE) != 0))
		abort();
	if ((histogram_sum_add(s, b, &notes) < 0) != (sum == NULL))
		abort();
	(void)histogram_detect_reset(a, b);
	(void)histogram_equal(a, b);
	if (sum == NULL)
		return;
	look(mem, sum);
	look(mem, less);
	look(mem, histogram_sum_result(s));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *end = memchr(text, '\n', size);
	struct arena *mem = arena_open();
	struct histogram *a, *b;
	size_t n = end == NULL ? size : (size_t)(end - text);

	if (size < 4096 && histogram_parse_test(mem, text, n, &a, NULL) == 0) {
		look(mem, a);
		if (a->schema >= -3 && a->schema <= 8)
			look(mem, histogram_reduce(mem, a, -4));
		if (end != NULL && histogram_parse_test(mem, end + 1, size - n - 1, &b, NULL) == 0)
			combine(mem, a, b);
	}
	arena_close(mem);
	return 0;
}
