/*
 * histogram_edges.c -- the EDGES kind: counts at and strictly between the edges of a reference.
 *
 * Counts are integers in doubles, so adding and taking away windows is exact. The smallest and largest value
 * cannot be taken away again: a difference keeps those of the minuend, which bound it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "histogram_private.h"
#include "mlwatch/arena.h"
#include "mlwatch/sketch.h"
#include "mlwatch/xalloc.h"

bool
edges_same(const struct histogram *a, const struct histogram *b)
{
	return a->bins->edges == b->bins->edges || a->bins->edges->id == b->bins->edges->id;
}

static void
merge_bins(struct edge_bins *to, const struct edge_bins *a, const struct edge_bins *b, double sign, uint32_t *bin,
	   double *count, double *sum)
{
	size_t i = 0, k = 0;

	to->n = 0;
	while (i < a->n || k < b->n) {
		bool mine = k == b->n || (i < a->n && a->bin[i] <= b->bin[k]);
		bool theirs = i == a->n || (k < b->n && b->bin[k] <= a->bin[i]);
		uint32_t at = mine ? a->bin[i] : b->bin[k];
		double c = (mine ? a->count[i] : 0) + (theirs ? sign * b->count[k] : 0);
		double v = (mine ? a->sum[i] : 0) + (theirs ? sign * b->sum[k] : 0);
		i += mine;
		k += theirs;
		if (c == 0) /* what is left of the sum is rounding */
			continue;
		bin[to->n] = at;
		count[to->n] = c;
		sum[to->n++] = v;
	}
}

struct histogram *
edges_combine(struct arena *mem, const struct histogram *a, const struct histogram *b, double sign)
{
	size_t cap = a->bins->n + b->bins->n + 1;
	struct histogram *h = arena_alloc(mem, sizeof *h);
	struct edge_bins *to = arena_alloc(mem, sizeof *to);
	uint32_t *bin = arena_alloc(mem, cap * sizeof *bin);
	double *count = arena_alloc(mem, cap * sizeof *count), *sum = arena_alloc(mem, cap * sizeof *sum);

	*h = *a;
	h->count = a->count + sign * b->count;
	h->sum = a->sum + sign * b->sum;
	*to = *a->bins;
	merge_bins(to, a->bins, b->bins, sign, bin, count, sum);
	to->bin = bin;
	to->count = count;
	to->sum = sum;
	to->s1 += sign * b->bins->s1;
	to->s2 += sign * b->bins->s2;
	if (sign > 0) {
		to->min = fmin(to->min, b->bins->min);
		to->max = fmax(to->max, b->bins->max);
	}
	h->bins = to;
	return h;
}

struct edges_sum {
	struct histogram head;
	struct edge_bins bins;
	double *count, *sum; /* of every bin */
};

struct edges_sum *
edges_sum_open(const struct histogram *first)
{
	size_t n = 2 * first->bins->edges->n + 1;
	struct edges_sum *s = xcalloc(1, sizeof *s);

	s->head = *first;
	s->head.count = s->head.sum = 0;
	s->bins.edges = first->bins->edges;
	s->bins.min = INFINITY;
	s->bins.max = -INFINITY;
	s->count = xcalloc(2 * n, sizeof *s->count);
	s->sum = s->count + n;
	edges_sum_add(s, first);
	return s;
}

void
edges_sum_add(struct edges_sum *s, const struct histogram *h)
{
	const struct edge_bins *b = h->bins;

	for (size_t i = 0; i < b->n; i++) {
		s->count[b->bin[i]] += b->count[i];
		s->sum[b->bin[i]] += b->sum[i];
	}
	s->bins.min = fmin(s->bins.min, b->min);
	s->bins.max = fmax(s->bins.max, b->max);
	s->bins.s1 += b->s1;
	s->bins.s2 += b->s2;
	s->head.count += h->count;
	s->head.sum += h->sum;
}

static struct histogram *
edges_sum_result(struct edges_sum *s, struct arena *mem)
{
	struct histogram *h = arena_alloc(mem, sizeof *h);
	struct edge_bins *to = arena_alloc(mem, sizeof *to);
	size_t n = 2 * s->bins.edges->n + 1, used = 0;
	uint32_t *bin;
	double *count, *sum;

	for (size_t i = 0; i < n; i++)
		used += s->count[i] != 0;
	bin = arena_alloc(mem, used * sizeof *bin + 1);
	count = arena_alloc(mem, used * sizeof *count + 1);
	sum = arena_alloc(mem, used * sizeof *sum + 1);
	*to = s->bins;
	for (size_t i = 0; i < n; i++) {
		if (s->count[i] == 0) /* what is left of the sum is rounding */
			continue;
		bin[to->n] = (uint32_t)i;
		count[to->n] = s->count[i];
		sum[to->n++] = s->sum[i];
	}
	to->bin = bin;
	to->count = count;
	to->sum = sum;
	*h = s->head;
	h->bins = to;
	return h;
}

struct histogram *
edges_sum_close(struct edges_sum *s, struct arena *mem)
{
	struct histogram *h = mem != NULL ? edges_sum_result(s, mem) : NULL;

	free(s->count);
	free(s);
	return h;
}

struct histogram *
edges_map(struct arena *mem, const struct histogram *h, double (*f)(double v, double arg), double arg)
{
	struct histogram *c = histogram_copy(mem, h);
	struct edge_bins *b = arena_alloc(mem, sizeof *b);

	*b = *c->bins;
	double *count = (double *)b->count, *sum = (double *)b->sum; /* our own copy */
	for (size_t i = 0; i < b->n; i++) {
		count[i] = f(count[i], arg);
		sum[i] = f(sum[i], arg);
	}
	b->s1 = f(b->s1, arg);
	b->s2 = f(b->s2, arg);
	c->count = f(c->count, arg);
	c->sum = f(c->sum, arg);
	c->bins = b;
	return c;
}

bool
edges_equal(const struct histogram *a, const struct histogram *b)
{
	const struct edge_bins *x = a->bins, *y = b->bins;

	return edges_same(a, b) && x->n == y->n && x->min == y->min && x->max == y->max &&
	       (x->n == 0 || (memcmp(x->bin, y->bin, x->n * sizeof *x->bin) == 0 &&
			      memcmp(x->count, y->count, x->n * sizeof *x->count) == 0));
}

bool
edges_detect_reset(const struct histogram *next, const struct histogram *prev)
{
	const struct edge_bins *x = next->bins, *y = prev->bins;

	if (!edges_same(next, prev))
		return true;
	for (size_t i = 0, k = 0; k < y->n; k++) {
		while (i < x->n && x->bin[i] < y->bin[k])
			i++;
		double now = i < x->n && x->bin[i] == y->bin[k] ? x->count[i] : 0;
		if (now < y->count[k])
			return true;
	}
	return false;
}

void
edges_bin_range(const struct edge_bins *b, uint32_t bin, double *lower, double *upper)
{
	const struct edges *e = b->edges;
	size_t k = bin / 2;

	if (bin % 2 == 1) {
		*lower = *upper = e->at[k];
		return;
	}
	*lower = k == 0 ? -INFINITY : e->at[k - 1];
	*upper = k == e->n ? INFINITY : e->at[k];
	if (b->min > *lower && b->min < *upper)
		*lower = b->min;
	if (b->max < *upper && b->max > *lower)
		*upper = b->max;
}

double
edges_variance(const struct histogram *h)
{
	double mean = h->bins->s1 / h->count, v = h->bins->s2 / h->count - mean * mean;

	return v < 0 ? 0 : v;
}
