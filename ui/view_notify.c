/*
 * view_notify.c -- what notification has on record: receivers, messages waiting and sent, silences, acknowledgements.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/matcher.h"
#include "mlwatch/promql.h"
#include "mlwatch/store_rows.h"
#include "view_private.h"

#define RECENT_MESSAGES  2000
#define ENDS_SOON_MS     (10 * MS_MINUTE)
#define KEEP_SILENCES_MS (5 * MS_DAY) /* how long those that are over are still shown, as in Alertmanager */

/* ---- receivers ---- */

struct receivers {
	struct arena *mem;
	struct view_receiver *at;
	size_t n, cap;
};

static struct view_receiver *
receiver(struct receivers *r, const char *name, const char *kind)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->at[i].name, name) == 0 && strcmp(r->at[i].kind, kind) == 0)
			return &r->at[i];
	if (r->n == r->cap) {
		size_t cap = r->cap > 0 ? r->cap * 2 : 8;

		r->at = arena_realloc(r->mem, r->at, r->cap * sizeof *r->at, cap * sizeof *r->at);
		r->cap = cap;
	}
	r->at[r->n] =
	    (struct view_receiver){.name = arena_strdup(r->mem, name), .kind = arena_strdup(r->mem, kind), .why = ""};
	return &r->at[r->n++];
}

static void
on_count(void *arg, const struct store_outbox_count *c)
{
	struct view_receiver *r = receiver(arg, c->receiver, c->kind);

	switch (c->state) {
	case OUTBOX_SENT:
		r->sent += c->n;
		break;
	case OUTBOX_QUEUED:
	case OUTBOX_SENDING:
		r->queued += c->n;
		break;
	case OUTBOX_GIVEN_UP:
		r->given_up += c->n;
		r->failed += c->n;
		break;
	default:
		break;
	}
}

static void
on_recent(void *arg, const struct store_notification *n)
{
	struct receivers *all = arg;
	struct view_receiver *r = receiver(all, n->receiver, n->kind);
	const int64_t t = n->done_ms > 0 ? n->done_ms : n->created_ms;

	if (n->state == OUTBOX_SENT && t > r->last_ok_ms)
		r->last_ok_ms = t;
	if (n->error != NULL && n->error[0] != '\0' && t > r->last_error_ms) {
		r->last_error_ms = t;
		r->why = arena_strdup(all->mem, n->error);
	}
	if (n->state == OUTBOX_SENT && n->attempts > 1)
		r->failed += n->attempts - 1;
}

static int
receiver_order(const void *x, const void *y)
{
	const struct view_receiver *a = x, *b = y;
	const int ra = a->health == HEALTH_BROKEN ? 0 : a->health == HEALTH_WARNING ? 1 : 2;
	const int rb = b->health == HEALTH_BROKEN ? 0 : b->health == HEALTH_WARNING ? 1 : 2;

	return ra != rb ? ra - rb : strcmp(a->name, b->name);
}

int
view_receivers(const struct view_source *s, struct arena *mem, struct view_receiver **out, size_t *n, struct err *e)
{
	struct receivers r = {.mem = mem};

	if (store_outbox_counts(s->store, on_count, &r, e) < 0 ||
	    store_notifications(s->store, OUTBOX_ALL, RECENT_MESSAGES, false, on_recent, &r, e) < 0)
		return -1;
	for (size_t i = 0; i < r.n; i++)
		r.at[i].health = r.at[i].given_up > 0                                                ? HEALTH_BROKEN
				 : r.at[i].queued > 0 && r.at[i].last_error_ms >= r.at[i].last_ok_ms ? HEALTH_WARNING
												     : HEALTH_OK;
	if (r.n > 0)
		qsort(r.at, r.n, sizeof *r.at, receiver_order);
	*out = r.at;
	*n = r.n;
	return 0;
}

/* ---- messages ---- */

struct messages {
	struct arena *mem;
	struct view_message *at;
	size_t n, max;
	int64_t now;
};

enum health
view_message_health(const struct store_notification *n)
{
	return n->state == OUTBOX_GIVEN_UP                                  ? HEALTH_BROKEN
	       : n->state == OUTBOX_SENT                                    ? HEALTH_OK
	       : n->state == OUTBOX_DROPPED || n->state == OUTBOX_REPLACED  ? HEALTH_MUTED
	       : n->error != NULL && n->error[0] != '\0' && n->attempts > 0 ? HEALTH_WARNING
									    : HEALTH_PENDING;
}

static void
on_message(void *arg, const struct store_notification *n)
{
	struct messages *m = arg;
	const bool failed = n->error != NULL && n->error[0] != '\0';

	if (m->n == m->max)
		return;
	m->at[m->n++] = (struct view_message){
	    .id = arena_printf(m->mem, "%lld", (long long)n->id),
	    .receiver = arena_strdup(m->mem, n->receiver),
	    .group = arena_strdup(m->mem, n->group_key),
	    .alerts = arena_strdup(m->mem, n->title != NULL ? n->title : ""),
	    .state = arena_strdup(
		m->mem, failed && n->state != OUTBOX_SENT
			    ? arena_printf(m->mem, "%s%s", n->state == OUTBOX_GIVEN_UP ? "given up: " : "", n->error)
			    : store_outbox_words[n->state]),
	    .answer = n->status > 0 ? arena_printf(m->mem, "%lld", (long long)n->status) : "",
	    .t = n->created_ms,
	    .next_ms = n->next_ms,
	    .attempts = (int)n->attempts,
	    .took = n->done_ms > 0 ? (double)(n->done_ms - n->created_ms) / 1000 : 0,
	    .health = view_message_health(n),
	};
}

int
view_messages(const struct view_source *s, struct arena *mem, bool waiting, size_t max, struct view_message **out,
	      size_t *n, struct err *e)
{
	const unsigned states = waiting ? OUTBOX_OPEN | OUTBOX_BIT(OUTBOX_GIVEN_UP) : OUTBOX_BIT(OUTBOX_SENT);
	struct messages m = {.mem = mem, .at = arena_calloc(mem, max + 1, sizeof *m.at), .max = max, .now = s->now};
	const int rc = store_notifications(s->store, states, max, false, on_message, &m, e);

	*out = m.at;
	*n = m.n;
	return rc;
}

/* ---- silences and acknowledgements ---- */

struct silences {
	struct arena *mem;
	struct view_silence *at;
	size_t n, cap;
	int64_t now;
};

static void
on_silence(void *arg, const struct store_silence *x)
{
	struct silences *s = arg;

	if (s->n == s->cap) {
		size_t cap = s->cap > 0 ? s->cap * 2 : 8;

		s->at = arena_realloc(s->mem, s->at, s->cap * sizeof *s->at, cap * sizeof *s->at);
		s->cap = cap;
	}
	s->at[s->n++] = (struct view_silence){.id = arena_strdup(s->mem, x->id),
					      .by = arena_strdup(s->mem, x->created_by),
					      .comment = arena_strdup(s->mem, x->comment),
					      .matchers = arena_strdup(s->mem, x->matchers),
					      .what = view_matchers_text(s->mem, x->matchers),
					      .start_ms = x->starts_ms,
					      .end_ms = x->ends_ms,
					      .active = x->starts_ms <= s->now && x->ends_ms > s->now,
					      .expired = x->ends_ms <= s->now};
}

struct matching {
	struct labels labels;
	bool matches;
};

static void
on_matchers(void *arg, const struct matcher *m, size_t n, int64_t range_ms, const char *function)
{
	struct matching *c = arg;

	(void)range_ms;
	(void)function;
	c->matches = matchers_match(m, n, c->labels);
}

/* Matchers are written as a selector is. */
static bool
silence_matches(const struct view_silence *s, struct labels l)
{
	struct matching c = {l, false};
	struct expr *x = promql_parse(s->matchers, NULL);

	if (x == NULL)
		return false;
	expr_each_selector(x, on_matchers, &c);
	expr_close(x);
	return c.matches;
}

static int
load_silences(const struct view_source *s, struct arena *mem, int64_t ends_after, struct silences *out, struct err *e)
{
	*out = (struct silences){.mem = mem, .now = s->now};
	return store_silences(s->store, ends_after, on_silence, out, e);
}

static void
count_matches(struct view_silence *x, const struct view_overview *o)
{
	for (size_t i = 0; i < o->n_alerts; i++)
		x->matches += silence_matches(x, o->alerts[i].labels);
}

int
view_ending_load(const struct view_source *s, struct arena *mem, struct view_overview *o, struct err *e)
{
	const struct view_source at_once = {.store = s->store,
					    .now = s->clock}; /* whatever stretch of time is looked at */
	struct silences all;

	if (load_silences(&at_once, mem, s->clock, &all, e) < 0)
		return -1;
	o->ending = all.at;
	for (size_t i = 0; i < all.n; i++)
		if (all.at[i].active && all.at[i].end_ms - s->clock <= ENDS_SOON_MS) {
			count_matches(&all.at[i], o);
			o->ending[o->n_ending++] = all.at[i];
		}
	return 0;
}

/* What is over comes last, the latest first; else the soonest end first. */
static int
silence_order(const void *x, const void *y)
{
	const struct view_silence *a = x, *b = y;

	if (a->expired != b->expired)
		return a->expired - b->expired;
	if (a->end_ms != b->end_ms)
		return (a->end_ms < b->end_ms) == !a->expired ? -1 : 1;
	return strcmp(a->id, b->id);
}

int
view_silences(const struct view_source *s, struct arena *mem, const struct view_overview *o, struct view_silence **out,
	      size_t *n, struct err *e)
{
	struct silences all;

	if (load_silences(s, mem, s->now - KEEP_SILENCES_MS, &all, e) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++)
		if (!all.at[i].expired)
			count_matches(&all.at[i], o);
	if (all.n > 0)
		qsort(all.at, all.n, sizeof *all.at, silence_order);
	*out = all.at;
	*n = all.n;
	return 0;
}

struct marks {
	struct arena *mem;
	struct view_alert *alerts;
	size_t n;
	uint64_t *fingerprint; /* notification's, per alert; 0: not known there */
};

static void
on_known(void *arg, const struct store_notify_alert *a)
{
	struct marks *m = arg;

	for (size_t i = 0; i < m->n; i++)
		if (labels_equal(m->alerts[i].labels, a->labels))
			m->fingerprint[i] = a->fingerprint;
}

static void
on_ack(void *arg, const struct store_ack *a)
{
	struct marks *m = arg;

	for (size_t i = 0; i < m->n; i++) {
		if (m->fingerprint[i] != a->fingerprint || m->alerts[i].state != VIEW_FIRING ||
		    m->alerts[i].fired_ms > a->at_ms)
			continue;
		m->alerts[i].ack_by = arena_strdup(m->mem, a->by);
		m->alerts[i].ack_comment = arena_strdup(m->mem, a->comment);
		m->alerts[i].ack_ms = a->at_ms;
	}
}

int
view_mark_alerts(const struct view_source *s, struct arena *mem, struct view_alert *at, size_t n, struct err *e)
{
	struct marks m = {mem, at, n, arena_calloc(mem, n + 1, sizeof(uint64_t))};
	struct silences all;

	if (n == 0)
		return 0;
	if (load_silences(s, mem, s->now, &all, e) < 0 || store_notify_alerts(s->store, on_known, &m, e) < 0 ||
	    store_acks(s->store, on_ack, &m, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < all.n; k++) {
			if (!all.at[k].active || !silence_matches(&all.at[k], at[i].labels))
				continue;
			at[i].health = HEALTH_MUTED;
			if (at[i].silenced_by != NULL && all.at[k].end_ms <= at[i].silenced_until_ms)
				continue;
			at[i].silenced_by = all.at[k].id; /* of several the one that lasts longest */
			at[i].silenced_until_ms = all.at[k].end_ms;
		}
	return 0;
}
