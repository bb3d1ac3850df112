/*
 * agent_cycle.c -- read, decode, window, commit: one worker job at a time.
 *
 * A commit that fails (disk full, store locked) keeps its batches: the next cycle commits them before anything new is
 * read, so memory stays bounded, and since the offsets are in the same batch nothing is lost or counted twice.
 */
#include "agent_private.h"

#include <stdlib.h>
#include <string.h>

#include "mlwatch/clock.h"

#define READ_BYTES          ((size_t)192 << 20)
#define READ_MS             700
#define LAST_COMMIT_MS      (6 * MS_SECOND) /* that a stop waits for whoever holds the store */
#define AGAIN_MS            100
#define PENDING_BATCHES_MAX 2000 /* while nothing can be committed: some minutes of scrapes and evaluations */

struct batch *
agent_pending(struct agent *a)
{
	if (a->pending == NULL)
		a->pending = batch_open();
	return a->pending;
}

void
agent_add_pending(struct agent *a, struct batch *b)
{
	struct batch **at = &a->pending;

	while (*at != NULL)
		at = &(*at)->next;
	*at = b;
}

void
agent_event(struct agent *a, const char *kind, const char *severity, const char *subject, const char *text)
{
	const struct store_event ev = {.t = clock_now(),
				       .kind = kind,
				       .severity = severity,
				       .subject = subject,
				       .model = "",
				       .text = text,
				       .ref = ""};

	batch_event(agent_pending(a), &ev);
}

static void
free_batches(struct cycle *c)
{
	while (c->batches != NULL) {
		struct batch *next = c->batches->next;

		batch_close(c->batches);
		c->batches = next;
	}
	c->last = NULL;
}

/* b may be a list. */
static void
add_batches(struct cycle *c, struct batch *b)
{
	if (c->last != NULL)
		c->last->next = b;
	else
		c->batches = b;
	while (b->next != NULL)
		b = b->next;
	c->last = b;
}

static int
commit(struct cycle *c)
{
	struct agent *a = c->agent;

	c->made.stuck = true;
	if (batch_commit(c->batches, a->store, clock_now(), &c->err) < 0)
		return -1;
	c->made.stuck = false;
	c->made.moved = store_has_moved(a->store);
	pipeline_committed(a->now.pipeline);
	free_batches(c);
	return 0;
}

static void
cycle_work(uv_work_t *w)
{
	struct cycle *c = w->data;
	const int64_t t0 = clock_monotonic();
	struct batch *b;

	if (c->made.stuck && commit(c) < 0)
		return;
	b = batch_open();
	c->made.more = pipeline_read(c->agent->now.pipeline, c->now_ms, READ_BYTES, READ_MS, b);
	if (c->metrics)
		pipeline_metrics(c->agent->now.pipeline, b, c->now_ms);
	c->metrics = false;
	add_batches(c, b);
	if (commit(c) == 0)
		store_housekeep(c->agent->store, c->now_ms, &c->err);
	c->made.seconds = (double)(clock_monotonic() - t0) / 1000;
}

static void
report(struct agent *a, const struct cycle *c)
{
	const bool was_failing = a->failed_commits > 0, had_moved = a->store_moved;

	if (c->is.stuck) {
		if (a->failed_commits++ == 0)
			log_line(a->log, LOG_ERROR, "store", "cannot commit, trying again: %s", c->err.text);
		return;
	}
	a->commits++;
	a->last_commit_ms = c->now_ms;
	a->failed_commits = 0;
	if (was_failing)
		log_line(a->log, LOG_INFO, "store", "commits work again, nothing was lost");
	a->store_moved = c->is.moved;
	/* alerts are still told, so it goes on; but nobody can read what it keeps */
	if (a->store_moved && !had_moved)
		log_line(
		    a->log, LOG_ERROR, "store",
		    "'%s' was removed or replaced: what is kept from now on is lost when the agent ends; restart it",
		    a->now.config->store_path);
	if (!a->store_moved && had_moved)
		log_line(a->log, LOG_INFO, "store", "'%s' is back in its place", a->now.config->store_path);
}

static void
cycle_done(uv_work_t *w, int status)
{
	struct cycle *c = w->data;
	struct agent *a = c->agent;

	(void)status;
	c->running = false;
	c->is = c->made;
	c->finished_mono = clock_monotonic();
	report(a, c);
	agent_cycle_done(a);
}

/* While the store refuses commits, scrapes and evaluations go on; the oldest of their results are let go. Log lines never
 * are: they stay in their files until they can be committed. */
static void
drop_oldest_pending(struct agent *a)
{
	size_t n = 0;

	for (struct batch *b = a->pending; b != NULL; b = b->next)
		n++;
	for (; n > PENDING_BATCHES_MAX; n--) {
		struct batch *b = a->pending;

		a->pending = b->next;
		a->dropped_samples += (int64_t)b->n_samples;
		batch_close(b);
	}
}

static void
cycle_start(struct agent *a)
{
	struct cycle *c = &a->cycle;

	c->agent = a;
	c->work.data = c;
	c->wanted = false;
	c->running = true;
	c->made.more = false;
	c->now_ms = clock_now();
	c->metrics = c->metrics || c->metrics_wanted;
	c->metrics_wanted = false;
	err_clear(&c->err);
	if (a->pending != NULL && !c->is.stuck) {
		add_batches(c, a->pending);
		a->pending = NULL;
	} else {
		drop_oldest_pending(a);
	}
	uv_queue_work(&a->loop, &c->work, cycle_work, cycle_done);
}

void
cycle_want(struct agent *a)
{
	if (a->cycle.running || a->cycle.wait_jobs) {
		a->cycle.wanted = true;
		return;
	}
	cycle_start(a);
}

/* ---- the last one ---- */

static void
final_work(uv_work_t *w)
{
	struct cycle *c = w->data;

	while (commit(c) < 0 && clock_monotonic() < c->give_up_mono) {
		err_clear(&c->err);
		uv_sleep(AGAIN_MS); /* a full disk is told at once, a store that is held after a while */
	}
}

static void
final_done(uv_work_t *w, int status)
{
	struct cycle *c = w->data;
	struct agent *a = c->agent;

	(void)status;
	c->is = c->made;
	if (c->is.stuck)
		log_line(a->log, LOG_ERROR, "store", "last commit failed, its lines will be read again: %s",
			 c->err.text);
	free_batches(c);
	c->final_done(a);
}

void
cycle_final(struct agent *a, void (*done)(struct agent *a))
{
	struct cycle *c = &a->cycle;

	c->agent = a;
	c->work.data = c;
	c->now_ms = clock_now();
	c->give_up_mono = clock_monotonic() + LAST_COMMIT_MS;
	c->final_done = done;
	err_clear(&c->err);
	add_batches(c, agent_pending(a));
	a->pending = NULL;
	uv_queue_work(&a->loop, &c->work, final_work, final_done);
}
