/*
 * range.c -- range vectors: where their points come from (selectors, subqueries, windows) and how a range function slides over
 * them.
 *
 * Series by series: the points are split into floats and histograms once, then two indices per kind
 * move along with the steps, so that each step sees its range as a slice.
 */
#include <stdlib.h>

#include "eval.h"
#include "mlwatch/num.h"
#include "range_private.h"

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
	const struct histogram *h = in->total_before_h;

	for (size_t i = 0; i < in->n; i++) {
		const struct window_point *w = &in->windows[i];

		total += w->count;
		if (w->h != NULL)
			h = h == NULL ? w->h : histogram_add(ev->mem, h, w->h, NULL);
		p[i] = (struct point){.t = w->end, .v = h != NULL ? 0 : total, .h = h};
		open[i] = w->start;
	}
	if (h != NULL) {
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
	q.flags = use == WINDOW_POINTS ? SELECT_TOTALS : 0;
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
	for (size_t i = 0; i < v.n; i++)
		points_of_value(ev, &sub, &v.at[i], &src->at[src->n++]);
	return 0;
}

int
range_source_open(struct eval *ev, const struct node *n, enum window_use use, struct range_source *src)
{
	*src = (struct range_source){0};
	n = ast_unparen(n);
	return n->kind == N_SUBQUERY ? open_subquery(ev, n, src) : open_selector(ev, n, use, src);
}

/* --- sliding --- */

static const struct point *
from_index(const struct point *p, size_t i)
{
	return p != NULL ? p + i : NULL;
}

struct slice {
	size_t lo, hi;
};

/* open: starts of the windows behind the points; a point counts once its window has begun. */
static void
slide(const struct point *p, size_t n, const int64_t *open, int64_t from, int64_t to, struct slice *s)
{
	while (s->hi < n && (open != NULL ? open[s->hi] < to : p[s->hi].t <= to))
		s->hi++;
	while (s->lo < s->hi && p[s->lo].t <= from)
		s->lo++;
}

struct sliding {
	struct eval *ev;
	const struct function *fn;
	const struct node *call, *arg;
	const struct range_source *src;
	const double *scalars; /* n_scalars per step */
	size_t n_scalars;
};

static void
store(struct eval *ev, struct vseries *out, size_t step, double v, const struct histogram *h)
{
	if (h != NULL)
		vseries_set_histogram(ev, out, step, h);
	else
		out->v[step] = v;
}

/* A window series that lives but had no window in the range: its total stands where it was. */
static bool
still_alive(const struct sliding *sl, const struct range_series *in, struct slice f, struct slice h, struct point *last,
	    int64_t to)
{
	const struct series *w = in->windows;
	size_t hi = f.hi + h.hi;
	int64_t end = hi > 0 ? w->windows[hi - 1].end : w->last_end_before;

	(void)sl;
	if (end == INT64_MIN || end <= to - w->alive_ms)
		return false;
	*last = hi > 0 ? (in->nh > 0 ? in->h : in->f)[hi - 1]
		       : (struct point){.v = w->total_before, .h = w->total_before_h};
	last->t = to;
	return true;
}

static int
slide_series(const struct sliding *sl, const struct range_series *in, struct vseries *out)
{
	const struct range_source *src = sl->src;
	struct eval *ev = sl->ev;
	struct slice f = {0}, h = {0};

	for (size_t i = 0; i < ev->n; i++) {
		int64_t to = (src->fixed ? src->fixed_at : step_time(ev, i)) - src->offset, from = to - src->range;
		int64_t see_from = from - (src->anchored || src->smoothed ? ev->run->lookback : 0);
		int64_t see_to = to + (src->smoothed ? ev->run->lookback : 0);
		struct range_call c = {.ev = ev,
				       .call = sl->call,
				       .arg = sl->arg,
				       .labels = in->labels,
				       .t = step_time(ev, i),
				       .from = from,
				       .to = to,
				       .scalar = sl->scalars + i * sl->n_scalars,
				       .anchored = src->anchored,
				       .smoothed = src->smoothed};
		const struct histogram *result_h = NULL;
		struct point last;
		double v = 0;

		slide(in->f, in->nf, in->nf > 0 ? in->open : NULL, see_from, see_to, &f);
		slide(in->h, in->nh, in->nh > 0 ? in->open : NULL, see_from, see_to, &h);
		c.f = from_index(in->f, f.lo);
		c.nf = f.hi - f.lo;
		c.h = from_index(in->h, h.lo);
		c.nh = h.hi - h.lo;
		c.f_start = in->f_start != NULL ? in->f_start + f.lo : NULL;
		c.h_start = in->h_start != NULL ? in->h_start + h.lo : NULL;
		if (c.nf + c.nh == 0 && in->windows != NULL && still_alive(sl, in, f, h, &last, to)) {
			c.f = c.h = &last;
			c.nf = last.h == NULL;
			c.nh = last.h != NULL;
		}
		if (c.nf + c.nh == 0)
			continue;
		if (sl->fn->range(&c, &v, &result_h))
			store(ev, out, i, v, result_h);
		if (err_is_set(ev->run->e) || ((i & 1023) == 1023 && eval_alive(ev) < 0))
			return -1;
	}
	return 0;
}

/* --- the call --- */

static int
check_range_kind(struct eval *ev, const struct function *fn, const struct range_source *src)
{
	if (src->anchored && !(fn->flags & FN_ANCHORED))
		return eval_fail(
		    ev, "anchored modifier can only be used with: changes, delta, increase, rate, resets - not with %s",
		    fn->name);
	if (src->smoothed && !(fn->flags & FN_SMOOTHED))
		return eval_fail(ev, "smoothed modifier can only be used with: delta, increase, rate - not with %s",
				 fn->name);
	return 0;
}

/* The scalar arguments, side by side per step. */
static int
scalar_arguments(struct eval *ev, const struct node *n, size_t range_arg, double **out, size_t *count)
{
	size_t k = 0;

	*count = n->call.n_args - 1;
	*out = arena_alloc(ev->mem, (*count * ev->n + 1) * sizeof **out);
	for (size_t a = 0; a < n->call.n_args; a++) {
		struct value v;

		if (a == range_arg)
			continue;
		if (eval_node(ev, n->call.args[a], &v) < 0)
			return -1;
		for (size_t i = 0; i < ev->n; i++)
			(*out)[i * *count + k] = v.at[0].v[i];
		k++;
	}
	return 0;
}

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && strcmp(s + n - k, end) == 0;
}

static void
tell_non_counter(const struct sliding *sl, const struct range_series *in, const struct vseries *out)
{
	const char *name = labels_get(in->labels, METRIC_NAME), *type = labels_get(in->labels, "__type__");
	bool floats = false;

	for (size_t i = 0; i < sl->ev->n && !floats; i++)
		floats = !is_absent(out->v[i]) && vseries_h(out, i) == NULL;
	if (!floats || *name == '\0' || in->windows != NULL)
		return;
	if (sl->ev->run->p->type_and_unit_labels) {
		if (strcmp(type, "counter") != 0 && strcmp(type, "histogram") != 0)
			note_info(sl->ev, sl->arg,
				  "metric might not be a counter, __type__ label is not set to \"counter\" or "
				  "\"histogram\", got \"%s\": \"%s\"",
				  type, name);
		return;
	}
	if (!ends_with(name, "_total") && !ends_with(name, "_sum") && !ends_with(name, "_count") &&
	    !ends_with(name, "_bucket"))
		note_info(sl->ev, sl->arg,
			  "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"%s\"",
			  name);
}

int
eval_range_call(struct eval *ev, const struct node *n, struct value *out)
{
	const struct function *fn = n->call.fn;
	struct range_source src;
	size_t range_arg = 0;
	double *scalars;
	struct sliding sl = {.ev = ev, .fn = fn, .call = n, .src = &src};

	while (n->call.args[range_arg]->type != VALUE_MATRIX)
		range_arg++;
	sl.arg = ast_unparen(n->call.args[range_arg]);
	if (scalar_arguments(ev, n, range_arg, &scalars, &sl.n_scalars) < 0)
		return -1;
	sl.scalars = scalars;
	if (range_source_open(ev, sl.arg, fn->windows, &src) < 0 || check_range_kind(ev, fn, &src) < 0)
		return -1;
	*out = (struct value){.type = VALUE_VECTOR};
	for (size_t i = 0; i < src.n; i++) {
		struct vseries *s = value_add(ev, out, src.at[i].labels);
		int rc;

		if (s == NULL || ((i & 63) == 63 && eval_alive(ev) < 0))
			return -1;
		s->drop_name = !(fn->flags & FN_KEEPS_NAME);
		rc = src.at[i].windows != NULL && fn->windows != WINDOW_POINTS
			 ? window_series(ev, fn->windows, &src, &src.at[i], s)
			 : slide_series(&sl, &src.at[i], s);
		if (rc < 0)
			return -1;
		if (fn->flags & FN_COUNTER)
			tell_non_counter(&sl, &src.at[i], s);
		if (vseries_empty(ev, s))
			out->n--;
	}
	return 0;
}

int
eval_increase_of(struct eval *ev, const struct node *call, const struct node *arg, struct value *out)
{
	struct node increase = *call, *args[1] = {(struct node *)(uintptr_t)arg};

	if (arg->type != VALUE_MATRIX)
		return eval_node(ev, arg, out);
	increase.call.fn = function_find("increase");
	increase.call.args = args;
	increase.call.n_args = 1;
	return eval_range_call(ev, &increase, out);
}

/* --- a range vector as a result --- */

static int
compare_points(const void *a, const void *b)
{
	const struct point *pa = a, *pb = b;

	return pa->t < pb->t ? -1 : pa->t > pb->t;
}

static size_t
collect(struct eval *ev, const struct range_source *src, const struct range_series *in, int64_t from, int64_t to,
	struct point **out)
{
	struct slice f = {0}, h = {0};
	size_t n;

	slide(in->f, in->nf, in->nf > 0 ? in->open : NULL, from, to, &f);
	slide(in->h, in->nh, in->nh > 0 ? in->open : NULL, from, to, &h);
	if (src->anchored || src->smoothed)
		return extended_points(ev, src, in, from, to, out);
	n = f.hi - f.lo + h.hi - h.lo;
	*out = arena_alloc(ev->mem, (n + 1) * sizeof **out);
	if (f.hi > f.lo)
		memcpy(*out, in->f + f.lo, (f.hi - f.lo) * sizeof **out);
	if (h.hi > h.lo)
		memcpy(*out + (f.hi - f.lo), in->h + h.lo, (h.hi - h.lo) * sizeof **out);
	qsort(*out, n, sizeof **out, compare_points);
	return n;
}

int
eval_range_vector(struct eval *ev, const struct node *n, struct promql_result *r)
{
	struct range_source src;
	int64_t to;

	if (range_source_open(ev, n, WINDOW_POINTS, &src) < 0)
		return -1;
	to = (src.fixed ? src.fixed_at : ev->start) - src.offset;
	r->matrix = arena_alloc(ev->mem, (src.n + 1) * sizeof *r->matrix);
	for (size_t i = 0; i < src.n; i++) {
		struct point *points = NULL;
		size_t count;

		count = collect(ev, &src, &src.at[i], to - src.range, to, &points);
		if (count == 0)
			continue;
		if (eval_take(ev, count) < 0)
			return -1;
		r->matrix[r->n++] = (struct matrix_series){
		    labels_copy(ev->mem, src.at[i].drop_name ? labels_without_metadata(ev->mem, src.at[i].labels)
							     : src.at[i].labels),
		    points, count};
	}
	return 0;
}
