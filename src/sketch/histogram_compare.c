/*
 * histogram_compare.c -- equality of histograms, and whether a counter was reset between two of them.
 */
#include <assert.h>
#include <string.h>

#include "histogram_private.h"
#include "mlwatch/arena.h"

/* Walks the populated and the empty buckets of one side. */
struct walk {
	const struct buckets *b;
	size_t span, at;
	uint32_t in_span;
	int64_t index;
};

static bool
walk_next(struct walk *w, int64_t *index, double *count)
{
	while (w->span < w->b->n_spans && w->in_span == w->b->spans[w->span].length) {
		w->in_span = 0;
		if (++w->span < w->b->n_spans)
			w->index += w->b->spans[w->span].offset;
	}
	if (w->span == w->b->n_spans || w->at == w->b->n)
		return false;
	*index = w->index++;
	*count = w->b->counts[w->at++];
	w->in_span++;
	return true;
}

static bool
same_bits(double a, double b)
{
	return memcmp(&a, &b, sizeof a) == 0;
}

static bool
same_buckets(const struct buckets *a, const struct buckets *b)
{
	int64_t ia, ib;
	double ca, cb;

	if (a->n != b->n)
		return false;
	if (a->n == 0)
		return true;
	struct walk wa = {.b = a, .index = a->spans[0].offset}, wb = {.b = b, .index = b->spans[0].offset};
	while (walk_next(&wa, &ia, &ca)) {
		if (!walk_next(&wb, &ib, &cb) || ia != ib || !same_bits(ca, cb))
			return false;
	}
	return true;
}

bool
histogram_equal(const struct histogram *a, const struct histogram *b)
{
	if (a->schema != b->schema || !same_bits(a->count, b->count) || !same_bits(a->sum, b->sum))
		return false;
	if (a->schema == HIST_EDGES)
		return edges_equal(a, b);
	if (!histogram_same_custom(a->custom, a->n_custom, b->custom, b->n_custom))
		return false;
	return a->zero_threshold == b->zero_threshold && same_bits(a->zero_count, b->zero_count) &&
	       same_buckets(&a->pos, &b->pos) && same_buckets(&a->neg, &b->neg);
}

/* True when a populated bucket of prev is lower or missing in next. */
static bool
side_fell(const struct side *next, const struct side *prev)
{
	for (size_t i = 0, k = 0; k < prev->n; k++) {
		while (i < next->n && next->index[i] < prev->index[k])
			i++;
		bool there = i < next->n && next->index[i] == prev->index[k];
		if (there ? next->count[i] < prev->count[k] : prev->count[k] != 0)
			return true;
	}
	return false;
}

static bool
custom_fell(struct arena *mem, struct work *next, struct work *prev)
{
	if (!histogram_same_custom(next->custom, next->n_custom, prev->custom, prev->n_custom)) {
		double *common = arena_alloc(mem, (next->n_custom + 1) * sizeof *common);
		size_t n = histogram_common_custom(common, next->custom, next->n_custom, prev->custom, prev->n_custom);
		side_map_custom(&next->pos, next->custom, next->n_custom, common, n);
		side_map_custom(&prev->pos, prev->custom, prev->n_custom, common, n);
	}
	return side_fell(&next->pos, &prev->pos);
}

static bool
exponential_fell(struct work *next, struct work *prev)
{
	double threshold = next->zero_threshold, comp;

	/* A finer schema or a narrower zero bucket cannot come out of counting on. */
	if (next->schema > prev->schema || next->zero_threshold < prev->zero_threshold)
		return true;
	double zero = work_zero_count(prev, &threshold, &comp);
	if (threshold != next->zero_threshold || next->zero_count < zero)
		return true;
	side_reduce(&prev->pos, prev->schema, next->schema);
	side_reduce(&prev->neg, prev->schema, next->schema);
	side_drop_below(&prev->pos, next->schema, next->zero_threshold);
	side_drop_below(&prev->neg, next->schema, next->zero_threshold);
	return side_fell(&next->pos, &prev->pos) || side_fell(&next->neg, &prev->neg);
}

bool
histogram_detect_reset(const struct histogram *next, const struct histogram *prev)
{
	if (next->hint == RESET_YES || next->hint == RESET_NO)
		return next->hint == RESET_YES;
	if (next->count < prev->count)
		return true;
	if (next->schema == HIST_EDGES || prev->schema == HIST_EDGES)
		return next->schema != prev->schema || edges_detect_reset(next, prev);
	if ((next->schema == HIST_CUSTOM) != (prev->schema == HIST_CUSTOM))
		return true;
	struct arena *mem = arena_open();
	struct work n = work_read(mem, next), p = work_read(mem, prev);
	bool fell = next->schema == HIST_CUSTOM ? custom_fell(mem, &n, &p) : exponential_fell(&n, &p);
	arena_close(mem);
	return fell;
}
