/*
 * page_alert_lists.c -- the lists of one alert's page: what is behind it, what changed around its start, who was told of it.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "mlwatch/hash.h"
#include "panes.h"
#include "screen.h"

/* ---- what is behind it ---- */

enum { B_MARK, B_NAME, B_NOW, B_ROWS, B_WHAT, B_N };
static const struct column behind_wide[] = {{NULL, 0, 1, false, 0},
					    {"FEATURE", 1, 14, false, 1},
					    {"NOW", 15, 7, true, 0},
					    {"ROWS", 24, 5, true, 0},
					    {"WHAT", 31, 17, false, 2}};
static const struct column behind_narrow[] = {{NULL, 0, 0, false, 0},
					      {"FEATURE", 0, 16, false, 1},
					      {"NOW", 16, 7, true, 0},
					      {"ROWS", 25, 6, true, 0},
					      {"WHAT", 33, 47, false, 2}};
/* Of series that are no features: their names are longer, and nothing more is known of them. */
static const struct column series_wide[] = {{NULL, 0, 1, false, 0},
					    {"SERIES", 1, 34, false, 1},
					    {"NOW", 36, 11, true, 0},
					    {NULL, 0, 0, false, 0},
					    {NULL, 0, 0, false, 0}};
static const struct column series_narrow[] = {{NULL, 0, 0, false, 0},
					      {"SERIES", 0, 60, false, 1},
					      {"NOW", 64, 12, true, 0},
					      {NULL, 0, 0, false, 0},
					      {NULL, 0, 0, false, 0}};
static const struct columns series_columns[2] = {{series_narrow, B_N, 80}, {series_wide, B_N, 48}};

static void
draw_behind_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct behind *b = &s->snap->about->behind[row];
	const unsigned style = b->health != HEALTH_UNKNOWN ? health_style(b->health) : STYLE_TEXT;
	char text[16], value[32];

	list_cell(l, B_NAME, STYLE_TEXT, b->name);
	quantity_text(value, b->value);
	list_cell(l, B_NOW, style, value);
	count_text(text, b->rows);
	list_cell(l, B_ROWS, STYLE_TEXT, text);
	list_cell(l, B_WHAT, strcmp(b->what, "silenced") == 0 ? STYLE_MUTED : STYLE_DIM, b->what);
}

static size_t
behind_rows(const struct snapshot *n)
{
	return n->about != NULL ? n->about->n_behind : 0;
}

static uint64_t
behind_id(const struct snapshot *n, size_t row)
{
	return hash_str(n->about->behind[row].name);
}

static enum health
behind_health(const struct snapshot *n, size_t row)
{
	return n->about->behind[row].health;
}

static void
behind_fields(const struct snapshot *n, size_t row, struct table_fields *f)
{
	table_field(f, "name", n->about->behind[row].name);
	table_field(f, "what", n->about->behind[row].what);
}

/* Of a feature its distribution, of the model whose it is; else nothing is known beyond the row. */
static void
open_behind(struct screen *s, size_t row)
{
	const struct snapshot *n = s->snap;
	const struct behind *b = &n->about->behind[row];
	const struct part_features *f = n->features;
	size_t at = 0;

	while (b->is_feature && f != NULL && at < f->n && strcmp(f->at[at].name, b->name) != 0)
		at++;
	if (!b->is_feature || f == NULL || at == f->n) {
		say(s, "nothing more is known of %s: 9 Query asks for it", brief(b->name, 60).at);
		return;
	}
	for (size_t i = 0; i < n->o.n_models; i++)
		if (strcmp(n->o.models[i].model, n->model) == 0 && strcmp(n->o.models[i].version, n->version) == 0)
			table_seek(s, TABLE_MODELS, table_models.id(n, i));
	table_seek(s, TABLE_FEATURES, table_features.id(n, at));
	page_open(s, PAGE_FEATURE);
}

const struct table_kind table_behind = {
    .name = "behind",
    .leads = true, /* Enter goes to it from here */
    .wide = {behind_wide, B_N, 48},
    .narrow = {behind_narrow, B_N, 80},
    .nothing = "none is over the limit now",
    .rows = behind_rows,
    .id = behind_id,
    .health = behind_health,
    .fields = behind_fields,
    .draw = draw_behind_row,
    .open = open_behind,
};

void
pane_behind(struct screen *s, struct pane p)
{
	const struct part_alert *n = about_alert(s);
	const bool features = n == NULL || n->n_behind == 0 || n->behind[0].is_feature;
	char title[64], right[32];
	struct pane in;

	if (n == NULL || n->behind_title == NULL) {
		pane_open(s, p, n == NULL ? "reading" : "nothing is behind it", NULL);
		return;
	}
	if (n->of > 0 && n->behind_op[0] != '\0')
		snprintf(title, sizeof title, "%s: %zu of %zu", n->behind_title, n->over, n->of);
	else if (n->of > 0)
		snprintf(title, sizeof title, "%s: %zu", n->behind_title, n->of);
	else
		snprintf(title, sizeof title, "%s", n->behind_title);
	snprintf(right, sizeof right, "%s %.3g", n->behind_op, n->behind_limit);
	in = table_frame(s, p, TABLE_BEHIND, title, n->behind_op[0] != '\0' && wide(s) ? right : NULL, 0);
	const bool hint = wide(s) && features && n->n_behind > 0 && in.h > (int)n->n_behind + 1;
	table_draw(s, pane_inside(in, 0, 0, in.w, in.h - hint), TABLE_BEHIND,
		   features ? NULL : &series_columns[wide(s)]);
	if (hint)
		put_left(in, 1, in.h - 1, in.w - 1, STYLE_DIM, "Tab here, Enter: the distribution");
}

/* ---- around its start ---- */

void
pane_around(struct screen *s, struct pane p)
{
	const struct part_alert *n = about_alert(s);
	char title[96], from[16], to[16];

	if (n == NULL) {
		pane_open(s, p, "What changed around its start", NULL);
		return;
	}
	clock_day(s, from, n->events_span.from);
	clock_day(s, to, n->events_span.to);
	if (wide(s))
		snprintf(title, sizeof title, "What changed around its start, %s to %s", from, to);
	else
		snprintf(title, sizeof title, "What changed around its start");
	table_draw(s, table_frame(s, p, TABLE_AROUND, title, NULL, 0), TABLE_AROUND, NULL);
}

/* ---- who was told ---- */

enum { T_MARK, T_AT, T_RECEIVER, T_HEALTH, T_RESULT, T_DETAIL, T_N };
static const struct column told_wide[] = {{NULL, 0, 1, false, 0},         {"AT", 1, 8, false, 0},
					  {"RECEIVER", 11, 19, false, 1}, {NULL, 31, 1, false, 0},
					  {"RESULT", 34, 34, false, 1},   {"DETAIL", 70, 48, false, 2}};
static const struct column told_narrow[] = {{NULL, 0, 1, false, 0},         {"AT", 1, 8, false, 0},
					    {"RECEIVER", 10, 16, false, 1}, {NULL, 27, 1, false, 0},
					    {"RESULT", 29, 34, false, 1},   {"DETAIL", 64, 16, false, 2}};

static void
draw_told_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct told *m = &s->snap->about->told[row];
	char at[16], next[16];

	clock_hms(s, at, m->t);
	duration_human(next, m->next_ms - s->now);
	list_cell(l, T_AT, STYLE_TEXT, at);
	list_cell(l, T_RECEIVER, STYLE_TEXT, m->receiver);
	list_cell(l, T_HEALTH, health_style(m->health), health_glyph[m->health]);
	if (m->next_ms > 0)
		list_cellf(l, T_RESULT, STYLE_TEXT, "%s, next in %s", m->result, next);
	else
		list_cell(l, T_RESULT, STYLE_TEXT, m->result);
	list_cell(l, T_DETAIL, STYLE_DIM, m->detail);
}

static size_t
told_rows(const struct snapshot *n)
{
	return n->about != NULL ? n->about->n_told : 0;
}

static uint64_t
told_id(const struct snapshot *n, size_t row)
{
	return (uint64_t)n->about->told[row].id;
}

static enum health
told_health(const struct snapshot *n, size_t row)
{
	return n->about->told[row].health;
}

static void
told_fields(const struct snapshot *n, size_t row, struct table_fields *f)
{
	table_field(f, "receiver", n->about->told[row].receiver);
	table_field(f, "result", n->about->told[row].result);
	table_field(f, "detail", n->about->told[row].detail);
}

const struct table_kind table_told = {
    .name = "told",
    .wide = {told_wide, T_N, 118},
    .narrow = {told_narrow, T_N, 80},
    .nothing = "nobody was told of it yet",
    .rows = told_rows,
    .id = told_id,
    .health = told_health,
    .fields = told_fields,
    .draw = draw_told_row,
};

void
pane_told(struct screen *s, struct pane p)
{
	const struct part_alert *n = about_alert(s);
	char title[96] = "Notifications";

	if (n == NULL) {
		pane_open(s, p, title, NULL);
		return;
	}
	if (n->n_told > 0)
		snprintf(title, sizeof title, "Notifications: %d sent", n->sent);
	if (n->retrying > 0)
		snprintf(title + strlen(title), sizeof title - strlen(title), ", %d retrying", n->retrying);
	if (n->given_up > 0)
		snprintf(title + strlen(title), sizeof title - strlen(title), ", %d given up", n->given_up);
	table_draw(s, table_frame(s, p, TABLE_TOLD, title, NULL, 0), TABLE_TOLD, NULL);
}
