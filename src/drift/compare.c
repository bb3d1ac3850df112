/*
 * compare.c -- the rows of a data set into histograms on a reference's edges: one set per worker, added up at the end. Memory is that
 * of the histograms, whatever the number of rows.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/baseline.h"
#include "mlwatch/buf.h"
#include "mlwatch/hash.h"
#include "mlwatch/histogram.h"
#include "mlwatch/sketch.h"
#include "mlwatch/xalloc.h"

/* Values wait in batches until their feature's turn: a batch finds the histogram in the cache, single values would not. */
#define BATCH_MIN      64
#define BATCH_MAX      8192
#define BATCHES        ((size_t)1 << 19) /* values that wait, of all features of a worker */
#define CATEGORIES_MAX 10000

struct tally { /* of one feature */
	struct edgehist *hist;
	struct categories *categories;
	struct buf scratch;
	uint64_t missing, invalid, present;
	size_t n;
	double *batch;
};

struct side { /* of one worker */
	struct compare *c;
	struct tally *at;
	size_t *feature; /* by column; SIZE_MAX: not in the reference */
	size_t n_columns, cap_columns;
	uint64_t rows;
	size_t room; /* of a batch */
};

struct compare {
	const struct reference *ref;
	const struct table_words *missing;
	struct side *sides;
	size_t workers;
	struct arena *mem; /* of the feature that is being compared */
	struct drift_feature *features;
};

static const struct table_words no_words;

struct compare *
compare_open(const struct reference *ref, const struct table_words *missing, size_t workers)
{
	struct compare *c = xcalloc(1, sizeof *c);
	size_t room = BATCHES / (reference_features(ref) + 1);

	room = room < BATCH_MIN ? BATCH_MIN : room > BATCH_MAX ? BATCH_MAX : room;
	c->ref = ref;
	c->missing = missing != NULL ? missing : &no_words;
	c->workers = workers;
	c->mem = arena_open();
	c->sides = xcalloc(workers, sizeof *c->sides);
	for (size_t w = 0; w < workers; w++) {
		c->sides[w].c = c;
		c->sides[w].room = room;
		c->sides[w].at = xcalloc(reference_features(ref) + 1, sizeof *c->sides[w].at);
	}
	return c;
}

void
compare_close(struct compare *c)
{
	if (c == NULL)
		return;
	for (size_t w = 0; w < c->workers; w++) {
		for (size_t i = 0; i < reference_features(c->ref); i++) {
			edgehist_close(c->sides[w].at[i].hist);
			categories_close(c->sides[w].at[i].categories);
			free(c->sides[w].at[i].batch);
			buf_release(&c->sides[w].at[i].scratch);
		}
		free(c->sides[w].at);
		free(c->sides[w].feature);
	}
	free(c->sides);
	free(c->features);
	arena_close(c->mem);
	free(c);
}

static size_t
index_of(const struct reference *r, const char *name)
{
	const struct reference_feature *f = reference_feature_find(r, name);

	return f != NULL ? (size_t)(f - reference_feature_at(r, 0)) : SIZE_MAX;
}

static void
add_column(void *arg, const char *name)
{
	struct side *s = arg;
	size_t i = index_of(s->c->ref, name);

	xgrow(s->feature, s->n_columns, s->cap_columns);
	s->feature[s->n_columns++] = i;
	if (i == SIZE_MAX)
		return;
	if (reference_feature_at(s->c->ref, i)->categorical) {
		if (s->at[i].categories == NULL)
			s->at[i].categories = categories_open(CATEGORIES_MAX);
	} else if (s->at[i].hist == NULL) {
		s->at[i].hist = edgehist_open(reference_feature_at(s->c->ref, i)->edges);
		s->at[i].batch = xcalloc(s->room, sizeof *s->at[i].batch);
	}
}

static void
flush(struct tally *t)
{
	if (t->hist != NULL)
		edgehist_add_n(t->hist, t->batch, t->n);
	t->n = 0;
}

static inline void
add_value(struct tally *t, size_t room, double v)
{
	t->batch[t->n++] = v;
	if (t->n == room)
		flush(t);
}

static void
add_other(struct tally *t, size_t room, const struct cell *cell, const struct table_words *missing)
{
	if (cell->kind == CELL_BOOL)
		add_value(t, room, *cell->p == 't');
	else if (cell->kind == CELL_NULL || table_is_missing(cell->p, cell->n, missing))
		t->missing++;
	else
		t->invalid++;
}

static void
count_category(struct tally *t, const char *p, size_t n)
{
	table_text(&t->scratch, &p, &n);
	categories_add(t->categories, categories_intern(t->categories, p, n, hash_bytes(p, n, 0)), 1);
}

static void
add_category(struct tally *t, const struct cell *cell, const struct table_words *missing)
{
	if (cell->kind == CELL_NULL || cell->kind == CELL_OTHER ||
	    (cell->kind == CELL_TEXT && cell->n <= 9 && table_is_missing(cell->p, cell->n, missing)))
		t->missing++;
	else
		count_category(t, cell->p, cell->n);
}

static void
add_row(void *arg, const struct cell *cells, size_t n)
{
	struct side *s = arg;
	double v;

	s->rows++;
	for (size_t i = 0; i < n; i++) {
		size_t f = s->feature[cells[i].column];
		struct tally *t;

		if (f == SIZE_MAX)
			continue;
		t = &s->at[f];
		t->present++;
		if (t->hist == NULL)
			add_category(t, &cells[i], s->c->missing);
		else if (cells[i].kind <= CELL_STRING && table_number(cells[i].p, cells[i].n, &v))
			add_value(t, s->room, v);
		else
			add_other(t, s->room, &cells[i], s->c->missing);
	}
}

struct table_sink
compare_sink(struct compare *c, size_t worker)
{
	return (struct table_sink){&c->sides[worker], add_column, add_row};
}

struct gather {
	struct arena *mem;
	struct category_count *at;
	size_t n, cap;
};

static void
gather_category(void *arg, const char *name, size_t n, uint64_t count)
{
	struct gather *g = arg;

	if (g->n == g->cap) {
		size_t cap = g->cap > 0 ? g->cap * 2 : 16;

		g->at = arena_realloc(g->mem, g->at, g->cap * sizeof *g->at, cap * sizeof *g->at);
		g->cap = cap;
	}
	g->at[g->n++] = (struct category_count){arena_strndup(g->mem, name, n), (double)count};
}

/* Adds the workers' tallies of one feature into the first that has it. */
static void
compare_one(struct compare *c, size_t i, uint64_t rows)
{
	const struct reference_feature *ref = reference_feature_at(c->ref, i);
	struct edgehist *sum = NULL;
	struct gather g = {c->mem, NULL, 0, 0};
	uint64_t missing = 0, invalid = 0, present = 0;

	for (size_t w = 0; w < c->workers; w++) {
		struct tally *t = &c->sides[w].at[i];

		flush(t);
		missing += t->missing;
		invalid += t->invalid;
		present += t->present;
		if (t->categories != NULL)
			categories_each(t->categories, gather_category, &g);
		if (t->hist != NULL && sum != NULL)
			edgehist_merge(sum, t->hist);
		else if (t->hist != NULL)
			sum = t->hist;
	}
	drift_feature_compare(&c->features[i], ref, sum != NULL ? edgehist_histogram(c->mem, sum) : NULL,
			      (struct category_set){g.at, g.n}, c->mem);
	c->features[i].cur.missing = missing + (rows - present);
	c->features[i].invalid = invalid;
	arena_reset(c->mem); /* nothing of it is in the report */
}

struct drift_report
compare_finish(struct compare *c, const struct drift_policy *policy)
{
	size_t n = reference_features(c->ref);
	struct drift_report r = {0};
	uint64_t rows = 0;

	for (size_t w = 0; w < c->workers; w++)
		rows += c->sides[w].rows;
	c->features = xcalloc(n + 1, sizeof *c->features);
	for (size_t i = 0; i < n; i++)
		compare_one(c, i, rows);
	r.at = c->features;
	r.n = n;
	drift_judge(&r, policy);
	return r;
}
