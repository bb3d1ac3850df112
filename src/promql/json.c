/*
 * json.c -- a tree as JSON, in the form of Prometheus' parse_query: what its expression tree view shows.
 */
#include <string.h>

#include "functions.h"
#include "mlwatch/buf.h"
#include "mlwatch/num.h"
#include "mlwatch/utf8.h"
#include "print.h"

static void node_json(struct buf *b, const struct node *n);

static const char *
type_word(enum value_type t)
{
	static const char *const word[] = {[VALUE_NONE] = "none",
					   [VALUE_SCALAR] = "scalar",
					   [VALUE_VECTOR] = "vector",
					   [VALUE_MATRIX] = "matrix",
					   [VALUE_STRING] = "string"};

	return word[t];
}

static void
quoted(struct buf *b, const char *s)
{
	struct buf good = BUF_INIT;

	utf8_repair(&good, s, strlen(s));
	buf_addc(b, '"');
	for (size_t i = 0; i < good.len; i++) {
		const unsigned char c = (unsigned char)good.p[i];

		if (c == '"' || c == '\\')
			buf_addf(b, "\\%c", c);
		else if (c < 0x20)
			buf_addf(b, "\\u%04x", c);
		else
			buf_addc(b, (char)c);
	}
	buf_addc(b, '"');
	buf_release(&good);
}

static void
names_json(struct buf *b, const char *key, struct name_list l)
{
	buf_addf(b, "\"%s\":[", key);
	for (size_t i = 0; i < l.n; i++) {
		buf_addstr(b, i > 0 ? "," : "");
		quoted(b, l.at[i]);
	}
	buf_addc(b, ']');
}

static void
matchers_json(struct buf *b, const struct selector *s)
{
	static const char *const ops[] = {[MATCH_EQ] = "=", [MATCH_NE] = "!=", [MATCH_RE] = "=~", [MATCH_NRE] = "!~"};

	buf_addstr(b, "\"matchers\":[");
	for (size_t i = 0; i < s->n_matchers; i++) {
		buf_addf(b, "%s{\"name\":", i > 0 ? "," : "");
		quoted(b, s->matchers[i].name);
		buf_addstr(b, ",\"value\":");
		quoted(b, s->matchers[i].value);
		buf_addf(b, ",\"type\":\"%s\"}", ops[s->matchers[i].op]);
	}
	buf_addc(b, ']');
}

static void
modifiers_json(struct buf *b, const struct modifiers *m)
{
	buf_addf(b, "\"offset\":%lld,\"timestamp\":", (long long)m->offset_ms);
	if (m->at == AT_TIME)
		buf_addf(b, "%lld", (long long)m->at_ms);
	else
		buf_addstr(b, "null");
	buf_addf(b, ",\"startOrEnd\":%s", m->at == AT_START ? "\"start\"" : m->at == AT_END ? "\"end\"" : "null");
}

/* An instant selector, or with a range a matrix one. */
static void
selector_json(struct buf *b, const struct node *n, const struct node *matrix)
{
	const struct selector *s = &n->selector;

	buf_addf(b, "{\"type\":\"%s\",\"name\":", matrix != NULL ? "matrixSelector" : "vectorSelector");
	quoted(b, s->name != NULL ? s->name : "");
	if (matrix != NULL)
		buf_addf(b, ",\"range\":%lld", (long long)matrix->matrix.range_ms);
	buf_addc(b, ',');
	modifiers_json(b, &n->mod);
	buf_addc(b, ',');
	matchers_json(b, s);
	buf_addf(b, ",\"anchored\":%s,\"smoothed\":%s}", s->anchored ? "true" : "false",
		 s->smoothed ? "true" : "false");
}

static void
subquery_json(struct buf *b, const struct node *n)
{
	buf_addstr(b, "{\"type\":\"subquery\",\"expr\":");
	node_json(b, n->subquery.expr);
	buf_addf(b, ",\"range\":%lld,\"step\":%lld,", (long long)n->subquery.range_ms, (long long)n->subquery.step_ms);
	modifiers_json(b, &n->mod);
	buf_addc(b, '}');
}

static void
aggregate_json(struct buf *b, const struct node *n)
{
	buf_addf(b, "{\"type\":\"aggregation\",\"op\":\"%s\",\"expr\":", aggregator_info[n->aggregate.op].name);
	node_json(b, n->aggregate.expr);
	buf_addstr(b, ",\"param\":");
	if (n->aggregate.param != NULL)
		node_json(b, n->aggregate.param);
	else
		buf_addstr(b, "null");
	buf_addc(b, ',');
	names_json(b, "grouping", n->aggregate.grouping);
	buf_addf(b, ",\"without\":%s}", n->aggregate.without ? "true" : "false");
}

static void
matching_json(struct buf *b, const struct matching *m)
{
	static const char *const card[] = {[CARD_ONE_TO_ONE] = "one-to-one",
					   [CARD_MANY_TO_ONE] = "many-to-one",
					   [CARD_ONE_TO_MANY] = "one-to-many",
					   [CARD_MANY_TO_MANY] = "many-to-many"};

	if (m == NULL) {
		buf_addstr(b, "null");
		return;
	}
	buf_addf(b, "{\"card\":\"%s\",", card[m->card]);
	names_json(b, "labels", m->names);
	buf_addf(b, ",\"on\":%s,", m->on ? "true" : "false");
	names_json(b, "include", m->include);
	buf_addc(b, '}');
}

static void
binary_json(struct buf *b, const struct node *n)
{
	buf_addf(b, "{\"type\":\"binaryExpr\",\"op\":\"%s\",\"lhs\":", op_info[n->binary.op].text);
	node_json(b, n->binary.lhs);
	buf_addstr(b, ",\"rhs\":");
	node_json(b, n->binary.rhs);
	buf_addstr(b, ",\"matching\":");
	matching_json(b, n->binary.matching);
	buf_addf(b, ",\"bool\":%s}", n->binary.returns_bool ? "true" : "false");
}

static void
call_json(struct buf *b, const struct node *n)
{
	const struct function *f = n->call.fn;

	buf_addf(b, "{\"type\":\"call\",\"func\":{\"name\":\"%s\",\"argTypes\":[", f->name);
	for (int i = 0; i < f->n_types; i++)
		buf_addf(b, "%s\"%s\"", i > 0 ? "," : "", type_word(f->types[i]));
	buf_addf(b, "],\"variadic\":%d,\"returnType\":\"%s\"},\"args\":[", f->variadic, type_word(f->ret));
	for (size_t i = 0; i < n->call.n_args; i++) {
		buf_addstr(b, i > 0 ? "," : "");
		node_json(b, n->call.args[i]);
	}
	buf_addstr(b, "]}");
}

static void
number_json(struct buf *b, const struct node *n)
{
	char text[NUM_MAX];

	num_api(text, n->number.value);
	buf_addf(b, "{\"type\":\"numberLiteral\",\"val\":\"%s\"}", text);
}

static void
wrapped_json(struct buf *b, const char *head, const struct node *expr)
{
	buf_addstr(b, head);
	node_json(b, expr);
	buf_addc(b, '}');
}

static void
node_json(struct buf *b, const struct node *n)
{
	switch (n->kind) {
	case N_DURATION: /* stands in ranges and offsets only */
		buf_addstr(b, "null");
		break;
	case N_NUMBER:
		number_json(b, n);
		break;
	case N_STRING:
		buf_addstr(b, "{\"type\":\"stringLiteral\",\"val\":");
		quoted(b, n->string.text);
		buf_addc(b, '}');
		break;
	case N_SELECTOR:
		selector_json(b, n, NULL);
		break;
	case N_MATRIX:
		selector_json(b, n->matrix.selector, n);
		break;
	case N_SUBQUERY:
		subquery_json(b, n);
		break;
	case N_PAREN:
		wrapped_json(b, "{\"type\":\"parenExpr\",\"expr\":", n->paren.expr);
		break;
	case N_UNARY:
		wrapped_json(b,
			     n->unary.op == OP_SUB ? "{\"type\":\"unaryExpr\",\"op\":\"-\",\"expr\":"
						   : "{\"type\":\"unaryExpr\",\"op\":\"+\",\"expr\":",
			     n->unary.expr);
		break;
	case N_BINARY:
		binary_json(b, n);
		break;
	case N_AGGREGATE:
		aggregate_json(b, n);
		break;
	case N_CALL:
		call_json(b, n);
		break;
	}
}

void
expr_json(struct buf *out, const struct expr *x)
{
	node_json(out, x->root);
}
