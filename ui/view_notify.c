/*
 * view_notify.c -- what people have told notification: silences and acknowledgements. Messages: view_outbox.c.
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

#define ENDS_SOON_MS     (10 * MS_MINUTE)
#define KEEP_SILENCES_MS (5 * MS_DAY) /* how long those that are over are still shown, as in Alertmanager */

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
		x->matches += silence_matches(x, o->alerts[i].told);
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
		if (labels_equal(m->alerts[i].told, a->labels))
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
		at[i].told_as = m.fingerprint[i];
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < all.n; k++) {
			if (!all.at[k].active || !silence_matches(&all.at[k], at[i].told))
				continue;
			at[i].health = HEALTH_MUTED;
			if (at[i].silenced_by != NULL && all.at[k].end_ms <= at[i].silenced_until_ms)
				continue;
			at[i].silenced_by = all.at[k].id; /* of several the one that lasts longest */
			at[i].silenced_until_ms = all.at[k].end_ms;
		}
	return 0;
}
