/*
 * baseline.c -- a data set into a reference: rows to columns, which columns are wanted, what to say about them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "column.h"
#include "mlwatch/arena.h"
#include "mlwatch/sketch.h"
#include "mlwatch/xalloc.h"
#include "quantiles.h"

#define BINS_DEFAULT       1000u
#define FINE_MAX           10000u
#define FINE_BINS          ((size_t)500000) /* of all columns together */
#define CATEGORIES_DEFAULT 1000u
#define VALUES_MAX         ((size_t)16 << 20) /* doubles held for all columns together: 128 MiB */

struct baseline {
	const struct baseline_spec *spec;
	struct column *columns; /* name NULL: not wanted */
	size_t n, cap;
	uint64_t rows;
};

struct baseline *
baseline_open(const struct baseline_spec *spec)
{
	struct baseline *b = xcalloc(1, sizeof *b);

	b->spec = spec;
	return b;
}

void
baseline_close(struct baseline *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; i < b->n; i++)
		column_release(&b->columns[i]);
	free(b->columns);
	free(b);
}

static bool
is_among(const struct table_words *w, const char *name)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->at[i], name) == 0)
			return true;
	return false;
}

/* Columns that were used to pick the rows are not features. */
static bool
picks_rows(const struct baseline_spec *s, const char *name)
{
	return (s->head.model != NULL && s->head.model[0] != '\0' && strcmp(name, "model") == 0) ||
	       (s->head.version != NULL && s->head.version[0] != '\0' && strcmp(name, "version") == 0);
}

/* Which of the model's outputs a column is; N_REFERENCE_OUTPUTS: a feature. */
static int
output_of(const struct baseline_spec *s, const char *name)
{
	for (int i = 0; i < N_REFERENCE_OUTPUTS; i++)
		if (s->output[i] != NULL && strcmp(s->output[i], name) == 0)
			return i;
	return N_REFERENCE_OUTPUTS;
}

static void
add_column(void *arg, const char *name)
{
	static const enum column_type output_type[] = {
	    [REFERENCE_PREDICTION] = COLUMN_CATEGORICAL, [REFERENCE_SCORE] = COLUMN_NUMERIC, COLUMN_INFER};
	struct baseline *b = arg;
	const struct baseline_spec *s = b->spec;
	const int output = output_of(s, name);
	enum column_type type = output_type[output];
	bool asked = output < N_REFERENCE_OUTPUTS || is_among(&s->only, name);

	xgrow(b->columns, b->n, b->cap);
	b->columns[b->n] = (struct column){0};
	b->n++;
	if (name[0] == '\0' || (s->only.n > 0 && !asked) ||
	    (output == N_REFERENCE_OUTPUTS && is_among(&s->except, name)) || (!asked && picks_rows(s, name)))
		return;
	for (size_t i = 0; i < s->n_types && type == COLUMN_INFER; i++)
		if (strcmp(s->types[i].name, name) == 0)
			type = s->types[i].type;
	column_open(&b->columns[b->n - 1], name, type, asked,
		    s->max_categories > 0 ? s->max_categories : CATEGORIES_DEFAULT);
	for (size_t i = 0; i < b->n; i++)
		if (b->columns[i].values != NULL)
			quantiles_limit(b->columns[i].values, VALUES_MAX / (b->n > 8 ? b->n : 8));
}

static void
add_row(void *arg, const struct cell *cells, size_t n)
{
	struct baseline *b = arg;

	b->rows++;
	for (size_t i = 0; i < n; i++)
		if (b->columns[cells[i].column].name != NULL)
			column_cell(&b->columns[cells[i].column], &cells[i], &b->spec->missing);
}

struct table_sink
baseline_sink(struct baseline *b)
{
	return (struct table_sink){b, add_column, add_row};
}

static size_t
bins_for(const struct baseline *b)
{
	size_t fine = FINE_BINS / (b->n > 0 ? b->n : 1);

	if (b->spec->max_bins > 0)
		return b->spec->max_bins;
	if (!b->spec->fine || fine < BINS_DEFAULT)
		return BINS_DEFAULT;
	return fine < FINE_MAX ? fine : FINE_MAX;
}

static double
finish_column(const struct baseline *b, struct column *c, struct reference *r, size_t max_bins)
{
	const int output = output_of(b->spec, c->name);
	struct arena *mem = arena_open();
	struct reference_feature f = column_finish(c, mem, b->rows, max_bins);

	if (output < N_REFERENCE_OUTPUTS)
		reference_set_output(r, (enum reference_output)output, &f);
	else
		reference_add(r, &f);
	edges_unref(f.edges);
	arena_close(mem);
	return f.rank_error;
}

struct reference *
baseline_finish(struct baseline *b, baseline_note_fn *fn, void *arg)
{
	struct reference_head head = b->spec->head;
	size_t max_bins = bins_for(b);
	struct reference *r;

	head.rows = b->rows;
	r = reference_open(&head);
	for (size_t i = 0; i < b->n; i++) {
		struct column *c = &b->columns[i];
		enum column_note note;
		double rank_error;
		char text[160];

		if (c->name == NULL)
			continue;
		column_decide(c);
		note = column_note(c, text, sizeof text);
		if (note != NOTE_NONE && fn != NULL)
			fn(arg, c->name, note, text);
		if (column_is_left_out(note))
			continue;
		rank_error = finish_column(b, c, r, max_bins);
		if (rank_error > 0 && fn != NULL) {
			snprintf(text, sizeof text, "too many distinct values to count: ranks are good to %.2g %%",
				 100 * rank_error);
			fn(arg, c->name, NOTE_SAMPLED, text);
		}
		column_release(c);
		*c = (struct column){0};
	}
	return r;
}
