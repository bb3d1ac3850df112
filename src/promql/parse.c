/*
 * parse.c -- PromQL text into a tree: precedence climbing over the lexer's tokens.
 *
 * Two passes: this file knows grammar, check.c knows types. The parser stops at the first mistake.
 * Depth is bounded, so that no text can exhaust the stack here or in whatever walks the tree later.
 */
#include "parse.h"

#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/xalloc.h"

#define TEXT_MAX (1u << 20)

const struct op_info op_info[N_OPS] = {
    [OP_NONE] = {"", 0, false, false, false},         [OP_OR] = {"or", 1, false, true, false},
    [OP_AND] = {"and", 2, false, true, false},        [OP_UNLESS] = {"unless", 2, false, true, false},
    [OP_EQ] = {"==", 3, true, false, false},          [OP_NE] = {"!=", 3, true, false, false},
    [OP_GT] = {">", 3, true, false, false},           [OP_LT] = {"<", 3, true, false, false},
    [OP_GE] = {">=", 3, true, false, false},          [OP_LE] = {"<=", 3, true, false, false},
    [OP_TRIM_UPPER] = {"</", 3, false, false, false}, [OP_TRIM_LOWER] = {">/", 3, false, false, false},
    [OP_ADD] = {"+", 4, false, false, true},          [OP_SUB] = {"-", 4, false, false, true},
    [OP_MUL] = {"*", 5, false, false, true},          [OP_DIV] = {"/", 5, false, false, true},
    [OP_MOD] = {"%", 5, false, false, true},          [OP_ATAN2] = {"atan2", 5, false, false, true},
    [OP_POW] = {"^", 6, false, false, true},
};

const struct aggregator_info aggregator_info[N_AGGREGATORS] = {
    [AGG_SUM] = {"sum", VALUE_NONE, false},
    [AGG_AVG] = {"avg", VALUE_NONE, false},
    [AGG_COUNT] = {"count", VALUE_NONE, false},
    [AGG_MIN] = {"min", VALUE_NONE, false},
    [AGG_MAX] = {"max", VALUE_NONE, false},
    [AGG_GROUP] = {"group", VALUE_NONE, false},
    [AGG_STDDEV] = {"stddev", VALUE_NONE, false},
    [AGG_STDVAR] = {"stdvar", VALUE_NONE, false},
    [AGG_TOPK] = {"topk", VALUE_SCALAR, true},
    [AGG_BOTTOMK] = {"bottomk", VALUE_SCALAR, true},
    [AGG_COUNT_VALUES] = {"count_values", VALUE_STRING, false},
    [AGG_QUANTILE] = {"quantile", VALUE_SCALAR, false},
    [AGG_LIMITK] = {"limitk", VALUE_SCALAR, true},
    [AGG_LIMIT_RATIO] = {"limit_ratio", VALUE_SCALAR, true},
};

static const struct word_op {
	const char *word;
	enum op op;
} word_ops[] = {
    {"and", OP_AND},
    {"or", OP_OR},
    {"unless", OP_UNLESS},
    {"atan2", OP_ATAN2},
};

static enum op
binary_op(const struct parser *p)
{
	if (p->lx.token.kind == T_OP)
		return (enum op)p->lx.token.op;
	for (size_t i = 0; i < sizeof word_ops / sizeof *word_ops; i++)
		if (parser_at_word(p, word_ops[i].word))
			return word_ops[i].op;
	return OP_NONE;
}

/* ( [+-] number ) */
static bool
fill_value(struct parser *p, double *out)
{
	double sign = 1;

	parser_advance(p);
	if (!parser_expect(p, T_LPAREN, "fill modifier", "\"(\""))
		return false;
	if (p->lx.token.kind == T_OP && (p->lx.token.op == OP_ADD || p->lx.token.op == OP_SUB)) {
		sign = p->lx.token.op == OP_SUB ? -1 : 1;
		parser_advance(p);
	}
	if (!parse_number(p, &p->lx.token, out)) {
		parser_unexpected(p, "fill modifier", "number");
		return false;
	}
	*out *= sign;
	parser_advance(p);
	return parser_expect(p, T_RPAREN, "fill modifier", "\")\"");
}

static bool
fill_modifiers(struct parser *p, struct matching *m)
{
	for (;;) {
		bool both = parser_at_word(p, "fill"), left = parser_at_word(p, "fill_left");
		double v;

		if ((!both && !left && !parser_at_word(p, "fill_right")) || parser_after(p).kind != T_LPAREN)
			return true;
		if (!fill_value(p, &v))
			return false;
		if (both || left) {
			m->has_fill_left = true;
			m->fill_left = v;
		}
		if (both || !left) {
			m->has_fill_right = true;
			m->fill_right = v;
		}
	}
}

static bool
matching_modifiers(struct parser *p, struct node *n)
{
	struct matching *m = arena_calloc(p->x->mem, 1, sizeof *m);

	n->binary.matching = m;
	if (parser_at_word(p, "bool")) {
		n->binary.returns_bool = true;
		parser_advance(p);
	}
	if (parser_at_word(p, "on") || parser_at_word(p, "ignoring")) {
		m->on = parser_at_word(p, "on");
		m->given = true;
		parser_advance(p);
		if (!parser_label_list(p, &m->names))
			return false;
		m->sorted = name_list_sorted(p->x->mem, m->names);
		if (parser_at_word(p, "group_left") || parser_at_word(p, "group_right")) {
			m->card = parser_at_word(p, "group_left") ? CARD_MANY_TO_ONE : CARD_ONE_TO_MANY;
			parser_advance(p);
			if (p->lx.token.kind == T_LPAREN && !parser_label_list(p, &m->include))
				return false;
		}
	}
	return fill_modifiers(p, m);
}

static struct node *
binary(struct parser *p, struct node *lhs, enum op op)
{
	struct node *n = parser_node(p, N_BINARY, VALUE_NONE, lhs->start);
	int next = op_info[op].precedence + (op == OP_POW ? 0 : 1);

	n->binary.op = op;
	n->binary.op_start = p->lx.token.start;
	n->binary.op_end = p->lx.token.end;
	parser_advance(p);
	if (!matching_modifiers(p, n))
		return NULL;
	n->binary.lhs = lhs;
	n->binary.rhs = parse_expression(p, next);
	if (n->binary.rhs == NULL)
		return NULL;
	n->end = p->last_end;
	n->type = lhs->type == VALUE_SCALAR && n->binary.rhs->type == VALUE_SCALAR ? VALUE_SCALAR : VALUE_VECTOR;
	return n;
}

struct node *
parse_expression(struct parser *p, int precedence)
{
	struct node *n;
	enum op op;
	int links = 0;

	if (++p->depth > PARSE_DEPTH) {
		p->depth--;
		return parser_fail(p, p->lx.token.start, p->lx.token.end, "expression is nested too deeply");
	}
	n = parse_unary(p);
	while (n != NULL && (op = binary_op(p)) != OP_NONE && op_info[op].precedence >= precedence &&
	       op_info[op].precedence > 0) {
		n = binary(p, n, op);
		if (++links > PARSE_CHAIN)
			n = parser_fail(p, p->lx.token.start, p->lx.token.end, "too many operators in one expression");
	}
	p->depth--;
	return n;
}

struct expr *
promql_parse(const char *text, struct err *e)
{
	struct expr *x = xcalloc(1, sizeof *x);
	struct parser p = {.x = x, .e = e};
	struct node *root;

	x->mem = arena_open();
	x->len = strlen(text);
	x->text = arena_strndup(x->mem, text, x->len < TEXT_MAX ? x->len : TEXT_MAX);
	lexer_init(&p.lx, x->text, x->len < TEXT_MAX ? x->len : TEXT_MAX);
	if (x->len >= TEXT_MAX) {
		ast_error(x, e, 0, 0, "expression is longer than 1 MiB");
		goto fail;
	}
	lexer_next(&p.lx);
	if (p.lx.token.kind == T_EOF) {
		ast_error(x, e, 0, 0, "no expression found in input");
		goto fail;
	}
	root = parse_expression(&p, 0);
	if (root == NULL)
		goto fail;
	if (p.lx.token.kind != T_EOF) {
		parser_unexpected(&p, "", "");
		goto fail;
	}
	x->root = root;
	if (ast_check(x, root, e) < 0)
		goto fail;
	return x;
fail:
	expr_close(x);
	return NULL;
}

void
expr_close(struct expr *x)
{
	if (x == NULL)
		return;
	for (size_t i = 0; i < x->n; i++) {
		for (size_t k = 0; k < x->n_owned[i]; k++)
			matcher_release(&x->owned[i][k]);
		free(x->owned[i]);
	}
	free(x->owned);
	free(x->n_owned);
	arena_close(x->mem);
	free(x);
}

enum value_type
expr_type(const struct expr *x)
{
	return x->root->type;
}

const char *
expr_text(const struct expr *x)
{
	return x->text;
}
