/*
 * test_store_windows.c -- window rows at several widths against a model that is a plain array: increments in any order, commits, rollups,
 * restarts in between; then every width, every range and every total must be what adding up the array gives.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/store/store_windows.h"
#include "../store_place.h"
#include "mlwatch/arena.h"
#include "mlwatch/clock.h"
#include "mlwatch/err.h"
#include "mlwatch/hash.h"
#include "mlwatch/histogram.h"
#include "mlwatch/matcher.h"
#include "mlwatch/window.h"

#define SERIES 5
#define W      INT64_C(10000)

static struct store *
open_widths(const char *path, enum store_mode mode, const struct store_width *w, size_t n)
{
	struct store_spec spec = {.path = path, .widths = w, .n_widths = n};
	struct store *s = NULL;
	struct err e = ERR_INIT;

	if (store_open(&s, &spec, mode, &e) < 0)
		fail_msg("%s", e.text);
	return s;
}

static const char *const names[SERIES] = {"a", "b", "c", "d", "e"};

static void
put_count(struct store *s, int series, int64_t start, uint64_t n)
{
	struct label at[] = {{"__name__", "ml_errors_total"}, {"model", names[series]}};
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;

	sketch_count_encode(&b, n);
	struct increment i = {.labels = {at, 2}, .start = start, .kind = SKETCH_COUNT, .blob = b.p, .n = b.len};
	if (store_put_increment(s, &i, &e) < 0)
		fail_msg("%s", e.text);
	buf_release(&b);
}

static void
begin(struct store *s)
{
	struct err e = ERR_INIT;

	if (store_begin(s, &e) < 0)
		fail_msg("%s", e.text);
}

static void
commit(struct store *s, int64_t now)
{
	struct err e = ERR_INIT;

	if (store_commit(s, now, &e) < 0)
		fail_msg("%s", e.text);
}

static void
housekeep(struct store *s, int64_t now)
{
	struct err e = ERR_INIT;

	for (int i = 0; i < 100000 && store_housekeep(s, now, &e); i++)
		;
	if (err_is_set(&e))
		fail_msg("%s", e.text);
}

/* ---- the model ---- */

struct model {
	int64_t base;
	size_t n;        /* windows */
	uint64_t *count; /* [window][series] */
};

static struct model
model_make(int64_t base, size_t n)
{
	return (struct model){base, n, calloc(n * SERIES, sizeof(uint64_t))};
}

static void
add(struct store *s, struct model *m, int series, size_t window, uint64_t n)
{
	put_count(s, series, m->base + (int64_t)window * W, n);
	m->count[window * SERIES + (size_t)series] += n;
}

/* The sum over windows with start in [from, to). */
static uint64_t
model_sum(const struct model *m, int series, int64_t from, int64_t to)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < m->n; i++) {
		int64_t start = m->base + (int64_t)i * W;
		if (start >= from && start < to)
			sum += m->count[i * SERIES + (size_t)series];
	}
	return sum;
}

static double
model_increase(const struct model *m, int series, int64_t t, int64_t range)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < m->n; i++) {
		int64_t start = m->base + (int64_t)i * W;
		if (start + W > t - range && start < t)
			sum += m->count[i * SERIES + (size_t)series];
	}
	return (double)sum;
}

static bool
model_alive(const struct model *m, int series, int64_t t, int64_t alive)
{
	for (size_t i = 0; i < m->n; i++) {
		int64_t start = m->base + (int64_t)i * W;
		if (start < t && start + W > t - alive && m->count[i * SERIES + (size_t)series] > 0)
			return true;
	}
	return false;
}

/* ---- what the store says ---- */

static int
by_start(const void *a, const void *b)
{
	const struct window_point *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static const struct series *
find_series(const struct series_list *l, const char *label, const char *value)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(labels_get(l->at[i].labels, label), value) == 0)
			return &l->at[i];
	return NULL;
}

static struct series_list
ask(struct store *s, struct arena *mem, const char *name, int64_t mint, int64_t maxt, int64_t step, int64_t range,
    unsigned flags)
{
	struct matcher m;
	struct series_list out = {0};
	struct err e = ERR_INIT;

	assert_int_equal(matcher_init(&m, MATCH_EQ, "__name__", name, NULL), 0);
	struct select q = {.matchers = &m,
			   .n_matchers = 1,
			   .mint = mint,
			   .maxt = maxt,
			   .step_ms = step,
			   .range_ms = range,
			   .flags = flags};
	struct storage st = store_storage(s);
	if (st.select(st.self, &q, mem, &out, &e) < 0)
		fail_msg("%s", e.text);
	matcher_release(&m);
	for (size_t i = 0; i < out.n; i++)
		for (size_t j = 1; j < out.at[i].n && out.at[i].kind == SERIES_WINDOWS; j++)
			assert_true(out.at[i].windows[j - 1].end <= out.at[i].windows[j].start);
	(void)by_start;
	return out;
}

static double
answer_increase(const struct series *x, int64_t t, int64_t range)
{
	double sum = 0;

	for (size_t i = 0; i < x->n; i++)
		if (x->windows[i].end > t - range && x->windows[i].start < t)
			sum += x->windows[i].count;
	return sum;
}

static bool
answer_alive(const struct series *x, int64_t t)
{
	for (size_t i = 0; i < x->n; i++)
		if (x->windows[i].start < t && x->windows[i].end > t - x->alive_ms)
			return true;
	return x->last_end_before != INT64_MIN && x->last_end_before > t - x->alive_ms;
}

static void
check_question(struct store *s, const struct model *m, int64_t first_t, int64_t step, size_t steps, int64_t range)
{
	struct arena *mem = arena_open();
	int64_t last = first_t + step * (int64_t)(steps - 1);
	struct series_list out =
	    ask(s, mem, "ml_errors_total", first_t - range, last, steps > 1 ? step : 0, range, SELECT_TOTALS);

	for (int series = 0; series < SERIES; series++) {
		const struct series *x = find_series(&out, "model", names[series]);
		for (int64_t t = first_t; t <= last; t += step) {
			double want = model_increase(m, series, t, range);
			bool alive = model_alive(m, series, t, MS_HOUR);
			double got = x != NULL ? answer_increase(x, t, range) : 0;
			if (got != want)
				fail_msg("series %d at %lld over %lld step %lld: %g instead of %g", series,
					 (long long)t, (long long)range, (long long)step, got, want);
			if (alive != (x != NULL && answer_alive(x, t)))
				fail_msg("series %d at %lld over %lld: alive should be %d", series, (long long)t,
					 (long long)range, alive);
		}
		int64_t cut = floor_to(first_t - range, W);
		double total = (double)model_sum(m, series, INT64_MIN, cut);
		if (x != NULL && x->total_before != total)
			fail_msg("series %d before %lld: total %g instead of %g", series, (long long)cut,
				 x->total_before, total);
	}
	arena_close(mem);
}

static void
check_questions(struct place *p, struct store *s, const struct model *m, int64_t from, int64_t to, size_t n_ranges)
{
	static const int64_t ranges[] = {1000, W, 5 * MS_MINUTE, 5 * MS_MINUTE + 1234, MS_HOUR, 6 * MS_HOUR, MS_DAY};
	static const int64_t steps[] = {1000, W, 15000, MS_MINUTE, 7 * MS_MINUTE, MS_HOUR};

	for (int i = 0; i < 10; i++) {
		int64_t t = from + (int64_t)place_below(p, (uint64_t)(to - from));
		if (i % 2 == 0)
			t = floor_to(t, MS_MINUTE);
		check_question(s, m, t, 1000, 1, ranges[place_below(p, n_ranges)]);
		check_question(s, m, t, steps[place_below(p, 6)], 1 + place_below(p, 9),
			       ranges[place_below(p, n_ranges)]);
	}
}

/* Every row of every wide width that claims to be complete is the sum of the model. */
static size_t
check_widths(struct store *s, const struct model *m)
{
	struct window_rows *w = s->windows;
	size_t rows = 0;

	begin(s);
	for (size_t l = 0; l < w->n; l++) {
		int64_t width = w->level[l].width_ms, end = m->base + (int64_t)m->n * W;
		for (int64_t start = floor_to(m->base, width); start < end; start += width) {
			if (start < w->level[l].kept_ms || (l > 0 && start + width > w->level[l].mark_ms))
				continue;
			for (size_t i = 0; i < series_count(s); i++) {
				const struct stored_series *x = series_at(s, i);
				int which = labels_get(x->labels, "model")[0] - 'a';
				struct cached_row *row;
				assert_int_equal(window_row(s, window_key(&w->level[l], start, x->id), &row, NULL), 0);
				uint64_t want = model_sum(m, which, start, start + width);
				if (want != 0) {
					assert_non_null(row->p);
					assert_true(sketch_blob_count(row->p, row->n) == (double)want);
					rows++;
				} else
					assert_null(row->p);
			}
		}
	}
	commit(s, 1);
	return rows;
}

static const struct store_width long_kept[] = {
    {W, 100 * MS_DAY}, {MS_MINUTE, 100 * MS_DAY}, {10 * MS_MINUTE, 100 * MS_DAY}, {MS_HOUR, 400 * MS_DAY}};

/* ---- cases ---- */

static void
windows__any_order_of_increments_gives_exact_sums_at_every_width(void **state)
{
	struct place *p = *state;
	struct model m = model_make(floor_to(clock_now(), MS_DAY) - MS_DAY, (size_t)(3 * MS_DAY / W));
	struct store *s = open_widths(p->path, STORE_AGENT, long_kept, 4), *r = NULL;
	int64_t now = m.base + 2 * MS_HOUR;

	for (int round = 0; round < 60; round++) {
		begin(s);
		for (int i = 0; i < 40; i++) {
			/* mostly the last minutes, sometimes an hour late, rarely from anywhere */
			uint64_t kind = place_below(p, 20);
			int64_t late = (int64_t)place_below(p, kind > 4   ? MS_MINUTE
							       : kind > 0 ? MS_HOUR
									  : (uint64_t)(now - m.base));
			add(s, &m, (int)place_below(p, SERIES - 1), (size_t)((now - late - m.base) / W),
			    1 + place_below(p, 3));
		}
		commit(s, now);
		if (round % 3 == 0)
			housekeep(s, now);
		if (round == 20)
			r = open_widths(p->path, STORE_READ, NULL, 0);
		if (round == 40) {
			store_close(s);
			s = open_widths(p->path, STORE_AGENT, long_kept, 4);
		}
		if (r != NULL && round % 10 == 0)
			check_questions(p, r, &m, m.base, now + 2 * MS_HOUR, 7);
		now += (int64_t)place_below(p, 2 * MS_HOUR);
		if (now > m.base + 3 * MS_DAY)
			now = m.base + 3 * MS_DAY - 1;
	}
	housekeep(s, now);
	assert_true(check_widths(s, &m) > 500);
	check_questions(p, s, &m, m.base, now + 2 * MS_HOUR, 7);
	check_questions(p, r, &m, m.base, now + 2 * MS_HOUR, 7);
	assert_true(s->windows->totals_mark_ms > m.base);
	store_close(r);
	store_close(s);
	free(m.count);
}

static void
windows__a_rollback_counts_nothing(void **state)
{
	struct place *p = *state;
	struct model m = model_make(floor_to(clock_now(), MS_HOUR), 360);
	struct store *s = open_widths(p->path, STORE_AGENT, long_kept, 4);

	begin(s);
	add(s, &m, 0, 3, 5);
	commit(s, m.base + MS_MINUTE);
	begin(s);
	put_count(s, 0, m.base + 3 * W, 100);
	put_count(s, 1, m.base + 4 * W, 100); /* a new series, too */
	store_rollback(s);
	check_question(s, &m, m.base + MS_HOUR, 1, 1, MS_HOUR);
	begin(s);
	add(s, &m, 0, 3, 1);
	add(s, &m, 1, 4, 1);
	commit(s, m.base + MS_MINUTE);
	check_question(s, &m, m.base + MS_HOUR, 1, 1, MS_HOUR);
	store_close(s);
	free(m.count);
}

static void
windows__what_narrow_widths_have_forgotten_wide_ones_answer(void **state)
{
	struct place *p = *state;
	static const struct store_width short_kept[] = {
	    {W, 2 * MS_HOUR}, {MS_MINUTE, 6 * MS_HOUR}, {10 * MS_MINUTE, MS_DAY}, {MS_HOUR, 30 * MS_DAY}};
	struct model m = model_make(floor_to(clock_now(), MS_DAY), (size_t)(2 * MS_DAY / W));
	struct store *s = open_widths(p->path, STORE_AGENT, short_kept, 4);
	int64_t now = m.base;

	for (size_t i = 0; i < m.n; i += 3) {
		now = m.base + (int64_t)i * W;
		if (i % 30 == 0)
			begin(s);
		add(s, &m, (int)(i % SERIES), i, 1 + i % 4);
		if (i % 30 == 27) {
			commit(s, now);
			housekeep(s, now);
		}
	}
	if (s->txn_depth > 0)
		commit(s, now);
	housekeep(s, now);
	assert_true(s->windows->level[0].kept_ms > now - 2 * MS_HOUR - MS_MINUTE);
	assert_int_equal(store_resolution(s, now - MS_HOUR, NULL), short_kept[0].width_ms);
	assert_int_equal(store_resolution(s, now - 3 * MS_HOUR, NULL), short_kept[1].width_ms);
	assert_int_equal(store_resolution(s, 0, NULL), short_kept[3].width_ms); /* before all of them */
	check_widths(s, &m);
	/* the whole, in whole hours, is exact whatever is gone */
	int64_t end = floor_to(now, MS_HOUR);
	check_question(s, &m, end, 1, 1, 40 * MS_HOUR);
	check_question(s, &m, end, 1, 1, 2 * MS_HOUR);
	check_question(s, &m, end - 20 * MS_HOUR, MS_HOUR, 20, MS_HOUR);
	/* one question of one wide window: it was counted twice, as all but the newest narrow one and as that one */
	check_question(s, &m, end - 20 * MS_HOUR, 1, 1, 10 * MS_MINUTE);
	check_question(s, &m, end - 3 * MS_HOUR, 1, 1, MS_MINUTE);
	check_question(s, &m, end - 3 * MS_HOUR, 1, 1, 5 * MS_MINUTE);
	check_questions(p, s, &m, now - 30 * MS_MINUTE, now,
			4); /* the last half hour at any time, as long as it is short */
	store_close(s);
	free(m.count);
}

static void
windows__totals_do_not_fall_when_old_windows_go(void **state)
{
	struct place *p = *state;
	static const struct store_width short_kept[] = {{W, MS_HOUR}, {MS_MINUTE, 2 * MS_HOUR}, {MS_HOUR, 2 * MS_DAY}};
	int64_t base = floor_to(clock_now(), MS_DAY);
	struct store *s = open_widths(p->path, STORE_AGENT, short_kept, 3);
	double total = 0;

	for (int64_t t = base; t < base + 10 * MS_DAY; t += 3 * MS_HOUR) {
		begin(s);
		put_count(s, 0, t, 7);
		total += 7;
		if (t == base + 8 * MS_DAY) { /* days late, for a day that has and for one that has no other data */
			put_count(s, 0, base + 6 * MS_DAY + W, 100);
			put_count(s, 1, base + 6 * MS_DAY + W, 100);
			total += 100;
		}
		commit(s, t);
		housekeep(s, t + MS_MINUTE);
	}
	struct arena *mem = arena_open();
	int64_t now = base + 10 * MS_DAY;
	struct series_list out =
	    ask(s, mem, "ml_errors_total", now - 5 * MS_MINUTE, now + MS_HOUR, 0, 0, SELECT_TOTALS);
	const struct series *x = find_series(&out, "model", "a");
	assert_null(x); /* its last sign of life was three hours ago */
	out = ask(s, mem, "ml_errors_total", now - 3 * MS_HOUR - 5 * MS_MINUTE, now - 3 * MS_HOUR + 5000, 0, 0,
		  SELECT_TOTALS);
	x = find_series(&out, "model", "a");
	assert_non_null(x);
	assert_int_equal(x->n, 1);
	assert_true(x->total_before + x->windows[0].count == total);
	arena_close(mem);
	store_close(s);
}

static void
windows__widths_may_change_between_runs(void **state)
{
	struct place *p = *state;
	static const struct store_width other[] = {
	    {5000, 100 * MS_DAY}, {W, 100 * MS_DAY}, {5 * MS_MINUTE, 100 * MS_DAY}, {MS_HOUR, 400 * MS_DAY}};
	struct model m = model_make(floor_to(clock_now(), MS_DAY) - MS_DAY, (size_t)(2 * MS_DAY / W));
	struct store *s = open_widths(p->path, STORE_AGENT, long_kept, 4);
	int64_t now = clock_now();

	for (int round = 0; round < 6; round++) {
		begin(s);
		for (int i = 0; i < 200; i++)
			add(s, &m, (int)place_below(p, SERIES), place_below(p, (uint64_t)((now - m.base) / W)), 1);
		commit(s, now);
		housekeep(s, now);
		store_close(s);
		s = open_widths(p->path, STORE_AGENT, round % 2 == 0 ? other : long_kept, 4);
		/* edges of the new narrowest width are edges of the model's only at multiples of 10 s */
		int64_t end = floor_to(now, MS_DAY);
		check_question(s, &m, end, 1, 1, MS_DAY);
		check_question(s, &m, floor_to(now, MS_HOUR), 1, 1, 4 * MS_HOUR);
	}
	store_close(s);
	free(m.count);
}

/* ---- kinds ---- */

static void
put_blob(struct store *s, const char *name, const char *by, enum sketch_kind kind, const struct edges *edges,
	 int64_t start, struct buf *b)
{
	struct label at[] = {{"__name__", name}, {"model", "m"}};
	struct err e = ERR_INIT;
	struct increment i = {
	    .labels = {at, 2}, .by = by, .start = start, .kind = kind, .blob = b->p, .n = b->len, .edges = edges};

	begin(s);
	if (store_put_increment(s, &i, &e) < 0)
		fail_msg("%s", e.text);
	commit(s, start + W);
	buf_release(b);
}

static void
put_categories(struct store *s, int64_t start, const char *const *names_, const uint64_t *counts, size_t n)
{
	struct categories *c = categories_open(100);
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < n; i++)
		categories_add(
		    c, categories_intern(c, names_[i], strlen(names_[i]), hash_bytes(names_[i], strlen(names_[i]), 0)),
		    counts[i]);
	categories_encode(&b, c);
	put_blob(s, "ml_predictions_total", "prediction", SKETCH_CATEGORIES, NULL, start, &b);
	categories_close(c);
}

static void
windows__a_row_of_categories_is_a_series_per_category(void **state)
{
	struct place *p = *state;
	struct store *s = open_widths(p->path, STORE_AGENT, long_kept, 4);
	int64_t t = floor_to(clock_now(), MS_DAY) - 2 * MS_HOUR;
	static const char *const both[] = {"cat", "dog"}, *const dog[] = {"dog"}, *const none[] = {""};
	static const uint64_t two_three[] = {2, 3}, four[] = {4};
	struct arena *mem = arena_open();

	put_categories(s, t, both, two_three, 2);
	put_categories(s, t + 20 * MS_MINUTE, dog, four, 1);
	put_categories(s, t + 20 * MS_MINUTE + W, none, four, 1); /* failed ones have no class */
	int64_t now = t + 21 * MS_MINUTE;
	struct series_list out = ask(s, mem, "ml_predictions_total", now - 5 * MS_MINUTE, now, 0, 5 * MS_MINUTE, 0);
	assert_int_equal(out.n, 3);
	const struct series *cat = find_series(&out, "prediction", "cat"), *d = find_series(&out, "prediction", "dog"),
			    *failed = find_series(&out, "prediction", "");
	assert_non_null(cat); /* lives still, at zero */
	assert_int_equal(cat->n, 0);
	assert_true(cat->last_end_before == t + W);
	assert_int_equal(d->n, 1);
	assert_true(d->windows[0].count == 4 && d->windows[0].start == t + 20 * MS_MINUTE);
	assert_int_equal(failed->labels.n, 2);
	assert_true(failed->windows[0].count == 4);
	/* a matcher on the category */
	struct matcher m[2];
	matcher_init(&m[0], MATCH_EQ, "__name__", "ml_predictions_total", NULL);
	matcher_init(&m[1], MATCH_RE, "prediction", "c.t", NULL);
	struct select q = {
	    .matchers = m, .n_matchers = 2, .mint = t, .maxt = now, .range_ms = now - t, .flags = SELECT_TOTALS};
	struct storage st = store_storage(s);
	out = (struct series_list){0};
	assert_int_equal(st.select(st.self, &q, mem, &out, NULL), 0);
	assert_int_equal(out.n, 1);
	assert_string_equal(labels_get(out.at[0].labels, "prediction"), "cat");
	assert_true(out.at[0].windows[0].count == 2);
	/* after an hour without it the category is gone; totals hold what was before */
	q.n_matchers = 1;
	q.mint = t + 61 * MS_MINUTE - 5 * MS_MINUTE;
	q.maxt = t + 61 * MS_MINUTE;
	q.range_ms = 5 * MS_MINUTE;
	out = (struct series_list){0};
	assert_int_equal(st.select(st.self, &q, mem, &out, NULL), 0);
	assert_null(find_series(&out, "prediction", "cat"));
	assert_true(find_series(&out, "prediction", "dog")->total_before == 7);
	q.flags = SELECT_LABELS_ONLY;
	q.mint = INT64_MIN;
	q.maxt = INT64_MAX;
	out = (struct series_list){0};
	assert_int_equal(st.select(st.self, &q, mem, &out, NULL), 0);
	assert_int_equal(out.n, 3);
	matcher_release(&m[0]);
	matcher_release(&m[1]);
	arena_close(mem);
	store_close(s);
}

static void
windows__histograms_add_up_over_windows_and_widths(void **state)
{
	struct place *p = *state;
	struct store *s = open_widths(p->path, STORE_AGENT, long_kept, 4), *r;
	int64_t t = floor_to(clock_now(), MS_HOUR);
	struct arena *mem = arena_open();
	static const double at[] = {1, 2, 5};
	struct edges *edges = edges_make(at, 3, 2);

	for (int i = 0; i < 30; i++) {
		struct expo *x = expo_open();
		struct edgehist *h = edgehist_open(edges);
		struct buf b = BUF_INIT;
		for (int j = 0; j < 10; j++) {
			expo_add(x, 0.001 * (j + 1));
			edgehist_add(h, j);
		}
		expo_encode(&b, x);
		put_blob(s, "ml_latency_seconds", NULL, SKETCH_EXPO, NULL, t + i * W, &b);
		edgehist_encode(&b, h);
		put_blob(s, "ml_feature", NULL, SKETCH_EDGES, edges, t + i * W, &b);
		expo_close(x);
		edgehist_close(h);
	}
	edges_unref(edges);
	housekeep(s, t + MS_HOUR);
	r = open_widths(p->path, STORE_READ, NULL, 0);
	struct series_list out =
	    ask(r, mem, "ml_latency_seconds", t - 1, t + 5 * MS_MINUTE, 0, 5 * MS_MINUTE + 1, SELECT_TOTALS);
	assert_int_equal(out.n, 1);
	assert_int_equal(out.at[0].n, 1);
	const struct histogram *h = out.at[0].windows[0].h;
	assert_true(h->count == 300);
	assert_true(h->sum > 1.6499 && h->sum < 1.6501); /* 30 * 0.055 */
	double q = histogram_quantile(h, 0.5);
	assert_true(q > 0.005 * 0.99 && q < 0.006 * 1.01);
	out = ask(r, mem, "ml_feature", t - 1, t + 5 * MS_MINUTE, 0, 5 * MS_MINUTE + 1, 0);
	h = out.at[0].windows[0].h;
	assert_int_equal(h->schema, HIST_EDGES);
	assert_true(h->count == 300 && h->bins->min == 0 && h->bins->max == 9);
	out = ask(r, mem, "ml_feature", t + MS_MINUTE - 1, t + 5 * MS_MINUTE, 0, 4 * MS_MINUTE + 1, SELECT_TOTALS);
	assert_true(out.at[0].total_before == 50 && out.at[0].total_before_h->count == 50);
	store_close(r);
	store_close(s);
	arena_close(mem);
}

static void
windows__new_edges_take_over_from_old_ones(void **state)
{
	struct place *p = *state;
	struct store *s = open_widths(p->path, STORE_AGENT, long_kept, 4);
	int64_t t = floor_to(clock_now(), MS_HOUR);
	struct arena *mem = arena_open();
	static const double before[] = {1, 2, 5}, after[] = {10, 20};
	struct edges *edges[] = {edges_make(before, 3, 2), edges_make(after, 2, 15)};

	for (int i = 0; i < 12; i++) {
		struct edgehist *h = edgehist_open(edges[i >= 6]);
		struct buf b = BUF_INIT;
		edgehist_add(h, 3);
		edgehist_encode(&b, h);
		put_blob(s, "ml_feature", NULL, SKETCH_EDGES, edges[i >= 6], t + i * MS_MINUTE, &b);
		edgehist_close(h);
	}
	struct series_list out = ask(s, mem, "ml_feature", t - 1, t + MS_HOUR, MS_MINUTE, MS_MINUTE, 0);
	assert_int_equal(out.n, 1);
	assert_int_equal(out.at[0].n, 12);
	assert_int_equal(out.at[0].windows[5].h->bins->edges->n, 3);
	assert_int_equal(out.at[0].windows[6].h->bins->edges->n, 2);
	edges_unref(edges[0]);
	edges_unref(edges[1]);
	store_close(s);
	arena_close(mem);
}

static void
windows__times_out_of_this_world_are_counted_not_fatal(void **state)
{
	struct place *p = *state;
	struct store *s = open_widths(p->path, STORE_AGENT, long_kept, 4);

	begin(s);
	put_count(s, 0, INT64_MAX / W * W, 1);
	put_count(s, 0, INT64_MIN / W * W, 1);
	put_count(s, 0, -20 * W, 1); /* 1969 has a row */
	commit(s, clock_now());
	assert_int_equal(s->refused, 2);
	begin(s);
	put_count(s, 0, clock_now() / W * W + 100 * 365 * MS_DAY, 1); /* a clock that is wrong by a century */
	commit(s, clock_now());
	int64_t began = clock_monotonic();
	struct arena *all = arena_open();
	assert_int_equal(ask(s, all, "ml_errors_total", INT64_MIN, INT64_MAX, 0, 0, SELECT_LABELS_ONLY).n, 1);
	assert_true(clock_monotonic() - began < 5000);
	arena_close(all);
	struct arena *mem = arena_open();
	struct series_list out = ask(s, mem, "ml_errors_total", -20 * W, 0, 0, 20 * W, 0);
	assert_int_equal(out.n, 1);
	assert_true(out.at[0].windows[0].count == 1);
	out = ask(s, mem, "ml_errors_total", -19 * W, 0, 0, 19 * W, 0);
	assert_int_equal(out.at[0].n, 0);
	assert_true(out.at[0].last_end_before == -19 * W);
	arena_close(mem);
	store_close(s);
}

static void
plan__uses_the_fewest_windows_and_blurs_no_edge(void **state)
{
	(void)state;
	static const struct level level[] = {{.width_ms = W, .mark_ms = INT64_MAX, .kept_ms = 0},
					     {.width_ms = MS_MINUTE, .mark_ms = 100 * MS_HOUR, .kept_ms = 0},
					     {.width_ms = MS_HOUR, .mark_ms = 100 * MS_HOUR, .kept_ms = 0}};
	struct segment *seg;
	struct grid once = {.first_t = 50 * MS_HOUR, .width_ms = W};

	/* 49:58:50 to 50:01:10: one 10 s window, a minute, (50:00) a minute, a 10 s window */
	size_t n = plan_windows(level, 3, &once, 50 * MS_HOUR - 70000, 50 * MS_HOUR + 70000, &seg);
	assert_int_equal(n, 3);
	assert_true(seg[0].level == 0 && seg[0].to - seg[0].from == W);
	assert_true(seg[1].level == 1 && seg[1].to - seg[1].from == 2 * MS_MINUTE);
	assert_true(seg[2].level == 0 && seg[2].to - seg[2].from == W);
	free(seg);
	/* every hour over an hour: hours will do */
	struct grid hours = {.first_t = 10 * MS_HOUR, .step_ms = MS_HOUR, .range_ms = MS_HOUR, .width_ms = W};
	n = plan_windows(level, 3, &hours, 9 * MS_HOUR, 50 * MS_HOUR, &seg);
	assert_int_equal(n, 1);
	assert_true(seg[0].level == 2);
	free(seg);
	/* a minute past every hour: an edge is inside each hour */
	hours.first_t += MS_MINUTE;
	n = plan_windows(level, 3, &hours, 9 * MS_HOUR + MS_MINUTE, 50 * MS_HOUR, &seg);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(seg[i].level, 1);
	free(seg);
	/* beyond the mark only narrow ones */
	n = plan_windows(level, 3, &once, 100 * MS_HOUR, 101 * MS_HOUR, &seg);
	assert_int_equal(n, 1);
	assert_int_equal(seg[0].level, 0);
	free(seg);
}

/* Where only windows of a minute are left, a question gets every minute that it touches, whole and once: not a second time because a step or
 * the newest ten seconds end inside it, nor what lies between two ranges because it shares a minute with one. */
static void
windows__a_coarse_edge_costs_one_coarse_window(void **state)
{
	struct place *p = *state;
	static const struct store_width short_kept[] = {{W, MS_HOUR}, {MS_MINUTE, 2 * MS_DAY}, {MS_HOUR, 30 * MS_DAY}};
	static const int64_t ranges[] = {30000, 5 * MS_MINUTE, 47 * MS_MINUTE, 3 * MS_HOUR},
			     steps[] = {5 * MS_MINUTE, 30 * MS_MINUTE, 3 * MS_HOUR};
	const int64_t base = floor_to(clock_now(), MS_DAY), end = base + 30 * MS_HOUR;
	struct store *s = open_widths(p->path, STORE_AGENT, short_kept, 3);

	for (int64_t t = base; t < end; t += W) {
		if (t % MS_HOUR == 0)
			begin(s);
		put_count(s, 0, t, 1);
		if (t % MS_HOUR == MS_HOUR - W) {
			commit(s, t);
			housekeep(s, t);
		}
	}
	for (int i = 0; i < 12; i++) {
		const int64_t range = ranges[i % 4], step = steps[i / 4],
			      first = base + 7 * MS_HOUR + 125000 + i * 13000;
		struct arena *mem = arena_open();
		struct series_list stepped =
		    ask(s, mem, "ml_errors_total", first - range, first + 4 * step, step, range, 0);

		for (int64_t t = first; t <= first + 4 * step; t += step) {
			struct series_list once = ask(s, mem, "ml_errors_total", t - range, t, 0, range, 0);
			const double want =
			    (double)(floor_to(t + MS_MINUTE - 1, MS_MINUTE) - floor_to(t - range, MS_MINUTE)) / W;
			assert_true(answer_increase(&once.at[0], t, range) == want);
			assert_true(answer_increase(&stepped.at[0], t, range) == want);
		}
		arena_close(mem);
	}
	store_close(s);
}

/* The windows between two evaluations count for neither, but say how long the series lives: those of ten minutes must not make it
 * longer. Only ranges longer than a life were once looked after. */
static void
windows__what_lies_between_two_steps_makes_no_life_longer(void **state)
{
	struct place *p = *state;
	struct model m = model_make(floor_to(clock_now(), MS_DAY), (size_t)(3 * MS_HOUR / W));
	struct store *s = open_widths(p->path, STORE_AGENT, long_kept, 4);

	begin(s);
	add(s, &m, 0, (size_t)(11 * MS_MINUTE / W), 1);
	add(s, &m, 1, (size_t)(2 * MS_HOUR / W), 1);
	commit(s, m.base + 3 * MS_HOUR);
	housekeep(s, m.base + 3 * MS_HOUR);
	check_question(s, &m, m.base + 4 * MS_MINUTE, 66 * MS_MINUTE, 2, MS_MINUTE); /* at 70 min: 0 */
	check_question(s, &m, m.base + 4 * MS_MINUTE, 70 * MS_MINUTE, 2, MS_MINUTE); /* at 74 min: gone */
	store_close(s);
	free(m.count);
}

/* A reader remembers that a series had nothing in a stretch of time: until a commit brings something there. */
static void
windows__what_was_silent_may_speak_later(void **state)
{
	struct place *p = *state;
	struct store *s = open_widths(p->path, STORE_AGENT, long_kept, 4), *r;
	const int64_t base = floor_to(clock_now(), MS_DAY), now = base + 2 * MS_HOUR;
	static const struct {
		int64_t start;
		double last_10m, last_hour; /* of b at now, once this has come in; -1: it is gone */
	} late[] = {{-90 * MS_MINUTE, -1, -1},
		    {-50 * MS_MINUTE, 0, 1},
		    {-70 * MS_MINUTE, 0, 1},
		    {-5 * MS_MINUTE, 1, 2},
		    {0, 2, 3},
		    {-55 * MS_MINUTE, 2, 4}};

	begin(s);
	put_count(s, 0, base, 1);
	put_count(s, 1, base, 1);
	put_count(s, 0, now, 1);
	commit(s, now);
	housekeep(s, now);
	r = open_widths(p->path, STORE_READ, long_kept, 4);
	for (size_t i = 0; i < sizeof(late) / sizeof(late[0]); i++) {
		begin(s);
		put_count(s, 1, now + late[i].start, 1);
		commit(s, now + MS_MINUTE);
		for (int again = 0; again < 2; again++) {
			struct arena *mem = arena_open();
			struct series_list ten = ask(r, mem, "ml_errors_total", now + 1 - 10 * MS_MINUTE, now + 1, 0, 0,
						     0),
					   hour = ask(r, mem, "ml_errors_total", now + 1 - MS_HOUR, now + 1, 0, 0, 0);
			const struct series *b10 = find_series(&ten, "model", names[1]),
					    *b60 = find_series(&hour, "model", names[1]);
			assert_true((b10 == NULL ? -1 : answer_increase(b10, now + 1, 10 * MS_MINUTE)) ==
				    late[i].last_10m);
			assert_true((b60 == NULL ? -1 : answer_increase(b60, now + 1, MS_HOUR)) == late[i].last_hour);
			arena_close(mem);
		}
	}
	store_close(r);
	store_close(s);
}

/* It once stopped after 2,000 rows and waited for a 256th of the retention: a store with many series grew for ever. */
static void
windows__retention_keeps_up_with_many_series(void **state)
{
	struct place *p = *state;
	static const struct store_width kept[] = {{W, 6 * MS_HOUR}, {MS_MINUTE, MS_DAY}};
	enum { SERIES_MANY = 300, WINDOWS = 20 };
	const int64_t base = floor_to(clock_now(), MS_DAY), now = base + 8 * MS_HOUR;
	struct store *s = open_widths(p->path, STORE_AGENT, kept, 2);
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;
	char name[16];

	sketch_count_encode(&b, 1);
	begin(s);
	for (int i = 0; i < SERIES_MANY * WINDOWS; i++) {
		struct label at[] = {{"__name__", "ml_errors_total"}, {"model", name}};
		snprintf(name, sizeof(name), "m%d", i % SERIES_MANY);
		struct increment one = {.labels = {at, 2},
					.start = base + i / SERIES_MANY * W,
					.kind = SKETCH_COUNT,
					.blob = b.p,
					.n = b.len};
		if (store_put_increment(s, &one, &e) < 0)
			fail_msg("%s", e.text);
	}
	put_count(s, 0, now, 1);
	commit(s, now);
	housekeep(s, now + MS_MINUTE);
	int64_t oldest;
	assert_int_equal(window_next_start(s, &s->windows->level[0], base, &oldest, &e), 0);
	assert_int_equal(oldest, now);
	store_close(s);
	buf_release(&b);
}

/* At pauses of a read: the writer commits, and once it lets narrow rows go that the read had planned to add up. */
struct interference {
	struct store *writer;
	struct model *m;
	int64_t now;
	int pauses, when; /* when: the pause at which rows go */
};

static int
interfere(unsigned type, void *arg, void *statement, void *sql)
{
	struct interference *i = arg;

	(void)type;
	(void)statement;
	if (strcmp(sql, "COMMIT") != 0 || i->writer == NULL)
		return 0;
	if (++i->pauses == i->when)
		housekeep(i->writer, i->now);
	if (i->pauses % 8 != 0)
		return 0;
	begin(i->writer);
	add(i->writer, i->m, i->pauses % SERIES, i->m->n - 1, 1); /* in a window beyond the question */
	commit(i->writer, i->now);
	return 0;
}

static void
windows__a_long_read_pauses_and_is_right_all_the_same(void **state)
{
	static const struct store_width kept[] = {{W, MS_HOUR}, {MS_MINUTE, 100 * MS_DAY}};
	static const int when[] = {0, 1, 7, 100};
	struct place *p = *state;

	for (size_t c = 0; c < sizeof when / sizeof *when; c++) {
		struct model m = model_make(MS_DAY, 400);
		struct store *s, *r;
		struct arena *mem = arena_open();
		const int64_t end = m.base + 300 * W;
		struct interference i = {.m = &m, .now = m.base + 10 * MS_HOUR, .when = when[c]};

		snprintf(p->path, sizeof(p->path), "%s/%zu.db", p->dir, c);
		s = open_widths(p->path, STORE_AGENT, kept, 2);
		begin(s);
		for (size_t w = 0; w < 300; w++)
			add(s, &m, (int)(w % SERIES), w, 1 + w % 3);
		commit(s, end);
		for (int k = 0; k < 100; k++) /* wide rows are made, no narrow one goes yet */
			store_housekeep(s, m.base + 3 * MS_HOUR - MS_HOUR, NULL);
		r = open_widths(p->path, STORE_READ, NULL, 0);
		r->pause_ms = 0;
		i.writer = s;
		sqlite3_trace_v2(r->db, SQLITE_TRACE_STMT, interfere, &i);
		/* a point per narrow window, then per wide one: whichever rows there are, sums over whole minutes are exact */
		for (int64_t step = W; step <= MS_MINUTE; step *= 6) {
			struct series_list out =
			    ask(r, mem, "ml_errors_total", m.base, end, step, MS_MINUTE, SELECT_TOTALS);
			for (int series = 0; series < SERIES; series++) {
				const struct series *x = find_series(&out, "model", names[series]);
				assert_non_null(x);
				for (int64_t t = m.base + MS_MINUTE; t <= end; t += MS_MINUTE)
					assert_true(answer_increase(x, t, MS_MINUTE) ==
						    model_increase(&m, series, t, MS_MINUTE));
			}
		}
		assert_true(i.pauses > 50);
		sqlite3_trace_v2(r->db, 0, NULL, NULL);
		store_close(r);
		store_close(s);
		arena_close(mem);
		free(m.count);
	}
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, place_set_up, place_tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(plan__uses_the_fewest_windows_and_blurs_no_edge),
	    CASE(windows__a_coarse_edge_costs_one_coarse_window),
	    CASE(windows__a_rollback_counts_nothing),
	    CASE(windows__a_long_read_pauses_and_is_right_all_the_same),
	    CASE(windows__a_row_of_categories_is_a_series_per_category),
	    CASE(windows__histograms_add_up_over_windows_and_widths),
	    CASE(windows__new_edges_take_over_from_old_ones),
	    CASE(windows__retention_keeps_up_with_many_series),
	    CASE(windows__times_out_of_this_world_are_counted_not_fatal),
	    CASE(windows__totals_do_not_fall_when_old_windows_go),
	    CASE(windows__widths_may_change_between_runs),
	    CASE(windows__what_lies_between_two_steps_makes_no_life_longer),
	    CASE(windows__what_was_silent_may_speak_later),
	    CASE(windows__what_narrow_widths_have_forgotten_wide_ones_answer),
	    CASE(windows__any_order_of_increments_gives_exact_sums_at_every_width),
	};
	return cmocka_run_group_tests_name("store_windows", tests, NULL, NULL);
}
