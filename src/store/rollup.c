/*
 * rollup.c -- narrow windows into wide ones, and what is past its retention out.
 *
 * A wide window is summed up once its end is some seconds past. The mark that says so moves in the same transaction, and whoever comes later adds to
 * the wide row too (window_rows.c): so a wide row is always the exact sum of its narrow ones, whatever the order in which things arrive.
 * Rows are deleted only when the next wider width, or for the widest the totals, has taken them up.
 */
#include "mlwatch/err.h"
#include "store_windows.h"

#define DELETE_ROWS 2000

enum { SQL_NEXT, SQL_RANGE, SQL_DELETE };

static const char *const sql[] = {
    [SQL_NEXT] = "SELECT min(k) FROM window WHERE k BETWEEN ?1 AND ?2",
    [SQL_RANGE] = "SELECT k, sketch FROM window WHERE k BETWEEN ?1 AND ?2",
    [SQL_DELETE] = "DELETE FROM window WHERE k IN (SELECT k FROM window WHERE k BETWEEN ?1 AND ?2 LIMIT ?3)",
};

static const struct store_migration schema[] = {{1, ""}};

const struct store_part store_rollup_part = STORE_PART("rollup", schema, sql);

/* Late lines are cheap but not free: wait for those that are only a little late. */
static int64_t
grace(const struct window_rows *w)
{
	return 3 * w->level[0].width_ms;
}

static int64_t
first_key(const struct level *l)
{
	return (int64_t)l->slot << (NUMBER_BITS + SERIES_ID_BITS);
}

static int64_t
last_key(const struct level *l)
{
	return first_key(l) | ((INT64_C(1) << (NUMBER_BITS + SERIES_ID_BITS)) - 1);
}

int
window_next_start(struct store *s, const struct level *l, int64_t from, int64_t *start, struct err *e)
{
	sqlite3_stmt *st = store_query(s, PART_ROLLUP, SQL_NEXT, e, "ii", window_key(l, from, 0), last_key(l));

	*start = INT64_MAX;
	if (st == NULL || store_step(s, st, e) < 0)
		return -1;
	if (sqlite3_column_type(st, 0) != SQLITE_NULL)
		*start = key_start(l, sqlite3_column_int64(st, 0));
	store_end(st);
	return 0;
}

static int
sum_up(struct store *s, const struct level *narrow, const struct level *wide, int64_t start, struct err *e)
{
	int64_t to = window_key(narrow, start + wide->width_ms, 0) - 1;
	sqlite3_stmt *st = store_query(s, PART_ROLLUP, SQL_RANGE, e, "ii", window_key(narrow, start, 0), to);
	int rc = -1;

	while (st != NULL && (rc = store_step(s, st, e)) == 1) {
		const void *p = sqlite3_column_blob(st, 1);
		size_t n = (size_t)sqlite3_column_bytes(st, 1);
		if (window_row_add(s, window_key(wide, start, key_series(sqlite3_column_int64(st, 0))), p, n, e) < 0 ||
		    windows_relieve(s, e) < 0) {
			store_end(st);
			return -1;
		}
	}
	return rc;
}

/* The next window of one level, when it is due. */
static int
roll_level(struct store *s, size_t i, int64_t now, bool *more, struct err *e)
{
	struct level *wide = &s->windows->level[i], *narrow = wide - 1;
	int64_t due = now - grace(s->windows), start;

	if (due > narrow->mark_ms)
		due = narrow->mark_ms;
	due = floor_to(due, wide->width_ms);
	if (due <= wide->mark_ms)
		return 0;
	/* the narrow rows may just have been summed up themselves: only what is written is found */
	if (windows_flush(s, e) < 0 || window_next_start(s, narrow, wide->mark_ms, &start, e) < 0)
		return -1;
	int64_t at = start == INT64_MAX ? due : floor_to(start, wide->width_ms);
	if (at < due) {
		if (sum_up(s, narrow, wide, at, e) < 0)
			return -1;
		at += wide->width_ms;
		*more = true;
	} else
		at = due;
	wide->mark_ms = at;
	return window_save_level(s, wide, e);
}

int
rollup_step(struct store *s, int64_t now_ms, bool *more, struct err *e)
{
	*more = false;
	for (size_t i = 1; i < s->windows->n; i++)
		if (roll_level(s, i, now_ms, more, e) < 0)
			return -1;
	return 0;
}

/* ---- retention: counted from the newest data, as Prometheus does, so that a store of old logs keeps them ---- */

static int
expire_level(struct store *s, size_t i, int64_t newest, bool *more, struct err *e)
{
	struct window_rows *w = s->windows;
	struct level *l = &w->level[i];
	int64_t cut = newest - l->keep_ms, taken_up = i + 1 < w->n ? l[1].mark_ms : w->totals_mark_ms;

	cut = floor_to(cut < taken_up ? cut : taken_up, l->width_ms);
	/* not for every window by itself, but what has been begun is finished */
	if (!l->expiring && cut < l->kept_ms + (l->keep_ms / 256 > l->width_ms ? l->keep_ms / 256 : l->width_ms))
		return 0;
	if (store_exec(s, PART_ROLLUP, SQL_DELETE, e, "iii", first_key(l), window_key(l, cut, 0) - 1,
		       (int64_t)DELETE_ROWS) < 0)
		return -1;
	l->expiring = sqlite3_changes(s->db) == DELETE_ROWS;
	*more = *more || l->expiring;
	/* from the first piece on: readers must not take what is half gone for whole */
	if (l->kept_ms < cut)
		l->kept_ms = cut;
	return window_save_level(s, l, e);
}

int
windows_expire_step(struct store *s, int64_t now_ms, bool *more, struct err *e)
{
	int64_t newest;

	*more = false;
	if (windows_newest(s, now_ms, &newest, e) < 0)
		return -1;
	for (size_t i = 0; i < s->windows->n; i++)
		if (expire_level(s, i, newest, more, e) < 0)
			return -1;
	return 0;
}
