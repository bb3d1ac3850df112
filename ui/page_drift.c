/*
 * page_drift.c -- drift of a model: features by time as a heat map with a time cursor; drift_cell.c has the cell under it in numbers.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "chart.h"
#include "drift_panes.h"
#include "mlwatch/buf.h"
#include "mlwatch/hash.h"
#include "mlwatch/view_json.h"
#include "screen.h"

enum { P_MAP, P_CELL, P_HEAD };

enum { D_MARK, D_HEALTH, D_NAME, D_CELLS, D_STAT, D_NOW, D_RATIO, D_PSI, D_P, D_ROWS, D_MISS, D_NEW, D_N };
static const struct column wide_columns[D_N] = {
    {NULL, 0, 1, false, 0},    {NULL, 1, 1, false, 0},   {"FEATURE", 4, 15, false, 1}, {"", 20, 30, false, 3},
    {"STAT", 52, 5, false, 0}, {"NOW", 57, 6, true, 0},  {"×", 64, 5, true, 0},        {"PSI", 70, 5, true, 0},
    {"P", 76, 7, true, 0},     {"ROWS", 84, 6, true, 0}, {"MISSING", 91, 8, true, 0},  {"NEW VALUES", 100, 11, true, 0},
};
static const struct column narrow_columns[D_N] = {
    {NULL, 0, 1, false, 0},    {NULL, 1, 1, false, 0},   {"FEATURE", 3, 13, false, 1}, {"", 17, 30, false, 3},
    {"STAT", 48, 4, false, 0}, {"NOW", 53, 5, true, 0},  {"×", 59, 4, true, 0},        {NULL, 0, 0, false, 0},
    {NULL, 0, 0, false, 0},    {"ROWS", 64, 4, true, 0}, {"MISS %", 69, 6, true, 0},   {NULL, 0, 0, false, 0},
};
/* Below the narrow table's width numbers say more than a map that is cut off. */
static const struct column tiny_columns[D_N] = {
    [D_HEALTH] = {NULL, 1, 1, false, 0},  [D_MARK] = {NULL, 0, 1, false, 0}, [D_NAME] = {"FEATURE", 3, 13, false, 1},
    [D_STAT] = {"STAT", 17, 4, false, 0}, [D_NOW] = {"NOW", 22, 5, true, 0}, [D_RATIO] = {"×", 28, 4, true, 0},
    [D_ROWS] = {"ROWS", 33, 5, true, 0},
};
static const struct columns tiny = {tiny_columns, D_N, 40};
#define TINY_BELOW 76
static const struct column least_columns[D_N] = {
    [D_HEALTH] = {NULL, 1, 1, false, 0},
    [D_MARK] = {NULL, 0, 1, false, 0},
    [D_NAME] = {"FEATURE", 3, 11, false, 1},
    [D_NOW] = {"NOW", 15, 5, true, 0},
};
static const struct columns least = {least_columns, D_N, 20};
#define LEAST_BELOW 33

static const struct columns *
columns_of(const struct screen *s, int w)
{
	return wide(s)           ? &table_features.wide
	       : w < LEAST_BELOW ? &least
	       : w < TINY_BELOW  ? &tiny
				 : &table_features.narrow;
}

int
heat_columns(const struct screen *s)
{
	const int w = s->grid->w - frame_rows(s) + (wide(s) ? 0 : 1);
	const struct list l = {{s->grid, 0, 0, w, 1}, *columns_of(s, w), 0};
	const int columns = list_has(&l, D_CELLS) ? list_field(&l, D_CELLS).w : 0;

	return columns > 0 ? columns : wide_columns[D_CELLS].w;
}

/* ---- rows ---- */

static const struct heat_row *
heat_of(const struct part_heat *h, const char *name)
{
	for (size_t i = 0; h != NULL && i < h->n; i++)
		if (strcmp(h->at[i].name, name) == 0)
			return &h->at[i];
	return NULL;
}

/* The first column of a cell; of one past the last: the width. */
static int
cell_x(const struct part_heat *h, int w, int k)
{
	return (int)((int64_t)k * w / (int64_t)h->n_cells);
}

static void
draw_cells(const struct screen *s, const struct list *l, const struct view_feature *f)
{
	const struct part_heat *h = s->snap->heat;
	const struct heat_row *r = heat_of(h, f->name);
	const int cursor = heat_cell(h, s->cursor_ms);
	const struct pane field = list_field(l, D_CELLS);

	for (int k = 0; r != NULL && k < (int)h->n_cells; k++)
		for (int x = cell_x(h, field.w, k); x < cell_x(h, field.w, k + 1); x++) {
			heat_draw(field, x, 0, r->v[k] / f->limit, r->few[k]);
			if (k == cursor)
				attr_row(pane_inside(field, x, 0, 1, 1), 0, ATTR_UNDERLINE);
		}
}

static void
draw_feature_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct view_feature *f = &s->snap->features->at[row];
	const bool judged = !f->few_rows && !isnan(f->value);
	char text[32];

	list_cell(l, D_HEALTH, health_style(f->health), health_glyph[f->health]);
	list_cell(l, D_NAME, STYLE_TEXT, f->name);
	if (list_has(l, D_CELLS))
		draw_cells(s, l, f);
	list_cell(l, D_STAT, STYLE_DIM, f->statistic);
	statistic_text(text, f->value);
	list_cell(l, D_NOW, health_style(f->health), f->few_rows ? "few" : text);
	ratio_text(text, judged ? f->value / f->limit : NAN);
	list_cell(l, D_RATIO, STYLE_TEXT, text);
	list_cellf(l, D_PSI, STYLE_TEXT, f->few_rows ? "?" : isnan(f->psi) ? "-" : "%.2f", f->psi);
	p_text(text, f->pvalue);
	list_cell(l, D_P, STYLE_TEXT, f->few_rows ? "" : text);
	if (f->rows >= 1000 && f->rows < 9999.5) /* four columns in the narrow table */
		snprintf(text, sizeof text, "%.1fk", f->rows / 1000);
	else
		count_text(text, f->rows);
	list_cell(l, D_ROWS, STYLE_TEXT, text);
	list_cellf(l, D_MISS, f->missing_share > 0.05 ? STYLE_WARN : STYLE_TEXT, wide(s) ? "%.1f %%" : "%.1f",
		   f->missing_share * 100);
	if (f->new_categories > 0)
		list_cellf(l, D_NEW, STYLE_WARN, "%d, %.1f %%", f->new_categories, f->new_share * 100);
}

static size_t
feature_rows(const struct snapshot *n)
{
	return n->features != NULL ? n->features->n : 0;
}

static uint64_t
feature_id(const struct snapshot *n, size_t row)
{
	return hash_str(n->features->at[row].name);
}

static enum health
feature_health(const struct snapshot *n, size_t row)
{
	return n->features->at[row].health;
}

static void
feature_fields(const struct snapshot *n, size_t row, struct table_fields *f)
{
	const struct view_feature *x = &n->features->at[row];

	table_field(f, "feature", x->name);
	table_field(f, "stat", x->statistic);
	table_field(f, "type", x->categorical ? "categorical" : "numeric");
}

static bool
feature_value(const struct snapshot *n, size_t row, size_t column, struct sort_value *v)
{
	const struct view_feature *f = &n->features->at[row];
	const double number[D_N] = {
	    [D_NOW] = -f->value, [D_RATIO] = -f->value / f->limit, [D_PSI] = -f->psi,           [D_P] = f->pvalue,
	    [D_ROWS] = -f->rows, [D_MISS] = -f->missing_share,     [D_NEW] = -f->new_categories};

	*v = (struct sort_value){number[column], column == D_NAME ? f->name : column == D_STAT ? f->statistic : NULL};
	return column == D_NAME || column >= D_STAT;
}

static char *
feature_json(const struct snapshot *n, size_t row)
{
	return view_drift_json(n->model, n->version, &n->features->at[row], 1);
}

static void
open_feature(struct screen *s, size_t row)
{
	(void)row;
	page_open(s, PAGE_FEATURE);
}

const struct table_kind table_features = {
    .name = "features",
    .leads = true,
    .wide = {wide_columns, D_N, 118},
    .narrow = {narrow_columns, D_N, 80},
    .nothing = "no reference for this model: mlwatch baseline DATA -o REF, then references: in mlwatch.yml; or b",
    .rows = feature_rows,
    .id = feature_id,
    .health = feature_health,
    .fields = feature_fields,
    .draw = draw_feature_row,
    .value = feature_value,
    .json = feature_json,
    .open = open_feature,
};

/* ---- how it is looked at ---- */

static int
over_limit(const struct snapshot *n)
{
	int over = 0;

	for (size_t i = 0; i < feature_rows(n); i++)
		over += !n->features->at[i].few_rows && n->features->at[i].value > n->features->at[i].limit;
	return over;
}

/* "limit 0.100 (default)", or the smallest and the largest. */
static void
limit_text(char out[64], const struct snapshot *n)
{
	double low = INFINITY, high = -INFINITY;
	bool is_default = true;

	for (size_t i = 0; i < feature_rows(n); i++) {
		low = fmin(low, n->features->at[i].limit);
		high = fmax(high, n->features->at[i].limit);
		is_default = is_default && n->features->at[i].limit_is_default;
	}
	if (isinf(low))
		snprintf(out, 64, "no limit");
	else if (low < high)
		snprintf(out, 64, "limits %.3f to %.3f", low, high);
	else
		snprintf(out, 64, "%slimit %.3f", is_default ? "default " : "", low);
}

#define TITLE (2 * BRIEF_MAX + 80)

static void
title_text(char out[TITLE], const struct snapshot *n)
{
	if (n->model == NULL)
		snprintf(out, TITLE, "Drift");
	else
		snprintf(out, TITLE, "Drift of %s%s%s", brief(n->model, 60).at,
			 n->version != NULL && n->version[0] != '\0' ? " " : "",
			 brief(n->version != NULL ? n->version : "", 40).at);
}

/* Two lines: how, since when, against what; what does not fit on the first goes to the second. */
static void
head_lines(const struct screen *s, struct buf line[2], int w)
{
	static const char *const what[N_STATISTICS] = {
	    [STATISTIC_KS] = "KS (numbers) and TVD (categories)",
	    [STATISTIC_PSI] = "PSI",
	    [STATISTIC_JS] = "Jensen-Shannon",
	    [STATISTIC_WASSERSTEIN] = "Wasserstein in standard deviations (numbers) and TVD (categories)"};
	const struct snapshot *n = s->snap;
	const char *against = n->features != NULL ? n->features->against : "-";
	char limit[64], window[32], cell[32];

	limit_text(limit, n);
	window_text(window, now_window(s));
	buf_addf(&line[0], "%s, %s   NOW is the last %s   against %s", what[s->statistic], limit, window, against);
	if (text_width(buf_str(&line[0])) > w) {
		buf_reset(&line[0]);
		buf_addf(&line[0], "%s, %s   against %s", what[s->statistic], limit, against);
		buf_addf(&line[1], "NOW is the last %s   ", window);
	}
	if (n->heat == NULL || n->heat->n_cells == 0)
		return;
	span_words(cell, n->heat->width_ms);
	buf_addf(&line[1], "each cell is its own %s, so an onset shows where it was; p is of KS and chi-square", cell);
}

static void
draw_head(struct screen *s, struct pane p)
{
	struct buf line[2] = {BUF_INIT, BUF_INIT};
	char title[TITLE], right[64];
	struct pane in;

	title_text(title, s->snap);
	snprintf(right, sizeof right, "%d of %zu features over the limit", over_limit(s->snap), feature_rows(s->snap));
	in = pane_open(s, p, title, right);
	head_lines(s, line, in.w - 1);
	put_left(in, 1, 0, in.w - 1, STYLE_TEXT, buf_str(&line[0]));
	put_left(in, 1, 1, in.w - 1, STYLE_DIM, buf_str(&line[1]));
	buf_release(&line[0]);
	buf_release(&line[1]);
}

/* ---- the map ---- */

/* Times over the cells, each where its cell begins; the last is when the map ends. */
static void
draw_times(struct screen *s, struct pane field)
{
	const struct part_heat *h = s->snap->heat;
	char text[16];
	int end;

	if (h == NULL || h->n_cells == 0 || field.w < 5)
		return;
	clock_day(s, text, h->span.to < s->snap->t ? h->span.to : s->snap->t);
	end = field.w - text_width(text);
	put(field, end, 0, STYLE_HEAD, text);
	for (int k = 0, x = 0, from = 0; k < (int)h->n_cells; k++) {
		x = cell_x(h, field.w, k);
		clock_day(s, text, h->span.from + k * h->width_ms);
		if (x < from || x + text_width(text) + 2 > end)
			continue;
		put(field, x, 0, STYLE_HEAD, text);
		from = x + (field.w / 6 > 12 ? field.w / 6 : text_width(text) + 2);
	}
}

/* Under the map where there is a row for it; at the end of the legend in any case on narrow screens. */
static void
draw_cursor(struct screen *s, struct pane p, struct pane field, int y, int legend)
{
	const struct part_heat *h = s->snap->heat;
	const int k = heat_cell(h, s->cursor_ms);
	char at[16], text[24];
	int x;

	if (k < 0)
		return;
	clock_day(s, at, h->span.from + k * h->width_ms);
	snprintf(text, sizeof text, "^ %s", at);
	x = field.x - p.x + cell_x(h, field.w, k);
	if (y < legend)
		put(p, x + text_width(text) <= p.w ? x : p.w - text_width(text), y, STYLE_KEY, text);
	else
		put(p, p.w - text_width(text) - 3, legend, STYLE_KEY, text);
}

/* Rows below the map, that say what its cells mean. */
static int
map_tail(const struct screen *s, struct pane in)
{
	const struct list l = {in, *columns_of(s, in.w), 0};

	if (in.h < 4 || !list_has(&l, D_CELLS))
		return 0;
	return wide(s) && in.h > 6 ? 3 : 1;
}

static void
draw_map_pane(struct screen *s, struct pane in)
{
	const struct columns *columns = columns_of(s, in.w);
	const int legend = in.h - 1, tail = map_tail(s, in);
	const int shown = 1 + (int)s->cursor[TABLE_FEATURES].n;
	const struct list l = {pane_inside(in, 0, 0, in.w, 1), *columns, 0};

	table_draw(s, pane_inside(in, 0, 0, in.w, in.h - tail), TABLE_FEATURES, columns);
	if (tail == 0)
		return;
	draw_times(s, list_field(&l, D_CELLS));
	put_left(in, 1, legend, in.w - 1, STYLE_DIM,
		 wide(s)
		     ? "cell / limit   · below 0.5   ░ to 1   ▒ to 1.5   ▓ to 2.5   █ more   ? fewer than 500 rows   "
		       "blank: no data"
		     : "cell/limit · <0.5  ░ <1  ▒ <1.5  ▓ <2.5  █ more  ? too few rows");
	draw_cursor(s, in, list_field(&l, D_CELLS), shown < in.h - tail ? shown : in.h - tail, legend);
}

static void
draw_map(struct screen *s, struct pane p)
{
	const struct snapshot *n = s->snap;
	char title[TITLE], right[64], limit[64], window[32];
	struct pane in;

	title_text(title, n);
	limit_text(limit, n);
	window_text(window, now_window(s));
	snprintf(right, sizeof right, "%d of %zu", over_limit(n), feature_rows(n));
	if (wide(s))
		snprintf(title, sizeof title, "features by time");
	else if (s->baseline == BASELINE_REFERENCE)
		snprintf(title + strlen(title), sizeof title - strlen(title), ": %s, NOW is the last %s", limit,
			 window);
	else
		snprintf(title + strlen(title), sizeof title - strlen(title), ": %s, last %s, %s", limit, window,
			 s->baseline == BASELINE_WEEK ? "against a week ago" : "against the one before");
	in = table_frame(s, p, TABLE_FEATURES, title, wide(s) ? "worst first" : right,
			 map_tail(s, pane_inside(p, 0, 0, p.w - frame_rows(s), p.h - frame_rows(s))));
	if (n->model == NULL)
		put_left(in, 1, 0, in.w - 1, STYLE_DIM,
			 "no predictions in the last 5 minutes: 6 Logs says what is read");
	else if (n->features != NULL && n->features->n == 0 && !n->features->no_reference)
		put_left(in, 1, 0, in.w - 1, STYLE_DIM, "no values of features in the window: w makes it longer");
	else
		draw_map_pane(s, in);
}

/* ---- the page ---- */

static void
lay_out(const struct screen *s, int w, int h, struct rect at[PANES_MAX])
{
	const int edge = frame_rows(s), n = feature_rows(s->snap) > 0 ? (int)feature_rows(s->snap) : 1;
	const int cell = edge + (wide(s) ? DRIFT_CELL_LINES : h >= 12 ? 4 : 2);
	const struct stack stack[] = {{edge + 1 + n + (wide(s) ? 3 : 1), edge + 3, 1},
				      {cell, h >= 20 || !wide(s) ? cell : edge + 3, 0},
				      {wide(s) ? edge + 2 : 0, edge + 1, 0}};
	int rows[3];

	stack_rows(h, stack, 3, rows);
	at[P_HEAD] = (struct rect){0, 0, w, rows[2]};
	at[P_MAP] = (struct rect){0, rows[2], w, rows[0]};
	at[P_CELL] = (struct rect){0, rows[2] + rows[0], w, rows[1]};
}

static const struct pane_kind panes[] = {[P_MAP] = {"map", TABLE_FEATURES, draw_map},
					 [P_CELL] = {"cell", TABLE_NONE, pane_drift_cell},
					 [P_HEAD] = {"head", TABLE_NONE, draw_head}};

const struct page_kind page_drift = {
    .name = "drift",
    .full = "Drift",
    .brief = "Drift",
    .view = PAGE_DRIFT,
    .list = TABLE_FEATURES,
    .panes = panes,
    .n_panes = sizeof panes / sizeof *panes,
    .lay_out = lay_out,
    .hint = "h/l time cursor   j/k feature   {open} distribution   {baseline} baseline   {drift-window} window   "
	    "{statistic} KS, "
	    "PSI, JS, Wasserstein",
    .hint_narrow = "h/l time  j/k feature  {open} distribution  {baseline} baseline  {statistic} statistic",
};
