/*
 * page_overview.c -- all five questions on one page: what is broken, since when, how bad, what changed, what to do. Its lists are those
 * of the pages Alerts, Models and Events.
 */
#include "pages.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "chart.h"

static void
draw_latency(struct screen *s, struct pane p)
{
	const struct snapshot *n = s->snap;
	const struct plot q = {.track = {&n->p50, &n->p95, &n->p99},
			       .style = {STYLE_LINE1, STYLE_LINE2, STYLE_LINE3},
			       .scale = 1000,
			       .limit = n->latency_limit * 1000,
			       .label_width = 4,
			       .time_labels = wide(s) ? 3 : 0};
	char title[128], right[96];

	snprintf(title, sizeof title, "%s latency, ms", n->model);
	snprintf(right, sizeof right, "p50 %.0f  p95 %.0f  p99 %.0f", n->p50.last * 1000, n->p95.last * 1000,
		 n->p99.last * 1000);
	plot_draw(s, pane_frame(p, title, isnan(n->p50.last) ? NULL : right, wide(s)), &q);
}

static void
draw_traffic(struct screen *s, struct pane p)
{
	const struct snapshot *n = s->snap;
	const struct plot rate = {
	    .track = {&n->rps}, .style = {STYLE_LINE1}, .scale = 1, .limit = NAN, .label_width = 4};
	const struct plot errors = {.track = {&n->errors},
				    .style = {STYLE_BAD},
				    .scale = 100,
				    .limit = NAN,
				    .unit = " %",
				    .label_width = 4,
				    .time_labels = 2};
	char title[128], right[64];
	struct pane in;

	snprintf(title, sizeof title, "%s req/s, err %%", n->model);
	snprintf(right, sizeof right, "%.0f, %.1f", n->rps.last, n->errors.last * 100);
	in = pane_frame(p, title, isnan(n->rps.last) ? NULL : right, true);
	plot_draw(s, pane_inside(in, 0, 0, in.w, in.h / 2 - 1), &rate);
	plot_draw(s, pane_inside(in, 0, in.h / 2, in.w, in.h - in.h / 2), &errors);
}

static void
draw_drift_bars(struct screen *s, struct pane p)
{
	const struct snapshot *n = s->snap;
	char title[128], right[32] = "";
	struct pane in;
	int more = 0;

	snprintf(title, sizeof title, "%s drift", n->model);
	if (n->n_features > 0)
		snprintf(right, sizeof right, "limit %.3f", n->features[0].limit);
	in = pane_frame(p, title, right[0] != '\0' ? right : NULL, true);
	if (n->n_features == 0)
		put_left(in, 1, 0, in.w - 1, STYLE_DIM, "no reference: mlwatch baseline");
	for (size_t i = 0; i < n->n_features; i++) {
		const struct view_feature *f = &n->features[i];

		if ((int)i >= in.h - 1 && n->n_features > (size_t)in.h) {
			more++;
			continue;
		}
		put_left(in, 1, (int)i, 14, STYLE_TEXT, f->name);
		if (isnan(f->value))
			put_right(in, 15, (int)i, 5, STYLE_MUTED, "-");
		else if (f->few_rows)
			put_right(in, 15, (int)i, 5, STYLE_MUTED, "few");
		else
			putf(in, 15, (int)i, STYLE_TEXT, "%.3f", f->value);
		if (!f->few_rows && !isnan(f->value))
			bar_draw(in, 21, (int)i, in.w - 22, health_style(f->health), fmin(1, f->value));
	}
	if (more > 0)
		putf(in, 1, in.h - 1, STYLE_DIM, "%d more", more);
}

static void
draw_likely(struct screen *s, struct pane p, int y)
{
	const struct view_alert *a = selected_alert(s);
	char text[256] = "", start[16];
	int x = wide(s) ? 1 : 2;

	if (a == NULL || y >= p.h)
		return;
	if (s->snap->o.likely_start_ms > 0) {
		clock_hm(s, start, s->snap->o.likely_start_ms);
		snprintf(text, sizeof text,
			 wide(s) ? "likely start %s, %d changes on %s" : "likely start %s, %d changes", start,
			 s->snap->o.likely_changes, a->model);
		x += put(p, x, y, STYLE_TEXT, text) + (wide(s) ? 4 : 3);
	}
	if (a->runbook[0] != '\0')
		putf(p, x, y, STYLE_KEY, wide(s) ? "do: %s" : "%s", a->runbook);
	if (wide(s))
		put(p, p.w - 20, y, STYLE_DIM, "o open  u copy");
}

/* Rows for the lists and the charts: the lists first, then what remains. */
struct layout {
	int alerts, models, charts, events;
};

static struct layout
lay_out(const struct screen *s, int h)
{
	const struct view_overview *o = &s->snap->o;
	const int edge = wide(s) ? 2 : 1;
	struct layout l;

	l.alerts = edge + 1 + (o->n_alerts > 0 ? (int)o->n_alerts : 1) + 1;
	l.models = edge + 1 + (o->n_models > 0 ? (int)o->n_models : 1);
	if (l.alerts > h * 2 / 5)
		l.alerts = h * 2 / 5;
	if (!wide(s) && l.alerts > 7)
		l.alerts = 7;
	if (l.models > h / 4)
		l.models = h / 4;
	if (h < 14) { /* 60x16: no charts, no events */
		l.models = h - l.alerts;
		l.charts = l.events = 0;
		return l;
	}
	l.events = wide(s) ? edge + 4 : 3;
	l.charts = h - l.alerts - l.models - l.events;
	return l;
}

static void
draw_charts(struct screen *s, struct pane p)
{
	int third;

	if (p.h < 3)
		return;
	if (s->snap->model == NULL) {
		pane_frame(p, "no predictions yet", NULL, wide(s));
		return;
	}
	if (!wide(s)) {
		draw_latency(s, p);
		return;
	}
	third = p.w * 34 / 120;
	draw_latency(s, pane_inside(p, 0, 0, p.w - 2 * third, p.h));
	draw_traffic(s, pane_inside(p, p.w - 2 * third, 0, third, p.h));
	draw_drift_bars(s, pane_inside(p, p.w - third, 0, third, p.h));
}

void
draw_overview(struct screen *s, struct pane p)
{
	const struct view_overview *o = &s->snap->o;
	const struct layout l = lay_out(s, p.h);
	char title[96], right[64];
	struct pane in;
	int y = 0;

	if (o->silenced > 0)
		snprintf(title, sizeof title, "Alerts: %zu active, %d silenced", o->n_alerts - (size_t)o->silenced,
			 o->silenced);
	else
		snprintf(title, sizeof title, "Alerts: %zu active", o->n_alerts);
	in = pane_frame(pane_inside(p, 0, y, p.w, l.alerts), title,
			wide(s) ? "by severity, then oldest first" : "worst first", wide(s));
	alert_list(s, pane_inside(in, 0, 0, in.w, in.h - 1), PAGE_OVERVIEW);
	draw_likely(s, in, in.h - 1);
	y += l.alerts;
	snprintf(title, sizeof title, "Models: %zu", o->n_models);
	model_list(s,
		   pane_frame(pane_inside(p, 0, y, p.w, l.models), title,
			      wide(s) ? "latency in ms, last 5m" : "last 5m", wide(s)),
		   false);
	y += l.models;
	draw_charts(s, pane_inside(p, 0, y, p.w, l.charts));
	y += l.charts;
	if (l.events == 0)
		return;
	snprintf(title, sizeof title, wide(s) ? "What changed in the last hour: %zu" : "What changed: %zu",
		 o->total_events);
	snprintf(right, sizeof right, "z all");
	event_list(s, pane_frame(pane_inside(p, 0, y, p.w, l.events), title, wide(s) ? right : NULL, wide(s)),
		   o->events, o->n_events, -1, false);
}
