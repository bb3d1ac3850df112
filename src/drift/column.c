/*
 * column.c -- one column of a data set: is it numbers or categories, what is in it, is it worth keeping?
 *
 * The type is decided after so many values (or at the end): numbers when nearly all of them read like numbers. Until then
 * both kinds are kept. What is an identifier says nothing about a distribution and would only alarm: it is left out.
 */
#include "column.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mlwatch/arena.h"
#include "mlwatch/hash.h"
#include "mlwatch/histogram.h"
#include "mlwatch/sketch.h"
#include "mlwatch/xalloc.h"
#include "quantiles.h"

#define DECIDE_AFTER   1000u
#define NUMBERS_SHARE  0.95 /* of the values, for a numeric column */
#define IDENTIFIER_MIN 100u /* rows; fewer cannot tell */

void
column_open(struct column *c, const char *name, enum column_type wanted, bool forced, size_t max_categories)
{
	*c = (struct column){
	    .name = xstrdup(name), .wanted = wanted, .forced = forced, .max_categories = max_categories};
	c->increasing = c->integers = true;
	c->last = -INFINITY;
	c->min = INFINITY;
	c->max = -INFINITY;
	c->type = wanted;
	if (wanted != COLUMN_CATEGORICAL)
		c->values = quantiles_open();
	if (wanted != COLUMN_NUMERIC)
		c->categories = categories_open(max_categories);
}

void
column_release(struct column *c)
{
	free(c->name);
	quantiles_close(c->values);
	categories_close(c->categories);
	buf_release(&c->scratch);
}

void
column_decide(struct column *c)
{
	if (c->type != COLUMN_INFER)
		return;
	if ((double)c->numbers >= NUMBERS_SHARE * (double)(c->numbers + c->texts)) {
		c->type = COLUMN_NUMERIC;
		categories_close(c->categories);
		c->categories = NULL;
	} else {
		c->type = COLUMN_CATEGORICAL;
		quantiles_close(c->values);
		c->values = NULL;
	}
}

static void
add_number(struct column *c, double v)
{
	long double d;

	v += 0.0; /* -0.0 is 0.0 */
	if (c->numbers++ == 0)
		c->origin = v;
	d = (long double)v - c->origin;
	c->s1 += d;
	c->s2 += d * d;
	c->min = v < c->min ? v : c->min;
	c->max = v > c->max ? v : c->max;
	c->increasing = c->increasing && v > c->last;
	c->integers = c->integers && v == rint(v);
	c->last = v;
	if (c->values != NULL)
		quantiles_add(c->values, v);
}

static void
add_category(struct column *c, const char *p, size_t n)
{
	if (c->categories == NULL)
		return;
	table_text(&c->scratch, &p, &n);
	categories_add(c->categories, categories_intern(c->categories, p, n, hash_bytes(p, n, 0)), 1);
}

static bool
as_number(const struct cell *cell, enum column_type type, double *v)
{
	switch (cell->kind) {
	case CELL_TEXT:
	case CELL_NUMBER:
		return table_number(cell->p, cell->n, v);
	case CELL_STRING:
		return type == COLUMN_NUMERIC && table_number(cell->p, cell->n, v);
	case CELL_BOOL:
		*v = *cell->p == 't';
		return type == COLUMN_NUMERIC;
	default:
		return false;
	}
}

void
column_cell(struct column *c, const struct cell *cell, const struct table_words *missing)
{
	double v;

	c->present++;
	if (cell->kind == CELL_NULL || cell->kind == CELL_OTHER) {
		c->missing++;
		return;
	}
	if (c->type != COLUMN_CATEGORICAL && as_number(cell, c->type, &v)) {
		add_number(c, v);
	} else if (cell->kind != CELL_NUMBER && (cell->kind == CELL_TEXT || missing->n > 0 || cell->n == 0) &&
		   table_is_missing(cell->p, cell->n, missing)) {
		c->missing++;
		return;
	} else if (c->type == COLUMN_NUMERIC) {
		c->not_numbers++;
		c->missing++;
		return;
	} else {
		c->texts++;
	}
	add_category(c, cell->p, cell->n);
	if (c->type == COLUMN_INFER && c->numbers + c->texts >= DECIDE_AFTER)
		column_decide(c);
}

static uint64_t
values_of(const struct column *c)
{
	return c->type == COLUMN_NUMERIC ? c->numbers : categories_total(c->categories);
}

static void
count_category(void *arg, const char *name, size_t n, uint64_t count)
{
	(void)name, (void)n, (void)count;
	++*(size_t *)arg;
}

static bool
ends_like_an_id(const char *name)
{
	static const char *const ends[] = {"id", "uuid", "guid", "key"};
	size_t n = strlen(name);

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		size_t m = strlen(ends[i]);

		if (n >= m && strcasecmp(name + n - m, ends[i]) == 0 &&
		    (n == m || name[n - m - 1] == '_' || name[n - m - 1] == '-' || name[n - m - 1] == '.' ||
		     name[n - m] == 'I'))
			return true;
	}
	return false;
}

/* 2026-03-01, with or without a time. */
static bool
starts_like_a_date(const char *p, size_t n)
{
	static const char shape[] = "0000-00-00";

	if (n < sizeof shape - 1)
		return false;
	for (size_t i = 0; i < sizeof shape - 1; i++)
		if (shape[i] == '0' ? p[i] < '0' || p[i] > '9' : p[i] != shape[i])
			return false;
	return true;
}

static void
count_date(void *arg, const char *name, size_t n, uint64_t count)
{
	uint64_t *dates = arg;

	*dates += starts_like_a_date(name, n) ? count : 0;
}

/* Tomorrow's dates are always new. */
static bool
is_time(const struct column *c, uint64_t n)
{
	uint64_t dates = 0;

	if (c->categories == NULL || c->forced || c->wanted != COLUMN_INFER)
		return false;
	categories_each(c->categories, count_date, &dates);
	return (double)(dates + categories_folded(c->categories)) >= NUMBERS_SHARE * (double)n && dates > 0;
}

static bool
is_identifier(const struct column *c, uint64_t n, size_t categories)
{
	if (c->forced || c->wanted != COLUMN_INFER || n < IDENTIFIER_MIN)
		return false;
	if (c->type == COLUMN_NUMERIC)
		return c->integers && (c->increasing || (ends_like_an_id(c->name) && c->max - c->min >= (double)n));
	return (double)categories >= 0.9 * (double)n || (double)categories_folded(c->categories) > 0.5 * (double)n;
}

enum column_note
column_note(const struct column *c, char *text, size_t size)
{
	uint64_t n = values_of(c);
	size_t categories = 0;

	if (c->categories != NULL)
		categories_each(c->categories, count_category, &categories);
	text[0] = '\0';
	if (n == 0) {
		snprintf(text, size, "no values");
		return NOTE_EMPTY;
	}
	if (is_time(c, n)) {
		snprintf(text, size, "dates or times: they are always new");
		return NOTE_IDENTIFIER;
	}
	if (is_identifier(c, n, categories)) {
		snprintf(text, size,
			 c->type == COLUMN_NUMERIC ? "an identifier: whole numbers that never repeat"
						   : "an identifier: nearly every row has its own value");
		return NOTE_IDENTIFIER;
	}
	if (c->not_numbers > 0) {
		snprintf(text, size, "%llu values are no numbers and count as missing",
			 (unsigned long long)c->not_numbers);
		return NOTE_NOT_NUMBERS;
	}
	if (c->type == COLUMN_NUMERIC ? c->min == c->max : categories == 1) {
		snprintf(text, size, "always the same value");
		return NOTE_CONSTANT;
	}
	if (c->categories != NULL && categories_folded(c->categories) > 0) {
		snprintf(text, size, "more than %zu categories: the rest counts as " CATEGORY_OTHER, c->max_categories);
		return NOTE_FOLDED;
	}
	return NOTE_NONE;
}

bool
column_is_left_out(enum column_note note)
{
	return note == NOTE_IDENTIFIER || note == NOTE_EMPTY;
}

/* The edges for values v[0..n): all of them, or quantiles of the reference with the deciles, and log-spaced ones in the tails. */
struct edge_list {
	double *at;
	size_t n;
};

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
tail_edges(struct edge_list *e, double from, double extreme)
{
	for (int k = 0; k < 10; k++)
		e->at[e->n++] = from + ldexp(extreme - from, -k);
}

static struct edge_list
choose_edges(const struct weighted *v, size_t n, uint64_t total, size_t max_bins)
{
	struct edge_list e = {xcalloc(n < max_bins ? n + 1 : max_bins + 64, sizeof *e.at), 0};
	double rank = 0, low = v[0].v, high = v[n - 1].v;
	size_t i = 0, k = 0;

	if (n <= max_bins) {
		for (; i < n; i++)
			e.at[e.n++] = v[i].v;
		return e;
	}
	for (size_t b = 1, d = 1; b <= max_bins || d <= 10;) {
		double wb = b <= max_bins ? ceil((double)total * (double)b / (double)max_bins) : INFINITY;
		double wd = d <= 10 ? ceil((double)total * (double)d / 10) : INFINITY, want = fmin(wb, wd);

		b += wb <= want;
		d += wd <= want;
		while (i + 1 < n && rank + (double)v[i].n < want)
			rank += (double)v[i++].n;
		e.at[e.n++] = v[i].v;
		if (want <= 0.001 * (double)total)
			low = v[i].v;
		if (want <= 0.999 * (double)total)
			high = v[i].v;
	}
	tail_edges(&e, low, v[0].v);
	tail_edges(&e, high, v[n - 1].v);
	qsort(e.at, e.n, sizeof *e.at, by_value);
	for (i = 0; i < e.n; i++)
		if (isfinite(e.at[i]) && (k == 0 || e.at[i] > e.at[k - 1]))
			e.at[k++] = e.at[i];
	e.n = k;
	return e;
}

/* Counts the values into the edges' bins. */
static struct histogram *
count_bins(struct arena *mem, const struct edges *e, const struct weighted *v, size_t n)
{
	struct histogram *h = arena_calloc(mem, 1, sizeof *h);
	struct edge_bins *b = arena_calloc(mem, 1, sizeof *b);
	uint32_t *bin = arena_alloc(mem, (2 * e->n + 1) * sizeof *bin);
	double *count = arena_alloc(mem, (2 * e->n + 1) * sizeof *count),
	       *sum = arena_alloc(mem, (2 * e->n + 1) * sizeof *sum);
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t at;
		double w = (double)v[i].n;

		while (k < e->n && e->at[k] < v[i].v)
			k++;
		at = (uint32_t)(2 * k + (k < e->n && e->at[k] == v[i].v));
		if (b->n == 0 || bin[b->n - 1] != at) {
			bin[b->n] = at;
			count[b->n] = sum[b->n] = 0;
			b->n++;
		}
		count[b->n - 1] += w;
		sum[b->n - 1] += w * v[i].v;
		h->count += w;
		h->sum += w * v[i].v;
	}
	*b = (struct edge_bins){e, b->n, bin, count, sum, 0, 0, 0, 0};
	h->schema = HIST_EDGES;
	h->bins = b;
	return h;
}

static void
finish_numeric(struct column *c, struct reference_feature *f, struct arena *mem, size_t max_bins)
{
	long double n = (long double)c->numbers, shift = c->s1 / n;
	struct edge_list list;
	struct weighted *v;
	struct edge_bins *b;
	struct histogram *h;
	size_t distinct;

	f->min = c->min;
	f->max = c->max;
	f->mean = (double)(c->origin + shift);
	f->stddev = (double)sqrtl(fmaxl(c->s2 / n - shift * shift, 0));
	v = quantiles_all(c->values, &distinct, &f->rank_error);
	list = choose_edges(v, distinct, c->numbers, max_bins);
	f->edges = edges_make(list.at, list.n, f->mean);
	h = count_bins(mem, f->edges, v, distinct);
	b = (struct edge_bins *)(uintptr_t)h->bins;
	b->min = c->min;
	b->max = c->max;
	b->s2 = h->count * f->stddev * f->stddev;
	f->hist = h;
	free(v);
	free(list.at);
}

struct gather {
	struct arena *mem;
	struct category_count *at;
	size_t n;
};

static void
gather_category(void *arg, const char *name, size_t n, uint64_t count)
{
	struct gather *g = arg;

	g->at[g->n++] = (struct category_count){arena_strndup(g->mem, name, n), (double)count};
}

static void
finish_categories(struct column *c, struct reference_feature *f, struct arena *mem)
{
	size_t n = 0;
	struct gather g = {mem, NULL, 0};

	categories_each(c->categories, count_category, &n);
	g.at = arena_alloc(mem, (n + 1) * sizeof *g.at);
	categories_each(c->categories, gather_category, &g);
	f->categorical = true;
	f->categories = (struct category_set){g.at, g.n};
}

struct reference_feature
column_finish(struct column *c, struct arena *mem, uint64_t rows, size_t max_bins)
{
	struct reference_feature f = {.name = c->name, .rows = rows, .missing = rows - values_of(c)};

	if (c->type == COLUMN_NUMERIC)
		finish_numeric(c, &f, mem, max_bins);
	else
		finish_categories(c, &f, mem);
	return f;
}
