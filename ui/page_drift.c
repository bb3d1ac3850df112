/*
 * page_drift.c -- drift of a model: features by time as a heat map, the cell under the cursor in numbers; and one feature against its
 * reference.
 */
#include "pages.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "chart.h"

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

static void
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

static void
feature_row(struct screen *s, struct list *t, const struct view_feature *f, bool selected)
{
	struct pane cells = list_field(t, D_CELLS);
	char text[32];

	list_cell(t, D_MARK, STYLE_TEXT, selected ? "▸" : " ");
	list_cell(t, D_HEALTH, health_style(f->health), health_glyph[f->health]);
	list_cell(t, D_NAME, selected ? STYLE_TEXT | ATTR_BOLD : STYLE_TEXT, f->name);
	for (size_t i = 0; i < f->n_cells; i++)
		heat_draw(cells, (int)(i * (size_t)cells.w / f->n_cells), 0, f->cells[i] / f->limit, f->cell_few[i]);
	list_cell(t, D_STAT, STYLE_DIM, f->statistic);
	if (f->few_rows)
		snprintf(text, sizeof text, "few");
	else
		snprintf(text, sizeof text, "%.3f", f->value);
	list_cell(t, D_NOW, health_style(f->health), text);
	snprintf(text, sizeof text, f->value / f->limit < 9.95 ? "%.1f×" : "%.0f×", f->value / f->limit);
	list_cell(t, D_RATIO, STYLE_TEXT, f->few_rows ? "" : text);
	if (f->rows >= 1000 && f->rows < 9999.5) /* four columns in the narrow table */
		snprintf(text, sizeof text, "%.1fk", f->rows / 1000);
	else
		count_text(text, f->rows);
	list_cell(t, D_ROWS, STYLE_TEXT, text);
	snprintf(text, sizeof text, wide(s) ? "%.1f %%" : "%.1f", f->missing_share * 100);
	list_cell(t, D_MISS, f->missing_share > 0.05 ? STYLE_WARN : STYLE_TEXT, text);
	if (wide(s)) {
		snprintf(text, sizeof text, "%.2f", f->psi);
		list_cell(t, D_PSI, STYLE_TEXT, f->few_rows || isnan(f->psi) ? "" : text);
		p_text(text, f->pvalue);
		list_cell(t, D_P, STYLE_TEXT, f->few_rows ? "?" : text);
		snprintf(text, sizeof text, "%.1f %%", f->new_share * 100);
		list_cell(t, D_NEW, STYLE_WARN, f->new_share > 0 ? text : "");
	}
	list_row_end(t, false);
}

/* When a cell of the heat map begins. */
static int64_t
cell_start(const struct snapshot *n, int k)
{
	return n->from + (n->t - n->from) * k / (int64_t)n->features[0].n_cells;
}

static void
draw_cursor(struct screen *s, struct pane p, struct pane cells, int y)
{
	const struct snapshot *n = s->snap;
	const int columns = n->n_features > 0 ? (int)n->features[0].n_cells : 0, k = columns - s->col;
	char text[16];
	int x;

	if (s->col <= 0 || columns == 0 || k < 0)
		return;
	x = cells.x - p.x + k * cells.w / columns;
	clock_hm(s, text, cell_start(n, k));
	putf(p, x > p.w - 9 ? p.w - 9 : x, y, STYLE_KEY, "^ %s", text);
}

static void
heat_map(struct screen *s, struct pane p)
{
	const struct snapshot *n = s->snap;
	struct list t = list_open(p, wide(s) ? wide_columns : narrow_columns, D_N, wide(s) ? 118 : 80);
	struct pane head = {p.grid, p.x, p.y, p.w, 1};
	const int x = wide(s) ? 20 : 17, legend = p.h - 1;
	char time[16];

	for (int i = 0; i < 4; i++) {
		clock_hm(s, time, n->from + (n->t - n->from) * i / 3);
		put(head, x + (i == 3 ? 25 : i * 9), 0, STYLE_HEAD, time);
	}
	t.pane.h = legend;
	if (n->n_features == 0)
		put_left(
		    p, 3, 1, p.w - 3, STYLE_DIM,
		    n->model != NULL
			? "no reference for this model: mlwatch baseline DATA -o REF, then references: in mlwatch.yml"
			: "no model has predictions yet");
	for (size_t i = (size_t)s->top[PAGE_DRIFT]; i < n->n_features && !list_full(&t); i++)
		if (row_passes(s, n->features[i].health, n->features[i].name))
			feature_row(s, &t, &n->features[i], (int)i == s->sel[PAGE_DRIFT]);
	put_left(p, 1, legend, p.w - 1, STYLE_DIM,
		 wide(s) ? "cell / limit   · below 0.5   ░ to 1   ▒ to 1.5   ▓ to 2.5   █ more   ? fewer than 500 rows "
			   "  blank: no data"
			 : "cell/limit · <0.5  ░ <1  ▒ <1.5  ▓ <2.5  █ more  ? too few rows");
	draw_cursor(s, p, list_field(&t, D_CELLS), legend - 1);
}

static const struct view_feature *
chosen_feature(const struct screen *s)
{
	const int i = s->sel[PAGE_DRIFT];

	return s->snap != NULL && i >= 0 && i < (int)s->snap->n_features ? &s->snap->features[i] : NULL;
}

static void
numbers(struct screen *s, struct pane p, const struct view_feature *f)
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

/* The cell under the cursor goes into the title; the numbers below are of the last 15 minutes. */
static void
cell_title(const struct screen *s, const struct view_feature *f, char title[200], char right[64])
{
	const int k = (int)f->n_cells - s->col;
	char from[16], to[16];

	right[0] = '\0';
	snprintf(title, 200, "%.150s, the last 15m", f->name);
	if (s->col <= 0 || k < 0)
		return;
	clock_hm(s, from, cell_start(s->snap, k));
	clock_hm(s, to, cell_start(s->snap, k + 1));
	if (isnan(f->cells[k]))
		snprintf(right, 64, "%s to %s: no data", from, to);
	else
		snprintf(right, 64, "%s to %s: %s %.3f, %.1f×%s", from, to, f->statistic, f->cells[k],
			 f->cells[k] / f->limit, f->cell_few[k] ? ", few rows" : "");
}

void
draw_drift(struct screen *s, struct pane p)
{
	const struct snapshot *n = s->snap;
	const struct view_feature *f = chosen_feature(s);
	const int edge = wide(s) ? 2 : 1, tail = f != NULL && p.h > 14 ? edge + 3 : 0;
	char title[200], right[64];
	int over = 0;

	for (size_t i = 0; i < n->n_features; i++)
		over += !n->features[i].few_rows && n->features[i].value > n->features[i].limit;
	snprintf(title, sizeof title, "Drift of %s %s: limit %.3f, NOW is the last 15m",
		 n->model != NULL ? n->model : "-", n->version != NULL ? n->version : "",
		 n->n_features > 0 ? n->features[0].limit : 0.1);
	snprintf(right, sizeof right, wide(s) ? "%d of %zu features over the limit" : "%d of %zu", over, n->n_features);
	heat_map(s, pane_frame(pane_inside(p, 0, 0, p.w, p.h - tail), title, right, wide(s)));
	if (tail > 0) {
		cell_title(s, f, title, right);
		numbers(s,
			pane_frame(pane_inside(p, 0, p.h - tail, p.w, tail), title, right[0] != '\0' ? right : NULL,
				   wide(s)),
			f);
	}
}

/* ---- one feature ---- */

static void
histogram(struct screen *s, struct pane p)
{
	const struct snapshot *n = s->snap;
	const int rows = p.h - 2, n_bins = (int)n->n_bins;
	double top = 0;
	char text[24];
	int step;

	if (n_bins == 0 || rows < 2) {
		put_left(p, 1, 0, p.w - 1, STYLE_DIM, "no values in the window");
		return;
	}
	for (int i = 0; i < n_bins; i++)
		top = fmax(top, fmax(n->decile_ref[i], n->decile_now[i]));
	step = (p.w - 8) / n_bins;
	if (step < 3)
		step = 3;
	snprintf(text, sizeof text, "%.0f %%", top * 100);
	put_right(p, 0, 0, 6, STYLE_DIM, text);
	put_right(p, 0, rows - 1, 6, STYLE_DIM, "0 %");
	for (int i = 0; i < n_bins; i++) {
		const int x = 8 + i * step, wide_bar = step >= 5 ? 2 : 1;

		column_draw(p, x, rows - 1, wide_bar, rows, STYLE_REFERENCE, top > 0 ? n->decile_ref[i] / top : 0,
			    true);
		column_draw(p, x + wide_bar, rows - 1, wide_bar, rows, STYLE_LINE1,
			    top > 0 ? n->decile_now[i] / top : 0, false);
		put_left(p, x, rows, step - 1, STYLE_DIM, n->decile_label[i]);
	}
	(void)s;
}

void
draw_feature(struct screen *s, struct pane p)
{
	const struct view_feature *f = chosen_feature(s);
	const struct snapshot *n = s->snap;
	const int edge = wide(s) ? 2 : 1, head = edge + 3;
	const int chart = wide(s) ? edge + 4 : 4, hist = p.h - head - chart;
	double top = 1;
	char title[200], right[64];

	if (f == NULL || n->feature == NULL) {
		pane_frame(p, "no feature is selected", NULL, wide(s));
		return;
	}
	snprintf(title, sizeof title, "%s %s: %s (%s)", n->model, n->version, f->name,
		 f->categorical ? "categorical" : "numeric");
	snprintf(right, sizeof right, "%d of %zu", s->sel[PAGE_DRIFT] + 1, n->n_features);
	numbers(s, pane_frame(pane_inside(p, 0, 0, p.w, head), title, right, wide(s)), f);
	if (hist > 4)
		histogram(
		    s, pane_frame(pane_inside(p, 0, head, p.w, hist),
				  f->categorical ? "share of rows per category" : "share of rows per reference decile",
				  "▒ reference  █ now", wide(s)));
	struct track t = {.v = n->value.v, .last = n->value.last};
	const struct plot q = {.track = {&t},
			       .style = {STYLE_LINE1},
			       .scale = 1,
			       .limit = f->limit,
			       .top = top,
			       .label_width = 4,
			       .time_labels = 3};
	snprintf(title, sizeof title, "%s over time", f->statistic);
	snprintf(right, sizeof right, "limit %.3f", f->limit);
	plot_draw(s, pane_frame(pane_inside(p, 0, p.h - chart, p.w, chart), title, right, wide(s)), &q);
}
