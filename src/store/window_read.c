/*
 * window_read.c -- the rows that answer a question, from memory or from the file.
 *
 * What is asked again and again stays in memory, row by row, and for the questions of rules summed up; what is too much for that is read
 * past it in one go.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/hash.h"
#include "mlwatch/matcher.h"
#include "mlwatch/xalloc.h"
#include "store_reader.h"

/* Above this many rows a question is answered past the memory of rows, which it would only flush out. */
#define CACHED_ROWS 6000
/* That many empty windows in a row, and the next row is looked for. */
#define LEAP_AFTER 16

static bool
needs_rows(const struct reader *r, const struct reading *d)
{
	return !(r->q->flags & SELECT_LABELS_ONLY) || d->n == 0 || d->series->sketch == SKETCH_CATEGORIES;
}

static int
rows_from_memory(struct reader *r, const struct level *l, int64_t start)
{
	for (size_t i = r->first; i < r->end; i++) {
		struct cached_row *row;
		if (!needs_rows(r, &r->at[i]))
			continue;
		if (window_row(r->s, window_key(l, start, r->at[i].series->id), &row, r->e) < 0)
			return -1;
		if (row->p != NULL && take_row(r, &r->at[i], start, start + l->width_ms, row->p, row->n) < 0)
			return -1;
	}
	return 0;
}

/* All rows of a window between the first and the last series wanted; ids ascend in both. */
static int
rows_from_file(struct reader *r, const struct level *l, int64_t start)
{
	int64_t first = r->at[r->first].series->id, last = r->at[r->end - 1].series->id;
	sqlite3_stmt *st =
	    store_query(r->s, PART_SELECT, 0, r->e, "ii", window_key(l, start, first), window_key(l, start, last));
	size_t i = r->first;
	int rc = -1;

	while (st != NULL && (rc = store_step(r->s, st, r->e)) == 1) {
		int64_t id = key_series(sqlite3_column_int64(st, 0));
		while (r->at[i].series->id < id)
			i++;
		if (r->at[i].series->id != id || !needs_rows(r, &r->at[i]))
			continue;
		const void *p = sqlite3_column_blob(st, 1);
		if (p != NULL &&
		    take_row(r, &r->at[i], start, start + l->width_ms, p, (size_t)sqlite3_column_bytes(st, 1)) < 0) {
			store_end(st);
			return -1;
		}
	}
	return rc;
}

static const char *const sql[] = {"SELECT k, sketch FROM window WHERE k BETWEEN ?1 AND ?2"};
static const struct store_migration schema[] = {{1, ""}};
const struct store_part store_select_part = STORE_PART("select", schema, sql);

static bool
scan_is_better(const struct reader *r, const struct segment *seg, size_t n)
{
	int64_t windows = 0, n_series = (int64_t)(r->end - r->first);
	int64_t span = r->at[r->end - 1].series->id - r->at[r->first].series->id + 1;

	for (size_t i = 0; i < n; i++)
		windows += (seg[i].to - seg[i].from) / r->s->windows->level[seg[i].level].width_ms;
	return windows * n_series > CACHED_ROWS && span <= 16 * n_series;
}

/* Long stretches of nothing (a line of 1970, and then one of today) are not walked through window by window. */
static int
leap(struct reader *r, const struct level *l, int64_t *start)
{
	int64_t next;

	if (++r->empty < LEAP_AFTER)
		return 0;
	if (window_next_start(r->s, l, *start + l->width_ms, &next, r->e) < 0)
		return -1;
	r->empty = 0;
	*start = next == INT64_MAX ? INT64_MAX / 2 : next - l->width_ms;
	return 0;
}

static int
read_segments(struct reader *r, const struct segment *seg, size_t n)
{
	bool scan = scan_is_better(r, seg, n);

	for (size_t i = 0; i < n; i++) {
		const struct level *l = &r->s->windows->level[seg[i].level];
		for (int64_t start = seg[i].from; start < seg[i].to; start += l->width_ms) {
			/* categories are never all seen: any row may have another one */
			if ((r->q->flags & SELECT_LABELS_ONLY) && r->seen == r->n)
				return 0;
			r->rows = 0;
			if (start >= r->bucket_end) {
				r->bucket++;
				r->bucket_end = grid_next_edge(&r->grid, start);
			}
			if ((scan ? rows_from_file(r, l, start) : rows_from_memory(r, l, start)) < 0 ||
			    (r->rows == 0 && leap(r, l, &start) < 0))
				return -1;
		}
	}
	return 0;
}

/* The rows of at[first] to at[end - 1]. */
static int
read_span(struct reader *r, size_t first, size_t end, int64_t from, int64_t to)
{
	struct segment *seg;
	struct window_rows *w = r->s->windows;
	bool labels_only = r->q->flags & SELECT_LABELS_ONLY;
	size_t n = plan_windows(w->level, w->n, labels_only ? NULL : &r->grid, from, to, &seg);

	r->first = first;
	r->end = end;
	r->empty = 0;
	int rc = read_segments(r, seg, n);
	free(seg);
	return rc;
}

/* ---- sums: what a rule asks every second is, but for the newest window, the same for ten seconds ---- */

struct sum_head {
	int64_t to;         /* of the question: a change before it makes the sum wrong */
	int64_t start, end; /* of the first and last row in it; equal: none */
};

bool
window_sum_changed(const struct cached_row *sum, int64_t oldest)
{
	struct sum_head head;

	memcpy(&head, sum->p, sizeof(head));
	return oldest < head.to;
}

static void
keep_sum(struct reader *r, int64_t key, int64_t to, const struct reading *d)
{
	struct sum_head head = {.to = to};

	if (d->n > 0 && d->values[0].pending) {
		head.start = d->values[0].start;
		head.end = d->values[0].end;
	}
	r->sum.len = 0;
	buf_add(&r->sum, &head, sizeof(head));
	if (d->blob.len > 0)
		buf_add(&r->sum, d->blob.p, d->blob.len);
	row_cache_put(r->s->windows->sums, key, r->sum.p, r->sum.len, false);
}

static int
read_sum(struct reader *r, size_t i, int64_t from, int64_t to)
{
	struct reading *d = &r->at[i];
	int64_t what[] = {d->series->id, from, to}, key = (int64_t)hash_bytes(what, sizeof(what), 0);
	const struct cached_row *known = row_cache_get(r->s->windows->sums, key);
	struct sum_head head;

	if (known == NULL) {
		if (read_span(r, i, i + 1, from, to) < 0)
			return -1;
		keep_sum(r, key, to, d);
		return 0;
	}
	memcpy(&head, known->p, sizeof(head));
	if (head.start == head.end)
		return 0;
	return take_row(r, d, head.start, head.end, known->p + sizeof(head), known->n - sizeof(head));
}

static bool
is_histogram(const struct reading *d)
{
	return d->series->sketch == SKETCH_EXPO || d->series->sketch == SKETCH_EDGES;
}

/* One evaluation, no edges inside: histograms as the kept sum of all but the newest window, and that one. */
static int
read_once(struct reader *r, int64_t from, int64_t to)
{
	int64_t newest = floor_to(to - 1, r->grid.width_ms);

	r->bucket = 1;
	r->bucket_end = INT64_MAX;
	for (size_t i = 0, j; i < r->n; i = j) { /* the others side by side: there may be very many */
		for (j = i; j < r->n && !is_histogram(&r->at[j]); j++)
			;
		if (j > i && read_span(r, i, j, from, newest) < 0)
			return -1;
		if (j < r->n && read_sum(r, j++, from, newest) < 0)
			return -1;
	}
	return read_span(r, 0, r->n, newest, to);
}

int
read_windows(struct reader *r)
{
	int64_t to = sane_time(r->q->maxt), from = r->cut > r->oldest ? r->cut : r->oldest;
	bool once = r->grid.step_ms == 0 && r->grid.alive_ms == 0 && !(r->q->flags & SELECT_LABELS_ONLY);

	to = to < r->newest ? to : r->newest;
	if (from >= to)
		return 0;
	/* where narrow windows are gone the newest is part of a wide one, which would be read on both sides of the cut */
	const struct window_rows *w = r->s->windows;
	once = once && w->level[0].kept_ms <= floor_to(to - 1, w->level[w->n - 1].width_ms);
	r->bucket_end = INT64_MIN;
	if ((once ? read_once(r, from, to) : read_span(r, 0, r->n, from, to)) < 0)
		return -1;
	for (size_t i = 0; i < r->n; i++)
		if (emit_pending(r, &r->at[i]) < 0)
			return -1;
	return 0;
}
