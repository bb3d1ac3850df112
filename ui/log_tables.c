/*
 * log_tables.c -- see log_tables.h.
 */
#include "log_tables.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "chart.h"
#include "mlwatch/clock.h"
#include "mlwatch/hash.h"
#include "mlwatch/view_json.h"
#include "screen.h"

const char *
log_file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* ---- files ---- */

enum { F_CURSOR, F_GLYPH, F_JOB, F_FILE, F_RATE, F_SIZE, F_BEHIND, F_LAG, F_BAD, F_LAST, F_HOUR };
static const struct column file_wide[] = {
    {NULL, 0, 1, false, 0},         {NULL, 1, 1, false, 0},           {"JOB", 4, 11, false, 1},
    {"FILE", 16, 25, false, 3},     {"LINES/S", 42, 7, true, 0},      {"SIZE", 51, 8, true, 0},
    {"BEHIND", 61, 8, true, 0},     {"LAG", 71, 5, true, 0},          {"BAD 1h", 77, 7, true, 0},
    {"LAST LINE", 85, 13, true, 0}, {"LAST HOUR", 100, 16, false, 0},
};
static const struct column file_narrow[] = {
    {NULL, 0, 1, false, 0},      {NULL, 1, 1, false, 0},         {"JOB", 3, 9, false, 1},    {"FILE", 13, 20, false, 3},
    {"LINES/S", 34, 7, true, 0}, {"SIZE", 42, 6, true, 0},       {"BEHIND", 49, 6, true, 0}, {"LAG", 56, 3, true, 0},
    {"BAD 1h", 60, 6, true, 0},  {"LAST LINE", 67, 12, true, 0}, {NULL, 0, 0, false, 0},
};

static size_t
file_rows(const struct snapshot *n)
{
	return n->o.n_files;
}

static uint64_t
file_id(const struct snapshot *n, size_t row)
{
	return hash_mix(hash_str(n->o.files[row].job), hash_str(n->o.files[row].path));
}

static enum health
file_health(const struct snapshot *n, size_t row)
{
	return n->o.files[row].health;
}

static void
file_fields(const struct snapshot *n, size_t row, struct table_fields *f)
{
	table_field(f, "job", n->o.files[row].job);
	table_field(f, "file", n->o.files[row].path);
	table_field(f, "error", n->o.files[row].error);
}

void
log_rate_text(char out[16], double per_second)
{
	if (isnan(per_second))
		snprintf(out, 16, "-");
	else
		snprintf(out, 16, per_second > 0 && per_second < 9.95 ? "%.1f" : "%.0f", per_second);
}

static void
last_line_text(const struct screen *s, const struct view_log_file *f, char out[40])
{
	char age[16];

	age_text(s, age, f->last_line_ms);
	snprintf(out, 40, "%s%s", age, f->deleted ? ", deleted" : f->rotated ? ", rotated" : "");
}

static void
draw_file_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct view_log_file *f = &s->snap->o.files[row];
	const struct part_strips *hours = s->snap->logs;
	const bool quiet = !f->open && f->health == HEALTH_OK;
	char text[40];

	list_cell(l, F_GLYPH, quiet ? STYLE_DIM : health_style(f->health), view_file_glyph(f));
	list_cell(l, F_JOB, STYLE_TEXT, f->job);
	list_cell(l, F_FILE, STYLE_TEXT, log_file_name(f->path));
	log_rate_text(text, f->lines_per_s);
	list_cell(l, F_RATE, STYLE_TEXT, text);
	quantity_text(text, (struct quantity){(double)f->size, UNIT_BYTES, NULL});
	list_cell(l, F_SIZE, STYLE_TEXT, text);
	quantity_text(text, (struct quantity){(double)f->lag_bytes, UNIT_BYTES, NULL});
	list_cell(l, F_BEHIND, f->lag_bytes > 0 ? STYLE_WARN : STYLE_TEXT, text);
	if (!quiet && !isnan(f->lag_s)) {
		duration_human(text, (int64_t)(f->lag_s * 1000));
		list_cell(l, F_LAG, STYLE_TEXT, text);
	}
	count_text(text, (double)f->bad_1h);
	list_cell(l, F_BAD, f->bad_1h > 0 ? STYLE_WARN : STYLE_TEXT, text);
	last_line_text(s, f, text);
	list_cell(l, F_LAST, STYLE_TEXT, f->error[0] != '\0' ? "unreadable" : text);
	if (hours != NULL && row < hours->n && hours->at[row].v != NULL && list_has(l, F_HOUR)) {
		const struct pane p = list_field(l, F_HOUR);

		spark_draw(p, 0, 0, p.w, STYLE_LINE1, hours->at[row].v, hours->at[row].n);
	}
}

static bool
file_value(const struct snapshot *n, size_t row, size_t column, struct sort_value *v)
{
	const struct view_log_file *f = &n->o.files[row];
	const double number[] = {
	    [F_RATE] = f->lines_per_s, [F_SIZE] = (double)f->size,  [F_BEHIND] = (double)f->lag_bytes,
	    [F_LAG] = f->lag_s,        [F_BAD] = (double)f->bad_1h, [F_LAST] = (double)f->last_line_ms};

	v->text = column == F_JOB ? f->job : column == F_FILE ? log_file_name(f->path) : NULL;
	if (column >= F_RATE && column <= F_LAST)
		v->number = -number[column]; /* the most first */
	return column >= F_JOB && column <= F_LAST;
}

static char *
file_json(const struct snapshot *n, size_t row)
{
	return view_file_json(&n->o.files[row]);
}

static void
open_file(struct screen *s, size_t row)
{
	(void)row;
	s->focus[PAGE_LOGS] = LOGS_REASONS;
}

/* A path that is wrong makes no row: the first job of which there is no file. */
static bool
no_file(const struct snapshot *n, char *out, size_t size)
{
	if (n->o.n_logs == 0 || n->o.logs[0].n_paths == 0)
		return false;
	snprintf(out, size, "job %s: no log matches %s yet", n->o.logs[0].job, n->o.logs[0].paths[0]);
	return true;
}

const struct table_kind table_files = {
    .name = "files",
    .leads = true,
    .wide = {file_wide, 11, 118},
    .narrow = {file_narrow, 11, 80},
    .nothing = "no log is followed: prediction_logs of mlwatch.yml",
    .why = no_file,
    .rows = file_rows,
    .id = file_id,
    .health = file_health,
    .fields = file_fields,
    .draw = draw_file_row,
    .value = file_value,
    .json = file_json,
    .open = open_file,
};

/* ---- why lines were bad: of all logs, of which those of the chosen file's are shown ---- */

static size_t
reason_rows(const struct snapshot *n)
{
	size_t rows = 0;

	for (size_t i = 0; i < n->o.n_logs; i++)
		rows += n->o.logs[i].n_reasons;
	return rows;
}

static const struct view_bad_kind *
reason_at(const struct snapshot *n, size_t row, const struct view_log **of)
{
	const struct view_log *l = n->o.logs;

	for (; row >= l->n_reasons; l++)
		row -= l->n_reasons;
	*of = l;
	return &l->reasons[row];
}

const struct view_log_file *
log_file_chosen(const struct screen *s)
{
	const size_t row = table_at(s, TABLE_FILES);

	return row != SIZE_MAX ? &s->snap->o.files[row] : NULL;
}

const struct view_log *
log_chosen(const struct screen *s)
{
	const struct view_log_file *f = log_file_chosen(s);

	for (size_t i = 0; f != NULL && i < s->snap->o.n_logs; i++)
		if (strcmp(s->snap->o.logs[i].job, f->job) == 0)
			return &s->snap->o.logs[i];
	return NULL;
}

const struct view_bad_kind *
log_reason_chosen(const struct screen *s)
{
	const size_t row = table_at(s, TABLE_REASONS);
	const struct view_log *of;

	return row != SIZE_MAX ? reason_at(s->snap, row, &of) : NULL;
}

static bool
reason_belongs(const struct screen *s, size_t row)
{
	const struct view_log *of;

	reason_at(s->snap, row, &of);
	return of == log_chosen(s);
}

static uint64_t
reason_id(const struct snapshot *n, size_t row)
{
	const struct view_log *of;
	const struct view_bad_kind *k = reason_at(n, row, &of);

	return hash_mix(hash_str(of->job), hash_str(k->reason));
}

enum { R_CURSOR, R_REASON, R_LINES, R_FIRST, R_LAST, R_EXAMPLE };
static const struct column reason_wide[] = {
    {NULL, 0, 1, false, 0},     {"REASON", 1, 36, false, 1}, {"LINES", 38, 5, true, 0},
    {"FIRST", 45, 8, false, 0}, {"LAST", 55, 8, false, 0},   {"EXAMPLE", 65, 52, false, 3},
};
static const struct column reason_narrow[] = {
    {NULL, 0, 1, false, 0},     {"REASON", 1, 33, false, 1}, {"LINES", 35, 5, true, 0},
    {"FIRST", 42, 8, false, 0}, {"LAST", 52, 8, false, 0},   {NULL, 0, 0, false, 0},
};

static void
reason_fields(const struct snapshot *n, size_t row, struct table_fields *f)
{
	const struct view_log *of;
	const struct view_bad_kind *k = reason_at(n, row, &of);

	table_field(f, "job", of->job);
	table_field(f, "reason", k->reason);
	table_field(f, "kind", k->kind);
	table_field(f, "example", k->example.line);
}

static void
draw_reason_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct view_log *of;
	const struct view_bad_kind *k = reason_at(s->snap, row, &of);
	char text[16];

	list_cell(l, R_REASON, STYLE_TEXT, k->reason);
	count_text(text, (double)k->lines);
	list_cell(l, R_LINES, STYLE_WARN, text);
	clock_hms(s, text, k->first_ms);
	list_cell(l, R_FIRST, STYLE_TEXT, text);
	clock_hms(s, text, k->last_ms);
	list_cell(l, R_LAST, STYLE_TEXT, text);
	list_cell(l, R_EXAMPLE, STYLE_DIM, k->example.line);
}

static bool
reason_value(const struct snapshot *n, size_t row, size_t column, struct sort_value *v)
{
	const struct view_log *of;
	const struct view_bad_kind *k = reason_at(n, row, &of);

	v->text = column == R_REASON ? k->reason : NULL;
	v->number = column == R_LINES   ? -(double)k->lines
		    : column == R_FIRST ? (double)k->first_ms
					: -(double)k->last_ms;
	return column >= R_REASON && column <= R_LAST;
}

static void
open_reason(struct screen *s, size_t row)
{
	(void)row;
	s->focus[PAGE_LOGS] = LOGS_LINE;
	s->zoom = true;
}

const struct table_kind table_reasons = {
    .name = "reasons",
    .leads = true,
    .wide = {reason_wide, 6, 118},
    .narrow = {reason_narrow, 6, 80},
    .nothing = "no bad line in the last hour",
    .rows = reason_rows,
    .id = reason_id,
    .belongs = reason_belongs,
    .fields = reason_fields,
    .draw = draw_reason_row,
    .value = reason_value,
    .open = open_reason,
};
