/*
 * sum.c -- many blobs of one series into one: as sketch_merge one after the other, but what has been added stays
 * unpacked in between, so that each blob costs what is in it and not what is in the sum.
 *
 * Counts by category are merged as they are: their sum is as long as a blob.
 */
#include <math.h>
#include <stdlib.h>

#include "edgehist_blob.h"
#include "expo_private.h"
#include "mlwatch/arena.h"
#include "mlwatch/err.h"
#include "mlwatch/histogram.h"
#include "mlwatch/xalloc.h"
#include "sketch_private.h"

#define MAX_BINS (UINT64_C(1) << 24)

struct bin {
	uint64_t n;
	double sum;
};

struct sketch_sum {
	enum sketch_kind kind; /* 0: nothing added yet */
	uint64_t count;        /* SKETCH_COUNT */
	struct expo *expo;     /* SKETCH_EXPO; kept when reset, as all memory is */
	struct buf categories, spare;
	struct edge_blob edges;
	struct bin *bins;
	size_t n_bins, cap_bins;
};

struct sketch_sum *
sketch_sum_open(void)
{
	return xcalloc(1, sizeof(struct sketch_sum));
}

void
sketch_sum_close(struct sketch_sum *s)
{
	if (s == NULL)
		return;
	expo_close(s->expo);
	buf_release(&s->categories);
	buf_release(&s->spare);
	free(s->bins);
	free(s);
}

void
sketch_sum_reset(struct sketch_sum *s)
{
	if (s->expo != NULL)
		expo_reset(s->expo);
	if (s->n_bins > 0)
		memset(s->bins, 0, s->n_bins * sizeof *s->bins);
	s->n_bins = 0;
	s->kind = (enum sketch_kind)0;
	s->count = 0;
	buf_reset(&s->categories);
}

static int
damaged(struct err *e)
{
	return err_set(e, ERR_WORLD, "a statistic in the store is damaged");
}

static int
add_count(struct sketch_sum *s, const void *blob, size_t n, struct err *e)
{
	uint64_t count;

	if (blob_open(blob, n, SKETCH_COUNT, &count).bad)
		return damaged(e);
	s->count += count;
	return 0;
}

static int
add_expo(struct sketch_sum *s, const void *blob, size_t n, struct err *e)
{
	if (s->expo == NULL)
		s->expo = expo_open();
	return expo_blob_add(s->expo, blob, n) ? 0 : damaged(e);
}

static int
add_categories(struct sketch_sum *s, const void *blob, size_t n, struct err *e)
{
	struct buf before = s->categories;

	if (before.len == 0) {
		buf_add(&s->categories, blob, n);
		return 0;
	}
	buf_reset(&s->spare);
	if (categories_blob_merge(&s->spare, before.p, before.len, blob, n, e) < 0)
		return -1;
	s->categories = s->spare;
	s->spare = before;
	return 0;
}

static void
bins_cover(struct sketch_sum *s, size_t n)
{
	if (n > s->cap_bins) {
		size_t cap = n + n / 2 + 64;

		s->bins = xreallocarray(s->bins, cap, sizeof *s->bins);
		memset(s->bins + s->cap_bins, 0, (cap - s->cap_bins) * sizeof *s->bins);
		s->cap_bins = cap;
	}
	if (n > s->n_bins)
		s->n_bins = n;
}

static int
add_edges(struct sketch_sum *s, const void *blob, size_t n, struct err *e)
{
	struct edge_blob *to = &s->edges;
	struct edge_blob_reader r;
	struct edge_blob_bin x;

	if (!edge_blob_open(&r, blob, n))
		return damaged(e);
	if (s->kind == (enum sketch_kind)0)
		*to = (struct edge_blob){0, r.head.edges_id, INFINITY, -INFINITY, 0, 0, 0};
	else if (to->edges_id != r.head.edges_id)
		return err_set(e, ERR_WORLD, "histograms with different edges cannot be added");
	while (edge_blob_next(&r, &x)) {
		if (x.index >= MAX_BINS)
			return damaged(e);
		bins_cover(s, x.index + 1);
		s->bins[x.index].n += x.n;
		s->bins[x.index].sum += x.sum;
	}
	if (!edge_blob_good(&r))
		return damaged(e);
	to->n += r.head.n;
	to->min = fmin(to->min, r.head.min);
	to->max = fmax(to->max, r.head.max);
	to->s1 += r.head.s1;
	to->s2 += r.head.s2;
	return 0;
}

int
sketch_sum_add(struct sketch_sum *s, const void *blob, size_t n, struct err *e)
{
	static int (*const add[])(struct sketch_sum *, const void *, size_t, struct err *) = {
	    [SKETCH_COUNT] = add_count,
	    [SKETCH_EXPO] = add_expo,
	    [SKETCH_EDGES] = add_edges,
	    [SKETCH_CATEGORIES] = add_categories,
	};
	enum sketch_kind kind = sketch_blob_kind(blob, n);

	if (kind == (enum sketch_kind)0)
		return damaged(e);
	if (s->kind != (enum sketch_kind)0 && s->kind != kind)
		return err_set(e, ERR_WORLD, "statistics of different kinds cannot be added");
	if (add[kind](s, blob, n, e) < 0)
		return -1;
	s->kind = kind;
	return 0;
}

static void
encode_edges(struct buf *out, struct sketch_sum *s)
{
	uint64_t last = 0;

	s->edges.bins = 0;
	for (size_t i = 0; i < s->n_bins; i++)
		s->edges.bins += s->bins[i].n != 0;
	edge_blob_put_head(out, &s->edges);
	for (size_t i = 0; i < s->n_bins; i++)
		if (s->bins[i].n != 0)
			edge_blob_put_bin(out, &last, &(struct edge_blob_bin){i, s->bins[i].n, s->bins[i].sum});
}

void
sketch_sum_encode(struct buf *out, struct sketch_sum *s)
{
	switch (s->kind) {
	case SKETCH_COUNT:
		sketch_count_encode(out, s->count);
		break;
	case SKETCH_EXPO:
		expo_encode(out, s->expo);
		break;
	case SKETCH_EDGES:
		encode_edges(out, s);
		break;
	case SKETCH_CATEGORIES:
		buf_add(out, s->categories.p, s->categories.len);
		break;
	}
}

/* ---- as a value ---- */

static int
edges_histogram(struct arena *mem, const struct sketch_sum *s, const struct edges *edges, struct histogram **out,
		struct err *e)
{
	struct histogram *h = arena_calloc(mem, 1, sizeof *h);
	struct edge_bins *b = arena_calloc(mem, 1, sizeof *b);
	size_t used = 0;

	if (edges == NULL)
		return err_set(e, ERR_WORLD, "the edges of a feature histogram are unknown");
	if (s->n_bins > 2 * edges->n + 1)
		return damaged(e);
	for (size_t i = 0; i < s->n_bins; i++)
		used += s->bins[i].n != 0;
	uint32_t *bin = arena_alloc(mem, used * sizeof *bin);
	double *count = arena_alloc(mem, used * sizeof *count), *sum = arena_alloc(mem, used * sizeof *sum);
	for (size_t i = 0; i < s->n_bins; i++) {
		if (s->bins[i].n == 0)
			continue;
		bin[b->n] = (uint32_t)i;
		count[b->n] = (double)s->bins[i].n;
		sum[b->n] = i % 2 == 1 ? count[b->n] * edges->at[i / 2] : s->bins[i].sum;
		h->sum += sum[b->n++];
	}
	*b = (struct edge_bins){edges, b->n, bin, count, sum, s->edges.min, s->edges.max, s->edges.s1, s->edges.s2};
	h->schema = HIST_EDGES;
	h->count = (double)s->edges.n;
	h->bins = b;
	*out = h;
	return 0;
}

int
sketch_sum_histogram(struct arena *mem, const struct sketch_sum *s, edges_find_fn *find, void *arg,
		     struct histogram **out, struct err *e)
{
	if (s->kind == SKETCH_EDGES)
		return edges_histogram(mem, s, find(arg, s->edges.edges_id), out, e);
	if (s->kind != SKETCH_EXPO)
		return err_set(e, ERR_BUG, "a sum of no histograms is no histogram");
	*out = expo_histogram(mem, s->expo);
	return 0;
}
