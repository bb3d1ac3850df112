/*
 * page_events.c -- the timeline: of the range, of the last hour (What changed), around an alert.
 */
#include <stdio.h>
#include <string.h>

#include "mlwatch/hash.h"
#include "screen.h"

enum { P_EVENTS };
static void
draw_event(const struct screen *s, const struct list *l, const struct view_event *ev, bool seconds)
{
	const int x = seconds ? 10 : 7, subject = wide(s) ? 14 : 13, kind = wide(s) ? text_width(ev->kind) + 2 : 0;
	const struct pane p = l->pane;
	char time[16];

	clock_hms(s, time, ev->t);
	if (!seconds)
		time[5] = '\0';
	put(p, 1, l->y, STYLE_DIM, time);
	put(p, x, l->y, health_style(ev->health), ev->health == HEALTH_UNKNOWN ? "·" : health_glyph[ev->health]);
	put_left(p, x + 2, l->y, subject, STYLE_TEXT, ev->subject);
	put_left(p, x + 3 + subject, l->y, p.w - x - 3 - subject - kind, STYLE_TEXT, ev->text);
	if (kind > 0)
		put(p, p.w - kind + 1, l->y, STYLE_DIM, ev->kind);
}

static uint64_t
id_of(const struct view_event *ev)
{
	return hash_mix((uint64_t)ev->id, (uint64_t)ev->t);
}

static void
fields_of(const struct view_event *ev, struct table_fields *f)
{
	table_field(f, "type", ev->kind);
	table_field(f, "subject", ev->subject);
	table_field(f, "model", ev->model);
	table_field(f, "text", ev->text);
	table_field(f, "severity", ev->severity);
}

/* The same three times: rows of another list, with or without seconds. */
#define EVENT_TABLE(name_, there, events_, number, with_seconds, none)                                                 \
	static size_t name_##_rows(const struct snapshot *n)                                                           \
	{                                                                                                              \
		return (there) ? (number) : 0;                                                                         \
	}                                                                                                              \
	static uint64_t name_##_id(const struct snapshot *n, size_t row)                                               \
	{                                                                                                              \
		return id_of(&(events_)[row]);                                                                         \
	}                                                                                                              \
	static enum health name_##_health(const struct snapshot *n, size_t row)                                        \
	{                                                                                                              \
		return (events_)[row].health;                                                                          \
	}                                                                                                              \
	static void name_##_fields(const struct snapshot *n, size_t row, struct table_fields *f)                       \
	{                                                                                                              \
		fields_of(&(events_)[row], f);                                                                         \
	}                                                                                                              \
	static void name_##_draw(const struct screen *s, const struct list *l, size_t row)                             \
	{                                                                                                              \
		const struct snapshot *n = s->snap;                                                                    \
		draw_event(s, l, &(events_)[row], with_seconds);                                                       \
	}                                                                                                              \
	const struct table_kind table_##name_ = {.name = #name_,                                                       \
						 .wide = {plain, 1, 1},                                                \
						 .narrow = {plain, 1, 1},                                              \
						 .nothing = none,                                                      \
						 .rows = name_##_rows,                                                 \
						 .id = name_##_id,                                                     \
						 .health = name_##_health,                                             \
						 .fields = name_##_fields,                                             \
						 .draw = name_##_draw}

static const struct column plain[] = {{NULL, 0, 1, false, 0}};
EVENT_TABLE(events, n->events != NULL, n->events->at, n->events->n, true, "nothing happened");
EVENT_TABLE(changes, true, n->o.events, n->o.n_events, false, "nothing changed");
EVENT_TABLE(around, n->about != NULL, n->about->events, n->about->n_events, false, "nothing changed");

static void
draw_events(struct screen *s, struct pane p)
{
	char title[96], state[96];

	snprintf(title, sizeof title, "Events: %zu, newest first", events_rows(s->snap));
	table_draw(s, pane_open(s, p, title, table_state(s, TABLE_EVENTS, "types: all", state)), TABLE_EVENTS, NULL);
}

static void
lay_out(const struct screen *s, int w, int h, struct rect at[PANES_MAX])
{
	(void)s;
	at[P_EVENTS] = (struct rect){0, 0, w, h};
}

static const struct pane_kind panes[] = {[P_EVENTS] = {"events", TABLE_EVENTS, draw_events}};

const struct page_kind page_events = {
    .name = "events",
    .full = "Events",
    .brief = "Event",
    .view = PAGE_EVENTS,
    .list = TABLE_EVENTS,
    .panes = panes,
    .n_panes = sizeof panes / sizeof *panes,
    .lay_out = lay_out,
    .hint = "{open} go there   {filter} filter, also type=alert   e/E next/previous problem   {copy} copy   :note TEXT "
	    "adds an event",
    .hint_narrow = "{open} go there  {filter} filter, also type=alert  e/E problem  :note TEXT",
};
