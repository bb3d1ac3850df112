/*
 * screen.c -- the state of the dashboard as a whole: its beginning and end, what it asks the loader for, what it takes from it.
 */
#include "screen.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complete.h"
#include "keys.h"
#include "load.h"
#include "mlwatch/clock.h"
#include "mlwatch/xalloc.h"

void
screen_open(struct screen *s, struct grid *g)
{
	*s = (struct screen){.grid = g, .set = {.range_ms = MS_HOUR, .glyphs = GLYPHS_AUTO}};
	s->set.keys = xcalloc(key_count(), sizeof *s->set.keys);
	for (int t = 0; t < N_TABLES; t++)
		s->cursor[t].sort = -1;
}

void
screen_close(struct screen *s)
{
	for (size_t i = 0; i < key_count(); i++)
		free(s->set.keys[i]);
	free(s->set.keys);
	for (int t = 0; t < N_TABLES; t++) {
		free(s->cursor[t].order);
		free(s->cursor[t].marked);
	}
	for (int p = 0; p < N_PAGES; p++)
		filter_close(s->filter[p]);
	history_release(&s->commands);
	history_release(&s->queries);
	free(s->wish.copy);
	free(s->wish.plain);
}

void
say(struct screen *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->hint, sizeof s->hint, fmt, ap);
	va_end(ap);
}

/* ---- what is selected ---- */

const struct view_alert *
selected_alert(const struct screen *s)
{
	const size_t row = table_at(s, TABLE_ALERTS);

	return row != SIZE_MAX ? &s->snap->o.alerts[row] : NULL;
}

/* On the Overview charts follow the alert, unless the person is among the models. */
static bool
follows_alert(const struct screen *s)
{
	return s->page == PAGE_ALERT || (s->page == PAGE_OVERVIEW && page_table(s) != TABLE_MODELS);
}

const struct view_model *
selected_model(const struct screen *s)
{
	const struct snapshot *n = s->snap;
	const size_t row = table_at(s, TABLE_MODELS);

	if (n == NULL || n->o.n_models == 0)
		return NULL;
	if (!follows_alert(s) && row != SIZE_MAX)
		return &n->o.models[row];
	return snapshot_model(n) != NULL ? snapshot_model(n) : &n->o.models[0];
}

const struct view_feature *
selected_feature(const struct screen *s)
{
	const size_t row = table_at(s, TABLE_FEATURES);

	return row != SIZE_MAX ? &s->snap->features->at[row] : NULL;
}

/* ---- what is asked for ---- */

/* What was chosen on its pages holds there; elsewhere drift is what rules and `mlwatch status` say it is. */
static void
request_drift(const struct screen *s, struct request *q)
{
	if (q->page != PAGE_DRIFT && q->page != PAGE_FEATURE)
		return;
	q->drift_window_ms = s->drift_window_ms;
	q->baseline = s->baseline;
	q->statistic = s->statistic;
	q->cursor_ms = s->cursor_ms;
	q->heat_columns = heat_columns(s);
}

void
screen_request(const struct screen *s, struct request *q)
{
	const struct view_alert *a = selected_alert(s);
	const struct view_feature *f = selected_feature(s);
	const size_t model = table_at(s, TABLE_MODELS);
	const enum page below = s->n_below > 0 ? s->below[s->n_below - 1] : PAGE_OVERVIEW;

	memset(q, 0, sizeof *q); /* it is compared byte by byte */
	q->page = s->page == PAGE_HELP ? below : s->page;
	q->at = s->end_ms;
	q->range_ms = s->set.range_ms;
	request_drift(s, q);
	q->versions_apart = s->versions_apart;
	q->behind_week = s->behind_week;
	q->brief = s->dropped;
	if (!follows_alert(s) && s->cursor[TABLE_MODELS].placed && model != SIZE_MAX) {
		snprintf(q->model, sizeof q->model, "%s", s->snap->o.models[model].model);
		snprintf(q->version, sizeof q->version, "%s", s->snap->o.models[model].version);
		snprintf(q->job, sizeof q->job, "%s", s->snap->o.models[model].job);
	}
	if (a != NULL && s->cursor[TABLE_ALERTS].placed)
		snprintf(q->alert, sizeof q->alert, "%s", a->fingerprint);
	if (f != NULL && s->cursor[TABLE_FEATURES].placed)
		snprintf(q->feature, sizeof q->feature, "%s", f->name);
	if (s->page == PAGE_NOTIFY)
		notify_request(s, q);
	if (s->page == PAGE_QUERY)
		snprintf(q->query, sizeof q->query, "%s", s->asked);
	if (s->input == INPUT_QUERY)
		query_wants(s, q->complete);
}

static int
criticals(const struct snapshot *n)
{
	int c = 0;

	for (size_t i = 0; n != NULL && i < n->o.n_alerts; i++)
		c += n->o.alerts[i].state == VIEW_FIRING && n->o.alerts[i].health == HEALTH_BROKEN;
	return c;
}

void
screen_take(struct screen *s, const struct snapshot *fresh)
{
	if (s->set.bell && s->live != NULL && criticals(fresh) > criticals(s->live))
		s->wish.bell = true;
	s->live = fresh;
	if (s->paused && s->snap != NULL) {
		s->held++;
		return;
	}
	s->snap = fresh;
	for (int t = 0; t < N_TABLES; t++)
		table_refresh(s, (enum table)t);
}
