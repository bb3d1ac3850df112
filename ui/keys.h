/* keys.h -- the one key table: bindings, hint row and help are made of it. */
#ifndef UI_KEYS_H
#define UI_KEYS_H

#include <stddef.h>

struct screen;

struct key_row {
	const char *keys; /* names, separated by blanks */
	void (*act)(struct screen *s, const char *key);
	const char *word;  /* the action's name */
	const char *shown; /* in help */
	const char *help;  /* NULL: another row says it */
};

const struct key_row *key_rows(size_t *n);

#endif
