/*
 * baseline_store.c -- mlwatch baseline --from-store: what the agent has stored of a model, frozen into a reference.
 *
 * Reads windows through PromQL, so that it is what any query over the same span gives. A feature that was binned on a
 * reference keeps those edges; one without has an exponential histogram, whose bucket limits (0.3 % apart) become the edges.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/drift.h"
#include "mlwatch/histogram.h"
#include "mlwatch/promql.h"
#include "mlwatch/reader.h"
#include "mlwatch/sketch.h"

#include "baseline_private.h"
#include "command_private.h"

struct freeze {
	const struct command_line *line;
	const struct baseline_options *o;
	const struct promql *promql;
	int64_t now;
	struct err e;
};

/* by-clause over increase() of a metric of the model; the caller releases. */
static int
ask(struct freeze *f, const char *by, const char *metric, struct promql_result *out)
{
	struct buf text = BUF_INIT;
	struct expr *x;
	int rc = -1;

	buf_addf(&text, "sum by (%s) (increase(%s{model=", by, metric);
	buf_addc(&text, '"');
	for (const char *c = f->o->data.model; *c != '\0'; c++)
		buf_addf(&text, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
	buf_addstr(&text, "\"");
	if (f->o->data.version != NULL) {
		buf_addstr(&text, ",version=\"");
		for (const char *c = f->o->data.version; *c != '\0'; c++)
			buf_addf(&text, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
		buf_addc(&text, '"');
	}
	buf_addf(&text, "}[%lldms]))", (long long)f->o->since);
	x = promql_parse(buf_str(&text), &f->e);
	if (x != NULL)
		rc = promql_instant(f->promql, x, f->now, out, &f->e);
	expr_close(x);
	buf_release(&text);
	return rc;
}

static double
count_of(const struct promql_result *r, const char *feature)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(labels_get(r->vector[i].labels, "feature"), feature) == 0)
			return r->vector[i].v;
	return 0;
}

/* An exponential histogram's bucket limits as edges; what is in a bucket lies between two of them. */
static struct edges *
limits_as_edges(struct arena *mem, const struct histogram *h, struct histogram **out)
{
	struct bucket_iter it;
	struct bucket b;
	size_t cap = 2 * (h->pos.n + h->neg.n) + 4, n = 0;
	double *at = arena_alloc(mem, cap * sizeof *at);
	struct edgehist *counted;
	struct edges *e;

	for (histogram_each(&it, h); bucket_next(&it, &b);) {
		if (b.count > 0 && isfinite(b.lower) && (n == 0 || b.lower > at[n - 1]))
			at[n++] = b.lower;
		if (b.count > 0 && isfinite(b.upper) && (n == 0 || b.upper > at[n - 1]))
			at[n++] = b.upper;
	}
	e = edges_make(at, n, h->count > 0 ? h->sum / h->count : 0);
	counted = edgehist_open(e);
	for (histogram_each(&it, h); bucket_next(&it, &b);)
		edgehist_add_times(counted, (b.lower + b.upper) / 2, (uint64_t)b.count);
	*out = edgehist_histogram(mem, counted);
	edgehist_close(counted);
	return e;
}

/* What a histogram says of a numeric column; the caller lets the edges go. */
static struct reference_feature
numeric_of(struct arena *mem, const char *name, const struct histogram *h, double missing)
{
	struct reference_feature f = {.name = name};
	struct histogram *binned = NULL;
	struct moments m;

	if (h->schema == HIST_EDGES) {
		f.edges = edges_make(h->bins->edges->at, h->bins->edges->n, h->bins->edges->center);
		f.hist = h;
	} else {
		f.edges = limits_as_edges(mem, h, &binned);
		f.hist = binned;
	}
	m = histogram_moments(f.hist);
	f.rows = (uint64_t)(h->count + missing);
	f.missing = (uint64_t)missing;
	f.min = f.hist->bins->min;
	f.max = f.hist->bins->max;
	f.mean = m.mean;
	f.stddev = m.stddev;
	return f;
}

static void
add_numeric(struct reference *r, const char *name, const struct histogram *h, double missing)
{
	struct arena *mem = arena_open();
	const struct reference_feature f = numeric_of(mem, name, h, missing);

	reference_add(r, &f);
	edges_unref(f.edges);
	arena_close(mem);
}

static void
add_all_numeric(struct reference *r, const struct promql_result *features, const struct promql_result *missing)
{
	for (size_t i = 0; i < features->n; i++) {
		const struct vector_sample *v = &features->vector[i];
		const char *name = labels_get(v->labels, "feature");

		if (v->h != NULL && v->h->count > 0)
			add_numeric(r, name, v->h, count_of(missing, name));
	}
}

static void
add_all_categorical(struct reference *r, const struct promql_result *counts, const struct promql_result *missing)
{
	struct arena *mem = arena_open();

	for (size_t i = 0; i < counts->n; i++) {
		const char *name = labels_get(counts->vector[i].labels, "feature");
		struct category_count *c = arena_alloc(mem, counts->n * sizeof *c);
		struct reference_feature f = {.name = name, .categorical = true};
		double n = 0;

		if (reference_feature_find(r, name) != NULL)
			continue;
		f.categories.at = c;
		for (size_t k = i; k < counts->n; k++) {
			const struct vector_sample *v = &counts->vector[k];

			if (strcmp(labels_get(v->labels, "feature"), name) != 0 || !(v->v > 0))
				continue;
			c[f.categories.n++] = (struct category_count){labels_get(v->labels, "category"), v->v};
			n += v->v;
		}
		f.missing = (uint64_t)count_of(missing, name);
		f.rows = (uint64_t)n + f.missing;
		if (n > 0)
			reference_add(r, &f);
	}
	arena_close(mem);
}

/* Failed predictions have no answer: they are what is missing. */
static void
set_outputs(struct reference *r, const struct promql_result *answers, const struct promql_result *scores)
{
	struct arena *mem = arena_open();
	struct category_count *c = arena_alloc(mem, (answers->n + 1) * sizeof *c);
	struct reference_feature f = {.name = "prediction", .categorical = true, .categories = {c, 0}};
	double n = 0;

	for (size_t i = 0; i < answers->n; i++) {
		const struct vector_sample *v = &answers->vector[i];

		f.rows += (uint64_t)v->v;
		if (labels_get(v->labels, "prediction")[0] == '\0' || !(v->v > 0))
			continue;
		c[f.categories.n++] = (struct category_count){labels_get(v->labels, "prediction"), v->v};
		n += v->v;
	}
	f.missing = f.rows - (uint64_t)n;
	if (n > 0)
		reference_set_output(r, REFERENCE_PREDICTION, &f);
	if (scores->n > 0 && scores->vector[0].h != NULL && scores->vector[0].h->count > 0) {
		f = numeric_of(mem, "score", scores->vector[0].h, 0);
		reference_set_output(r, REFERENCE_SCORE, &f);
		edges_unref(f.edges);
	}
	arena_close(mem);
}

static int
freeze(struct freeze *f, const struct reference_head *head, struct reference **out)
{
	struct promql_result rows = {0}, numeric = {0}, categories = {0}, missing = {0}, answers = {0}, scores = {0};
	struct reference_head filled = *head;
	int rc = -1;

	if (ask(f, "model", "ml_predictions_total", &rows) < 0 || ask(f, "feature", "ml_feature", &numeric) < 0 ||
	    ask(f, "feature, category", "ml_feature_category_total", &categories) < 0 ||
	    ask(f, "feature", "ml_feature_missing_total", &missing) < 0 ||
	    ask(f, "prediction", "ml_predictions_total", &answers) < 0 || ask(f, "model", "ml_score", &scores) < 0)
		goto out;
	if (rows.n == 0 || !(rows.vector[0].v > 0)) {
		err_set(&f->e, ERR_FILE, "the store has no predictions of model '%s' in this span", f->o->data.model);
		goto out;
	}
	filled.rows = (uint64_t)rows.vector[0].v;
	*out = reference_open(&filled);
	add_all_numeric(*out, &numeric, &missing);
	add_all_categorical(*out, &categories, &missing);
	set_outputs(*out, &answers, &scores);
	rc = 0;
out:
	promql_result_release(&rows);
	promql_result_release(&numeric);
	promql_result_release(&categories);
	promql_result_release(&missing);
	promql_result_release(&answers);
	promql_result_release(&scores);
	return rc;
}

int
baseline_from_store(const struct command_line *line, const struct reference_head *head, struct reference **out)
{
	struct freeze f = {line, line->options, NULL, clock_now(), ERR_INIT};
	struct reader *rd = NULL;
	char *path;
	int code;

	path = command_store_path(line, &code);
	if (path == NULL)
		return code;
	if (reader_open(&rd, path, &f.e) < 0) {
		free(path);
		return command_fail(line, &f.e);
	}
	f.promql = reader_promql(rd);
	code = freeze(&f, head, out) < 0 ? command_fail(line, &f.e) : 0;
	reader_close(rd);
	free(path);
	return code;
}
