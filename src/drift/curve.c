/*
 * curve.c -- two distribution functions side by side, for those who draw them or want to know where they are farthest apart.
 */
#include "mlwatch/drift.h"

#include "bin_walk.h"
#include "mlwatch/arena.h"

size_t
drift_curve(struct arena *mem, const struct histogram *ref, const struct histogram *cur, struct curve_point **out)
{
	struct bin_walk w;
	size_t n = 0;

	*out = NULL;
	if (!bin_walk_open(&w, ref, cur) || !(ref->count > 0) || !(cur->count > 0))
		return 0;
	*out = arena_alloc(mem, (ref->bins->n + cur->bins->n + 1) * sizeof **out);
	while (bin_walk_next(&w)) {
		const struct edges *e = w.one->edges;
		const size_t k = w.bin / 2;
		const double most = ref->bins->max > cur->bins->max ? ref->bins->max : cur->bins->max;

		(*out)[n++] = (struct curve_point){k < e->n ? e->at[k] : most, (w.before1 + w.n1) / ref->count,
						   (w.before2 + w.n2) / cur->count};
	}
	return n;
}

struct curve_point
curve_gap(const struct curve_point *at, size_t n)
{
	struct curve_point most = {0, 0, 0};
	double apart = 0;

	for (size_t i = 0; i < n; i++) {
		const double d = at[i].ref > at[i].cur ? at[i].ref - at[i].cur : at[i].cur - at[i].ref;

		if (d > apart) {
			apart = d;
			most = at[i];
		}
	}
	return most;
}
