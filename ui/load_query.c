/*
 * load_query.c -- the answer to the query line, and what the line is completed with.
 */
#include "load.h"

#include <math.h>

#include "mlwatch/clock.h"
#include "view_private.h"

void *
load_query(struct loading *l)
{
	struct part_query *p = arena_calloc(l->mem, 1, sizeof *p);
	const int64_t t0 = clock_monotonic();
	struct err e = ERR_INIT;

	p->text = arena_strdup(l->mem, l->q->query);
	p->span = chart_span(l);
	p->step_ms = (p->span.to - p->span.from) / CHART_POINTS;
	if (l->q->query[0] == '\0')
		return p;
	if (view_range(&l->src, l->mem, l->q->query, p->span.from, p->span.to, CHART_POINTS, &p->series, &p->n, &e) < 0)
		p->error = arena_printf(l->mem, "%d:%d: %s", e.line, e.column, e.text);
	p->seconds = (double)(clock_monotonic() - t0) / 1000;
	return p;
}

void *
load_names(struct loading *l)
{
	return arena_calloc(l->mem, 1, sizeof(struct part_names));
}
