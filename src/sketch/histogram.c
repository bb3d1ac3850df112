/*
 * histogram.c -- histograms as values: copies, scaling, bucket bounds, and the plain arrays on which every change
 * of a histogram works (struct side, struct work).
 *
 * A histogram is immutable, so results may share arrays with what they came from; both live in arenas of
 * the same evaluation.
 */
#include "histogram_private.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "mlwatch/arena.h"

static void *
copy_array(struct arena *mem, const void *p, size_t n, size_t size)
{
	if (n == 0)
		return NULL;
	void *to = arena_alloc(mem, n * size);
	memcpy(to, p, n * size);
	return to;
}

static struct buckets
copy_buckets(struct arena *mem, const struct buckets *b)
{
	return (struct buckets){b->n_spans, b->n, copy_array(mem, b->spans, b->n_spans, sizeof *b->spans),
				copy_array(mem, b->counts, b->n, sizeof *b->counts)};
}

struct histogram *
histogram_copy(struct arena *mem, const struct histogram *h)
{
	struct histogram *c = arena_alloc(mem, sizeof *c);

	*c = *h;
	c->pos = copy_buckets(mem, &h->pos);
	c->neg = copy_buckets(mem, &h->neg);
	c->custom = copy_array(mem, h->custom, h->n_custom, sizeof *h->custom);
	if (h->bins != NULL) {
		struct edge_bins *b = arena_alloc(mem, sizeof *b);
		*b = *h->bins;
		b->bin = copy_array(mem, b->bin, b->n, sizeof *b->bin);
		b->count = copy_array(mem, b->count, b->n, sizeof *b->count);
		b->sum = copy_array(mem, b->sum, b->n, sizeof *b->sum);
		c->bins = b;
	}
	return c;
}

static double
times(double v, double by)
{
	return v * by;
}

static double
over(double v, double by)
{
	return v / by;
}

static const double *
map_counts(struct arena *mem, const struct buckets *b, double (*f)(double, double), double by)
{
	if (b->n == 0)
		return NULL;
	double *to = arena_alloc(mem, b->n * sizeof *to);
	for (size_t i = 0; i < b->n; i++)
		to[i] = f(b->counts[i], by);
	return to;
}

static struct histogram *
map(struct arena *mem, const struct histogram *h, double (*f)(double, double), double by)
{
	struct histogram *c;

	if (h->schema == HIST_EDGES) {
		c = edges_map(mem, h, f, by);
	} else {
		c = arena_alloc(mem, sizeof *c);
		*c = *h;
		c->zero_count = f(h->zero_count, by);
		c->count = f(h->count, by);
		c->sum = f(h->sum, by);
		c->pos.counts = map_counts(mem, &h->pos, f, by);
		c->neg.counts = map_counts(mem, &h->neg, f, by);
	}
	if (by < 0)
		c->hint = RESET_GAUGE;
	return c;
}

struct histogram *
histogram_scale(struct arena *mem, const struct histogram *h, double factor)
{
	return map(mem, h, times, factor);
}

struct histogram *
histogram_divide(struct arena *mem, const struct histogram *h, double by)
{
	struct histogram *c = map(mem, h, over, by);

	if (by == 0) { /* no bucket has a meaning any more */
		c->pos = (struct buckets){0};
		c->neg = (struct buckets){0};
	}
	return c;
}

double
exponential_bound(int64_t index, int schema)
{
	double bound;

	if (schema <= 0) {
		int64_t e = index * ((int64_t)1 << -schema);
		bound = ldexp(1, e > 2000 ? 2000 : e < -2000 ? -2000 : (int)e);
	} else {
		int64_t per = (int64_t)1 << schema, k = index & (per - 1), e = (index - k) / per;
		bound = ldexp(exp2((double)k / (double)per), e > 2000 ? 2000 : e < -2000 ? -2000 : (int)e);
	}
	/* The bucket up to 2^1024 holds the largest finite values; only the one above it is for infinities. */
	if (isinf(bound) && index <= (schema <= 0 ? 1024 >> -schema : (int64_t)1024 << schema))
		return 1.7976931348623157e308;
	return bound;
}

double
histogram_bound(const struct histogram *h, int64_t index)
{
	if (h->schema != HIST_CUSTOM)
		return exponential_bound(index, h->schema);
	if (index < 0)
		return -INFINITY;
	return (size_t)index < h->n_custom ? h->custom[index] : INFINITY;
}

static struct side
side_read(struct arena *mem, const struct buckets *b)
{
	struct side s = {0};
	int64_t index = 0;
	size_t at = 0;

	if (b->n == 0)
		return s;
	s.index = arena_alloc(mem, b->n * sizeof *s.index);
	s.count = arena_alloc(mem, b->n * sizeof *s.count);
	s.comp = arena_calloc(mem, b->n, sizeof *s.comp);
	for (size_t i = 0; i < b->n_spans; i++) {
		index += b->spans[i].offset;
		for (uint32_t k = 0; k < b->spans[i].length && at < b->n; k++, at++) {
			s.index[at] = (int32_t)index++;
			s.count[at] = b->counts[at];
		}
	}
	s.n = at;
	return s;
}

/* Adds comp; one span per run. */
static void
side_write(struct arena *mem, const struct side *s, struct buckets *out)
{
	size_t runs = 0;

	*out = (struct buckets){0};
	if (s->n == 0)
		return;
	for (size_t i = 0; i < s->n; i++)
		runs += i == 0 || s->index[i] != s->index[i - 1] + 1;
	struct span *spans = arena_alloc(mem, runs * sizeof *spans);
	double *counts = arena_alloc(mem, s->n * sizeof *counts);
	size_t r = 0;
	for (size_t i = 0; i < s->n; i++) {
		if (i == 0)
			spans[r++] = (struct span){s->index[0], 1};
		else if (s->index[i] != s->index[i - 1] + 1)
			spans[r++] = (struct span){s->index[i] - s->index[i - 1] - 1, 1};
		else
			spans[r - 1].length++;
		counts[i] = s->count[i] + s->comp[i];
	}
	*out = (struct buckets){runs, s->n, spans, counts};
}

struct work
work_read(struct arena *mem, const struct histogram *h)
{
	return (struct work){
	    .schema = h->schema,
	    .hint = h->hint,
	    .count = h->count,
	    .sum = h->sum,
	    .zero_threshold = h->zero_threshold,
	    .zero_count = h->zero_count,
	    .pos = side_read(mem, &h->pos),
	    .neg = side_read(mem, &h->neg),
	    .n_custom = h->n_custom,
	    .custom = h->custom,
	};
}

struct histogram *
work_write(struct arena *mem, const struct work *w)
{
	struct histogram *h = arena_calloc(mem, 1, sizeof *h);

	h->schema = w->schema;
	h->hint = w->hint;
	h->count = w->count + w->count_comp;
	h->sum = w->sum + w->sum_comp;
	h->zero_threshold = w->zero_threshold;
	h->zero_count = w->zero_count + w->zero_comp;
	side_write(mem, &w->pos, &h->pos);
	side_write(mem, &w->neg, &h->neg);
	h->n_custom = w->n_custom;
	h->custom = w->custom;
	return h;
}

/* Index of the bucket of schema `to` that holds bucket `index` of schema `from`. */
static int32_t
coarser(int32_t index, int from, int to)
{
	int64_t i = (int64_t)index - 1, d = (int64_t)1 << (from - to);

	return (int32_t)((i >= 0 ? i / d : -((-i + d - 1) / d)) + 1);
}

/* Adds up neighbours that got the same index. */
static void
side_fold(struct side *s)
{
	size_t to = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (to > 0 && s->index[to - 1] == s->index[i]) {
			s->count[to - 1] += s->count[i];
			s->comp[to - 1] += s->comp[i];
			continue;
		}
		s->index[to] = s->index[i];
		s->count[to] = s->count[i];
		s->comp[to] = s->comp[i];
		to++;
	}
	s->n = to;
}

void
side_reduce(struct side *s, int from, int to)
{
	if (from == to)
		return;
	for (size_t i = 0; i < s->n; i++)
		s->index[i] = coarser(s->index[i], from, to);
	side_fold(s);
}

void
side_map_custom(struct side *s, const double *from, size_t n_from, const double *to, size_t n_to)
{
	size_t k = 0;

	for (size_t i = 0; i < s->n; i++) {
		size_t at = s->index[i] < 0 ? 0 : (size_t)s->index[i];
		while (k < n_to && (at >= n_from || to[k] < from[at]))
			k++;
		s->index[i] = (int32_t)k;
	}
	side_fold(s);
}

struct histogram *
histogram_reduce(struct arena *mem, const struct histogram *h, int schema)
{
	assert(histogram_is_exponential(h) && schema >= -4 && schema <= h->schema);
	struct work w = work_read(mem, h);
	side_reduce(&w.pos, h->schema, schema);
	side_reduce(&w.neg, h->schema, schema);
	w.schema = schema;
	return work_write(mem, &w);
}

static void
side_compact(struct side *s)
{
	size_t to = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (s->count[i] + s->comp[i] == 0)
			continue;
		s->index[to] = s->index[i];
		s->count[to] = s->count[i];
		s->comp[to] = s->comp[i];
		to++;
	}
	s->n = to;
}

/* As side_write would write it, with nothing to leave out. */
static bool
is_compact(const struct buckets *b)
{
	for (size_t i = 0; i < b->n_spans; i++)
		if (b->spans[i].length == 0 || (i > 0 && b->spans[i].offset == 0))
			return false;
	for (size_t i = 0; i < b->n; i++)
		if (b->counts[i] == 0)
			return false;
	return true;
}

struct histogram *
histogram_compact(struct arena *mem, const struct histogram *h)
{
	if (h->schema == HIST_EDGES || (is_compact(&h->pos) && is_compact(&h->neg))) {
		struct histogram *same = arena_alloc(mem, sizeof *same);
		*same = *h;
		return same;
	}
	struct work w = work_read(mem, h);
	side_compact(&w.pos);
	side_compact(&w.neg);
	return work_write(mem, &w);
}
