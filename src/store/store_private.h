/*
 * store_private.h -- what the files of src/store share: the handle, and the small API with which a file keeps rows of its own.
 *
 * A "part" is one file with tables of its own. It brings its schema (CREATE TABLE and later migrations), and its SQL as one table
 * of strings indexed by an enum; a statement is prepared when it is first used and kept. To add one: an id in enum store_part_id,
 * a const struct store_part, a line in parts.c. Then a verb reads like this:
 *
 *     enum { SQL_PUT, SQL_LIST };
 *     static const char *const sql[] = {
 *         [SQL_PUT] = "INSERT OR REPLACE INTO silence(id, doc, ends_ms) VALUES(?1, ?2, ?3)",
 *         [SQL_LIST] = "SELECT id, doc, ends_ms FROM silence WHERE ends_ms > ?1",
 *     };
 *     static const struct store_migration schema[] = {{1, "CREATE TABLE silence(id TEXT PRIMARY KEY, doc TEXT, ends_ms INTEGER);"}};
 *     const struct store_part store_silences_part = STORE_PART("silences", schema, sql);
 *
 *     int store_put_silence(struct store *s, ..., struct err *e)
 *     {
 *         if (store_txn_begin(s, e) < 0)
 *             return -1;
 *         int rc = store_exec(s, PART_SILENCES, SQL_PUT, e, "ssi", id, doc, ends_ms);
 *         return store_txn_end(s, rc, e);
 *     }
 *
 *     store_lock(s);
 *     sqlite3_stmt *q = store_query(s, PART_SILENCES, SQL_LIST, e, "i", now);
 *     int rc = -1;
 *     while (q != NULL && (rc = store_step(s, q, e)) == 1)
 *         fn(arg, store_text(q, 0), ...);          // fn must not call the same verb of the same handle
 *     store_unlock(s);
 *     return rc;                                   // 0: all rows seen, -1: error in e
 */
#ifndef STORE_PRIVATE_H
#define STORE_PRIVATE_H

#include <pthread.h>
#include <sqlite3.h>

#include "mlwatch/buf.h"
#include "mlwatch/store.h"

struct err;

/* ---- parts ---- */
enum store_part_id {
	PART_CORE,
	PART_SERIES,
	PART_WINDOWS,
	PART_WIDTHS,
	PART_ROLLUP,
	PART_TOTALS,
	PART_SELECT,
	PART_SAMPLES,
	PART_COMPACT,
	PART_SAMPLE_SELECT,
	PART_HISTOGRAMS,
	PART_OFFSETS,
	PART_EVENTS,
	PART_DOCUMENTS,
	PART_CARE,
	PART_ALERTS,   /* alerts.c */
	PART_OUTBOX,   /* outbox.c */
	PART_NFLOG,    /* nflog.c */
	PART_SILENCES, /* silences.c */
	N_PARTS
};
struct store_migration {
	int version; /* the schema version (user_version) that this brings the part to; ascending. 1: the first */
	const char *sql;
};
struct store_part {
	const char *name;
	const struct store_migration *migrations;
	size_t n_migrations;
	const char *const *sql;
	size_t n_sql;
};
#define STORE_PART(name, migrations, sql)                                                                              \
	{                                                                                                              \
		(name), (migrations), sizeof(migrations) / sizeof((migrations)[0]), (sql),                             \
		    sizeof(sql) / sizeof((sql)[0])                                                                     \
	}
extern const struct store_part *const store_parts[N_PARTS]; /* parts.c; NULL: not there yet */

/* ---- statements ---- */
/* Binds by format: i int64_t, s const char * (NULL is NULL), b const void * and size_t, d double. The handle must be locked. */
sqlite3_stmt *store_query(struct store *s, enum store_part_id part, size_t sql, struct err *e, const char *fmt, ...);
/* 1: a row; 0: no more (the statement is reset); -1: error (reset too). */
int store_step(struct store *s, sqlite3_stmt *st, struct err *e);
/* Ends a query before its last row. NULL is fine. */
void store_end(sqlite3_stmt *st);
/* Runs a statement that gives no rows. -1 with err, else 0. Locks by itself. */
int store_exec(struct store *s, enum store_part_id part, size_t sql, struct err *e, const char *fmt, ...);
/* A single integer, dflt when there is no row or it is NULL. */
int store_get_int(struct store *s, enum store_part_id part, size_t sql, int64_t dflt, int64_t *out, struct err *e);
const char *store_text(sqlite3_stmt *st, int column); /* "" for NULL; until the next step */
/* What SQLite says went wrong with the handle, as ERR_WORLD (or ERR_FILE when the file is damaged). -1. */
int store_fail(struct store *s, struct err *e, const char *what);

/* ---- transactions ---- */
/* Both nest: inside store_begin/commit, or one another, they join what is open. The handle is locked in between.
 * store_txn_end commits when rc >= 0 and returns rc, else rolls back and returns -1. A failed inner one fails the outer too. */
int store_txn_begin(struct store *s, struct err *e);
int store_txn_end(struct store *s, int rc, struct err *e);
/* A consistent view over several queries. Keep it short: an open read keeps the WAL from being recycled. */
int store_read_begin(struct store *s, struct err *e);
void store_read_end(struct store *s);
/* In the middle of a long one, with no statement open: after a while it ends, and a new one begins, which may see later commits. 1: it
 * did, 0: it was not yet time, or another one is around this one. */
int store_read_pause(struct store *s, struct err *e);
void store_lock(struct store *s); /* recursive */
void store_unlock(struct store *s);

/* Of a reader without -wal: somebody writes now, so open it anew. At the start of whatever reads outside store_read_begin. */
int store_reopen_if_needed(struct store *s, struct err *e);
void store_drop(struct store *s); /* a reader's connection: opened anew, with all its checks, by the next read */
/* After a rollback: what was remembered of uncommitted rows is no longer true. */
void store_forget_uncommitted(struct store *s);

/* ---- the handle ---- */
#define STORE_MAX_WIDTHS   6 /* slots are 1 to 7, one to spare while widths change */
#define STORE_MIN_WIDTH_MS 1000
#define STORE_CHANGES      128 /* commits that a reader may miss and still know what changed */

struct series_index;
struct window_rows;
struct sample_head;
struct document_cache;
struct strmap;

#define STORE_PAUSE_MS 50 /* a read that may pause does so after that long */

struct store {
	sqlite3 *db;
	char *path;
	enum store_mode mode;
	struct store_width *widths; /* of the agent: as configured */
	size_t n_widths;
	bool widths_given;
	int64_t keep_samples_ms, alive_ms, commit_interval_ms;
	pthread_mutex_t mutex; /* recursive */
	int txn_depth, read_depth;
	int64_t read_since, pause_ms; /* monotonic; how long a read may take before it pauses */
	bool txn_failed;
	bool no_room;        /* the disk was full in this transaction */
	bool immutable;      /* opened without -wal; must be opened anew once there is one */
	int lock_fd;         /* of STORE.lock, -1 */
	int64_t own_commits; /* data_version does not count those of its own connection */
	int64_t drops;       /* connections before this one: each counts its data_version from the beginning */
	int64_t seen;        /* data_version at which the schema was last looked at; of a reader */
	int64_t started_ms;
	int64_t seq;            /* commits of this store so far; of the agent */
	int64_t oldest_touched; /* start of the oldest window in the open commit */
	int64_t changes_before; /* rows changed when the transaction began */
	int64_t waiting_bytes;  /* of sample batches; samples_compact.c */
	int64_t swept_hour;     /* housekeep.c */
	int64_t refused;        /* increments and samples that no row can hold */
	struct buf scratch;
	sqlite3_stmt **statements[N_PARTS];
	struct strmap *offsets;
	struct series_index *series;
	struct window_rows *windows;
	struct sample_head *samples;
	struct document_cache *documents;
};

/* parts.c: what the parts do when the handle is opened, committed, rolled back, closed */
int store_open_parts(struct store *s, struct err *e);
int store_flush_parts(struct store *s, int64_t now_ms, struct err *e);
void store_close_parts(struct store *s);

/* schema.c */
#define STORE_APPLICATION_ID 0x6d6c7731 /* "mlw1" */
int schema_version(const struct store_part *const *parts, size_t n);
/* Creates or migrates (a copy is kept as PATH.vN first). */
int schema_apply(sqlite3 *db, const char *path, const struct store_part *const *parts, size_t n, struct err *e);
/* Ours, not newer than we are, and readable? *version is the file's; 0: ours but still empty. */
int schema_check(sqlite3 *db, const char *path, int supported, int *version, struct err *e);
int schema_copy(sqlite3 *db, const char *to, struct err *e); /* online copy, atomic */

/* lock.c */
int lock_take(const char *store_path, int *fd, struct err *e);
void lock_drop(int *fd);
/* The pid that holds the lock, 0: nobody, -1 with err: it cannot be told. */
int64_t lock_holder(const char *store_path, struct err *e);

/* commit.c */
int core_open(struct store *s, struct err *e);
/* Ends a commit with the heartbeat; rc < 0 rolls back. */
int core_commit(struct store *s, int64_t now_ms, int rc, struct err *e);
/* How far commits have come since *seq, and the start of the oldest window that they touched (INT64_MAX: none, INT64_MIN: cannot be told). */
int core_changes(struct store *s, int64_t *seq, int64_t *oldest, struct err *e);

/* offsets.c, events.c, documents.c */
void offsets_forget(struct store *s);
int events_expire(struct store *s, int64_t now_ms, struct err *e);
int alerts_expire(struct store *s, int64_t now_ms, struct err *e); /* alerts.c */
void documents_open(struct store *s);
void documents_close(struct store *s);
void documents_forget(struct store *s);
struct edges;
int documents_put_edges(struct store *s, const struct edges *edges, struct err *e);
const struct edges *documents_find_edges(void *arg, uint64_t id); /* an edges_find_fn; arg is the store */

#endif
