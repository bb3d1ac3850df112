/*
 * evidently.c -- the scores that Evidently 0.7 prints, for comparing a report with its. Not used for alerts: its bins span both samples,
 * so one outlier squeezes everything else into one bin.
 *
 * Numeric with more than 20 distinct reference values: numpy's 'sturges' bins over both samples; otherwise a bin per distinct value
 * of either. Empty bins get a millionth of the smallest share, or 1e-4, in psi and kl_div. Hellinger: densities on sturges bins of the
 * distinct values.
 */
#include "mlwatch/drift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/xalloc.h"

#define FEW_VALUES 20

static size_t
distinct(const double *v, size_t n)
{
	size_t k = n > 0;

	for (size_t i = 1; i < n; i++)
		k += v[i] != v[i - 1];
	return k;
}

static double *
merged(const double *a, size_t n1, const double *b, size_t n2, size_t *n_distinct)
{
	double *all = xcalloc(n1 + n2 + 1, sizeof *all);
	size_t i = 0, j = 0, k = 0;

	while (i < n1 || j < n2) {
		double x = i < n1 && (j >= n2 || a[i] <= b[j]) ? a[i++] : b[j++];

		if (k == 0 || x != all[k - 1])
			all[k++] = x;
	}
	*n_distinct = k;
	return all;
}

struct bins {
	double first, last, step;
	size_t n;
};

/* numpy.histogram_bin_edges(values, 'sturges') of that many values in [first, last] */
static struct bins
sturges(double first, double last, double values)
{
	double width = (last - first) / (log2(values) + 1);
	struct bins b = {first, last, 0, 1};

	if (first == last) {
		b.first -= 0.5;
		b.last += 0.5;
	} else if (width > 0) {
		b.n = (size_t)ceil((last - first) / width);
	}
	b.step = (b.last - b.first) / (double)b.n;
	return b;
}

/* numpy.histogram on linspace edges: [e0,e1) ... [en-1,en] */
static void
count_bins(const struct bins *b, const double *v, size_t n, double *counts)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		while (k + 1 < b->n && v[i] >= (double)(k + 1) * b->step + b->first)
			k++;
		counts[k]++;
	}
}

static void
count_values(const double *values, size_t k, const double *v, size_t n, double *counts)
{
	for (size_t i = 0, j = 0; i < n && j < k; i++) {
		while (values[j] != v[i])
			j++;
		counts[j]++;
	}
}

static double
sum_of(const double *v, size_t n)
{
	double s = 0;

	for (size_t i = 0; i < n; i++)
		s += v[i];
	return s;
}

/* Shares with the empty ones filled. */
static double *
filled(const double *counts, size_t k)
{
	double *p = xcalloc(k + 1, sizeof *p), n = sum_of(counts, k), least = INFINITY, fill;

	for (size_t i = 0; i < k; i++) {
		p[i] = counts[i] / n;
		if (p[i] > 0)
			least = fmin(least, p[i]);
	}
	fill = least <= 0.0001 ? least / 1e6 : 0.0001;
	for (size_t i = 0; i < k; i++)
		p[i] = p[i] == 0 ? fill : p[i];
	return p;
}

struct evidently
evidently_categorical(const struct contingency *t)
{
	double *p = filled(t->ref, t->k), *q = filled(t->cur, t->k), np = sum_of(p, t->k), nq = sum_of(q, t->k);
	struct evidently out = {0, js_distance(t) * sqrt(M_LN2), 0, NAN};

	out.js = js_distance(t) * sqrt(M_LN2);
	for (size_t i = 0; i < t->k; i++) {
		out.psi += (p[i] - q[i]) * log(p[i] / q[i]);
		out.kl_div += p[i] / np * log(p[i] / np / (q[i] / nq));
	}
	free(p);
	free(q);
	return out;
}

static double
density_hellinger(const double *ref, size_t n1, const double *cur, size_t n2, const double *values, size_t k)
{
	struct bins b = sturges(values[0], values[k - 1], (double)k);
	double *r = xcalloc(b.n, sizeof *r), *c = xcalloc(b.n, sizeof *c), overlap = 0;

	count_bins(&b, ref, n1, r);
	count_bins(&b, cur, n2, c);
	for (size_t i = 0; i < b.n; i++)
		overlap += sqrt(r[i] / (double)n1 * (c[i] / (double)n2));
	free(r);
	free(c);
	return sqrt(fmax(1 - overlap, 0));
}

struct evidently
evidently_numeric(const double *ref, size_t n1, const double *cur, size_t n2)
{
	struct evidently out;
	struct bins b = {0};
	size_t k, n;
	double *values, *r, *c;

	if (n1 == 0 || n2 == 0)
		return (struct evidently){NAN, NAN, NAN, NAN};
	values = merged(ref, n1, cur, n2, &k);
	n = k;
	if (distinct(ref, n1) > FEW_VALUES) {
		b = sturges(values[0], values[k - 1], (double)(n1 + n2));
		n = b.n;
	}
	r = xcalloc(n, sizeof *r);
	c = xcalloc(n, sizeof *c);
	if (b.n > 0) {
		count_bins(&b, ref, n1, r);
		count_bins(&b, cur, n2, c);
	} else {
		count_values(values, k, ref, n1, r);
		count_values(values, k, cur, n2, c);
	}
	out = evidently_categorical(&(struct contingency){r, c, n});
	out.hellinger = density_hellinger(ref, n1, cur, n2, values, k);
	free(values);
	free(r);
	free(c);
	return out;
}
