/* wrap.h -- text over several rows of a pane. */
#ifndef UI_WRAP_H
#define UI_WRAP_H

#include "grid.h"

/* From row y on, in columns x to x + w, broken at blanks; at most `most` rows, the last of them cut with an ellipsis. Returns the rows used. */
int put_wrapped(struct pane p, int x, int y, int w, int most, unsigned attr, const char *text);

#endif
