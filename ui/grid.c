/*
 * grid.c -- see grid.h.
 */
#include "grid.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "mlwatch/buf.h"
#include "mlwatch/utf8.h"
#include "mlwatch/xalloc.h"

#define GRID_MAX 1000
#define ELLIPSIS 0x2026

const char *const style_word[STYLES] = {"text",  "dim", "frame", "title", "head",  "good",  "pending",   "warn",  "bad",
					"muted", "key", "limit", "line1", "line2", "line3", "reference", "banner"};

const char *const glyphs_word[N_GLYPHS] = {"braille", "block", "ascii"};

struct grid *
grid_open(int w, int h, enum glyphs glyphs)
{
	struct grid *g = xcalloc(1, sizeof *g);

	g->glyphs = glyphs;
	grid_resize(g, w, h);
	return g;
}

void
grid_close(struct grid *g)
{
	if (g == NULL)
		return;
	free(g->cell);
	free(g);
}

void
grid_resize(struct grid *g, int w, int h)
{
	g->w = w < 1 ? 1 : w > GRID_MAX ? GRID_MAX : w;
	g->h = h < 1 ? 1 : h > GRID_MAX ? GRID_MAX : h;
	free(g->cell);
	g->cell = xcalloc((size_t)g->w * (size_t)g->h, sizeof *g->cell);
	grid_clear(g);
}

void
grid_clear(struct grid *g)
{
	for (size_t i = 0; i < (size_t)g->w * (size_t)g->h; i++)
		g->cell[i] = (struct cell){' ', STYLE_TEXT};
}

struct pane
grid_pane(struct grid *g)
{
	return (struct pane){g, 0, 0, g->w, g->h};
}

struct pane
pane_inside(struct pane p, int x, int y, int w, int h)
{
	if (x < 0)
		x = 0;
	if (y < 0)
		y = 0;
	if (x > p.w)
		x = p.w;
	if (y > p.h)
		y = p.h;
	if (w > p.w - x)
		w = p.w - x;
	if (h > p.h - y)
		h = p.h - y;
	return (struct pane){p.grid, p.x + x, p.y + y, w > 0 ? w : 0, h > 0 ? h : 0};
}

static struct cell *
cell_at(struct pane p, int x, int y)
{
	if (x < 0 || y < 0 || x >= p.w || y >= p.h)
		return NULL;
	return &p.grid->cell[(size_t)(p.y + y) * (size_t)p.grid->w + (size_t)(p.x + x)];
}

/* Overwriting half of a wide character leaves a blank, not a torn glyph. */
static void
heal(struct pane p, int x, int y)
{
	struct cell *c = cell_at(p, x, y), *left = cell_at(p, x - 1, y), *right = cell_at(p, x + 1, y);

	if (c->ch == 0 && left != NULL)
		left->ch = ' ';
	if (right != NULL && right->ch == 0)
		right->ch = ' ';
}

void
put_char(struct pane p, int x, int y, unsigned attr, uint32_t ch)
{
	struct cell *c = cell_at(p, x, y);

	if (c == NULL)
		return;
	heal(p, x, y);
	*c = (struct cell){ch, (uint16_t)attr};
}

/* What a character from outside becomes, and its columns: 1 or 2, never 0. */
static int
harmless(uint32_t *c)
{
	int w;

	if ((utf8_is_harmful(*c) && *c != 0xfffd) || (*c >= 0x0590 && *c <= 0x08ff)) {
		*c = UTF8_HARMLESS;
		return 1;
	}
	if (*c < 0x300)
		return 1;
	if ((*c >= 0x2500 && *c <= 0x28ff) || *c == ELLIPSIS)
		return 1;
	w = wcwidth((wchar_t)*c);
	if (w == 1 || w == 2)
		return w;
	*c = UTF8_HARMLESS;
	return 1;
}

int
putn(struct pane p, int x, int y, unsigned attr, const char *s, size_t n)
{
	const int start = x;

	while (n > 0) {
		uint32_t c;
		size_t len = utf8_decode(s, n, &c);
		int w = harmless(&c);

		s += len;
		n -= len;
		if (x + w > p.w)
			break;
		put_char(p, x, y, attr, c);
		if (w == 2)
			put_char(p, x + 1, y, attr, 0);
		x += w;
	}
	return x - start;
}

int
put(struct pane p, int x, int y, unsigned attr, const char *s)
{
	return putn(p, x, y, attr, s, strlen(s));
}

int
putf(struct pane p, int x, int y, unsigned attr, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return put(p, x, y, attr, text);
}

int
text_width(const char *s)
{
	return text_widthn(s, strlen(s));
}

int
text_widthn(const char *s, size_t n)
{
	int total = 0;

	while (n > 0) {
		uint32_t c;
		size_t len = utf8_decode(s, n, &c);

		total += harmless(&c);
		s += len;
		n -= len;
	}
	return total;
}

static void
put_cut(struct pane p, int x, int y, int w, unsigned attr, const char *s)
{
	struct pane field = pane_inside(p, x, y, w, 1);

	if (text_width(s) <= w) {
		put(field, 0, 0, attr, s);
		return;
	}
	put(pane_inside(field, 0, 0, w - 1, 1), 0, 0, attr, s);
	put_char(field, w - 1, 0, attr, ELLIPSIS);
}

void
put_left(struct pane p, int x, int y, int w, unsigned attr, const char *s)
{
	if (w <= 0)
		return;
	fill(p, x, y, w, attr, ' ');
	put_cut(p, x, y, w, attr, s);
}

void
put_right(struct pane p, int x, int y, int w, unsigned attr, const char *s)
{
	int used = text_width(s);

	if (w <= 0)
		return;
	fill(p, x, y, w, attr, ' ');
	if (used >= w)
		put_cut(p, x, y, w, attr, s);
	else
		put(p, x + w - used, y, attr, s);
}

void
fill(struct pane p, int x, int y, int w, unsigned attr, uint32_t ch)
{
	for (int i = 0; i < w; i++)
		put_char(p, x + i, y, attr, ch);
}

void
attr_row(struct pane p, int y, unsigned attr_bits)
{
	for (int x = 0; x < p.w; x++) {
		struct cell *c = cell_at(p, x, y);

		if (c != NULL)
			c->attr |= (uint16_t)attr_bits;
	}
}

/* "─ title ───── right ─" over w columns, cutting the right part first. */
static void
rule(struct pane p, int x, int y, int w, const char *title, const char *right, int corner, bool focus)
{
	int tw = text_width(title), rw = right != NULL ? text_width(right) : 0;

	fill(p, x, y, w, STYLE_FRAME, 0x2500);
	if (w < 6)
		return;
	if (tw > w - 4)
		tw = w - 4;
	if (tw > 0) {
		fill(p, x + 1, y, tw + 2, STYLE_FRAME, ' ');
		put_left(p, x + 2, y, tw, focus ? STYLE_KEY | ATTR_BOLD : STYLE_TITLE, title);
	}
	w -= corner;
	if (rw > 0 && tw + rw + 7 <= w) {
		fill(p, x + w - rw - 3, y, rw + 2, STYLE_FRAME, ' ');
		put(p, x + w - rw - 2, y, STYLE_DIM, right);
	}
}

struct pane
pane_frame(struct pane p, const char *title, const char *right, bool framed, bool focus)
{
	if (!framed) {
		rule(p, 0, 0, p.w, title, right, 0, focus);
		return pane_inside(p, 0, 1, p.w, p.h - 1);
	}
	/* The title starts one column after the corner, as in "┌ title". */
	fill(p, 1, 0, p.w - 2, STYLE_FRAME, 0x2500);
	fill(p, 1, p.h - 1, p.w - 2, STYLE_FRAME, 0x2500);
	rule(p, 0, 0, p.w, title, right, 1, focus);
	put_char(p, 0, 0, STYLE_FRAME, 0x250c);
	put_char(p, p.w - 1, 0, STYLE_FRAME, 0x2510);
	put_char(p, 0, p.h - 1, STYLE_FRAME, 0x2514);
	put_char(p, p.w - 1, p.h - 1, STYLE_FRAME, 0x2518);
	for (int y = 1; y < p.h - 1; y++) {
		put_char(p, 0, y, STYLE_FRAME, 0x2502);
		put_char(p, p.w - 1, y, STYLE_FRAME, 0x2502);
	}
	return pane_inside(p, 1, 1, p.w - 2, p.h - 2);
}

/* ---- glyph levels ---- */

uint32_t
glyph_for(enum glyphs level, uint32_t ch)
{
	return level == GLYPHS_ASCII ? (uint32_t)(unsigned char)utf8_ascii(ch) : ch;
}

static int
row_end(const struct grid *g, int y)
{
	int end = g->w;

	while (end > 0 && g->cell[y * g->w + end - 1].ch == ' ')
		end--;
	return end;
}

void
grid_row_text(const struct grid *g, int y, struct buf *out)
{
	const int end = row_end(g, y);

	for (int x = 0; x < end; x++) {
		uint32_t c = g->cell[y * g->w + x].ch;

		if (c != 0)
			utf8_encode(out, glyph_for(g->glyphs, c));
		else if (g->glyphs == GLYPHS_ASCII)
			buf_addc(out, '?');
	}
}

void
grid_row_attrs(const struct grid *g, int y, struct buf *out)
{
	unsigned was = STYLE_TEXT;

	for (int x = 0; x < g->w; x++) {
		const struct cell *c = &g->cell[y * g->w + x];

		if (c->attr != was) {
			buf_addf(out, "{%s%s%s%s}", style_word[c->attr & STYLE_MASK],
				 c->attr & ATTR_BOLD ? "+bold" : "", c->attr & ATTR_REVERSE ? "+reverse" : "",
				 c->attr & ATTR_UNDERLINE ? "+underline" : "");
			was = c->attr;
		}
		if (c->ch != 0)
			utf8_encode(out, glyph_for(g->glyphs, c->ch));
	}
}
