/*
 * view_overview.c -- the Overview put together: what is broken, since when, how bad, what changed.
 */
#include <math.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/store.h"
#include "view_private.h"

#define LIKELY_MS       (30 * MS_MINUTE)
#define CHANGES_MAX     200
#define CHANGES_SCANNED 2000 /* events: more are a storm of alerts or a long time, and its beginning is not shown */

struct events {
	struct arena *mem;
	struct view_event *at;
	size_t n, max, total, scanned;
	bool changes; /* only what may be a cause */
};

/* An alert that is no problem yet and not over either is pending. */
static enum health
event_health(const struct store_event *ev)
{
	return strcmp(ev->severity, "problem") == 0   ? HEALTH_BROKEN
	       : strcmp(ev->severity, "warning") == 0 ? HEALTH_WARNING
	       : strcmp(ev->severity, "good") == 0    ? HEALTH_OK
	       : strcmp(ev->kind, "alert") == 0       ? HEALTH_PENDING
						      : HEALTH_UNKNOWN;
}

/* Alerts, what was told of them and what people did about them are what follows a change. */
static bool
is_change(const char *kind)
{
	static const char *const follows[] = {"alert", "notification", "notify", "person"};

	for (size_t i = 0; i < sizeof follows / sizeof *follows; i++)
		if (strcmp(kind, follows[i]) == 0)
			return false;
	return true;
}

static void
on_event(void *arg, const struct store_event *ev)
{
	struct events *c = arg;

	c->scanned++;
	if (c->changes && !is_change(ev->kind))
		return;
	c->total++;
	if (c->n == c->max)
		return;
	c->at[c->n++] = (struct view_event){.id = ev->id,
					    .t = ev->t,
					    .kind = arena_strdup(c->mem, ev->kind),
					    .severity = arena_strdup(c->mem, ev->severity),
					    .subject = arena_strdup(c->mem, ev->subject),
					    .model = arena_strdup(c->mem, ev->model),
					    .text = arena_strdup(c->mem, ev->text),
					    .ref = arena_strdup(c->mem, ev->ref),
					    .health = event_health(ev)};
}

int
view_events(const struct view_source *s, struct arena *mem, int64_t from, int64_t to, size_t max,
	    struct view_event **out, size_t *n, struct err *e)
{
	struct events c = {.mem = mem, .at = arena_calloc(mem, max + 1, sizeof *c.at), .max = max};
	int rc = store_events(s->store, from, to, max, on_event, &c, e);

	*out = c.at;
	*n = c.n;
	return rc;
}

int
view_changes(const struct view_source *s, struct arena *mem, int64_t from, int64_t to, struct view_changes *out,
	     struct err *e)
{
	struct events c = {
	    .mem = mem, .at = arena_calloc(mem, CHANGES_MAX, sizeof *c.at), .max = CHANGES_MAX, .changes = true};
	int rc = store_events(s->store, from, to, CHANGES_SCANNED, on_event, &c, e);

	*out = (struct view_changes){from, to, c.at, c.n, c.total, c.scanned == CHANGES_SCANNED};
	return rc;
}

static const struct view_alert *
oldest_firing(const struct view_overview *o)
{
	const struct view_alert *oldest = NULL;

	for (size_t i = 0; i < o->n_alerts; i++)
		if (o->alerts[i].state == VIEW_FIRING && o->alerts[i].health != HEALTH_MUTED &&
		    (oldest == NULL || o->alerts[i].fired_ms < oldest->fired_ms))
			oldest = &o->alerts[i];
	return oldest;
}

/* A problem on what the alert is about: its model, or without one its job. */
static bool
is_problem_on(const struct view_event *ev, const struct view_alert *a)
{
	return (ev->health == HEALTH_BROKEN || ev->health == HEALTH_WARNING) &&
	       (a->model[0] != '\0' ? strcmp(ev->model, a->model) == 0
				    : strcmp(ev->subject, labels_get(a->labels, "job")) == 0);
}

/* The oldest problem on the same model within 30 minutes before the oldest firing alert: a fact about order, not a cause. */
static int
find_likely_start(const struct view_source *s, struct arena *mem, struct view_overview *o, struct err *e)
{
	const struct view_alert *oldest = oldest_firing(o);
	struct view_changes c = {.n = 0};
	int rc = 0;

	o->likely_kind = o->likely_model = "";
	if (oldest != NULL)
		rc = view_changes(s, mem, oldest->fired_ms - LIKELY_MS, oldest->fired_ms, &c, e);
	for (size_t i = 0; i < c.n; i++) {
		const char *kind = strcmp(c.at[i].kind, "category") == 0 ? "feature" : c.at[i].kind;

		if (!is_problem_on(&c.at[i], oldest))
			continue;
		o->likely_kind = o->likely_changes == 0 || strcmp(o->likely_kind, kind) == 0 ? kind : "";
		o->likely_model = oldest->model;
		o->likely_start_ms = c.at[i].t; /* the oldest is the last */
		o->likely_changes++;
	}
	return rc;
}

static enum health
overall(const struct view_overview *o)
{
	if (o->agent.state != AGENT_OK)
		return HEALTH_UNKNOWN;
	return o->critical > 0  ? HEALTH_BROKEN
	       : o->warning > 0 ? HEALTH_WARNING
	       : o->pending > 0 ? HEALTH_PENDING
				: HEALTH_OK;
}

/* Alerts are those of now, or of when the agent was last alive, also while another time is looked at. */
static struct view_source
present(const struct view_source *s, const struct view_agent *a)
{
	struct view_source p = *s;

	p.now = a->state == AGENT_OK || a->heartbeat_ms == 0 || a->heartbeat_ms > s->clock ? s->clock : a->heartbeat_ms;
	if (p.now < s->now)
		p.now = s->now;
	return p;
}

int
view_state(const struct view_source *s, struct arena *mem, struct view_overview *out, struct err *e)
{
	struct view_source p;
	int rc = 0;

	memset(out, 0, sizeof *out);
	out->t = s->now;
	rc |= view_agent_load(s, mem, &out->agent, e);
	p = present(s, &out->agent);
	out->state_ms = p.now;
	rc |= view_alerts_load(&p, mem, out, e);
	rc |= view_ending_load(&p, mem, out, e);
	rc |= view_logs_load(s, mem, out, e);
	rc |= view_targets_load(s, mem, out, e);
	rc |= view_history_load(&p, out, e);
	view_seen_load(s, mem, out);
	rc |= view_changes(s, mem, s->now - MS_HOUR, s->now, &out->changed, e);
	rc |= view_outbox_sums(&p, out, e);
	rc |= find_likely_start(s, mem, out, e);
	out->health = overall(out);
	return rc < 0 ? -1 : 0;
}

int
view_overview(const struct view_source *s, struct arena *mem, struct view_overview *out, struct err *e)
{
	int rc = view_state(s, mem, out, e);

	rc |= view_targets_up(s, out->targets, out->n_targets, e);
	rc |= view_models_load(s, &(struct view_models_how){0}, mem, out, e);
	view_models_judge(out, mem);
	return rc < 0 ? -1 : 0;
}
