/*
 * histogram.h -- a histogram as a value of PromQL: immutable, additive, in an arena.
 *
 * Three kinds, told apart by `schema`:
 *   -4..8            Prometheus' native exponential histogram; bucket i covers
 *                    (2^((i-1)/2^schema), 2^(i/2^schema)], negative buckets mirrored, and a zero bucket
 *   HIST_CUSTOM -53  custom upper bounds (nhcb)
 *   HIST_EDGES -54   ours: given edges of a reference, counts at and strictly between edges (sketch.h)
 *
 * Semantics of the first two are those of Prometheus' model/histogram FloatHistogram (schema
 * reduction when schemas differ, zero-bucket widening, compaction, counter-reset detection, Kahan sums).
 * Two EDGES histograms add only when their edges are the same; otherwise histogram_add returns NULL.
 *
 * Knows nothing of series, time, PromQL or where a histogram came from.
 */
#ifndef MLWATCH_HISTOGRAM_H
#define MLWATCH_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;
struct edges;
struct err;

#define HIST_CUSTOM (-53)
#define HIST_EDGES  (-54)

enum reset_hint { RESET_UNKNOWN, RESET_YES, RESET_NO, RESET_GAUGE };

struct span {
	int32_t offset; /* first span: index of its first bucket; later: gap to the previous span's end */
	uint32_t length;
};

struct buckets {
	size_t n_spans, n; /* n = sum of span lengths */
	const struct span *spans;
	const double *counts; /* absolute */
};

/* What an EDGES histogram has instead of buckets; bins are numbered 0..2m for m edges:
 * 2k = strictly between edge k-1 and edge k (0: below the first, 2m: above the last), 2k+1 = at edge k. */
struct edge_bins {
	const struct edges *edges; /* a reference is held by whoever owns the arena's source */
	size_t n;                  /* non-empty bins, ascending */
	const uint32_t *bin;
	const double *count, *sum; /* per non-empty bin; sum of the values in it */
	double min, max;           /* of all values; +Inf, -Inf when empty */
	double s1, s2;             /* sums of (x-c) and (x-c)^2, c = edges->center */
};

struct histogram {
	int schema;
	enum reset_hint hint;
	double count, sum;
	double zero_threshold, zero_count;
	struct buckets pos, neg;
	size_t n_custom;
	const double *custom;         /* HIST_CUSTOM: ascending upper bounds, without +Inf */
	const struct edge_bins *bins; /* HIST_EDGES only */
};

/* Deep copy into mem. */
struct histogram *histogram_copy(struct arena *mem, const struct histogram *h);

enum hist_note {                             /* what Prometheus would annotate */
		 HIST_NOTE_INCOMPATIBLE = 1, /* schemas that cannot be brought together: result NULL */
		 HIST_NOTE_CUSTOM_BOUNDS =
		     2, /* custom bounds differed and were reconciled (Prometheus' "mismatched custom buckets") */
		 HIST_NOTE_RESET_COLLISION = 4, /* one side says reset, the other not-reset */
};

/* a+b and a-b; *notes (may be NULL) gets hist_note bits or-ed in. NULL when they cannot be combined. */
struct histogram *
histogram_add(struct arena *mem, const struct histogram *a, const struct histogram *b, unsigned *notes);
struct histogram *
histogram_sub(struct arena *mem, const struct histogram *a, const struct histogram *b, unsigned *notes);
/* * factor; gauge rules as Prometheus */
struct histogram *histogram_scale(struct arena *mem, const struct histogram *h, double factor);
struct histogram *histogram_divide(struct arena *mem, const struct histogram *h, double by);
struct histogram *histogram_compact(struct arena *mem, const struct histogram *h); /* without empty buckets */
struct histogram *histogram_reduce(struct arena *mem, const struct histogram *h, int schema);
bool histogram_equal(const struct histogram *a, const struct histogram *b);
/* True when next is lower than prev in a way that only a counter reset explains (schema, zero bucket, any bucket). */
bool histogram_detect_reset(const struct histogram *next, const struct histogram *prev);

/* Sums many histograms with compensated summation (sum, avg, sum_over_time): Prometheus' KahanAdd. */
struct histogram_sum;
struct histogram_sum *histogram_sum_open(struct arena *mem, const struct histogram *first);
/* -1: cannot be combined */
int histogram_sum_add(struct histogram_sum *s, const struct histogram *h, unsigned *notes);
struct histogram *histogram_sum_result(struct histogram_sum *s); /* to be called once, unless an add failed */

/* One bucket as Prometheus' iterators give it. Inclusive flags say which ends belong to it. */
struct bucket {
	double lower, upper, count;
	bool lower_inclusive, upper_inclusive;
	int32_t index;
};
struct bucket_iter { /* private; may be copied */
	const struct histogram *h;
	int phase;
	bool reverse, started, exact_bounds;
	size_t span, at;
	uint32_t in_span;
	int64_t index;
};
/* ascending, negative, zero, positive */
void histogram_each(struct bucket_iter *it, const struct histogram *h);
void histogram_each_reverse(struct bucket_iter *it, const struct histogram *h);
bool bucket_next(struct bucket_iter *it, struct bucket *out);

/* PromQL's definitions (promql/quantile.go): interpolation exponential for exponential schemas, linear for custom
 * and zero buckets. EDGES: exact to within a bin, linear inside one; below the first and above the last edge they end at the smallest and
 * largest value, and values lie there as their mean says. */
double histogram_quantile(const struct histogram *h, double q);
double histogram_fraction(const struct histogram *h, double lower, double upper);
double histogram_stddev(const struct histogram *h);
double histogram_stdvar(const struct histogram *h);

/* Prometheus' trim operators: what is above (</, upper true) or below (>/) the bound goes, a bucket around it is split by
 * interpolation; count and sum are then those of what is left (sum estimated from the middles of the buckets).
 * NULL for EDGES. */
struct histogram *histogram_trim(struct arena *mem, const struct histogram *h, double bound, bool upper);

/* {{schema:.. count:.. sum:.. ...}} (promqltest) and {count:.., sum:.., (a,b]:n, ...} (PromQL's text). */
void histogram_format_test(struct buf *out, const struct histogram *h);
void histogram_format(struct buf *out, const struct histogram *h);
int histogram_parse_test(struct arena *mem, const char *text, size_t n, struct histogram **out, struct err *e);

#endif
