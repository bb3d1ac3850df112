/*
 * window_rows.c -- increments into window rows.
 *
 * An increment is added in memory to the row of its narrowest window. When it is late, that is, when a wide width has already been summed up to
 * there, it is also gathered for that width, and what was gathered for one width in a commit is handed on to the next as one. A commit writes every row
 * that changed once. Rows stay in memory (bounded), so that the windows that are open are not read back every second. Nothing here knows what
 * is in a blob: sketch_merge does.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/window.h"
#include "mlwatch/xalloc.h"
#include "store_windows.h"

#define WRITER_CACHE_BYTES (4u << 20)
#define READER_CACHE_BYTES (1u << 20)
#define SUMS_BYTES         (1u << 19)
#define DIRTY_BYTES        (8u << 20) /* written before the commit when more than this waits */

enum { SQL_GET, SQL_PUT };

static const char *const sql[] = {
    [SQL_GET] = "SELECT sketch FROM window WHERE k=?1",
    [SQL_PUT] = "INSERT OR REPLACE INTO window(k, sketch) VALUES(?1, ?2)",
};

static const struct store_migration schema[] = {
    {1, "CREATE TABLE window(k INTEGER PRIMARY KEY, sketch BLOB NOT NULL);"}, /* k: store_windows.h */
};

const struct store_part store_windows_part = STORE_PART("windows", schema, sql);

int64_t
floor_to(int64_t t, int64_t width)
{
	int64_t rest = t % width;

	return t - (rest < 0 ? rest + width : rest);
}

/* Whether a time has a key at all. */
static bool
window_time_fits(const struct level *narrowest, int64_t start)
{
	int64_t number = start / narrowest->width_ms;

	return number > -NUMBER_BIAS + 1 && number < NUMBER_BIAS - 1;
}

int
windows_open_rows(struct store *s, struct err *e)
{
	s->windows = xcalloc(1, sizeof(*s->windows));
	s->windows->rows = row_cache_open(s->mode == STORE_READ ? READER_CACHE_BYTES : WRITER_CACHE_BYTES);
	s->windows->sums = row_cache_open(SUMS_BYTES);
	s->windows->late = row_cache_open(0);
	if (window_load_levels(s, e) < 0 || totals_open(s, e) < 0)
		return -1;
	return s->mode == STORE_AGENT ? window_configure_levels(s, e) : 0;
}

void
windows_close_rows(struct store *s)
{
	if (s->windows == NULL)
		return;
	row_cache_close(s->windows->rows);
	row_cache_close(s->windows->sums);
	row_cache_close(s->windows->late);
	free(s->windows);
	s->windows = NULL;
}

/* ---- rows ---- */

int
window_row(struct store *s, int64_t key, struct cached_row **row, struct err *e)
{
	*row = row_cache_get(s->windows->rows, key);
	if (*row != NULL)
		return 0;
	sqlite3_stmt *st = store_query(s, PART_WINDOWS, SQL_GET, e, "i", key);
	int rc = st == NULL ? -1 : store_step(s, st, e);
	if (rc < 0)
		return -1;
	const void *p = rc == 1 ? sqlite3_column_blob(st, 0) : NULL;
	*row = row_cache_put(s->windows->rows, key, p, p != NULL ? (size_t)sqlite3_column_bytes(st, 0) : 0, false);
	store_end(st);
	return 0;
}

/* A blob onto a row in memory (which may be absent), and dirty now. */
static int
add_blob(struct store *s, struct row_cache *c, const struct cached_row *r, int64_t key, const void *p, size_t n,
	 struct err *e)
{
	if (r == NULL || r->p == NULL) {
		row_cache_put(c, key, p, n, true);
		return 0;
	}
	s->scratch.len = 0;
	if (sketch_merge(&s->scratch, r->p, r->n, p, n, e) < 0)
		return -1;
	row_cache_put(c, key, s->scratch.p, s->scratch.len, true);
	return 0;
}

int
window_row_add(struct store *s, int64_t key, const void *p, size_t n, struct err *e)
{
	struct cached_row *r;

	return window_row(s, key, &r, e) < 0 ? -1 : add_blob(s, s->windows->rows, r, key, p, n, e);
}

/* ---- late increments: each wide width gets what was gathered for the one below it ---- */

int
window_late_add(struct store *s, int64_t key, const void *p, size_t n, struct err *e)
{
	struct row_cache *c = s->windows->late;

	return add_blob(s, c, row_cache_get(c, key), key, p, n, e);
}

/* To the level above i (past the widest: the totals) if that is complete up to there, for a window of level i or narrower. */
static int
pass_on(struct store *s, size_t i, int64_t start, int64_t series, const void *p, size_t n, struct err *e)
{
	struct window_rows *w = s->windows;

	if (i + 1 < w->n) {
		if (start >= w->level[i + 1].mark_ms)
			return 0;
		return window_late_add(s, window_key(&w->level[i + 1], start, series), p, n, e);
	}
	return start < w->totals_mark_ms ? totals_add_late(s, series, start, p, n, e) : 0;
}

static int
write_late_row(struct store *s, size_t i, const struct cached_row *r, struct err *e)
{
	struct window_rows *w = s->windows;

	if (i == w->n)
		return totals_write_late(s, r->key, r->p, r->n, e);
	if (window_row_add(s, r->key, r->p, r->n, e) < 0)
		return -1;
	return pass_on(s, i, key_start(&w->level[i], r->key), key_series(r->key), r->p, r->n, e);
}

/* From narrow to wide, and the totals last, so that each adds up what the one before has gathered. */
static int
flush_late(struct store *s, struct err *e)
{
	struct window_rows *w = s->windows;
	int rc = 0;

	for (size_t i = 1; i <= w->n && rc == 0; i++) {
		unsigned slot = i < w->n ? w->level[i].slot : TOTALS_SLOT;
		struct cached_row **dirty;
		size_t n = row_cache_dirty(w->late, &dirty);
		for (size_t j = 0; j < n && rc == 0; j++)
			if (key_slot(dirty[j]->key) == slot) {
				rc = write_late_row(s, i, dirty[j], e);
				row_cache_written(w->late, dirty[j], false);
			}
		free(dirty);
	}
	return rc;
}

int
windows_flush(struct store *s, struct err *e)
{
	struct row_cache *c = s->windows->rows;
	struct cached_row **dirty;
	int rc = flush_late(s, e);
	size_t n = row_cache_dirty(c, &dirty);

	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = store_exec(s, PART_WINDOWS, SQL_PUT, e, "ib", dirty[i]->key, (const void *)dirty[i]->p,
				(size_t)dirty[i]->n);
		row_cache_written(c, dirty[i], true);
	}
	free(dirty);
	return rc;
}

int
windows_relieve(struct store *s, struct err *e)
{
	struct window_rows *w = s->windows;
	size_t waiting = row_cache_dirty_bytes(w->rows) + row_cache_dirty_bytes(w->late);

	return waiting > DIRTY_BYTES ? windows_flush(s, e) : 0;
}

void
windows_forget(struct store *s)
{
	row_cache_clear(s->windows->rows);
	row_cache_clear(s->windows->sums);
	row_cache_clear(s->windows->late);
	s->windows->loaded = false;
}

struct changed_since {
	const struct window_rows *w;
	int64_t oldest;
};

static bool
may_have_changed(void *arg, const struct cached_row *row)
{
	const struct changed_since *c = arg;
	int64_t key = row->key;
	unsigned slot = key_slot(key);

	for (size_t i = 0; i < c->w->n; i++)
		if (c->w->level[i].slot == slot)
			return key_start(&c->w->level[i], key) + c->w->level[i].width_ms > c->oldest;
	return true;
}

static bool
sum_changed(void *arg, const struct cached_row *sum)
{
	return window_sum_changed(sum, *(const int64_t *)arg);
}

void
windows_changed(struct store *s, int64_t oldest)
{
	if (oldest == INT64_MAX)
		return;
	row_cache_drop(s->windows->sums, sum_changed, &oldest);
	series_quiet_until(s, oldest);
}

int
windows_refresh(struct store *s, struct err *e)
{
	struct window_rows *w = s->windows;
	struct changed_since since = {w, INT64_MAX};
	int64_t seq = w->seen_seq;

	if (s->mode == STORE_AGENT && w->loaded)
		return 0; /* nobody else writes these */
	if (core_changes(s, &seq, &since.oldest, e) < 0)
		return -1;
	if (w->loaded && seq == w->seen_seq)
		return 0;
	if (window_load_levels(s, e) < 0 || totals_open(s, e) < 0 || series_refresh(s, e) < 0)
		return -1;
	if (since.oldest != INT64_MAX)
		row_cache_drop(w->rows, may_have_changed, &since);
	windows_changed(s, since.oldest);
	w->seen_seq = seq;
	w->loaded = true;
	return 0;
}

/* ---- increments ---- */

static int
add_increment(struct store *s, int64_t series, const struct increment *i, struct err *e)
{
	const struct level *narrowest = &s->windows->level[0];

	if (window_row_add(s, window_key(narrowest, i->start, series), i->blob, i->n, e) < 0 ||
	    pass_on(s, 0, i->start, series, i->blob, i->n, e) < 0)
		return -1;
	return windows_relieve(s, e);
}

int
store_put_increment(struct store *s, const struct increment *i, struct err *e)
{
	struct stored_series want = {
	    .kind = SERIES_WINDOWS,
	    .sketch = i->kind,
	    .edges = i->edges != NULL ? i->edges->id : 0,
	    .by = i->kind == SKETCH_CATEGORIES ? i->by : NULL,
	    .labels = i->labels,
	};
	int rc = 0;

	if (store_txn_begin(s, e) < 0)
		return -1;
	if (windows_refresh(s, e) < 0)
		return store_txn_end(s, -1, e);
	if (sketch_blob_kind(i->blob, i->n) != i->kind || i->labels.n == 0 || i->labels.n > SERIES_MAX_LABELS)
		rc = err_set(e, ERR_BUG, "an increment for the store makes no sense");
	else if (!window_time_fits(&s->windows->level[0], i->start))
		s->refused++; /* centuries away: no such row, and no reason to stop reading the log */
	else {
		if (i->edges != NULL)
			rc = documents_put_edges(s, i->edges, e);
		int64_t id = rc < 0 ? -1 : series_id(s, &want, i->start, e);
		rc = id < 0 ? -1 : add_increment(s, id, i, e);
		if (i->start < s->oldest_touched)
			s->oldest_touched = i->start;
	}
	return store_txn_end(s, rc, e);
}
