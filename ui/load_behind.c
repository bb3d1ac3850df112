/*
 * load_behind.c -- the series behind an alert: those that its aggregate is over, of the alert's labels, worst first. Of features it is said what
 * is the matter with them. An alert about one feature has that one behind it.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "mlwatch/buf.h"
#include "view_private.h"

#define BEHIND_MAX  100 /* rows kept */
#define MEAN_SHIFTS 0.1 /* a mean that moved less says nothing */

/* ---- what is the matter with a feature ---- */

static bool
is_silenced(const struct view_overview *o, const char *model, const char *feature)
{
	for (size_t i = 0; i < o->n_alerts; i++)
		if (o->alerts[i].silenced_by != NULL && strcmp(o->alerts[i].model, model) == 0 &&
		    strcmp(o->alerts[i].feature, feature) == 0)
			return true;
	return false;
}

/* "mean ×14", "mean +31 %" */
static const char *
mean_text(struct arena *mem, const struct view_feature *f)
{
	const double ratio = f->mean / f->ref_mean;
	char number[16];

	if (f->unit_hint != NULL) /* "×100: a unit change?" */
		return arena_printf(mem, "mean %.*s: unit?", (int)strcspn(f->unit_hint, ":"), f->unit_hint);
	if (!isfinite(ratio) || ratio <= 0)
		return "";
	if (ratio >= 2 || ratio <= 0.5) {
		short_number(number, ratio >= 2 ? ratio : 1 / ratio);
		if (ratio >= 9.5)
			snprintf(number, sizeof number, "%.0f", ratio);
		return arena_printf(mem, "mean %s%s", ratio >= 2 ? "×" : "÷", number);
	}
	return fabs(ratio - 1) >= MEAN_SHIFTS ? arena_printf(mem, "mean %+.0f %%", (ratio - 1) * 100) : "";
}

static const char *
what_text(struct loading *l, const struct view_alert *a, const struct view_feature *f)
{
	if (is_silenced(&l->s->o, a->model, f->name))
		return "silenced";
	if (f->categorical && f->new_categories > 0)
		return arena_printf(l->mem, "%d new value%s", f->new_categories, f->new_categories == 1 ? "" : "s");
	if (f->categorical && f->new_share > 0)
		return arena_printf(l->mem, "%.0f %% new values", f->new_share * 100);
	return f->categorical ? "" : mean_text(l->mem, f);
}

static const struct view_feature *
find_feature(const struct loading *l, const struct view_alert *a, const char *name)
{
	const struct part_features *f = l->s->features;

	if (f == NULL || l->s->model == NULL || strcmp(l->s->model, a->model) != 0)
		return NULL;
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->at[i].name, name) == 0)
			return &f->at[i];
	return NULL;
}

/* ---- the series ---- */

struct limit {
	const char *op; /* "": none */
	double v;
	enum unit unit; /* of what is compared */
};

static bool
is_over(const struct limit *l, double v)
{
	switch (l->op[0]) {
	case '>':
		return l->op[1] == '=' ? v >= l->v : v > l->v;
	case '<':
		return l->op[1] == '=' ? v <= l->v : v < l->v;
	case '=':
		return v == l->v;
	case '!':
		return v != l->v;
	default:
		return false;
	}
}

/* What tells it from the alert's other series. */
static const char *
series_name(struct arena *mem, struct labels l, const struct view_alert *a)
{
	struct buf b = BUF_INIT;
	const char *name;

	for (size_t i = 0; i < l.n; i++)
		if (!labels_has(a->labels, l.at[i].name) && strcmp(l.at[i].name, METRIC_NAME) != 0)
			buf_addf(&b, "%s%s=%s", b.len > 0 ? " " : "", l.at[i].name, l.at[i].value);
	name = arena_strdup(mem, b.len > 0 ? buf_str(&b) : "the only one");
	buf_release(&b);
	return name;
}

static enum health
how_bad(const struct limit *l, double v)
{
	const double ratio = view_ratio(v, l->v, l->op);

	if (!is_over(l, v))
		return HEALTH_OK;
	return ratio > 2.5 ? HEALTH_BROKEN : HEALTH_WARNING;
}

static void
add_series(struct loading *l, const struct view_alert *a, const struct limit *limit, const struct vector_sample *v,
	   struct part_alert *p)
{
	const char *feature = labels_get(v->labels, "feature");
	const struct view_feature *f = find_feature(l, a, feature);

	p->of++;
	p->over += is_over(limit, v->v);
	if (limit->op[0] != '\0' && !is_over(limit, v->v))
		return;
	p->behind[p->n_behind++] = (struct behind){
	    .name = feature[0] != '\0' ? arena_strdup(l->mem, feature) : series_name(l->mem, v->labels, a),
	    .is_feature = f != NULL,
	    .what = f != NULL ? what_text(l, a, f) : "",
	    .value = {v->v, limit->unit, NULL},
	    .rows = f != NULL ? f->rows : NAN,
	    .health = limit->op[0] == '\0' ? HEALTH_UNKNOWN : how_bad(limit, v->v)};
}

static int
by_value(const void *x, const void *y, void *arg)
{
	const struct behind *a = x, *b = y;
	const bool below = *(const bool *)arg;

	if (a->value.v != b->value.v)
		return (a->value.v > b->value.v) != below ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* Where all are 0 or 1, a rule has judged before: those that are 1 are over, and their drift says by how much. */
static bool
is_judged(const struct promql_result *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->vector[i].v != 0 && r->vector[i].v != 1)
			return false;
	return r->n > 0;
}

static void
show_drift(struct loading *l, const struct view_alert *a, struct part_alert *p)
{
	for (size_t i = 0; i < p->n_behind; i++) {
		const struct view_feature *f = find_feature(l, a, p->behind[i].name);

		if (f == NULL)
			continue;
		p->behind[i].value.v = f->value;
		p->behind[i].health = f->health;
		p->behind_limit = f->limit;
		p->behind_op = ">";
	}
}

/* One series alone is the alert's own value once more. */
static const char *
title_of(const struct part_alert *p)
{
	if (p->n_behind > 0 && p->behind[0].is_feature)
		return "features behind it";
	return p->of > 1 ? "series behind it" : NULL;
}

static void
load_series(struct loading *l, const struct view_alert *a, const char *expr, struct limit limit, struct part_alert *p)
{
	struct promql_result r;
	bool judged, below = limit.op[0] == '<';

	if (view_query_text(&l->src, expr, &r, &l->err) < 0 || r.type != VALUE_VECTOR) {
		promql_result_release(&r);
		return;
	}
	judged = limit.op[0] == '\0' && is_judged(&r);
	if (judged)
		limit = (struct limit){"==", 1, UNIT_STATISTIC};
	p->behind = arena_calloc(l->mem, r.n + 1, sizeof *p->behind);
	for (size_t i = 0; i < r.n; i++)
		if (r.vector[i].h == NULL && is_of_alert(r.vector[i].labels, a))
			add_series(l, a, &limit, &r.vector[i], p);
	p->behind_op = arena_strdup(l->mem, judged ? "" : limit.op);
	p->behind_limit = limit.v;
	if (judged)
		show_drift(l, a, p);
	if (p->n_behind > 0)
		qsort_r(p->behind, p->n_behind, sizeof *p->behind, by_value, &below);
	if (p->n_behind > BEHIND_MAX)
		p->n_behind = BEHIND_MAX;
	p->behind_title = title_of(p);
	promql_result_release(&r);
}

/* The feature that the alert is about. */
static void
load_own_feature(struct loading *l, const struct view_alert *a, struct part_alert *p)
{
	const struct view_feature *f = a->feature[0] != '\0' ? find_feature(l, a, a->feature) : NULL;

	if (f == NULL)
		return;
	p->behind = arena_calloc(l->mem, 1, sizeof *p->behind);
	p->behind[p->n_behind++] = (struct behind){.name = arena_strdup(l->mem, f->name),
						   .is_feature = true,
						   .what = what_text(l, a, f),
						   .value = {f->value, UNIT_STATISTIC, NULL},
						   .rows = f->rows,
						   .health = f->health};
	p->behind_title = "the feature";
	p->behind_op = ">";
	p->behind_limit = f->limit;
}

void
load_behind(struct loading *l, const struct view_alert *a, struct part_alert *p)
{
	struct expr *x = promql_parse(a->value_expr[0] != '\0' ? a->value_expr : a->expr, NULL);
	struct expr_limit b = x != NULL ? expr_behind(x) : (struct expr_limit){.found = false};

	p->behind_op = "";
	p->behind_limit = NAN;
	if (b.found)
		load_series(l, a, b.value_text, (struct limit){b.op, b.limit, view_quantity(b.value_text, "", 0).unit},
			    p);
	if (p->behind_title == NULL)
		load_own_feature(l, a, p);
	free(b.value_text);
	expr_close(x);
}
