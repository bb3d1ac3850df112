/*
 * functions_instant_rate.c -- irate() and idelta(): the last two samples of a range.
 */
#include "callbacks.h"
#include "eval.h"
#include "functions_counter.h"

struct pair_member {
	const struct point *p;
	int64_t start;
};

/* The last two points of both kinds, older first. False: there are not two. */
static bool
last_two(const struct range_call *c, struct pair_member out[2])
{
	size_t f = c->nf, h = c->nh;

	if (f + h < 2)
		return false;
	for (int k = 1; k >= 0; k--) {
		bool take_h = h > 0 && (f == 0 || c->h[h - 1].t >= c->f[f - 1].t);

		if (take_h) {
			h--;
			out[k] = (struct pair_member){&c->h[h], c->h_start != NULL ? c->h_start[h] : 0};
		} else {
			f--;
			out[k] = (struct pair_member){&c->f[f], c->f_start != NULL ? c->f_start[f] : 0};
		}
	}
	return true;
}

static bool
started_anew(const struct pair_member s[2])
{
	return start_is_reset(s[0].start, s[0].p->t, s[1].start, s[1].p->t);
}

static struct histogram *
histogram_step(struct range_call *c, const struct pair_member s[2], bool rate)
{
	const struct histogram *a = s[0].p->h, *b = s[1].p->h;
	bool gauges = a->hint == RESET_GAUGE || b->hint == RESET_GAUGE,
	     all = a->hint == RESET_GAUGE && b->hint == RESET_GAUGE;
	struct histogram *h;
	unsigned notes = 0;

	if (rate && gauges)
		note_not_counter(c->ev, c->arg, c->labels);
	if (!rate && !all)
		note_not_gauge(c->ev, c->arg, c->labels);
	if (rate && (started_anew(s) || histogram_detect_reset(b, a))) {
		h = histogram_copy(c->ev->mem, b);
	} else {
		h = histogram_sub(c->ev->mem, b, a, &notes);
		if (h == NULL) {
			note_mixed_schemas(c->ev, c->arg, c->labels);
			return NULL;
		}
		if (notes & HIST_NOTE_CUSTOM_BOUNDS)
			note_bounds(c->ev, c->arg, "subtraction");
	}
	h = histogram_compact(c->ev->mem, h);
	h->hint = RESET_GAUGE;
	return h;
}

static bool
instant_value(struct range_call *c, bool rate, double *v, const struct histogram **out)
{
	struct pair_member s[2];
	struct histogram *h;
	double seconds;

	if (!last_two(c, s) || s[0].p->t == s[1].p->t)
		return false;
	seconds = (double)(s[1].p->t - s[0].p->t) / 1000;
	if ((s[0].p->h == NULL) != (s[1].p->h == NULL)) {
		note_mixed_range(c->ev, c->arg, c->labels);
		return false;
	}
	if (s[1].p->h == NULL) {
		bool reset = rate && (s[1].p->v < s[0].p->v || started_anew(s));

		*v = s[1].p->v - (reset ? 0 : s[0].p->v);
		if (rate)
			*v /= seconds;
		return true;
	}
	h = histogram_step(c, s, rate);
	if (h == NULL)
		return false;
	*out = rate ? histogram_divide(c->ev->mem, h, seconds) : h;
	return true;
}

bool
fn_irate(struct range_call *c, double *v, const struct histogram **h)
{
	return instant_value(c, true, v, h);
}

bool
fn_idelta(struct range_call *c, double *v, const struct histogram **h)
{
	return instant_value(c, false, v, h);
}
