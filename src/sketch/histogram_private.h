/*
 * histogram_private.h -- what the histogram_*.c files share: buckets as plain sorted arrays, which is how
 * everything that changes a histogram works on it, and the functions for EDGES histograms.
 */
#ifndef MLWATCH_HISTOGRAM_PRIVATE_H
#define MLWATCH_HISTOGRAM_PRIVATE_H

#include "mlwatch/histogram.h"

/* One side's buckets, ascending by index. comp: what compensated summation still owes each count. */
struct side {
	size_t n;
	int32_t *index;
	double *count, *comp;
};

/* s += sign * o, plainly or compensated. */
void side_merge(struct arena *mem, struct side *s, const struct side *o, double sign, bool compensated);
void side_reduce(struct side *s, int from, int to); /* to a coarser schema, in place */
void
side_drop_below(struct side *s, int schema, double threshold); /* forgets buckets whose upper end is <= threshold */
void side_map_custom(struct side *s, const double *from, size_t n_from, const double *to, size_t n_to);

/* A histogram being changed. */
struct work {
	int schema;
	enum reset_hint hint;
	double count, count_comp, sum, sum_comp;
	double zero_threshold, zero_count, zero_comp;
	struct side pos, neg;
	size_t n_custom;
	const double *custom;
};

struct work work_read(struct arena *mem, const struct histogram *h);
struct histogram *work_write(struct arena *mem, const struct work *w);
/* The zero count that h would have with this larger threshold, which grows further when it falls inside a populated bucket. */
double work_zero_count(const struct work *w, double *threshold, double *comp);
bool histogram_same_custom(const double *a, size_t na, const double *b, size_t nb);
size_t histogram_common_custom(double *out, const double *a, size_t na, const double *b, size_t nb);

static inline bool
histogram_is_exponential(const struct histogram *h)
{
	return h->schema >= -4 && h->schema <= 8;
}

/* Upper end of bucket `index` of the positive side. */
double exponential_bound(int64_t index, int schema);
double histogram_bound(const struct histogram *h, int64_t index);

void kahan_add(double inc, double *sum, double *comp);

/* EDGES (histogram_edges.c) */
bool edges_same(const struct histogram *a, const struct histogram *b);
struct histogram *edges_combine(struct arena *mem, const struct histogram *a, const struct histogram *b, double sign);
struct histogram *
edges_map(struct arena *mem, const struct histogram *h, double (*f)(double v, double arg), double arg);
/* A running sum with a place for every bin: adding costs what is in the addend, and memory is that of one histogram. */
struct edges_sum;
struct edges_sum *edges_sum_open(const struct histogram *first);
void edges_sum_add(struct edges_sum *s, const struct histogram *h);
struct histogram *edges_sum_close(struct edges_sum *s, struct arena *mem); /* the sum; mem NULL: only frees */
bool edges_equal(const struct histogram *a, const struct histogram *b);
bool edges_detect_reset(const struct histogram *next, const struct histogram *prev);
/* Ends of a bin; the outer ones end at the smallest and largest value when those are known. */
void edges_bin_range(const struct edge_bins *b, uint32_t bin, double *lower, double *upper);
double edges_variance(const struct histogram *h);

#endif
