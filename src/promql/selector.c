/*
 * selector.c -- instant vector selectors: which sample of each series counts at each step.
 *
 * A series is asked for once per evaluation, over the whole span of its steps; then one pass finds
 * the newest sample of (t - lookback, t] for every step. Window series give their running total.
 */
#include <inttypes.h>
#include <math.h>

#include "eval.h"
#include "range_private.h"
#include "mlwatch/num.h"

int64_t
modifier_offset(struct eval *ev, const struct modifiers *m, int *rc)
{
	struct duration_context c = {ev->run->step, ev->run->end - ev->run->start};
	int64_t ms = m->offset_ms;

	*rc = 0;
	if (m->offset_expr != NULL)
		*rc = duration_resolve(m->offset_expr, &c, true, &ms, ev->run->e);
	return ms;
}

bool
modifier_at(const struct eval *ev, const struct modifiers *m, int64_t *at)
{
	*at = m->at == AT_START ? ev->run->start : m->at == AT_END ? ev->run->end : m->at_ms;
	return m->at != AT_NONE;
}

int
node_range(struct eval *ev, const struct node *n, int64_t *ms)
{
	struct duration_context c = {ev->run->step, ev->run->end - ev->run->start};
	const struct node *expr = n->kind == N_MATRIX ? n->matrix.range_expr : n->subquery.range_expr;

	*ms = n->kind == N_MATRIX ? n->matrix.range_ms : n->subquery.range_ms;
	return expr != NULL ? duration_resolve(expr, &c, false, ms, ev->run->e) : 0;
}

/* Where only counts and sums matter, the reset hints that storage left open are found out, as Prometheus does it. */
static void
detect_resets(struct eval *ev, struct series *s)
{
	const struct histogram *before = NULL;
	struct point *points = NULL;

	for (size_t i = 0; s->kind == SERIES_SAMPLES && i < s->n; i++) {
		const struct histogram *h = s->points[i].h;
		struct histogram *copy;

		if (h != NULL && before != NULL && h->hint == RESET_UNKNOWN && !num_is_stale(h->sum)) {
			if (points == NULL) {
				points = arena_alloc(ev->mem, s->n * sizeof *points);
				memcpy(points, s->points, s->n * sizeof *points);
			}
			copy = arena_alloc(ev->mem, sizeof *copy);
			*copy = *h;
			copy->hint = histogram_detect_reset(h, before) ? RESET_YES : RESET_NO;
			points[i].h = copy;
		}
		if (h != NULL && !num_is_stale(h->sum))
			before = h;
	}
	if (points != NULL)
		s->points = points;
}

#define SOFT_LIMIT_MAX 1000000

static size_t
soft_limit(size_t limit)
{
	return limit / 8 < SOFT_LIMIT_MAX ? limit / 8 + 1 : SOFT_LIMIT_MAX;
}

int
load_series(struct eval *ev, const struct matcher *m, size_t n_m, struct select *q, struct series_list *out)
{
	const struct storage *st = ev->run->p->storage;
	size_t max_series = ev->run->p->limits.max_series;

	q->matchers = m;
	q->n_matchers = n_m;
	q->max_samples = ev->soft_limit ? soft_limit(ev->run->limit) : ev->run->limit;
	*out = (struct series_list){0};
	if (eval_alive(ev) < 0)
		return -1;
	if (st == NULL)
		return 0;
	if (st->select(st->self, q, ev->mem, out, ev->run->e) < 0) {
		ev->run->too_large = ev->soft_limit;
		return -1;
	}
	if (ev->stats && !ev->no_stats)
		for (size_t i = 0; i < out->n; i++)
			detect_resets(ev, &out->at[i]);
	if (max_series != 0 && out->n > max_series)
		return eval_fail(ev, "selector matches %zu series, which is over the limit of %zu", out->n, max_series);
	return eval_alive(ev);
}

static bool
is_stale(const struct point *p)
{
	return num_is_stale(p->h != NULL ? p->h->sum : p->v);
}

static void
take(struct eval *ev, struct vseries *s, size_t step, const struct point *p, int64_t start, enum pick_what what)
{
	switch (what) {
	case PICK_TIMES:
		s->v[step] = (double)p->t / 1000;
		break;
	case PICK_TIMES_MS:
		if (p->h != NULL)
			eval_fail(ev, "info series must have float samples, found a histogram: %s",
				  labels_get(s->labels, METRIC_NAME));
		s->v[step] = (double)p->t;
		break;
	case PICK_STARTS:
		s->v[step] = (double)start / 1000;
		break;
	case PICK_VALUES:
		if (p->h != NULL)
			vseries_set_histogram(ev, s, step, p->h);
		else
			s->v[step] = p->v;
	}
}

/* first: the reference time of step 0; by: how much it moves per step. */
static void
pick_samples(struct eval *ev, const struct series *in, int64_t first, int64_t by, enum pick_what what,
	     struct vseries *s)
{
	size_t next = 0;

	for (size_t i = 0; i < ev->n; i++) {
		int64_t ref = first + (int64_t)i * by;

		while (next < in->n && in->points[next].t <= ref)
			next++;
		if (next == 0 || in->points[next - 1].t <= ref - ev->run->lookback || is_stale(&in->points[next - 1]))
			continue;
		take(ev, s, i, &in->points[next - 1], in->starts != NULL ? in->starts[next - 1] : 0, what);
	}
}

static void
pick_totals(struct eval *ev, const struct series *in, int64_t first, int64_t by, enum pick_what what, struct vseries *s)
{
	double total = in->total_before;
	struct running_total h = {.h = in->total_before_h};
	int64_t end = in->last_end_before;
	size_t next = 0;

	for (size_t i = 0; i < ev->n; i++) {
		int64_t ref = first + (int64_t)i * by;

		for (; next < in->n && in->windows[next].start < ref; next++) {
			const struct window_point *w = &in->windows[next];

			total += w->count;
			if (w->h != NULL)
				running_add(ev, &h, w->h);
			end = w->end;
		}
		if (end == INT64_MIN || end <= ref - in->alive_ms)
			continue;
		take(ev, s, i, &(struct point){.t = end < ref ? end : ref, .v = total, .h = running_keep(ev, &h)}, 0,
		     what);
	}
}

/* The samples on either side of ref, within lookback. False: floats and histograms are mixed there. */
static bool
samples_around(const struct series *in, int64_t ref, int64_t lookback, const struct point **before,
	       const struct point **after)
{
	bool floats = false, histograms = false;

	*before = *after = NULL;
	for (size_t k = 0; k < in->n; k++) {
		const struct point *p = &in->points[k];

		if (p->t <= ref - lookback || p->t > ref + lookback || is_stale(p))
			continue;
		*(p->h != NULL ? &histograms : &floats) = true;
		if (p->t <= ref)
			*before = p;
		else if (*after == NULL)
			*after = p;
	}
	return !(floats && histograms);
}

/* smoothed: between the sample before and the one after. */
static void
pick_smoothed(struct eval *ev, const struct node *n, const struct series *in, int64_t first, int64_t by,
	      struct vseries *s)
{
	for (size_t i = 0; i < ev->n; i++) {
		int64_t ref = first + (int64_t)i * by;
		const struct point *a, *b;
		const struct histogram *h;

		if (!samples_around(in, ref, ev->run->lookback, &a, &b)) {
			note_mixed_range(ev, n, in->labels);
			continue;
		}
		if (a == NULL)
			continue;
		if (b == NULL || a->t == ref) {
			take(ev, s, i, a, 0, PICK_VALUES);
		} else if (a->h == NULL) {
			s->v[i] = interpolate_floats(a, b, ref, false);
		} else {
			h = interpolate_histograms(ev->mem, a, b, ref, a->h->hint != RESET_GAUGE);
			if (h != NULL)
				vseries_set_histogram(ev, s, i, h);
			else
				note_mixed_schemas(ev, n, in->labels);
		}
	}
}

struct asked { /* what evaluate() looks for, and when */
	const struct matcher *matchers;
	size_t n_matchers;
	int64_t offset;
	const int64_t *at; /* @, or NULL */
	const struct node *smoothed;
	enum pick_what what;
};

static int
evaluate(struct eval *ev, const struct asked *a, struct value *out)
{
	struct series_list list;
	int64_t first = (a->at != NULL ? *a->at : ev->start) - a->offset, by = a->at != NULL ? 0 : ev->step;
	struct select q = {
	    .step_ms = ev->n > 1 ? ev->step : 0, .flags = SELECT_TOTALS, .mint = first - ev->run->lookback};

	q.maxt = first + (int64_t)(ev->n - 1) * by + (a->smoothed != NULL ? ev->run->lookback : 0);
	if (load_series(ev, a->matchers, a->n_matchers, &q, &list) < 0)
		return -1;
	*out = (struct value){.type = VALUE_VECTOR};
	for (size_t i = 0; i < list.n; i++) {
		struct vseries *s = value_add(ev, out, list.at[i].labels);

		if (s == NULL || ((i & 255) == 255 && eval_alive(ev) < 0))
			return -1;
		if (list.at[i].kind == SERIES_WINDOWS)
			pick_totals(ev, &list.at[i], first, by, a->what, s);
		else if (a->smoothed == NULL)
			pick_samples(ev, &list.at[i], first, by, a->what, s);
		else
			pick_smoothed(ev, a->smoothed, &list.at[i], first, by, s);
		if (vseries_empty(ev, s))
			out->n--;
	}
	return err_is_set(ev->run->e) ? -1 : 0;
}

int
eval_matchers(struct eval *ev, const struct matcher *m, size_t n_m, int64_t offset, const int64_t *at,
	      enum pick_what what, struct value *out)
{
	return evaluate(ev, &(struct asked){m, n_m, offset, at, NULL, what}, out);
}

int
eval_selector_times(struct eval *ev, const struct node *n, enum pick_what what, struct value *out)
{
	struct asked a = {n->selector.matchers, n->selector.n_matchers, 0, NULL, n->selector.smoothed ? n : NULL, what};
	int64_t at;
	int rc;

	a.offset = modifier_offset(ev, &n->mod, &rc);
	if (rc < 0)
		return -1;
	if (modifier_at(ev, &n->mod, &at))
		a.at = &at;
	if (n->selector.anchored)
		return eval_fail(ev, "anchored modifier can only be used with range vectors");
	return evaluate(ev, &a, out);
}

int
eval_selector(struct eval *ev, const struct node *n, struct value *out)
{
	return eval_selector_times(ev, n, PICK_VALUES, out);
}
