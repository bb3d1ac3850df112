/*
 * window_widths.c -- the widths of the windows: which there are, how far each is complete, what of each is kept; and what happens when the
 * configuration names others than the file has.
 */
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "store_windows.h"

enum { SQL_LEVELS, SQL_PUT_LEVEL, SQL_DROP_LEVEL, SQL_DROP_ROWS, SQL_NEWEST, SQL_OLDEST };

static const char *const sql[] = {
    [SQL_LEVELS] = "SELECT width_ms, keep_ms, mark_ms, kept_ms, slot FROM width ORDER BY width_ms",
    [SQL_PUT_LEVEL] =
	"INSERT OR REPLACE INTO width(width_ms, keep_ms, mark_ms, kept_ms, slot) VALUES(?1, ?2, ?3, ?4, ?5)",
    [SQL_DROP_LEVEL] = "DELETE FROM width WHERE width_ms=?1",
    [SQL_DROP_ROWS] = "DELETE FROM window WHERE k BETWEEN ?1 AND ?2",
    [SQL_NEWEST] = "SELECT max(k) FROM window WHERE k BETWEEN ?1 AND ?2",
    [SQL_OLDEST] = "SELECT min(k) FROM window WHERE k BETWEEN ?1 AND ?2",
};

static const struct store_migration schema[] = {
    {1, "CREATE TABLE width("
	"  width_ms INTEGER PRIMARY KEY, keep_ms INTEGER NOT NULL,"
	"  mark_ms INTEGER NOT NULL," /* its rows are complete before this */
	"  kept_ms INTEGER NOT NULL," /* its rows before this are deleted */
	"  slot INTEGER NOT NULL UNIQUE);"},
};

const struct store_part store_widths_part = STORE_PART("widths", schema, sql);

int
window_save_level(struct store *s, const struct level *l, struct err *e)
{
	return store_exec(s, PART_WIDTHS, SQL_PUT_LEVEL, e, "iiiii", l->width_ms, l->keep_ms, l->mark_ms, l->kept_ms,
			  (int64_t)l->slot);
}

/* Whole days, or as many of the widest width as make one. */
static int64_t
totals_period(int64_t widest)
{
	return widest * ((MS_DAY + widest - 1) / widest);
}

int
window_load_levels(struct store *s, struct err *e)
{
	struct window_rows *w = s->windows;
	sqlite3_stmt *st = store_query(s, PART_WIDTHS, SQL_LEVELS, e, "");
	int rc = -1;

	w->n = 0;
	while (st != NULL && (rc = store_step(s, st, e)) == 1) {
		if (w->n == STORE_MAX_WIDTHS || sqlite3_column_int64(st, 0) < STORE_MIN_WIDTH_MS) {
			store_end(st);
			return err_set(e, ERR_FILE, "'%s' is damaged: its window widths make no sense", s->path);
		}
		w->level[w->n++] = (struct level){
		    .width_ms = sqlite3_column_int64(st, 0),
		    .keep_ms = sqlite3_column_int64(st, 1),
		    .mark_ms = sqlite3_column_int64(st, 2),
		    .kept_ms = sqlite3_column_int64(st, 3),
		    .slot = (unsigned)sqlite3_column_int(st, 4) & 7,
		};
	}
	if (w->n > 0)
		w->level[0].mark_ms = INT64_MAX;
	w->totals_period_ms = w->n > 0 ? totals_period(w->level[w->n - 1].width_ms) : MS_DAY;
	return rc;
}

int
window_levels_same(struct store *s, bool *same, struct err *e)
{
	const struct window_rows *w = s->windows;
	sqlite3_stmt *st = store_query(s, PART_WIDTHS, SQL_LEVELS, e, "");
	size_t n = 0;
	int rc = -1;

	*same = true;
	while (st != NULL && (rc = store_step(s, st, e)) == 1) {
		*same = *same && n < w->n && sqlite3_column_int64(st, 0) == w->level[n].width_ms &&
			sqlite3_column_int64(st, 3) == w->level[n].kept_ms;
		n++;
	}
	*same = *same && n == w->n;
	return rc;
}

/* The start of the newest or oldest row of a width; dflt when there is none. */
static int
end_of_level(struct store *s, const struct level *l, size_t which, int64_t dflt, int64_t *start, struct err *e)
{
	int64_t from, to;

	level_range(l, &from, &to);
	sqlite3_stmt *st = store_query(s, PART_WIDTHS, which, e, "ii", from, to);
	*start = dflt;
	if (st == NULL || store_step(s, st, e) < 0)
		return -1;
	if (sqlite3_column_type(st, 0) != SQLITE_NULL)
		*start = key_start(l, sqlite3_column_int64(st, 0));
	store_end(st);
	return 0;
}

int
windows_extent(struct store *s, int64_t *oldest, int64_t *end, struct err *e)
{
	struct window_rows *w = s->windows;

	*oldest = INT64_MAX;
	*end = INT64_MIN;
	for (size_t i = 0; i < w->n; i++) {
		int64_t first, last;
		if (end_of_level(s, &w->level[i], SQL_OLDEST, INT64_MAX, &first, e) < 0 ||
		    end_of_level(s, &w->level[i], SQL_NEWEST, INT64_MIN, &last, e) < 0)
			return -1;
		if (first < *oldest)
			*oldest = first;
		if (last != INT64_MIN && last + w->level[i].width_ms > *end)
			*end = last + w->level[i].width_ms;
	}
	return 0;
}

static const struct store_width *
configured(const struct store *s, int64_t width)
{
	for (size_t i = 0; i < s->n_widths; i++)
		if (s->widths[i].width_ms == width)
			return &s->widths[i];
	return NULL;
}

int
windows_newest(struct store *s, int64_t now, int64_t *newest, struct err *e)
{
	const struct level *l = &s->windows->level[0];

	if (end_of_level(s, l, SQL_NEWEST, INT64_MIN, newest, e) < 0)
		return -1;
	*newest = *newest == INT64_MIN || *newest + l->width_ms > now ? now : *newest + l->width_ms;
	return 0;
}

/* A width that the configuration no longer has: its rows go. Before, the next wider one must have taken up all of them. */
static int
drop_levels(struct store *s, struct err *e)
{
	struct window_rows *w = s->windows;

	for (size_t i = 0; i < w->n; i++) {
		int64_t from, to;
		if (configured(s, w->level[i].width_ms) != NULL)
			continue;
		level_range(&w->level[i], &from, &to);
		if (store_exec(s, PART_WIDTHS, SQL_DROP_ROWS, e, "ii", from, to) < 0 ||
		    store_exec(s, PART_WIDTHS, SQL_DROP_LEVEL, e, "i", w->level[i].width_ms) < 0)
			return -1;
	}
	return window_load_levels(s, e);
}

static unsigned
free_slot(const struct window_rows *w, unsigned want)
{
	unsigned used = 1u << TOTALS_SLOT;

	for (size_t i = 0; i < w->n; i++)
		used |= 1u << w->level[i].slot;
	while (used & 1u << want)
		want = (want + 7) & 7;
	return want;
}

/* Of a file that had other widths before: `books` is where every width is complete up to. A new one begins there; what is older stays at the
 * widths that have it. */
static int
add_levels(struct store *s, int64_t books, struct err *e)
{
	struct window_rows *w = s->windows;
	bool fresh = w->n == 0;

	for (size_t i = 0; i < s->n_widths; i++) {
		const struct store_width *want = &s->widths[i];
		struct level l = {
		    .width_ms = want->width_ms,
		    .kept_ms = fresh ? INT64_MIN / 2 : books,
		    .slot = free_slot(w, 7 - (unsigned)i),
		};
		for (size_t j = 0; j < w->n; j++)
			if (w->level[j].width_ms == want->width_ms)
				l = w->level[j];
		l.keep_ms = want->keep_ms;
		l.mark_ms = fresh ? floor_to(books, l.width_ms) : books;
		if (window_save_level(s, &l, e) < 0 || window_load_levels(s, e) < 0)
			return -1;
	}
	return 0;
}

/* Closes the books before widths change: every wide width, and the totals, take up all that the narrower ones hold, so that any of
 * them may go. *books: a time after all of it; what comes in before it goes to every width by itself. */
static int
close_books(struct store *s, int64_t *books, struct err *e)
{
	int64_t oldest, end, period = totals_period(s->widths[s->n_widths - 1].width_ms);
	bool more = true, more_totals = true;

	*books = s->started_ms;
	if (s->windows->n == 0)
		return 0;
	if (windows_extent(s, &oldest, &end, e) < 0)
		return -1;
	end = end > s->started_ms ? end : s->started_ms;
	*books = floor_to(end + period - 1, period);
	int64_t then = end + 4 * (period + s->windows->totals_period_ms);
	while (more || more_totals)
		if (rollup_step(s, then, &more, e) < 0 || windows_flush(s, e) < 0 ||
		    totals_step(s, then, &more_totals, e) < 0)
			return -1;
	return totals_set_mark(s, *books, e);
}

static bool
levels_as_configured(const struct store *s)
{
	const struct window_rows *w = s->windows;

	if (w->n > 0 && !s->widths_given)
		return true;
	if (w->n != s->n_widths)
		return false;
	for (size_t i = 0; i < w->n; i++)
		if (w->level[i].width_ms != s->widths[i].width_ms || w->level[i].keep_ms != s->widths[i].keep_ms)
			return false;
	return true;
}

int
window_configure_levels(struct store *s, struct err *e)
{
	int64_t books = 0;
	bool fresh = s->windows->n == 0;

	if (levels_as_configured(s))
		return 0;
	if (store_txn_begin(s, e) < 0)
		return -1;
	int rc = close_books(s, &books, e);
	if (rc == 0)
		rc = drop_levels(s, e);
	if (rc == 0)
		rc = add_levels(s, books, e);
	if (rc == 0 && fresh)
		rc = totals_set_mark(s, floor_to(books, s->windows->totals_period_ms), e);
	return store_txn_end(s, rc, e);
}
