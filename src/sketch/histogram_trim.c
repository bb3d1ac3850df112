/*
 * histogram_trim.c -- Prometheus' trim operators </ and >/: what lies above or below a bound is dropped.
 *
 * A bucket around the bound is split as histogram_fraction would split it. When anything went, count and sum
 * are those of what is left, the sum estimated from the middle of each bucket (geometric in exponential
 * ones). Of a bucket that reaches to infinity nothing is known, so what cannot be placed is dropped as a whole.
 */
#include <math.h>

#include "histogram_private.h"
#include "mlwatch/arena.h"

struct kept {
	double count, middle;
};

struct cut {
	double bound;
	bool upper; /* </: keep what is below */
	bool linear;
};

static double
middle(double lower, double upper, bool linear)
{
	if (isinf(lower))
		return isinf(upper) ? 0 : upper > 0 ? upper / 2 : upper;
	if (isinf(upper))
		return lower;
	if (linear)
		return (lower + upper) / 2;
	double m = sqrt(fabs(lower * upper));
	return lower < 0 ? -m : m;
}

/* The bound is inside a bucket without a lower end. Custom buckets that end above 0 are taken to begin there. */
static struct kept
split_lowest(const struct bucket *b, const struct cut *c)
{
	bool from_zero = b->upper > 0 && !isinf(b->upper);

	if (c->upper) {
		if (c->bound > 0 && from_zero)
			return (struct kept){b->count * c->bound / b->upper, c->bound / 2};
		if (b->upper <= 0)
			return (struct kept){b->count, c->bound};
	} else if (c->bound >= 0 && from_zero) {
		return (struct kept){b->count * (1 - c->bound / b->upper), (c->bound + b->upper) / 2};
	}
	return (struct kept){0, 0};
}

static struct kept
split(const struct bucket *b, const struct cut *c)
{
	double fraction;

	if (isinf(b->lower))
		return split_lowest(b, c);
	if (isinf(b->upper))
		return c->upper ? (struct kept){0, 0} : (struct kept){b->count, c->bound};
	if (c->linear) {
		fraction = (c->bound - b->lower) / (b->upper - b->lower);
	} else {
		double lower = log2(fabs(b->lower)), upper = log2(fabs(b->upper)), at = log2(fabs(c->bound));
		fraction = b->lower >= 0 ? (at - lower) / (upper - lower) : 1 - (at - upper) / (lower - upper);
	}
	double below = b->count * fraction;
	return c->upper ? (struct kept){below, middle(b->lower, c->bound, c->linear)}
			: (struct kept){b->count - below, middle(c->bound, b->upper, c->linear)};
}

static struct kept
keep(const struct bucket *b, const struct cut *c)
{
	if (c->upper ? b->upper <= c->bound : b->lower >= c->bound)
		return (struct kept){b->count, middle(b->lower, b->upper, c->linear)};
	if (c->upper ? b->lower < c->bound : b->upper > c->bound)
		return split(b, c);
	return (struct kept){0, 0};
}

struct total {
	double count, sum;
	bool changed;
};

static double
take(struct total *t, double had, struct kept k)
{
	t->count += k.count;
	t->sum += k.count == 0 ? 0 : k.middle * k.count;
	t->changed |= k.count != had;
	return k.count;
}

static void
trim_side(const struct histogram *h, struct side *s, bool negative, const struct cut *c, struct total *t)
{
	for (size_t i = 0; i < s->n; i++) {
		double near = histogram_bound(h, (int64_t)s->index[i] - 1), far = histogram_bound(h, s->index[i]);
		struct bucket b = {negative ? -far : near, negative ? -near : far, s->count[i], false, false, 0};
		if (b.count != 0)
			s->count[i] = take(t, b.count, keep(&b, c));
	}
}

static void
trim_zero(const struct histogram *h, struct work *w, const struct cut *c, struct total *t)
{
	struct bucket b = {-h->zero_threshold, h->zero_threshold, h->zero_count, true, true, 0};
	struct cut linear = {c->bound, c->upper, true};

	if (!(h->zero_count > 0))
		return;
	if (h->neg.n == 0 && h->pos.n > 0)
		b.lower = 0;
	if (h->pos.n == 0 && h->neg.n > 0)
		b.upper = 0;
	w->zero_count = take(t, b.count, keep(&b, &linear));
}

struct histogram *
histogram_trim(struct arena *mem, const struct histogram *h, double bound, bool upper)
{
	struct cut c = {bound, upper, h->schema == HIST_CUSTOM};
	struct total t = {0};

	if (h->schema == HIST_EDGES)
		return NULL; /* its exact sums cannot be split */
	struct work w = work_read(mem, h);
	trim_side(h, &w.pos, false, &c, &t);
	trim_side(h, &w.neg, true, &c, &t);
	trim_zero(h, &w, &c, &t);
	if (!t.changed)
		return histogram_copy(mem, h);
	w.count = t.count;
	w.sum = t.sum;
	return histogram_compact(mem, work_write(mem, &w));
}
