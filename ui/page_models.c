/*
 * page_models.c -- models: traffic, errors, latency, score, drift; charts of the selected one.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "chart.h"
#include "drift_panes.h"
#include "mlwatch/buf.h"
#include "mlwatch/hash.h"
#include "mlwatch/view_json.h"
#include "panes.h"
#include "screen.h"

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
static const struct column overview_columns[M_N] = {
    {NULL, 0, 0, false, 0},      {NULL, 0, 1, false, 0},    {"MODEL", 2, 10, false, 2}, {"VERSION", 13, 8, false, 1},
    {"STATE", 22, 9, false, 1},  {"REQ/S", 32, 5, true, 0}, {"1d AGO", 38, 6, true, 0}, {"ERR %", 45, 5, true, 0},
    {"P50", 51, 4, true, 0},     {"P95", 56, 4, true, 0},   {"P99", 61, 4, true, 0},    {NULL, 0, 0, false, 0},
    {"DRIFTED", 66, 7, true, 0}, {NULL, 0, 0, false, 0},
};

static const struct column narrow_columns[M_N] = {
    {NULL, 0, 1, false, 0},      {NULL, 1, 1, false, 0},    {"MODEL", 3, 9, false, 2},  {"VERSION", 13, 8, false, 1},
    {"STATE", 22, 9, false, 1},  {"REQ/S", 32, 5, true, 0}, {"1d AGO", 38, 6, true, 0}, {"ERR %", 45, 5, true, 0},
    {"P50", 51, 4, true, 0},     {"P95", 56, 4, true, 0},   {"P99", 61, 4, true, 0},    {NULL, 0, 0, false, 0},
    {"DRIFTED", 66, 7, true, 0}, {NULL, 0, 0, false, 0},
};

static const struct column tiny_columns[M_N] = {
    [M_MARK] = {NULL, 0, 1, false, 0},
    [M_HEALTH] = {NULL, 1, 1, false, 0},
    [M_NAME] = {"MODEL", 3, 7, false, 1},
    [M_STATE] = {"STATE", 11, 9, false, 0},
};
#define TINY_BELOW 31 /* where the narrow table ends before STATE does */

static void
milliseconds(const struct list *l, size_t column, double seconds)
{
	char text[16];

	ms_text(text, seconds);
	list_cell(l, column, STYLE_TEXT, text);
}

static void
draw_model_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct view_model *m = &s->snap->o.models[row];
	const bool chosen = m == selected_model(s);
	char text[16], drifted[24];

	list_cell(l, M_HEALTH, health_style(m->health), health_glyph[m->health]);
	list_cell(l, M_NAME, chosen ? STYLE_TEXT | ATTR_BOLD : STYLE_TEXT, m->model);
	if (m->together > 1)
		list_cellf(l, M_VERSION, STYLE_TEXT, "%s +%d", m->version, m->together - 1);
	else
		list_cell(l, M_VERSION, STYLE_TEXT, m->version[0] != '\0' ? m->version : "-");
	list_cell(l, M_STATE, health_style(m->health), m->state_text);
	rate_text(text, m->rps);
	list_cell(l, M_RPS, STYLE_TEXT, text);
	list_cellf(l, M_AGO, fabs(m->rps_change) > 0.3 ? STYLE_WARN : STYLE_TEXT,
		   isnan(m->rps_change) ? "-" : "%+.0f %%", m->rps_change * 100);
	decimal_text(text, m->error_share * 100, 2);
	list_cell(l, M_ERR, STYLE_TEXT, text);
	milliseconds(l, M_P50, m->p50);
	milliseconds(l, M_P95, m->p95);
	milliseconds(l, M_P99, m->p99);
	decimal_text(text, m->score, 2);
	list_cell(l, M_SCORE, STYLE_TEXT, text);
	view_drifted_text(drifted, m);
	list_cell(l, M_DRIFTED, m->drifted > 0 ? STYLE_WARN : STYLE_TEXT, drifted);
	age_text(s, text, m->last_record_ms);
	list_cell(l, M_LAST, STYLE_DIM, text);
}

static size_t
model_rows(const struct snapshot *n)
{
	return n->o.n_models;
}

/* A row for all versions stays the same when another has most traffic. */
static uint64_t
model_id(const struct snapshot *n, size_t row)
{
	const struct view_model *m = &n->o.models[row];
	bool alone = true;

	for (size_t i = 0; i < n->o.n_models && alone; i++)
		alone = i == row || strcmp(n->o.models[i].model, m->model) != 0;
	return hash_mix(hash_str(m->model), alone ? 0 : hash_mix(hash_str(m->version), hash_str(m->job)));
}

static enum health
model_health(const struct snapshot *n, size_t row)
{
	return n->o.models[row].health;
}

static void
model_fields(const struct snapshot *n, size_t row, struct table_fields *f)
{
	const struct view_model *m = &n->o.models[row];

	table_field(f, "model", m->model);
	table_field(f, "version", m->version);
	table_field(f, "job", m->job);
	table_field(f, "state", m->state_text);
}

static bool
model_value(const struct snapshot *n, size_t row, size_t column, struct sort_value *v)
{
	const struct view_model *m = &n->o.models[row];
	const double number[M_N] = {
	    [M_STATE] = (double)row, /* as they come: the worst first */
	    [M_RPS] = -m->rps,       [M_AGO] = m->rps_change,   [M_ERR] = -m->error_share,
	    [M_P50] = -m->p50,       [M_P95] = -m->p95,         [M_P99] = -m->p99,
	    [M_SCORE] = m->score,    [M_DRIFTED] = -m->drifted, [M_LAST] = (double)m->last_record_ms};

	*v = (struct sort_value){number[column], column == M_NAME ? m->model : column == M_VERSION ? m->version : NULL};
	return column >= M_NAME;
}

static char *
model_json(const struct snapshot *n, size_t row)
{
	const struct view_overview alone = {.t = n->o.t, .models = &n->o.models[row], .n_models = 1};

	return view_models_json(&alone);
}

static void
open_model(struct screen *s, size_t row)
{
	(void)row;
	page_open(s, PAGE_DRIFT);
}

const struct table_kind table_models = {
    .name = "models",
    .leads = true,
    .wide = {wide_columns, M_N, 118},
    .narrow = {narrow_columns, M_N, 80},
    .nothing = "no predictions in the last 5 minutes",
    .rows = model_rows,
    .id = model_id,
    .health = model_health,
    .fields = model_fields,
    .draw = draw_model_row,
    .value = model_value,
    .json = model_json,
    .open = open_model,
};

void
pane_models(struct screen *s, struct pane p, bool of_overview)
{
	static const struct columns overview = {overview_columns, M_N, 80}, tiny = {tiny_columns, M_N, 20};
	const struct columns *columns = wide(s)            ? &table_models.wide
					: p.w < TINY_BELOW ? &tiny
					: of_overview      ? &overview
							   : &table_models.narrow;
	struct column at[M_N];
	struct columns shown = {at, M_N, columns->need};
	char title[64], window[32], what[64];

	window_text(window, s->snap->o.models_window_ms);
	snprintf(what, sizeof what,
		 !wide(s)      ? "last %s"
		 : of_overview ? "latency in ms, last %s"
			       : "last %s, latency in ms",
		 window);
	snprintf(title, sizeof title, "Models: %zu", s->snap->o.n_models);
	memcpy(at, columns->at, sizeof at);
	if (s->behind_week)
		at[M_AGO].title = "1w AGO";
	table_draw(s, table_frame(s, p, TABLE_MODELS, title, what, 0), TABLE_MODELS, &shown);
}

/* ---- the page ---- */

enum { P_MODELS, P_LATENCY, P_TRAFFIC, P_ERRORS, P_ANSWERS, P_SCORE, P_SOURCES };

static const char *
ago_word(const struct screen *s)
{
	return s->behind_week ? "a week ago" : "a day ago";
}

static void
draw_models(struct screen *s, struct pane p)
{
	pane_models(s, p, false);
}

static void
draw_latency(struct screen *s, struct pane p)
{
	const struct part_charts *c = model_charts(s, p, "latency, ms");
	const struct view_model *m = selected_model(s);
	char title[BRIEF_MAX + 16], right[128];
	struct plot q;

	if (c == NULL)
		return;
	q = latency_plot(s);
	q.time_labels = wide(s) ? 3 : 0;
	snprintf(title, sizeof title, "%s%slatency, ms", wide(s) ? "" : brief(m->model, 60).at, wide(s) ? "" : " ");
	latency_text(right, m);
	if (!isnan(c->latency_limit))
		snprintf(right + strlen(right), sizeof right - strlen(right), "  limit p%.0f %.0f",
			 c->latency_quantile * 100, c->latency_limit * 1000);
	plot_draw(s, pane_open(s, p, title, isnan(m->p50) ? NULL : right), &q);
}

static void
draw_traffic(struct screen *s, struct pane p)
{
	const struct view_model *m = selected_model(s);
	char right[96], now[16], before[16];
	struct plot q;

	if (model_charts(s, p, "requests/s") == NULL)
		return;
	q = traffic_plot(s, true);
	q.time_labels = wide(s) ? 3 : 2;
	rate_text(now, m->rps);
	rate_text(before, m->rps_before);
	if (isnan(m->rps_before))
		snprintf(right, sizeof right, "%s, none %s", now, ago_word(s));
	else
		snprintf(right, sizeof right, "%s, %s %s", now, ago_word(s), before);
	plot_draw(s, pane_open(s, p, "requests/s", isnan(m->rps) ? NULL : right), &q);
}

static void
draw_errors(struct screen *s, struct pane p)
{
	const struct part_charts *c = model_charts(s, p, "errors, %");
	const struct view_model *m = selected_model(s);
	char right[96], share[16];
	struct plot q;

	if (c == NULL)
		return;
	q = errors_plot(s);
	q.time_labels = wide(s) ? 3 : 2;
	errors_text(share, m->error_share);
	if (isnan(c->error_limit))
		snprintf(right, sizeof right, "%s", share);
	else
		snprintf(right, sizeof right, wide(s) ? "%s  limit %.3g" : "%s limit %.3g", share,
			 c->error_limit * 100);
	plot_draw(s, pane_open(s, p, "errors, %", isnan(m->error_share) ? NULL : right), &q);
}

static void
draw_sources(struct screen *s, struct pane p)
{
	const struct part_model *m = s->snap->of_model;
	const struct view_model *chosen = selected_model(s);
	char title[BRIEF_MAX + 40];
	struct pane in;

	snprintf(title, sizeof title, "%s: where its numbers come from",
		 brief(chosen != NULL ? chosen->model : "-", 60).at);
	in = pane_open(s, p, title, NULL);
	for (size_t i = 0; m != NULL && i < m->n_sources; i++)
		put_left(in, 1, (int)i, in.w - 1, STYLE_TEXT, m->sources[i]);
}

/* ---- where they stand ---- */

static void
lay_out_wide(int w, const int rows[4], struct rect at[PANES_MAX])
{
	/* the score's bins need a column between each two of them */
	const int half = w / 2, answers = (w - half) * 27 / 60, charts = rows[0], second = charts + rows[1];

	at[P_LATENCY] = (struct rect){0, charts, half, rows[1]};
	at[P_TRAFFIC] = (struct rect){half, charts, w - half, rows[1]};
	at[P_ERRORS] = (struct rect){0, second, half, rows[2]};
	at[P_ANSWERS] = (struct rect){half, second, answers, rows[2]};
	at[P_SCORE] = (struct rect){half + answers, second, w - half - answers, rows[2]};
	at[P_SOURCES] = (struct rect){0, second + rows[2], w, rows[3]};
}

static void
lay_out(const struct screen *s, int w, int h, struct rect at[PANES_MAX])
{
	const int edge = frame_rows(s), n = s->snap->o.n_models > 0 ? (int)s->snap->o.n_models : 1;
	const int list = edge + 1 + n < h / 3 + 2 ? edge + 1 + n : h / 3 + 2;
	const struct stack stack[] = {{list, list, 0},
				      {edge + (wide(s) ? 8 : 5), edge + 2, 2},
				      {edge + (wide(s) ? 6 : 4), edge + 3, 1},
				      {edge + (wide(s) ? 3 : 2), edge + 1, 0}};
	int rows[4];

	stack_rows(h, stack, 4, rows);
	at[P_MODELS] = (struct rect){0, 0, w, rows[0]};
	if (wide(s)) {
		lay_out_wide(w, rows, at);
		return;
	}
	at[P_LATENCY] = (struct rect){0, rows[0], w, rows[1]};
	at[P_TRAFFIC] = (struct rect){0, rows[0] + rows[1], w / 2, rows[2]};
	at[P_ERRORS] = (struct rect){w / 2, rows[0] + rows[1], w - w / 2, rows[2]};
	at[P_ANSWERS] = (struct rect){0, rows[0] + rows[1] + rows[2], w, rows[3]};
}

static const struct pane_kind panes[] = {
    [P_MODELS] = {"models", TABLE_MODELS, draw_models},  [P_LATENCY] = {"latency", TABLE_NONE, draw_latency},
    [P_TRAFFIC] = {"traffic", TABLE_NONE, draw_traffic}, [P_ERRORS] = {"errors", TABLE_NONE, draw_errors},
    [P_ANSWERS] = {"answers", TABLE_NONE, pane_answers}, [P_SCORE] = {"score", TABLE_NONE, pane_score},
    [P_SOURCES] = {"sources", TABLE_NONE, draw_sources},
};

const struct page_kind page_models = {
    .name = "models",
    .full = "Models",
    .brief = "Model",
    .view = PAGE_MODELS,
    .list = TABLE_MODELS,
    .panes = panes,
    .n_panes = sizeof panes / sizeof *panes,
    .lay_out = lay_out,
    .hint = "j/k model   {open} drift of it   {versions} versions apart   {against} against a day or a week ago   [ ] "
	    "time   "
	    "{zoom} zoom pane",
    .hint_narrow =
	"j/k model  {open} drift  {versions} versions  {against} against a day ago  [ ] time  {zoom} zoom pane",
};
