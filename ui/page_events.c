/*
 * page_events.c -- the timeline of the range: when how much happened, and what.
 */
#include <stdio.h>

#include "mlwatch/buf.h"
#include "mlwatch/clock.h"
#include "screen.h"

enum { P_EVENTS, P_STRIP }; /* the list has the focus first, though the strip stands above it */
#define STRIP_X     11
#define LABEL_CELLS 20 /* from one time to the next */

/* ---- the strip ---- */

static void
strip_title(const struct screen *s, const struct part_events *e, struct buf *out)
{
	char range[16], from[16], to[16];
	const bool one = e->cell_ms == MS_MINUTE || e->cell_ms == MS_HOUR || e->cell_ms == MS_DAY;
	struct buf cell = BUF_INIT;

	duration_format(&cell, e->cell_ms);
	buf_addf(out, "events per %s, ",
		 !one                      ? buf_str(&cell)
		 : e->cell_ms == MS_MINUTE ? "minute"
		 : e->cell_ms == MS_HOUR   ? "hour"
					   : "day");
	buf_release(&cell);
	if (s->end_ms == 0 && s->set.range_ms == MS_HOUR) {
		buf_addstr(out, "last hour");
	} else if (s->end_ms == 0) {
		duration_human(range, s->set.range_ms);
		buf_addf(out, "last %s", range);
	} else {
		clock_day(s, from, e->span.from);
		clock_day(s, to, e->span.to);
		buf_addf(out, "%s to %s", from, to);
	}
}

/* The stretch that the event under the cursor lies in; -1. */
static long
cell_of_cursor(const struct screen *s)
{
	const size_t row = table_at(s, TABLE_EVENTS);

	return row != SIZE_MAX
		   ? (long)((s->snap->events->at[row].t - s->snap->events->first_ms) / s->snap->events->cell_ms)
		   : -1;
}

static void
draw_cells(const struct screen *s, struct pane in, const struct part_events *e, size_t first)
{
	const long here = cell_of_cursor(s);

	for (size_t i = first; i < e->n_cells; i++) {
		const struct event_cell *c = &e->cells[i];
		const int x = STRIP_X + (int)(i - first);
		const unsigned mark = (long)i == here ? ATTR_REVERSE : 0;

		put_char(in, x, 0,
			 mark | (c->problems > 0   ? STYLE_BAD
				 : c->warnings > 0 ? STYLE_WARN
						   : STYLE_DIM),
			 c->problems > 0   ? 0x2717
			 : c->warnings > 0 ? 0x25b2
					   : 0xb7);
		put_char(in, x, 1, mark | (c->others > 0 ? STYLE_TEXT : STYLE_DIM), c->others > 0 ? '+' : 0xb7);
	}
}

static void
draw_strip(struct screen *s, struct pane p)
{
	const struct part_events *e = s->snap->events;
	struct buf title = BUF_INIT;
	struct pane in;
	size_t first; /* the newest ones are shown, as many as there is room for */
	char time[16];

	if (e != NULL)
		strip_title(s, e, &title);
	in = pane_open(s, p, buf_str(&title), "✗ ▲ problems   + others");
	buf_release(&title);
	if (e == NULL)
		return;
	put(in, 1, 0, STYLE_TEXT, "problems");
	put(in, 1, 1, STYLE_TEXT, "others");
	first = STRIP_X + (int)e->n_cells > in.w - 1 ? e->n_cells - (size_t)(in.w - 1 - STRIP_X) : 0;
	draw_cells(s, in, e, first);
	for (size_t i = first; i < e->n_cells; i += LABEL_CELLS) {
		clock_day(s, time, e->first_ms + (int64_t)i * e->cell_ms);
		put(in, STRIP_X + (int)(i - first), 2, STYLE_DIM, time);
	}
}

/* ---- the list ---- */

static void
draw_events(struct screen *s, struct pane p)
{
	const struct part_events *e = s->snap->events;
	char title[96] = "", total[16], shown[16];

	const struct cursor *c = &s->cursor[TABLE_EVENTS];
	const char *const order = c->sort < 0 && !c->reverse ? ", newest first" : "";

	if (e != NULL) {
		count_text(total, (double)e->total);
		count_text(shown, (double)c->n);
		if (wide(s) || c->n < (size_t)e->total)
			snprintf(title, sizeof title, "Events: %s of %s%s", shown, total, order);
		else
			snprintf(title, sizeof title, "Events: %s%s", shown, order);
	}
	table_draw(s, table_frame(s, p, TABLE_EVENTS, title, "types: all", 0), TABLE_EVENTS, NULL);
}

static void
lay_out(const struct screen *s, int w, int h, struct rect at[PANES_MAX])
{
	const int strip = h >= 26 && w >= STRIP_X + 3 * LABEL_CELLS ? frame_rows(s) + 3 : 0;

	at[P_STRIP] = (struct rect){0, 0, w, strip};
	at[P_EVENTS] = (struct rect){0, strip, w, h - strip};
}

/* What does not fit into its row stands in the hint row. */
static void
hint_now(const struct screen *s, struct buf *out)
{
	const size_t row = table_at(s, TABLE_EVENTS);
	const struct view_event *ev = row != SIZE_MAX ? &s->snap->events->at[row] : NULL;

	if (ev != NULL &&
	    text_width(ev->text) > s->cursor[TABLE_EVENTS].pane.w - (wide(s) ? 29 + text_width(ev->kind) : 23))
		buf_addstr(out, ev->text);
}

static const struct pane_kind panes[] = {
    [P_EVENTS] = {"events", TABLE_EVENTS, draw_events}, [P_STRIP] = {"strip", TABLE_NONE, draw_strip}};

const struct page_kind page_events = {
    .name = "events",
    .full = "Events",
    .brief = "Event",
    .view = PAGE_EVENTS,
    .list = TABLE_EVENTS,
    .panes = panes,
    .n_panes = sizeof panes / sizeof *panes,
    .lay_out = lay_out,
    .hint_now = hint_now,
    .hint = "{open} go there   {filter} filter, also type=alert   e/E next/previous problem   {copy} copy   :note TEXT "
	    "adds an event",
    .hint_narrow = "{open} go there  {filter} filter, also type=alert  e/E problem  :note TEXT",
};
