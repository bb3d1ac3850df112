/*
 * totals.c -- running totals of window series: what a counter would show.
 *
 * A row (series, upto) holds the sum of everything in windows that start before `upto`, which is a whole number of periods (a day); it is
 * there for every period in which the series had data, and stands for later times too until the next row. So the total at any
 * time is one row and the windows since the beginning of that day, and it does not fall when old windows are deleted.
 *
 * Totals are complete before their mark. A late increment before the mark is added to every row of its series after it; those of one commit are
 * gathered per series and day first, in memory, as rows of a pretended width (slot 0, which no width uses): see window_rows.c.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "store_windows.h"

#define EXPIRE_SERIES 200

enum {
	SQL_MARK,
	SQL_PUT_MARK,
	SQL_AT,
	SQL_AFTER,
	SQL_PUT,
	SQL_NEXT,
	SQL_RANGE,
	SQL_NEXT_SERIES,
	SQL_EXPIRE,
	SQL_GONE,
};

static const char *const sql[] = {
    [SQL_MARK] = "SELECT mark_ms FROM total_state WHERE id=1",
    [SQL_PUT_MARK] = "INSERT OR REPLACE INTO total_state(id, mark_ms) VALUES(1, ?1)",
    [SQL_AT] = "SELECT upto, sketch FROM total WHERE series=?1 AND upto<=?2 ORDER BY upto DESC LIMIT 1",
    [SQL_AFTER] = "SELECT upto, sketch FROM total WHERE series=?1 AND upto>=?2 ORDER BY upto LIMIT 1",
    [SQL_PUT] = "INSERT OR REPLACE INTO total(series, upto, sketch) VALUES(?1, ?2, ?3)",
    [SQL_NEXT] = "SELECT min(k) FROM window WHERE k BETWEEN ?1 AND ?2",
    [SQL_RANGE] = "SELECT k, sketch FROM window WHERE k BETWEEN ?1 AND ?2",
    [SQL_NEXT_SERIES] = "SELECT min(series) FROM total WHERE series>?1",
    /* the newest stays, however old: it is what the series has counted */
    [SQL_EXPIRE] =
	"DELETE FROM total WHERE series=?1 AND upto<?2 AND upto<(SELECT max(upto) FROM total WHERE series=?1)",
    [SQL_GONE] = "DELETE FROM total WHERE series=?1",
};

static const struct store_migration schema[] = {
    {1, "CREATE TABLE total(series INTEGER NOT NULL, upto INTEGER NOT NULL, sketch BLOB NOT NULL, PRIMARY KEY(series, "
	"upto))"
	" WITHOUT ROWID;"
	"CREATE TABLE total_state(id INTEGER PRIMARY KEY CHECK(id = 1), mark_ms INTEGER NOT NULL);"},
};

const struct store_part store_totals_part = STORE_PART("totals", schema, sql);

int
totals_open(struct store *s, struct err *e)
{
	return store_get_int(s, PART_TOTALS, SQL_MARK, INT64_MIN, &s->windows->totals_mark_ms, e);
}

int
totals_set_mark(struct store *s, int64_t mark, struct err *e)
{
	s->windows->totals_mark_ms = mark;
	return store_exec(s, PART_TOTALS, SQL_PUT_MARK, e, "i", mark);
}

/* One row into memory: *upto INT64_MIN when there is none. */
static int
take_row(struct store *s, sqlite3_stmt *st, int64_t *upto, struct buf *out, struct err *e)
{
	int rc = st == NULL ? -1 : store_step(s, st, e);

	*upto = INT64_MIN;
	out->len = 0;
	if (rc <= 0)
		return rc;
	*upto = sqlite3_column_int64(st, 0);
	if (sqlite3_column_bytes(st, 1) > 0)
		buf_add(out, sqlite3_column_blob(st, 1), (size_t)sqlite3_column_bytes(st, 1));
	store_end(st);
	return 0;
}

int
totals_at(struct store *s, int64_t series, int64_t t, int64_t *upto, struct buf *out, struct err *e)
{
	return take_row(s, store_query(s, PART_TOTALS, SQL_AT, e, "ii", series, t), upto, out, e);
}

static int
put(struct store *s, int64_t series, int64_t upto, const struct buf *b, struct err *e)
{
	return store_exec(s, PART_TOTALS, SQL_PUT, e, "iib", series, upto, (const void *)b->p, b->len);
}

/* base (may be empty) + delta as the row of upto */
static int
put_sum(struct store *s, int64_t series, int64_t upto, const struct buf *base, const void *p, size_t n, struct err *e)
{
	struct buf sum = BUF_INIT;
	int rc = 0;

	if (base->len == 0)
		buf_add(&sum, p, n);
	else
		rc = sketch_merge(&sum, base->p, base->len, p, n, e);
	if (rc == 0)
		rc = put(s, series, upto, &sum, e);
	buf_release(&sum);
	return rc;
}

/* ---- late increments ---- */

static struct level
gathering(const struct window_rows *w)
{
	return (struct level){.width_ms = w->totals_period_ms, .slot = TOTALS_SLOT};
}

int
totals_add_late(struct store *s, int64_t series, int64_t start, const void *p, size_t n, struct err *e)
{
	struct level l = gathering(s->windows);

	return window_late_add(s, window_key(&l, start, series), p, n, e);
}

static int
add_late(struct store *s, int64_t series, int64_t day, const void *p, size_t n, struct err *e)
{
	struct buf b = BUF_INIT;
	int64_t upto, from = day + s->windows->totals_period_ms;
	int rc = totals_at(s, series, from, &upto, &b, e);

	if (rc == 0 && upto != from)
		rc = put(s, series, from, &b, e) < 0 ? -1 : 0;
	while (rc == 0) {
		rc = take_row(s, store_query(s, PART_TOTALS, SQL_AFTER, e, "ii", series, from), &upto, &b, e);
		if (rc < 0 || upto == INT64_MIN)
			break;
		rc = put_sum(s, series, upto, &b, p, n, e);
		from = upto + 1;
	}
	buf_release(&b);
	return rc;
}

/* What window_rows.c writes for a key of slot 0. */
int
totals_write_late(struct store *s, int64_t key, const void *p, size_t n, struct err *e)
{
	struct level l = gathering(s->windows);

	return add_late(s, key_series(key), key_start(&l, key), p, n, e);
}

/* ---- a period is over ---- */

/* The windows of [mark, mark + period) of the widest width, gathered per series in memory and added to the newest row of each. */
static int
sum_period(struct store *s, const struct level *widest, struct err *e)
{
	struct level l = gathering(s->windows);
	int64_t from = s->windows->totals_mark_ms, to = from + l.width_ms;
	sqlite3_stmt *st =
	    store_query(s, PART_TOTALS, SQL_RANGE, e, "ii", window_key(widest, from, 0), window_key(widest, to, 0) - 1);
	int rc = -1;

	while (st != NULL && (rc = store_step(s, st, e)) == 1)
		if (totals_add_late(s, key_series(sqlite3_column_int64(st, 0)), from, sqlite3_column_blob(st, 1),
				    (size_t)sqlite3_column_bytes(st, 1), e) < 0) {
			store_end(st);
			return -1;
		}
	return rc < 0 ? -1 : windows_flush(s, e);
}

int
totals_step(struct store *s, int64_t now_ms, bool *more, struct err *e)
{
	struct window_rows *w = s->windows;
	const struct level *widest = &w->level[w->n - 1];
	int64_t done = w->n > 1 ? widest->mark_ms : now_ms - 3 * widest->width_ms, start = INT64_MAX;

	*more = false;
	done = floor_to(done, w->totals_period_ms);
	if (w->totals_mark_ms == INT64_MIN || done <= w->totals_mark_ms)
		return 0;
	if (windows_flush(s, e) < 0)
		return -1;
	sqlite3_stmt *st = store_query(s, PART_TOTALS, SQL_NEXT, e, "ii", window_key(widest, w->totals_mark_ms, 0),
				       window_key(widest, done, 0) - 1);
	if (st == NULL || store_step(s, st, e) < 0)
		return -1;
	if (sqlite3_column_type(st, 0) != SQLITE_NULL)
		start = floor_to(key_start(widest, sqlite3_column_int64(st, 0)), w->totals_period_ms);
	store_end(st);
	if (start >= done)
		return totals_set_mark(s, done, e);
	w->totals_mark_ms = start;
	if (sum_period(s, widest, e) < 0)
		return -1;
	*more = true;
	return totals_set_mark(s, start + w->totals_period_ms, e);
}

/* ---- retention ---- */

/* Once a day all series in turn, some per call. */
int
totals_expire_step(struct store *s, int64_t now_ms, bool *more, struct err *e)
{
	struct window_rows *w = s->windows;
	int64_t day = floor_to(now_ms, w->totals_period_ms), before;

	*more = false;
	if (w->swept_day == day)
		return 0;
	if (windows_newest(s, now_ms, &before, e) < 0)
		return -1;
	before -= w->level[w->n - 1].keep_ms;
	for (int i = 0; i < EXPIRE_SERIES; i++) {
		sqlite3_stmt *st = store_query(s, PART_TOTALS, SQL_NEXT_SERIES, e, "i", w->sweep_series);
		if (st == NULL || store_step(s, st, e) < 0)
			return -1;
		bool last = sqlite3_column_type(st, 0) == SQLITE_NULL;
		int64_t series = sqlite3_column_int64(st, 0);
		store_end(st);
		if (last) {
			w->sweep_series = 0;
			w->swept_day = day;
			return 0;
		}
		if (series_by_id(s, series) == NULL
			? store_exec(s, PART_TOTALS, SQL_GONE, e, "i", series) < 0
			: store_exec(s, PART_TOTALS, SQL_EXPIRE, e, "ii", series, before) < 0)
			return -1;
		w->sweep_series = series;
	}
	*more = true;
	return 0;
}
