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
/* To what it is about: the alert, the feature, the target, the log, the message, the model. Says so when there is nothing to go to. */
void event_open(struct screen *s, const struct view_event *ev);

#endif
