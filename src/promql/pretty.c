/*
 * pretty.c -- a tree as text over several lines, as Prometheus' format_query does it: what is longer than 100 characters is
 * split at its operators, arguments and parentheses.
 */
#include <string.h>

#include "print.h"

#define LINE_MAX_CHARS 100
#define INDENT_MAX     40

static void pretty(struct buf *b, const struct node *n, int level);

static void
indent(struct buf *b, int level)
{
	/* Beyond this nobody sees the structure any more, but the blanks would grow with its square. */
	for (int i = 0; i < level && i < INDENT_MAX; i++)
		buf_addstr(b, "  ");
}

static bool
needs_split(const struct node *n)
{
	struct buf b = BUF_INIT;
	bool split;

	print_node(&b, n);
	split = b.len > LINE_MAX_CHARS;
	buf_release(&b);
	return split;
}

static void
pretty_arguments(struct buf *b, struct node *const *args, size_t n, int level)
{
	buf_addstr(b, "(\n");
	for (size_t i = 0; i < n; i++) {
		pretty(b, args[i], level + 1);
		buf_addstr(b, i + 1 < n ? ",\n" : "\n");
	}
	indent(b, level);
	buf_addc(b, ')');
}

static void
pretty_left(struct buf *b, const struct node *n, int level)
{
	if (n->binary.lhs->kind != N_NUMBER) {
		pretty(b, n->binary.lhs, level);
		return;
	}
	indent(b, level);
	print_left(b, n);
}

static void
pretty_split(struct buf *b, const struct node *n, int level)
{
	struct node *args[2];
	size_t n_args = 0;

	switch (n->kind) {
	case N_PAREN:
		indent(b, level);
		pretty_arguments(b, &n->paren.expr, 1, level);
		return;
	case N_UNARY: {
		struct buf inner = BUF_INIT;

		indent(b, level);
		buf_addstr(b, op_info[n->unary.op].text);
		pretty(&inner, n->unary.expr, level);
		buf_addstr(b, buf_str(&inner) + strspn(buf_str(&inner), " "));
		buf_release(&inner);
		return;
	}
	case N_BINARY:
		pretty_left(b, n, level + 1);
		buf_addc(b, '\n');
		indent(b, level);
		print_operator(b, n);
		buf_addc(b, '\n');
		pretty(b, n->binary.rhs, level + 1);
		return;
	case N_AGGREGATE:
		indent(b, level);
		print_aggregate_head(b, n);
		if (n->aggregate.param != NULL)
			args[n_args++] = n->aggregate.param;
		args[n_args++] = n->aggregate.expr;
		pretty_arguments(b, args, n_args, level);
		return;
	case N_CALL:
		indent(b, level);
		buf_addstr(b, n->call.fn->name);
		if (n->call.n_args > 0)
			pretty_arguments(b, n->call.args, n->call.n_args, level);
		else
			buf_addstr(b, "()");
		return;
	case N_SUBQUERY:
		pretty(b, n->subquery.expr, level);
		print_range(b, n);
		return;
	default:
		indent(b, level);
		print_node(b, n);
	}
}

static void
pretty(struct buf *b, const struct node *n, int level)
{
	if (needs_split(n)) {
		pretty_split(b, n, level);
		return;
	}
	indent(b, level);
	print_node(b, n);
}

void
expr_pretty(struct buf *out, const struct expr *x)
{
	pretty(out, x->root, 0);
}
