/*
 * feature_shares.c -- where the rows of a feature are, now and on the other side: two bars a bin, never one over the other; of categories a row with
 * both shares.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "chart.h"
#include "drift_panes.h"
#include "screen.h"

/* "13.93", in four columns: ".69", "13.9". */
static void
psi_text(char out[16], double v)
{
	if (isnan(v))
		snprintf(out, 16, "-");
	else if (fabs(v) < 0.995)
		snprintf(out, 16, "%s.%02d", v < 0 ? "-" : "", (int)floor(fabs(v) * 100 + 0.5));
	else
		snprintf(out, 16, v < 9.995 ? "%.2f" : "%.1f", v);
}

/* A number in so few columns: 4.1, 214, 9999, 998k. */
static void
edge_text(char out[16], double v, int w, bool whole)
{
	const double a = fabs(v);

	if (isnan(v)) {
		out[0] = '\0';
		return;
	}
	snprintf(out, 16, whole || a >= 99.95 ? "%.0f" : a >= 0.995 ? "%.1f" : "%.2g", v);
	if ((int)strlen(out) > w)
		snprintf(out, 16, "%.0f", v);
	if ((int)strlen(out) > w && a < 1e9)
		snprintf(out, 16, a < 999500 ? "%.0fk" : "%.0fM", v / (a < 999500 ? 1e3 : 1e6));
	if ((int)strlen(out) > w)
		power_text(out, v);
}

/* How bins stand side by side. */
struct bars {
	int left, step, bar; /* columns before the first, from one to the next, of one of its two bars */
};

static struct bars
bars_of(const struct screen *s, const struct part_feature *d, int w)
{
	const int left = wide(s) ? 7 : w < 60 ? 6 : 8, room = (w - left) / (int)d->n_bins, step = room < 10 ? room : 10;

	return (struct bars){left, step, step >= 5 ? (step - 1) / 2 : 1};
}

/* Below the bars, each text under its two: the percentages, the upper ends, what adds to PSI. */
enum bin_text { BIN_NAME, BIN_UPPER, BIN_PSI };

static void
label_row(struct pane p, const struct part_feature *d, struct bars at, int y, enum bin_text what)
{
	static const char *const title[] = {"%", "max", "PSI"};
	bool whole = true;

	for (size_t i = 0; i < d->n_bins; i++)
		whole = whole && (isnan(d->bins[i].upper) || d->bins[i].upper == floor(d->bins[i].upper));
	if (what != BIN_NAME || !d->by_value)
		put_right(p, 0, y, 5, STYLE_DIM, title[what]);
	for (size_t i = 0; i < d->n_bins; i++) {
		const struct feature_bin *b = &d->bins[i];
		const bool outside = b->label[0] == 'a' || b->label[0] == 'b';
		const int end = at.left + (int)i * at.step + at.bar + 1 + outside;
		const int most = at.step < 4 ? 2 * at.step - 1 : at.step; /* then every other one has its text */
		char text[16];

		if (at.step < 4 && i % 2 == 0)
			continue;
		if (what == BIN_NAME)
			snprintf(text, sizeof text, "%.15s", b->label); /* a number of ours */
		else if (what == BIN_UPPER)
			edge_text(text, b->upper, at.step - 1, whole);
		else
			psi_text(text, b->psi);
		const int w = text_width(text) < most ? text_width(text) : most;
		put_left(p, end - w, y, w, STYLE_DIM, text);
	}
}

static void
draw_scale(struct pane p, struct bars at, int rows, double top)
{
	char text[24];

	snprintf(text, sizeof text, "%.0f %%", top * 100);
	put_right(p, 0, 0, at.left - 1, STYLE_DIM, text);
	if (rows >= 7) {
		snprintf(text, sizeof text, "%.0f %%", top * 50);
		put_right(p, 0, rows / 2, at.left - 1, STYLE_DIM, text);
	}
	if (rows >= 2)
		put_right(p, 0, rows - 1, at.left - 1, STYLE_DIM, "0 %");
}

static double
largest_share(const struct part_feature *d)
{
	double top = 0;

	for (size_t i = 0; i < d->n_bins; i++)
		top = fmax(top, fmax(d->bins[i].reference, d->bins[i].now));
	return top > 0 ? top : 1;
}

static void
draw_bins(struct screen *s, struct pane p, const struct part_feature *d)
{
	static const enum bin_text decile_labels[] = {BIN_NAME, BIN_UPPER, BIN_PSI},
				   value_labels[] = {BIN_NAME, BIN_PSI};
	const enum bin_text *label = d->by_value ? value_labels : decile_labels;
	const int most = (d->by_value ? 1 : 2) + wide(s), labels = p.h < 6 ? 1 : most, rows = p.h - labels;
	const struct bars at = bars_of(s, d, p.w);
	const double top = largest_share(d);

	if (rows < 1 || at.step < 2) {
		put_left(p, 1, 0, p.w - 1, STYLE_DIM, "no room for bars");
		return;
	}
	draw_scale(p, at, rows, top);
	for (size_t i = 0; i < d->n_bins; i++) {
		const int x = at.left + (int)i * at.step;

		column_draw(p, x, rows - 1, at.bar, rows, STYLE_REFERENCE, d->bins[i].reference / top, true);
		column_draw(p, x + at.bar, rows - 1, at.bar, rows, STYLE_LINE1, d->bins[i].now / top, false);
	}
	for (int i = 0; i < labels; i++)
		label_row(p, d, at, rows + i, label[i]);
}

static void
draw_named(struct pane p, int *y, const char *what, const char *names)
{
	if (names == NULL)
		return;
	put(p, 1, *y, STYLE_WARN, what);
	put_left(p, 1 + text_width(what), *y, p.w - 1 - text_width(what), STYLE_WARN, names);
	(*y)++;
}

/* A row a category: its share on both sides, each with a bar. */
static void
draw_categories(struct screen *s, struct pane p, const struct part_feature *d)
{
	const int name = p.w / 4 < 24 ? p.w / 4 : 24, half = (p.w - name - 2) / 2, bar = half - 10;
	const double top = largest_share(d);
	int y = 0;

	draw_named(p, &y, "new: ", d->fresh);
	draw_named(p, &y, "gone: ", d->vanished);
	put_left(p, name + 2, y, 12, STYLE_HEAD, other_word(s));
	put_left(p, name + 2 + half, y++, 12, STYLE_HEAD, "now");
	for (size_t i = 0; i < d->n_bins && y < p.h; i++, y++) {
		const struct feature_bin *b = &d->bins[i];

		if (y == p.h - 1 && i + 1 < d->n_bins) {
			putf(p, 1, y, STYLE_DIM, "%zu more", d->n_bins - i);
			return;
		}
		put_left(p, 1, y, name - 1, b->reference == 0 || b->now == 0 ? STYLE_WARN : STYLE_TEXT, b->label);
		putf(p, name + 1, y, STYLE_TEXT, "%5.1f %%", b->reference * 100);
		fill(p, name + 9, y, (int)lround(b->reference / top * bar), STYLE_REFERENCE, 0x2592);
		putf(p, name + 1 + half, y, STYLE_TEXT, "%5.1f %%", b->now * 100);
		bar_draw(p, name + 9 + half, y, bar, STYLE_LINE1, b->now / top);
	}
}

void
feature_shares(struct screen *s, struct pane p, const struct part_feature *d)
{
	if (d->f.categorical)
		draw_categories(s, p, d);
	else
		draw_bins(s, p, d);
}
