/* test_labels.c -- label sets and their text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/labels.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct arena *mem;

static int
setup(void **state)
{
	(void)state;
	mem = arena_open();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_close(mem);
	return 0;
}

static struct labels
parse(const char *text)
{
	struct err e = ERR_INIT;
	struct labels l = {0};

	if (labels_parse(mem, text, &l, &e) < 0)
		fail_msg("'%s': %s", text, e.text);
	return l;
}

static const char *
format(struct labels l)
{
	struct buf b = BUF_INIT;
	const char *text;

	labels_format(&b, l);
	text = arena_strdup(mem, buf_str(&b));
	buf_release(&b);
	return text;
}

static void
labels__are_sorted_and_without_empty_values(void **state)
{
	static const struct label at[] = {{"z", "1"}, {"a", "2"}, {"m", ""}, {"a", "3"}, {"__name__", "x"}};
	struct labels l = labels_make(mem, at, COUNT(at));

	(void)state;
	assert_string_equal(format(l), "x{a=\"3\",z=\"1\"}");
	assert_string_equal(labels_get(l, "a"), "3");
	assert_string_equal(labels_get(l, "m"), "");
	assert_true(labels_has(l, "z"));
	assert_false(labels_has(l, "b"));
}

static void
labels__of_a_hundred_names_are_sorted_too(void **state)
{
	struct label at[200];
	struct labels l;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(at); i++)
		at[i] = (struct label){arena_printf(mem, "n%03zu", (i * 77) % 150), arena_printf(mem, "%zu", i)};
	l = labels_make(mem, at, COUNT(at));
	assert_int_equal(l.n, 150);
	for (i = 1; i < l.n; i++)
		assert_true(strcmp(l.at[i - 1].name, l.at[i].name) < 0);
	assert_string_equal(labels_get(l, "n000"), "150"); /* the last of the two wins */
}

static void
labels__change_as_asked(void **state)
{
	static const char *const names[] = {"b", "zz"};
	struct labels l = parse("m{a=\"1\",b=\"2\",c=\"3\"}");

	(void)state;
	assert_string_equal(format(labels_with(mem, l, "b", "9")), "m{a=\"1\",b=\"9\",c=\"3\"}");
	assert_string_equal(format(labels_with(mem, l, "bb", "9")), "m{a=\"1\",b=\"2\",bb=\"9\",c=\"3\"}");
	assert_string_equal(format(labels_with(mem, l, "b", "")), "m{a=\"1\",c=\"3\"}");
	assert_string_equal(format(labels_with(mem, l, METRIC_NAME, "")), "{a=\"1\",b=\"2\",c=\"3\"}");
	assert_string_equal(format(labels_keep(mem, l, names, 2)), "{b=\"2\"}");
	assert_string_equal(format(labels_drop(mem, l, names, 2)), "m{a=\"1\",c=\"3\"}");
}

static void
labels__compare_as_prometheus_does(void **state)
{
	static const char *const in_order[] = {"{}",         "a",          "a{b=\"1\"}", "a{b=\"1\",c=\"1\"}",
					       "a{b=\"2\"}", "a{c=\"0\"}", "b",          "{b=\"0\"}"};
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(in_order); i++) {
		for (k = 0; k < COUNT(in_order); k++) {
			struct labels a = parse(in_order[i]), b = parse(in_order[k]);

			assert_int_equal(labels_cmp(a, b), i < k ? -1 : i > k);
			assert_int_equal(labels_equal(a, b), i == k);
			assert_int_equal(labels_hash(a) == labels_hash(b), i == k);
		}
	}
}

static void
labels__are_one_block_when_copied(void **state)
{
	struct labels l = parse("m{a=\"1\",b=\"2\"}"), *copy = labels_dup(l), again = labels_copy(mem, l);

	(void)state;
	assert_true(labels_equal(l, *copy));
	assert_true(labels_equal(l, again));
	assert_ptr_not_equal(l.at[0].name, copy->at[0].name);
	free(copy);
	copy = labels_dup((struct labels){0});
	assert_int_equal(copy->n, 0);
	free(copy);
}

static void
labels__read_what_they_write(void **state)
{
	static const struct {
		const char *text, *written;
	} cases[] = {
	    {"up", "up"},
	    {" up { a = 'x' , } ", "up{a=\"x\"}"},
	    {"{}", "{}"},
	    {"{a=\"q\\\"q\\\\ \\n\\t\"}", "{a=\"q\\\"q\\\\ \\n\\t\"}"},
	    {"{\"a.b\"=\"é\"}", "{\"a.b\"=\"é\"}"},
	    {"{\"my metric\",a=\"1\"}", "{\"my metric\",a=\"1\"}"},
	    {"job:x:sum{le=\"0.5\"}", "job:x:sum{le=\"0.5\"}"},
	    {"m{a=`raw\\n`}", "m{a=\"raw\\\\n\"}"},
	    {"m{a=\"\\u00e9\\x41\"}", "m{a=\"éA\"}"},
	    {"m{a=\"\"}", "m"},
	};
	static const char *const bad[] = {
	    "",   "{",          "m{a}",        "m{a=}", "m{a=b}", "m{a=\"x}", "m{a=\"x\" b=\"y\"}", "m{a=\"x\"}y",
	    "1m", "m{1=\"x\"}", "m{a=\"\\q\"}"};
	struct err e;
	struct labels l;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_string_equal(format(parse(cases[i].text)), cases[i].written);
		assert_string_equal(format(parse(cases[i].written)), cases[i].written);
	}
	for (i = 0; i < COUNT(bad); i++) {
		err_clear(&e);
		if (labels_parse(mem, bad[i], &l, &e) == 0)
			fail_msg("'%s' was read", bad[i]);
		assert_true(err_is_set(&e));
	}
}

static void
labels__know_legacy_names(void **state)
{
	(void)state;
	assert_true(metric_name_is_legacy("a:b_c9"));
	assert_true(metric_name_is_legacy(":x"));
	assert_false(metric_name_is_legacy("9a"));
	assert_false(metric_name_is_legacy(""));
	assert_false(metric_name_is_legacy("a.b"));
	assert_true(label_name_is_legacy("_a9"));
	assert_false(label_name_is_legacy("a:b"));
	assert_false(label_name_is_legacy("é"));
}

/* What Go's strconv.Quote makes of them (unicode.IsPrint: category Cf and blanks but U+0020 are not, marks are), and back. */
static void
labels__what_cannot_be_seen_is_escaped(void **state)
{
	static const struct {
		const char *value, *quoted;
	} cases[] = {
	    {"\xc2\x9b", "\\u009b"},
	    {"\xe2\x80\xae", "\\u202e"},
	    {"\xe2\x80\x8b", "\\u200b"},
	    {"\xe2\x81\xa6", "\\u2066"},
	    {"\xef\xbb\xbf", "\\ufeff"},
	    {"\xc2\xa0", "\\u00a0"},
	    {"\xf3\xa0\x80\x81", "\\U000e0001"},
	    {"e\xcc\x81", "e\xcc\x81"},
	    {"\xef\xbf\xbd", "\xef\xbf\xbd"},
	    {"\xef\xb8\x8f", "\xef\xb8\x8f"},
	    {"\xe6\xbc\xa2", "\xe6\xbc\xa2"},
	    {"\xff\x1b\n", "\\xff\\x1b\\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct label at[] = {{"a", cases[i].value}};
		const char *want = arena_printf(mem, "{a=\"%s\"}", cases[i].quoted);

		assert_string_equal(format(labels_make(mem, at, 1)), want);
		assert_string_equal(labels_get(parse(want), "a"), cases[i].value);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(labels__what_cannot_be_seen_is_escaped),
	    cmocka_unit_test(labels__are_sorted_and_without_empty_values),
	    cmocka_unit_test(labels__of_a_hundred_names_are_sorted_too),
	    cmocka_unit_test(labels__change_as_asked),
	    cmocka_unit_test(labels__compare_as_prometheus_does),
	    cmocka_unit_test(labels__are_one_block_when_copied),
	    cmocka_unit_test(labels__read_what_they_write),
	    cmocka_unit_test(labels__know_legacy_names),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
