/* pane_bad_line.h -- one bad line with the caret under the fault, what is wrong with it, how many are like it; what limits folded away. */
#ifndef UI_PANE_BAD_LINE_H
#define UI_PANE_BAD_LINE_H

#include "grid.h"

struct screen;
struct view_bad_kind;
struct view_log;
struct view_log_file;

/* Frame and all. Any of the three may be NULL. */
void pane_bad_line(struct screen *s, struct pane p, const struct view_log_file *f, const struct view_log *l,
		   const struct view_bad_kind *k);

#endif
