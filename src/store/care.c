/*
 * care.c -- what a person asks of the file: how big, since when, a copy of it, smaller please.
 */
#include <sys/stat.h>

#include "mlwatch/err.h"
#include "store_samples.h"
#include "store_windows.h"

enum {
	SQL_SERIES,
	SQL_WIDTH,
	SQL_CHUNKS,
	SQL_BATCHES,
	SQL_TOTALS,
	SQL_EVENTS,
	SQL_REFERENCES,
	SQL_OLDEST_CHUNK,
	SQL_PAGE_SIZE,
	SQL_FREE_PAGES,
	SQL_VERSION,
};

static const char *const sql[] = {
    [SQL_SERIES] = "SELECT count(*) FILTER (WHERE kind=0), count(*) FILTER (WHERE kind=1) FROM series",
    [SQL_WIDTH] = "SELECT count(*), sum(length(sketch)), min(k), max(k) FROM window WHERE k BETWEEN ?1 AND ?2",
    [SQL_CHUNKS] = "SELECT count(*), sum(length(samples)) FROM sample_chunk",
    [SQL_BATCHES] = "SELECT count(*), sum(length(samples)) FROM sample_batch",
    [SQL_TOTALS] = "SELECT count(*) FROM total",
    [SQL_EVENTS] = "SELECT count(*) FROM event",
    [SQL_REFERENCES] = "SELECT count(*) FROM reference",
    [SQL_OLDEST_CHUNK] = "SELECT min(k) FROM sample_chunk",
    [SQL_PAGE_SIZE] = "PRAGMA page_size",
    [SQL_FREE_PAGES] = "PRAGMA freelist_count",
    [SQL_VERSION] = "PRAGMA user_version",
};

static const struct store_migration schema[] = {{1, ""}};

const struct store_part store_care_part = STORE_PART("care", schema, sql);

static int
two_ints(struct store *s, size_t which, int64_t *a, int64_t *b, struct err *e)
{
	sqlite3_stmt *st = store_query(s, PART_CARE, which, e, "");

	if (st == NULL || store_step(s, st, e) < 0)
		return -1;
	*a = sqlite3_column_int64(st, 0);
	*b = sqlite3_column_int64(st, 1);
	store_end(st);
	return 0;
}

static int
width_facts(struct store *s, const struct level *l, struct store_width_facts *f, struct err *e)
{
	int64_t first = (int64_t)l->slot << (NUMBER_BITS + SERIES_ID_BITS);
	int64_t last = first | ((INT64_C(1) << (NUMBER_BITS + SERIES_ID_BITS)) - 1);
	sqlite3_stmt *st = store_query(s, PART_CARE, SQL_WIDTH, e, "ii", first, last);

	if (st == NULL || store_step(s, st, e) < 0)
		return -1;
	*f = (struct store_width_facts){
	    .width_ms = l->width_ms, .keep_ms = l->keep_ms, .rows = sqlite3_column_int64(st, 0)};
	if (f->rows > 0) {
		f->bytes = sqlite3_column_int64(st, 1);
		f->oldest_ms = key_start(l, sqlite3_column_int64(st, 2));
		f->newest_ms = key_start(l, sqlite3_column_int64(st, 3)) + l->width_ms;
	}
	store_end(st);
	return 0;
}

static int64_t
bytes_of(const char *path, const char *suffix)
{
	char *name = sqlite3_mprintf("%s%s", path, suffix);
	struct stat st;
	int64_t n = stat(name, &st) == 0 ? (int64_t)st.st_size : 0;

	sqlite3_free(name);
	return n;
}

static int
facts(struct store *s, struct store_facts *f, struct err *e)
{
	int64_t page = 0, free_pages = 0, version = 0, key = 0;

	if (store_get_int(s, PART_CARE, SQL_PAGE_SIZE, 0, &page, e) < 0 ||
	    store_get_int(s, PART_CARE, SQL_FREE_PAGES, 0, &free_pages, e) < 0 ||
	    store_get_int(s, PART_CARE, SQL_VERSION, 0, &version, e) < 0 ||
	    store_get_int(s, PART_CARE, SQL_TOTALS, 0, &f->totals, e) < 0 ||
	    store_get_int(s, PART_CARE, SQL_EVENTS, 0, &f->events, e) < 0 ||
	    store_get_int(s, PART_CARE, SQL_REFERENCES, 0, &f->references, e) < 0 ||
	    store_get_int(s, PART_CARE, SQL_OLDEST_CHUNK, INT64_MIN, &key, e) < 0 ||
	    two_ints(s, SQL_SERIES, &f->sample_series, &f->window_series, e) < 0 ||
	    two_ints(s, SQL_CHUNKS, &f->chunks, &f->chunk_bytes, e) < 0 ||
	    two_ints(s, SQL_BATCHES, &f->batches, &f->batch_bytes, e) < 0)
		return -1;
	f->schema_version = (int)version;
	f->free_bytes = page * free_pages;
	f->oldest_sample_ms = key != INT64_MIN ? chunk_key_start(key) : 0;
	f->n_widths = s->windows->n;
	for (size_t i = 0; i < f->n_widths; i++)
		if (width_facts(s, &s->windows->level[i], &f->widths[i], e) < 0)
			return -1;
	return 0;
}

int64_t
store_resolution(struct store *s, int64_t t, struct err *e)
{
	int64_t width = 0;

	if (store_read_begin(s, e) < 0)
		return -1;
	if (windows_refresh(s, e) < 0 || s->windows->n == 0) {
		store_read_end(s);
		return -1;
	}
	for (size_t i = 0; i < s->windows->n && (i == 0 || s->windows->level[i - 1].kept_ms > t); i++)
		width = s->windows->level[i].width_ms;
	store_read_end(s);
	return width;
}

int
store_facts(struct store *s, struct store_facts *out, struct err *e)
{
	*out = (struct store_facts){.file_bytes = bytes_of(s->path, ""), .wal_bytes = bytes_of(s->path, "-wal")};
	if (store_read_begin(s, e) < 0)
		return -1;
	int rc = windows_refresh(s, e) < 0 ? -1 : facts(s, out, e);
	store_read_end(s);
	return rc;
}

int
store_backup(struct store *s, const char *to, struct err *e)
{
	store_lock(s);
	int rc = store_reopen_if_needed(s, e) < 0 ? -1 : schema_copy(s->db, to, e);
	store_unlock(s);
	return rc;
}

int
store_vacuum(struct store *s, struct err *e)
{
	int rc = 0;

	if (s->mode != STORE_AGENT)
		return err_set(e, ERR_BUG, "only who holds the lock may vacuum");
	store_lock(s);
	/* the copy that VACUUM makes belongs on disk, however small our memory is meant to be */
	if (sqlite3_exec(s->db, "PRAGMA temp_store=FILE; VACUUM; PRAGMA temp_store=MEMORY", NULL, NULL, NULL) !=
	    SQLITE_OK)
		rc = store_fail(s, e, "vacuum");
	else
		sqlite3_wal_checkpoint_v2(s->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	store_unlock(s);
	return rc;
}
