/*
 * suggest.c -- "did you mean".
 *
 * Damerau-Levenshtein in its restricted form (a swapped pair counts one and is not edited again), which is what
 * typing mistakes look like. Two candidates at the same distance are no winner: a wrong hint is worse than none.
 */
#include "mlwatch/suggest.h"

#include <string.h>

#define LONGEST 128

static size_t
min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* The distance, or limit + 1 as soon as it is sure to be over the limit. */
static size_t
distance(const char *a, size_t n, const char *b, size_t m, size_t limit)
{
	size_t rows[3][LONGEST + 1], *before = rows[0], *last = rows[1], *row = rows[2], *spare, i, j, least;

	if ((n > m ? n - m : m - n) > limit)
		return limit + 1;
	for (j = 0; j <= m; j++)
		last[j] = j;
	for (i = 1; i <= n; i++) {
		row[0] = least = i;
		for (j = 1; j <= m; j++) {
			row[j] = min3(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
			if (row[j] < least)
				least = row[j];
		}
		if (least > limit)
			return limit + 1;
		spare = before;
		before = last;
		last = row;
		row = spare;
	}
	return last[m];
}

const char *
suggest(const char *word, const void *first_name, size_t n, size_t stride)
{
	size_t len = strlen(word), limit = len <= 4 ? 1 : len <= 8 ? 2 : 3, best = limit + 1, i;
	const char *winner = NULL, *at = first_name;
	int ties = 0;

	if (len > LONGEST || len == 0)
		return NULL;
	for (i = 0; i < n; i++, at += stride) {
		const char *name;
		size_t m, d;

		memcpy(&name, at, sizeof(name));
		if (name == NULL || (m = strlen(name)) > LONGEST)
			continue;
		d = distance(word, len, name, m, limit);
		if (d < best) {
			best = d;
			winner = name;
			ties = 0;
		} else if (d == best && winner != NULL && strcmp(winner, name) != 0) {
			ties++;
		}
	}
	return best <= limit && best < len && ties == 0 ? winner : NULL;
}
