/*
 * aggregate.c -- sum, avg, count, min, max, group, stddev, stdvar, quantile and count_values.
 *
 * Every series is given its group once; then each step folds its samples into the groups. Those
 * that pick series rather than fold them (topk, limitk, ...) are in aggregate_k.c.
 */
#include <math.h>
#include <stdlib.h>

#include "eval.h"
#include "mlwatch/buf.h"
#include "mlwatch/num.h"

struct group {
	bool seen, has_float, incremental, ignored;
	double v, c, mean, count;
	double *values; /* quantile */
	size_t n_values, cap_values;
	const struct histogram **h;
	size_t n_h, cap_h;
	struct labels first_h; /* of the series of the newest histogram: for notes */
};

struct folding {
	struct eval *ev;
	const struct node *node;
	enum aggregator op;
	struct group *groups;
	const double *param;
};

static struct labels
group_labels(struct eval *ev, const struct node *n, struct labels l)
{
	struct name_list g = n->aggregate.sorted;

	if (n->aggregate.without)
		return labels_drop(ev->mem, labels_with(ev->mem, l, METRIC_NAME, ""), g.at, g.n);
	return g.n == 0 ? (struct labels){NULL, 0} : labels_keep(ev->mem, l, g.at, g.n);
}

static void
push_double(struct eval *ev, struct group *g, double v)
{
	if (g->n_values == g->cap_values) {
		size_t cap = g->cap_values != 0 ? g->cap_values * 2 : 16;

		g->values = arena_realloc(ev->mem, g->values, g->cap_values * sizeof v, cap * sizeof v);
		g->cap_values = cap;
	}
	g->values[g->n_values++] = v;
}

static void
push_histogram(struct eval *ev, struct group *g, const struct histogram *h, struct labels l)
{
	if (g->n_h == g->cap_h) {
		size_t cap = g->cap_h != 0 ? g->cap_h * 2 : 16;

		g->h = arena_realloc(ev->mem, g->h, g->cap_h * sizeof *g->h, cap * sizeof *g->h);
		g->cap_h = cap;
	}
	g->h[g->n_h++] = h;
	g->first_h = l;
}

/* The running mean for when the plain sum would overflow. */
static void
fold_average(struct group *g, double v)
{
	double q;

	if (!g->incremental) {
		double s = g->v, c = g->c;

		kahan_add(v, &s, &c);
		if (!isinf(s)) {
			g->v = s;
			g->c = c;
			return;
		}
		g->incremental = true;
		g->mean = g->v / (g->count - 1);
		g->c /= g->count - 1;
	}
	q = (g->count - 1) / g->count;
	g->mean *= q;
	g->c *= q;
	kahan_add(v / g->count, &g->mean, &g->c);
}

static void
fold_deviation(struct group *g, double v)
{
	double delta;

	if (g->count == 1) {
		g->mean = v;
		g->v = isnan(v) || isinf(v) ? NAN : 0;
		return;
	}
	delta = v - g->mean;
	g->mean += delta / g->count;
	g->v += delta * (v - g->mean);
}

static void
fold(struct folding *f, struct group *g, double v)
{
	bool first = g->count == 0;

	g->count++;
	g->has_float = true;
	switch (f->op) {
	case AGG_SUM:
		if (first)
			g->v = v;
		else
			kahan_add(v, &g->v, &g->c);
		break;
	case AGG_AVG:
		if (first)
			g->v = v;
		else
			fold_average(g, v);
		break;
	case AGG_MIN:
		if (first || g->v > v || isnan(g->v))
			g->v = v;
		break;
	case AGG_MAX:
		if (first || g->v < v || isnan(g->v))
			g->v = v;
		break;
	case AGG_STDDEV:
	case AGG_STDVAR:
		fold_deviation(g, v);
		break;
	case AGG_QUANTILE:
		push_double(f->ev, g, v);
		break;
	default:
		break;
	}
}

static void
fold_sample(struct folding *f, struct group *g, const struct vseries *s, size_t step)
{
	const struct histogram *h = vseries_h(s, step);

	if (h == NULL) {
		g->seen = true;
		fold(f, g, s->v[step]);
		return;
	}
	switch (f->op) {
	case AGG_SUM:
	case AGG_AVG:
		g->seen = true;
		push_histogram(f->ev, g, h, s->labels);
		break;
	case AGG_COUNT:
	case AGG_GROUP:
		g->seen = true;
		g->count++;
		break;
	default:
		note_info(f->ev, f->node->aggregate.expr, "ignored histogram in %s aggregation",
			  aggregator_info[f->op].name);
	}
}

/* What the group's numbers come to. */
static double
finish(const struct folding *f, struct group *g, size_t step)
{
	switch (f->op) {
	case AGG_SUM:
		return g->v + g->c;
	case AGG_AVG:
		return g->incremental ? g->mean + g->c : g->v / g->count + g->c / g->count;
	case AGG_COUNT:
		return g->count;
	case AGG_GROUP:
		return 1;
	case AGG_STDVAR:
		return g->v / g->count;
	case AGG_STDDEV:
		return sqrt(g->v / g->count);
	case AGG_QUANTILE:
		return quantile_of(f->param[step], g->values, g->n_values);
	default:
		return g->v;
	}
}

static void
finish_group(struct folding *f, struct group *g, struct vseries *out, size_t step)
{
	const struct node *where = f->node->aggregate.expr;
	const struct histogram *h;
	struct eval scratch;

	if (g->n_h == 0) {
		out->v[step] = finish(f, g, step);
		return;
	}
	if (g->has_float) {
		note_warn(f->ev, where, "encountered a mix of histograms and floats for aggregation");
		return;
	}
	if (g->n_h == 1) {
		vseries_set_histogram(f->ev, out, step, histogram_compact(f->ev->mem, g->h[0]));
		return;
	}
	scratch = eval_in_scratch(f->ev);
	h = histograms_total(&scratch, where, g->h, g->n_h, f->op == AGG_AVG);
	if (h == NULL)
		note_mixed_schemas(f->ev, where, g->first_h);
	else
		vseries_set_histogram(f->ev, out, step, keep_histogram(f->ev, histogram_compact(scratch.mem, h)));
	arena_reset(scratch.mem);
}

static void
reset_groups(struct group *groups, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct group *g = &groups[i];

		*g = (struct group){.values = g->values, .cap_values = g->cap_values, .h = g->h, .cap_h = g->cap_h};
	}
}

static uint32_t *
assign_groups(struct eval *ev, const struct node *n, const struct value *in, struct numbering *names)
{
	uint32_t *group = arena_alloc(ev->mem, (in->n + 1) * sizeof *group);

	*names = (struct numbering){.mem = ev->mem};
	for (size_t i = 0; i < in->n; i++)
		group[i] = (uint32_t)numbering_of(names, group_labels(ev, n, in->at[i].labels));
	return group;
}

static void
check_quantiles(struct eval *ev, const struct node *n, const double *param)
{
	double lowest = INFINITY, highest = -INFINITY;

	for (size_t i = 0; i < ev->n; i++) {
		if (isnan(param[i])) {
			note_quantile(ev, n->aggregate.param, NAN);
			return;
		}
		lowest = fmin(lowest, param[i]);
		highest = fmax(highest, param[i]);
	}
	if (highest > 1)
		note_quantile(ev, n->aggregate.param, highest);
	if (lowest < 0)
		note_quantile(ev, n->aggregate.param, lowest);
}

static int
fold_all(struct folding *f, const struct value *in, const uint32_t *group, size_t n_groups, struct value *out)
{
	struct eval *ev = f->ev;

	for (size_t step = 0; step < ev->n; step++) {
		reset_groups(f->groups, n_groups);
		for (size_t i = 0; i < in->n; i++)
			if (!is_absent(in->at[i].v[step]))
				fold_sample(f, &f->groups[group[i]], &in->at[i], step);
		for (size_t g = 0; g < n_groups; g++)
			if (f->groups[g].seen)
				finish_group(f, &f->groups[g], &out->at[g], step);
		if ((step & 63) == 63 && eval_alive(ev) < 0)
			return -1;
	}
	return 0;
}

/* --- count_values --- */

static const char *
value_label(struct eval *ev, const struct vseries *s, size_t step)
{
	struct buf b = BUF_INIT;
	char num[NUM_MAX], *out;

	if (vseries_h(s, step) == NULL) {
		num_f(num, s->v[step]);
		return arena_strdup(ev->mem, num);
	}
	histogram_format(&b, s->h[step]);
	out = arena_strdup(ev->mem, buf_str(&b));
	buf_release(&b);
	return out;
}

static struct labels
value_labels(struct eval *ev, const struct node *n, const struct vseries *s, size_t step, const char *name)
{
	struct labels l = labels_with(ev->mem, s->labels, name, value_label(ev, s, step));
	const char **names;
	struct name_list g = n->aggregate.sorted;

	if (n->aggregate.without)
		return group_labels(ev, n, l);
	names = arena_alloc(ev->mem, (g.n + 1) * sizeof *names);
	if (g.n > 0)
		memcpy((void *)names, g.at, g.n * sizeof *names);
	names[g.n] = name;
	g = name_list_sorted(ev->mem, (struct name_list){names, g.n + 1});
	return labels_keep(ev->mem, l, g.at, g.n);
}

static int
count_values(struct eval *ev, const struct node *n, const struct value *in, struct value *out)
{
	struct numbering names = {.mem = ev->mem};
	const char *name = ast_unparen(n->aggregate.param)->string.text;

	if (*name == '\0' || !label_name_is_utf8(name))
		return eval_fail(ev, "invalid label name %s", quoted_text(ev->mem, name));
	for (size_t step = 0; step < ev->n; step++)
		for (size_t i = 0; i < in->n; i++) {
			struct labels l;
			size_t at;

			if (is_absent(in->at[i].v[step]))
				continue;
			l = value_labels(ev, n, &in->at[i], step, name);
			at = numbering_of(&names, l);
			if (at == out->n && value_add(ev, out, l) == NULL)
				return -1;
			out->at[at].v[step] = is_absent(out->at[at].v[step]) ? 1 : out->at[at].v[step] + 1;
		}
	return 0;
}

/* --- the node --- */

static int
parameter(struct eval *ev, const struct node *n, const double **out)
{
	struct value v;

	*out = NULL;
	if (n->aggregate.param == NULL || n->aggregate.op == AGG_COUNT_VALUES)
		return 0;
	if (eval_node(ev, n->aggregate.param, &v) < 0)
		return -1;
	*out = v.at[0].v;
	return 0;
}

int
eval_aggregate(struct eval *ev, const struct node *n, struct value *out)
{
	struct folding f = {.ev = ev, .node = n, .op = n->aggregate.op};
	struct numbering names;
	struct value in;
	uint32_t *group;

	if (parameter(ev, n, &f.param) < 0 || eval_node(ev, n->aggregate.expr, &in) < 0)
		return -1;
	*out = (struct value){.type = VALUE_VECTOR};
	if (f.op == AGG_COUNT_VALUES)
		return count_values(ev, n, &in, out);
	group = assign_groups(ev, n, &in, &names);
	if (aggregator_info[f.op].selects)
		return eval_aggregate_k(ev, n, &in, f.param, group, names.n, out);
	if (f.op == AGG_QUANTILE)
		check_quantiles(ev, n, f.param);
	f.groups = arena_calloc(ev->mem, names.n + 1, sizeof *f.groups);
	for (size_t g = 0; g < names.n; g++)
		if (value_add(ev, out, names.at[g]) == NULL)
			return -1;
	for (size_t i = 0; i < in.n; i++)
		if (in.at[i].drop_name)
			out->at[group[i]].drop_name = true;
	if (fold_all(&f, &in, group, names.n, out) < 0)
		return -1;
	value_drop_empty(ev, out);
	return 0;
}
