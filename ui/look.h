/*
 * look.h -- styles as this terminal shows them: themes, and how many colours there are. Knows curses; not what is drawn.
 */
#ifndef UI_LOOK_H
#define UI_LOOK_H

#include <stdbool.h>

#include "grid.h"

struct look {
	int colours; /* 256, 16, 8; 0: none */
	int theme;
};

/* force: --color=always, which wins over NO_COLOR. After newterm. */
void look_open(struct look *l, bool force, int theme);
void look_theme(struct look *l, int theme);
/* Copies the grid to curses' screen and refreshes it: only the difference is written. */
void look_show(const struct look *l, const struct grid *g);

#endif
