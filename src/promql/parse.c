/*
 * parse.c -- PromQL text into a tree: precedence climbing over the lexer's tokens.
 *
 * Two passes: this file knows grammar, check.c knows types. The parser stops at the first mistake.
 * Depth is bounded, so that no text can exhaust the stack here or in whatever walks the tree later.
 */
#include "parse.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/suggest.h"
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
    [AGG_SUM] = {"sum", VALUE_NONE, false, false},
    [AGG_AVG] = {"avg", VALUE_NONE, false, false},
    [AGG_COUNT] = {"count", VALUE_NONE, false, false},
    [AGG_MIN] = {"min", VALUE_NONE, false, false},
    [AGG_MAX] = {"max", VALUE_NONE, false, false},
    [AGG_GROUP] = {"group", VALUE_NONE, false, false},
    [AGG_STDDEV] = {"stddev", VALUE_NONE, false, false},
    [AGG_STDVAR] = {"stdvar", VALUE_NONE, false, false},
    [AGG_TOPK] = {"topk", VALUE_SCALAR, false, true},
    [AGG_BOTTOMK] = {"bottomk", VALUE_SCALAR, false, true},
    [AGG_COUNT_VALUES] = {"count_values", VALUE_STRING, false, false},
    [AGG_QUANTILE] = {"quantile", VALUE_SCALAR, false, false},
    [AGG_LIMITK] = {"limitk", VALUE_SCALAR, true, true},
    [AGG_LIMIT_RATIO] = {"limit_ratio", VALUE_SCALAR, true, true},
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

/* Keywords that cannot begin an operand. */
static const char *const never_names[] = {"bool", "on", "ignoring", "group_left", "group_right", "atan2"};

/* --- tokens --- */

void
parser_advance(struct parser *p)
{
	p->last_end = p->lx.token.end;
	lexer_next(&p->lx);
}

const struct token *
parser_token(const struct parser *p)
{
	return &p->lx.token;
}

bool
parser_at_word(const struct parser *p, const char *word)
{
	const struct token *t = &p->lx.token;
	size_t n = strlen(word);

	return t->kind == T_WORD && t->end - t->start == n && strncasecmp(p->lx.text + t->start, word, n) == 0;
}

struct node *
parser_fail(struct parser *p, uint32_t start, uint32_t end, const char *text)
{
	ast_error(p->x, p->e, start, end, "%s", text);
	return NULL;
}

/* Says what stands here although something else was expected. context and expected may be "". */
struct node *
parser_unexpected(struct parser *p, const char *context, const char *expected)
{
	static const char *const what[] = {[T_WORD] = "identifier ",
					   [T_METRIC] = "identifier ",
					   [T_NUMBER] = "number ",
					   [T_DURATION] = "duration ",
					   [T_STRING] = "string "};
	const struct token *t = &p->lx.token;
	const char *kind = t->kind < sizeof what / sizeof *what && what[t->kind] != NULL ? what[t->kind] : "";
	int n = (int)(t->end - t->start);

	if (t->kind == T_ERROR)
		return parser_fail(p, t->start, t->end, p->lx.error);
	if (t->kind == T_EOF && (p->lx.brackets > 0 || p->lx.braces > 0 || p->lx.parens > 0))
		ast_error(p->x, p->e, t->start, t->end, "%s",
			  p->lx.brackets > 0 ? "unclosed left bracket"
			  : p->lx.braces > 0 ? "unexpected end of input inside braces"
					     : "unclosed left parenthesis");
	else if (t->kind == T_EOF)
		ast_error(p->x, p->e, t->start, t->end, "unexpected end of input%s%s%s%s", *context ? " in " : "",
			  context, *expected ? ", expected " : "", expected);
	else
		ast_error(p->x, p->e, t->start, t->end, "unexpected %s%s%.*s%s%s%s%s%s", kind,
			  t->kind == T_STRING ? "" : "\"", n > 80 ? 80 : n, p->lx.text + t->start,
			  t->kind == T_STRING ? "" : "\"", *context ? " in " : "", context,
			  *expected ? ", expected " : "", expected);
	return NULL;
}

static bool
expect(struct parser *p, enum token_kind kind, const char *context, const char *expected)
{
	if (p->lx.token.kind != kind) {
		parser_unexpected(p, context, expected);
		return false;
	}
	parser_advance(p);
	return true;
}

struct node *
parser_node(struct parser *p, enum node_kind kind, enum value_type type, uint32_t start)
{
	struct node *n = arena_calloc(p->x->mem, 1, sizeof *n);

	n->kind = kind;
	n->type = type;
	n->start = start;
	n->end = p->last_end;
	return n;
}

static char *
token_text(struct parser *p)
{
	return arena_strndup(p->x->mem, p->lx.text + p->lx.token.start, p->lx.token.end - p->lx.token.start);
}

static struct token
token_after(const struct parser *p)
{
	struct lexer ahead = p->lx;

	lexer_next(&ahead);
	return ahead.token;
}

static bool
word_at(const struct parser *p, struct token t, const char *word)
{
	size_t n = strlen(word);

	return t.kind == T_WORD && t.end - t.start == n && strncasecmp(p->lx.text + t.start, word, n) == 0;
}

static char *
string_value(struct parser *p)
{
	const struct token *t = &p->lx.token;
	const char *why = NULL;
	char *s = parse_unquote(p->x->mem, p->lx.text + t->start, t->end - t->start, &why);

	if (s == NULL)
		parser_fail(p, t->start, t->end, why);
	return s;
}

/* --- names --- */

static void
list_add(struct parser *p, struct name_list *l, const char *name)
{
	/* Lists are short: growing by one is fine when the arena grows the newest block in place. */
	l->at = arena_realloc(p->x->mem, (void *)l->at, l->n * sizeof *l->at, (l->n + 1) * sizeof *l->at);
	l->at[l->n++] = name;
}

/* ( name, name, ) */
static bool
label_list(struct parser *p, struct name_list *out)
{
	if (!expect(p, T_LPAREN, "grouping opts", "\"(\""))
		return false;
	while (p->lx.token.kind != T_RPAREN) {
		char *name = NULL;

		if (p->lx.token.kind == T_WORD)
			name = token_text(p);
		else if (p->lx.token.kind == T_STRING)
			name = string_value(p);
		if (p->lx.token.kind == T_STRING && name == NULL)
			return false;
		if (name == NULL || *name == '\0') {
			parser_unexpected(p, "grouping opts", "label");
			return false;
		}
		list_add(p, out, name);
		parser_advance(p);
		if (p->lx.token.kind != T_COMMA) {
			if (p->lx.token.kind == T_RPAREN)
				break;
			parser_unexpected(p, "grouping opts", "\",\" or \")\"");
			return false;
		}
		parser_advance(p);
	}
	parser_advance(p);
	if (out->at == NULL)
		out->at = arena_alloc(p->x->mem, sizeof *out->at);
	return true;
}

/* --- selectors --- */

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
	name = at.kind == T_WORD ? token_text(p) : string_value(p);
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
	value = string_value(p);
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
		if (!expect(p, T_COMMA, "label matching", "\",\" or \"}\""))
			return false;
	}
	parser_advance(p);
	return true;
}

static struct node *
selector(struct parser *p)
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
		n->selector.name = token_text(p);
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

/* --- modifiers after an operand --- */

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
	if (word_at(p, *t, "inf") || word_at(p, *t, "nan")) {
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
	return expect(p, T_LPAREN, "@", "\"(\"") && expect(p, T_RPAREN, "@", "\")\"");
}

static bool
range_kind_modifier(struct parser *p, struct node *n, bool smoothed)
{
	struct node *s = n->kind == N_MATRIX ? n->matrix.selector : n;
	const char *word = smoothed ? "smoothed" : "anchored";

	if (s->kind != N_SELECTOR) {
		ast_error(p->x, p->e, n->start, n->end,
			  "%s modifier must be preceded by a vector selector, but follows a %s instead", word,
			  kind_word(n));
		return false;
	}
	if (s->selector.anchored || s->selector.smoothed) {
		parser_fail(p, p->lx.token.start, p->lx.token.end,
			    "anchored and smoothed modifiers cannot be used together or repeated");
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
	if (!expect(p, T_COLON, "subquery or range", "\":\" or \"]\""))
		return NULL;
	if (p->lx.token.kind != T_RBRACKET) {
		step = parse_duration_expr(p, 0);
		if (step == NULL)
			return NULL;
	}
	if (!expect(p, T_RBRACKET, "subquery selector", "\"]\""))
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

static struct node *
postfix(struct parser *p, struct node *n)
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

/* --- operands --- */

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
	if (!expect(p, T_LPAREN, "aggregation", "\"(\""))
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
	if (!label_list(p, &n->aggregate.grouping))
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
	char *name = token_text(p);

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
	if (inner == NULL || !expect(p, T_RPAREN, "", ""))
		return NULL;
	n = parser_node(p, N_PAREN, inner->type, start);
	n->paren.expr = inner;
	return n;
}

static struct node *
word_operand(struct parser *p)
{
	struct token after = token_after(p);

	if ((parser_at_word(p, "inf") || parser_at_word(p, "nan")) && after.kind != T_LBRACE)
		return number(p);
	if (after.kind == T_LPAREN || word_at(p, after, "by") || word_at(p, after, "without"))
		for (int i = 0; i < N_AGGREGATORS; i++)
			if (parser_at_word(p, aggregator_info[i].name))
				return aggregate(p, (enum aggregator)i);
	for (size_t i = 0; i < sizeof never_names / sizeof *never_names; i++)
		if (parser_at_word(p, never_names[i]))
			return parser_unexpected(p, "", "");
	return after.kind == T_LPAREN ? call(p) : selector(p);
}

static struct node *
string_operand(struct parser *p)
{
	uint32_t start = p->lx.token.start;
	char *s = string_value(p);
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
		return selector(p);
	case T_WORD:
		return word_operand(p);
	default:
		return parser_unexpected(p, "", "");
	}
}

static struct node *
unary(struct parser *p)
{
	struct token t = p->lx.token;
	struct node *inner, *n;

	if (t.kind != T_OP || (t.op != OP_ADD && t.op != OP_SUB))
		return postfix(p, operand(p));
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

/* --- binary operators --- */

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
	if (!expect(p, T_LPAREN, "fill modifier", "\"(\""))
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
	return expect(p, T_RPAREN, "fill modifier", "\")\"");
}

static bool
fill_modifiers(struct parser *p, struct matching *m)
{
	for (;;) {
		bool both = parser_at_word(p, "fill"), left = parser_at_word(p, "fill_left");
		double v;

		if ((!both && !left && !parser_at_word(p, "fill_right")) || token_after(p).kind != T_LPAREN)
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
		if (!label_list(p, &m->names))
			return false;
		m->sorted = name_list_sorted(p->x->mem, m->names);
		if (parser_at_word(p, "group_left") || parser_at_word(p, "group_right")) {
			m->card = parser_at_word(p, "group_left") ? CARD_MANY_TO_ONE : CARD_ONE_TO_MANY;
			parser_advance(p);
			if (p->lx.token.kind == T_LPAREN && !label_list(p, &m->include))
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
	n = unary(p);
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
