/*
 * range_source.c -- where the points of a range vector come from: selectors, subqueries, windows.
 *
 * Floats and histograms are split once per series; staleness markers are no samples in a range.
 */
#include "eval.h"
#include "mlwatch/num.h"

static bool
is_stale(const struct point *p)
{
	return num_is_stale(p->h != NULL ? p->h->sum : p->v);
}

/* Floats and histograms apart and without staleness markers; a series of one kind is used as it is. */
static void
split_points(struct eval *ev, const struct series *in, struct range_series *out)
{
	size_t nf = 0, nh = 0;
	struct point *f, *h;
	int64_t *fs = NULL, *hs = NULL;

	for (size_t i = 0; i < in->n; i++) {
		if (is_stale(&in->points[i]))
			continue;
		if (in->points[i].h != NULL)
			nh++;
		else
			nf++;
	}
	out->nf = nf;
	out->nh = nh;
	if (nf == in->n || nh == in->n) {
		*(nf == in->n ? &out->f : &out->h) = in->points;
		*(nf == in->n ? &out->f_start : &out->h_start) = in->starts;
		return;
	}
	out->f = f = arena_alloc(ev->mem, nf * sizeof *f);
	out->h = h = arena_alloc(ev->mem, nh * sizeof *h);
	if (in->starts != NULL) {
		out->f_start = fs = arena_alloc(ev->mem, nf * sizeof *fs);
		out->h_start = hs = arena_alloc(ev->mem, nh * sizeof *hs);
	}
	nf = nh = 0;
	for (size_t i = 0; i < in->n; i++) {
		bool hist = in->points[i].h != NULL;

		if (is_stale(&in->points[i]))
			continue;
		if (fs != NULL)
			*(hist ? &hs[nh] : &fs[nf]) = in->starts[i];
		*(hist ? &h[nh++] : &f[nf++]) = in->points[i];
	}
}

/* Window ends with the running total, for functions that want samples. */
static void
total_points(struct eval *ev, const struct series *in, struct range_series *out)
{
	struct point *p = arena_alloc(ev->mem, (in->n + 1) * sizeof *p);
	int64_t *open = arena_alloc(ev->mem, (in->n + 1) * sizeof *open);
	double total = in->total_before;
	struct running_total h = {.h = in->total_before_h};

	for (size_t i = 0; i < in->n; i++) {
		const struct window_point *w = &in->windows[i];

		total += w->count;
		if (w->h != NULL)
			running_add(ev, &h, w->h);
		p[i] = (struct point){.t = w->end, .v = h.h != NULL ? 0 : total, .h = running_keep(ev, &h)};
		open[i] = w->start;
	}
	if (h.h != NULL) {
		out->h = p;
		out->nh = in->n;
	} else {
		out->f = p;
		out->nf = in->n;
	}
	out->open = open;
}

static int
open_selector(struct eval *ev, const struct node *n, enum window_use use, struct range_source *src)
{
	const struct node *sel = n->matrix.selector;
	struct series_list list;
	struct select q = {.step_ms = ev->n > 1 ? ev->step : 0};
	int rc;

	src->offset = modifier_offset(ev, &sel->mod, &rc);
	if (rc < 0 || node_range(ev, n, &src->range) < 0)
		return -1;
	src->fixed = modifier_at(ev, &sel->mod, &src->fixed_at);
	src->anchored = sel->selector.anchored;
	src->smoothed = sel->selector.smoothed;
	q.range_ms = src->range;
	q.flags = use == WINDOW_POINTS ? SELECT_TOTALS | SELECT_NARROW : 0;
	if (use == WINDOW_IRATE || use == WINDOW_IDELTA)
		q.flags = SELECT_NARROW;
	q.mint = (src->fixed ? src->fixed_at : ev->start) - src->offset - src->range;
	q.maxt = (src->fixed ? src->fixed_at : step_time(ev, ev->n - 1)) - src->offset;
	if (src->anchored || src->smoothed)
		q.mint -= ev->run->lookback;
	if (src->smoothed)
		q.maxt += ev->run->lookback;
	if (load_series(ev, sel->selector.matchers, sel->selector.n_matchers, &q, &list) < 0)
		return -1;
	src->at = arena_calloc(ev->mem, list.n, sizeof *src->at);
	for (size_t i = 0; i < list.n; i++) {
		struct range_series *s = &src->at[src->n++];

		s->labels = list.at[i].labels;
		if (list.at[i].kind == SERIES_SAMPLES) {
			split_points(ev, &list.at[i], s);
			continue;
		}
		s->windows = &list.at[i];
		if (use == WINDOW_POINTS)
			total_points(ev, &list.at[i], s);
	}
	return 0;
}

/* Explicit reset hints would be misread after the thinning or doubling of a subquery. */
static const struct histogram *
without_hint(struct eval *ev, const struct histogram *h)
{
	struct histogram *copy;

	if (h->hint != RESET_YES && h->hint != RESET_NO)
		return h;
	copy = arena_alloc(ev->mem, sizeof *copy);
	*copy = *h;
	copy->hint = RESET_UNKNOWN;
	return copy;
}

static void
points_of_value(struct eval *ev, const struct eval *sub, const struct vseries *v, struct range_series *out)
{
	size_t nf = 0, nh = 0;
	struct point *f, *h;

	for (size_t i = 0; i < sub->n; i++) {
		if (vseries_h(v, i) != NULL)
			nh++;
		else if (!is_absent(v->v[i]))
			nf++;
	}
	out->f = f = arena_alloc(ev->mem, nf * sizeof *f);
	out->h = h = arena_alloc(ev->mem, nh * sizeof *h);
	out->nf = nf;
	out->nh = nh;
	out->labels = v->labels;
	out->drop_name = v->drop_name;
	nf = nh = 0;
	for (size_t i = 0; i < sub->n; i++) {
		if (vseries_h(v, i) != NULL)
			h[nh++] = (struct point){.t = step_time(sub, i), .h = without_hint(ev, v->h[i])};
		else if (!is_absent(v->v[i]))
			f[nf++] = (struct point){.t = step_time(sub, i), .v = v->v[i]};
	}
}

static int
subquery_step(struct eval *ev, const struct node *n, int64_t *step)
{
	struct duration_context c = {ev->run->step, ev->run->end - ev->run->start};
	const int64_t usual = ev->run->p->subquery_step_ms != 0 ? ev->run->p->subquery_step_ms : SUBQUERY_STEP_MS;

	*step = n->subquery.step_ms;
	if (n->subquery.step_expr != NULL && duration_resolve(n->subquery.step_expr, &c, false, step, ev->run->e) < 0)
		return -1;
	if (*step == 0)
		*step = n->subquery.step_expr == NULL ? usual : 1;
	return 0;
}

/* The steps of the inner evaluation: multiples of its own step in (start - range, end]. */
static int
subquery_grid(struct eval *ev, const struct node *n, const struct range_source *src, struct eval *sub)
{
	int64_t first = (src->fixed ? src->fixed_at : ev->start) - src->offset - src->range;
	int64_t last = (src->fixed ? src->fixed_at : step_time(ev, ev->n - 1)) - src->offset;

	*sub = *ev;
	sub->no_stats = true;
	if (subquery_step(ev, n, &sub->step) < 0)
		return -1;
	sub->start = sub->step * (first / sub->step);
	if (sub->start <= first)
		sub->start += sub->step;
	sub->n = last < sub->start ? 0 : (size_t)((last - sub->start) / sub->step) + 1;
	if (sub->n > ev->run->limit)
		return eval_take(ev, sub->n);
	return 0;
}

static int
open_subquery(struct eval *ev, const struct node *n, struct range_source *src)
{
	struct eval sub;
	struct value v;
	int rc;

	src->offset = modifier_offset(ev, &n->mod, &rc);
	if (rc < 0 || node_range(ev, n, &src->range) < 0)
		return -1;
	src->fixed = modifier_at(ev, &n->mod, &src->fixed_at);
	if (subquery_grid(ev, n, src, &sub) < 0)
		return -1;
	if (sub.n == 0)
		return 0;
	if (eval_node(&sub, n->subquery.expr, &v) < 0)
		return -1;
	src->at = arena_calloc(ev->mem, v.n, sizeof *src->at);
	for (size_t i = 0; i < v.n; i++) {
		if (eval_take(ev, 3 * sub.n) < 0) /* points are that much larger than values */
			return -1;
		points_of_value(ev, &sub, &v.at[i], &src->at[src->n++]);
	}
	return 0;
}

int
range_source_open(struct eval *ev, const struct node *n, enum window_use use, struct range_source *src)
{
	*src = (struct range_source){0};
	n = ast_unparen(n);
	return n->kind == N_SUBQUERY ? open_subquery(ev, n, src) : open_selector(ev, n, use, src);
}
