/*
 * load_behind.c -- the series behind an alert: those that its aggregate is over, of the alert's labels, worst first. An alert about one feature has
 * that one behind it. What is the matter with features is read in load_what.c.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "mlwatch/buf.h"
#include "view_private.h"

#define BEHIND_MAX 100 /* rows kept */

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

	p->of++;
	p->over += is_over(limit, v->v);
	if (limit->op[0] != '\0' && !is_over(limit, v->v))
		return;
	p->behind[p->n_behind++] = (struct behind){
	    .name = feature[0] != '\0' ? arena_strdup(l->mem, feature) : series_name(l->mem, v->labels, a),
	    .is_feature = feature[0] != '\0',
	    .what = "",
	    .value = {v->v, limit->unit, NULL},
	    .rows = NAN,
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
	bool judged = false, below = limit.op[0] == '<';

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
	load_what(l, a, expr, judged, p);
	if (p->n_behind > 0)
		qsort_r(p->behind, p->n_behind, sizeof *p->behind, by_value, &below);
	if (p->n_behind > BEHIND_MAX)
		p->n_behind = BEHIND_MAX;
	p->behind_title = title_of(p);
	promql_result_release(&r);
}

/* The feature that the alert is about: its drift is the alert's value. */
static void
load_own_feature(struct loading *l, const struct view_alert *a, struct part_alert *p)
{
	if (a->feature[0] == '\0' || a->value.unit != UNIT_STATISTIC)
		return;
	p->behind = arena_calloc(l->mem, 1, sizeof *p->behind);
	p->behind[p->n_behind++] = (struct behind){.name = arena_strdup(l->mem, a->feature),
						   .is_feature = true,
						   .what = "",
						   .value = {a->value.v, UNIT_STATISTIC, NULL},
						   .rows = NAN,
						   .health = a->health};
	load_what(l, a, a->value_expr[0] != '\0' ? a->value_expr : a->expr, false, p);
	if (isnan(p->behind[0].rows)) { /* nothing more is known of it than the facts say */
		p->n_behind = 0;
		return;
	}
	p->behind_title = "the feature";
	p->behind_op = a->limit_op != NULL ? arena_strdup(l->mem, a->limit_op) : "";
	p->behind_limit = a->limit.v;
}

static enum unit
unit_behind(const struct loading *l, const char *expr)
{
	json_t *rules = view_rules_document(&l->src);
	char *spelled = view_spelled_out(rules, expr);
	const enum unit unit = quantity_of(spelled, "", 0).unit;

	free(spelled);
	json_decref(rules);
	return unit;
}

void
load_behind(struct loading *l, const struct view_alert *a, struct part_alert *p)
{
	struct expr *x = promql_parse(a->value_expr[0] != '\0' ? a->value_expr : a->expr, NULL);
	struct expr_limit b = x != NULL ? expr_behind(x) : (struct expr_limit){.found = false};

	p->behind_op = "";
	p->behind_limit = NAN;
	if (b.found)
		load_series(l, a, b.value_text, (struct limit){b.op, b.limit, unit_behind(l, b.value_text)}, p);
	if (p->behind_title == NULL)
		load_own_feature(l, a, p);
	free(b.value_text);
	expr_close(x);
}
