/*
 * series_notation.h -- the notation of Prometheus' tests for series and their values, used by promtool's rule unit tests:
 *
 *     http_requests_total{job="a"}  0+10x5 _ _x2 stale {{schema:0 count:3 sum:5 buckets:[1 2]}}x3
 *
 * Numbers N, N+DxK, N-DxK, NxK (K+1 samples), gaps _ and _xK, stale, and histograms {{...}} with the same forms.
 */
#ifndef MLWATCH_SERIES_NOTATION_H
#define MLWATCH_SERIES_NOTATION_H

#include <stdbool.h>
#include <stddef.h>

#include "mlwatch/labels.h"

struct arena;
struct err;
struct histogram;

#define SERIES_NOTATION_MAX 10000000 /* values in one line */

struct series_value {
	bool omitted;              /* _ */
	double v;                  /* num_is_stale(v): stale */
	const struct histogram *h; /* or NULL */
};

/* "1+2x10 _ stale". Everything in mem. Errors have the column of the item. */
int series_values_parse(struct arena *mem, const char *text, struct series_value **out, size_t *n, struct err *e);
/* The labels at the beginning of line; *rest is what comes after them. */
int series_labels_parse(struct arena *mem, const char *line, struct labels *out, const char **rest, struct err *e);

#endif
