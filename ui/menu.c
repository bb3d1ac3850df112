/*
 * menu.c -- see menu.h. A kind of menu is three functions: how many rows, what a row says, what taking it does.
 */
#include "menu.h"

#include <stdio.h>
#include <string.h>

#include "mlwatch/clock.h"
#include "screen.h"

/* ---- sorting ---- */

/* Row 0 is the order in which rows come; then the columns that can be sorted by. -1: that one. */
static int
sort_column(const struct screen *s, int row)
{
	const struct table_kind *k = page_table(s) != TABLE_NONE ? table_kind(page_table(s)) : NULL;
	struct sort_value v;

	for (size_t i = 0; k != NULL && k->value != NULL && i < k->wide.n; i++)
		if (k->wide.at[i].title != NULL && s->cursor[page_table(s)].n > 0 &&
		    k->value(s->snap, s->cursor[page_table(s)].order[0], i, &v) && row-- == 1)
			return (int)i;
	return -1;
}

static int
sort_rows(const struct screen *s)
{
	int n = 1;

	while (n < MENU_ROWS && sort_column(s, n) >= 0)
		n++;
	return n;
}

static void
sort_text(const struct screen *s, int row, char out[80])
{
	const enum table t = page_table(s);
	const int column = sort_column(s, row), now = t != TABLE_NONE ? s->cursor[t].sort : -1;

	snprintf(out, 80, "%s %s", column == now ? "*" : " ",
		 column >= 0 ? table_kind(t)->wide.at[column].title : "worst first, as it comes");
}

static void
sort_take(struct screen *s, int row)
{
	if (page_table(s) != TABLE_NONE)
		s->cursor[page_table(s)].sort = sort_column(s, row);
	s->wish.remember = true;
	s->menu.kind = MENU_NONE;
}

/* ---- the range ---- */

static const struct {
	const char *text;
	int64_t ms;
} ranges[] = {{"5 minutes", 5 * MS_MINUTE}, {"15 minutes", 15 * MS_MINUTE}, {"1 hour", MS_HOUR},
	      {"6 hours", 6 * MS_HOUR},     {"24 hours", MS_DAY},           {"3 days", 3 * MS_DAY},
	      {"7 days", 7 * MS_DAY},       {"30 days", 30 * MS_DAY}};
#define N_RANGES (int)(sizeof ranges / sizeof *ranges)

static int
range_rows(const struct screen *s)
{
	(void)s;
	return N_RANGES + 1;
}

static void
range_text(const struct screen *s, int row, char out[80])
{
	if (row < N_RANGES)
		snprintf(out, 80, "%s last %s", s->set.range_ms == ranges[row].ms ? "*" : " ", ranges[row].text);
	else
		snprintf(out, 80, "  two times: :range 02:00 03:15");
}

static void
range_take(struct screen *s, int row)
{
	s->menu.kind = MENU_NONE;
	if (row < N_RANGES) {
		s->set.range_ms = ranges[row].ms;
		s->wish.remember = true;
		return;
	}
	s->input = INPUT_COMMAND;
	line_set(&s->line, "range ");
}

/* ---- setup ---- */

enum { SET_THEME, SET_GLYPHS, SET_MOUSE, SET_UTC, SET_BELL, SET_RANGE, N_SETTINGS };

static int
setup_rows(const struct screen *s)
{
	(void)s;
	return N_SETTINGS;
}

static void
setup_text(const struct screen *s, int row, char out[80])
{
	static const char *const name[N_SETTINGS] = {"theme", "glyphs", "mouse", "time zone", "bell", "range"};
	char range[16];
	const char *value[N_SETTINGS] = {theme_word[s->set.theme],         glyphs_word[s->grid->glyphs],
					 s->set.mouse ? "on" : "off",      s->set.utc ? "UTC" : "local",
					 s->set.bell ? "critical" : "off", range};

	duration_human(range, s->set.range_ms);
	snprintf(out, 80, "%-11s %s", name[row], value[row]);
}

static void
setup_take(struct screen *s, int row)
{
	switch (row) {
	case SET_THEME:
		s->set.theme = (s->set.theme + 1) % N_THEMES;
		break;
	case SET_GLYPHS:
		s->grid->glyphs = (s->grid->glyphs + 1) % N_GLYPHS;
		s->set.glyphs = (int)s->grid->glyphs;
		break;
	case SET_MOUSE:
		s->set.mouse = !s->set.mouse;
		break;
	case SET_UTC:
		s->set.utc = !s->set.utc;
		break;
	case SET_BELL:
		s->set.bell = !s->set.bell;
		break;
	default:
		menu_open(s, MENU_RANGE);
		return;
	}
	s->wish.remember = true;
}

/* ---- the same for all ---- */

static const struct {
	const char *title, *hint;
	int (*rows)(const struct screen *s);
	void (*text)(const struct screen *s, int row, char out[80]);
	void (*take)(struct screen *s, int row);
} kinds[] = {
    [MENU_SORT] = {"Sort by", "Enter sorts, I reverses", sort_rows, sort_text, sort_take},
    [MENU_RANGE] = {"Range", "Enter takes it", range_rows, range_text, range_take},
    [MENU_SETUP] = {"Setup", "Enter changes, remembered in top.yml", setup_rows, setup_text, setup_take},
};

static int
current_row(const struct screen *s, enum menu_kind kind)
{
	if (kind == MENU_SORT)
		for (int i = 0; i < sort_rows(s); i++)
			if (page_table(s) != TABLE_NONE && sort_column(s, i) == s->cursor[page_table(s)].sort)
				return i;
	for (int i = 0; kind == MENU_RANGE && i < N_RANGES; i++)
		if (ranges[i].ms == s->set.range_ms)
			return i;
	return 0;
}

void
menu_open(struct screen *s, enum menu_kind kind)
{
	if (kind == MENU_SORT && sort_rows(s) < 2) {
		say(s, "nothing to sort by here");
		return;
	}
	s->menu = (struct menu){kind, current_row(s, kind)};
}

void
menu_key(struct screen *s, const char *key)
{
	const int n = kinds[s->menu.kind].rows(s);

	if (strcmp(key, "j") == 0 || strcmp(key, "Down") == 0 || strcmp(key, "Tab") == 0)
		s->menu.at = (s->menu.at + 1) % n;
	else if (strcmp(key, "k") == 0 || strcmp(key, "Up") == 0 || strcmp(key, "S-Tab") == 0)
		s->menu.at = (s->menu.at + n - 1) % n;
	else if (strcmp(key, "Enter") == 0 || strcmp(key, "Space") == 0)
		kinds[s->menu.kind].take(s, s->menu.at);
	else
		s->menu.kind = MENU_NONE;
}

void
menu_draw(struct screen *s)
{
	const int n = kinds[s->menu.kind].rows(s), w = s->grid->w < 48 ? s->grid->w : 44, h = n + 3;
	struct pane box = pane_inside(grid_pane(s->grid), (s->grid->w - w) / 2, s->grid->h > h + 6 ? 3 : 0, w, h), in;
	char text[80];

	for (int y = 0; y < box.h; y++)
		fill(box, 0, y, box.w, STYLE_TEXT, ' ');
	in = pane_frame(box, kinds[s->menu.kind].title, "Esc leaves", true, true);
	for (int i = 0; i < n; i++) {
		kinds[s->menu.kind].text(s, i, text);
		put_left(in, 1, i, in.w - 2, i == s->menu.at ? STYLE_TEXT | ATTR_REVERSE : STYLE_TEXT, text);
	}
	put_left(in, 1, n, in.w - 2, STYLE_DIM, kinds[s->menu.kind].hint);
}
