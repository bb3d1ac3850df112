/*
 * functions_sort.c -- sort(), sort_desc(), sort_by_label(), sort_by_label_desc(). Only instant queries
 * keep an order; matrices are always sorted by labels.
 */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>

#include "callbacks.h"
#include "eval.h"

struct ordering {
	bool descending;
	const struct value *args; /* names of labels from args[1] on */
	size_t n_args;
};

static int
tell_range(struct eval *ev, const struct node *call)
{
	if (ev->run->step != 0)
		note_warn(ev, call, "sort is ineffective for range queries since results are always ordered by labels");
	return 0;
}

static int
compare_values(const void *a, const void *b, void *arg)
{
	const struct ordering *o = arg;
	double x = ((const struct vseries *)a)->v[0], y = ((const struct vseries *)b)->v[0];

	if (isnan(x) || isnan(y))
		return isnan(x) - isnan(y); /* NaN last in both directions */
	return x == y ? 0 : (x < y) != o->descending ? -1 : 1;
}

static int
sort_values(struct eval *ev, const struct node *call, struct value *v, bool descending, struct value *out)
{
	struct ordering o = {.descending = descending};
	size_t kept = 0;

	for (size_t i = 0; i < v->n; i++) {
		for (size_t k = 0; k < ev->n; k++)
			if (vseries_h(&v->at[i], k) != NULL)
				v->at[i].v[k] = absent_value();
		v->at[i].h = NULL;
		if (!vseries_empty(ev, &v->at[i]))
			v->at[kept++] = v->at[i];
	}
	v->n = kept;
	if (ev->n == 1 && v->n > 1)
		qsort_r(v->at, v->n, sizeof *v->at, compare_values, &o);
	*out = *v;
	return tell_range(ev, call);
}

int
fn_sort(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	return sort_values(ev, call, &args[0], false, out);
}

int
fn_sort_desc(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	return sort_values(ev, call, &args[0], true, out);
}

/* The run of digits or of other characters at s. */
static size_t
chunk(const char *s)
{
	bool digits = isdigit((unsigned char)*s);
	size_t n = 0;

	while (s[n] != '\0' && (isdigit((unsigned char)s[n]) != 0) == digits)
		n++;
	return n;
}

static int
compare_digits(const char *a, size_t na, const char *b, size_t nb)
{
	const char *a0 = a, *b0 = b;
	size_t ra = na, rb = nb;
	int c;

	for (; ra > 0 && *a == '0'; ra--)
		a++;
	for (; rb > 0 && *b == '0'; rb--)
		b++;
	if (ra != rb)
		return ra < rb ? -1 : 1;
	c = memcmp(a, b, ra);
	if (c != 0 || na == nb)
		return c;
	(void)a0;
	(void)b0;
	return na < nb ? -1 : 1;
}

/* Natural order: runs of digits compare as numbers. */
static int
compare_natural(const char *a, const char *b)
{
	while (*a != '\0' && *b != '\0') {
		size_t na = chunk(a), nb = chunk(b);
		bool numbers = isdigit((unsigned char)*a) && isdigit((unsigned char)*b);
		int c = numbers ? compare_digits(a, na, b, nb) : strncmp(a, b, na < nb ? na : nb);

		if (c != 0)
			return c;
		if (!numbers && na != nb)
			return strcmp(a, b);
		a += na;
		b += nb;
	}
	return (*a != '\0') - (*b != '\0');
}

static int
compare_labels(const void *a, const void *b, void *arg)
{
	const struct ordering *o = arg;
	struct labels x = ((const struct vseries *)a)->labels, y = ((const struct vseries *)b)->labels;
	int c = 0;

	for (size_t i = 1; c == 0 && i < o->n_args; i++) {
		const char *lx = labels_get(x, o->args[i].string), *ly = labels_get(y, o->args[i].string);

		c = strcmp(lx, ly) == 0 ? 0 : compare_natural(lx, ly);
	}
	if (c == 0)
		c = labels_cmp(x, y);
	return o->descending ? -c : c;
}

static int
sort_labels(struct eval *ev, const struct node *call, struct value *args, bool descending, struct value *out)
{
	struct ordering o = {descending, args, call->call.n_args};

	if (args[0].n > 1)
		qsort_r(args[0].at, args[0].n, sizeof *args[0].at, compare_labels, &o);
	*out = args[0];
	return tell_range(ev, call);
}

int
fn_sort_by_label(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	return sort_labels(ev, call, args, false, out);
}

int
fn_sort_by_label_desc(struct eval *ev, const struct node *call, struct value *args, struct value *out)
{
	return sort_labels(ev, call, args, true, out);
}
