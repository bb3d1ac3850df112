/*
 * page_drift.c -- drift of a model: features by time as a heat map, the cell under the cursor in numbers.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "chart.h"
#include "drift_panes.h"
#include "mlwatch/hash.h"
#include "screen.h"

enum { P_MAP, P_CELL };

enum { D_MARK, D_HEALTH, D_NAME, D_CELLS, D_STAT, D_NOW, D_RATIO, D_PSI, D_P, D_ROWS, D_MISS, D_NEW, D_N };
static const struct column wide_columns[D_N] = {
    {NULL, 0, 1, false, 0},    {NULL, 1, 1, false, 0},   {"FEATURE", 4, 15, false, 1}, {"", 20, 30, false, 0},
    {"STAT", 52, 5, false, 0}, {"NOW", 57, 6, true, 0},  {"×", 64, 5, true, 0},        {"PSI", 70, 5, true, 0},
    {"P", 76, 7, true, 0},     {"ROWS", 84, 6, true, 0}, {"MISSING", 91, 8, true, 0},  {"NEW VALUES", 100, 11, true, 0},
};
static const struct column narrow_columns[D_N] = {
    {NULL, 0, 1, false, 0},    {NULL, 1, 1, false, 0},   {"FEATURE", 3, 13, false, 1}, {"", 17, 30, false, 0},
    {"STAT", 48, 4, false, 0}, {"NOW", 53, 5, true, 0},  {"×", 59, 4, true, 0},        {NULL, 0, 0, false, 0},
    {NULL, 0, 0, false, 0},    {"ROWS", 64, 4, true, 0}, {"MISS %", 69, 6, true, 0},   {NULL, 0, 0, false, 0},
};

void
p_text(char out[24], double p)
{
	if (isnan(p))
		snprintf(out, 24, "-");
	else if (p < 1e-99)
		snprintf(out, 24, "<1e-99");
	else if (p < 0.001)
		snprintf(out, 24, "%.0e", p);
	else
		snprintf(out, 24, "%.3f", p);
}

/* The same feature of the heat map; NULL. */
static const struct view_feature *
heat_of(const struct screen *s, const char *name)
{
	const struct part_features *h = s->snap->heat;

	for (size_t i = 0; h != NULL && i < h->n; i++)
		if (strcmp(h->at[i].name, name) == 0)
			return &h->at[i];
	return NULL;
}

static void
draw_cells(const struct screen *s, const struct list *l, const char *name)
{
	const struct view_feature *f = heat_of(s, name);
	const struct pane cells = list_field(l, D_CELLS);

	for (size_t i = 0; f != NULL && i < f->n_cells; i++)
		heat_draw(cells, (int)(i * (size_t)cells.w / f->n_cells), 0, f->cells[i] / f->limit, f->cell_few[i]);
}

static void
draw_feature_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct view_feature *f = &s->snap->features->at[row];
	char text[32];

	list_cell(l, D_HEALTH, health_style(f->health), health_glyph[f->health]);
	list_cell(l, D_NAME, STYLE_TEXT, f->name);
	draw_cells(s, l, f->name);
	list_cell(l, D_STAT, STYLE_DIM, f->statistic);
	list_cellf(l, D_NOW, health_style(f->health), f->few_rows ? "few" : "%.3f", f->value);
	if (!f->few_rows)
		list_cellf(l, D_RATIO, STYLE_TEXT, f->value / f->limit < 9.95 ? "%.1f×" : "%.0f×", f->value / f->limit);
	if (f->rows >= 1000 && f->rows < 9999.5) /* four columns in the narrow table */
		snprintf(text, sizeof text, "%.1fk", f->rows / 1000);
	else
		count_text(text, f->rows);
	list_cell(l, D_ROWS, STYLE_TEXT, text);
	list_cellf(l, D_MISS, f->missing_share > 0.05 ? STYLE_WARN : STYLE_TEXT, wide(s) ? "%.1f %%" : "%.1f",
		   f->missing_share * 100);
	list_cellf(l, D_PSI, STYLE_TEXT, f->few_rows || isnan(f->psi) ? "" : "%.2f", f->psi);
	p_text(text, f->pvalue);
	list_cell(l, D_P, STYLE_TEXT, f->few_rows ? "?" : text);
	list_cellf(l, D_NEW, STYLE_WARN, f->new_share > 0 ? "%.1f %%" : "", f->new_share * 100);
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
	    [D_NOW] = -f->value, [D_RATIO] = -f->value / f->limit, [D_PSI] = -f->psi,      [D_P] = f->pvalue,
	    [D_ROWS] = -f->rows, [D_MISS] = -f->missing_share,     [D_NEW] = -f->new_share};

	*v = (struct sort_value){number[column], column == D_NAME ? f->name : NULL};
	return column == D_NAME || column >= D_NOW;
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
    .nothing = "no reference for this model: mlwatch baseline DATA -o REF, then references: in mlwatch.yml",
    .rows = feature_rows,
    .id = feature_id,
    .health = feature_health,
    .fields = feature_fields,
    .draw = draw_feature_row,
    .value = feature_value,
    .open = open_feature,
};

/* ---- the map ---- */

/* When a cell of the heat map begins. */
static int64_t
cell_start(const struct screen *s, int k)
{
	const struct snapshot *n = s->snap;

	return n->from + (n->t - n->from) * k / (int64_t)n->heat->at[0].n_cells;
}

static void
draw_cursor(struct screen *s, struct pane p, struct pane cells, int y)
{
	const struct part_features *h = s->snap->heat;
	const int columns = h != NULL && h->n > 0 ? (int)h->at[0].n_cells : 0, k = columns - s->cell;
	char text[16];
	int x;

	if (s->cell <= 0 || columns == 0 || k < 0)
		return;
	x = cells.x - p.x + k * cells.w / columns;
	clock_hm(s, text, cell_start(s, k));
	putf(p, x > p.w - 9 ? p.w - 9 : x, y, STYLE_KEY, "^ %s", text);
}

static void
draw_map(struct screen *s, struct pane p)
{
	const struct snapshot *n = s->snap;
	const struct part_features *f = n->features;
	char title[200], right[64], time[16];
	struct pane in;
	struct list l;
	int over = 0;

	for (size_t i = 0; f != NULL && i < f->n; i++)
		over += !f->at[i].few_rows && f->at[i].value > f->at[i].limit;
	snprintf(title, sizeof title, "Drift of %.60s %.60s: limit %.3f, NOW is the last 15m",
		 n->model != NULL ? n->model : "-", n->version != NULL ? n->version : "",
		 f != NULL && f->n > 0 ? f->at[0].limit : 0.1);
	snprintf(right, sizeof right, wide(s) ? "%d of %zu features over the limit" : "%d of %zu", over,
		 feature_rows(n));
	in = pane_open(s, p, title, right);
	table_draw(s, pane_inside(in, 0, 0, in.w, in.h - 2), TABLE_FEATURES, NULL);
	l = list_open(pane_inside(in, 0, 0, in.w, 1), wide(s) ? table_features.wide : table_features.narrow,
		      s->cursor[TABLE_FEATURES].sort);
	l.y = 0;
	for (int i = 0; i < 4; i++) {
		clock_hm(s, time, n->from + (n->t - n->from) * i / 3);
		put(list_field(&l, D_CELLS), i == 3 ? 25 : i * 9, 0, STYLE_HEAD, time);
	}
	draw_cursor(s, in, list_field(&l, D_CELLS), in.h - 2);
	put_left(in, 1, in.h - 1, in.w - 1, STYLE_DIM,
		 wide(s)
		     ? "cell / limit   · below 0.5   ░ to 1   ▒ to 1.5   ▓ to 2.5   █ more   ? fewer than 500 rows   "
		       "blank: no data"
		     : "cell/limit · <0.5  ░ <1  ▒ <1.5  ▓ <2.5  █ more  ? too few rows");
}

void
pane_numbers(struct screen *s, struct pane p, const struct view_feature *f)
{
	char rows[16], mean[16], ref[16], sd[16], ref_sd[16], pv[24];

	p_text(pv, f->pvalue);
	count_text(rows, f->rows);
	putf(p, 1, 0, health_style(f->health), "%s %s %.3f   %.1f× the limit%s   p %s%s   %s rows",
	     health_glyph[f->health], f->statistic, f->value, f->value / f->limit,
	     f->limit_is_default ? " (default)" : "", pv[0] == '<' ? "" : "= ", pv, rows);
	if (f->categorical) {
		putf(p, 1, 1, STYLE_TEXT, "in categories that the reference does not have: %.1f %%   missing %.1f %%",
		     f->new_share * 100, f->missing_share * 100);
		return;
	}
	short_number(mean, f->mean);
	short_number(ref, f->ref_mean);
	short_number(sd, f->stddev);
	short_number(ref_sd, f->ref_stddev);
	putf(p, 1, 1, STYLE_TEXT, "mean %s (%s%s%s)   sd %s (%s)   missing %.1f %%", mean, ref,
	     f->unit_hint != NULL ? ", " : "", f->unit_hint != NULL ? f->unit_hint : "", sd, ref_sd,
	     f->missing_share * 100);
	putf(p, 1, 2, STYLE_TEXT, "above the reference maximum %.1f %%   below its minimum %.1f %%   (%s)",
	     f->above_share * 100, f->below_share * 100, wide(s) ? "last 15 minutes" : "15m");
}

static void
draw_cell(struct screen *s, struct pane p)
{
	const struct view_feature *f = selected_feature(s);
	char title[200];

	if (f == NULL) {
		pane_open(s, p, "", NULL);
		return;
	}
	snprintf(title, sizeof title, "%.150s, the last 15m", f->name);
	pane_numbers(s, pane_open(s, p, title, NULL), f);
}

static void
lay_out(const struct screen *s, int w, int h, struct rect at[PANES_MAX])
{
	const int tail = h > 14 ? frame_rows(s) + 3 : 0;

	at[P_MAP] = (struct rect){0, 0, w, h - tail};
	at[P_CELL] = (struct rect){0, h - tail, w, tail};
}

static const struct pane_kind panes[] = {
    [P_MAP] = {"map", TABLE_FEATURES, draw_map}, [P_CELL] = {"cell", TABLE_NONE, draw_cell}};

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
