/*
 * notify_private.h -- the notifier's two halves, and what they hand each other.
 *
 * The front (notify.c) lives on the loop: alerts that come in, the timer, the sender. It thinks nothing and waits for nothing. A turn
 * (notify_turn.c) is one job in a worker, one at a time: it owns the dispatcher and talks to the store, and may take as long as the store
 * makes it wait. What the front has for the next turn is collected in `next`; what a turn has for the front lies in `made` when it ends.
 * So a row is committed before the front hears of it, and a request begins only then.
 */
#ifndef NOTIFY_PRIVATE_H
#define NOTIFY_PRIVATE_H

#include <pthread.h>
#include <uv.h>

#include "dispatch.h"
#include "mlwatch/notify.h"
#include "mlwatch/store_rows.h"
#include "sender.h"

#define EXPIRE_MS        (24 * INT64_C(3600000)) /* a notification that nobody took for a day */
#define REPLAY_EXPIRE_MS INT64_C(60000)          /* in a replay, which waits for it */

struct inbox { /* alerts handed in by other threads; one block per hand-over */
	struct arena *mem;
	struct alert *at;
	size_t n;
	int64_t now_ms;
	struct inbox *next;
};

struct note { /* of a row: its request began, or ended like this */
	bool began;
	struct outcome o; /* strings owned */
};

struct next { /* for the next turn */
	struct note *notes;
	size_t n_notes, cap_notes;
	int64_t clock_set;            /* the wall clock was set by so much; 0: it was not */
	struct notify_config *config; /* NULL: stay with that of now */
};

struct emitted { /* a row of the transaction that is open */
	struct sender_row row;
	enum {
		EMITTED_GOOD,
		EMITTED_BAD,      /* kept, but it cannot be sent */
		EMITTED_POINTLESS /* a newer one of this turn takes its place */
	} fate;
	bool test; /* somebody asked for it: no group knows it */
};

struct asked { /* a test that somebody wants, by its row */
	int64_t id, expires;
	char *receiver, *by;
};

struct written { /* an outcome that is not in the store yet */
	int64_t id, attempts, next_ms, done_ms, status;
	enum store_outbox_state state;
	char *error, *receiver;
	char *event; /* NULL: none */
	bool good;   /* the event is good news */
};

struct made { /* by a turn, for the front */
	struct sender_row *add;
	size_t n_add, cap_add;
	int64_t *remove; /* rows that nobody wants sent any more */
	size_t n_remove, cap_remove;
	int64_t due_ms;               /* when the next turn is wanted */
	struct notify_config *config; /* that of now, when it is another than before */
};

struct turn { /* belongs to the worker while one runs */
	struct notify *n;
	int64_t now;
	struct next in;
	struct inbox *inbox;
	struct made made;
	const struct notify_config *config;
	struct dispatch *dispatch;
	bool restored, last; /* last: only write */
	bool failing;        /* the one before failed, and that was said */
	struct fpmap open;   /* rows that are open and that the front has, or is about to get: see open_value */
	bool in_txn;
	struct err failed; /* why the transaction of this turn cannot be committed */
	struct emitted *emitted;
	size_t n_emitted, cap_emitted;
	int64_t *replaced; /* rows that newer ones made pointless */
	size_t n_replaced, cap_replaced;
	struct written *written;
	size_t n_written, cap_written;
	struct asked *asked;
	size_t n_asked, cap_asked;
	bool publish;
	int64_t quiet_version, rows_version, rows_at, housekept_at;
	uint64_t silences_digest, acks_digest; /* of those that the dispatcher has */
};

struct notify {
	struct notify_spec spec;
	char *external_url;
	struct notify_config *config; /* the sender's; a turn may be one ahead */
	struct notify_config **old;   /* replaced, but a request may still use their settings */
	size_t n_old, cap_old;
	struct sender *sender;
	uv_timer_t timer;
	uv_async_t wake; /* alerts came in */
	uv_work_t work;
	int open_handles;
	pthread_mutex_t lock; /* inbox and counts */
	struct inbox *inbox, **inbox_end;
	struct notify_counts counts;
	struct next next;
	struct turn turn;
	bool running;                 /* the turn */
	int64_t turn_at;              /* when the next one is wanted */
	int64_t last_wall, last_mono; /* to notice that the clock was set */
	bool replay, send;            /* notify_replay.c: turns are begun there; is anything sent? */
	bool closing;
	void (*closed)(void *arg);
	void *closed_arg;
};

/* notify.c */
void turn_begin(struct notify *n, int64_t now);
void turn_end(struct notify *n);
/* Sends what may be sent, begins a turn when one is wanted and none runs, and says when to look again. */
void look(struct notify *n);

/* notify_turn.c: in a worker */
void turn_run(struct turn *t);
void turn_release(struct turn *t);
void inbox_free(struct inbox *in);
void notes_free(struct next *in);

/* notify_emit.c: a due notification as a row */
int64_t notify_emit(void *turn, const struct due *due);

/* notify_rows.c: what a turn changed, in one transaction. Once something of it failed, all of it will: t->failed says why. */
int rows_begin(struct turn *t); /* when it has not begun */
int rows_write(struct turn *t, struct err *e);
int rows_event(struct turn *t, const char *receiver, int64_t id, const char *text, bool good, struct err *e);
void written_free(struct written *w);

/* notify_restore.c: what was there before */
int rows_restore(struct turn *t, struct err *e);
/* An open row, as the store has it, for the front. arg: the turn. */
void rows_take(void *arg, const struct store_notification *x);

/* notify_people.c */
int people_read_quiet(struct turn *t, struct err *e); /* silences and acknowledgements */
int people_read_rows(struct turn *t, struct err *e);  /* rows that people retry or drop: once a second */

void made_add(struct turn *t, const struct sender_row *row, bool test); /* takes the payload */
void made_remove(struct turn *t, int64_t id);
/* In turn.open: the row's number, and whether it is a test. Never NULL. */
static inline void *
open_value(int64_t id, bool test)
{
	return (void *)(uintptr_t)((uint64_t)id << 1 | test);
}

/* notify_asked.c: tests that somebody asked for */
void asked_take(struct turn *t, const struct store_notification *x);
void asked_send(struct turn *t);
void asked_done(struct turn *t); /* what was sent is written */

/* For tests: a whole turn at `now`, here and at once. */
void notify_turn(struct notify *n, int64_t now);

#endif
