/*
 * ks.c -- the two-sample Kolmogorov-Smirnov statistic of two summaries, its bound, and which p-value belongs to it.
 *
 * Between two neighbouring values of one sample its distribution function is constant, so the largest distance is found at
 * an edge or just before one: after every bin of the walk. Only where both samples have values strictly between the same two
 * edges can it be larger than what is seen there; by how much at most is the bound.
 *
 * D is kept as a fraction of integers: the p-value of a rounded double would be that of another D.
 */
#include "mlwatch/drift.h"

#include <math.h>

#include "bin_walk.h"

__extension__ typedef unsigned __int128 u128;
__extension__ typedef __int128 s128;

#define EXACT_MAX 10000u /* scipy's */

const char *const ks_method_word[] = {[KS_EXACT] = "exact", [KS_ASYMPTOTIC] = "asymptotic"};

/* Of counts, which are below 2^53. */
static u128
apart(double c1, double n2, double c2, double n1)
{
	s128 d = (s128)(int64_t)c1 * (int64_t)n2 - (s128)(int64_t)c2 * (int64_t)n1;

	return (u128)(d < 0 ? -d : d);
}

static void
set_fraction(struct ks *out, u128 num)
{
	u128 den = (u128)out->n1 * out->n2;

	out->statistic = (double)((long double)num / (long double)den);
	if (den <= UINT64_MAX) {
		out->num = (uint64_t)num;
		out->den = (uint64_t)den;
	}
}

static bool
is_count(double v)
{
	return v >= 0 && v < 0x1p53 && v == floor(v);
}

static bool
all_counts(const struct edge_bins *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (!is_count(b->count[i]))
			return false;
	return true;
}

/* The largest distance that can hide inside this bin. */
static double
could_be(const struct bin_walk *w, double n1, double n2)
{
	double up = (w->before1 + w->n1) / n1 - w->before2 / n2;
	double down = (w->before2 + w->n2) / n2 - w->before1 / n1;

	return w->n1 > 0 && w->n2 > 0 && w->bin % 2 == 0 ? fmax(up, down) : 0;
}

int
drift_ks(struct ks *out, const struct histogram *ref, const struct histogram *cur)
{
	double n1 = ref->count, n2 = cur->count, most = 0, hidden = 0;
	struct bin_walk w;
	u128 num = 0;
	bool integers;

	*out = (struct ks){.statistic = NAN};
	if (!bin_walk_open(&w, ref, cur))
		return -1;
	if (!(n1 > 0) || !(n2 > 0))
		return 0;
	integers = is_count(n1) && is_count(n2) && all_counts(ref->bins) && all_counts(cur->bins);
	out->n1 = (uint64_t)fmin(rint(n1), 0x1p63);
	out->n2 = (uint64_t)fmin(rint(n2), 0x1p63);
	while (bin_walk_next(&w)) {
		double c1 = w.before1 + w.n1, c2 = w.before2 + w.n2;

		if (integers) {
			u128 d = apart(c1, n2, c2, n1);

			num = d > num ? d : num;
		} else {
			most = fmax(most, fabs(c1 / n1 - c2 / n2));
		}
		hidden = fmax(hidden, could_be(&w, n1, n2));
	}
	if (integers)
		set_fraction(out, num);
	else
		out->statistic = most;
	out->bound = fmax(hidden - out->statistic, 0);
	return 0;
}

struct ks
drift_ks_raw(const double *ref, size_t n1, const double *cur, size_t n2)
{
	struct ks out = {.statistic = NAN, .n1 = n1, .n2 = n2};
	size_t i = 0, j = 0;
	u128 num = 0;

	if (n1 == 0 || n2 == 0)
		return out;
	while (i < n1 && j < n2) {
		double x = fmin(ref[i], cur[j]);
		u128 d;

		while (i < n1 && ref[i] <= x)
			i++;
		while (j < n2 && cur[j] <= x)
			j++;
		d = apart((double)i, (double)n2, (double)j, (double)n1);
		num = d > num ? d : num;
	}
	set_fraction(&out, num);
	return out;
}

static uint64_t
gcd(uint64_t a, uint64_t b)
{
	return b == 0 ? a : gcd(b, a % b);
}

double
ks_pvalue_exact(const struct ks *k, double *log10p)
{
	if (k->n1 == 0 || k->n2 == 0 || k->den == 0) {
		if (log10p != NULL)
			*log10p = NAN;
		return NAN;
	}
	return ks_exact_sf(k->n1, k->n2, k->num / gcd(k->n1, k->n2), log10p);
}

double
ks_pvalue_asymptotic(const struct ks *k)
{
	double n1 = (double)k->n1, n2 = (double)k->n2;

	if (k->n1 == 0 || k->n2 == 0)
		return NAN;
	return ks_one_sample_sf((uint64_t)rint(n1 / (n1 + n2) * n2), k->statistic);
}

/* P <= e exp(-2 n D^2), n = n1 n2 / (n1 + n2), for any sizes (Wei & Dudley 2012, Stat. Prob. Lett. 82): below the smallest
 * double there is nothing to count paths for, and the largest distances cost the most. */
static bool
is_surely_zero(const struct ks *k)
{
	double n1 = (double)k->n1, n2 = (double)k->n2;

	return n1 > 0 && n2 > 0 && 1 - 2 * n1 / (n1 + n2) * n2 * k->statistic * k->statistic < -746;
}

double
ks_pvalue(const struct ks *k, enum ks_method *method)
{
	bool exact = k->n1 <= EXACT_MAX && k->n2 <= EXACT_MAX && k->den != 0;

	if (method != NULL)
		*method = exact ? KS_EXACT : KS_ASYMPTOTIC;
	if (exact && is_surely_zero(k))
		return 0;
	return exact ? ks_pvalue_exact(k, NULL) : ks_pvalue_asymptotic(k);
}
