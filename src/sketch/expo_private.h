/*
 * expo_private.h -- the inside of an exponential histogram, shared by expo.c (counting) and expo_blob.c (bytes).
 */
#ifndef MLWATCH_EXPO_PRIVATE_H
#define MLWATCH_EXPO_PRIVATE_H

#include "mlwatch/sketch.h"

#define EXPO_SCHEMA     8
#define EXPO_MIN_SCHEMA (-4)
#define EXPO_SPAN       8192
#define EXPO_INDEX_MAX  (1075 * 256) /* no double is further from 1 than 2^-1074 */

struct side {            /* the buckets of one sign */
	int32_t first;   /* index of at[0] */
	uint32_t n, cap; /* at[n..cap) is zero */
	uint64_t *at;
};

struct expo {
	int schema;
	uint64_t count, zero;
	double sum;
	struct side pos, neg;
};

/* expo_place: where to count bucket i (of schema 8) of a side, however far from the others it is; lowers h if need be. */
void expo_lower(struct expo *h); /* by one schema */
uint64_t *expo_place(struct expo *h, struct side *s, int32_t index);

#endif
