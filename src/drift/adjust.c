/*
 * adjust.c -- p-values of many tests made comparable with one threshold: Bonferroni, Holm 1979, Benjamini & Hochberg 1995.
 */
#include "mlwatch/drift.h"

#include <math.h>
#include <stdlib.h>

#include "mlwatch/xalloc.h"

struct ranked {
	double p;
	size_t at;
};

static int
by_p(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return x->p != y->p ? (x->p > y->p) - (x->p < y->p) : (x->at > y->at) - (x->at < y->at);
}

/* Step-down: never below the adjusted value of a smaller p. */
static void
holm(struct ranked *r, size_t m)
{
	double floor_p = 0;

	for (size_t i = 0; i < m; i++)
		r[i].p = floor_p = fmax(floor_p, fmin(r[i].p * (double)(m - i), 1));
}

/* Step-up: never above the adjusted value of a larger p. */
static void
benjamini_hochberg(struct ranked *r, size_t m)
{
	double cap = 1;

	for (size_t i = m; i-- > 0;)
		r[i].p = cap = fmin(cap, r[i].p * (double)m / (double)(i + 1));
}

static void
bonferroni(struct ranked *r, size_t m)
{
	for (size_t i = 0; i < m; i++)
		r[i].p = fmin(r[i].p * (double)m, 1);
}

void
adjust_pvalues(double *p, size_t n, enum correction how)
{
	static void (*const by[])(struct ranked *, size_t) = {
	    [CORRECTION_BONFERRONI] = bonferroni, [CORRECTION_HOLM] = holm, [CORRECTION_BH] = benjamini_hochberg};
	struct ranked *r;
	size_t m = 0;

	if (how == CORRECTION_NONE || n == 0)
		return;
	r = xcalloc(n, sizeof *r);
	for (size_t i = 0; i < n; i++)
		if (!isnan(p[i]))
			r[m++] = (struct ranked){p[i], i};
	qsort(r, m, sizeof *r, by_p);
	by[how](r, m);
	for (size_t i = 0; i < m; i++)
		p[r[i].at] = r[i].p;
	free(r);
}
