/*
 * duration.c -- durations as expressions: [5m], [step() + 1], offset -(2 * 1h), [max_of(step(), 5m)].
 *
 * What does not mention the query's step or range is computed when it is parsed; the rest is
 * resolved per evaluation. Values are seconds.
 */
#include <math.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "parse.h"

#define DURATION_MAX_MS 9.2e12 /* 292 years, as in Prometheus */

static const struct duration_word {
	const char *word;
	enum duration_op what;
	int args;
} duration_words[] = {
    {"step", DUR_STEP, 0},
    {"range", DUR_RANGE, 0},
    {"min_of", DUR_MIN_OF, 2},
    {"max_of", DUR_MAX_OF, 2},
};

static bool
symbol(struct parser *p, enum token_kind kind, const char *expected)
{
	if (parser_token(p)->kind != kind) {
		parser_unexpected(p, "duration expression", expected);
		return false;
	}
	parser_advance(p);
	return true;
}

static const struct duration_word *
duration_word(const struct parser *p)
{
	for (size_t i = 0; i < sizeof duration_words / sizeof *duration_words; i++)
		if (parser_at_word(p, duration_words[i].word))
			return &duration_words[i];
	return NULL;
}

static const struct node *
duration_call(struct parser *p)
{
	uint32_t start = parser_token(p)->start;
	const struct duration_word *word = duration_word(p);
	struct node *d;

	if (word == NULL)
		return parser_unexpected(p, p->lx.brackets > 0 ? "duration expression" : "offset", "duration");
	parser_advance(p);
	d = parser_node(p, N_DURATION, VALUE_SCALAR, start);
	d->duration.what = word->what;
	if (!symbol(p, T_LPAREN, "\"(\""))
		return NULL;
	if (word->args == 2) {
		d->duration.lhs = parse_duration_expr(p, 0);
		if (d->duration.lhs == NULL || !symbol(p, T_COMMA, "\",\""))
			return NULL;
		d->duration.rhs = parse_duration_expr(p, 0);
		if (d->duration.rhs == NULL)
			return NULL;
	}
	if (!symbol(p, T_RPAREN, "\")\""))
		return NULL;
	d->end = p->last_end;
	return d;
}

static const struct node *
duration_operand(struct parser *p)
{
	struct token t = *parser_token(p);
	struct node *d;

	if (t.kind == T_LPAREN) {
		const struct node *inner;

		parser_advance(p);
		inner = parse_duration_expr(p, 0);
		if (inner == NULL || !symbol(p, T_RPAREN, "\")\""))
			return NULL;
		d = parser_node(p, N_DURATION, VALUE_SCALAR, t.start);
		d->duration.what = DUR_PAREN;
		d->duration.rhs = inner;
		return d;
	}
	if (t.kind == T_NUMBER || t.kind == T_DURATION) {
		double v;

		if (!parse_number(p, &t, &v))
			return parser_fail(p, t.start, t.end, "not a valid duration");
		parser_advance(p);
		d = parser_node(p, N_NUMBER, VALUE_SCALAR, t.start);
		d->number.value = v;
		d->number.duration = t.kind == T_DURATION;
		return d;
	}
	return duration_call(p);
}

/* A sign binds less tightly than ^, as in expressions. */
static const struct node *
duration_unary(struct parser *p, bool operand_only)
{
	struct token t = *parser_token(p);
	const struct node *inner;
	struct node *d;

	if (t.kind != T_OP || (t.op != OP_ADD && t.op != OP_SUB))
		return duration_operand(p);
	parser_advance(p);
	inner = operand_only ? duration_operand(p) : parse_duration_expr(p, op_info[OP_POW].precedence);
	if (inner == NULL || t.op == OP_ADD)
		return inner;
	d = parser_node(p, inner->kind == N_NUMBER ? N_NUMBER : N_DURATION, VALUE_SCALAR, t.start);
	if (inner->kind == N_NUMBER) {
		d->number.value = -inner->number.value;
		d->number.duration = inner->number.duration;
		return d;
	}
	d->duration.what = DUR_OP;
	d->duration.op = OP_SUB;
	d->duration.rhs = inner;
	return d;
}

const struct node *
parse_offset_duration(struct parser *p)
{
	return duration_unary(p, true);
}

const struct node *
parse_duration_expr(struct parser *p, int precedence)
{
	const struct node *n;

	if (++p->depth > PARSE_DEPTH) {
		p->depth--;
		return parser_fail(p, parser_token(p)->start, parser_token(p)->end, "expression is nested too deeply");
	}
	n = duration_unary(p, false);
	while (n != NULL && parser_token(p)->kind == T_OP) {
		enum op op = (enum op)parser_token(p)->op;
		struct node *d;

		if (!op_info[op].arithmetic || op_info[op].precedence < precedence)
			break;
		d = parser_node(p, N_DURATION, VALUE_SCALAR, n->start);
		parser_advance(p);
		d->duration.op = op;
		d->duration.lhs = n;
		d->duration.rhs = parse_duration_expr(p, op_info[op].precedence + (op == OP_POW ? 0 : 1));
		d->end = p->last_end;
		n = d->duration.rhs != NULL ? d : NULL;
	}
	p->depth--;
	return n;
}

bool
duration_is_constant(const struct node *n)
{
	if (n == NULL || n->kind == N_NUMBER)
		return true;
	if (n->duration.what == DUR_STEP || n->duration.what == DUR_RANGE)
		return false;
	return duration_is_constant(n->duration.lhs) && duration_is_constant(n->duration.rhs);
}

static int
duration_binary(enum op op, double a, double b, double *out, struct err *e)
{
	switch (op) {
	case OP_ADD:
		*out = a + b;
		return 0;
	case OP_SUB:
		*out = a - b;
		return 0;
	case OP_MUL:
		*out = a * b;
		return 0;
	case OP_POW:
		*out = pow(a, b);
		return 0;
	case OP_DIV:
		if (b == 0)
			return err_set(e, ERR_FILE, "division by zero");
		*out = a / b;
		return 0;
	default:
		if (b == 0)
			return err_set(e, ERR_FILE, "modulo by zero");
		*out = fmod(a, b);
		return 0;
	}
}

static int
duration_evaluate(const struct node *n, const struct duration_context *c, double *seconds, struct err *e)
{
	double a = 0, b = 0;

	if (n->kind == N_NUMBER) {
		*seconds = n->number.value;
		return 0;
	}
	if (n->duration.lhs != NULL && duration_evaluate(n->duration.lhs, c, &a, e) < 0)
		return -1;
	if (n->duration.rhs != NULL && duration_evaluate(n->duration.rhs, c, &b, e) < 0)
		return -1;
	switch (n->duration.what) {
	case DUR_STEP:
		*seconds = (double)c->step_ms / 1000;
		return 0;
	case DUR_RANGE:
		*seconds = (double)c->range_ms / 1000;
		return 0;
	case DUR_MIN_OF:
		*seconds = fmin(a, b);
		return 0;
	case DUR_MAX_OF:
		*seconds = fmax(a, b);
		return 0;
	case DUR_PAREN:
		*seconds = b;
		return 0;
	case DUR_OP:
		break;
	}
	return duration_binary(n->duration.op, a, b, seconds, e);
}

int
duration_resolve(const struct node *n, const struct duration_context *c, bool negative_allowed, int64_t *ms,
		 struct err *e)
{
	double s;

	if (duration_evaluate(n, c, &s, e) < 0)
		return -1;
	if (!(s > 0) && !negative_allowed)
		return err_set(e, ERR_FILE, "duration must be greater than 0");
	if (!(fabs(s * 1000) < DURATION_MAX_MS))
		return err_set(e, ERR_FILE, "duration is out of range");
	*ms = (int64_t)(s * 1000 + (s < 0 ? -1e-6 : 1e-6));
	return 0;
}

bool
parse_duration_ms(struct parser *p, const struct node *n, bool negative_allowed, int64_t *ms)
{
	struct err inner = ERR_INIT;

	if (duration_resolve(n, &(struct duration_context){0}, negative_allowed, ms, &inner) == 0)
		return true;
	parser_fail(p, n->start, n->end, inner.text);
	return false;
}
