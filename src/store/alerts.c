/*
 * alerts.c -- the state of every alert as of the last commit, so that a restart forgets nothing, and one row per firing: when,
 * how long, how far over its limit. What the states mean is the rules' business.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/store_rows.h"
#include "store_private.h"

#define EXTERNAL_LABELS "external_labels" /* key of a document */

#define KEEP_FIRINGS_MS (400 * MS_DAY)

enum {
	SQL_CLEAR,
	SQL_PUT,
	SQL_LIST,
	SQL_FIRING,
	SQL_FIRINGS,
	SQL_PEAK,
	SQL_EXPIRE,
	SQL_ACKS,
	SQL_ACKED,
	SQL_ACKED_AT,
	SQL_UNACKED
};

static const char *const sql[] = {
    [SQL_CLEAR] = "DELETE FROM alert WHERE file = ?1 AND grp = ?2",
    [SQL_PUT] = "INSERT OR REPLACE INTO alert(file, grp, name, line, labels, annotations, state, active_ms, fired_ms, "
		"resolved_ms,"
		" keep_ms, sent_ms, for_ms, value, expr, limit_op, limit_value, value_expr)"
		" VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18)",
    [SQL_LIST] =
	"SELECT file, grp, name, line, labels, annotations, state, active_ms, fired_ms, resolved_ms, keep_ms, sent_ms,"
	" for_ms, value, expr, limit_op, limit_value, value_expr FROM alert",
    /* a value that is no number is NULL to SQLite and beats nothing */
    [SQL_FIRING] =
	"INSERT INTO firing(fingerprint, fired_ms, name, labels, resolved_ms, peak, limit_op, limit_value, peak_ms,"
	" value_expr, unit) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)"
	" ON CONFLICT(fingerprint, fired_ms) DO UPDATE SET resolved_ms = ?5, value_expr = ?10, unit = ?11,"
	" peak_ms = CASE WHEN peak IS NULL OR (?7 LIKE '<%' AND ?6 < peak) OR (?7 NOT LIKE '<%' AND ?6 > peak)"
	"  THEN ?9 ELSE peak_ms END,"
	" peak = CASE WHEN ?7 LIKE '<%' THEN min(coalesce(peak, ?6), coalesce(?6, peak))"
	"  ELSE max(coalesce(peak, ?6), coalesce(?6, peak)) END",
    [SQL_FIRINGS] = "SELECT fingerprint, name, labels, fired_ms, resolved_ms, peak, limit_op, limit_value, peak_ms,"
		    " value_expr, unit, ack_by, ack_ms FROM firing"
		    " WHERE (?1 = 0 OR fingerprint = ?1) AND (fired_ms >= ?2 OR resolved_ms = 0 OR resolved_ms >= ?2)"
		    " ORDER BY fired_ms DESC LIMIT ?3",
    [SQL_PEAK] = "SELECT peak, peak_ms FROM firing WHERE fingerprint = ?1 AND fired_ms = ?2",
    [SQL_ACKS] = "SELECT n.labels, a.by, a.at_ms FROM ack a JOIN notify_alert n ON n.fp = a.fp",
    [SQL_ACKED] =
	"UPDATE firing SET ack_by = ?3, ack_ms = ?4 WHERE fingerprint = ?1 AND fired_ms = ?2 AND ack_ms != ?4",
    [SQL_ACKED_AT] = "SELECT fingerprint, fired_ms, labels FROM firing WHERE ack_ms = ?1",
    [SQL_UNACKED] = "UPDATE firing SET ack_by = '', ack_ms = 0 WHERE fingerprint = ?1 AND fired_ms = ?2",
    [SQL_EXPIRE] = "DELETE FROM firing WHERE fired_ms < ?1",
};

static const struct store_migration schema[] = {
    {1, "CREATE TABLE alert("
	"  file TEXT NOT NULL, grp TEXT NOT NULL, name TEXT NOT NULL, line INTEGER, labels TEXT NOT NULL, annotations "
	"TEXT,"
	"  state INTEGER, active_ms INTEGER, fired_ms INTEGER, resolved_ms INTEGER, keep_ms INTEGER, sent_ms INTEGER,"
	"  for_ms INTEGER, value REAL, expr TEXT, limit_op TEXT, limit_value REAL, value_expr TEXT,"
	"  PRIMARY KEY(file, grp, name, line, labels)) WITHOUT ROWID;"
	"CREATE TABLE firing("
	"  fingerprint INTEGER NOT NULL, fired_ms INTEGER NOT NULL, name TEXT NOT NULL, labels TEXT NOT NULL,"
	"  resolved_ms INTEGER NOT NULL, peak REAL, limit_op TEXT, limit_value REAL, PRIMARY KEY(fingerprint, "
	"fired_ms)) WITHOUT ROWID;"
	"CREATE INDEX firing_time ON firing(fired_ms);"},
    {2, "ALTER TABLE firing ADD COLUMN peak_ms INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE firing ADD COLUMN value_expr TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE firing ADD COLUMN unit TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE firing ADD COLUMN ack_by TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE firing ADD COLUMN ack_ms INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX firing_end ON firing(resolved_ms);"},
};

const struct store_part store_alerts_part = STORE_PART("alerts", schema, sql);

static int
put_one(struct store *s, const char *file, const char *group, const struct store_alert *a, struct err *e)
{
	struct buf labels = BUF_INIT, notes = BUF_INIT;
	int rc;

	labels_format(&labels, a->labels);
	labels_format(&notes, a->annotations);
	rc = store_exec(s, PART_ALERTS, SQL_PUT, e, "sssissiiiiiiidssds", file, group, a->name, (int64_t)a->line,
			buf_str(&labels), buf_str(&notes), (int64_t)a->state, a->active_ms, a->fired_ms, a->resolved_ms,
			a->keep_firing_since_ms, a->last_sent_ms, a->for_ms, a->value, a->expr, a->limit_op, a->limit,
			a->value_expr);
	if (rc == 0 && (a->state == STORE_ALERT_FIRING || (a->state == STORE_ALERT_RESOLVED && a->fired_ms > 0)))
		rc = store_exec(s, PART_ALERTS, SQL_FIRING, e, "iissidsdiss", (int64_t)labels_hash(a->labels),
				a->fired_ms, a->name, buf_str(&labels),
				a->state == STORE_ALERT_RESOLVED ? a->resolved_ms : 0, a->value, a->limit_op, a->limit,
				a->value_ms, a->value_expr, labels_get(a->annotations, "unit"));
	buf_release(&labels);
	buf_release(&notes);
	return rc;
}

int
store_put_external_labels(struct store *s, struct labels l, struct err *e)
{
	struct buf text = BUF_INIT;
	int rc;

	labels_format(&text, l);
	rc = store_put_kv(s, EXTERNAL_LABELS, buf_str(&text), e);
	buf_release(&text);
	return rc;
}

struct labels
store_external_labels(struct store *s, struct arena *mem)
{
	struct labels l = {0};
	char *text = store_get_kv(s, EXTERNAL_LABELS);

	if (text != NULL)
		labels_parse(mem, text, &l, NULL);
	free(text);
	return l;
}

static bool
acknowledged_at(const struct store_alert *a, int64_t at_ms)
{
	return a->fired_ms > 0 && a->fired_ms <= at_ms &&
	       (a->state == STORE_ALERT_FIRING || (a->state == STORE_ALERT_RESOLVED && at_ms <= a->resolved_ms));
}

/* Who acknowledged stands in rows that go when the alert does: into the history. Acknowledgements are few. */
static int
note_acks(struct store *s, const struct store_alert *at, size_t n, struct err *e)
{
	struct arena *mem = arena_open(), *row = arena_open();
	struct labels *told = arena_calloc(mem, n, sizeof *told), external = store_external_labels(s, mem);
	sqlite3_stmt *q = store_query(s, PART_ALERTS, SQL_ACKS, e, "");
	int rc = -1;

	for (size_t i = 0; i < n; i++)
		told[i] = labels_with_missing(mem, at[i].labels, external);

	while (q != NULL && (rc = store_step(s, q, e)) == 1) {
		const int64_t at_ms = sqlite3_column_int64(q, 2);
		struct labels l;

		arena_reset(row);
		if (labels_parse(row, store_text(q, 0), &l, NULL) < 0)
			continue;
		for (size_t i = 0; i < n && rc >= 0; i++)
			if (acknowledged_at(&at[i], at_ms) && labels_equal(l, told[i]))
				rc =
				    store_exec(s, PART_ALERTS, SQL_ACKED, e, "iisi", (int64_t)labels_hash(at[i].labels),
					       at[i].fired_ms, store_text(q, 1), at_ms);
		if (rc < 0)
			break;
	}
	store_end(q);
	arena_close(row);
	arena_close(mem);
	return rc < 0 ? -1 : 0;
}

int
store_forget_ack(struct store *s, struct labels told, int64_t at_ms, struct err *e)
{
	struct arena *mem = arena_open();
	const struct labels external = store_external_labels(s, mem);
	sqlite3_stmt *q = store_query(s, PART_ALERTS, SQL_ACKED_AT, e, "i", at_ms);
	int rc = -1;

	while (q != NULL && (rc = store_step(s, q, e)) == 1) {
		struct labels l;

		if (labels_parse(mem, store_text(q, 2), &l, NULL) < 0 ||
		    !labels_equal(told, labels_with_missing(mem, l, external)))
			continue;
		rc = store_exec(s, PART_ALERTS, SQL_UNACKED, e, "ii", sqlite3_column_int64(q, 0),
				sqlite3_column_int64(q, 1));
		if (rc < 0)
			break;
	}
	store_end(q);
	arena_close(mem);
	return rc < 0 ? -1 : 0;
}

int
store_put_alerts(struct store *s, const char *file, const char *group, const struct store_alert *at, size_t n,
		 struct err *e)
{
	int rc;

	if (store_txn_begin(s, e) < 0)
		return -1;
	rc = store_exec(s, PART_ALERTS, SQL_CLEAR, e, "ss", file, group);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = put_one(s, file, group, &at[i], e);
	if (rc == 0 && n > 0)
		rc = note_acks(s, at, n, e);
	return store_txn_end(s, rc, e);
}

/* A NaN is stored as NULL. */
static double
number_or_nan(sqlite3_stmt *q, int column)
{
	return sqlite3_column_type(q, column) == SQLITE_NULL ? NAN : sqlite3_column_double(q, column);
}

static void
read_alert(sqlite3_stmt *q, struct arena *mem, struct store_alert *a)
{
	*a = (struct store_alert){
	    .file = store_text(q, 0),
	    .group = store_text(q, 1),
	    .name = store_text(q, 2),
	    .line = sqlite3_column_int(q, 3),
	    .state = (enum store_alert_state)sqlite3_column_int(q, 6),
	    .active_ms = sqlite3_column_int64(q, 7),
	    .fired_ms = sqlite3_column_int64(q, 8),
	    .resolved_ms = sqlite3_column_int64(q, 9),
	    .keep_firing_since_ms = sqlite3_column_int64(q, 10),
	    .last_sent_ms = sqlite3_column_int64(q, 11),
	    .for_ms = sqlite3_column_int64(q, 12),
	    .value = number_or_nan(q, 13),
	    .expr = store_text(q, 14),
	    .limit_op = store_text(q, 15),
	    .limit = sqlite3_column_double(q, 16),
	    .value_expr = store_text(q, 17),
	};
	labels_parse(mem, store_text(q, 4), &a->labels, NULL);
	labels_parse(mem, store_text(q, 5), &a->annotations, NULL);
}

int
store_alerts(struct store *s, store_alert_fn *fn, void *arg, struct err *e)
{
	struct arena *mem = arena_open();
	int rc = -1;

	store_lock(s);
	sqlite3_stmt *q = store_reopen_if_needed(s, e) < 0 ? NULL : store_query(s, PART_ALERTS, SQL_LIST, e, "");
	while (q != NULL && (rc = store_step(s, q, e)) == 1) {
		struct store_alert a;

		arena_reset(mem);
		read_alert(q, mem, &a);
		fn(arg, &a);
	}
	store_unlock(s);
	arena_close(mem);
	return rc;
}

int
store_firings(struct store *s, uint64_t fingerprint, int64_t since_ms, size_t max, store_firing_fn *fn, void *arg,
	      struct err *e)
{
	struct arena *mem = arena_open();
	int rc = -1;

	store_lock(s);
	sqlite3_stmt *q = store_reopen_if_needed(s, e) < 0
			      ? NULL
			      : store_query(s, PART_ALERTS, SQL_FIRINGS, e, "iii", (int64_t)fingerprint, since_ms,
					    (int64_t)(max > 0 ? max : 1000));
	while (q != NULL && (rc = store_step(s, q, e)) == 1) {
		struct store_firing f = {
		    .fingerprint = (uint64_t)sqlite3_column_int64(q, 0),
		    .name = store_text(q, 1),
		    .fired_ms = sqlite3_column_int64(q, 3),
		    .resolved_ms = sqlite3_column_int64(q, 4),
		    .peak = number_or_nan(q, 5),
		    .limit_op = store_text(q, 6),
		    .limit = sqlite3_column_double(q, 7),
		    .peak_ms = sqlite3_column_int64(q, 8),
		    .value_expr = store_text(q, 9),
		    .unit = store_text(q, 10),
		    .ack_by = store_text(q, 11),
		    .ack_ms = sqlite3_column_int64(q, 12),
		};

		arena_reset(mem);
		labels_parse(mem, store_text(q, 2), &f.labels, NULL);
		fn(arg, &f);
	}
	store_unlock(s);
	arena_close(mem);
	return rc;
}

int
store_firing_peak(struct store *s, uint64_t fingerprint, int64_t fired_ms, double *peak, int64_t *peak_ms,
		  struct err *e)
{
	int rc = -1;

	store_lock(s);
	sqlite3_stmt *q = store_reopen_if_needed(s, e) < 0
			      ? NULL
			      : store_query(s, PART_ALERTS, SQL_PEAK, e, "ii", (int64_t)fingerprint, fired_ms);
	if (q != NULL && (rc = store_step(s, q, e)) == 1) {
		*peak = number_or_nan(q, 0);
		*peak_ms = sqlite3_column_int64(q, 1);
		store_end(q);
	}
	store_unlock(s);
	return rc;
}

int
alerts_expire(struct store *s, int64_t now_ms, struct err *e)
{
	return store_exec(s, PART_ALERTS, SQL_EXPIRE, e, "i", now_ms - KEEP_FIRINGS_MS);
}
