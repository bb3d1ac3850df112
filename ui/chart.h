/*
 * chart.h -- drawings: line charts, sparklines, bars, heat-map cells. They get numbers and a pane; where the numbers come
 * from is not their business. NAN is "no data" and draws nothing.
 */
#ifndef UI_CHART_H
#define UI_CHART_H

#include <stddef.h>
#include <stdint.h>

#include "grid.h"

#define CHART_SERIES 3

struct chart_series {
	const double *min, *max; /* one per dot column (2 per cell; 1 in ASCII and block) */
	enum style style;
};

struct chart_shade { /* behind the data: where something was so */
	int64_t start_ms, end_ms;
	bool dense;
};
#define CHART_SHADES 2

struct chart_mark { /* a dotted line between two values, behind the data */
	bool on;
	double at; /* share of the width */
	double low, high;
};

struct chart {
	size_t n_series, n; /* n: dot columns */
	struct chart_series series[CHART_SERIES];
	double bottom, top; /* of the axis; see chart_top */
	double limit;       /* dashed line behind the data; NAN: none */
	struct chart_mark mark;
	/* limit: beside its line; gives way to top and bottom, the middle gives way to it */
	const char *top_label, *mid_label, *bottom_label, *limit_label;
	struct chart_shade shade[CHART_SHADES];
	int label_width;          /* columns left of the axis line, e.g. 4: " 700┤" */
	int64_t start_ms, end_ms; /* printed below, when time_labels > 0 */
	int time_labels;          /* 0, 2 or 3, ...; fewer where they do not fit */
	int utc_offset_s;
};

/* Dot columns that a chart of w cells has to its right of the axis. */
size_t chart_columns(enum glyphs level, int w, int label_width);
/* Draws in p: plot rows, and one row of times when asked. */
void chart_draw(struct pane p, const struct chart *c);
/* What the line of a series is made of where there is only ASCII; legends have it at every level. */
char chart_letter(size_t series, size_t n_series);
/* What a shade is made of, for a legend. */
uint32_t chart_shade_glyph(enum glyphs level, bool dense);
/* 1, 2, 2.5 or 5 x 10^n, the smallest that is not below v; 1 for nothing. */
double chart_top(double v);
void spark_draw(struct pane p, int x, int y, int w, unsigned attr, const double *v, size_t n); /* 0 to own maximum */
/* eighth blocks, 0..1 */
void bar_draw(struct pane p, int x, int y, int w, unsigned attr, double share);
/* A vertical bar of `rows` rows with its foot at (x, y), `wide` columns, height share 0..1: in eighths, or of the reference in shaded rows. */
void column_draw(struct pane p, int x, int y, int wide, int rows, unsigned attr, double share, bool reference);
void heat_draw(struct pane p, int x, int y, double value_by_limit, bool few_rows); /* ·░▒▓█, ?, blank */

#endif
