/*
 * commit.c -- the agent's commit: one transaction that holds what was read, where it was read from, and a heartbeat.
 *
 * Row 1 of `agent` says who writes and when it last did. It also counts commits (`seq`); the ring `change` keeps, for the last commits, the
 * oldest window each one touched, so that a reader knows which of the rows that it has in memory may have changed without reading them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/xalloc.h"
#include "store_windows.h"

#ifndef MLWATCH_VERSION
#define MLWATCH_VERSION "0"
#endif

#define LITTLE_ROOM (16u << 20)
#define NO_ROOM     (64u << 10) /* less than a commit takes */

enum { SQL_START, SQL_HEARTBEAT, SQL_CHANGE, SQL_AGENT, SQL_SEQ, SQL_CHANGES_SINCE, SQL_DATA_VERSION, SQL_SCHEMA };

static const char *const sql[] = {
    [SQL_START] = "UPDATE agent SET pid=?1, started_ms=?2, commit_interval_ms=?3, version=?4, alive_ms=?5 WHERE id=1",
    [SQL_HEARTBEAT] = "UPDATE agent SET heartbeat_ms=?1, seq=?2, pid=?3 WHERE id=1",
    [SQL_CHANGE] = "INSERT OR REPLACE INTO change(slot, seq, oldest_ms) VALUES(?1, ?2, ?3)",
    [SQL_AGENT] = "SELECT pid, started_ms, heartbeat_ms, commit_interval_ms, version, alive_ms FROM agent WHERE id=1",
    [SQL_SEQ] = "SELECT seq FROM agent WHERE id=1",
    [SQL_CHANGES_SINCE] = "SELECT count(*), min(oldest_ms) FROM change WHERE seq > ?1",
    [SQL_DATA_VERSION] = "PRAGMA data_version",
    [SQL_SCHEMA] = "PRAGMA user_version",
};

static const struct store_migration schema[] = {
    {1, "CREATE TABLE agent("
	"  id INTEGER PRIMARY KEY CHECK(id = 1),"
	"  pid INTEGER NOT NULL DEFAULT 0,"
	"  started_ms INTEGER NOT NULL DEFAULT 0,"
	"  heartbeat_ms INTEGER NOT NULL DEFAULT 0,"
	"  commit_interval_ms INTEGER NOT NULL DEFAULT 1000,"
	"  alive_ms INTEGER NOT NULL DEFAULT 3600000," /* how long a window series is zero after its last record */
	"  seq INTEGER NOT NULL DEFAULT 0,"            /* commits so far */
	"  version TEXT NOT NULL DEFAULT '');"
	"INSERT INTO agent(id) VALUES(1);"
	"CREATE TABLE change(slot INTEGER PRIMARY KEY, seq INTEGER NOT NULL, oldest_ms INTEGER NOT NULL);"},
};

const struct store_part store_core_part = STORE_PART("core", schema, sql);

/* Who runs now. alive_ms is a fact of the store: what was configured goes in, what was not comes out. */
int
core_open(struct store *s, struct err *e)
{
	sqlite3_stmt *st = store_query(s, PART_CORE, SQL_AGENT, e, "");

	if (st == NULL || store_step(s, st, e) < 0)
		return -1;
	if (s->mode != STORE_AGENT || s->alive_ms == 0)
		s->alive_ms = sqlite3_column_int64(st, 5);
	store_end(st);
	if (s->mode != STORE_AGENT)
		return 0;
	if (store_get_int(s, PART_CORE, SQL_SEQ, 0, &s->seq, e) < 0 || store_txn_begin(s, e) < 0)
		return -1;
	int rc = store_exec(s, PART_CORE, SQL_START, e, "iiisi", (int64_t)getpid(), s->started_ms,
			    s->commit_interval_ms, MLWATCH_VERSION, s->alive_ms);
	return store_txn_end(s, rc, e);
}

int
store_begin(struct store *s, struct err *e)
{
	if (store_txn_begin(s, e) < 0)
		return -1;
	s->oldest_touched = INT64_MAX;
	return 0;
}

/* What every commit of the agent writes besides its rows. */
static int
heartbeat(struct store *s, int64_t now_ms, struct err *e)
{
	s->seq++;
	if (store_exec(s, PART_CORE, SQL_HEARTBEAT, e, "iii", now_ms, s->seq, (int64_t)getpid()) < 0)
		return -1;
	return store_exec(s, PART_CORE, SQL_CHANGE, e, "iii", s->seq % STORE_CHANGES, s->seq, s->oldest_touched);
}

/* When the disk is nearly full the WAL must not take the last of it: it is merged into the file, which mostly has room inside, and begins anew.
 * By itself SQLite does so every 4 MB. */
static bool
has_less_room(const struct store *s, uint64_t bytes)
{
	struct statvfs fs;

	return statvfs(s->path, &fs) == 0 && fs.f_bavail * fs.f_frsize < bytes;
}

static void
save_room(struct store *s)
{
	if (s->mode == STORE_AGENT && has_less_room(s, LITTLE_ROOM))
		sqlite3_wal_checkpoint_v2(s->db, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

int
core_commit(struct store *s, int64_t now_ms, int rc, struct err *e)
{
	int64_t seq = s->seq;

	if (rc == 0)
		rc = heartbeat(s, now_ms, e);
	store_lock(s);
	rc = store_txn_end(s, rc, e);
	if (rc < 0)
		s->seq = seq;
	else
		save_room(s);
	store_unlock(s);
	return rc;
}

int
store_commit(struct store *s, int64_t now_ms, struct err *e)
{
	int64_t oldest = s->oldest_touched;
	int rc = core_commit(s, now_ms, store_flush_parts(s, now_ms, e), e);

	if (rc == 0)
		windows_changed(s, oldest);
	return rc;
}

void
store_rollback(struct store *s)
{
	store_txn_end(s, -1, NULL);
}

int
core_changes(struct store *s, int64_t *seq, int64_t *oldest, struct err *e)
{
	int64_t now = 0, since = *seq;

	*oldest = INT64_MAX;
	if (store_get_int(s, PART_CORE, SQL_SEQ, 0, &now, e) < 0)
		return -1;
	*seq = now;
	if (now == since)
		return 0;
	sqlite3_stmt *st = store_query(s, PART_CORE, SQL_CHANGES_SINCE, e, "i", since);
	if (st == NULL || store_step(s, st, e) < 0)
		return -1;
	if (now < since || sqlite3_column_int64(st, 0) != now - since)
		*oldest = INT64_MIN; /* away for too long: everything may have changed */
	else
		*oldest = sqlite3_column_int64(st, 1);
	store_end(st);
	return 0;
}

bool
store_has_moved(struct store *s)
{
	int moved = 0;

	store_lock(s);
	sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	store_unlock(s);
	return moved != 0;
}

/* An agent of a newer version has brought the store up to date under us: what is read from here on may mean something else. */
static void
look_at_schema(struct store *s, int64_t version)
{
	const int64_t ours = schema_version(store_parts, N_PARTS);
	int64_t is = ours;

	if (s->mode != STORE_READ || s->txn_depth > 0 || s->read_depth > 0 || s->seen == version)
		return;
	s->seen = version;
	if (store_get_int(s, PART_CORE, SQL_SCHEMA, ours, &is, NULL) == 0 && is != ours)
		store_drop(s);
}

int64_t
store_data_version(struct store *s)
{
	int64_t v = 0;

	store_lock(s);
	if (store_reopen_if_needed(s, NULL) == 0 && store_get_int(s, PART_CORE, SQL_DATA_VERSION, 0, &v, NULL) == 0)
		look_at_schema(s, v);
	v += s->own_commits + (s->drops << 32);
	store_unlock(s);
	return v;
}

int
store_agent(struct store *s, struct store_agent *out, struct err *e)
{
	int rc = -1;

	memset(out, 0, sizeof(*out));
	int64_t holder = lock_holder(s->path, e);
	if (holder < 0)
		return -1;
	store_lock(s);
	sqlite3_stmt *st = store_reopen_if_needed(s, e) < 0 ? NULL : store_query(s, PART_CORE, SQL_AGENT, e, "");
	if (st != NULL && store_step(s, st, e) == 1) {
		out->running = holder > 0;
		out->pid = holder > 0 ? holder : sqlite3_column_int64(st, 0);
		out->started_ms = sqlite3_column_int64(st, 1);
		out->heartbeat_ms = sqlite3_column_int64(st, 2);
		out->commit_interval_ms = sqlite3_column_int64(st, 3);
		out->disk_full = has_less_room(s, NO_ROOM);
		snprintf(out->version, sizeof(out->version), "%s", store_text(st, 4));
		store_end(st);
		rc = 0;
	}
	store_unlock(s);
	return rc;
}

void
store_interrupt(struct store *s)
{
	if (s->db != NULL)
		sqlite3_interrupt(s->db);
}
