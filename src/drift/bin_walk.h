/*
 * bin_walk.h -- two given-edge histograms side by side, bin by bin, ascending. Private to this folder.
 *
 * Bins are numbered as in histogram.h: 2k strictly between edge k-1 and edge k, 2k+1 at edge k.
 */
#ifndef MLWATCH_BIN_WALK_H
#define MLWATCH_BIN_WALK_H

#include "mlwatch/histogram.h"
#include "mlwatch/sketch.h"

struct bin_walk {
	const struct edge_bins *one, *two;
	size_t i, j;
	uint32_t bin;  /* of the step just taken */
	double n1, n2; /* in it */
	double sum1, sum2;
	double before1, before2; /* in all lower ones */
};

static inline bool
bin_walk_open(struct bin_walk *w, const struct histogram *one, const struct histogram *two)
{
	*w = (struct bin_walk){0};
	if (one->schema != HIST_EDGES || two->schema != HIST_EDGES || one->bins->edges->id != two->bins->edges->id)
		return false;
	w->one = one->bins;
	w->two = two->bins;
	return true;
}

static inline bool
bin_walk_next(struct bin_walk *w)
{
	uint32_t b1 = w->i < w->one->n ? w->one->bin[w->i] : UINT32_MAX;
	uint32_t b2 = w->j < w->two->n ? w->two->bin[w->j] : UINT32_MAX;

	w->before1 += w->n1;
	w->before2 += w->n2;
	w->n1 = w->n2 = w->sum1 = w->sum2 = 0;
	if (b1 == UINT32_MAX && b2 == UINT32_MAX)
		return false;
	w->bin = b1 < b2 ? b1 : b2;
	if (b1 == w->bin) {
		w->n1 = w->one->count[w->i];
		w->sum1 = w->one->sum[w->i++];
	}
	if (b2 == w->bin) {
		w->n2 = w->two->count[w->j];
		w->sum2 = w->two->sum[w->j++];
	}
	return true;
}

#endif
