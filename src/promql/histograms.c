/*
 * histograms.c -- many histograms into one: sum() and avg(), sum_over_time() and avg_over_time().
 */
#include <math.h>

#include "eval.h"

struct eval
eval_in_scratch(const struct eval *ev)
{
	struct eval inner = *ev;

	inner.mem = ev->run->scratch;
	return inner;
}

const struct histogram *
keep_histogram(const struct eval *ev, const struct histogram *h)
{
	if (h != NULL)
		h = histogram_copy(ev->mem, h);
	arena_reset(ev->run->scratch);
	return h;
}

#define PENDING_MAX 64 /* additions before the scratch memory is cleared */

void
running_add(const struct eval *ev, struct running_total *t, const struct histogram *h)
{
	t->h = t->h == NULL ? h : histogram_add(ev->run->scratch, t->h, h, NULL);
	if (++t->pending >= PENDING_MAX)
		running_keep(ev, t);
}

const struct histogram *
running_keep(const struct eval *ev, struct running_total *t)
{
	if (t->pending > 0)
		t->h = keep_histogram(ev, t->h);
	t->pending = 0;
	return t->h;
}

static bool
side_overflows(const struct buckets *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (isinf(b->counts[i]))
			return true;
	return false;
}

static bool
overflows(const struct histogram *h)
{
	return isinf(h->zero_count) || isinf(h->count) || isinf(h->sum) || side_overflows(&h->pos) ||
	       side_overflows(&h->neg);
}

/* Sum of h/by. NULL: they do not go together. */
static struct histogram *
sum_of(struct eval *ev, const struct histogram *const *h, size_t n, double by, unsigned *notes)
{
	struct histogram_sum *sum = histogram_sum_open(ev->mem, by != 1 ? histogram_divide(ev->mem, h[0], by) : h[0]);

	for (size_t i = 1; i < n; i++)
		if (histogram_sum_add(sum, by != 1 ? histogram_divide(ev->mem, h[i], by) : h[i], notes) < 0)
			return NULL;
	return histogram_sum_result(sum);
}

const struct histogram *
histograms_total(struct eval *ev, const struct node *where, const struct histogram *const *h, size_t n, bool average)
{
	bool reset = false, no_reset = false;
	struct histogram *out;
	unsigned notes = 0;

	for (size_t i = 0; i < n; i++) {
		reset |= h[i]->hint == RESET_YES;
		no_reset |= h[i]->hint == RESET_NO;
	}
	if (n == 1)
		return h[0];
	out = sum_of(ev, h, n, 1, &notes);
	/* A sum that overflows may still have a mean. */
	if (out != NULL && average)
		out = overflows(out) ? sum_of(ev, h, n, (double)n, &notes) : histogram_divide(ev->mem, out, (double)n);
	if (reset && no_reset)
		note_reset_collision(ev, where, "aggregation");
	if (notes & HIST_NOTE_CUSTOM_BOUNDS)
		note_bounds(ev, where, "aggregation");
	return out;
}
