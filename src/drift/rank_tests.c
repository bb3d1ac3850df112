/*
 * rank_tests.c -- two-sample tests on ranks: Cramer-von Mises and Mann-Whitney. Ties get the middle of their ranks.
 */
#include "mlwatch/drift.h"

#include <gsl/gsl_sf_bessel.h>
#include <math.h>

/* One group of equal values in the merged order: how many on each side, and the ranks before it. */
struct ties {
	size_t i, j;
	double before, one, two;
};

static bool
next_ties(struct ties *t, const double *ref, size_t n1, const double *cur, size_t n2)
{
	size_t i = t->i, j = t->j;
	double x;

	if (i >= n1 && j >= n2)
		return false;
	t->before = (double)(i + j);
	x = i < n1 && (j >= n2 || ref[i] <= cur[j]) ? ref[i] : cur[j];
	while (t->i < n1 && ref[t->i] <= x)
		t->i++;
	while (t->j < n2 && cur[t->j] <= x)
		t->j++;
	t->one = (double)(t->i - i);
	t->two = (double)(t->j - j);
	return true;
}

static double
middle_rank(const struct ties *t)
{
	return t->before + (t->one + t->two + 1) / 2;
}

/* sum over the ranks i = first .. first+count-1 of one side of (rank - i)^2 */
static long double
squared_gaps(double rank, double first, double count)
{
	long double sum = 0;

	for (double i = 0; i < count; i++) {
		long double d = (long double)rank - first - i;

		sum += d * d;
	}
	return sum;
}

/* The limit distribution of the one-sample statistic (Csorgo & Faraway 1996, (1.2)). The series is cut where scipy cuts it: at 1e-7. */
static double
cvm_limit_cdf(double x)
{
	double sum = 0, term = 1;

	for (int k = 0; fabs(term) >= 1e-7; k++) {
		double y = 4.0 * k + 1, q = y * y / (16 * x);
		double u = exp(lgamma(k + 0.5) - lgamma(k + 1.0)) / (pow(M_PI, 1.5) * sqrt(x));

		term = q > 350 ? 0 : u * sqrt(y) * exp(-2 * q) * gsl_sf_bessel_Knu_scaled(0.25, q);
		sum += term;
	}
	return sum;
}

struct rank_test
raw_cramer_von_mises(const double *ref, size_t n1, const double *cur, size_t n2)
{
	double m = (double)n1, n = (double)n2, total = m + n, k = m * n, mean, variance, scaled;
	struct rank_test out = {NAN, NAN};
	struct ties t = {0};
	long double sum1 = 0, sum2 = 0;

	if (n1 < 2 || n2 < 2)
		return out;
	while (next_ties(&t, ref, n1, cur, n2)) {
		double rank = middle_rank(&t);

		sum1 += squared_gaps(rank, (double)t.i - t.one + 1, t.one);
		sum2 += squared_gaps(rank, (double)t.j - t.two + 1, t.two);
	}
	out.statistic = (double)((m * sum1 + n * sum2) / ((long double)k * total) -
				 (4 * (long double)k - 1) / (6 * (long double)total));
	mean = (1 + 1 / total) / 6;
	variance = (total + 1) * (4 * k * total - 3 * (m * m + n * n) - 2 * k) / (45 * total * total * 4 * k);
	scaled = 1.0 / 6 + (out.statistic - mean) / sqrt(45 * variance);
	out.pvalue = scaled < 0.003 ? 1 : fmax(0, 1 - cvm_limit_cdf(scaled));
	return out;
}

struct rank_test
raw_mann_whitney(const double *ref, size_t n1, const double *cur, size_t n2)
{
	double m = (double)n1, n = (double)n2, total = m + n, ranks = 0, ties = 0, larger, sd;
	struct rank_test out = {NAN, NAN};
	struct ties t = {0};

	if (n1 == 0 || n2 == 0)
		return out;
	while (next_ties(&t, ref, n1, cur, n2)) {
		double size = t.one + t.two;

		ranks += t.one * middle_rank(&t);
		ties += size * size * size - size;
	}
	out.statistic = ranks - m * (m + 1) / 2;
	larger = fmax(out.statistic, m * n - out.statistic);
	sd = sqrt(m * n / 12 * (total + 1 - ties / (total * (total - 1))));
	out.pvalue = sd > 0 ? fmin(erfc((larger - m * n / 2 - 0.5) / sd * M_SQRT1_2), 1) : 1;
	return out;
}
