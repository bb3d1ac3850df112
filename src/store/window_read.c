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

static int
take_from_window(struct reader *r, struct reading *d, const struct level *l, int64_t start, const void *p, size_t n)
{
	return take_row(r, d, start, start + l->width_ms, p, n);
}

static bool
is_too_much(const struct reader *r, const struct segment *seg, size_t n)
{
	int64_t windows = 0;

	for (size_t i = 0; i < n; i++)
		windows += (seg[i].to - seg[i].from) / r->s->windows->level[seg[i].level].width_ms;
	return windows * (int64_t)r->wanted > CACHED_ROWS && wanted_are_near(r);
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

/* Late records may come in between, which is as if the question had been asked a moment later. Rows that are deleted must not. */
static int
pause(struct reader *r)
{
	const int rc = r->whole ? 0 : store_read_pause(r->s, r->e);
	bool same = true;

	if (rc > 0 && window_levels_same(r->s, &same, r->e) < 0)
		return -1;
	r->moved = !same;
	return rc < 0 || r->moved ? -1 : 0;
}

static int
read_segments(struct reader *r, const struct segment *seg, size_t n)
{
	bool past_memory = is_too_much(r, seg, n), gaps = !(r->q->flags & (SELECT_TOTALS | SELECT_LABELS_ONLY));

	for (size_t i = 0; i < n; i++) {
		const struct level *l = &r->s->windows->level[seg[i].level];
		for (int64_t start = seg[i].from; start < seg[i].to; start += l->width_ms) {
			/* categories are never all seen: any row may have another one */
			if ((r->q->flags & SELECT_LABELS_ONLY) && r->seen == r->n) {
				r->skipped = true;
				return 0;
			}
			const enum window_need need =
			    gaps ? grid_need(&r->grid, start, start + l->width_ms) : NEED_ROWS;
			if (need == NEED_NOTHING) {
				r->skipped = true;
				continue;
			}
			if (pause(r) < 0)
				return -1;
			r->life_only = need == NEED_LIFE;
			r->rows = 0;
			/* one with an edge inside counts on both sides of it, what lies beside it does not */
			if (start + l->width_ms > r->bucket_end) {
				r->bucket++;
				r->bucket_end = grid_next_edge(&r->grid, start);
			}
			if (each_row(r, l, start, past_memory, take_from_window) < 0 ||
			    (r->rows == 0 && leap(r, l, &start) < 0))
				return -1;
		}
	}
	return 0;
}

static int
read_span(struct reader *r, int64_t from, int64_t to)
{
	struct segment *seg;
	struct window_rows *w = r->s->windows;
	bool labels_only = r->q->flags & SELECT_LABELS_ONLY;
	size_t n = plan_windows(w->level, w->n, labels_only ? NULL : &r->grid, from, to, &seg);

	r->empty = 0;
	find_wanted(r);
	int rc = r->wanted > 0 ? read_segments(r, seg, n) : 0;
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
keep_sum(struct reader *r, int64_t key, int64_t to, struct reading *d)
{
	struct sum_head head = {.to = to};

	if (d->n > 0 && d->values[0].pending) {
		head.start = d->values[0].start;
		head.end = d->values[0].end;
	}
	settle_pending(r, d);
	r->spare.len = 0;
	buf_add(&r->spare, &head, sizeof(head));
	if (d->blob.len > 0)
		buf_add(&r->spare, d->blob.p, d->blob.len);
	row_cache_put(r->s->windows->sums, key, r->spare.p, r->spare.len, false);
}

static int64_t
sum_key(const struct reading *d, int64_t from, int64_t to)
{
	int64_t what[] = {d->series->id, from, to};

	return (int64_t)hash_bytes(what, sizeof(what), 0);
}

static int
take_sum(struct reader *r, struct reading *d, int64_t from, int64_t to)
{
	const struct cached_row *known = NULL;
	struct sum_head head;

	d->kept = series_is_quiet(d->series, from, to);
	if (!d->kept && is_histogram(d))
		known = row_cache_get(r->s->windows->sums, sum_key(d, from, to));
	if (known == NULL)
		return 0;
	d->kept = true;
	memcpy(&head, known->p, sizeof(head));
	if (head.start == head.end)
		return 0;
	return take_row(r, d, head.start, head.end, known->p + sizeof(head), known->n - sizeof(head));
}

/* What has no kept sum, as many histograms at a time as can be added up without packing them in between. */
static int
read_rest(struct reader *r, int64_t from, int64_t to)
{
	for (size_t first = 0, end; first < r->n; first = end) {
		size_t n = 0;
		for (end = first; end < r->n && n < READER_SUMS; end++)
			n += !r->at[end].kept && is_histogram(&r->at[end]);
		for (size_t i = 0; i < r->n; i++)
			r->at[i].done = r->at[i].kept || i < first || i >= end;
		if (read_span(r, from, to) < 0)
			return -1;
		for (size_t i = first; i < end; i++)
			if (!r->at[i].kept && is_histogram(&r->at[i]))
				keep_sum(r, sum_key(&r->at[i], from, to), to, &r->at[i]);
	}
	for (size_t i = 0; i < r->n; i++)
		r->at[i].done = false;
	return 0;
}

/* One evaluation, no edges inside: histograms as the kept sum of all but the newest window, and that one. */
static int
read_once(struct reader *r, int64_t from, int64_t to)
{
	int64_t newest = floor_to(to - 1, r->grid.width_ms);

	if (newest < r->s->windows->level[0].kept_ms) /* it is part of a wider one by now */
		newest = to;
	r->bucket = 1;
	r->bucket_end = INT64_MAX;
	for (size_t i = 0; i < r->n; i++)
		if (take_sum(r, &r->at[i], from, newest) < 0)
			return -1;
	if (read_rest(r, from, newest) < 0)
		return -1;
	return newest < to ? read_span(r, newest, to) : 0;
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
	for (size_t i = 0; i < r->n; i++)
		r->at[i].quiet = true;
	if ((once ? read_once(r, from, to) : read_span(r, from, to)) < 0)
		return -1;
	for (size_t i = 0; i < r->n && !r->skipped; i++)
		if (r->at[i].quiet)
			series_was_quiet(r->s, r->at[i].place, from, floor_to(to, r->grid.width_ms));
	for (size_t i = 0; i < r->n; i++)
		if (emit_pending(r, &r->at[i]) < 0)
			return -1;
	return 0;
}
