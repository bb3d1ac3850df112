/*
 * complete.h -- Tab: the word before the cursor is completed as far as the candidates agree, and they are listed in the hint row; Tab again
 * goes through them.
 */
#ifndef UI_COMPLETE_H
#define UI_COMPLETE_H

#include <stddef.h>

#include "line.h"

struct screen;

/* The word begins at byte `from` of the line; candidates that begin with it are considered. */
void complete_word(struct screen *s, struct line *l, size_t from, const char *const *at, size_t n);

/* The query line, by where its cursor stands. */
void complete_query(struct screen *s);
/* Whose labels and values it waits for, as in struct request. */
void query_wants(const struct screen *s, char out[256]);

#endif
