/*
 * load_drift.c -- drift of a model's features now, over the range, and of one feature against its reference.
 */
#include "load.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlwatch/drift.h"
#include "mlwatch/histogram.h"
#include "mlwatch/promql.h"
#include "mlwatch/reader.h"
#include "view_private.h"

#define HEAT_CELLS 30
#define BINS       12

static struct part_features *
features(struct loading *l, size_t cells)
{
	struct part_features *p = arena_calloc(l->mem, 1, sizeof *p);

	if (l->s->model != NULL)
		view_features(&l->src, l->mem, l->s->model, l->s->version, l->q->range_ms, cells, &p->at, &p->n,
			      &l->err);
	return p;
}

void *
load_features(struct loading *l)
{
	return features(l, 0);
}

void *
load_heat(struct loading *l)
{
	return features(l, HEAT_CELLS);
}

void *
load_cell(struct loading *l)
{
	return arena_calloc(l->mem, 1, sizeof(struct part_cell));
}

void *
load_model(struct loading *l)
{
	return arena_calloc(l->mem, 1, sizeof(struct part_model));
}

/* ---- one feature ---- */

struct bins {
	double *reference, *now;
	const char **label;
};

static void
decile_bins(struct loading *l, struct part_feature *p, struct bins *b, const struct reference_feature *r,
	    const struct histogram *now)
{
	double lower = -INFINITY;

	for (int k = 1; k <= 11; k++) {
		const double upper = k < 10 ? histogram_quantile(r->hist, k / 10.0) : k == 10 ? r->max : INFINITY;
		char number[16];

		if (!(upper > lower))
			continue;
		b->reference[p->n_bins] = histogram_fraction(r->hist, lower, upper);
		b->now[p->n_bins] = now != NULL ? histogram_fraction(now, lower, upper) : 0;
		short_number(number, k <= 10 ? upper : NAN);
		b->label[p->n_bins++] = k <= 10 ? arena_strdup(l->mem, number) : "above";
		lower = upper;
	}
}

static void
category_bins(struct loading *l, struct part_feature *p, struct bins *b, const struct reference_feature *ref,
	      const struct promql_result *r)
{
	const struct category_set *c = &ref->categories;
	const size_t n = c->n < BINS - 1 ? c->n : BINS - 1;
	double total = 0, ref_total = 0;

	for (size_t i = 0; i < c->n; i++)
		ref_total += c->at[i].count;
	for (size_t i = 0; i < r->n && r->type == VALUE_VECTOR; i++)
		total += r->vector[i].v;
	for (size_t k = 0; k < n; k++) {
		b->reference[k] = ref_total > 0 ? c->at[k].count / ref_total : 0;
		for (size_t i = 0; i < r->n && r->type == VALUE_VECTOR; i++)
			if (strcmp(labels_get(r->vector[i].labels, "category"), c->at[k].name) == 0)
				b->now[k] = total > 0 ? r->vector[i].v / total : 0;
		b->label[k] = arena_strdup(l->mem, c->at[k].name);
	}
	p->n_bins = n;
}

void *
load_feature(struct loading *l)
{
	struct part_feature *p = arena_calloc(l->mem, 1, sizeof *p);
	const struct part_feature *before = l->before;
	const struct reference *ref =
	    l->s->model != NULL ? references_find(reader_references(l->reader), l->s->model, l->s->version) : NULL;
	const struct reference_feature *r =
	    ref != NULL && l->s->feature != NULL ? reference_feature_find(ref, l->s->feature) : NULL;
	struct bins b = {arena_calloc(l->mem, BINS, sizeof(double)), arena_calloc(l->mem, BINS, sizeof(double)),
			 arena_calloc(l->mem, BINS, sizeof(char *))};
	struct promql_result answer;
	char expr[900];

	p->span = chart_span(l);
	if (r == NULL)
		return p;
	p->name = arena_strdup(l->mem, l->s->feature);
	p->categorical = r->categorical;
	p->reference_created = arena_strdup(l->mem, reference_created(ref));
	snprintf(expr, sizeof expr,
		 "sum by (%s) (increase(%s{model=\"%s\",version=\"%s\",feature=\"%s\"}[" DRIFT_WINDOW "]))",
		 r->categorical ? "category" : "feature", r->categorical ? "ml_feature_category_total" : "ml_feature",
		 l->s->model, l->s->version, p->name);
	if (view_query_text(&l->src, expr, &answer, &l->err) == 0) {
		if (r->categorical)
			category_bins(l, p, &b, r, &answer);
		else
			decile_bins(l, p, &b, r,
				    answer.n > 0 && answer.type == VALUE_VECTOR ? answer.vector[0].h : NULL);
	}
	promql_result_release(&answer);
	p->bin_reference = b.reference;
	p->bin_now = b.now;
	p->bin_label = b.label;
	snprintf(expr, sizeof expr, "drift_%s(increase(%s{model=\"%s\",version=\"%s\",feature=\"%s\"}[5m]))",
		 r->categorical ? "tvd" : "ks", r->categorical ? "ml_feature_category_total" : "ml_feature",
		 l->s->model, l->s->version, p->name);
	p->over_time = load_track(l, expr, p->span, before != NULL ? &before->over_time : NULL,
				  before != NULL ? before->span : p->span);
	return p;
}
