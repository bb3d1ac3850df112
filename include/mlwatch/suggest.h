/* suggest.h -- "did you mean": Damerau-Levenshtein <= 1 for words up to 4 letters, <= 2 up to 8, else
 * 3; only one clear winner is offered. */
#ifndef MLWATCH_SUGGEST_H
#define MLWATCH_SUGGEST_H

#include <stddef.h>

/* The one candidate nearest to word, or NULL. Candidates are read `stride` bytes apart, each the
 * address of a const char * (so a table's name column can be passed as it is). NULL entries are skipped. */
const char *suggest(const char *word, const void *first_name, size_t n, size_t stride);

#endif
