/*
 * range.c -- range functions: how they slide over the points that range_source.c has.
 *
 * Series by series: two indices each for floats and histograms move along with the steps, so that every step sees
 * its range as a slice.
 */
#include <stdlib.h>

#include "eval.h"
#include "mlwatch/num.h"
#include "range_private.h"

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
	struct eval *ev = sl->ev, scratch = eval_in_scratch(ev);
	bool copies = !(sl->fn->flags & FN_KEEPS_NAME); /* first and last hand out what they found */
	struct slice f = {0}, h = {0};
	size_t work = 0;

	for (size_t i = 0; i < ev->n; i++) {
		int64_t to = (src->fixed ? src->fixed_at : step_time(ev, i)) - src->offset, from = to - src->range;
		int64_t see_from = from - (src->anchored || src->smoothed ? ev->run->lookback : 0);
		int64_t see_to = to + (src->smoothed ? ev->run->lookback : 0);
		struct range_call c = {.ev = &scratch,
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
			store(ev, out, i, v, copies ? keep_histogram(ev, result_h) : result_h);
		arena_reset(scratch.mem);
		if (err_is_set(ev->run->e) || eval_worked(ev, &work, 1 + c.nf + HISTOGRAM_WORK * c.nh) < 0)
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
	return eval_leaf(ev, &increase, eval_range_call, out);
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

static const struct point *
copy_points(struct arena *mem, const struct point *from, size_t n)
{
	struct point *p = arena_alloc(mem, n * sizeof *p);

	for (size_t i = 0; i < n; i++) {
		p[i] = from[i];
		if (p[i].h != NULL)
			p[i].h = histogram_copy(mem, p[i].h);
	}
	return p;
}

int
eval_range_vector(struct eval *ev, const struct node *n, struct promql_result *r)
{
	struct range_source src;
	int64_t to;

	if (range_source_open(ev, n, WINDOW_POINTS, &src) < 0)
		return -1;
	to = (src.fixed ? src.fixed_at : ev->start) - src.offset;
	r->matrix = arena_alloc(r->mem, (src.n + 1) * sizeof *r->matrix);
	for (size_t i = 0; i < src.n; i++) {
		struct point *points = NULL;
		size_t count;

		count = collect(ev, &src, &src.at[i], to - src.range, to, &points);
		if (count == 0)
			continue;
		if (eval_take(ev, count) < 0)
			return -1;
		r->matrix[r->n++] = (struct matrix_series){
		    labels_copy(r->mem, src.at[i].drop_name ? labels_without_metadata(ev->mem, src.at[i].labels)
							    : src.at[i].labels),
		    copy_points(r->mem, points, count), count};
	}
	return 0;
}
