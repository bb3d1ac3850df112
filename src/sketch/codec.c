/*
 * codec.c -- blobs of any kind: what kind they are, how many observations they hold, how two become one.
 *
 * What is inside a blob is the business of its kind's file; here is only the switch. Who stores blobs
 * (the store) and who shows them (PromQL) need no more than this.
 */
#include "sketch_private.h"

#include "mlwatch/err.h"

enum sketch_kind
sketch_blob_kind(const void *blob, size_t n)
{
	const unsigned char *p = blob;

	if (n < 3 || p[1] != BLOB_VERSION || p[0] < SKETCH_COUNT || p[0] > SKETCH_CATEGORIES)
		return (enum sketch_kind)0;
	return (enum sketch_kind)p[0];
}

void
sketch_count_encode(struct buf *out, uint64_t n)
{
	blob_put_head(out, SKETCH_COUNT, n);
}

double
sketch_blob_count(const void *blob, size_t n)
{
	uint64_t count;

	blob_open(blob, n, sketch_blob_kind(blob, n), &count);
	return (double)count;
}

static int
count_blob_merge(struct buf *out, const void *a, size_t an, const void *b, size_t bn, struct err *e)
{
	uint64_t x, y;

	if (blob_open(a, an, SKETCH_COUNT, &x).bad || blob_open(b, bn, SKETCH_COUNT, &y).bad)
		return err_set(e, ERR_WORLD, "a count in the store is damaged");
	sketch_count_encode(out, x + y);
	return 0;
}

typedef int merge_fn(struct buf *, const void *, size_t, const void *, size_t, struct err *);

int
sketch_merge(struct buf *out, const void *a, size_t an, const void *b, size_t bn, struct err *e)
{
	static merge_fn *const merge[] = {
	    [SKETCH_COUNT] = count_blob_merge,
	    [SKETCH_EXPO] = expo_blob_merge,
	    [SKETCH_EDGES] = edgehist_blob_merge,
	    [SKETCH_CATEGORIES] = categories_blob_merge,
	};
	enum sketch_kind kind = sketch_blob_kind(a, an);

	if (kind == 0 || sketch_blob_kind(b, bn) == 0)
		return err_set(e, ERR_WORLD, "a statistic in the store is damaged");
	if (kind != sketch_blob_kind(b, bn))
		return err_set(e, ERR_WORLD, "statistics of different kinds cannot be added");
	return merge[kind](out, a, an, b, bn, e);
}

int
sketch_histogram(struct arena *mem, const void *blob, size_t n, edges_find_fn *find, void *arg, struct histogram **out,
		 struct err *e)
{
	switch (sketch_blob_kind(blob, n)) {
	case SKETCH_EXPO:
		return expo_blob_histogram(mem, blob, n, out, e);
	case SKETCH_EDGES:
		return edgehist_blob_histogram(mem, blob, n, find, arg, out, e);
	default:
		return err_set(e, ERR_WORLD, "a histogram in the store is damaged");
	}
}
