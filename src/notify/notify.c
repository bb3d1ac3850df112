/*
 * notify.c -- the notifier: alerts come in from any thread, everything else happens on the loop. One step takes what came in, lets the
 * dispatcher say what is due, keeps that in the store, and starts requests. A bounded piece of work per step.
 */
#include "mlwatch/notify.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "kinds.h"
#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/log.h"
#include "mlwatch/store.h"
#include "mlwatch/xalloc.h"
#include "notify_private.h"

#define FLUSHES_PER_STEP 200
#define LOOK_MS          MS_SECOND /* how soon a silence from the command line is heeded */
#define CLOCK_SET_MS     (2 * MS_SECOND)
#define KEEP_ROWS_MS     (7 * MS_DAY)
#define KEEP_ROWS        10000
#define HOUSEKEEP_MS     (5 * MS_MINUTE)

static void
on_sending(void *arg, int64_t id)
{
	dispatch_sending(((struct notify *)arg)->dispatch, id);
}

static void again_soon(struct notify *n, uint64_t ms);

static void
event(struct notify *n, const struct outcome *o, int64_t now)
{
	struct buf text = BUF_INIT, id = BUF_INIT;
	struct err e = ERR_INIT;

	buf_addf(&text, "notification to %s (%s) was given up: %s", o->receiver, o->kind, o->error);
	buf_addf(&id, "%lld", (long long)o->id);
	const struct store_event ev = {.t = now,
				       .kind = "notification",
				       .severity = "problem",
				       .subject = o->receiver,
				       .model = "",
				       .text = buf_str(&text),
				       .ref = buf_str(&id)};
	if (store_put_event(n->spec.store, &ev, &e) < 0)
		log_line(n->spec.log, LOG_ERROR, "notify", "%s", e.text);
	log_line(n->spec.log, LOG_ERROR, "notify", "%s", buf_str(&text));
	buf_release(&text);
	buf_release(&id);
}

void
notify_note_outcome(struct notify *n, const struct outcome *o, int64_t now)
{
	bool open = o->verdict == VERDICT_RETRY || o->verdict == VERDICT_LIMITED;

	pthread_mutex_lock(&n->lock);
	n->counts.sent += o->verdict == VERDICT_SENT;
	n->counts.given_up += o->verdict == VERDICT_GIVE_UP;
	n->counts.failed += open;
	pthread_mutex_unlock(&n->lock);
	xgrow(n->written, n->n_written, n->cap_written);
	n->written[n->n_written++] = (struct written){
	    .id = o->id,
	    .attempts = o->attempts,
	    .next_ms = o->next_ms,
	    .done_ms = open ? 0 : now,
	    .status = o->status,
	    .state = open                         ? OUTBOX_QUEUED
		     : o->verdict == VERDICT_SENT ? OUTBOX_SENT
						  : OUTBOX_GIVEN_UP,
	    .error = xstrdup(o->error != NULL ? o->error : ""),
	};
}

static void
on_done(void *arg, const struct outcome *o)
{
	struct notify *n = arg;
	int64_t now = clock_now();

	notify_note_outcome(n, o, now);
	struct channel *c = fpmap_get(&n->dispatch->rows, (uint64_t)o->id);
	if (o->verdict == VERDICT_SENT || o->verdict == VERDICT_GIVE_UP) {
		dispatch_done(n->dispatch, o->id, o->verdict == VERDICT_SENT, now);
	} else {
		if (c != NULL)
			c->sending = false;
		if (c != NULL && c->again && c->group != NULL) /* what waits now may be out of date: look again */
			group_again(n->dispatch, c->group, c, now);
		log_line(n->spec.log, LOG_WARN, "notify",
			 "receiver '%s' (%s) did not take notification %lld: %s; tried again in %lld ms", o->receiver,
			 o->kind, (long long)o->id, o->error, (long long)(o->next_ms - now));
	}
	if (o->verdict == VERDICT_GIVE_UP && !n->closing)
		event(n, o, now);
	if (!n->closing)
		again_soon(n, 0);
}

static void
on_timer(uv_timer_t *t)
{
	struct notify *n = t->data;

	notify_step(n, clock_now());
}

static void
again_soon(struct notify *n, uint64_t ms)
{
	if (!n->closing && (!uv_is_active((uv_handle_t *)&n->timer) || uv_timer_get_due_in(&n->timer) > ms))
		uv_timer_start(&n->timer, on_timer, ms, 0);
}

static void
on_wake(uv_async_t *a)
{
	struct notify *n = a->data;

	notify_step(n, clock_now());
}

/* ---- alerts coming in ---- */

void
notify_alerts(struct notify *n, const struct alert *a, size_t count, int64_t now_ms)
{
	struct inbox *in = xcalloc(1, sizeof *in);

	in->mem = arena_open();
	in->n = count;
	in->now_ms = now_ms;
	in->at = arena_alloc(in->mem, (count + 1) * sizeof *in->at);
	for (size_t i = 0; i < count; i++) {
		in->at[i] = a[i];
		in->at[i].labels = labels_make(in->mem, a[i].labels.at, a[i].labels.n);
		in->at[i].labels = labels_copy(in->mem, in->at[i].labels);
		in->at[i].annotations = labels_copy(in->mem, a[i].annotations);
		in->at[i].generator_url = arena_strdup(in->mem, a[i].generator_url != NULL ? a[i].generator_url : "");
		in->at[i].expr = arena_strdup(in->mem, a[i].expr != NULL ? a[i].expr : "");
	}
	pthread_mutex_lock(&n->lock);
	*n->inbox_end = in;
	n->inbox_end = &in->next;
	if (!n->closing)
		uv_async_send(&n->wake);
	pthread_mutex_unlock(&n->lock);
}

static void
take_inbox(struct notify *n, int64_t now)
{
	pthread_mutex_lock(&n->lock);
	struct inbox *in = n->inbox;
	n->inbox = NULL;
	n->inbox_end = &n->inbox;
	pthread_mutex_unlock(&n->lock);
	while (in != NULL) {
		struct inbox *next = in->next;
		for (size_t i = 0; i < in->n; i++)
			dispatch_alert(n->dispatch, &in->at[i], now);
		arena_close(in->mem);
		free(in);
		in = next;
	}
}

/* ---- stepping ---- */

/* The wall clock against the one that only runs: when they part, somebody set it. */
static void
heed_clock(struct notify *n, int64_t now)
{
	int64_t mono = clock_monotonic();
	int64_t moved = n->last_wall != 0 ? (now - n->last_wall) - (mono - n->last_mono) : 0;

	n->last_wall = now;
	n->last_mono = mono;
	if (moved > -CLOCK_SET_MS && moved < CLOCK_SET_MS)
		return;
	log_line(n->spec.log, LOG_WARN, "notify", "the clock was set by %lld ms: timers go on from where they were",
		 (long long)moved);
	dispatch_shift(n->dispatch, moved);
	sender_shift(n->sender, moved);
}

static void
housekeep(struct notify *n, int64_t now)
{
	struct err e = ERR_INIT;

	if (now < n->housekept_at + HOUSEKEEP_MS && n->housekept_at <= now)
		return;
	n->housekept_at = now;
	if (store_outbox_expire(n->spec.store, now - KEEP_ROWS_MS, KEEP_ROWS, &e) < 0)
		log_line(n->spec.log, LOG_WARN, "notify", "%s", e.text);
}

static void
close_old(struct notify *n)
{
	while (n->n_old > 0)
		notify_config_close(n->old[--n->n_old]);
}

int64_t
notify_step(struct notify *n, int64_t now)
{
	struct err e = ERR_INIT;

	if (n->closing)
		return now + MS_HOUR;
	heed_clock(n, now);
	take_inbox(n, now); /* before silences are read: what is due is known then */
	if (n->n_written > 0 && notify_persist(n, now, &e) < 0)
		log_line(n->spec.log, LOG_ERROR, "notify", "outcomes cannot be kept: %s", e.text);
	else if (notify_read_people(n, now, &e) < 0)
		log_line(n->spec.log, LOG_WARN, "notify", "silences cannot be read: %s", e.text);
	if (sender_under_way(n->sender) == 0)
		close_old(n);
	bool more = dispatch_step(n->dispatch, now, FLUSHES_PER_STEP);
	err_clear(&e);
	bool failed = notify_persist(n, now, &e) < 0;
	if (failed)
		log_line(n->spec.log, LOG_ERROR, "notify", "notifications cannot be kept: %s", e.text);
	int64_t next = sender_pump(n->sender, now), due = dispatch_next(n->dispatch);
	housekeep(n, now);
	next = due < next ? due : next;
	if (next > now + LOOK_MS)
		next = now + LOOK_MS;
	if (more || next < now)
		next = now;
	if (failed)
		next = now + LOOK_MS;
	uv_timer_start(&n->timer, on_timer, (uint64_t)(next - now), 0);
	return next;
}

struct notify_counts
notify_counts(const struct notify *n)
{
	struct notify *w = (struct notify *)(uintptr_t)n;

	pthread_mutex_lock(&w->lock);
	struct notify_counts c = w->counts;
	pthread_mutex_unlock(&w->lock);
	c.queued = sender_waiting(n->sender);
	return c;
}

struct lanes_arg {
	notify_lane_fn *fn;
	void *arg;
};

static void
hand_lane(void *arg, const struct lane_counts *c)
{
	struct lanes_arg *a = arg;
	const struct notify_lane l = {c->receiver, c->kind,   c->index,    c->waiting,      c->under_way,
				      c->sent,     c->failed, c->given_up, c->paused_until, c->last_error};

	a->fn(a->arg, &l);
}

void
notify_lanes(const struct notify *n, notify_lane_fn *fn, void *arg)
{
	struct lanes_arg a = {fn, arg};

	sender_lanes(n->sender, hand_lane, &a);
}

/* ---- opening, reloading, closing ---- */

/* For those who read the store and not the configuration. */
static void
publish_receivers(struct notify *n)
{
	json_t *list = json_array();
	struct err e = ERR_INIT;

	for (size_t i = 0; i < n->config->n_receivers; i++)
		json_array_append_new(list, json_string(n->config->receivers[i].name));
	char *text = json_dumps(list, JSON_COMPACT);
	if (text != NULL && store_put_kv(n->spec.store, "notify_receivers", text, &e) < 0)
		log_line(n->spec.log, LOG_WARN, "notify", "%s", e.text);
	free(text);
	json_decref(list);
}

static void
notify_free(struct notify *n)
{
	struct inbox *in = n->inbox;

	while (in != NULL) {
		struct inbox *next = in->next;
		arena_close(in->mem);
		free(in);
		in = next;
	}
	for (size_t i = 0; i < n->n_written; i++)
		free(n->written[i].error);
	free(n->written);
	free(n->replaced);
	free(n->emitted_rows);
	dispatch_close(n->dispatch);
	close_old(n);
	free(n->old);
	notify_config_close(n->config);
	free(n->external_url);
	pthread_mutex_destroy(&n->lock);
	free(n);
}

int
notify_open(struct notify **out, const struct notify_spec *spec, struct notify_config *c, struct err *e)
{
	struct notify *n = xcalloc(1, sizeof *n);
	int64_t now = clock_now();
	const struct sender_spec sender = {
	    .loop = spec->loop, .store = spec->store, .config = c, .sending = on_sending, .done = on_done, .arg = n};

	n->spec = *spec;
	n->config = c;
	n->external_url = xstrdup(spec->external_url != NULL ? spec->external_url : "");
	for (size_t len = strlen(n->external_url); len > 0 && n->external_url[len - 1] == '/'; len--)
		n->external_url[len - 1] = '\0';
	n->inbox_end = &n->inbox;
	pthread_mutex_init(&n->lock, NULL);
	n->dispatch = dispatch_open(c, notify_emit, n, now);
	if (sender_open(&n->sender, &sender, e) < 0) {
		notify_free(n);
		return -1;
	}
	uv_timer_init(spec->loop, &n->timer);
	uv_async_init(spec->loop, &n->wake, on_wake);
	n->timer.data = n->wake.data = n;
	n->open_handles = 2;
	if (notify_restore(n, now, e) < 0)
		log_line(spec->log, LOG_ERROR, "notify", "what was notified before cannot be read: %s",
			 e != NULL ? e->text : "");
	if (e != NULL)
		err_clear(e);
	publish_receivers(n);
	again_soon(n, 0);
	*out = n;
	return 0;
}

void
notify_reload(struct notify *n, struct notify_config *c)
{
	struct notify_config *old = n->config;
	struct err e = ERR_INIT;

	notify_persist(n, clock_now(), &e);
	n->config = c;
	dispatch_reconfigure(n->dispatch, c, clock_now());
	sender_config(n->sender, c);
	xgrow(n->old, n->n_old, n->cap_old);
	n->old[n->n_old++] = old;
	publish_receivers(n);
	again_soon(n, 0);
}

static void
handle_gone(uv_handle_t *h)
{
	struct notify *n = h->data;
	void (*closed)(void *) = n->closed;
	void *arg = n->closed_arg;

	if (--n->open_handles > 0)
		return;
	notify_free(n);
	closed(arg);
}

static void
sender_gone(void *arg)
{
	struct notify *n = arg;
	struct err e = ERR_INIT;

	if (notify_persist(n, clock_now(), &e) < 0)
		log_line(n->spec.log, LOG_ERROR, "notify", "%s", e.text);
	uv_close((uv_handle_t *)&n->timer, handle_gone);
	uv_close((uv_handle_t *)&n->wake, handle_gone);
}

void
notify_close(struct notify *n, void (*done)(void *arg), void *arg)
{
	int64_t now = clock_now();
	struct err e = ERR_INIT;

	take_inbox(n, now);
	notify_persist(n, now, &e);
	pthread_mutex_lock(&n->lock);
	n->closing = true;
	pthread_mutex_unlock(&n->lock);
	n->closed = done;
	n->closed_arg = arg;
	uv_timer_stop(&n->timer);
	sender_close(n->sender, sender_gone, n);
}
