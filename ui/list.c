/*
 * list.c -- aligned columns that grow with the pane.
 */
#include "screen.h"

#include <string.h>

/* Where a column begins and how wide it is in this pane. */
static void
place(const struct list *t, size_t col, int *x, int *w)
{
	int spare = t->pane.w - t->need, total = 0, before = 0;

	for (size_t i = 0; i < t->n; i++)
		total += t->cols[i].flex;
	if (spare < 0 || total == 0)
		spare = 0;
	for (size_t i = 0; i < col; i++)
		before += total > 0 ? spare * t->cols[i].flex / total : 0;
	*x = t->cols[col].x + before;
	*w = t->cols[col].w + (total > 0 ? spare * t->cols[col].flex / total : 0);
}

struct list
list_open(struct pane p, const struct column *cols, size_t n, int need)
{
	struct list t = {p, cols, n, need, 0};
	bool head = false;

	for (size_t i = 0; i < n; i++) {
		int x, w;

		if (cols[i].title == NULL)
			continue;
		head = true;
		place(&t, i, &x, &w);
		if (cols[i].right)
			put_right(p, x, 0, w, STYLE_HEAD, cols[i].title);
		else
			put_left(p, x, 0, w, STYLE_HEAD, cols[i].title);
	}
	t.y = head ? 1 : 0;
	return t;
}

void
list_cell(const struct list *t, size_t col, unsigned attr, const char *text)
{
	int x, w;

	if (t->y >= t->pane.h)
		return;
	place(t, col, &x, &w);
	if (t->cols[col].right)
		put_right(t->pane, x, t->y, w, attr, text);
	else
		put_left(t->pane, x, t->y, w, attr, text);
}

struct pane
list_field(const struct list *t, size_t col)
{
	int x, w;

	place(t, col, &x, &w);
	return pane_inside(t->pane, x, t->y, w, 1);
}

void
list_row_end(struct list *t, bool selected)
{
	if (selected && t->y < t->pane.h)
		attr_row(pane_inside(t->pane, 0, t->y, t->pane.w, 1), 0, ATTR_REVERSE);
	t->y++;
}

bool
list_full(const struct list *t)
{
	return t->y >= t->pane.h;
}
