/*
 * page_query.c -- a line of PromQL, a chart and a table.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "screen.h"

enum { P_LINE, P_CHART, P_TABLE };

static void
query_table(struct screen *s, struct pane p)
{
	const struct part_query *n = s->snap->query;
	static const char mark[] = {'*', '.', '^'};

	if (n == NULL)
		return;
	putf(p, 3, 0, STYLE_HEAD, "%-*s %9s %9s %9s %9s", p.w - 46, "SERIES", "NOW", "MIN", "MEAN", "MAX");
	for (size_t i = 0; i < n->n && (int)i + 1 < p.h; i++) {
		const double *v = n->series[i].v;
		double lo = NAN, hi = NAN, sum = 0;
		struct buf labels = BUF_INIT;
		char a[16], b[16], c[16], d[16];
		int count = 0;

		for (int k = 0; k < CHART_POINTS; k++) {
			if (isnan(v[k]))
				continue;
			lo = isnan(lo) || v[k] < lo ? v[k] : lo;
			hi = isnan(hi) || v[k] > hi ? v[k] : hi;
			sum += v[k];
			count++;
		}
		labels_format(&labels, n->series[i].labels);
		short_number(a, v[CHART_POINTS - 1]);
		short_number(b, lo);
		short_number(c, count > 0 ? sum / count : NAN);
		short_number(d, hi);
		putf(p, 1, (int)i + 1, i < 3 ? (unsigned)STYLE_LINE1 + (unsigned)i : STYLE_TEXT, "%c",
		     i < 3 ? mark[i] : '-');
		put_left(p, 3, (int)i + 1, p.w - 46, STYLE_TEXT, buf_str(&labels));
		putf(p, p.w - 42, (int)i + 1, STYLE_TEXT, "%9s %9s %9s %9s", a, b, c, d);
		buf_release(&labels);
	}
}

static size_t
series_rows(const struct snapshot *n)
{
	(void)n;
	return 0;
}

const struct table_kind table_series = {.name = "series", .rows = series_rows, .nothing = "no series"};

static void
draw_line(struct screen *s, struct pane p)
{
	const struct pane in = pane_open(s, p, "PromQL", NULL);
	const struct line *l = &s->query;
	int x = 1;

	x += putn(in, x, 0, STYLE_TEXT, l->text, l->cursor);
	if (s->input != INPUT_QUERY)
		put(in, x, 0, STYLE_TEXT, l->text + l->cursor);
	else if (l->text[l->cursor] == '\0')
		put(in, x, 0, STYLE_TEXT, "_");
	else
		put(in, x, 0, STYLE_TEXT | ATTR_UNDERLINE, l->text + l->cursor);
}

static void
draw_chart(struct screen *s, struct pane p)
{
	const struct part_query *n = s->snap->query;
	struct track t[3] = {{0}};
	struct plot q = {.scale = 1,
			 .limit = NAN,
			 .label_width = 5,
			 .time_labels = 3,
			 .style = {STYLE_LINE1, STYLE_LINE2, STYLE_LINE3}};
	char title[96] = "";
	struct pane in;

	if (n != NULL && n->error != NULL)
		snprintf(title, sizeof title, "error");
	else if (n != NULL)
		snprintf(title, sizeof title, "%zu series", n->n);
	in = pane_open(s, p, title, NULL);
	if (n == NULL)
		return;
	if (n->error != NULL)
		put_left(in, 1, 0, in.w - 1, STYLE_BAD, n->error);
	for (size_t i = 0; i < n->n && i < 3; i++) {
		t[i].v = n->series[i].v;
		q.track[i] = &t[i];
	}
	q.span = n->span;
	if (n->n > 0)
		plot_draw(s, in, &q);
}

static void
draw_table(struct screen *s, struct pane p)
{
	query_table(s, pane_open(s, p, "last values", NULL));
}

static void
lay_out(const struct screen *s, int w, int h, struct rect at[PANES_MAX])
{
	const int edge = frame_rows(s), table = h / 3 > edge + 2 ? h / 3 : edge + 2;

	at[P_LINE] = (struct rect){0, 0, w, edge + 1};
	at[P_CHART] = (struct rect){0, edge + 1, w, h - edge - 1 - table};
	at[P_TABLE] = (struct rect){0, h - table, w, table};
}

static const struct pane_kind panes[] = {[P_LINE] = {"line", TABLE_NONE, draw_line},
					 [P_CHART] = {"chart", TABLE_NONE, draw_chart},
					 [P_TABLE] = {"values", TABLE_NONE, draw_table}};

const struct page_kind page_query = {
    .name = "query",
    .full = "Query",
    .brief = "Query",
    .view = PAGE_QUERY,
    .list = TABLE_NONE,
    .panes = panes,
    .n_panes = sizeof panes / sizeof *panes,
    .lay_out = lay_out,
    .hint = "{open} runs   Tab completes   Up history   {choose-range} range   {copy} copy the command line that "
	    "prints this   {back} "
	    "leaves the line",
    .hint_narrow = "{open} runs  Tab completes  Up history  {choose-range} range  {back} leaves the line",
};
