/*
 * big_world.h -- the models and targets behind a store of any size, for those who measure: what falls into a window, what a scrape
 * brings. The same on every run, up to when it ends.
 *
 * Blobs are made once, some per feature and size of window, and put again and again: what a store costs to read depends on how many
 * rows there are and how large, not on whether two of them are alike.
 */
#ifndef TESTS_BIG_WORLD_H
#define TESTS_BIG_WORLD_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drift_rows.h"
#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/drift.h"
#include "mlwatch/err.h"
#include "mlwatch/histogram.h"
#include "mlwatch/labels.h"
#include "mlwatch/sketch.h"
#include "mlwatch/store.h"
#include "mlwatch/window.h"
#include "mlwatch/xalloc.h"

enum {
	VARIANTS = 6,  /* of a blob: no two neighbouring windows are alike */
	SIZES = 4,     /* of a window: a tenth of a second, 10 s, 1 m, 10 m */
	VERSIONS = 3,  /* one after the other; the newest has a reference */
	COMMON = 6,    /* series of a model beside its features */
	SCRAPED = 24,  /* series of a target */
	TARGET_S = 15, /* between two scrapes */
};

static const int64_t size_ms[SIZES] = {100, 10 * MS_SECOND, MS_MINUTE, 10 * MS_MINUTE};

struct blobs {
	struct buf at[SIZES][VARIANTS]; /* empty: nothing fell into it */
};

struct world_feature {
	const char *name;
	bool categorical;
	struct edges *edges;
	struct blobs values, missing;
};

struct world_model {
	const char *name;
	double per_second;
	int pattern; /* 0: always; 1: fourteen hours a day; 2: ten minutes an hour */
	struct world_feature *features;
	struct blobs common[COMMON];
	struct labels *labels[VERSIONS]; /* COMMON, then values and missing of every feature */
};

struct world {
	struct arena *mem;
	struct lcg random;
	int64_t end;
	int n_models, n_features, n_targets;
	struct world_model *models;
	struct labels *scraped; /* SCRAPED of every target */
	double *value;
};

/* What a feature is like: continuous ones have as many edges as they would get from mlwatch baseline, whole numbers one per value. */
static const struct {
	int edges, categories; /* edges 0: categorical */
	bool whole;
} shapes[] = {{1000, 0, true}, {40, 0, true}, {0, 12, false}, {200, 0, false}, {12, 0, true},
	      {0, 30, false},  {60, 0, true}, {24, 0, true},  {0, 3, false},   {100, 0, true}};
#define N_SHAPES (sizeof shapes / sizeof *shapes)

static void
must(int rc, const struct err *e)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "big store: %s\n", e->text);
	exit(1);
}

/* ---- what is in a window ---- */

static double
feature_value(struct world *w, size_t shape, double scale)
{
	const double u = lcg_uniform(&w->random);
	const double v = u * u * (double)shapes[shape].edges; /* many small ones, few large */

	return shapes[shape].whole ? floor(v) * scale : v * scale * (1 + 1e-7 * u);
}

static void
fill_edges(struct world *w, struct buf *out, struct edges *edges, size_t shape, double scale, int n)
{
	struct edgehist *h = edgehist_open(edges);

	for (int i = 0; i < n; i++)
		edgehist_add(h, feature_value(w, shape, scale));
	edgehist_encode(out, h);
	edgehist_close(h);
}

static void
fill_categories(struct world *w, struct buf *out, int kinds, int n)
{
	struct categories *c = categories_open(1000);
	char name[16];

	for (int i = 0; i < n; i++) {
		const double u = lcg_uniform(&w->random);
		const int len = snprintf(name, sizeof name, "c%02d", (int)(u * u * kinds));

		categories_add(c, categories_intern(c, name, (size_t)len, (uint64_t)(name[1] * 256 + name[2])), 1);
	}
	categories_encode(out, c);
	categories_close(c);
}

static void
fill_expo(struct world *w, struct buf *out, double middle, double width, int n)
{
	struct expo *x = expo_open();

	for (int i = 0; i < n; i++)
		expo_add(x, middle * exp(width * lcg_bell(&w->random)));
	expo_encode(out, x);
	expo_close(x);
}

/* How many records a window of a size has, in one of its variants; more than 1,000 add little to the size of a blob. */
static int
records(const struct world_model *m, int size, int variant)
{
	const double n = m->per_second * (double)size_ms[size] / 1000 * (0.6 + 0.16 * variant);

	return n < 1 ? size == 0 && variant % 2 : n > 1000 ? 1000 : (int)n;
}

static void
make_common(struct world *w, struct world_model *m, int size, int variant, int n)
{
	const int failed = n / 80;
	struct buf *b[COMMON];

	for (int i = 0; i < COMMON; i++)
		b[i] = &m->common[i].at[size][variant];
	fill_categories(w, b[0], 3, n);
	fill_categories(w, b[1], 2, n);
	sketch_count_encode(b[2], (uint64_t)failed);
	fill_expo(w, b[3], 0.03, 0.7, n);
	fill_expo(w, b[4], 0.6, 0.2, n);
	if (variant == 3)
		sketch_count_encode(b[5], (uint64_t)(n / 100 + 1));
}

static void
make_feature(struct world *w, struct world_model *m, int at, size_t shape, double scale)
{
	struct world_feature *f = &m->features[at];
	double edge[1000];

	f->name = arena_printf(w->mem, "%s_%02d", shapes[shape].edges > 0 ? "amount" : "kind", at);
	f->categorical = shapes[shape].edges == 0;
	for (int i = 0; i < shapes[shape].edges; i++)
		edge[i] = (double)i * scale;
	if (!f->categorical)
		f->edges = edges_make(edge, (size_t)shapes[shape].edges, edge[shapes[shape].edges / 3]);
	for (int size = 0; size < SIZES; size++)
		for (int v = 0; v < VARIANTS; v++) {
			const int n = records(m, size, v);

			if (n == 0)
				continue;
			if (f->categorical)
				fill_categories(w, &f->values.at[size][v], shapes[shape].categories, n);
			else
				fill_edges(w, &f->values.at[size][v], f->edges, shape, scale, n);
			if (v == 1)
				sketch_count_encode(&f->missing.at[size][v], (uint64_t)(n / 50 + 1));
		}
}

/* ---- who is there ---- */

static struct labels
series_labels(struct world *w, const char *name, const struct world_model *m, int version, const char *feature)
{
	const struct label at[] = {
	    {METRIC_NAME, name},
	    {"feature", feature},
	    {"job", "scoring"},
	    {"model", m->name},
	    {"reason", strcmp(name, "ml_feature_invalid_total") == 0 ? "above" : ""},
	    {"version", arena_printf(w->mem, "%d.%d", version + 1, (int)(m - w->models))},
	};

	return labels_make(w->mem, at, sizeof at / sizeof *at);
}

static void
name_series(struct world *w, struct world_model *m, int version)
{
	static const char *const common[COMMON] = {
	    "ml_predictions_total", "ml_responses_total", "ml_errors_total",
	    "ml_latency_seconds",   "ml_score",           "ml_feature_invalid_total"};
	struct labels *to = arena_alloc(w->mem, (size_t)(COMMON + 2 * w->n_features) * sizeof *to);

	m->labels[version] = to;
	for (int i = 0; i < COMMON; i++)
		*to++ = series_labels(w, common[i], m, version, i == 5 ? m->features[0].name : "");
	for (int f = 0; f < w->n_features; f++) {
		const char *name = m->features[f].name;

		*to++ = series_labels(w, m->features[f].categorical ? "ml_feature_category_total" : "ml_feature", m,
				      version, name);
		*to++ = series_labels(w, "ml_feature_missing_total", m, version, name);
	}
}

static void
make_model(struct world *w, int i)
{
	static const double rates[] = {0.4, 0.1, 2, 0.3};
	struct world_model *m = &w->models[i];

	m->name = arena_printf(w->mem, "model-%02d", i);
	m->per_second = rates[(i + i / 4) % 4];
	m->pattern = i % 4 < 2 ? i % 4 : 2;
	m->features = arena_calloc(w->mem, (size_t)w->n_features, sizeof *m->features);
	for (int size = 0; size < SIZES; size++)
		for (int v = 0; v < VARIANTS; v++)
			if (records(m, size, v) > 0)
				make_common(w, m, size, v, records(m, size, v));
	for (int f = 0; f < w->n_features; f++)
		make_feature(w, m, f, (size_t)(f + i) % N_SHAPES, 1 + 0.125 * i + 0.001 * f);
	for (int v = 0; v < VERSIONS; v++)
		name_series(w, m, v);
}

static void
name_targets(struct world *w)
{
	static const char *const names[] = {"up", "scrape_duration_seconds", "scrape_samples_scraped",
					    "process_cpu_seconds_total", "process_resident_memory_bytes"};
	const int n_names = (int)(sizeof names / sizeof *names);

	w->scraped = arena_alloc(w->mem, (size_t)(w->n_targets * SCRAPED) * sizeof *w->scraped);
	w->value = arena_calloc(w->mem, (size_t)(w->n_targets * SCRAPED), sizeof *w->value);
	for (int i = 0; i < w->n_targets * SCRAPED; i++) {
		const int target = i / SCRAPED, k = i % SCRAPED;
		const struct label at[] = {
		    {METRIC_NAME, k < n_names ? names[k] : "http_request_duration_seconds_bucket"},
		    {"instance", arena_printf(w->mem, "10.0.%d.%d:9100", target / 200, target % 200)},
		    {"job", arena_printf(w->mem, "service-%d", target / 5)},
		    {"le", k < n_names ? "" : arena_printf(w->mem, "%g", 0.001 * (1 << (k - n_names)))}};

		w->scraped[i] = labels_make(w->mem, at, sizeof at / sizeof *at);
	}
}

/* size 1: what makes a store of about a gigabyte. */
static void
world_open(struct world *w, double size, int64_t end)
{
	*w = (struct world){.mem = arena_open(),
			    .random = {11},
			    .end = end,
			    .n_models = size > 0.15 ? (int)(20 * size) : 3,
			    .n_features = size > 0.15 ? 40 : 10,
			    .n_targets = size > 0.1 ? (int)(50 * size) : 5};
	w->models = arena_calloc(w->mem, (size_t)w->n_models, sizeof *w->models);
	for (int i = 0; i < w->n_models; i++)
		make_model(w, i);
	name_targets(w);
}

static void
release_blobs(struct blobs *b)
{
	for (int size = 0; size < SIZES; size++)
		for (int v = 0; v < VARIANTS; v++)
			buf_release(&b->at[size][v]);
}

static void
world_close(struct world *w)
{
	for (int i = 0; i < w->n_models; i++) {
		for (int k = 0; k < COMMON; k++)
			release_blobs(&w->models[i].common[k]);
		for (int f = 0; f < w->n_features; f++) {
			release_blobs(&w->models[i].features[f].values);
			release_blobs(&w->models[i].features[f].missing);
			edges_unref(w->models[i].features[f].edges);
		}
	}
	arena_close(w->mem);
}

/* ---- what they do at a time ---- */

/* The version that serves at t: the newest since ten days before the end, the one before it for ten days. */
static int
version_at(const struct world *w, int64_t t)
{
	const int64_t age = (w->end - t) / (10 * MS_DAY);

	return age < VERSIONS ? VERSIONS - 1 - (int)age : 0;
}

static bool
serves(const struct world *w, const struct world_model *m, int64_t t)
{
	return m->pattern == 0 ||
	       (m->pattern == 1 ? (w->end - t) % MS_DAY < 14 * MS_HOUR : (w->end - t) % MS_HOUR < 10 * MS_MINUTE);
}

static void
put_window(struct store *s, struct labels l, const char *by, const struct buf *blob, const struct edges *edges,
	   int64_t start)
{
	const struct increment i = {.labels = l,
				    .by = by,
				    .start = start,
				    .kind = sketch_blob_kind(blob->p, blob->len),
				    .blob = blob->p,
				    .n = blob->len,
				    .edges = edges};
	struct err e = ERR_INIT;

	if (blob->len > 0)
		must(store_put_increment(s, &i, &e), &e);
}

/* What fell into the window of one model that begins at start: a blob of this size and variant of each of its series. */
static void
put_model(struct world *w, struct store *s, const struct world_model *m, int64_t start, int size, int variant)
{
	static const char *const by[COMMON] = {"prediction", "status"};
	const struct labels *l = m->labels[version_at(w, start)];

	for (int i = 0; i < COMMON; i++)
		put_window(s, *l++, by[i], &m->common[i].at[size][variant], NULL, start);
	for (int f = 0; f < w->n_features; f++) {
		const struct world_feature *x = &m->features[f];

		put_window(s, *l++, x->categorical ? "category" : NULL, &x->values.at[size][variant], x->edges, start);
		put_window(s, *l++, NULL, &x->missing.at[size][variant], NULL, start);
	}
}

/* Of all that serve at t. */
static void
put_models(struct world *w, struct store *s, int64_t t, int size)
{
	const int64_t width = size > 0 ? size_ms[size] : size_ms[1];
	const int variant = (int)((uint64_t)(t / size_ms[size]) % VARIANTS);

	for (int i = 0; i < w->n_models; i++)
		if (serves(w, &w->models[i], t))
			put_model(w, s, &w->models[i], t / width * width, size, variant);
}

static double
next_value(struct world *w, int k, double was)
{
	if (k == 0)
		return lcg_uniform(&w->random) < 0.999;
	if (k == 2)
		return SCRAPED - 3;
	if (k == 1 || k == 4)
		return 0.01 * (double)(int)(100 * lcg_uniform(&w->random)) + (k == 4 ? 8e7 : 0);
	return was + (double)(int)(lcg_uniform(&w->random) * 20);
}

static void
put_scrape(struct world *w, struct store *s, int target, int64_t t)
{
	struct err e = ERR_INIT;

	for (int k = 0; k < SCRAPED; k++) {
		const int i = target * SCRAPED + k;

		w->value[i] = next_value(w, k, w->value[i]);
		const struct store_sample x = {.labels = w->scraped[i], .t = t, .v = w->value[i]};
		must(store_put_sample(s, &x, &e), &e);
	}
}

/* The scrapes of (from, to]: targets take turns. */
static void
put_scrapes(struct world *w, struct store *s, int64_t from, int64_t to, int64_t every)
{
	for (int i = 0; i < w->n_targets; i++) {
		const int64_t shift = i * every / w->n_targets;

		for (int64_t t = (from - shift) / every * every + every + shift; t <= to; t += every)
			put_scrape(w, s, i, t);
	}
}

#endif
