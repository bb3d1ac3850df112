/*
 * event_tables.c -- three lists of events: of the range (Events), of the last hour (What changed), around the start of an alert. Each says where
 * its rows are; what a row is: event_rows.h.
 */
#include "event_rows.h"
#include "mlwatch/clock.h"
#include "mlwatch/view_json.h"
#include "screen.h"

static const struct column no_titles[] = {{NULL, 0, 1, false, 0}};
/* Where the time stands in the first column there is no cursor's mark: a row that has it is reversed. */
static const struct column no_mark[] = {{NULL, 0, 0, false, 0}};

/* ---- of the range ---- */

static size_t
events_rows(const struct snapshot *n)
{
	return n->events != NULL ? n->events->n : 0;
}

static uint64_t
events_id(const struct snapshot *n, size_t row)
{
	return event_id(&n->events->at[row]);
}

static enum health
events_health(const struct snapshot *n, size_t row)
{
	return n->events->at[row].health;
}

static void
events_fields(const struct snapshot *n, size_t row, struct table_fields *f)
{
	event_fields(&n->events->at[row], f);
}

static void
events_draw(const struct screen *s, const struct list *l, size_t row)
{
	const struct part_events *p = s->snap->events;
	const int64_t zone = zone_ms(s);
	const bool one_day = (p->span.from + zone) / MS_DAY == (p->span.to + zone) / MS_DAY;

	event_draw(s, l, &p->at[row], 1, !one_day ? EVENT_DAY : wide(s) ? EVENT_HMS : EVENT_HM);
}

static char *
events_json(const struct snapshot *n, size_t row)
{
	return view_event_json(&n->events->at[row]);
}

static void
events_open(struct screen *s, size_t row)
{
	event_open(s, &s->snap->events->at[row]);
}

const struct table_kind table_events = {
    .name = "events",
    .leads = true,
    .wide = {no_titles, 1, 1},
    .narrow = {no_titles, 1, 1},
    .nothing = "nothing happened in this range: - shows a longer one",
    .rows = events_rows,
    .id = events_id,
    .health = events_health,
    .fields = events_fields,
    .draw = events_draw,
    .json = events_json,
    .open = events_open,
};

/* ---- of the last hour ---- */

static size_t
changes_rows(const struct snapshot *n)
{
	return n->o.n_events;
}

static uint64_t
changes_id(const struct snapshot *n, size_t row)
{
	return event_id(&n->o.events[row]);
}

static enum health
changes_health(const struct snapshot *n, size_t row)
{
	return n->o.events[row].health;
}

static void
changes_fields(const struct snapshot *n, size_t row, struct table_fields *f)
{
	event_fields(&n->o.events[row], f);
}

static void
changes_draw(const struct screen *s, const struct list *l, size_t row)
{
	event_draw(s, l, &s->snap->o.events[row], wide(s), EVENT_HM);
}

static char *
changes_json(const struct snapshot *n, size_t row)
{
	return view_event_json(&n->o.events[row]);
}

static void
changes_open(struct screen *s, size_t row)
{
	event_open(s, &s->snap->o.events[row]);
}

const struct table_kind table_changes = {
    .name = "changes",
    .wide = {no_titles, 1, 1},
    .narrow = {no_mark, 1, 1},
    .nothing = "nothing changed",
    .rows = changes_rows,
    .id = changes_id,
    .health = changes_health,
    .fields = changes_fields,
    .draw = changes_draw,
    .json = changes_json,
    .open = changes_open,
};

/* ---- around an alert ---- */

static size_t
around_rows(const struct snapshot *n)
{
	return n->about != NULL ? n->about->n_events : 0;
}

static uint64_t
around_id(const struct snapshot *n, size_t row)
{
	return event_id(&n->about->events[row]);
}

static enum health
around_health(const struct snapshot *n, size_t row)
{
	return n->about->events[row].health;
}

static void
around_fields(const struct snapshot *n, size_t row, struct table_fields *f)
{
	event_fields(&n->about->events[row], f);
}

static void
around_draw(const struct screen *s, const struct list *l, size_t row)
{
	event_draw(s, l, &s->snap->about->events[row], wide(s), EVENT_HM);
}

static char *
around_json(const struct snapshot *n, size_t row)
{
	return view_event_json(&n->about->events[row]);
}

static void
around_open(struct screen *s, size_t row)
{
	event_open(s, &s->snap->about->events[row]);
}

const struct table_kind table_around = {
    .name = "around",
    .wide = {no_titles, 1, 1},
    .narrow = {no_mark, 1, 1},
    .nothing = "nothing changed",
    .rows = around_rows,
    .id = around_id,
    .health = around_health,
    .fields = around_fields,
    .draw = around_draw,
    .json = around_json,
    .open = around_open,
};
