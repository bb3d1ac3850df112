/* bench_drift_binning.c -- what it costs to put one value into a given-edge histogram, in ns. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mlwatch/sketch.h"

#define VALUES (1u << 20)
#define ROUNDS 8

static double
uniform(uint64_t *s)
{
	*s = *s * 6364136223846793005u + 1442695040888963407u;
	return (double)(*s >> 11) * 0x1p-53;
}

static double
bell(uint64_t *s)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += uniform(s);
	return sum;
}

static double
lognormal(uint64_t *s)
{
	return exp(2 * bell(s));
}

static double
cauchy(uint64_t *s)
{
	return tan(3.141592653589793 * (uniform(s) - 0.5));
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void
measure(const char *name, double (*draw)(uint64_t *), size_t want, double *v)
{
	uint64_t s = 1;
	double *at = malloc(want * sizeof *at), t;
	size_t n = 0;
	struct edges *e;
	struct edgehist *h;

	for (size_t i = 0; i < want; i++)
		at[i] = draw(&s);
	qsort(at, want, sizeof *at, by_value);
	for (size_t i = 0; i < want; i++)
		if (n == 0 || at[i] > at[n - 1])
			at[n++] = at[i];
	for (size_t i = 0; i < VALUES; i++)
		v[i] = draw(&s);
	e = edges_make(at, n, 0);
	h = edgehist_open(e);
	edgehist_add_n(h, v, VALUES);
	t = seconds();
	for (int r = 0; r < ROUNDS; r++)
		edgehist_add_n(h, v, VALUES);
	t = seconds() - t;
	printf("binning %-10s %6zu edges: %6.2f ns per value\n", name, want, t * 1e9 / ((double)VALUES * ROUNDS));
	edgehist_close(h);
	edges_unref(e);
	free(at);
}

int
main(void)
{
	double *v = malloc(VALUES * sizeof *v);

	for (size_t n = 100; n <= 10000; n *= 10) {
		measure("uniform", uniform, n, v);
		measure("normal", bell, n, v);
		measure("lognormal", lognormal, n, v);
		measure("cauchy", cauchy, n, v);
	}
	free(v);
	return 0;
}
