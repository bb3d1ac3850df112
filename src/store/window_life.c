/*
 * window_life.c -- what came before the first window of an answer: when the series was last alive, and its running total.
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

static bool
unsettled(const struct value *v)
{
	return v->wanted && !v->settled;
}

static void
note_unsettled(void *arg, const char *name, size_t n, uint64_t count)
{
	struct category_arg *c = arg;

	(void)count;
	if (unsettled(category_value(c->r, c->d, name, n)))
		c->start = 1;
}

static void
settle_category(void *arg, const char *name, size_t n, uint64_t count)
{
	struct category_arg *c = arg;
	struct value *v = category_value(c->r, c->d, name, n);

	(void)count;
	if (!unsettled(v))
		return;
	v->settled = true;
	v->last_end = c->end;
}

/* Of categories always: any row may have another one. */
static bool
any_unsettled(struct reading *d)
{
	return d->series->sketch == SKETCH_CATEGORIES || unsettled(only_value(d));
}

static int look_at(struct reader *r, struct reading *d, size_t level, int64_t start);

/* A row that is there. Goes from wide to narrow windows, newest first, wherever there is something that has not been found yet. */
static int
look_into(struct reader *r, struct reading *d, const struct level *l, int64_t start, const void *p, size_t n)
{
	bool categories = d->series->sketch == SKETCH_CATEGORIES;
	const size_t level = (size_t)(l - r->s->windows->level);
	struct category_arg arg = {r, d, 0, start + l->width_ms};

	d->quiet = false;
	if (!categories)
		arg.start = unsettled(only_value(d));
	else if (sketch_categories(p, n, note_unsettled, &arg, r->e) < 0)
		return -1;
	if (arg.start == 0)
		return 0;
	if (level > 0 && start >= l[-1].kept_ms) {
		for (int64_t x = start + l->width_ms - l[-1].width_ms; x >= start && any_unsettled(d);
		     x -= l[-1].width_ms)
			if (look_at(r, d, level - 1, x) < 0)
				return -1;
		return 0;
	}
	if (categories)
		return sketch_categories(p, n, settle_category, &arg, r->e);
	struct value *v = only_value(d);
	v->settled = true;
	v->last_end = arg.end;
	return 0;
}

static int
look_at(struct reader *r, struct reading *d, size_t level, int64_t start)
{
	const struct level *l = &r->s->windows->level[level];
	struct cached_row *row;

	if (window_row(r->s, window_key(l, start, d->series->id), &row, r->e) < 0)
		return -1;
	return row->p == NULL ? 0 : look_into(r, d, l, start, row->p, row->n);
}

/* One window before the range, of all series whose newest may be in it. */
static int
look_back(struct reader *r, const struct level *l, int64_t start)
{
	for (size_t i = 0; i < r->n; i++)
		r->at[i].done = r->at[i].done || !any_unsettled(&r->at[i]);
	find_wanted(r);
	return each_row(r, l, start, false, look_into);
}

/* With one evaluation any window in the range says that the series lives; with several the first may come too late. */
static void
settle_the_obvious(const struct reader *r, struct reading *d)
{
	for (size_t i = 0; i < d->n; i++) {
		struct value *v = &d->values[i];
		v->settled = v->n > 0 && (r->grid.step_ms == 0 || v->at[0].start <= r->q->mint);
	}
}

int
find_life(struct reader *r)
{
	struct window_rows *w = r->s->windows;
	struct segment *seg;
	int64_t since = r->grid.first_t - r->s->alive_ms, until = r->cut < r->newest ? r->cut : r->newest;
	bool all = true;
	int rc = 0;

	since = floor_to(since > r->oldest ? since : r->oldest, r->grid.width_ms);
	if ((r->q->flags & SELECT_LABELS_ONLY) || since >= until)
		return 0;
	for (size_t i = 0; i < r->n; i++) {
		settle_the_obvious(r, &r->at[i]);
		r->at[i].quiet = true;
		r->at[i].done = series_is_quiet(r->at[i].series, since, until);
	}
	size_t n = plan_windows(w->level, w->n, NULL, since, until, &seg);
	for (size_t j = n; j-- > 0 && rc == 0;) {
		const struct level *l = &w->level[seg[j].level];
		for (int64_t x = seg[j].to - l->width_ms; x >= seg[j].from && rc == 0; x -= l->width_ms) {
			if (x + l->width_ms <= r->cut)
				rc = look_back(r, l, x);
			else
				all = false;
		}
	}
	free(seg);
	for (size_t i = 0; i < r->n && rc == 0 && all; i++) /* what is done was not looked for everywhere */
		if (!r->at[i].done && r->at[i].quiet)
			series_was_quiet(r->s, r->at[i].place, since, until);
	return rc;
}

/* ---- totals ---- */

static void
total_category(void *arg, const char *name, size_t n, uint64_t count)
{
	struct category_arg *c = arg;

	category_value(c->r, c->d, name, n)->total += (double)count;
}

static int
add_rows_before(struct reader *r, struct reading *d, int64_t from, struct buf *sum)
{
	struct window_rows *w = r->s->windows;
	struct segment *seg;
	int64_t until = r->cut < r->newest ? r->cut : r->newest;
	size_t n = plan_windows(w->level, w->n, NULL, from > r->oldest ? from : r->oldest, until, &seg);
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		const struct level *l = &w->level[seg[i].level];
		for (int64_t x = seg[i].from; x < seg[i].to && rc == 0; x += l->width_ms) {
			struct cached_row *row;
			if (x < from || x + l->width_ms > r->cut)
				continue;
			rc = window_row(r->s, window_key(l, x, d->series->id), &row, r->e);
			if (rc == 0 && row->p != NULL)
				rc = merge_into(r, sum, row->p, row->n);
		}
	}
	free(seg);
	return rc;
}

int
find_total(struct reader *r, struct reading *d, const struct histogram **h)
{
	struct window_rows *w = r->s->windows;
	struct buf sum = BUF_INIT;
	int64_t before = r->cut < w->totals_mark_ms ? r->cut : w->totals_mark_ms;
	int64_t day = floor_to(before, w->totals_period_ms), upto;
	int rc = totals_at(r->s, d->series->id, day, &upto, &sum, r->e);

	if (rc == 0)
		rc = add_rows_before(r, d, day, &sum);
	if (rc == 0 && sum.len > 0) {
		struct category_arg arg = {r, d, 0, 0};
		if (d->series->sketch == SKETCH_CATEGORIES)
			rc = sketch_categories(sum.p, sum.len, total_category, &arg, r->e);
		else if (d->series->sketch == SKETCH_COUNT)
			only_value(d)->total = sketch_blob_count(sum.p, sum.len);
		else
			rc = decode_histogram(r, &sum, h, &only_value(d)->total);
	}
	buf_release(&sum);
	return rc;
}
