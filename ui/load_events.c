/*
 * load_events.c -- the timeline of the range: the newest events of it, and how many there are in each stretch; what changed in it.
 */
#include "load.h"

#include "mlwatch/clock.h"
#include "mlwatch/store.h"
#include "view_private.h"

#define EVENTS_MAX 1000
#define CELLS_MAX  100

/* The shortest stretch of which the range has not too many. */
static int64_t
cell_of_range(int64_t range_ms)
{
	static const int64_t nice[] = {10 * MS_SECOND, 30 * MS_SECOND, MS_MINUTE,   5 * MS_MINUTE, 15 * MS_MINUTE,
				       MS_HOUR,        2 * MS_HOUR,    8 * MS_HOUR, MS_DAY};
	const size_t n = sizeof nice / sizeof *nice;
	size_t i = 0;

	while (i < n && range_ms / nice[i] > CELLS_MAX)
		i++;
	return i < n ? nice[i] : 7 * MS_DAY;
}

static void
on_cell(void *arg, const struct store_event_cell *c)
{
	struct part_events *p = arg;

	p->total += c->problems + c->warnings + c->others;
	if (c->cell >= 0 && (size_t)c->cell < p->n_cells)
		p->cells[c->cell] = (struct event_cell){c->problems, c->warnings, c->others};
}

void *
load_events(struct loading *l)
{
	struct part_events *p = arena_calloc(l->mem, 1, sizeof *p);

	p->span = (struct time_span){l->s->from, l->s->t};
	p->cell_ms = cell_of_range(p->span.to - p->span.from);
	p->first_ms = p->span.from / p->cell_ms * p->cell_ms;
	p->n_cells = (size_t)((p->span.to - p->first_ms) / p->cell_ms) + 1;
	p->cells = arena_calloc(l->mem, p->n_cells, sizeof *p->cells);
	view_events(&l->src, l->mem, p->span.from, p->span.to, EVENTS_MAX, &p->at, &p->n, &l->err);
	store_event_cells(l->src.store, p->span.from, p->span.to, p->first_ms, p->cell_ms, on_cell, p, &l->err);
	return p;
}

void *
load_changes(struct loading *l)
{
	struct view_changes *p = arena_calloc(l->mem, 1, sizeof *p);

	return view_changes(&l->src, l->mem, l->s->from, l->s->t, p, &l->err) == 0 ? p : NULL;
}
