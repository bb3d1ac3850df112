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
	struct grid *shown; /* what curses was given last; NULL: nothing that counts */
};

/* force: --color=always, which wins over NO_COLOR. After newterm. */
void look_open(struct look *l, bool force, int theme);
void look_close(struct look *l);
void look_theme(struct look *l, int theme);
void look_forget(struct look *l); /* what is on curses' screen may be something else by now */
/* Copies the rows that are others now to curses' screen and refreshes it: only the difference is written. */
void look_show(struct look *l, const struct grid *g);

#endif
