/*
 * load_what.c -- what is the matter with the features behind an alert: how many rows they were judged by, and what happened to them ("mean ×100:
 * unit?", "14 new values", "silenced"). All of it over the stretch of time that the alert's own expression looks at, which a recorded name may hide:
 * a number of rows beside a statistic is that statistic's.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "mlwatch/buf.h"
#include "mlwatch/matcher.h"
#include "view_private.h"

#define MEAN_SHIFTS 0.1 /* a mean that moved less says nothing */

/* ---- the stretch of time ---- */

static void
on_selector(void *arg, const struct matcher *m, size_t n, int64_t range_ms, const char *function)
{
	int64_t *window = arg;

	(void)function;
	for (size_t i = 0; i < n; i++)
		if (strcmp(m[i].name, METRIC_NAME) == 0 && strncmp(m[i].value, "ml_feature", 10) == 0 && *window == 0)
			*window = range_ms;
}

/* Of the first selector of features in it; Drift's own when there is none. */
static int64_t
window_of(const struct view_source *s, const char *expr)
{
	json_t *rules = view_rules_document(s);
	char *spelled = view_spelled_out(rules, expr);
	struct expr *x = promql_parse(spelled, NULL);
	int64_t window = 0;

	if (x != NULL)
		expr_each_selector(x, on_selector, &window);
	expr_close(x);
	free(spelled);
	json_decref(rules);
	return window > 0 ? window : DRIFT_WINDOW_MS;
}

/* ---- asking ---- */

struct answers {
	struct promql_result rows[2], mean, drift[2]; /* of numbers, of categories */
};

static const struct kind {
	const char *metric, *by, *statistic;
} kinds[2] = {{"ml_feature", "model, version, feature", "drift_ks"},
	      {"ml_feature_category_total", "model, version, feature, category", "drift_tvd"}};

static void
ask(struct loading *l, struct promql_result *r, const char *function, const struct kind *k, int64_t window)
{
	struct buf expr = BUF_INIT;

	buf_addf(&expr, "%s(sum by (%s) (increase(%s{model=", function, k->by, k->metric);
	labels_quote(&expr, l->s->model);
	buf_addstr(&expr, ",version=");
	labels_quote(&expr, l->s->version);
	buf_addf(&expr, "}[%lldms])))", (long long)window);
	view_query_text(&l->src, buf_str(&expr), r, &l->err);
	buf_release(&expr);
}

static void
ask_all(struct loading *l, struct answers *a, int64_t window, bool drift)
{
	memset(a, 0, sizeof *a);
	for (int i = 0; i < 2; i++) {
		ask(l, &a->rows[i], "drift_rows", &kinds[i], window);
		if (drift)
			ask(l, &a->drift[i], kinds[i].statistic, &kinds[i], window);
	}
	ask(l, &a->mean, "histogram_avg", &kinds[0], window);
}

static void
release(struct answers *a)
{
	for (int i = 0; i < 2; i++) {
		promql_result_release(&a->rows[i]);
		promql_result_release(&a->drift[i]);
	}
	promql_result_release(&a->mean);
}

static double
value_in(const struct promql_result *r, const char *feature)
{
	for (size_t i = 0; i < r->n && r->type == VALUE_VECTOR; i++)
		if (strcmp(labels_get(r->vector[i].labels, "feature"), feature) == 0)
			return r->vector[i].v;
	return NAN;
}

static double
value_of(const struct promql_result r[2], const char *feature)
{
	const double number = value_in(&r[0], feature);

	return isnan(number) ? value_in(&r[1], feature) : number;
}

/* ---- in words ---- */

static bool
is_silenced(const struct view_overview *o, const char *model, const char *feature)
{
	for (size_t i = 0; i < o->n_alerts; i++)
		if (o->alerts[i].silenced_by != NULL && strcmp(o->alerts[i].model, model) == 0 &&
		    strcmp(o->alerts[i].feature, feature) == 0)
			return true;
	return false;
}

/* "mean ×100: unit?", "mean ×14", "mean +31 %" */
static const char *
mean_text(struct arena *mem, double mean, double before)
{
	const char *hint = view_unit_hint(mem, mean, before);
	const double ratio = mean / before, times = ratio >= 1 ? ratio : 1 / ratio;

	if (hint != NULL) /* "×100: a unit change?" */
		return arena_printf(mem, "mean %.*s: unit?", (int)strcspn(hint, ":"), hint);
	if (!isfinite(ratio) || ratio <= 0)
		return "";
	if (times >= 2)
		return arena_printf(mem, times < 9.95 ? "mean %s%.1f" : "mean %s%.0f", ratio > 1 ? "×" : "÷", times);
	return fabs(ratio - 1) >= MEAN_SHIFTS ? arena_printf(mem, "mean %+.0f %%", (ratio - 1) * 100) : "";
}

static const char *
what_text(struct loading *l, const struct view_alert *a, const struct view_feature *f, double mean)
{
	if (is_silenced(&l->s->o, a->model, f->name))
		return "silenced";
	if (f->categorical && f->new_categories > 0)
		return arena_printf(l->mem, "%d new value%s", f->new_categories, f->new_categories == 1 ? "" : "s");
	if (f->categorical && f->new_share > 0)
		return arena_printf(l->mem, "%.0f %% new values", f->new_share * 100);
	return f->categorical ? "" : mean_text(l->mem, mean, f->ref_mean);
}

static const struct view_feature *
find_feature(const struct part_features *f, const char *name)
{
	for (size_t i = 0; f != NULL && i < f->n; i++)
		if (strcmp(f->at[i].name, name) == 0)
			return &f->at[i];
	return NULL;
}

static void
show_drift(const struct answers *r, const struct view_feature *f, struct behind *b, struct part_alert *p)
{
	b->value.v = value_of(r->drift, b->name);
	b->health = b->value.v > 2.5 * f->limit ? HEALTH_BROKEN : HEALTH_WARNING;
	p->behind_limit = f->limit;
	p->behind_op = ">";
}

void
load_what(struct loading *l, const struct view_alert *a, const char *expr, bool drift, struct part_alert *p)
{
	struct answers r;
	bool some = false;

	for (size_t i = 0; i < p->n_behind; i++)
		some = some || p->behind[i].is_feature;
	if (!some || l->s->model == NULL || strcmp(l->s->model, a->model) != 0)
		return;
	ask_all(l, &r, window_of(&l->src, expr), drift);
	for (size_t i = 0; i < p->n_behind; i++) {
		struct behind *b = &p->behind[i];
		const struct view_feature *f = find_feature(l->s->features, b->name);

		b->rows = value_of(r.rows, b->name);
		if (f == NULL)
			continue;
		b->what = what_text(l, a, f, value_in(&r.mean, b->name));
		if (drift)
			show_drift(&r, f, b, p);
	}
	release(&r);
}
