/*
 * notify_private.h -- the notifier's parts: what comes in, the dispatcher, the sender, and what of it is in the store.
 */
#ifndef NOTIFY_PRIVATE_H
#define NOTIFY_PRIVATE_H

#include <pthread.h>
#include <uv.h>

#include "dispatch.h"
#include "mlwatch/notify.h"
#include "mlwatch/store_rows.h"
#include "sender.h"

#define EXPIRE_MS (24 * INT64_C(3600000)) /* a notification that nobody took for a day */

struct written { /* an outcome that is not in the store yet */
	int64_t id, attempts, next_ms, done_ms, status;
	enum store_outbox_state state;
	char *error;
};

struct inbox { /* alerts handed in by other threads; one block per hand-over */
	struct arena *mem;
	struct alert *at;
	size_t n;
	int64_t now_ms;
	struct inbox *next;
};

struct notify {
	struct notify_spec spec;
	char *external_url;
	struct notify_config *config;
	struct dispatch *dispatch;
	struct sender *sender;
	uv_timer_t timer;
	uv_async_t wake; /* alerts came in */
	int open_handles;
	pthread_mutex_t lock; /* inbox and counts */
	struct inbox *inbox, **inbox_end;
	struct notify_counts counts;
	/* of the step that runs */
	bool in_txn, txn_failed;
	struct sender_row *emitted_rows; /* id negative: kept, but it cannot be sent */
	size_t n_emitted, cap_emitted;
	int64_t *replaced; /* rows that newer ones made pointless */
	size_t n_replaced, cap_replaced;
	struct written *written;
	size_t n_written, cap_written;
	int64_t data_version, people_at, housekept_at;
	uint64_t people_digest, acks_digest; /* of the silences and acknowledgements that the dispatcher has */
	struct notify_config **old;          /* replaced, but a request may still use their settings */
	size_t n_old, cap_old;
	int64_t last_wall, last_mono; /* to notice that the clock was set */
	bool closing;
	void (*closed)(void *arg);
	void *closed_arg;
};

/* notify_emit.c: a due notification as a row */
int64_t notify_emit(void *arg, const struct due *due);

/* notify_rows.c */
int notify_restore(struct notify *n, int64_t now, struct err *e);
int notify_txn(struct notify *n, struct err *e);                  /* begins when there is none */
int notify_persist(struct notify *n, int64_t now, struct err *e); /* writes what changed and ends the transaction */
int notify_read_people(struct notify *n, int64_t now,
		       struct err *e); /* silences, acknowledgements, rows that people changed */

void notify_note_outcome(struct notify *n, const struct outcome *o, int64_t now);

#endif
