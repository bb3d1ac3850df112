/*
 * functions_quantile.c -- histogram_quantile(), histogram_quantiles(), histogram_fraction(): of classic and
 * native histograms alike.
 *
 * A classic histogram is a set of series that differ only in the label `le`; which belong together
 * is found once, then each step gathers the buckets that have a sample.
 */
#include <math.h>
#include <stdlib.h>

#include "callbacks.h"
#include "eval.h"
#include "mlwatch/num.h"

#define SMALL_DELTA 1e-12 /* relative: differences of counts that only rounding explains */

struct classic_bucket {
	double le, count;
};

struct bucket_list {
	struct classic_bucket *at;
	size_t n, cap;
};

struct member { /* of each series of the argument */
	uint32_t group, native;
	double le;
	bool has_le;
};

struct input {
	struct eval *ev;
	const struct node *arg;
	const struct value *v;
	struct numbering names; /* of groups: labels without le */
	struct member *member;
	struct bucket_list *buckets;     /* by group, of this step */
	const struct histogram **native; /* by group, of this step */
};

static void
read_members(struct eval *ev, const struct node *arg, const struct value *v, struct input *in)
{
	*in = (struct input){.ev = ev, .arg = arg, .v = v, .names = {.mem = ev->mem}};
	in->member = arena_alloc(ev->mem, (v->n + 1) * sizeof *in->member);
	for (size_t i = 0; i < v->n; i++) {
		struct member *m = &in->member[i];
		const char *le = labels_get(v->at[i].labels, "le");

		m->has_le = num_parse(le, strlen(le), &m->le);
		m->group = (uint32_t)numbering_of(&in->names, labels_with(ev->mem, v->at[i].labels, "le", ""));
		m->native = (uint32_t)numbering_of(&in->names, v->at[i].labels);
	}
	in->buckets = arena_calloc(ev->mem, in->names.n + 1, sizeof *in->buckets);
	in->native = arena_calloc(ev->mem, in->names.n + 1, sizeof *in->native);
}

static void
push_bucket(struct eval *ev, struct bucket_list *l, double le, double count)
{
	if (l->n == l->cap) {
		size_t cap = l->cap != 0 ? l->cap * 2 : 16;

		l->at = arena_realloc(ev->mem, l->at, l->cap * sizeof *l->at, cap * sizeof *l->at);
		l->cap = cap;
	}
	l->at[l->n++] = (struct classic_bucket){le, count};
}

static void
gather(struct input *in, size_t step)
{
	for (size_t g = 0; g < in->names.n; g++) {
		in->buckets[g].n = 0;
		in->native[g] = NULL;
	}
	for (size_t i = 0; i < in->v->n; i++) {
		const struct vseries *s = &in->v->at[i];
		const struct member *m = &in->member[i];

		if (is_absent(s->v[step]))
			continue;
		if (vseries_h(s, step) != NULL)
			in->native[m->native] = s->h[step];
		else if (m->has_le)
			push_bucket(in->ev, &in->buckets[m->group], m->le, s->v[step]);
		else
			note_warn(in->ev, in->arg,
				  "bucket label \"le\" is missing or has a malformed value of %s%s%s%s",
				  quoted_text(in->ev->mem, labels_get(s->labels, "le")),
				  labels_has(s->labels, METRIC_NAME) ? " for metric name \"" : "",
				  labels_get(s->labels, METRIC_NAME), labels_has(s->labels, METRIC_NAME) ? "\"" : "");
	}
	for (size_t g = 0; g < in->names.n; g++) {
		const char *name = labels_get(in->names.at[g], METRIC_NAME);

		if (in->native[g] == NULL || in->buckets[g].n == 0)
			continue;
		note_warn(in->ev, in->arg, "vector contains a mix of classic and native histograms%s%s%s",
			  *name ? " for metric name \"" : "", name, *name ? "\"" : "");
		in->native[g] = NULL;
		in->buckets[g].n = 0;
	}
}

/* --- classic histograms --- */

static int
compare_buckets(const void *a, const void *b)
{
	double x = ((const struct classic_bucket *)a)->le, y = ((const struct classic_bucket *)b)->le;

	return x < y ? -1 : x > y;
}

/* Sorted, equal bounds added up. False: there is no +Inf bucket. */
static bool
prepare(struct bucket_list *l)
{
	size_t n = 0;

	qsort(l->at, l->n, sizeof *l->at, compare_buckets);
	if (!(isinf(l->at[l->n - 1].le) && l->at[l->n - 1].le > 0))
		return false;
	for (size_t i = 1; i < l->n; i++) {
		if (l->at[i].le == l->at[n].le)
			l->at[n].count += l->at[i].count;
		else
			l->at[++n] = l->at[i];
	}
	l->n = n + 1;
	return true;
}

static bool
almost_equal(double a, double b)
{
	double sum = fabs(a) + fabs(b), diff = fabs(a - b);

	if (a == b || (isnan(a) && isnan(b)))
		return true;
	if (a == 0 || b == 0 || sum < 2.2250738585072014e-308)
		return diff < SMALL_DELTA * 2.2250738585072014e-308;
	return diff / fmin(sum, 1.7976931348623157e308) < SMALL_DELTA;
}

struct forced {
	bool yes;
	double low, high, diff;
};

/* Counts must not fall from one bucket to the next. */
static struct forced
make_monotonic(struct bucket_list *l)
{
	struct forced f = {false, INFINITY, -INFINITY, 0};
	double prev = l->at[0].count;

	for (size_t i = 1; i < l->n; i++) {
		double count = l->at[i].count;

		if (count == prev)
			continue;
		if (almost_equal(prev, count)) {
			l->at[i].count = prev;
			continue;
		}
		if (count < prev) {
			f.yes = true;
			f.low = fmin(f.low, l->at[i].le);
			f.high = fmax(f.high, l->at[i].le);
			f.diff = fmax(f.diff, prev - count);
			l->at[i].count = prev;
			continue;
		}
		prev = count;
	}
	return f;
}

static double
classic_quantile(double q, struct bucket_list *l, struct forced *forced)
{
	double all, rank, start = 0, count;
	size_t b = 0;

	*forced = (struct forced){0};
	if (isnan(q))
		return NAN;
	if (q < 0 || q > 1)
		return q < 0 ? -INFINITY : INFINITY;
	if (!prepare(l))
		return NAN;
	*forced = make_monotonic(l);
	all = l->at[l->n - 1].count;
	if (l->n < 2 || all == 0 || isnan(all))
		return NAN;
	rank = q * all;
	while (b < l->n - 1 && !(l->at[b].count >= rank))
		b++;
	if (b == l->n - 1)
		return l->at[l->n - 2].le;
	if (b == 0 && l->at[0].le <= 0)
		return l->at[0].le;
	count = l->at[b].count;
	if (b > 0) {
		start = l->at[b - 1].le;
		count -= l->at[b - 1].count;
		rank -= l->at[b - 1].count;
	}
	return start + (l->at[b].le - start) * (rank / count);
}

/* The rank of value x: how many observations are at most x. */
static double
classic_rank(double x, const struct bucket_list *l)
{
	double rank = 0;

	for (size_t i = 0; i < l->n; i++) {
		double low = i > 0 ? l->at[i - 1].le : l->at[0].le > 0 ? 0 : -INFINITY, high = l->at[i].le;

		if (low >= x)
			return rank;
		if (high > x) {
			/* A bucket that ends nowhere cannot be split. */
			if (isinf(high))
				return rank;
			if (isinf(low))
				return l->at[i].count;
			return rank + (l->at[i].count - rank) * (x - low) / (high - low);
		}
		rank = l->at[i].count;
	}
	return rank;
}

static double
classic_fraction(double low, double high, struct bucket_list *l)
{
	double count, a, b;

	if (!prepare(l))
		return NAN;
	count = l->at[l->n - 1].count;
	if (count == 0 || isnan(low) || isnan(high))
		return NAN;
	if (low >= high)
		return 0;
	a = fmin(classic_rank(low, l), count);
	b = isinf(high) ? count : fmin(classic_rank(high, l), count);
	return (b - a) / count;
}

/* --- the functions --- */

/* NaN observations count but are in no bucket; they show in the sum. */
static void
tell_nan(struct eval *ev, const struct node *at, const char *fn, const struct histogram *h, double result,
	 const char *name)
{
	const char *quote = *name ? " for metric name \"" : "", *end = *name ? "\"" : "";

	if (!isnan(h->sum) || h->count == 0)
		return;
	if (strcmp(fn, "histogram_fraction") == 0)
		note_info(
		    ev, at,
		    "input to histogram_fraction has NaN observations, which are excluded from all fractions%s%s%s",
		    quote, name, end);
	else if (isnan(result))
		note_info(ev, at, "input to histogram_quantile has NaN observations, result is NaN%s%s%s", quote, name,
			  end);
	else
		note_info(ev, at, "input to histogram_quantile has NaN observations, result is skewed higher%s%s%s",
			  quote, name, end);
}

static double
quantile_at(struct input *in, size_t g, double q, size_t step)
{
	const char *name = labels_get(in->names.at[g], METRIC_NAME);
	struct forced forced;
	double v;

	if (in->native[g] != NULL) {
		v = histogram_quantile(in->native[g], q);
		if (q >= 0 && q <= 1)
			tell_nan(in->ev, in->arg, "histogram_quantile", in->native[g], v, name);
		return v;
	}
	v = classic_quantile(q, &in->buckets[g], &forced);
	if (forced.yes)
		note_forced_monotonic(in->ev, in->arg, name, step_time(in->ev, step), forced.low, forced.high,
				      forced.diff);
	return v;
}

static bool
has_histogram(const struct input *in, size_t g)
{
	return in->native[g] != NULL || in->buckets[g].n > 0;
}

/* A result series per group. */
static int
add_groups(struct input *in, struct value *out)
{
	for (size_t g = 0; g < in->names.n; g++) {
		struct vseries *s = value_add(in->ev, out, in->names.at[g]);

		if (s == NULL)
			return -1;
		s->drop_name = true;
	}
	return 0;
}

int
fn_histogram_quantile(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	const double *q = args[0].at[0].v;
	struct input in;

	*out = (struct value){.type = VALUE_VECTOR};
	read_members(ev, call->call.args[1], &args[1], &in);
	if (add_groups(&in, out) < 0)
		return -1;
	for (size_t k = 0; k < ev->n; k++) {
		if (isnan(q[k]) || q[k] < 0 || q[k] > 1)
			note_quantile(ev, call->call.args[0], q[k]);
		gather(&in, k);
		for (size_t g = 0; g < in.names.n; g++)
			if (has_histogram(&in, g))
				out->at[g].v[k] = quantile_at(&in, g, q[k], k);
	}
	value_drop_empty(ev, out);
	return 0;
}

/* 0.5, 1.0, NaN: always recognizable as a float. */
static const char *
quantile_text(struct eval *ev, double q)
{
	char num[NUM_MAX];

	num_g(num, q);
	if (strpbrk(num, ".eNI") == NULL)
		strcat(num, ".0");
	return arena_strdup(ev->mem, num);
}

int
fn_histogram_quantiles(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	const char *label = args[1].string;
	struct input in;
	struct numbering results = {.mem = ev->mem};

	*out = (struct value){.type = VALUE_VECTOR};
	read_members(ev, call->call.args[0], &args[0], &in);
	for (size_t k = 0; k < ev->n; k++) {
		gather(&in, k);
		for (size_t a = 2; a < call->call.n_args; a++) {
			double q = args[a].at[0].v[k];
			const char *text = quantile_text(ev, q);

			if (isnan(q) || q < 0 || q > 1)
				note_quantile(ev, call->call.args[a], q);
			for (size_t g = 0; g < in.names.n; g++) {
				struct labels l;
				size_t at;

				if (!has_histogram(&in, g))
					continue;
				l = labels_with(ev->mem, in.names.at[g], label, text);
				at = numbering_of(&results, l);
				if (at == out->n && value_add(ev, out, l) == NULL)
					return -1;
				out->at[at].drop_name = true;
				out->at[at].v[k] = quantile_at(&in, g, q, k);
			}
		}
	}
	return 0;
}

int
fn_histogram_fraction(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	const double *low = args[0].at[0].v, *high = args[1].at[0].v;
	struct input in;

	*out = (struct value){.type = VALUE_VECTOR};
	read_members(ev, call->call.args[2], &args[2], &in);
	if (add_groups(&in, out) < 0)
		return -1;
	for (size_t k = 0; k < ev->n; k++) {
		gather(&in, k);
		for (size_t g = 0; g < in.names.n; g++) {
			if (!has_histogram(&in, g))
				continue;
			if (in.native[g] == NULL) {
				out->at[g].v[k] = classic_fraction(low[k], high[k], &in.buckets[g]);
				continue;
			}
			out->at[g].v[k] = histogram_fraction(in.native[g], low[k], high[k]);
			if (!isnan(low[k]) && !isnan(high[k]) && low[k] < high[k])
				tell_nan(ev, in.arg, "histogram_fraction", in.native[g], 0,
					 labels_get(in.names.at[g], METRIC_NAME));
		}
	}
	value_drop_empty(ev, out);
	return 0;
}
