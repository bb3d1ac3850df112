/* complete.h -- Tab: the word before the cursor is completed, as far as the candidates agree; what they are is said in the hint row. */
#ifndef UI_COMPLETE_H
#define UI_COMPLETE_H

#include <stddef.h>

#include "line.h"

struct screen;

/* The word begins at byte `from` of the line; candidates that begin with it are considered. */
void complete_word(struct screen *s, struct line *l, size_t from, const char *const *at, size_t n);
/* The query line: functions, metrics, labels, values of a label. */
void complete_query(struct screen *s);
/* The label whose values the cursor of the query line waits for; "". */
void query_label(const struct screen *s, char out[128]);

#endif
