/*
 * filter.h -- which rows a person wants to see: words (all of them), !word, /regex/, label=value, label!=value, label=~/regex/.
 * Words are looked for in every field of a row, without regard to case. Knows fields of text; nothing of rows or screens.
 */
#ifndef UI_FILTER_H
#define UI_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#define FILTER_TERMS 16

struct filter_field {
	const char *name, *value;
};

struct filter;
struct filter *filter_open(const char *text); /* never NULL; a regex that is none matches as a word */
void filter_close(struct filter *f);          /* NULL is fine */
const char *filter_text(const struct filter *f);
bool filter_is_empty(const struct filter *f); /* NULL: yes */
bool filter_passes(const struct filter *f, const struct filter_field *at, size_t n);

#endif
