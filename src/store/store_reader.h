/*
 * store_reader.h -- a question about window series while it is being answered. Private to window_*.c.
 */
#ifndef STORE_READER_H
#define STORE_READER_H

#include "mlwatch/histogram.h"
#include "store_select.h"
#include "store_windows.h"

/* One series of the answer: all of a count or histogram, or one category. */
struct value {
	const char *name; /* category, in mem; NULL */
	uint64_t hash;
	bool wanted, pending, settled /* its newest window before mint is known or does not matter */;
	int64_t start, end; /* of the pending window */
	double count, total;
	int64_t last_end;
	struct window_point *at;
	size_t n, cap;
};

struct reading { /* one stored series */
	const struct stored_series *series;
	size_t place; /* among all series */
	struct value *values;
	size_t n, cap;
	uint32_t *slots; /* categories by hash: index + 1 */
	size_t n_slots;
	/* The pending histogram: the blob of its first row, or, when there were more and a sum was to be had, that sum. */
	struct buf blob;
	struct sketch_sum *sum;
	bool kept;  /* all but its newest window are in, as a sum from before */
	bool done;  /* none of its rows is wanted just now */
	bool quiet; /* not one row was seen in the stretch that is read */
	int64_t bucket;
};

static inline bool
is_histogram(const struct reading *d)
{
	return d->series->sketch == SKETCH_EXPO || d->series->sketch == SKETCH_EDGES;
}

#define READER_SUMS 64 /* each may take 64 KB; without one, blobs are added pair by pair */

struct reader {
	struct store *s;
	const struct select *q;
	struct arena *mem;
	struct err *e;
	struct grid grid;
	struct reading *at;
	size_t n;
	size_t wanted, first, end; /* of how many series rows are read now; they lie in at[first] to at[end - 1] */
	int64_t bucket, bucket_end;
	bool life_only;         /* of the window that is read, only whether there are rows */
	bool skipped;           /* not all windows of the range were looked at */
	bool whole;             /* in one transaction, however long */
	bool moved;             /* while it paused, rows went that it was still to read */
	int64_t cut;            /* mint on an edge of the narrowest windows */
	int64_t oldest, newest; /* what there is at all */
	size_t samples;
	size_t seen; /* series of which there was a row (SELECT_LABELS_ONLY stops when there is nothing left to find) */
	size_t rows, empty; /* of the window that is read; windows without any before it */
	struct buf spare;
	struct sketch_sum *sums[READER_SUMS]; /* that nobody uses, n_sums of made_sums in all */
	size_t n_sums, made_sums;
};

/* window_values.c */
struct category_arg {
	struct reader *r;
	struct reading *d;
	int64_t start, end;
};
struct value *category_value(struct reader *r, struct reading *d, const char *name, size_t n);
struct value *only_value(struct reading *d);
int take_row(struct reader *r, struct reading *d, int64_t start, int64_t end, const void *p, size_t n);
int emit_pending(struct reader *r, struct reading *d);
void settle_pending(struct reader *r, struct reading *d); /* the pending histogram as one blob */
/* into += blob; histograms and categories */
int merge_into(struct reader *r, struct buf *into, const void *p, size_t n);
/* A histogram of the series' kind without observations: what a silent stretch of its life is. NULL: its edges are unknown. */
const struct histogram *empty_histogram(struct reader *r, const struct stored_series *w);
int decode_histogram(struct reader *r, const struct buf *blob, const struct histogram **h, double *count);

/* window_fetch.c: the rows of one window that are there, of the series that are wanted (not done), in their order */
typedef int row_fn(struct reader *r, struct reading *d, const struct level *l, int64_t start, const void *p, size_t n);
int each_row(struct reader *r, const struct level *l, int64_t start, bool past_memory, row_fn *take);
void find_wanted(struct reader *r);           /* to be called before it, and after any `done` was changed */
bool wanted_are_near(const struct reader *r); /* near enough to each other to be scanned for */

/* window_read.c: the windows of the range */
int read_windows(struct reader *r);

/* window_life.c: what came before it */
int find_life(struct reader *r);
int find_total(struct reader *r, struct reading *d, const struct histogram **h);

#endif
