/*
 * lex.c -- template text into tokens, as Go's text/template/parse does it: text, and inside {{ }} words, with blanks
 * as tokens of their own because they separate operands.
 */
#include <ctype.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/utf8.h"
#include "template_private.h"

struct lexer {
	const struct source *s;
	struct arena *mem;
	struct tokens out;
	size_t cap, at;
	int parens;
	bool failed;
};

static void
emit(struct lexer *l, enum token_kind kind, size_t from, size_t to)
{
	if (l->out.n == l->cap) {
		size_t more = l->cap == 0 ? 64 : l->cap * 2;
		l->out.at = arena_realloc(l->mem, l->out.at, l->cap * sizeof *l->out.at, more * sizeof *l->out.at);
		l->cap = more;
	}
	l->out.at[l->out.n++] = (struct token){kind, from, to - from, NULL};
}

static void
fail(struct lexer *l, size_t at, const char *text)
{
	emit(l, TK_ERROR, at, at);
	l->out.at[l->out.n - 1].error = text;
	l->failed = true;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Bytes above ASCII are letters, as most of them are. */
static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool
starts(const struct lexer *l, size_t at, const char *what)
{
	size_t n = strlen(what);

	return at + n <= l->s->n && memcmp(l->s->text + at, what, n) == 0;
}

static bool
at_trim_end(const struct lexer *l, size_t at)
{
	return at < l->s->n && is_blank(l->s->text[at]) && starts(l, at + 1, "-}}");
}

static const struct {
	const char *word;
	enum token_kind kind;
} keywords[] = {
    {"block", TK_BLOCK},
    {"break", TK_BREAK},
    {"continue", TK_CONTINUE},
    {"define", TK_DEFINE},
    {"else", TK_ELSE},
    {"end", TK_END},
    {"if", TK_IF},
    {"nil", TK_NIL},
    {"range", TK_RANGE},
    {"template", TK_TEMPLATE},
    {"with", TK_WITH},
    {"true", TK_BOOL},
    {"false", TK_BOOL},
};

/* After a word something must end it. */
static bool
at_terminator(const struct lexer *l)
{
	if (l->at >= l->s->n)
		return true;
	char c = l->s->text[l->at];
	return is_blank(c) || strchr(".,|:()=", c) != NULL || starts(l, l->at, "}}");
}

static void
lex_word(struct lexer *l)
{
	size_t from = l->at;

	while (l->at < l->s->n && is_word(l->s->text[l->at]))
		l->at++;
	if (!at_terminator(l)) {
		fail(l, l->at, "bad character");
		return;
	}
	for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
		if (strlen(keywords[i].word) == l->at - from &&
		    memcmp(keywords[i].word, l->s->text + from, l->at - from) == 0) {
			emit(l, keywords[i].kind, from, l->at);
			return;
		}
	}
	emit(l, TK_IDENT, from, l->at);
}

/* .name or $name, or the bare . or $ */
static void
lex_field(struct lexer *l, enum token_kind kind)
{
	size_t from = l->at++;

	while (l->at < l->s->n && is_word(l->s->text[l->at]))
		l->at++;
	if (!at_terminator(l))
		fail(l, l->at, "bad character");
	else
		emit(l, kind == TK_FIELD && l->at == from + 1 ? TK_DOT : kind, from, l->at);
}

static void
lex_quoted(struct lexer *l, char quote)
{
	size_t from = l->at++;

	for (; l->at < l->s->n && l->s->text[l->at] != quote; l->at++) {
		if (quote != '`' && l->s->text[l->at] == '\\')
			l->at++;
		if (quote != '`' && (l->at >= l->s->n || l->s->text[l->at] == '\n'))
			break;
	}
	if (l->at >= l->s->n || l->s->text[l->at] != quote) {
		fail(l, from,
		     quote == '"'   ? "unterminated quoted string"
		     : quote == '`' ? "unterminated raw quoted string"
				    : "unterminated character constant");
		return;
	}
	l->at++;
	emit(l, quote == '\'' ? TK_NUMBER : TK_STRING, from, l->at);
}

static void
lex_number(struct lexer *l)
{
	size_t from = l->at;

	if (l->s->text[l->at] == '+' || l->s->text[l->at] == '-')
		l->at++;
	bool hex = starts(l, l->at, "0x") || starts(l, l->at, "0X");
	while (l->at < l->s->n) {
		char c = l->s->text[l->at], before = l->s->text[l->at - (l->at > from)];
		bool sign =
		    (c == '+' || c == '-') && (hex ? before == 'p' || before == 'P' : before == 'e' || before == 'E');
		if (!is_word(c) && c != '.' && !sign)
			break;
		l->at++;
	}
	emit(l, TK_NUMBER, from, l->at);
}

static bool
starts_number(const struct lexer *l)
{
	const char *p = l->s->text + l->at;
	size_t left = l->s->n - l->at;

	if (isdigit((unsigned char)p[0]))
		return true;
	return left > 1 && (p[0] == '+' || p[0] == '-' || p[0] == '.') && isdigit((unsigned char)p[1]);
}

static void
lex_sign(struct lexer *l, char c)
{
	size_t from = l->at++;

	if (c == ':') {
		if (l->at >= l->s->n || l->s->text[l->at] != '=') {
			fail(l, from, "expected :=");
			return;
		}
		l->at++;
		emit(l, TK_DECLARE, from, l->at);
		return;
	}
	if (c == '(')
		l->parens++;
	if (c == ')' && --l->parens < 0) {
		fail(l, from, "unexpected right paren");
		return;
	}
	static const char signs[] = "=|(),";
	static const enum token_kind kinds[] = {TK_ASSIGN, TK_PIPE, TK_LPAREN, TK_RPAREN, TK_COMMA};
	const char *which = strchr(signs, c);
	if (which != NULL)
		emit(l, kinds[which - signs], from, l->at);
	else if (c > 0x20 && c < 0x7f)
		emit(l, TK_CHAR, from, l->at);
	else
		fail(l, from, "unrecognized character in action");
}

static void
lex_blanks(struct lexer *l)
{
	size_t from = l->at;

	while (l->at < l->s->n && is_blank(l->s->text[l->at]) && !at_trim_end(l, l->at))
		l->at++;
	if (l->at > from)
		emit(l, TK_SPACE, from, l->at);
}

static void
lex_inside(struct lexer *l)
{
	char c = l->s->text[l->at];

	if (is_blank(c))
		lex_blanks(l);
	else if (c == '"' || c == '`' || c == '\'')
		lex_quoted(l, c);
	else if (starts_number(l))
		lex_number(l);
	else if (c == '.')
		lex_field(l, TK_FIELD);
	else if (c == '$')
		lex_field(l, TK_VARIABLE);
	else if (is_word(c))
		lex_word(l);
	else
		lex_sign(l, c);
}

static void
skip_blanks(struct lexer *l)
{
	while (l->at < l->s->n && is_blank(l->s->text[l->at]))
		l->at++;
}

/* At a right delimiter, trimming or not: true, and past it. */
static bool
end_of_action(struct lexer *l)
{
	bool trim = at_trim_end(l, l->at);
	size_t from = l->at + (trim ? 2 : 0);

	if (!trim && !starts(l, l->at, "}}"))
		return false;
	if (l->parens > 0) {
		fail(l, from, "unclosed left paren");
		return true;
	}
	l->at = from + 2;
	emit(l, TK_RIGHT, from, l->at);
	if (trim)
		skip_blanks(l);
	return true;
}

static void
lex_action(struct lexer *l, size_t left)
{
	emit(l, TK_LEFT, left, left + 2);
	l->parens = 0;
	while (!l->failed) {
		if (end_of_action(l))
			return;
		if (l->at >= l->s->n)
			fail(l, left, "unclosed action");
		else
			lex_inside(l);
	}
}

static void
lex_comment(struct lexer *l, size_t left)
{
	const char *end = memmem(l->s->text + l->at + 2, l->s->n - l->at - 2, "*/", 2);

	if (end == NULL) {
		fail(l, left, "unclosed comment");
		return;
	}
	l->at = (size_t)(end - l->s->text) + 2;
	bool trim = at_trim_end(l, l->at);
	if (!trim && !starts(l, l->at, "}}")) {
		fail(l, left, "comment ends before closing delimiter");
		return;
	}
	l->at += trim ? 4 : 2;
	if (trim)
		skip_blanks(l);
}

static void
lex_one(struct lexer *l)
{
	const char *left = memmem(l->s->text + l->at, l->s->n - l->at, "{{", 2);
	size_t from = l->at, to = left == NULL ? l->s->n : (size_t)(left - l->s->text), begin = to;

	l->at = to + 2;
	bool trim = left != NULL && starts(l, l->at, "-") && l->at + 1 < l->s->n && is_blank(l->s->text[l->at + 1]);
	if (trim) {
		l->at += 2;
		while (to > from && is_blank(l->s->text[to - 1]))
			to--;
	}
	if (to > from)
		emit(l, TK_TEXT, from, to);
	if (left == NULL)
		l->at = l->s->n;
	else if (starts(l, l->at, "/*"))
		lex_comment(l, begin);
	else
		lex_action(l, begin);
}

struct tokens
template_lex(struct arena *mem, const struct source *s)
{
	struct lexer l = {.s = s, .mem = mem};

	while (l.at < s->n && !l.failed)
		lex_one(&l);
	emit(&l, TK_EOF, s->n, s->n);
	return l.out;
}
