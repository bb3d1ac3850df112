/*
 * query_series.c -- see query_series.h.
 */
#include "query_series.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chart.h"
#include "mlwatch/clock.h"
#include "mlwatch/json_out.h"
#include "screen.h"

#define LONG_NAME 40

enum { C_CURSOR, C_MARK, C_SERIES, C_NOW, C_MIN, C_MEAN, C_MAX, C_AT_MAX };
static const struct column wide_columns[] = {
    {NULL, 0, 1, false, 0},  {NULL, 1, 1, false, 0},      {"SERIES", 4, LONG_NAME, false, 0},
    {"NOW", 45, 9, true, 0}, {"MIN", 55, 9, true, 0},     {"MEAN", 65, 9, true, 0},
    {"MAX", 75, 9, true, 0}, {"AT MAX", 86, 9, false, 0},
};
static const struct column long_columns[] = {
    {NULL, 0, 1, false, 0},  {NULL, 1, 1, false, 0},   {"SERIES", 4, 62, false, 1}, {"NOW", 67, 9, true, 0},
    {"MIN", 77, 9, true, 0}, {"MEAN", 87, 9, true, 0}, {"MAX", 97, 9, true, 0},     {"AT MAX", 108, 9, false, 0},
};
static const struct column narrow_columns[] = {
    {NULL, 0, 1, false, 0},  {NULL, 1, 1, false, 0},   {"SERIES", 3, 30, false, 1}, {"NOW", 34, 9, true, 0},
    {"MIN", 44, 9, true, 0}, {"MEAN", 54, 9, true, 0}, {"MAX", 64, 9, true, 0},     {"AT MAX", 74, 6, false, 0},
};
/* A name without a number would say nothing. */
static const struct column tiny_columns[] = {
    {NULL, 0, 1, false, 0}, {NULL, 1, 1, false, 0}, {"SERIES", 3, 8, false, 1}, {"NOW", 12, 8, true, 0},
    {NULL, 0, 0, false, 0}, {NULL, 0, 0, false, 0}, {NULL, 0, 0, false, 0},     {NULL, 0, 0, false, 0},
};
static const struct columns tiny = {tiny_columns, 8, 20};
#define TINY_BELOW 43 /* where the narrow table ends before NOW does */
static const struct columns with_long_names = {long_columns, 8, 118};

static const struct answer_series *
series_at(const struct snapshot *n, size_t row)
{
	return &n->query->at[row];
}

static int
longest_name(const struct screen *s)
{
	const struct part_query *q = s->snap->query;
	int longest = 0;

	for (size_t i = 0; q != NULL && i < q->n; i++)
		if (text_width(q->at[i].name) > longest)
			longest = text_width(q->at[i].name);
	return longest;
}

const struct columns *
series_columns(const struct screen *s)
{
	if (s->grid->w < TINY_BELOW)
		return &tiny;
	return !wide(s) ? &table_series.narrow : longest_name(s) > LONG_NAME ? &with_long_names : &table_series.wide;
}

int
series_name_width(const struct screen *s)
{
	const struct columns *c = series_columns(s);
	const int spare = s->grid->w - 2 * wide(s) - c->need;

	return c->at[C_SERIES].w + (c->at[C_SERIES].flex > 0 && spare > 0 ? spare : 0);
}

bool
series_are_brief(const struct screen *s)
{
	return longest_name(s) > series_name_width(s);
}

void
series_number(char out[16], double v)
{
	const double a = fabs(v);

	if (a >= 1e-3 && a < 0.9995)
		snprintf(out, 16, "%#.3g", v);
	else
		short_number(out, v);
}

size_t
series_drawn(const struct screen *s, size_t row[DRAWN_SERIES])
{
	const struct cursor *c = &s->cursor[TABLE_SERIES];
	size_t n = 0;

	for (size_t i = 0; i < c->n && n < DRAWN_SERIES; i++)
		if (table_is_marked(s, TABLE_SERIES, table_series.id(s->snap, c->order[i])))
			row[n++] = c->order[i];
	if (n > 0)
		return n;
	for (; n < c->n && n < DRAWN_SERIES; n++)
		row[n] = c->order[n];
	if (c->at >= n && c->at < c->n && n > 0)
		row[n - 1] = c->order[c->at];
	return n;
}

/* ---- the table ---- */

static size_t
series_rows(const struct snapshot *n)
{
	return n->query != NULL ? n->query->n : 0;
}

static uint64_t
series_id(const struct snapshot *n, size_t row)
{
	return labels_hash(series_at(n, row)->labels);
}

static void
series_fields(const struct snapshot *n, size_t row, struct table_fields *f)
{
	const struct labels l = series_at(n, row)->labels;

	for (size_t i = 0; i < l.n; i++)
		table_field(f, l.at[i].name, l.at[i].value);
}

static void
draw_mark(const struct screen *s, const struct list *l, size_t row)
{
	size_t drawn[DRAWN_SERIES];
	const size_t n = series_drawn(s, drawn);

	for (size_t i = 0; i < n; i++)
		if (drawn[i] == row) {
			list_cellf(l, C_MARK, (STYLE_LINE1 + (unsigned)i) | ATTR_BOLD, "%c", chart_letter(i, n));
			return;
		}
	list_cell(l, C_MARK, STYLE_TEXT, " ");
}

static void
draw_series_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct answer_series *a = series_at(s->snap, row);
	char text[24];

	draw_mark(s, l, row);
	list_cell(l, C_SERIES, STYLE_TEXT, series_are_brief(s) ? a->brief : a->name);
	if (a->histograms && a->n == 0) {
		count_text(text, a->now);
		putf(l->pane, list_field(l, C_NOW).x - l->pane.x, l->y, STYLE_DIM, "histograms, now of %s values",
		     text);
		return;
	}
	const double number[] = {a->now, a->min, a->mean, a->max};
	for (size_t i = 0; i < 4; i++) {
		series_number(text, number[i]);
		list_cell(l, C_NOW + i, STYLE_TEXT, text);
	}
	if (a->n > 0)
		clock_day(s, text, a->max_ms);
	list_cell(l, C_AT_MAX, STYLE_DIM, a->n > 0 ? text : "");
}

static bool
series_value(const struct snapshot *n, size_t row, size_t column, struct sort_value *v)
{
	const struct answer_series *a = series_at(n, row);
	const double number[] = {[C_NOW] = a->now, [C_MIN] = a->min, [C_MEAN] = a->mean, [C_MAX] = a->max};

	v->text = column == C_SERIES ? a->name : NULL;
	if (column >= C_NOW && column <= C_MAX)
		v->number = -number[column]; /* the largest first */
	return column >= C_SERIES && column <= C_MAX;
}

static char *
series_json(const struct snapshot *n, size_t row)
{
	const struct answer_series *a = series_at(n, row);
	json_t *o = json_object();
	char *text;

	json_object_set_new(o, "metric", json_labels(a->labels));
	json_object_set_new(o, "now", json_number(a->now));
	json_object_set_new(o, "min", json_number(a->min));
	json_object_set_new(o, "mean", json_number(a->mean));
	json_object_set_new(o, "max", json_number(a->max));
	json_object_set_new(o, "at_max", json_time(a->max_ms));
	text = json_dumps(o, JSON_INDENT(2));
	json_decref(o);
	return text;
}

const struct table_kind table_series = {.name = "series",
					.leads = true,
					.wide = {wide_columns, 8, 118},
					.narrow = {narrow_columns, 8, 80},
					.nothing = "",
					.rows = series_rows,
					.id = series_id,
					.fields = series_fields,
					.draw = draw_series_row,
					.value = series_value,
					.json = series_json};
