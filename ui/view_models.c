/*
 * view_models.c -- models: traffic, errors, latency, score, how many features drifted.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/drift.h"
#include "mlwatch/err.h"
#include "mlwatch/store.h"
#include "view_private.h"

struct figures {
	struct promql_result rps, before, errors, p50, p95, p99, score, ks, tvd, versions;
};
static const struct {
	const char *name;
	size_t offset;
} figure[] = {
#define F(name, field)                                                                                                 \
	{                                                                                                              \
		name, offsetof(struct figures, field)                                                                  \
	}
    F("rps", rps),
    F("rps_before", before),
    F("error_share", errors),
    F("p50", p50),
    F("p95", p95),
    F("p99", p99),
    F("score", score),
    F("ks", ks),
    F("tvd", tvd),
    F("versions_1h", versions),
#undef F
};
#define N_FIGURES (sizeof figure / sizeof *figure)

static struct promql_result *
at(struct figures *f, size_t i)
{
	return (struct promql_result *)((char *)f + figure[i].offset);
}

static void
count_drifted(const struct promql_result *r, double limit, struct view_model *m)
{
	for (size_t i = 0; i < r->n && r->type == VALUE_VECTOR; i++) {
		struct labels l = r->vector[i].labels;

		if (strcmp(labels_get(l, "model"), m->model) != 0 || strcmp(labels_get(l, "version"), m->version) != 0)
			continue;
		m->features++;
		if (r->vector[i].v > limit)
			m->drifted++;
	}
}

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

static void
fill_model(struct figures *f, struct view_model *m, double limit)
{
	const double before = view_value(&f->before, m->model, m->version, NULL);

	m->rps = view_value(&f->rps, m->model, m->version, NULL);
	m->rps_change = before > 0 ? m->rps / before - 1 : NAN;
	m->error_share = view_value(&f->errors, m->model, m->version, NULL);
	m->p50 = view_value(&f->p50, m->model, m->version, NULL);
	m->p95 = view_value(&f->p95, m->model, m->version, NULL);
	m->p99 = view_value(&f->p99, m->model, m->version, NULL);
	m->score = view_value(&f->score, m->model, m->version, NULL);
	count_drifted(&f->ks, limit, m);
	count_drifted(&f->tvd, limit, m);
}

int
view_models_load(const struct view_source *s, struct arena *mem, struct view_overview *o, struct err *e)
{
	struct figures f;
	int rc = 0;
	bool is_default;
	double limit = view_drift_limit(s, mem, "drift_ks", KS_LIMIT, &is_default);

	memset(&f, 0, sizeof f);
	for (size_t i = 0; i < N_FIGURES; i++)
		if (view_query(s, figure[i].name, at(&f, i), e) < 0)
			rc = -1;
	o->models = arena_calloc(mem, f.rps.n + 1, sizeof *o->models);
	for (size_t i = 0; i < f.rps.n && f.rps.type == VALUE_VECTOR; i++) {
		struct labels l = f.rps.vector[i].labels;
		struct view_model *m = &o->models[o->n_models++];

		m->model = arena_strdup(mem, labels_get(l, "model"));
		m->version = arena_strdup(mem, labels_get(l, "version"));
		m->job = arena_strdup(mem, labels_get(l, "job"));
		fill_model(&f, m, limit);
		view_model_versions(mem, &f.versions, m);
		view_model_reference(mem, s->promql->references, m);
	}
	for (size_t i = 0; i < N_FIGURES; i++)
		promql_result_release(at(&f, i));
	return rc;
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
