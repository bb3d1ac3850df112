/*
 * page_logs.c -- prediction logs: files, how far they are read, which lines were bad and why.
 */
#include <stdio.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "mlwatch/hash.h"
#include "screen.h"

enum { P_FILES, P_BAD };
static const struct column log_wide[] = {
    {NULL, 0, 1, false, 0},     {NULL, 1, 1, false, 0},   {"JOB", 4, 11, false, 1},
    {"FILE", 16, 40, false, 3}, {"SIZE", 57, 8, true, 0}, {"BEHIND", 67, 9, true, 0},
    {"LINES", 78, 12, true, 0}, {"BAD", 92, 9, true, 0},  {"LAST READ", 103, 12, true, 0},
};
static const struct column log_narrow[] = {
    {NULL, 0, 1, false, 0},     {NULL, 1, 1, false, 0},   {"JOB", 3, 9, false, 1},
    {"FILE", 13, 24, false, 3}, {"SIZE", 38, 7, true, 0}, {"BEHIND", 46, 7, true, 0},
    {"LINES", 54, 10, true, 0}, {"BAD", 65, 6, true, 0},  {"LAST", 72, 6, true, 0},
};

static const char *
file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static const struct view_log *
log_of(const struct view_overview *o, const char *job)
{
	for (size_t i = 0; i < o->n_logs; i++)
		if (strcmp(o->logs[i].job, job) == 0)
			return &o->logs[i];
	return NULL;
}

static void
draw_file_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct view_log_file *f = &s->snap->o.files[row];
	char text[32];

	list_cell(l, 1, health_style(f->health), f->open || f->health != HEALTH_OK ? health_glyph[f->health] : "·");
	list_cell(l, 2, STYLE_TEXT, f->job);
	list_cell(l, 3, STYLE_TEXT, file_name(f->path));
	quantity_text(text, (struct quantity){(double)f->size, UNIT_BYTES, NULL});
	list_cell(l, 4, STYLE_TEXT, text);
	quantity_text(text, (struct quantity){(double)f->lag_bytes, UNIT_BYTES, NULL});
	list_cell(l, 5, f->lag_bytes > 0 ? STYLE_WARN : STYLE_TEXT, text);
	count_text(text, (double)f->lines);
	list_cell(l, 6, STYLE_TEXT, text);
	count_text(text, (double)f->bad_lines);
	list_cell(l, 7, f->bad_lines > 0 ? STYLE_WARN : STYLE_TEXT, text);
	age_text(s, text, f->last_read_ms);
	list_cell(l, 8, STYLE_DIM, text);
}

static size_t
file_rows(const struct snapshot *n)
{
	return n->o.n_files;
}

static uint64_t
file_id(const struct snapshot *n, size_t row)
{
	return hash_str(n->o.files[row].path);
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

const struct table_kind table_files = {
    .name = "files",
    .leads = true,
    .wide = {log_wide, 9, 118},
    .narrow = {log_narrow, 9, 80},
    .nothing = "no log is followed: prediction_logs of mlwatch.yml",
    .rows = file_rows,
    .id = file_id,
    .health = file_health,
    .fields = file_fields,
    .draw = draw_file_row,
};

static size_t
no_rows(const struct snapshot *n)
{
	(void)n;
	return 0;
}

const struct table_kind table_reasons = {.name = "reasons", .rows = no_rows, .nothing = "no bad line"};

static void
draw_bad_lines(struct screen *s, struct pane p, const struct view_log *l)
{
	char time[16], count[16];
	int y = 0;

	put(p, 0, y, STYLE_HEAD, "REASON");
	put_right(p, 24, y++, 8, STYLE_HEAD, "LINES");
	for (size_t i = 0; i < l->n_bad && y < p.h; i++, y++) {
		count_text(count, (double)l->bad[i].lines);
		put_left(p, 0, y, 24, STYLE_TEXT, l->bad[i].reason);
		put_right(p, 24, y, 8, STYLE_WARN, count);
	}
	y++;
	for (size_t i = 0; i < l->n_kept && y + 1 < p.h; i++) {
		clock_hms(s, time, l->kept[i].t);
		putf(p, 0, y++, STYLE_DIM, "%s  %s%s", time, l->kept[i].reason,
		     l->kept[i].column > 0 ? ", at the caret" : "");
		put_left(p, 2, y, p.w - 2, STYLE_TEXT, l->kept[i].line);
		y++;
		if (l->kept[i].column > 0 && l->kept[i].column < p.w - 2 && y < p.h)
			put(p, 1 + (int)l->kept[i].column, y++, STYLE_BAD, "^");
	}
	if (y < p.h)
		putf(p, 0, p.h - 1, STYLE_DIM, "folded away: %lld categories, %lld series",
		     (long long)l->folded_categories, (long long)l->refused_series);
}

static void
draw_files(struct screen *s, struct pane p)
{
	const struct view_overview *o = &s->snap->o;
	char title[160], right[32], state[96];
	int behind = 0;

	for (size_t i = 0; i < o->n_files; i++)
		behind += o->files[i].lag_bytes > 0;
	snprintf(title, sizeof title, "Prediction logs: %zu files, %d behind", o->n_files, behind);
	snprintf(right, sizeof right, "%zu job%s", o->n_logs, o->n_logs == 1 ? "" : "s");
	table_draw(s, pane_open(s, p, title, table_state(s, TABLE_FILES, right, state)), TABLE_FILES, NULL);
}

static void
draw_bad(struct screen *s, struct pane p)
{
	const size_t row = table_at(s, TABLE_FILES);
	const struct view_log_file *f = row != SIZE_MAX ? &s->snap->o.files[row] : NULL;
	const struct view_log *l = f != NULL ? log_of(&s->snap->o, f->job) : NULL;
	char title[160] = "";
	struct pane in;

	if (f != NULL)
		snprintf(title, sizeof title, "%.60s %.60s: %lld bad lines", f->job, file_name(f->path),
			 (long long)f->bad_lines);
	in = pane_open(s, p, title, wide(s) ? "by reason" : NULL);
	if (f != NULL && f->error[0] != '\0')
		putf(in, 1, 0, STYLE_BAD, "%s", f->error);
	else if (l != NULL)
		draw_bad_lines(s, pane_inside(in, wide(s), 0, in.w - wide(s), in.h), l);
}

static void
lay_out(const struct screen *s, int w, int h, struct rect at[PANES_MAX])
{
	const int want = frame_rows(s) + 2 + (int)s->snap->o.n_files, list = want > h / 2 ? h / 2 : want;

	at[P_FILES] = (struct rect){0, 0, w, list};
	at[P_BAD] = (struct rect){0, list, w, h - list};
}

static const struct pane_kind panes[] = {
    [P_FILES] = {"files", TABLE_FILES, draw_files}, [P_BAD] = {"bad", TABLE_NONE, draw_bad}};

const struct page_kind page_logs = {
    .name = "logs",
    .full = "Logs",
    .brief = "Logs",
    .view = PAGE_LOGS,
    .list = TABLE_FILES,
    .panes = panes,
    .n_panes = sizeof panes / sizeof *panes,
    .lay_out = lay_out,
    .hint = "{open} bad lines   j/k source   {copy} copy a bad line   {filter} filter",
    .hint_narrow = "{open} bad lines  j/k source  {copy} copy a bad line  {filter} filter",
};
