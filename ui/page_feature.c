/*
 * page_feature.c -- one feature against its reference.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "chart.h"
#include "drift_panes.h"
#include "screen.h"

enum { P_HEAD, P_SHARES, P_TIME };

static void
histogram(struct screen *s, struct pane p)
{
	const struct part_feature *n = s->snap->detail;
	const int rows = p.h - 2, n_bins = (int)n->n_bins;
	double top = 0;
	char text[24];
	int step;

	if (n_bins == 0 || rows < 2) {
		put_left(p, 1, 0, p.w - 1, STYLE_DIM, "no values in the window");
		return;
	}
	for (int i = 0; i < n_bins; i++)
		top = fmax(top, fmax(n->bin_reference[i], n->bin_now[i]));
	step = (p.w - 8) / n_bins;
	if (step < 3)
		step = 3;
	snprintf(text, sizeof text, "%.0f %%", top * 100);
	put_right(p, 0, 0, 6, STYLE_DIM, text);
	put_right(p, 0, rows - 1, 6, STYLE_DIM, "0 %");
	for (int i = 0; i < n_bins; i++) {
		const int x = 8 + i * step, wide_bar = step >= 5 ? 2 : 1;

		column_draw(p, x, rows - 1, wide_bar, rows, STYLE_REFERENCE, top > 0 ? n->bin_reference[i] / top : 0,
			    true);
		column_draw(p, x + wide_bar, rows - 1, wide_bar, rows, STYLE_LINE1, top > 0 ? n->bin_now[i] / top : 0,
			    false);
		put_left(p, x, rows, step - 1, STYLE_DIM, n->bin_label[i]);
	}
	(void)s;
}

static void
draw_head(struct screen *s, struct pane p)
{
	const struct view_feature *f = selected_feature(s);
	char title[200], right[64];

	if (f == NULL) {
		pane_open(s, p, "no feature is selected", NULL);
		return;
	}
	snprintf(title, sizeof title, "%.60s %.40s: %.60s (%s)", s->snap->model, s->snap->version, f->name,
		 f->categorical ? "categorical" : "numeric");
	snprintf(right, sizeof right, "%zu of %zu", s->cursor[TABLE_FEATURES].at + 1, s->cursor[TABLE_FEATURES].n);
	pane_numbers(s, pane_open(s, p, title, right), f);
}

static void
draw_shares(struct screen *s, struct pane p)
{
	const struct part_feature *f = s->snap->detail;

	if (f == NULL)
		pane_open(s, p, "reading", NULL);
	else
		histogram(
		    s, pane_open(s, p,
				 f->categorical ? "share of rows per category" : "share of rows per reference decile",
				 "▒ reference  █ now"));
}

static void
draw_time(struct screen *s, struct pane p)
{
	const struct part_feature *n = s->snap->detail;
	const struct view_feature *f = selected_feature(s);
	char title[200], right[64];

	if (n == NULL || f == NULL) {
		pane_open(s, p, "", NULL);
		return;
	}
	const struct plot q = {.track = {&n->over_time},
			       .style = {STYLE_LINE1},
			       .span = n->span,
			       .scale = 1,
			       .limit = f->limit,
			       .top = 1,
			       .label_width = 4,
			       .time_labels = 3};
	snprintf(title, sizeof title, "%s over time", f->statistic);
	snprintf(right, sizeof right, "limit %.3f", f->limit);
	plot_draw(s, pane_open(s, p, title, right), &q);
}

static void
lay_out(const struct screen *s, int w, int h, struct rect at[PANES_MAX])
{
	const int edge = frame_rows(s);
	const struct stack stack[] = {{edge + 3, edge + 2, 0}, {edge + 5, edge + 4, 1}, {edge + 4, edge + 3, 0}};
	int rows[3], y = 0;

	stack_rows(h, stack, 3, rows);
	for (int i = 0; i < 3; i++) {
		at[i] = (struct rect){0, y, w, rows[i]};
		y += rows[i];
	}
}

static const struct pane_kind panes[] = {[P_HEAD] = {"head", TABLE_NONE, draw_head},
					 [P_SHARES] = {"shares", TABLE_NONE, draw_shares},
					 [P_TIME] = {"time", TABLE_NONE, draw_time}};

const struct page_kind page_feature = {
    .name = "feature",
    .full = "Feature",
    .brief = "Feat",
    .view = PAGE_DRIFT,
    .list = TABLE_FEATURES,
    .panes = panes,
    .n_panes = sizeof panes / sizeof *panes,
    .lay_out = lay_out,
    .hint = "{back} back   j/k next feature   {baseline} baseline: reference / last week / previous window   [ ] move "
	    "the window   "
	    "{copy} copy",
    .hint_narrow = "{back} back  j/k next feature  {baseline} baseline  [ ] move window  {copy} copy",
};
