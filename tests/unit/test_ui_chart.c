/*
 * test_ui_chart.c -- drawings to the dot: every expected row was drawn by hand from the rules in chart.c.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../ui/chart.h"
#include "mlwatch/buf.h"

struct picture {
	struct grid *g;
	struct buf text;
};

static struct picture
open_picture(int w, int h, enum glyphs level)
{
	return (struct picture){grid_open(w, h, level), BUF_INIT};
}

static void
close_picture(struct picture *p)
{
	buf_release(&p->text);
	grid_close(p->g);
}

static void
row_is(struct picture *p, int y, const char *want)
{
	buf_reset(&p->text);
	grid_row_text(p->g, y, &p->text);
	assert_string_equal(buf_str(&p->text), want);
}

/* One or two series over an axis from 0 to top, without labels: the plot begins in column 1, behind the axis. */
static void
draw(struct picture *p, double top, double limit, size_t n, const double *a, const double *b)
{
	const struct chart c = {.n_series = b != NULL ? 2 : 1,
				.n = n,
				.series = {{a, a, STYLE_LINE1}, {b, b, STYLE_LINE2}},
				.top = top,
				.limit = limit,
				.top_label = "",
				.bottom_label = ""};

	grid_clear(p->g);
	chart_draw(grid_pane(p->g), &c);
}

/* 4 rows of dots in one row of cells: the axis 0 to 3 has a dot for each whole number. */
static void
chart__a_dot_per_value(void **state)
{
	static const double up[] = {0, 1, 2, 3};
	struct picture p = open_picture(3, 1, GLYPHS_BRAILLE);

	(void)state;
	draw(&p, 3, NAN, 4, up, NULL);
	row_is(&p, 0, "┤⡠⠊"); /* feet 0 and 1: dots 7 and 5; 2 and 3: dots 2 and 4 */
	close_picture(&p);
}

static void
chart__a_flat_line_with_noise_is_one_dot_thick(void **state)
{
	/* around 1.5, where rounding alone would jump between rows 1 and 2 */
	static const double noise[] = {1.45, 1.55, 1.4, 1.6, 1.48, 1.52};
	static const double low[] = {1.2, 1.4, 1.1}, high[] = {1.8, 1.7, 1.9};
	struct chart c = {.n_series = 1,
			  .n = 3,
			  .series = {{low, high, STYLE_LINE1}},
			  .top = 3,
			  .limit = NAN,
			  .top_label = "",
			  .bottom_label = ""};
	struct picture p = open_picture(4, 1, GLYPHS_BRAILLE);

	(void)state;
	draw(&p, 3, NAN, 6, noise, NULL);
	row_is(&p, 0, "┤⠤⠤⠤"); /* dots 3 and 6: row 1 */
	/* minimum and maximum of each interval fall on different rows, less than two dots apart */
	grid_clear(p.g);
	chart_draw(grid_pane(p.g), &c);
	row_is(&p, 0, "┤⠒⠂"); /* the middles 1.5, 1.55, 1.5: row 2, as lround(1.5) */
	close_picture(&p);
}

static void
chart__a_spike_never_vanishes(void **state)
{
	static const double low[] = {0, 0, 0, 0}, high[] = {0, 0, 3, 0};
	const struct chart c = {.n_series = 1,
				.n = 4,
				.series = {{low, high, STYLE_LINE1}},
				.top = 3,
				.limit = NAN,
				.top_label = "",
				.bottom_label = ""};
	struct picture p = open_picture(3, 1, GLYPHS_BRAILLE);

	(void)state;
	chart_draw(grid_pane(p.g), &c);
	row_is(&p, 0, "┤⣀⣇"); /* the third column is full */
	close_picture(&p);
}

static void
chart__neighbours_are_joined_and_gaps_are_not(void **state)
{
	static const double step[] = {0, 3, 0, 3}, gap[] = {0, NAN, 3, 3};
	struct picture p = open_picture(3, 1, GLYPHS_BRAILLE);

	(void)state;
	draw(&p, 3, NAN, 4, step, NULL);
	row_is(&p, 0, "┤⡸⡾"); /* rows 0; 1 to 3; 0 to 2; 1 to 3 */
	draw(&p, 3, NAN, 4, gap, NULL);
	row_is(&p, 0, "┤⡀⠉");
	close_picture(&p);
}

static void
chart__half_blocks_have_two_rows_a_cell(void **state)
{
	static const double up[] = {0, 1, 2, 3};
	struct picture p = open_picture(5, 2, GLYPHS_BLOCK);

	(void)state;
	draw(&p, 3, NAN, 4, up, NULL);
	row_is(&p, 0, "┤  ▄▀");
	row_is(&p, 1, "┤▄▀");
	close_picture(&p);
}

static void
chart__ascii_has_a_mark_for_each_series(void **state)
{
	static const double a[] = {0, 0, 0, 0}, b[] = {2, 2, 1, 0};
	struct picture p = open_picture(5, 3, GLYPHS_ASCII);

	(void)state;
	draw(&p, 2, NAN, 4, a, NULL);
	row_is(&p, 2, "|****");
	draw(&p, 2, NAN, 4, a, b);
	row_is(&p, 0, "|**");
	row_is(&p, 1, "|  *");
	row_is(&p, 2, "|...*"); /* the later series covers the earlier */
	close_picture(&p);
}

static void
chart__the_limit_is_behind_the_line(void **state)
{
	static const double a[] = {0, 0, 3, 3};
	struct picture p = open_picture(5, 2, GLYPHS_ASCII);

	(void)state;
	draw(&p, 4, 4, 4, a, NULL);
	row_is(&p, 0, "|- **");
	row_is(&p, 1, "|**");
	draw(&p, 4, 5, 4, a, NULL); /* above the axis: not drawn on its edge */
	row_is(&p, 0, "|  **");
	close_picture(&p);
}

static void
chart__a_mark_stands_between_two_values(void **state)
{
	static const double a[] = {0, 0, 0, 0, 0};
	struct picture p = open_picture(6, 5, GLYPHS_ASCII);
	const struct chart c = {.n_series = 1,
				.n = 5,
				.series = {{a, a, STYLE_LINE1}},
				.top = 4,
				.limit = NAN,
				.mark = {true, 0.75, 1, 3},
				.top_label = "",
				.bottom_label = ""};

	(void)state;
	chart_draw(grid_pane(p.g), &c);
	row_is(&p, 0, "|");
	row_is(&p, 1, "|   :"); /* 3 of 4, at three quarters of columns 0 to 4 */
	row_is(&p, 2, "|   :");
	row_is(&p, 3, "|   :");
	row_is(&p, 4, "|*****");
	close_picture(&p);
}

static void
chart__times_never_collide(void **state)
{
	static const double a[] = {0};
	struct picture p = open_picture(18, 2, GLYPHS_ASCII);
	struct chart c = {.n_series = 1,
			  .n = 1,
			  .series = {{a, a, STYLE_LINE1}},
			  .top = 1,
			  .limit = NAN,
			  .top_label = "",
			  .bottom_label = "",
			  .start_ms = 0,
			  .end_ms = 7200000,
			  .time_labels = 3};

	(void)state;
	chart_draw(grid_pane(p.g), &c); /* 17 columns: exactly three labels and two blanks */
	row_is(&p, 1, " 00:00 01:00 02:00");
	grid_resize(p.g, 17, 2);
	chart_draw(grid_pane(p.g), &c);
	row_is(&p, 1, " 00:00      02:00");
	grid_resize(p.g, 11, 2);
	chart_draw(grid_pane(p.g), &c); /* two need eleven */
	row_is(&p, 1, "      02:00");
	grid_resize(p.g, 5, 2);
	chart_draw(grid_pane(p.g), &c);
	row_is(&p, 1, "");
	close_picture(&p);
}

static void
chart__the_top_of_an_axis_is_a_round_number(void **state)
{
	static const struct {
		double v, top;
	} rows[] = {{0, 1},      {NAN, 1},   {1, 1},       {1.01, 2},  {2, 2},          {2.2, 2.5},
		    {2.51, 5},   {5.1, 10},  {0.03, 0.05}, {421, 500}, {199, 200},      {240, 250},
		    {655, 1000}, {1e9, 1e9}, {0.1, 0.1},   {0.3, 0.5}, {INFINITY, 1.0}, {-4, 1}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_true(fabs(chart_top(rows[i].v) - rows[i].top) <= rows[i].top * 1e-12);
}

static void
chart__bars_have_eighths(void **state)
{
	struct picture p = open_picture(4, 2, GLYPHS_BRAILLE);

	(void)state;
	bar_draw(grid_pane(p.g), 0, 0, 4, STYLE_TEXT, 0.5 + 3 / 32.0); /* two cells and three eighths */
	row_is(&p, 0, "██▍");
	bar_draw(grid_pane(p.g), 0, 1, 4, STYLE_TEXT, 2); /* not past its field */
	row_is(&p, 1, "████");
	close_picture(&p);
}

static void
chart__columns_have_eighths_and_the_reference_whole_rows(void **state)
{
	struct picture p = open_picture(6, 2, GLYPHS_BRAILLE);
	const struct pane all = grid_pane(p.g);

	(void)state;
	column_draw(all, 0, 1, 2, 2, STYLE_TEXT, 11 / 16.0, false); /* eleven eighths */
	column_draw(all, 2, 1, 1, 2, STYLE_REFERENCE, 11 / 16.0, true);
	column_draw(all, 3, 1, 1, 2, STYLE_REFERENCE, 12 / 16.0, true);
	column_draw(all, 4, 1, 1, 2, STYLE_TEXT, 0.001, false);
	column_draw(all, 5, 1, 1, 2, STYLE_TEXT, 0, false);
	row_is(&p, 0, "▃▃ ▒");
	row_is(&p, 1, "██▒▒▁");
	p.g->glyphs = GLYPHS_ASCII;
	grid_clear(p.g);
	column_draw(all, 0, 1, 2, 2, STYLE_TEXT, 11 / 16.0, false); /* less than half of the second row */
	column_draw(all, 2, 1, 2, 2, STYLE_TEXT, 12 / 16.0, false);
	row_is(&p, 0, "  ##");
	row_is(&p, 1, "####");
	close_picture(&p);
}

static void
chart__heat_steps_are_shares_of_the_limit(void **state)
{
	static const double v[] = {0, 0.49, 0.5, 0.99, 1, 1.49, 1.5, 2.49, 2.5, 90};
	struct picture p = open_picture(12, 1, GLYPHS_BRAILLE);

	(void)state;
	for (int i = 0; i < 10; i++)
		heat_draw(grid_pane(p.g), i, 0, v[i], false);
	heat_draw(grid_pane(p.g), 10, 0, NAN, false);
	heat_draw(grid_pane(p.g), 11, 0, 3, true);
	row_is(&p, 0, "··░░▒▒▓▓██ ?");
	p.g->glyphs = GLYPHS_ASCII;
	row_is(&p, 0, "..--::==## ?");
	close_picture(&p);
}

static void
chart__sparks_go_from_zero_to_their_own_maximum(void **state)
{
	static const double v[] = {0, 2, 4, 8, NAN, 1}, pairs[] = {1, 8, 8, 1, 0, 0};
	struct picture p = open_picture(6, 2, GLYPHS_BRAILLE);

	(void)state;
	/* eighths of 8: 0 and 1 are the lowest block, 2, 4 and 8 of eight steps */
	spark_draw(grid_pane(p.g), 0, 0, 6, STYLE_TEXT, v, 6);
	row_is(&p, 0, "▁▂▄█ ▁");
	spark_draw(grid_pane(p.g), 0, 1, 3, STYLE_TEXT, pairs, 6); /* a cell shows its largest */
	row_is(&p, 1, "██▁");
	close_picture(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(chart__a_dot_per_value),
	    cmocka_unit_test(chart__a_flat_line_with_noise_is_one_dot_thick),
	    cmocka_unit_test(chart__a_spike_never_vanishes),
	    cmocka_unit_test(chart__neighbours_are_joined_and_gaps_are_not),
	    cmocka_unit_test(chart__half_blocks_have_two_rows_a_cell),
	    cmocka_unit_test(chart__ascii_has_a_mark_for_each_series),
	    cmocka_unit_test(chart__the_limit_is_behind_the_line),
	    cmocka_unit_test(chart__a_mark_stands_between_two_values),
	    cmocka_unit_test(chart__times_never_collide),
	    cmocka_unit_test(chart__the_top_of_an_axis_is_a_round_number),
	    cmocka_unit_test(chart__bars_have_eighths),
	    cmocka_unit_test(chart__columns_have_eighths_and_the_reference_whole_rows),
	    cmocka_unit_test(chart__heat_steps_are_shares_of_the_limit),
	    cmocka_unit_test(chart__sparks_go_from_zero_to_their_own_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
