/*
 * parse_selector.c -- vector selectors: name{label="value"}, and quoted names in the braces.
 */
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/xalloc.h"
#include "parse.h"

static bool
add_matcher(struct parser *p, struct node *n, enum match_op op, const char *name, const char *value, struct token at)
{
	struct selector *s = &n->selector;
	struct err inner = ERR_INIT;

	if (s->n_matchers == s->cap_matchers) {
		s->cap_matchers = s->cap_matchers != 0 ? s->cap_matchers * 2 : 4;
		s->matchers = xreallocarray(s->matchers, s->cap_matchers, sizeof *s->matchers);
		p->x->owned[n->selector_slot] = s->matchers;
	}
	if (matcher_init(&s->matchers[s->n_matchers], op, name, value, &inner) < 0) {
		ast_error(p->x, p->e, at.start, at.end, "%s", inner.text);
		return false;
	}
	p->x->n_owned[n->selector_slot] = ++s->n_matchers;
	return true;
}

static int
match_op(const struct token *t)
{
	switch (t->kind) {
	case T_EQL:
		return MATCH_EQ;
	case T_EQ_REGEX:
		return MATCH_RE;
	case T_NE_REGEX:
		return MATCH_NRE;
	default:
		return t->kind == T_OP && t->op == OP_NE ? MATCH_NE : -1;
	}
}

/* name="value", or "metric name" */
static bool
one_matcher(struct parser *p, struct node *n)
{
	struct token at = p->lx.token;
	char *name, *value;
	int op;

	if (at.kind != T_WORD && at.kind != T_STRING) {
		parser_unexpected(p, "label matching", "identifier or \"}\"");
		return false;
	}
	name = at.kind == T_WORD ? parser_text(p) : parser_string(p);
	if (name == NULL)
		return false;
	parser_advance(p);
	op = match_op(&p->lx.token);
	if (op < 0 && at.kind == T_STRING && (p->lx.token.kind == T_COMMA || p->lx.token.kind == T_RBRACE))
		return add_matcher(p, n, MATCH_EQ, METRIC_NAME, name, at);
	if (op < 0) {
		parser_unexpected(p, "label matching", "label matching operator");
		return false;
	}
	parser_advance(p);
	if (p->lx.token.kind != T_STRING) {
		parser_unexpected(p, "label matching", "string");
		return false;
	}
	value = parser_string(p);
	if (value == NULL)
		return false;
	at.end = p->lx.token.end;
	parser_advance(p);
	return add_matcher(p, n, (enum match_op)op, name, value, at);
}

static bool
matchers(struct parser *p, struct node *n)
{
	parser_advance(p); /* { */
	while (p->lx.token.kind != T_RBRACE) {
		if (!one_matcher(p, n))
			return false;
		if (p->lx.token.kind == T_RBRACE)
			break;
		if (!parser_expect(p, T_COMMA, "label matching", "\",\" or \"}\""))
			return false;
	}
	parser_advance(p);
	return true;
}

struct node *
parse_selector(struct parser *p)
{
	uint32_t start = p->lx.token.start;
	struct node *n = parser_node(p, N_SELECTOR, VALUE_VECTOR, start);
	struct expr *x = p->x;

	if (x->n == x->cap) {
		x->cap = x->cap != 0 ? x->cap * 2 : 4;
		x->owned = xreallocarray(x->owned, x->cap, sizeof *x->owned);
		x->n_owned = xreallocarray(x->n_owned, x->cap, sizeof *x->n_owned);
	}
	x->owned[x->n] = NULL;
	x->n_owned[x->n] = 0;
	n->selector_slot = x->n++;
	if (p->lx.token.kind != T_LBRACE) {
		n->selector.name = parser_text(p);
		parser_advance(p);
	}
	if (p->lx.token.kind == T_LBRACE && !matchers(p, n))
		return NULL;
	n->end = p->last_end;
	if (n->selector.name != NULL) {
		struct token at = {.start = start, .end = n->end};

		if (!add_matcher(p, n, MATCH_EQ, METRIC_NAME, n->selector.name, at))
			return NULL;
	}
	return n;
}
