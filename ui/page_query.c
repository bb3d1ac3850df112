/*
 * page_query.c -- a line of PromQL, the answer as a chart and as numbers.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "keys.h"
#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "mlwatch/promql.h"
#include "query_series.h"
#include "screen.h"

enum { P_LINE, P_CHART, P_TABLE };

/* ---- the line ---- */

/* What is said below the line of the expression that was asked: where it is wrong, or a warning. NULL: nothing. */
static const char *
said_of(const struct screen *s)
{
	const struct part_query *q = s->snap->query;

	if (q == NULL || strcmp(s->query.text, q->text) != 0)
		return NULL;
	return q->fault != NULL ? q->fault : q->warning[0] != '\0' ? q->warning : NULL;
}

static void
draw_typed(struct pane in, const struct line *l)
{
	const size_t from = shown_from(l->text, l->cursor, in.w);
	const int x = text_from(in, 0, STYLE_TEXT, l->text, from) + text_widthn(l->text + from, l->cursor - from);

	if (l->text[l->cursor] == '\0')
		put(in, x, 0, STYLE_TEXT, "_");
	else
		putn(in, x, 0, STYLE_TEXT | ATTR_REVERSE, l->text + l->cursor, byte_of_column(l->text + l->cursor, 2));
}

static struct fault
fault_of(const struct part_query *q)
{
	const size_t at = byte_of_column(q->text, q->fault_column), end = byte_of_column(q->text, q->fault_end);

	return (struct fault){q->text, at, end > at ? end - at : 0, q->fault_column == 0};
}

static int
line_rows(const struct screen *s, int w)
{
	const struct part_query *q = s->snap->query;
	const char *said = said_of(s);
	struct fault f;

	if (said == NULL || q->fault == NULL)
		return said != NULL ? 2 : 1;
	f = fault_of(q);
	return fault_rows(w, &f, said);
}

static void
draw_line(struct screen *s, struct pane p)
{
	const struct pane frame = pane_open(s, p, "PromQL", NULL);
	const struct pane in = pane_inside(frame, wide(s), 0, frame.w - 2 * wide(s), frame.h);
	const struct part_query *q = s->snap->query;
	const char *said = said_of(s);
	const bool faulty = said != NULL && q->fault != NULL;
	const struct fault f = faulty ? fault_of(q) : (struct fault){0};

	put_left(in, 0, 0, in.w, STYLE_TEXT, s->query.text);
	if (faulty && (s->input != INPUT_QUERY || text_width(s->query.text) < in.w))
		fault_draw(in, 0, STYLE_TEXT, &f, said, STYLE_BAD);
	else if (said != NULL) /* a long line follows its cursor, not the fault */
		put_left(in, 0, 1, in.w, faulty ? STYLE_BAD : STYLE_WARN, said);
	if (s->input == INPUT_QUERY)
		draw_typed(in, &s->query);
}

void
query_enter(struct screen *s)
{
	struct err e = ERR_INIT;
	struct expr *x = promql_parse(s->query.text, &e);

	history_add(&s->queries, s->query.text);
	s->wish.read_again = strcmp(s->asked, s->query.text) == 0;
	memcpy(s->asked, s->query.text, sizeof s->asked);
	if (x == NULL && s->query.text[0] != '\0') {
		s->input = INPUT_QUERY;
		s->query.cursor = byte_of_column(s->query.text, e.column);
	} else if (small(s))
		s->focus[PAGE_QUERY] = P_TABLE; /* it is shown alone */
	expr_close(x);
}

/* ---- the chart ---- */

static void
answer_title(const struct screen *s, struct buf *out)
{
	const struct part_query *q = s->snap->query;
	char text[32];

	if (q == NULL || q->text[0] == '\0')
		return;
	if (q->fault != NULL || q->string != NULL) {
		buf_addstr(out, q->fault != NULL ? "no answer" : "a string");
		return;
	}
	count_text(text, (double)q->n_all);
	buf_addf(out, "%s series", text);
	if (q->n < q->n_all)
		buf_addf(out, ", the %zu largest", q->n);
	if (q->instant)
		buf_addstr(out, ", raw samples");
	if (!isnan(q->seconds)) {
		quantity_text(text, (struct quantity){q->seconds, UNIT_SECONDS, NULL});
		buf_addf(out, ", %s", text);
	}
	if (wide(s)) {
		count_text(text, (double)q->rows);
		buf_addf(out, ", %s rows read", text);
	}
}

/* Another query was asked since, and is not answered yet. */
static bool
is_old(const struct screen *s)
{
	return strcmp(s->snap->query->text, s->asked) != 0;
}

/* Why there is no line to draw, in two rows; NULL: there is one. */
static const char *const *
nothing_to_draw(const struct screen *s)
{
	static const char *const empty[] = {"type an expression: Tab completes it, Enter runs it; for example",
					    "sum by (model) (rate(ml_predictions_total[5m]))"};
	static const char *const histograms[] = {
	    "histograms have no line, but these have:",
	    "histogram_quantile(0.95, ...)  histogram_avg(...)  histogram_count(...)"};
	static const char *const no_result[] = {
	    "no result in this range", "is it too short (F5), or has nothing these labels (Tab shows what there is)?"};
	static const char *const said_above[] = {"", ""};
	const struct part_query *q = s->snap->query;

	if (q->text[0] == '\0')
		return is_old(s) ? said_above : empty;
	if (q->fault != NULL || q->string != NULL)
		return said_above;
	if (q->n == 0)
		return no_result;
	for (size_t i = 0; i < q->n; i++)
		if (q->at[i].n > 0)
			return NULL;
	return histograms;
}

/* Large numbers are drawn in thousands, millions, ..., so that the axis stays narrow. Returns in what. */
static const char *
set_scale(struct plot *plot, double largest)
{
	static const struct {
		double from, scale;
		const char *word;
	} scales[] = {
	    {1e12, 1e-12, "10^12"}, {1e9, 1e-9, "billions"}, {1e6, 1e-6, "millions"}, {1e4, 1e-3, "thousands"}};

	plot->scale = 1;
	plot->label_width = 5;
	for (size_t i = 0; i < sizeof scales / sizeof *scales; i++)
		if (largest > scales[i].from) {
			plot->scale = scales[i].scale;
			return scales[i].word;
		}
	return "";
}

static void
draw_no_chart(const struct screen *s, struct pane in)
{
	const char *const *said = nothing_to_draw(s);
	const struct part_query *q = s->snap->query;

	for (int y = 0; y < 2; y++)
		put_left(in, 1, y, in.w - 2, STYLE_DIM, said[y]);
	if (q->string != NULL)
		put_left(in, 1, 0, in.w - 2, STYLE_TEXT, q->string);
}

static void
draw_chart(struct screen *s, struct pane p)
{
	const struct part_query *q = s->snap->query;
	const bool drawn = q != NULL && nothing_to_draw(s) == NULL;
	struct plot plot = {
	    .limit = NAN, .time_labels = wide(s) ? 5 : 3, .style = {STYLE_LINE1, STYLE_LINE2, STYLE_LINE3}};
	struct track track[DRAWN_SERIES] = {{0}};
	size_t row[DRAWN_SERIES], n = series_drawn(s, row);
	struct buf title = BUF_INIT;
	const char *scale = "", *unit = q != NULL ? q->unit : "";
	double largest = 0;
	char right[40];
	struct pane in;

	for (size_t i = 0; drawn && i < n; i++) {
		track[i].v = q->at[row[i]].v;
		plot.track[i] = &track[i];
		largest = fmax(largest, fmax(q->at[row[i]].max, -q->at[row[i]].min));
	}
	scale = set_scale(&plot, largest);
	answer_title(s, &title);
	snprintf(right, sizeof right, "%s%s%s", scale, scale[0] != '\0' && unit[0] != '\0' ? ", " : "", unit);
	in = pane_open(s, p, buf_str(&title),
		       q != NULL && q->text[0] != '\0' && is_old(s) ? "of the query before" : right);
	buf_release(&title);
	if (drawn) {
		plot.span = q->span;
		plot_draw(s, in, &plot);
	} else if (q != NULL) {
		draw_no_chart(s, in);
	}
}

/* ---- the page ---- */

static void
draw_table(struct screen *s, struct pane p)
{
	const struct part_query *q = s->snap->query;
	const bool brief = q != NULL && series_are_brief(s) && q->common[0] != '\0';
	char title[200];

	snprintf(title, sizeof title, "last values%s%.180s", brief ? " of " : "", brief ? q->common : "");
	table_draw(s, table_frame(s, p, TABLE_SERIES, title, NULL, 0), TABLE_SERIES, series_columns(s));
}

static void
lay_out(const struct screen *s, int w, int h, struct rect at[PANES_MAX])
{
	const int edge = frame_rows(s), line = edge + line_rows(s, w - 4 * wide(s));
	const int table = h / 3 > edge + 2 ? h / 3 : edge + 2, chart = h - line - table;

	at[P_LINE] = (struct rect){0, 0, w, line < h ? line : h};
	at[P_TABLE] = (struct rect){0, line + (chart > 0 ? chart : 0), w,
				    chart > 0      ? table
				    : h - line > 0 ? h - line
						   : 0};
	at[P_CHART] = (struct rect){0, line, w, chart > 0 ? chart : 0};
}

/* The line, and what is known of its answer; with room for one of them the answer, once there is one. */
static void
lay_out_small(const struct screen *s, int w, int h, struct rect at[PANES_MAX])
{
	const struct part_query *q = s->snap->query;
	const bool answered = q != NULL && q->n > 0,
		   typing = s->input == INPUT_QUERY || (q != NULL && q->fault != NULL);
	const int line = h < 4                                     ? (answered && !typing ? 0 : h)
			 : line_rows(s, w) + frame_rows(s) < h - 2 ? line_rows(s, w) + frame_rows(s)
								   : h - 2;
	const int below = answered && s->focus[PAGE_QUERY] != P_CHART ? P_TABLE : P_CHART;

	at[P_LINE] = (struct rect){0, 0, w, line};
	at[below] = (struct rect){0, line, w, h - line};
}

/* A word as a shell reads it back. */
static void
add_quoted(struct buf *out, const char *word)
{
	buf_addc(out, '\'');
	for (; *word != '\0'; word++)
		if (*word == '\'')
			buf_addstr(out, "'\\''");
		else
			buf_addc(out, *word);
	buf_addc(out, '\'');
}

/* The command line that prints the same. */
static char *
copy_command(const struct screen *s, const char **what)
{
	const struct part_query *q = s->snap->query;
	char from[32], to[32];
	struct buf b = BUF_INIT;

	if (q == NULL || q->text[0] == '\0')
		return NULL;
	*what = "the command line that prints this";
	rfc3339_format(from, q->span.from + (q->span.to - q->span.from) / CHART_POINTS);
	rfc3339_format(to, q->span.to);
	buf_addstr(&b, q->instant ? "mlwatch query" : "mlwatch query range");
	if (q->instant) {
		buf_addf(&b, " --time %s", to);
	} else {
		buf_addf(&b, " --start %s --end %s --step ", from, to);
		duration_format(&b, (q->span.to - q->span.from) / CHART_POINTS);
	}
	buf_addstr(&b, " --store ");
	add_quoted(&b, s->store_path);
	buf_addstr(&b, " -- ");
	add_quoted(&b, q->text);
	return buf_steal(&b);
}

static void
hint_now(const struct screen *s, struct buf *out)
{
	const size_t row = table_at(s, TABLE_SERIES);
	const char *name = row == SIZE_MAX       ? ""
			   : series_are_brief(s) ? s->snap->query->at[row].brief
						 : s->snap->query->at[row].name;

	if (s->input == INPUT_QUERY)
		return;
	if (text_width(name) > series_name_width(s))
		buf_addstr(out, s->snap->query->at[row].name);
	else
		hint_add(s, out,
			 wide(s) ? "{edit} edits the line   {down}/{up} series, {mark} draws it   {sort} sort   "
				   "{choose-range} range   {copy} copy the command line that prints this"
				 : "{edit} edits the line  {down}/{up} series  {mark} draws it  {choose-range} range  "
				   "{copy} copy");
}

static const struct pane_kind panes[] = {[P_LINE] = {"line", TABLE_NONE, draw_line},
					 [P_CHART] = {"chart", TABLE_NONE, draw_chart},
					 [P_TABLE] = {"values", TABLE_SERIES, draw_table}};

const struct page_kind page_query = {
    .name = "query",
    .full = "Query",
    .brief = "Query",
    .view = PAGE_QUERY,
    .list = TABLE_SERIES,
    .panes = panes,
    .n_panes = sizeof panes / sizeof *panes,
    .lay_out = lay_out,
    .lay_out_small = lay_out_small,
    .copy = copy_command,
    .hint_now = hint_now,
    .hint = "{open} runs   Tab completes   Up history   {choose-range} range   {copy} copy the command line that "
	    "prints this   {back} leaves the line",
    .hint_narrow = "{open} runs  Tab completes  Up history  {choose-range} range  {back} leaves the line",
};
