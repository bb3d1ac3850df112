/*
 * functions_rate.c -- rate(), increase(), delta(): what a series changed by over a range.
 *
 * Samples rarely stand at the edges of the range, so the change between the first and the last one is extrapolated
 * to the edges that have a sample near enough (within 1.1 of the average distance), else by half that distance, and
 * never below zero for counters. This is Prometheus' definition to the letter; window series do not come here.
 */
#include "callbacks.h"
#include "eval.h"
#include "functions_counter.h"
#include "range_private.h"

bool
start_is_reset(int64_t prev_start, int64_t prev_t, int64_t start, int64_t t)
{
	if (start == 0 || start >= t || start < prev_t)
		return false;
	if (start > prev_t)
		return true;
	/* Starting at the last sample is how deltas are written, but also cumulative series of unknown start. */
	return prev_start != 0 && prev_start < prev_t;
}

static bool
reset_by_start(const int64_t *starts, const struct point *p, size_t i)
{
	return starts != NULL && start_is_reset(starts[i - 1], p[i - 1].t, starts[i], p[i].t);
}

/* True when the result cannot be had; tells about it. */
static bool
differ(struct range_call *c, const struct histogram *a, const struct histogram *b)
{
	if ((a->schema == HIST_CUSTOM) == (b->schema == HIST_CUSTOM))
		return false;
	note_mixed_schemas(c->ev, c->arg, c->labels);
	return true;
}

static struct histogram *
combine(struct range_call *c, struct histogram *h, const struct histogram *with, bool add)
{
	unsigned notes = 0;
	struct histogram *out =
	    add ? histogram_add(c->ev->mem, h, with, &notes) : histogram_sub(c->ev->mem, h, with, &notes);

	if (out == NULL)
		note_mixed_schemas(c->ev, c->arg, c->labels);
	else if (notes & HIST_NOTE_CUSTOM_BOUNDS)
		note_bounds(c->ev, c->arg, add ? "addition" : "subtraction");
	return out;
}

static void
tell_kind(struct range_call *c, bool counter)
{
	bool gauges = false;

	for (size_t i = 0; i < c->nh && counter; i++)
		gauges |= c->h[i].h->hint == RESET_GAUGE;
	if (counter && gauges)
		note_not_counter(c->ev, c->arg, c->labels);
}

/* The change over the histograms of the range. NULL: they do not go together. */
static struct histogram *
histogram_change(struct range_call *c, bool counter)
{
	const struct histogram *prev = c->h[0].h, *last = c->h[c->nh - 1].h, *second = c->h[1].h;
	struct histogram *nothing, *h;
	int schema;

	tell_kind(c, counter);
	/* After a reset right at the beginning the first one's layout does not matter. */
	if (counter && (reset_by_start(c->h_start, c->h, 1) || histogram_detect_reset(second, prev))) {
		nothing = arena_calloc(c->ev->mem, 1, sizeof *nothing);
		nothing->schema = second->schema;
		nothing->n_custom = second->n_custom;
		nothing->custom = second->custom;
		if (second->schema == HIST_EDGES)
			nothing = histogram_sub(c->ev->mem, second, second, NULL);
		prev = nothing;
	}
	if (differ(c, last, prev))
		return NULL;
	schema = last->schema < prev->schema ? last->schema : prev->schema;
	for (size_t i = 1; counter && i + 1 < c->nh; i++) {
		if (c->h[i].h->schema < schema)
			schema = c->h[i].h->schema;
		if (differ(c, c->h[i].h, prev))
			return NULL;
	}
	h = schema >= -4 ? histogram_reduce(c->ev->mem, last, schema) : histogram_copy(c->ev->mem, last);
	h = combine(c, h, prev, false);
	for (size_t i = 1; counter && h != NULL && i < c->nh; i++) {
		if (reset_by_start(c->h_start, c->h, i) || histogram_detect_reset(c->h[i].h, prev))
			h = combine(c, h, prev, true);
		prev = c->h[i].h;
	}
	if (h == NULL)
		return NULL;
	if (!counter && (c->h[0].h->hint != RESET_GAUGE || last->hint != RESET_GAUGE))
		note_not_gauge(c->ev, c->arg, c->labels);
	h = histogram_compact(c->ev->mem, h);
	h->hint = RESET_GAUGE;
	return h;
}

static double
float_change(const struct range_call *c, bool counter)
{
	double change = c->f[c->nf - 1].v - c->f[0].v;

	for (size_t i = 1; counter && i < c->nf; i++)
		if (c->f[i].v < c->f[i - 1].v || reset_by_start(c->f_start, c->f, i))
			change += c->f[i - 1].v;
	return change;
}

/* The series is known to have started at 0 within the range, before its first sample there. */
static bool
starts_inside(const struct range_call *c, const struct point *p, const int64_t *starts)
{
	return starts != NULL && starts[0] != 0 && starts[0] > c->from && starts[0] < p[0].t;
}

/* How much the change between first and last sample is to be stretched. at_first, change: of the count for histograms. */
static double
extrapolation(const struct range_call *c, const struct point *p, size_t n, bool counter, double at_first, double change)
{
	double to_start = (double)(p[0].t - c->from) / 1000, to_end = (double)(c->to - p[n - 1].t) / 1000;
	double sampled = (double)(p[n - 1].t - p[0].t) / 1000, average = sampled / (double)(n - 1),
	       threshold = average * 1.1;

	if (to_start >= threshold)
		to_start = average / 2;
	if (counter && change > 0 && at_first >= 0) {
		double to_zero = sampled * (at_first / change);

		if (to_zero < to_start)
			to_start = to_zero;
	}
	if (to_end >= threshold)
		to_end = average / 2;
	return (sampled + to_start + to_end) / sampled;
}

/* The same for a series that started inside the range: there is nothing to guess at its beginning. */
static double
extrapolation_to_end(const struct range_call *c, const struct point *p, size_t n, int64_t start)
{
	double to_end = (double)(c->to - p[n - 1].t) / 1000, sampled = (double)(p[n - 1].t - start) / 1000;
	double average = n > 1 ? (double)(p[n - 1].t - p[0].t) / 1000 / (double)(n - 1) : 0;

	if (to_end >= average * 1.1)
		to_end = average / 2;
	return (sampled + to_end) / sampled;
}

static void
tell_overlap(struct range_call *c, const struct point *p, size_t n, const int64_t *starts)
{
	for (size_t i = 1; starts != NULL && i < n; i++)
		if (starts[i] != 0 && starts[i] < p[i - 1].t && starts[i] != starts[i - 1]) {
			note_warn(
			    c->ev, c->arg,
			    "sample has start time that overlaps with previous sample timestamp for metric \"%s\"",
			    labels_get(c->labels, METRIC_NAME));
			return;
		}
}

static bool
histogram_extrapolated(struct range_call *c, bool counter, double per, const struct histogram **out)
{
	bool inside = counter && starts_inside(c, c->h, c->h_start);
	struct histogram *h;
	double factor;

	if (c->nh < (inside ? 1 : 2))
		return false;
	h = c->nh > 1 ? histogram_change(c, counter) : histogram_copy(c->ev->mem, c->h[0].h);
	if (h != NULL && inside && c->nh > 1)
		h = combine(c, h, c->h[0].h, true);
	if (h == NULL)
		return false;
	h->hint = RESET_GAUGE;
	if (counter)
		tell_overlap(c, c->h, c->nh, c->h_start);
	factor = inside ? extrapolation_to_end(c, c->h, c->nh, c->h_start[0])
			: extrapolation(c, c->h, c->nh, counter, c->h[0].h->count, h->count);
	*out = histogram_scale(c->ev->mem, h, factor / per);
	return true;
}

static bool
extrapolated(struct range_call *c, bool counter, bool per_second, double *v, const struct histogram **out_h)
{
	double per = per_second ? (double)(c->to - c->from) / 1000 : 1;
	bool inside;

	if (c->anchored || c->smoothed)
		return extended_rate(c, counter, per_second, v, out_h);
	if (c->nf > 0 && c->nh > 0) {
		note_mixed_range(c->ev, c->arg, c->labels);
		return false;
	}
	if (c->nh > 0)
		return histogram_extrapolated(c, counter, per, out_h);
	inside = counter && starts_inside(c, c->f, c->f_start);
	if (c->nf < (inside ? 1 : 2))
		return false;
	if (counter)
		tell_overlap(c, c->f, c->nf, c->f_start);
	*v = float_change(c, counter);
	if (inside)
		*v = (*v + c->f[0].v) * extrapolation_to_end(c, c->f, c->nf, c->f_start[0]) / per;
	else
		*v *= extrapolation(c, c->f, c->nf, counter, c->f[0].v, *v) / per;
	return true;
}

bool
fn_rate(struct range_call *c, double *v, const struct histogram **h)
{
	return extrapolated(c, true, true, v, h);
}

bool
fn_increase(struct range_call *c, double *v, const struct histogram **h)
{
	return extrapolated(c, true, false, v, h);
}

bool
fn_delta(struct range_call *c, double *v, const struct histogram **h)
{
	return extrapolated(c, false, false, v, h);
}
