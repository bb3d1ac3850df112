/* pages.h -- lists that several pages show. */
#ifndef UI_PAGES_H
#define UI_PAGES_H

#include "screen.h"

void alert_list(struct screen *s, struct pane p, enum page page);
/* of_page: with the mark of the Models page. */
void model_list(struct screen *s, struct pane p, bool of_page);
/* sel: the selected row, -1: none. seconds: HH:MM:SS instead of HH:MM. */
void event_list(struct screen *s, struct pane p, const struct view_event *at, size_t n, int sel, bool seconds);

#endif
