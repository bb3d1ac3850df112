/*
 * edgehist.c -- a histogram with given edges: how many values lie at each edge and how many strictly between two.
 *
 * Between two neighbouring values of the reference its distribution function is constant, so the largest distance
 * between it and another distribution function is found at an edge or just before one. Counting both apart makes the
 * two-sample Kolmogorov-Smirnov statistic exact without keeping a single value. Sums per bin do the same for the
 * Wasserstein distance. Sums of (x-c) and (x-c)^2 keep mean and deviation where a plain sum of squares would have lost
 * every digit (values near 1e15).
 *
 * Counts are integers: merging is commutative and associative to the last bit. Sums are doubles and are not.
 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "edgehist_private.h"
#include "mlwatch/arena.h"
#include "mlwatch/histogram.h"
#include "mlwatch/xalloc.h"
#include "sketch_private.h"
#include "edgehist_blob.h"

struct bin {
	uint64_t n;
	double sum; /* of the bins between edges only */
};

struct edgehist {
	struct edges *edges;
	struct bin *bins; /* 2 * edges->n + 1 */
	uint64_t n;
	double min, max, s1, s2;
};

static size_t
bins_of(const struct edges *e)
{
	return 2 * e->n + 1;
}

struct edgehist *
edgehist_open(struct edges *edges)
{
	struct edgehist *h = xcalloc(1, sizeof *h);

	h->edges = edges_ref(edges);
	h->bins = xcalloc(bins_of(edges), sizeof *h->bins);
	edgehist_reset(h);
	return h;
}

void
edgehist_close(struct edgehist *h)
{
	if (h == NULL)
		return;
	edges_unref(h->edges);
	free(h->bins);
	free(h);
}

void
edgehist_reset(struct edgehist *h)
{
	memset(h->bins, 0, bins_of(h->edges) * sizeof *h->bins);
	h->n = 0;
	h->min = INFINITY;
	h->max = -INFINITY;
	h->s1 = h->s2 = 0;
}

static void
add_infinite(struct edgehist *h, double v)
{
	if (isnan(v))
		return;
	h->bins[v > 0 ? bins_of(h->edges) - 1 : 0].n++;
	h->n++;
}

void
edgehist_add_n(struct edgehist *h, const double *v, size_t n)
{
	const struct edges *e = h->edges;
	const struct edge_index x = *e->index;
	struct bin *bins = h->bins;
	double min = h->min, max = h->max, s1 = h->s1, s2 = h->s2, c = e->center;
	uint64_t taken = 0;

	for (size_t i = 0; i < n; i++) {
		double d, value = v[i];
		struct bin *b;
		uint32_t k;

		if (__builtin_expect(!isfinite(value), 0)) {
			add_infinite(h, value);
			continue;
		}
		k = edge_lower_bound(e, &x, value);
		b = &bins[2 * (size_t)k + (e->at[k] == value)];
		b->n++;
		b->sum += value;
		min = value < min ? value : min;
		max = value > max ? value : max;
		d = value - c;
		s1 += d;
		s2 += d * d;
		taken++;
	}
	h->min = min;
	h->max = max;
	h->s1 = s1;
	h->s2 = s2;
	h->n += taken;
}

void
edgehist_add(struct edgehist *h, double v)
{
	edgehist_add_n(h, &v, 1);
}

uint64_t
edgehist_count(const struct edgehist *h)
{
	return h->n;
}

uint64_t
edgehist_below_count(const struct edgehist *h)
{
	return h->bins[0].n;
}

uint64_t
edgehist_above_count(const struct edgehist *h)
{
	return h->bins[bins_of(h->edges) - 1].n;
}

const struct edges *
edgehist_edges(const struct edgehist *h)
{
	return h->edges;
}

void
edgehist_merge(struct edgehist *into, const struct edgehist *from)
{
	size_t n = bins_of(into->edges);

	assert(into->edges->id == from->edges->id);
	for (size_t i = 0; i < n; i++) {
		into->bins[i].n += from->bins[i].n;
		into->bins[i].sum += from->bins[i].sum;
	}
	into->n += from->n;
	into->min = fmin(into->min, from->min);
	into->max = fmax(into->max, from->max);
	into->s1 += from->s1;
	into->s2 += from->s2;
}

/* What is at an edge is so many times the edge: no sum needed, and none that rounding could spoil. */
static double
bin_sum(const struct edgehist *h, size_t i)
{
	return i % 2 == 1 ? (double)h->bins[i].n * h->edges->at[i / 2] : h->bins[i].sum;
}

static size_t
bins_used(const struct edgehist *h)
{
	size_t n = bins_of(h->edges), used = 0;

	for (size_t i = 0; i < n; i++)
		used += h->bins[i].n != 0;
	return used;
}

void
edgehist_encode(struct buf *out, const struct edgehist *h)
{
	struct edge_blob head = {h->n, h->edges->id, h->min, h->max, h->s1, h->s2, bins_used(h)};
	size_t n = bins_of(h->edges);
	uint64_t last = 0;

	edge_blob_put_head(out, &head);
	for (size_t i = 0; i < n; i++) {
		if (h->bins[i].n == 0)
			continue;
		edge_blob_put_bin(out, &last, &(struct edge_blob_bin){i, h->bins[i].n, h->bins[i].sum});
	}
}

struct histogram *
edgehist_histogram(struct arena *mem, const struct edgehist *h)
{
	size_t used = bins_used(h), n = bins_of(h->edges), k = 0;
	struct histogram *out = arena_calloc(mem, 1, sizeof *out);
	struct edge_bins *b = arena_calloc(mem, 1, sizeof *b);
	uint32_t *bin = arena_alloc(mem, used * sizeof *bin);
	double *count = arena_alloc(mem, used * sizeof *count), *sum = arena_alloc(mem, used * sizeof *sum);

	for (size_t i = 0; i < n; i++) {
		if (h->bins[i].n == 0)
			continue;
		bin[k] = (uint32_t)i;
		count[k] = (double)h->bins[i].n;
		sum[k] = bin_sum(h, i);
		out->sum += sum[k++];
	}
	*b = (struct edge_bins){h->edges, used, bin, count, sum, h->min, h->max, h->s1, h->s2};
	out->schema = HIST_EDGES;
	out->count = (double)h->n;
	out->bins = b;
	return out;
}
