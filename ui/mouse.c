/*
 * mouse.c -- a click selects a row, a double click opens it; on a view it goes there, on a column's title it sorts, on a function key it is
 * that key; the wheel moves.
 */
#include <stdio.h>
#include <string.h>

#include "frame.h"
#include "screen.h"

#define WHEEL_UP   64
#define WHEEL_DOWN 65

static bool
inside(const struct rect *r, int x, int y)
{
	return x >= r->x && x < r->x + r->w && y >= r->y && y < r->y + r->h;
}

static void
click_title(struct screen *s, enum table t, int column)
{
	struct cursor *c = &s->cursor[t];
	struct sort_value v;

	if (column < 0 || table_kind(t)->value == NULL || c->n == 0 ||
	    !table_kind(t)->value(s->snap, c->order[0], (size_t)column, &v))
		return;
	if (c->sort == column)
		c->reverse = !c->reverse;
	c->sort = column;
	s->wish.remember = true;
}

static void
click_table(struct screen *s, enum table t, int x, int y, bool twice)
{
	struct cursor *c = &s->cursor[t];
	const int row = y - c->pane.y - c->head;

	if (x < c->pane.x || x >= c->pane.x + c->pane.w || y < c->pane.y)
		return;
	if (row < 0) {
		click_title(
		    s, t,
		    list_column_at(c->pane, wide(s) ? table_kind(t)->wide : table_kind(t)->narrow, x - c->pane.x));
		return;
	}
	if (c->top + (size_t)row >= c->n)
		return;
	table_go(s, t, c->top + (size_t)row);
	if (twice)
		screen_key(s, "Enter");
}

static void
click_page(struct screen *s, int x, int y, bool twice, int wheel)
{
	const struct page_kind *k = page_kind(s->page);

	for (size_t i = 0; i < k->n_panes; i++) {
		if (s->layout[i].h == 0 || !inside(&s->layout[i], x, y))
			continue;
		s->focus[s->page] = (int)i;
		if (k->panes[i].table == TABLE_NONE)
			return;
		if (wheel != 0)
			table_move(s, k->panes[i].table, wheel);
		else
			click_table(s, k->panes[i].table, x, y, twice);
		return;
	}
}

void
screen_mouse(struct screen *s, int button, bool twice, int x, int y)
{
	char key[16];

	if (s->form.kind != FORM_NONE || s->menu.kind != MENU_NONE || s->input != INPUT_NONE || s->snap == NULL)
		return;
	s->hint[0] = '\0';
	if (button == WHEEL_UP || button == WHEEL_DOWN) {
		click_page(s, x, y, false, button == WHEEL_UP ? -3 : 3);
	} else if (button == 0 && y == 1 && frame_view_at(s, x) >= 0) {
		snprintf(key, sizeof key, "%d", frame_view_at(s, x) + 1);
		screen_key(s, key);
	} else if (button == 0 && y == s->grid->h - 1 && frame_function_at(s, x) > 0) {
		snprintf(key, sizeof key, "F%d", frame_function_at(s, x));
		screen_key(s, key);
	} else if (button == 0) {
		click_page(s, x, y, twice, 0);
	}
	for (int t = 0; t < N_TABLES; t++)
		table_refresh(s, (enum table)t);
}
