/*
 * load.c -- reads what a page shows into a snapshot: everything through view.h, charts through PromQL over the range that is
 * shown. Runs in the loader's thread; a snapshot is immutable once it is handed over.
 */
#include "screen.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/drift.h"
#include "mlwatch/err.h"
#include "mlwatch/histogram.h"
#include "mlwatch/promql.h"
#include "mlwatch/reader.h"
#include "mlwatch/store_rows.h"
#include "mlwatch/xalloc.h"
#include "view_private.h"

#define SPARK_CELLS 16
#define SPARKS_MAX  40

struct loading {
	struct snapshot *s;
	struct view_source src;
	struct arena *mem;
	const struct request *q;
	struct err err;
};

static const double *
no_data(struct arena *mem)
{
	double *v = arena_alloc(mem, CHART_POINTS * sizeof *v);

	for (int i = 0; i < CHART_POINTS; i++)
		v[i] = NAN;
	return v;
}

/* The first series of an expression as a track. */
static struct track
track_of(struct loading *l, const char *expr)
{
	struct view_series *series = NULL;
	struct track t = {no_data(l->mem), NAN};
	size_t n = 0;

	if (view_range(&l->src, l->mem, expr, l->s->from, l->s->t, CHART_POINTS, &series, &n, &l->err) == 0 && n > 0)
		t.v = series[0].v;
	for (int i = CHART_POINTS - 1; i >= 0 && isnan(t.last); i--)
		t.last = t.v[i];
	return t;
}

static struct track
model_track(struct loading *l, const char *fmt)
{
	char selector[400], expr[1400];
	int64_t window = (l->s->t - l->s->from) / CHART_POINTS;

	if (window < MS_MINUTE)
		window = MS_MINUTE;
	snprintf(selector, sizeof selector, "{model=\"%s\",version=\"%s\"}[%lldms]", l->s->model, l->s->version,
		 (long long)window);
	/* every %1$s is the selector with its range */
	snprintf(expr, sizeof expr, fmt, selector, selector);
	return track_of(l, expr);
}

static void
choose_model(struct loading *l)
{
	struct snapshot *s = l->s;

	for (size_t i = 0; i < s->o.n_models; i++)
		if (strcmp(s->o.models[i].model, l->q->model) == 0 &&
		    strcmp(s->o.models[i].version, l->q->version) == 0) {
			s->model = s->o.models[i].model;
			s->version = s->o.models[i].version;
			return;
		}
	if (s->o.n_models > 0) {
		s->model = s->o.models[0].model;
		s->version = s->o.models[0].version;
	}
}

/* A rule that limits a latency of the selected model gives the dashed line. */
static double
latency_limit(const struct snapshot *s)
{
	for (size_t i = 0; i < s->o.n_alerts; i++) {
		const struct view_alert *a = &s->o.alerts[i];

		if (a->limit_op != NULL && a->value.unit == UNIT_SECONDS && s->model != NULL &&
		    strcmp(a->model, s->model) == 0)
			return a->limit.v;
	}
	return NAN;
}

static void
load_charts(struct loading *l)
{
	struct snapshot *s = l->s;

	if (s->model == NULL)
		return;
	s->p50 = model_track(l, "histogram_quantile(0.50, sum(rate(ml_latency_seconds%s)))");
	s->p95 = model_track(l, "histogram_quantile(0.95, sum(rate(ml_latency_seconds%s)))");
	s->p99 = model_track(l, "histogram_quantile(0.99, sum(rate(ml_latency_seconds%s)))");
	s->rps = model_track(l, "sum(rate(ml_predictions_total%s))");
	s->errors = model_track(l, "sum(increase(ml_errors_total%s)) / sum(increase(ml_predictions_total%s))");
	if (s->page == PAGE_MODELS)
		s->rps_before = model_track(l, "sum(rate(ml_predictions_total%s offset 1d))");
	s->latency_limit = latency_limit(s);
}

static void
load_features(struct loading *l, size_t cells)
{
	struct snapshot *s = l->s;

	if (s->model != NULL)
		view_features(&l->src, l->mem, s->model, s->version, l->q->range_ms, cells, &s->features,
			      &s->n_features, &l->err);
}

/* The series of an expression that shares most labels with an alert. */
static const struct view_series *
series_for(const struct view_series *series, size_t n, const struct view_alert *a)
{
	size_t best = 0, most = 0;

	for (size_t k = 0; k < n; k++) {
		size_t same = 1;

		for (size_t j = 0; j < series[k].labels.n; j++)
			same += strcmp(labels_get(a->labels, series[k].labels.at[j].name),
				       series[k].labels.at[j].value) == 0;
		if (same > most) {
			most = same;
			best = k;
		}
	}
	return &series[best];
}

struct history {
	struct snapshot *s;
	uint64_t fingerprint;
};

static void
on_firing(void *arg, const struct store_firing *f)
{
	struct snapshot *s = ((struct history *)arg)->s;
	const int64_t end = f->resolved_ms > 0 ? f->resolved_ms : s->t;

	s->fired_30d++;
	s->fired_30d_ms += end > f->fired_ms ? end - f->fired_ms : 0;
	if (f->resolved_ms == 0)
		s->peak = f->peak;
}

static void
on_notification(void *arg, const struct store_notification *n)
{
	const struct history *h = arg;
	bool about = false;

	for (size_t i = 0; i + sizeof h->fingerprint <= n->firing_n && n->firing != NULL; i += sizeof h->fingerprint)
		about = about || memcmp((const char *)n->firing + i, &h->fingerprint, sizeof h->fingerprint) == 0;
	if (!about)
		return;
	h->s->sent_for += n->state == OUTBOX_SENT;
	h->s->waiting_for += n->state == OUTBOX_QUEUED || n->state == OUTBOX_SENDING;
	h->s->given_up_for += n->state == OUTBOX_GIVEN_UP;
}

/* How often it fired, how bad it got, who was told. */
static void
load_alert_history(struct loading *l)
{
	struct history h = {.s = l->s, .fingerprint = strtoull(l->q->alert, NULL, 16)};

	l->s->peak = NAN;
	if (h.fingerprint == 0)
		return;
	store_firings(l->src.store, h.fingerprint, l->s->t - 30 * MS_DAY, 1000, on_firing, &h, &l->err);
	store_notifications(l->src.store, OUTBOX_ALL, 500, true, on_notification, &h, &l->err);
}

/* The value of the alert's expression over the range, for the labels that its series has. */
static void
load_alert_value(struct loading *l)
{
	struct snapshot *s = l->s;

	for (size_t i = 0; i < s->o.n_alerts; i++) {
		const struct view_alert *a = &s->o.alerts[i];
		struct view_series *series = NULL;
		size_t n = 0;

		if (strcmp(a->fingerprint, l->q->alert) != 0)
			continue;
		s->alert = a->fingerprint;
		s->value = (struct track){no_data(l->mem), NAN};
		if (view_range(&l->src, l->mem, a->value_expr[0] != '\0' ? a->value_expr : a->expr, s->from, s->t,
			       CHART_POINTS, &series, &n, &l->err) < 0 ||
		    n == 0)
			return;
		s->value.v = series_for(series, n, a)->v;
		return;
	}
}

/* The last hour of every alert in a list, in as many cells as its column has; alerts of one rule share one query. */
static void
load_sparks(struct loading *l)
{
	struct snapshot *s = l->s;

	for (size_t i = 0; i < s->o.n_alerts && i < SPARKS_MAX; i++) {
		const char *expr = s->o.alerts[i].value_expr;
		struct view_series *series = NULL;
		size_t n = 0;

		if (expr[0] == '\0' || s->o.alerts[i].spark != NULL ||
		    view_range(&l->src, l->mem, expr, s->t - MS_HOUR, s->t, SPARK_CELLS, &series, &n, &l->err) < 0 ||
		    n == 0)
			continue;
		for (size_t k = i; k < s->o.n_alerts; k++)
			if (strcmp(s->o.alerts[k].value_expr, expr) == 0) {
				s->o.alerts[k].spark = series_for(series, n, &s->o.alerts[k])->v;
				s->o.alerts[k].n_spark = SPARK_CELLS;
			}
	}
}

/* ---- one feature ---- */

static void
decile_bins(struct loading *l, const struct histogram *now)
{
	struct snapshot *s = l->s;
	const struct histogram *ref = s->reference->hist;
	double *a = arena_calloc(l->mem, 12, sizeof *a), *b = arena_calloc(l->mem, 12, sizeof *b), lower = -INFINITY;
	const char **label = arena_calloc(l->mem, 12, sizeof *label);

	for (int k = 1; k <= 11; k++) {
		const double upper = k < 10    ? histogram_quantile(ref, k / 10.0)
				     : k == 10 ? s->reference->max
					       : INFINITY;
		char number[16];

		if (!(upper > lower))
			continue;
		a[s->n_bins] = histogram_fraction(ref, lower, upper);
		b[s->n_bins] = now != NULL ? histogram_fraction(now, lower, upper) : 0;
		short_number(number, k <= 10 ? upper : NAN);
		label[s->n_bins++] = k <= 10 ? arena_strdup(l->mem, number) : "above";
		lower = upper;
	}
	s->decile_ref = a;
	s->decile_now = b;
	s->decile_label = label;
}

static void
category_bins(struct loading *l, const struct promql_result *r)
{
	struct snapshot *s = l->s;
	const struct category_set *c = &s->reference->categories;
	const size_t n = c->n < 11 ? c->n : 11;
	double *a = arena_calloc(l->mem, 12, sizeof *a), *b = arena_calloc(l->mem, 12, sizeof *b), total = 0,
	       ref_total = 0;
	const char **label = arena_calloc(l->mem, 12, sizeof *label);

	for (size_t i = 0; i < c->n; i++)
		ref_total += c->at[i].count;
	for (size_t i = 0; i < r->n && r->type == VALUE_VECTOR; i++)
		total += r->vector[i].v;
	for (size_t k = 0; k < n; k++) {
		a[k] = ref_total > 0 ? c->at[k].count / ref_total : 0;
		for (size_t i = 0; i < r->n && r->type == VALUE_VECTOR; i++)
			if (strcmp(labels_get(r->vector[i].labels, "category"), c->at[k].name) == 0)
				b[k] = total > 0 ? r->vector[i].v / total : 0;
		label[k] = arena_strdup(l->mem, c->at[k].name);
	}
	s->n_bins = n;
	s->decile_ref = a;
	s->decile_now = b;
	s->decile_label = label;
}

static void
load_feature(struct loading *l, struct reader *rd)
{
	struct snapshot *s = l->s;
	const struct reference *ref =
	    s->model != NULL ? references_find(reader_references(rd), s->model, s->version) : NULL;
	const char *name = l->q->feature[0] != '\0' ? l->q->feature : s->n_features > 0 ? s->features[0].name : NULL;
	struct promql_result r;
	char expr[900];

	s->reference = ref != NULL && name != NULL ? reference_feature_find(ref, name) : NULL;
	if (s->reference == NULL)
		return;
	s->feature = arena_strdup(l->mem, name);
	s->reference_created = arena_strdup(l->mem, reference_created(ref));
	snprintf(expr, sizeof expr,
		 "sum by (%s) (increase(%s{model=\"%s\",version=\"%s\",feature=\"%s\"}[" DRIFT_WINDOW "]))",
		 s->reference->categorical ? "category" : "feature",
		 s->reference->categorical ? "ml_feature_category_total" : "ml_feature", s->model, s->version, name);
	if (view_query_text(&l->src, expr, &r, &l->err) == 0) {
		if (s->reference->categorical)
			category_bins(l, &r);
		else
			decile_bins(l, r.n > 0 && r.type == VALUE_VECTOR ? r.vector[0].h : NULL);
	}
	promql_result_release(&r);
	snprintf(expr, sizeof expr, "drift_%s(increase(%s{model=\"%s\",version=\"%s\",feature=\"%s\"}[5m]))",
		 s->reference->categorical ? "tvd" : "ks",
		 s->reference->categorical ? "ml_feature_category_total" : "ml_feature", s->model, s->version, name);
	s->value = track_of(l, expr);
	s->reference = NULL; /* it lives with the reader, which may read its references anew */
}

/* ---- the query line ---- */

static void
load_query(struct loading *l)
{
	struct snapshot *s = l->s;
	struct err e = ERR_INIT;

	if (l->q->query[0] == '\0')
		return;
	if (view_range(&l->src, l->mem, l->q->query, s->from, s->t, CHART_POINTS, &s->query, &s->n_query, &e) < 0)
		s->query_error = arena_printf(l->mem, "%d:%d: %s", e.line, e.column, e.text);
}

static void
load_page(struct loading *l, struct reader *rd)
{
	struct snapshot *s = l->s;

	switch (s->page) {
	case PAGE_OVERVIEW:
		load_sparks(l);
		load_charts(l);
		load_features(l, 0);
		break;
	case PAGE_ALERTS:
		load_sparks(l);
		view_rules(&l->src, l->mem, &s->rules, &s->n_rules, &l->err);
		view_silences(&l->src, l->mem, &s->silences, &s->n_silences, &l->err);
		view_resolved(&l->src, l->mem, s->t - MS_DAY, &s->resolved, &s->n_resolved, &l->err);
		break;
	case PAGE_ALERT:
		load_alert_value(l);
		load_alert_history(l);
		load_features(l, 0);
		break;
	case PAGE_MODELS:
		load_charts(l);
		break;
	case PAGE_DRIFT:
		load_features(l, HEAT_CELLS);
		break;
	case PAGE_FEATURE:
		load_features(l, 0);
		load_feature(l, rd);
		break;
	case PAGE_NOTIFY:
		view_receivers(&l->src, l->mem, &s->receivers, &s->n_receivers, &l->err);
		view_messages(&l->src, l->mem, true, 50, &s->waiting, &s->n_waiting, &l->err);
		view_messages(&l->src, l->mem, false, 100, &s->sent, &s->n_sent, &l->err);
		break;
	case PAGE_EVENTS:
		view_events(&l->src, l->mem, s->from, s->t, 1000, &s->events, &s->n_events, &l->err);
		break;
	case PAGE_QUERY:
		load_query(l);
		break;
	default:
		break;
	}
}

static struct snapshot *
snapshot_open(const struct request *q)
{
	struct snapshot *s = xcalloc(1, sizeof *s);

	s->mem = arena_open();
	s->page = q->page;
	s->clock = q->clock > 0 ? q->clock : clock_now();
	s->t = q->at > 0 ? q->at : s->clock;
	s->from = s->t - q->range_ms;
	s->latency_limit = NAN;
	return s;
}

struct snapshot *
snapshot_load(struct reader *rd, const struct request *q)
{
	struct snapshot *s = snapshot_open(q);
	struct loading l = {
	    .s = s, .mem = s->mem, .q = q, .src = {reader_store(rd), reader_promql(rd), s->t, s->clock}};
	const int64_t t0 = clock_monotonic();

	if (reader_refresh(rd, &l.err) < 0 || view_overview(&l.src, s->mem, &s->o, &l.err) < 0)
		s->error = arena_strdup(s->mem, l.err.text);
	choose_model(&l);
	load_page(&l, rd);
	s->took = (double)(clock_monotonic() - t0) / 1000;
	return s;
}

struct snapshot *
snapshot_failed(const struct request *q, const char *why)
{
	struct snapshot *s = snapshot_open(q);

	s->error = arena_strdup(s->mem, why);
	s->o.agent.host = "";
	s->o.agent.version = "";
	s->o.agent.state = AGENT_NEVER;
	s->o.health = HEALTH_UNKNOWN;
	return s;
}

void
snapshot_close(struct snapshot *s)
{
	if (s == NULL)
		return;
	arena_close(s->mem);
	free(s);
}
