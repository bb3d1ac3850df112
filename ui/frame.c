/*
 * frame.c -- every page in its frame: the head (head.c), banners (banner.c), the page, the hint of the place the cursor is in or the line that is
 * typed, the function keys. On a screen too small for that: the state and one list.
 */
#include "frame.h"

#include <stdio.h>
#include <string.h>

#include "keys.h"
#include "mlwatch/buf.h"
#include "screen.h"

/* ---- the last rows ---- */

/* "{down}" becomes the key that the action has now. */
void
hint_add(const struct screen *s, struct buf *out, const char *hint)
{
	while (*hint != '\0') {
		const char *end = *hint == '{' ? strchr(hint, '}') : NULL;
		char name[32], key[16];

		if (end != NULL && end - hint > 2 && end - hint < (int)sizeof name) {
			snprintf(name, sizeof name, "%.*s", (int)(end - hint - 1), hint + 1);
			key_of(s, name, key);
			if (key[0] != '\0') {
				buf_addstr(out, key);
				hint = end + 1;
				continue;
			}
		}
		buf_addc(out, *hint++);
	}
}

static void
draw_typed(struct screen *s, struct pane p, int y)
{
	static const char *const sign[] = {"", "/", "find: ", ":", ""};
	const struct line *l = &s->line;
	int x = put(p, 0, y, STYLE_KEY, sign[s->input]);

	x += putn(p, x, y, STYLE_TEXT, l->text, l->cursor);
	if (l->text[l->cursor] == '\0')
		x += put(p, x, y, STYLE_TEXT, "_") + 3;
	else
		x += put(p, x, y, STYLE_TEXT | ATTR_UNDERLINE, l->text + l->cursor) + 3;
	if (s->hint[0] != '\0')
		put_left(p, x, y, p.w - x, STYLE_DIM, s->hint);
}

static void
draw_hint(struct screen *s, struct pane p, int y)
{
	const struct page_kind *k = page_kind(s->page);
	const int x = wide(s) ? 1 : 0;
	struct buf text = BUF_INIT;
	char pages[32];

	if (s->input != INPUT_NONE && s->input != INPUT_QUERY) {
		draw_typed(s, p, y);
		return;
	}
	if (s->form.kind != FORM_NONE)
		buf_addf(&text, "%s: Tab next field   Space toggle   Esc cancel", form_title(s));
	else if (s->hint[0] != '\0')
		buf_addstr(&text, s->hint);
	else if (s->live->trouble != NULL && s->live->error == NULL)
		buf_addf(&text, "not all could be read: %s", s->live->trouble);
	else if (s->page == PAGE_HELP && s->help_pages < 2)
		buf_addstr(&text, "any key goes back");
	else if (s->page == PAGE_HELP && p.w < 60)
		buf_addstr(&text, "j/k scroll, q back");
	else if (k->hint_now != NULL && s->snap != NULL)
		k->hint_now(s, &text);
	if (text.len == 0)
		hint_add(s, &text, wide(s) ? k->hint : k->hint_narrow);
	put_left(p, x, y, p.w - x, s->hint[0] != '\0' ? STYLE_TEXT : STYLE_DIM, buf_str(&text));
	buf_release(&text);
	if (s->page == PAGE_HELP && s->help_pages > 1) {
		snprintf(pages, sizeof pages, "page %d of %d", s->help_top + 1, s->help_pages);
		put_right(p, p.w - (p.w < 60 ? 15 : 20), y, p.w < 60 ? 14 : 19, STYLE_DIM, pages);
	}
}

static const char *const function_word[] = {"Help", "Setup", "Find",    "Filter", "Range",
					    "Sort", "Ack",   "Silence", "Pause",  "Quit"};
#define N_FUNCTIONS (int)(sizeof function_word / sizeof *function_word)

/* Where the key's word begins and ends. */
static int
function_column(const struct screen *s, int key, int *end)
{
	int x = 0;

	for (int i = 1; i < key; i++)
		x = wide(s) ? i * 12 : x + (i < 10 ? 2 : 3) + text_width(function_word[i - 1]) + 1;
	*end = x + (key < 10 ? 2 : 3) + wide(s) + text_width(function_word[key - 1]);
	return x;
}

static void
draw_functions(struct screen *s, struct pane p, int y)
{
	for (int i = 1; i <= N_FUNCTIONS; i++) {
		const bool dim = s->read_only && (i == 7 || i == 8);
		int end, x = function_column(s, i, &end);

		if (end > p.w)
			return;
		x += putf(p, x, y, STYLE_KEY, "F%d", i) + wide(s);
		put(p, x, y, dim ? STYLE_MUTED : STYLE_TEXT, function_word[i - 1]);
	}
}

int
frame_function_at(const struct screen *s, int x)
{
	for (int i = 1; i <= N_FUNCTIONS && !small(s); i++) {
		int end;

		if (x >= function_column(s, i, &end) && x < end && end <= s->grid->w)
			return i;
	}
	return 0;
}

/* ---- the whole ---- */

/* The state, and the pane with the focus alone. */
static void
draw_small(struct screen *s, struct pane p)
{
	const bool typing = s->input != INPUT_NONE || s->hint[0] != '\0', zoom = s->zoom;
	const int foot = typing || p.h > 6;

	head_draw_small(s, p);
	s->zoom = true;
	if (s->snap->blank)
		blank_draw(s, pane_inside(p, 0, 1, p.w, p.h - 1 - foot));
	else if (p.h > 1)
		page_draw(s, pane_inside(p, 0, 1, p.w, p.h - 1 - foot));
	s->zoom = zoom;
	if (typing || (foot && s->page == PAGE_HELP))
		draw_hint(s, p, p.h - 1);
	else if (foot)
		put_left(p, 0, p.h - 1, p.w, STYLE_DIM, "for all of it 80×24 is needed, q quits");
}

static void
draw_full(struct screen *s, struct pane all)
{
	struct pane in = pane_inside(all, 0, 2, all.w, all.h - 4);
	const int banners = s->snap->blank ? 0 : banners_draw(s, in);

	head_draw(s, all);
	if (s->snap->blank)
		blank_draw(s, in);
	else
		page_draw(s, pane_inside(in, 0, banners, in.w, in.h - banners));
	draw_hint(s, all, all.h - 2);
	draw_functions(s, all, all.h - 1);
}

void
screen_draw(struct screen *s)
{
	struct pane all = grid_pane(s->grid);

	grid_clear(s->grid);
	if (s->snap == NULL) {
		put(all, 0, 0, STYLE_DIM, "mlwatch: reading the store");
		return;
	}
	if (small(s))
		draw_small(s, all);
	else
		draw_full(s, all);
	if (s->form.kind != FORM_NONE)
		form_draw(s);
	if (s->menu.kind != MENU_NONE)
		menu_draw(s);
}
