/* edge_tail.h -- how the values of an open bin of an EDGES histogram are spread over it. Private to the sketches. */
#ifndef SKETCH_EDGE_TAIL_H
#define SKETCH_EDGE_TAIL_H

#include <stdbool.h>

struct bucket;
struct histogram;

struct edge_tail {
	double rate;   /* 0: evenly */
	bool mirrored; /* most are at the upper end */
};
struct edge_tail edge_tail(const struct histogram *h, const struct bucket *b); /* evenly for any but an open bin */
/* The place, 0 to 1, below which this share of the bin lies; and back. */
double edge_tail_at(struct edge_tail t, double share);
double edge_tail_below(struct edge_tail t, double x);

#endif
