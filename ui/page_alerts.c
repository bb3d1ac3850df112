/*
 * page_alerts.c -- what is active; below it the lists of page_alerts_below.c.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "chart.h"
#include "mlwatch/hash.h"
#include "mlwatch/rules.h"
#include "mlwatch/view_json.h"
#include "panes.h"
#include "screen.h"

enum { P_ACTIVE, P_RULES, P_SILENCES = ALERTS_SILENCES, P_RESOLVED };

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
    {"ALERT", 12, 14, false, 1}, {"ON", 27, 15, false, 1}, {"NOW", 43, 8, true, 0},     {"LIMIT", 52, 8, true, 0},
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

/* What its column has no room for has a decimal less: "TVD 0.67" says more than "TVD 0.6…". */
static void
fit_decimals(char *text, int width)
{
	const char *point = strchr(text, '.');
	size_t n = strlen(text);

	while (point != NULL && text_width(text) > width && text + n > point + 2 && isdigit((unsigned char)text[n - 1]))
		text[--n] = '\0';
}

static void
draw_alert_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct view_alert *a = &s->snap->o.alerts[row];
	const struct spark *spark = snapshot_spark(s->snap, a->fingerprint);
	const unsigned style = health_style(a->health);
	char age[16], value[32], limit[32];

	alert_age(s, age, a);
	quantity_text(value, a->value);
	fit_decimals(value, l->columns.at[A_NOW].w);
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

/* Critical, warning, other words, none. */
static double
severity_rank(const char *severity)
{
	return severity[0] == '\0'                             ? 3
	       : alert_is_critical(severity)                   ? 0
	       : strcmp(short_severity(severity), "warn") == 0 ? 1
							       : 2;
}

static bool
alert_value(const struct snapshot *n, size_t row, size_t column, struct sort_value *v)
{
	const struct view_alert *a = &n->o.alerts[row];

	const char *const text[A_N] = {[A_NAME] = a->name, [A_ON] = a->on, [A_STATE] = a->state_text};
	const double number[A_N] = {
	    [A_SEV] = severity_rank(a->severity),
	    [A_SINCE] = (double)(a->state == VIEW_PENDING ? a->active_ms : a->fired_ms), /* the youngest last */
	    [A_NOW] = -a->value.v,
	    [A_LIMIT] = -a->limit.v,
	    [A_RATIO] = -a->ratio};

	*v = (struct sort_value){number[column], text[column]};
	return column >= A_SEV && column != A_SPARK;
}

static void
open_alert(struct screen *s, size_t row)
{
	(void)row;
	page_open(s, PAGE_ALERT);
}

static char *
alert_json(const struct snapshot *n, size_t row)
{
	return view_alert_json(&n->o.alerts[row]);
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
    .json = alert_json,
    .open = open_alert,
};

/* ---- the page ---- */

static void
draw_active(struct screen *s, struct pane p)
{
	const struct view_overview *o = &s->snap->o;
	const struct part_rules *r = s->snap->rules;
	const size_t active = o->rules_active;
	char title[96], silenced[32] = "";

	if (small(s)) {
		pane_small_alerts(s, p);
		return;
	}
	if (o->silenced > 0)
		snprintf(silenced, sizeof silenced, ", %d silenced", o->silenced);
	if (r != NULL) /* an alert may outlive its rule */
		snprintf(title, sizeof title, "Active: %zu of %zu rules%s", active,
			 r->all_rules > active ? r->all_rules : active, silenced);
	else
		snprintf(title, sizeof title, "Active: %zu rules%s", active, silenced);
	table_draw(s, table_frame(s, p, TABLE_ALERTS, title, "filter: none", 0), TABLE_ALERTS, NULL);
}

#define N_LISTS (P_RESOLVED + 1)

/* Room that is left goes to lists that have more rows than they show, from the top. */
static void
grow(int h, struct stack stack[N_LISTS], const int all[N_LISTS])
{
	int used = 0;

	for (int i = 0; i < N_LISTS; i++)
		used += stack[i].want;
	for (int i = 0; i < N_LISTS && used < h; i++) {
		const int more = all[i] - stack[i].want < h - used ? all[i] - stack[i].want : h - used;

		stack[i].want += more > 0 ? more : 0;
		used += more > 0 ? more : 0;
	}
}

static void
lay_out(const struct screen *s, int w, int h, struct rect at[PANES_MAX])
{
	const struct part_rules *r = s->snap->rules;
	const int edge = frame_rows(s), active = (int)s->snap->o.n_alerts;
	const int all[N_LISTS] = {edge + 1 + active + (wide(s) ? 3 : 0), edge + 1 + (r != NULL ? (int)r->n_rules : 0),
				  edge + 1 + (r != NULL ? (int)r->n_silences : 0),
				  edge + 1 + (r != NULL ? (int)r->n_resolved : 0)};
	struct stack stack[N_LISTS] = {
	    {all[0] < edge + 2 ? edge + 2
	     : all[0] > h / 2  ? h / 2
			       : all[0],
	     edge + 2, 0},
	    {edge + (wide(s) ? 6 : 4), edge + 2, 1},
	    {h >= 16 ? edge + (wide(s) ? 4 : 3) : 0, 0, 0},
	    {h >= 16 ? edge + (wide(s) ? 5 : 3) : 0, 0, 0},
	};
	int rows[N_LISTS], y = 0;

	if (h >= 16)
		grow(h, stack, all);
	stack_rows(h, stack, N_LISTS, rows);
	for (int i = P_SILENCES; i < N_LISTS; i++) /* a frame without a row says nothing */
		if (rows[i] <= edge + 1) {
			rows[P_ACTIVE] += rows[i];
			rows[i] = 0;
		}
	for (int i = 0; i < N_LISTS; i++) {
		at[i] = (struct rect){0, y, w, rows[i]};
		y += rows[i];
	}
}

static const struct pane_kind panes[] = {
    [P_ACTIVE] = {"active", TABLE_ALERTS, draw_active},
    [P_RULES] = {"rules", TABLE_RULES, pane_rules},
    [P_SILENCES] = {"silences", TABLE_SILENCES, pane_silences},
    [P_RESOLVED] = {"resolved", TABLE_RESOLVED, pane_resolved},
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
