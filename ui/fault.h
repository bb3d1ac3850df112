/*
 * fault.h -- a line of text and, below it, carets under what is wrong in it. A line that is too wide is shown around the fault, so that the
 * caret always stands under what it means. Knows panes and text; not what kind of line it is.
 */
#ifndef UI_FAULT_H
#define UI_FAULT_H

#include "grid.h"

struct fault {
	const char *text;
	size_t at, n; /* bytes: where it begins and how long it is; n 0: one caret */
	bool unknown; /* nobody knows where: no caret */
};

/* Byte of the text from which on w columns are shown so that byte `at` is among them, with some of what stands before it. */
size_t shown_from(const char *text, size_t at, int w);
/* The text from there on; the columns of the mark that says that something is left out before it. */
int text_from(struct pane p, int y, unsigned attr, const char *text, size_t from);
/* The text in row y, the carets in row y + 1 and what is said of it beside them or, where that is too long, below. Returns the rows. */
int fault_rows(int w, const struct fault *f, const char *said);
int fault_draw(struct pane p, int y, unsigned attr, const struct fault *f, const char *said, unsigned said_attr);
/* The byte at which character `column` (from 1) of the text begins. */
size_t byte_of_column(const char *text, int column);

#endif
