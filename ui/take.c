/*
 * take.c -- what can be taken away from the screen: a row as text or JSON, the runbook's link, a pane as plain text, a view as a file. All of
 * it is harmless text; the terminal itself is written by whoever shows the grid.
 */
#include "take.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keys.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/file.h"
#include "mlwatch/utf8.h"
#include "mlwatch/view_json.h"
#include "mlwatch/xalloc.h"
#include "screen.h"

#define PLAIN_WIDTH 400
#define PLAIN_ROWS  200

/* What is copied is pasted: into a shell, perhaps. Only ends of lines stay, where there are lines. */
static char *
harmless(const char *text, bool lines)
{
	struct buf b = BUF_INIT;

	while (*text != '\0') {
		const size_t n = lines ? strcspn(text, "\n") : strlen(text);

		utf8_plain(&b, text, n, SIZE_MAX);
		text += n;
		if (*text == '\n') {
			buf_addc(&b, '\n');
			text++;
		}
	}
	return buf_steal(&b);
}

/* Takes from. */
static void
copy(struct screen *s, char *from, bool lines, const char *what)
{
	char *text = harmless(from != NULL ? from : "", lines);
	const size_t n = strlen(text);

	free(from);
	if (n == 0 || n > COPY_MAX) {
		if (n == 0)
			say(s, "nothing to copy here");
		else
			say(s, "%s is too long to copy", what);
		free(text);
		return;
	}
	free(s->wish.copy);
	s->wish.copy = text;
	say(s, "copied: %s, %zu bytes", what, n);
}

static void
rows_text(const struct grid *g, int from, int to, struct buf *out)
{
	for (int y = from; y < to; y++) {
		grid_row_text(g, y, out);
		buf_addc(out, '\n');
	}
}

/* The frame goes: what is copied are words. */
static void
unframe(struct grid *g)
{
	for (int y = 0; y < g->h; y++)
		for (int x = 0; x < g->w; x++)
			if (y == 0 || y == g->h - 1 || x == 0 || x == g->w - 1)
				g->cell[y * g->w + x].ch = ' ';
}

static bool
column_is_blank(const struct grid *g, int x)
{
	for (int y = 0; y < g->h; y++)
		if (g->cell[y * g->w + x].ch != ' ')
			return false;
	return true;
}

/* Drawn wide, columns stand far apart: two blank ones are enough between them. */
static void
squeeze(struct grid *g)
{
	int to = 0, blank = 2;

	for (int x = 0; x < g->w; x++) {
		blank = column_is_blank(g, x) ? blank + 1 : 0;
		if (blank > 2)
			continue;
		for (int y = 0; y < g->h; y++)
			g->cell[y * g->w + to] = g->cell[y * g->w + x];
		to++;
	}
	for (; to < g->w; to++)
		for (int y = 0; y < g->h; y++)
			g->cell[y * g->w + to].ch = ' ';
}

/* The pane with the focus, drawn wide enough that nothing is cut, without its frame. */
static struct grid *
pane_open_wide(struct screen *s)
{
	struct grid *shown = s->grid, *big = grid_open(PLAIN_WIDTH, PLAIN_ROWS, shown->glyphs);
	const bool zoom = s->zoom;

	s->grid = big;
	s->zoom = true;
	page_draw(s, grid_pane(big));
	s->grid = shown;
	s->zoom = zoom;
	unframe(big);
	squeeze(big);
	return big;
}

/* Two blanks are enough between its cells. */
static void
add_squeezed(struct buf *out, const char *text)
{
	size_t blank = 2;

	for (; *text != '\0'; text++) {
		blank = *text == ' ' ? blank + 1 : 0;
		if (blank <= 2)
			buf_addc(out, *text);
	}
}

/* The row under the cursor, whole, without the cursor's mark. */
static bool
row_text(struct screen *s, struct buf *out)
{
	const enum table t = page_table(s);
	struct cursor *c = t != TABLE_NONE ? &s->cursor[t] : NULL;
	struct buf row = BUF_INIT;
	struct grid *big;
	int y;

	if (c == NULL || c->pane.w <= 0 || c->n == 0)
		return false;
	big = pane_open_wide(s);
	y = c->pane.y + c->head + (int)(c->at - c->top);
	if (y < big->h) {
		big->cell[y * big->w].ch = ' ';
		grid_row_text(big, y, &row);
		add_squeezed(out, buf_str(&row));
	}
	buf_release(&row);
	grid_close(big);
	screen_draw(s);
	return out->len > 0;
}

void
act_copy(struct screen *s, const char *key)
{
	const struct page_kind *k = page_kind(s->page);
	const char *what = "text";
	char *text = s->snap != NULL && k->copy != NULL ? k->copy(s, &what) : NULL;
	struct buf b = BUF_INIT;
	bool lines = false;

	(void)key;
	if (s->snap == NULL)
		return;
	if (text == NULL && !row_text(s, &b)) {
		rows_text(s->grid, 2, s->grid->h - 2, &b);
		lines = true;
	}
	copy(s, text != NULL ? text : buf_steal(&b), lines, what);
	buf_release(&b);
}

void
act_copy_json(struct screen *s, const char *key)
{
	const enum table t = page_table(s);
	const size_t row = t != TABLE_NONE ? table_at(s, t) : SIZE_MAX;

	(void)key;
	if (s->snap == NULL)
		return;
	if (row != SIZE_MAX && table_kind(t)->json != NULL)
		copy(s, table_kind(t)->json(s->snap, row), true, "JSON");
	else
		copy(s, view_overview_json(&s->snap->o), true, "JSON of the overview");
}

void
act_copy_link(struct screen *s, const char *key)
{
	const struct view_alert *a = selected_alert(s);

	(void)key;
	if (a == NULL || a->runbook[0] == '\0')
		say(s, "no runbook");
	else
		copy(s, xstrdup(a->runbook), false, "runbook");
}

void
act_show_link(struct screen *s, const char *key)
{
	const struct view_alert *a = selected_alert(s);

	(void)key;
	if (a == NULL || a->runbook[0] == '\0') {
		say(s, "no runbook");
		return;
	}
	free(s->wish.plain);
	s->wish.plain = xstrdup(a->runbook);
	s->wish.plain_is_link = true;
}

/* The pane with the focus drawn wide enough that nothing is cut, without its frame. */
void
act_plain(struct screen *s, const char *key)
{
	(void)key;
	if (s->snap == NULL)
		return;
	free(s->wish.plain);
	s->wish.plain = screen_pane_text(s);
	s->wish.plain_is_link = false;
}

char *
screen_pane_text(struct screen *s)
{
	struct grid *big = pane_open_wide(s);
	struct buf b = BUF_INIT, row = BUF_INIT;
	int last = 0;

	for (int y = 1; y < big->h; y++) {
		buf_reset(&row);
		grid_row_text(big, y, &row);
		if (row.len == 0)
			continue;
		for (; last > 0 && last < y - 1; last++)
			buf_addc(&b, '\n');
		buf_addf(&b, "%s\n", buf_str(&row));
		last = y;
	}
	buf_release(&row);
	grid_close(big);
	screen_draw(s);
	return buf_steal(&b);
}

void
screen_take_file(struct screen *s, const char *path)
{
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;

	screen_draw(s);
	rows_text(s->grid, 0, s->grid->h, &b);
	if (access(path, F_OK) == 0)
		say(s, "%.100s is there already", path);
	else if (file_write_atomic(path, b.p, b.len, 0640, &e) < 0)
		say(s, "%.200s", e.text);
	else
		say(s, "written: %.100s", path);
	buf_release(&b);
}

/* ---- sequences that are not curses' ---- */

/* tmux hands on what stands between, with every ESC doubled. */
static void
wrapped(struct buf *out, const char *sequence, bool tmux)
{
	if (!tmux) {
		buf_addstr(out, sequence);
		return;
	}
	buf_addstr(out, "\033Ptmux;");
	for (; *sequence != '\0'; sequence++) {
		if (*sequence == '\033')
			buf_addc(out, '\033');
		buf_addc(out, *sequence);
	}
	buf_addstr(out, "\033\\");
}

void
clipboard_sequence(struct buf *out, const char *text, bool tmux)
{
	struct buf b = BUF_INIT;

	buf_addstr(&b, "\033]52;c;");
	buf_base64(&b, text, strlen(text));
	buf_addc(&b, '\a');
	wrapped(out, buf_str(&b), tmux);
	buf_release(&b);
}

static bool
is_link(const char *text)
{
	if (strncmp(text, "http://", 7) != 0 && strncmp(text, "https://", 8) != 0)
		return false;
	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f)
			return false;
	return true;
}

void
link_sequence(struct buf *out, const char *link, bool tmux)
{
	struct buf b = BUF_INIT;

	if (!is_link(link)) {
		utf8_plain(out, link, strlen(link), SIZE_MAX);
		return;
	}
	buf_addf(&b, "\033]8;;%s\033\\", link);
	wrapped(out, buf_str(&b), tmux);
	buf_addstr(out, link);
	wrapped(out, "\033]8;;\033\\", tmux);
	buf_release(&b);
}
