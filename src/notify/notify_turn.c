/*
 * notify_turn.c -- one turn of the notifier, in a worker: takes what came in since the last, reads what people said, lets the dispatcher
 * say what is due, and keeps all of it in one transaction. A bounded piece of work.
 *
 * When the store does not take it, what was decided is taken back and the next turn, a second later, decides anew; alerts and outcomes are
 * kept in memory meanwhile.
 */
#include <stdlib.h>
#include <string.h>

#include "kinds.h"
#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/log.h"
#include "mlwatch/store_rows.h"
#include "mlwatch/xalloc.h"
#include "notify_private.h"

#define FLUSHES_PER_TURN 200
#define KEEP_ROWS_MS     (7 * MS_DAY)
#define KEEP_ROWS        10000
#define HOUSEKEEP_MS     (5 * MS_MINUTE)

void
made_add(struct turn *t, const struct sender_row *row, bool test)
{
	xgrow(t->made.add, t->made.n_add, t->made.cap_add);
	t->made.add[t->made.n_add++] = *row;
	fpmap_set(&t->open, (uint64_t)row->id, open_value(row->id, test));
}

void
made_remove(struct turn *t, int64_t id)
{
	xgrow(t->made.remove, t->made.n_remove, t->made.cap_remove);
	t->made.remove[t->made.n_remove++] = id;
	fpmap_set(&t->open, (uint64_t)id, NULL);
}

void
inbox_free(struct inbox *in)
{
	while (in != NULL) {
		struct inbox *next = in->next;
		arena_close(in->mem);
		free(in);
		in = next;
	}
}

void
notes_free(struct next *in)
{
	for (size_t i = 0; i < in->n_notes; i++) {
		free((char *)(uintptr_t)in->notes[i].o.receiver);
		free((char *)(uintptr_t)in->notes[i].o.kind);
		free((char *)(uintptr_t)in->notes[i].o.error);
	}
	in->n_notes = 0;
}

/* ---- what came in ---- */

/* An alert that comes at the moment of a flush is in it, as it is mostly in Alertmanager, whose timers are late by about that much. */
static void
take_inbox(struct turn *t, bool clock_set)
{
	for (const struct inbox *in = t->inbox; in != NULL; in = in->next) {
		int64_t at = clock_set || in->now_ms > t->now ? t->now : in->now_ms;
		for (size_t i = 0; i < in->n; i++)
			dispatch_alert(t->dispatch, &in->at[i], at);
	}
	inbox_free(t->inbox);
	t->inbox = NULL;
}

/* NULL: nobody needs to hear of it. */
static char *
event_text(const struct outcome *o, bool test)
{
	struct buf text = BUF_INIT;

	if (o->verdict == VERDICT_GIVE_UP)
		buf_addf(&text, "%s to %s (%s) was given up: %s", test ? "a test" : "notification", o->receiver,
			 o->kind, o->error);
	else if (o->verdict == VERDICT_SENT && test)
		buf_addf(&text, "a test to %s (%s) was taken", o->receiver, o->kind);
	return text.len > 0 ? buf_steal(&text) : NULL;
}

static enum store_outbox_state
state_after(enum verdict v)
{
	static const enum store_outbox_state states[] = {[VERDICT_SENT] = OUTBOX_SENT,
							 [VERDICT_RETRY] = OUTBOX_QUEUED,
							 [VERDICT_GIVE_UP] = OUTBOX_GIVEN_UP,
							 [VERDICT_LIMITED] = OUTBOX_QUEUED,
							 [VERDICT_NOT_SENT] = OUTBOX_DROPPED};

	return states[v];
}

static void
keep_outcome(struct turn *t, const struct outcome *o, bool final)
{
	bool test = fpmap_get(&t->open, (uint64_t)o->id) == open_value(o->id, true);

	xgrow(t->written, t->n_written, t->cap_written);
	t->written[t->n_written++] = (struct written){
	    .id = o->id,
	    .attempts = o->attempts,
	    .next_ms = o->next_ms,
	    .done_ms = final ? t->now : 0,
	    .status = o->status,
	    .state = state_after(o->verdict),
	    .error = xstrdup(o->error),
	    .receiver = xstrdup(o->receiver),
	    .event = event_text(o, test),
	    .good = o->verdict == VERDICT_SENT,
	};
}

static void
take_begun(struct turn *t)
{
	for (size_t i = 0; i < t->in.n_notes; i++)
		if (t->in.notes[i].began)
			dispatch_sending(t->dispatch, t->in.notes[i].o.id);
}

static void
take_outcomes(struct turn *t)
{
	for (size_t i = 0; i < t->in.n_notes; i++) {
		const struct outcome *o = &t->in.notes[i].o;
		bool final = state_after(o->verdict) != OUTBOX_QUEUED;
		if (t->in.notes[i].began)
			continue;
		keep_outcome(t, o, final);
		if (final)
			dispatch_done(t->dispatch, o->id, o->verdict != VERDICT_GIVE_UP, t->now);
		else
			dispatch_waits(t->dispatch, o->id, t->now);
	}
	notes_free(&t->in);
}

static void
take_config(struct turn *t)
{
	if (t->in.clock_set != 0)
		dispatch_shift(t->dispatch, t->in.clock_set);
	if (t->in.config == NULL)
		return;
	t->config = t->made.config = t->in.config;
	t->publish = true;
	dispatch_reconfigure(t->dispatch, t->config, t->now);
}

/* ---- the turn ---- */

/* What fails is tried again every second, and said once: a disk that is full for a night would be, too, of its log. */
static bool
succeeds(struct turn *t, int rc, const char *what, const struct err *e)
{
	if (rc < 0 && !t->failing)
		log_line(t->n->spec.log, LOG_ERROR, "notify", "%s, tried again every second: %s", what, e->text);
	if (rc >= 0 && t->failing)
		log_line(t->n->spec.log, LOG_INFO, "notify", "notifications are kept again, none was lost");
	t->failing = rc < 0;
	return rc >= 0;
}

/* Another look in a second at the latest: a silence from the command line should not wait longer. */
static int64_t
next_turn(const struct turn *t, bool more)
{
	int64_t due = dispatch_next(t->dispatch), latest = t->now + MS_SECOND;

	if (more || due < t->now)
		return t->now;
	return due < latest ? due : latest;
}

/* The first one: nothing comes in before what was there is back. */
static void
turn_restore(struct turn *t)
{
	struct err e = ERR_INIT;

	t->restored = succeeds(t, rows_restore(t, &e), "what was notified before cannot be read", &e);
	t->made.due_ms = t->restored ? t->now : t->now + MS_SECOND;
}

/* Before anything of this turn is written: rows that are open and that nobody knows are then those that people opened again. */
static void
hear_people(struct turn *t)
{
	struct err e = ERR_INIT;

	if (people_read_quiet(t, &e) < 0) /* better told in spite of a silence than not at all */
		log_line(t->n->spec.log, LOG_WARN, "notify", "silences cannot be read: %s", e.text);
	err_clear(&e);
	if (people_read_rows(t, &e) < 0)
		log_line(t->n->spec.log, LOG_WARN, "notify", "the outbox cannot be read: %s", e.text);
}

static void
housekeep(struct turn *t)
{
	struct err e = ERR_INIT;

	if (t->now < t->housekept_at + HOUSEKEEP_MS && t->housekept_at <= t->now)
		return;
	t->housekept_at = t->now;
	if (store_outbox_expire(t->n->spec.store, t->now - KEEP_ROWS_MS, KEEP_ROWS, &e) < 0)
		log_line(t->n->spec.log, LOG_WARN, "notify", "%s", e.text);
}

void
turn_run(struct turn *t)
{
	struct err e = ERR_INIT;
	bool more = false;

	if (!t->restored) {
		turn_restore(t);
		return;
	}
	take_config(t);
	take_begun(t);
	if (!t->last)
		hear_people(t);
	take_outcomes(t);
	asked_send(t);
	take_inbox(t, t->in.clock_set != 0);
	if (!t->last)
		more = dispatch_step(t->dispatch, t->now, FLUSHES_PER_TURN);
	bool kept = succeeds(t, rows_write(t, &e), "notifications cannot be kept", &e);
	t->made.due_ms = kept ? next_turn(t, more) : t->now + MS_SECOND;
	if (kept && !t->last)
		housekeep(t);
}

void
turn_release(struct turn *t)
{
	inbox_free(t->inbox);
	notes_free(&t->in);
	free(t->in.notes);
	for (size_t i = 0; i < t->n_written; i++)
		written_free(&t->written[i]);
	free(t->written);
	for (size_t i = 0; i < t->n_emitted; i++)
		free(t->emitted[i].row.payload);
	free(t->emitted);
	asked_done(t);
	free(t->asked);
	free(t->replaced);
	free(t->made.add);
	free(t->made.remove);
	fpmap_release(&t->open);
	dispatch_close(t->dispatch);
}
