/*
 * page_alerts.c -- what is active, which rules do not fire and how far they are from it, silences, what was resolved.
 */
#include "pages.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "chart.h"
#include "mlwatch/clock.h"

enum { A_MARK, A_HEALTH, A_SEV, A_SINCE, A_NAME, A_ON, A_NOW, A_LIMIT, A_RATIO, A_SPARK, A_STATE };
static const struct column wide_columns[] = {
    {NULL, 0, 1, false, 0},          {NULL, 1, 1, false, 0},      {"SEV", 4, 4, false, 0},
    {"SINCE", 10, 5, true, 0},       {"ALERT", 17, 16, false, 1}, {"ON", 34, 19, false, 1},
    {"NOW", 54, 9, true, 0},         {"LIMIT", 64, 9, true, 0},   {"×", 74, 5, true, 0},
    {"LAST HOUR", 81, 16, false, 0}, {"STATE", 99, 18, false, 1},
};
static const struct column narrow_columns[] = {
    {NULL, 0, 1, false, 0},      {NULL, 1, 1, false, 0},   {"SEV", 3, 4, false, 0},     {"AGE", 8, 3, true, 0},
    {"ALERT", 12, 14, false, 1}, {"ON", 27, 13, false, 1}, {"NOW", 41, 10, true, 0},    {"LIMIT", 52, 8, true, 0},
    {NULL, 60, 0, false, 0},     {NULL, 60, 0, false, 0},  {"STATE", 61, 19, false, 1},
};

static const char *
short_severity(const char *severity)
{
	static const char *const map[][2] = {{"critical", "crit"}, {"warning", "warn"}, {"information", "info"}};

	for (size_t i = 0; i < sizeof map / sizeof *map; i++)
		if (strcmp(severity, map[i][0]) == 0)
			return map[i][1];
	return severity[0] != '\0' ? severity : "-";
}

static void
alert_row(struct screen *s, struct list *t, const struct view_alert *a, bool selected)
{
	char age[16], value[32], limit[48] = "-", number[32], ratio[16] = "";
	const unsigned style = health_style(a->health);

	age_text(s, age, a->state == VIEW_PENDING ? a->active_ms : a->fired_ms);
	quantity_text(value, a->value);
	if (a->limit_op != NULL) {
		quantity_text(number, a->limit);
		snprintf(limit, sizeof limit, "%s %s", a->limit_op, number);
	}
	if (!isnan(a->ratio) && a->ratio < 1000)
		snprintf(ratio, sizeof ratio, "%.1f×", a->ratio);
	list_cell(t, A_MARK, STYLE_TEXT, selected ? "▸" : " ");
	list_cell(t, A_HEALTH, style, health_glyph[a->health]);
	list_cell(t, A_SEV, style, short_severity(a->severity));
	list_cell(t, A_SINCE, STYLE_TEXT, age);
	list_cell(t, A_NAME, STYLE_TEXT, a->name);
	list_cell(t, A_ON, STYLE_TEXT, a->on);
	list_cell(t, A_NOW, STYLE_TEXT, value);
	list_cell(t, A_LIMIT, STYLE_DIM, limit);
	if (wide(s)) {
		struct pane spark = list_field(t, A_SPARK);

		list_cell(t, A_RATIO, STYLE_TEXT, ratio);
		if (a->n_spark > 0)
			spark_draw(spark, 0, 0, spark.w, style, a->spark, a->n_spark);
	}
	list_cell(t, A_STATE, style, a->state_text);
	list_row_end(t, false);
}

static bool
alert_passes(const struct screen *s, const struct view_alert *a)
{
	char text[512];

	snprintf(text, sizeof text, "%s %s %s %s %s", a->name, a->on, a->severity, a->state_text, a->model);
	return filter_passes(s, text);
}

void
alert_list(struct screen *s, struct pane p, enum page page)
{
	const struct view_overview *o = &s->snap->o;
	struct list t = list_open(p, wide(s) ? wide_columns : narrow_columns, 11, wide(s) ? 118 : 80);

	if (o->n_alerts == 0)
		put_left(p, wide(s) ? 4 : 3, 1, p.w - 4, STYLE_GOOD, "nothing is pending or firing");
	for (size_t i = (size_t)s->top[page]; i < o->n_alerts && !list_full(&t); i++)
		if (alert_passes(s, &o->alerts[i]))
			alert_row(s, &t, &o->alerts[i], (int)i == s->sel[page]);
}

/* ---- rules ---- */

static const struct column rule_wide[] = {
    {NULL, 1, 1, false, 0},    {"ALERT", 4, 18, false, 1},  {"GROUP", 24, 18, false, 1}, {"WORST NOW", 43, 11, true, 0},
    {"LIMIT", 55, 9, true, 0}, {"×", 65, 6, true, 0},       {"SERIES", 72, 7, true, 0},  {"EVALUATED", 80, 10, true, 0},
    {"TOOK", 91, 8, true, 0},  {"FILE", 101, 17, false, 1},
};
static const struct column rule_narrow[] = {
    {NULL, 0, 1, false, 0},    {"ALERT", 2, 15, false, 1}, {NULL, 0, 0, false, 0},     {"WORST NOW", 17, 10, true, 0},
    {"LIMIT", 28, 8, true, 0}, {"×", 37, 5, true, 0},      {"SERIES", 43, 6, true, 0}, {"EVALUATED", 50, 9, true, 0},
    {NULL, 0, 0, false, 0},    {"FILE", 60, 20, false, 1},
};

static void
rule_row(struct screen *s, struct list *t, const struct view_rule *r)
{
	const bool bad = r->error != NULL && r->error[0] != '\0';
	char value[32], limit[48] = "", number[32], ratio[16] = "", series[16], ago[24], age[16], took[32];

	quantity_text(value, r->worst);
	if (r->limit_op != NULL) {
		quantity_text(number, r->limit);
		snprintf(limit, sizeof limit, "%s %s", r->limit_op, number);
	}
	if (!isnan(r->ratio) && r->ratio < 100)
		snprintf(ratio, sizeof ratio, "%.1f×", r->ratio);
	snprintf(series, sizeof series, "%d", r->series);
	age_text(s, age, r->evaluated_ms);
	snprintf(ago, sizeof ago, r->evaluated_ms > 0 ? "%s ago" : "%s", age);
	quantity_text(took, (struct quantity){r->took, UNIT_SECONDS, NULL});
	list_cell(t, 0, bad ? STYLE_BAD : STYLE_GOOD, bad ? "✗" : "✓");
	list_cell(t, 1, STYLE_TEXT, r->name);
	if (wide(s))
		list_cell(t, 2, STYLE_DIM, r->group);
	list_cell(t, 3, bad ? STYLE_BAD : STYLE_TEXT, bad ? "error" : value);
	list_cell(t, 4, STYLE_DIM, limit);
	list_cell(t, 5, STYLE_TEXT, ratio);
	list_cell(t, 6, STYLE_TEXT, series);
	list_cell(t, 7, STYLE_DIM, ago);
	if (wide(s))
		list_cell(t, 8, STYLE_DIM, took);
	list_cell(t, 9, STYLE_DIM, r->where);
	list_row_end(t, false);
}

static void
draw_rules(struct screen *s, struct pane p)
{
	const struct snapshot *n = s->snap;
	struct list t = list_open(p, wide(s) ? rule_wide : rule_narrow, 10, wide(s) ? 118 : 80);

	for (size_t i = 0; i < n->n_rules && !list_full(&t); i++)
		rule_row(s, &t, &n->rules[i]);
}

/* ---- silences and resolved ---- */

static const struct column silence_wide[] = {
    {"ID", 1, 4, false, 0},  {"MATCHES", 7, 8, false, 0},    {"LEFT", 16, 6, true, 0},
    {"BY", 24, 9, false, 0}, {"MATCHERS", 34, 45, false, 1}, {"COMMENT", 80, 38, false, 1},
};
static const struct column silence_narrow[] = {
    {"ID", 0, 4, false, 0},  {"MATCHES", 5, 8, false, 0},    {"LEFT", 13, 5, true, 0},
    {"BY", 19, 6, false, 0}, {"MATCHERS", 26, 36, false, 1}, {"COMMENT", 63, 17, false, 1},
};

static void
draw_silences(struct screen *s, struct pane p)
{
	struct list t = list_open(p, wide(s) ? silence_wide : silence_narrow, 6, wide(s) ? 118 : 80);

	for (size_t i = 0; i < s->snap->n_silences && !list_full(&t); i++) {
		const struct view_silence *x = &s->snap->silences[i];
		char id[8], matches[24], left[16];

		if (x->expired)
			continue;
		snprintf(id, sizeof id, "%.4s", x->id);
		snprintf(matches, sizeof matches, "%d alert%s", x->matches, x->matches == 1 ? "" : "s");
		duration_human(left, x->end_ms - s->snap->t);
		list_cell(&t, 0, STYLE_TEXT, id);
		list_cell(&t, 1, x->matches == 0 ? STYLE_WARN : STYLE_TEXT, matches);
		list_cell(&t, 2, STYLE_TEXT, left);
		list_cell(&t, 3, STYLE_TEXT, x->by);
		list_cell(&t, 4, STYLE_TEXT, x->matchers);
		list_cell(&t, 5, STYLE_DIM, x->comment);
		list_row_end(&t, false);
	}
}

static const struct column resolved_wide[] = {
    {NULL, 1, 1, false, 0},    {"ALERT", 4, 18, false, 1},
    {"ON", 24, 20, false, 1},  {"FIRED AT", 46, 12, false, 0},
    {"FOR", 60, 6, true, 0},   {"PEAK", 67, 10, true, 0},
    {"LIMIT", 78, 9, true, 0}, {"ACKNOWLEDGED BY", 89, 29, false, 0},
};
static const struct column resolved_narrow[] = {
    {NULL, 0, 1, false, 0},  {"ALERT", 2, 16, false, 1}, {"ON", 19, 16, false, 1},  {"FIRED AT", 36, 9, false, 0},
    {"FOR", 45, 5, true, 0}, {"PEAK", 51, 8, true, 0},   {"LIMIT", 60, 8, true, 0}, {"ACK BY", 69, 11, false, 0},
};

static void
draw_resolved(struct screen *s, struct pane p)
{
	struct list t = list_open(p, wide(s) ? resolved_wide : resolved_narrow, 8, wide(s) ? 118 : 80);

	for (size_t i = 0; i < s->snap->n_resolved && !list_full(&t); i++) {
		const struct view_alert *a = &s->snap->resolved[i];
		char at[16], length[16], peak[32], limit[48] = "", number[32];

		clock_hm(s, at, a->fired_ms);
		duration_human(length, a->resolved_ms - a->fired_ms);
		quantity_text(peak, a->value);
		if (a->limit_op != NULL) {
			quantity_text(number, a->limit);
			snprintf(limit, sizeof limit, "%s %s", a->limit_op, number);
		}
		list_cell(&t, 0, STYLE_GOOD, "✓");
		list_cell(&t, 1, STYLE_TEXT, a->name);
		list_cell(&t, 2, STYLE_TEXT, a->on);
		list_cell(&t, 3, STYLE_TEXT, at);
		list_cell(&t, 4, STYLE_TEXT, length);
		list_cell(&t, 5, STYLE_TEXT, peak);
		list_cell(&t, 6, STYLE_DIM, limit);
		list_cell(&t, 7, STYLE_DIM, a->ack_by != NULL ? a->ack_by : "-");
		list_row_end(&t, false);
	}
}

void
draw_alerts(struct screen *s, struct pane p)
{
	const struct snapshot *n = s->snap;
	const int edge = wide(s) ? 2 : 1;
	int h[4], y = 0, want = edge + 1 + (int)n->o.n_alerts + (wide(s) ? 3 : 0);
	char title[96], filter[300];
	size_t firing = 0; /* rules with an active alert */

	for (size_t i = 0; i < n->o.n_alerts; i++) {
		bool first = true;

		for (size_t k = 0; k < i; k++)
			first = first && strcmp(n->o.alerts[k].name, n->o.alerts[i].name) != 0;
		firing += first;
	}
	snprintf(filter, sizeof filter, "filter: %s", s->filter[0] != '\0' ? s->filter : "none");
	h[0] = want > p.h / 2 ? p.h / 2 : want < edge + 2 ? edge + 2 : want;
	h[2] = p.h >= 16 ? edge + 3 : 0;
	h[3] = p.h >= 16 ? edge + 1 + (wide(s) ? 4 : 2) : 0;
	h[1] = p.h - h[0] - h[2] - h[3];
	snprintf(title, sizeof title, "Active: %zu of %zu rules, %d silenced", firing, firing + n->n_rules,
		 n->o.silenced);
	alert_list(s, pane_frame(pane_inside(p, 0, y, p.w, h[0]), title, filter, wide(s)), PAGE_ALERTS);
	y += h[0];
	snprintf(title, sizeof title, "Rules not firing: %zu", n->n_rules);
	if (h[1] > edge)
		draw_rules(s, pane_frame(pane_inside(p, 0, y, p.w, h[1]), title, "worst ratio first", wide(s)));
	y += h[1];
	snprintf(title, sizeof title, "Silences: %zu", n->n_silences);
	if (h[2] > 0)
		draw_silences(s, pane_frame(pane_inside(p, 0, y, p.w, h[2]), title,
					    wide(s) ? "ends soonest first" : NULL, wide(s)));
	y += h[2];
	snprintf(title, sizeof title, "Resolved in the last day: %zu", n->n_resolved);
	if (h[3] > 0)
		draw_resolved(s, pane_frame(pane_inside(p, 0, y, p.w, h[3]), title, NULL, wide(s)));
}
