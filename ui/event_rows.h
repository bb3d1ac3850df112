/*
 * event_rows.h -- events as rows: how one is drawn, found, and where Enter goes from it. The lists of them (of the range, of the last
 * hour, around an alert) are tables in event_tables.c.
 */
#ifndef UI_EVENT_ROWS_H
#define UI_EVENT_ROWS_H

#include "table.h"

enum event_time {
	EVENT_HM,  /* 03:12 */
	EVENT_HMS, /* 03:12:20 */
	EVENT_DAY, /* Thu 03:12 */
};
/* From column x of the list on. */
void event_draw(const struct screen *s, const struct list *l, const struct view_event *ev, int x, enum event_time time);
uint64_t event_id(const struct view_event *ev);
void event_fields(const struct view_event *ev, struct table_fields *f);
/* What events are sorted by: columns that have no titles above them, behind the cursor's. */
enum { EVENT_MARK, EVENT_TIME, EVENT_SEVERITY, EVENT_SUBJECT, EVENT_TEXT, EVENT_KIND, EVENT_COLUMNS };
#define EVENT_SORTED                                                                                                   \
	{"TIME", 0, 0, false, 0}, {"SEVERITY", 0, 0, false, 0}, {"SUBJECT", 0, 0, false, 0}, {"TEXT", 0, 0, false, 0}, \
	{                                                                                                              \
		"KIND", 0, 0, false, 0                                                                                 \
	}
bool event_value(const struct view_event *ev, size_t column, struct sort_value *v);
/* To what it is about: the alert, the feature, the target, the log, the message, the model. Says so when there is nothing to go to. */
void event_open(struct screen *s, const struct view_event *ev);

#endif
