/* range_private.h -- what range.c has from range_windows.c and range_extended.c. */
#ifndef PROMQL_RANGE_PRIVATE_H
#define PROMQL_RANGE_PRIVATE_H

#include "eval.h"

/* A counter function over a window series: exact, no extrapolation. */
int window_series(struct eval *ev, enum window_use use, const struct range_source *src, const struct range_series *in,
		  struct vseries *out);

/* anchored and smoothed: increase(), delta() and rate() between the edges of the range. False: no result. */
bool extended_rate(const struct range_call *c, bool counter, bool per_second, double *v, const struct histogram **h);
/* The first points that resets() and changes() look at in an anchored range. False: nothing in the range. */
bool anchored_first(const struct range_call *c, size_t *f, size_t *h);
/* The points of (from, to] with one at each edge. */
size_t extended_points(struct eval *ev, const struct range_source *src, const struct range_series *in, int64_t from,
		       int64_t to, struct point **out);
/* Between two points. NULL: histograms that do not go together. */
double interpolate_floats(const struct point *a, const struct point *b, int64_t t, bool counter);
const struct histogram *
interpolate_histograms(struct arena *mem, const struct point *a, const struct point *b, int64_t t, bool counter);

#endif
