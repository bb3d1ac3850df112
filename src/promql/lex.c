/*
 * lex.c -- PromQL text into tokens. Knows characters; not what a word means.
 */
#include "lex.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "ast.h"

static bool
is_digit(int c)
{
	return c >= '0' && c <= '9';
}
static bool
is_hex(int c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
static bool
is_alpha(int c)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static bool
is_word(int c)
{
	return is_alpha(c) || is_digit(c);
}
static bool
is_space(int c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int
peek(const struct lexer *lx, uint32_t ahead)
{
	return lx->at + ahead < lx->len ? (unsigned char)lx->text[lx->at + ahead] : 0;
}

void
lexer_init(struct lexer *lx, const char *text, size_t len)
{
	memset(lx, 0, sizeof *lx);
	lx->text = text;
	lx->len = (uint32_t)len;
}

static void
skip_blanks(struct lexer *lx)
{
	for (;;) {
		int c = peek(lx, 0);

		if (lx->at >= lx->len)
			return;
		if (is_space(c)) {
			lx->at++;
		} else if (c == '#') {
			while (lx->at < lx->len && lx->text[lx->at] != '\n')
				lx->at++;
		} else {
			return;
		}
	}
}

static void
fail(struct lexer *lx, const char *what)
{
	uint32_t n = lx->at - lx->token.start;

	if (n > 60)
		n = 60;
	lx->token.kind = T_ERROR;
	snprintf(lx->error, sizeof lx->error, "%s \"%.*s\"", what, (int)n, lx->text + lx->token.start);
}

static void
digits(struct lexer *lx, bool (*accept)(int))
{
	while (accept(peek(lx, 0)) || (peek(lx, 0) == '_' && lx->at > lx->token.start && accept(peek(lx, 1))))
		lx->at++;
}

/* A number; false when the digits are followed by letters, so that it can only be a duration. */
static bool
scan_number(struct lexer *lx)
{
	if (peek(lx, 0) == '0' && (peek(lx, 1) == 'x' || peek(lx, 1) == 'X')) {
		lx->at += 2;
		digits(lx, is_hex);
		return !is_word(peek(lx, 0)) && peek(lx, 0) != '.';
	}
	digits(lx, is_digit);
	if (peek(lx, 0) == '.') {
		lx->at++;
		digits(lx, is_digit);
	}
	if (peek(lx, 0) == 'e' || peek(lx, 0) == 'E') {
		uint32_t sign = peek(lx, 1) == '+' || peek(lx, 1) == '-';

		if (is_digit(peek(lx, 1 + sign))) {
			lx->at += 1 + sign;
			digits(lx, is_digit);
		}
	}
	return !is_word(peek(lx, 0)) && peek(lx, 0) != '.';
}

static bool
scan_duration(struct lexer *lx)
{
	while (is_digit(peek(lx, 0))) {
		while (is_digit(peek(lx, 0)))
			lx->at++;
		if (peek(lx, 0) == 'm' && peek(lx, 1) == 's')
			lx->at += 2;
		else if (peek(lx, 0) != 0 && strchr("smhdwy", peek(lx, 0)) != NULL)
			lx->at++;
		else
			return false;
	}
	return !is_word(peek(lx, 0));
}

static void
number_or_duration(struct lexer *lx)
{
	if (scan_number(lx)) {
		lx->token.kind = T_NUMBER;
		return;
	}
	lx->at = lx->token.start;
	if (scan_duration(lx)) {
		lx->token.kind = T_DURATION;
		return;
	}
	while (is_word(peek(lx, 0)) || peek(lx, 0) == '.')
		lx->at++;
	fail(lx, "bad number or duration syntax:");
}

static void
string(struct lexer *lx, char quote)
{
	lx->at++;
	for (; lx->at < lx->len; lx->at++) {
		char c = lx->text[lx->at];

		if (c == quote) {
			lx->at++;
			lx->token.kind = T_STRING;
			return;
		}
		if (c == '\\' && quote != '`' && lx->at + 1 < lx->len)
			lx->at++;
		else if (c == '\n' && quote != '`')
			break;
	}
	lx->token.kind = T_ERROR;
	snprintf(lx->error, sizeof lx->error, quote == '`' ? "unterminated raw string" : "unterminated quoted string");
}

static void
word(struct lexer *lx)
{
	bool colon = false;

	while (is_word(peek(lx, 0)) || (peek(lx, 0) == ':' && lx->brackets == 0 && lx->braces == 0)) {
		colon |= peek(lx, 0) == ':';
		lx->at++;
	}
	lx->token.kind = colon ? T_METRIC : T_WORD;
}

static const struct punctuation {
	const char *text;
	enum token_kind kind;
	int op;
} punctuation[] = {
    {"=~", T_EQ_REGEX, 0},
    {"!~", T_NE_REGEX, 0},
    {"==", T_OP, OP_EQ},
    {"!=", T_OP, OP_NE},
    {">=", T_OP, OP_GE},
    {"<=", T_OP, OP_LE},
    {"</", T_OP, OP_TRIM_UPPER},
    {">/", T_OP, OP_TRIM_LOWER},
    {">", T_OP, OP_GT},
    {"<", T_OP, OP_LT},
    {"=", T_EQL, 0},
    {"+", T_OP, OP_ADD},
    {"-", T_OP, OP_SUB},
    {"*", T_OP, OP_MUL},
    {"/", T_OP, OP_DIV},
    {"%", T_OP, OP_MOD},
    {"^", T_OP, OP_POW},
    {"(", T_LPAREN, 0},
    {")", T_RPAREN, 0},
    {"{", T_LBRACE, 0},
    {"}", T_RBRACE, 0},
    {"[", T_LBRACKET, 0},
    {"]", T_RBRACKET, 0},
    {",", T_COMMA, 0},
    {"@", T_AT, 0},
    {":", T_COLON, 0},
};

static void
symbol(struct lexer *lx)
{
	for (size_t i = 0; i < sizeof punctuation / sizeof *punctuation; i++) {
		const struct punctuation *p = &punctuation[i];
		size_t n = strlen(p->text);

		if (lx->len - lx->at < n || memcmp(lx->text + lx->at, p->text, n) != 0)
			continue;
		lx->at += (uint32_t)n;
		lx->token.kind = p->kind;
		lx->token.op = p->op;
		lx->brackets += p->kind == T_LBRACKET ? 1 : p->kind == T_RBRACKET && lx->brackets > 0 ? -1 : 0;
		lx->braces += p->kind == T_LBRACE ? 1 : p->kind == T_RBRACE && lx->braces > 0 ? -1 : 0;
		lx->parens += p->kind == T_LPAREN ? 1 : p->kind == T_RPAREN && lx->parens > 0 ? -1 : 0;
		return;
	}
	lx->at++;
	while (lx->at < lx->len && ((unsigned char)lx->text[lx->at] & 0xC0) == 0x80)
		lx->at++;
	fail(lx, "unexpected character:");
}

void
lexer_next(struct lexer *lx)
{
	int c;

	skip_blanks(lx);
	lx->token.start = lx->at;
	lx->token.op = OP_NONE;
	c = peek(lx, 0);
	if (lx->at >= lx->len)
		lx->token.kind = T_EOF;
	else if (is_digit(c) || (c == '.' && is_digit(peek(lx, 1))))
		number_or_duration(lx);
	else if (is_alpha(c) ||
		 (c == ':' && lx->brackets == 0 && lx->braces == 0 && (is_word(peek(lx, 1)) || peek(lx, 1) == ':')))
		word(lx);
	else if (c == '"' || c == '\'' || c == '`')
		string(lx, (char)c);
	else
		symbol(lx);
	lx->token.end = lx->at;
}
