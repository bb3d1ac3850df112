/*
 * view_query.c -- the expressions behind the figures, and asking them.
 */
#include <math.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/err.h"
#include "view_private.h"

/* Figures of models: of each version, and of all versions of a model together. */
#define FIGURES(name, by)                                                                                              \
	{name "rps", by "(rate(ml_predictions_total[" VIEW_WINDOW "]))"},                                              \
	    {name "error_share", by "(increase(ml_errors_total[" VIEW_WINDOW "])) / " by                               \
				    "(increase(ml_predictions_total[" VIEW_WINDOW "]))"},                              \
	    {name "p50", "histogram_quantile(0.50, " by "(rate(ml_latency_seconds[" VIEW_WINDOW "])))"},               \
	    {name "p95", "histogram_quantile(0.95, " by "(rate(ml_latency_seconds[" VIEW_WINDOW "])))"},               \
	    {name "p99", "histogram_quantile(0.99, " by "(rate(ml_latency_seconds[" VIEW_WINDOW "])))"},               \
	{                                                                                                              \
		name "score", "histogram_avg(" by "(increase(ml_score[" VIEW_WINDOW "])))"                             \
	}

const struct view_expression view_expressions[] = {
    FIGURES("", "sum by (job, model, version) "),
    FIGURES("model_", "sum by (job, model) "),
    {"up_1h", "avg_over_time(up[3m])"},
    {"health_1h", "avg_over_time(ml_health[3m])"},
    {"file_lines", "rate(mlwatch_log_file_lines_total[225s])"},
    {"versions_1h", "sum by (job, model, version) (increase(ml_predictions_total[1h]))"},
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
