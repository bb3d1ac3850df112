/*
 * edgehist_private.h -- what the files of the given-edge histogram share: how a value finds its bin.
 *
 * The index maps a value monotonically to one of `slots` slots, either linearly or through the double's bits in
 * the order of the numbers (which is nearly logarithmic). Edges of lower slots are below the value, edges of higher slots
 * above it, so only the few edges of its own slot are compared. Which mapping and range suit a set of edges is decided
 * once, for the first histogram on them that is to be filled (who only reads needs no index): reference quantiles are where the values are.
 */
#ifndef MLWATCH_EDGEHIST_PRIVATE_H
#define MLWATCH_EDGEHIST_PRIVATE_H

#include <string.h>

#include "mlwatch/sketch.h"

struct edge_index {
	bool by_bits;
	double lo, scale; /* linear: slot = (v - lo) * scale */
	uint64_t base;    /* by bits: slot = (order(v) - base) >> shift */
	unsigned shift;
	uint32_t slots;
	uint32_t *first; /* slots + 1: the first edge of this slot or of a later one */
};

void edges_need_index(struct edges *e); /* any thread; index is there afterwards */

/* The bits of a double as an integer of the same order; -0.0 must have been made +0.0. */
static inline uint64_t
double_order(double v)
{
	uint64_t u;

	memcpy(&u, &v, sizeof u);
	return (u >> 63) != 0 ? ~u : u | UINT64_C(1) << 63;
}

static inline uint32_t
edge_slot(const struct edge_index *x, double v)
{
	double top = (double)(x->slots - 1), s;
	uint64_t o;

	if (x->by_bits) {
		o = double_order(v + 0.0);
		o = o < x->base ? 0 : (o - x->base) >> x->shift;
		return o < x->slots ? (uint32_t)o : x->slots - 1;
	}
	s = (v - x->lo) * x->scale;
	s = s > 0 ? s : 0;
	s = s < top ? s : top;
	return (uint32_t)s;
}

/* The first edge that is not below v (n when there is none); s is the slot of v. The sentinels behind the last edge are +Inf. */
static inline uint32_t
edge_lower_bound(const struct edges *e, const struct edge_index *x, uint32_t s, double v)
{
	const double *at = e->at;
	uint32_t k = x->first[s], end;

	k += at[k] < v;
	k += at[k] < v;
	if (__builtin_expect(at[k] >= v, 1))
		return k;
	for (end = x->first[s + 1]; k < end;) {
		uint32_t mid = k + (end - k) / 2;

		if (at[mid] < v)
			k = mid + 1;
		else
			end = mid;
	}
	return k;
}

#endif
