/*
 * outbox.c -- notifications as rows: each is here before it is a request, and stays for a while after. What is in them is the
 * notifier's business.
 */
#include "mlwatch/err.h"
#include "mlwatch/store_rows.h"
#include "store_private.h"

const char *const store_outbox_words[N_OUTBOX_STATES] = {
    [OUTBOX_QUEUED] = "queued",     [OUTBOX_SENDING] = "sending", [OUTBOX_SENT] = "sent",
    [OUTBOX_GIVEN_UP] = "given up", [OUTBOX_DROPPED] = "dropped", [OUTBOX_REPLACED] = "replaced",
};

enum {
	SQL_PUT,
	SQL_SET,
	SQL_OUTCOME,
	SQL_LIST,
	SQL_LIST_WHOLE,
	SQL_OPEN,
	SQL_OPEN_WHOLE,
	SQL_SINCE,
	SQL_ONE,
	SQL_TALLIES,
	SQL_TALLIES_EVER,
	SQL_EXPIRE,
	SQL_EXPIRE_EXCESS
};

#define COLUMNS                                                                                                        \
	"id, state, created_ms, next_ms, expires_ms, done_ms, repeat_ms, attempts, status, idx, receiver, kind,"       \
	" group_key, title, reason, error"
#define NEW_STATE "state=?2, attempts=?3, next_ms=?4, done_ms=?5, status=?6, error=?7"
#define WHOLE     COLUMNS ", payload, firing, resolved"
/* what is open and what was done since ?1, each by its own index */
#define RECENT(columns, also)                                                                                          \
	"SELECT " columns " FROM outbox WHERE done_ms = 0" also " UNION ALL"                                           \
	" SELECT " columns " FROM outbox WHERE done_ms > 0 AND done_ms >= ?1" also
#define TALLY(from)                                                                                                    \
	"SELECT receiver, kind, sum(state = 2), sum(state = 3), sum(done_ms = 0),"                                     \
	" sum(CASE WHEN state IN (2, 3) AND attempts > 0 THEN attempts - 1 ELSE attempts END),"                        \
	" max(CASE WHEN state = 2 THEN done_ms ELSE 0 END), sum(state IN (4, 5) AND attempts > 0), sum(state = 4)"     \
	" FROM " from " GROUP BY 1, 2 ORDER BY 1, 2"

static const char *const sql[] = {
    [SQL_PUT] = ("INSERT INTO outbox(state, created_ms, next_ms, expires_ms, done_ms, repeat_ms, attempts, status, idx,"
		 " receiver, kind, group_key, title, reason, error, payload, firing, resolved)"
		 " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18)"),
    [SQL_SET] =
	"UPDATE outbox SET " NEW_STATE ", expires_ms = CASE WHEN ?8 > 0 THEN ?8 ELSE expires_ms END WHERE id=?1",
    [SQL_OUTCOME] = "UPDATE outbox SET " NEW_STATE " WHERE id=?1 AND (done_ms = 0 OR ?2 = ?8)",
    [SQL_LIST] = "SELECT " COLUMNS " FROM outbox WHERE (?1 >> state) & 1 ORDER BY id DESC LIMIT ?2",
    [SQL_LIST_WHOLE] = "SELECT " WHOLE " FROM outbox WHERE (?1 >> state) & 1 ORDER BY id DESC LIMIT ?2",
    /* what is open is asked for every second: by its own index, however many finished rows there are */
    [SQL_OPEN] = "SELECT " COLUMNS " FROM outbox WHERE done_ms = 0 AND (?1 >> state) & 1 ORDER BY id DESC LIMIT ?2",
    [SQL_OPEN_WHOLE] = "SELECT " WHOLE " FROM outbox WHERE done_ms = 0 AND (?1 >> state) & 1 ORDER BY id DESC LIMIT ?2",
    [SQL_SINCE] =
	RECENT(COLUMNS ", length(firing), length(resolved)", " AND (?3 >> state) & 1") " ORDER BY id DESC LIMIT ?2",
    [SQL_ONE] = "SELECT " WHOLE " FROM outbox WHERE id=?1",
    [SQL_TALLIES] = TALLY("(" RECENT("receiver, kind, state, done_ms, attempts", "") ")"),
    [SQL_TALLIES_EVER] = TALLY("outbox"),
    [SQL_EXPIRE] = "DELETE FROM outbox WHERE done_ms > 0 AND done_ms < ?1",
    [SQL_EXPIRE_EXCESS] = "DELETE FROM outbox WHERE done_ms > 0 AND id <= (SELECT id FROM outbox WHERE done_ms > 0"
			  " ORDER BY id DESC LIMIT 1 OFFSET ?1)",
};

static const struct store_migration schema[] = {
    {1, "CREATE TABLE outbox("
	"  id INTEGER PRIMARY KEY AUTOINCREMENT, state INTEGER NOT NULL, created_ms INTEGER, next_ms INTEGER,"
	"  expires_ms INTEGER, done_ms INTEGER NOT NULL, repeat_ms INTEGER, attempts INTEGER, status INTEGER,"
	"  idx INTEGER, receiver TEXT NOT NULL, kind TEXT NOT NULL, group_key TEXT NOT NULL, title TEXT, reason TEXT,"
	"  error TEXT, payload TEXT, firing BLOB, resolved BLOB);"
	"CREATE INDEX outbox_open ON outbox(id) WHERE done_ms = 0;"
	"CREATE INDEX outbox_done ON outbox(done_ms) WHERE done_ms > 0;"},
};

const struct store_part store_outbox_part = STORE_PART("outbox", schema, sql);

int
store_put_notification(struct store *s, const struct store_notification *n, int64_t *id, struct err *e)
{
	if (store_txn_begin(s, e) < 0)
		return -1;
	int rc = store_exec(s, PART_OUTBOX, SQL_PUT, e, "iiiiiiiiisssssssbb", (int64_t)n->state, n->created_ms,
			    n->next_ms, n->expires_ms, n->done_ms, n->repeat_ms, n->attempts, n->status, n->index,
			    n->receiver, n->kind, n->group_key, n->title, n->reason, n->error, n->payload, n->firing,
			    n->firing_n, n->resolved, n->resolved_n);
	if (rc == 0)
		*id = sqlite3_last_insert_rowid(s->db);
	return store_txn_end(s, rc, e);
}

int
store_set_notification(struct store *s, const struct store_notification *n, struct err *e)
{
	if (store_txn_begin(s, e) < 0)
		return -1;
	int rc = store_exec(s, PART_OUTBOX, SQL_SET, e, "iiiiiisi", n->id, (int64_t)n->state, n->attempts, n->next_ms,
			    n->done_ms, n->status, n->error, n->expires_ms);
	return store_txn_end(s, rc, e);
}

int
store_note_outcome(struct store *s, const struct store_notification *n, struct err *e)
{
	if (store_txn_begin(s, e) < 0)
		return -1;
	int rc = store_exec(s, PART_OUTBOX, SQL_OUTCOME, e, "iiiiiisi", n->id, (int64_t)n->state, n->attempts,
			    n->next_ms, n->done_ms, n->status, n->error, (int64_t)OUTBOX_SENT);
	return store_txn_end(s, rc, e);
}

static struct store_notification
read_row(sqlite3_stmt *q, bool whole)
{
	struct store_notification n = {
	    .id = sqlite3_column_int64(q, 0),
	    .state = (enum store_outbox_state)sqlite3_column_int(q, 1),
	    .created_ms = sqlite3_column_int64(q, 2),
	    .next_ms = sqlite3_column_int64(q, 3),
	    .expires_ms = sqlite3_column_int64(q, 4),
	    .done_ms = sqlite3_column_int64(q, 5),
	    .repeat_ms = sqlite3_column_int64(q, 6),
	    .attempts = sqlite3_column_int64(q, 7),
	    .status = sqlite3_column_int64(q, 8),
	    .index = sqlite3_column_int64(q, 9),
	    .receiver = store_text(q, 10),
	    .kind = store_text(q, 11),
	    .group_key = store_text(q, 12),
	    .title = store_text(q, 13),
	    .reason = store_text(q, 14),
	    .error = store_text(q, 15),
	};

	if (n.state >= N_OUTBOX_STATES)
		n.state = OUTBOX_DROPPED;
	if (whole) {
		n.payload = store_text(q, 16);
		n.firing = sqlite3_column_blob(q, 17);
		n.firing_n = (size_t)sqlite3_column_bytes(q, 17);
		n.resolved = sqlite3_column_blob(q, 18);
		n.resolved_n = (size_t)sqlite3_column_bytes(q, 18);
	}
	return n;
}

int
store_notifications(struct store *s, unsigned states, size_t max, bool whole, store_notification_fn *fn, void *arg,
		    struct err *e)
{
	const size_t open = whole ? SQL_OPEN_WHOLE : SQL_OPEN, all = whole ? SQL_LIST_WHOLE : SQL_LIST;
	int rc = -1;

	store_lock(s);
	sqlite3_stmt *q = store_reopen_if_needed(s, e) < 0
			      ? NULL
			      : store_query(s, PART_OUTBOX, states == OUTBOX_OPEN ? open : all, e, "ii",
					    (int64_t)states, max > 0 ? (int64_t)max : INT64_MAX);
	while (q != NULL && (rc = store_step(s, q, e)) == 1) {
		struct store_notification n = read_row(q, whole);
		fn(arg, &n);
	}
	store_unlock(s);
	return rc;
}

int
store_notifications_since(struct store *s, int64_t since_ms, unsigned states, size_t max, store_notification_fn *fn,
			  void *arg, struct err *e)
{
	int rc = -1;

	store_lock(s);
	sqlite3_stmt *q = store_reopen_if_needed(s, e) < 0 ? NULL
							   : store_query(s, PART_OUTBOX, SQL_SINCE, e, "iii", since_ms,
									 (int64_t)max, (int64_t)states);
	while (q != NULL && (rc = store_step(s, q, e)) == 1) {
		struct store_notification n = read_row(q, false);

		n.firing_n = (size_t)sqlite3_column_int64(q, 16);
		n.resolved_n = (size_t)sqlite3_column_int64(q, 17);
		fn(arg, &n);
	}
	store_unlock(s);
	return rc;
}

int
store_outbox_tallies(struct store *s, int64_t since_ms, store_outbox_tally_fn *fn, void *arg, struct err *e)
{
	int rc = -1;

	store_lock(s);
	sqlite3_stmt *q = store_reopen_if_needed(s, e) < 0 ? NULL
			  : since_ms > 0                   ? store_query(s, PART_OUTBOX, SQL_TALLIES, e, "i", since_ms)
							   : store_query(s, PART_OUTBOX, SQL_TALLIES_EVER, e, "");
	while (q != NULL && (rc = store_step(s, q, e)) == 1) {
		const struct store_outbox_tally t = {.receiver = store_text(q, 0),
						     .kind = store_text(q, 1),
						     .sent = sqlite3_column_int64(q, 2),
						     .given_up = sqlite3_column_int64(q, 3),
						     .open = sqlite3_column_int64(q, 4),
						     .failed = sqlite3_column_int64(q, 5),
						     .sent_ms = sqlite3_column_int64(q, 6),
						     .unsent = sqlite3_column_int64(q, 7),
						     .dropped = sqlite3_column_int64(q, 8)};
		fn(arg, &t);
	}
	store_unlock(s);
	return rc;
}

int
store_notification(struct store *s, int64_t id, store_notification_fn *fn, void *arg, struct err *e)
{
	int rc = -1;

	store_lock(s);
	sqlite3_stmt *q = store_reopen_if_needed(s, e) < 0 ? NULL : store_query(s, PART_OUTBOX, SQL_ONE, e, "i", id);
	if (q != NULL && (rc = store_step(s, q, e)) == 1) {
		struct store_notification n = read_row(q, true);
		fn(arg, &n);
		store_end(q);
	}
	store_unlock(s);
	return rc;
}

int
store_outbox_expire(struct store *s, int64_t before_ms, size_t keep, struct err *e)
{
	if (store_txn_begin(s, e) < 0)
		return -1;
	int rc = store_exec(s, PART_OUTBOX, SQL_EXPIRE, e, "i", before_ms);
	if (rc == 0)
		rc = store_exec(s, PART_OUTBOX, SQL_EXPIRE_EXCESS, e, "i", (int64_t)keep);
	return store_txn_end(s, rc, e);
}

int
store_rows_begin(struct store *s, struct err *e)
{
	return store_txn_begin(s, e);
}

int
store_rows_end(struct store *s, int rc, struct err *e)
{
	return store_txn_end(s, rc, e);
}
