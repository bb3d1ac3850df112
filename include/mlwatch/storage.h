/*
 * storage.h -- what the PromQL engine asks for series. Whoever has series (the SQLite store, the
 * rule tester's memory, a test) fills in a struct storage; the engine knows nothing else of them.
 *
 * SERIES_SAMPLES: points in time, everything as in Prometheus.
 * SERIES_WINDOWS: increments per window (design section 2). The engine turns them into the running total where a
 * counter is asked for, and sums them exactly for increase(), rate() and the drift functions:
 * the sum over windows with end > t-range and start < t (the window that is open at t counts in full).
 * The series is alive at t when some window has start < t and end > t - alive_ms.
 */
#ifndef MLWATCH_STORAGE_H
#define MLWATCH_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlwatch/labels.h"
#include "mlwatch/matcher.h"

struct arena;
struct err;
struct histogram;

enum series_kind { SERIES_SAMPLES, SERIES_WINDOWS };

struct point {
	int64_t t;
	double v;                  /* num_is_stale(v): staleness marker */
	const struct histogram *h; /* a histogram sample when not NULL */
};

struct window_point {
	int64_t start, end;        /* ms; [start, end) in event time */
	double count;              /* increment; for histograms the number of observations */
	const struct histogram *h; /* increment as histogram, or NULL for a count */
};

struct series {
	struct labels labels; /* with __name__ */
	enum series_kind kind;
	size_t n;                           /* ascending; windows never overlap */
	const struct point *points;         /* SERIES_SAMPLES: mint < t <= maxt */
	const int64_t *starts;              /* SERIES_SAMPLES: start timestamps of points, 0: unknown; usually NULL */
	const struct window_point *windows; /* SERIES_WINDOWS: end > mint and start < maxt */
	/* SERIES_WINDOWS: how long after its last window it stays zero, e.g. 1 h */
	int64_t alive_ms;
	int64_t last_end_before; /* SERIES_WINDOWS: end of its newest window at or before mint; INT64_MIN: none */
	double total_before;     /* with SELECT_TOTALS: running total of what ended at or before mint ... */
	const struct histogram *total_before_h; /* ... as histogram for histogram series */
	bool histograms; /* SERIES_WINDOWS: its increments are histograms, also when none is in the range */
	const struct histogram
	    *empty; /* ... then one without observations of their kind, or NULL: a silent range has no result */
};

struct series_list {
	struct series *at;
	size_t n, cap;
};

struct select {
	const struct matcher *matchers;
	size_t n_matchers;
	int64_t mint, maxt;        /* left-open: (mint, maxt] */
	int64_t step_ms, range_ms; /* hints: evaluated at steps of step_ms (0: once, at maxt) over the last range_ms
	                                 (0: an instant selector); a storage may answer with the widest windows whose
	                                 edges fall on every t and t-range */
	unsigned flags;
	size_t max_samples; /* give up with an error beyond this (0: no limit) */
};

#define SELECT_TOTALS      1u /* running totals of window series are needed */
#define SELECT_LABELS_ONLY 2u /* only which series exist in the range; n is 0 */
#define SELECT_NARROW      4u /* windows one by one, the narrowest there are: who asks looks at single ones (irate) */

struct storage {
	void *self;
	/* Appends what matches, in any order; all memory from mem. -1 with err when it cannot. */
	int (*select)(void *self, const struct select *q, struct arena *mem, struct series_list *out, struct err *e);
};

#endif
