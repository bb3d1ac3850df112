/*
 * range_windows.c -- counter functions over window series.
 *
 * Windows hold increments, so an increase is their sum and nothing is guessed: the windows with end > t - range
 * and start < t, the one that is open at t in full. While the series is alive (a window ended less than
 * alive_ms ago) a range without windows is 0; after that there is no result.
 */
#include <math.h>

#include "range_private.h"

struct window_range {
	const struct series *s;
	size_t lo, hi; /* windows of the range */
	bool alive;
};

static void
window_slide(struct window_range *r, int64_t from, int64_t to)
{
	const struct series *s = r->s;
	int64_t end;

	while (r->hi < s->n && s->windows[r->hi].start < to)
		r->hi++;
	while (r->lo < r->hi && s->windows[r->lo].end <= from)
		r->lo++;
	end = r->hi > 0 ? s->windows[r->hi - 1].end : s->last_end_before;
	r->alive = end != INT64_MIN && end > to - s->alive_ms;
}

static const struct histogram *
empty_like(struct eval *ev, const struct histogram *like)
{
	struct histogram *h = arena_calloc(ev->mem, 1, sizeof *h);

	h->schema = like->schema;
	h->hint = RESET_GAUGE;
	h->zero_threshold = like->zero_threshold;
	h->n_custom = like->n_custom;
	h->custom = like->custom;
	if (like->bins != NULL) {
		struct edge_bins *bins = arena_calloc(ev->mem, 1, sizeof *bins);

		bins->edges = like->bins->edges;
		bins->min = INFINITY;
		bins->max = -INFINITY;
		h->bins = bins;
	}
	return h;
}

static const struct histogram *
gauge(struct eval *ev, const struct histogram *h)
{
	struct histogram *copy = arena_alloc(ev->mem, sizeof *copy);

	*copy = *h;
	copy->hint = RESET_GAUGE;
	return copy;
}

/* NULL: the histograms of the range do not go together. */
static const struct histogram *
sum_histograms(struct eval *ev, const struct window_range *r)
{
	struct histogram_sum *sum;

	if (r->lo == r->hi)
		return r->s->n > 0 ? empty_like(ev, r->s->windows[r->lo > 0 ? r->lo - 1 : 0].h) : r->s->empty;
	if (r->hi == r->lo + 1)
		return gauge(ev, r->s->windows[r->lo].h);
	sum = histogram_sum_open(ev->run->scratch, r->s->windows[r->lo].h);
	for (size_t i = r->lo + 1; i < r->hi; i++)
		if (histogram_sum_add(sum, r->s->windows[i].h, NULL) < 0)
			return keep_histogram(ev, NULL);
	return keep_histogram(ev, gauge(ev, histogram_sum_result(sum)));
}

static double
sum_counts(const struct window_range *r)
{
	double sum = 0, c = 0;

	for (size_t i = r->lo; i < r->hi; i++)
		kahan_add(r->s->windows[i].count, &sum, &c);
	return sum + c;
}

static void
put(struct eval *ev, struct vseries *out, size_t step, const struct histogram *h, double v, double per)
{
	if (h == NULL)
		out->v[step] = per != 0 ? v / per : v;
	else
		vseries_set_histogram(ev, out, step, per != 0 ? histogram_divide(ev->mem, h, per) : h);
}

static void
window_step(struct eval *ev, enum window_use use, const struct window_range *r, bool histograms, double range_s,
	    struct vseries *out, size_t step)
{
	const struct window_point *last = r->hi > r->lo ? &r->s->windows[r->hi - 1] : NULL;
	const struct histogram *h = NULL;

	switch (use) {
	case WINDOW_ZERO:
		out->v[step] = 0;
		return;
	case WINDOW_IRATE:
	case WINDOW_IDELTA:
		if (last == NULL)
			return;
		put(ev, out, step, last->h != NULL ? gauge(ev, last->h) : NULL, last->count,
		    use == WINDOW_IRATE ? (double)(last->end - last->start) / 1000 : 0);
		return;
	default:
		if (histograms && (h = sum_histograms(ev, r)) == NULL)
			return;
		put(ev, out, step, h, histograms ? 0 : sum_counts(r), use == WINDOW_RATE ? range_s : 0);
	}
}

int
window_series(struct eval *ev, enum window_use use, const struct range_source *src, const struct range_series *in,
	      struct vseries *out)
{
	struct window_range r = {.s = in->windows};
	size_t work = 0;
	bool histograms = r.s->n > 0 ? r.s->windows[0].h != NULL : r.s->histograms;

	for (size_t i = 0; i < ev->n; i++) {
		int64_t to = (src->fixed ? src->fixed_at : step_time(ev, i)) - src->offset;

		window_slide(&r, to - src->range, to);
		if (r.lo == r.hi && (!r.alive || (histograms && r.s->n == 0 && r.s->empty == NULL)))
			continue;
		window_step(ev, use, &r, histograms, (double)src->range / 1000, out, i);
		if (eval_worked(ev, &work, 1 + (r.hi - r.lo) * (histograms ? HISTOGRAM_WORK : 1)) < 0)
			return -1;
	}
	return 0;
}
