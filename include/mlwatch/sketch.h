/*
 * sketch.h -- mergeable summaries that the hot path fills and the store keeps: a count, an
 * exponential histogram (expo), a histogram with given edges (edgehist) and counts by category.
 *
 * Each has a compact byte form ("blob") that starts with a byte for its kind and one for its
 * version. Blobs of one series merge without anybody knowing what is in them (sketch_merge), so the store
 * can add a late record to its old window, and a wide window is the exact sum of its narrow ones.
 * Counts are integers and merge to the last bit in any order; sums are doubles.
 */
#ifndef MLWATCH_SKETCH_H
#define MLWATCH_SKETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;
struct err;
struct histogram;

enum sketch_kind { SKETCH_COUNT = 1, SKETCH_EXPO = 2, SKETCH_EDGES = 3, SKETCH_CATEGORIES = 4 };

/* expo.c: exponential buckets, schema 8 (each bucket is 0.27 % wide), lowered when smallest and largest of a sign are over
 * 8,192 buckets (a factor of 4 billion) apart. Kept: count, sum, zero count (exact zeros). What is not finite is not counted. */
struct expo;
struct expo *expo_open(void);
void expo_close(struct expo *h);
void expo_add(struct expo *h, double v);
void expo_add_n(struct expo *h, const double *v, size_t n);
void expo_reset(struct expo *h); /* empties, keeps memory */
uint64_t expo_count(const struct expo *h);
size_t expo_bytes(const struct expo *h); /* of memory */
void expo_merge(struct expo *into, const struct expo *from);
void expo_encode(struct buf *out, const struct expo *h);

/* edgehist.c: counts at and between given edges; see design section 3 and histogram.h for the numbering. */
struct edges {
	uint64_t id; /* hash of n, at[] and center: what blobs name them by */
	size_t n;
	double center;            /* c of the sums of (x-c) and (x-c)^2: the reference mean */
	double *at;               /* ascending, distinct, finite */
	int refs;                 /* use edges_ref/unref; atomic */
	struct edge_index *index; /* private: finds a value's place among the edges; NULL until one is looked for */
};
struct edges *edges_make(const double *at, size_t n, double center); /* copies; refs = 1 */
struct edges *edges_ref(struct edges *e);
void edges_unref(struct edges *e);
void edges_encode(struct buf *out, const struct edges *e);
struct edges *edges_decode(const void *bytes, size_t n, struct err *e);

struct edgehist;
struct edgehist *edgehist_open(struct edges *edges); /* holds a reference */
void edgehist_close(struct edgehist *h);
void edgehist_add(struct edgehist *h,
		  double v); /* NaN is ignored; +-Inf count below/above and keep min/max/sums finite-only */
void edgehist_add_n(struct edgehist *h, const double *v, size_t n);
void edgehist_add_times(struct edgehist *h, double v, uint64_t times); /* a finite v, so many times */
void edgehist_reset(struct edgehist *h);
uint64_t edgehist_count(const struct edgehist *h);
uint64_t edgehist_below_count(const struct edgehist *h);
uint64_t edgehist_above_count(const struct edgehist *h);
const struct edges *edgehist_edges(const struct edgehist *h);
void edgehist_merge(struct edgehist *into, const struct edgehist *from); /* same edges only (assert) */
void edgehist_encode(struct buf *out, const struct edgehist *h);
struct histogram *edgehist_histogram(struct arena *mem, const struct edgehist *h); /* as a value; borrows the edges */

/* categories.c: counts by category, bounded: past `max` distinct ones the rest go under "__other__". The names may
 * be shared by several counts (the open windows of one feature), so that an index means the same in all of them. */
#define CATEGORY_OTHER    "__other__"
#define CATEGORY_NAME_MAX 256 /* longer names are folded too */
struct category_names;
struct category_names *category_names_open(size_t max); /* max distinct ones beside __other__, which is index 0 */
void category_names_close(struct category_names *n);
/* The index of a category (stable while n lives), so that the hot path can remember it; 0: folded. hash: any, but always the
 * same function of the bytes for one n. */
uint32_t category_names_intern(struct category_names *names, const char *s, size_t n, uint64_t hash);
uint32_t
category_names_find(const struct category_names *names, const char *s, size_t n, uint64_t hash); /* 0: not there */
size_t category_names_count(const struct category_names *n); /* indexes are below this */
const char *category_names_at(const struct category_names *n, uint32_t index, size_t *len);

struct categories;
struct categories *categories_open(size_t max);                          /* names of its own */
struct categories *categories_open_shared(struct category_names *names); /* borrows names for its life */
void categories_close(struct categories *c);
uint32_t categories_intern(struct categories *c, const char *s, size_t n, uint64_t hash);
void categories_add(struct categories *c, uint32_t index, uint64_t n);
void categories_reset_counts(struct categories *c); /* keeps the interned names */
uint64_t categories_total(const struct categories *c);
size_t categories_bytes(const struct categories *c);    /* of memory, without the names */
uint64_t categories_folded(const struct categories *c); /* records under __other__ since open */
uint64_t categories_count(const struct categories *c, uint32_t index);
void categories_encode(struct buf *out, const struct categories *c); /* only those with a count, by name */
typedef void category_fn(void *arg, const char *name, size_t n, uint64_t count);
void categories_each(const struct categories *c, category_fn *fn, void *arg);

/* codec.c: blobs of any kind. */
enum sketch_kind sketch_blob_kind(const void *blob, size_t n); /* 0 when damaged */
/* Appends to out (which is neither a nor b) the sum of two of the same kind (and edges). -1 with err when they cannot be merged or one is damaged. */
int sketch_merge(struct buf *out, const void *a, size_t an, const void *b, size_t bn, struct err *e);
/* sum.c: many of one kind (and edges) in one go. After an error the sum is of no more use until it is reset. */
struct sketch_sum;
struct sketch_sum *sketch_sum_open(void);
void sketch_sum_close(struct sketch_sum *s);
void sketch_sum_reset(struct sketch_sum *s); /* empties, keeps memory */
int sketch_sum_add(struct sketch_sum *s, const void *blob, size_t n, struct err *e);
void sketch_sum_encode(struct buf *out, struct sketch_sum *s); /* appends; nothing when nothing was added */
void sketch_count_encode(struct buf *out, uint64_t n);
double sketch_blob_count(const void *blob, size_t n);              /* observations in it, whatever the kind */
typedef const struct edges *edges_find_fn(void *arg, uint64_t id); /* NULL: unknown */
/* EXPO and EDGES blobs as a PromQL value. -1 when damaged or the edges are unknown. */
int sketch_histogram(struct arena *mem, const void *blob, size_t n, edges_find_fn *find, void *arg,
		     struct histogram **out, struct err *e);
int sketch_sum_histogram(struct arena *mem, const struct sketch_sum *s, edges_find_fn *find, void *arg,
			 struct histogram **out, struct err *e); /* of EXPO or EDGES: as sketch_histogram of its blob */
/* CATEGORIES blob: calls fn for each. -1 when damaged. */
int sketch_categories(const void *blob, size_t n, category_fn *fn, void *arg, struct err *e);

#endif
