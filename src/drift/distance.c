/*
 * distance.c -- how far apart two lists of shares are. The formulas and their ranges are in drift.h; no data on a side gives NaN.
 */
#include "mlwatch/drift.h"

#include <math.h>

struct sizes {
	double n1, n2;
};

static struct sizes
sizes_of(const struct contingency *t)
{
	struct sizes s = {0, 0};

	for (size_t i = 0; i < t->k; i++) {
		s.n1 += t->ref[i];
		s.n2 += t->cur[i];
	}
	return s;
}

static bool
empty(struct sizes s)
{
	return !(s.n1 > 0) || !(s.n2 > 0);
}

static double
psi_by(const struct contingency *t, double (*raise)(double))
{
	struct sizes s = sizes_of(t);
	double sum = 0;

	if (empty(s))
		return NAN;
	for (size_t i = 0; i < t->k; i++) {
		double p, q;

		if (t->ref[i] == 0 && t->cur[i] == 0)
			continue;
		p = raise(t->ref[i] / s.n1);
		q = raise(t->cur[i] / s.n2);
		sum += (p - q) * log(p / q);
	}
	return sum;
}

static double
raise_to_floor(double share)
{
	return fmax(share, PSI_FLOOR);
}

static double
raise_zero(double share)
{
	return share == 0 ? PSI_FLOOR : share;
}

double
psi(const struct contingency *t)
{
	return psi_by(t, raise_to_floor);
}

double
psi_zero_replaced(const struct contingency *t)
{
	return psi_by(t, raise_zero);
}

double
psi_pvalue(const struct contingency *t)
{
	struct sizes s = sizes_of(t);

	if (empty(s))
		return NAN;
	return chi2_sf(psi(t) * s.n1 / (s.n1 + s.n2) * s.n2, (double)t->k - 1, NULL);
}

static double
entropy_part(double p, double middle)
{
	return p > 0 ? p * log2(p / middle) : 0;
}

double
js_distance(const struct contingency *t)
{
	struct sizes s = sizes_of(t);
	double sum = 0;

	if (empty(s))
		return NAN;
	for (size_t i = 0; i < t->k; i++) {
		double p = t->ref[i] / s.n1, q = t->cur[i] / s.n2, middle = (p + q) / 2;

		sum += entropy_part(p, middle) + entropy_part(q, middle);
	}
	return sqrt(fmin(fmax(sum / 2, 0), 1));
}

double
hellinger_distance(const struct contingency *t)
{
	struct sizes s = sizes_of(t);
	double sum = 0;

	if (empty(s))
		return NAN;
	for (size_t i = 0; i < t->k; i++) {
		double d = sqrt(t->ref[i] / s.n1) - sqrt(t->cur[i] / s.n2);

		sum += d * d;
	}
	return sqrt(sum / 2);
}

double
total_variation(const struct contingency *t)
{
	struct sizes s = sizes_of(t);
	double sum = 0;

	if (empty(s))
		return NAN;
	for (size_t i = 0; i < t->k; i++)
		sum += fabs(t->ref[i] / s.n1 - t->cur[i] / s.n2);
	return sum / 2;
}

double
l_infinity(const struct contingency *t)
{
	struct sizes s = sizes_of(t);
	double most = 0;

	if (empty(s))
		return NAN;
	for (size_t i = 0; i < t->k; i++)
		most = fmax(most, fabs(t->ref[i] / s.n1 - t->cur[i] / s.n2));
	return most;
}

double
new_share(const struct contingency *t)
{
	struct sizes s = sizes_of(t);
	double unseen = 0;

	if (empty(s))
		return NAN;
	for (size_t i = 0; i < t->k; i++)
		unseen += t->ref[i] == 0 ? t->cur[i] : 0;
	return unseen / s.n2;
}
