/*
 * test_ui_take.c -- what is taken away from the screen is whole and harmless wherever it is pasted; what is typed behind a colon: times, what a
 * list is sorted by; what is remembered between two terminals. Expected values are written by hand.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../ui/remember.h"
#include "../../ui/take.h"
#include "../ui_made.h"
#include "mlwatch/clock.h"

#define OVERRIDE "\xe2\x80\xae"

static int
set_up(void **state)
{
	*state = made_open(80, 24, GLYPHS_BRAILLE);
	return 0;
}

static const char *
copied(struct made *m, const char *keys)
{
	free(m->screen.wish.copy);
	m->screen.wish.copy = NULL;
	made_keys(m, keys);
	return m->screen.wish.copy != NULL ? m->screen.wish.copy : "";
}

static void
take__a_row_is_copied_whole(void **state)
{
	struct made *m = *state;

	m->alerts[0].on = "fraud a_feature_whose_name_is_longer_than_any_column_is_wide";
	m->alerts[0].state_text = "FIRING, and what else there is to say of it in that column";
	screen_draw(&m->screen);
	assert_null(strstr(made_row(m, 4), "than_any_column_is_wide")); /* cut on the screen */
	assert_non_null(strstr(copied(m, "y"),
			       "DriftShareHigh  fraud a_feature_whose_name_is_longer_than_any_column_is_wide  42 %"));
	assert_non_null(strstr(m->screen.wish.copy, "FIRING, and what else there is to say of it in that column"));
	assert_null(strchr(m->screen.wish.copy, '\n'));
	assert_true(strncmp(m->screen.wish.copy, "✗ ", strlen("✗ ")) == 0); /* without the cursor's mark */
}

static void
take__what_is_copied_is_harmless(void **state)
{
	struct made *m = *state;
	struct buf b = BUF_INIT;

	m->alerts[0].runbook = "https://x/\nrm -rf ~\n" OVERRIDE "\x1b]52;c;eA==\x07\xc2\x9b";
	m->alerts[0].summary = "a" OVERRIDE "b\x1b[2J";
	assert_string_equal(copied(m, "u"), "https://x/ rm -rf ~ ··]52;c;eA==··");
	assert_non_null(strchr(copied(m, "Y"), '\n')); /* JSON keeps its lines */
	assert_null(strstr(m->screen.wish.copy, OVERRIDE));
	assert_null(strchr(m->screen.wish.copy, '\x1b'));
	/* what is no link goes to the terminal as text */
	link_sequence(&b, m->alerts[0].runbook, false);
	assert_string_equal(buf_str(&b), "https://x/ rm -rf ~ ··]52;c;eA==··");
	buf_reset(&b);
	link_sequence(&b, "https://x/", false);
	assert_string_equal(buf_str(&b), "\033]8;;https://x/\033\\https://x/\033]8;;\033\\");
	buf_release(&b);
}

static void
type_line(struct made *m, const char *line)
{
	char key[2] = "";

	for (; *line != '\0'; line++) {
		key[0] = *line;
		screen_key(&m->screen, *line == ' ' ? "Space" : key);
	}
	screen_key(&m->screen, "Enter");
}

static void
sort__by_what_can_be_sorted_by(void **state)
{
	struct made *m = *state;

	screen_draw(&m->screen);
	type_line(m, ":sort alert");
	assert_int_equal(table_at(&m->screen, TABLE_ALERTS), 0); /* DriftShareHigh is the first of the alphabet, too */
	assert_string_equal(m->screen.hint, "");
	type_line(m, ":sort LAST HOUR"); /* a picture */
	assert_string_equal(m->screen.hint, "nothing to sort by called 'LAST HOUR' here");
	type_line(m, ":sort nothing");
	assert_string_equal(m->screen.hint, "nothing to sort by called 'nothing' here");
	made_keys(m, "7 Tab"); /* lists that come newest first */
	type_line(m, ":sort STATE");
	assert_string_equal(m->screen.hint, "");
	screen_draw(&m->screen);
}

/* It is 03:14:22 at +01:00. */
static void
times__are_of_the_clock_that_is_shown(void **state)
{
	static const struct {
		const char *line;
		bool utc;
		int64_t from, to; /* to 0: now */
	} cases[] = {
	    {":range 02:00 03:00", false, AT(2, 0, 0), AT(3, 0, 0)},
	    {":range 01:00 02:00", true, AT(2, 0, 0), AT(3, 0, 0)},
	    {":range 22:00 23:00", false, AT(-2, 0, 0), AT(-1, 0, 0)}, /* yesterday */
	    {":range 23:30 01:00:30", false, AT(-1, 30, 0), AT(1, 0, 30)},
	    {":range 03:00 03:20", false, AT(3, 0, 0), 0}, /* as long as that, and not over */
	    {":goto 02:00", false, AT(1, 30, 0), AT(2, 30, 0)},
	    {":goto 01:00", true, AT(1, 30, 0), AT(2, 30, 0)},
	    {":goto 23:00", false, AT(-2, 30, 0), AT(-1, 30, 0)},
	    {":range 2026-11-20T01:00:00Z 2026-11-20T02:00:00Z", false, AT(2, 0, 0), AT(3, 0, 0)},
	};
	struct made *m = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		m->screen.set.utc = cases[i].utc;
		m->screen.set.range_ms = MS_HOUR;
		m->screen.end_ms = 1;
		type_line(m, cases[i].line);
		assert_string_equal(m->screen.hint, "");
		assert_int_equal(m->screen.end_ms, cases[i].to);
		if (cases[i].to > 0)
			assert_int_equal(m->screen.end_ms - m->screen.set.range_ms, cases[i].from);
	}
	type_line(m, ":goto 25:00");
	assert_string_equal(m->screen.hint, "not a time: '25:00': 02:36, -2h, 2026-11-20T02:36:00Z");
	type_line(m, ":range 03:00 03:00");
	assert_string_equal(m->screen.hint, "not a range: '03:00 03:00': 5m, 6h, 30d, or two times, 02:00 03:15");
}

/* One row of a list is one of its rows, not its titles; Tab goes on to what has no room. */
static void
small__a_list_of_one_row(void **state)
{
	struct made *m = *state;

	grid_resize(m->screen.grid, 20, 3);
	made_keys(m, "3");
	assert_string_equal(made_row(m, 2), "▸✗ fraud   3 firing");
	grid_resize(m->screen.grid, 40, 10);
	made_keys(m, "5 Tab");
	assert_true(made_shows(m, "─ fraud-health ─"));
	made_keys(m, "S-Tab");
	assert_true(made_shows(m, "─ Targets and health checks: 1 ─"));
}

static void
remember__glyphs_that_nobody_chose_are_the_terminals(void **state)
{
	char dir[] = "/tmp/mlwatch-take-XXXXXX", path[64], command[80];
	struct made *m = *state;
	FILE *f;

	assert_non_null(mkdtemp(dir));
	setenv("XDG_CONFIG_HOME", dir, 1);
	snprintf(path, sizeof path, "%s/mlwatch/top.yml", dir);
	/* on a terminal without more than ASCII another theme is chosen */
	m->screen.grid->glyphs = GLYPHS_ASCII;
	made_keys(m, "t");
	remembered_save(&m->screen);
	m->screen.grid->glyphs = GLYPHS_BRAILLE;
	remembered_load(&m->screen);
	assert_int_equal(m->screen.grid->glyphs, GLYPHS_BRAILLE);
	/* what was chosen is remembered, also by a terminal that cannot show as much */
	type_line(m, ":glyphs block");
	remembered_save(&m->screen);
	m->screen.grid->glyphs = GLYPHS_ASCII;
	remembered_load(&m->screen);
	assert_int_equal(m->screen.grid->glyphs, GLYPHS_ASCII);
	remembered_save(&m->screen);
	m->screen.grid->glyphs = GLYPHS_BRAILLE;
	remembered_load(&m->screen);
	assert_int_equal(m->screen.grid->glyphs, GLYPHS_BLOCK);
	/* mistakes are said and nothing else */
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("theme: mono\nsort: {alerts: LAST HOUR}\n", f);
	fclose(f);
	m->screen.hint[0] = '\0';
	remembered_load(&m->screen);
	assert_string_equal(m->screen.hint, "top.yml:2:16: nothing to sort by called 'LAST HOUR'");
	made_keys(m, "7");
	screen_draw(&m->screen);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(take__a_row_is_copied_whole, set_up, made_tear_down),
	    cmocka_unit_test_setup_teardown(take__what_is_copied_is_harmless, set_up, made_tear_down),
	    cmocka_unit_test_setup_teardown(sort__by_what_can_be_sorted_by, set_up, made_tear_down),
	    cmocka_unit_test_setup_teardown(times__are_of_the_clock_that_is_shown, set_up, made_tear_down),
	    cmocka_unit_test_setup_teardown(small__a_list_of_one_row, set_up, made_tear_down),
	    cmocka_unit_test_setup_teardown(remember__glyphs_that_nobody_chose_are_the_terminals, set_up,
					    made_tear_down),
	};

	setlocale(LC_CTYPE, "C.UTF-8"); /* widths */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
