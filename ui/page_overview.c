/*
 * page_overview.c -- all five questions on one page: what is broken, since when, how bad, what changed, what to do. Its lists are those
 * of the pages Alerts, Models and Events.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "chart.h"
#include "mlwatch/clock.h"
#include "panes.h"
#include "screen.h"

enum { P_ALERTS, P_MODELS, P_LATENCY, P_TRAFFIC, P_DRIFT, P_CHANGES };

/* The model's name gives way to the figures at the right. */
static void
title_of(char out[BRIEF_MAX + 16], struct pane p, const char *what, const char *model, const char *right)
{
	const int room = p.w - 9 - text_width(what) - text_width(right);

	snprintf(out, BRIEF_MAX + 16, "%s%s%s", room > 3 ? brief(model, room).at : "", room > 3 ? " " : "", what);
}

static void
draw_latency(struct screen *s, struct pane p)
{
	char title[BRIEF_MAX + 16], right[64];
	struct plot q;

	if (model_charts(s, p, "latency, ms") == NULL)
		return;
	q = latency_plot(s);
	q.time_labels = wide(s) || p.h > 7 ? 3 : 0;
	latency_text(right, selected_model(s));
	title_of(title, p, "latency, ms", s->snap->model, right);
	plot_draw(s, pane_open(s, p, title, isnan(selected_model(s)->p50) ? NULL : right), &q);
}

static void
draw_traffic(struct screen *s, struct pane p)
{
	const struct view_model *m = selected_model(s);
	char title[BRIEF_MAX + 16], right[40], rate[16], share[16];
	struct plot requests, errors;
	struct pane in;

	if (model_charts(s, p, "req/s, err %") == NULL)
		return;
	requests = traffic_plot(s, false);
	errors = errors_plot(s);
	errors.unit = " %";
	errors.time_labels = 2;
	rate_text(rate, m->rps);
	decimal_text(share, m->error_share * 100, 1);
	snprintf(right, sizeof right, "%s, %s", rate, share);
	title_of(title, p, "req/s, err %", s->snap->model, right);
	in = pane_open(s, p, title, isnan(m->rps) ? NULL : right);
	plot_draw(s, pane_inside(in, 0, 0, in.w, in.h / 2 - 1), &requests);
	plot_draw(s, pane_inside(in, 0, in.h / 2, in.w, in.h - in.h / 2), &errors);
}

/* ---- drift ---- */

static bool
all_default(const struct part_features *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (!f->at[i].limit_is_default)
			return false;
	return true;
}

/* "limit 0.100", or of each statistic when they have different ones. */
static void
limits_text(const struct part_features *f, char out[64])
{
	const struct view_feature *other = NULL;

	for (size_t i = 1; i < f->n && other == NULL; i++)
		if (f->at[i].limit != f->at[0].limit)
			other = &f->at[i];
	if (other != NULL)
		snprintf(out, 64, "%.12s %.3f  %.12s %.3f", f->at[0].statistic, f->at[0].limit, other->statistic,
			 other->limit);
	else
		snprintf(out, 64, "%slimit %.3f", all_default(f) ? "default " : "", f->at[0].limit);
}

static void
draw_bar(struct pane p, int y, const struct view_feature *x)
{
	put_left(p, 1, y, 13, STYLE_TEXT, x->name);
	if (isnan(x->value) || x->few_rows) {
		put_right(p, 15, y, 5, STYLE_MUTED, x->few_rows ? "few" : "-");
		return;
	}
	putf(p, 15, y, STYLE_TEXT, "%.3f", x->value);
	bar_draw(p, 21, y, p.w - 22, health_style(x->health), fmin(1, x->value));
}

/* What there is no room for. */
static void
draw_rest(struct pane p, int y, const struct view_feature *at, size_t n)
{
	size_t over = 0, unjudged = 0;
	char few[40] = "";

	for (size_t i = 0; i < n; i++) {
		const bool judged = !isnan(at[i].value) && !at[i].few_rows;

		over += judged && is_problem(at[i].health);
		unjudged += !judged;
	}
	if (unjudged > 0)
		snprintf(few, sizeof few, ", %zu too few rows", unjudged);
	if (over > 0)
		putf(p, 1, y, STYLE_WARN, "%zu more, %zu over%s%s", n, over, unjudged > 0 ? "" : " the limit", few);
	else if (unjudged == n)
		putf(p, 1, y, STYLE_DIM, "%zu more: too few rows", n);
	else
		putf(p, 1, y, STYLE_DIM, "%zu more%s%s", n, unjudged > 0 ? "" : " below the limit", few);
}

static void
draw_bars(struct screen *s, struct pane p)
{
	const struct part_features *f = s->snap->features;
	char title[BRIEF_MAX + 16], right[64];
	const bool some = f != NULL && f->n > 0;
	struct pane in;

	if (some)
		limits_text(f, right);
	if (model_charts(s, p, "drift") == NULL)
		return;
	title_of(title, p, "drift", s->snap->model, some ? right : "");
	in = pane_open(s, p, title, some ? right : NULL);
	if (!some)
		put_left(in, 1, 0, in.w - 1, STYLE_DIM, f == NULL ? "reading" : "no reference: mlwatch baseline");
	for (size_t i = 0; some && i < f->n && (int)i < in.h; i++)
		if ((int)i == in.h - 1 && i + 1 < f->n)
			draw_rest(in, in.h - 1, &f->at[i], f->n - i);
		else
			draw_bar(in, (int)i, &f->at[i]);
}

/* ---- alerts ---- */

/* Under the alerts: when it may have begun, and what to do. */
static void
draw_likely(struct screen *s, struct pane p, int y)
{
	const struct view_alert *a = selected_alert(s);
	const struct view_overview *o = &s->snap->o;
	const char *const keys = "   o open  u copy";
	char start[16];
	int x = wide(s) ? 1 : 2;

	if (o->likely_start_ms > 0) {
		const bool kind = wide(s) && o->likely_kind[0] != '\0';

		clock_hm(s, start, o->likely_start_ms);
		x += putf(p, x, y, STYLE_TEXT, "likely start %s, %d %s%schange%s", start, o->likely_changes,
			  kind ? o->likely_kind : "", kind ? " " : "", o->likely_changes == 1 ? "" : "s");
		if (wide(s) && o->likely_model[0] != '\0')
			x += putf(p, x, y, STYLE_TEXT, " on %s", o->likely_model);
		x += wide(s) ? 4 : 3;
	}
	if (a == NULL || a->runbook[0] == '\0')
		return;
	if (wide(s))
		x += put(p, x, y, STYLE_TEXT, "do: ");
	const int room = p.w - x - 1 - (wide(s) ? text_width(keys) : 0);
	const int used = text_width(a->runbook) < room ? text_width(a->runbook) : room;

	put_left(p, x, y, used, STYLE_KEY, a->runbook);
	if (wide(s) && used > 0)
		put(p, x + used, y, STYLE_DIM, keys);
}

static void
draw_alerts(struct screen *s, struct pane p)
{
	const struct view_overview *o = &s->snap->o;
	const int likely = o->n_alerts > 0;
	char title[96];
	struct pane in;

	if (small(s)) {
		pane_small_alerts(s, p);
		return;
	}
	if (o->silenced > 0)
		snprintf(title, sizeof title, "Alerts: %zu active, %d silenced", o->n_alerts - (size_t)o->silenced,
			 o->silenced);
	else
		snprintf(title, sizeof title, "Alerts: %zu active", o->n_alerts);
	in = table_frame(s, p, TABLE_ALERTS, title, wide(s) ? "by severity, then oldest first" : "worst first", likely);
	table_draw(s, pane_inside(in, 0, 0, in.w, in.h - likely), TABLE_ALERTS, NULL);
	if (likely)
		draw_likely(s, in, in.h - 1);
}

static void
draw_models(struct screen *s, struct pane p)
{
	pane_models(s, p, true);
}

/* " in the last hour", ", 02:00 to 03:15"; where there is little room nothing for the hour that is meant without a word. */
static void
changes_when(const struct screen *s, const struct view_changes *c, char out[64])
{
	char from[16], to[16], range[24];

	clock_day(s, from, c->from);
	clock_day(s, to, c->to);
	span_text(range, c->to - c->from);
	if (s->end_ms > 0)
		snprintf(out, 64, ", %s to %s", from, to);
	else if (c->to - c->from == MS_HOUR)
		snprintf(out, 64, "%s", wide(s) ? " in the last hour" : "");
	else
		snprintf(out, 64, " in the last %s", range);
}

static void
draw_changes(struct screen *s, struct pane p)
{
	const struct view_changes *c = &s->snap->o.changed;
	char title[96], when[64], total[16];

	changes_when(s, c, when);
	count_text(total, (double)c->total);
	snprintf(title, sizeof title, "What changed%s: %s%s", when, total, c->more ? "+" : "");
	table_draw(s, table_frame(s, p, TABLE_CHANGES, title, wide(s) ? "z all" : NULL, 0), TABLE_CHANGES, NULL);
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

static int
least_of(int a, int b)
{
	return a < b ? a : b;
}

static int
most_of(int a, int b)
{
	return a > b ? a : b;
}

/* Lists have what they need, up to a share of the page; charts have the rest. */
static void
lay_out(const struct screen *s, int w, int h, struct rect at[PANES_MAX])
{
	const struct view_overview *o = &s->snap->o;
	const int edge = frame_rows(s), alerts = o->n_alerts > 0 ? (int)o->n_alerts + 1 : 1,
		  models = most_of((int)o->n_models, 1), changes = least_of((int)o->changed.n, h / 8);
	const bool lists = h < 14; /* 60x16: no charts, no events */
	const struct stack stack[] = {
	    {least_of(edge + 1 + alerts, wide(s) ? h * 2 / 5 : most_of(7, h * 7 / 20)), edge + 3, 0},
	    {lists ? edge + 1 + models : least_of(edge + 1 + models, h / 4), edge + 2, lists},
	    {lists ? 0 : edge + 4, edge + 2, 1},
	    {lists ? 0 : edge + most_of(wide(s) ? 4 : 2, changes), edge + 1, 0},
	};
	int rows[4], y = 0;
	struct rect charts = {0};

	stack_rows(h, stack, 4, rows);
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
