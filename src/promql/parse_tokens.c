/*
 * parse_tokens.c -- the parser's way of looking at tokens: what stands here, what was expected, lists of labels; and
 * how it says that something else was found.
 */
#include <stdarg.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "parse.h"

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

bool
parser_expect(struct parser *p, enum token_kind kind, const char *context, const char *expected)
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

char *
parser_text(struct parser *p)
{
	return arena_strndup(p->x->mem, p->lx.text + p->lx.token.start, p->lx.token.end - p->lx.token.start);
}

struct token
parser_after(const struct parser *p)
{
	struct lexer ahead = p->lx;

	lexer_next(&ahead);
	return ahead.token;
}

bool
parser_word_is(const struct parser *p, struct token t, const char *word)
{
	size_t n = strlen(word);

	return t.kind == T_WORD && t.end - t.start == n && strncasecmp(p->lx.text + t.start, word, n) == 0;
}

char *
parser_string(struct parser *p)
{
	const struct token *t = &p->lx.token;
	const char *why = NULL;
	char *s = parse_unquote(p->x->mem, p->lx.text + t->start, t->end - t->start, &why);

	if (s == NULL)
		parser_fail(p, t->start, t->end, why);
	return s;
}

static void
list_add(struct parser *p, struct name_list *l, const char *name)
{
	/* Lists are short: growing by one is fine when the arena grows the newest block in place. */
	l->at = arena_realloc(p->x->mem, (void *)l->at, l->n * sizeof *l->at, (l->n + 1) * sizeof *l->at);
	l->at[l->n++] = name;
}

/* ( name, name, ) */
bool
parser_label_list(struct parser *p, struct name_list *out)
{
	if (!parser_expect(p, T_LPAREN, "grouping opts", "\"(\""))
		return false;
	while (p->lx.token.kind != T_RPAREN) {
		char *name = NULL;

		if (p->lx.token.kind == T_WORD)
			name = parser_text(p);
		else if (p->lx.token.kind == T_STRING)
			name = parser_string(p);
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
