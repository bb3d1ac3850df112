/*
 * check.c -- is the file whole? SQLite's own check first, then what only we can know: that every row decodes, belongs to a series of its kind, and
 * that a wide window is the sum of its narrow ones wherever both are kept.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/err.h"
#include "mlwatch/xalloc.h"
#include "store_samples.h"
#include "store_windows.h"

#define MAX_REPORTED 100

struct checker {
	struct store *s;
	store_problem_fn *fn;
	void *arg;
	struct err *e;
	int64_t problems;
};

static void problem(struct checker *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
problem(struct checker *c, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (++c->problems > MAX_REPORTED || c->fn == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->fn(c->arg, text);
}

/* A query of its own: rare, and not worth keeping. -1 with err. */
typedef void row_fn(struct checker *c, sqlite3_stmt *st, void *arg);
static int
each(struct checker *c, const char *sql, int64_t from, int64_t to, row_fn *fn, void *arg)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(c->s->db, sql, -1, &st, NULL);

	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(st, 1, from);
		sqlite3_bind_int64(st, 2, to);
		while ((rc = sqlite3_step(st)) == SQLITE_ROW)
			fn(c, st, arg);
	}
	if (rc == SQLITE_CORRUPT)
		problem(c, "SQLite: %s", sqlite3_errmsg(c->s->db));
	else if (rc != SQLITE_DONE)
		store_fail(c->s, c->e, "check");
	sqlite3_finalize(st);
	return rc == SQLITE_DONE || rc == SQLITE_CORRUPT ? 0 : -1;
}

static void
on_integrity(struct checker *c, sqlite3_stmt *st, void *arg)
{
	(void)arg;
	if (strcmp(store_text(st, 0), "ok") != 0)
		problem(c, "SQLite: %s", store_text(st, 0));
}

static void
on_series(struct checker *c, sqlite3_stmt *st, void *arg)
{
	int64_t id = sqlite3_column_int64(st, 0);

	(void)arg;
	if (series_by_id(c->s, id) == NULL)
		problem(c, "series %lld: its labels are damaged", (long long)id);
}

/* ---- rows ---- */

static void
on_window(struct checker *c, sqlite3_stmt *st, void *arg)
{
	int64_t key = sqlite3_column_int64(st, 0);
	const struct level *l = arg;
	const struct stored_series *w = series_by_id(c->s, key_series(key));
	const void *p = sqlite3_column_blob(st, 1);
	size_t n = (size_t)sqlite3_column_bytes(st, 1);

	if (w == NULL || w->kind != SERIES_WINDOWS)
		problem(c, "a %lld s window at %lld belongs to no series (%lld)", (long long)(l->width_ms / 1000),
			(long long)key_start(l, key), (long long)key_series(key));
	else if (p == NULL || sketch_blob_kind(p, n) != w->sketch)
		problem(c, "a %lld s window of series %lld at %lld is damaged", (long long)(l->width_ms / 1000),
			(long long)w->id, (long long)key_start(l, key));
}

static void
on_chunk(struct checker *c, sqlite3_stmt *st, void *arg)
{
	struct sample_list *l = arg;
	int64_t key = sqlite3_column_int64(st, 0);
	const void *p = sqlite3_column_blob(st, 1);

	l->n = 0;
	if (series_by_id(c->s, key_series(key)) == NULL)
		problem(c, "a chunk of samples belongs to no series (%lld)", (long long)key_series(key));
	else if (p == NULL || chunk_decode(p, (size_t)sqlite3_column_bytes(st, 1), l) < 0)
		problem(c, "the chunk of series %lld at %lld is damaged", (long long)key_series(key),
			(long long)chunk_key_start(key));
}

static void
ignore_sample(void *arg, int64_t series, struct sample x)
{
	(void)arg;
	(void)series;
	(void)x;
}

static void
on_batch(struct checker *c, sqlite3_stmt *st, void *arg)
{
	const void *p = sqlite3_column_blob(st, 1);

	(void)arg;
	if (p == NULL || batch_each(p, (size_t)sqlite3_column_bytes(st, 1), ignore_sample, NULL) < 0)
		problem(c, "batch %lld of samples is damaged", (long long)sqlite3_column_int64(st, 0));
}

/* ---- sums ---- */

struct sums {
	const struct level *level;
	double *at; /* by place of the series in the index */
	double sign;
};

static void
on_sum(struct checker *c, sqlite3_stmt *st, void *arg)
{
	struct sums *sums = arg;
	const struct stored_series *w = series_by_id(c->s, key_series(sqlite3_column_int64(st, 0)));
	const void *p = sqlite3_column_blob(st, 1);

	if (w != NULL && p != NULL)
		sums->at[w - series_at(c->s, 0)] +=
		    sums->sign * sketch_blob_count(p, (size_t)sqlite3_column_bytes(st, 1));
}

#define WINDOWS_BETWEEN "SELECT k, sketch FROM window WHERE k BETWEEN ?1 AND ?2"

static int
check_window_sum(struct checker *c, const struct level *narrow, const struct level *wide, int64_t start,
		 struct sums *sums)
{
	size_t n = series_count(c->s);

	memset(sums->at, 0, n * sizeof(*sums->at));
	sums->sign = 1;
	if (each(c, WINDOWS_BETWEEN, window_key(wide, start, 0), window_key(wide, start, SERIES_ID_MAX), on_sum, sums) <
	    0)
		return -1;
	sums->sign = -1;
	if (each(c, WINDOWS_BETWEEN, window_key(narrow, start, 0), window_key(narrow, start + wide->width_ms, 0) - 1,
		 on_sum, sums) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (sums->at[i] != 0)
			problem(c, "the %lld s window of series %lld at %lld is not the sum of its narrow ones: %+g",
				(long long)(wide->width_ms / 1000), (long long)series_at(c->s, i)->id, (long long)start,
				sums->at[i]);
	return 0;
}

/* The next wide window at or after *start in which either width has rows. */
static int
next_window(struct checker *c, const struct level *narrow, const struct level *wide, int64_t *start)
{
	int64_t a, b;

	if (window_next_start(c->s, narrow, *start, &a, c->e) < 0 ||
	    window_next_start(c->s, wide, *start, &b, c->e) < 0)
		return -1;
	a = a < b ? a : b;
	*start = a == INT64_MAX ? INT64_MAX : floor_to(a, wide->width_ms);
	return 0;
}

static int
check_sums(struct checker *c, int64_t oldest, int64_t newest)
{
	struct window_rows *w = c->s->windows;
	struct sums sums = {.at = xcalloc(series_count(c->s) + 1, sizeof(double))};
	int rc = 0;

	for (size_t i = 1; i < w->n && rc == 0; i++) {
		const struct level *wide = &w->level[i], *narrow = wide - 1;
		int64_t from = oldest > narrow->kept_ms ? oldest : narrow->kept_ms,
			to = newest < wide->mark_ms ? newest : wide->mark_ms;
		if (wide->kept_ms > from)
			from = wide->kept_ms;
		from = floor_to(from + wide->width_ms - 1, wide->width_ms);
		for (int64_t start = from; rc == 0; start += wide->width_ms) {
			rc = next_window(c, narrow, wide, &start);
			if (rc < 0 || start > to - wide->width_ms)
				break;
			rc = check_window_sum(c, narrow, wide, start, &sums);
		}
	}
	free(sums.at);
	return rc;
}

static int
check_windows(struct checker *c)
{
	struct window_rows *w = c->s->windows;
	int64_t oldest, newest;

	for (size_t i = 0; i < w->n; i++) {
		const struct level *l = &w->level[i];
		int64_t first = (int64_t)l->slot << (NUMBER_BITS + SERIES_ID_BITS);
		int64_t last = first | ((INT64_C(1) << (NUMBER_BITS + SERIES_ID_BITS)) - 1);
		if (each(c, WINDOWS_BETWEEN, first, last, on_window, (void *)l) < 0)
			return -1;
	}
	if (windows_extent(c->s, &oldest, &newest, c->e) < 0)
		return -1;
	return oldest < newest ? check_sums(c, oldest, newest) : 0;
}

static int
check_all(struct checker *c)
{
	struct sample_list l = {0};

	if (each(c, "PRAGMA integrity_check", 0, 0, on_integrity, NULL) < 0)
		return -1;
	if (c->problems > 0)
		return 0; /* on such ground nothing else can be said */
	if (windows_refresh(c->s, c->e) < 0 || series_refresh(c->s, c->e) < 0)
		return -1;
	int rc = each(c, "SELECT id FROM series", 0, 0, on_series, NULL);
	if (rc == 0)
		rc = check_windows(c);
	if (rc == 0)
		rc = each(c, "SELECT k, samples FROM sample_chunk", 0, 0, on_chunk, &l);
	if (rc == 0)
		rc = each(c, "SELECT id, samples FROM sample_batch", 0, 0, on_batch, NULL);
	free(l.at);
	return rc;
}

int64_t
store_check(struct store *s, store_problem_fn *fn, void *arg, struct err *e)
{
	struct checker c = {s, fn, arg, e, 0};

	if (store_read_begin(s, e) < 0)
		return -1;
	int rc = check_all(&c);
	store_read_end(s);
	return rc < 0 ? -1 : c.problems;
}
