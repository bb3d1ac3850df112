/*
 * tracks.c -- a track of values as a line chart: points into dot columns, an axis that fits.
 */
#include "screen.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "chart.h"
#include "mlwatch/xalloc.h"

/* The greatest of the values, by their sign: 1, or of those below 0: -1. 0: there is none. */
static double
greatest(const struct plot *q, int sign)
{
	double top = 0;

	for (int k = 0; k < 3; k++)
		for (int i = 0; q->track[k] != NULL && q->track[k]->v != NULL && i < CHART_POINTS; i++)
			top = fmax(top, q->track[k]->v[i] * q->scale * sign);
	return top;
}

/* Each dot column covers its points' minimum to maximum. */
static void
resample(const double *v, double scale, size_t n, double *lo, double *hi)
{
	for (size_t i = 0; i < n; i++) {
		size_t from = i * CHART_POINTS / n, to = (i + 1) * CHART_POINTS / n;

		lo[i] = hi[i] = NAN;
		if (to <= from)
			to = from + 1;
		for (size_t k = from; k < to && k < CHART_POINTS; k++) {
			double x = v[k] * scale;

			if (isnan(x))
				continue;
			lo[i] = isnan(lo[i]) || x < lo[i] ? x : lo[i];
			hi[i] = isnan(hi[i]) || x > hi[i] ? x : hi[i];
		}
	}
}

static void
axis_label(char out[24], double v, const char *unit)
{
	char large[16];

	if (v >= 1e5) {
		count_text(large, v);
		snprintf(out, 24, "%s%s", large, unit != NULL ? unit : "");
		return;
	}
	snprintf(out, 24, fabs(v) >= 999.5 ? "%.0f%s" : "%.3g%s", v, unit != NULL ? unit : "");
}

/* While a view is open its axis only grows: a line that jumps about says nothing. */
static double
axis_top(struct screen *s, const struct plot *q)
{
	const double top = q->top > 0 ? q->top : chart_top(fmax(greatest(q, 1), isnan(q->limit) ? 0 : q->limit * 1.05));

	if (q->axis == 0)
		return top;
	if (s->axis[q->axis - 1].of != q->axis_of || top > s->axis[q->axis - 1].top) {
		s->axis[q->axis - 1].of = q->axis_of;
		s->axis[q->axis - 1].top = top;
	}
	return s->axis[q->axis - 1].top;
}

void
plot_draw(struct screen *s, struct pane p, const struct plot *q)
{
	const double below = greatest(q, -1), bottom = below > 0 ? -chart_top(below) : 0;
	const double top =
	    bottom < 0 && greatest(q, 1) == 0 ? 0 : axis_top(s, q); /* the axis reaches 0, whatever the values */
	char top_text[24], mid_text[24], bottom_text[24], limit_text[24];
	struct chart c = {
	    .bottom = bottom,
	    .top = top,
	    .limit = q->limit,
	    .mark = q->mark,
	    .top_label = top_text,
	    .mid_label = mid_text,
	    .bottom_label = bottom_text,
	    .limit_label = limit_text,
	    .start_ms = q->span.from,
	    .end_ms = q->span.to,
	    .time_labels = q->time_labels,
	    .utc_offset_s = s->set.utc ? 0 : s->utc_offset_s,
	    .shade = {{q->shade[0].from, q->shade[0].to, false}, {q->shade[1].from, q->shade[1].to, true}}};

	axis_label(top_text, top, q->unit);
	axis_label(mid_text, (top + bottom) / 2, NULL);
	axis_label(bottom_text, bottom, NULL);
	axis_label(limit_text, q->limit, NULL);
	if (q->limit == (top + bottom) / 2) /* half a row away, perhaps */
		c.mid_label = NULL;
	c.label_width = text_width(top_text) > q->label_width ? text_width(top_text) : q->label_width;
	c.label_width = text_width(bottom_text) > c.label_width ? text_width(bottom_text) : c.label_width;
	const size_t n = c.n = chart_columns(p.grid->glyphs, p.w, c.label_width);
	double *data = n > 0 ? xcalloc(n * 6, sizeof *data) : NULL;

	for (int k = 0; k < 3 && n > 0; k++) {
		double *lo = data + 2 * (size_t)k * n, *hi = lo + n;

		if (q->track[k] == NULL || q->track[k]->v == NULL)
			continue;
		resample(q->track[k]->v, q->scale, n, lo, hi);
		c.series[c.n_series++] = (struct chart_series){lo, hi, q->style[k]};
	}
	chart_draw(p, &c);
	free(data);
}
