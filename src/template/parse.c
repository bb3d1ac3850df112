/*
 * parse.c -- tokens into a tree, with the checks and the words of Go's text/template/parse: functions and variables
 * must be known, blocks must end.
 *
 * Recursive descent, bounded in depth. All nodes live in the arena of the set, or of the one-off expansion.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/err.h"
#include "mlwatch/utf8.h"
#include "parse_private.h"

/* What a list of nodes was ended by. */
enum ending { END_EOF, END_END, END_ELSE, END_ERROR };

void
parse_complain(struct parser *p, size_t at, const char *fmt, ...)
{
	va_list ap;
	char text[300];
	size_t line = 1, start = 0;

	if (p->failed)
		return;
	p->failed = true;
	for (size_t i = 0; i < at && i < p->s->n; i++) {
		if (p->s->text[i] == '\n') {
			line++;
			start = i + 1;
		}
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	int column = (int)utf8_count(p->s->text + start, at - start) + 1;
	err_at(p->e, (int)line, column, column + 1, "template: %s:%zu: %s", p->s->name, line, text);
}

const struct token *
parse_peek(struct parser *p)
{
	const struct token *t = &p->tok.at[p->at];

	if (t->kind == TK_ERROR)
		parse_complain(p, t->at, "%s", t->error);
	return t;
}

const struct token *
parse_peek_word(struct parser *p)
{
	while (p->tok.at[p->at].kind == TK_SPACE)
		p->at++;
	return parse_peek(p);
}

const struct token *
parse_next(struct parser *p)
{
	const struct token *t = parse_peek(p);

	if (t->kind != TK_EOF && t->kind != TK_ERROR)
		p->at++;
	return t;
}

const struct token *
parse_next_word(struct parser *p)
{
	parse_peek_word(p);
	return parse_next(p);
}

void
parse_unexpected(struct parser *p, const struct token *t, const char *where)
{
	if (t->kind == TK_EOF)
		parse_complain(p, t->at, "unexpected EOF");
	else if (t->kind == TK_RIGHT)
		parse_complain(p, t->at, "unexpected \"}}\" in %s", where);
	else if (t->kind >= TK_BLOCK)
		parse_complain(p, t->at, "unexpected <%.*s> in %s", (int)t->n, p->s->text + t->at, where);
	else
		parse_complain(p, t->at, "unexpected \"%.*s\" in %s", (int)(t->n > 40 ? 40 : t->n), p->s->text + t->at,
			       where);
}

struct node *
parse_node(struct parser *p, enum node_kind kind, size_t from)
{
	struct node *n = arena_calloc(p->mem, 1, sizeof *n);

	n->kind = kind;
	n->source = p->s;
	n->from = from;
	n->to = from;
	n->pos = from;
	return n;
}

void
parse_list_add(struct parser *p, struct node_list *l, struct node *n)
{
	if (l->n == l->cap) {
		size_t more = l->cap == 0 ? 4 : l->cap * 2;
		l->at = arena_realloc(p->mem, l->at, l->cap * sizeof *l->at, more * sizeof *l->at);
		l->cap = more;
	}
	l->at[l->n++] = n;
}

void
parse_var_add(struct parser *p, const char *name)
{
	if (p->n_vars == p->cap_vars) {
		size_t more = p->cap_vars == 0 ? 16 : p->cap_vars * 2;
		p->vars = arena_realloc(p->mem, p->vars, p->cap_vars * sizeof *p->vars, more * sizeof *p->vars);
		p->cap_vars = more;
	}
	p->vars[p->n_vars++] = name;
}

char *
parse_word(struct parser *p, const struct token *t)
{
	return arena_strndup(p->mem, p->s->text + t->at, t->n);
}

/* ---- actions ---- */

static enum ending parse_list(struct parser *p, struct node_list *out);

static void
expect_right(struct parser *p, const char *where)
{
	const struct token *t = parse_next_word(p);

	if (t->kind != TK_RIGHT)
		parse_unexpected(p, t, where);
}

static struct node *
parse_control(struct parser *p, enum node_kind kind, const char *context, size_t from)
{
	struct node *n = parse_node(p, kind, from);
	size_t vars = p->n_vars;

	if (++p->depth > MAX_NESTING)
		parse_complain(p, from, "nested too deeply");
	n->pipe = parse_pipeline(p, context, TK_RIGHT);
	p->ranges += kind == N_RANGE;
	enum ending end = p->failed ? END_ERROR : parse_list(p, &n->body);
	p->ranges -= kind == N_RANGE;
	if (end == END_ELSE) {
		const struct token *t = parse_peek_word(p);
		bool chained = (kind == N_IF && t->kind == TK_IF) || (kind == N_WITH && t->kind == TK_WITH);
		if (chained) { /* {{else if}} shares our {{end}} */
			p->at++;
			parse_list_add(p, &n->other, parse_control(p, kind, context, t->at));
			end = END_END;
		} else {
			expect_right(p, "else");
			end = p->failed ? END_ERROR : parse_list(p, &n->other);
		}
	}
	if (end == END_ELSE)
		parse_complain(p, p->tok.at[p->at - 1].at, "expected end; found {{else}}");
	else if (end == END_EOF)
		parse_complain(p, p->s->n, "unexpected EOF");
	p->depth--;
	p->n_vars = vars;
	return n;
}

static const char *
parse_name(struct parser *p, const char *context)
{
	const struct token *t = parse_next_word(p);

	if (t->kind == TK_STRING)
		return parse_string(p, t)->value->s;
	parse_unexpected(p, t, context);
	return "";
}

static void
define(struct parser *p, const char *name, struct node_list body)
{
	struct definitions *d = p->into;
	bool empty = true;

	for (size_t i = 0; i < body.n && empty; i++)
		empty = body.at[i]->kind == N_TEXT && strspn(body.at[i]->text, " \t\r\n") == body.at[i]->n_text;
	for (size_t i = 0; i < d->n; i++) {
		if (strcmp(d->at[i].name, name) != 0)
			continue;
		if (!empty) /* an empty one never replaces */
			d->at[i].body = body;
		return;
	}
	if (d->n == d->cap) {
		size_t more = d->cap == 0 ? 8 : d->cap * 2;
		d->at = arena_realloc(p->mem, d->at, d->cap * sizeof *d->at, more * sizeof *d->at);
		d->cap = more;
	}
	d->at[d->n++] = (struct definition){name, body};
}

/* The body of {{define}} or {{block}}: sees no variables but $. */
static void
parse_body(struct parser *p, const char *name, const char *context)
{
	const char **vars = p->vars;
	size_t n = p->n_vars, cap = p->cap_vars;
	int ranges = p->ranges;
	struct node_list body = {0};

	p->vars = NULL;
	p->n_vars = p->cap_vars = 0;
	p->ranges = 0;
	parse_var_add(p, "$");
	enum ending end = p->failed ? END_ERROR : parse_list(p, &body);
	if (end == END_ELSE)
		parse_complain(p, p->tok.at[p->at - 1].at, "unexpected {{else}} in %s", context);
	else if (end == END_EOF)
		parse_complain(p, p->s->n, "unexpected EOF");
	p->vars = vars;
	p->n_vars = n;
	p->cap_vars = cap;
	p->ranges = ranges;
	if (!p->failed)
		define(p, name, body);
}

static struct node *
parse_template(struct parser *p, size_t from, bool block)
{
	struct node *n = parse_node(p, N_TEMPLATE, from);
	const char *context = block ? "block clause" : "template clause";

	n->text = parse_name(p, context);
	if (parse_peek_word(p)->kind == TK_RIGHT && !block)
		p->at++;
	else
		n->pipe = parse_pipeline(p, context, TK_RIGHT);
	n->to = p->at > 1 ? p->tok.at[p->at - 1].at : n->from;
	while (n->to > n->from && strchr(" \t\r\n", p->s->text[n->to - 1]) != NULL)
		n->to--;
	if (block) {
		if (++p->depth > MAX_NESTING)
			parse_complain(p, from, "nested too deeply");
		parse_body(p, n->text, "block clause");
		p->depth--;
	}
	return n;
}

static struct node *
parse_jump(struct parser *p, const struct token *t, enum node_kind kind)
{
	expect_right(p, kind == N_BREAK ? "{{break}}" : "{{continue}}");
	if (p->ranges == 0)
		parse_complain(p, t->at, "{{%s}} outside {{range}}", kind == N_BREAK ? "break" : "continue");
	return parse_node(p, kind, t->at);
}

/* After a left delimiter. NULL with *end set for {{end}} and {{else}}. */
static struct node *
parse_action(struct parser *p, enum ending *end)
{
	const struct token *t = parse_next_word(p);
	struct node *n;

	switch (t->kind) {
	case TK_END:
		expect_right(p, "end");
		*end = END_END;
		return NULL;
	case TK_ELSE:
		*end = END_ELSE;
		return NULL;
	case TK_IF:
		return parse_control(p, N_IF, "if", t->at);
	case TK_WITH:
		return parse_control(p, N_WITH, "with", t->at);
	case TK_RANGE:
		return parse_control(p, N_RANGE, "range", t->at);
	case TK_TEMPLATE:
	case TK_BLOCK:
		return parse_template(p, t->at, t->kind == TK_BLOCK);
	case TK_BREAK:
		return parse_jump(p, t, N_BREAK);
	case TK_CONTINUE:
		return parse_jump(p, t, N_CONTINUE);
	default:
		if (t->kind != TK_EOF && t->kind != TK_ERROR)
			p->at--;
		n = parse_node(p, N_ACTION, t->at);
		n->pipe = parse_pipeline(p, "command", TK_RIGHT);
		return n;
	}
}

static enum ending
parse_list(struct parser *p, struct node_list *out)
{
	enum ending end = END_EOF;

	while (!p->failed) {
		const struct token *t = parse_next(p);
		if (t->kind == TK_EOF)
			return END_EOF;
		struct node *n;
		if (t->kind == TK_TEXT) {
			n = parse_node(p, N_TEXT, t->at);
			n->text = parse_word(p, t);
			n->n_text = t->n;
		} else {
			n = parse_action(p, &end);
			if (n == NULL)
				return p->failed ? END_ERROR : end;
		}
		parse_list_add(p, out, n);
	}
	return END_ERROR;
}

/* Only at the top: {{define "name"}} ... {{end}} */
static bool
parse_definition(struct parser *p)
{
	size_t start = p->at;

	if (parse_peek(p)->kind == TK_LEFT) {
		p->at++;
		if (parse_peek_word(p)->kind == TK_DEFINE) {
			p->at++;
			const char *name = parse_name(p, "define clause");
			expect_right(p, "define clause");
			parse_body(p, name, "define clause");
			return true;
		}
	}
	p->at = start;
	return false;
}

int
template_parse_text(struct arena *mem, const struct templates *set, const struct source *s, struct definitions *into,
		    struct err *e)
{
	struct err own = ERR_INIT;
	struct parser p = {.s = s, .set = set, .mem = mem, .into = into, .e = e != NULL ? e : &own};
	struct node_list body = {0};
	enum ending end = END_EOF;

	if (s->n > MAX_TEMPLATE)
		return err_set(e, ERR_FILE, "template: %s: larger than %u bytes", s->name, MAX_TEMPLATE);
	p.tok = template_lex(mem, s);
	parse_var_add(&p, "$");
	while (!p.failed && parse_peek(&p)->kind != TK_EOF) {
		if (parse_definition(&p))
			continue;
		struct node_list one = {0};
		const struct token *t = parse_next(&p);
		if (t->kind == TK_TEXT) {
			struct node *n = parse_node(&p, N_TEXT, t->at);
			n->text = parse_word(&p, t);
			n->n_text = t->n;
			parse_list_add(&p, &one, n);
		} else if (!p.failed) {
			struct node *n = parse_action(&p, &end);
			if (n == NULL)
				parse_complain(&p, t->at, "unexpected {{%s}}", end == END_ELSE ? "else" : "end");
			else
				parse_list_add(&p, &one, n);
		}
		for (size_t i = 0; i < one.n; i++)
			parse_list_add(&p, &body, one.at[i]);
	}
	if (p.failed)
		return -1;
	define(&p, arena_strdup(mem, s->name), body);
	return 0;
}
