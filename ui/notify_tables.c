/*
 * notify_tables.c -- see notify_tables.h.
 */
#include "notify_tables.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "mlwatch/hash.h"
#include "mlwatch/view_json.h"
#include "screen.h"

const struct view_outbox *
outbox_of(const struct snapshot *n)
{
	static const struct view_outbox none = {.receivers = NULL};

	return n->notify != NULL ? &n->notify->box : &none;
}

/* ---- receivers ---- */

enum { R_CURSOR, R_HEALTH, R_NAME, R_KIND, R_SENT, R_FAILED, R_QUEUED, R_OK, R_ERROR, R_WHY };
static const struct column receiver_wide[] = {
    {NULL, 0, 1, false, 0},     {NULL, 1, 1, false, 0},      {"RECEIVER", 4, 21, false, 1},
    {"KIND", 26, 12, false, 0}, {"SENT", 39, 4, true, 0},    {"FAILED", 45, 6, true, 0},
    {"QUEUED", 53, 6, true, 0}, {"LAST OK", 61, 9, true, 0}, {"LAST ERROR", 72, 10, true, 0},
    {"WHY", 84, 33, false, 3},
};
static const struct column receiver_narrow[] = {
    {NULL, 0, 1, false, 0},   {NULL, 1, 1, false, 0},    {"RECEIVER", 3, 18, false, 1}, {NULL, 0, 0, false, 0},
    {"SENT", 22, 4, true, 0}, {"FAIL", 27, 4, true, 0},  {"QUEUE", 32, 5, true, 0},     {"LAST OK", 38, 9, true, 0},
    {NULL, 0, 0, false, 0},   {"WHY", 48, 31, false, 2},
};

static size_t
receiver_rows(const struct snapshot *n)
{
	return outbox_of(n)->n_receivers;
}

static const struct view_receiver *
receiver_at(const struct snapshot *n, size_t row)
{
	return &outbox_of(n)->receivers[row];
}

static uint64_t
receiver_id(const struct snapshot *n, size_t row)
{
	return hash_mix(hash_str(receiver_at(n, row)->name), hash_str(receiver_at(n, row)->kind));
}

static enum health
receiver_health(const struct snapshot *n, size_t row)
{
	return receiver_at(n, row)->health;
}

static void
receiver_fields(const struct snapshot *n, size_t row, struct table_fields *f)
{
	const struct view_receiver *r = receiver_at(n, row);

	table_field(f, "receiver", r->name);
	table_field(f, "kind", r->kind);
	table_field(f, "why", r->why);
}

static void
draw_count(const struct list *l, size_t column, int64_t n, bool bad)
{
	char text[16];

	count_text(text, (double)n);
	list_cell(l, column, bad && n > 0 ? STYLE_WARN : STYLE_TEXT, text);
}

static void
draw_receiver_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct view_receiver *r = receiver_at(s->snap, row);
	char text[24];

	list_cell(l, R_HEALTH, health_style(r->health), health_glyph[r->health]);
	list_cell(l, R_NAME, STYLE_TEXT, r->name);
	list_cell(l, R_KIND, STYLE_TEXT, r->kind[0] != '\0' ? r->kind : "-");
	draw_count(l, R_SENT, r->sent, false);
	draw_count(l, R_FAILED, r->failed, true);
	draw_count(l, R_QUEUED, r->queued, true);
	age_text(s, text, r->last_ok_ms);
	list_cell(l, R_OK, STYLE_TEXT, text);
	age_text(s, text, r->last_error_ms);
	list_cell(l, R_ERROR, STYLE_TEXT, r->last_error_ms >= s->snap->t ? "now" : text);
	list_cell(l, R_WHY, STYLE_TEXT, r->kind[0] != '\0' ? r->why : "nothing was ever sent to it");
}

static bool
receiver_value(const struct snapshot *n, size_t row, size_t column, struct sort_value *v)
{
	const struct view_receiver *r = receiver_at(n, row);
	const int64_t number[] = {[R_SENT] = r->sent,
				  [R_FAILED] = r->failed,
				  [R_QUEUED] = r->queued,
				  [R_OK] = r->last_ok_ms,
				  [R_ERROR] = r->last_error_ms};

	v->text = column == R_NAME ? r->name : column == R_KIND ? r->kind : NULL;
	if (column >= R_SENT && column <= R_ERROR)
		v->number = -(double)number[column]; /* the most first */
	return column >= R_NAME && column <= R_ERROR;
}

static char *
receiver_json(const struct snapshot *n, size_t row)
{
	return view_receiver_json(receiver_at(n, row));
}

static bool
seek_receiver(struct screen *s, enum table t, const struct view_message *m, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(m[i].receiver, name) == 0) {
			table_await(s, t, hash_str(m[i].id));
			return true;
		}
	return false;
}

/* To the first of its messages: what waits or was given up comes before what was sent. */
static void
open_receiver(struct screen *s, size_t row)
{
	const struct view_outbox *box = outbox_of(s->snap);
	const char *name = box->receivers[row].name;

	if (seek_receiver(s, TABLE_OUTBOX, box->waiting, box->n_waiting, name))
		s->focus[PAGE_NOTIFY] = NOTIFY_OUTBOX;
	else if (seek_receiver(s, TABLE_SENT, box->sent_at, box->n_sent, name))
		s->focus[PAGE_NOTIFY] = NOTIFY_SENT;
	else
		say(s, "no message to it: :test RECEIVER sends one");
}

const struct table_kind table_receivers = {
    .name = "receivers",
    .wide = {receiver_wide, 10, 118},
    .narrow = {receiver_narrow, 10, 80},
    .nothing = "no receivers: alerting of mlwatch.yml names their file",
    .rows = receiver_rows,
    .id = receiver_id,
    .health = receiver_health,
    .fields = receiver_fields,
    .draw = draw_receiver_row,
    .value = receiver_value,
    .json = receiver_json,
    .open = open_receiver,
};

/* ---- messages ---- */

static void
message_fields(const struct view_message *m, struct table_fields *f)
{
	table_field(f, "receiver", m->receiver);
	table_field(f, "kind", m->kind);
	table_field(f, "group", m->group_text);
	table_field(f, "alerts", m->alerts);
	table_field(f, "state", m->state);
}

/* Its own pane, large, is where a message is read. */
static void
open_message(struct screen *s, size_t row)
{
	(void)row;
	s->focus[PAGE_NOTIFY] = NOTIFY_MESSAGE;
	s->zoom = true;
}

enum { O_CURSOR, O_HEALTH, O_SINCE, O_RECEIVER, O_ALERTS, O_TRIES, O_NEXT, O_STATE };
static const struct column outbox_wide[] = {
    {NULL, 0, 1, false, 0},         {NULL, 1, 1, false, 0},       {"SINCE", 4, 9, false, 0},
    {"RECEIVER", 14, 21, false, 1}, {"ALERTS", 36, 33, false, 2}, {"TRIES", 70, 5, true, 0},
    {"NEXT TRY", 77, 8, true, 0},   {"STATE", 87, 30, false, 2},
};
static const struct column outbox_narrow[] = {
    {NULL, 0, 1, false, 0},       {NULL, 1, 1, false, 0},    {"SINCE", 3, 5, false, 0}, {"RECEIVER", 9, 18, false, 1},
    {"ALERTS", 28, 23, false, 2}, {"TRIES", 52, 5, true, 0}, {"NEXT", 58, 6, true, 0},  {"STATE", 65, 15, false, 2},
};

static size_t
outbox_rows(const struct snapshot *n)
{
	return outbox_of(n)->n_waiting;
}

static const struct view_message *
outbox_at(const struct snapshot *n, size_t row)
{
	return &outbox_of(n)->waiting[row];
}

static uint64_t
outbox_id(const struct snapshot *n, size_t row)
{
	return hash_str(outbox_at(n, row)->id);
}

static enum health
outbox_health(const struct snapshot *n, size_t row)
{
	return outbox_at(n, row)->health;
}

static void
outbox_fields(const struct snapshot *n, size_t row, struct table_fields *f)
{
	message_fields(outbox_at(n, row), f);
}

static void
draw_outbox_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct view_message *m = outbox_at(s->snap, row);
	char text[16];

	list_cell(l, O_HEALTH, health_style(m->health), health_glyph[m->health]);
	if (wide(s))
		clock_hms(s, text, m->t);
	else
		clock_hm(s, text, m->t);
	list_cell(l, O_SINCE, STYLE_TEXT, text);
	list_cell(l, O_RECEIVER, STYLE_TEXT, m->receiver);
	list_cell(l, O_ALERTS, STYLE_TEXT, wide(s) ? m->about : m->brief);
	list_cellf(l, O_TRIES, STYLE_TEXT, "%d", m->attempts);
	duration_human(text, m->next_ms > s->now ? m->next_ms - s->now : 0);
	list_cell(l, O_NEXT, STYLE_TEXT, !m->open ? "never" : m->next_ms > s->now ? text : "now");
	list_cell(l, O_STATE, health_style(m->health), m->state);
}

static bool
outbox_value(const struct snapshot *n, size_t row, size_t column, struct sort_value *v)
{
	const struct view_message *m = outbox_at(n, row);
	const char *const text[] = {
	    [O_RECEIVER] = m->receiver, [O_ALERTS] = m->about, [O_STATE] = m->state}; /* up to the last column */
	const double number[] = {[O_SINCE] = (double)m->t,
				 [O_TRIES] = -m->attempts, /* the most first */
				 [O_NEXT] = m->open ? (double)m->next_ms : NAN,
				 [O_STATE] = NAN};

	*v = (struct sort_value){number[column], text[column]};
	return column >= O_SINCE;
}

static char *
outbox_json(const struct snapshot *n, size_t row)
{
	return view_message_json(outbox_at(n, row));
}

const struct table_kind table_outbox = {
    .name = "outbox",
    .leads = true,
    .wide = {outbox_wide, 8, 118},
    .narrow = {outbox_narrow, 8, 80},
    .nothing = "nothing waits, nothing was given up",
    .rows = outbox_rows,
    .id = outbox_id,
    .health = outbox_health,
    .fields = outbox_fields,
    .draw = draw_outbox_row,
    .value = outbox_value,
    .json = outbox_json,
    .open = open_message,
};

enum { S_CURSOR, S_AT, S_RECEIVER, S_GROUP, S_COUNTS, S_ANSWER, S_TOOK };
static const struct column sent_wide[] = {
    {NULL, 0, 1, false, 0},      {"AT", 1, 8, false, 0},       {"RECEIVER", 11, 21, false, 1},
    {"GROUP", 33, 35, false, 3}, {"ALERTS", 69, 19, false, 1}, {"ANSWER", 89, 8, false, 0},
    {"TOOK", 104, 7, true, 0},
};
static const struct column sent_narrow[] = {
    {NULL, 0, 1, false, 0},      {"AT", 1, 8, false, 0},       {"RECEIVER", 10, 16, false, 1},
    {"GROUP", 27, 27, false, 3}, {"ALERTS", 55, 10, false, 1}, {"ANSWER", 66, 6, false, 0},
    {"TOOK", 73, 6, true, 0},
};

static size_t
sent_rows(const struct snapshot *n)
{
	return outbox_of(n)->n_sent;
}

static const struct view_message *
sent_at(const struct snapshot *n, size_t row)
{
	return &outbox_of(n)->sent_at[row];
}

static uint64_t
sent_id(const struct snapshot *n, size_t row)
{
	return hash_str(sent_at(n, row)->id);
}

static void
sent_fields(const struct snapshot *n, size_t row, struct table_fields *f)
{
	message_fields(sent_at(n, row), f);
}

/* Why it was not sent has the room of the answer and of how long that took. */
static void
draw_dropped(const struct screen *s, const struct list *l, const struct view_message *m)
{
	const int x = list_field(l, S_ANSWER).x - l->pane.x;

	put_left(l->pane, x, l->y, l->pane.w - x, STYLE_MUTED, wide(s) ? m->state : "not sent");
}

static void
draw_sent_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct view_message *m = sent_at(s->snap, row);
	const char *group = wide(s) ? m->group_text : m->group_brief;
	char text[32];

	clock_hms(s, text, m->t);
	list_cell(l, S_AT, STYLE_TEXT, text);
	list_cell(l, S_RECEIVER, STYLE_TEXT, m->receiver);
	list_cell(l, S_GROUP, STYLE_TEXT, group[0] != '\0' ? group : m->about);
	list_cell(l, S_COUNTS, STYLE_TEXT, m->counts);
	if (m->dropped) {
		draw_dropped(s, l, m);
		return;
	}
	list_cell(l, S_ANSWER, STYLE_GOOD, m->answer[0] != '\0' ? m->answer : "taken");
	view_took_text(text, m->took);
	list_cell(l, S_TOOK, STYLE_DIM, text);
}

static bool
sent_value(const struct snapshot *n, size_t row, size_t column, struct sort_value *v)
{
	const struct view_message *m = sent_at(n, row);
	const char *const text[] = {[S_RECEIVER] = m->receiver,
				    [S_GROUP] = m->group_text[0] != '\0' ? m->group_text : m->about,
				    [S_COUNTS] = m->counts,
				    [S_ANSWER] = m->answer,
				    [S_TOOK] = NULL};
	const double number[] = {[S_AT] = -(double)m->t, [S_TOOK] = -m->took}; /* the newest, the longest first */

	*v = (struct sort_value){number[column], text[column]};
	return column >= S_AT;
}

static char *
sent_json(const struct snapshot *n, size_t row)
{
	return view_message_json(sent_at(n, row));
}

const struct table_kind table_sent = {
    .name = "sent",
    .wide = {sent_wide, 7, 118},
    .narrow = {sent_narrow, 7, 80},
    .nothing = "nothing was sent in the last day: :test RECEIVER tries whether it would be",
    .rows = sent_rows,
    .id = sent_id,
    .fields = sent_fields,
    .draw = draw_sent_row,
    .value = sent_value,
    .json = sent_json,
    .open = open_message,
};

const struct view_message *
message_chosen(const struct screen *s)
{
	const size_t waiting = table_at(s, TABLE_OUTBOX), sent = table_at(s, TABLE_SENT);

	if (page_table(s) == TABLE_SENT && sent != SIZE_MAX)
		return sent_at(s->snap, sent);
	if (waiting != SIZE_MAX)
		return outbox_at(s->snap, waiting);
	return sent != SIZE_MAX ? sent_at(s->snap, sent) : NULL;
}
