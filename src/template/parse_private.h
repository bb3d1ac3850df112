/* parse_private.h -- the parser of templates, between parse.c (actions) and parse_pipeline.c (what is inside them). */
#ifndef MLWATCH_TEMPLATE_PARSE_PRIVATE_H
#define MLWATCH_TEMPLATE_PARSE_PRIVATE_H

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

/* Keeps the first complaint; everything stops then. */
void parse_complain(struct parser *p, size_t at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
const struct token *parse_peek(struct parser *p);
const struct token *parse_peek_word(struct parser *p); /* past blanks */
const struct token *parse_next(struct parser *p);
const struct token *parse_next_word(struct parser *p);
void parse_unexpected(struct parser *p, const struct token *t, const char *where);
struct node *parse_node(struct parser *p, enum node_kind kind, size_t from);
void parse_list_add(struct parser *p, struct node_list *l, struct node *n);
void parse_var_add(struct parser *p, const char *name);
char *parse_word(struct parser *p, const struct token *t);

/* parse_pipeline.c */
struct node *parse_pipeline(struct parser *p, const char *context, enum token_kind end);
struct node *parse_string(struct parser *p, const struct token *t);

#endif
