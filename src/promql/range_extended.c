/*
 * range_extended.c -- anchored and smoothed ranges.
 *
 * anchored: the value at the beginning of the range is that of the last sample at or before it.
 * smoothed: the values at both ends are interpolated between the samples around them.
 * Points up to a lookback outside of the range take part, so that nothing is extrapolated.
 */
#include "range_private.h"

static double
interpolate(const struct point *a, const struct point *b, int64_t t, bool counter)
{
	double from = counter && b->v < a->v ? 0 : a->v;

	return from + (b->v - from) * (double)(t - a->t) / (double)(b->t - a->t);
}

/* The first of p[0..n-1] whose time is after t (or at or after it); n - 1 when there is none. */
static size_t
first_after(const struct point *p, size_t n, int64_t t, bool at_too)
{
	size_t i = 0;

	while (i + 1 < n && (at_too ? p[i].t < t : p[i].t <= t))
		i++;
	return i;
}

struct edges_of_range {
	size_t first, last;
	double left, right;
};

static bool
find_edges(const struct point *p, size_t n, int64_t from, int64_t to, bool smoothed, bool counter,
	   struct edges_of_range *r)
{
	if (n == 0)
		return false;
	r->first = first_after(p, n, from, false);
	r->first = r->first > 0 ? r->first - 1 : 0;
	r->last = smoothed ? first_after(p, n, to, true) : n - 1;
	if (p[r->last].t <= from)
		return false;
	r->left = smoothed && p[r->first].t < from ? interpolate(&p[r->first], &p[r->first + 1], from, counter)
						   : p[r->first].v;
	r->right = smoothed && r->last > 0 && p[r->last].t > to ? interpolate(&p[r->last - 1], &p[r->last], to, counter)
								: p[r->last].v;
	return true;
}

bool
extended_rate(const struct range_call *c, bool counter, bool per_second, double *v)
{
	struct edges_of_range r;
	double prev;

	if (!find_edges(c->f, c->nf, c->from, c->to, c->smoothed, counter, &r))
		return false;
	*v = r.right - r.left;
	prev = r.left;
	for (size_t i = r.first; counter && i <= r.last; i++) {
		if (c->f[i].t <= c->from || c->f[i].t >= c->to)
			continue;
		if (c->f[i].v < prev)
			*v += prev;
		prev = c->f[i].v;
	}
	if (counter && r.right < prev)
		*v += prev;
	if (per_second)
		*v /= (double)(c->to - c->from) / 1000;
	return true;
}

bool
anchored_first(const struct range_call *c, size_t *first)
{
	*first = 0;
	if (!c->anchored)
		return true;
	if (c->nf == 0 || c->f[c->nf - 1].t <= c->from)
		return false;
	*first = first_after(c->f, c->nf, c->from, false);
	*first = *first > 0 ? *first - 1 : 0;
	return true;
}

size_t
extended_points(struct eval *ev, const struct range_source *src, const struct range_series *in, int64_t from,
		int64_t to, struct point **out)
{
	int64_t lookback = ev->run->lookback;
	const struct point *p = in->f;
	size_t n = in->nf, count = 0;
	struct edges_of_range r;

	while (n > 0 && p[0].t <= from - lookback) {
		p++;
		n--;
	}
	while (n > 0 && p[n - 1].t > to + (src->smoothed ? lookback : 0))
		n--;
	if (!find_edges(p, n, from, to, src->smoothed, false, &r))
		return 0;
	*out = arena_alloc(ev->mem, (n + 2) * sizeof **out);
	(*out)[count++] = (struct point){.t = from, .v = r.left};
	for (size_t i = r.first; i <= r.last; i++)
		if (p[i].t > from && p[i].t < to)
			(*out)[count++] = p[i];
	(*out)[count++] = (struct point){.t = to, .v = r.right};
	return count;
}
