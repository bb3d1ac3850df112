/*
 * test_ui_query.c -- the query line: what may follow where its cursor stands, completion, carets under faults, the numbers of an answer,
 * which series are drawn, the command line that prints the same.
 */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../ui/complete.h"
#include "../../ui/fault.h"
#include "../../ui/query_place.h"
#include "../../ui/query_series.h"
#include "../../ui/screen.h"
#include "mlwatch/buf.h"
#include "mlwatch/xalloc.h"

#define NOW INT64_C(1795144462000) /* 2026-11-20T03:14:22Z */

/* ---- where the cursor stands ---- */

static void
query_place__what_follows_is_told_by_what_stands_before(void **state)
{
	static const struct {
		const char *line; /* up to the cursor */
		int what;
		const char *word, *metric, *label;
	} rows[] = {
	    {"", PLACE_EXPRESSION, "", "", ""},
	    {"rat", PLACE_EXPRESSION, "rat", "", ""},
	    {"sum(rate(ml_", PLACE_EXPRESSION, "ml_", "", ""},
	    {"ml_predictions_total{", PLACE_LABEL, "", "ml_predictions_total", ""},
	    {"ml_predictions_total{model=\"fraud\", ver", PLACE_LABEL, "ver", "ml_predictions_total", ""},
	    {"ml_predictions_total {model=~\"fr", PLACE_VALUE, "fr", "ml_predictions_total", "model"},
	    {"{job!=\"", PLACE_VALUE, "", "", "job"},
	    {"{job = '", PLACE_VALUE, "", "", "job"},
	    {"up{a=\"}\", b=\"", PLACE_VALUE, "", "up", "b"}, /* a bracket in quotes is text */
	    {"up{a=\"\\\"\", b", PLACE_LABEL, "b", "up", ""}, /* so is a quote after a backslash */
	    {"up{a=`\\`, b", PLACE_LABEL, "b", "up", ""},     /* in which there is no backslash */
	    {"up{a=\"x\"} + ra", PLACE_EXPRESSION, "ra", "", ""},
	    {"rate(x[", PLACE_DURATION, "", "", ""},
	    {"rate(x[5m:", PLACE_DURATION, "5m:", "", ""},
	    {"sum by (", PLACE_LABEL, "", "", ""},
	    {"a * on(job, mo", PLACE_LABEL, "mo", "", ""},
	    {"sum by (model) (ra", PLACE_EXPRESSION, "ra", "", ""},
	    {"label_replace(up, \"x", PLACE_NOTHING, "", "", ""},
	    {"))) ra", PLACE_EXPRESSION, "ra", "", ""},
	};
	struct query_place p;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char line[128];

		snprintf(line, sizeof line, "%s)} trailing",
			 rows[i].line); /* what stands behind the cursor says nothing */
		query_place(&p, line, strlen(rows[i].line));
		assert_int_equal(p.what, rows[i].what);
		assert_string_equal(p.metric, rows[i].metric);
		assert_string_equal(p.label, rows[i].label);
		if (p.what != PLACE_NOTHING)
			assert_string_equal(rows[i].line + p.from, rows[i].word);
	}
}

/* ---- carets ---- */

static void
assert_row(const struct grid *g, int y, const char *want)
{
	struct buf b = BUF_INIT;

	grid_row_text(g, y, &b);
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

static void
fault__carets_stand_under_what_they_mean(void **state)
{
	static const struct {
		int w;
		const char *text;
		size_t at, n;
		const char *said, *first, *second, *third;
		int rows;
	} cases[] = {
	    {40, "rate(x, 1)", 5, 1, "no range", "rate(x, 1)", "     ^ no range", "", 2},
	    {40, "foo(x)", 0, 3, "unknown", "foo(x)", "^^^ unknown", "", 2},
	    /* no room to the right: to the left */
	    {20, "sum(rate(up[5m]) + x", 19, 1, "what is x", "sum(rate(up[5m]) + x", "         what is x ^", "", 2},
	    /* nor there: below */
	    {20, "sum(rate(up[5m])) + x", 4, 4, "rate has no such thing", "sum(rate(up[5m])) +…", "    ^^^^",
	     "rate has no such th…", 3},
	    /* beyond the width: the line is moved, two thirds of the pane stand before the fault */
	    {12, "abcdefghijklmnopqrstuvwxyz", 20, 2, "", "…mnopqrstuv…", "         ^^", "", 2},
	    /* wide characters take two columns, and so do the carets under them */
	    {20, "\xe6\xbc\xa2\xe6\xbc\xa2x", 3, 3, "!", "\xe6\xbc\xa2\xe6\xbc\xa2x", "  ^^ !", "", 2},
	    /* at the end of the text */
	    {20, "sum(", 4, 0, "unclosed", "sum(", "    ^ unclosed", "", 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct grid *g = grid_open(cases[i].w, 3, GLYPHS_BRAILLE);
		const struct fault f = {cases[i].text, cases[i].at, cases[i].n, false};

		assert_int_equal(fault_rows(cases[i].w, &f, cases[i].said), cases[i].rows);
		assert_int_equal(fault_draw(grid_pane(g), 0, STYLE_TEXT, &f, cases[i].said, STYLE_BAD), cases[i].rows);
		assert_row(g, 0, cases[i].first);
		assert_row(g, 1, cases[i].second);
		assert_row(g, 2, cases[i].third);
		grid_close(g);
	}
	/* columns count characters */
	assert_int_equal(byte_of_column("\xe6\xbc\xa2x", 1), 0);
	assert_int_equal(byte_of_column("\xe6\xbc\xa2x", 2), 3);
	assert_int_equal(byte_of_column("ab", 9), 2);
}

/* ---- a screen with an answer on it ---- */

struct place {
	struct screen s;
	struct snapshot snap;
	struct part_names names;
	struct part_query query;
	struct answer_series series[5];
	struct label label[5];
	double v[5][CHART_POINTS];
};

static void
press(struct place *p, const char *keys)
{
	char name[32];

	while (*keys != '\0') {
		const char *end = *keys == '<' ? strchr(keys, '>') : NULL;

		snprintf(name, sizeof name, "%.*s", end != NULL ? (int)(end - keys - 1) : 1,
			 end != NULL ? keys + 1 : keys);
		keys = end != NULL ? end + 1 : keys + 1;
		screen_key(&p->s, strcmp(name, " ") == 0 ? "Space" : name);
	}
}

/* Series a to e: constant values 5, 4, 3, 2, 1 over the hour before 03:14:15. */
static void
answer(struct place *p, const char *text)
{
	static const char *const name[] = {"{m=\"a\"}", "{m=\"b\"}", "{m=\"c\"}", "{m=\"d\"}", "{m=\"e\"}"};
	static const char *const value[] = {"a", "b", "c", "d", "e"};

	p->query = (struct part_query){.text = text,
				       .span = {NOW - 7000 - 3600000, NOW - 7000},
				       .at = p->series,
				       .n = 5,
				       .n_all = 5,
				       .common = "",
				       .warning = "",
				       .unit = "seconds",
				       .seconds = 0.0041,
				       .rows = 1620};
	for (int i = 0; i < 5; i++) {
		for (int k = 0; k < CHART_POINTS; k++)
			p->v[i][k] = 5 - i;
		p->label[i] = (struct label){"m", value[i]};
		p->series[i] = (struct answer_series){.labels = {&p->label[i], 1},
						      .name = name[i],
						      .brief = name[i],
						      .v = p->v[i],
						      .now = 5 - i,
						      .min = 0.118,
						      .mean = 0.227 - i,
						      .max = 12345.6,
						      .max_ms = NOW - 120000,
						      .n = CHART_POINTS};
	}
	p->snap.query = &p->query;
}

static int
set_up(void **state)
{
	static const char *metrics[] = {"ml_latency_seconds", "ml_predictions_total", "up"};
	static const char *labels[] = {"job", "model"};
	static const char *values[] = {"churn", "fraud", "fraud-eu"};
	struct place *p = xcalloc(1, sizeof *p);

	screen_open(&p->s, grid_open(120, 36, GLYPHS_BRAILLE));
	p->snap.o.agent.host = "here";
	p->snap.o.agent.config_error = "";
	p->snap.t = p->snap.clock = p->s.now = NOW;
	p->names = (struct part_names){metrics, 3, "up{model", labels, values, 2, 3};
	p->snap.names = &p->names;
	p->s.set.utc = true;
	p->s.store_path = "/var/lib/it's/m.db";
	screen_take(&p->s, &p->snap);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;

	screen_close(&p->s);
	grid_close(p->s.grid);
	free(p);
	return 0;
}

static void
complete__tab_adds_what_all_agree_on_then_goes_round(void **state)
{
	struct place *p = *state;

	press(p, "9ml_<Tab>");
	assert_string_equal(p->s.query.text, "ml_");
	assert_string_equal(p->s.hint, "ml_latency_seconds  ml_predictions_total");
	press(p, "<Tab>");
	assert_string_equal(p->s.query.text, "ml_latency_seconds");
	press(p, "<Tab>");
	assert_string_equal(p->s.query.text, "ml_predictions_total");
	press(p, "<Tab>");
	assert_string_equal(p->s.query.text, "ml_latency_seconds");
	press(p, "<C-u>ml_p<Tab>");
	assert_string_equal(p->s.query.text, "ml_predictions_total");
	press(p, "<C-u>histogram_q<Tab>(0.9, up{mo<Tab>");
	assert_string_equal(p->s.query.text, "histogram_quantile(0.9, up{mo"); /* names of another place are there */
	assert_string_equal(p->s.hint, "names are being read, Tab again");
	p->names.of = "up";
	press(p, "<Tab>=\"");
	assert_string_equal(p->s.query.text, "histogram_quantile(0.9, up{model=\"");
	p->names.of = "up{model";
	press(p, "fr<Tab>");
	assert_string_equal(p->s.query.text, "histogram_quantile(0.9, up{model=\"fraud");
	assert_string_equal(p->s.hint, "fraud  fraud-eu");
	press(p, "\"}[<Tab>");
	assert_string_equal(p->s.hint, "1m  5m  15m  1h  6h  1d  7d");
}

static void
query__what_is_wrong_stays_open_at_the_fault(void **state)
{
	struct place *p = *state;

	press(p, "9rate(up)<Enter>"); /* column 6: up is no range */
	assert_int_equal(p->s.input, INPUT_QUERY);
	assert_int_equal(p->s.query.cursor, 5);
	assert_string_equal(p->s.asked, "rate(up)");
	press(p, "<C-e><Backspace>[5m])<Enter>");
	assert_int_equal(p->s.input, INPUT_NONE);
	assert_string_equal(p->s.asked, "rate(up[5m])");
	press(p, "i<Up><Up>");
	assert_string_equal(p->s.query.text, "rate(up)");
	press(p, "<Esc>"); /* what was asked goes on being shown */
	assert_string_equal(p->s.asked, "rate(up[5m])");
}

/* The title of the mock-up, and its numbers: three digits whatever the size. */
static void
query__an_answer_says_how_much_it_took(void **state)
{
	struct place *p = *state;
	struct buf b = BUF_INIT;
	char number[16];

	press(p, "9x<Enter>");
	answer(p, p->s.asked);
	screen_take(&p->s, &p->snap);
	screen_draw(&p->s);
	grid_row_text(p->s.grid, 5, &b);
	assert_non_null(strstr(buf_str(&b), "┌ 5 series, 4.1 ms, 1 620 rows read ─"));
	assert_non_null(strstr(buf_str(&b), "─ thousands, seconds ─┐"));
	buf_reset(&b);
	grid_row_text(p->s.grid, 26, &b);
	/* columns as in the mock-up: NOW ends at 54, MIN at 64, MEAN at 74, MAX at 84 */
	assert_non_null(strstr(buf_str(&b), "│▸.  {m=\"a\"}                                          5     0.118     "
					    "0.227    12 346  03:12  "));
	buf_release(&b);
	series_number(number, 0.0190);
	assert_string_equal(number, "0.0190");
	series_number(number, 0.5);
	assert_string_equal(number, "0.500");
	series_number(number, -0.25);
	assert_string_equal(number, "-0.250");
	series_number(number, 84.12);
	assert_string_equal(number, "84.1");
	series_number(number, NAN);
	assert_string_equal(number, "-");
}

static const char *
drawn(const struct place *p, char out[8])
{
	size_t row[DRAWN_SERIES], n = series_drawn(&p->s, row);

	for (size_t i = 0; i < n; i++)
		out[i] = p->label[row[i]].value[0];
	out[n] = '\0';
	return out;
}

static void
query__the_list_says_what_is_drawn(void **state)
{
	struct place *p = *state;
	char out[8];

	press(p, "9x<Enter>");
	answer(p, "x");
	screen_take(&p->s, &p->snap);
	assert_string_equal(drawn(p, out), "abc");
	press(p, "jjj"); /* the cursor is on d */
	assert_string_equal(drawn(p, out), "abd");
	press(p, "I"); /* reversed: e d c b a */
	assert_string_equal(drawn(p, out), "edc");
	press(p, "I/m=c<Enter>");
	assert_string_equal(drawn(p, out), "c");
	press(p, "<Esc>gj jj "); /* b and e are marked */
	assert_string_equal(drawn(p, out), "be");
}

/* What a shell makes of it: the arguments, one a line. */
static void
assert_arguments(char *command, const char *want)
{
	struct buf script = BUF_INIT, got = BUF_INIT;
	FILE *f;
	char text[256];

	buf_addf(&script, "mlwatch() { printf '%%s\\n' \"$@\"; }; %s", command);
	f = popen(buf_str(&script), "r");
	assert_non_null(f);
	while (fgets(text, sizeof text, f) != NULL)
		buf_addstr(&got, text);
	assert_int_equal(pclose(f), 0);
	assert_string_equal(buf_str(&got), want);
	buf_release(&script);
	buf_release(&got);
}

static void
query__y_takes_the_command_line_quoted(void **state)
{
	struct place *p = *state;
	char said[80];

	press(p, "9x<Enter>");
	answer(p, "-up{a='$(touch x)`\\'} > 0; rm");
	screen_take(&p->s, &p->snap);
	press(p, "y");
	snprintf(said, sizeof said, "copied: the command line that prints this, %zu bytes", strlen(p->s.wish.copy));
	assert_string_equal(p->s.hint, said);
	assert_arguments(p->s.wish.copy,
			 "query\nrange\n--start\n2026-11-20T02:14:30.000Z\n--end\n2026-11-20T03:14:15.000Z\n"
			 "--step\n15s\n--store\n/var/lib/it's/m.db\n--\n-up{a='$(touch x)`\\'} > 0; rm\n");
	p->query.instant = true;
	press(p, "y");
	assert_arguments(p->s.wish.copy, "query\n--time\n2026-11-20T03:14:15.000Z\n--store\n/var/lib/it's/m.db\n--\n"
					 "-up{a='$(touch x)`\\'} > 0; rm\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(query_place__what_follows_is_told_by_what_stands_before),
	    cmocka_unit_test(fault__carets_stand_under_what_they_mean),
	    cmocka_unit_test_setup_teardown(complete__tab_adds_what_all_agree_on_then_goes_round, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(query__what_is_wrong_stays_open_at_the_fault, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(query__an_answer_says_how_much_it_took, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(query__the_list_says_what_is_drawn, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(query__y_takes_the_command_line_quoted, set_up, tear_down),
	};

	setlocale(LC_CTYPE, "C.UTF-8"); /* widths */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
