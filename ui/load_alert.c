/*
 * load_alert.c -- one alert: its value over the range, how often it fired and how bad it got, when it is looked at next, what changed around its
 * start, who was told. What is behind it is in load_behind.c.
 */
#include "load.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "mlwatch/store_rows.h"
#include "view_private.h"

#define BEFORE_MS     (30 * MS_MINUTE) /* of its start: what changed then */
#define EVENTS_SHOWN  50
#define MESSAGES_READ 500 /* the newest: of those, the ones about it */
#define TOLD_MAX      50

/* ---- history ---- */

struct history {
	struct part_alert *p;
	int64_t now;
};

static void
on_firing(void *arg, const struct store_firing *f)
{
	const struct history *h = arg;
	const int64_t end = f->resolved_ms > 0 ? f->resolved_ms : h->now;

	h->p->fired_30d++;
	h->p->fired_30d_ms += end > f->fired_ms ? end - f->fired_ms : 0;
	if (f->resolved_ms == 0) {
		h->p->peak = f->peak;
		h->p->peak_ms = f->peak_ms;
	}
}

/* The rule's last evaluation and its interval say when the next one is. */
static int64_t
next_evaluation(const struct view_source *s, const struct view_alert *a)
{
	json_t *rules = view_rules_document(s), *r;
	int64_t next = 0;
	size_t i;

	json_array_foreach(rules, i, r)
	{
		const char *name = json_string_value(json_object_get(r, "name")),
			   *group = json_string_value(json_object_get(r, "group"));
		const int64_t last = (int64_t)json_integer_value(json_object_get(r, "last_eval_ms"));
		const double interval = json_number_value(json_object_get(r, "interval_seconds"));

		if (name != NULL && group != NULL && strcmp(name, a->name) == 0 && strcmp(group, a->group) == 0 &&
		    last > 0 && interval > 0)
			next = last + (int64_t)(interval * 1000);
	}
	json_decref(rules);
	return next;
}

/* Those of its model, and those of none. */
static void
load_around(struct loading *l, const struct view_alert *a, struct part_alert *p)
{
	struct view_changes c = {.n = 0};

	p->events_span =
	    (struct time_span){a->active_ms - BEFORE_MS, a->state == VIEW_FIRING ? a->fired_ms : l->src.clock};
	view_changes(&l->src, l->mem, p->events_span.from, p->events_span.to, &c, &l->err);
	p->events = c.at;
	for (size_t i = 0; i < c.n && p->n_events < EVENTS_SHOWN; i++)
		if (c.at[i].model[0] == '\0' || strcmp(c.at[i].model, a->model) == 0)
			p->events[p->n_events++] = c.at[i];
}

/* ---- who was told ---- */

struct telling {
	struct loading *l;
	const struct view_alert *alert;
	struct part_alert *p;
	uint64_t fingerprint; /* notification's */
};

static void
on_known(void *arg, const struct store_notify_alert *known)
{
	struct telling *t = arg;

	if (labels_equal(known->labels, t->alert->told))
		t->fingerprint = known->fingerprint;
}

static bool
is_about(const struct store_notification *n, uint64_t fingerprint)
{
	for (size_t i = 0; n->firing != NULL && i + sizeof fingerprint <= n->firing_n; i += sizeof fingerprint)
		if (memcmp((const char *)n->firing + i, &fingerprint, sizeof fingerprint) == 0)
			return true;
	return false;
}

static const char *
result_text(struct arena *mem, const struct store_notification *n)
{
	char took[32];

	view_took_text(took, (double)(n->done_ms - n->created_ms) / 1000);
	switch (n->state) {
	case OUTBOX_SENT:
		if (n->attempts > 1)
			return arena_printf(mem, "sent, %lld at attempt %lld", (long long)n->status,
					    (long long)n->attempts);
		return n->status > 0 ? arena_printf(mem, "sent, %lld after %s", (long long)n->status, took)
				     : arena_printf(mem, "sent after %s", took);
	case OUTBOX_GIVEN_UP:
		return arena_printf(mem, "given up at attempt %lld", (long long)n->attempts);
	case OUTBOX_QUEUED:
	case OUTBOX_SENDING:
		if (n->attempts > 0)
			return arena_printf(mem, "retrying, attempt %lld", (long long)n->attempts);
		break;
	default:
		break;
	}
	return store_outbox_words[n->state];
}

/* What went wrong; of what went well, by which it is found again at the receiver. */
static const char *
detail_text(struct arena *mem, const struct store_notification *n)
{
	json_t *doc = n->payload != NULL ? json_loads(n->payload, 0, NULL) : NULL;
	const char *key = json_string_value(json_object_get(doc, "dedup_key")),
		   *channel = json_string_value(json_object_get(doc, "channel")),
		   *to = json_string_value(json_array_get(json_object_get(doc, "to"), 0)), *text = "";

	if (n->error != NULL && n->error[0] != '\0' && n->state != OUTBOX_SENT)
		text = arena_strdup(mem, n->error);
	else if (key != NULL)
		text = arena_printf(mem, "dedup key %.6s…", key);
	else if (channel != NULL || to != NULL)
		text = arena_strdup(mem, channel != NULL ? channel : to);
	json_decref(doc);
	return text;
}

static void
on_message(void *arg, const struct store_notification *n)
{
	struct telling *t = arg;
	struct part_alert *p = t->p;
	const bool open = n->state == OUTBOX_QUEUED || n->state == OUTBOX_SENDING;

	if (p->n_told == TOLD_MAX || n->created_ms < t->alert->active_ms || !is_about(n, t->fingerprint))
		return;
	p->sent += n->state == OUTBOX_SENT;
	p->retrying += open && n->attempts > 0;
	p->given_up += n->state == OUTBOX_GIVEN_UP;
	p->told[p->n_told++] = (struct told){.id = n->id,
					     .t = n->created_ms,
					     .next_ms = open && n->attempts > 0 ? n->next_ms : 0,
					     .receiver = arena_strdup(t->l->mem, n->receiver),
					     .result = result_text(t->l->mem, n),
					     .detail = detail_text(t->l->mem, n),
					     .health = view_message_health(n)};
}

static void
load_told(struct loading *l, const struct view_alert *a, struct part_alert *p)
{
	struct telling t = {.l = l, .alert = a, .p = p};

	p->told = arena_calloc(l->mem, TOLD_MAX, sizeof *p->told);
	if (a->state != VIEW_FIRING || store_notify_alerts(l->src.store, on_known, &t, &l->err) < 0 ||
	    t.fingerprint == 0)
		return;
	store_notifications(l->src.store, OUTBOX_ALL, MESSAGES_READ, true, on_message, &t, &l->err);
}

/* ---- the whole ---- */

void *
load_alert(struct loading *l)
{
	const struct view_alert *a = alert_by_fingerprint(&l->s->o, l->s->alert);
	const struct part_alert *before = l->before;
	struct part_alert *p = arena_calloc(l->mem, 1, sizeof *p);
	struct history h = {p, l->s->t};

	p->span = chart_span(l);
	p->peak = NAN;
	if (a == NULL)
		return p;
	p->fingerprint = arena_strdup(l->mem, a->fingerprint);
	p->value = load_alert_track(l, a->value_expr[0] != '\0' ? a->value_expr : a->expr, a, p->span,
				    before != NULL ? &before->value : NULL, before != NULL ? before->span : p->span);
	store_firings(l->src.store, strtoull(a->fingerprint, NULL, 16), l->s->t - 30 * MS_DAY, 1000, on_firing, &h,
		      &l->err);
	p->next_evaluation_ms = next_evaluation(&l->src, a);
	load_behind(l, a, p);
	load_around(l, a, p);
	load_told(l, a, p);
	return p;
}
