/*
 * test_ui_take.c -- what is taken away from the screen is whole and harmless wherever it is pasted; what a list cannot be sorted by; what is
 * remembered between two terminals. Expected values are written by hand.
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

#define OVERRIDE "\xe2\x80\xae"

static int
set_up(void **state)
{
	*state = made_open(80, 24, GLYPHS_BRAILLE);
	return 0;
}

static int
tear_down(void **state)
{
	made_close(*state);
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
	assert_string_equal(m->screen.hint, "nothing to sort by called 'STATE' here");
	screen_draw(&m->screen);
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
	fputs("theme: mono\nsort: {outbox: STATE}\n", f);
	fclose(f);
	m->screen.hint[0] = '\0';
	remembered_load(&m->screen);
	assert_string_equal(m->screen.hint, "top.yml:2:16: nothing to sort by called 'STATE'");
	made_keys(m, "7");
	screen_draw(&m->screen);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(take__a_row_is_copied_whole, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(take__what_is_copied_is_harmless, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(sort__by_what_can_be_sorted_by, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(remember__glyphs_that_nobody_chose_are_the_terminals, set_up, tear_down),
	};

	setlocale(LC_CTYPE, "C.UTF-8"); /* widths */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
