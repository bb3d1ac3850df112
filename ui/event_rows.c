/*
 * event_rows.c -- see event_rows.h.
 */
#include "event_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/hash.h"
#include "panes.h"

uint64_t
event_id(const struct view_event *ev)
{
	return hash_mix((uint64_t)ev->id, (uint64_t)ev->t);
}

void
event_fields(const struct view_event *ev, struct table_fields *f)
{
	table_field(f, "type", ev->kind);
	table_field(f, "subject", ev->subject);
	table_field(f, "model", ev->model);
	table_field(f, "text", ev->text);
	table_field(f, "severity", ev->severity);
}

bool
event_value(const struct view_event *ev, size_t column, struct sort_value *v)
{
	static const int rank[] = {[HEALTH_BROKEN] = 0,  [HEALTH_WARNING] = 1, [HEALTH_PENDING] = 2,
				   [HEALTH_UNKNOWN] = 3, [HEALTH_OK] = 4,      [HEALTH_MUTED] = 5};
	const char *const text[EVENT_COLUMNS] = {
	    [EVENT_SUBJECT] = ev->subject, [EVENT_TEXT] = ev->text, [EVENT_KIND] = ev->kind};
	const double number[EVENT_COLUMNS] = {[EVENT_TIME] = -(double)ev->t, [EVENT_SEVERITY] = rank[ev->health]};

	*v = (struct sort_value){number[column], text[column]};
	return column > EVENT_MARK;
}

/* ---- drawing ---- */

static int
draw_time(const struct screen *s, const struct list *l, int x, int64_t t, enum event_time as)
{
	static const int width[] = {[EVENT_HM] = 5, [EVENT_HMS] = 8, [EVENT_DAY] = 9};
	char text[16];

	if (as == EVENT_DAY)
		clock_day(s, text, t);
	else if (as == EVENT_HMS)
		clock_hms(s, text, t);
	else
		clock_hm(s, text, t);
	put(l->pane, x, l->y, STYLE_DIM, text);
	return width[as];
}

void
event_draw(const struct screen *s, const struct list *l, const struct view_event *ev, int x, enum event_time time)
{
	const int subject = wide(s) ? 14 : 13, kind = wide(s) ? text_width(ev->kind) + 2 : 0;
	const struct pane p = l->pane;

	x += draw_time(s, l, x, ev->t, time) + 1;
	put(p, x, l->y, health_style(ev->health), view_event_glyph(ev));
	put_left(p, x + 2, l->y, subject, STYLE_TEXT, ev->subject);
	put_left(p, x + 3 + subject, l->y, p.w - x - 3 - subject - kind, STYLE_TEXT, ev->text);
	if (kind > 0)
		put(p, p.w - kind + 1, l->y, STYLE_DIM, ev->kind);
}

/* ---- Enter ---- */

/* There, with the cursor on a row that the snapshot has already; a filter that would hide it goes. */
static void
go_to_row(struct screen *s, enum page page, enum table t, size_t row)
{
	page_open(s, page);
	filter_close(s->filter[page]);
	s->filter[page] = NULL;
	s->problems = false;
	table_refresh(s, t);
	table_await(s, t, table_kind(t)->id(s->snap, row));
}

static bool
to_alert(struct screen *s, const struct view_event *ev)
{
	/* people tell notification, which knows an alert by other labels than its rule does */
	const uint64_t told_as = strtoull(ev->ref, NULL, 16);

	for (size_t i = 0; i < s->snap->o.n_alerts; i++) {
		const struct view_alert *a = &s->snap->o.alerts[i];

		if (strcmp(a->fingerprint, ev->ref) == 0 || (a->told_as != 0 && a->told_as == told_as)) {
			go_to_row(s, PAGE_ALERT, TABLE_ALERTS, i);
			return true;
		}
	}
	return false;
}

/* What was resolved stands among the alerts for a day. */
static bool
to_alerts(struct screen *s, const struct view_event *ev)
{
	if (to_alert(s, ev))
		return true;
	page_open(s, PAGE_ALERTS);
	say(s, "it is over: see what was resolved");
	return true;
}

static bool
to_models_on(struct screen *s, const struct view_event *ev, enum page page)
{
	for (size_t i = 0; i < s->snap->o.n_models; i++)
		if (strcmp(s->snap->o.models[i].model, ev->model) == 0) {
			go_to_row(s, page, TABLE_MODELS, i);
			return true;
		}
	return false;
}

static bool
to_model(struct screen *s, const struct view_event *ev)
{
	return to_models_on(s, ev, PAGE_MODELS);
}

static bool
to_drift(struct screen *s, const struct view_event *ev)
{
	return to_models_on(s, ev, PAGE_DRIFT);
}

static bool
to_feature(struct screen *s, const struct view_event *ev)
{
	if (!to_models_on(s, ev, ev->ref[0] != '\0' ? PAGE_FEATURE : PAGE_DRIFT))
		return false;
	if (ev->ref[0] != '\0')
		table_await(s, TABLE_FEATURES, hash_str(ev->ref)); /* of which the rows are yet to be read */
	return true;
}

/* One that is not asked any more: then another of its job. */
static bool
to_target(struct screen *s, const struct view_event *ev)
{
	size_t found = SIZE_MAX;

	for (size_t i = 0; i < s->snap->o.n_targets; i++) {
		const struct view_target *t = &s->snap->o.targets[i];

		if (strcmp(t->job, ev->subject) == 0 && (found == SIZE_MAX || strcmp(t->instance, ev->ref) == 0))
			found = i;
	}
	if (found != SIZE_MAX)
		go_to_row(s, PAGE_TARGETS, TABLE_TARGETS, found);
	return found != SIZE_MAX;
}

/* A file that was rotated away is not there any more: then another of its job. */
static bool
to_log(struct screen *s, const struct view_event *ev)
{
	size_t found = SIZE_MAX;

	for (size_t i = 0; i < s->snap->o.n_files; i++) {
		const struct view_log_file *f = &s->snap->o.files[i];

		if (strcmp(f->path, ev->ref) == 0 || (found == SIZE_MAX && strcmp(f->job, ev->subject) == 0))
			found = i;
	}
	if (found != SIZE_MAX)
		go_to_row(s, PAGE_LOGS, TABLE_FILES, found);
	return found != SIZE_MAX;
}

static bool
to_message(struct screen *s, const struct view_event *ev)
{
	page_open(s, PAGE_NOTIFY);
	if (ev->ref[0] == '\0') /* of one that was sent there is only its receiver */
		return true;
	table_await(s, TABLE_OUTBOX, hash_str(ev->ref));
	table_await(s, TABLE_SENT, hash_str(ev->ref));
	return true;
}

#define FINGERPRINT 16 /* digits */

/* A person's deed is about an alert, a silence (whose id has dashes) or a message (a number). */
static bool
to_deed(struct screen *s, const struct view_event *ev)
{
	if (strchr(ev->ref, '-') != NULL) {
		page_open(s, PAGE_ALERTS);
		s->focus[PAGE_ALERTS] = ALERTS_SILENCES;
		table_await(s, TABLE_SILENCES, hash_str(ev->ref));
		return true;
	}
	if (strlen(ev->ref) == FINGERPRINT)
		return to_alerts(s, ev);
	return ev->ref[0] != '\0' && to_message(s, ev);
}

void
event_open(struct screen *s, const struct view_event *ev)
{
	static const struct {
		const char *kind;
		bool (*go)(struct screen *s, const struct view_event *ev);
	} ways[] = {{"alert", to_alerts},         {"person", to_deed},    {"feature", to_feature},
		    {"category", to_feature},     {"target", to_target},  {"log", to_log},
		    {"notification", to_message}, {"model", to_model},    {"version", to_model},
		    {"traffic", to_model},        {"reference", to_drift}};

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		if (strcmp(ways[i].kind, ev->kind) == 0 && ways[i].go(s, ev))
			return;
	say(s, "nothing to go to: the event is all there is to know");
}
