/*
 * functions_math.c -- functions of plain numbers, and the bridges between scalars, vectors and their absence.
 */
#include <math.h>

#include "callbacks.h"
#include "eval.h"

double
math_rad(double v)
{
	return v * M_PI / 180;
}

double
math_deg(double v)
{
	return v * 180 / M_PI;
}

double
math_sgn(double v)
{
	return v < 0 ? -1 : v > 0 ? 1 : v;
}

static void
remove_histogram(struct vseries *s, size_t step)
{
	s->v[step] = absent_value();
	s->h[step] = NULL;
}

int
fn_round(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	for (size_t i = 0; i < args[0].n; i++) {
		struct vseries *s = &args[0].at[i];

		s->drop_name = true;
		for (size_t k = 0; k < ev->n; k++) {
			double inverse = 1 / (call->call.n_args > 1 ? args[1].at[0].v[k] : 1);

			if (vseries_h(s, k) != NULL)
				remove_histogram(s, k);
			else if (!is_absent(s->v[k]))
				s->v[k] = floor(s->v[k] * inverse + 0.5) / inverse;
		}
	}
	*out = args[0];
	value_drop_empty(ev, out);
	return 0;
}

/* Go's math.Min and math.Max: NaN wins. */
static double
lesser(double a, double b)
{
	return isnan(a) || isnan(b) ? NAN : a < b ? a : b;
}

static double
greater(double a, double b)
{
	return isnan(a) || isnan(b) ? NAN : a > b ? a : b;
}

int
fn_min_of(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	(void)call;
	for (size_t k = 0; k < ev->n; k++)
		args[0].at[0].v[k] = lesser(args[0].at[0].v[k], args[1].at[0].v[k]);
	*out = args[0];
	return 0;
}

int
fn_max_of(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	(void)call;
	for (size_t k = 0; k < ev->n; k++)
		args[0].at[0].v[k] = greater(args[0].at[0].v[k], args[1].at[0].v[k]);
	*out = args[0];
	return 0;
}

static int
clamp(struct eval *ev, struct value *v, const double *low, const double *high, struct value *out)
{
	for (size_t i = 0; i < v->n; i++) {
		struct vseries *s = &v->at[i];

		s->drop_name = true;
		for (size_t k = 0; k < ev->n; k++) {
			double lo = low != NULL ? low[k] : -INFINITY, hi = high != NULL ? high[k] : INFINITY;

			if (is_absent(s->v[k]))
				continue;
			if (vseries_h(s, k) != NULL)
				remove_histogram(s, k);
			else
				s->v[k] = hi < lo ? absent_value() : greater(lo, lesser(hi, s->v[k]));
		}
	}
	*out = *v;
	value_drop_empty(ev, out);
	return 0;
}

int
fn_clamp(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	(void)call;
	return clamp(ev, &args[0], args[1].at[0].v, args[2].at[0].v, out);
}

int
fn_clamp_min(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	(void)call;
	return clamp(ev, &args[0], args[1].at[0].v, NULL, out);
}

int
fn_clamp_max(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	(void)call;
	return clamp(ev, &args[0], NULL, args[1].at[0].v, out);
}

int
fn_pi(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	(void)call;
	(void)args;
	return value_constant(ev, M_PI, out);
}

int
fn_vector(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	(void)ev;
	(void)call;
	*out = args[0];
	out->type = VALUE_VECTOR;
	return 0;
}

/* The only float of a step, else NaN. */
int
fn_scalar(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	(void)call;
	if (value_constant(ev, NAN, out) < 0)
		return -1;
	for (size_t k = 0; k < ev->n; k++) {
		size_t found = 0;
		double v = NAN;

		for (size_t i = 0; i < args[0].n; i++) {
			if (is_absent(args[0].at[i].v[k]) || vseries_h(&args[0].at[i], k) != NULL)
				continue;
			found++;
			v = args[0].at[i].v[k];
		}
		out->at[0].v[k] = found == 1 ? v : NAN;
	}
	return 0;
}

/* --- absence --- */

/* What the selector says exactly: name="value", unless it says more about the same label after that. */
static struct labels
absent_labels(struct eval *ev, const struct node *arg)
{
	const struct node *n = ast_unparen(arg);
	struct labels l = {NULL, 0};
	struct name_list seen = {NULL, 0};

	if (n->kind == N_MATRIX)
		n = n->matrix.selector;
	if (n->kind != N_SELECTOR)
		return l;
	seen.at = arena_alloc(ev->mem, (n->selector.n_matchers + 1) * sizeof *seen.at);
	for (size_t i = 0; i < n->selector.n_matchers; i++) {
		const struct matcher *m = &n->selector.matchers[i];
		bool first = m->op == MATCH_EQ && !name_list_has(seen, m->name);

		if (strcmp(m->name, METRIC_NAME) == 0)
			continue;
		l = labels_with(ev->mem, l, m->name, first ? m->value : "");
		if (first)
			seen.at[seen.n++] = m->name;
	}
	return l;
}

static int
absent_where(struct eval *ev, const struct node *arg, const bool *present, struct value *out)
{
	struct vseries *s;

	*out = (struct value){.type = VALUE_VECTOR};
	s = value_add(ev, out, absent_labels(ev, arg));
	if (s == NULL)
		return -1;
	for (size_t k = 0; k < ev->n; k++)
		if (!present[k])
			s->v[k] = 1;
	value_drop_empty(ev, out);
	return 0;
}

static bool *
presence(struct eval *ev, const struct value *v)
{
	bool *present = arena_calloc(ev->mem, ev->n, sizeof *present);

	for (size_t i = 0; i < v->n; i++)
		for (size_t k = 0; k < ev->n; k++)
			present[k] |= !is_absent(v->at[i].v[k]);
	return present;
}

int
fn_absent(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	return absent_where(ev, call->call.args[0], presence(ev, &args[0]), out);
}

int
fn_absent_over_time(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	struct node present = *call;
	struct value v;

	(void)args;
	present.call.fn = function_find("present_over_time");
	if (eval_range_call(ev, &present, &v) < 0)
		return -1;
	return absent_where(ev, call->call.args[0], presence(ev, &v), out);
}
