/* wrap.h -- text over several rows of a pane. */
#ifndef UI_WRAP_H
#define UI_WRAP_H

#include "grid.h"

/* How much of the text goes into a row of so many columns: all of it, or as far as a blank; at least a character. */
size_t wrap_bytes(const char *text, int columns);

/* From row y on, in columns x to x + w, broken at blanks; at most `most` rows, the last of them cut with an ellipsis. Returns the rows used. */
int put_wrapped(struct pane p, int x, int y, int w, int most, unsigned attr, const char *text);

#endif
