/*
 * functions_trend.c -- deriv(), predict_linear(): least squares; double_exponential_smoothing(): Holt's linear method.
 */
#include <math.h>

#include "callbacks.h"
#include "eval.h"

static void
regression(const struct point *p, size_t n, int64_t at, double *slope, double *intercept)
{
	double sx = 0, cx = 0, sy = 0, cy = 0, sxy = 0, cxy = 0, sx2 = 0, cx2 = 0, count = (double)n;
	bool constant = true;

	for (size_t i = 0; i < n; i++) {
		double x = (double)(p[i].t - at) / 1e3;

		if (p[i].v != p[0].v)
			constant = false;
		kahan_add(x, &sx, &cx);
		kahan_add(p[i].v, &sy, &cy);
		kahan_add(x * p[i].v, &sxy, &cxy);
		kahan_add(x * x, &sx2, &cx2);
	}
	if (constant) {
		*slope = isinf(p[0].v) ? NAN : 0;
		*intercept = isinf(p[0].v) ? NAN : p[0].v;
		return;
	}
	sx += cx;
	sy += cy;
	sxy += cxy;
	sx2 += cx2;
	*slope = (sxy - sx * sy / count) / (sx2 - sx * sx / count);
	*intercept = sy / count - *slope * sx / count;
}

/* Histograms are left out, which is told when floats are there too. */
static bool
two_floats(struct range_call *c)
{
	if (c->nh > 0 && c->nf > 0)
		note_ignored_in_range(c->ev, c->arg, c->labels);
	return c->nf >= 2;
}

bool
fn_deriv(struct range_call *c, double *v, const struct histogram **h)
{
	double intercept;

	(void)h;
	if (!two_floats(c))
		return false;
	regression(c->f, c->nf, c->f[0].t, v, &intercept);
	return true;
}

bool
fn_predict_linear(struct range_call *c, double *v, const struct histogram **h)
{
	double slope, intercept;

	(void)h;
	if (!two_floats(c))
		return false;
	regression(c->f, c->nf, c->t, &slope, &intercept);
	*v = slope * c->scalar[0] + intercept;
	return true;
}

bool
fn_double_exponential_smoothing(struct range_call *c, double *v, const struct histogram **h)
{
	double sf = c->scalar[0], tf = c->scalar[1], s0 = 0, s1, b;

	(void)h;
	if (!(sf > 0 && sf < 1)) {
		eval_fail(c->ev, "invalid smoothing factor. Expected: 0 < sf < 1, got: %f", sf);
		return false;
	}
	if (!(tf > 0 && tf < 1)) {
		eval_fail(c->ev, "invalid trend factor. Expected: 0 < tf < 1, got: %f", tf);
		return false;
	}
	if (!two_floats(c))
		return false;
	s1 = c->f[0].v;
	b = c->f[1].v - c->f[0].v;
	for (size_t i = 1; i < c->nf; i++) {
		double next;

		if (i > 1)
			b = tf * (s1 - s0) + (1 - tf) * b;
		next = sf * c->f[i].v + (1 - sf) * (s1 + b);
		s0 = s1;
		s1 = next;
	}
	*v = s1;
	return true;
}
