/*
 * page_models.c -- models: traffic, errors, latency, score, drift; charts of the selected one.
 */
#include "pages.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	M_MARK,
	M_HEALTH,
	M_NAME,
	M_VERSION,
	M_STATE,
	M_RPS,
	M_AGO,
	M_ERR,
	M_P50,
	M_P95,
	M_P99,
	M_SCORE,
	M_DRIFTED,
	M_LAST,
	M_N
};
static const struct column wide_columns[M_N] = {
    {NULL, 0, 1, false, 0},      {NULL, 1, 1, false, 0},
    {"MODEL", 4, 17, false, 2},  {"VERSION", 22, 10, false, 1},
    {"STATE", 33, 11, false, 1}, {"REQ/S", 45, 6, true, 0},
    {"1d AGO", 52, 7, true, 0},  {"ERR %", 60, 7, true, 0},
    {"P50", 68, 5, true, 0},     {"P95", 74, 5, true, 0},
    {"P99", 80, 5, true, 0},     {"SCORE", 86, 6, true, 0},
    {"DRIFTED", 93, 8, true, 0}, {"LAST RECORD", 102, 12, true, 0},
};
static const struct column narrow_columns[M_N] = {
    {NULL, 0, 0, false, 0},      {NULL, 0, 1, false, 0},    {"MODEL", 2, 10, false, 2}, {"VERSION", 13, 8, false, 1},
    {"STATE", 22, 9, false, 1},  {"REQ/S", 32, 5, true, 0}, {"1d AGO", 38, 6, true, 0}, {"ERR %", 45, 5, true, 0},
    {"P50", 51, 4, true, 0},     {"P95", 56, 4, true, 0},   {"P99", 61, 4, true, 0},    {NULL, 0, 0, false, 0},
    {"DRIFTED", 66, 7, true, 0}, {NULL, 0, 0, false, 0},
};

static void
number(char out[16], double v, int decimals)
{
	if (isnan(v))
		snprintf(out, 16, "-");
	else
		snprintf(out, 16, "%.*f", decimals, v);
}

static void
model_row(struct screen *s, struct list *t, const struct view_model *m, bool selected)
{
	char text[16];

	if (wide(s))
		list_cell(t, M_MARK, STYLE_TEXT, selected ? "▸" : " ");
	list_cell(t, M_HEALTH, health_style(m->health), health_glyph[m->health]);
	list_cell(t, M_NAME, selected ? STYLE_TEXT | ATTR_BOLD : STYLE_TEXT, m->model);
	list_cell(t, M_VERSION, STYLE_TEXT, m->version);
	list_cell(t, M_STATE, health_style(m->health), m->state_text);
	number(text, m->rps, m->rps < 9.95 ? 1 : 0);
	list_cell(t, M_RPS, STYLE_TEXT, text);
	if (isnan(m->rps_change))
		snprintf(text, sizeof text, "-");
	else
		snprintf(text, sizeof text, "%+.0f %%", m->rps_change * 100);
	list_cell(t, M_AGO, fabs(m->rps_change) > 0.3 ? STYLE_WARN : STYLE_TEXT, text);
	number(text, m->error_share * 100, 2);
	list_cell(t, M_ERR, STYLE_TEXT, text);
	number(text, m->p50 * 1000, m->p50 < 0.00995 ? 1 : 0);
	list_cell(t, M_P50, STYLE_TEXT, text);
	number(text, m->p95 * 1000, m->p95 < 0.00995 ? 1 : 0);
	list_cell(t, M_P95, STYLE_TEXT, text);
	number(text, m->p99 * 1000, m->p99 < 0.00995 ? 1 : 0);
	list_cell(t, M_P99, STYLE_TEXT, text);
	if (m->features > 0)
		snprintf(text, sizeof text, "%d/%d", m->drifted, m->features);
	else
		snprintf(text, sizeof text, "-");
	list_cell(t, M_DRIFTED, m->drifted > 0 ? STYLE_WARN : STYLE_TEXT, text);
	if (wide(s)) {
		number(text, m->score, 2);
		list_cell(t, M_SCORE, STYLE_TEXT, text);
		age_text(s, text, m->last_record_ms);
		list_cell(t, M_LAST, STYLE_DIM, text);
	}
	list_row_end(t, false);
}

void
model_list(struct screen *s, struct pane p, bool of_page)
{
	const struct view_overview *o = &s->snap->o;
	const struct view_model *chosen = selected_model(s);
	struct list t = list_open(p, wide(s) ? wide_columns : narrow_columns, M_N, wide(s) ? 118 : 80);

	(void)of_page;
	if (o->n_models == 0)
		put_left(p, 4, 1, p.w - 4, STYLE_DIM, "no predictions in the last 5 minutes");
	for (size_t i = 0; i < o->n_models && !list_full(&t); i++)
		model_row(s, &t, &o->models[i], &o->models[i] == chosen);
}

static void
last_number(char out[64], const char *fmt, double v)
{
	if (isnan(v))
		out[0] = '\0';
	else
		snprintf(out, 64, fmt, v);
}

static void
charts(struct screen *s, struct pane p)
{
	const struct snapshot *n = s->snap;
	const struct plot latency = {.track = {&n->p50, &n->p95, &n->p99},
				     .style = {STYLE_LINE1, STYLE_LINE2, STYLE_LINE3},
				     .scale = 1000,
				     .limit = n->latency_limit * 1000,
				     .label_width = 4,
				     .time_labels = 3};
	const struct plot rate = {.track = {&n->rps_before, &n->rps},
				  .style = {STYLE_DIM, STYLE_LINE1},
				  .scale = 1,
				  .limit = NAN,
				  .label_width = 4,
				  .time_labels = 3};
	const struct plot errors = {.track = {&n->errors},
				    .style = {STYLE_BAD},
				    .scale = 100,
				    .limit = NAN,
				    .label_width = 4,
				    .time_labels = 3};
	const int half = p.w / 2, upper = p.h / 2;
	char right[96], text[64];

	snprintf(right, sizeof right, "p50 %.0f  p95 %.0f  p99 %.0f", n->p50.last * 1000, n->p95.last * 1000,
		 n->p99.last * 1000);
	plot_draw(s,
		  pane_frame(pane_inside(p, 0, 0, wide(s) ? half : p.w, upper), "latency, ms",
			     isnan(n->p50.last) ? NULL : right, wide(s)),
		  &latency);
	last_number(text, "%.1f", n->rps.last);
	plot_draw(s,
		  pane_frame(wide(s) ? pane_inside(p, half, 0, p.w - half, upper)
				     : pane_inside(p, 0, upper, half, p.h - upper),
			     "requests/s", text[0] != '\0' ? text : NULL, wide(s)),
		  &rate);
	last_number(text, "%.2f", n->errors.last * 100);
	plot_draw(s,
		  pane_frame(wide(s) ? pane_inside(p, 0, upper, p.w, p.h - upper)
				     : pane_inside(p, half, upper, p.w - half, p.h - upper),
			     "errors, %", text[0] != '\0' ? text : NULL, wide(s)),
		  &errors);
}

void
draw_models(struct screen *s, struct pane p)
{
	const struct view_overview *o = &s->snap->o;
	const int edge = wide(s) ? 2 : 1, want = edge + 1 + (o->n_models > 0 ? (int)o->n_models : 1);
	const int list = want > p.h / 3 ? p.h / 3 : want;
	char title[64];

	snprintf(title, sizeof title, "Models: %zu", o->n_models);
	model_list(
	    s,
	    pane_frame(pane_inside(p, 0, 0, p.w, list), title, wide(s) ? "last 5m, latency in ms" : "last 5m", wide(s)),
	    true);
	if (o->n_models > 0 && p.h - list >= 8)
		charts(s, pane_inside(p, 0, list, p.w, p.h - list));
}
