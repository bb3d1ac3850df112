/*
 * lex.h -- PromQL text into tokens. Keywords are words in any case; what a word means is for the
 * parser to decide. Inside [ ] a colon separates, outside it belongs to a metric name.
 */
#ifndef PROMQL_LEX_H
#define PROMQL_LEX_H

#include <stddef.h>
#include <stdint.h>

#include "mlwatch/promql.h"

enum token_kind {
	T_EOF,
	T_ERROR,
	T_WORD,   /* identifier or keyword without a colon */
	T_METRIC, /* identifier with a colon */
	T_NUMBER,
	T_DURATION,
	T_STRING,
	T_LPAREN,
	T_RPAREN,
	T_LBRACE,
	T_RBRACE,
	T_LBRACKET,
	T_RBRACKET,
	T_COMMA,
	T_COLON,
	T_AT,
	T_EQL, /* = */
	T_EQ_REGEX,
	T_NE_REGEX,
	T_OP /* +, -, ==, ...: see op */
};

struct token {
	enum token_kind kind;
	int op;              /* enum op, for T_OP */
	uint32_t start, end; /* bytes of the text */
};

struct lexer {
	const char *text;
	uint32_t len, at;
	int brackets, braces, parens; /* open ones, the current token included */
	struct token token;           /* the current one */
	char error[160];              /* for T_ERROR */
};

void lexer_init(struct lexer *lx, const char *text, size_t len);
void lexer_next(struct lexer *lx);

#endif
