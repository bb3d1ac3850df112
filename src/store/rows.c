/*
 * rows.c -- statements and transactions: the small API of store_private.h with which every file of this folder keeps its rows.
 *
 * A statement is prepared when first used and kept with the handle. Transactions nest by counting; the handle's mutex is held while
 * one is open, so a transaction belongs to the thread that began it.
 */
#include <stdarg.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/xalloc.h"
#include "store_private.h"

void
store_lock(struct store *s)
{
	pthread_mutex_lock(&s->mutex);
}

void
store_unlock(struct store *s)
{
	pthread_mutex_unlock(&s->mutex);
}

int
store_fail(struct store *s, struct err *e, const char *what)
{
	int code = sqlite3_errcode(s->db) & 0xff;

	s->no_room = s->no_room || code == SQLITE_FULL || code == SQLITE_IOERR;

	if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
		err_set(e, ERR_FILE, "cannot %s: '%s' is damaged: %s", what, s->path, sqlite3_errmsg(s->db));
		return err_hint(
		    e, "'mlwatch store check' says what is wrong; a backup is put back with the agent stopped");
	}
	if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
		return err_set(e, ERR_WORLD, "cannot %s: '%s' is locked by another process", what, s->path);
	if (code == SQLITE_FULL)
		return err_set(e, ERR_WORLD, "cannot %s: '%s': disk is full", what, s->path);
	if (code == SQLITE_READONLY)
		return err_set(e, ERR_WORLD, "cannot %s: '%s' may only be read", what, s->path);
	return err_set(e, ERR_WORLD, "cannot %s: '%s': %s", what, s->path, sqlite3_errmsg(s->db));
}

static sqlite3_stmt *
statement(struct store *s, enum store_part_id part, size_t sql, struct err *e)
{
	const struct store_part *p = store_parts[part];

	if (s->statements[part] == NULL)
		s->statements[part] = xcalloc(p->n_sql, sizeof(*s->statements[part]));
	sqlite3_stmt **st = &s->statements[part][sql];
	if (*st == NULL &&
	    sqlite3_prepare_v3(s->db, p->sql[sql], -1, SQLITE_PREPARE_PERSISTENT, st, NULL) != SQLITE_OK) {
		store_fail(s, e, p->name);
		return NULL;
	}
	return *st;
}

static int
bind_all(sqlite3_stmt *st, const char *fmt, va_list ap)
{
	int rc = SQLITE_OK;

	for (int i = 1; *fmt != '\0' && rc == SQLITE_OK; fmt++, i++) {
		if (*fmt == 'i')
			rc = sqlite3_bind_int64(st, i, va_arg(ap, int64_t));
		else if (*fmt == 'd')
			rc = sqlite3_bind_double(st, i, va_arg(ap, double));
		else if (*fmt == 's')
			rc = sqlite3_bind_text(st, i, va_arg(ap, const char *), -1, SQLITE_STATIC);
		else {
			const void *p = va_arg(ap, const void *);
			rc = sqlite3_bind_blob64(st, i, p != NULL ? p : "", va_arg(ap, size_t), SQLITE_STATIC);
		}
	}
	return rc;
}

sqlite3_stmt *
store_query(struct store *s, enum store_part_id part, size_t sql, struct err *e, const char *fmt, ...)
{
	sqlite3_stmt *st = statement(s, part, sql, e);
	va_list ap;

	if (st == NULL)
		return NULL;
	sqlite3_reset(st);
	va_start(ap, fmt);
	int rc = bind_all(st, fmt, ap);
	va_end(ap);
	if (rc != SQLITE_OK) {
		store_fail(s, e, store_parts[part]->name);
		return NULL;
	}
	return st;
}

int
store_step(struct store *s, sqlite3_stmt *st, struct err *e)
{
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc != SQLITE_DONE)
		store_fail(s, e, sqlite3_stmt_readonly(st) ? "read" : "write");
	sqlite3_reset(st);
	return rc == SQLITE_DONE ? 0 : -1;
}

void
store_end(sqlite3_stmt *st)
{
	if (st != NULL)
		sqlite3_reset(st);
}

int
store_exec(struct store *s, enum store_part_id part, size_t sql, struct err *e, const char *fmt, ...)
{
	va_list ap;
	int rc = -1;

	store_lock(s);
	sqlite3_stmt *st = statement(s, part, sql, e);
	if (st != NULL) {
		sqlite3_reset(st);
		va_start(ap, fmt);
		int bound = bind_all(st, fmt, ap);
		va_end(ap);
		rc = bound == SQLITE_OK ? store_step(s, st, e) : store_fail(s, e, store_parts[part]->name);
		sqlite3_reset(st);
	}
	store_unlock(s);
	return rc < 0 ? -1 : 0;
}

int
store_get_int(struct store *s, enum store_part_id part, size_t sql, int64_t dflt, int64_t *out, struct err *e)
{
	store_lock(s);
	sqlite3_stmt *st = store_query(s, part, sql, e, "");
	int rc = st == NULL ? -1 : store_step(s, st, e);
	*out = dflt;
	if (rc == 1) {
		if (sqlite3_column_type(st, 0) != SQLITE_NULL)
			*out = sqlite3_column_int64(st, 0);
		store_end(st);
	}
	store_unlock(s);
	return rc < 0 ? -1 : 0;
}

const char *
store_text(sqlite3_stmt *st, int column)
{
	const char *p = (const char *)sqlite3_column_text(st, column);

	return p != NULL ? p : "";
}

/* ---- transactions ---- */

static int
run(struct store *s, const char *sql, const char *what, struct err *e)
{
	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return store_fail(s, e, what);
	return 0;
}

int
store_txn_begin(struct store *s, struct err *e)
{
	store_lock(s);
	if (s->txn_depth == 0) {
		if (s->mode == STORE_READ) {
			store_unlock(s);
			return err_set(e, ERR_WORLD, "cannot write: '%s' was opened for reading", s->path);
		}
		if (run(s, "BEGIN IMMEDIATE", "write", e) < 0) {
			store_unlock(s);
			return -1;
		}
		s->changes_before = sqlite3_total_changes64(s->db);
		s->txn_failed = false;
	}
	s->txn_depth++;
	return 0;
}

/* SQLite may have rolled back by itself (disk full); then this is a no-op. */
static void
roll_back(struct store *s)
{
	if (!sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	store_forget_uncommitted(s);
	/* A full disk: what the WAL holds may still fit into the file, and then the WAL begins anew. By itself SQLite would only
	 * try that after a commit, which cannot come. */
	if (s->no_room)
		sqlite3_wal_checkpoint_v2(s->db, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	s->no_room = false;
}

int
store_txn_end(struct store *s, int rc, struct err *e)
{
	if (rc < 0)
		s->txn_failed = true;
	if (--s->txn_depth == 0) {
		if (!s->txn_failed && run(s, "COMMIT", "commit", e) < 0)
			s->txn_failed = true;
		if (s->txn_failed)
			roll_back(s);
		else if (sqlite3_total_changes64(s->db) != s->changes_before)
			s->own_commits++;
	}
	/* an inner failure is the outer one's too, but only the call that failed reports it */
	if (s->txn_depth == 0 && s->txn_failed && rc >= 0) {
		err_set(e, ERR_WORLD, "cannot commit: a part of the transaction failed");
		rc = -1;
	}
	store_unlock(s);
	return rc;
}

int
store_read_begin(struct store *s, struct err *e)
{
	store_lock(s);
	if (s->txn_depth == 0 && s->read_depth == 0) {
		if (store_reopen_if_needed(s, e) < 0 || run(s, "BEGIN", "read", e) < 0) {
			store_unlock(s);
			return -1;
		}
		s->read_depth = 1;
		s->read_since = clock_monotonic();
	} else if (s->read_depth > 0)
		s->read_depth++;
	else
		s->txn_depth++; /* read inside a write transaction: the same view */
	return 0;
}

int
store_read_pause(struct store *s, struct err *e)
{
	if (s->read_depth != 1 || clock_monotonic() - s->read_since < s->pause_ms)
		return 0;
	if (run(s, "COMMIT", "read", e) < 0 || run(s, "BEGIN", "read", e) < 0)
		return -1;
	s->read_since = clock_monotonic();
	return 1;
}

void
store_read_end(struct store *s)
{
	if (s->read_depth > 0) {
		if (--s->read_depth == 0)
			sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
	} else
		s->txn_depth--;
	store_unlock(s);
}
