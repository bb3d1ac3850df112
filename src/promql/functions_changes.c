/*
 * functions_changes.c -- changes() and resets(): how often neighbouring samples of a range differ, or fall.
 */
#include <math.h>

#include "callbacks.h"
#include "eval.h"
#include "functions_counter.h"
#include "range_private.h"

struct neighbour {
	const struct point *p;
	int64_t start;
};
typedef bool differ_fn(const struct neighbour *a, const struct neighbour *b);

static bool
changed(const struct neighbour *a, const struct neighbour *b)
{
	if (a->p->h != NULL || b->p->h != NULL)
		return a->p->h == NULL || b->p->h == NULL || !histogram_equal(b->p->h, a->p->h);
	return a->p->v != b->p->v && !(isnan(a->p->v) && isnan(b->p->v));
}

static bool
was_reset(const struct neighbour *a, const struct neighbour *b)
{
	if (start_is_reset(a->start, a->p->t, b->start, b->p->t))
		return true;
	if (a->p->h != NULL || b->p->h != NULL)
		return a->p->h == NULL || b->p->h == NULL || histogram_detect_reset(b->p->h, a->p->h);
	return b->p->v < a->p->v;
}

static bool
count_differences(struct range_call *c, differ_fn *differ, double *v)
{
	struct neighbour prev = {0};
	size_t f, h;

	if (!anchored_first(c, &f, &h))
		return false;
	*v = 0;
	while (f < c->nf || h < c->nh) {
		struct neighbour cur;

		if (h >= c->nh || (f < c->nf && c->f[f].t < c->h[h].t)) {
			cur = (struct neighbour){&c->f[f], c->f_start != NULL ? c->f_start[f] : 0};
			f++;
		} else {
			cur = (struct neighbour){&c->h[h], c->h_start != NULL ? c->h_start[h] : 0};
			h++;
		}
		if (prev.p != NULL && differ(&prev, &cur))
			++*v;
		prev = cur;
	}
	return true;
}

bool
fn_changes(struct range_call *c, double *v, const struct histogram **h)
{
	(void)h;
	return count_differences(c, changed, v);
}

bool
fn_resets(struct range_call *c, double *v, const struct histogram **h)
{
	(void)h;
	return count_differences(c, was_reset, v);
}
