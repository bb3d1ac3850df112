/*
 * chi2.c -- are two lists of counts from one distribution? The two-sample contingency test and its relatives.
 *
 * The reference is a sample, too: comparing the current counts with scaled reference counts as if those were exact (goodness of
 * fit, what notebooks do) alarms without any drift in 17 to 100 % of the windows once both sides are of a size. It is here
 * under its own name.
 */
#include "mlwatch/drift.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#define FISHER_MAX 1e6 /* beyond, the chi-square is as good */

/* log Q(a, x) by Lentz' continued fraction, for x > a + 1 (Abramowitz & Stegun 6.5.31). */
static double
log_gamma_tail(double a, double x)
{
	double b = x + 1 - a, c = 1e300, d = 1 / b, h = d;

	for (int i = 1; i < 100000; i++) {
		double an = -i * (i - a), step;

		b += 2;
		d = an * d + b;
		d = 1 / (fabs(d) < 1e-300 ? 1e-300 : d);
		c = b + an / c;
		c = fabs(c) < 1e-300 ? 1e-300 : c;
		step = c * d;
		h *= step;
		if (fabs(step - 1) < 1e-16)
			break;
	}
	return a * log(x) - x - lgamma(a) + log(h);
}

double
chi2_sf(double x, double df, double *log10p)
{
	double p, log_p;

	if (isnan(x) || isnan(df)) {
		p = log_p = NAN;
	} else if (df <= 0 || x <= 0) {
		p = 1;
		log_p = 0;
	} else if (isinf(x)) {
		p = 0;
		log_p = -INFINITY;
	} else {
		p = gsl_cdf_chisq_Q(x, df);
		if (x / 2 > df / 2 + 1) {
			log_p = log_gamma_tail(df / 2, x / 2);
			if (p < 1e-290)
				p = exp(log_p);
		} else {
			log_p = p > 0.5 ? log1p(-gsl_cdf_chisq_P(x, df)) : log(p);
		}
	}
	if (log10p != NULL)
		*log10p = log_p / M_LN10;
	return p;
}

struct margins {
	double n1, n2, n;
	size_t columns;
};

static struct margins
margins_of(const struct contingency *t)
{
	struct margins m = {0};

	for (size_t i = 0; i < t->k; i++) {
		m.n1 += t->ref[i];
		m.n2 += t->cur[i];
		m.columns += t->ref[i] + t->cur[i] > 0;
	}
	m.n = m.n1 + m.n2;
	return m;
}

static struct chi2
finish(double statistic, double dof)
{
	struct chi2 out = {statistic, dof, NAN, NAN};

	out.pvalue = chi2_sf(statistic, dof, &out.log10p);
	return out;
}

static const struct chi2 no_data = {NAN, NAN, NAN, NAN};

/* Both cells of a column differ from their expectation by the same amount, so a column adds d^2 / (e1 e2 / (e1 + e2)). */
static struct chi2
pearson(const struct contingency *t, double correction)
{
	struct margins m = margins_of(t);
	double sum = 0;

	if (!(m.n1 > 0) || !(m.n2 > 0))
		return no_data;
	for (size_t i = 0; i < t->k; i++) {
		double column = t->ref[i] + t->cur[i];
		double d = fabs(t->ref[i] * m.n2 - t->cur[i] * m.n1) / m.n;

		if (!(column > 0))
			continue;
		d -= fmin(d, correction);
		sum += d * d * m.n / column * (1 / m.n1 + 1 / m.n2);
	}
	return finish(sum, (double)m.columns - 1);
}

struct chi2
chi2_contingency(const struct contingency *t)
{
	return pearson(t, 0);
}

struct chi2
chi2_contingency_yates(const struct contingency *t)
{
	return pearson(t, margins_of(t).columns == 2 ? 0.5 : 0);
}

struct chi2
g_contingency(const struct contingency *t)
{
	struct margins m = margins_of(t);
	double sum = 0;

	if (!(m.n1 > 0) || !(m.n2 > 0))
		return no_data;
	for (size_t i = 0; i < t->k; i++) {
		double share = (t->ref[i] + t->cur[i]) / m.n;

		if (t->ref[i] > 0)
			sum += t->ref[i] * log(t->ref[i] / (share * m.n1));
		if (t->cur[i] > 0)
			sum += t->cur[i] * log(t->cur[i] / (share * m.n2));
	}
	return finish(fmax(2 * sum, 0), (double)m.columns - 1);
}

double
chi2_min_expected(const struct contingency *t)
{
	struct margins m = margins_of(t);
	double least = INFINITY;

	for (size_t i = 0; i < t->k; i++)
		if (t->ref[i] + t->cur[i] > 0)
			least = fmin(least, (t->ref[i] + t->cur[i]) / m.n * fmin(m.n1, m.n2));
	return isinf(least) ? NAN : least;
}

struct chi2
chi2_goodness_of_fit(const struct contingency *t)
{
	struct margins m = margins_of(t);
	double sum = 0;

	if (!(m.n1 > 0) || !(m.n2 > 0))
		return no_data;
	for (size_t i = 0; i < t->k; i++) {
		double expected = t->ref[i] * m.n2 / m.n1, d = t->cur[i] - expected;

		if (expected > 0)
			sum += d * d / expected;
		else if (t->cur[i] > 0)
			sum = INFINITY;
	}
	return finish(sum, (double)m.columns - 1);
}

struct z_test
proportions_z(const struct contingency *t)
{
	struct margins m = margins_of(t);
	struct z_test out = {NAN, NAN};
	double pooled;

	if (t->k != 2 || !(m.n1 > 0) || !(m.n2 > 0))
		return out;
	pooled = (t->ref[1] + t->cur[1]) / m.n;
	out.z = (t->ref[1] / m.n1 - t->cur[1] / m.n2) / sqrt(pooled * (1 - pooled) * (1 / m.n1 + 1 / m.n2));
	out.pvalue = erfc(fabs(out.z) * M_SQRT1_2);
	return out;
}

/* log of the probability that ref[0] is x, all margins given. */
static double
log_hypergeometric(double x, double row, double column, double n)
{
	return lgamma(row + 1) - lgamma(x + 1) - lgamma(row - x + 1) + lgamma(n - row + 1) - lgamma(column - x + 1) -
	       lgamma(n - row - column + x + 1) - lgamma(n + 1) + lgamma(column + 1) + lgamma(n - column + 1);
}

double
fisher_exact_pvalue(const struct contingency *t)
{
	struct margins m = margins_of(t);
	double column, lo, hi, limit, p = 0;

	if (t->k != 2 || !(m.n > 0) || m.n > FISHER_MAX)
		return NAN;
	column = t->ref[0] + t->cur[0];
	lo = fmax(0, m.n1 + column - m.n);
	hi = fmin(m.n1, column);
	limit = log_hypergeometric(t->ref[0], m.n1, column, m.n) + 1e-7; /* scipy's slack for equally likely tables */
	for (double x = lo; x <= hi; x++) {
		double log_p = log_hypergeometric(x, m.n1, column, m.n);

		p += log_p <= limit ? exp(log_p) : 0;
	}
	return fmin(p, 1);
}
