/*
 * page_targets.c -- scrape targets and health checks: who answers, since when not, and why.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "mlwatch/hash.h"
#include "mlwatch/view_json.h"
#include "pane_target.h"
#include "screen.h"

enum { P_LIST, P_ONE };
enum { C_CURSOR, C_GLYPH, C_HEALTH, C_JOB, C_URL, C_LAST, C_TOOK, C_SAMPLES, C_UP, C_HOUR, C_WHY };
static const struct column target_wide[] = {
    {NULL, 0, 1, false, 0},          {NULL, 1, 1, false, 0},      {"HEALTH", 3, 8, false, 0},
    {"JOB", 12, 13, false, 1},       {"URL", 26, 30, false, 2},   {"LAST", 57, 4, true, 0},
    {"TOOK", 62, 6, true, 0},        {"SAMPLES", 69, 7, true, 0}, {"UP 24h", 77, 6, true, 0},
    {"LAST HOUR", 84, 20, false, 0}, {"WHY", 105, 13, false, 2},
};
static const struct column target_narrow[] = {
    {NULL, 0, 1, false, 0},     {NULL, 1, 1, false, 0},         {"HEALTH", 3, 8, false, 0}, {"JOB", 12, 13, false, 1},
    {"URL", 26, 26, false, 2},  {"LAST", 53, 4, true, 0},       {"TOOK", 58, 5, true, 0},   {NULL, 0, 0, false, 0},
    {"UP 24h", 64, 6, true, 0}, {"LAST HOUR", 71, 9, false, 0}, {NULL, 0, 0, false, 0},
};

static size_t
target_rows(const struct snapshot *n)
{
	return n->o.n_targets;
}

static const struct strip *
strip_at(const struct snapshot *n, size_t row)
{
	return n->targets != NULL && row < n->targets->n ? &n->targets->at[row] : NULL;
}

/* ---- cells ---- */

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

/* Never rounded up to all of it. */
static void
share_text(char out[16], double share)
{
	if (isnan(share))
		snprintf(out, 16, "-");
	else if (share >= 1)
		snprintf(out, 16, "100 %%");
	else
		snprintf(out, 16, "%.1f %%", floor(share * 1000) / 10);
}

/* A cell of several stretches is as bad as the worst of them. */
static void
draw_hour(struct pane p, const struct strip *h)
{
	for (int x = 0; x < p.w && h->v != NULL; x++) {
		double worst = NAN;

		for (size_t i = (size_t)x * h->n / (size_t)p.w; i < ((size_t)x + 1) * h->n / (size_t)p.w; i++)
			worst = isnan(worst) || h->v[i] < worst ? h->v[i] : worst;
		if (worst >= 1)
			put_char(p, x, 0, STYLE_GOOD, 0x2588);
		else if (worst > 0)
			put_char(p, x, 0, STYLE_WARN, 0x2592);
		else if (worst <= 0)
			put_char(p, x, 0, STYLE_BAD, 0xb7);
	}
}

static void
why_text(const struct view_target *t, char out[160])
{
	char took[32], of[32];

	if (t->up && t->slow) {
		quantity_text(took, (struct quantity){t->seconds, UNIT_SECONDS, NULL});
		quantity_text(of, (struct quantity){(double)t->timeout_ms / 1000, UNIT_SECONDS, NULL});
		snprintf(out, 160, "%s of %s", took, of);
	} else if (strncmp(t->error, "no answer within ", 17) == 0) {
		snprintf(out, 160, "timeout");
	} else {
		snprintf(out, 160, "%.159s", t->error);
	}
}

static void
draw_target_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct view_target *x = &s->snap->o.targets[row];
	const struct strip *hour = strip_at(s->snap, row);
	char text[160];

	list_cell(l, C_GLYPH, health_style(x->health), health_glyph[x->health]);
	health_text(s, x, text);
	list_cell(l, C_HEALTH, health_style(x->health), text);
	list_cell(l, C_JOB, STYLE_TEXT, x->job);
	list_cell(l, C_URL, STYLE_TEXT, x->url);
	age_text(s, text, x->last_ms);
	list_cell(l, C_LAST, STYLE_TEXT, text);
	quantity_text(text, (struct quantity){x->ever ? x->seconds : NAN, UNIT_SECONDS, NULL});
	list_cell(l, C_TOOK, x->slow ? STYLE_WARN : STYLE_TEXT, text);
	count_text(text, x->health_check || !x->ever ? NAN : x->samples);
	list_cell(l, C_SAMPLES, STYLE_TEXT, text);
	share_text(text, hour != NULL ? hour->share : NAN);
	list_cell(l, C_UP, STYLE_TEXT, text);
	if (hour != NULL && list_has(l, C_HOUR))
		draw_hour(list_field(l, C_HOUR), hour);
	why_text(x, text);
	list_cell(l, C_WHY, x->health == HEALTH_BROKEN ? STYLE_TEXT : STYLE_DIM, text);
}

/* ---- the table ---- */

static uint64_t
target_id(const struct snapshot *n, size_t row)
{
	const struct view_target *x = &n->o.targets[row];

	return hash_mix(hash_mix(hash_str(x->job), hash_str(x->instance)), hash_str(x->url));
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
	table_field(f, "model", x->model);
	table_field(f, "why", x->error);
	table_field(f, "health", !x->ever ? "unknown" : !x->up ? "down" : x->slow ? "slow" : "up");
}

static bool
target_value(const struct snapshot *n, size_t row, size_t column, struct sort_value *v)
{
	const struct view_target *x = &n->o.targets[row];
	const struct strip *hour = strip_at(n, row);

	switch (column) {
	case C_JOB:
		v->text = x->job;
		return true;
	case C_URL:
		v->text = x->url;
		return true;
	case C_LAST:
		v->number = (double)x->last_ms; /* the oldest first */
		return true;
	case C_TOOK:
		v->number = -x->seconds;
		return true;
	case C_SAMPLES:
		v->number = -x->samples;
		return true;
	case C_UP:
		v->number = hour != NULL ? hour->share : NAN;
		return true;
	default:
		return false;
	}
}

static char *
target_json(const struct snapshot *n, size_t row)
{
	const struct strip *hour = strip_at(n, row);
	struct view_target t = n->o.targets[row];

	if (hour != NULL)
		t.up_24h = hour->share;
	return view_target_json(&t);
}

static void
open_target(struct screen *s, size_t row)
{
	(void)row;
	s->focus[PAGE_TARGETS] = P_ONE;
	s->zoom = true;
}

const struct table_kind table_targets = {
    .name = "targets",
    .leads = true,
    .wide = {target_wide, 11, 118},
    .narrow = {target_narrow, 11, 80},
    .nothing = "no targets: scrape_configs and health_checks of mlwatch.yml",
    .rows = target_rows,
    .id = target_id,
    .health = target_health,
    .fields = target_fields,
    .draw = draw_target_row,
    .value = target_value,
    .json = target_json,
    .open = open_target,
};

/* ---- the page ---- */

static void
draw_list(struct screen *s, struct pane p)
{
	const struct view_overview *o = &s->snap->o;
	char title[96], right[64];
	int down = 0, slow = 0;

	for (size_t i = 0; i < o->n_targets; i++) {
		down += o->targets[i].health == HEALTH_BROKEN;
		slow += o->targets[i].slow;
	}
	snprintf(title, sizeof title,
		 wide(s) ? "Scrape targets and health checks: %zu" : "Targets and health checks: %zu", o->n_targets);
	snprintf(right, sizeof right, "%d down, %d slow", down, slow);
	table_draw(s, table_frame(s, p, TABLE_TARGETS, title, right, 0), TABLE_TARGETS, NULL);
}

static void
draw_one(struct screen *s, struct pane p)
{
	const size_t row = table_at(s, TABLE_TARGETS);
	const struct view_target *t = row != SIZE_MAX ? &s->snap->o.targets[row] : NULL;
	const struct pane in = pane_open(s, p, t != NULL ? t->job : "target", s->zoom && t != NULL ? t->url : NULL);

	if (t != NULL)
		pane_target(s, in, t);
	else
		put_left(in, 1, 0, in.w - 2, STYLE_DIM, "none is chosen");
}

static void
lay_out(const struct screen *s, int w, int h, struct rect at[PANES_MAX])
{
	const int tail = frame_rows(s) + (wide(s) ? 10 : 11), n = frame_rows(s) + 1 + (int)s->snap->o.n_targets;
	int list = h - tail;

	if (list < n && list < h / 2) /* targets first, then what is known of one */
		list = n < h / 2 ? n : h / 2;
	if (s->snap->o.n_targets == 0)
		list = h;
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
