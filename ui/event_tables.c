/*
 * event_tables.c -- three lists of events: of the range (Events), those of it that may be a cause (What changed), around the start of an alert. Each says where
 * its rows are; what a row is: event_rows.h.
 */
#include "event_rows.h"
#include "mlwatch/clock.h"
#include "mlwatch/view_json.h"
#include "screen.h"

static const struct column no_titles[] = {{NULL, 0, 1, false, 0}, EVENT_SORTED};
/* Where the time stands in the first column there is no cursor's mark: a row that has it is reversed. */
static const struct column no_mark[] = {{NULL, 0, 0, false, 0}, EVENT_SORTED};

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

static bool
is_one_day(const struct screen *s, int64_t from, int64_t to)
{
	return (from + zone_ms(s)) / MS_DAY == (to + zone_ms(s)) / MS_DAY;
}

static void
events_draw(const struct screen *s, const struct list *l, size_t row)
{
	const struct part_events *p = s->snap->events;

	event_draw(s, l, &p->at[row], 1,
		   !is_one_day(s, p->span.from, p->span.to) ? EVENT_DAY
		   : wide(s)                                ? EVENT_HMS
							    : EVENT_HM);
}

static size_t
events_unread(const struct snapshot *n)
{
	return n->events != NULL && (size_t)n->events->total > n->events->n ? (size_t)n->events->total - n->events->n
									    : 0;
}

static bool
events_value(const struct snapshot *n, size_t row, size_t column, struct sort_value *v)
{
	return event_value(&n->events->at[row], column, v);
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
    .wide = {no_titles, EVENT_COLUMNS, 1},
    .narrow = {no_titles, EVENT_COLUMNS, 1},
    .nothing = "nothing happened in this range: - shows a longer one",
    .rows = events_rows,
    .id = events_id,
    .health = events_health,
    .fields = events_fields,
    .draw = events_draw,
    .value = events_value,
    .json = events_json,
    .open = events_open,
    .unread = events_unread,
};

/* ---- what changed in the range ---- */

static size_t
changes_rows(const struct snapshot *n)
{
	return n->o.changed.n;
}

static uint64_t
changes_id(const struct snapshot *n, size_t row)
{
	return event_id(&n->o.changed.at[row]);
}

static enum health
changes_health(const struct snapshot *n, size_t row)
{
	return n->o.changed.at[row].health;
}

static void
changes_fields(const struct snapshot *n, size_t row, struct table_fields *f)
{
	event_fields(&n->o.changed.at[row], f);
}

static void
changes_draw(const struct screen *s, const struct list *l, size_t row)
{
	const struct view_changes *c = &s->snap->o.changed;

	/* what is over an hour ago needs its day from midnight on */
	event_draw(s, l, &c->at[row], wide(s),
		   c->to - c->from <= MS_HOUR || is_one_day(s, c->from, c->to) ? EVENT_HM : EVENT_DAY);
}

static size_t
changes_unread(const struct snapshot *n)
{
	return n->o.changed.total > n->o.changed.n ? n->o.changed.total - n->o.changed.n : 0;
}

static bool
changes_value(const struct snapshot *n, size_t row, size_t column, struct sort_value *v)
{
	return event_value(&n->o.changed.at[row], column, v);
}

static char *
changes_json(const struct snapshot *n, size_t row)
{
	return view_event_json(&n->o.changed.at[row]);
}

static void
changes_open(struct screen *s, size_t row)
{
	event_open(s, &s->snap->o.changed.at[row]);
}

const struct table_kind table_changes = {
    .name = "changes",
    .wide = {no_titles, EVENT_COLUMNS, 1},
    .narrow = {no_mark, EVENT_COLUMNS, 1},
    .nothing = "nothing changed",
    .rows = changes_rows,
    .id = changes_id,
    .health = changes_health,
    .fields = changes_fields,
    .draw = changes_draw,
    .value = changes_value,
    .json = changes_json,
    .open = changes_open,
    .unread = changes_unread,
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

static bool
around_value(const struct snapshot *n, size_t row, size_t column, struct sort_value *v)
{
	return event_value(&n->about->events[row], column, v);
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
    .wide = {no_titles, EVENT_COLUMNS, 1},
    .narrow = {no_mark, EVENT_COLUMNS, 1},
    .nothing = "nothing changed",
    .rows = around_rows,
    .id = around_id,
    .health = around_health,
    .fields = around_fields,
    .draw = around_draw,
    .value = around_value,
    .json = around_json,
    .open = around_open,
};
