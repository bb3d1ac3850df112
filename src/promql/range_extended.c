/*
 * range_extended.c -- anchored and smoothed ranges.
 *
 * anchored: the value at the beginning of the range is that of the last sample at or before it.
 * smoothed: the values at both ends are interpolated between the samples around them.
 * Points up to a lookback outside of the range take part, so that nothing is extrapolated.
 */
#include "range_private.h"

double
interpolate_floats(const struct point *a, const struct point *b, int64_t t, bool counter)
{
	double from = counter && b->v < a->v ? 0 : a->v;

	return from + (b->v - from) * (double)(t - a->t) / (double)(b->t - a->t);
}

/* A counter that was reset in between starts from nothing. NULL: the two do not go together. */
const struct histogram *
interpolate_histograms(struct arena *mem, const struct point *a, const struct point *b, int64_t t, bool counter)
{
	double fraction = (double)(t - a->t) / (double)(b->t - a->t);
	struct histogram *h;

	if ((a->h->schema == HIST_CUSTOM) != (b->h->schema == HIST_CUSTOM))
		return NULL;
	if (counter && histogram_detect_reset(b->h, a->h))
		return histogram_scale(mem, b->h, fraction);
	h = histogram_sub(mem, b->h, a->h, NULL);
	if (h != NULL)
		h = histogram_add(mem, histogram_scale(mem, h, fraction), a->h, NULL);
	if (h != NULL)
		h->hint = a->h->hint == RESET_GAUGE ? RESET_GAUGE : b->h->hint;
	return h;
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

/* The points that the range is made of. False: there is none in it. */
struct stretch {
	size_t first, last;
	bool left, right; /* the value at that end is interpolated */
};

static bool
find_stretch(const struct point *p, size_t n, int64_t from, int64_t to, bool smoothed, struct stretch *s)
{
	if (n == 0)
		return false;
	s->first = first_after(p, n, from, false);
	s->first = s->first > 0 ? s->first - 1 : 0;
	if (n == 1)
		s->first = 0;
	s->last = smoothed ? first_after(p, n, to, true) : n - 1;
	if (p[s->last].t <= from || p[s->first].t > to)
		return false;
	s->left = smoothed && p[s->first].t < from;
	s->right = smoothed && s->last > 0 && p[s->last].t > to;
	return true;
}

static bool
float_rate(const struct range_call *c, bool counter, double *v)
{
	const struct point *p = c->f;
	struct stretch s;
	double left, right, prev;

	if (!find_stretch(p, c->nf, c->from, c->to, c->smoothed, &s))
		return false;
	left = s.left ? interpolate_floats(&p[s.first], &p[s.first + 1], c->from, counter) : p[s.first].v;
	right = s.right ? interpolate_floats(&p[s.last - 1], &p[s.last], c->to, counter) : p[s.last].v;
	*v = right - left;
	prev = left;
	for (size_t i = s.first; counter && i <= s.last; i++) {
		if (p[i].t <= c->from || p[i].t >= c->to)
			continue;
		if (p[i].v < prev)
			*v += prev;
		prev = p[i].v;
	}
	if (counter && right < prev)
		*v += prev;
	return true;
}

/* Tells about gauges and counters in the wrong function. False: schemas that do not go together. */
static bool
check_histograms(const struct range_call *c, const struct stretch *s, bool counter)
{
	const struct point *p = c->h;
	bool gauge = false;

	for (size_t i = s->first; i <= s->last; i++) {
		gauge |= p[i].h->hint == RESET_GAUGE;
		if ((p[i].h->schema == HIST_CUSTOM) != (p[s->first].h->schema == HIST_CUSTOM)) {
			note_mixed_schemas(c->ev, c->arg, c->labels);
			return false;
		}
	}
	if (counter && gauge)
		note_not_counter(c->ev, c->arg, c->labels);
	if (!counter && (p[s->first].h->hint != RESET_GAUGE || p[s->last].h->hint != RESET_GAUGE))
		note_not_gauge(c->ev, c->arg, c->labels);
	return true;
}

/* What the resets inside the range took away is added again. Interpolated ends have their own resets in them already. */
static const struct histogram *
correct_resets(const struct range_call *c, const struct stretch *s, const struct histogram *sum,
	       const struct histogram *left, const struct histogram *right)
{
	const struct point *p = c->h;
	bool left_reset = s->left && histogram_detect_reset(p[s->first + 1].h, p[s->first].h);
	const struct histogram *prev = left;

	for (size_t i = s->first + 1; sum != NULL && i <= s->last && p[i].t < c->to; i++) {
		if (!(left_reset && i == s->first + 1) && histogram_detect_reset(p[i].h, prev))
			sum = histogram_add(c->ev->mem, sum, prev, NULL);
		prev = p[i].h;
	}
	if (sum != NULL && s->last > s->first && p[s->last].t >= c->to && !(left_reset && s->last == s->first + 1) &&
	    histogram_detect_reset(right, prev))
		sum = histogram_add(c->ev->mem, sum, prev, NULL);
	return sum;
}

static bool
histogram_rate(const struct range_call *c, bool counter, double per, const struct histogram **out)
{
	const struct point *p = c->h;
	const struct histogram *left, *right, *sum = NULL;
	struct histogram *h;
	struct stretch s;

	if (!find_stretch(p, c->nh, c->from, c->to, c->smoothed, &s) || !check_histograms(c, &s, counter))
		return false;
	left =
	    s.left ? interpolate_histograms(c->ev->mem, &p[s.first], &p[s.first + 1], c->from, counter) : p[s.first].h;
	right = s.right ? interpolate_histograms(c->ev->mem, &p[s.last - 1], &p[s.last], c->to, counter) : p[s.last].h;
	if (left != NULL && right != NULL)
		sum = histogram_sub(c->ev->mem, right, left, NULL);
	if (sum != NULL && counter)
		sum = correct_resets(c, &s, sum, left, right);
	if (sum == NULL) {
		note_mixed_schemas(c->ev, c->arg, c->labels);
		return false;
	}
	h = histogram_compact(c->ev->mem, histogram_scale(c->ev->mem, sum, 1 / per));
	h->hint = RESET_GAUGE;
	*out = h;
	return true;
}

bool
extended_rate(const struct range_call *c, bool counter, bool per_second, double *v, const struct histogram **h)
{
	double per = per_second ? (double)(c->to - c->from) / 1000 : 1;

	if (c->nf > 0 && c->nh > 0) {
		note_mixed_range(c->ev, c->arg, c->labels);
		return false;
	}
	if (c->nh > 0)
		return histogram_rate(c, counter, per, h);
	if (!float_rate(c, counter, v))
		return false;
	*v /= per;
	return true;
}

/* The first index of p at or after t. */
static size_t
first_at(const struct point *p, size_t n, int64_t t)
{
	size_t i = 0;

	while (i < n && p[i].t < t)
		i++;
	return i;
}

bool
anchored_first(const struct range_call *c, size_t *f, size_t *h)
{
	int64_t anchor = INT64_MIN;

	*f = *h = 0;
	if (!c->anchored)
		return true;
	if ((c->nf == 0 || c->f[c->nf - 1].t <= c->from) && (c->nh == 0 || c->h[c->nh - 1].t <= c->from))
		return false;
	for (size_t i = 0; i < c->nf && c->f[i].t <= c->from; i++)
		anchor = c->f[i].t;
	for (size_t i = 0; i < c->nh && c->h[i].t <= c->from; i++)
		anchor = c->h[i].t > anchor ? c->h[i].t : anchor;
	*f = first_at(c->f, c->nf, anchor);
	*h = first_at(c->h, c->nh, anchor);
	return true;
}

static struct point
point_at(struct eval *ev, const struct point *a, const struct point *b, int64_t t)
{
	if (b == NULL || (a->h == NULL) != (b->h == NULL))
		return (struct point){.t = t, .v = a->v, .h = a->h};
	if (a->h == NULL)
		return (struct point){.t = t, .v = interpolate_floats(a, b, t, false)};
	return (struct point){.t = t, .h = interpolate_histograms(ev->mem, a, b, t, a->h->hint != RESET_GAUGE)};
}

size_t
extended_points(struct eval *ev, const struct range_source *src, const struct range_series *in, int64_t from,
		int64_t to, struct point **out)
{
	int64_t lookback = ev->run->lookback;
	const struct point *p = in->nh > 0 ? in->h : in->f;
	size_t n = in->nh > 0 ? in->nh : in->nf, count = 0;
	struct stretch s;

	while (n > 0 && p[0].t <= from - lookback) {
		p++;
		n--;
	}
	while (n > 0 && p[n - 1].t > to + (src->smoothed ? lookback : 0))
		n--;
	if (!find_stretch(p, n, from, to, src->smoothed, &s))
		return 0;
	*out = arena_alloc(ev->mem, (n + 2) * sizeof **out);
	(*out)[count++] = point_at(ev, &p[s.first], s.left ? &p[s.first + 1] : NULL, from);
	for (size_t i = s.first; i <= s.last; i++)
		if (p[i].t > from && p[i].t < to)
			(*out)[count++] = p[i];
	(*out)[count++] = s.right ? point_at(ev, &p[s.last - 1], &p[s.last], to) : point_at(ev, &p[s.last], NULL, to);
	return count;
}
