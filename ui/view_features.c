/*
 * view_features.c -- drift of a model's features: the statistic of the last 15 minutes, its limit, and a cell per stretch of time.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/drift.h"
#include "mlwatch/err.h"
#include "view_private.h"

struct load {
	const struct view_source *s;
	struct arena *mem;
	const char *model, *version;
	int64_t range_ms;
	size_t n_cells;
	double ks_limit, tvd_limit;
	bool ks_default, tvd_default;
	struct promql_result value[2], pvalue[2], psi[2], rows[2]; /* numeric, categorical */
	struct promql_result mean, stddev, missing, invalid, fresh;
	struct view_series *cells[2], *cell_rows[2];
	size_t n_series[2], n_row_series[2];
};

static const char *const value_name[2] = {"ks", "tvd"}, *const pvalue_name[2] = {"ks_pvalue", "tvd_pvalue"},
			 *const psi_name[2] = {"psi", "tvd_psi"}, *const rows_name[2] = {"rows", "tvd_rows"};

static int
load_cells(struct load *l, int kind, struct err *e)
{
	static const char *const metric[2] = {"ml_feature", "ml_feature_category_total"}, *const statistic[2] = {"ks",
														 "tvd"};
	const int64_t width = l->range_ms / (int64_t)l->n_cells;
	char expr[512];

	snprintf(expr, sizeof expr, "drift_%s(increase(%s{model=\"%s\",version=\"%s\"}[%lldms]))", statistic[kind],
		 metric[kind], l->model, l->version, (long long)width);
	if (view_range(l->s, l->mem, expr, l->s->now - l->range_ms, l->s->now, l->n_cells, &l->cells[kind],
		       &l->n_series[kind], e) < 0)
		return -1;
	snprintf(expr, sizeof expr, "drift_rows(increase(%s{model=\"%s\",version=\"%s\"}[%lldms]))", metric[kind],
		 l->model, l->version, (long long)width);
	return view_range(l->s, l->mem, expr, l->s->now - l->range_ms, l->s->now, l->n_cells, &l->cell_rows[kind],
			  &l->n_row_series[kind], e);
}

static const double *
series_of(const struct view_series *s, size_t n, const char *feature)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(labels_get(s[i].labels, "feature"), feature) == 0)
			return s[i].v;
	return NULL;
}

static void
fill_cells(const struct load *l, int kind, struct view_feature *f)
{
	const double *v = series_of(l->cells[kind], l->n_series[kind], f->name);
	const double *rows = series_of(l->cell_rows[kind], l->n_row_series[kind], f->name);
	double *cells = arena_alloc(l->mem, l->n_cells * sizeof *cells);
	bool *few = arena_calloc(l->mem, l->n_cells, sizeof *few);

	for (size_t i = 0; i < l->n_cells; i++) {
		cells[i] = v != NULL ? v[i] : NAN;
		few[i] = rows != NULL && rows[i] > 0 && rows[i] < MIN_ROWS;
	}
	f->cells = cells;
	f->cell_few = few;
	f->n_cells = l->n_cells;
}

static double
invalid_share(const struct load *l, const char *feature, const char *reason, double rows)
{
	for (size_t i = 0; i < l->invalid.n && l->invalid.type == VALUE_VECTOR; i++) {
		struct labels at = l->invalid.vector[i].labels;

		if (strcmp(labels_get(at, "model"), l->model) == 0 &&
		    strcmp(labels_get(at, "version"), l->version) == 0 &&
		    strcmp(labels_get(at, "feature"), feature) == 0 && strcmp(labels_get(at, "reason"), reason) == 0)
			return rows > 0 ? l->invalid.vector[i].v / rows : 0;
	}
	return 0;
}

static void
judge(struct view_feature *f)
{
	const double x = f->value / f->limit;

	f->few_rows = f->rows < MIN_ROWS;
	f->health = f->few_rows || isnan(x) ? HEALTH_UNKNOWN
		    : x <= 1                ? HEALTH_OK
		    : x <= 2.5              ? HEALTH_WARNING
					    : HEALTH_BROKEN;
}

static void
fill(const struct load *l, const struct reference_feature *r, struct view_feature *f)
{
	const int kind = r->categorical;
	double missing;

	f->name = arena_strdup(l->mem, r->name);
	f->categorical = r->categorical;
	f->statistic = r->categorical ? "TVD" : "KS";
	f->value = view_value(&l->value[kind], l->model, l->version, r->name);
	f->pvalue = view_value(&l->pvalue[kind], l->model, l->version, r->name);
	f->psi = view_value(&l->psi[kind], l->model, l->version, r->name);
	f->rows = view_value(&l->rows[kind], l->model, l->version, r->name);
	f->limit = r->categorical ? l->tvd_limit : l->ks_limit;
	f->limit_is_default = r->categorical ? l->tvd_default : l->ks_default;
	if (isnan(f->rows))
		f->rows = 0;
	missing = view_value(&l->missing, l->model, l->version, r->name);
	f->missing_share = missing > 0 ? missing / (missing + f->rows) : 0;
	f->new_share = view_value(&l->fresh, l->model, l->version, r->name);
	f->mean = view_value(&l->mean, l->model, l->version, r->name);
	f->stddev = view_value(&l->stddev, l->model, l->version, r->name);
	f->ref_mean = r->categorical ? NAN : r->mean;
	f->ref_stddev = r->categorical ? NAN : r->stddev;
	f->above_share = invalid_share(l, r->name, "above", f->rows);
	f->below_share = invalid_share(l, r->name, "below", f->rows);
	f->unit_hint = r->categorical ? NULL : view_unit_hint(l->mem, f->mean, f->ref_mean);
	judge(f);
	fill_cells(l, kind, f);
}

static int
worst_first(const void *x, const void *y)
{
	const struct view_feature *a = x, *b = y;
	const double va = a->few_rows || isnan(a->value) ? -1 : a->value / a->limit;
	const double vb = b->few_rows || isnan(b->value) ? -1 : b->value / b->limit;

	return va > vb ? -1 : va < vb ? 1 : strcmp(a->name, b->name);
}

static void
release(struct load *l)
{
	for (int k = 0; k < 2; k++) {
		promql_result_release(&l->value[k]);
		promql_result_release(&l->pvalue[k]);
		promql_result_release(&l->psi[k]);
		promql_result_release(&l->rows[k]);
	}
	promql_result_release(&l->mean);
	promql_result_release(&l->stddev);
	promql_result_release(&l->missing);
	promql_result_release(&l->invalid);
	promql_result_release(&l->fresh);
}

static int
ask(struct load *l, struct err *e)
{
	int rc = 0;

	for (int k = 0; k < 2; k++) {
		rc |= view_query(l->s, value_name[k], &l->value[k], e);
		rc |= view_query(l->s, pvalue_name[k], &l->pvalue[k], e);
		rc |= view_query(l->s, psi_name[k], &l->psi[k], e);
		rc |= view_query(l->s, rows_name[k], &l->rows[k], e);
		if (l->n_cells > 0)
			rc |= load_cells(l, k, e);
	}
	rc |= view_query(l->s, "mean", &l->mean, e);
	rc |= view_query(l->s, "stddev", &l->stddev, e);
	rc |= view_query(l->s, "missing", &l->missing, e);
	rc |= view_query(l->s, "invalid", &l->invalid, e);
	rc |= view_query(l->s, "new_share", &l->fresh, e);
	return rc < 0 ? -1 : 0;
}

int
view_features(const struct view_source *s, struct arena *mem, const char *model, const char *version, int64_t range_ms,
	      size_t n_cells, struct view_feature **out, size_t *n, struct err *e)
{
	const struct reference *ref =
	    s->promql->references != NULL ? references_find(s->promql->references, model, version) : NULL;
	struct load l = {
	    .s = s, .mem = mem, .model = model, .version = version, .range_ms = range_ms, .n_cells = n_cells};
	int rc;

	*n = 0;
	if (ref == NULL)
		return 0;
	l.ks_limit = view_drift_limit(s, mem, "drift_ks", KS_LIMIT, &l.ks_default);
	l.tvd_limit = view_drift_limit(s, mem, "drift_tvd", KS_LIMIT, &l.tvd_default);
	rc = ask(&l, e);
	*out = arena_calloc(mem, reference_features(ref) + 1, sizeof **out);
	for (size_t i = 0; i < reference_features(ref); i++)
		fill(&l, reference_feature_at(ref, i), &(*out)[(*n)++]);
	qsort(*out, *n, sizeof **out, worst_first);
	release(&l);
	return rc;
}
