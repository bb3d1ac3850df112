/*
 * parse.c -- tokens into a tree, with the checks and the words of Go's text/template/parse: functions and variables
 * must be known, blocks must end.
 *
 * Recursive descent, bounded in depth. All nodes live in the arena of the set, or of the one-off expansion.
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/utf8.h"
#include "template_private.h"

struct parser {
	const struct source *s;
	const struct templates *set;
	struct arena *mem;
	struct definitions *into;
	struct err *e;
	struct tokens tok;
	size_t at;
	const char **vars;
	size_t n_vars, cap_vars;
	int depth, ranges;
	bool failed;
};

/* What a list of nodes was ended by. */
enum ending { END_EOF, END_END, END_ELSE, END_ERROR };

static void
complain(struct parser *p, size_t at, const char *fmt, ...)
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

static const struct token *
peek(struct parser *p)
{
	const struct token *t = &p->tok.at[p->at];

	if (t->kind == TK_ERROR)
		complain(p, t->at, "%s", t->error);
	return t;
}

static const struct token *
peek_word(struct parser *p)
{
	while (p->tok.at[p->at].kind == TK_SPACE)
		p->at++;
	return peek(p);
}

static const struct token *
next(struct parser *p)
{
	const struct token *t = peek(p);

	if (t->kind != TK_EOF && t->kind != TK_ERROR)
		p->at++;
	return t;
}

static const struct token *
next_word(struct parser *p)
{
	peek_word(p);
	return next(p);
}

static void
unexpected(struct parser *p, const struct token *t, const char *where)
{
	if (t->kind == TK_EOF)
		complain(p, t->at, "unexpected EOF");
	else if (t->kind == TK_RIGHT)
		complain(p, t->at, "unexpected \"}}\" in %s", where);
	else if (t->kind >= TK_BLOCK)
		complain(p, t->at, "unexpected <%.*s> in %s", (int)t->n, p->s->text + t->at, where);
	else
		complain(p, t->at, "unexpected \"%.*s\" in %s", (int)(t->n > 40 ? 40 : t->n), p->s->text + t->at,
			 where);
}

static struct node *
new_node(struct parser *p, enum node_kind kind, size_t from)
{
	struct node *n = arena_calloc(p->mem, 1, sizeof *n);

	n->kind = kind;
	n->source = p->s;
	n->from = from;
	n->to = from;
	n->pos = from;
	return n;
}

static void
list_add(struct parser *p, struct node_list *l, struct node *n)
{
	if (l->n == l->cap) {
		size_t more = l->cap == 0 ? 4 : l->cap * 2;
		l->at = arena_realloc(p->mem, l->at, l->cap * sizeof *l->at, more * sizeof *l->at);
		l->cap = more;
	}
	l->at[l->n++] = n;
}

static const char **
strings_add(struct parser *p, const char **at, size_t *n, const char *s)
{
	at = arena_realloc(p->mem, at, *n * sizeof *at, (*n + 1) * sizeof *at);
	at[(*n)++] = s;
	return at;
}

static void
var_add(struct parser *p, const char *name)
{
	if (p->n_vars == p->cap_vars) {
		size_t more = p->cap_vars == 0 ? 16 : p->cap_vars * 2;
		p->vars = arena_realloc(p->mem, p->vars, p->cap_vars * sizeof *p->vars, more * sizeof *p->vars);
		p->cap_vars = more;
	}
	p->vars[p->n_vars++] = name;
}

static char *
word(struct parser *p, const struct token *t)
{
	return arena_strndup(p->mem, p->s->text + t->at, t->n);
}

/* ---- constants ---- */

static bool
unquote_escape(struct buf *out, const char **at, const char *end)
{
	static const char from[] = "abfnrtv\\'\"", to[] = "\a\b\f\n\r\t\v\\'\"";
	const char *p = *at, *which;
	int digits = *p == 'x' ? 2 : *p == 'u' ? 4 : *p == 'U' ? 8 : 0;
	char text[12] = "";

	if (digits == 0 && *p >= '0' && *p <= '7')
		digits = 3;
	else if (digits == 0) {
		which = strchr(from, *p);
		if (which == NULL || *p == '\0')
			return false;
		buf_addc(out, to[which - from]);
		*at = p + 1;
		return true;
	} else {
		p++;
	}
	if (end - p < digits)
		return false;
	memcpy(text, p, (size_t)digits);
	char *stop;
	unsigned long v = strtoul(text, &stop, digits == 3 ? 8 : 16);
	if (*stop != '\0' || v > 0x10ffff || (digits == 3 && v > 255))
		return false;
	if (digits <= 3)
		buf_addc(out, (char)v);
	else
		utf8_encode(out, (uint32_t)v);
	*at = p + digits;
	return true;
}

static bool
unquote(struct buf *out, const char *s, size_t n)
{
	const char *end = s + n - 1;
	bool raw = *s == '`';

	for (s++; s < end;) {
		if (raw || *s != '\\') {
			if (!raw || *s != '\r')
				buf_addc(out, *s);
			s++;
		} else if (s++, !unquote_escape(out, &s, end)) {
			return false;
		}
	}
	return true;
}

static struct node *
string_node(struct parser *p, const struct token *t)
{
	struct node *n = new_node(p, N_CONST, t->at);
	struct buf b = BUF_INIT;

	if (!unquote(&b, p->s->text + t->at, t->n))
		complain(p, t->at, "invalid syntax");
	n->value = tv_strn(p->mem, buf_str(&b), b.len);
	buf_release(&b);
	n->to = t->at + t->n;
	return n;
}

/* Go's literals: 1_000, 0x1F, 0b11, 0o17, 017, 1.5e3, 'a'. */
static const struct tvalue *
read_number(struct parser *p, const char *s)
{
	char digits[64];
	size_t n = 0;
	char *end;

	for (const char *c = s; *c != '\0' && n < sizeof digits - 1; c++) {
		if (*c != '_')
			digits[n++] = *c;
	}
	digits[n] = '\0';
	const char *d = digits + (digits[0] == '+' || digits[0] == '-');
	int base = 10;
	if (d[0] == '0' && (d[1] == 'b' || d[1] == 'B' || d[1] == 'o' || d[1] == 'O')) {
		base = d[1] == 'b' || d[1] == 'B' ? 2 : 8;
		memmove((char *)d, d + 2, strlen(d + 2) + 1);
	} else if (d[0] == '0' && (d[1] == 'x' || d[1] == 'X')) {
		base = 16;
	} else if (d[0] == '0' && d[1] != '\0' && strpbrk(d, ".eE") == NULL) {
		base = 8;
	}
	errno = 0;
	int64_t i = strtoll(digits, &end, base);
	if (*end == '\0' && errno == 0)
		return tv_int(p->mem, i);
	if (strspn(digits, "+-0123456789.eE") != strlen(digits) && base != 16)
		return NULL;
	double f = strtod(digits, &end);
	return *end == '\0' && !isinf(f) ? tv_float(p->mem, f) : NULL;
}

static struct node *
number_node(struct parser *p, const struct token *t)
{
	struct node *n = new_node(p, N_CONST, t->at);
	const char *s = word(p, t);

	n->to = t->at + t->n;
	if (*s == '\'') {
		struct buf b = BUF_INIT;
		uint32_t cp = 0;
		bool ok = unquote(&b, s, t->n) && b.len > 0 && utf8_decode(b.p, b.len, &cp) == b.len;
		buf_release(&b);
		if (!ok)
			complain(p, t->at, "malformed character constant: %s", s);
		n->value = tv_int(p->mem, cp);
	} else if ((n->value = read_number(p, s)) == NULL) {
		complain(p, t->at, "bad number syntax: \"%s\"", s);
		n->value = tv_nil();
	}
	return n;
}

/* ---- operands ---- */

static struct node *parse_pipeline(struct parser *p, const char *context, enum token_kind end);

static struct node *
function_node(struct parser *p, const struct token *t)
{
	struct node *n = new_node(p, N_FUNC, t->at);

	n->to = t->at + t->n;
	n->text = word(p, t);
	n->func = template_function(p->set, n->text, t->n, &n->func_arg, &n->special);
	if (n->func == NULL)
		complain(p, t->at, "function \"%s\" not defined", n->text);
	return n;
}

static struct node *
variable_node(struct parser *p, const struct token *t)
{
	struct node *n = new_node(p, N_VARIABLE, t->at);
	const char *name = word(p, t);
	bool known = false;

	for (size_t i = 0; i < p->n_vars && !known; i++)
		known = strcmp(p->vars[i], name) == 0;
	if (!known)
		complain(p, t->at, "undefined variable \"%s\"", name);
	n->idents = strings_add(p, NULL, &n->n_idents, name);
	n->to = t->at + t->n;
	return n;
}

static struct node *
parse_term(struct parser *p)
{
	const struct token *t = next_word(p);
	struct node *n;

	switch (t->kind) {
	case TK_IDENT:
		return function_node(p, t);
	case TK_VARIABLE:
		return variable_node(p, t);
	case TK_NUMBER:
		return number_node(p, t);
	case TK_STRING:
		return string_node(p, t);
	case TK_LPAREN:
		n = parse_pipeline(p, "parenthesized pipeline", TK_RPAREN);
		n->from = t->at;
		n->to = p->tok.at[p->at - 1].at + 1;
		return n;
	case TK_DOT:
	case TK_NIL:
		n = new_node(p, t->kind == TK_DOT ? N_DOT : N_NIL, t->at);
		break;
	case TK_BOOL:
		n = new_node(p, N_CONST, t->at);
		n->value = tv_bool(p->mem, t->n == 4);
		break;
	case TK_FIELD:
		n = new_node(p, N_FIELD, t->at);
		n->idents = strings_add(p, NULL, &n->n_idents, word(p, t) + 1);
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

	if (n == NULL || peek(p)->kind != TK_FIELD)
		return n;
	if (n->kind == N_CONST || n->kind == N_NIL || n->kind == N_DOT) {
		complain(p, n->from, "unexpected . after term \"%.*s\"", (int)(n->to - n->from), p->s->text + n->from);
		return n;
	}
	if (n->kind != N_FIELD && n->kind != N_VARIABLE) {
		chain = new_node(p, N_CHAIN, n->from);
		chain->first = n;
	}
	chain->pos = peek(p)->at;
	while (peek(p)->kind == TK_FIELD) {
		const struct token *t = next(p);
		chain->idents = strings_add(p, chain->idents, &chain->n_idents, word(p, t) + 1);
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
			list_add(p, args, n);
		const struct token *t = peek(p);
		if (t->kind == TK_SPACE) {
			p->at++;
			continue;
		}
		if (t->kind == TK_PIPE)
			p->at++;
		else if (t->kind != TK_RIGHT && t->kind != TK_RPAREN)
			unexpected(p, t, "operand");
		break;
	}
	if (args->n == 0)
		complain(p, peek(p)->at, "empty command");
}

/* $x := and $i, $x := in front of a pipeline. */
static void
parse_declarations(struct parser *p, struct node *pipe, const char *context)
{
	for (;;) {
		size_t start = p->at;
		const struct token *v = peek_word(p);
		if (v->kind != TK_VARIABLE) {
			p->at = start;
			return;
		}
		p->at++;
		const struct token *t = peek_word(p);
		if (t->kind == TK_ASSIGN || t->kind == TK_DECLARE || t->kind == TK_COMMA) {
			p->at++;
			pipe->declares = strings_add(p, pipe->declares, &pipe->n_declares, word(p, v));
			var_add(p, pipe->declares[pipe->n_declares - 1]);
			pipe->assigns = t->kind == TK_ASSIGN;
			if (t->kind != TK_COMMA)
				return;
			if (strcmp(context, "range") != 0 || pipe->n_declares >= 2) {
				complain(p, t->at, "too many declarations in %s", context);
				return;
			}
			enum token_kind k = peek_word(p)->kind;
			if (k != TK_VARIABLE && k != TK_RIGHT && k != TK_RPAREN) {
				complain(p, t->at, "range can only initialize variables");
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
		complain(p, p->tok.at[p->at - 1].at, "missing value for %s", context);
	for (size_t i = 1; i < pipe->n_commands && !p->failed; i++) {
		enum node_kind k = pipe->commands[i].at[0]->kind;
		if (k == N_CONST || k == N_DOT || k == N_NIL)
			complain(p, pipe->commands[i].at[0]->from, "non executable command in pipeline stage %zu",
				 i + 1);
	}
}

static struct node *
parse_pipeline(struct parser *p, const char *context, enum token_kind end)
{
	struct node *pipe = new_node(p, N_PIPE, peek_word(p)->at);

	if (++p->depth > MAX_NESTING)
		complain(p, pipe->from, "nested too deeply");
	parse_declarations(p, pipe, context);
	while (!p->failed) {
		const struct token *t = next_word(p);
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
		unexpected(p, t, context);
	}
	p->depth--;
	pipe->to = p->at > 0 ? p->tok.at[p->at - 1].at : pipe->from;
	while (pipe->to > pipe->from && strchr(" \t\r\n", p->s->text[pipe->to - 1]) != NULL)
		pipe->to--;
	return pipe;
}

/* ---- actions ---- */

static enum ending parse_list(struct parser *p, struct node_list *out);

static void
expect_right(struct parser *p, const char *where)
{
	const struct token *t = next_word(p);

	if (t->kind != TK_RIGHT)
		unexpected(p, t, where);
}

static struct node *
parse_control(struct parser *p, enum node_kind kind, const char *context, size_t from)
{
	struct node *n = new_node(p, kind, from);
	size_t vars = p->n_vars;

	if (++p->depth > MAX_NESTING)
		complain(p, from, "nested too deeply");
	n->pipe = parse_pipeline(p, context, TK_RIGHT);
	p->ranges += kind == N_RANGE;
	enum ending end = p->failed ? END_ERROR : parse_list(p, &n->body);
	p->ranges -= kind == N_RANGE;
	if (end == END_ELSE) {
		const struct token *t = peek_word(p);
		bool chained = (kind == N_IF && t->kind == TK_IF) || (kind == N_WITH && t->kind == TK_WITH);
		if (chained) { /* {{else if}} shares our {{end}} */
			p->at++;
			list_add(p, &n->other, parse_control(p, kind, context, t->at));
			end = END_END;
		} else {
			expect_right(p, "else");
			end = p->failed ? END_ERROR : parse_list(p, &n->other);
		}
	}
	if (end == END_ELSE)
		complain(p, p->tok.at[p->at - 1].at, "expected end; found {{else}}");
	else if (end == END_EOF)
		complain(p, p->s->n, "unexpected EOF");
	p->depth--;
	p->n_vars = vars;
	return n;
}

static const char *
parse_name(struct parser *p, const char *context)
{
	const struct token *t = next_word(p);

	if (t->kind == TK_STRING)
		return string_node(p, t)->value->s;
	unexpected(p, t, context);
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
	var_add(p, "$");
	enum ending end = p->failed ? END_ERROR : parse_list(p, &body);
	if (end == END_ELSE)
		complain(p, p->tok.at[p->at - 1].at, "unexpected {{else}} in %s", context);
	else if (end == END_EOF)
		complain(p, p->s->n, "unexpected EOF");
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
	struct node *n = new_node(p, N_TEMPLATE, from);
	const char *context = block ? "block clause" : "template clause";

	n->text = parse_name(p, context);
	if (peek_word(p)->kind == TK_RIGHT && !block)
		p->at++;
	else
		n->pipe = parse_pipeline(p, context, TK_RIGHT);
	n->to = p->at > 1 ? p->tok.at[p->at - 1].at : n->from;
	while (n->to > n->from && strchr(" \t\r\n", p->s->text[n->to - 1]) != NULL)
		n->to--;
	if (block) {
		if (++p->depth > MAX_NESTING)
			complain(p, from, "nested too deeply");
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
		complain(p, t->at, "{{%s}} outside {{range}}", kind == N_BREAK ? "break" : "continue");
	return new_node(p, kind, t->at);
}

/* After a left delimiter. NULL with *end set for {{end}} and {{else}}. */
static struct node *
parse_action(struct parser *p, enum ending *end)
{
	const struct token *t = next_word(p);
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
		n = new_node(p, N_ACTION, t->at);
		n->pipe = parse_pipeline(p, "command", TK_RIGHT);
		return n;
	}
}

static enum ending
parse_list(struct parser *p, struct node_list *out)
{
	enum ending end = END_EOF;

	while (!p->failed) {
		const struct token *t = next(p);
		if (t->kind == TK_EOF)
			return END_EOF;
		struct node *n;
		if (t->kind == TK_TEXT) {
			n = new_node(p, N_TEXT, t->at);
			n->text = word(p, t);
			n->n_text = t->n;
		} else {
			n = parse_action(p, &end);
			if (n == NULL)
				return p->failed ? END_ERROR : end;
		}
		list_add(p, out, n);
	}
	return END_ERROR;
}

/* Only at the top: {{define "name"}} ... {{end}} */
static bool
parse_definition(struct parser *p)
{
	size_t start = p->at;

	if (peek(p)->kind == TK_LEFT) {
		p->at++;
		if (peek_word(p)->kind == TK_DEFINE) {
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
	var_add(&p, "$");
	while (!p.failed && peek(&p)->kind != TK_EOF) {
		if (parse_definition(&p))
			continue;
		struct node_list one = {0};
		const struct token *t = next(&p);
		if (t->kind == TK_TEXT) {
			struct node *n = new_node(&p, N_TEXT, t->at);
			n->text = word(&p, t);
			n->n_text = t->n;
			list_add(&p, &one, n);
		} else if (!p.failed) {
			struct node *n = parse_action(&p, &end);
			if (n == NULL)
				complain(&p, t->at, "unexpected {{%s}}", end == END_ELSE ? "else" : "end");
			else
				list_add(&p, &one, n);
		}
		for (size_t i = 0; i < one.n; i++)
			list_add(&p, &body, one.at[i]);
	}
	if (p.failed)
		return -1;
	define(&p, arena_strdup(mem, s->name), body);
	return 0;
}
