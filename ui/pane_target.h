/* pane_target.h -- one target whole: since when it is down and why, when it was well, what is expected, alerts about it, its log. */
#ifndef UI_PANE_TARGET_H
#define UI_PANE_TARGET_H

#include "grid.h"

struct screen;
struct view_target;

void pane_target(const struct screen *s, struct pane in, const struct view_target *t);

#endif
