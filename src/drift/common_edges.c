/*
 * common_edges.c -- two exponential histograms on their bucket limits, so that features without a reference can be compared over time. What
 * lies inside a bucket is not known: the mass of the largest is the bound of a KS statistic.
 */
#include "mlwatch/drift.h"

#include <math.h>
#include <stdlib.h>

#include "mlwatch/arena.h"
#include "mlwatch/histogram.h"
#include "mlwatch/sketch.h"

struct limits {
	double *at;
	size_t n, cap;
};

static void
add_limit(struct arena *mem, struct limits *l, double v)
{
	if (!isfinite(v))
		return;
	if (l->n == l->cap) {
		size_t cap = l->cap > 0 ? l->cap * 2 : 64;

		l->at = arena_realloc(mem, l->at, l->cap * sizeof *l->at, cap * sizeof *l->at);
		l->cap = cap;
	}
	l->at[l->n++] = v;
}

static void
add_limits(struct arena *mem, struct limits *l, const struct histogram *h)
{
	struct bucket_iter it;
	struct bucket b;

	for (histogram_each(&it, h); bucket_next(&it, &b);) {
		add_limit(mem, l, b.lower);
		add_limit(mem, l, b.upper);
	}
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct edges *
edges_of_limits(struct limits *l)
{
	size_t k = 0;

	qsort(l->at, l->n, sizeof *l->at, by_value);
	for (size_t i = 0; i < l->n; i++)
		if (k == 0 || l->at[i] > l->at[k - 1])
			l->at[k++] = l->at[i];
	return edges_make(l->at, k, 0);
}

/* A bucket's values are somewhere inside it; a bucket of no width is an edge. */
static const struct histogram *
on_edges(struct arena *mem, const struct histogram *h, const struct edges *e)
{
	struct histogram *out = arena_calloc(mem, 1, sizeof *out);
	struct edge_bins *bins = arena_calloc(mem, 1, sizeof *bins);
	uint32_t *bin = arena_alloc(mem, (2 * e->n + 1) * sizeof *bin);
	double *count = arena_alloc(mem, (2 * e->n + 1) * sizeof *count),
	       *sum = arena_alloc(mem, (2 * e->n + 1) * sizeof *sum);
	struct bucket_iter it;
	struct bucket b;
	size_t k = 0;

	*bins = (struct edge_bins){e, 0, bin, count, sum, INFINITY, -INFINITY, h->sum, 0};
	for (histogram_each(&it, h); bucket_next(&it, &b);) {
		if (b.count == 0)
			continue;
		while (k < e->n && e->at[k] < b.upper)
			k++;
		bin[bins->n] = (uint32_t)(2 * k + (b.lower == b.upper));
		count[bins->n] = b.count;
		sum[bins->n++] = b.count * (b.lower + b.upper) / 2;
		bins->min = fmin(bins->min, b.lower);
		bins->max = fmax(bins->max, b.upper);
	}
	out->schema = HIST_EDGES;
	out->count = h->count;
	out->sum = h->sum;
	out->bins = bins;
	return out;
}

struct edges *
drift_common_edges(struct arena *mem, const struct histogram **ref, const struct histogram **cur)
{
	const int schema = (*cur)->schema < (*ref)->schema ? (*cur)->schema : (*ref)->schema;
	struct limits limits = {0};
	struct edges *e;

	*cur = histogram_reduce(mem, *cur, schema);
	*ref = histogram_reduce(mem, *ref, schema);
	add_limits(mem, &limits, *cur);
	add_limits(mem, &limits, *ref);
	if (limits.n == 0)
		return NULL;
	e = edges_of_limits(&limits);
	*cur = on_edges(mem, *cur, e);
	*ref = on_edges(mem, *ref, e);
	return e;
}
