/*
 * parse_modifiers.c -- what may follow an operand: ranges and subqueries in brackets, offset, @, anchored, smoothed.
 */
#include <math.h>
#include <string.h>

#include "parse.h"

/* The node that an offset, @ or anchored after n belongs to: NULL when there is none. */
static struct node *
modified(struct node *n)
{
	if (n->kind == N_MATRIX)
		return n->matrix.selector;
	return n->kind == N_SELECTOR || n->kind == N_SUBQUERY ? n : NULL;
}

static const char *
kind_word(const struct node *n)
{
	static const char *const words[] = {
	    [N_NUMBER] = "number literal",  [N_STRING] = "string literal",    [N_PAREN] = "parentheses",
	    [N_UNARY] = "unary expression", [N_BINARY] = "binary expression", [N_AGGREGATE] = "aggregation",
	    [N_CALL] = "function call"};

	return n->kind < sizeof words / sizeof *words && words[n->kind] != NULL ? words[n->kind] : "expression";
}

static struct modifiers *
modifiers_of(struct parser *p, struct node *n, const char *what)
{
	struct node *m = modified(n);

	if (m == NULL) {
		ast_error(p->x, p->e, n->start, n->end,
			  "%s modifier must be preceded by an instant vector selector or range vector selector or a "
			  "subquery, but follows a "
			  "%s instead",
			  what, kind_word(n));
		return NULL;
	}
	return &m->mod;
}

static bool
offset_modifier(struct parser *p, struct node *n)
{
	struct modifiers *m = modifiers_of(p, n, "offset");
	uint32_t start = p->lx.token.start;
	const struct node *d;

	if (m == NULL)
		return false;
	if (m->has_offset) {
		parser_fail(p, start, p->lx.token.end, "offset may not be set multiple times");
		return false;
	}
	parser_advance(p);
	d = parse_offset_duration(p);
	if (d == NULL)
		return false;
	m->has_offset = true;
	if (d->kind != N_NUMBER)
		m->offset_expr = d;
	return !duration_is_constant(d) || parse_duration_ms(p, d, true, &m->offset_ms);
}

static bool
at_time(struct parser *p, struct modifiers *m)
{
	double sign = 1, v;
	const struct token *t = &p->lx.token;

	if (t->kind == T_OP && (t->op == OP_ADD || t->op == OP_SUB)) {
		sign = t->op == OP_SUB ? -1 : 1;
		parser_advance(p);
	}
	if (parser_word_is(p, *t, "inf") || parser_word_is(p, *t, "nan")) {
		parser_fail(p, t->start, t->end, "timestamp out of bounds for @ modifier");
		return false;
	}
	if ((t->kind != T_NUMBER && t->kind != T_DURATION) || !parse_number(p, t, &v)) {
		parser_unexpected(p, "@", "timestamp");
		return false;
	}
	if (fabs(v) >= 9.2e15) {
		parser_fail(p, t->start, t->end, "timestamp out of bounds for @ modifier");
		return false;
	}
	m->at = AT_TIME;
	m->at_ms = (int64_t)round(sign * v * 1000);
	parser_advance(p);
	return true;
}

static bool
at_modifier(struct parser *p, struct node *n)
{
	struct modifiers *m = modifiers_of(p, n, "@");

	if (m == NULL)
		return false;
	if (m->at != AT_NONE) {
		parser_fail(p, p->lx.token.start, p->lx.token.end, "@ <timestamp> may not be set multiple times");
		return false;
	}
	parser_advance(p);
	if (!parser_at_word(p, "start") && !parser_at_word(p, "end"))
		return at_time(p, m);
	m->at = parser_at_word(p, "start") ? AT_START : AT_END;
	parser_advance(p);
	return parser_expect(p, T_LPAREN, "@", "\"(\"") && parser_expect(p, T_RPAREN, "@", "\")\"");
}

static bool
range_kind_modifier(struct parser *p, struct node *n, bool smoothed)
{
	struct node *s = n->kind == N_MATRIX ? n->matrix.selector : n;
	const char *word = smoothed ? "smoothed" : "anchored";

	if (s->kind != N_SELECTOR) {
		ast_error(p->x, p->e, n->start, n->end,
			  n->kind == N_SUBQUERY ? "%s modifier is not supported for subqueries"
						: "%s modifier not implemented",
			  word);
		return false;
	}
	if (s->selector.anchored || s->selector.smoothed) {
		parser_fail(p, p->lx.token.start, p->lx.token.end,
			    "anchored and smoothed modifiers cannot be used together");
		return false;
	}
	s->selector.anchored = !smoothed;
	s->selector.smoothed = smoothed;
	parser_advance(p);
	return true;
}

/* [range] or [range:step] */
static struct node *
range_or_subquery(struct parser *p, struct node *inner)
{
	uint32_t bracket = p->lx.token.start;
	const struct node *range, *step = NULL;
	struct node *n;

	parser_advance(p);
	range = parse_duration_expr(p, 0);
	if (range == NULL)
		return NULL;
	if (p->lx.token.kind == T_RBRACKET) {
		parser_advance(p);
		n = parser_node(p, N_MATRIX, VALUE_MATRIX, inner->start);
		n->matrix.selector = inner;
		n->matrix.range_expr = range->kind != N_NUMBER ? range : NULL;
		if (duration_is_constant(range) && !parse_duration_ms(p, range, false, &n->matrix.range_ms))
			return NULL;
		if (inner->kind != N_SELECTOR)
			return parser_fail(p, bracket, n->end, "ranges only allowed for vector selectors");
		if (inner->mod.has_offset)
			return parser_fail(p, bracket, n->end, "no offset modifiers allowed before range");
		if (inner->mod.at != AT_NONE)
			return parser_fail(p, bracket, n->end, "no @ modifiers allowed before range");
		return n;
	}
	if (!parser_expect(p, T_COLON, "subquery or range", "\":\" or \"]\""))
		return NULL;
	if (p->lx.token.kind != T_RBRACKET) {
		step = parse_duration_expr(p, 0);
		if (step == NULL)
			return NULL;
	}
	if (!parser_expect(p, T_RBRACKET, "subquery selector", "\"]\""))
		return NULL;
	n = parser_node(p, N_SUBQUERY, VALUE_MATRIX, inner->start);
	n->subquery.expr = inner;
	n->subquery.range_expr = range->kind != N_NUMBER ? range : NULL;
	n->subquery.step_expr = step != NULL && step->kind != N_NUMBER ? step : NULL;
	if (duration_is_constant(range) && !parse_duration_ms(p, range, false, &n->subquery.range_ms))
		return NULL;
	if (step != NULL && duration_is_constant(step) && !parse_duration_ms(p, step, false, &n->subquery.step_ms))
		return NULL;
	return n;
}

struct node *
parse_postfix(struct parser *p, struct node *n)
{
	while (n != NULL) {
		bool ok;

		if (p->lx.token.kind == T_LBRACKET) {
			n = range_or_subquery(p, n);
			continue;
		}
		if (p->lx.token.kind == T_AT)
			ok = at_modifier(p, n);
		else if (parser_at_word(p, "offset"))
			ok = offset_modifier(p, n);
		else if (parser_at_word(p, "anchored") || parser_at_word(p, "smoothed"))
			ok = range_kind_modifier(p, n, parser_at_word(p, "smoothed"));
		else
			break;
		if (!ok)
			return NULL;
		n->end = p->last_end;
	}
	return n;
}
