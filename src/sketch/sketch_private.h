/*
 * sketch_private.h -- what the files of this folder share: how a blob is laid out.
 *
 * Every blob is: one byte kind, one byte version (1), then a varint with the number of observations, then
 * what its kind needs. Varints are LEB128 (7 bits a byte, low first), doubles are 8 bytes little-endian. A reader
 * never trusts a length: past the end it turns bad and gives zeros.
 */
#ifndef MLWATCH_SKETCH_PRIVATE_H
#define MLWATCH_SKETCH_PRIVATE_H

#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/sketch.h"

#define BLOB_VERSION 1

static inline void
blob_put_varint(struct buf *out, uint64_t v)
{
	char *p;

	if (out->cap - out->len < 11) /* ten bytes and the NUL: almost always there */
		buf_reserve(out, 10);
	p = out->p + out->len;
	for (; v >= 0x80; v >>= 7)
		*p++ = (char)(v | 0x80);
	*p++ = (char)v;
	*p = '\0';
	out->len = (size_t)(p - out->p);
}

static inline void
blob_put_signed(struct buf *out, int64_t v) /* zigzag */
{
	blob_put_varint(out, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}

static inline void
blob_put_u64(struct buf *out, uint64_t v)
{
	unsigned char b[8];

	for (int i = 0; i < 8; i++)
		b[i] = (unsigned char)(v >> (8 * i));
	buf_add(out, b, sizeof b);
}

static inline void
blob_put_double(struct buf *out, double d)
{
	uint64_t v;

	memcpy(&v, &d, sizeof v);
	blob_put_u64(out, v);
}

static inline void
blob_put_head(struct buf *out, enum sketch_kind kind, uint64_t observations)
{
	const unsigned char head[2] = {(unsigned char)kind, BLOB_VERSION};

	buf_add(out, head, sizeof head);
	blob_put_varint(out, observations);
}

struct blob_reader {
	const unsigned char *p, *end;
	bool bad; /* stays true */
};

static inline uint64_t
blob_get_varint(struct blob_reader *r)
{
	uint64_t v = 0;

	if (r->p < r->end && *r->p < 0x80)
		return *r->p++;
	for (unsigned shift = 0; shift < 64 && r->p < r->end; shift += 7) {
		unsigned char b = *r->p++;

		v |= (uint64_t)(b & 0x7f) << shift;
		if (b < 0x80)
			return v;
	}
	r->bad = true;
	return 0;
}

static inline int64_t
blob_get_signed(struct blob_reader *r)
{
	uint64_t v = blob_get_varint(r);

	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static inline uint64_t
blob_get_u64(struct blob_reader *r)
{
	uint64_t v = 0;

	if (r->end - r->p < 8) {
		r->bad = true;
		return 0;
	}
	for (int i = 0; i < 8; i++)
		v |= (uint64_t)r->p[i] << (8 * i);
	r->p += 8;
	return v;
}

static inline double
blob_get_double(struct blob_reader *r)
{
	uint64_t v = blob_get_u64(r);
	double d;

	memcpy(&d, &v, sizeof d);
	return d;
}

/* Checks kind and version and reads the number of observations. */
static inline struct blob_reader
blob_open(const void *blob, size_t n, enum sketch_kind kind, uint64_t *observations)
{
	struct blob_reader r = {blob, (const unsigned char *)blob + n, false};

	*observations = 0;
	if (n < 3 || r.p[0] != (unsigned char)kind || r.p[1] != BLOB_VERSION) {
		r.bad = true;
		return r;
	}
	r.p += 2;
	*observations = blob_get_varint(&r);
	return r;
}

/* What codec.c dispatches to; each as sketch_merge and sketch_histogram of the same kind. */
/* False when the blob is damaged; part of it may have been added then. */
bool expo_blob_add(struct expo *h, const void *blob, size_t n);
int expo_blob_merge(struct buf *out, const void *a, size_t an, const void *b, size_t bn, struct err *e);
int expo_blob_histogram(struct arena *mem, const void *blob, size_t n, struct histogram **out, struct err *e);
struct histogram *expo_histogram(struct arena *mem, const struct expo *x); /* what its blob would give */
int categories_blob_merge(struct buf *out, const void *a, size_t an, const void *b, size_t bn, struct err *e);
/* edgehist.c */
int edgehist_blob_merge(struct buf *out, const void *a, size_t an, const void *b, size_t bn, struct err *e);
int edgehist_blob_histogram(struct arena *mem, const void *blob, size_t n, edges_find_fn *find, void *arg,
			    struct histogram **out, struct err *e);

#endif
