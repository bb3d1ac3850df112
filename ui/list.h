/*
 * list.h -- aligned columns that grow with the pane. Knows panes and text; not what a row is.
 */
#ifndef UI_LIST_H
#define UI_LIST_H

#include "grid.h"

struct column {
	const char *title; /* NULL: none, and nothing to sort by */
	int x, w;          /* w 0: not in this table */
	bool right;
	int flex; /* its share of the columns that the pane has more than the table needs */
};
struct columns {
	const struct column *at;
	size_t n;
	int need; /* the width that the table was drawn for */
};

struct list {
	struct pane pane;
	struct columns columns;
	int y; /* the row that cells go to */
};
/* Prints the head, unless no column has a title. sorted: whose title is marked; -1: none. */
struct list list_open(struct pane p, struct columns c, int sorted);
bool list_has(const struct list *l, size_t col);
void list_cell(const struct list *l, size_t col, unsigned attr, const char *text);
void
list_cellf(const struct list *l, size_t col, unsigned attr, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
struct pane list_field(const struct list *l, size_t col); /* for sparklines and cells */
/* The end of a row; adds attr bits to the whole of it. */
void list_row_end(struct list *l, unsigned attr_bits);
bool list_full(const struct list *l);
/* The column with a title at x of the pane; -1. */
int list_column_at(struct pane p, struct columns c, int x);

#endif
