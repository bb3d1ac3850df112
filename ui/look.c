/*
 * look.c -- see look.h. The background is always the terminal's own; no text is ANSI blue or black, which half of the terminals show as
 * nothing. Selection is reverse video.
 */
#include "look.h"

#include <ncurses.h>
#include <stdlib.h>
#include <string.h>

/* Per theme: of 256 colours, of 8; -1: the terminal's own. Themes as in theme_word: dark, light, colourblind, mono. */
struct paint {
	short of_256, of_8;
};
static const struct {
	struct paint theme[3];
	attr_t with;    /* beside the colour */
	attr_t without; /* instead of it */
} looks[STYLES] = {
    [STYLE_TEXT] = {{{-1, -1}, {-1, -1}, {-1, -1}}, 0, 0},
    [STYLE_DIM] = {{{245, -1}, {242, -1}, {245, -1}}, 0, A_DIM},
    [STYLE_FRAME] = {{{240, -1}, {250, -1}, {240, -1}}, 0, A_DIM},
    [STYLE_TITLE] = {{{-1, -1}, {-1, -1}, {-1, -1}}, A_BOLD, A_BOLD},
    [STYLE_HEAD] = {{{245, -1}, {242, -1}, {245, -1}}, 0, A_DIM},
    [STYLE_GOOD] = {{{77, COLOR_GREEN}, {28, COLOR_GREEN}, {75, COLOR_CYAN}}, 0, 0},
    [STYLE_PENDING] = {{{80, COLOR_CYAN}, {30, COLOR_MAGENTA}, {252, -1}}, 0, 0},
    [STYLE_WARN] = {{{221, COLOR_YELLOW}, {130, COLOR_RED}, {215, COLOR_YELLOW}}, 0, A_BOLD},
    [STYLE_BAD] = {{{203, COLOR_RED}, {160, COLOR_RED}, {208, COLOR_YELLOW}}, A_BOLD, A_BOLD},
    [STYLE_MUTED] = {{{140, COLOR_MAGENTA}, {96, COLOR_MAGENTA}, {248, -1}}, 0, A_DIM},
    [STYLE_KEY] = {{{80, COLOR_CYAN}, {30, COLOR_MAGENTA}, {117, COLOR_CYAN}}, 0, A_BOLD},
    [STYLE_LIMIT] = {{{167, COLOR_RED}, {160, COLOR_RED}, {250, -1}}, 0, A_DIM},
    [STYLE_LINE1] = {{{77, COLOR_GREEN}, {28, COLOR_GREEN}, {75, COLOR_CYAN}}, 0, 0},
    [STYLE_LINE2] = {{{221, COLOR_YELLOW}, {130, COLOR_RED}, {215, COLOR_YELLOW}}, 0, A_BOLD},
    [STYLE_LINE3] = {{{176, COLOR_MAGENTA}, {90, COLOR_MAGENTA}, {255, -1}}, 0, A_DIM},
    [STYLE_REFERENCE] = {{{245, -1}, {242, -1}, {245, -1}}, 0, A_DIM},
    [STYLE_BANNER] = {{{203, COLOR_RED}, {160, COLOR_RED}, {208, COLOR_YELLOW}}, A_BOLD, A_BOLD},
};
#define MONO 3

static short
colour_of(const struct look *l, int style)
{
	const struct paint *p = &looks[style].theme[l->theme < MONO ? l->theme : 0];

	return l->theme >= MONO ? -1 : l->colours >= 256 ? p->of_256 : p->of_8;
}

void
look_forget(struct look *l)
{
	if (l->shown != NULL)
		grid_close(l->shown);
	l->shown = NULL;
}

void
look_theme(struct look *l, int theme)
{
	l->theme = theme;
	look_forget(l);
	for (short i = 0; l->colours > 0 && i < STYLES; i++)
		init_pair((short)(i + 1), colour_of(l, i), -1);
	clearok(curscr, TRUE);
}

void
look_open(struct look *l, bool force, int theme)
{
	const char *no = getenv("NO_COLOR");

	*l = (struct look){.theme = theme};
	if ((!force && no != NULL && no[0] != '\0') || !has_colors())
		return;
	start_color();
	use_default_colors();
	l->colours = COLORS >= 256 ? 256 : COLORS >= 16 ? 16 : 8;
	look_theme(l, theme);
}

static attr_t
attributes(const struct look *l, unsigned attr)
{
	const unsigned style = attr & STYLE_MASK;
	const bool coloured = l->colours > 0 && colour_of(l, (int)style) >= 0;
	attr_t a = coloured ? looks[style].with : looks[style].with | looks[style].without;

	if (attr & ATTR_BOLD)
		a |= A_BOLD;
	if (attr & ATTR_REVERSE)
		a |= A_REVERSE;
	if (attr & ATTR_UNDERLINE)
		a |= A_UNDERLINE;
	return a;
}

static bool
same_row(const struct cell *a, const struct cell *b, int w)
{
	for (int x = 0; x < w; x++)
		if (a[x].ch != b[x].ch || a[x].attr != b[x].attr)
			return false;
	return true;
}

static void
show_row(const struct look *l, const struct grid *g, int y)
{
	for (int x = 0; x < g->w; x++) {
		const struct cell *c = &g->cell[y * g->w + x];
		wchar_t text[2] = {(wchar_t)glyph_for(g->glyphs, c->ch), 0};
		cchar_t out;

		if (c->ch == 0)
			continue;
		setcchar(&out, text, attributes(l, c->attr), l->colours > 0 ? (short)((c->attr & STYLE_MASK) + 1) : 0,
			 NULL);
		mvadd_wch(y, x, &out);
	}
}

void
look_show(struct look *l, const struct grid *g)
{
	const size_t row = (size_t)g->w * sizeof *g->cell;
	const bool known =
	    l->shown != NULL && l->shown->w == g->w && l->shown->h == g->h && l->shown->glyphs == g->glyphs;

	if (!known) {
		look_forget(l);
		l->shown = grid_open(g->w, g->h, g->glyphs);
	}
	for (int y = 0; y < g->h; y++) {
		struct cell *was = &l->shown->cell[y * g->w];
		const struct cell *is = &g->cell[y * g->w];

		if (known && same_row(was, is, g->w))
			continue;
		show_row(l, g, y);
		memcpy(was, is, row);
	}
	move(g->h - 1, g->w - 1);
	refresh();
}

void
look_close(struct look *l)
{
	look_forget(l);
}
