/*
 * functions_drift_histogram.c -- drift of histograms: with the reference that they were binned on, or with each other. Features without a
 * reference have exponential histograms; two of these are put on their bucket limits first.
 */
#include "functions_drift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/histogram.h"
#include "mlwatch/sketch.h"

/* The bucket limits of two exponential histograms as edges, so that features without a reference can be compared over time. */
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

static void
compare_exponential(const struct drift_call *c, const struct measure *m, struct labels l, const struct histogram *cur,
		    const struct histogram *ref)
{
	int schema = cur->schema < ref->schema ? cur->schema : ref->schema;
	struct limits limits = {0};
	struct sides s = {.rows = cur->count};
	struct edges *e;

	cur = histogram_reduce(c->mem, cur, schema);
	ref = histogram_reduce(c->mem, ref, schema);
	add_limits(c->mem, &limits, cur);
	add_limits(c->mem, &limits, ref);
	if (limits.n == 0)
		return;
	e = edges_of_limits(&limits);
	s.cur = on_edges(c->mem, cur, e);
	s.ref = on_edges(c->mem, ref, e);
	s.ref_stddev = histogram_stddev(ref);
	drift_result(c, l, m->numeric(&s));
	edges_unref(e);
}

static bool
same_but_name(struct drift_call const *c, struct labels a, struct labels b)
{
	static const char *const name[] = {METRIC_NAME};

	return labels_equal(labels_drop(c->mem, a, name, 1), labels_drop(c->mem, b, name, 1));
}

static const struct vector_sample *
other_side(const struct drift_call *c, const struct vector_sample *a)
{
	for (size_t i = 0; i < c->n_b; i++)
		if (same_but_name(c, a->labels, c->b[i].labels))
			return &c->b[i];
	return NULL;
}

static void
compare_two(const struct drift_call *c, const struct measure *m, const struct vector_sample *a)
{
	const struct vector_sample *b = other_side(c, a);
	struct sides s = {.rows = a->h->count};

	if (b == NULL || b->h == NULL) {
		drift_warn_no_other_side(c, m, a->labels);
		return;
	}
	if (a->h->schema >= -4 && b->h->schema >= -4) {
		compare_exponential(c, m, a->labels, a->h, b->h);
		return;
	}
	if (a->h->schema != HIST_EDGES || b->h->schema != HIST_EDGES ||
	    a->h->bins->edges->id != b->h->bins->edges->id) {
		drift_warn(c, "%s: the two sides of feature \"%s\" were binned on different references", m->name,
			   labels_get(a->labels, "feature"));
		return;
	}
	s.cur = a->h;
	s.ref = b->h;
	s.ref_stddev = histogram_moments(b->h).stddev;
	drift_result(c, a->labels, m->numeric(&s));
}

static void
compare_with_reference(const struct drift_call *c, const struct measure *m, const struct vector_sample *a)
{
	bool binned = a->h->schema == HIST_EDGES;
	const struct reference_feature *f = drift_find_reference(c, a->labels, binned ? a->h->bins->edges : NULL);
	struct sides s = {.cur = a->h, .rows = a->h->count};

	if (f == NULL || f->categorical || !binned) {
		drift_warn_no_reference(c, m, a->labels);
		return;
	}
	if (f->edges->id != a->h->bins->edges->id) {
		drift_warn(c,
			   "%s: feature \"%s\" of model \"%s\" was binned on another reference than the one loaded now",
			   m->name, f->name, labels_get(a->labels, "model"));
		return;
	}
	s.ref = f->hist;
	s.ref_stddev = f->stddev;
	drift_result(c, a->labels, m->numeric(&s));
}

void
drift_compare_histogram(const struct drift_call *c, const struct measure *m, const struct vector_sample *a)
{
	if (m->needs_no_reference) {
		drift_emit(c, a->labels, a->h->count);
	} else if (m->numeric == NULL) {
		drift_warn(c, "%s is for categories, but \"%s\" is a numeric feature", m->name,
			   labels_get(a->labels, "feature"));
	} else if (a->h->count > 0) {
		if (c->has_b)
			compare_two(c, m, a);
		else
			compare_with_reference(c, m, a);
	}
}
