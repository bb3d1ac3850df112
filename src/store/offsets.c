/*
 * offsets.c -- how far each log has been read: rows that are written in the transaction that holds what was read.
 *
 * A log has a numbered slot per known file. Most commits move one file, so the last written state of each slot is remembered and only what
 * changed is written.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/err.h"
#include "mlwatch/hash.h"
#include "mlwatch/xalloc.h"
#include "store_private.h"

enum { SQL_PUT, SQL_TRIM, SQL_GET };

static const char *const sql[] = {
    [SQL_PUT] =
	("INSERT OR REPLACE INTO log_file(log, slot, path, device, inode, fingerprint, fingerprint_len, offset, "
	 "skipping,"
	 " seen_ms, lines, bad_lines, recent, recent_len)"
	 " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"),
    [SQL_TRIM] = "DELETE FROM log_file WHERE log=?1 AND slot>=?2",
    [SQL_GET] =
	("SELECT path, device, inode, fingerprint, fingerprint_len, offset, skipping, seen_ms, lines, bad_lines,"
	 " recent, recent_len FROM log_file WHERE log=?1 ORDER BY slot"),
};

static const struct store_migration schema[] = {
    {1, "CREATE TABLE log_file("
	"  log TEXT NOT NULL, slot INTEGER NOT NULL, path TEXT NOT NULL,"
	"  device INTEGER NOT NULL, inode INTEGER NOT NULL, fingerprint INTEGER NOT NULL, fingerprint_len INTEGER NOT "
	"NULL,"
	"  offset INTEGER NOT NULL, skipping INTEGER NOT NULL, seen_ms INTEGER NOT NULL,"
	"  lines INTEGER NOT NULL, bad_lines INTEGER NOT NULL, recent INTEGER NOT NULL, recent_len INTEGER NOT NULL,"
	"  PRIMARY KEY(log, slot)) WITHOUT ROWID;"},
};

const struct store_part store_offsets_part = STORE_PART("offsets", schema, sql);

/* What stands in the file, per log: a hash per slot. Forgotten after a rollback. */
struct written {
	uint64_t *slot;
	size_t n, cap;
};

static uint64_t
offset_hash(const struct tail_offset *o)
{
	uint64_t f[] = {o->device,
			o->inode,
			o->fingerprint,
			o->fingerprint_len,
			(uint64_t)o->offset,
			(uint64_t)o->skipping,
			(uint64_t)o->seen_ms,
			(uint64_t)o->lines,
			(uint64_t)o->bad_lines,
			o->recent,
			o->recent_len};

	return hash_bytes(f, sizeof(f), hash_str(o->path != NULL ? o->path : ""));
}

void
offsets_forget(struct store *s)
{
	const char *key;
	void *value;

	for (size_t i = 0; s->offsets != NULL && strmap_next(s->offsets, &i, &key, &value);) {
		free(((struct written *)value)->slot);
		free(value);
	}
	strmap_close(s->offsets);
	s->offsets = NULL;
}

static struct written *
written_of(struct store *s, const char *log)
{
	if (s->offsets == NULL)
		s->offsets = strmap_open();
	struct written *w = strmap_get(s->offsets, log);
	if (w == NULL) {
		w = xcalloc(1, sizeof(*w));
		strmap_set(s->offsets, log, w);
	}
	return w;
}

static int
put_slot(struct store *s, const char *log, size_t slot, const struct tail_offset *o, struct err *e)
{
	return store_exec(s, PART_OFFSETS, SQL_PUT, e, "sisiiiiiiiiiii", log, (int64_t)slot,
			  o->path != NULL ? o->path : "", (int64_t)o->device, (int64_t)o->inode,
			  (int64_t)o->fingerprint, (int64_t)o->fingerprint_len, o->offset, (int64_t)o->skipping,
			  o->seen_ms, o->lines, o->bad_lines, (int64_t)o->recent, (int64_t)o->recent_len);
}

int
store_put_offsets(struct store *s, const char *log, const struct tail_offset *at, size_t n, struct err *e)
{
	struct written *w = NULL;
	int rc = 0;

	if (store_txn_begin(s, e) < 0)
		return -1;
	w = written_of(s, log);
	/* nothing remembered: rows of an earlier run may stand behind ours */
	if (w->n == 0 || w->n > n)
		rc = store_exec(s, PART_OFFSETS, SQL_TRIM, e, "si", log, (int64_t)n);
	for (size_t i = 0; i < n && rc == 0; i++) {
		uint64_t h = offset_hash(&at[i]);
		if (i < w->n && w->slot[i] == h)
			continue;
		rc = put_slot(s, log, i, &at[i], e);
		if (i >= w->n) {
			xgrow(w->slot, w->n, w->cap);
			w->n = i + 1;
		}
		w->slot[i] = h;
	}
	if (w->n > n)
		w->n = n;
	return store_txn_end(s, rc, e);
}

static struct tail_offset
read_slot(sqlite3_stmt *st)
{
	return (struct tail_offset){
	    .path = xstrdup(store_text(st, 0)),
	    .device = (uint64_t)sqlite3_column_int64(st, 1),
	    .inode = (uint64_t)sqlite3_column_int64(st, 2),
	    .fingerprint = (uint64_t)sqlite3_column_int64(st, 3),
	    .fingerprint_len = (uint32_t)sqlite3_column_int64(st, 4),
	    .offset = sqlite3_column_int64(st, 5),
	    .skipping = sqlite3_column_int(st, 6) != 0,
	    .seen_ms = sqlite3_column_int64(st, 7),
	    .lines = sqlite3_column_int64(st, 8),
	    .bad_lines = sqlite3_column_int64(st, 9),
	    .recent = (uint64_t)sqlite3_column_int64(st, 10),
	    .recent_len = (uint32_t)sqlite3_column_int64(st, 11),
	};
}

int
store_get_offsets(struct store *s, const char *log, struct tail_offset **out, size_t *n, struct err *e)
{
	struct tail_offset *at = NULL;
	size_t count = 0, cap = 0;
	int rc = -1;

	*out = NULL;
	*n = 0;
	store_lock(s);
	sqlite3_stmt *st = store_reopen_if_needed(s, e) < 0 ? NULL : store_query(s, PART_OFFSETS, SQL_GET, e, "s", log);
	while (st != NULL && (rc = store_step(s, st, e)) == 1) {
		xgrow(at, count, cap);
		at[count++] = read_slot(st);
	}
	store_unlock(s);
	if (rc < 0) {
		store_offsets_free(at, count);
		return -1;
	}
	*out = at;
	*n = count;
	return 0;
}

void
store_offsets_free(struct tail_offset *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(at[i].path);
	free(at);
}
