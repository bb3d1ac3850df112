/*
 * histogram_quantile.c -- quantiles, fractions and the spread of a histogram, as Prometheus defines them.
 *
 * Inside an exponential bucket the observations are taken to be spread evenly on a logarithmic scale, in zero
 * buckets, custom buckets and bins evenly on a linear one. A zero bucket ends at 0 on the side that has no
 * buckets; so does the lowest custom bucket when its upper bound is positive. Observations that are NaN are in
 * no bucket; they are seen by a NaN sum, and then quantiles count from below so that NaN ranks highest. In the open bins of
 * an EDGES histogram observations are spread as their mean says (edge_tail.c).
 */
#include <math.h>

#include "edge_tail.h"
#include "histogram_private.h"

/* The zero bucket of a histogram with buckets on one side only does not reach to the other. */
static void
clip_at_zero(const struct histogram *h, struct bucket *b)
{
	if (h->schema == HIST_EDGES)
		return;
	if (h->neg.n == 0 && h->pos.n > 0)
		b->lower = 0;
	else if (h->pos.n == 0 && h->neg.n > 0)
		b->upper = 0;
}

static double
interpolate(const struct histogram *h, const struct bucket *b, double fraction)
{
	if (b->lower == b->upper || (h->schema == HIST_EDGES && isinf(b->lower)))
		return b->lower; /* below the first edge nothing is finite */
	if (h->schema == HIST_EDGES)
		return b->lower + (b->upper - b->lower) * edge_tail_at(edge_tail(h, b), fraction);
	if (!histogram_is_exponential(h) || (b->lower <= 0 && b->upper >= 0))
		return b->lower + (b->upper - b->lower) * fraction;
	double lower = log2(fabs(b->lower)), upper = log2(fabs(b->upper));
	if (b->lower > 0)
		return exp2(lower + (upper - lower) * fraction);
	return -exp2(upper + (lower - upper) * (1 - fraction));
}

double
histogram_quantile(const struct histogram *h, double q)
{
	struct bucket_iter it;
	struct bucket b = {0}, next;
	double count = 0;

	if (q < 0 || q > 1)
		return q < 0 ? -INFINITY : INFINITY;
	if (h->count == 0 || isnan(q))
		return NAN;
	bool forward = isnan(h->sum) || q < 0.5;
	double rank = (forward ? q : 1 - q) * h->count;
	if (forward)
		histogram_each(&it, h);
	else
		histogram_each_reverse(&it, h);
	while (bucket_next(&it, &next)) {
		if (next.count == 0)
			continue;
		b = next;
		count += b.count;
		if (count >= rank)
			break;
	}
	if (h->schema == HIST_CUSTOM) {
		if (isinf(b.lower)) {
			if (b.upper <= 0)
				return b.upper;
			b.lower = 0;
		} else if (isinf(b.upper)) {
			return b.lower;
		}
	} else if (b.lower < 0 && b.upper > 0) {
		clip_at_zero(h, &b);
	}
	if (count > h->count) /* rounding */
		count = h->count;
	if (count < rank) /* all that is left is NaN, or rounding */
		return isnan(h->sum) ? NAN : b.upper;
	rank = forward ? rank - (count - b.count) : count - rank;
	return interpolate(h, &b, rank / b.count);
}

/* The observations of b at or below v, which is inside b. */
static double
part_below(const struct histogram *h, const struct bucket *b, double v, bool linear)
{
	if (isinf(b->lower))
		return b->count;
	if (h->schema == HIST_EDGES)
		return b->count * edge_tail_below(edge_tail(h, b), (v - b->lower) / (b->upper - b->lower));
	if (!histogram_is_exponential(h) || linear)
		return b->count * (v - b->lower) / (b->upper - b->lower);
	double lower = log2(fabs(b->lower)), upper = log2(fabs(b->upper)), at = log2(fabs(v));
	return b->count * (v > 0 ? (at - lower) / (upper - lower) : 1 - (at - upper) / (lower - upper));
}

/* Observations at or below v; *set says whether any bucket ends above it. */
struct rank_of {
	double v, rank;
	bool set;
};

static void
rank_look(struct rank_of *r, const struct histogram *h, const struct bucket *b, double below, bool zero)
{
	if (r->set)
		return;
	if (b->lower >= r->v) {
		r->rank = below;
		r->set = true;
	} else if (b->upper > r->v) {
		r->rank = below + part_below(h, b, r->v, zero);
		r->set = true;
	}
}

double
histogram_fraction(const struct histogram *h, double lower, double upper)
{
	struct rank_of low = {.v = lower}, high = {.v = upper};
	struct bucket_iter it;
	struct bucket b;
	double below = 0;

	if (h->count == 0 || isnan(lower) || isnan(upper))
		return NAN;
	if (lower >= upper)
		return 0;
	for (histogram_each(&it, h); bucket_next(&it, &b); below += b.count) {
		bool zero = b.lower <= 0 && b.upper >= 0;
		if (zero)
			clip_at_zero(h, &b);
		rank_look(&low, h, &b, below, zero);
		rank_look(&high, h, &b, below, zero);
	}
	double all = isnan(h->sum) ? below : h->count; /* NaN is below nothing */
	double from = low.set && low.rank <= all ? low.rank : all, to = high.set && high.rank <= all ? high.rank : all;
	return (to - from) / h->count;
}

/* Where the observations of a bucket are taken to be. */
static double
middle(const struct histogram *h, const struct bucket *b)
{
	if (h->schema == HIST_CUSTOM)
		return (b->upper + b->lower) / 2;
	if (b->lower <= 0 && b->upper >= 0)
		return 0;
	double m = sqrt(b->upper * b->lower);
	return b->upper < 0 ? -m : m;
}

double
histogram_stdvar(const struct histogram *h)
{
	struct bucket_iter it;
	struct bucket b;
	double mean = h->sum / h->count, sum = 0, comp = 0;

	if (h->schema == HIST_EDGES)
		return edges_variance(h);
	for (histogram_each(&it, h); bucket_next(&it, &b);) {
		if (b.count == 0)
			continue;
		double delta = middle(h, &b) - mean;
		kahan_add(b.count * delta * delta, &sum, &comp);
	}
	return (sum + comp) / h->count;
}

double
histogram_stddev(const struct histogram *h)
{
	return sqrt(histogram_stdvar(h));
}
