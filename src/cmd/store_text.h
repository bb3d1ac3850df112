/* store_text.h -- a store as text (OpenMetrics with timestamps, CSV) and back. */
#ifndef CMD_STORE_TEXT_H
#define CMD_STORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct err;
struct store;

struct store_export {
	const char *const *selectors; /* "name{label="value"}"; none: everything */
	size_t n_selectors;
	int64_t start, end; /* [start, end] */
	bool csv;
	bool (*stop)(void); /* nobody reads any more; NULL is fine */
};
int store_export(struct store *s, const struct store_export *what, FILE *to, struct err *e);

struct store_import_result {
	int64_t samples, series;
};
int store_import(struct store *s, const char *file, struct store_import_result *out, struct err *e);

#endif
