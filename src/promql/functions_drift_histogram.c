/*
 * functions_drift_histogram.c -- drift of histograms: with the reference that they were binned on, or with each other. Features without a
 * reference have exponential histograms.
 */
#include "functions_drift.h"

#include <math.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/histogram.h"
#include "mlwatch/sketch.h"

static void
compare_exponential(const struct drift_call *c, const struct measure *m, struct labels l, const struct histogram *cur,
		    const struct histogram *ref)
{
	struct sides s = {.cur = cur, .ref = ref, .rows = cur->count, .ref_stddev = histogram_stddev(ref)};
	struct edges *e = drift_common_edges(c->mem, &s.ref, &s.cur);

	if (e != NULL)
		drift_result(c, l, m->numeric(&s));
	edges_unref(e);
}

static bool
same_but_name(struct drift_call const *c, struct labels a, struct labels b)
{
	static const char *const name[] = {METRIC_NAME};

	return labels_equal(labels_drop(c->mem, a, name, 1), labels_drop(c->mem, b, name, 1));
}

static const struct vector_sample *
other_side(const struct drift_call *c, const struct vector_sample *a)
{
	for (size_t i = 0; i < c->n_b; i++)
		if (same_but_name(c, a->labels, c->b[i].labels))
			return &c->b[i];
	return NULL;
}

static void
compare_two(const struct drift_call *c, const struct measure *m, const struct vector_sample *a)
{
	const struct vector_sample *b = other_side(c, a);
	struct sides s = {.rows = a->h->count};

	if (b == NULL || b->h == NULL) {
		drift_warn_no_other_side(c, m, a->labels);
		return;
	}
	if (a->h->schema >= -4 && b->h->schema >= -4) {
		compare_exponential(c, m, a->labels, a->h, b->h);
		return;
	}
	if (a->h->schema != HIST_EDGES || b->h->schema != HIST_EDGES ||
	    a->h->bins->edges->id != b->h->bins->edges->id) {
		drift_warn(c, "%s: the two sides of feature \"%s\" were binned on different references", m->name,
			   labels_get(a->labels, "feature"));
		return;
	}
	s.cur = a->h;
	s.ref = b->h;
	s.ref_stddev = histogram_moments(b->h).stddev;
	drift_result(c, a->labels, m->numeric(&s));
}

static void
compare_with_reference(const struct drift_call *c, const struct measure *m, const struct vector_sample *a)
{
	bool binned = a->h->schema == HIST_EDGES;
	const struct reference_feature *f = drift_find_reference(c, a->labels, binned ? a->h->bins->edges : NULL);
	struct sides s = {.cur = a->h, .rows = a->h->count};

	if (f == NULL || f->categorical || !binned) {
		drift_warn_no_reference(c, m, a->labels);
		return;
	}
	if (f->edges->id != a->h->bins->edges->id) {
		drift_warn(c,
			   "%s: feature \"%s\" of model \"%s\" was binned on another reference than the one loaded now",
			   m->name, f->name, labels_get(a->labels, "model"));
		return;
	}
	s.ref = f->hist;
	s.ref_stddev = f->stddev;
	drift_result(c, a->labels, m->numeric(&s));
}

void
drift_compare_histogram(const struct drift_call *c, const struct measure *m, const struct vector_sample *a)
{
	if (m->needs_no_reference) {
		drift_emit(c, a->labels, a->h->count);
	} else if (m->numeric == NULL) {
		drift_warn(c, "%s is for categories, but \"%s\" is a numeric feature", m->name,
			   labels_get(a->labels, "feature"));
	} else if (a->h->count > 0) {
		if (c->has_b)
			compare_two(c, m, a);
		else
			compare_with_reference(c, m, a);
	}
}
