/*
 * raw.c -- statistics that need the values themselves. Reports over files have them; the agent never does.
 */
#include "mlwatch/drift.h"

#include <math.h>
#include <stdlib.h>

size_t
raw_clean(double *v, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		if (isfinite(v[i]))
			v[k++] = v[i] + 0.0;
	return k;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void
raw_sort(double *v, size_t n)
{
	qsort(v, n, sizeof *v, by_value);
}

/* Neumaier's compensated sum of v[i] - c in extended precision: 1e300 and 1 in one list keep both. */
static long double
sum_from(const double *v, size_t n, long double c)
{
	long double sum = 0, lost = 0;

	for (size_t i = 0; i < n; i++) {
		long double x = (long double)v[i] - c, t = sum + x;

		lost += fabsl(sum) >= fabsl(x) ? (sum - t) + x : (x - t) + sum;
		sum = t;
	}
	return sum + lost;
}

struct moments
raw_moments(const double *v, size_t n)
{
	struct moments m = {(double)n, NAN, NAN};
	long double mean, squares = 0;

	if (n == 0)
		return m;
	mean = sum_from(v, n, 0) / (long double)n;
	for (size_t i = 0; i < n; i++) {
		long double d = (long double)v[i] - mean;

		squares += d * d;
	}
	m.mean = (double)mean;
	m.stddev = (double)sqrtl(squares / (long double)n);
	return m;
}

/* integral over x of f(F1(x) - F2(x)), both samples ascending. */
static long double
integrate(const double *ref, size_t n1, const double *cur, size_t n2, long double (*f)(long double))
{
	size_t i = 0, j = 0;
	long double sum = 0;

	while (i < n1 || j < n2) {
		double x = i < n1 && (j >= n2 || ref[i] <= cur[j]) ? ref[i] : cur[j], next;

		while (i < n1 && ref[i] <= x)
			i++;
		while (j < n2 && cur[j] <= x)
			j++;
		if (i >= n1 && j >= n2)
			break;
		next = i < n1 && (j >= n2 || ref[i] <= cur[j]) ? ref[i] : cur[j];
		sum += f((long double)i / (long double)n1 - (long double)j / (long double)n2) * ((long double)next - x);
	}
	return sum;
}

static long double
absolute(long double d)
{
	return fabsl(d);
}

static long double
square(long double d)
{
	return d * d;
}

double
raw_wasserstein(const double *ref, size_t n1, const double *cur, size_t n2)
{
	return n1 == 0 || n2 == 0 ? NAN : (double)integrate(ref, n1, cur, n2, absolute);
}

double
raw_energy(const double *ref, size_t n1, const double *cur, size_t n2)
{
	return n1 == 0 || n2 == 0 ? NAN : (double)sqrtl(2 * integrate(ref, n1, cur, n2, square));
}
