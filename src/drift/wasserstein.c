/*
 * wasserstein.c -- the area between two distribution functions, from counts and sums per bin.
 *
 * Inside a bin (a,b) the integral of F1 - F2 follows from how many values lie in it and their sums. Where the difference keeps its
 * sign that is the area. Where the curves can cross, the area is at least the absolute value of it, and at most what a difference
 * that jumps once from one extreme to the other would give: that is the bound.
 */
#include "mlwatch/drift.h"

#include <math.h>

#include "bin_walk.h"

struct area {
	double value, bound;
};

/* Between a and b: the walk's bin, or an empty stretch between two bins. */
static struct area
area_between(const struct bin_walk *w, double n1, double n2, double a, double b)
{
	double width = b - a;
	double high = (w->before1 + w->n1) / n1 - w->before2 / n2; /* the difference is never above */
	double low = w->before1 / n1 - (w->before2 + w->n2) / n2;  /* and never below */
	double whole =
	    (w->before1 / n1 - w->before2 / n2) * width + (w->n1 * b - w->sum1) / n1 - (w->n2 * b - w->sum2) / n2;
	struct area out = {fabs(whole), 0};
	double time_high;

	if (!(width > 0))
		return (struct area){0, 0};
	if (low >= 0 || high <= 0 || w->bin % 2 == 1)
		return out;
	time_high = fmin(fmax((whole - low * width) / (high - low), 0), width);
	out.bound = fmax(high * time_high - low * (width - time_high) - out.value, 0);
	return out;
}

static double
edge_or(const struct edges *e, size_t k, double otherwise)
{
	return k < e->n ? e->at[k] : otherwise;
}

int
drift_wasserstein(struct wasserstein *out, const struct histogram *ref, const struct histogram *cur)
{
	double n1 = ref->count, n2 = cur->count, least, most, here;
	struct bin_walk w;

	*out = (struct wasserstein){NAN, NAN};
	if (!bin_walk_open(&w, ref, cur))
		return -1;
	if (!(n1 > 0) || !(n2 > 0))
		return 0;
	*out = (struct wasserstein){0, 0};
	least = fmin(ref->bins->min, cur->bins->min);
	most = fmax(ref->bins->max, cur->bins->max);
	here = least;
	while (bin_walk_next(&w)) {
		const struct edges *e = w.one->edges;
		size_t k = w.bin / 2;
		double start = w.bin % 2 == 1 ? e->at[k] : k > 0 ? e->at[k - 1] : least;
		double end = edge_or(e, k, most);
		struct area inside = area_between(&w, n1, n2, start, end);

		if (start > here)
			out->value += fabs(w.before1 / n1 - w.before2 / n2) * (start - here);
		out->value += inside.value;
		out->bound += inside.bound;
		here = end;
	}
	return 0;
}

double
wasserstein_normed(double value, double ref_stddev)
{
	return value / fmax(ref_stddev, WASSERSTEIN_MIN_STDDEV);
}

struct moments
histogram_moments(const struct histogram *h)
{
	struct moments m = {h->count, NAN, NAN};
	double d;

	if (h->schema != HIST_EDGES || !(h->count > 0))
		return m;
	d = h->bins->s1 / h->count;
	m.mean = h->bins->edges->center + d;
	m.stddev = sqrt(fmax(h->bins->s2 / h->count - d * d, 0));
	return m;
}
