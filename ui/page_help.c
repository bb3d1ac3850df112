/*
 * page_help.c -- the key table as people read it.
 */
#include <stdio.h>
#include <string.h>

#include "keys.h"
#include "screen.h"

static void
draw_keys(struct screen *s, struct pane p)
{
	const struct pane in = pane_open(s, p, "Keys", "mlwatch " MLWATCH_VERSION);
	const int columns = wide(s) ? 2 : 1, rows = in.h - 2 > 1 ? in.h - 2 : 1, on_page = rows * columns;
	int shown = 0;

	for (size_t i = 0; i < key_count(); i++)
		shown += key_row(i)->help != NULL;
	if (s->help_top >= (shown + on_page - 1) / on_page)
		s->help_top = (shown + on_page - 1) / on_page - 1;
	shown = -s->help_top * on_page;
	for (size_t i = 0; i < key_count() && shown < on_page; i++) {
		const struct key_row *k = key_row(i);
		const int width = in.w / columns, x = shown >= 0 ? shown / rows * width : 0;

		if (k->help == NULL)
			continue;
		if (shown >= 0) {
			put_left(in, x + 1, shown % rows, 18, STYLE_KEY, k->shown);
			put_left(in, x + 20, shown % rows, width - 21, STYLE_TEXT, k->help);
		}
		shown++;
	}
	put_left(in, 1, in.h - 1, in.w - 1, STYLE_TEXT,
		 "✗ critical  ▲ warning  ◔ pending  z silenced  ✓ ok  ? no data");
}

static void
lay_out(const struct screen *s, int w, int h, struct rect at[PANES_MAX])
{
	(void)s;
	at[0] = (struct rect){0, 0, w, h};
}

static const struct pane_kind panes[] = {{"keys", TABLE_NONE, draw_keys}};

const struct page_kind page_help = {
    .name = "help",
    .full = "Help",
    .brief = "Help",
    .view = PAGE_OVERVIEW,
    .list = TABLE_NONE,
    .panes = panes,
    .n_panes = 1,
    .lay_out = lay_out,
    .hint = "any key goes back",
    .hint_narrow = "j/k scroll, any other key goes back",
};
