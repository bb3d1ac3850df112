/*
 * binning.c -- few bins out of many: which ones depends on the reference only, so that windows stay comparable and additive.
 *
 * Few-valued references get a bin per value: pure decile bins are blind to a constant that became a lower one.
 */
#include "mlwatch/drift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bin_walk.h"
#include "mlwatch/arena.h"

#define FEW_VALUES 20u

/* How many distinct values the reference has, FEW_VALUES + 1 for "many". */
static size_t
distinct_values(const struct edge_bins *ref)
{
	size_t n = 0;

	for (size_t i = 0; i < ref->n && n <= FEW_VALUES; i++)
		n = ref->bin[i] % 2 == 1 ? n + 1 : FEW_VALUES + 1;
	return n;
}

/* The edge that is the ceil(n k/10)-th smallest value; the upper end of its bin where that is no edge. */
static double
order_statistic(const struct histogram *h, double rank)
{
	const struct edge_bins *b = h->bins;
	double cum = 0;

	for (size_t i = 0; i < b->n; i++) {
		size_t k = b->bin[i] / 2;

		cum += b->count[i];
		if (cum >= rank)
			return k < b->edges->n ? b->edges->at[k] : b->max;
	}
	return b->max;
}

static void
decile_edges(struct binning *out, const struct histogram *ref)
{
	for (int k = 1; k <= 9; k++) {
		double e = order_statistic(ref, ceil(ref->count * k / 10));

		if (out->n_edges == 0 || e > out->edge[out->n_edges - 1])
			out->edge[out->n_edges++] = e;
	}
}

static void
value_edges(struct binning *out, const struct edge_bins *ref)
{
	out->by_value = true;
	for (size_t i = 0; i < ref->n; i++)
		out->edge[out->n_edges++] = ref->edges->at[ref->bin[i] / 2];
}

/* Which of the few bins a histogram's bin is part of. */
static size_t
place(const struct binning *b, const struct edges *edges, uint32_t bin)
{
	size_t k = bin / 2, i = 0;
	double value = k < edges->n ? edges->at[k] : INFINITY;

	if (b->by_value && bin % 2 == 0)
		return b->n_edges;
	while (i < b->n_edges && b->edge[i] < value)
		i++;
	if (b->by_value && (i == b->n_edges || b->edge[i] != value))
		return b->n_edges;
	return i;
}

static void
fill(const struct binning *b, const struct edge_bins *from, double *to)
{
	for (size_t i = 0; i < from->n; i++)
		to[place(b, from->edges, from->bin[i])] += from->count[i];
}

int
drift_binning(struct binning *out, const struct histogram *ref, const struct histogram *cur)
{
	struct bin_walk w;
	size_t distinct;

	memset(out, 0, sizeof *out);
	if (!bin_walk_open(&w, ref, cur))
		return -1;
	distinct = distinct_values(ref->bins);
	if (distinct <= FEW_VALUES && ref->count >= 2 * (double)distinct)
		value_edges(out, ref->bins);
	else
		decile_edges(out, ref);
	fill(out, ref->bins, out->ref);
	fill(out, cur->bins, out->cur);
	return 0;
}

struct contingency
binning_table(const struct binning *b)
{
	return (struct contingency){b->ref, b->cur, b->n_edges + 1};
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct category_count *)a)->name, ((const struct category_count *)b)->name);
}

static struct category_count *
sorted(struct arena *mem, struct category_set s)
{
	struct category_count *at = arena_alloc(mem, (s.n + 1) * sizeof *at);

	if (s.n > 0)
		memcpy(at, s.at, s.n * sizeof *at);
	qsort(at, s.n, sizeof *at, by_name);
	return at;
}

struct category_table
category_table(struct arena *mem, struct category_set ref, struct category_set cur)
{
	const struct category_count *r = sorted(mem, ref), *c = sorted(mem, cur);
	size_t max = ref.n + cur.n, i = 0, j = 0, k = 0;
	double *x = arena_calloc(mem, max + 1, sizeof *x), *y = arena_calloc(mem, max + 1, sizeof *y);
	const char **names = arena_calloc(mem, max + 1, sizeof *names);

	while (i < ref.n || j < cur.n) {
		const char *name =
		    i < ref.n && (j >= cur.n || strcmp(r[i].name, c[j].name) <= 0) ? r[i].name : c[j].name;

		x[k] = y[k] = 0;
		for (; i < ref.n && strcmp(r[i].name, name) == 0; i++)
			x[k] += r[i].count;
		for (; j < cur.n && strcmp(c[j].name, name) == 0; j++)
			y[k] += c[j].count;
		names[k] = name;
		k += x[k] > 0 || y[k] > 0;
	}
	return (struct category_table){{x, y, k}, names};
}
