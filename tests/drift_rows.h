/* drift_rows.h -- random rows for the tests of src/drift: the same bits on every machine. */
#ifndef TESTS_DRIFT_ROWS_H
#define TESTS_DRIFT_ROWS_H

#include <stdint.h>
#include <stdlib.h>

struct lcg {
	uint64_t s;
};

static inline double
lcg_uniform(struct lcg *g)
{
	g->s = g->s * 6364136223846793005u + 1442695040888963407u;
	return (double)(g->s >> 11) * 0x1p-53;
}

/* The sum of twelve uniforms: mean 0, deviation 1, nearly normal. */
static inline double
lcg_bell(struct lcg *g)
{
	double sum = 0;

	for (int i = 0; i < 12; i++)
		sum += lcg_uniform(g);
	return sum - 6;
}

/* Poisson with mean 5 (Knuth): exp(-5) is the constant. */
static inline double
lcg_poisson5(struct lcg *g)
{
	double p = lcg_uniform(g), k = 0;

	while (p > 0.006737946999085467) {
		p *= lcg_uniform(g);
		k++;
	}
	return k;
}

static inline size_t
lcg_below(struct lcg *g, size_t n)
{
	return (size_t)(lcg_uniform(g) * (double)n);
}

#endif
