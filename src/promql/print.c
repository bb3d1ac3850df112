/*
 * print.c -- a tree as text on one line; it parses to the same tree again.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"
#include "functions.h"
#include "mlwatch/clock.h"
#include "mlwatch/num.h"
#include "mlwatch/utf8.h"
#include "mlwatch/xalloc.h"

static void
print_quoted(struct buf *b, const char *s)
{
	static const char escapes[] = "\a\b\f\n\r\t\v\\\"", letters[] = "abfnrtv\\\"";
	size_t n = strlen(s);

	buf_addc(b, '"');
	for (size_t i = 0, len; i < n; i += len) {
		const char *at = strchr(escapes, s[i]);
		uint32_t cp;

		len = utf8_decode(s + i, n - i, &cp);
		if (at != NULL)
			buf_addf(b, "\\%c", letters[at - escapes]);
		else if (cp < 0x20 || cp == 0x7f || (cp == 0xFFFD && len == 1))
			buf_addf(b, "\\x%02x", (unsigned)(unsigned char)s[i]);
		else
			buf_add(b, s + i, len);
	}
	buf_addc(b, '"');
}

static void
print_label_name(struct buf *b, const char *name)
{
	if (label_name_is_legacy(name))
		buf_addstr(b, name);
	else
		print_quoted(b, name);
}

static void
print_names(struct buf *b, struct name_list l)
{
	buf_addc(b, '(');
	for (size_t i = 0; i < l.n; i++) {
		buf_addstr(b, i > 0 ? ", " : "");
		print_label_name(b, l.at[i]);
	}
	buf_addc(b, ')');
}

static void
print_ms(struct buf *b, int64_t ms)
{
	if (ms < 0)
		buf_addc(b, '-');
	duration_format(b, ms < 0 ? -ms : ms);
}

/* Seconds as a duration where that says the same, else as a number. */
static void
print_seconds(struct buf *b, double s, bool duration)
{
	char num[NUM_MAX];

	if (duration && fabs(s) < 9e12 && s * 1000 == floor(s * 1000) && s != 0) {
		print_ms(b, (int64_t)(s * 1000));
		return;
	}
	num_g(num, s);
	buf_addstr(b, num);
}

static void
print_duration(struct buf *b, const struct node *n)
{
	switch (n->kind == N_NUMBER ? DUR_OP : n->duration.what) {
	case DUR_STEP:
		buf_addstr(b, "step()");
		return;
	case DUR_RANGE:
		buf_addstr(b, "range()");
		return;
	case DUR_MIN_OF:
	case DUR_MAX_OF:
		buf_addstr(b, n->duration.what == DUR_MIN_OF ? "min_of(" : "max_of(");
		print_duration(b, n->duration.lhs);
		buf_addstr(b, ", ");
		print_duration(b, n->duration.rhs);
		buf_addc(b, ')');
		return;
	case DUR_PAREN:
		buf_addc(b, '(');
		print_duration(b, n->duration.rhs);
		buf_addc(b, ')');
		return;
	case DUR_OP:
		break;
	}
	if (n->kind == N_NUMBER) {
		print_seconds(b, n->number.value, n->number.duration);
		return;
	}
	if (n->duration.lhs != NULL) {
		print_duration(b, n->duration.lhs);
		buf_addf(b, " %s ", op_info[n->duration.op].text);
	} else {
		buf_addc(b, '-');
	}
	print_duration(b, n->duration.rhs);
}

static void
print_span(struct buf *b, const struct node *expr, int64_t ms)
{
	if (expr != NULL)
		print_duration(b, expr);
	else
		print_ms(b, ms);
}

static void
print_modifiers(struct buf *b, const struct modifiers *m)
{
	if (m->at == AT_TIME)
		buf_addf(b, " @ %s%lld.%03lld", m->at_ms < 0 ? "-" : "",
			 (long long)(m->at_ms < 0 ? -m->at_ms : m->at_ms) / 1000,
			 (long long)(m->at_ms < 0 ? -m->at_ms : m->at_ms) % 1000);
	else if (m->at != AT_NONE)
		buf_addstr(b, m->at == AT_START ? " @ start()" : " @ end()");
	if (m->has_offset) {
		buf_addstr(b, " offset ");
		print_span(b, m->offset_expr, m->offset_ms);
	}
}

static void
print_matcher(struct buf *b, const struct matcher *m)
{
	static const char *const ops[] = {[MATCH_EQ] = "=", [MATCH_NE] = "!=", [MATCH_RE] = "=~", [MATCH_NRE] = "!~"};

	print_label_name(b, m->name);
	buf_addstr(b, ops[m->op]);
	print_quoted(b, m->value);
}

static int
compare_matchers(const void *a, const void *b)
{
	struct buf x = BUF_INIT, y = BUF_INIT;
	int c;

	print_matcher(&x, *(const struct matcher *const *)a);
	print_matcher(&y, *(const struct matcher *const *)b);
	c = strcmp(buf_str(&x), buf_str(&y));
	buf_release(&x);
	buf_release(&y);
	return c;
}

/* Matchers in the order of their text, as Prometheus prints them. */
static void
print_selector_bare(struct buf *b, const struct node *n)
{
	const struct selector *s = &n->selector;
	/* The name before the braces is the last matcher. */
	size_t count = s->n_matchers - (s->name != NULL ? 1 : 0);
	const struct matcher **sorted;

	if (s->name != NULL)
		buf_addstr(b, s->name);
	if (count == 0 && s->name != NULL)
		return;
	sorted = xcalloc(count + 1, sizeof *sorted);
	for (size_t i = 0; i < count; i++)
		sorted[i] = &s->matchers[i];
	qsort((void *)sorted, count, sizeof *sorted, compare_matchers);
	buf_addc(b, '{');
	for (size_t i = 0; i < count; i++) {
		buf_addstr(b, i > 0 ? "," : "");
		print_matcher(b, sorted[i]);
	}
	buf_addc(b, '}');
	free((void *)sorted);
}

static void
print_kind(struct buf *b, const struct selector *s)
{
	buf_addstr(b, s->anchored ? " anchored" : s->smoothed ? " smoothed" : "");
}

void
print_aggregate_head(struct buf *b, const struct node *n)
{
	buf_addstr(b, aggregator_info[n->aggregate.op].name);
	if (n->aggregate.without || n->aggregate.grouping.n > 0) {
		buf_addstr(b, n->aggregate.without ? " without " : " by ");
		print_names(b, n->aggregate.grouping);
		buf_addc(b, ' ');
	}
}

static void
print_fill(struct buf *b, const char *word, double v)
{
	char num[NUM_MAX];

	num_g(num, v);
	buf_addf(b, " %s (%s)", word, num);
}

/* " + on (a) group_left (b)": everything between the operands but the last blank. */
void
print_operator(struct buf *b, const struct node *n)
{
	const struct matching *m = n->binary.matching;

	buf_addf(b, "%s%s", op_info[n->binary.op].text, n->binary.returns_bool ? " bool" : "");
	if (m->on || m->names.n > 0 || m->include.n > 0 || m->card == CARD_MANY_TO_ONE || m->card == CARD_ONE_TO_MANY) {
		buf_addstr(b, m->on ? " on " : " ignoring ");
		print_names(b, m->names);
	}
	if (m->card == CARD_MANY_TO_ONE || m->card == CARD_ONE_TO_MANY) {
		buf_addstr(b, m->card == CARD_MANY_TO_ONE ? " group_left " : " group_right ");
		print_names(b, m->include);
	}
	if (m->has_fill_left && m->has_fill_right && m->fill_left == m->fill_right) {
		print_fill(b, "fill", m->fill_left);
		return;
	}
	if (m->has_fill_left)
		print_fill(b, "fill_left", m->fill_left);
	if (m->has_fill_right)
		print_fill(b, "fill_right", m->fill_right);
}

static void
print_number(struct buf *b, const struct node *n)
{
	print_seconds(b, n->number.value, n->number.duration);
}

/* A sign binds less tightly than ^: what was Inf ^ x must not become +(Inf ^ x). */
void
print_left(struct buf *b, const struct node *n)
{
	const struct node *l = n->binary.lhs;

	if (n->binary.op == OP_POW && l->kind == N_NUMBER && isinf(l->number.value))
		buf_addstr(b, "Inf");
	else
		print_node(b, l);
}

static void
print_list(struct buf *b, struct node **args, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_addstr(b, i > 0 ? ", " : "");
		print_node(b, args[i]);
	}
}

void
print_range(struct buf *b, const struct node *n)
{
	if (n->kind == N_MATRIX) {
		print_selector_bare(b, n->matrix.selector);
		buf_addc(b, '[');
		print_span(b, n->matrix.range_expr, n->matrix.range_ms);
		buf_addc(b, ']');
		print_kind(b, &n->matrix.selector->selector);
		print_modifiers(b, &n->matrix.selector->mod);
		return;
	}
	buf_addc(b, '[');
	print_span(b, n->subquery.range_expr, n->subquery.range_ms);
	buf_addc(b, ':');
	if (n->subquery.step_expr != NULL || n->subquery.step_ms != 0)
		print_span(b, n->subquery.step_expr, n->subquery.step_ms);
	buf_addc(b, ']');
	print_modifiers(b, &n->mod);
}

void
print_node(struct buf *b, const struct node *n)
{
	switch (n->kind) {
	case N_NUMBER:
		print_number(b, n);
		break;
	case N_STRING:
		print_quoted(b, n->string.text);
		break;
	case N_SELECTOR:
		print_selector_bare(b, n);
		print_kind(b, &n->selector);
		print_modifiers(b, &n->mod);
		break;
	case N_MATRIX:
		print_range(b, n);
		break;
	case N_SUBQUERY:
		print_node(b, n->subquery.expr);
		print_range(b, n);
		break;
	case N_PAREN:
		buf_addc(b, '(');
		print_node(b, n->paren.expr);
		buf_addc(b, ')');
		break;
	case N_UNARY:
		buf_addstr(b, op_info[n->unary.op].text);
		print_node(b, n->unary.expr);
		break;
	case N_BINARY:
		print_left(b, n);
		buf_addc(b, ' ');
		print_operator(b, n);
		buf_addc(b, ' ');
		print_node(b, n->binary.rhs);
		break;
	case N_AGGREGATE:
		print_aggregate_head(b, n);
		buf_addc(b, '(');
		if (n->aggregate.param != NULL) {
			print_node(b, n->aggregate.param);
			buf_addstr(b, ", ");
		}
		print_node(b, n->aggregate.expr);
		buf_addc(b, ')');
		break;
	case N_CALL:
		buf_addstr(b, n->call.fn->name);
		buf_addc(b, '(');
		print_list(b, n->call.args, n->call.n_args);
		buf_addc(b, ')');
		break;
	case N_DURATION:
		print_duration(b, n);
		break;
	}
}

void
expr_print(struct buf *out, const struct expr *x)
{
	print_node(out, x->root);
}
