/*
 * functions_over_time.c -- the *_over_time() functions: one number or histogram for a range.
 */
#include <math.h>

#include "callbacks.h"
#include "eval.h"

/* Floats only; tells when histograms are left out. False: there are no floats. */
static bool
floats_only(struct range_call *c)
{
	if (c->nf > 0 && c->nh > 0)
		note_ignored_in_range(c->ev, c->arg, c->labels);
	return c->nf > 0;
}

static bool
mixed(struct range_call *c)
{
	if (c->nf == 0 || c->nh == 0)
		return false;
	note_mixed_range(c->ev, c->arg, c->labels);
	return true;
}

/* Sum or mean of the range's histograms. False: they do not go together. */
static bool
sum_histograms(struct range_call *c, bool average, const struct histogram **out)
{
	const struct histogram **list = arena_alloc(c->ev->mem, c->nh * sizeof *list);

	for (size_t i = 0; i < c->nh; i++)
		list[i] = c->h[i].h;
	*out = histograms_total(c->ev, c->arg, list, c->nh, average);
	if (*out == NULL)
		note_mixed_schemas(c->ev, c->arg, c->labels);
	return *out != NULL;
}

/* The mean; by increments once the plain sum would overflow. */
static double
mean(const struct point *p, size_t n)
{
	double sum = p[0].v, c = 0, m = 0;
	bool incremental = false;

	for (size_t i = 1; i < n; i++) {
		double count = (double)(i + 1), q = (count - 1) / count;

		if (!incremental) {
			double s = sum, k = c;

			kahan_add(p[i].v, &s, &k);
			if (!isinf(s)) {
				sum = s;
				c = k;
				continue;
			}
			incremental = true;
			m = sum / (count - 1);
			c /= count - 1;
		}
		m *= q;
		c *= q;
		kahan_add(p[i].v / count, &m, &c);
	}
	return incremental ? m + c : sum / (double)n + c / (double)n;
}

bool
fn_avg_over_time(struct range_call *c, double *v, const struct histogram **h)
{
	if (mixed(c))
		return false;
	if (c->nh > 0)
		return sum_histograms(c, true, h);
	*v = mean(c->f, c->nf);
	return true;
}

bool
fn_sum_over_time(struct range_call *c, double *v, const struct histogram **h)
{
	double sum = 0, comp = 0;

	if (mixed(c))
		return false;
	if (c->nh > 0)
		return sum_histograms(c, false, h);
	for (size_t i = 0; i < c->nf; i++)
		kahan_add(c->f[i].v, &sum, &comp);
	*v = isinf(sum) ? sum : sum + comp;
	return true;
}

bool
fn_count_over_time(struct range_call *c, double *v, const struct histogram **h)
{
	(void)h;
	*v = (double)(c->nf + c->nh);
	return true;
}

bool
fn_present_over_time(struct range_call *c, double *v, const struct histogram **h)
{
	(void)c;
	(void)h;
	*v = 1;
	return true;
}

/* The index of the extreme value; of equal ones the last when `later`. */
static size_t
extreme(const struct point *p, size_t n, bool largest, bool later)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		double a = largest ? p[i].v : p[at].v, b = largest ? p[at].v : p[i].v;

		if (a > b || isnan(p[at].v) || (later && p[i].v == p[at].v))
			at = i;
	}
	return at;
}

bool
fn_max_over_time(struct range_call *c, double *v, const struct histogram **h)
{
	(void)h;
	if (!floats_only(c))
		return false;
	*v = c->f[extreme(c->f, c->nf, true, false)].v;
	return true;
}

bool
fn_min_over_time(struct range_call *c, double *v, const struct histogram **h)
{
	(void)h;
	if (!floats_only(c))
		return false;
	*v = c->f[extreme(c->f, c->nf, false, false)].v;
	return true;
}

bool
fn_ts_of_max_over_time(struct range_call *c, double *v, const struct histogram **h)
{
	(void)h;
	if (!floats_only(c))
		return false;
	*v = (double)c->f[extreme(c->f, c->nf, true, true)].t / 1000;
	return true;
}

bool
fn_ts_of_min_over_time(struct range_call *c, double *v, const struct histogram **h)
{
	(void)h;
	if (!floats_only(c))
		return false;
	*v = (double)c->f[extreme(c->f, c->nf, false, true)].t / 1000;
	return true;
}

static const struct point *
first_point(const struct range_call *c)
{
	return c->nh == 0 || (c->nf > 0 && c->f[0].t < c->h[0].t) ? &c->f[0] : &c->h[0];
}

static const struct point *
last_point(const struct range_call *c)
{
	return c->nh == 0 || (c->nf > 0 && c->h[c->nh - 1].t < c->f[c->nf - 1].t) ? &c->f[c->nf - 1] : &c->h[c->nh - 1];
}

bool
fn_first_over_time(struct range_call *c, double *v, const struct histogram **h)
{
	*v = first_point(c)->v;
	*h = first_point(c)->h;
	return true;
}

bool
fn_last_over_time(struct range_call *c, double *v, const struct histogram **h)
{
	*v = last_point(c)->v;
	*h = last_point(c)->h;
	return true;
}

bool
fn_ts_of_first_over_time(struct range_call *c, double *v, const struct histogram **h)
{
	(void)h;
	*v = (double)first_point(c)->t / 1000;
	return true;
}

bool
fn_ts_of_last_over_time(struct range_call *c, double *v, const struct histogram **h)
{
	(void)h;
	*v = (double)last_point(c)->t / 1000;
	return true;
}

static double *
values_of(struct range_call *c)
{
	double *v = arena_alloc(c->ev->mem, c->nf * sizeof *v);

	for (size_t i = 0; i < c->nf; i++)
		v[i] = c->f[i].v;
	return v;
}

bool
fn_quantile_over_time(struct range_call *c, double *v, const struct histogram **h)
{
	double q = c->scalar[0];

	(void)h;
	if (c->nf == 0)
		return false;
	if (isnan(q) || q < 0 || q > 1)
		note_quantile(c->ev, c->call->call.args[0], q);
	if (c->nh > 0)
		note_ignored_in_range(c->ev, c->call->call.args[0], c->labels);
	*v = quantile_of(q, values_of(c), c->nf);
	return true;
}

bool
fn_mad_over_time(struct range_call *c, double *v, const struct histogram **h)
{
	double *values, median;

	(void)h;
	if (!floats_only(c))
		return false;
	for (size_t i = 0; i < c->nf; i++)
		if (isnan(c->f[i].v)) {
			*v = NAN;
			return true;
		}
	values = values_of(c);
	median = quantile_of(0.5, values, c->nf);
	for (size_t i = 0; i < c->nf; i++)
		values[i] = fabs(values[i] - median);
	*v = quantile_of(0.5, values, c->nf);
	return true;
}

static double
variance(const struct point *p, size_t n)
{
	double m = 0, cm = 0, aux = 0, ca = 0;

	for (size_t i = 0; i < n; i++) {
		double delta = p[i].v - (m + cm);

		kahan_add(delta / (double)(i + 1), &m, &cm);
		kahan_add(delta * (p[i].v - (m + cm)), &aux, &ca);
	}
	return (aux + ca) / (double)n;
}

bool
fn_stdvar_over_time(struct range_call *c, double *v, const struct histogram **h)
{
	(void)h;
	if (!floats_only(c))
		return false;
	*v = variance(c->f, c->nf);
	return true;
}

bool
fn_stddev_over_time(struct range_call *c, double *v, const struct histogram **h)
{
	(void)h;
	if (!floats_only(c))
		return false;
	*v = sqrt(variance(c->f, c->nf));
	return true;
}
