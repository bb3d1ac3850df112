/*
 * expo_blob.c -- exponential histograms as bytes: writing, reading, adding two up, and as a value of PromQL.
 */
#include <stdlib.h>

#include "expo_private.h"
#include "mlwatch/arena.h"
#include "mlwatch/err.h"
#include "mlwatch/histogram.h"
#include "sketch_private.h"

/*
 * Blob after the head: schema, sum, zero count, then for each side the number of non-empty buckets and for each of them the
 * distance from the one before (the first: its index) and its count.
 */
static void
side_encode(struct buf *out, const struct side *s)
{
	uint32_t used = 0;
	int32_t last = 0;

	for (uint32_t k = 0; k < s->n; k++)
		used += s->at[k] != 0;
	blob_put_varint(out, used);
	for (uint32_t k = 0; k < s->n; k++) {
		if (s->at[k] == 0)
			continue;
		blob_put_signed(out, (int64_t)(s->first + (int32_t)k) - last);
		blob_put_varint(out, s->at[k]);
		last = s->first + (int32_t)k;
	}
}

void
expo_encode(struct buf *out, const struct expo *h)
{
	blob_put_head(out, SKETCH_EXPO, h->count);
	blob_put_signed(out, h->schema);
	blob_put_double(out, h->sum);
	blob_put_varint(out, h->zero);
	side_encode(out, &h->pos);
	side_encode(out, &h->neg);
}

struct expo_head {
	uint64_t count, zero;
	int schema;
	double sum;
};

static struct blob_reader
head_decode(const void *blob, size_t n, struct expo_head *h)
{
	struct blob_reader r = blob_open(blob, n, SKETCH_EXPO, &h->count);
	int64_t schema = blob_get_signed(&r);

	if (schema > EXPO_SCHEMA || schema < EXPO_MIN_SCHEMA)
		r.bad = true;
	h->schema = r.bad ? EXPO_SCHEMA : (int)schema;
	h->sum = blob_get_double(&r);
	h->zero = blob_get_varint(&r);
	return r;
}

/* One bucket; false when it is not what an encoder would have written. */
static bool
bucket_decode(struct blob_reader *r, int schema, int64_t *index, bool first, uint64_t *count)
{
	const int64_t limit = (EXPO_INDEX_MAX >> (EXPO_SCHEMA - schema)) + 1;
	int64_t gap = blob_get_signed(r);

	*count = blob_get_varint(r);
	if (r->bad || gap > 2 * limit || gap < -2 * limit || (!first && gap <= 0))
		return false;
	*index += gap;
	return *index <= limit && *index >= -limit;
}

/* Adds the buckets of one side of a blob of the given schema, which is not below h's. */
static bool
side_add_blob(struct blob_reader *r, int schema, struct expo *h, struct side *s)
{
	uint64_t used = blob_get_varint(r);
	int64_t index = 0;

	if (r->bad || used > EXPO_SPAN)
		return false;
	for (uint64_t k = 0; k < used; k++) {
		uint64_t count, place;

		if (!bucket_decode(r, schema, &index, k == 0, &count))
			return false;
		place = (uint64_t)(index - s->first);
		if (schema == h->schema && place < s->n)
			s->at[place] += count;
		else
			*expo_place(h, s, (int32_t)index * (1 << (EXPO_SCHEMA - schema))) += count;
	}
	return true;
}

bool
expo_blob_add(struct expo *h, const void *blob, size_t n)
{
	struct expo_head head;
	struct blob_reader r = head_decode(blob, n, &head);

	if (r.bad)
		return false;
	while (h->schema > head.schema)
		expo_lower(h);
	h->count += head.count;
	h->zero += head.zero;
	h->sum += head.sum;
	return side_add_blob(&r, head.schema, h, &h->pos) && side_add_blob(&r, head.schema, h, &h->neg);
}

static struct expo *
expo_decode(const void *blob, size_t n)
{
	struct expo *h = expo_open();

	if (expo_blob_add(h, blob, n))
		return h;
	expo_close(h);
	return NULL;
}

/* The buckets of one side of a blob, ascending. */
struct sparse {
	uint32_t n;
	int32_t index[EXPO_SPAN];
	uint64_t count[EXPO_SPAN];
};

static bool
sparse_decode(struct blob_reader *r, int schema, struct sparse *s)
{
	uint64_t used = blob_get_varint(r);
	int64_t index = 0;

	if (r->bad || used > EXPO_SPAN)
		return false;
	s->n = (uint32_t)used;
	for (uint32_t k = 0; k < s->n; k++) {
		if (!bucket_decode(r, schema, &index, k == 0, &s->count[k]))
			return false;
		s->index[k] = (int32_t)index;
	}
	return true;
}

/* How many buckets the two have together; they must fit when they are written. */
static uint32_t
sparse_union(const struct sparse *a, const struct sparse *b)
{
	uint32_t i = 0, k = 0, n = 0;

	for (; i < a->n && k < b->n; n++) {
		const int32_t x = a->index[i], y = b->index[k];

		i += x <= y;
		k += y <= x;
	}
	return n + (a->n - i) + (b->n - k);
}

/* Together they are no wider than a histogram may be. */
static bool
sparse_fits(const struct sparse *a, const struct sparse *b)
{
	int64_t first, last;

	if (a->n == 0 || b->n == 0)
		return true;
	first = a->index[0] < b->index[0] ? a->index[0] : b->index[0];
	last = a->index[a->n - 1] > b->index[b->n - 1] ? a->index[a->n - 1] : b->index[b->n - 1];
	return last - first < EXPO_SPAN;
}

static void
sparse_encode_sum(struct buf *out, const struct sparse *a, const struct sparse *b)
{
	uint32_t i = 0, k = 0;
	int32_t last = 0;

	blob_put_varint(out, sparse_union(a, b));
	while (i < a->n || k < b->n) {
		const int32_t x = i < a->n ? a->index[i] : INT32_MAX, y = k < b->n ? b->index[k] : INT32_MAX;
		const int32_t index = x < y ? x : y;
		uint64_t count = 0;

		if (x == index)
			count += a->count[i++];
		if (y == index)
			count += b->count[k++];
		blob_put_signed(out, (int64_t)index - last);
		blob_put_varint(out, count);
		last = index;
	}
}

/* Both sides of both, without making histograms of them. False: they need the long way (schemas differ, too many buckets). */
static bool
merge_sparse(struct buf *out, const struct expo_head *x, struct blob_reader *xr, const struct expo_head *y,
	     struct blob_reader *yr)
{
	struct sparse a, b;
	const size_t was = out->len;

	if (x->schema != y->schema)
		return false;
	blob_put_head(out, SKETCH_EXPO, x->count + y->count);
	blob_put_signed(out, x->schema);
	blob_put_double(out, x->sum + y->sum);
	blob_put_varint(out, x->zero + y->zero);
	for (int side = 0; side < 2; side++) {
		if (!sparse_decode(xr, x->schema, &a) || !sparse_decode(yr, x->schema, &b) || !sparse_fits(&a, &b)) {
			out->len = was;
			return false;
		}
		sparse_encode_sum(out, &a, &b);
	}
	return true;
}

int
expo_blob_merge(struct buf *out, const void *a, size_t an, const void *b, size_t bn, struct err *e)
{
	struct expo_head ah, bh;
	struct blob_reader ar = head_decode(a, an, &ah), br = head_decode(b, bn, &bh);
	struct expo *x, *y;
	int rc = -1;

	if (!ar.bad && !br.bad && merge_sparse(out, &ah, &ar, &bh, &br))
		return 0;
	x = expo_decode(a, an);
	y = expo_decode(b, bn);
	if (x != NULL && y != NULL) {
		expo_merge(x, y);
		expo_encode(out, x);
		rc = 0;
	} else {
		err_set(e, ERR_WORLD, "a histogram in the store is damaged");
	}
	expo_close(x);
	expo_close(y);
	return rc;
}

static bool
buckets_decode(struct arena *mem, struct blob_reader *r, int schema, struct buckets *out)
{
	uint64_t used = blob_get_varint(r);
	int64_t index = 0, next = 0;
	struct span *spans;
	double *counts;

	*out = (struct buckets){0};
	if (r->bad || used > EXPO_SPAN)
		return false;
	spans = arena_alloc(mem, (used + 1) * sizeof *spans);
	counts = arena_alloc(mem, (used + 1) * sizeof *counts);
	for (uint64_t k = 0; k < used; k++) {
		uint64_t count;

		if (!bucket_decode(r, schema, &index, k == 0, &count))
			return false;
		if (k == 0 || index != next)
			spans[out->n_spans++] = (struct span){(int32_t)(index - next), 0};
		spans[out->n_spans - 1].length++;
		counts[out->n++] = (double)count;
		next = index + 1;
	}
	out->spans = spans;
	out->counts = counts;
	return true;
}

int
expo_blob_histogram(struct arena *mem, const void *blob, size_t n, struct histogram **out, struct err *e)
{
	struct expo_head head;
	struct blob_reader r = head_decode(blob, n, &head);
	struct histogram *h = arena_calloc(mem, 1, sizeof *h);

	if (r.bad || !buckets_decode(mem, &r, head.schema, &h->pos) || !buckets_decode(mem, &r, head.schema, &h->neg))
		return err_set(e, ERR_WORLD, "a histogram in the store is damaged");
	h->schema = head.schema;
	h->count = (double)head.count;
	h->sum = head.sum;
	h->zero_count = (double)head.zero;
	*out = h;
	return 0;
}

static void
side_buckets(struct arena *mem, const struct side *s, struct buckets *out)
{
	struct span *spans;
	double *counts;
	size_t used = 0;
	uint32_t next = 0;

	*out = (struct buckets){0};
	for (uint32_t k = 0; k < s->n; k++)
		used += s->at[k] != 0;
	spans = arena_alloc(mem, (used + 1) * sizeof *spans);
	counts = arena_alloc(mem, (used + 1) * sizeof *counts);
	for (uint32_t k = 0; k < s->n; k++) {
		if (s->at[k] == 0)
			continue;
		if (out->n == 0)
			spans[out->n_spans++] = (struct span){s->first + (int32_t)k, 0};
		else if (k != next)
			spans[out->n_spans++] = (struct span){(int32_t)(k - next), 0};
		spans[out->n_spans - 1].length++;
		counts[out->n++] = (double)s->at[k];
		next = k + 1;
	}
	out->spans = spans;
	out->counts = counts;
}

struct histogram *
expo_histogram(struct arena *mem, const struct expo *x)
{
	struct histogram *h = arena_calloc(mem, 1, sizeof *h);

	side_buckets(mem, &x->pos, &h->pos);
	side_buckets(mem, &x->neg, &h->neg);
	h->schema = x->schema;
	h->count = (double)x->count;
	h->sum = x->sum;
	h->zero_count = (double)x->zero;
	return h;
}
