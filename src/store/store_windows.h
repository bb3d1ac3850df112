/*
 * store_windows.h -- window rows: keys, widths, the rows kept in memory. Private to src/store.
 *
 * All widths live in one table, keyed time first:  slot of the width (3 bits) | number of the window (34) | series (26).
 * The narrowest width has the highest slot, so that new rows are appended at the end of the table.
 *
 * Of a wide width every window that starts before its mark is there, as the exact sum of the narrow ones: an increment adds to the narrowest
 * width and, when it is older than a wide width's mark, to that one too; the mark moves in the transaction that sums the narrow rows up.
 * What is older than `kept` has been (or is being) deleted.
 */
#ifndef STORE_WINDOWS_H
#define STORE_WINDOWS_H

#include "store_series.h"

#define NUMBER_BITS 34
#define NUMBER_BIAS (INT64_C(1) << (NUMBER_BITS - 1))

struct level {
	int64_t width_ms, keep_ms;
	int64_t mark_ms; /* wide ones: complete before this; the narrowest: INT64_MAX */
	int64_t kept_ms; /* rows that start before this are gone */
	unsigned slot;
	bool expiring; /* of the agent: not all of them are yet */
};

#define TOTALS_SLOT 0

static inline unsigned
key_slot(int64_t key)
{
	return (unsigned)(key >> (NUMBER_BITS + SERIES_ID_BITS)) & 7;
}

struct row_cache;

struct window_rows {
	struct level level[STORE_MAX_WIDTHS]; /* narrowest first */
	size_t n;
	int64_t totals_period_ms, totals_mark_ms; /* see totals.c */
	struct row_cache *rows;
	struct row_cache *late; /* gathered for wide widths and totals, not yet added */
	struct row_cache *sums; /* window_read.c: keyed by a hash of series and span */
	int64_t seen_seq;       /* rows in memory are as of this commit */
	bool loaded;
	int64_t sweep_series; /* totals.c: where the removal of old totals goes on */
	int64_t swept_day;
};

int64_t floor_to(int64_t t, int64_t width); /* also right of negative times */
static inline int64_t
window_key(const struct level *l, int64_t start, int64_t series)
{
	int64_t number = floor_to(start, l->width_ms) / l->width_ms + NUMBER_BIAS;

	return (int64_t)l->slot << (NUMBER_BITS + SERIES_ID_BITS) | number << SERIES_ID_BITS | series;
}
static inline int64_t
key_series(int64_t key)
{
	return key & SERIES_ID_MAX;
}
static inline int64_t
key_start(const struct level *l, int64_t key)
{
	return ((key >> SERIES_ID_BITS & ((INT64_C(1) << NUMBER_BITS) - 1)) - NUMBER_BIAS) * l->width_ms;
}

/* ---- row_cache.c: rows in memory by key, the least recently used leave; dirty ones stay until they are written ---- */
struct cached_row {
	int64_t key;
	uint8_t *p; /* NULL: known to be absent */
	uint32_t n;
	bool dirty;
	struct cached_row *hash_next, *newer, *older;
};
struct row_cache *row_cache_open(size_t max_bytes);
void row_cache_close(struct row_cache *c);
void row_cache_clear(struct row_cache *c);
struct cached_row *row_cache_get(struct row_cache *c, int64_t key); /* NULL: not known */
/* Copies. p NULL: absent. The row stays where it is until something else is put. */
struct cached_row *row_cache_put(struct row_cache *c, int64_t key, const void *p, size_t n, bool dirty);
size_t row_cache_dirty_bytes(const struct row_cache *c);
/* Dirty rows by key; the caller frees the array. They stay where they are until they are written. */
size_t row_cache_dirty(const struct row_cache *c, struct cached_row ***out);
void row_cache_written(struct row_cache *c, struct cached_row *r, bool keep);
/* Drops the clean rows for which gone() says so. */
void row_cache_drop(struct row_cache *c, bool (*gone)(void *arg, const struct cached_row *row), void *arg);

/* ---- window_rows.c ---- */
int windows_open_rows(struct store *s, struct err *e);
void windows_close_rows(struct store *s);
int windows_flush(struct store *s, struct err *e);
void windows_forget(struct store *s);
/* Brings widths, marks and rows in memory up to what was committed. Inside a transaction. */
int windows_refresh(struct store *s, struct err *e);
/* A commit changed windows from `oldest` on: sums over them are forgotten. */
void windows_changed(struct store *s, int64_t oldest);
bool window_sum_changed(const struct cached_row *sum, int64_t oldest); /* window_read.c */
/* The row of a key from memory or file; *row NULL on error only. */
int window_row(struct store *s, int64_t key, struct cached_row **row, struct err *e);
/* Adds a blob to the row of a key, in memory; written by windows_flush. */
int window_row_add(struct store *s, int64_t key, const void *p, size_t n, struct err *e);
/* Gathers for a row of a wide width, or of the totals (slot TOTALS_SLOT); windows_flush adds it there and hands it on to the next width. */
int window_late_add(struct store *s, int64_t key, const void *p, size_t n, struct err *e);
/* Flushes when too much waits in memory. */
int windows_relieve(struct store *s, struct err *e);

/* ---- window_widths.c ---- */
int window_load_levels(struct store *s, struct err *e);
/* Are the widths, and where their rows begin, as they were loaded? */
int window_levels_same(struct store *s, bool *same, struct err *e);
int window_configure_levels(struct store *s, struct err *e);
static inline void
level_range(const struct level *l, int64_t *from, int64_t *to)
{
	*from = (int64_t)l->slot << (NUMBER_BITS + SERIES_ID_BITS);
	*to = *from | ((INT64_C(1) << (NUMBER_BITS + SERIES_ID_BITS)) - 1);
}
/* The start of the oldest row and the end of the newest of all widths; *oldest > *end when there is none. */
int windows_extent(struct store *s, int64_t *oldest, int64_t *end, struct err *e);
/* The end of the newest window, at most now; now when there is none. */
int windows_newest(struct store *s, int64_t now, int64_t *newest, struct err *e);
int window_save_level(struct store *s, const struct level *l, struct err *e);

/* ---- rollup.c ---- */
/* A bounded piece of work each, inside a transaction; *more: there is more of it. */
int rollup_step(struct store *s, int64_t now_ms, bool *more, struct err *e);
/* The start of the oldest row of l at or after `from`; INT64_MAX: none. */
int window_next_start(struct store *s, const struct level *l, int64_t from, int64_t *start, struct err *e);
int windows_expire_step(struct store *s, int64_t now_ms, bool *more, struct err *e);

/* ---- plan.c: which windows answer a question ---- */
struct grid {                               /* when an expression is evaluated, and over which range */
	int64_t first_t, step_ms, range_ms; /* step 0: once */
	int64_t width_ms;                   /* of the narrowest windows */
	int64_t alive_ms;                   /* 0: of no importance, since the whole is shorter */
};
struct segment {
	unsigned level;
	int64_t from, to; /* a whole number of windows */
};
/* The first time after x where a window of the narrowest width begins or ceases to count for some evaluation. */
int64_t grid_next_edge(const struct grid *g, int64_t x);
/* What is asked of a window that no edge lies inside: its rows, because it counts for an evaluation; between two ranges only whether there are any,
 * because they say how long a series lives. */
enum window_need { NEED_ROWS, NEED_LIFE, NEED_NOTHING };
enum window_need grid_need(const struct grid *g, int64_t start, int64_t end);
/* The fewest windows that cover [from, to), none of which has an edge of the grid inside it (g NULL: no edges); ascending. Where narrow ones are
 * gone, wide ones, which may then begin before `from` or end after `to`. The caller frees. */
size_t
plan_windows(const struct level *level, size_t n, const struct grid *g, int64_t from, int64_t to, struct segment **out);

/* ---- totals.c ---- */
int totals_open(struct store *s, struct err *e);
int totals_set_mark(struct store *s, int64_t mark, struct err *e);
int totals_add_late(struct store *s, int64_t series, int64_t start, const void *p, size_t n, struct err *e);
int totals_step(struct store *s, int64_t now_ms, bool *more, struct err *e);
/* The newest total of a series at or before t: *upto (INT64_MIN: none) and its blob into out. */
struct buf;
int totals_at(struct store *s, int64_t series, int64_t t, int64_t *upto, struct buf *out, struct err *e);
/* A gathered late row is added to the totals: what windows_flush does with keys of slot TOTALS_SLOT. */
int totals_write_late(struct store *s, int64_t key, const void *p, size_t n, struct err *e);
int totals_expire_step(struct store *s, int64_t now_ms, bool *more, struct err *e);

#endif
