/*
 * parse_pipeline.c -- what stands inside an action: operands with their fields, commands, pipelines, declared variables.
 */
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/utf8.h"
#include "parse_private.h"

static const char **
strings_add(struct parser *p, const char **at, size_t *n, const char *s)
{
	at = arena_realloc(p->mem, at, *n * sizeof *at, (*n + 1) * sizeof *at);
	at[(*n)++] = s;
	return at;
}

struct node *
parse_string(struct parser *p, const struct token *t)
{
	struct node *n = parse_node(p, N_CONST, t->at);
	struct buf b = BUF_INIT;

	if (!literal_unquote(&b, p->s->text + t->at, t->n))
		parse_complain(p, t->at, "invalid syntax");
	n->value = tv_strn(p->mem, buf_str(&b), b.len);
	buf_release(&b);
	n->to = t->at + t->n;
	return n;
}

static struct node *
number_node(struct parser *p, const struct token *t)
{
	struct node *n = parse_node(p, N_CONST, t->at);
	const char *s = parse_word(p, t);

	n->to = t->at + t->n;
	if (*s == '\'') {
		struct buf b = BUF_INIT;
		uint32_t cp = 0;
		bool ok = literal_unquote(&b, s, t->n) && b.len > 0 && utf8_decode(b.p, b.len, &cp) == b.len;
		buf_release(&b);
		if (!ok)
			parse_complain(p, t->at, "malformed character constant: %s", s);
		n->value = tv_int(p->mem, cp);
	} else if ((n->value = literal_number(p->mem, s)) == NULL) {
		parse_complain(p, t->at, "bad number syntax: \"%s\"", s);
		n->value = tv_nil();
	}
	return n;
}

static struct node *
function_node(struct parser *p, const struct token *t)
{
	struct node *n = parse_node(p, N_FUNC, t->at);

	n->to = t->at + t->n;
	n->text = parse_word(p, t);
	n->func = template_function(p->set, n->text, t->n, &n->func_arg, &n->special);
	if (n->func == NULL)
		parse_complain(p, t->at, "function \"%s\" not defined", n->text);
	return n;
}

static struct node *
variable_node(struct parser *p, const struct token *t)
{
	struct node *n = parse_node(p, N_VARIABLE, t->at);
	const char *name = parse_word(p, t);
	bool known = false;

	for (size_t i = 0; i < p->n_vars && !known; i++)
		known = strcmp(p->vars[i], name) == 0;
	if (!known)
		parse_complain(p, t->at, "undefined variable \"%s\"", name);
	n->idents = strings_add(p, NULL, &n->n_idents, name);
	n->to = t->at + t->n;
	return n;
}

static struct node *
parse_term(struct parser *p)
{
	const struct token *t = parse_next_word(p);
	struct node *n;

	switch (t->kind) {
	case TK_IDENT:
		return function_node(p, t);
	case TK_VARIABLE:
		return variable_node(p, t);
	case TK_NUMBER:
		return number_node(p, t);
	case TK_STRING:
		return parse_string(p, t);
	case TK_LPAREN:
		n = parse_pipeline(p, "parenthesized pipeline", TK_RPAREN);
		n->from = t->at;
		n->to = p->tok.at[p->at - 1].at + 1;
		return n;
	case TK_DOT:
	case TK_NIL:
		n = parse_node(p, t->kind == TK_DOT ? N_DOT : N_NIL, t->at);
		break;
	case TK_BOOL:
		n = parse_node(p, N_CONST, t->at);
		n->value = tv_bool(p->mem, t->n == 4);
		break;
	case TK_FIELD:
		n = parse_node(p, N_FIELD, t->at);
		n->idents = strings_add(p, NULL, &n->n_idents, parse_word(p, t) + 1);
		break;
	default:
		if (t->kind != TK_EOF && t->kind != TK_ERROR)
			p->at--;
		return NULL;
	}
	n->to = t->at + t->n;
	return n;
}

static struct node *
parse_operand(struct parser *p)
{
	struct node *n = parse_term(p), *chain = n;

	if (n == NULL || parse_peek(p)->kind != TK_FIELD)
		return n;
	if (n->kind == N_CONST || n->kind == N_NIL || n->kind == N_DOT) {
		parse_complain(p, n->from, "unexpected . after term \"%.*s\"", (int)(n->to - n->from),
			       p->s->text + n->from);
		return n;
	}
	if (n->kind != N_FIELD && n->kind != N_VARIABLE) {
		chain = parse_node(p, N_CHAIN, n->from);
		chain->first = n;
	}
	chain->pos = parse_peek(p)->at;
	while (parse_peek(p)->kind == TK_FIELD) {
		const struct token *t = parse_next(p);
		chain->idents = strings_add(p, chain->idents, &chain->n_idents, parse_word(p, t) + 1);
		chain->to = t->at + t->n;
	}
	return chain;
}

static void
parse_command(struct parser *p, struct node_list *args)
{
	while (!p->failed) {
		struct node *n = parse_operand(p);
		if (n != NULL)
			parse_list_add(p, args, n);
		const struct token *t = parse_peek(p);
		if (t->kind == TK_SPACE) {
			p->at++;
			continue;
		}
		if (t->kind == TK_PIPE)
			p->at++;
		else if (t->kind != TK_RIGHT && t->kind != TK_RPAREN)
			parse_unexpected(p, t, "operand");
		break;
	}
	if (args->n == 0)
		parse_complain(p, parse_peek(p)->at, "empty command");
}

/* $x := and $i, $x := in front of a pipeline. */
static void
parse_declarations(struct parser *p, struct node *pipe, const char *context)
{
	for (;;) {
		size_t start = p->at;
		const struct token *v = parse_peek_word(p);
		if (v->kind != TK_VARIABLE) {
			p->at = start;
			return;
		}
		p->at++;
		const struct token *t = parse_peek_word(p);
		if (t->kind == TK_ASSIGN || t->kind == TK_DECLARE || t->kind == TK_COMMA) {
			p->at++;
			pipe->declares = strings_add(p, pipe->declares, &pipe->n_declares, parse_word(p, v));
			parse_var_add(p, pipe->declares[pipe->n_declares - 1]);
			pipe->assigns = t->kind == TK_ASSIGN;
			if (t->kind != TK_COMMA)
				return;
			if (strcmp(context, "range") != 0 || pipe->n_declares >= 2) {
				parse_complain(p, t->at, "too many declarations in %s", context);
				return;
			}
			enum token_kind k = parse_peek_word(p)->kind;
			if (k != TK_VARIABLE && k != TK_RIGHT && k != TK_RPAREN) {
				parse_complain(p, t->at, "range can only initialize variables");
				return;
			}
			continue;
		}
		p->at = start;
		return;
	}
}

static void
check_pipeline(struct parser *p, const struct node *pipe, const char *context)
{
	if (pipe->n_commands == 0)
		parse_complain(p, p->tok.at[p->at - 1].at, "missing value for %s", context);
	for (size_t i = 1; i < pipe->n_commands && !p->failed; i++) {
		enum node_kind k = pipe->commands[i].at[0]->kind;
		if (k == N_CONST || k == N_DOT || k == N_NIL)
			parse_complain(p, pipe->commands[i].at[0]->from, "non executable command in pipeline stage %zu",
				       i + 1);
	}
}

struct node *
parse_pipeline(struct parser *p, const char *context, enum token_kind end)
{
	struct node *pipe = parse_node(p, N_PIPE, parse_peek_word(p)->at);

	if (++p->depth > MAX_NESTING)
		parse_complain(p, pipe->from, "nested too deeply");
	parse_declarations(p, pipe, context);
	while (!p->failed) {
		const struct token *t = parse_next_word(p);
		if (t->kind == end) {
			check_pipeline(p, pipe, context);
			break;
		}
		if ((t->kind >= TK_DOT && t->kind <= TK_NIL) || t->kind == TK_LPAREN) {
			p->at--;
			pipe->commands =
			    arena_realloc(p->mem, pipe->commands, pipe->n_commands * sizeof *pipe->commands,
					  (pipe->n_commands + 1) * sizeof *pipe->commands);
			pipe->commands[pipe->n_commands] = (struct node_list){0};
			parse_command(p, &pipe->commands[pipe->n_commands++]);
			continue;
		}
		parse_unexpected(p, t, context);
	}
	p->depth--;
	pipe->to = p->at > 0 ? p->tok.at[p->at - 1].at : pipe->from;
	while (pipe->to > pipe->from && strchr(" \t\r\n", p->s->text[pipe->to - 1]) != NULL)
		pipe->to--;
	return pipe;
}
