/*
 * schema.c -- whose file is this, which version has it, and how it gets to ours.
 *
 * application_id says that a file is an mlwatch store, user_version which schema it has. A file that is not ours, is damaged or
 * comes from a newer mlwatch is refused and never written to. An older one is copied to PATH.vN and then migrated forward in one
 * transaction, by the fragments that every part brings.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mlwatch/err.h"
#include "mlwatch/xalloc.h"
#include "store_private.h"

int
schema_version(const struct store_part *const *parts, size_t n)
{
	int newest = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; parts[i] != NULL && j < parts[i]->n_migrations; j++)
			if (parts[i]->migrations[j].version > newest)
				newest = parts[i]->migrations[j].version;
	return newest;
}

static int
damaged(sqlite3 *db, const char *path, struct err *e)
{
	int code = sqlite3_errcode(db) & 0xff;

	if (code == SQLITE_NOTADB) {
		err_set(e, ERR_FILE, "'%s' is not an mlwatch store: it is no database", path);
		return err_hint(e, "nothing was changed; choose another path for the store");
	}
	if (code == SQLITE_CORRUPT) {
		err_set(e, ERR_FILE, "'%s' is damaged: %s", path, sqlite3_errmsg(db));
		return err_hint(e, "move it away, or put a backup in its place");
	}
	if (code == SQLITE_BUSY)
		return err_set(e, ERR_WORLD, "cannot open '%s': it is locked by another process", path);
	if (code == SQLITE_FULL)
		return err_set(e, ERR_WORLD, "cannot open '%s': disk is full", path);
	return err_set(e, ERR_WORLD, "cannot open '%s': %s", path, sqlite3_errmsg(db));
}

static int
ask_int(sqlite3 *db, const char *path, const char *sql, int64_t *out, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW) {
		*out = sqlite3_column_int64(st, 0);
		rc = 0;
	} else
		damaged(db, path, e);
	sqlite3_finalize(st);
	return rc;
}

int
schema_check(sqlite3 *db, const char *path, int supported, int *version, struct err *e)
{
	int64_t id = 0, user = 0, tables = 0, pages = 0;

	if (ask_int(db, path, "PRAGMA page_count", &pages, e) < 0 ||
	    ask_int(db, path, "PRAGMA application_id", &id, e) < 0 ||
	    ask_int(db, path, "PRAGMA user_version", &user, e) < 0 ||
	    ask_int(db, path, "SELECT count(*) FROM sqlite_schema", &tables, e) < 0)
		return -1;
	*version = (int)user;
	if (pages == 0)
		return 0;
	if (id != STORE_APPLICATION_ID) {
		err_set(e, ERR_FILE, "'%s' is not an mlwatch store: it is the database of another program", path);
		return err_hint(e, "nothing was changed; choose another path for the store");
	}
	if (user > supported) {
		err_set(e, ERR_FILE,
			"'%s' was written by a newer mlwatch: it has schema version %lld, this one knows %d", path,
			(long long)user, supported);
		return err_hint(e, "upgrade this mlwatch, or put back the copy that the upgrade kept ('%s.v%d')", path,
				supported);
	}
	if (user < 0 || (user > 0 && tables == 0))
		return err_set(e, ERR_FILE, "'%s' is damaged: its tables are missing", path);
	return 0;
}

static int
copy_pages(sqlite3 *from, sqlite3 *to, const char *path, struct err *e)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");

	if (b == NULL)
		return damaged(to, path, e);
	int rc;
	/* SQLITE_BUSY: the agent is in the middle of a commit */
	for (int tries = 0; (rc = sqlite3_backup_step(b, -1)) != SQLITE_DONE && tries < 50; tries++) {
		if (rc != SQLITE_BUSY && rc != SQLITE_LOCKED)
			break;
		sqlite3_sleep(100);
	}
	int done = sqlite3_backup_finish(b);
	if (rc == SQLITE_DONE && done == SQLITE_OK)
		return 0;
	return damaged(to, path, e);
}

/* The copy is made beside its final name, flushed, and renamed: there is never half a backup. It takes the store's mode. */
int
schema_copy(sqlite3 *db, const char *to, struct err *e)
{
	char *tmp = sqlite3_mprintf("%s.tmp%d", to, (int)getpid());
	sqlite3 *copy = NULL;
	struct stat st;
	const char *from = sqlite3_db_filename(db, "main");
	mode_t mode = from != NULL && stat(from, &st) == 0 ? st.st_mode & 0777 : 0660;
	int fd = open(tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	int rc = -1;

	if (fd < 0) {
		err_set(e, ERR_WORLD, "cannot create '%s': %s", tmp, strerror(errno));
		sqlite3_free(tmp);
		return -1;
	}
	if (sqlite3_open_v2(tmp, &copy, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		damaged(copy, tmp, e);
	else if (copy_pages(db, copy, to, e) == 0) {
		/* a file by itself: without -wal, ready to be copied elsewhere */
		rc = sqlite3_exec(copy, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL) == SQLITE_OK
			 ? 0
			 : damaged(copy, to, e);
	}
	sqlite3_close(copy);
	if (rc == 0 && (fsync(fd) < 0 || rename(tmp, to) < 0))
		rc = err_set(e, ERR_WORLD, "cannot write '%s': %s", to, strerror(errno));
	close(fd);
	if (rc < 0)
		unlink(tmp);
	sqlite3_free(tmp);
	return rc;
}

static int
run_fragments(sqlite3 *db, const char *path, const struct store_part *const *parts, size_t n, int version,
	      struct err *e)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; parts[i] != NULL && j < parts[i]->n_migrations; j++)
			if (parts[i]->migrations[j].version == version &&
			    sqlite3_exec(db, parts[i]->migrations[j].sql, NULL, NULL, NULL) != SQLITE_OK) {
				err_set(e, ERR_WORLD, "cannot bring '%s' to schema version %d (%s): %s", path, version,
					parts[i]->name, sqlite3_errmsg(db));
				return -1;
			}
	return 0;
}

static int
migrate(sqlite3 *db, const char *path, const struct store_part *const *parts, size_t n, int from, int to, struct err *e)
{
	char stamp[64];

	if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return damaged(db, path, e);
	snprintf(stamp, sizeof(stamp), "PRAGMA user_version=%d", to);
	for (int v = from + 1; v <= to; v++)
		if (run_fragments(db, path, parts, n, v, e) < 0)
			goto fail;
	if (sqlite3_exec(db, stamp, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) {
		damaged(db, path, e);
		goto fail;
	}
	return 0;
fail:
	if (!sqlite3_get_autocommit(db))
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return -1;
}

int
schema_apply(sqlite3 *db, const char *path, const struct store_part *const *parts, size_t n, struct err *e)
{
	int ours = schema_version(parts, n), version = 0;
	char stamp[64];

	if (schema_check(db, path, ours, &version, e) < 0)
		return -1;
	snprintf(stamp, sizeof(stamp), "PRAGMA application_id=%d", STORE_APPLICATION_ID);
	/* the name first and before WAL, so that a file that we began to create is known as ours whatever happens next */
	if (version == 0 && sqlite3_exec(db, stamp, NULL, NULL, NULL) != SQLITE_OK)
		return damaged(db, path, e);
	if (sqlite3_exec(db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL) != SQLITE_OK)
		return damaged(db, path, e);
	if (version == ours)
		return 0;
	if (version > 0) {
		char *kept = sqlite3_mprintf("%s.v%d", path, version);
		int rc = schema_copy(db, kept, e);
		sqlite3_free(kept);
		if (rc < 0)
			return -1;
	}
	return migrate(db, path, parts, n, version, ours, e);
}
