/*
 * open.c -- opening and closing the store: who may, how, and what is refused.
 *
 * The agent takes STORE.lock, creates and migrates. A short-lived writer joins beside it. A reader needs nothing but leave to read:
 * when -wal and -shm are there SQLite reads through them; when they are not and cannot be made (a read-only folder), the
 * file is opened as immutable, but only while there is no -wal or it is empty -- and is opened anew as soon as there is one.
 *
 * synchronous=NORMAL: a commit survives kill -9 of the agent at any moment. A power loss may take the newest commits with it (those since
 * the last checkpoint), always whole ones from the end: since the offsets are part of the commit, what was lost is read again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/xalloc.h"
#include "store_private.h"

#define BUSY_MS 2000

static const struct store_width default_widths[] = {
    {10 * MS_SECOND, 6 * MS_HOUR},
    {MS_MINUTE, 3 * MS_DAY},
    {10 * MS_MINUTE, 30 * MS_DAY},
    {MS_HOUR, 400 * MS_DAY},
};

static int
settings(struct store *s, const struct store_spec *spec, struct err *e)
{
	const struct store_width *w = spec->n_widths > 0 ? spec->widths : default_widths;
	size_t n = spec->n_widths > 0 ? spec->n_widths : sizeof(default_widths) / sizeof(default_widths[0]);

	if (n > STORE_MAX_WIDTHS)
		return err_set(e, ERR_FILE, "%zu window widths are too many, at most %d", n, STORE_MAX_WIDTHS);
	for (size_t i = 0; i < n; i++)
		if (w[i].width_ms < STORE_MIN_WIDTH_MS || w[i].keep_ms < w[i].width_ms ||
		    (i > 0 && (w[i].width_ms <= w[i - 1].width_ms || w[i].width_ms % w[i - 1].width_ms != 0)))
			return err_set(e, ERR_FILE,
				       "window widths must ascend, each a multiple of the one before and kept for at "
				       "least itself");
	s->path = xstrdup(spec->path);
	s->n_widths = n;
	s->widths = xmemdup(w, n * sizeof(*w));
	s->keep_samples_ms = spec->keep_samples_ms > 0 ? spec->keep_samples_ms : 15 * MS_DAY;
	s->widths_given = spec->n_widths > 0;
	s->alive_ms = spec->alive_ms > 0 ? spec->alive_ms : 0;
	s->commit_interval_ms = spec->commit_interval_ms > 0 ? spec->commit_interval_ms : MS_SECOND;
	return 0;
}

/* By its name only: closing a descriptor of ours would drop the locks that this process holds on the file through SQLite (fcntl(2)), and
 * another process that closes the store would then take itself for the last one and cut the -wal off under us. An empty file is a new one. */
static int
look_at_file(const char *path, enum store_mode mode, struct err *e)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		if (errno != ENOENT)
			return err_set(e, ERR_WORLD, "cannot open '%s': %s", path, strerror(errno));
		if (mode == STORE_AGENT)
			return 0;
		err_set(e, ERR_WORLD, "there is no store at '%s'", path);
		return err_hint(e, lock_holder(path, NULL) > 0 ? "it was removed under the agent: restart that"
							       : "'mlwatch run' creates it");
	}
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_FILE, "'%s' is not an mlwatch store: it is no ordinary file", path);
	if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) < 0)
		return err_set(e, ERR_WORLD, "cannot open '%s': %s", path, strerror(errno));
	if (st.st_size == 0 && mode != STORE_AGENT)
		return err_set(e, ERR_WORLD, "'%s' is still empty", path);
	return 0;
}

/* SQLite would create it 0644; -wal and -shm take the mode of the store. One that is there is left alone, see look_at_file. */
static int
create_file(const char *path, struct err *e)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0660);

	if (fd < 0 && errno == EEXIST)
		return 0;
	if (fd < 0)
		return err_set(e, ERR_WORLD, "cannot create '%s': %s", path, strerror(errno));
	close(fd);
	return 0;
}

static int
cannot_open(struct store *s, struct err *e)
{
	err_set(e, ERR_WORLD, "cannot open '%s': %s", s->path, s->db != NULL ? sqlite3_errmsg(s->db) : "no memory");
	sqlite3_close(s->db);
	s->db = NULL;
	return -1;
}

static bool
wal_has_content(const char *path)
{
	char *wal = sqlite3_mprintf("%s-wal", path);
	struct stat st;
	bool has = stat(wal, &st) == 0 && st.st_size > 0;

	sqlite3_free(wal);
	return has;
}

/* file:PATH?immutable=1 with everything that means something in a URI escaped */
static int
open_immutable(struct store *s, struct err *e)
{
	static const char hex[] = "0123456789abcdef";
	char *uri = xmalloc(3 * strlen(s->path) + sizeof("file:?immutable=1"));
	char *o = uri + sprintf(uri, "file:");

	for (const unsigned char *p = (const unsigned char *)s->path; *p != '\0'; p++) {
		if (*p == '%' || *p == '?' || *p == '#') {
			*o++ = '%';
			*o++ = hex[*p >> 4];
			*o++ = hex[*p & 15];
		} else
			*o++ = (char)*p;
	}
	memcpy(o, "?immutable=1", sizeof("?immutable=1"));
	int rc = sqlite3_open_v2(uri, &s->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, NULL);
	free(uri);
	s->immutable = true;
	return rc == SQLITE_OK ? 0 : cannot_open(s, e);
}

static void
tune(struct store *s)
{
	int on = 1;

	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, BUSY_MS);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_exec(s->db, "PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-1000", NULL, NULL,
		     NULL);
	if (s->mode == STORE_READ)
		return;
	/* -wal and -shm outlive us, so that one who may only read can go on reading */
	sqlite3_file_control(s->db, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
	sqlite3_exec(s->db,
		     "PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=1000; PRAGMA journal_size_limit=16777216",
		     NULL, NULL, NULL);
}

static int
open_reader(struct store *s, struct err *e)
{
	int version = 0;
	struct err first = ERR_INIT;

	s->immutable = false;
	if (sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return cannot_open(s, e);
	tune(s);
	int rc = schema_check(s->db, s->path, schema_version(store_parts, N_PARTS), &version, &first);
	int code = sqlite3_errcode(s->db) & 0xff;
	if (rc < 0 && (code == SQLITE_CANTOPEN || code == SQLITE_READONLY) && !wal_has_content(s->path)) {
		sqlite3_close(s->db);
		if (open_immutable(s, e) < 0)
			return -1;
		tune(s);
		rc = schema_check(s->db, s->path, schema_version(store_parts, N_PARTS), &version, e);
	} else if (rc < 0) {
		const bool shm = code == SQLITE_CANTOPEN && wal_has_content(s->path);

		if (e != NULL)
			*e = first;
		/* the index of the -wal is missing, as after a kill -9 and a tidying up; only a writer of the folder can make it */
		return shm ? err_hint(
				 e,
				 "its -wal has no -shm that you may read: start 'mlwatch run', or run 'mlwatch status' "
				 "once as the store's owner")
			   : rc;
	}
	if (rc == 0 && version == 0)
		return err_set(e, ERR_WORLD, "'%s' is still empty", s->path);
	if (rc == 0 && version < schema_version(store_parts, N_PARTS)) {
		err_set(e, ERR_WORLD, "'%s' was written by an older mlwatch (schema version %d)", s->path, version);
		return err_hint(e, "'mlwatch run' brings it up to date when it starts; until then only that older "
				   "mlwatch can read it");
	}
	return rc;
}

static int
open_writer(struct store *s, struct err *e)
{
	int version = 0, ours = schema_version(store_parts, N_PARTS);

	if (s->mode == STORE_AGENT && create_file(s->path, e) < 0)
		return -1;
	if (sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return cannot_open(s, e);
	if (sqlite3_db_readonly(s->db, "main") == 1)
		return err_set(e, ERR_WORLD, "cannot write '%s': permission denied", s->path);
	tune(s);
	if (s->mode == STORE_AGENT)
		return schema_apply(s->db, s->path, store_parts, N_PARTS, e);
	if (schema_check(s->db, s->path, ours, &version, e) < 0)
		return -1;
	if (version < ours)
		return err_set(e, ERR_WORLD, "'%s' was written by an older mlwatch; 'mlwatch run' brings it up to date",
			       s->path);
	return 0;
}

static void
init_mutex(pthread_mutex_t *m)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(m, &attr);
	pthread_mutexattr_destroy(&attr);
}

int
store_open(struct store **out, const struct store_spec *spec, enum store_mode mode, struct err *e)
{
	struct store *s = xcalloc(1, sizeof(*s));

	*out = NULL;
	s->mode = mode;
	s->pause_ms = STORE_PAUSE_MS;
	s->lock_fd = -1;
	s->started_ms = clock_now();
	init_mutex(&s->mutex);
	if (settings(s, spec, e) < 0 || look_at_file(s->path, mode, e) < 0)
		goto fail;
	if (mode == STORE_AGENT && lock_take(s->path, &s->lock_fd, e) < 0)
		goto fail;
	if ((mode == STORE_READ ? open_reader(s, e) : open_writer(s, e)) < 0)
		goto fail;
	if (store_open_parts(s, e) < 0)
		goto fail;
	*out = s;
	return 0;
fail:
	store_close(s);
	return -1;
}

static void
finalize_statements(struct store *s)
{
	for (size_t i = 0; i < N_PARTS; i++) {
		for (size_t j = 0; s->statements[i] != NULL && j < store_parts[i]->n_sql; j++)
			sqlite3_finalize(s->statements[i][j]);
		free(s->statements[i]);
		s->statements[i] = NULL;
	}
}

void
store_drop(struct store *s)
{
	finalize_statements(s);
	store_close_parts(s);
	sqlite3_close(s->db);
	s->db = NULL;
	s->seen = -1;
	s->drops++;
}

int
store_reopen_if_needed(struct store *s, struct err *e)
{
	if (s->db != NULL && (!s->immutable || !wal_has_content(s->path)))
		return 0;
	store_drop(s);
	if (open_reader(s, e) < 0 || store_open_parts(s, e) < 0) {
		store_drop(s); /* tried again at the next read */
		return -1;
	}
	return 0;
}

/* A clean end leaves an empty -wal, so that the file alone holds everything. */
static void
checkpoint(struct store *s)
{
	if (s->mode == STORE_AGENT && s->db != NULL)
		sqlite3_wal_checkpoint_v2(s->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	store_close_parts(s);
	documents_close(s);
	buf_release(&s->scratch);
	finalize_statements(s);
	if (s->db != NULL)
		checkpoint(s);
	sqlite3_close(s->db);
	lock_drop(&s->lock_fd);
	pthread_mutex_destroy(&s->mutex);
	free(s->widths);
	free(s->path);
	free(s);
}
