/*
 * ks_exact.c -- the exact distribution of the two-sample Kolmogorov-Smirnov statistic.
 *
 * Ordering both samples together is a lattice path from (0,0) to (n1,n2), every path as likely. D >= h/lcm happens when
 * the path touches |x n2/g - y n1/g| >= h. What is summed is the probability of the paths that touch: counting those that stay
 * inside and subtracting from one would leave no digit of a small p-value.
 *
 * B(x,y) is the probability that the path goes through (x,y) and has touched the boundary before. Outside the band that is the
 * probability w(x,y) of going through at all, C(n1,x) C(n2,y) / C(n1+n2, x+y); inside it comes from the two cells before:
 *
 *     B(x,y) = (B(x-1,y) (n1-x+1) + B(x,y-1) (n2-y+1)) / (n1+n2-x-y+1)
 *
 * Everything is positive, nothing cancels. No B is larger than the result, so all of it is scaled by the largest w on the
 * boundary, and the logarithm of the result exists where the result underflows. Cells of one x+y do not depend on each
 * other: a diagonal at a time vectorizes.
 */
#include "mlwatch/drift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/xalloc.h"

#define LN10L    2.302585092994045684017991454684364208L
#define PATH_MAX (UINT64_C(1) << 22) /* n1 + n2; beyond that no exact value is wanted */

typedef double pair __attribute__((vector_size(16)));

static uint64_t
gcd(uint64_t a, uint64_t b)
{
	while (b != 0) {
		uint64_t r = a % b;

		a = b;
		b = r;
	}
	return a;
}

static double
finish(long double log_p, double *log10p)
{
	if (log10p != NULL)
		*log10p = (double)(log_p / LN10L);
	return (double)expl(log_p);
}

/* n1 == n2: the reflection principle, nested so that every factor is a probability (as scipy does). */
static double
square_sf(uint64_t n, uint64_t h, double *log10p)
{
	double outer = 0;
	long double log_first = 0;

	for (uint64_t k = n / h; k > 0; k--) {
		double p = 1;

		for (uint64_t j = 0; j < h; j++)
			p *= (double)(n - k * h - j) / (double)(n + k * h + j + 1);
		outer = p * (1 - outer);
	}
	for (uint64_t j = 0; j < h; j++)
		log_first += logl((long double)(n - j) / (long double)(n + j + 1));
	return finish(logl(2.0L) + log_first + log1pl(-outer), log10p);
}

struct walk {
	int64_t n1, n2, a, b, h; /* inside: |x a - y b| < h */
	long double *log_fact;
	double *at;        /* B of the current diagonal by x + 1 */
	long double scale; /* log of what all B are divided by */
};

/* The cells of diagonal s inside the band: x from *lo to *hi. */
static bool
band(const struct walk *w, int64_t s, int64_t *lo, int64_t *hi)
{
	int64_t below = s * w->b - w->h, above = s * w->b + w->h, step = w->a + w->b;

	*lo = below < 0 ? -((-below + step - 1) / step) + 1 : below / step + 1;
	*hi = (above + step - 1) / step - 1;
	if (*lo < 0)
		*lo = 0;
	if (*lo < s - w->n2)
		*lo = s - w->n2;
	if (*hi > w->n1)
		*hi = w->n1;
	if (*hi > s)
		*hi = s;
	return *lo <= *hi;
}

static long double
log_choose(const struct walk *w, int64_t n, int64_t k)
{
	return w->log_fact[n] - w->log_fact[k] - w->log_fact[n - k];
}

/* log w(x, s-x); -inf where there is no such cell. */
static long double
log_through(const struct walk *w, int64_t x, int64_t s)
{
	int64_t y = s - x;

	if (x < 0 || x > w->n1 || y < 0 || y > w->n2)
		return -INFINITY;
	return log_choose(w, w->n1, x) + log_choose(w, w->n2, y) - log_choose(w, w->n1 + w->n2, s);
}

/* One diagonal from the one before, downwards in place: x needs x and x-1 of before. */
static void
advance(const struct walk *w, int64_t s, int64_t lo, int64_t hi)
{
	const double r = 1 / (double)(w->n1 + w->n2 - s + 1);
	const double right = (double)(w->n1 + 1) * r, up = (double)(w->n2 - s + 1) * r;
	double *at = w->at + 1;
	int64_t x = hi;

	for (; x > lo; x -= 2) {
		double d = (double)x * r;
		pair left, here, u = {d - r, d};

		memcpy(&left, at + x - 2, sizeof left);
		memcpy(&here, at + x - 1, sizeof here);
		here = left * (right - u) + here * (up + u);
		memcpy(at + x - 1, &here, sizeof here);
	}
	if (x == lo) {
		double d = (double)x * r;

		at[x] = at[x - 1] * (right - d) + at[x] * (up + d);
	}
}

/* The largest probability of a cell just outside the band. */
static long double
largest_exit(const struct walk *w)
{
	long double best = -INFINITY;
	int64_t lo, hi;

	for (int64_t s = 0; s < w->n1 + w->n2; s++) {
		band(w, s, &lo, &hi);
		best = fmaxl(best, fmaxl(log_through(w, lo - 1, s), log_through(w, hi + 1, s)));
	}
	return best;
}

/* The probability of going through a cell just outside the band, followed along the boundary from diagonal to diagonal: a
 * quotient of neighbours is three operations, its logarithm a hundred. */
struct exits {
	int64_t x;
	long double v;
};

#define FOLLOWABLE 1e-4000L /* below, the next value is taken from its logarithm: it may grow again */

static double
exit_at(const struct walk *w, struct exits *e, int64_t x, int64_t s)
{
	int64_t y = s - x, before = s - 1 - e->x;

	if (x < 0 || x > w->n1 || y < 0 || y > w->n2)
		e->v = 0;
	else if (e->v < FOLLOWABLE)
		e->v = expl(log_through(w, x, s) - w->scale);
	else if (x == e->x)
		e->v *= (long double)((w->n2 - before) * s) / (long double)(y * (w->n1 + w->n2 - s + 1));
	else
		e->v *= (long double)((w->n1 - e->x) * s) / (long double)(x * (w->n1 + w->n2 - s + 1));
	e->x = x;
	return (double)e->v;
}

static long double
walk_all(struct walk *w)
{
	int64_t total = w->n1 + w->n2, lo, hi;
	struct exits low = {0, 0}, high = {0, 0};

	w->scale = largest_exit(w);
	for (int64_t s = 0;; s++) {
		if (!band(w, s, &lo, &hi))
			return 0; /* nobody gets past this diagonal without touching */
		if (s > 0)
			advance(w, s, lo, hi);
		if (s == total)
			return w->scale + logl(w->at[1 + w->n1]);
		w->at[lo] = exit_at(w, &low, lo - 1, s);
		w->at[hi + 2] = exit_at(w, &high, hi + 1, s);
	}
}

double
ks_exact_sf(uint64_t n1, uint64_t n2, uint64_t h, double *log10p)
{
	struct walk w = {0};
	uint64_t g = gcd(n1, n2), total = n1 + n2;
	long double log_p;

	if (h == 0)
		return finish(0, log10p);
	if (n1 == 0 || n2 == 0 || total > PATH_MAX || h > n1 / g * n2) {
		if (log10p != NULL)
			*log10p = NAN;
		return NAN;
	}
	if (n1 == n2)
		return square_sf(n1, h, log10p);
	w.n1 = (int64_t)n1;
	w.n2 = (int64_t)n2;
	w.a = (int64_t)(n2 / g);
	w.b = (int64_t)(n1 / g);
	w.h = (int64_t)h;
	w.at = xcalloc(n1 + 4, sizeof *w.at);
	w.log_fact = xcalloc(total + 1, sizeof *w.log_fact);
	for (uint64_t i = 2; i <= total; i++)
		w.log_fact[i] = w.log_fact[i - 1] + logl((long double)i);
	log_p = walk_all(&w);
	free(w.at);
	free(w.log_fact);
	return finish(fminl(log_p, 0), log10p);
}
