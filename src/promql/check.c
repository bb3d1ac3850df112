/*
 * check.c -- the rules of PromQL that are not grammar: types of operands and arguments, what may
 * be matched with what, selectors that would select everything. Wording is Prometheus'.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "ast.h"
#include "functions.h"

static int check(const struct expr *x, const struct node *n, struct err *e);

void
ast_position(const char *text, uint32_t at, int *line, int *column)
{
	*line = 1;
	*column = 1;
	for (uint32_t i = 0; i < at && text[i] != '\0'; i++) {
		++*column;
		if (text[i] == '\n') {
			++*line;
			*column = 1;
		}
	}
}

int
ast_error(const struct expr *x, struct err *e, uint32_t start, uint32_t end, const char *fmt, ...)
{
	char text[400];
	int line, column, end_line, end_column;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	ast_position(x->text, start, &line, &column);
	ast_position(x->text, end, &end_line, &end_column);
	return err_at(e, line, column, end_line == line ? end_column : 0, "%s", text);
}

const char *
value_type_word(enum value_type t)
{
	static const char *const words[] = {[VALUE_NONE] = "none",
					    [VALUE_SCALAR] = "scalar",
					    [VALUE_VECTOR] = "instant vector",
					    [VALUE_MATRIX] = "range vector",
					    [VALUE_STRING] = "string"};

	return words[t];
}

static const char *
value_type_name(enum value_type t)
{
	static const char *const names[] = {[VALUE_NONE] = "none",
					    [VALUE_SCALAR] = "scalar",
					    [VALUE_VECTOR] = "vector",
					    [VALUE_MATRIX] = "matrix",
					    [VALUE_STRING] = "string"};

	return names[t];
}

const struct node *
ast_unparen(const struct node *n)
{
	while (n != NULL && n->kind == N_PAREN)
		n = n->paren.expr;
	return n;
}

bool
name_list_has(struct name_list l, const char *name)
{
	for (size_t i = 0; i < l.n; i++)
		if (strcmp(l.at[i], name) == 0)
			return true;
	return false;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct name_list
name_list_sorted(struct arena *mem, struct name_list l)
{
	struct name_list out = {arena_alloc(mem, (l.n + 1) * sizeof *out.at), 0};

	for (size_t i = 0; i < l.n; i++)
		if (!name_list_has(out, l.at[i]))
			out.at[out.n++] = l.at[i];
	qsort((void *)out.at, out.n, sizeof *out.at, compare_names);
	return out;
}

static int
expect_type(const struct expr *x, const struct node *n, enum value_type want, const char *context, struct err *e)
{
	if (n->type == want)
		return 0;
	return ast_error(x, e, n->start, n->end, "expected type %s in %s, got %s", value_type_word(want), context,
			 value_type_word(n->type));
}

static int
check_selector(const struct expr *x, const struct node *n, struct err *e)
{
	const struct selector *s = &n->selector;
	const char *name = NULL;
	bool narrows = false;

	/* The name before the braces is the last matcher. */
	for (size_t i = s->n_matchers; i-- > 0;) {
		const struct matcher *m = &s->matchers[i];

		narrows |= !matcher_match_value(m, "");
		if (strcmp(m->name, METRIC_NAME) != 0 || m->op != MATCH_EQ)
			continue;
		if (name != NULL && s->name != NULL)
			return ast_error(x, e, n->start, n->end, "metric name must not be set twice: \"%s\" or \"%s\"",
					 name, m->value);
		name = m->value;
	}
	if (!narrows)
		return ast_error(x, e, n->start, n->end, "vector selector must contain at least one non-empty matcher");
	return 0;
}

static bool
is_vector_or_scalar(const struct node *n)
{
	return n->type == VALUE_SCALAR || n->type == VALUE_VECTOR;
}

static int
check_matching(const struct expr *x, const struct node *n, struct err *e)
{
	struct matching *m = n->binary.matching;
	const struct op_info *op = &op_info[n->binary.op];
	bool vectors = n->binary.lhs->type == VALUE_VECTOR && n->binary.rhs->type == VALUE_VECTOR;

	if (m->on)
		for (size_t i = 0; i < m->include.n; i++)
			if (name_list_has(m->names, m->include.at[i]))
				return ast_error(x, e, n->start, n->end,
						 "label \"%s\" must not occur in ON and GROUP clause at once",
						 m->include.at[i]);
	if (!vectors && (m->given || m->card != CARD_ONE_TO_ONE))
		return ast_error(x, e, n->start, n->end, "vector matching only allowed between instant vectors");
	if (!vectors && (m->has_fill_left || m->has_fill_right))
		return ast_error(x, e, n->start, n->end,
				 "filling in missing series only allowed between instant vectors");
	if (op->set) {
		if (n->binary.lhs->type == VALUE_SCALAR || n->binary.rhs->type == VALUE_SCALAR)
			return ast_error(x, e, n->start, n->end,
					 "set operator \"%s\" not allowed in binary scalar expression", op->text);
		if (m->card != CARD_ONE_TO_ONE)
			return ast_error(x, e, n->start, n->end, "no grouping allowed for \"%s\" operation", op->text);
		if (m->has_fill_left || m->has_fill_right)
			return ast_error(x, e, n->start, n->end,
					 "filling in missing series not allowed for set operators");
		m->card = CARD_MANY_TO_MANY;
	}
	return 0;
}

static int
check_binary(const struct expr *x, const struct node *n, struct err *e)
{
	const struct node *l = n->binary.lhs, *r = n->binary.rhs;
	const struct op_info *op = &op_info[n->binary.op];

	if (check(x, l, e) < 0 || check(x, r, e) < 0)
		return -1;
	if (n->binary.returns_bool && !op->comparison)
		return ast_error(x, e, n->binary.op_start, n->binary.op_end,
				 "bool modifier can only be used on comparison operators");
	if (!is_vector_or_scalar(l))
		return ast_error(x, e, l->start, l->end,
				 "binary expression must contain only scalar and instant vector types");
	if (!is_vector_or_scalar(r))
		return ast_error(x, e, r->start, r->end,
				 "binary expression must contain only scalar and instant vector types");
	if (check_matching(x, n, e) < 0)
		return -1;
	if (op->comparison && !n->binary.returns_bool && l->type == VALUE_SCALAR && r->type == VALUE_SCALAR)
		return ast_error(x, e, n->binary.op_start, n->binary.op_end,
				 "comparisons between scalars must use BOOL modifier");
	if ((n->binary.op == OP_TRIM_LOWER || n->binary.op == OP_TRIM_UPPER) && l->type == VALUE_SCALAR)
		return ast_error(x, e, n->start, n->end, "operator \"%s\" not allowed for Scalar operations", op->text);
	return 0;
}

static int
check_aggregate(const struct expr *x, const struct node *n, struct err *e)
{
	const struct aggregator_info *a = &aggregator_info[n->aggregate.op];

	if (check(x, n->aggregate.expr, e) < 0 ||
	    expect_type(x, n->aggregate.expr, VALUE_VECTOR, "aggregation expression", e) < 0)
		return -1;
	if (n->aggregate.param == NULL)
		return 0;
	if (check(x, n->aggregate.param, e) < 0)
		return -1;
	return expect_type(x, n->aggregate.param, a->param, "aggregation parameter", e);
}

static int
check_drift_call(const struct expr *x, const struct node *n, struct err *e)
{
	const struct drift_function *d = n->call.fn->drift;

	for (size_t i = 0; i < n->call.n_args; i++) {
		const struct node *a = n->call.args[i];

		if (a->type != VALUE_MATRIX && a->type != VALUE_VECTOR)
			return ast_error(
			    x, e, a->start, a->end,
			    "expected type instant vector or range vector in call to function \"%s\", got %s", d->name,
			    value_type_word(a->type));
	}
	return 0;
}

static int
check_count(const struct expr *x, const struct node *n, struct err *e)
{
	const struct function *f = n->call.fn;
	int given = (int)n->call.n_args, least, most;

	if (f->drift != NULL) {
		least = f->drift->min_args;
		most = f->drift->max_args;
	} else {
		/* A positive variadic makes the last argument optional and allows that many of it. */
		least = f->variadic == 0 ? f->n_types : f->n_types - 1;
		most = f->variadic == 0 ? f->n_types : f->variadic < 0 ? INT32_MAX : least + f->variadic;
	}
	if (least == most && given != least)
		return ast_error(x, e, n->start, n->end, "expected %d argument(s) in call to \"%s\", got %d", least,
				 f->name, given);
	if (given < least)
		return ast_error(x, e, n->start, n->end, "expected at least %d argument(s) in call to \"%s\", got %d",
				 least, f->name, given);
	if (given > most)
		return ast_error(x, e, n->start, n->end, "expected at most %d argument(s) in call to \"%s\", got %d",
				 most, f->name, given);
	return 0;
}

static int
check_call(const struct expr *x, const struct node *n, struct err *e)
{
	const struct function *f = n->call.fn;
	char context[96];

	if (check_count(x, n, e) < 0)
		return -1;
	for (size_t i = 0; i < n->call.n_args; i++) {
		/* The labels that info() adds are written as a selector, which may select everything. */
		if ((f->flags & FN_LABEL_SELECTOR) && i == 1) {
			if (n->call.args[i]->kind != N_SELECTOR)
				return ast_error(x, e, n->call.args[i]->start, n->call.args[i]->end,
						 "expected label selectors only");
			if (n->call.args[i]->selector.name != NULL)
				return ast_error(x, e, n->call.args[i]->start, n->call.args[i]->end,
						 "expected label selectors only, got vector selector instead");
			continue;
		}
		if (check(x, n->call.args[i], e) < 0)
			return -1;
	}
	if (f->drift != NULL)
		return check_drift_call(x, n, e);
	snprintf(context, sizeof context, "call to function \"%s\"", f->name);
	for (size_t i = 0; i < n->call.n_args; i++) {
		int type = (int)i < f->n_types ? (int)i : f->n_types - 1;

		if (expect_type(x, n->call.args[i], f->types[type], context, e) < 0)
			return -1;
	}
	return 0;
}

static int
check_unary(const struct expr *x, const struct node *n, struct err *e)
{
	if (check(x, n->unary.expr, e) < 0)
		return -1;
	if (!is_vector_or_scalar(n->unary.expr))
		return ast_error(
		    x, e, n->start, n->end,
		    "unary expression only allowed on expressions of type scalar or instant vector, got \"%s\"",
		    value_type_word(n->unary.expr->type));
	return 0;
}

static int
check_subquery(const struct expr *x, const struct node *n, struct err *e)
{
	const struct node *inner = n->subquery.expr;

	if (check(x, inner, e) < 0)
		return -1;
	if (inner->type != VALUE_VECTOR)
		return ast_error(x, e, n->start, n->end, "subquery is only allowed on instant vector, got %s instead",
				 value_type_name(inner->type));
	return 0;
}

static int
check(const struct expr *x, const struct node *n, struct err *e)
{
	switch (n->kind) {
	case N_NUMBER:
	case N_STRING:
	case N_DURATION:
		return 0;
	case N_SELECTOR:
		return check_selector(x, n, e);
	case N_MATRIX:
		return check_selector(x, n->matrix.selector, e);
	case N_SUBQUERY:
		return check_subquery(x, n, e);
	case N_PAREN:
		return check(x, n->paren.expr, e);
	case N_UNARY:
		return check_unary(x, n, e);
	case N_BINARY:
		return check_binary(x, n, e);
	case N_AGGREGATE:
		return check_aggregate(x, n, e);
	case N_CALL:
		return check_call(x, n, e);
	}
	return 0;
}

int
ast_check(const struct expr *x, struct node *root, struct err *e)
{
	return check(x, root, e);
}
