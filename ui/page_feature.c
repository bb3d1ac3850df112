/*
 * page_feature.c -- one feature against its reference or another stretch: shares, curves, the statistic over time, numbers.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "chart.h"
#include "drift_panes.h"
#include "mlwatch/buf.h"
#include "screen.h"

enum { P_SHARES, P_CURVE, P_TIME, P_NUMBERS, P_HEAD };

/* What is shown belongs to the selected feature, once it is read. */
static const struct part_feature *
detail(const struct screen *s)
{
	const struct part_feature *d = s->snap->detail;
	const struct view_feature *f = selected_feature(s);

	return d != NULL && d->f.name != NULL && f != NULL && strcmp(d->f.name, f->name) == 0 ? d : NULL;
}

static const struct part_feature *
detail_or_say(struct screen *s, struct pane p, const char *title)
{
	const struct part_feature *d = detail(s);

	if (d == NULL)
		put_left(pane_open(s, p, title, NULL), 1, 0, p.w - 3, STYLE_DIM,
			 selected_feature(s) != NULL ? "reading" : "no feature is selected: Esc, then choose one");
	return d;
}

/* ---- head ---- */

static void
head_first(struct buf *b, const struct screen *s, const struct part_feature *d)
{
	char from[16], to[16], rows[16], other[16];

	clock_day(s, from, d->window.from);
	clock_hm(s, to, d->window.to);
	short_number(rows, d->f.rows);
	short_number(other, d->f.ref_rows);
	if (!wide(s)) {
		buf_addf(b, "%s to %s, %s rows  against %s, %s rows", from, to, rows,
			 strncmp(d->against, "reference ", 10) == 0 ? d->against + 10 : d->against, other);
		return;
	}
	buf_addf(b, "window %s to %s (%s rows)   against %s (%s rows", from, to, rows, d->against, other);
	if (d->edges > 0)
		buf_addf(b, ", %d edges", d->edges);
	buf_addc(b, ')');
}

static void
head_second(struct buf *b, const struct screen *s, const struct part_feature *d)
{
	const struct view_feature *f = &d->f;
	const char *gap = wide(s) ? "   " : "  ";
	char value[16], bound[32], ratio[16], p[32], far[16];

	statistic_text(value, f->value);
	bound_text(bound, f);
	ratio_text(ratio, f->value / f->limit);
	p_sentence(p, f->pvalue);
	short_number(far, d->wasserstein);
	buf_addf(b, "%s %s %s%s", health_glyph[f->health], f->statistic, value, bound);
	if (f->few_rows)
		buf_addf(b, "%sfew rows: no ground for a judgement", gap);
	else if (wide(s))
		buf_addf(b, "   limit %.3f   %s   %s", f->limit, ratio, p);
	else
		buf_addf(b, " %s limit", ratio);
	/* where there is little room, the hint counts more */
	if (strcmp(f->statistic, "PSI") != 0 && !isnan(f->psi) && (f->unit_hint == NULL || s->grid->w >= 72))
		buf_addf(b, "%sPSI %.2f", gap, f->psi);
	if (f->categorical && d->n_bins > 0)
		buf_addf(b, "%schi-square %.1f, %.0f %s", gap, d->chi2, d->chi2_dof,
			 wide(s) ? "degrees of freedom" : "df");
	else if (wide(s) && !isnan(d->wasserstein))
		buf_addf(b, "   Wasserstein %s", far);
	if (f->unit_hint != NULL)
		buf_addf(b, "%smean %.*s: %sunit change?", gap, (int)strcspn(f->unit_hint, ":"), f->unit_hint,
			 wide(s) ? "" : "a ");
}

static void
draw_head(struct screen *s, struct pane p)
{
	const struct view_feature *f = selected_feature(s);
	const struct part_feature *d = detail(s);
	char title[3 * BRIEF_MAX + 40], right[64];
	struct buf line[2] = {BUF_INIT, BUF_INIT};
	struct pane in;

	if (f == NULL || d == NULL) {
		detail_or_say(s, p, f != NULL ? f->name : "feature");
		return;
	}
	snprintf(title, sizeof title, "%s%s%s: %s (%s)", brief(s->snap->model, 30).at,
		 s->snap->version[0] != '\0' ? " " : "", brief(s->snap->version, 20).at,
		 brief(f->name, wide(s) ? 40 : 30).at, f->categorical ? "categorical" : "numeric");
	snprintf(right, sizeof right, "%zu of %zu", s->cursor[TABLE_FEATURES].at + 1, s->cursor[TABLE_FEATURES].n);
	in = pane_open(s, p, title, right);
	head_first(&line[0], s, d);
	head_second(&line[1], s, d);
	if (in.h > 1) /* the verdict stays longest */
		put_left(in, 1, 0, in.w - 1, STYLE_TEXT, buf_str(&line[0]));
	put_left(in, 1, in.h > 1, in.w - 1, health_style(f->health), buf_str(&line[1]));
	buf_release(&line[0]);
	buf_release(&line[1]);
}

/* ---- shares ---- */

static void
draw_shares(struct screen *s, struct pane p)
{
	const struct part_feature *d = detail_or_say(s, p, "shares");
	char title[64], right[48];
	struct pane in;

	if (d == NULL)
		return;
	const bool of_other = !d->f.categorical && !d->by_value && s->baseline != BASELINE_REFERENCE;

	snprintf(title, sizeof title, "share of rows per %s%s",
		 d->f.categorical ? "category"
		 : d->by_value    ? "value"
		 : of_other       ? "decile "
				  : "reference decile",
		 of_other ? other_word(s) : "");
	snprintf(right, sizeof right, wide(s) ? "▒ %s   █ now" : "▒ %s  █ now", other_word(s));
	in = pane_open(s, p, title, right);
	if (d->n_bins == 0)
		put_left(in, 1, 0, in.w - 1, STYLE_DIM,
			 d->f.rows > 0 ? "nothing to compare it with: b chooses another baseline"
				       : "no values in the window: w makes it longer, [ moves it back");
	else
		feature_shares(s, in, d);
}

/* ---- curves ---- */

static void
curve_labels(struct pane p, const struct part_feature *d, int left, int y)
{
	int end = left - 1;

	for (int i = 0; i < 6; i++) {
		const int w = text_width(d->curve_label[i]);
		int x = left + (p.w - left - 1) * i / 5 - (i == 0 ? 0 : w / 2);

		if (x + w > p.w)
			x = p.w - w;
		if (x > end) {
			put(p, x, y, STYLE_DIM, d->curve_label[i]);
			end = x + w;
		}
	}
}

static void
draw_curve(struct screen *s, struct pane p)
{
	const struct part_feature *d = detail_or_say(s, p, "cumulative share");
	double diagonal[CHART_POINTS];
	char right[64] = "", value[16], at[16];
	struct pane in;

	if (d == NULL)
		return;
	if (d->curve != NULL) {
		statistic_text(value, fabs(d->f.gap.ref - d->f.gap.now));
		short_number(at, d->f.gap.at);
		snprintf(right, sizeof right, "largest gap %s at %s", value, at);
	}
	in = pane_open(s, p, "cumulative share", right);
	if (d->curve == NULL) {
		put_left(in, 1, 0, in.w - 1, STYLE_DIM, "needs values on both sides, binned alike");
		return;
	}
	for (int i = 0; i < CHART_POINTS; i++)
		diagonal[i] = (double)i / (CHART_POINTS - 1);
	const struct track both[2] = {{diagonal, 1}, {d->curve, 1}};
	const struct plot q = {
	    .track = {&both[0], &both[1]},
	    .style = {STYLE_REFERENCE, STYLE_LINE1},
	    .scale = 1,
	    .limit = NAN,
	    .top = 1,
	    .label_width = 5,
	    .mark = {true, d->f.gap.ref, fmin(d->f.gap.ref, d->f.gap.now), fmax(d->f.gap.ref, d->f.gap.now)}};
	plot_draw(s, pane_inside(in, 0, 0, in.w, in.h - 2), &q);
	curve_labels(in, d, 6, in.h - 2);
	putf(in, 1, in.h - 1, STYLE_DIM, "straight line: %s   other line: now", other_word(s));
}

/* ---- over time ---- */

static void
draw_time(struct screen *s, struct pane p)
{
	const struct part_feature *d = detail_or_say(s, p, "over time");
	char title[64], right[64], window[32];
	double top = 1;

	if (d == NULL)
		return;
	for (int i = 0; d->over_time.v != NULL && i < CHART_POINTS; i++)
		top = fmax(top, d->over_time.v[i]);
	const struct plot q = {.track = {&d->over_time},
			       .style = {STYLE_LINE1},
			       .span = d->span,
			       .scale = 1,
			       .limit = d->f.limit,
			       .top = chart_top(top),
			       .label_width = wide(s) ? 7 : 4,
			       .time_labels = wide(s)   ? 5
					      : p.h > 3 ? 3
							: 0};

	window_text(window, d->width_ms);
	snprintf(title, sizeof title, "%s over time, %s each", d->f.statistic, window);
	snprintf(right, sizeof right, "limit %.3f%s", d->f.limit, d->f.limit_is_default ? " (default)" : "");
	plot_draw(s, pane_open(s, p, title, right), &q);
}

/* ---- numbers ---- */

enum {
	N_SIDE,
	N_ROWS,
	N_MISS,
	N_INVALID,
	N_MEAN,
	N_SD,
	N_MIN,
	N_P50,
	N_P90,
	N_MAX,
	N_BELOW,
	N_ABOVE,
	N_CATEGORIES,
	N_COLUMNS
};
static const struct column number_columns[N_COLUMNS] = {
    {"", 1, 10, false, 0},    {"ROWS", 11, 8, true, 0}, {"MISSING", 20, 8, true, 0},    {"INVALID", 29, 8, true, 0},
    {"MEAN", 38, 7, true, 0}, {"SD", 46, 7, true, 0},   {"MIN", 54, 5, true, 0},        {"P50", 60, 6, true, 0},
    {"P90", 67, 7, true, 0},  {"MAX", 75, 8, true, 0},  {"BELOW MIN", 84, 10, true, 0}, {"ABOVE MAX", 95, 10, true, 0},
};
static const struct column brief_columns[N_COLUMNS] = {
    [N_SIDE] = {"", 1, 10, false, 0},    [N_ROWS] = {"ROWS", 10, 7, true, 0}, [N_MISS] = {"MISSING", 18, 8, true, 0},
    [N_MEAN] = {"MEAN", 27, 7, true, 0}, [N_SD] = {"SD", 35, 7, true, 0},     [N_MIN] = {"MIN", 43, 7, true, 0},
    [N_P50] = {"P50", 51, 7, true, 0},   [N_P90] = {"P90", 59, 7, true, 0},   [N_MAX] = {"MAX", 67, 8, true, 0},
};

static const struct column category_columns[N_COLUMNS] = {
    [N_SIDE] = {"", 1, 10, false, 0},
    [N_ROWS] = {"ROWS", 10, 8, true, 0},
    [N_MISS] = {"MISSING", 19, 8, true, 0},
    [N_INVALID] = {"INVALID", 28, 8, true, 0},
    [N_CATEGORIES] = {"CATEGORIES", 37, 11, true, 0},
};

static void
number_cell(const struct list *l, size_t column, double v)
{
	char text[16];

	short_number(text, v);
	if (list_has(l, column) && text_width(text) > list_field(l, column).w && isfinite(v))
		power_text(text, v);
	list_cell(l, column, STYLE_TEXT, text);
}

static void
share_cell(const struct list *l, size_t column, double v)
{
	char text[32];

	share_of(text, v);
	list_cell(l, column, STYLE_TEXT, text);
}

/* Without blanks between groups of digits where there is no room for them. */
static void
rows_cell(const struct list *l, double n)
{
	char text[16];

	if (list_field(l, N_ROWS).w > 7)
		short_number(text, n);
	else if (n < 1e7)
		snprintf(text, sizeof text, "%.0f", n);
	else
		count_text(text, n);
	list_cell(l, N_ROWS, STYLE_TEXT, text);
}

static void
draw_side(struct list *l, const struct feature_side *x)
{
	list_cell(l, N_SIDE, STYLE_TEXT, x->name);
	rows_cell(l, x->rows);
	share_cell(l, N_MISS, x->missing_share);
	number_cell(l, N_INVALID, x->invalid);
	number_cell(l, N_MEAN, x->mean);
	number_cell(l, N_SD, x->stddev);
	number_cell(l, N_MIN, x->min);
	number_cell(l, N_P50, x->p50);
	number_cell(l, N_P90, x->p90);
	number_cell(l, N_MAX, x->max);
	share_cell(l, N_BELOW, x->below_share);
	share_cell(l, N_ABOVE, x->above_share);
	number_cell(l, N_CATEGORIES, x->categories);
	list_row_end(l, 0);
}

/* With too few rows the two that are compared stay. */
static int
side_of_baseline(const struct screen *s)
{
	return s->baseline == BASELINE_WEEK       ? SIDE_WEEK
	       : s->baseline == BASELINE_PREVIOUS ? SIDE_BEFORE
						  : SIDE_REFERENCE;
}

static int
sides_there(const struct part_feature *d)
{
	int n = 0;

	for (int i = 0; i < N_SIDES; i++)
		n += d->side[i].name != NULL;
	return n;
}

static void
draw_numbers(struct screen *s, struct pane p)
{
	const struct part_feature *d = detail_or_say(s, p, "numbers");
	struct columns columns = {wide(s) ? number_columns : brief_columns, N_COLUMNS, p.w};
	struct pane in = p;
	struct list l;
	bool all;

	if (d == NULL)
		return;
	if (d->f.categorical)
		columns.at = category_columns;
	if (wide(s))
		in = pane_open(s, p, "numbers", NULL);
	l = list_open(in, columns, -1);
	all = in.h > sides_there(d);
	for (int i = 0; i < N_SIDES; i++)
		if (d->side[i].name != NULL && (all || i == SIDE_NOW || i == side_of_baseline(s)))
			draw_side(&l, &d->side[i]);
}

/* ---- the page ---- */

static void
lay_out(const struct screen *s, int w, int h, struct rect at[PANES_MAX])
{
	const struct part_feature *d = detail(s);
	const int bins = d != NULL ? (int)d->n_bins : 0;
	const int need = 9 + 5 * bins, most = w * 2 / 3, least = w * 64 / 120;
	const int edge = frame_rows(s), left = need < least ? least : need > most ? most : need;
	const int sides = d != NULL ? sides_there(d) : 2;
	const bool split = wide(s) && (d == NULL || !d->f.categorical);
	const struct stack stack[] = {{edge + 6, edge + 5, 3},
				      {edge + 2, edge + 1, 0},
				      {edge + (wide(s) ? 3 : 2), edge + 2, 1},
				      {wide(s) ? edge + 1 + sides : 3, wide(s) ? edge + 3 : 3, 0}};
	int rows[4], y = 0;

	stack_rows(h, stack, 4, rows);
	at[P_HEAD] = (struct rect){0, y, w, rows[1]};
	y += rows[1];
	at[P_SHARES] = (struct rect){0, y, split ? left : w, rows[0]};
	if (split)
		at[P_CURVE] = (struct rect){left, y, w - left, rows[0]};
	y += rows[0];
	at[P_TIME] = (struct rect){0, y, w, rows[2]};
	y += rows[2];
	at[P_NUMBERS] = (struct rect){0, y, w, rows[3]};
}

/* Below the verdict the pane with the focus. */
static void
lay_out_small(const struct screen *s, int w, int h, struct rect at[PANES_MAX])
{
	const int head = h < 6 ? h : 3, focus = s->focus[PAGE_FEATURE];

	at[P_HEAD] = (struct rect){0, 0, w, head};
	at[focus == P_HEAD ? P_SHARES : focus] = (struct rect){0, head, w, h - head};
}

static const struct pane_kind panes[] = {[P_SHARES] = {"shares", TABLE_NONE, draw_shares},
					 [P_CURVE] = {"curve", TABLE_NONE, draw_curve},
					 [P_TIME] = {"time", TABLE_NONE, draw_time},
					 [P_NUMBERS] = {"numbers", TABLE_NONE, draw_numbers},
					 [P_HEAD] = {"head", TABLE_NONE, draw_head}};

const struct page_kind page_feature = {
    .name = "feature",
    .full = "Feature",
    .brief = "Feat",
    .view = PAGE_DRIFT,
    .list = TABLE_FEATURES,
    .panes = panes,
    .n_panes = sizeof panes / sizeof *panes,
    .lay_out = lay_out,
    .lay_out_small = lay_out_small,
    .hint = "{back} back   j/k next feature   {baseline} baseline: reference / last week / previous window   [ ] move "
	    "the window   "
	    "{copy} copy",
    .hint_narrow = "{back} back  j/k next feature  {baseline} baseline  [ ] move window  {copy} copy",
};
