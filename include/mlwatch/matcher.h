/*
 * matcher.h -- label matchers: =, !=, =~, !~. An absent label has the value "". Regular
 * expressions are PCRE2, fully anchored, compiled once, and run with match and depth limits so
 * that no pattern can hang the caller (a pattern over its limit does not match). Patterns that
 * are plain alternatives (a|b|c), a prefix or a constant never reach PCRE2.
 */
#ifndef MLWATCH_MATCHER_H
#define MLWATCH_MATCHER_H

#include <stdbool.h>
#include <stddef.h>

#include "mlwatch/labels.h"

struct buf;
struct err;
struct regex; /* private to regex.c; compiled, immutable, usable from several threads */

/* Anchored at both ends, dot matches newline, UTF-8 (what is not valid UTF-8 is matched as bytes). */
struct regex *regex_open(const char *pattern, struct err *e);
void regex_close(struct regex *r);
bool regex_match(const struct regex *r, const char *s);
/* Unanchored use (regex_open_search): capture groups and Go/RE2-style replacement "$1", "${name}", "$$". */
struct regex *regex_open_search(const char *pattern, struct err *e);
void regex_replace_all(const struct regex *r, const char *s, const char *replacement, struct buf *out);
/* For an anchored regex: expands replacement with the groups of the match of s. false: no match. */
bool regex_expand(const struct regex *r, const char *s, const char *replacement, struct buf *out);

enum match_op { MATCH_EQ, MATCH_NE, MATCH_RE, MATCH_NRE };

struct matcher {
	enum match_op op;
	char *name, *value; /* owned */
	struct regex *re;   /* owned; NULL unless MATCH_RE/NRE */
};

int matcher_init(struct matcher *m, enum match_op op, const char *name, const char *value, struct err *e);
void matcher_release(struct matcher *m);
bool matcher_match_value(const struct matcher *m, const char *value);
bool matcher_match(const struct matcher *m, struct labels l);
bool matchers_match(const struct matcher *m, size_t n, struct labels l);
void matcher_format(struct buf *out, const struct matcher *m); /* name="value" */

#endif
