/*
 * chart.c -- see chart.h.
 *
 * A line chart is a canvas of dots: 2 x 4 a cell in braille, 1 x 2 in half blocks, 1 x 1 in ASCII. Each dot column is one interval of time
 * and shows its minimum to its maximum, joined to its neighbour, so that a spike of a second never vanishes. But a line that is flat up to
 * noise is one dot thick: an interval less than a few dots high is drawn as its middle, and stays on its neighbour's row while it is
 * less than three quarters of a dot away. Later series are drawn over earlier ones; a cell has the style of the last.
 */
#include "chart.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "mlwatch/xalloc.h"

struct level {
	int across, down; /* dots of a cell */
	double noise;     /* dots that an interval may be high and still be drawn as one */
};
static const struct level levels[] = {
    [GLYPHS_BRAILLE] = {2, 4, 2}, [GLYPHS_BLOCK] = {1, 2, 1}, [GLYPHS_ASCII] = {1, 1, 1}};

size_t
chart_columns(enum glyphs level, int w, int label_width)
{
	int cells = w - label_width - 1;

	if (cells < 1)
		return 0;
	return (size_t)cells * (size_t)levels[level].across;
}

double
chart_top(double v)
{
	static const double steps[] = {1, 2, 2.5, 5, 10};
	double unit;

	if (!(v > 0) || isinf(v))
		return 1;
	unit = pow(10, floor(log10(v)));
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (v <= steps[i] * unit * (1 + 1e-12))
			return steps[i] * unit;
	return 10 * unit;
}

/* ---- the canvas ---- */

struct canvas {
	struct pane pane;
	const struct level *level;
	uint8_t *bits;  /* dots of a cell: 1 << (row from its foot * across + column) */
	uint8_t *owner; /* the series that drew last, from 1 */
};

static void
set_dot(struct canvas *c, int x, int y, int series)
{
	const int cell_x = x / c->level->across, cell_y = c->pane.h - 1 - y / c->level->down;
	const int i = cell_y * c->pane.w + cell_x;

	if (x < 0 || y < 0 || cell_x >= c->pane.w || cell_y < 0)
		return;
	c->bits[i] |= (uint8_t)(1 << (y % c->level->down * c->level->across + x % c->level->across));
	c->owner[i] = (uint8_t)(series + 1);
}

static uint32_t
braille(uint8_t bits)
{
	static const uint8_t dot[8] = {0x40, 0x80, 0x04, 0x20, 0x02, 0x10, 0x01, 0x08};
	uint32_t ch = 0x2800;

	for (int i = 0; i < 8; i++)
		if (bits & 1 << i)
			ch += dot[i];
	return ch;
}

char
chart_letter(size_t series, size_t n_series)
{
	static const char letter[CHART_SERIES] = {'.', '*', '^'};

	return n_series == 1 ? '*' : letter[series];
}

static uint32_t
glyph(enum glyphs level, uint8_t bits, size_t series, size_t n_series)
{
	static const uint32_t half[] = {' ', 0x2584, 0x2580, 0x2588};

	return level == GLYPHS_BRAILLE ? braille(bits)
	       : level == GLYPHS_BLOCK ? half[bits & 3]
				       : (uint32_t)chart_letter(series, n_series);
}

/* The height of a value in dots, 0 at the middle of the lowest row; NAN: none. */
static double
height(const struct chart *c, double v, int rows)
{
	const double share = (v - c->bottom) / (c->top - c->bottom);

	return isnan(share) ? NAN : (share < 0 ? 0 : share > 1 ? 1 : share) * (rows - 1);
}

struct stroke {
	int low, high; /* rows of dots; low -1: nothing was there */
};

static struct stroke
stroke_of(double low, double high, struct stroke before, double noise)
{
	const double middle = (low + high) / 2;
	int row;

	if (isnan(middle))
		return (struct stroke){-1, -1};
	if (high - low >= noise)
		return (struct stroke){(int)lround(low), (int)lround(high)};
	row = before.low >= 0 && before.low == before.high && fabs(middle - before.low) < 0.75 ? before.low
											       : (int)lround(middle);
	return (struct stroke){row, row};
}

static void
draw_series(struct canvas *v, const struct chart *c, int s)
{
	const int rows = v->pane.h * v->level->down;
	struct stroke before = {-1, -1};

	for (size_t i = 0; i < c->n; i++) {
		const struct stroke here = stroke_of(height(c, c->series[s].min[i], rows),
						     height(c, c->series[s].max[i], rows), before, v->level->noise);
		int from = here.low, to = here.high;

		if (before.low >= 0 && from > before.high + 1) /* joined to its neighbour */
			from = before.high + 1;
		if (here.low >= 0 && to < before.low - 1)
			to = before.low - 1;
		for (int y = from; here.low >= 0 && y <= to; y++)
			set_dot(v, (int)i, y, s);
		before = here;
	}
}

static void
draw_lines(struct pane plot, const struct chart *c)
{
	const size_t n = (size_t)plot.w * (size_t)plot.h;
	struct canvas v = {plot, &levels[plot.grid->glyphs], xcalloc(n + 1, 1), xcalloc(n + 1, 1)};

	for (size_t s = 0; s < c->n_series; s++)
		draw_series(&v, c, (int)s);
	for (size_t i = 0; i < n; i++)
		if (v.bits[i] != 0)
			put_char(plot, (int)i % plot.w, (int)i / plot.w, c->series[v.owner[i] - 1].style,
				 glyph(plot.grid->glyphs, v.bits[i], v.owner[i] - 1U, c->n_series));
	free(v.bits);
	free(v.owner);
}

/* ---- around the lines ---- */

/* The row of cells, from the top, that a value lies in. */
static int
cell_row(const struct chart *c, double v, const struct pane *plot)
{
	const int down = levels[plot->grid->glyphs].down;

	return plot->h - 1 - (int)lround(height(c, v, plot->h * down)) / down;
}

static bool
has_limit(const struct chart *c)
{
	return c->limit >= c->bottom && c->limit <= c->top;
}

static void
draw_limit(struct pane plot, const struct chart *c)
{
	if (!has_limit(c))
		return;
	for (int x = 0; x < plot.w; x++)
		if (plot.grid->glyphs != GLYPHS_ASCII || x % 2 == 0)
			put_char(plot, x, cell_row(c, c->limit, &plot), STYLE_LIMIT, 0x254c);
		else
			put_char(plot, x, cell_row(c, c->limit, &plot), STYLE_TEXT, ' ');
}

uint32_t
chart_shade_glyph(enum glyphs level, bool dense)
{
	return !dense ? 0x00b7 : level == GLYPHS_ASCII ? ':' : 0x2591;
}

static int
column_of(const struct chart *c, int64_t t, int w)
{
	const double share = (double)(t - c->start_ms) / (double)(c->end_ms - c->start_ms);

	return (int)floor(fmin(1, fmax(0, share)) * w);
}

/* A sparse shade leaves every other cell: that it is another one shows without colours. */
static void
draw_shade(struct pane plot, const struct chart *c, const struct chart_shade *s)
{
	const uint32_t ch = chart_shade_glyph(plot.grid->glyphs, s->dense);

	if (s->end_ms <= s->start_ms || c->end_ms <= c->start_ms)
		return;
	for (int x = column_of(c, s->start_ms, plot.w); x < column_of(c, s->end_ms, plot.w); x++)
		for (int y = 0; y < plot.h; y++)
			if (s->dense || (x + y) % 2 == 0)
				put_char(plot, x, y, STYLE_FRAME, ch);
}

static void
draw_mark(struct pane plot, const struct chart *c)
{
	const int x = (int)(c->mark.at * (plot.w - 1) + 0.5);

	if (!c->mark.on || isnan(c->mark.low) || isnan(c->mark.high))
		return;
	for (int y = cell_row(c, c->mark.high, &plot); y <= cell_row(c, c->mark.low, &plot); y++)
		put_char(plot, x, y, STYLE_LIMIT, 0x250a);
}

static void
axis_label(struct pane p, const struct chart *c, int y, unsigned attr, const char *text)
{
	if (text == NULL || text_width(text) > c->label_width)
		return;
	put_right(p, 0, y, c->label_width, attr, text);
	put_char(p, c->label_width, y, STYLE_FRAME, 0x2524);
}

/* Later labels stand over earlier ones. */
static void
draw_axis(struct pane p, const struct chart *c, const struct pane *plot)
{
	for (int y = 0; y < plot->h; y++)
		put_char(p, c->label_width, y, STYLE_FRAME, 0x2502);
	if (plot->h >= 5)
		axis_label(p, c, plot->h / 2, STYLE_DIM, c->mid_label);
	if (has_limit(c))
		axis_label(p, c, cell_row(c, c->limit, plot), STYLE_LIMIT, c->limit_label);
	if (plot->h >= 2)
		axis_label(p, c, plot->h - 1, STYLE_DIM, c->bottom_label);
	axis_label(p, c, 0, STYLE_DIM, c->top_label);
}

static void
clock_text(char out[8], int64_t ms, int utc_offset_s)
{
	int64_t minute = (ms / 1000 + utc_offset_s) / 60;

	snprintf(out, 8, "%02d:%02d", (int)(minute / 60 % 24), (int)(minute % 60));
}

/* As many as asked for, or as fit with a blank between two. */
static void
draw_times(struct pane p, const struct chart *c, int y)
{
	const int left = c->label_width + 1, w = p.w - left, fit = (w + 1) / 6;
	const int n = c->time_labels < fit ? c->time_labels : fit;

	for (int i = 0; i < n; i++) {
		const int64_t span = c->end_ms - c->start_ms, t = n > 1 ? c->start_ms + span * i / (n - 1) : c->end_ms;
		char text[8];

		clock_text(text, t, c->utc_offset_s);
		put(p, left + (n > 1 ? (w - 5) * i / (n - 1) : w - 5), y, STYLE_DIM, text);
	}
}

void
chart_draw(struct pane p, const struct chart *c)
{
	const int rows = p.h - (c->time_labels > 0 ? 1 : 0);
	struct pane plot = pane_inside(p, c->label_width + 1, 0, p.w - c->label_width - 1, rows);

	if (rows < 1 || plot.w < 1)
		return;
	draw_axis(p, c, &plot);
	for (size_t i = 0; i < CHART_SHADES; i++)
		draw_shade(plot, c, &c->shade[i]);
	draw_limit(plot, c);
	draw_mark(plot, c);
	draw_lines(plot, c);
	if (c->time_labels > 0)
		draw_times(p, c, rows);
}

void
spark_draw(struct pane p, int x, int y, int w, unsigned attr, const double *v, size_t n)
{
	double top = 0;

	for (size_t i = 0; i < n; i++)
		if (v[i] > top)
			top = v[i];
	for (int i = 0; i < w; i++) {
		double here = NAN;

		for (size_t k = (size_t)i * n / (size_t)w; k < ((size_t)i + 1) * n / (size_t)w; k++)
			if (isnan(here) || v[k] > here)
				here = v[k];
		if (isnan(here))
			continue;
		put_char(p, x + i, y, attr,
			 0x2581u + (uint32_t)(top > 0 && here > 0 ? fmin(7, floor(here / top * 7.999)) : 0));
	}
}

void
bar_draw(struct pane p, int x, int y, int w, unsigned attr, double share)
{
	int eighths = (int)floor((share < 0 ? 0 : share > 1 ? 1 : share) * w * 8 + 0.5);

	for (int i = 0; i < w; i++, eighths -= 8) {
		if (eighths >= 8)
			put_char(p, x + i, y, attr, 0x2588);
		else if (eighths > 0)
			put_char(p, x + i, y, attr, 0x2590u - (uint32_t)eighths);
	}
}

/* The reference has no eighths: two shades side by side would look like two heights. ASCII has neither. */
static uint32_t
column_glyph(const struct pane *p, int eighths, bool reference, bool foot)
{
	const bool coarse = reference || p->grid->glyphs == GLYPHS_ASCII;

	if (eighths >= (coarse ? 4 : 8))
		return reference ? 0x2592 : 0x2588;
	if (!coarse)
		return 0x2580u + (uint32_t)eighths;
	return foot ? 0x2581 : ' ';
}

void
column_draw(struct pane p, int x, int y, int wide, int rows, unsigned attr, double share, bool reference)
{
	int eighths = (int)floor((share < 0 ? 0 : share > 1 ? 1 : share) * rows * 8 + 0.5);

	if (share > 0 && eighths == 0)
		eighths = 1;
	for (int r = 0; r < rows && eighths > 0; r++, eighths -= 8)
		fill(p, x, y - r, wide, attr, column_glyph(&p, eighths, reference, r == 0));
}

void
heat_draw(struct pane p, int x, int y, double value_by_limit, bool few_rows)
{
	static const struct {
		double below;
		uint32_t ch;
		enum style style;
	} steps[] = {
	    {0.5, 0x00b7, STYLE_DIM}, {1, 0x2591, STYLE_GOOD}, {1.5, 0x2592, STYLE_WARN}, {2.5, 0x2593, STYLE_WARN}};

	if (few_rows) {
		put_char(p, x, y, STYLE_MUTED, '?');
		return;
	}
	if (isnan(value_by_limit))
		return;
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (value_by_limit < steps[i].below) {
			put_char(p, x, y, steps[i].style, steps[i].ch);
			return;
		}
	put_char(p, x, y, STYLE_BAD, 0x2588);
}
