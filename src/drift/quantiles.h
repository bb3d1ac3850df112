/*
 * quantiles.h -- the values of one column, sorted and counted, in bounded memory. Private to this folder.
 *
 * Exact while there are at most so many distinct values. Beyond, a deterministic merging summary (Munro & Paterson 1980; Manku,
 * Rajagopalan & Lindsay 1998): full buffers are sorted and every second value kept with twice the weight. Every such step
 * can move a rank by at most the weight that it halved, so how far ranks may be off is known, not estimated.
 */
#ifndef MLWATCH_QUANTILES_H
#define MLWATCH_QUANTILES_H

#include <stddef.h>
#include <stdint.h>

struct weighted {
	double v;
	uint64_t n;
};

struct quantiles;
struct quantiles *quantiles_open(void);
void quantiles_close(struct quantiles *q);
void quantiles_add(struct quantiles *q, double v);
/* How many doubles it may hold; given when it must decide, since only then it is known how many columns there are. */
void quantiles_limit(struct quantiles *q, size_t values);
/* Everything, ascending, distinct; the weights add up to the number of values. The caller frees. *rank_error: how far ranks
 * may be off as a share of all values; 0 when exact. */
struct weighted *quantiles_all(struct quantiles *q, size_t *n, double *rank_error);

#endif
