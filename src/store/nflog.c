/*
 * nflog.c -- what notification remembers across a restart: the alerts it holds, its groups with their timers, and for every
 * integration of every group what its receiver was last told.
 */
#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/store_rows.h"
#include "store_private.h"

enum {
	SQL_PUT_ALERT,
	SQL_DROP_ALERT,
	SQL_ALERTS,
	SQL_PUT_GROUP,
	SQL_DROP_GROUP,
	SQL_GROUPS,
	SQL_PUT_LOG,
	SQL_DROP_LOG,
	SQL_LOGS,
};

#define ALERT_COLUMNS                                                                                                  \
	"fp, labels, annotations, generator, expr, silenced_by, starts_ms, ends_ms, updated_ms, timeout, has_value,"   \
	" value, inhibited_by"
#define GROUP_COLUMNS                                                                                                  \
	"id, grp, receiver, route, reason, labels, next_ms, created_ms, last_flush_ms, reason_ms, interval_ms,"        \
	" repeat_ms, flushed, members"
#define LOG_COLUMNS "id, grp, receiver, kind, reason, idx, log_ms, expires_ms, reason_ms, firing, resolved"

static const char *const sql[] = {
    [SQL_PUT_ALERT] =
	"INSERT OR REPLACE INTO notify_alert(" ALERT_COLUMNS ") VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)",
    [SQL_DROP_ALERT] = "DELETE FROM notify_alert WHERE fp = ?1",
    [SQL_ALERTS] = "SELECT " ALERT_COLUMNS " FROM notify_alert",
    [SQL_PUT_GROUP] =
	"INSERT OR REPLACE INTO notify_group(" GROUP_COLUMNS ") VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)",
    [SQL_DROP_GROUP] = "DELETE FROM notify_group WHERE id = ?1",
    [SQL_GROUPS] = "SELECT " GROUP_COLUMNS " FROM notify_group ORDER BY receiver, grp",
    [SQL_PUT_LOG] = "INSERT OR REPLACE INTO notify_log(" LOG_COLUMNS ") VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)",
    [SQL_DROP_LOG] = "DELETE FROM notify_log WHERE id = ?1",
    [SQL_LOGS] = "SELECT " LOG_COLUMNS " FROM notify_log ORDER BY id",
};

static const struct store_migration schema[] = {
    {1, "CREATE TABLE notify_alert("
	"  fp INTEGER PRIMARY KEY, labels TEXT NOT NULL, annotations TEXT, generator TEXT, expr TEXT,"
	"  silenced_by TEXT, starts_ms INTEGER, ends_ms INTEGER, updated_ms INTEGER, timeout INTEGER,"
	"  has_value INTEGER, value REAL, inhibited_by INTEGER);"
	"CREATE TABLE notify_group("
	"  id TEXT PRIMARY KEY, grp TEXT NOT NULL, receiver TEXT NOT NULL, route TEXT, reason TEXT, labels TEXT,"
	"  next_ms INTEGER, created_ms INTEGER, last_flush_ms INTEGER, reason_ms INTEGER, interval_ms INTEGER,"
	"  repeat_ms INTEGER, flushed INTEGER, members BLOB) WITHOUT ROWID;"
	"CREATE TABLE notify_log("
	"  id TEXT PRIMARY KEY, grp TEXT NOT NULL, receiver TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT,"
	"  idx INTEGER, log_ms INTEGER, expires_ms INTEGER, reason_ms INTEGER, firing BLOB, resolved BLOB) WITHOUT "
	"ROWID;"},
};

const struct store_part store_nflog_part = STORE_PART("notification log", schema, sql);

static int
drop(struct store *s, size_t which, const char *id, struct err *e)
{
	if (store_txn_begin(s, e) < 0)
		return -1;
	return store_txn_end(s, store_exec(s, PART_NFLOG, which, e, "s", id), e);
}

int
store_put_notify_alert(struct store *s, const struct store_notify_alert *a, struct err *e)
{
	struct buf labels = BUF_INIT, notes = BUF_INIT;

	if (store_txn_begin(s, e) < 0)
		return -1;
	labels_format(&labels, a->labels);
	labels_format(&notes, a->annotations);
	int rc =
	    store_exec(s, PART_NFLOG, SQL_PUT_ALERT, e, "isssssiiiiidi", (int64_t)a->fingerprint, buf_str(&labels),
		       buf_str(&notes), a->generator_url, a->expr, a->silenced_by, a->starts_ms, a->ends_ms,
		       a->updated_ms, (int64_t)a->timeout, (int64_t)a->has_value, a->value, (int64_t)a->inhibited_by);
	buf_release(&labels);
	buf_release(&notes);
	return store_txn_end(s, rc, e);
}

int
store_drop_notify_alert(struct store *s, uint64_t fp, struct err *e)
{
	if (store_txn_begin(s, e) < 0)
		return -1;
	return store_txn_end(s, store_exec(s, PART_NFLOG, SQL_DROP_ALERT, e, "i", (int64_t)fp), e);
}

int
store_notify_alerts(struct store *s, store_notify_alert_fn *fn, void *arg, struct err *e)
{
	struct arena *mem = arena_open();
	int rc = -1;

	store_lock(s);
	sqlite3_stmt *q = store_reopen_if_needed(s, e) < 0 ? NULL : store_query(s, PART_NFLOG, SQL_ALERTS, e, "");
	while (q != NULL && (rc = store_step(s, q, e)) == 1) {
		struct store_notify_alert a = {
		    .fingerprint = (uint64_t)sqlite3_column_int64(q, 0),
		    .generator_url = store_text(q, 3),
		    .expr = store_text(q, 4),
		    .silenced_by = store_text(q, 5),
		    .starts_ms = sqlite3_column_int64(q, 6),
		    .ends_ms = sqlite3_column_int64(q, 7),
		    .updated_ms = sqlite3_column_int64(q, 8),
		    .timeout = sqlite3_column_int(q, 9) != 0,
		    .has_value = sqlite3_column_int(q, 10) != 0,
		    .value = sqlite3_column_double(q, 11),
		    .inhibited_by = (uint64_t)sqlite3_column_int64(q, 12),
		};

		arena_reset(mem);
		if (labels_parse(mem, store_text(q, 1), &a.labels, NULL) == 0 &&
		    labels_parse(mem, store_text(q, 2), &a.annotations, NULL) == 0)
			fn(arg, &a);
	}
	store_unlock(s);
	arena_close(mem);
	return rc;
}

int
store_put_notify_group(struct store *s, const struct store_notify_group *g, struct err *e)
{
	struct buf labels = BUF_INIT;

	if (store_txn_begin(s, e) < 0)
		return -1;
	labels_format(&labels, g->labels);
	int rc = store_exec(s, PART_NFLOG, SQL_PUT_GROUP, e, "ssssssiiiiiiib", g->id, g->key, g->receiver, g->route,
			    g->reason, buf_str(&labels), g->next_ms, g->created_ms, g->last_flush_ms, g->reason_ms,
			    g->group_interval_ms, g->repeat_interval_ms, (int64_t)g->flushed, g->members, g->members_n);
	buf_release(&labels);
	return store_txn_end(s, rc, e);
}

int
store_drop_notify_group(struct store *s, const char *id, struct err *e)
{
	return drop(s, SQL_DROP_GROUP, id, e);
}

int
store_notify_groups(struct store *s, store_notify_group_fn *fn, void *arg, struct err *e)
{
	struct arena *mem = arena_open();
	int rc = -1;

	store_lock(s);
	sqlite3_stmt *q = store_reopen_if_needed(s, e) < 0 ? NULL : store_query(s, PART_NFLOG, SQL_GROUPS, e, "");
	while (q != NULL && (rc = store_step(s, q, e)) == 1) {
		struct store_notify_group g = {
		    .id = store_text(q, 0),
		    .key = store_text(q, 1),
		    .receiver = store_text(q, 2),
		    .route = store_text(q, 3),
		    .reason = store_text(q, 4),
		    .next_ms = sqlite3_column_int64(q, 6),
		    .created_ms = sqlite3_column_int64(q, 7),
		    .last_flush_ms = sqlite3_column_int64(q, 8),
		    .reason_ms = sqlite3_column_int64(q, 9),
		    .group_interval_ms = sqlite3_column_int64(q, 10),
		    .repeat_interval_ms = sqlite3_column_int64(q, 11),
		    .flushed = sqlite3_column_int(q, 12) != 0,
		    .members = sqlite3_column_blob(q, 13),
		    .members_n = (size_t)sqlite3_column_bytes(q, 13),
		};

		arena_reset(mem);
		if (labels_parse(mem, store_text(q, 5), &g.labels, NULL) == 0)
			fn(arg, &g);
	}
	store_unlock(s);
	arena_close(mem);
	return rc;
}

int
store_put_notify_log(struct store *s, const struct store_notify_log *l, struct err *e)
{
	if (store_txn_begin(s, e) < 0)
		return -1;
	int rc = store_exec(s, PART_NFLOG, SQL_PUT_LOG, e, "sssssiiiibb", l->id, l->group_key, l->receiver, l->kind,
			    l->reason, l->index, l->log_ms, l->expires_ms, l->reason_ms, l->firing, l->firing_n,
			    l->resolved, l->resolved_n);
	return store_txn_end(s, rc, e);
}

int
store_drop_notify_log(struct store *s, const char *id, struct err *e)
{
	return drop(s, SQL_DROP_LOG, id, e);
}

int
store_notify_logs(struct store *s, store_notify_log_fn *fn, void *arg, struct err *e)
{
	int rc = -1;

	store_lock(s);
	sqlite3_stmt *q = store_reopen_if_needed(s, e) < 0 ? NULL : store_query(s, PART_NFLOG, SQL_LOGS, e, "");
	while (q != NULL && (rc = store_step(s, q, e)) == 1) {
		struct store_notify_log l = {
		    .id = store_text(q, 0),
		    .group_key = store_text(q, 1),
		    .receiver = store_text(q, 2),
		    .kind = store_text(q, 3),
		    .reason = store_text(q, 4),
		    .index = sqlite3_column_int64(q, 5),
		    .log_ms = sqlite3_column_int64(q, 6),
		    .expires_ms = sqlite3_column_int64(q, 7),
		    .reason_ms = sqlite3_column_int64(q, 8),
		    .firing = sqlite3_column_blob(q, 9),
		    .firing_n = (size_t)sqlite3_column_bytes(q, 9),
		    .resolved = sqlite3_column_blob(q, 10),
		    .resolved_n = (size_t)sqlite3_column_bytes(q, 10),
		};
		fn(arg, &l);
	}
	store_unlock(s);
	return rc;
}
