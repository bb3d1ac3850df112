/*
 * page_overview.c -- all five questions on one page: what is broken, since when, how bad, what changed, what to do. Its lists are those
 * of the pages Alerts, Models and Events.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "chart.h"
#include "panes.h"
#include "screen.h"

enum { P_ALERTS, P_MODELS, P_LATENCY, P_TRAFFIC, P_DRIFT, P_CHANGES };

static void
draw_latency(struct screen *s, struct pane p)
{
	const struct snapshot *n = s->snap;
	const struct part_charts *c = n->charts;
	const struct view_model *m = selected_model(s);
	char title[128], right[96];

	if (c == NULL || m == NULL) {
		pane_open(s, p, c == NULL ? "reading" : "no predictions yet", NULL);
		return;
	}
	const struct plot q = {.track = {&c->p50, &c->p95, &c->p99},
			       .style = {STYLE_LINE1, STYLE_LINE2, STYLE_LINE3},
			       .span = c->span,
			       .scale = 1000,
			       .limit = c->latency_limit * 1000,
			       .label_width = 4,
			       .time_labels = wide(s) ? 3 : 0};
	snprintf(title, sizeof title, "%s latency, ms", n->model);
	snprintf(right, sizeof right, "p50 %.0f  p95 %.0f  p99 %.0f", m->p50 * 1000, m->p95 * 1000, m->p99 * 1000);
	plot_draw(s, pane_open(s, p, title, isnan(m->p50) ? NULL : right), &q);
}

static void
draw_traffic(struct screen *s, struct pane p)
{
	const struct snapshot *n = s->snap;
	const struct part_charts *c = n->charts;
	const struct view_model *m = selected_model(s);
	char title[128], right[64];
	struct pane in;

	if (c == NULL || m == NULL) {
		pane_open(s, p, "", NULL);
		return;
	}
	const struct plot rate = {
	    .track = {&c->rps}, .style = {STYLE_LINE1}, .span = c->span, .scale = 1, .limit = NAN, .label_width = 4};
	const struct plot errors = {.track = {&c->errors},
				    .style = {STYLE_BAD},
				    .span = c->span,
				    .scale = 100,
				    .limit = c->error_limit * 100,
				    .unit = " %",
				    .label_width = 4,
				    .time_labels = 2};
	snprintf(title, sizeof title, "%s req/s, err %%", n->model);
	snprintf(right, sizeof right, "%.0f, %.1f", m->rps, m->error_share * 100);
	in = pane_open(s, p, title, isnan(m->rps) ? NULL : right);
	plot_draw(s, pane_inside(in, 0, 0, in.w, in.h / 2 - 1), &rate);
	plot_draw(s, pane_inside(in, 0, in.h / 2, in.w, in.h - in.h / 2), &errors);
}

static void
draw_bars(struct screen *s, struct pane p)
{
	const struct part_features *f = s->snap->features;
	char title[128], right[32] = "";
	struct pane in;

	snprintf(title, sizeof title, "%s drift", s->snap->model != NULL ? s->snap->model : "");
	if (f != NULL && f->n > 0)
		snprintf(right, sizeof right, "limit %.3f", f->at[0].limit);
	in = pane_open(s, p, title, right[0] != '\0' ? right : NULL);
	if (f == NULL || f->n == 0)
		put_left(in, 1, 0, in.w - 1, STYLE_DIM, f == NULL ? "reading" : "no reference: mlwatch baseline");
	for (size_t i = 0; f != NULL && i < f->n; i++) {
		const struct view_feature *x = &f->at[i];
		const int y = (int)i;

		if (y >= in.h - 1 && f->n > (size_t)in.h) {
			putf(in, 1, in.h - 1, STYLE_DIM, "%zu more", f->n - i);
			return;
		}
		put_left(in, 1, y, 14, STYLE_TEXT, x->name);
		if (isnan(x->value) || x->few_rows)
			put_right(in, 15, y, 5, STYLE_MUTED, x->few_rows ? "few" : "-");
		else
			putf(in, 15, y, STYLE_TEXT, "%.3f", x->value);
		if (!x->few_rows && !isnan(x->value))
			bar_draw(in, 21, y, in.w - 22, health_style(x->health), fmin(1, x->value));
	}
}

/* Under the alerts: when it may have begun, and what to do. */
static void
draw_likely(struct screen *s, struct pane p, int y)
{
	const struct view_alert *a = selected_alert(s);
	const struct view_overview *o = &s->snap->o;
	char start[16];
	int x = wide(s) ? 1 : 2;

	if (a == NULL)
		return;
	if (o->likely_start_ms > 0) {
		clock_hm(s, start, o->likely_start_ms);
		x += putf(p, x, y, STYLE_TEXT,
			  wide(s) ? "likely start %s, %d changes on %s" : "likely start %s, %d changes", start,
			  o->likely_changes, a->model) +
		     (wide(s) ? 4 : 3);
	}
	if (a->runbook[0] != '\0')
		putf(p, x, y, STYLE_KEY, wide(s) ? "do: %s" : "%s", a->runbook);
	if (wide(s))
		put(p, p.w - 20, y, STYLE_DIM, "o open  u copy");
}

static void
draw_alerts(struct screen *s, struct pane p)
{
	const struct view_overview *o = &s->snap->o;
	char title[96], state[96];
	struct pane in;

	if (o->silenced > 0)
		snprintf(title, sizeof title, "Alerts: %zu active, %d silenced", o->n_alerts - (size_t)o->silenced,
			 o->silenced);
	else
		snprintf(title, sizeof title, "Alerts: %zu active", o->n_alerts);
	in = pane_open(s, p, title,
		       table_state(s, TABLE_ALERTS, wide(s) ? "by severity, then oldest first" : "worst first", state));
	table_draw(s, pane_inside(in, 0, 0, in.w, in.h - 1), TABLE_ALERTS, NULL);
	draw_likely(s, in, in.h - 1);
}

static void
draw_models(struct screen *s, struct pane p)
{
	pane_models(s, p, true);
}

static void
draw_changes(struct screen *s, struct pane p)
{
	char title[96], state[96];

	snprintf(title, sizeof title, wide(s) ? "What changed in the last hour: %zu" : "What changed: %zu",
		 s->snap->o.total_events);
	table_draw(s, pane_open(s, p, title, table_state(s, TABLE_CHANGES, wide(s) ? "z all" : NULL, state)),
		   TABLE_CHANGES, NULL);
}

static void
charts_in(const struct screen *s, struct rect row, struct rect at[PANES_MAX])
{
	const int third = row.w * 34 / 120;

	at[P_LATENCY] = row;
	if (!wide(s) || row.h == 0)
		return;
	at[P_LATENCY].w = row.w - 2 * third;
	at[P_TRAFFIC] = (struct rect){row.w - 2 * third, row.y, third, row.h};
	at[P_DRIFT] = (struct rect){row.w - third, row.y, third, row.h};
}

static void
lay_out(const struct screen *s, int w, int h, struct rect at[PANES_MAX])
{
	const struct view_overview *o = &s->snap->o;
	const int edge = frame_rows(s), alerts = o->n_alerts > 0 ? (int)o->n_alerts : 1,
		  models = o->n_models > 0 ? (int)o->n_models : 1;
	const int most = wide(s) ? h * 2 / 5 : 7;
	const struct stack stack[] = {
	    {edge + 2 + alerts < most ? edge + 2 + alerts : most, edge + 3, 0},
	    {edge + 1 + models < h / 4 ? edge + 1 + models : h / 4, edge + 2, 0},
	    {edge + 4, edge + 2, 1},
	    {edge + (wide(s) ? 4 : 2), edge + 1, 0},
	};
	int rows[4], y = 0;
	struct rect charts = {0};

	stack_rows(h, stack, 4, rows);
	if (h < 14) { /* 60x16: no charts, no events */
		rows[1] = h - rows[0];
		rows[2] = rows[3] = 0;
	}
	at[P_ALERTS] = (struct rect){0, y, w, rows[0]};
	y += rows[0];
	at[P_MODELS] = (struct rect){0, y, w, rows[1]};
	y += rows[1];
	charts = (struct rect){0, y, w, rows[2]};
	charts_in(s, charts, at);
	y += rows[2];
	at[P_CHANGES] = (struct rect){0, y, w, rows[3]};
}

static const struct pane_kind panes[] = {
    [P_ALERTS] = {"alerts", TABLE_ALERTS, draw_alerts},  [P_MODELS] = {"models", TABLE_MODELS, draw_models},
    [P_LATENCY] = {"latency", TABLE_NONE, draw_latency}, [P_TRAFFIC] = {"traffic", TABLE_NONE, draw_traffic},
    [P_DRIFT] = {"drift", TABLE_NONE, draw_bars},        [P_CHANGES] = {"changes", TABLE_CHANGES, draw_changes},
};

const struct page_kind page_overview = {
    .name = "overview",
    .full = "Overview",
    .brief = "Over",
    .view = PAGE_OVERVIEW,
    .list = TABLE_ALERTS,
    .panes = panes,
    .n_panes = sizeof panes / sizeof *panes,
    .lay_out = lay_out,
    .hint =
	"{open}: why, since when, what to do    1-9 views   {zoom} zoom pane   {filter} filter   [ ] back and forth in "
	"time   {help} all keys",
    .hint_narrow = "{open}: why, since when, what to do    {filter} filter   [ ] time   {help} all keys",
};
