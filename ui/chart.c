/*
 * chart.c -- see chart.h.
 *
 * A line chart is braille: 2 x 4 dots a cell, each dot column one interval of time in which the line covers its minimum to its
 * maximum, joined to the neighbouring interval. Later series are drawn over earlier ones; a cell has the style of the last.
 * Without braille a cell is one interval and the mark is '.', '*' or '^' by series; of one alone '*', for '.' is also what a shade is made of.
 */
#include "chart.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mlwatch/xalloc.h"

static const char ascii_mark[CHART_SERIES] = {'.', '*', '^'};

size_t
chart_columns(enum glyphs level, int w, int label_width)
{
	int cells = w - label_width - 1;

	if (cells < 1)
		return 0;
	return (size_t)cells * (level == GLYPHS_BRAILLE ? 2 : 1);
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

/* The dot row of a value, 0 at the bottom; -1: outside below, rows: above. */
static int
dot_row(const struct chart *c, double v, int rows)
{
	double share = (v - c->bottom) / (c->top - c->bottom);
	int r;

	if (isnan(share))
		return -1;
	if (share < 0)
		share = 0;
	if (share > 1)
		share = 1;
	r = (int)floor(share * (rows - 1) + 0.5);
	return r;
}

struct dots {
	uint8_t *bits; /* braille pattern per cell */
	uint8_t *top;  /* series that owns the cell, from 1 */
	int w, h;
};

static void
set_dot(struct dots *d, int x, int y, int series)
{
	static const uint8_t bit[4][2] = {{0x40, 0x80}, {0x04, 0x20}, {0x02, 0x10}, {0x01, 0x08}};
	int cx = x / 2, cy = d->h - 1 - y / 4;

	if (cx < 0 || cx >= d->w || cy < 0 || cy >= d->h)
		return;
	d->bits[cy * d->w + cx] |= bit[y % 4][x % 2];
	d->top[cy * d->w + cx] = (uint8_t)(series + 1);
}

static void
series_dots(struct dots *d, const struct chart *c, int s)
{
	int last_lo = -1, last_hi = -1;

	for (size_t i = 0; i < c->n; i++) {
		int lo, hi;

		if (isnan(c->series[s].max[i])) {
			last_lo = last_hi = -1;
			continue;
		}
		lo = dot_row(c, c->series[s].min[i], d->h * 4);
		hi = dot_row(c, c->series[s].max[i], d->h * 4);
		if (last_hi >= 0 && lo > last_hi + 1) /* joined to the neighbour */
			lo = last_hi + 1;
		if (last_lo >= 0 && hi < last_lo - 1)
			hi = last_lo - 1;
		for (int y = lo; y <= hi; y++)
			set_dot(d, (int)i, y, s);
		last_lo = dot_row(c, c->series[s].min[i], d->h * 4);
		last_hi = dot_row(c, c->series[s].max[i], d->h * 4);
	}
}

static void
draw_braille(struct pane plot, const struct chart *c)
{
	const size_t n = (size_t)plot.w * (size_t)plot.h;
	struct dots d = {xcalloc(n + 1, 1), xcalloc(n + 1, 1), plot.w, plot.h};

	for (size_t s = 0; s < c->n_series; s++)
		series_dots(&d, c, (int)s);
	for (int y = 0; y < plot.h; y++)
		for (int x = 0; x < plot.w; x++)
			if (d.bits[y * plot.w + x] != 0)
				put_char(plot, x, y, c->series[d.top[y * plot.w + x] - 1].style,
					 0x2800u + d.bits[y * plot.w + x]);
	free(d.bits);
	free(d.top);
}

static void
draw_marks(struct pane plot, const struct chart *c)
{
	const bool ascii = plot.grid->glyphs == GLYPHS_ASCII;

	for (size_t s = 0; s < c->n_series; s++) {
		const char mark = ascii_mark[c->n_series == 1 ? 1 : s];

		for (size_t i = 0; i < c->n && i < (size_t)plot.w; i++) {
			if (isnan(c->series[s].max[i]))
				continue;
			for (int r = dot_row(c, c->series[s].min[i], plot.h);
			     r <= dot_row(c, c->series[s].max[i], plot.h); r++)
				put_char(plot, (int)i, plot.h - 1 - r, c->series[s].style,
					 ascii ? (uint32_t)mark : 0x2584);
		}
	}
}

/* The row of the limit line; -1: it is outside. */
static int
limit_row(const struct chart *c, int rows)
{
	if (isnan(c->limit) || c->limit < c->bottom || c->limit > c->top)
		return -1;
	return rows - 1 - dot_row(c, c->limit, rows * 4) / 4;
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
draw_axis(struct pane p, const struct chart *c, int rows)
{
	const int limit = limit_row(c, rows);

	for (int y = 0; y < rows; y++)
		put_char(p, c->label_width, y, STYLE_FRAME, 0x2502);
	if (rows >= 5)
		axis_label(p, c, rows / 2, STYLE_DIM, c->mid_label);
	if (limit >= 0)
		axis_label(p, c, limit, STYLE_LIMIT, c->limit_label);
	if (rows >= 2)
		axis_label(p, c, rows - 1, STYLE_DIM, c->bottom_label);
	axis_label(p, c, 0, STYLE_DIM, c->top_label);
}

/* ---- behind the data ---- */

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
	const uint32_t glyph = chart_shade_glyph(plot.grid->glyphs, s->dense);

	if (s->end_ms <= s->start_ms || c->end_ms <= c->start_ms)
		return;
	for (int x = column_of(c, s->start_ms, plot.w); x < column_of(c, s->end_ms, plot.w); x++)
		for (int y = 0; y < plot.h; y++)
			if (s->dense || (x + y) % 2 == 0)
				put_char(plot, x, y, STYLE_FRAME, glyph);
}

static void
draw_limit(struct pane plot, const struct chart *c)
{
	const int y = limit_row(c, plot.h);

	for (int x = 0; x < plot.w && y >= 0; x++)
		if (plot.grid->glyphs != GLYPHS_ASCII || x % 2 == 0)
			put_char(plot, x, y, STYLE_LIMIT, 0x254c);
		else
			put_char(plot, x, y, STYLE_TEXT, ' ');
}

static void
clock_text(char out[8], int64_t ms, int utc_offset_s)
{
	int64_t minute = (ms / 1000 + utc_offset_s) / 60;

	snprintf(out, 8, "%02d:%02d", (int)(minute / 60 % 24), (int)(minute % 60));
}

static void
draw_times(struct pane p, const struct chart *c, int y)
{
	const int left = c->label_width + 1, w = p.w - left;

	for (int i = 0; i < c->time_labels; i++) {
		int x = c->time_labels == 1 ? 0 : (w - 5) * i / (c->time_labels - 1);
		char text[8];

		clock_text(text,
			   c->start_ms + (c->end_ms - c->start_ms) * i / (c->time_labels > 1 ? c->time_labels - 1 : 1),
			   c->utc_offset_s);
		if (w >= 5)
			put(p, left + x, y, STYLE_DIM, text);
	}
}

void
chart_draw(struct pane p, const struct chart *c)
{
	const int rows = p.h - (c->time_labels > 0 ? 1 : 0);
	struct pane plot = pane_inside(p, c->label_width + 1, 0, p.w - c->label_width - 1, rows);

	if (rows < 1 || plot.w < 1)
		return;
	draw_axis(p, c, rows);
	for (size_t i = 0; i < CHART_SHADES; i++)
		draw_shade(plot, c, &c->shade[i]);
	draw_limit(plot, c);
	if (p.grid->glyphs == GLYPHS_BRAILLE)
		draw_braille(plot, c);
	else
		draw_marks(plot, c);
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

void
column_draw(struct pane p, int x, int y, int wide, int rows, unsigned attr, double share, bool reference)
{
	int eighths = (int)floor((share < 0 ? 0 : share > 1 ? 1 : share) * rows * 8 + 0.5);

	if (share > 0 && eighths == 0)
		eighths = 1;
	for (int r = 0; r < rows && eighths > 0; r++, eighths -= 8) {
		uint32_t ch = eighths >= 8 ? (reference ? 0x2592 : 0x2588)
			      : reference  ? (eighths >= 4 ? 0x2592 : 0x2591)
					   : 0x2580u + (uint32_t)eighths;

		fill(p, x, y - r, wide, attr, ch);
	}
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
