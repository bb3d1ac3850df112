/*
 * window_select.c -- window series for PromQL: rows into windows, totals and signs of life.
 *
 * Between two edges of the grid (plan.c) nothing asks for less than the whole, so rows there are added up into one window before they are
 * decoded: increase(x[1h]) gets one window per series. A row of counts by category is one series per category; which ones a selector means is decided
 * per value. Series of the same labels that differ in kind or edges (a reference was exchanged) become one, in which the newer one wins
 * where both have windows.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/hash.h"
#include "mlwatch/histogram.h"
#include "mlwatch/matcher.h"
#include "mlwatch/xalloc.h"
#include "store_select.h"
#include "store_windows.h"

/* Above this many rows a question is answered past the memory of rows, which it would only flush out. */
#define CACHED_ROWS 6000

/* One series of the answer: all of a count or histogram, or one category. */
struct value {
	const char *name; /* category, in mem; NULL */
	uint64_t hash;
	bool wanted, pending, settled /* its newest window before mint is known or does not matter */;
	int64_t start, end; /* of the pending window */
	double count, total;
	int64_t last_end;
	struct window_point *at;
	size_t n, cap;
};

struct reading { /* one stored series */
	const struct stored_series *series;
	struct value *values;
	size_t n, cap;
	uint32_t *slots; /* categories by hash: index + 1 */
	size_t n_slots;
	struct buf blob; /* pending histogram */
	int64_t bucket;
};

struct reader {
	struct store *s;
	const struct select *q;
	struct arena *mem;
	struct err *e;
	struct grid grid;
	struct reading *at;
	size_t n;
	int64_t bucket, bucket_end;
	int64_t cut;            /* mint on an edge of the narrowest windows */
	int64_t oldest, newest; /* what there is at all */
	size_t samples;
	struct buf sum;
};

/* ---- values ---- */

static bool
value_wanted(const struct reader *r, const struct stored_series *w, const char *name)
{
	for (size_t i = 0; i < r->q->n_matchers; i++)
		if (strcmp(r->q->matchers[i].name, w->by) == 0 && !matcher_match_value(&r->q->matchers[i], name))
			return false;
	return true;
}

static void
index_values(struct reading *d)
{
	d->n_slots = d->n_slots != 0 ? 2 * d->n_slots : 16;
	free(d->slots);
	d->slots = xcalloc(d->n_slots, sizeof(*d->slots));
	for (size_t i = 0; i < d->n; i++) {
		size_t at = d->values[i].hash & (d->n_slots - 1);
		while (d->slots[at] != 0)
			at = (at + 1) & (d->n_slots - 1);
		d->slots[at] = (uint32_t)i + 1;
	}
}

static struct value *
add_value(struct reading *d, const char *name, uint64_t hash, bool wanted)
{
	xgrow(d->values, d->n, d->cap);
	d->values[d->n] = (struct value){.name = name, .hash = hash, .wanted = wanted, .last_end = INT64_MIN};
	return &d->values[d->n++];
}

static struct value *
category_value(struct reader *r, struct reading *d, const char *name, size_t n)
{
	uint64_t hash = hash_bytes(name, n, 0);

	if (2 * (d->n + 1) > d->n_slots)
		index_values(d);
	size_t at = hash & (d->n_slots - 1);
	for (; d->slots[at] != 0; at = (at + 1) & (d->n_slots - 1)) {
		struct value *v = &d->values[d->slots[at] - 1];
		if (v->hash == hash && strncmp(v->name, name, n) == 0 && v->name[n] == '\0')
			return v;
	}
	char *copy = arena_strndup(r->mem, name, n);
	d->slots[at] = (uint32_t)d->n + 1;
	return add_value(d, copy, hash, value_wanted(r, d->series, copy));
}

static struct value *
only_value(struct reading *d)
{
	return d->n > 0 ? &d->values[0] : add_value(d, NULL, 0, true);
}

/* ---- windows ---- */

static int
append(struct reader *r, struct value *v, struct window_point p)
{
	if (v->n == v->cap) {
		size_t cap = v->cap != 0 ? 2 * v->cap : 4;
		v->at = arena_realloc(r->mem, v->at, v->cap * sizeof(p), cap * sizeof(p));
		v->cap = cap;
	}
	v->at[v->n++] = p;
	if (r->q->max_samples > 0 && ++r->samples > r->q->max_samples)
		return too_many_samples(r->e);
	return 0;
}

static int
decode(struct reader *r, const struct buf *blob, const struct histogram **h, double *count)
{
	struct histogram *out = NULL;

	if (sketch_histogram(r->mem, blob->p, blob->len, documents_find_edges, r->s, &out, r->e) < 0)
		return -1;
	*h = out;
	*count = out->count;
	return 0;
}

static int
emit(struct reader *r, struct reading *d, struct value *v)
{
	struct window_point p = {v->start, v->end, v->count, NULL};

	v->pending = false;
	v->count = 0;
	if (d->blob.len > 0) {
		if (decode(r, &d->blob, &p.h, &p.count) < 0)
			return -1;
		d->blob.len = 0;
	}
	return append(r, v, p);
}

static int
emit_pending(struct reader *r, struct reading *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->values[i].pending && emit(r, d, &d->values[i]) < 0)
			return -1;
	return 0;
}

static void
grow_window(struct value *v, int64_t start, int64_t end)
{
	if (!v->pending)
		v->start = start;
	v->end = end;
	v->pending = true;
}

struct category_arg {
	struct reader *r;
	struct reading *d;
	int64_t start, end;
};

static void
add_category(void *arg, const char *name, size_t n, uint64_t count)
{
	struct category_arg *c = arg;
	struct value *v = category_value(c->r, c->d, name, n);

	if (!v->wanted)
		return;
	grow_window(v, c->start, c->end);
	v->count += (double)count;
}

/* into += blob, for any kind but counts */
static int
merge_into(struct reader *r, struct buf *into, const void *p, size_t n)
{
	if (into->len == 0) {
		buf_add(into, p, n);
		return 0;
	}
	r->sum.len = 0;
	if (sketch_merge(&r->sum, into->p, into->len, p, n, r->e) < 0)
		return -1;
	struct buf was = *into;
	*into = r->sum;
	r->sum = was;
	return 0;
}

static int
take_row(struct reader *r, struct reading *d, int64_t start, int64_t end, const void *p, size_t n)
{
	if (d->bucket != r->bucket && emit_pending(r, d) < 0)
		return -1;
	d->bucket = r->bucket;
	if (d->series->sketch == SKETCH_CATEGORIES) {
		struct category_arg arg = {r, d, start, end};
		return sketch_categories(p, n, add_category, &arg, r->e);
	}
	struct value *v = only_value(d);
	grow_window(v, start, end);
	if (d->series->sketch == SKETCH_COUNT) {
		v->count += sketch_blob_count(p, n);
		return 0;
	}
	return merge_into(r, &d->blob, p, n);
}

/* ---- rows ---- */

static bool
needs_rows(const struct reader *r, const struct reading *d)
{
	return !(r->q->flags & SELECT_LABELS_ONLY) || d->n == 0 || d->series->sketch == SKETCH_CATEGORIES;
}

static int
rows_from_memory(struct reader *r, const struct level *l, int64_t start)
{
	for (size_t i = 0; i < r->n; i++) {
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
	int64_t first = r->at[0].series->id, last = r->at[r->n - 1].series->id;
	sqlite3_stmt *st =
	    store_query(r->s, PART_SELECT, 0, r->e, "ii", window_key(l, start, first), window_key(l, start, last));
	size_t i = 0;
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
	int64_t windows = 0, span = r->at[r->n - 1].series->id - r->at[0].series->id + 1;

	for (size_t i = 0; i < n; i++)
		windows += (seg[i].to - seg[i].from) / r->s->windows->level[seg[i].level].width_ms;
	return windows * (int64_t)r->n > CACHED_ROWS && span <= 16 * (int64_t)r->n;
}

static int
read_segments(struct reader *r, const struct segment *seg, size_t n)
{
	bool scan = scan_is_better(r, seg, n);

	for (size_t i = 0; i < n; i++) {
		const struct level *l = &r->s->windows->level[seg[i].level];
		for (int64_t start = seg[i].from; start < seg[i].to; start += l->width_ms) {
			if (start >= r->bucket_end) {
				r->bucket++;
				r->bucket_end = grid_next_edge(&r->grid, start);
			}
			if ((scan ? rows_from_file(r, l, start) : rows_from_memory(r, l, start)) < 0)
				return -1;
		}
	}
	for (size_t i = 0; i < r->n; i++)
		if (emit_pending(r, &r->at[i]) < 0)
			return -1;
	return 0;
}

static int
read_windows(struct reader *r)
{
	struct segment *seg;
	struct window_rows *w = r->s->windows;
	bool labels_only = r->q->flags & SELECT_LABELS_ONLY;
	int64_t to = sane_time(r->q->maxt), from = r->cut > r->oldest ? r->cut : r->oldest;
	size_t n =
	    plan_windows(w->level, w->n, labels_only ? NULL : &r->grid, from, to < r->newest ? to : r->newest, &seg);

	r->bucket_end = INT64_MIN;
	int rc = r->n > 0 ? read_segments(r, seg, n) : 0;
	free(seg);
	return rc;
}

/* ---- signs of life before the first window ---- */

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

/* Goes from wide to narrow windows, newest first, wherever there is something that has not been found yet. */
static int
look_back(struct reader *r, struct reading *d, size_t level, int64_t start)
{
	const struct level *l = &r->s->windows->level[level];
	bool categories = d->series->sketch == SKETCH_CATEGORIES;
	struct category_arg arg = {r, d, 0, start + l->width_ms};
	struct cached_row *row;

	if (window_row(r->s, window_key(l, start, d->series->id), &row, r->e) < 0)
		return -1;
	if (row->p == NULL)
		return 0;
	if (!categories)
		arg.start = unsettled(only_value(d));
	else if (sketch_categories(row->p, row->n, note_unsettled, &arg, r->e) < 0)
		return -1;
	if (arg.start == 0)
		return 0;
	if (level > 0 && start >= l[-1].kept_ms) {
		for (int64_t x = start + l->width_ms - l[-1].width_ms; x >= start; x -= l[-1].width_ms)
			if (look_back(r, d, level - 1, x) < 0)
				return -1;
		return 0;
	}
	if (categories)
		return sketch_categories(row->p, row->n, settle_category, &arg, r->e);
	struct value *v = only_value(d);
	v->settled = true;
	v->last_end = arg.end;
	return 0;
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

static int
find_life(struct reader *r)
{
	struct window_rows *w = r->s->windows;
	struct segment *seg;
	int64_t since = r->grid.first_t - r->s->alive_ms, until = r->cut < r->newest ? r->cut : r->newest;
	int rc = 0;

	since = since > r->oldest ? since : r->oldest;
	if ((r->q->flags & SELECT_LABELS_ONLY) || since >= until)
		return 0;
	size_t n = plan_windows(w->level, w->n, NULL, since, until, &seg);
	for (size_t i = 0; i < r->n && rc == 0; i++) {
		settle_the_obvious(r, &r->at[i]);
		if (r->at[i].series->sketch != SKETCH_CATEGORIES && !unsettled(only_value(&r->at[i])))
			continue;
		for (size_t j = n; j-- > 0 && rc == 0;) {
			int64_t width = w->level[seg[j].level].width_ms;
			for (int64_t x = seg[j].to - width; x >= seg[j].from && rc == 0; x -= width)
				if (x + width <= r->cut)
					rc = look_back(r, &r->at[i], seg[j].level, x);
		}
	}
	free(seg);
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

static int
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
			rc = decode(r, &sum, h, &only_value(d)->total);
	}
	buf_release(&sum);
	return rc;
}

/* ---- the answer ---- */

static void
answer(struct reader *r, struct series_list *out, const struct stored_series *w, const struct value *v,
       const struct histogram *total)
{
	bool labels_only = r->q->flags & SELECT_LABELS_ONLY;
	struct labels labels = labels_copy(r->mem, w->labels);

	if (!v->wanted || (v->n == 0 && v->last_end == INT64_MIN))
		return;
	if (v->name != NULL)
		labels = labels_with(r->mem, labels, w->by, v->name);
	series_list_add(r->mem, out,
			(struct series){
			    .labels = labels,
			    .kind = SERIES_WINDOWS,
			    .n = labels_only ? 0 : v->n,
			    .windows = labels_only ? NULL : v->at,
			    .alive_ms = r->s->alive_ms,
			    .last_end_before = v->last_end,
			    .total_before = v->total,
			    .total_before_h = total,
			});
}

static int
answer_all(struct reader *r, struct series_list *out)
{
	for (size_t i = 0; i < r->n; i++) {
		struct reading *d = &r->at[i];
		const struct histogram *total = NULL;
		if ((r->q->flags & SELECT_TOTALS) && d->n > 0 && find_total(r, d, &total) < 0)
			return -1;
		for (size_t j = 0; j < d->n; j++)
			answer(r, out, d->series, &d->values[j], total);
	}
	return 0;
}

static struct grid
grid_of(const struct store *s, const struct select *q)
{
	int64_t mint = sane_time(q->mint), maxt = sane_time(q->maxt), reach = q->range_ms;
	struct grid g = {
	    .first_t = maxt, .step_ms = q->step_ms, .range_ms = q->range_ms, .width_ms = s->windows->level[0].width_ms};

	if (q->step_ms <= 0)
		reach = maxt - mint;
	else if (q->range_ms > 0)
		g.first_t = mint + q->range_ms;
	else { /* an instant selector reaches back a lookback that we are not told; the last evaluation is at maxt */
		g.first_t = maxt - floor_to(maxt - mint, q->step_ms);
		reach = MS_HOUR;
	}
	g.alive_ms = reach > s->alive_ms ? s->alive_ms : 0;
	return g;
}

int
select_windows(struct store *s, const struct select *q, struct arena *mem, struct series_list *out, struct err *e)
{
	struct series_matched m = series_match(s, SERIES_WINDOWS, q->matchers, q->n_matchers);

	if (m.n == 0 || s->windows->n == 0 || q->maxt <= q->mint)
		return 0;
	struct reader r = {.s = s, .q = q, .mem = mem, .e = e, .grid = grid_of(s, q), .n = m.n};
	r.cut = floor_to(sane_time(q->mint), r.grid.width_ms);
	if (windows_extent(s, &r.oldest, &r.newest, e) < 0)
		return -1;
	r.at = xcalloc(m.n, sizeof(*r.at));
	for (size_t i = 0; i < m.n; i++)
		r.at[i].series = series_at(s, m.at[i]);
	size_t first = out->n;
	int rc = read_windows(&r);
	if (rc == 0)
		rc = find_life(&r);
	if (rc == 0)
		rc = answer_all(&r, out);
	if (rc == 0)
		join_same_labels(mem, out, first);
	for (size_t i = 0; i < m.n; i++) {
		free(r.at[i].values);
		free(r.at[i].slots);
		buf_release(&r.at[i].blob);
	}
	buf_release(&r.sum);
	free(r.at);
	return rc;
}
