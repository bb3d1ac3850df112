/*
 * grid.h -- the screen as a grid of cells. Views draw into panes of it; curses (or --snapshot) only shows it, so every view
 * is testable as text.
 *
 * All text enters through one function (grid.c: put_text), which makes what came from outside harmless: control
 * characters, bidi and zero-width characters become '·', wide characters keep their two columns, nothing leaves its pane.
 * Nothing else may write text.
 */
#ifndef UI_GRID_H
#define UI_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

enum style {
	STYLE_TEXT,
	STYLE_DIM,
	STYLE_FRAME,
	STYLE_TITLE,
	STYLE_HEAD, /* column titles */
	STYLE_GOOD,
	STYLE_PENDING,
	STYLE_WARN,
	STYLE_BAD,
	STYLE_MUTED, /* silenced, unknown */
	STYLE_KEY,
	STYLE_LIMIT, /* limit lines */
	STYLE_LINE1, /* series of a chart, in drawing order */
	STYLE_LINE2,
	STYLE_LINE3,
	STYLE_REFERENCE,
	STYLE_BANNER,
	STYLES
};
#define STYLE_MASK     0x3f
#define ATTR_BOLD      0x40
#define ATTR_REVERSE   0x80 /* the selection, marked things */
#define ATTR_UNDERLINE 0x100

enum glyphs { GLYPHS_BRAILLE, GLYPHS_BLOCK, GLYPHS_ASCII };
#define N_GLYPHS 3
extern const char *const glyphs_word[N_GLYPHS];

struct cell {
	uint32_t ch;   /* 0: the right half of a wide character */
	uint16_t attr; /* style and ATTR_ bits */
};

struct grid {
	int w, h;
	enum glyphs glyphs;
	struct cell *cell;
};

struct pane { /* a clipped part of a grid; coordinates are relative to it */
	struct grid *grid;
	int x, y, w, h;
};

struct grid *grid_open(int w, int h, enum glyphs glyphs);
void grid_close(struct grid *g);
void grid_resize(struct grid *g, int w, int h);
void grid_clear(struct grid *g);
struct pane grid_pane(struct grid *g);                              /* the whole */
struct pane pane_inside(struct pane p, int x, int y, int w, int h); /* clipped to p */

/* Columns used. Clipped to the pane. */
int put(struct pane p, int x, int y, unsigned attr, const char *utf8);
int putn(struct pane p, int x, int y, unsigned attr, const char *utf8, size_t n);
int putf(struct pane p, int x, int y, unsigned attr, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* In exactly w columns: padded, or cut with an ellipsis. */
void put_left(struct pane p, int x, int y, int w, unsigned attr, const char *utf8);
void put_right(struct pane p, int x, int y, int w, unsigned attr, const char *utf8);
void put_char(struct pane p, int x, int y, unsigned attr, uint32_t ch); /* one glyph of ours */
void fill(struct pane p, int x, int y, int w, unsigned attr, uint32_t ch);
void attr_row(struct pane p, int y, unsigned attr_bits); /* adds bits to a row: the selection */
int text_width(const char *utf8);                        /* columns put() would use */
int text_widthn(const char *utf8, size_t n);

/* A frame with a title at the left and one at the right of its top line (>= 120 columns), or a rule (below); focus: its title is marked. */
struct pane pane_frame(struct pane p, const char *title, const char *right, bool framed, bool focus);

/* One row's text without trailing blanks, in the grid's glyph level. */
void grid_row_text(const struct grid *g, int y, struct buf *out);
/* With attributes: text runs as {style:...}; for --attrs. */
void grid_row_attrs(const struct grid *g, int y, struct buf *out);
/* The glyph that stands for ch at this level: ASCII level never yields a byte >= 0x80. */
uint32_t glyph_for(enum glyphs level, uint32_t ch);
extern const char *const style_word[STYLES];

#endif
