/* parse.h -- what the parser's files share: the parser's state, numbers, strings and duration expressions. */
#ifndef PROMQL_PARSE_H
#define PROMQL_PARSE_H

#include "ast.h"
#include "functions.h"
#include "lex.h"

#define PARSE_DEPTH 200  /* of nesting */
#define PARSE_CHAIN 1000 /* operators in a row */

struct parser {
	struct lexer lx;
	struct expr *x;
	struct err *e;
	int depth;
	uint32_t last_end; /* end of the token before the current one */
};

void parser_advance(struct parser *p);
const struct token *parser_token(const struct parser *p);
bool parser_at_word(const struct parser *p, const char *word); /* in any case */
struct node *parser_node(struct parser *p, enum node_kind kind, enum value_type type, uint32_t start);
/* Both set the error and return NULL. */
struct node *parser_fail(struct parser *p, uint32_t start, uint32_t end, const char *text);
struct node *parser_unexpected(struct parser *p, const char *context, const char *expected);

/* Takes a token of this kind; false with the error when another stands there. */
bool parser_expect(struct parser *p, enum token_kind kind, const char *context, const char *expected);
char *parser_text(struct parser *p);               /* the current token as written */
char *parser_string(struct parser *p);             /* ... as a string literal; NULL with the error */
struct token parser_after(const struct parser *p); /* the one after it */
bool parser_word_is(const struct parser *p, struct token t, const char *word);
bool parser_label_list(struct parser *p, struct name_list *out); /* (a, b) */

/* parse_selector.c, parse_modifiers.c, parse_operand.c. NULL with the error. */
struct node *parse_selector(struct parser *p);
struct node *parse_postfix(struct parser *p, struct node *n);
struct node *parse_unary(struct parser *p);

/* Operators that bind at least as tightly as precedence. NULL with the error. */
struct node *parse_expression(struct parser *p, int precedence);

/* literal.c. A number or duration (in seconds), Inf or NaN. */
bool parse_number(const struct parser *p, const struct token *t, double *out);
/* A quoted token's string; NULL with *why. */
char *parse_unquote(struct arena *mem, const char *s, size_t n, const char **why);

/* duration.c. What stands in [ ] and after offset. */
const struct node *parse_duration_expr(struct parser *p, int precedence);
const struct node *parse_offset_duration(struct parser *p);
/* Milliseconds of a constant one; false with the error. */
bool parse_duration_ms(struct parser *p, const struct node *n, bool negative_allowed, int64_t *ms);

#endif
