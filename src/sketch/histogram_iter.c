/*
 * histogram_iter.c -- the buckets of a histogram in the order of their values, or the other way round.
 *
 * Buckets beside a wide zero bucket are cut at its threshold; buckets that no value can be in (zero bucket with
 * nothing in it) are left out, empty ones inside spans are not.
 */
#include <math.h>

#include "histogram_private.h"
#include "mlwatch/sketch.h"

enum { PHASE_NEGATIVE, PHASE_ZERO, PHASE_POSITIVE, PHASE_DONE };

static void
begin(struct bucket_iter *it, const struct histogram *h, bool reverse)
{
	*it = (struct bucket_iter){.h = h, .reverse = reverse, .phase = reverse ? PHASE_POSITIVE : PHASE_NEGATIVE};
}

void
histogram_each(struct bucket_iter *it, const struct histogram *h)
{
	begin(it, h, false);
}

void
histogram_each_reverse(struct bucket_iter *it, const struct histogram *h)
{
	begin(it, h, true);
}

/* Positions for the first bucket, in the direction of growing indexes or falling ones. */
static void
side_start(struct bucket_iter *it, const struct buckets *b, bool falling)
{
	it->started = true;
	it->span = 0;
	it->at = 0;
	it->in_span = 0;
	it->index = b->n_spans > 0 ? b->spans[0].offset : 0;
	if (!falling)
		return;
	it->at = b->n;
	it->span = b->n_spans;
	it->index = 0;
	for (size_t i = 0; i < b->n_spans; i++)
		it->index += (int64_t)b->spans[i].offset + b->spans[i].length;
	if (b->n_spans > 0)
		it->in_span = b->spans[b->n_spans - 1].length;
}

static bool
side_rise(struct bucket_iter *it, const struct buckets *b, int64_t *index, double *count)
{
	while (it->span < b->n_spans && it->in_span == b->spans[it->span].length) {
		if (++it->span < b->n_spans)
			it->index += b->spans[it->span].offset;
		it->in_span = 0;
	}
	if (it->span == b->n_spans || it->at == b->n)
		return false;
	*index = it->index++;
	*count = b->counts[it->at++];
	it->in_span++;
	return true;
}

static bool
side_fall(struct bucket_iter *it, const struct buckets *b, int64_t *index, double *count)
{
	while (it->span > 0 && it->in_span == 0) {
		it->index -= b->spans[it->span - 1].offset;
		if (--it->span > 0)
			it->in_span = b->spans[it->span - 1].length;
	}
	if (it->span == 0 || it->at == 0)
		return false;
	*index = --it->index;
	*count = b->counts[--it->at];
	it->in_span--;
	return true;
}

static bool
side_next(struct bucket_iter *it, const struct buckets *b, bool falling, int64_t *index, double *count)
{
	if (!it->started)
		side_start(it, b, falling);
	return falling ? side_fall(it, b, index, count) : side_rise(it, b, index, count);
}

static void
describe(const struct bucket_iter *it, bool positive, int64_t index, double count, struct bucket *out)
{
	const struct histogram *h = it->h;
	double far = histogram_bound(h, index), near = histogram_bound(h, index - 1);

	if (h->schema == HIST_CUSTOM) {
		*out = (struct bucket){near, far, count, index == 0, true, (int32_t)index};
		return;
	}
	if (!it->exact_bounds && near < h->zero_threshold && near > 0)
		near = h->zero_threshold;
	*out = positive ? (struct bucket){near, far, count, false, true, (int32_t)index}
			: (struct bucket){-far, -near, count, true, false, (int32_t)index};
}

static bool
edges_next(struct bucket_iter *it, struct bucket *out)
{
	const struct edge_bins *b = it->h->bins;

	if (it->at == b->n)
		return false;
	size_t i = it->reverse ? b->n - 1 - it->at : it->at;
	it->at++;
	*out = (struct bucket){.count = b->count[i], .index = (int32_t)b->bin[i]};
	edges_bin_range(b, b->bin[i], &out->lower, &out->upper);
	size_t k = b->bin[i] / 2;
	bool at_edge = b->bin[i] % 2 == 1;
	out->lower_inclusive = at_edge || k == 0 || out->lower != b->edges->at[k - 1];
	out->upper_inclusive = at_edge || k == b->edges->n || out->upper != b->edges->at[k];
	return true;
}

bool
bucket_next(struct bucket_iter *it, struct bucket *out)
{
	const struct histogram *h = it->h;
	int64_t index;
	double count;

	if (h->schema == HIST_EDGES)
		return edges_next(it, out);
	for (; it->phase >= PHASE_NEGATIVE && it->phase < PHASE_DONE; it->phase += it->reverse ? -1 : 1) {
		bool positive = it->phase == PHASE_POSITIVE;
		if (it->phase == PHASE_ZERO) {
			if (it->started || h->schema == HIST_CUSTOM || !(h->zero_count > 0)) {
				it->started = false;
				continue;
			}
			it->started = true;
			*out = (struct bucket){-h->zero_threshold, h->zero_threshold, h->zero_count, true, true, 0};
			return true;
		}
		if (side_next(it, positive ? &h->pos : &h->neg, positive == it->reverse, &index, &count)) {
			describe(it, positive, index, count, out);
			return true;
		}
		it->started = false;
	}
	return false;
}
