/*
 * view_outbox.c -- the outbox as people read it: receivers with what they took and what not in the last day, messages waiting and sent.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/notify.h"
#include "mlwatch/store.h"
#include "mlwatch/store_rows.h"
#include "view_private.h"

#define RECENT_MESSAGES 2000 /* in which errors are looked for */
#define LISTED          100  /* the newest of those that were given up, that wait, that were sent */

/* ---- one message ---- */

static bool
has_error(const struct store_notification *n)
{
	return n->error != NULL && n->error[0] != '\0';
}

enum health
view_message_health(const struct store_notification *n)
{
	switch (n->state) {
	case OUTBOX_GIVEN_UP:
		return HEALTH_BROKEN;
	case OUTBOX_SENT:
		return HEALTH_OK;
	case OUTBOX_QUEUED:
	case OUTBOX_SENDING:
		return has_error(n) && n->attempts > 0 ? HEALTH_WARNING : HEALTH_PENDING;
	default:
		return HEALTH_MUTED;
	}
}

static const char *
state_text(struct arena *mem, const struct store_notification *n)
{
	if (n->state == OUTBOX_GIVEN_UP)
		return has_error(n) ? arena_printf(mem, "given up: %s", n->error) : "given up";
	return has_error(n) && n->state != OUTBOX_SENT ? arena_strdup(mem, n->error) : store_outbox_words[n->state];
}

/* Of a group's key, {route}:{alertname="ErrorRateHigh", model="fraud"}, what stands behind the route, which may hold anything in quotes. */
static struct labels
group_labels(struct arena *mem, const char *key)
{
	struct labels l = {NULL, 0};

	for (const char *at = strstr(key, ":{"); at != NULL; at = strstr(at + 1, ":{"))
		if (labels_parse(mem, at + 1, &l, NULL) == 0)
			return l;
	return (struct labels){NULL, 0};
}

/* "ErrorRateHigh model=fraud", or only the values. The name of an alert needs no label's name before it. */
static const char *
group_text(struct arena *mem, struct labels l, bool names)
{
	struct buf b = BUF_INIT;
	const char *text;

	buf_addstr(&b, labels_get(l, "alertname"));
	for (size_t i = 0; i < l.n; i++)
		if (strcmp(l.at[i].name, "alertname") != 0)
			buf_addf(&b, "%s%s%s%s", b.len > 0 ? " " : "", names ? l.at[i].name : "", names ? "=" : "",
				 l.at[i].value);
	text = arena_strdup(mem, buf_str(&b));
	buf_release(&b);
	return text;
}

/* "1 firing, 2 resolved" */
static const char *
count_words(struct arena *mem, size_t firing, size_t resolved)
{
	if (firing > 0 && resolved > 0)
		return arena_printf(mem, "%zu firing, %zu resolved", firing, resolved);
	if (firing + resolved == 0)
		return "";
	return arena_printf(mem, "%zu %s", firing + resolved, firing > 0 ? "firing" : "resolved");
}

/* A subject without the "[FIRING:1]" before it: that is said in words. */
static const char *
brief_text(const char *title)
{
	const char *end = title[0] == '[' ? strchr(title, ']') : NULL;

	return end != NULL ? end + 1 + strspn(end + 1, " ") : title;
}

static const char *
about_text(struct arena *mem, const struct view_message *m)
{
	const bool one = strncmp(m->counts, "1 ", 2) == 0 && strchr(m->counts, ',') == NULL;

	return arena_printf(mem, "%s%s%s", m->brief, m->counts[0] != '\0' ? ", " : "", one ? m->counts + 2 : m->counts);
}

static void
fill_message(struct arena *mem, const struct store_notification *n, struct view_message *m)
{
	const struct labels group = group_labels(mem, n->group_key);

	*m = (struct view_message){
	    .id = arena_printf(mem, "%lld", (long long)n->id),
	    .receiver = arena_strdup(mem, n->receiver),
	    .kind = arena_strdup(mem, n->kind),
	    .group = arena_strdup(mem, n->group_key),
	    .group_text = group_text(mem, group, true),
	    .group_brief = group_text(mem, group, false),
	    .counts = count_words(mem, n->firing_n / sizeof(uint64_t), n->resolved_n / sizeof(uint64_t)),
	    .alerts = arena_strdup(mem, n->title != NULL ? n->title : ""),
	    .state = state_text(mem, n),
	    .answer = n->status > 0 ? arena_printf(mem, "%lld", (long long)n->status) : "",
	    .t = n->created_ms,
	    .next_ms = n->next_ms,
	    .attempts = (int)n->attempts,
	    .took = n->done_ms > 0 ? (double)(n->done_ms - n->created_ms) / 1000 : NAN,
	    .open = (OUTBOX_OPEN >> n->state & 1) != 0,
	    .dropped = n->state == OUTBOX_DROPPED,
	    .health = view_message_health(n),
	};
	m->brief = brief_text(m->alerts);
	m->about = about_text(mem, m);
}

/* ---- receivers ---- */

struct outbox {
	struct arena *mem;
	struct view_receiver *at;
	size_t n, cap;
	struct view_outbox *out;
	int64_t now;
	json_t *configured; /* names; NULL: not known */
};

static struct view_receiver *
receiver(struct outbox *o, const char *name, const char *kind)
{
	for (size_t i = 0; i < o->n; i++)
		if (strcmp(o->at[i].name, name) == 0 && strcmp(o->at[i].kind, kind) == 0)
			return &o->at[i];
	if (o->n == o->cap) {
		const size_t cap = o->cap > 0 ? o->cap * 2 : 8;

		o->at = arena_realloc(o->mem, o->at, o->cap * sizeof *o->at, cap * sizeof *o->at);
		o->cap = cap;
	}
	o->at[o->n] =
	    (struct view_receiver){.name = arena_strdup(o->mem, name), .kind = arena_strdup(o->mem, kind), .why = ""};
	return &o->at[o->n++];
}

/* The row with which somebody asks for a test is no message. */
static bool
is_message(const char *kind)
{
	return strcmp(kind, NOTIFY_TEST_KIND) != 0;
}

static void
on_tally(void *arg, const struct store_outbox_tally *t)
{
	struct outbox *o = arg;
	struct view_receiver *r;

	if (!is_message(t->kind))
		return;
	r = receiver(o, t->receiver, t->kind);
	r->sent = t->sent;
	r->failed = t->failed;
	r->queued = t->open;
	r->given_up = t->given_up;
	r->unsent = t->unsent;
	r->last_ok_ms = t->sent_ms;
	o->out->sent += t->sent;
	o->out->open += t->open;
	o->out->given_up += t->given_up;
	o->out->dropped += t->dropped;
}

static bool
is_known(const struct outbox *o, const char *name)
{
	for (size_t i = 0; i < o->n; i++)
		if (strcmp(o->at[i].name, name) == 0)
			return true;
	return false;
}

static bool
is_configured(const struct outbox *o, const char *name)
{
	json_t *item;
	size_t i;

	json_array_foreach(o->configured, i, item)
	{
		if (json_is_string(item) && strcmp(json_string_value(item), name) == 0)
			return true;
	}
	return false;
}

/* Of those that took nothing today, when they last did; not of those that are gone. */
static void
on_older(void *arg, const struct store_outbox_tally *t)
{
	struct outbox *o = arg;
	struct view_receiver *r;

	if (!is_message(t->kind) || (!is_known(o, t->receiver) && !is_configured(o, t->receiver)))
		return;
	r = receiver(o, t->receiver, t->kind);
	if (r->last_ok_ms == 0)
		r->last_ok_ms = t->sent_ms;
}

/* Those of the configuration of which there is no message at all: their kind is not known here. */
static void
add_silent(struct outbox *o)
{
	json_t *item;
	size_t i;

	json_array_foreach(o->configured, i, item)
	{
		if (json_is_string(item) && !is_known(o, json_string_value(item)))
			receiver(o, json_string_value(item), "");
	}
}

static void
read_configured(struct outbox *o, struct store *store)
{
	char *text = store_get_kv(store, "notify_receivers");

	o->configured = text != NULL ? json_loads(text, 0, NULL) : NULL;
	free(text);
}

/* Is there anything that only older rows tell? */
static bool
asks_for_older(const struct outbox *o)
{
	json_t *item;
	size_t i;

	json_array_foreach(o->configured, i, item)
	{
		if (json_is_string(item) && !is_known(o, json_string_value(item)))
			return true;
	}
	for (i = 0; i < o->n; i++)
		if (o->at[i].last_ok_ms == 0)
			return true;
	return false;
}

static int
rank(const struct view_receiver *r)
{
	return r->health == HEALTH_BROKEN ? 0 : r->health == HEALTH_WARNING ? 1 : 2;
}

static int
worst_first(const void *x, const void *y)
{
	const struct view_receiver *a = x, *b = y;
	const int c = strcmp(a->name, b->name);

	return rank(a) != rank(b) ? rank(a) - rank(b) : c != 0 ? c : strcmp(a->kind, b->kind);
}

static const char *
why(struct arena *mem, const struct view_receiver *r)
{
	if (r->given_up > 0)
		return arena_printf(mem, "%lld given up: %s", (long long)r->given_up, r->why);
	if (r->queued > 0 || r->failed == 0)
		return r->why;
	return r->unsent > 0 ? arena_printf(mem, "%lld not sent: %s", (long long)r->unsent, r->why)
			     : "every message was taken in the end";
}

static void
judge(struct outbox *o)
{
	for (size_t i = 0; i < o->n; i++) {
		struct view_receiver *r = &o->at[i];

		r->health = r->given_up > 0                      ? HEALTH_BROKEN
			    : r->queued > 0 && r->why[0] != '\0' ? HEALTH_WARNING
								 : HEALTH_OK;
		r->why = why(o->mem, r);
	}
	if (o->n > 0)
		qsort(o->at, o->n, sizeof *o->at, worst_first);
}

static bool
failed(const struct store_notification *n)
{
	return n->state == OUTBOX_GIVEN_UP || n->attempts > (n->state == OUTBOX_SENT);
}

/* Does its error say how the receiver is: of what was given up, else of what waits, else of what was not sent at all? */
static bool
tells(const struct view_receiver *r, const struct store_notification *n)
{
	if (r->given_up > 0)
		return n->state == OUTBOX_GIVEN_UP;
	if (r->queued > 0)
		return n->done_ms == 0;
	return n->state != OUTBOX_SENT && n->attempts > 0;
}

/* Newest first: the first error of a receiver is its last. */
static void
note_error(struct outbox *o, const struct store_notification *n)
{
	struct view_receiver *r = receiver(o, n->receiver, n->kind);

	if (r->last_error_ms == 0 && failed(n))
		r->last_error_ms = n->done_ms == 0 ? o->now : n->done_ms; /* what is open is being tried */
	if (r->why[0] == '\0' && has_error(n) && tells(r, n))
		r->why = arena_strdup(o->mem, n->error);
}

static void
on_recent(void *arg, const struct store_notification *n)
{
	if (is_message(n->kind))
		note_error(arg, n);
}

/* ---- messages ---- */

struct messages {
	struct arena *mem;
	struct view_message *at;
	size_t n, max;
};

static void
on_message(void *arg, const struct store_notification *n)
{
	struct messages *m = arg;

	if (m->n < m->max && is_message(n->kind))
		fill_message(m->mem, n, &m->at[m->n++]);
}

/* Adds at most max, newest first; there is room for them. */
static int
add_messages(const struct view_source *s, int64_t since_ms, unsigned states, size_t max, struct messages *m,
	     struct err *e)
{
	m->max = m->n + max;
	return store_notifications_since(s->store, since_ms, states, max, on_message, m, e);
}

/* What was given up, what failed so far, what is new; the newest first. */
static int
worst_message_first(const void *x, const void *y)
{
	static const int rank_of[] = {
	    [HEALTH_BROKEN] = 0, [HEALTH_WARNING] = 1, [HEALTH_PENDING] = 2, [HEALTH_UNKNOWN] = 3};
	const struct view_message *a = x, *b = y;

	if (a->health != b->health)
		return rank_of[a->health] - rank_of[b->health];
	return a->t != b->t ? (a->t > b->t ? -1 : 1) : strcmp(b->id, a->id);
}

/* However many of the one kind there are, the other is not pushed out. */
static int
read_messages(const struct view_source *s, struct arena *mem, struct view_outbox *out, struct err *e)
{
	struct messages waiting = {.mem = mem, .at = arena_calloc(mem, 2 * LISTED, sizeof *waiting.at)},
			sent = {.mem = mem, .at = arena_calloc(mem, LISTED, sizeof *sent.at)};
	const int64_t since = s->now - MS_DAY;

	if (add_messages(s, since, OUTBOX_BIT(OUTBOX_GIVEN_UP), LISTED, &waiting, e) < 0 ||
	    add_messages(s, since, OUTBOX_OPEN, LISTED, &waiting, e) < 0 ||
	    add_messages(s, since, OUTBOX_BIT(OUTBOX_SENT) | OUTBOX_BIT(OUTBOX_DROPPED), LISTED, &sent, e) < 0)
		return -1;
	qsort(waiting.at, waiting.n, sizeof *waiting.at, worst_message_first);
	out->waiting = waiting.at;
	out->n_waiting = waiting.n;
	out->sent_at = sent.at;
	out->n_sent = sent.n;
	return 0;
}

int
view_outbox(const struct view_source *s, struct arena *mem, struct view_outbox *out, struct err *e)
{
	struct outbox o = {.mem = mem, .out = out, .now = s->now};
	int rc;

	*out = (struct view_outbox){.sent = 0};
	read_configured(&o, s->store);
	rc = store_outbox_tallies(s->store, s->now - MS_DAY, on_tally, &o, e);
	if (rc == 0)
		rc =
		    store_notifications_since(s->store, s->now - MS_DAY, OUTBOX_ALL, RECENT_MESSAGES, on_recent, &o, e);
	if (rc == 0 && asks_for_older(&o))
		rc = store_outbox_tallies(s->store, 0, on_older, &o, e);
	add_silent(&o);
	json_decref(o.configured);
	if (rc < 0 || read_messages(s, mem, out, e) < 0)
		return -1;
	judge(&o);
	out->receivers = o.at;
	out->n_receivers = o.n;
	return 0;
}

/* ---- parts of it ---- */

static void
on_sum(void *arg, const struct store_outbox_tally *t)
{
	struct view_overview *o = arg;

	if (!is_message(t->kind))
		return;
	o->queued += t->open;
	o->sent += t->sent;
	o->failed += t->failed;
	o->given_up += t->given_up;
}

int
view_outbox_sums(const struct view_source *s, struct view_overview *o, struct err *e)
{
	return store_outbox_tallies(s->store, s->now - MS_DAY, on_sum, o, e);
}

int
view_messages(const struct view_source *s, struct arena *mem, bool waiting, size_t max, struct view_message **out,
	      size_t *n, struct err *e)
{
	const unsigned states = waiting ? OUTBOX_OPEN | OUTBOX_BIT(OUTBOX_GIVEN_UP) : OUTBOX_BIT(OUTBOX_SENT);
	struct messages m = {.mem = mem, .at = arena_calloc(mem, max + 1, sizeof *m.at)};
	const int rc = add_messages(s, 0, states, max, &m, e);

	*out = m.at;
	*n = m.n;
	return rc;
}
