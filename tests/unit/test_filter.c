/*
 * test_filter.c -- which rows pass: words, !word, /regex/, label=value, label!=value, label=~/regex/, as docs/dashboard.md says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../ui/filter.h"

static const struct filter_field row[] = {
    {"alertname", "FeatureDrift"}, {"model", "fraud"}, {"feature", "device_age"}, {"state", "silenced 41m more"}};

static bool
passes(const char *text)
{
	struct filter *f = filter_open(text);
	const bool pass = filter_passes(f, row, sizeof row / sizeof *row);

	assert_string_equal(filter_text(f), text);
	filter_close(f);
	return pass;
}

static void
filter__all_words_are_wanted_in_any_field(void **state)
{
	(void)state;
	assert_true(passes(""));
	assert_true(passes("fraud"));
	assert_true(passes("FRAUD drift")); /* without regard to case */
	assert_true(passes("  device   silenced "));
	assert_false(passes("fraud churn"));
}

static void
filter__a_bang_wants_its_absence(void **state)
{
	(void)state;
	assert_true(passes("!churn"));
	assert_false(passes("!fraud"));
	assert_false(passes("fraud !device"));
	assert_false(passes("!")); /* the character itself: in no field */
}

static void
filter__a_label_is_compared_whole(void **state)
{
	(void)state;
	assert_true(passes("model=fraud"));
	assert_true(passes("MODEL=Fraud"));
	assert_false(passes("model=frau"));
	assert_false(passes("team=fraud")); /* a label that the row has not */
	assert_false(passes("model!=fraud"));
	assert_true(passes("model!=churn"));
	assert_true(passes("!model=churn"));
	assert_true(passes("team!=x"));
}

static void
filter__slashes_make_a_regex_that_is_found_anywhere(void **state)
{
	(void)state;
	assert_true(passes("/^feature/"));
	assert_true(passes("/dev.*age$/"));
	assert_false(passes("/^device$/"));
	assert_false(passes("!/fraud|churn/"));
	assert_true(passes("model=~/fr(a|o)ud/"));
	assert_false(passes("feature=/fraud/"));
}

static void
filter__what_is_no_regex_is_a_word(void **state)
{
	(void)state;
	assert_false(passes("/(/")); /* and in no field */
	assert_false(passes("//"));
	assert_false(passes("/"));
}

static void
filter__more_terms_than_there_is_room_for_are_left_out(void **state)
{
	(void)state;
	assert_true(passes("d d d d d d d d d d d d d d d d nowhere"));
	assert_false(passes("d d d d d d d d d d d d d d d nowhere"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(filter__all_words_are_wanted_in_any_field),
	    cmocka_unit_test(filter__a_bang_wants_its_absence),
	    cmocka_unit_test(filter__a_label_is_compared_whole),
	    cmocka_unit_test(filter__slashes_make_a_regex_that_is_found_anywhere),
	    cmocka_unit_test(filter__what_is_no_regex_is_a_word),
	    cmocka_unit_test(filter__more_terms_than_there_is_room_for_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
