/*
 * silences.c -- silences and acknowledgements: rows that people insert from the command line, the dashboard or over HTTP, and that
 * the agent heeds at its next look.
 */
#include "mlwatch/err.h"
#include "mlwatch/store_rows.h"
#include "store_private.h"

enum { SQL_PUT_SILENCE, SQL_SILENCES, SQL_PUT_ACK, SQL_DROP_ACK, SQL_ACKS };

static const char *const sql[] = {
    [SQL_PUT_SILENCE] =
	"INSERT OR REPLACE INTO silence(id, matchers, starts_ms, ends_ms, updated_ms, created_by, comment)"
	" VALUES(?1,?2,?3,?4,?5,?6,?7)",
    [SQL_SILENCES] = "SELECT id, matchers, starts_ms, ends_ms, updated_ms, created_by, comment FROM silence"
		     " WHERE ends_ms > ?1 ORDER BY ends_ms, id",
    [SQL_PUT_ACK] = "INSERT OR REPLACE INTO ack(fp, starts_ms, at_ms, by, comment) VALUES(?1,?2,?3,?4,?5)",
    [SQL_DROP_ACK] = "DELETE FROM ack WHERE fp = ?1",
    [SQL_ACKS] = "SELECT fp, starts_ms, at_ms, by, comment FROM ack ORDER BY at_ms",
};

static const struct store_migration schema[] = {
    {1, "CREATE TABLE silence("
	"  id TEXT PRIMARY KEY, matchers TEXT NOT NULL, starts_ms INTEGER, ends_ms INTEGER, updated_ms INTEGER,"
	"  created_by TEXT, comment TEXT) WITHOUT ROWID;"
	"CREATE INDEX silence_end ON silence(ends_ms);"
	"CREATE TABLE ack(fp INTEGER PRIMARY KEY, starts_ms INTEGER, at_ms INTEGER, by TEXT, comment TEXT);"},
};

const struct store_part store_silences_part = STORE_PART("silences", schema, sql);

int
store_put_silence(struct store *s, const struct store_silence *x, struct err *e)
{
	if (store_txn_begin(s, e) < 0)
		return -1;
	int rc = store_exec(s, PART_SILENCES, SQL_PUT_SILENCE, e, "ssiiiss", x->id, x->matchers, x->starts_ms,
			    x->ends_ms, x->updated_ms, x->created_by, x->comment);
	return store_txn_end(s, rc, e);
}

int
store_silences(struct store *s, int64_t ends_after_ms, store_silence_fn *fn, void *arg, struct err *e)
{
	int rc = -1;

	store_lock(s);
	sqlite3_stmt *q = store_reopen_if_needed(s, e) < 0
			      ? NULL
			      : store_query(s, PART_SILENCES, SQL_SILENCES, e, "i", ends_after_ms);
	while (q != NULL && (rc = store_step(s, q, e)) == 1) {
		struct store_silence x = {
		    .id = store_text(q, 0),
		    .matchers = store_text(q, 1),
		    .starts_ms = sqlite3_column_int64(q, 2),
		    .ends_ms = sqlite3_column_int64(q, 3),
		    .updated_ms = sqlite3_column_int64(q, 4),
		    .created_by = store_text(q, 5),
		    .comment = store_text(q, 6),
		};
		fn(arg, &x);
	}
	store_unlock(s);
	return rc;
}

int
store_put_ack(struct store *s, const struct store_ack *a, struct err *e)
{
	if (store_txn_begin(s, e) < 0)
		return -1;
	int rc = store_exec(s, PART_SILENCES, SQL_PUT_ACK, e, "iiiss", (int64_t)a->fingerprint, a->starts_ms, a->at_ms,
			    a->by, a->comment);
	return store_txn_end(s, rc, e);
}

int
store_drop_ack(struct store *s, uint64_t fp, struct err *e)
{
	if (store_txn_begin(s, e) < 0)
		return -1;
	return store_txn_end(s, store_exec(s, PART_SILENCES, SQL_DROP_ACK, e, "i", (int64_t)fp), e);
}

int
store_acks(struct store *s, store_ack_fn *fn, void *arg, struct err *e)
{
	int rc = -1;

	store_lock(s);
	sqlite3_stmt *q = store_reopen_if_needed(s, e) < 0 ? NULL : store_query(s, PART_SILENCES, SQL_ACKS, e, "");
	while (q != NULL && (rc = store_step(s, q, e)) == 1) {
		struct store_ack a = {(uint64_t)sqlite3_column_int64(q, 0), sqlite3_column_int64(q, 1),
				      sqlite3_column_int64(q, 2), store_text(q, 3), store_text(q, 4)};
		fn(arg, &a);
	}
	store_unlock(s);
	return rc;
}
