/*
 * ks_asymptotic.c -- the exact distribution of the one-sample two-sided Kolmogorov-Smirnov statistic, which is what scipy calls the
 * asymptotic one of the two-sample statistic when it is taken at the effective size n1 n2 / (n1 + n2).
 *
 * No single formula is good everywhere; which one is used where is the map of Simard & L'Ecuyer 2011 (J. Stat. Soft. 39(11)), and
 * the cuts are scipy's. One difference: where scipy uses Pomeranz' recursion (n <= 140, 0.75 < n x^2 <= 4) Durbin's matrix gives the same
 * digits, and at n <= 140 it is small.
 */
#include "mlwatch/drift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/xalloc.h"

#define PI2               (M_PI * M_PI)
#define SQRT_2PI          2.506628274631000502
#define HALF_LN_2PI       0.918938533204672741780329736406
#define SMALL_N           140
#define SMIRNOV_SUM_MAX_N 1000000 /* beyond, its expansion is as good as the sum */

/* log n! - log of Stirling's formula (Loader 2000, "Fast and accurate computation of binomial probabilities"). */
static double
stirling_error(double n)
{
	double nn = n * n;

	if (n < 16)
		return lgamma(n + 1) - (n + 0.5) * log(n) + n - HALF_LN_2PI;
	return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - 1.0 / 1188 / nn) / nn) / nn) / nn) / n;
}

/* x log(x/m) + m - x without cancellation. */
static double
deviance(double x, double m)
{
	double d = x - m, v, s, term;

	if (fabs(d) >= 0.1 * (x + m))
		return x * log(x / m) + m - x;
	v = d / (x + m);
	s = d * v;
	term = 2 * x * v;
	for (int j = 1; j < 1000; j++) {
		double next;

		term *= v * v;
		next = s + term / (2 * j + 1);
		if (next == s)
			break;
		s = next;
	}
	return s;
}

/* log of C(n,j) p^j q^(n-j), p + q = 1. */
static double
log_binomial(double n, double j, double p, double q)
{
	if (j == 0)
		return n * log1p(-p);
	if (j == n)
		return n * log(p);
	return stirling_error(n) - stirling_error(j) - stirling_error(n - j) - deviance(j, n * p) -
	       deviance(n - j, n * q) + 0.5 * log(n / (j * (n - j))) - HALF_LN_2PI;
}

/* A term of Smirnov's sum: x C(n,j) (x+j/n)^(j-1) (1-x-j/n)^(n-j), a binomial probability times x / (x+j/n). */
static double
smirnov_log_term(double n, double j, double x)
{
	double a = x + j / n, q = ((n - j) - n * x) / n;

	return q <= 0 ? -INFINITY : log_binomial(n, j, a, q) + log(x / a);
}

/* P(D+ >= x). Terms are smooth in j: where both ends of a block of them are 1e-20 of the largest, so is all between. */
static double
smirnov_sf(uint64_t n, double x)
{
	enum { BLOCK = 64, CUT = 46 };
	double dn = (double)n, top = -INFINITY, sum = 0, left, right;
	double last = floor(dn * (1 - x));

	if (n > SMIRNOV_SUM_MAX_N) {
		double t = 6 * dn * x + 1;

		return exp(-t * t / (18 * dn));
	}
	for (double j = 0; j <= last; j += BLOCK)
		top = fmax(top, smirnov_log_term(dn, j, x));
	left = smirnov_log_term(dn, 0, x);
	for (double j = 0; j <= last; j += BLOCK, left = right) {
		double end = fmin(j + BLOCK, last + 1);

		right = end <= last ? smirnov_log_term(dn, end, x) : -INFINITY;
		if (left < top - CUT && right < top - CUT && end <= last)
			continue;
		for (double k = j; k < end; k++)
			sum += exp(smirnov_log_term(dn, k, x) - top);
	}
	return fmin(exp(top + log(sum)), 1);
}

/* A square matrix with a power of two beside it, so that its powers neither overflow nor underflow. */
struct scaled {
	double *at;
	int exponent;
};

static void
multiply(const struct scaled *a, const struct scaled *b, struct scaled *out, size_t m)
{
	double middle;

	memset(out->at, 0, m * m * sizeof *out->at);
	for (size_t i = 0; i < m; i++)
		for (size_t k = 0; k < m; k++) {
			double f = a->at[i * m + k];

			for (size_t j = 0; j < m && f != 0; j++)
				out->at[i * m + j] += f * b->at[k * m + j];
		}
	out->exponent = a->exponent + b->exponent;
	middle = fabs(out->at[(m / 2) * m + m / 2]);
	if (middle > 0x1p128 || (middle > 0 && middle < 0x1p-128)) {
		int shift = ilogb(middle);

		for (size_t i = 0; i < m * m; i++)
			out->at[i] = ldexp(out->at[i], -shift);
		out->exponent += shift;
	}
}

/* H of Marsaglia, Tsang & Wang 2003 for d = (k-h)/n. */
static void
durbin_matrix(double *at, size_t m, double h)
{
	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < m; j++)
			at[i * m + j] = i + 1 < j ? 0 : 1;
	for (size_t i = 0; i < m; i++) {
		at[i * m] -= pow(h, (double)i + 1);
		at[(m - 1) * m + i] -= pow(h, (double)(m - i));
	}
	at[(m - 1) * m] += 2 * h - 1 > 0 ? pow(2 * h - 1, (double)m) : 0;
	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < i + 1 && j < m; j++)
			for (size_t g = 1; g <= i - j + 1; g++)
				at[i * m + j] /= (double)g;
}

/* P(D_n < d) by Durbin's matrix: n!/n^n (H^n)_kk. */
static double
durbin_cdf(uint64_t n, double d)
{
	double nd = (double)n * d, p;
	size_t k = (size_t)ceil(nd), m = 2 * k - 1;
	struct scaled h = {xcalloc(m * m, sizeof(double)), 0}, power = {xcalloc(m * m, sizeof(double)), 0};
	struct scaled spare = {xcalloc(m * m, sizeof(double)), 0}, t;
	long exponent;

	durbin_matrix(h.at, m, (double)k - nd);
	for (size_t i = 0; i < m; i++)
		power.at[i * m + i] = 1;
	for (uint64_t left = n; left != 0; left >>= 1) {
		if ((left & 1) != 0) {
			multiply(&power, &h, &spare, m);
			t = power, power = spare, spare = t;
		}
		if (left > 1) {
			multiply(&h, &h, &spare, m);
			t = h, h = spare, spare = t;
		}
	}
	p = power.at[(k - 1) * m + k - 1];
	exponent = power.exponent;
	for (uint64_t i = 1; i <= n; i++) {
		p *= (double)i / (double)n;
		if (p < 0x1p-500) {
			p *= 0x1p500;
			exponent -= 500;
		}
	}
	free(h.at);
	free(power.at);
	free(spare.at);
	return fmin(ldexp(p, (int)exponent), 1);
}

/* P(D_n <= x) by Pelz & Good 1976: four terms in powers of n^(-1/2), as Jacobi theta functions. */
static double
pelz_good_cdf(double n, double x)
{
	double z = sqrt(n) * x, z2 = z * z, z4 = z2 * z2, z6 = z4 * z2, z8 = z4 * z4;
	double q = exp(-PI2 / 8 / z2), q2 = exp(-PI2 / 2 / z2), k[4] = {0}, extra2 = 0, extra3 = 0;
	int terms = (int)ceil(16 * z / M_PI);

	if (PI2 / 8 / z2 > 708)
		return 0;
	for (int i = terms; i > 0; i--) {
		double m = 2.0 * i - 1, m2 = m * m, m4 = m2 * m2, m6 = m4 * m2, f = pow(q, 8.0 * i);
		const double c[4] = {
		    1,
		    -z2 + PI2 / 4 * m2,
		    6 * z6 + 2 * z4 + (2 * z4 - 5 * z2) * PI2 / 4 * m2 + PI2 * PI2 * (1 - 2 * z2) / 16 * m4,
		    -30 * z6 - 90 * z8 + PI2 * (135 * z4 - 96 * z6) / 4 * m2 +
			PI2 * PI2 * (-60 * z2 + 212 * z4) / 16 * m4 + PI2 * PI2 * PI2 * (5 - 30 * z2) / 64 * m6,
		};

		for (int j = 0; j < 4; j++)
			k[j] = k[j] * f + c[j];
	}
	for (int i = terms; i > 0; i--) {
		double i2 = (double)i * i, f = pow(q2, i2);

		extra2 += i2 * f;
		extra3 += (3 * z2 - PI2 * i2) * i2 * f;
	}
	k[0] *= q * SQRT_2PI / z;
	k[1] *= q * SQRT_2PI / (6 * z4);
	k[2] = k[2] * q * SQRT_2PI / (72 * z6 * z) - extra2 * PI2 * SQRT_2PI / (36 * z2 * z);
	k[3] = k[3] * q * SQRT_2PI / (6480 * z8 * z2) + extra3 * PI2 * SQRT_2PI / (216 * z6);
	return k[0] + k[1] / sqrt(n) + k[2] / n + k[3] / (n * sqrt(n));
}

/* 1/(2n) <= x <= 1/n: n! ((2nx-1)/n)^n. */
static double
ruben_gambino_cdf(double n, double t)
{
	return exp(lgamma(n + 1) - n * log(n) + n * log(2 * t - 1));
}

static double
clip(double p)
{
	return p < 0 ? 0 : p > 1 ? 1 : p;
}

double
ks_one_sample_sf(uint64_t n, double d)
{
	double dn = (double)n, t = dn * d, nx2 = t * d;

	if (n == 0 || isnan(d))
		return NAN;
	if (d >= 1)
		return 0;
	if (t <= 0.5)
		return 1;
	if (t <= 1)
		return clip(1 - ruben_gambino_cdf(dn, t));
	if (t >= dn - 1)
		return clip(2 * pow(1 - d, dn));
	if (d >= 0.5)
		return clip(2 * smirnov_sf(n, d));
	if (n <= SMALL_N)
		return clip(nx2 <= 4 ? 1 - durbin_cdf(n, d) : 2 * smirnov_sf(n, d));
	if (nx2 >= 370)
		return 0;
	if (nx2 >= 2.2)
		return clip(2 * smirnov_sf(n, d));
	if (nx2 < 0.04)
		return 1; /* the complement is below 1e-12 */
	if (n <= 100000 && dn * pow(d, 1.5) <= 1.4)
		return clip(1 - durbin_cdf(n, d));
	return clip(1 - pelz_good_cdf(dn, d));
}

double
kolmogorov_sf(double z)
{
	double sum = 0, sign = 1;

	if (isnan(z))
		return NAN;
	if (z <= 0)
		return 1;
	if (z < 0.82) {
		for (int k = 1; k < 20; k++)
			sum += exp(-(2.0 * k - 1) * (2.0 * k - 1) * PI2 / (8 * z * z));
		return clip(1 - SQRT_2PI / z * sum);
	}
	for (int k = 1; k < 20; k++, sign = -sign)
		sum += sign * exp(-2.0 * k * k * z * z);
	return clip(2 * sum);
}
