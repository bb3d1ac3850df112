/*
 * page_notify.c -- receivers, the outbox, what was sent, and one message as it went out.
 */
#include <stdio.h>
#include <string.h>

#include "keys.h"
#include "mlwatch/clock.h"
#include "mlwatch/hash.h"
#include "screen.h"

enum { P_RECEIVERS, P_OUTBOX, P_SENT };
static const struct column receiver_columns[] = {
    {NULL, 0, 1, false, 0},     {NULL, 1, 1, false, 0},      {"RECEIVER", 3, 19, false, 1},
    {"KIND", 23, 10, false, 0}, {"SENT", 34, 5, true, 0},    {"FAILED", 40, 6, true, 0},
    {"QUEUED", 47, 6, true, 0}, {"LAST OK", 54, 8, true, 0}, {"WHY", 64, 16, false, 3},
};
static const struct column message_columns[] = {
    {NULL, 0, 1, false, 0},       {NULL, 1, 1, false, 0},    {"SINCE", 3, 8, false, 0}, {"RECEIVER", 12, 18, false, 1},
    {"ALERTS", 31, 22, false, 2}, {"TRIES", 54, 5, true, 0}, {"NEXT", 60, 6, true, 0},  {"STATE", 68, 12, false, 3},
};
static const struct column sent_columns[] = {
    {NULL, 0, 1, false, 0},        {"AT", 1, 8, false, 0},      {"RECEIVER", 10, 18, false, 1},
    {"MESSAGE", 29, 32, false, 3}, {"ANSWER", 62, 7, false, 0}, {"TOOK", 71, 8, true, 0},
};

void
notify_request(const struct screen *s, struct request *q)
{
	(void)s;
	(void)q;
}

static void
draw_receiver_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct view_receiver *r = &s->snap->notify->receivers[row];
	char text[24];

	list_cell(l, 1, health_style(r->health), health_glyph[r->health]);
	list_cell(l, 2, STYLE_TEXT, r->name);
	list_cell(l, 3, STYLE_DIM, r->kind);
	count_text(text, (double)r->sent);
	list_cell(l, 4, STYLE_TEXT, text);
	count_text(text, (double)r->failed);
	list_cell(l, 5, r->failed > 0 ? STYLE_WARN : STYLE_TEXT, text);
	count_text(text, (double)r->queued);
	list_cell(l, 6, r->queued > 0 ? STYLE_WARN : STYLE_TEXT, text);
	age_text(s, text, r->last_ok_ms);
	list_cell(l, 7, STYLE_DIM, text);
	list_cell(l, 8, STYLE_DIM, r->why);
}

static size_t
receiver_rows(const struct snapshot *n)
{
	return n->notify != NULL ? n->notify->n_receivers : 0;
}

static uint64_t
receiver_id(const struct snapshot *n, size_t row)
{
	return hash_mix(hash_str(n->notify->receivers[row].name), hash_str(n->notify->receivers[row].kind));
}

static enum health
receiver_health(const struct snapshot *n, size_t row)
{
	return n->notify->receivers[row].health;
}

static void
receiver_fields(const struct snapshot *n, size_t row, struct table_fields *f)
{
	const struct view_receiver *r = &n->notify->receivers[row];

	table_field(f, "receiver", r->name);
	table_field(f, "kind", r->kind);
	table_field(f, "why", r->why);
}

const struct table_kind table_receivers = {
    .name = "receivers",
    .leads = true,
    .wide = {receiver_columns, 9, 80},
    .narrow = {receiver_columns, 9, 80},
    .nothing = "no receivers: alerting of mlwatch.yml",
    .rows = receiver_rows,
    .id = receiver_id,
    .health = receiver_health,
    .fields = receiver_fields,
    .draw = draw_receiver_row,
};

/* ---- messages ---- */

static void
message_fields(const struct view_message *m, struct table_fields *f)
{
	table_field(f, "receiver", m->receiver);
	table_field(f, "group", m->group);
	table_field(f, "alerts", m->alerts);
	table_field(f, "state", m->state);
}

static void
draw_outbox_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct view_message *m = &s->snap->notify->waiting[row];
	char at[16], next[16] = "never";

	clock_hms(s, at, m->t);
	if (m->health != HEALTH_BROKEN)
		duration_human(next, m->next_ms > s->snap->clock ? m->next_ms - s->snap->clock : 0);
	list_cell(l, 1, health_style(m->health), health_glyph[m->health]);
	list_cell(l, 2, STYLE_TEXT, at);
	list_cell(l, 3, STYLE_TEXT, m->receiver);
	list_cell(l, 4, STYLE_TEXT, m->alerts);
	list_cellf(l, 5, STYLE_TEXT, "%d", m->attempts);
	list_cell(l, 6, STYLE_TEXT, next);
	list_cell(l, 7, STYLE_DIM, m->state);
}

static size_t
outbox_rows(const struct snapshot *n)
{
	return n->notify != NULL ? n->notify->n_waiting : 0;
}

static uint64_t
outbox_id(const struct snapshot *n, size_t row)
{
	return hash_str(n->notify->waiting[row].id);
}

static enum health
outbox_health(const struct snapshot *n, size_t row)
{
	return n->notify->waiting[row].health;
}

static void
outbox_fields(const struct snapshot *n, size_t row, struct table_fields *f)
{
	message_fields(&n->notify->waiting[row], f);
}

const struct table_kind table_outbox = {
    .name = "outbox",
    .leads = true,
    .wide = {message_columns, 8, 80},
    .narrow = {message_columns, 8, 80},
    .nothing = "nothing waits",
    .rows = outbox_rows,
    .id = outbox_id,
    .health = outbox_health,
    .fields = outbox_fields,
    .draw = draw_outbox_row,
};

static void
draw_sent_row(const struct screen *s, const struct list *l, size_t row)
{
	const struct view_message *m = &s->snap->notify->sent[row];
	char at[16], took[32];

	clock_hms(s, at, m->t);
	quantity_text(took, (struct quantity){m->took, UNIT_SECONDS, NULL});
	list_cell(l, 1, STYLE_TEXT, at);
	list_cell(l, 2, STYLE_TEXT, m->receiver);
	list_cell(l, 3, STYLE_TEXT, m->alerts);
	list_cell(l, 4, STYLE_GOOD, m->answer);
	list_cell(l, 5, STYLE_DIM, took);
}

static size_t
sent_rows(const struct snapshot *n)
{
	return n->notify != NULL ? n->notify->n_sent : 0;
}

static uint64_t
sent_id(const struct snapshot *n, size_t row)
{
	return hash_str(n->notify->sent[row].id);
}

static void
sent_fields(const struct snapshot *n, size_t row, struct table_fields *f)
{
	message_fields(&n->notify->sent[row], f);
}

const struct table_kind table_sent = {
    .name = "sent",
    .wide = {sent_columns, 6, 80},
    .narrow = {sent_columns, 6, 80},
    .nothing = "nothing was sent",
    .rows = sent_rows,
    .id = sent_id,
    .fields = sent_fields,
    .draw = draw_sent_row,
};

/* ---- the page ---- */

static void
draw_receivers(struct screen *s, struct pane p)
{
	char title[96], state[96];

	snprintf(title, sizeof title, "Receivers: %zu", receiver_rows(s->snap));
	table_draw(s, pane_open(s, p, title, table_state(s, TABLE_RECEIVERS, NULL, state)), TABLE_RECEIVERS, NULL);
}

static void
draw_outbox(struct screen *s, struct pane p)
{
	char title[96], state[96];
	size_t given_up = 0;

	for (size_t i = 0; i < outbox_rows(s->snap); i++)
		given_up += outbox_health(s->snap, i) == HEALTH_BROKEN;
	snprintf(title, sizeof title, "Outbox: %zu waiting, %zu given up", outbox_rows(s->snap) - given_up, given_up);
	table_draw(s, pane_open(s, p, title, table_state(s, TABLE_OUTBOX, NULL, state)), TABLE_OUTBOX, NULL);
}

static void
draw_sent(struct screen *s, struct pane p)
{
	char title[96], state[96];

	snprintf(title, sizeof title, "Sent: %lld", (long long)s->snap->o.sent);
	table_draw(s, pane_open(s, p, title, table_state(s, TABLE_SENT, "secrets are never shown", state)), TABLE_SENT,
		   NULL);
}

static void
lay_out(const struct screen *s, int w, int h, struct rect at[PANES_MAX])
{
	const int edge = frame_rows(s), n = (int)receiver_rows(s->snap), out = (int)outbox_rows(s->snap);
	const struct stack stack[] = {{edge + 1 + (n > 0 ? n : 1), edge + 2, 0},
				      {edge + 1 + (out > 4 ? 4 : out + 1), edge + 2, 0},
				      {edge + 4, edge + 2, 1}};
	int rows[3], y = 0;

	stack_rows(h, stack, 3, rows);
	for (int i = 0; i < 3; i++) {
		at[i] = (struct rect){0, y, w, rows[i]};
		y += rows[i];
	}
}

static const struct pane_kind panes[] = {[P_RECEIVERS] = {"receivers", TABLE_RECEIVERS, draw_receivers},
					 [P_OUTBOX] = {"outbox", TABLE_OUTBOX, draw_outbox},
					 [P_SENT] = {"sent", TABLE_SENT, draw_sent}};

const struct page_kind page_notify = {
    .name = "notify",
    .full = "Notify",
    .brief = "Notif",
    .view = PAGE_NOTIFY,
    .list = TABLE_OUTBOX,
    .panes = panes,
    .n_panes = sizeof panes / sizeof *panes,
    .lay_out = lay_out,
    .hint = "{open} the message as sent   {retry} retry now   {give-up} give up   :test RECEIVER sends a test   {pane} "
	    "next pane",
    .hint_narrow = "{open} message  {retry} retry now  {give-up} give up  :test RECEIVER",
};
