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

/* Counts are 32 bits wide while they all fit, which halves what the hot path touches. */
struct edgehist {
	struct edges *edges;
	uint32_t *count; /* 2 * edges->n + 1; NULL once they are wide */
	uint64_t *wide;
	double *sum; /* edges->n + 1: of the bins between edges */
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

	edges_need_index(edges);
	h->edges = edges_ref(edges);
	h->count = xcalloc(bins_of(edges), sizeof *h->count);
	h->sum = xcalloc(edges->n + 1, sizeof *h->sum);
	edgehist_reset(h);
	return h;
}

void
edgehist_close(struct edgehist *h)
{
	if (h == NULL)
		return;
	edges_unref(h->edges);
	free(h->count);
	free(h->wide);
	free(h->sum);
	free(h);
}

void
edgehist_reset(struct edgehist *h)
{
	if (h->wide != NULL)
		memset(h->wide, 0, bins_of(h->edges) * sizeof *h->wide);
	else
		memset(h->count, 0, bins_of(h->edges) * sizeof *h->count);
	memset(h->sum, 0, (h->edges->n + 1) * sizeof *h->sum);
	h->n = 0;
	h->min = INFINITY;
	h->max = -INFINITY;
	h->s1 = h->s2 = 0;
}

static uint64_t
count_at(const struct edgehist *h, size_t bin)
{
	return h->wide != NULL ? h->wide[bin] : h->count[bin];
}

/* Makes room for counts that no longer fit 32 bits. */
static void
widen(struct edgehist *h)
{
	size_t n = bins_of(h->edges);

	if (h->wide != NULL)
		return;
	h->wide = xcalloc(n, sizeof *h->wide);
	for (size_t i = 0; i < n; i++)
		h->wide[i] = h->count[i];
	free(h->count);
	h->count = NULL;
}

static inline void
count_one(struct edgehist *h, size_t bin)
{
	if (__builtin_expect(h->wide != NULL, 0))
		h->wide[bin]++;
	else
		h->count[bin]++;
}

static void
add_infinite(struct edgehist *h, double v)
{
	if (isnan(v))
		return;
	count_one(h, v > 0 ? bins_of(h->edges) - 1 : 0);
	h->n++;
}

/* Adds up to BLOCK values. Slots first: what they refer to is fetched while the next ones are computed, which is what counts
 * when many histograms take turns in the cache. */
#define BLOCK 32

static void
add_block(struct edgehist *h, const struct edge_index *x, const double *v, size_t n)
{
	const struct edges *e = h->edges;
	double min = h->min, max = h->max, s1 = h->s1, s2 = h->s2, c = e->center;
	uint32_t slot[BLOCK];

	for (size_t i = 0; i < n; i++) {
		slot[i] = edge_slot(x, v[i]);
		__builtin_prefetch(&x->first[slot[i]]);
	}
	if (n > 8)
		for (size_t i = 0; i < n; i++) {
			uint32_t k = x->first[slot[i]];

			__builtin_prefetch(&e->at[k]);
			__builtin_prefetch(&h->sum[k]);
			if (h->wide == NULL)
				__builtin_prefetch(&h->count[2 * (size_t)k]);
		}
	for (size_t i = 0; i < n; i++) {
		double d, value = v[i];
		uint32_t k;
		bool at;

		if (__builtin_expect(!isfinite(value), 0)) {
			add_infinite(h, value);
			continue;
		}
		k = edge_lower_bound(e, x, slot[i], value);
		at = e->at[k] == value;
		count_one(h, 2 * (size_t)k + at);
		h->sum[k] += at ? 0 : value;
		min = value < min ? value : min;
		max = value > max ? value : max;
		d = value - c;
		s1 += d;
		s2 += d * d;
		h->n++;
	}
	h->min = min;
	h->max = max;
	h->s1 = s1;
	h->s2 = s2;
}

void
edgehist_add_n(struct edgehist *h, const double *v, size_t n)
{
	if (h->n + n > UINT32_MAX)
		widen(h);
	for (size_t i = 0; i < n; i += BLOCK)
		add_block(h, h->edges->index, v + i, n - i < BLOCK ? n - i : BLOCK);
}

void
edgehist_add(struct edgehist *h, double v)
{
	edgehist_add_n(h, &v, 1);
}

void
edgehist_add_times(struct edgehist *h, double v, uint64_t times)
{
	const struct edges *e = h->edges;
	uint32_t k;
	size_t bin;
	double n = (double)times, d = v - e->center;

	if (!isfinite(v) || times == 0)
		return;
	if (times > UINT32_MAX - h->n || h->n > UINT32_MAX)
		widen(h);
	k = edge_lower_bound(e, e->index, edge_slot(e->index, v), v);
	bin = 2 * (size_t)k + (e->at[k] == v);
	if (h->wide != NULL)
		h->wide[bin] += times;
	else
		h->count[bin] += (uint32_t)times;
	h->sum[k] += bin % 2 == 1 ? 0 : n * v;
	h->min = fmin(h->min, v);
	h->max = fmax(h->max, v);
	h->s1 += n * d;
	h->s2 += n * d * d;
	h->n += times;
}

uint64_t
edgehist_count(const struct edgehist *h)
{
	return h->n;
}

uint64_t
edgehist_below_count(const struct edgehist *h)
{
	return count_at(h, 0);
}

uint64_t
edgehist_above_count(const struct edgehist *h)
{
	return count_at(h, bins_of(h->edges) - 1);
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
	if (into->n + from->n > UINT32_MAX)
		widen(into);
	for (size_t i = 0; i < n; i++) {
		if (into->wide != NULL)
			into->wide[i] += count_at(from, i);
		else
			into->count[i] += (uint32_t)count_at(from, i);
	}
	for (size_t k = 0; k <= into->edges->n; k++)
		into->sum[k] += from->sum[k];
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
	return i % 2 == 1 ? (double)count_at(h, i) * h->edges->at[i / 2] : h->sum[i / 2];
}

static size_t
bins_used(const struct edgehist *h)
{
	size_t n = bins_of(h->edges), used = 0;

	for (size_t i = 0; i < n; i++)
		used += count_at(h, i) != 0;
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
		if (count_at(h, i) == 0)
			continue;
		edge_blob_put_bin(out, &last, &(struct edge_blob_bin){i, count_at(h, i), h->sum[i / 2]});
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
		if (count_at(h, i) == 0)
			continue;
		bin[k] = (uint32_t)i;
		count[k] = (double)count_at(h, i);
		sum[k] = bin_sum(h, i);
		out->sum += sum[k++];
	}
	*b = (struct edge_bins){h->edges, used, bin, count, sum, h->min, h->max, h->s1, h->s2};
	out->schema = HIST_EDGES;
	out->count = (double)h->n;
	out->bins = b;
	return out;
}
