/*
 * page_models.c -- models: traffic, errors, latency, score, drift; charts of the selected one.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlwatch/hash.h"
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

static void
number(char out[16], double v, int decimals)
{
	if (isnan(v))
		snprintf(out, 16, "-");
	else
		snprintf(out, 16, "%.*f", decimals, v);
}

static void
milliseconds(const struct list *l, size_t column, double seconds)
{
	char text[16];

	number(text, seconds * 1000, seconds < 0.00995 ? 1 : 0);
	list_cell(l, column, STYLE_TEXT, text);
}

static void
draw_model_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct view_model *m = &s->snap->o.models[row];
	const bool chosen = m == selected_model(s);
	char text[16];

	list_cell(l, M_HEALTH, health_style(m->health), health_glyph[m->health]);
	list_cell(l, M_NAME, chosen ? STYLE_TEXT | ATTR_BOLD : STYLE_TEXT, m->model);
	list_cell(l, M_VERSION, STYLE_TEXT, m->version);
	list_cell(l, M_STATE, health_style(m->health), m->state_text);
	number(text, m->rps, m->rps < 9.95 ? 1 : 0);
	list_cell(l, M_RPS, STYLE_TEXT, text);
	list_cellf(l, M_AGO, fabs(m->rps_change) > 0.3 ? STYLE_WARN : STYLE_TEXT,
		   isnan(m->rps_change) ? "-" : "%+.0f %%", m->rps_change * 100);
	number(text, m->error_share * 100, 2);
	list_cell(l, M_ERR, STYLE_TEXT, text);
	milliseconds(l, M_P50, m->p50);
	milliseconds(l, M_P95, m->p95);
	milliseconds(l, M_P99, m->p99);
	number(text, m->score, 2);
	list_cell(l, M_SCORE, STYLE_TEXT, text);
	list_cellf(l, M_DRIFTED, m->drifted > 0 ? STYLE_WARN : STYLE_TEXT, m->features > 0 ? "%d/%d" : "-", m->drifted,
		   m->features);
	age_text(s, text, m->last_record_ms);
	list_cell(l, M_LAST, STYLE_DIM, text);
}

static size_t
model_rows(const struct snapshot *n)
{
	return n->o.n_models;
}

static uint64_t
model_id(const struct snapshot *n, size_t row)
{
	return hash_mix(hash_str(n->o.models[row].model), hash_str(n->o.models[row].version));
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
	    [M_RPS] = -m->rps,    [M_AGO] = m->rps_change,   [M_ERR] = -m->error_share,
	    [M_P50] = -m->p50,    [M_P95] = -m->p95,         [M_P99] = -m->p99,
	    [M_SCORE] = m->score, [M_DRIFTED] = -m->drifted, [M_LAST] = (double)m->last_record_ms};

	*v = (struct sort_value){number[column], column == M_NAME ? m->model : column == M_VERSION ? m->version : NULL};
	return column == M_NAME || column == M_VERSION || column >= M_RPS;
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
    .open = open_model,
};

void
pane_models(struct screen *s, struct pane p, bool of_overview)
{
	static const struct columns overview = {overview_columns, M_N, 80};
	const char *what = !wide(s) ? "last 5m" : of_overview ? "latency in ms, last 5m" : "last 5m, latency in ms";
	char title[64], state[96];

	snprintf(title, sizeof title, "Models: %zu", s->snap->o.n_models);
	table_draw(s, pane_open(s, p, title, table_state(s, TABLE_MODELS, what, state)), TABLE_MODELS,
		   of_overview && !wide(s) ? &overview : NULL);
}

/* ---- the page ---- */

enum { P_MODELS, P_LATENCY, P_TRAFFIC, P_ERRORS, P_ANSWERS, P_SCORE, P_SOURCES };

static void
last_number(char out[64], const char *fmt, double v)
{
	if (isnan(v))
		out[0] = '\0';
	else
		snprintf(out, 64, fmt, v);
}

static void
draw_models(struct screen *s, struct pane p)
{
	pane_models(s, p, false);
}

static const struct part_charts *
charts_of(const struct screen *s, struct pane p)
{
	if (s->snap->charts == NULL)
		pane_open(s, p, "reading", NULL);
	return s->snap->charts;
}

static void
draw_latency(struct screen *s, struct pane p)
{
	const struct part_charts *c = charts_of(s, p);
	const struct view_model *m = selected_model(s);
	char right[96];

	if (c == NULL)
		return;
	const struct plot q = {.track = {&c->p50, &c->p95, &c->p99},
			       .style = {STYLE_LINE1, STYLE_LINE2, STYLE_LINE3},
			       .span = c->span,
			       .scale = 1000,
			       .limit = c->latency_limit * 1000,
			       .label_width = 4,
			       .time_labels = wide(s) ? 3 : 0};

	snprintf(right, sizeof right, "p50 %.0f  p95 %.0f  p99 %.0f", m != NULL ? m->p50 * 1000 : NAN,
		 m != NULL ? m->p95 * 1000 : NAN, m != NULL ? m->p99 * 1000 : NAN);
	plot_draw(s, pane_open(s, p, "latency, ms", m == NULL || isnan(m->p50) ? NULL : right), &q);
}

static void
draw_traffic(struct screen *s, struct pane p)
{
	const struct part_charts *c = charts_of(s, p);
	const struct view_model *m = selected_model(s);
	char text[64];

	if (c == NULL)
		return;
	const struct plot q = {.track = {&c->rps_before, &c->rps},
			       .style = {STYLE_DIM, STYLE_LINE1},
			       .span = c->span,
			       .scale = 1,
			       .limit = NAN,
			       .label_width = 4,
			       .time_labels = wide(s) ? 3 : 2};

	last_number(text, "%.1f", m != NULL ? m->rps : NAN);
	plot_draw(s, pane_open(s, p, "requests/s", text[0] != '\0' ? text : NULL), &q);
}

static void
draw_errors(struct screen *s, struct pane p)
{
	const struct part_charts *c = charts_of(s, p);
	const struct view_model *m = selected_model(s);
	char text[64];

	if (c == NULL)
		return;
	const struct plot q = {.track = {&c->errors},
			       .style = {STYLE_BAD},
			       .span = c->span,
			       .scale = 100,
			       .limit = c->error_limit * 100,
			       .label_width = 4,
			       .time_labels = wide(s) ? 3 : 2};

	last_number(text, "%.2f", m != NULL ? m->error_share * 100 : NAN);
	plot_draw(s, pane_open(s, p, "errors, %", text[0] != '\0' ? text : NULL), &q);
}

static void
lay_out(const struct screen *s, int w, int h, struct rect at[PANES_MAX])
{
	const int edge = frame_rows(s), n = s->snap->o.n_models > 0 ? (int)s->snap->o.n_models : 1;
	const struct stack stack[] = {{edge + 1 + n < h / 3 ? edge + 1 + n : h / 3, edge + 2, 0},
				      {edge + 5, edge + 3, 1},
				      {edge + 4, edge + 3, 1}};
	const int half = w / 2;
	int rows[3];

	stack_rows(h, stack, 3, rows);
	at[P_MODELS] = (struct rect){0, 0, w, rows[0]};
	at[P_LATENCY] = (struct rect){0, rows[0], wide(s) ? half : w, rows[1]};
	at[P_TRAFFIC] = wide(s) ? (struct rect){half, rows[0], w - half, rows[1]}
				: (struct rect){0, rows[0] + rows[1], half, rows[2]};
	at[P_ERRORS] = wide(s) ? (struct rect){0, rows[0] + rows[1], w, rows[2]}
			       : (struct rect){half, rows[0] + rows[1], w - half, rows[2]};
}

static const struct pane_kind panes[] = {
    [P_MODELS] = {"models", TABLE_MODELS, draw_models},
    [P_LATENCY] = {"latency", TABLE_NONE, draw_latency},
    [P_TRAFFIC] = {"traffic", TABLE_NONE, draw_traffic},
    [P_ERRORS] = {"errors", TABLE_NONE, draw_errors},
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
