/*
 * page_alerts_below.c -- what stands below the active alerts: rules that do not fire and how far they are from it, silences, what was resolved.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "mlwatch/hash.h"
#include "mlwatch/view_json.h"
#include "panes.h"
#include "screen.h"

/* ---- rules ---- */

enum { R_MARK, R_HEALTH, R_NAME, R_GROUP, R_WORST, R_LIMIT, R_RATIO, R_SERIES, R_EVALUATED, R_TOOK, R_WHERE, R_N };
static const struct column rule_wide[] = {
    {NULL, 0, 1, false, 0},         {NULL, 1, 1, false, 0},    {"ALERT", 4, 18, false, 1}, {"GROUP", 24, 17, false, 1},
    {"WORST NOW", 42, 10, true, 0}, {"LIMIT", 53, 9, true, 0}, {"×", 63, 6, true, 0},      {"SERIES", 70, 7, true, 0},
    {"EVALUATED", 78, 10, true, 0}, {"TOOK", 89, 8, true, 0},  {"FILE", 99, 19, false, 1},
};
static const struct column rule_narrow[] = {
    {NULL, 0, 0, false, 0},        {NULL, 0, 1, false, 0},    {"ALERT", 2, 16, false, 1}, {NULL, 0, 0, false, 0},
    {"WORST NOW", 19, 9, true, 0}, {"LIMIT", 29, 8, true, 0}, {"×", 38, 5, true, 0},      {"SERIES", 44, 6, true, 0},
    {"EVALUATED", 51, 9, true, 0}, {NULL, 0, 0, false, 0},    {"FILE", 61, 19, false, 1},
};

static bool
is_broken(const struct view_rule *r)
{
	return r->error[0] != '\0';
}

static void
draw_rule_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct view_rule *r = &s->snap->rules->rules[row];
	const bool bad = is_broken(r);
	char value[32], limit[32], age[16], took[32];

	quantity_text(value, r->worst);
	quantity_text(limit, r->limit);
	age_text(s, age, r->evaluated_ms);
	if (r->took < 0.1) /* one unit for nearly all, so that they compare at a glance */
		snprintf(took, sizeof took, "%.2g ms", r->took * 1000);
	else
		quantity_text(took, (struct quantity){r->took, UNIT_SECONDS, NULL});
	list_cell(l, R_HEALTH, bad ? STYLE_BAD : STYLE_GOOD, bad ? "✗" : "✓");
	list_cell(l, R_NAME, STYLE_TEXT, r->name);
	list_cell(l, R_GROUP, STYLE_DIM, r->group);
	list_cell(l, R_WORST, bad ? STYLE_BAD : STYLE_TEXT, bad ? "error" : value);
	if (!bad && r->limit_op != NULL)
		list_cellf(l, R_LIMIT, STYLE_DIM, "%s %s", r->limit_op, limit);
	if (!bad && !isnan(r->ratio) && r->ratio < 1000)
		list_cellf(l, R_RATIO, STYLE_TEXT, "%.1f×", r->ratio);
	list_cellf(l, R_SERIES, STYLE_TEXT, "%d", r->series);
	list_cellf(l, R_EVALUATED, STYLE_DIM, r->evaluated_ms > 0 ? "%s ago" : "never", age);
	if (!bad)
		list_cell(l, R_TOOK, STYLE_DIM, isnan(r->took) ? "-" : took);
	list_cell(l, R_WHERE, STYLE_DIM, r->where);
}

static bool
rule_value(const struct snapshot *n, size_t row, size_t column, struct sort_value *v)
{
	const struct view_rule *r = &n->rules->rules[row];
	const char *const text[R_N] = {[R_NAME] = r->name, [R_GROUP] = r->group, [R_WHERE] = r->where};
	const double number[R_N] = {[R_WORST] = -r->worst.v,
				    [R_LIMIT] = -r->limit.v,
				    [R_RATIO] = -r->ratio,
				    [R_SERIES] = -r->series,
				    [R_EVALUATED] = (double)r->evaluated_ms,
				    [R_TOOK] = -r->took};

	*v = (struct sort_value){number[column], text[column]};
	return column >= R_NAME;
}

/* What is wrong with it; else its value over the range, in Query. */
static void
open_rule(struct screen *s, size_t row)
{
	const struct view_rule *r = &s->snap->rules->rules[row];

	if (is_broken(r)) {
		say(s, "%s: %s", r->where, r->error);
		return;
	}
	line_set(&s->query, r->value_expr[0] != '\0' ? r->value_expr : r->expr);
	page_open(s, PAGE_QUERY);
}

static size_t
rule_rows(const struct snapshot *n)
{
	return n->rules != NULL ? n->rules->n_rules : 0;
}

static uint64_t
rule_id(const struct snapshot *n, size_t row)
{
	return hash_mix(hash_str(n->rules->rules[row].where), hash_str(n->rules->rules[row].name));
}

static enum health
rule_health(const struct snapshot *n, size_t row)
{
	return is_broken(&n->rules->rules[row]) ? HEALTH_BROKEN : HEALTH_OK;
}

static void
rule_fields(const struct snapshot *n, size_t row, struct table_fields *f)
{
	const struct view_rule *r = &n->rules->rules[row];

	table_field(f, "alert", r->name);
	table_field(f, "group", r->group);
	table_field(f, "file", r->where);
	table_field(f, "error", r->error);
}

static char *
rule_json(const struct snapshot *n, size_t row)
{
	return view_rule_json(&n->rules->rules[row]);
}

const struct table_kind table_rules = {
    .name = "rules",
    .wide = {rule_wide, R_N, 118},
    .narrow = {rule_narrow, R_N, 80},
    .nothing = "every rule has an active alert",
    .rows = rule_rows,
    .id = rule_id,
    .health = rule_health,
    .fields = rule_fields,
    .draw = draw_rule_row,
    .value = rule_value,
    .json = rule_json,
    .open = open_rule,
};

/* ---- silences ---- */

enum { S_MARK, S_ID, S_MATCHES, S_LEFT, S_BY, S_MATCHERS, S_COMMENT, S_N };
static const struct column silence_wide[] = {
    {NULL, 0, 1, false, 0},  {"ID", 1, 4, false, 0},         {"MATCHES", 7, 8, false, 0},   {"LEFT", 16, 6, true, 0},
    {"BY", 24, 9, false, 0}, {"MATCHERS", 34, 45, false, 1}, {"COMMENT", 80, 38, false, 1},
};
static const struct column silence_narrow[] = {
    {NULL, 0, 0, false, 0},  {"ID", 0, 4, false, 0},         {"MATCHES", 5, 8, false, 0},   {"LEFT", 13, 5, true, 0},
    {"BY", 19, 6, false, 0}, {"MATCHERS", 26, 36, false, 1}, {"COMMENT", 63, 17, false, 1},
};

/* One that has not begun says when it does. */
static void
draw_silence_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct view_silence *x = &s->snap->rules->silences[row];
	const bool active = x->active;
	char left[16];

	duration_human(left, (active ? x->end_ms : x->start_ms) - s->snap->t);
	list_cellf(l, S_ID, STYLE_TEXT, "%.4s", x->id);
	list_cellf(l, S_MATCHES, active && x->matches == 0 ? STYLE_WARN : STYLE_TEXT, "%d alert%s", x->matches,
		   x->matches == 1 ? "" : "s");
	list_cellf(l, S_LEFT, active ? STYLE_TEXT : STYLE_PENDING, active ? "%s" : "in %s", left);
	list_cell(l, S_BY, STYLE_TEXT, x->by);
	list_cell(l, S_MATCHERS, STYLE_TEXT, x->what);
	list_cell(l, S_COMMENT, STYLE_DIM, x->comment);
}

static size_t
silence_rows(const struct snapshot *n)
{
	return n->rules != NULL ? n->rules->n_silences : 0;
}

static uint64_t
silence_id(const struct snapshot *n, size_t row)
{
	return hash_str(n->rules->silences[row].id);
}

static void
silence_fields(const struct snapshot *n, size_t row, struct table_fields *f)
{
	const struct view_silence *x = &n->rules->silences[row];

	table_field(f, "id", x->id);
	table_field(f, "by", x->by);
	table_field(f, "matchers", x->what);
	table_field(f, "comment", x->comment);
}

static bool
silence_value(const struct snapshot *n, size_t row, size_t column, struct sort_value *v)
{
	const struct view_silence *x = &n->rules->silences[row];
	const char *const text[S_N] = {
	    [S_ID] = x->id, [S_BY] = x->by, [S_MATCHERS] = x->what, [S_COMMENT] = x->comment};
	const double number[S_N] = {
	    [S_MATCHES] = -x->matches, [S_LEFT] = (double)(x->active ? x->end_ms : x->start_ms)};

	*v = (struct sort_value){number[column], text[column]};
	return column >= S_ID;
}

static char *
silence_json(const struct snapshot *n, size_t row)
{
	return view_silence_json(&n->rules->silences[row]);
}

const struct table_kind table_silences = {
    .name = "silences",
    .wide = {silence_wide, S_N, 118},
    .narrow = {silence_narrow, S_N, 80},
    .nothing = "nothing is silenced",
    .rows = silence_rows,
    .id = silence_id,
    .fields = silence_fields,
    .draw = draw_silence_row,
    .value = silence_value,
    .json = silence_json,
};

/* ---- resolved ---- */

enum { D_MARK, D_HEALTH, D_NAME, D_ON, D_FIRED, D_FOR, D_PEAK, D_LIMIT, D_ACK, D_N };
static const struct column resolved_wide[] = {
    {NULL, 0, 1, false, 0},    {NULL, 1, 1, false, 0},         {"ALERT", 4, 18, false, 1},
    {"ON", 24, 20, false, 1},  {"FIRED AT", 46, 12, false, 0}, {"FOR", 60, 6, true, 0},
    {"PEAK", 67, 10, true, 0}, {"LIMIT", 78, 9, true, 0},      {"ACKNOWLEDGED BY", 89, 29, false, 0},
};
static const struct column resolved_narrow[] = {
    {NULL, 0, 0, false, 0},   {NULL, 0, 1, false, 0},        {"ALERT", 2, 16, false, 1},
    {"ON", 19, 16, false, 1}, {"FIRED AT", 36, 9, false, 0}, {"FOR", 46, 5, true, 0},
    {"PEAK", 52, 8, true, 0}, {"LIMIT", 61, 8, true, 0},     {"ACK BY", 70, 10, false, 0},
};

static void
draw_resolved_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct view_alert *a = &s->snap->rules->resolved[row];
	char at[16], length[16], peak[32], limit[32];

	clock_day(s, at, a->fired_ms);
	duration_human(length, a->resolved_ms - a->fired_ms);
	quantity_text(peak, a->value);
	quantity_text(limit, a->limit);
	list_cell(l, D_HEALTH, STYLE_GOOD, "✓");
	list_cell(l, D_NAME, STYLE_TEXT, a->name);
	list_cell(l, D_ON, STYLE_TEXT, a->on);
	list_cell(l, D_FIRED, STYLE_TEXT, at);
	list_cell(l, D_FOR, STYLE_TEXT, length);
	list_cell(l, D_PEAK, STYLE_TEXT, peak);
	if (a->limit_op != NULL)
		list_cellf(l, D_LIMIT, STYLE_DIM, "%s %s", a->limit_op, limit);
	list_cell(l, D_ACK, STYLE_DIM, a->ack_by != NULL ? a->ack_by : "-");
}

static size_t
resolved_rows(const struct snapshot *n)
{
	return n->rules != NULL ? n->rules->n_resolved : 0;
}

static uint64_t
resolved_id(const struct snapshot *n, size_t row)
{
	const struct view_alert *a = &n->rules->resolved[row];

	return hash_mix(labels_hash(a->labels), (uint64_t)a->fired_ms);
}

static void
resolved_fields(const struct snapshot *n, size_t row, struct table_fields *f)
{
	const struct view_alert *a = &n->rules->resolved[row];

	table_field(f, "alert", a->name);
	for (size_t i = 0; i < a->labels.n; i++)
		table_field(f, a->labels.at[i].name, a->labels.at[i].value);
}

static bool
resolved_value(const struct snapshot *n, size_t row, size_t column, struct sort_value *v)
{
	const struct view_alert *a = &n->rules->resolved[row];
	const char *const text[D_N] = {
	    [D_NAME] = a->name, [D_ON] = a->on, [D_ACK] = a->ack_by != NULL ? a->ack_by : "-"};
	const double number[D_N] = {[D_FIRED] = -(double)a->fired_ms,
				    [D_FOR] = -(double)(a->resolved_ms - a->fired_ms),
				    [D_PEAK] = -a->value.v,
				    [D_LIMIT] = -a->limit.v};

	*v = (struct sort_value){number[column], text[column]};
	return column >= D_NAME;
}

static char *
resolved_json(const struct snapshot *n, size_t row)
{
	return view_alert_json(&n->rules->resolved[row]);
}

const struct table_kind table_resolved = {
    .name = "resolved",
    .wide = {resolved_wide, D_N, 118},
    .narrow = {resolved_narrow, D_N, 80},
    .nothing = "nothing was resolved in the last day",
    .rows = resolved_rows,
    .id = resolved_id,
    .fields = resolved_fields,
    .draw = draw_resolved_row,
    .value = resolved_value,
    .json = resolved_json,
};

/* ---- panes ---- */

/* Nothing is known before it is read. */
static void
draw_list(struct screen *s, struct pane in, enum table t, const char *instead)
{
	if (s->snap->rules == NULL)
		put_left(in, 1, 0, in.w - 1, STYLE_DIM, "reading");
	else if (instead != NULL)
		put_left(in, 1, 0, in.w - 1, STYLE_DIM, instead);
	else
		table_draw(s, in, t, NULL);
}

void
pane_rules(struct screen *s, struct pane p)
{
	const bool none = s->snap->rules != NULL && s->snap->rules->all_rules == 0;
	char title[96];

	snprintf(title, sizeof title, "Rules not firing: %zu", rule_rows(s->snap));
	draw_list(s, table_frame(s, p, TABLE_RULES, title, "worst ratio first", 0), TABLE_RULES,
		  none ? "no alerting rules are loaded: rule_files in mlwatch.yml names them" : NULL);
}

void
pane_silences(struct screen *s, struct pane p)
{
	const struct part_rules *r = s->snap->rules;
	size_t active = 0;
	char title[96];

	for (size_t i = 0; r != NULL && i < r->n_silences; i++)
		active += r->silences[i].active;
	if (r != NULL && wide(s))
		snprintf(title, sizeof title, "Silences: %zu active, %zu pending, %zu expired", active,
			 r->n_silences - active, r->expired);
	else
		snprintf(title, sizeof title, "Silences: %zu active", active);
	draw_list(s, table_frame(s, p, TABLE_SILENCES, title, wide(s) ? "ends soonest first" : NULL, 0), TABLE_SILENCES,
		  NULL);
}

void
pane_resolved(struct screen *s, struct pane p)
{
	const struct part_rules *r = s->snap->rules;
	char title[96], fired[64];

	if (r != NULL)
		snprintf(fired, sizeof fired, "fired %zu%s time%s in 30 days", r->fired_30d,
			 r->fired_30d == FIRINGS_MAX ? " or more" : "", r->fired_30d == 1 ? "" : "s");
	snprintf(title, sizeof title,
		 wide(s) ? "Recently resolved: %zu in the last day" : "Resolved in the last day: %zu",
		 resolved_rows(s->snap));
	draw_list(s, table_frame(s, p, TABLE_RESOLVED, title, r != NULL && wide(s) ? fired : NULL, 0), TABLE_RESOLVED,
		  NULL);
}
