/*
 * ui_world.h -- a store made of prediction lines and references, for tests of what the dashboard reads: everything goes the way that it goes in
 * the agent (decoded, counted into windows, committed), and is read as the dashboard reads it.
 */
#ifndef TESTS_UI_WORLD_H
#define TESTS_UI_WORLD_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ui/screen.h"
#include "made_fields.h"
#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/decode.h"
#include "mlwatch/drift.h"
#include "mlwatch/err.h"
#include "mlwatch/promql.h"
#include "mlwatch/reader.h"
#include "mlwatch/sketch.h"
#include "mlwatch/store.h"
#include "mlwatch/window.h"

struct world {
	char dir[64], path[96];
	struct store *store;
	struct references *refs;
	struct arena *mem;
	struct buf lines;
	struct reader *reader;
	struct snapshot *snap;
	struct screen screen;
	int64_t now;
	const char *job; /* of what is committed next */
};

static inline void
world_must(int rc, const struct err *e)
{
	if (rc < 0)
		fail_msg("%s", e->text);
}

static inline struct world *
world_open(int64_t now)
{
	struct world *w = calloc(1, sizeof *w);
	struct err e = ERR_INIT;

	snprintf(w->dir, sizeof w->dir, "/tmp/mlwatch-world-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->path, sizeof w->path, "%s/m.db", w->dir);
	const struct store_spec spec = {.path = w->path};
	world_must(store_open(&w->store, &spec, STORE_AGENT, &e), &e);
	w->refs = references_open();
	w->mem = arena_open();
	w->now = now;
	w->job = "scoring";
	return w;
}

static inline void
world_close(struct world *w)
{
	char command[128];

	if (w->screen.grid != NULL) {
		screen_close(&w->screen);
		grid_close(w->screen.grid);
	}
	snapshot_close(w->snap);
	reader_close(w->reader);
	store_close(w->store);
	references_close(w->refs);
	arena_close(w->mem);
	buf_release(&w->lines);
	snprintf(command, sizeof command, "rm -rf %s", w->dir);
	if (system(command) != 0)
		fail();
	free(w);
}

/* {"t":T,"m":MODEL,"v":VERSION and what is said. */
static inline void __attribute__((format(printf, 5, 6)))
world_line(struct world *w, int64_t t, const char *model, const char *version, const char *fmt, ...)
{
	char rest[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(rest, sizeof rest, fmt, ap);
	va_end(ap);
	buf_addf(&w->lines, "{\"t\":%lld,\"m\":\"%s\",\"v\":\"%s\",%s}\n", (long long)t, model, version, rest);
}

/* Takes r, before any line of its model is committed. */
static inline void
world_reference(struct world *w, struct reference *r)
{
	struct buf json = BUF_INIT;
	struct err e = ERR_INIT;

	reference_format(&json, r);
	world_must(store_put_reference(w->store, reference_model(r), reference_version(r), buf_str(&json), &e), &e);
	references_add(w->refs, r);
	buf_release(&json);
}

/* A numeric feature of these values, each an edge. */
static inline void
world_numeric(struct world *w, struct reference *r, const char *name, const double *v, size_t n)
{
	double sum = 0, squares = 0;

	for (size_t i = 0; i < n; i++)
		sum += v[i];
	for (size_t i = 0; i < n; i++)
		squares += (v[i] - sum / (double)n) * (v[i] - sum / (double)n);

	double *at = arena_alloc(w->mem, n * sizeof *at);
	size_t k = 0;
	for (size_t i = 0; i < n; i++) /* ascending */
		if (k == 0 || v[i] > at[k - 1])
			at[k++] = v[i];
	struct edges *edges = edges_make(at, k, sum / (double)n);
	struct edgehist *h = edgehist_open(edges);
	edgehist_add_n(h, v, n);
	const struct reference_feature f = {.name = name,
					    .rows = n,
					    .min = v[0],
					    .max = v[n - 1],
					    .mean = sum / (double)n,
					    .stddev = sqrt(squares / (double)n),
					    .edges = edges,
					    .hist = edgehist_histogram(w->mem, h)};
	reference_add(r, &f);
	edgehist_close(h);
	edges_unref(edges);
}

static inline void
world_record(void *arg, const struct record *r)
{
	windows_add(arg, r);
}

static inline void
world_bad(void *arg, const struct bad_line *b)
{
	(void)arg;
	fail_msg("%s: %.*s", b->reason, (int)b->n, b->line);
}

static inline void
world_increment(void *arg, const struct increment *i)
{
	struct world *w = arg;
	struct err e = ERR_INIT;

	world_must(store_put_increment(w->store, i, &e), &e);
}

static inline void
world_commit(struct world *w)
{
	const struct window_spec spec = {.width_ms = 10000, .job = (char *)w->job};
	struct windows *windows = windows_open(&spec, w->refs);
	struct decoder *d = decoder_open(&made_fields, NULL);
	const struct decode_sink sink = {windows, world_record, world_bad};
	struct err e = ERR_INIT;

	decoder_feed(d, w->lines.p, w->lines.len, &sink);
	world_must(store_begin(w->store, &e), &e);
	windows_drain(windows, world_increment, w);
	world_must(store_commit(w->store, w->now, &e), &e);
	while (store_housekeep(w->store, w->now, &e))
		;
	decoder_close(d);
	windows_close(windows);
	buf_reset(&w->lines);
}

static inline void
world_document(struct world *w, const char *key, const char *json)
{
	struct err e = ERR_INIT;

	world_must(store_begin(w->store, &e), &e);
	world_must(store_put_kv(w->store, key, json, &e), &e);
	world_must(store_commit(w->store, w->now, &e), &e);
}

/* ---- what is seen ---- */

static inline void
world_screen(struct world *w, enum page page, int width, int height)
{
	struct err e = ERR_INIT;

	if (w->reader == NULL && reader_open(&w->reader, w->path, &e) < 0)
		fail_msg("%s", e.text);
	if (w->screen.grid == NULL)
		screen_open(&w->screen, grid_open(width, height, GLYPHS_BRAILLE));
	w->screen.set.utc = true;
	w->screen.now = w->now;
	w->screen.page = page;
}

/* Reads what the screen asks for: twice, for what is selected is known only then. */
static inline const struct snapshot *
world_read(struct world *w)
{
	for (int i = 0; i < 2; i++) {
		struct request q;

		screen_request(&w->screen, &q);
		q.at = q.at > 0 ? q.at : w->now;
		q.clock = w->now;
		struct snapshot *fresh = snapshot_load(w->reader, &q);
		screen_take(&w->screen, fresh);
		snapshot_close(w->snap);
		w->snap = fresh;
		if (fresh->error != NULL || fresh->trouble != NULL)
			fail_msg("%s", fresh->error != NULL ? fresh->error : fresh->trouble);
	}
	return w->snap;
}

/* The value that `mlwatch query` has for an expression: of its first sample; NAN without one. */
static inline double
world_query(struct world *w, int64_t t, const char *expr)
{
	struct err e = ERR_INIT;
	struct promql_result r;
	struct expr *x = promql_parse(expr, &e);
	double v = NAN;

	if (x == NULL || promql_instant(reader_promql(w->reader), x, t, &r, &e) < 0)
		fail_msg("%s: %s", expr, e.text);
	if (r.type == VALUE_VECTOR && r.n > 0)
		v = r.vector[0].v;
	promql_result_release(&r);
	expr_close(x);
	return v;
}

#endif
