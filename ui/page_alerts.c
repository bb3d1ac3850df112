/*
 * page_alerts.c -- what is active, which rules do not fire and how far they are from it, silences, what was resolved.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "chart.h"
#include "mlwatch/clock.h"
#include "mlwatch/hash.h"
#include "panes.h"
#include "screen.h"

enum { P_ACTIVE, P_RULES, P_SILENCES, P_RESOLVED };

/* ---- active ---- */

enum { A_MARK, A_HEALTH, A_SEV, A_SINCE, A_NAME, A_ON, A_NOW, A_LIMIT, A_RATIO, A_SPARK, A_STATE, A_N };
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

/* Without titles: for screens on which there is room for one list. */
static const struct column small_columns[] = {
    {NULL, 0, 0, false, 0},  {NULL, 0, 1, false, 0},  {NULL, 0, 0, false, 0},  {NULL, 2, 4, true, 0},
    {NULL, 7, 14, false, 1}, {NULL, 22, 8, false, 1}, {NULL, 30, 10, true, 0}, {NULL, 0, 0, false, 0},
    {NULL, 0, 0, false, 0},  {NULL, 0, 0, false, 0},  {NULL, 0, 0, false, 0},
};
static const struct column tiny_columns[] = {
    {NULL, 0, 0, false, 0},  {NULL, 0, 1, false, 0}, {NULL, 0, 0, false, 0}, {NULL, 2, 4, true, 0},
    {NULL, 7, 13, false, 1}, {NULL, 0, 0, false, 0}, {NULL, 0, 0, false, 0}, {NULL, 0, 0, false, 0},
    {NULL, 0, 0, false, 0},  {NULL, 0, 0, false, 0}, {NULL, 0, 0, false, 0},
};

void
pane_small_alerts(struct screen *s, struct pane p)
{
	static const struct columns small_ = {small_columns, A_N, 40}, tiny = {tiny_columns, A_N, 20};

	table_draw(s, p, TABLE_ALERTS, p.w >= 36 ? &small_ : &tiny);
}

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
draw_alert_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct view_alert *a = &s->snap->o.alerts[row];
	const struct spark *spark = snapshot_spark(s->snap, a->fingerprint);
	const unsigned style = health_style(a->health);
	char age[16], value[32], limit[32];

	age_text(s, age, a->state == VIEW_PENDING ? a->active_ms : a->fired_ms);
	quantity_text(value, a->value);
	list_cell(l, A_HEALTH, style, health_glyph[a->health]);
	list_cell(l, A_SEV, style, short_severity(a->severity));
	list_cell(l, A_SINCE, STYLE_TEXT, age);
	list_cell(l, A_NAME, STYLE_TEXT, a->name);
	list_cell(l, A_ON, STYLE_TEXT, a->on);
	list_cell(l, A_NOW, STYLE_TEXT, value);
	quantity_text(limit, a->limit);
	list_cellf(l, A_LIMIT, STYLE_DIM, a->limit_op != NULL ? "%s %s" : "-", a->limit_op, limit);
	if (!isnan(a->ratio) && a->ratio < 1000)
		list_cellf(l, A_RATIO, STYLE_TEXT, "%.1f×", a->ratio);
	if (list_has(l, A_SPARK) && spark != NULL && spark->n > 0)
		spark_draw(list_field(l, A_SPARK), 0, 0, l->columns.at[A_SPARK].w, style, spark->v, spark->n);
	list_cell(l, A_STATE, style, a->state_text);
}

static size_t
alert_rows(const struct snapshot *n)
{
	return n->o.n_alerts;
}

static uint64_t
alert_id(const struct snapshot *n, size_t row)
{
	return hash_str(n->o.alerts[row].fingerprint);
}

static enum health
alert_health(const struct snapshot *n, size_t row)
{
	return n->o.alerts[row].health;
}

static void
alert_fields(const struct snapshot *n, size_t row, struct table_fields *f)
{
	const struct view_alert *a = &n->o.alerts[row];

	table_field(f, "alert", a->name);
	table_field(f, "on", a->on);
	table_field(f, "state", a->state_text);
	for (size_t i = 0; i < a->labels.n; i++)
		table_field(f, a->labels.at[i].name, a->labels.at[i].value);
}

static bool
alert_value(const struct snapshot *n, size_t row, size_t column, struct sort_value *v)
{
	const struct view_alert *a = &n->o.alerts[row];

	*v = (struct sort_value){NAN, NULL};
	switch (column) {
	case A_SEV:
		v->text = a->severity;
		return true;
	case A_SINCE: /* the youngest last */
		v->number = (double)(a->state == VIEW_PENDING ? a->active_ms : a->fired_ms);
		return true;
	case A_NAME:
		v->text = a->name;
		return true;
	case A_ON:
		v->text = a->on;
		return true;
	case A_RATIO:
		v->number = -a->ratio;
		return true;
	case A_STATE:
		v->text = a->state_text;
		return true;
	default:
		return false;
	}
}

static void
open_alert(struct screen *s, size_t row)
{
	(void)row;
	page_open(s, PAGE_ALERT);
}

const struct table_kind table_alerts = {
    .name = "alerts",
    .leads = true,
    .wide = {wide_columns, A_N, 118},
    .narrow = {narrow_columns, A_N, 80},
    .nothing = "nothing is pending or firing",
    .rows = alert_rows,
    .id = alert_id,
    .health = alert_health,
    .fields = alert_fields,
    .draw = draw_alert_row,
    .value = alert_value,
    .open = open_alert,
};

/* ---- rules ---- */

static const struct column rule_wide[] = {
    {NULL, 0, 1, false, 0},         {NULL, 1, 1, false, 0},    {"ALERT", 4, 18, false, 1},  {"GROUP", 24, 18, false, 1},
    {"WORST NOW", 43, 11, true, 0}, {"LIMIT", 55, 9, true, 0}, {"×", 65, 6, true, 0},       {"SERIES", 72, 7, true, 0},
    {"EVALUATED", 80, 10, true, 0}, {"TOOK", 91, 8, true, 0},  {"FILE", 101, 17, false, 1},
};
static const struct column rule_narrow[] = {
    {NULL, 0, 0, false, 0},         {NULL, 0, 1, false, 0},    {"ALERT", 2, 15, false, 1}, {NULL, 0, 0, false, 0},
    {"WORST NOW", 17, 10, true, 0}, {"LIMIT", 28, 8, true, 0}, {"×", 37, 5, true, 0},      {"SERIES", 43, 6, true, 0},
    {"EVALUATED", 50, 9, true, 0},  {NULL, 0, 0, false, 0},    {"FILE", 60, 20, false, 1},
};

static void
draw_rule_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct view_rule *r = &s->snap->rules->rules[row];
	const bool bad = r->error != NULL && r->error[0] != '\0';
	char value[32], limit[32], age[16], took[32];

	quantity_text(value, r->worst);
	quantity_text(limit, r->limit);
	age_text(s, age, r->evaluated_ms);
	quantity_text(took, (struct quantity){r->took, UNIT_SECONDS, NULL});
	list_cell(l, 1, bad ? STYLE_BAD : STYLE_GOOD, bad ? "✗" : "✓");
	list_cell(l, 2, STYLE_TEXT, r->name);
	list_cell(l, 3, STYLE_DIM, r->group);
	list_cell(l, 4, bad ? STYLE_BAD : STYLE_TEXT, bad ? "error" : value);
	list_cellf(l, 5, STYLE_DIM, r->limit_op != NULL ? "%s %s" : "", r->limit_op, limit);
	if (!isnan(r->ratio) && r->ratio < 100)
		list_cellf(l, 6, STYLE_TEXT, "%.1f×", r->ratio);
	list_cellf(l, 7, STYLE_TEXT, "%d", r->series);
	list_cellf(l, 8, STYLE_DIM, r->evaluated_ms > 0 ? "%s ago" : "%s", age);
	list_cell(l, 9, STYLE_DIM, took);
	list_cell(l, 10, STYLE_DIM, r->where);
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
	return n->rules->rules[row].error[0] != '\0' ? HEALTH_BROKEN : HEALTH_OK;
}

static void
rule_fields(const struct snapshot *n, size_t row, struct table_fields *f)
{
	const struct view_rule *r = &n->rules->rules[row];

	table_field(f, "alert", r->name);
	table_field(f, "group", r->group);
	table_field(f, "file", r->where);
}

const struct table_kind table_rules = {
    .name = "rules",
    .wide = {rule_wide, 11, 118},
    .narrow = {rule_narrow, 11, 80},
    .nothing = "every rule has an active alert, or there is none",
    .rows = rule_rows,
    .id = rule_id,
    .health = rule_health,
    .fields = rule_fields,
    .draw = draw_rule_row,
};

/* ---- silences ---- */

static const struct column silence_wide[] = {
    {NULL, 0, 1, false, 0},  {"ID", 1, 4, false, 0},         {"MATCHES", 7, 8, false, 0},   {"LEFT", 16, 6, true, 0},
    {"BY", 24, 9, false, 0}, {"MATCHERS", 34, 45, false, 1}, {"COMMENT", 80, 38, false, 1},
};
static const struct column silence_narrow[] = {
    {NULL, 0, 0, false, 0},  {"ID", 0, 4, false, 0},         {"MATCHES", 5, 8, false, 0},   {"LEFT", 13, 5, true, 0},
    {"BY", 19, 6, false, 0}, {"MATCHERS", 26, 36, false, 1}, {"COMMENT", 63, 17, false, 1},
};

static void
draw_silence_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct view_silence *x = &s->snap->rules->silences[row];
	char left[16];

	duration_human(left, x->end_ms - s->snap->t);
	list_cellf(l, 1, STYLE_TEXT, "%.4s", x->id);
	list_cellf(l, 2, x->matches == 0 ? STYLE_WARN : STYLE_TEXT, "%d alert%s", x->matches,
		   x->matches == 1 ? "" : "s");
	list_cell(l, 3, STYLE_TEXT, left);
	list_cell(l, 4, STYLE_TEXT, x->by);
	list_cell(l, 5, STYLE_TEXT, x->what);
	list_cell(l, 6, STYLE_DIM, x->comment);
}

/* Those that are over come last and are not shown. */
static size_t
silence_rows(const struct snapshot *n)
{
	size_t k = 0;

	while (n->rules != NULL && k < n->rules->n_silences && !n->rules->silences[k].expired)
		k++;
	return k;
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

const struct table_kind table_silences = {
    .name = "silences",
    .wide = {silence_wide, 7, 118},
    .narrow = {silence_narrow, 7, 80},
    .nothing = "nothing is silenced",
    .rows = silence_rows,
    .id = silence_id,
    .fields = silence_fields,
    .draw = draw_silence_row,
};

/* ---- resolved ---- */

static const struct column resolved_wide[] = {
    {NULL, 0, 1, false, 0},    {NULL, 1, 1, false, 0},         {"ALERT", 4, 18, false, 1},
    {"ON", 24, 20, false, 1},  {"FIRED AT", 46, 12, false, 0}, {"FOR", 60, 6, true, 0},
    {"PEAK", 67, 10, true, 0}, {"LIMIT", 78, 9, true, 0},      {"ACKNOWLEDGED BY", 89, 29, false, 0},
};
static const struct column resolved_narrow[] = {
    {NULL, 0, 0, false, 0},   {NULL, 0, 1, false, 0},        {"ALERT", 2, 16, false, 1},
    {"ON", 19, 16, false, 1}, {"FIRED AT", 36, 9, false, 0}, {"FOR", 45, 5, true, 0},
    {"PEAK", 51, 8, true, 0}, {"LIMIT", 60, 8, true, 0},     {"ACK BY", 69, 11, false, 0},
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
	list_cell(l, 1, STYLE_GOOD, "✓");
	list_cell(l, 2, STYLE_TEXT, a->name);
	list_cell(l, 3, STYLE_TEXT, a->on);
	list_cell(l, 4, STYLE_TEXT, at);
	list_cell(l, 5, STYLE_TEXT, length);
	list_cell(l, 6, STYLE_TEXT, peak);
	list_cellf(l, 7, STYLE_DIM, a->limit_op != NULL ? "%s %s" : "", a->limit_op, limit);
	list_cell(l, 8, STYLE_DIM, a->ack_by != NULL ? a->ack_by : "-");
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

const struct table_kind table_resolved = {
    .name = "resolved",
    .wide = {resolved_wide, 9, 118},
    .narrow = {resolved_narrow, 9, 80},
    .nothing = "nothing was resolved in the last day",
    .rows = resolved_rows,
    .id = resolved_id,
    .fields = resolved_fields,
    .draw = draw_resolved_row,
};

/* ---- the page ---- */

/* Rules with an active alert. */
static size_t
rules_active(const struct view_overview *o)
{
	size_t n = 0;

	for (size_t i = 0; i < o->n_alerts; i++) {
		bool first = true;

		for (size_t k = 0; k < i; k++)
			first = first && strcmp(o->alerts[k].name, o->alerts[i].name) != 0;
		n += first;
	}
	return n;
}

static void
draw_active(struct screen *s, struct pane p)
{
	const struct view_overview *o = &s->snap->o;
	const size_t rules = s->snap->rules != NULL ? s->snap->rules->n_rules : 0, active = rules_active(o);
	char title[96], state[96];

	if (small(s)) {
		pane_small_alerts(s, p);
		return;
	}
	snprintf(title, sizeof title, "Active: %zu of %zu rules, %d silenced", active, active + rules, o->silenced);
	table_draw(s, pane_open(s, p, title, table_state(s, TABLE_ALERTS, "filter: none", state)), TABLE_ALERTS, NULL);
}

static void
draw_rules(struct screen *s, struct pane p)
{
	char title[96], state[96];

	snprintf(title, sizeof title, "Rules not firing: %zu", rule_rows(s->snap));
	table_draw(s, pane_open(s, p, title, table_state(s, TABLE_RULES, "worst ratio first", state)), TABLE_RULES,
		   NULL);
}

static void
draw_silences(struct screen *s, struct pane p)
{
	char title[96], state[96];

	snprintf(title, sizeof title, "Silences: %zu active", silence_rows(s->snap));
	table_draw(s,
		   pane_open(s, p, title, table_state(s, TABLE_SILENCES, wide(s) ? "ends soonest first" : NULL, state)),
		   TABLE_SILENCES, NULL);
}

static void
draw_resolved(struct screen *s, struct pane p)
{
	char title[96], state[96];

	snprintf(title, sizeof title,
		 wide(s) ? "Recently resolved: %zu in the last day" : "Resolved in the last day: %zu",
		 resolved_rows(s->snap));
	table_draw(s, pane_open(s, p, title, table_state(s, TABLE_RESOLVED, NULL, state)), TABLE_RESOLVED, NULL);
}

static void
lay_out(const struct screen *s, int w, int h, struct rect at[PANES_MAX])
{
	const int edge = frame_rows(s), active = (int)s->snap->o.n_alerts;
	const int want = edge + 1 + active + (wide(s) ? 3 : 0);
	const struct stack stack[] = {
	    {want < edge + 2 ? edge + 2
	     : want > h / 2  ? h / 2
			     : want,
	     edge + 2, 0},
	    {edge + 4, edge + 2, 1},
	    {h >= 16 ? edge + (wide(s) ? 4 : 3) : 0, 0, 0},
	    {h >= 16 ? edge + (wide(s) ? 5 : 3) : 0, 0, 0},
	};
	int rows[4], y = 0;

	stack_rows(h, stack, 4, rows);
	for (int i = 0; i < 4; i++) {
		at[i] = (struct rect){0, y, w, rows[i]};
		y += rows[i];
	}
}

static const struct pane_kind panes[] = {
    [P_ACTIVE] = {"active", TABLE_ALERTS, draw_active},
    [P_RULES] = {"rules", TABLE_RULES, draw_rules},
    [P_SILENCES] = {"silences", TABLE_SILENCES, draw_silences},
    [P_RESOLVED] = {"resolved", TABLE_RESOLVED, draw_resolved},
};

const struct page_kind page_alerts = {
    .name = "alerts",
    .full = "Alerts",
    .brief = "Alert",
    .view = PAGE_ALERTS,
    .list = TABLE_ALERTS,
    .panes = panes,
    .n_panes = sizeof panes / sizeof *panes,
    .lay_out = lay_out,
    .hint = "{open} details   {mark} mark   {acknowledge} acknowledge   {silence} silence   {take-back} undo silence   "
	    "{pane} next pane   {problems} firing only   {filter} filter",
    .hint_narrow =
	"{open} details  {mark} mark  {acknowledge} ack  {silence} silence  {take-back} undo silence  {pane} pane",
};
