/*
 * view_query.c -- the expressions behind the figures, and asking them.
 */
#include <math.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/err.h"
#include "view_private.h"

#define BY   "sum by (job, model, version) "
#define FEAT "sum by (model, version, feature) "

const struct view_expression view_expressions[] = {
    {"rps", BY "(rate(ml_predictions_total[" VIEW_WINDOW "]))"},
    {"rps_before", BY "(rate(ml_predictions_total[" VIEW_WINDOW "] offset 1d))"},
    {"error_share",
     BY "(increase(ml_errors_total[" VIEW_WINDOW "])) / " BY "(increase(ml_predictions_total[" VIEW_WINDOW "]))"},
    {"p50", "histogram_quantile(0.50, " BY "(rate(ml_latency_seconds[" VIEW_WINDOW "])))"},
    {"p95", "histogram_quantile(0.95, " BY "(rate(ml_latency_seconds[" VIEW_WINDOW "])))"},
    {"p99", "histogram_quantile(0.99, " BY "(rate(ml_latency_seconds[" VIEW_WINDOW "])))"},
    {"score", "histogram_avg(" BY "(increase(ml_score[" VIEW_WINDOW "])))"},
    {"models", "count by (job, model, version) (ml_predictions_total)"},
    {"ks", "drift_ks(" FEAT "(increase(ml_feature[" DRIFT_WINDOW "])))"},
    {"ks_pvalue", "drift_ks_pvalue(" FEAT "(increase(ml_feature[" DRIFT_WINDOW "])))"},
    {"psi", "drift_psi(" FEAT "(increase(ml_feature[" DRIFT_WINDOW "])))"},
    {"rows", "drift_rows(" FEAT "(increase(ml_feature[" DRIFT_WINDOW "])))"},
    {"mean", "histogram_avg(" FEAT "(increase(ml_feature[" DRIFT_WINDOW "])))"},
    {"stddev", "histogram_stddev(" FEAT "(increase(ml_feature[" DRIFT_WINDOW "])))"},
    {"tvd", "drift_tvd(increase(ml_feature_category_total[" DRIFT_WINDOW "]))"},
    {"tvd_pvalue", "drift_chi2_pvalue(increase(ml_feature_category_total[" DRIFT_WINDOW "]))"},
    {"tvd_psi", "drift_psi(increase(ml_feature_category_total[" DRIFT_WINDOW "]))"},
    {"tvd_rows", "drift_rows(increase(ml_feature_category_total[" DRIFT_WINDOW "]))"},
    {"new_share", "drift_new_share(increase(ml_feature_category_total[" DRIFT_WINDOW "]))"},
    {"missing", FEAT "(increase(ml_feature_missing_total[" DRIFT_WINDOW "]))"},
    {"invalid", "sum by (model, version, feature, reason) (increase(ml_feature_invalid_total[" DRIFT_WINDOW "]))"},
    {"up_24h", "avg_over_time(up[1d])"},
    {"health_24h", "avg_over_time(ml_health[1d])"},
    {"file_lines", "rate(mlwatch_log_file_lines_total[225s])"},
    {"versions_1h", BY "(increase(ml_predictions_total[1h]))"},
};
const size_t view_n_expressions = sizeof view_expressions / sizeof *view_expressions;

int
view_query_text(const struct view_source *s, const char *expr, struct promql_result *r, struct err *e)
{
	struct expr *x = promql_parse(expr, e);
	int rc;

	memset(r, 0, sizeof *r);
	if (x == NULL)
		return -1;
	rc = promql_instant(s->promql, x, s->now, r, e);
	expr_close(x);
	return rc;
}

static const char *
expression(const char *name)
{
	for (size_t i = 0; i < view_n_expressions; i++)
		if (strcmp(view_expressions[i].name, name) == 0)
			return view_expressions[i].expr;
	return NULL;
}

int
view_query(const struct view_source *s, const char *name, struct promql_result *r, struct err *e)
{
	const char *expr = expression(name);

	if (expr != NULL)
		return view_query_text(s, expr, r, e);
	memset(r, 0, sizeof *r);
	return err_set(e, ERR_BUG, "no expression '%s'", name);
}

int
view_query_range(const struct view_source *s, struct arena *mem, const char *name, int64_t span_ms, size_t n,
		 struct view_series **out, size_t *n_series, struct err *e)
{
	return view_range(s, mem, expression(name), s->now - span_ms, s->now, n, out, n_series, e);
}

static bool
agrees(struct labels l, const char *name, const char *want)
{
	return want == NULL || strcmp(labels_get(l, name), want) == 0;
}

double
view_value(const struct promql_result *r, const char *model, const char *version, const char *feature)
{
	for (size_t i = 0; i < r->n && r->type == VALUE_VECTOR; i++) {
		struct labels l = r->vector[i].labels;

		if (agrees(l, "model", model) && agrees(l, "version", version) && agrees(l, "feature", feature))
			return r->vector[i].v;
	}
	return NAN;
}

int
view_range(const struct view_source *s, struct arena *mem, const char *expr, int64_t from, int64_t to, size_t n,
	   struct view_series **out, size_t *n_series, struct err *e)
{
	const int64_t step = n > 0 ? (to - from) / (int64_t)n : 0;
	struct expr *x = promql_parse(expr, e);
	struct promql_result r = {0};
	int rc;

	*n_series = 0;
	if (x == NULL || step <= 0) {
		expr_close(x);
		return -1;
	}
	rc = promql_range(s->promql, x, from + step, from + step * (int64_t)n, step, &r, e);
	if (rc == 0) {
		*out = arena_calloc(mem, r.n + 1, sizeof **out);
		*n_series = r.n;
		for (size_t i = 0; i < r.n; i++) {
			double *v = arena_alloc(mem, n * sizeof *v);

			for (size_t k = 0; k < n; k++)
				v[k] = NAN;
			for (size_t k = 0; k < r.matrix[i].n; k++)
				if (r.matrix[i].points[k].h == NULL)
					v[(r.matrix[i].points[k].t - from) / step - 1] = r.matrix[i].points[k].v;
			(*out)[i] = (struct view_series){labels_copy(mem, r.matrix[i].labels), v};
		}
	}
	promql_result_release(&r);
	expr_close(x);
	return rc;
}
