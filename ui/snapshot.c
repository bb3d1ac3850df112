/*
 * snapshot.c -- see snapshot.h: a picture's data out of the boxes of its parts, and what a request comes to in it.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/xalloc.h"
#include "parts.h"
#include "view_private.h"

struct snapshot *
snapshot_open(const struct request *q)
{
	struct snapshot *s = xcalloc(1, sizeof *s);

	s->mem = arena_open();
	s->clock = q->clock > 0 ? q->clock : clock_now();
	s->t = q->at > 0 ? q->at : s->clock;
	s->from = s->t - q->range_ms;
	s->live = q->at == 0;
	return s;
}

void
snapshot_close(struct snapshot *s)
{
	if (s == NULL)
		return;
	for (int i = 0; i < N_PARTS; i++)
		part_let_go(s->box[i]);
	arena_close(s->mem);
	free(s);
}

/* Models are judged by the alerts of this snapshot, whenever their figures were read. */
static void
take_models(struct snapshot *s, const struct view_overview *models)
{
	s->o.models = arena_alloc(s->mem, (models->n_models + 1) * sizeof *s->o.models);
	if (models->n_models > 0)
		memcpy(s->o.models, models->models, models->n_models * sizeof *s->o.models);
	s->o.n_models = models->n_models;
	s->o.models_window_ms = models->models_window_ms;
	s->has_models = true;
	view_models_judge(&s->o, s->mem);
}

void
snapshot_put(struct snapshot *s, enum part part, struct part_box *b)
{
	s->box[part] = part_hold(b);
	if (b->payload == NULL)
		return;
	if (part == PART_STATE)
		s->o = *(struct view_overview *)b->payload;
	else if (part == PART_MODELS)
		take_models(s, b->payload);
	else if (part == PART_CHANGES)
		s->o.changed = *(struct view_changes *)b->payload;
	else
		*(const void **)((char *)s + part_kinds[part].member) = b->payload;
}

struct snapshot *
snapshot_copy(const struct snapshot *s, const struct request *q)
{
	struct snapshot *copy = snapshot_open(q);

	copy->t = s->t;
	copy->from = s->from;
	copy->clock = s->clock;
	for (int i = 0; i < N_PARTS; i++)
		if (s->box[i] != NULL)
			snapshot_put(copy, (enum part)i, s->box[i]);
	copy->model = s->model != NULL ? arena_strdup(copy->mem, s->model) : NULL;
	copy->version = s->version != NULL ? arena_strdup(copy->mem, s->version) : NULL;
	copy->job = s->job != NULL ? arena_strdup(copy->mem, s->job) : NULL;
	copy->alert = s->alert != NULL ? arena_strdup(copy->mem, s->alert) : NULL;
	copy->feature = s->feature != NULL ? arena_strdup(copy->mem, s->feature) : NULL;
	copy->trouble = s->trouble != NULL ? arena_strdup(copy->mem, s->trouble) : NULL;
	copy->error = s->error != NULL ? arena_strdup(copy->mem, s->error) : NULL;
	return copy;
}

void
snapshot_settle(struct snapshot *s, const struct request *q)
{
	const struct view_agent *a = &s->o.agent;

	if (s->live && (a->state != AGENT_OK || s->error != NULL) && a->heartbeat_ms > 0 && a->heartbeat_ms < s->t)
		s->t = a->heartbeat_ms;
	s->from = s->t - q->range_ms;
	s->o.t = s->t;
}

/* ---- what the request comes to ---- */

const struct view_alert *
alert_by_fingerprint(const struct view_overview *o, const char *fingerprint)
{
	for (size_t i = 0; fingerprint != NULL && i < o->n_alerts; i++)
		if (strcmp(o->alerts[i].fingerprint, fingerprint) == 0)
			return &o->alerts[i];
	return NULL;
}

/* NULL or "": any. */
static bool
is_wanted(const char *have, const char *want)
{
	return want == NULL || want[0] == '\0' || strcmp(have, want) == 0;
}

static const struct view_model *
find_model(const struct view_overview *o, const char *model, const char *version, const char *job)
{
	for (size_t i = 0; i < o->n_models; i++)
		if (strcmp(o->models[i].model, model) == 0 && is_wanted(o->models[i].version, version) &&
		    is_wanted(o->models[i].job, job))
			return &o->models[i];
	return NULL;
}

const struct view_model *
snapshot_model(const struct snapshot *s)
{
	return s->model != NULL ? find_model(&s->o, s->model, s->version, s->job) : NULL;
}

void
snapshot_resolve(struct snapshot *s, const struct request *q)
{
	const struct view_alert *a = alert_by_fingerprint(&s->o, q->alert);
	const struct view_model *m = NULL;

	if (a == NULL && q->alert[0] == '\0' && s->o.n_alerts > 0)
		a = &s->o.alerts[0];
	if (q->model[0] != '\0') {
		m = find_model(&s->o, q->model, q->version, q->job);
		if (m == NULL) /* its version went, or versions are one row now */
			m = find_model(&s->o, q->model, NULL, q->job);
	} else if (a != NULL && (q->page == PAGE_OVERVIEW || q->page == PAGE_ALERT)) {
		m = find_model(&s->o, a->model, NULL, NULL);
	}
	if (m == NULL && s->o.n_models > 0)
		m = &s->o.models[0];
	s->alert = a != NULL ? a->fingerprint : NULL;
	s->model = m != NULL ? m->model : NULL;
	s->version = m != NULL ? m->version : NULL;
	s->job = m != NULL ? m->job : NULL;
	s->feature = q->feature[0] != '\0' ? arena_strdup(s->mem, q->feature) : NULL;
}

void
snapshot_resolve_feature(struct snapshot *s)
{
	if (s->features == NULL)
		return;
	for (size_t i = 0; s->feature != NULL && i < s->features->n; i++)
		if (strcmp(s->features->at[i].name, s->feature) == 0)
			return;
	s->feature = s->features->n > 0 ? s->features->at[0].name : NULL;
}

struct snapshot *
snapshot_failed(const struct parts *p, const struct request *q, const struct err *e)
{
	struct snapshot *s = snapshot_open(q);

	s->error = arena_strdup(s->mem, e->text);
	s->error_hint = arena_strdup(s->mem, e->hint);
	s->o.agent = (struct view_agent){.host = "", .version = "", .state = AGENT_NEVER};
	s->o.health = HEALTH_UNKNOWN;
	s->blank = p->box[PART_STATE] == NULL || p->box[PART_STATE]->payload == NULL;
	for (int i = 0; i < N_PARTS && !s->blank; i++)
		if (p->box[i] != NULL)
			snapshot_put(s, (enum part)i, p->box[i]);
	snapshot_settle(s, q);
	snapshot_resolve(s, q);
	return s;
}

const struct spark *
snapshot_spark(const struct snapshot *s, const char *fingerprint)
{
	for (size_t i = 0; s->sparks != NULL && i < s->sparks->n; i++)
		if (strcmp(s->sparks->at[i].fingerprint, fingerprint) == 0)
			return &s->sparks->at[i];
	return NULL;
}
