/*
 * view_models.c -- models: traffic, errors, latency, score, how many features drifted.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/store.h"
#include "view_drift.h"

/* Drifted features are counted that often at the most, else in a 400th of the time: it takes the histograms of every feature. */
#define DRIFTED_EVERY_MS (10 * MS_SECOND)
#define DRIFTED_AGE_MS   MS_MINUTE
#define DRIFTED_SHARE    400

struct figures {
	struct promql_result rps, before, errors, p50, p95, p99, score;
};
static const struct {
	const char *name[2]; /* of a version, of a model */
	size_t offset;
	bool then; /* at the time that it is compared with */
} figure[] = {
#define F(name, field, before)                                                                                         \
	{                                                                                                              \
		{name, "model_" name}, offsetof(struct figures, field), before                                         \
	}
    F("rps", rps, false), F("rps", before, true), F("error_share", errors, false), F("p50", p50, false),
    F("p95", p95, false), F("p99", p99, false),   F("score", score, false),
#undef F
};
#define N_FIGURES (sizeof figure / sizeof *figure)

static struct promql_result *
at(struct figures *f, size_t i)
{
	return (struct promql_result *)((char *)f + figure[i].offset);
}

/* When figures are asked for, and over what. */
struct moment {
	struct view_source at;
	int64_t window_ms;
};

/* What is old is kept in wide windows only: it is asked of whole ones, for one that is open there would count in full. */
static struct moment
moment(const struct view_source *s, int64_t back_ms, struct err *e)
{
	const int64_t width = store_resolution(s->store, s->now - back_ms - VIEW_WINDOW_MS, e);
	struct moment m = {*s, VIEW_WINDOW_MS};

	m.at.now -= back_ms;
	if (width <= 0 || (back_ms == 0 && width == store_resolution(s->store, INT64_MAX, e)))
		return m;
	m.at.now = m.at.now / width * width;
	m.window_ms = (VIEW_WINDOW_MS + width - 1) / width * width;
	return m;
}

/* The expression of that name over the moment's window. */
static int
ask_one(const struct moment *m, const char *name, struct promql_result *r, struct err *e)
{
	struct buf text = BUF_INIT;
	const char *expr = "", *at;
	int rc;

	for (size_t i = 0; i < view_n_expressions; i++)
		if (strcmp(view_expressions[i].name, name) == 0)
			expr = view_expressions[i].expr;
	for (; (at = strstr(expr, "[" VIEW_WINDOW "]")) != NULL; expr = at + strlen("[" VIEW_WINDOW)) {
		buf_add(&text, expr, (size_t)(at - expr) + 1);
		duration_format(&text, m->window_ms);
	}
	buf_addstr(&text, expr);
	rc = view_query_text(&m->at, buf_str(&text), r, e);
	buf_release(&text);
	return rc;
}

static int
ask(const struct view_source *s, bool of_models, bool week, struct figures *f, struct err *e)
{
	const struct moment now = moment(s, 0, e), then = moment(s, week ? 7 * MS_DAY : MS_DAY, e);
	int rc = 0;

	memset(f, 0, sizeof *f);
	for (size_t i = 0; i < N_FIGURES && rc == 0; i++)
		rc = ask_one(figure[i].then ? &then : &now, figure[i].name[of_models], at(f, i), e);
	return rc;
}

static void
release(struct figures *f)
{
	for (size_t i = 0; i < N_FIGURES; i++)
		promql_result_release(at(f, i));
}

static double
value_of(const struct promql_result *r, const struct view_model *m, bool of_model)
{
	for (size_t i = 0; i < r->n && r->type == VALUE_VECTOR; i++) {
		const struct labels l = r->vector[i].labels;

		if (strcmp(labels_get(l, "model"), m->model) == 0 && strcmp(labels_get(l, "job"), m->job) == 0 &&
		    (of_model || strcmp(labels_get(l, "version"), m->version) == 0))
			return r->vector[i].v;
	}
	return NAN;
}

static void
fill_model(const struct figures *f, struct view_model *m, bool of_model)
{
	m->rps = value_of(&f->rps, m, of_model);
	m->rps_before = value_of(&f->before, m, of_model);
	m->rps_change = m->rps_before > 0 ? m->rps / m->rps_before - 1 : NAN;
	m->error_share = value_of(&f->errors, m, of_model);
	m->p50 = value_of(&f->p50, m, of_model);
	m->p95 = value_of(&f->p95, m, of_model);
	m->p99 = value_of(&f->p99, m, of_model);
	m->score = value_of(&f->score, m, of_model);
}

/* ---- drifted features ---- */

static void
count_drifted(const struct view_source *s, const struct stretch *now, const struct drift_limits *limits,
	      struct arena *mem, struct view_model *m)
{
	const struct reference *r =
	    s->promql->references != NULL ? references_find(s->promql->references, m->model, m->version) : NULL;

	m->features = r != NULL ? (int)reference_features(r) : 0;
	for (int i = 0; i < m->features; i++) {
		const struct reference_feature *ref = reference_feature_at(r, (size_t)i);
		const struct feature_in in = stretch_feature(now, mem, m->model, m->version, ref->name);
		struct view_feature f = {.name = ref->name, .categorical = ref->categorical};

		if (in.rows < MIN_ROWS) {
			m->few_rows++;
			continue;
		}
		f.value = compare_one(STATISTIC_KS, mem, ref, &in);
		view_feature_judge(&f, limits, m->model, m->version, STATISTIC_KS);
		m->drifted += f.value > f.limit;
	}
}

static bool
is_due(const struct view_overview *before, int64_t now)
{
	int64_t every = DRIFTED_SHARE * before->drifted_took_ms;

	every = every < DRIFTED_EVERY_MS ? DRIFTED_EVERY_MS : every > DRIFTED_AGE_MS ? DRIFTED_AGE_MS : every;
	return now < before->drifted_ms || now >= before->drifted_ms + every;
}

void
view_drifted_text(char out[24], const struct view_model *m)
{
	if (m->features == 0)
		snprintf(out, 24, "-");
	else if (m->few_rows == m->features)
		snprintf(out, 24, "?/%d", m->features);
	else
		snprintf(out, 24, "%d/%d", m->drifted, m->features);
}

/* What was counted a moment ago, of the same models; and their references, which are not looked at in between. */
static bool
still_counted(const struct view_source *s, const struct view_overview *before, struct arena *mem,
	      struct view_overview *o)
{
	if (before == NULL || before->n_models != o->n_models || is_due(before, s->now))
		return false;
	for (size_t i = 0; i < o->n_models; i++) {
		const struct view_model *m = &before->models[i];

		if (strcmp(m->model, o->models[i].model) != 0 || strcmp(m->version, o->models[i].version) != 0)
			return false;
		o->models[i].drifted = m->drifted;
		o->models[i].few_rows = m->few_rows;
		o->models[i].features = m->features;
		o->models[i].drift_window_ms = m->drift_window_ms;
		o->models[i].reference_features = m->reference_features;
		if (m->reference == NULL)
			continue;
		o->models[i].reference = arena_strdup(mem, m->reference);
		o->models[i].reference_created = arena_strdup(mem, m->reference_created);
	}
	o->drifted_ms = before->drifted_ms;
	o->drifted_took_ms = before->drifted_took_ms;
	return true;
}

/* What arrived is read once for all models whose rules look at as much of it. */
static int
count_over(const struct view_source *s, int64_t window_ms, const struct drift_limits *limits, struct arena *mem,
	   struct view_overview *o, struct err *e)
{
	const struct stretch_of all = {.to = s->now, .width_ms = window_ms};
	struct stretch now;
	int rc = stretch_read(s, &all, &now, e);

	for (size_t i = 0; i < o->n_models && rc == 0; i++)
		if (o->models[i].drift_window_ms == window_ms)
			count_drifted(s, &now, limits, mem, &o->models[i]);
	stretch_release(&now);
	return rc;
}

static bool
is_first_of_window(const struct view_overview *o, size_t i)
{
	size_t k = 0;

	while (o->models[k].drift_window_ms != o->models[i].drift_window_ms)
		k++;
	return k == i;
}

static int
load_drifted(const struct view_source *s, const struct view_overview *before, struct arena *mem,
	     struct view_overview *o, struct err *e)
{
	const int64_t began = clock_monotonic();
	struct drift_limits *limits;
	int rc = 0;

	if (references_count(s->promql->references) == 0 || still_counted(s, before, mem, o))
		return 0;
	limits = drift_limits_open(s);
	for (size_t i = 0; i < o->n_models; i++) {
		o->models[i].drift_window_ms = drift_window(limits, o->models[i].model, o->models[i].version);
		view_model_reference(mem, s->promql->references, &o->models[i]);
	}
	for (size_t i = 0; i < o->n_models && rc == 0; i++)
		if (is_first_of_window(o, i))
			rc = count_over(s, o->models[i].drift_window_ms, limits, mem, o, e);
	drift_limits_close(limits);
	o->drifted_ms = s->now;
	o->drifted_took_ms = clock_monotonic() - began;
	return rc;
}

/* ---- the versions of a model together ---- */

static bool
same_model(const struct view_model *a, const struct view_model *b)
{
	return strcmp(a->model, b->model) == 0 && strcmp(a->job, b->job) == 0;
}

/* Leaves one row per model, of the version with most traffic. Returns whether any had several. */
static bool
put_together(struct view_overview *o)
{
	size_t n = 0;

	for (size_t i = 0; i < o->n_models; i++) {
		size_t k = 0;

		while (k < n && !same_model(&o->models[k], &o->models[i]))
			k++;
		if (k == n) {
			o->models[n++] = o->models[i];
			continue;
		}
		const int versions = o->models[k].together + 1;
		if (o->models[i].rps > o->models[k].rps)
			o->models[k] = o->models[i];
		o->models[k].together = versions;
	}
	const bool any = n < o->n_models;
	o->n_models = n;
	return any;
}

static int
load_together(const struct view_source *s, bool week, struct view_overview *o, struct err *e)
{
	struct figures f;
	int rc;

	if (!put_together(o))
		return 0;
	rc = ask(s, true, week, &f, e);
	for (size_t i = 0; i < o->n_models && rc == 0; i++)
		fill_model(&f, &o->models[i], true);
	release(&f);
	return rc;
}

static int
load_sources(const struct view_source *s, struct arena *mem, struct view_overview *o, struct err *e)
{
	struct promql_result versions;
	int rc = view_query(s, "versions_1h", &versions, e);

	for (size_t i = 0; i < o->n_models && rc == 0; i++)
		view_model_versions(mem, &versions, &o->models[i]);
	promql_result_release(&versions);
	return rc;
}

int
view_models_load(const struct view_source *s, const struct view_models_how *how, struct arena *mem,
		 struct view_overview *o, struct err *e)
{
	struct figures f;
	int rc = ask(s, false, how->week, &f, e);

	o->models_window_ms = moment(s, 0, e).window_ms;
	o->models = arena_calloc(mem, f.rps.n + 1, sizeof *o->models);
	for (size_t i = 0; i < f.rps.n && f.rps.type == VALUE_VECTOR && rc == 0; i++) {
		const struct labels l = f.rps.vector[i].labels;
		struct view_model *m = &o->models[o->n_models++];

		m->model = arena_strdup(mem, labels_get(l, "model"));
		m->version = arena_strdup(mem, labels_get(l, "version"));
		m->job = arena_strdup(mem, labels_get(l, "job"));
		m->together = 1;
		fill_model(&f, m, false);
	}
	release(&f);
	if (rc == 0 && how->together)
		rc = load_together(s, how->week, o, e);
	if (rc == 0)
		rc = load_sources(s, mem, o, e);
	return rc == 0 ? load_drifted(s, how->before, mem, o, e) : rc;
}

/* ---- how they are ---- */

/* Alerts of the model decide its state. */
static void
judge(const struct view_overview *o, struct arena *mem, struct view_model *m)
{
	int firing = 0, pending = 0;

	for (size_t i = 0; i < o->n_alerts; i++) {
		const struct view_alert *a = &o->alerts[i];

		if (strcmp(a->model, m->model) != 0 || a->health == HEALTH_MUTED)
			continue;
		if (a->state == VIEW_FIRING)
			firing++;
		else if (a->state == VIEW_PENDING)
			pending++;
		if (a->health == HEALTH_BROKEN || (a->health == HEALTH_WARNING && m->health != HEALTH_BROKEN) ||
		    m->health == HEALTH_OK)
			m->health = a->health;
	}
	m->state_text = firing > 0    ? arena_printf(mem, "%d firing", firing)
			: pending > 0 ? arena_printf(mem, "%d pending", pending)
				      : "ok";
}

static int
worst_first(const void *x, const void *y)
{
	static const int rank[] = {[HEALTH_BROKEN] = 0,  [HEALTH_WARNING] = 1, [HEALTH_PENDING] = 2,
				   [HEALTH_UNKNOWN] = 3, [HEALTH_MUTED] = 4,   [HEALTH_OK] = 5};
	const struct view_model *a = x, *b = y;

	if (rank[a->health] != rank[b->health])
		return rank[a->health] - rank[b->health];
	if (strcmp(a->model, b->model) != 0)
		return strcmp(a->model, b->model);
	return strcmp(b->version, a->version);
}

void
view_models_judge(struct view_overview *o, struct arena *mem)
{
	for (size_t i = 0; i < o->n_models; i++) {
		struct view_model *m = &o->models[i];

		view_model_log(o, m);
		judge(o, mem, m);
	}
	if (o->n_models > 0)
		qsort(o->models, o->n_models, sizeof *o->models, worst_first);
}
