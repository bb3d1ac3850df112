/*
 * test_line.c -- editing a line by keys: whole characters, words, and what was typed before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../ui/line.h"

/* Keys separated by blanks. */
static void
type(struct line *l, const char *keys)
{
	char copy[256], *rest = copy, *key;

	strcpy(copy, keys);
	while ((key = strsep(&rest, " ")) != NULL)
		line_key(l, key);
}

static void
line__typing_goes_in_at_the_cursor(void **state)
{
	struct line l;

	(void)state;
	line_set(&l, "");
	type(&l, "a c Left b End d Space e");
	assert_string_equal(l.text, "abcd e");
	type(&l, "Home x");
	assert_string_equal(l.text, "xabcd e");
	assert_int_equal(l.cursor, 1);
}

static void
line__a_character_is_taken_out_whole(void **state)
{
	struct line l;

	(void)state;
	line_set(&l, "aä漢");
	type(&l, "Backspace");
	assert_string_equal(l.text, "aä");
	type(&l, "Left Delete");
	assert_string_equal(l.text, "a");
	type(&l, "Backspace Backspace Backspace");
	assert_string_equal(l.text, "");
	type(&l, "Left Delete Right é");
	assert_string_equal(l.text, "é");
}

static void
line__words_and_ends_are_cut(void **state)
{
	struct line l;

	(void)state;
	line_set(&l, "one two  three");
	type(&l, "C-w");
	assert_string_equal(l.text, "one two  ");
	type(&l, "C-w");
	assert_string_equal(l.text, "one ");
	line_set(&l, "before|after");
	type(&l, "C-a Right Right Right Right Right Right C-k");
	assert_string_equal(l.text, "before");
	type(&l, "Left Left C-u");
	assert_string_equal(l.text, "re");
	assert_int_equal(l.cursor, 0);
}

static void
line__it_does_not_grow_beyond_its_room(void **state)
{
	struct line l;

	(void)state;
	line_set(&l, "");
	for (int i = 0; i < LINE_BYTES + 100; i++)
		line_key(&l, "x");
	assert_int_equal(strlen(l.text), LINE_BYTES - 1);
	assert_true(line_key(&l, "漢"));
	assert_int_equal(strlen(l.text), LINE_BYTES - 1);
}

static void
line__keys_that_are_none_of_a_lines_are_told(void **state)
{
	struct line l;

	(void)state;
	line_set(&l, "x");
	assert_false(line_key(&l, "F5"));
	assert_false(line_key(&l, "PgUp"));
	assert_string_equal(l.text, "x");
}

static void
history__up_and_down_come_back_to_what_was_typed(void **state)
{
	struct line_history h = {.n = 0};
	struct line l;

	(void)state;
	history_add(&h, "first");
	history_add(&h, "second");
	history_add(&h, "second"); /* once */
	history_add(&h, "");       /* nothing */
	line_set(&l, "half ty");
	assert_true(history_key(&h, &l, "Up"));
	assert_string_equal(l.text, "second");
	history_key(&h, &l, "Up");
	assert_string_equal(l.text, "first");
	history_key(&h, &l, "Up"); /* there is nothing older */
	assert_string_equal(l.text, "first");
	history_key(&h, &l, "Down");
	history_key(&h, &l, "Down");
	assert_string_equal(l.text, "half ty");
	history_key(&h, &l, "Down");
	assert_string_equal(l.text, "half ty");
	assert_false(history_key(&h, &l, "x"));
	history_release(&h);
}

static void
history__the_oldest_go(void **state)
{
	struct line_history h = {.n = 0};
	struct line l;
	char text[2] = "";

	(void)state;
	for (int i = 0; i < LINE_HISTORY + 5; i++) {
		text[0] = (char)('0' + i);
		history_add(&h, text);
	}
	line_set(&l, "");
	for (int i = 0; i < LINE_HISTORY + 20; i++)
		history_key(&h, &l, "Up");
	assert_int_equal(l.text[0], '0' + 5);
	history_release(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(line__typing_goes_in_at_the_cursor),
	    cmocka_unit_test(line__a_character_is_taken_out_whole),
	    cmocka_unit_test(line__words_and_ends_are_cut),
	    cmocka_unit_test(line__it_does_not_grow_beyond_its_room),
	    cmocka_unit_test(line__keys_that_are_none_of_a_lines_are_told),
	    cmocka_unit_test(history__up_and_down_come_back_to_what_was_typed),
	    cmocka_unit_test(history__the_oldest_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
