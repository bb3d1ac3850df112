/*
 * window_rows.c -- increments into window rows.
 *
 * An increment is added in memory to the row of its narrowest window and, when a wide width has already been summed up to there, to
 * that width's row as well; a commit writes every row that changed once. Rows stay in memory (bounded), so that the windows that are open are
 * not read back every second. Nothing here knows what is in a blob: sketch_merge does.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/window.h"
#include "mlwatch/xalloc.h"
#include "store_windows.h"

#define WRITER_CACHE_BYTES (4u << 20)
#define READER_CACHE_BYTES (3u << 20)
#define SUMS_BYTES         (2u << 20)
#define DIRTY_BYTES        (8u << 20) /* written before the commit when more than this waits */

enum { SQL_GET, SQL_PUT, SQL_LEVELS, SQL_PUT_LEVEL, SQL_DROP_LEVEL, SQL_DROP_ROWS, SQL_NEWEST, SQL_OLDEST };

static const char *const sql[] = {
    [SQL_GET] = "SELECT sketch FROM window WHERE k=?1",
    [SQL_PUT] = "INSERT OR REPLACE INTO window(k, sketch) VALUES(?1, ?2)",
    [SQL_LEVELS] = "SELECT width_ms, keep_ms, mark_ms, kept_ms, slot FROM width ORDER BY width_ms",
    [SQL_PUT_LEVEL] =
	"INSERT OR REPLACE INTO width(width_ms, keep_ms, mark_ms, kept_ms, slot) VALUES(?1, ?2, ?3, ?4, ?5)",
    [SQL_DROP_LEVEL] = "DELETE FROM width WHERE width_ms=?1",
    [SQL_DROP_ROWS] = "DELETE FROM window WHERE k BETWEEN ?1 AND ?2",
    [SQL_NEWEST] = "SELECT max(k) FROM window WHERE k BETWEEN ?1 AND ?2",
    [SQL_OLDEST] = "SELECT min(k) FROM window WHERE k BETWEEN ?1 AND ?2",
};

static const struct store_migration schema[] = {
    {1, "CREATE TABLE window(k INTEGER PRIMARY KEY, sketch BLOB NOT NULL);" /* k: store_windows.h */
	"CREATE TABLE width("
	"  width_ms INTEGER PRIMARY KEY, keep_ms INTEGER NOT NULL,"
	"  mark_ms INTEGER NOT NULL," /* its rows are complete before this */
	"  kept_ms INTEGER NOT NULL," /* its rows before this are deleted */
	"  slot INTEGER NOT NULL UNIQUE);"},
};

const struct store_part store_windows_part = STORE_PART("windows", schema, sql);

int64_t
floor_to(int64_t t, int64_t width)
{
	int64_t rest = t % width;

	return t - (rest < 0 ? rest + width : rest);
}

bool
window_time_fits(const struct level *narrowest, int64_t start)
{
	int64_t number = start / narrowest->width_ms;

	return number > -NUMBER_BIAS + 1 && number < NUMBER_BIAS - 1;
}

/* ---- widths ---- */

int
window_save_level(struct store *s, const struct level *l, struct err *e)
{
	return store_exec(s, PART_WINDOWS, SQL_PUT_LEVEL, e, "iiiii", l->width_ms, l->keep_ms, l->mark_ms, l->kept_ms,
			  (int64_t)l->slot);
}

/* Whole days, or as many of the widest width as make one. */
static int64_t
totals_period(int64_t widest)
{
	return widest * ((MS_DAY + widest - 1) / widest);
}

static int
load_levels(struct store *s, struct err *e)
{
	struct window_rows *w = s->windows;
	sqlite3_stmt *st = store_query(s, PART_WINDOWS, SQL_LEVELS, e, "");
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

static void
level_range(const struct level *l, int64_t *from, int64_t *to)
{
	*from = (int64_t)l->slot << (NUMBER_BITS + SERIES_ID_BITS);
	*to = *from | ((INT64_C(1) << (NUMBER_BITS + SERIES_ID_BITS)) - 1);
}

/* The start of the newest or oldest row of a width; dflt when there is none. */
static int
end_of_level(struct store *s, const struct level *l, size_t which, int64_t dflt, int64_t *start, struct err *e)
{
	int64_t from, to;

	level_range(l, &from, &to);
	sqlite3_stmt *st = store_query(s, PART_WINDOWS, which, e, "ii", from, to);
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
		if (store_exec(s, PART_WINDOWS, SQL_DROP_ROWS, e, "ii", from, to) < 0 ||
		    store_exec(s, PART_WINDOWS, SQL_DROP_LEVEL, e, "i", w->level[i].width_ms) < 0)
			return -1;
	}
	return load_levels(s, e);
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
		if (window_save_level(s, &l, e) < 0 || load_levels(s, e) < 0)
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

static int
configure_levels(struct store *s, struct err *e)
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

int
windows_open_rows(struct store *s, struct err *e)
{
	s->windows = xcalloc(1, sizeof(*s->windows));
	s->windows->rows = row_cache_open(s->mode == STORE_READ ? READER_CACHE_BYTES : WRITER_CACHE_BYTES);
	s->windows->sums = row_cache_open(SUMS_BYTES);
	if (load_levels(s, e) < 0 || totals_open(s, e) < 0)
		return -1;
	return s->mode == STORE_AGENT ? configure_levels(s, e) : 0;
}

void
windows_close_rows(struct store *s)
{
	if (s->windows == NULL)
		return;
	row_cache_close(s->windows->rows);
	row_cache_close(s->windows->sums);
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

int
window_row_add(struct store *s, int64_t key, const void *p, size_t n, struct err *e)
{
	struct row_cache *c = s->windows->rows;
	struct cached_row *r;

	if (window_row(s, key, &r, e) < 0)
		return -1;
	if (r->p == NULL)
		row_cache_put(c, key, p, n, true);
	else {
		s->scratch.len = 0;
		if (sketch_merge(&s->scratch, r->p, r->n, p, n, e) < 0)
			return -1;
		row_cache_put(c, key, s->scratch.p, s->scratch.len, true);
	}
	return row_cache_dirty_bytes(c) > DIRTY_BYTES ? windows_flush(s, e) : 0;
}

int
windows_flush(struct store *s, struct err *e)
{
	struct row_cache *c = s->windows->rows;
	struct cached_row **dirty;
	size_t n = row_cache_dirty(c, &dirty);
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		struct cached_row *r = dirty[i];
		bool row = key_slot(r->key) != TOTALS_SLOT;
		rc = row ? store_exec(s, PART_WINDOWS, SQL_PUT, e, "ib", r->key, (const void *)r->p, (size_t)r->n)
			 : totals_write_late(s, r->key, r->p, r->n, e);
		row_cache_written(c, r, row);
	}
	free(dirty);
	return rc;
}

void
windows_forget(struct store *s)
{
	row_cache_clear(s->windows->rows);
	row_cache_clear(s->windows->sums);
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
	if (oldest != INT64_MAX)
		row_cache_drop(s->windows->sums, sum_changed, &oldest);
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
	if (load_levels(s, e) < 0 || totals_open(s, e) < 0 || series_refresh(s, e) < 0)
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
add_everywhere(struct store *s, int64_t series, const struct increment *i, struct err *e)
{
	struct window_rows *w = s->windows;

	for (size_t l = 0; l < w->n; l++)
		if ((l == 0 || i->start < w->level[l].mark_ms) &&
		    window_row_add(s, window_key(&w->level[l], i->start, series), i->blob, i->n, e) < 0)
			return -1;
	if (i->start < w->totals_mark_ms)
		return totals_add_late(s, series, i->start, i->blob, i->n, e);
	return 0;
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
		rc = id < 0 ? -1 : add_everywhere(s, id, i, e);
		if (i->start < s->oldest_touched)
			s->oldest_touched = i->start;
	}
	return store_txn_end(s, rc, e);
}
