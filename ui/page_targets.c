/*
 * page_targets.c -- scrape targets and health checks: who answers, since when not, and why.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "chart.h"
#include "mlwatch/clock.h"
#include "mlwatch/hash.h"
#include "screen.h"

enum { P_LIST, P_ONE };
static const struct column target_wide[] = {
    {NULL, 0, 1, false, 0},     {NULL, 1, 1, false, 0},    {"HEALTH", 3, 8, false, 0}, {"JOB", 12, 13, false, 1},
    {"URL", 26, 30, false, 2},  {"LAST", 57, 5, true, 0},  {"TOOK", 63, 6, true, 0},   {"SAMPLES", 70, 7, true, 0},
    {"UP 24h", 78, 6, true, 0}, {"WHY", 86, 32, false, 2},
};
static const struct column target_narrow[] = {
    {NULL, 0, 1, false, 0},     {NULL, 1, 1, false, 0},   {"HEALTH", 3, 8, false, 0}, {"JOB", 12, 13, false, 1},
    {"URL", 26, 26, false, 2},  {"LAST", 53, 4, true, 0}, {"TOOK", 58, 6, true, 0},   {NULL, 0, 0, false, 0},
    {"UP 24h", 65, 6, true, 0}, {NULL, 0, 0, false, 0},
};

static void
health_text(const struct screen *s, const struct view_target *x, char out[40])
{
	char age[16];

	if (x->up) {
		snprintf(out, 40, "%s", x->slow ? "slow" : "up");
	} else if (!x->ever) {
		snprintf(out, 40, "unknown");
	} else {
		age_text(s, age, x->down_since_ms);
		snprintf(out, 40, "down %s", age);
	}
}

static void
draw_target_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct view_target *x = &s->snap->o.targets[row];
	const struct strip *strip = strip_of(s->snap->targets, x->url);
	char text[40];

	list_cell(l, 1, health_style(x->health), health_glyph[x->health]);
	health_text(s, x, text);
	list_cell(l, 2, health_style(x->health), text);
	list_cell(l, 3, STYLE_TEXT, x->job);
	list_cell(l, 4, STYLE_TEXT, x->url);
	age_text(s, text, x->last_ms);
	list_cell(l, 5, STYLE_DIM, text);
	quantity_text(text, (struct quantity){x->ever ? x->seconds : NAN, UNIT_SECONDS, NULL});
	list_cell(l, 6, STYLE_TEXT, text);
	count_text(text, x->health_check ? NAN : x->samples);
	list_cell(l, 7, STYLE_TEXT, text);
	if (strip == NULL || isnan(strip->share))
		list_cell(l, 8, STYLE_TEXT, "-");
	else
		list_cellf(l, 8, STYLE_TEXT, strip->share >= 0.9995 ? "%.0f %%" : "%.1f %%", strip->share * 100);
	list_cell(l, 9, STYLE_DIM, x->error);
}

static size_t
target_rows(const struct snapshot *n)
{
	return n->o.n_targets;
}

static uint64_t
target_id(const struct snapshot *n, size_t row)
{
	return hash_mix(hash_str(n->o.targets[row].job), hash_str(n->o.targets[row].url));
}

static enum health
target_health(const struct snapshot *n, size_t row)
{
	return n->o.targets[row].health;
}

static void
target_fields(const struct snapshot *n, size_t row, struct table_fields *f)
{
	const struct view_target *x = &n->o.targets[row];

	table_field(f, "job", x->job);
	table_field(f, "instance", x->instance);
	table_field(f, "url", x->url);
	table_field(f, "why", x->error);
}

const struct table_kind table_targets = {
    .name = "targets",
    .leads = true,
    .wide = {target_wide, 10, 118},
    .narrow = {target_narrow, 10, 80},
    .nothing = "no targets: scrape_configs and health_checks of mlwatch.yml",
    .rows = target_rows,
    .id = target_id,
    .health = target_health,
    .fields = target_fields,
    .draw = draw_target_row,
};

static void
draw_list(struct screen *s, struct pane p)
{
	const struct view_overview *o = &s->snap->o;
	char title[96], right[64], state[96];
	int down = 0, slow = 0;

	for (size_t i = 0; i < o->n_targets; i++) {
		down += o->targets[i].health == HEALTH_BROKEN;
		slow += o->targets[i].slow;
	}
	snprintf(title, sizeof title,
		 wide(s) ? "Scrape targets and health checks: %zu" : "Targets and health checks: %zu", o->n_targets);
	snprintf(right, sizeof right, "%d down, %d slow", down, slow);
	table_draw(s, pane_open(s, p, title, table_state(s, TABLE_TARGETS, right, state)), TABLE_TARGETS, NULL);
}

static void
draw_one(struct screen *s, struct pane p)
{
	const size_t row = table_at(s, TABLE_TARGETS);
	const struct view_target *x = row != SIZE_MAX ? &s->snap->o.targets[row] : NULL;
	char since[16], age[16];
	struct pane in;

	in = pane_open(s, p, x != NULL ? x->job : "", NULL);
	if (x == NULL)
		return;
	if (!x->up && x->ever) {
		clock_hms(s, since, x->down_since_ms);
		age_text(s, age, x->down_since_ms);
		putf(in, 1, 0, STYLE_BAD, "✗ down for %s, since %s: %s", age, since, x->error);
	} else {
		putf(in, 1, 0, STYLE_GOOD, "%s %s", health_glyph[x->health], x->up ? "answers" : "not asked yet");
	}
	putf(in, 1, 1, STYLE_TEXT, "%s", x->url);
	putf(in, 1, 2, STYLE_TEXT, "interval %llds   timeout %llds", (long long)(x->interval_ms / 1000),
	     (long long)(x->timeout_ms / 1000));
}

static void
lay_out(const struct screen *s, int w, int h, struct rect at[PANES_MAX])
{
	const int tail = frame_rows(s) + (wide(s) ? 10 : 6), list = h - tail > h / 2 ? h - tail : h / 2;

	at[P_LIST] = (struct rect){0, 0, w, list};
	at[P_ONE] = (struct rect){0, list, w, h - list};
}

static const struct pane_kind panes[] = {
    [P_LIST] = {"targets", TABLE_TARGETS, draw_list}, [P_ONE] = {"target", TABLE_NONE, draw_one}};

const struct page_kind page_targets = {
    .name = "targets",
    .full = "Targets",
    .brief = "Targ",
    .view = PAGE_TARGETS,
    .list = TABLE_TARGETS,
    .panes = panes,
    .n_panes = sizeof panes / sizeof *panes,
    .lay_out = lay_out,
    .hint = "{open} last answer and error   {problems} problems only   {filter} filter",
    .hint_narrow = "{open} last answer and error  {problems} problems only  {filter} filter",
};
