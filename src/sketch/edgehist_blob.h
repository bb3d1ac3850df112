/*
 * edgehist_blob.h -- the byte form of a given-edge histogram, one piece at a time. Private to this folder.
 *
 * After the head of every blob (sketch_private.h): the id of the edges, min, max, sum of (x-c), sum of (x-c)^2, the number
 * of bins, then the non-empty bins ascending. A bin is a varint that holds the distance from the bin before and the
 * number of bytes of its sum, a varint count, and these bytes. Doubles are written high byte first without their trailing
 * zero bytes: whole numbers and prices in binary fractions are short.
 */
#ifndef MLWATCH_EDGEHIST_BLOB_H
#define MLWATCH_EDGEHIST_BLOB_H

#include "sketch_private.h"

struct edge_blob {
	uint64_t n, edges_id;
	double min, max, s1, s2;
	uint64_t bins;
};

struct edge_blob_bin {
	uint64_t index, n;
	double sum; /* 0 for a bin at an edge */
};

void edge_blob_put_head(struct buf *out, const struct edge_blob *head);
/* *last is 0 before the first bin. */
void edge_blob_put_bin(struct buf *out, uint64_t *last, const struct edge_blob_bin *bin);

struct edge_blob_reader {
	struct blob_reader r;
	struct edge_blob head;
	uint64_t left, next, counted;
};

/* false: not a blob of this kind. */
bool edge_blob_open(struct edge_blob_reader *b, const void *blob, size_t n);
/* false at the end, and when the blob is damaged: edge_blob_good() tells. */
bool edge_blob_next(struct edge_blob_reader *b, struct edge_blob_bin *bin);
bool edge_blob_good(const struct edge_blob_reader *b);

#endif
