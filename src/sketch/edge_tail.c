/*
 * edge_tail.c -- where the values of an open bin lie: below the first edge of a reference down to the smallest value, above the last one up to the
 * largest.
 *
 * Both ends and the mean of such a bin are known, and it may be as wide as a change of unit makes it (one value of a million above an edge of ten
 * thousand), so that spreading its values evenly would be off by an order of magnitude. Of all distributions between two ends with a given mean
 * the one that assumes least (of the largest entropy) is the truncated exponential: density ~ exp(-rx) on [0,1], whose mean is
 * 1/r - 1/(exp(r)-1). A mean in the middle gives r = 0, which is the even spread that other bins have. See Jaynes, Probability Theory, 11.
 */
#include <math.h>

#include "edge_tail.h"
#include "histogram_private.h"
#include "mlwatch/sketch.h"

#define EVEN       1e-6 /* nearer to the middle than this is the middle */
#define STEPS      80   /* of halving: more than a double has bits */
#define ALL_AT_END 1e300

static double
mean_of(double r)
{
	return r < 1e-4 ? 0.5 - r / 12 : 1 / r - 1 / expm1(r);
}

/* m in (0, 1/2): the r with that mean. It is below 1/m, which would be it without an upper end. */
static double
solve(double m)
{
	double low = 0, high = 1 / m;

	for (int i = 0; i < STEPS; i++) {
		const double r = (low + high) / 2;

		if (mean_of(r) > m)
			low = r;
		else
			high = r;
	}
	return (low + high) / 2;
}

static double
sum_of(const struct edge_bins *b, uint32_t bin)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->bin[i] == bin)
			return b->sum[i];
	return NAN;
}

struct edge_tail
edge_tail(const struct histogram *h, const struct bucket *b)
{
	struct edge_tail t = {0};
	const double width = b->upper - b->lower;
	const bool above = h->schema == HIST_EDGES && (size_t)b->index == 2 * h->bins->edges->n;
	double m;

	if (h->schema != HIST_EDGES || (b->index != 0 && !above) || !isfinite(width))
		return t;
	m = (sum_of(h->bins, (uint32_t)b->index) / b->count - b->lower) / width;
	/* No value is at the edge itself; infinities, which are in the count and not in the sum, can make it look so. */
	if (!isfinite(m) || (above ? m <= 0 : m >= 1) || fabs(m - 0.5) < EVEN)
		return t;
	t.mirrored = m > 0.5;
	t.rate = m <= 0 || m >= 1 ? ALL_AT_END : solve(t.mirrored ? 1 - m : m);
	return t;
}

double
edge_tail_at(struct edge_tail t, double share)
{
	if (t.rate == 0 || share <= 0 || share >= 1)
		return share;
	if (t.mirrored)
		return 1 + log1p((1 - share) * expm1(-t.rate)) / t.rate;
	return -log1p(share * expm1(-t.rate)) / t.rate;
}

double
edge_tail_below(struct edge_tail t, double x)
{
	if (t.rate == 0)
		return x;
	if (t.mirrored)
		return 1 - expm1(-t.rate * (1 - x)) / expm1(-t.rate);
	return expm1(-t.rate * x) / expm1(-t.rate);
}
