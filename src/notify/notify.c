/*
 * notify.c -- the notifier on the loop: alerts come in from any thread, turns are set going and their rows sent. It waits for nothing;
 * who thinks and who does is said in notify_private.h.
 */
#include "mlwatch/notify.h"

#include <stdlib.h>
#include <string.h>

#include "kinds.h"
#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/log.h"
#include "mlwatch/xalloc.h"
#include "notify_private.h"

#define CLOCK_SET_MS (2 * MS_SECOND)

static void
on_timer(uv_timer_t *t)
{
	look(t->data);
}

static void
on_wake(uv_async_t *a)
{
	struct notify *n = a->data;

	n->turn_at = 0;
	look(n);
}

/* ---- what comes in ---- */

void
notify_alerts(struct notify *n, const struct alert *a, size_t count, int64_t now_ms)
{
	struct inbox *in = xcalloc(1, sizeof *in);

	in->mem = arena_open();
	in->n = count;
	in->now_ms = now_ms;
	in->at = arena_alloc(in->mem, (count + 1) * sizeof *in->at);
	for (size_t i = 0; i < count; i++) {
		struct alert sorted = a[i];
		sorted.labels = labels_make(in->mem, a[i].labels.at, a[i].labels.n);
		in->at[i] = alert_copy(in->mem, &sorted);
	}
	pthread_mutex_lock(&n->lock);
	*n->inbox_end = in;
	n->inbox_end = &in->next;
	if (!n->closing)
		uv_async_send(&n->wake);
	pthread_mutex_unlock(&n->lock);
}

static struct inbox *
inbox_empty(struct notify *n)
{
	pthread_mutex_lock(&n->lock);
	struct inbox *in = n->inbox;
	n->inbox = NULL;
	n->inbox_end = &n->inbox;
	pthread_mutex_unlock(&n->lock);
	return in;
}

static void
note(struct notify *n, const struct outcome *o, bool began)
{
	struct note x = {.began = began, .o = *o};

	x.o.receiver = xstrdup_any(o->receiver);
	x.o.kind = xstrdup_any(o->kind);
	x.o.error = xstrdup(o->error != NULL ? o->error : "");
	xgrow(n->next.notes, n->next.n_notes, n->next.cap_notes);
	n->next.notes[n->next.n_notes++] = x;
}

static void
on_sending(void *arg, int64_t id)
{
	note(arg, &(struct outcome){.id = id}, true);
}

static void
on_done(void *arg, const struct outcome *o)
{
	struct notify *n = arg;
	bool open = o->verdict == VERDICT_RETRY || o->verdict == VERDICT_LIMITED;

	note(n, o, false);
	pthread_mutex_lock(&n->lock);
	n->counts.sent += o->verdict == VERDICT_SENT;
	n->counts.given_up += o->verdict == VERDICT_GIVE_UP;
	n->counts.failed += open;
	pthread_mutex_unlock(&n->lock);
	if (open)
		log_line(n->spec.log, LOG_WARN, "notify",
			 "receiver '%s' (%s) did not take notification %lld: %s; tried again in %lld ms", o->receiver,
			 o->kind, (long long)o->id, o->error, (long long)(o->next_ms - clock_now()));
	else if (o->verdict == VERDICT_GIVE_UP)
		log_line(n->spec.log, LOG_ERROR, "notify", "notification %lld to %s (%s) was given up: %s",
			 (long long)o->id, o->receiver, o->kind, o->error);
	n->turn_at = 0;
	if (!n->closing)
		uv_timer_start(&n->timer, on_timer, 0, 0);
}

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
	n->next.clock_set += moved;
	n->turn_at += moved;
	sender_shift(n->sender, moved);
}

/* ---- turns ---- */

void
turn_begin(struct notify *n, int64_t now)
{
	struct turn *t = &n->turn;

	t->now = now;
	if (t->restored) {
		const struct next empty = {.notes = t->in.notes, .cap_notes = t->in.cap_notes};
		t->in = n->next;
		t->inbox = inbox_empty(n);
		n->next = empty;
	}
	n->running = true;
	n->turn_at = INT64_MAX;
}

static void
close_old(struct notify *n)
{
	while (n->n_old > 0)
		notify_config_close(n->old[--n->n_old]);
}

static void
take_config(struct notify *n, struct notify_config *c)
{
	xgrow(n->old, n->n_old, n->cap_old);
	n->old[n->n_old++] = n->config;
	n->config = c;
	sender_config(n->sender, c);
}

/* The rows are in the store: from here on they are the sender's. */
void
turn_end(struct notify *n)
{
	struct made *m = &n->turn.made;

	n->running = false;
	if (m->config != NULL)
		take_config(n, m->config);
	m->config = NULL;
	for (size_t i = 0; i < m->n_remove && n->sender != NULL; i++)
		sender_remove(n->sender, m->remove[i]);
	for (size_t i = 0; i < m->n_add; i++)
		if (n->sender != NULL)
			sender_add(n->sender, &m->add[i]);
		else
			free(m->add[i].payload);
	m->n_remove = m->n_add = 0;
	if (m->due_ms < n->turn_at)
		n->turn_at = m->due_ms;
}

static void
work(uv_work_t *w)
{
	turn_run(w->data);
}

static void closing_step(struct notify *n);

static void
worked(uv_work_t *w, int status)
{
	struct turn *t = w->data;

	(void)status;
	turn_end(t->n);
	if (t->n->closing)
		closing_step(t->n);
	else
		look(t->n);
}

static void
turn_start(struct notify *n, int64_t now)
{
	turn_begin(n, now);
	n->work.data = &n->turn;
	uv_queue_work(n->spec.loop, &n->work, work, worked);
}

void
look(struct notify *n)
{
	int64_t now = clock_now();

	if (n->closing)
		return;
	if (!n->replay)
		heed_clock(n, now);
	int64_t at = sender_pump(n->sender, now);
	if (sender_under_way(n->sender) == 0 && !n->running)
		close_old(n);
	if (!n->running && !n->replay && n->turn_at <= now)
		turn_start(n, now);
	if (!n->running && !n->replay && n->turn_at < at)
		at = n->turn_at;
	if (at < INT64_MAX)
		uv_timer_start(&n->timer, on_timer, at > now ? (uint64_t)(at - now) : 0, 0);
}

void
notify_turn(struct notify *n, int64_t now)
{
	heed_clock(n, now);
	turn_begin(n, now);
	turn_run(&n->turn);
	turn_end(n);
}

/* ---- counts ---- */

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

void
notify_lanes(const struct notify *n, notify_lane_fn *fn, void *arg)
{
	sender_lanes(n->sender, fn, arg);
}

/* ---- opening, reloading, closing ---- */

static void
notify_free(struct notify *n)
{
	inbox_free(n->inbox);
	notes_free(&n->next);
	free(n->next.notes);
	turn_release(&n->turn);
	close_old(n);
	free(n->old);
	notify_config_close(n->next.config);
	notify_config_close(n->config);
	free(n->external_url);
	pthread_mutex_destroy(&n->lock);
	free(n);
}

int
notify_open(struct notify **out, const struct notify_spec *spec, struct notify_config *c, struct err *e)
{
	struct notify *n = xcalloc(1, sizeof *n);
	const struct sender_spec sender = {
	    .loop = spec->loop, .store = spec->store, .config = c, .sending = on_sending, .done = on_done, .arg = n};

	n->spec = *spec;
	n->config = c;
	n->external_url = xstrdup(spec->external_url != NULL ? spec->external_url : "");
	for (size_t len = strlen(n->external_url); len > 0 && n->external_url[len - 1] == '/'; len--)
		n->external_url[len - 1] = '\0';
	n->inbox_end = &n->inbox;
	pthread_mutex_init(&n->lock, NULL);
	n->turn = (struct turn){.n = n, .config = c, .publish = true, .quiet_version = -1, .rows_version = -1};
	n->turn.dispatch = dispatch_open(c, notify_emit, &n->turn, clock_now());
	if (sender_open(&n->sender, &sender, e) < 0) {
		notify_free(n);
		return -1;
	}
	uv_timer_init(spec->loop, &n->timer);
	uv_async_init(spec->loop, &n->wake, on_wake);
	n->timer.data = n->wake.data = n;
	n->open_handles = 2;
	uv_timer_start(&n->timer, on_timer, 0, 0);
	*out = n;
	return 0;
}

void
notify_reload(struct notify *n, struct notify_config *c)
{
	notify_config_close(n->next.config); /* one that no turn has seen */
	n->next.config = c;
	n->turn_at = 0;
	look(n);
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

	n->sender = NULL;
	closing_step(n);
}

/* A turn that runs ends first; then the requests are cut off; then a last turn writes what they came to. */
static void
closing_step(struct notify *n)
{
	if (n->running)
		return;
	if (n->sender != NULL) {
		sender_close(n->sender, sender_gone, n);
	} else if (!n->turn.last) {
		n->turn.last = true;
		turn_start(n, clock_now());
	} else {
		uv_close((uv_handle_t *)&n->timer, handle_gone);
		uv_close((uv_handle_t *)&n->wake, handle_gone);
	}
}

void
notify_close(struct notify *n, void (*done)(void *arg), void *arg)
{
	pthread_mutex_lock(&n->lock);
	n->closing = true;
	pthread_mutex_unlock(&n->lock);
	n->closed = done;
	n->closed_arg = arg;
	uv_timer_stop(&n->timer);
	closing_step(n);
}
