/*
 * functions_histogram.c -- functions of native histograms that need one histogram only.
 */
#include "callbacks.h"
#include "eval.h"

typedef double of_histogram(const struct histogram *h);

/* Floats are left out. */
static int
map_histograms(struct eval *ev, struct value *v, of_histogram *f, struct value *out)
{
	for (size_t i = 0; i < v->n; i++) {
		struct vseries *s = &v->at[i];

		s->drop_name = true;
		for (size_t k = 0; k < ev->n; k++)
			s->v[k] = vseries_h(s, k) != NULL ? f(s->h[k]) : absent_value();
		s->h = NULL;
	}
	*out = *v;
	value_drop_empty(ev, out);
	return 0;
}

static double
count_of(const struct histogram *h)
{
	return h->count;
}

static double
sum_of(const struct histogram *h)
{
	return h->sum;
}

static double
average_of(const struct histogram *h)
{
	return h->sum / h->count;
}

int
fn_histogram_count(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	(void)call;
	return map_histograms(ev, &args[0], count_of, out);
}

int
fn_histogram_sum(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	(void)call;
	return map_histograms(ev, &args[0], sum_of, out);
}

int
fn_histogram_avg(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	(void)call;
	return map_histograms(ev, &args[0], average_of, out);
}

int
fn_histogram_stddev(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	(void)call;
	return map_histograms(ev, &args[0], histogram_stddev, out);
}

int
fn_histogram_stdvar(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	(void)call;
	return map_histograms(ev, &args[0], histogram_stdvar, out);
}
