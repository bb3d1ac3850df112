/*
 * parse_operand.c -- operands: literals, parentheses, aggregations, function calls, and signs before them.
 */
#include <ctype.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/suggest.h"
#include "parse.h"

/* Keywords that cannot begin an operand. */
static const char *const never_names[] = {"bool", "on", "ignoring", "group_left", "group_right", "atan2"};

static struct node *
number(struct parser *p)
{
	struct token t = p->lx.token;
	double v;

	if (!parse_number(p, &t, &v)) {
		ast_error(p->x, p->e, t.start, t.end, "error parsing number: \"%.*s\"", (int)(t.end - t.start),
			  p->lx.text + t.start);
		return NULL;
	}
	parser_advance(p);
	struct node *n = parser_node(p, N_NUMBER, VALUE_SCALAR, t.start);
	n->number.value = v;
	n->number.duration = t.kind == T_DURATION;
	return n;
}

static bool
arguments(struct parser *p, struct node ***args, size_t *n)
{
	size_t cap = 0;

	*args = NULL;
	*n = 0;
	if (!parser_expect(p, T_LPAREN, "aggregation", "\"(\""))
		return false;
	while (p->lx.token.kind != T_RPAREN) {
		struct node *a = parse_expression(p, 0);

		if (a == NULL)
			return false;
		if (*n == cap) {
			size_t more = cap != 0 ? cap * 2 : 4;

			*args = arena_realloc(p->x->mem, *args, cap * sizeof **args, more * sizeof **args);
			cap = more;
		}
		(*args)[(*n)++] = a;
		if (p->lx.token.kind == T_RPAREN)
			break;
		if (p->lx.token.kind != T_COMMA) {
			parser_unexpected(p, "", "");
			return false;
		}
		struct token comma = p->lx.token;
		parser_advance(p);
		if (p->lx.token.kind == T_RPAREN) {
			parser_fail(p, comma.start, comma.end, "trailing commas not allowed in function call args");
			return false;
		}
	}
	parser_advance(p);
	return true;
}

static bool
grouping(struct parser *p, struct node *n)
{
	if (!parser_at_word(p, "by") && !parser_at_word(p, "without"))
		return true;
	n->aggregate.without = parser_at_word(p, "without");
	n->aggregate.has_grouping = true;
	parser_advance(p);
	if (!parser_label_list(p, &n->aggregate.grouping))
		return false;
	n->aggregate.sorted = name_list_sorted(p->x->mem, n->aggregate.grouping);
	return true;
}

static struct node *
aggregate(struct parser *p, enum aggregator op)
{
	struct node *n = parser_node(p, N_AGGREGATE, VALUE_VECTOR, p->lx.token.start), **args;
	size_t n_args, wanted = aggregator_info[op].param != VALUE_NONE ? 2 : 1;

	n->aggregate.op = op;
	parser_advance(p);
	if (!grouping(p, n) || !arguments(p, &args, &n_args))
		return NULL;
	n->end = p->last_end;
	if (!n->aggregate.has_grouping && !grouping(p, n))
		return NULL;
	n->end = p->last_end;
	if (n_args == 0)
		return parser_fail(p, n->start, n->end, "no arguments for aggregate expression provided");
	if (n_args != wanted) {
		ast_error(p->x, p->e, n->start, n->end,
			  "wrong number of arguments for aggregate expression provided, expected %zu, got %zu", wanted,
			  n_args);
		return NULL;
	}
	n->aggregate.param = wanted == 2 ? args[0] : NULL;
	n->aggregate.expr = args[wanted - 1];
	return n;
}

static const struct function *
known_function(struct parser *p, const char *name)
{
	const struct function *f = function_find(name);
	const struct drift_function *d;
	struct function *row;
	char lower[16];
	size_t i;

	if (f != NULL)
		return f;
	/* start, end, step and range are keywords and so may be written in any case. */
	for (i = 0; name[i] != '\0' && i + 1 < sizeof lower; i++)
		lower[i] = (char)tolower((unsigned char)name[i]);
	lower[i] = '\0';
	if (strcmp(lower, "start") == 0 || strcmp(lower, "end") == 0 || strcmp(lower, "step") == 0 ||
	    strcmp(lower, "range") == 0)
		return function_find(lower);
	d = drift_function_find(name);
	if (d == NULL)
		return NULL;
	row = arena_calloc(p->x->mem, 1, sizeof *row);
	row->name = d->name;
	row->ret = VALUE_VECTOR;
	row->drift = d;
	return row;
}

static struct node *
unknown_function(struct parser *p, const char *name, struct token at)
{
	size_t count;
	const char *const *names = promql_function_names(&count);
	const char *near = suggest(name, names, count, sizeof *names);

	ast_error(p->x, p->e, at.start, at.end, "unknown function '%.100s'%s%s%s", name,
		  near != NULL ? ", did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?" : "");
	return NULL;
}

static struct node *
call(struct parser *p)
{
	struct node *n = parser_node(p, N_CALL, VALUE_NONE, p->lx.token.start);
	char *name = parser_text(p);

	n->call.fn = known_function(p, name);
	if (n->call.fn == NULL)
		return unknown_function(p, name, p->lx.token);
	n->type = n->call.fn->ret;
	parser_advance(p);
	if (!arguments(p, &n->call.args, &n->call.n_args))
		return NULL;
	n->end = p->last_end;
	return n;
}

static struct node *
paren(struct parser *p)
{
	uint32_t start = p->lx.token.start;
	struct node *inner, *n;

	parser_advance(p);
	inner = parse_expression(p, 0);
	if (inner == NULL || !parser_expect(p, T_RPAREN, "", ""))
		return NULL;
	n = parser_node(p, N_PAREN, inner->type, start);
	n->paren.expr = inner;
	return n;
}

static struct node *
word_operand(struct parser *p)
{
	struct token after = parser_after(p);

	if (parser_at_word(p, "inf") || parser_at_word(p, "nan"))
		return number(p);
	if (after.kind == T_LPAREN || parser_word_is(p, after, "by") || parser_word_is(p, after, "without"))
		for (int i = 0; i < N_AGGREGATORS; i++)
			if (parser_at_word(p, aggregator_info[i].name))
				return aggregate(p, (enum aggregator)i);
	for (size_t i = 0; i < sizeof never_names / sizeof *never_names; i++)
		if (parser_at_word(p, never_names[i]))
			return parser_unexpected(p, "", "");
	return after.kind == T_LPAREN ? call(p) : parse_selector(p);
}

static struct node *
string_operand(struct parser *p)
{
	uint32_t start = p->lx.token.start;
	char *s = parser_string(p);
	struct node *n;

	if (s == NULL)
		return NULL;
	parser_advance(p);
	n = parser_node(p, N_STRING, VALUE_STRING, start);
	n->string.text = s;
	return n;
}

static struct node *
operand(struct parser *p)
{
	switch (p->lx.token.kind) {
	case T_NUMBER:
	case T_DURATION:
		return number(p);
	case T_STRING:
		return string_operand(p);
	case T_LPAREN:
		return paren(p);
	case T_LBRACE:
	case T_METRIC:
		return parse_selector(p);
	case T_WORD:
		return word_operand(p);
	default:
		return parser_unexpected(p, "", "");
	}
}

struct node *
parse_unary(struct parser *p)
{
	struct token t = p->lx.token;
	struct node *inner, *n;

	if (t.kind != T_OP || (t.op != OP_ADD && t.op != OP_SUB))
		return parse_postfix(p, operand(p));
	parser_advance(p);
	inner = parse_expression(p, op_info[OP_POW].precedence);
	if (inner == NULL)
		return NULL;
	if (inner->kind == N_NUMBER) {
		if (t.op == OP_SUB)
			inner->number.value = -inner->number.value;
		inner->start = t.start;
		return inner;
	}
	n = parser_node(p, N_UNARY, inner->type, t.start);
	n->unary.op = (enum op)t.op;
	n->unary.expr = inner;
	return n;
}
