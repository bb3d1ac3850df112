/*
 * list.c -- see list.h.
 */
#include "list.h"

#include <stdarg.h>
#include <stdio.h>

/* Where a column begins and how wide it is in this pane. */
static void
place(struct pane p, const struct columns *c, size_t col, int *x, int *w)
{
	int spare = p.w - c->need, total = 0, before = 0;

	for (size_t i = 0; i < c->n; i++)
		total += c->at[i].flex;
	if (spare < 0 || total == 0)
		spare = 0;
	for (size_t i = 0; i < col; i++)
		before += total > 0 ? spare * c->at[i].flex / total : 0;
	*x = c->at[col].x + before;
	*w = c->at[col].w + (total > 0 ? spare * c->at[col].flex / total : 0);
	if (*x + *w > p.w) /* so that what is cut says so */
		*w = p.w - *x;
}

struct list
list_open(struct pane p, struct columns c, int sorted)
{
	struct list l = {p, c, 0};

	for (size_t i = 0; i < c.n; i++) {
		const unsigned attr = STYLE_HEAD | ((int)i == sorted ? ATTR_UNDERLINE : 0);
		int x, w;

		if (c.at[i].title == NULL || c.at[i].w == 0)
			continue;
		l.y = 1;
		place(p, &c, i, &x, &w);
		if (c.at[i].right)
			put_right(p, x, 0, w, attr, c.at[i].title);
		else
			put_left(p, x, 0, w, attr, c.at[i].title);
	}
	return l;
}

bool
list_has(const struct list *l, size_t col)
{
	return l->columns.at[col].w > 0;
}

void
list_cell(const struct list *l, size_t col, unsigned attr, const char *text)
{
	int x, w;

	if (l->y >= l->pane.h || !list_has(l, col))
		return;
	place(l->pane, &l->columns, col, &x, &w);
	if (l->columns.at[col].right)
		put_right(l->pane, x, l->y, w, attr, text);
	else
		put_left(l->pane, x, l->y, w, attr, text);
}

void
list_cellf(const struct list *l, size_t col, unsigned attr, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	list_cell(l, col, attr, text);
}

struct pane
list_field(const struct list *l, size_t col)
{
	int x, w;

	place(l->pane, &l->columns, col, &x, &w);
	return pane_inside(l->pane, x, l->y, w, 1);
}

void
list_row_end(struct list *l, unsigned attr_bits)
{
	if (attr_bits != 0 && l->y < l->pane.h)
		attr_row(pane_inside(l->pane, 0, l->y, l->pane.w, 1), 0, attr_bits);
	l->y++;
}

bool
list_full(const struct list *l)
{
	return l->y >= l->pane.h;
}

int
list_column_at(struct pane p, struct columns c, int at)
{
	for (size_t i = 0; i < c.n; i++) {
		int x, w;

		place(p, &c, i, &x, &w);
		if (c.at[i].title != NULL && at >= x && at < x + w)
			return (int)i;
	}
	return -1;
}
