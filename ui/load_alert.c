/*
 * load_alert.c -- one alert: its value over the range, how often it fired and how bad it got, who was told.
 */
#include "load.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "mlwatch/store_rows.h"
#include "view_private.h"

static void
on_firing(void *arg, const struct store_firing *f)
{
	struct part_alert *p = arg;
	const int64_t end = f->resolved_ms > 0 ? f->resolved_ms : p->span.to;

	p->fired_30d++;
	p->fired_30d_ms += end > f->fired_ms ? end - f->fired_ms : 0;
	if (f->resolved_ms == 0)
		p->peak = f->peak;
}

void *
load_alert(struct loading *l)
{
	const struct view_alert *a = alert_by_fingerprint(&l->s->o, l->s->alert);
	struct part_alert *p = arena_calloc(l->mem, 1, sizeof *p);
	struct view_series *series = NULL;
	const struct view_series *own;
	size_t n = 0;

	p->span = chart_span(l);
	p->peak = NAN;
	if (a == NULL)
		return p;
	p->fingerprint = arena_strdup(l->mem, a->fingerprint);
	view_range(&l->src, l->mem, a->value_expr[0] != '\0' ? a->value_expr : a->expr, p->span.from, p->span.to,
		   CHART_POINTS, &series, &n, &l->err);
	own = series_for(series, n, a);
	p->value = (struct track){own != NULL ? own->v : NULL, NAN};
	store_firings(l->src.store, strtoull(a->fingerprint, NULL, 16), l->s->t - 30 * MS_DAY, 1000, on_firing, p,
		      &l->err);
	p->events = l->s->o.events;
	p->n_events = l->s->o.n_events;
	return p;
}
