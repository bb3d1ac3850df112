/*
 * load_charts.c -- tracks over the range, their new tail only; the charts of a model; the sparks of alerts.
 */
#include "load.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/store.h"
#include "view_private.h"

#define SPARK_CELLS 16
#define SPARKS_MAX  200 /* alerts, the worst */
#define ASKED_MAX   40  /* rules of theirs */

static int64_t
step_of(struct time_span span)
{
	return (span.to - span.from) / CHART_POINTS;
}

struct time_span
chart_span(const struct loading *l)
{
	int64_t step = l->q->range_ms / CHART_POINTS, to;

	if (step < 1)
		step = 1;
	to = l->src.now / step * step;
	return (struct time_span){to - step * CHART_POINTS, to};
}

/* How many points at the end are not in the values that are there; CHART_POINTS: all. */
static int
tail_length(struct time_span span, const struct track *before, struct time_span before_span)
{
	const int64_t step = step_of(span), moved = span.to - before_span.to;

	if (before == NULL || before->v == NULL || step_of(before_span) != step || moved < 0 || moved % step != 0 ||
	    moved / step >= CHART_POINTS)
		return CHART_POINTS;
	/* the newest point was of a window that was still open, and a late record may have come since */
	return (int)(moved / step) + 2 < CHART_POINTS ? (int)(moved / step) + 2 : CHART_POINTS;
}

/* At least so long, and whole windows of a time: one that is open at an end counts in full, and a steady rate would look like a saw. */
static int64_t
whole_windows(struct loading *l, int64_t from, int64_t ms)
{
	const int64_t width = store_resolution(l->src.store, from - l->back_ms, &l->err);

	return width > 0 ? (ms + width - 1) / width * width : ms;
}

/* The newest n points of v: of the alert's own series, or of the only one. */
static void
read_tail(struct loading *l, const char *expr, const struct view_alert *a, struct time_span span, int n, double *v)
{
	const int64_t step = step_of(span), every = whole_windows(l, span.from, step);
	const int64_t first = (span.to - step * (n - 1)) / every * every, last = span.to / every * every;
	struct view_series *series = NULL;
	const struct view_series *own = NULL;
	size_t found = 0;

	if (view_range(&l->src, l->mem, expr, first - every, last, (size_t)((last - first) / every + 1), &series,
		       &found, &l->err) == 0)
		own = a != NULL ? series_for(series, found, a) : found > 0 ? series : NULL;
	if (own == NULL)
		return;
	for (int i = CHART_POINTS - n; i < CHART_POINTS; i++)
		v[i] = own->v[(span.to - step * (CHART_POINTS - 1 - i) - first) / every];
}

struct track
load_alert_track(struct loading *l, const char *expr, const struct view_alert *a, struct time_span span,
		 const struct track *before, struct time_span before_span)
{
	const int n = tail_length(span, before, before_span), kept = CHART_POINTS - n;
	const int64_t step = step_of(span);
	double *v = arena_alloc(l->mem, CHART_POINTS * sizeof *v);
	struct track t = {v, NAN};

	for (int i = 0; i < CHART_POINTS; i++)
		v[i] = NAN;
	if (kept > 0)
		memcpy(v, before->v + (span.to - before_span.to) / step, (size_t)kept * sizeof *v);
	read_tail(l, expr, a, span, n, v);
	for (int i = CHART_POINTS - 1; i >= 0 && isnan(t.last); i--)
		t.last = v[i];
	return t;
}

struct track
load_track(struct loading *l, const char *expr, struct time_span span, const struct track *before,
	   struct time_span before_span)
{
	return load_alert_track(l, expr, NULL, span, before, before_span);
}

/* ---- the charts of a model ---- */

/* Of the version, or of all of them when they are one row. */
static void
model_selector(const struct loading *l, int64_t window, struct buf *out)
{
	const struct view_model *m = snapshot_model(l->s);

	buf_addstr(out, "{model=");
	labels_quote(out, m->model);
	buf_addstr(out, ",job=");
	labels_quote(out, m->job);
	if (m->together <= 1) {
		buf_addstr(out, ",version=");
		labels_quote(out, m->version);
	}
	buf_addf(out, "}[%lldms]", (long long)window);
}

static const struct chart_kind {
	const char *fmt; /* every %1$s is the selector with its range, %2$s how far back */
	size_t member;
	bool models_only;
} charts[] = {
#define T(member) offsetof(struct part_charts, member)
    {"histogram_quantile(0.50, sum(rate(ml_latency_seconds%1$s)))", T(p50), false},
    {"histogram_quantile(0.95, sum(rate(ml_latency_seconds%1$s)))", T(p95), false},
    {"histogram_quantile(0.99, sum(rate(ml_latency_seconds%1$s)))", T(p99), false},
    {"sum(rate(ml_predictions_total%1$s))", T(rps), false},
    {"sum(increase(ml_errors_total%1$s)) / sum(increase(ml_predictions_total%1$s))", T(errors), false},
    {"sum(rate(ml_predictions_total%1$s offset %2$s))", T(rps_before), true},
#undef T
};

static void
read_chart(struct loading *l, const struct chart_kind *k, const struct part_charts *before, struct part_charts *c)
{
	const int64_t step = step_of(c->span), window = step > MS_MINUTE ? step : MS_MINUTE; /* that a point is over */
	const struct track *old = before != NULL ? (const struct track *)((const char *)before + k->member) : NULL;
	struct buf selector = BUF_INIT, expr = BUF_INIT;

	l->back_ms = !k->models_only ? 0 : l->q->behind_week ? 7 * MS_DAY : MS_DAY;
	model_selector(l, whole_windows(l, c->span.from, window), &selector);
	buf_addf(&expr, k->fmt, buf_str(&selector), l->q->behind_week ? "1w" : "1d");
	*(struct track *)((char *)c + k->member) =
	    load_track(l, buf_str(&expr), c->span, old, before != NULL ? before->span : c->span);
	l->back_ms = 0;
	buf_release(&selector);
	buf_release(&expr);
}

void *
load_charts(struct loading *l)
{
	struct part_charts *c = arena_calloc(l->mem, 1, sizeof *c);
	struct view_limits limits;

	c->span = chart_span(l);
	c->latency_limit = c->error_limit = NAN;
	if (snapshot_model(l->s) == NULL)
		return c;
	for (size_t i = 0; i < sizeof charts / sizeof *charts; i++)
		if (!charts[i].models_only || l->q->page == PAGE_MODELS)
			read_chart(l, &charts[i], l->before, c);
	limits = view_model_limits(&l->src, &l->s->o, l->s->model, l->s->version);
	c->latency_limit = limits.latency;
	c->latency_quantile = limits.quantile;
	c->error_limit = limits.errors;
	return c;
}

/* ---- sparks ---- */

bool
is_of_alert(struct labels l, const struct view_alert *a)
{
	for (size_t i = 0; i < l.n; i++)
		if (labels_has(a->labels, l.at[i].name) &&
		    strcmp(labels_get(a->labels, l.at[i].name), l.at[i].value) != 0)
			return false;
	return true;
}

const struct view_series *
series_for(const struct view_series *series, size_t n, const struct view_alert *a)
{
	const struct view_series *best = NULL;
	size_t most = 0;

	for (size_t k = 0; k < n; k++) {
		size_t same = 1;

		if (!is_of_alert(series[k].labels, a))
			continue;
		for (size_t j = 0; j < series[k].labels.n; j++)
			same += labels_has(a->labels, series[k].labels.at[j].name);
		if (same > most) {
			most = same;
			best = &series[k];
		}
	}
	return best;
}

/* What its value is; without a constant to compare with the expression itself. */
static const char *
value_of(const struct view_alert *a)
{
	return a->value_expr[0] != '\0' ? a->value_expr : a->expr;
}

/* Alerts of one rule share one query. */
void *
load_sparks(struct loading *l)
{
	const struct view_overview *o = &l->s->o;
	const size_t n = o->n_alerts < SPARKS_MAX ? o->n_alerts : SPARKS_MAX;
	struct part_sparks *p = arena_calloc(l->mem, 1, sizeof *p);
	static const double none[1]; /* asked for, and not there */
	int asked = 0;

	p->at = arena_calloc(l->mem, n + 1, sizeof *p->at);
	p->n = n;
	for (size_t i = 0; i < n; i++) {
		const char *expr = value_of(&o->alerts[i]);
		struct view_series *series = NULL;
		size_t found = 0;

		p->at[i].fingerprint = arena_strdup(l->mem, o->alerts[i].fingerprint);
		if (p->at[i].v != NULL || asked++ >= ASKED_MAX)
			continue;
		view_range(&l->src, l->mem, expr, o->state_ms - MS_HOUR, o->state_ms, SPARK_CELLS, &series, &found,
			   &l->err);
		for (size_t k = i; k < n; k++)
			if (strcmp(value_of(&o->alerts[k]), expr) == 0) {
				const struct view_series *own = series_for(series, found, &o->alerts[k]);

				p->at[k].v = own != NULL ? own->v : none;
				p->at[k].n = own != NULL ? SPARK_CELLS : 0;
			}
	}
	return p;
}
