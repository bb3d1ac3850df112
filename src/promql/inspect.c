/*
 * inspect.c -- questions about a tree that others have: the limit it compares with, what is behind an aggregate, the selectors in it,
 * everything that is compared with a constant.
 */
#include <math.h>

#include "ast.h"
#include "eval.h"
#include "functions.h"
#include "mlwatch/buf.h"

/* The value of a scalar expression of numbers alone. */
static bool
constant(const struct node *n, double *v)
{
	double a, b;

	n = ast_unparen(n);
	switch (n->kind) {
	case N_NUMBER:
		*v = n->number.value;
		return true;
	case N_UNARY:
		if (!constant(n->unary.expr, &a))
			return false;
		*v = n->unary.op == OP_SUB ? -a : a;
		return true;
	case N_BINARY:
		if (n->type != VALUE_SCALAR || !constant(n->binary.lhs, &a) || !constant(n->binary.rhs, &b))
			return false;
		*v = scalar_op(n->binary.op, a, b);
		return true;
	default:
		return false;
	}
}

static const char *
mirrored(enum op op)
{
	static const enum op mirror[N_OPS] = {
	    [OP_EQ] = OP_EQ, [OP_NE] = OP_NE, [OP_GT] = OP_LT, [OP_LT] = OP_GT, [OP_GE] = OP_LE, [OP_LE] = OP_GE};

	return op_info[mirror[op]].text;
}

static void
text_between(const struct expr *x, const struct node *n, char **out)
{
	struct buf b = BUF_INIT;

	n = ast_unparen(n);
	buf_add(&b, x->text + n->start, n->end - n->start);
	*out = buf_steal(&b);
}

/* filters: of a comparison with bool only 0 or 1 comes out, which is not what is compared. */
static bool
find_limit(const struct expr *x, const struct node *n, bool filters, struct expr_limit *out)
{
	double v;

	n = ast_unparen(n);
	if (n->kind != N_BINARY)
		return false;
	if (n->binary.op == OP_AND || n->binary.op == OP_UNLESS) /* the value that comes out is the left one's */
		return find_limit(x, n->binary.lhs, filters, out);
	if (!op_info[n->binary.op].comparison || (filters && n->binary.returns_bool))
		return false;
	if (constant(n->binary.rhs, &v)) {
		out->op = op_info[n->binary.op].text;
		text_between(x, n->binary.lhs, &out->value_text);
	} else if (constant(n->binary.lhs, &v)) {
		out->op = mirrored(n->binary.op);
		text_between(x, n->binary.rhs, &out->value_text);
	} else {
		return false;
	}
	out->limit = v;
	out->found = true;
	return true;
}

struct expr_limit
expr_limit(const struct expr *x)
{
	struct expr_limit l = {.op = "", .value_text = NULL};

	find_limit(x, x->root, true, &l);
	return l;
}

/* Depth first and from the left: of a quotient of sums, what is counted. */
static const struct node *
topmost_aggregate(const struct node *n)
{
	const struct node *found = NULL;

	switch (n->kind) {
	case N_AGGREGATE:
		return n;
	case N_SUBQUERY:
		return topmost_aggregate(n->subquery.expr);
	case N_PAREN:
		return topmost_aggregate(n->paren.expr);
	case N_UNARY:
		return topmost_aggregate(n->unary.expr);
	case N_BINARY:
		found = topmost_aggregate(n->binary.lhs);
		return found != NULL ? found : topmost_aggregate(n->binary.rhs);
	case N_CALL:
		for (size_t i = 0; i < n->call.n_args && found == NULL; i++)
			found = topmost_aggregate(n->call.args[i]);
		return found;
	default:
		return NULL;
	}
}

struct expr_limit
expr_behind(const struct expr *x)
{
	const struct node *n = topmost_aggregate(x->root);
	struct expr_limit l = {.op = "", .limit = NAN, .value_text = NULL};

	if (n == NULL || find_limit(x, n->aggregate.expr, false, &l))
		return l;
	text_between(x, n->aggregate.expr, &l.value_text);
	l.found = true;
	return l;
}

struct selector_walk {
	void *arg;
	selector_fn *fn;
	const char *function;
};

static void
walk(const struct node *n, struct selector_walk w)
{
	const struct node *s = n->kind == N_MATRIX ? n->matrix.selector : n;

	switch (n->kind) {
	case N_SELECTOR:
	case N_MATRIX:
		w.fn(w.arg, s->selector.matchers, s->selector.n_matchers, n->kind == N_MATRIX ? n->matrix.range_ms : 0,
		     w.function);
		return;
	case N_SUBQUERY:
		walk(n->subquery.expr, w);
		return;
	case N_PAREN:
		walk(n->paren.expr, w);
		return;
	case N_UNARY:
		walk(n->unary.expr, w);
		return;
	case N_BINARY:
		walk(n->binary.lhs, w);
		walk(n->binary.rhs, w);
		return;
	case N_AGGREGATE:
		w.function = NULL;
		if (n->aggregate.param != NULL)
			walk(n->aggregate.param, w);
		walk(n->aggregate.expr, w);
		return;
	case N_CALL:
		w.function = n->call.fn->name;
		for (size_t i = 0; i < n->call.n_args; i++)
			walk(n->call.args[i], w);
		return;
	default:
		return;
	}
}

void
expr_each_selector(const struct expr *x, selector_fn *fn, void *arg)
{
	walk(x->root, (struct selector_walk){arg, fn, NULL});
}

/* ---- what is compared with a constant ---- */

/* Aggregations whose result is on the scale of what goes in. */
static bool
keeps_scale(enum aggregator a)
{
	return a == AGG_AVG || a == AGG_MIN || a == AGG_MAX || a == AGG_TOPK || a == AGG_BOTTOMK || a == AGG_QUANTILE ||
	       a == AGG_LIMITK;
}

static void
first_selector(void *arg, const struct matcher *m, size_t n, int64_t range_ms, const char *function)
{
	struct expr_core *core = arg;

	(void)function;
	if (core->n == 0) {
		core->m = m;
		core->n = n;
		core->range_ms = range_ms;
	}
}

static struct expr_core
core_of(const struct node *n)
{
	struct expr_core core = {.number = NAN};

	n = ast_unparen(n);
	while (n->kind == N_AGGREGATE && keeps_scale(n->aggregate.op))
		n = ast_unparen(n->aggregate.expr);
	walk(n, (struct selector_walk){&core, first_selector, NULL});
	if (n->kind == N_BINARY)
		core.function = op_info[n->binary.op].text;
	else if (n->kind == N_AGGREGATE)
		core.function = aggregator_info[n->aggregate.op].name;
	else if (n->kind == N_CALL)
		core.function = n->call.fn->name;
	for (size_t i = 0; n->kind == N_CALL && i < n->call.n_args && isnan(core.number); i++)
		if (!constant(n->call.args[i], &core.number))
			core.number = NAN;
	return core;
}

static void
each_core(const struct node *n, core_fn *fn, void *arg)
{
	struct expr_core core;

	n = ast_unparen(n);
	if (n->kind == N_BINARY && n->binary.op == OP_OR) {
		each_core(n->binary.lhs, fn, arg);
		each_core(n->binary.rhs, fn, arg);
		return;
	}
	core = core_of(n);
	fn(arg, &core);
}

void
expr_each_core(const struct expr *x, core_fn *fn, void *arg)
{
	each_core(x->root, fn, arg);
}

struct comparing {
	comparison_fn *fn;
	void *arg;
	const char *op;
	double limit;
};

static void
compare_core(void *arg, const struct expr_core *value)
{
	const struct comparing *c = arg;

	c->fn(c->arg, value, c->op, c->limit);
}

static void
compared(const struct node *n, comparison_fn *fn, void *arg)
{
	struct comparing c = {fn, arg, op_info[n->binary.op].text, 0};

	if (constant(n->binary.rhs, &c.limit)) {
		each_core(n->binary.lhs, compare_core, &c);
	} else if (constant(n->binary.lhs, &c.limit)) {
		c.op = mirrored(n->binary.op);
		each_core(n->binary.rhs, compare_core, &c);
	}
}

static void
each_comparison(const struct node *n, comparison_fn *fn, void *arg)
{
	switch (n->kind) {
	case N_SUBQUERY:
		each_comparison(n->subquery.expr, fn, arg);
		return;
	case N_PAREN:
		each_comparison(n->paren.expr, fn, arg);
		return;
	case N_UNARY:
		each_comparison(n->unary.expr, fn, arg);
		return;
	case N_BINARY:
		if (op_info[n->binary.op].comparison)
			compared(n, fn, arg);
		each_comparison(n->binary.lhs, fn, arg);
		each_comparison(n->binary.rhs, fn, arg);
		return;
	case N_AGGREGATE:
		each_comparison(n->aggregate.expr, fn, arg);
		return;
	case N_CALL:
		for (size_t i = 0; i < n->call.n_args; i++)
			each_comparison(n->call.args[i], fn, arg);
		return;
	default:
		return;
	}
}

void
expr_each_comparison(const struct expr *x, comparison_fn *fn, void *arg)
{
	each_comparison(x->root, fn, arg);
}
