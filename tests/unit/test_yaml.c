/* test_yaml.c -- the tree, its positions, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlwatch/buf.h"
#include "mlwatch/yaml.h"

static struct yaml_file file;
static struct errlist errors;

static const struct yaml_node *
parse(const char *text)
{
	yaml_release(&file);
	errlist_release(&errors);
	yaml_parse(&file, "t.yml", text, strlen(text), false, &errors);
	return file.root;
}

static int
teardown(void **state)
{
	(void)state;
	yaml_release(&file);
	errlist_release(&errors);
	return 0;
}

/* Every "@" in the values must be reported where it stands in the source: the test finds it there by itself. */
static void
check_marks(const struct yaml_node *n, int *count)
{
	size_t i, lines = 0;
	int line, column, k;
	const char *p;

	for (i = 0; n->text != NULL && n->text[i] != '\0'; i++) {
		if (n->text[i] != '@')
			continue;
		yaml_position(&file, n, i, &line, &column);
		p = file.source;
		for (lines = 1; (int)lines < line; lines++)
			p = strchr(p, '\n') + 1;
		for (k = 1; k < column; k++) /* columns are characters */
			for (p++; (*p & 0xC0) == 0x80;)
				p++;
		if (*p != '@' || p[1] != n->text[i + 1])
			fail_msg("'@%c' said to be at %d:%d", n->text[i + 1], line, column);
		(*count)++;
	}
	for (i = 0; i < n->n; i++)
		check_marks(n->items[i], count);
}

static void
yaml__finds_the_place_inside_every_kind_of_scalar(void **state)
{
	static const struct {
		const char *text;
		int marks;
	} cases[] = {
	    {"a: x @1 y @2\n", 2},
	    {"a: 'it''s @1'\n", 1},
	    {"a: \"q\\\"\\u00e9\\x41\\n @1 \\\n   @2\"\n", 2},
	    {"a: \"one\n  two @1\n\n  @2\"\n", 2},
	    {"a: one\n  two @1\n\n\n  thr\xc3\xa9 @2\n", 2},
	    {"a: |\n  x @1\n    y @2\n\n  z @3\n", 3},
	    {"a: |-\n\n  x @1\n", 1},
	    {"a: |2\n    x @1\n  y @2\n", 2},
	    {"a: >\n  fold @1\n  more @2\n\n  para @3\n    indented @4\n  last @5\n", 5},
	    {"a: >-\r\n  fold @1\r\n  more @2\r\n", 2},
	    {"a: &anchor !!str tagged @1\n", 1},
	    {"- {k: [\"\xc3\xa9\", '@1', x @2]}\n", 2},
	    {"a:\n  - b: |\n      deep @1\n      @2\n    c: @3\n", -1},
	    {"a:\n  - b: |\n      sum(@1)\n        / @2\n    c: x@3\n", 3},
	};
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct yaml_node *root = parse(cases[i].text);

		assert_int_equal(root == NULL, cases[i].marks < 0);
		n = 0;
		if (root != NULL)
			check_marks(root, &n);
		if (cases[i].marks >= 0)
			assert_int_equal(n, cases[i].marks);
	}
}

static void
yaml__merges_and_aliases(void **state)
{
	const struct yaml_node *root = parse("base: &b {x: 1, y: 2}\nother: &o {y: 3, z: 4}\n"
					     "a: {<<: *b, x: 9}\nc: {<<: [*b, *o]}\nd: *b\n");
	const struct yaml_node *a = yaml_get(root, "a"), *c = yaml_get(root, "c");

	(void)state;
	assert_string_equal(yaml_get(a, "x")->text, "9");
	assert_string_equal(yaml_get(a, "y")->text, "2");
	assert_string_equal(yaml_get(c, "y")->text, "2"); /* the earlier of a list wins */
	assert_string_equal(yaml_get(c, "z")->text, "4");
	assert_ptr_equal(yaml_get(root, "d"), yaml_get(root, "base"));
}

static void
yaml__refuses_what_cannot_be_right(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
	    {"a: 1\nb: 2\na: 3\n", "key 'a' stands twice"},
	    {"a: [1, 2\n", "not YAML"},
	    {"a: *nobody\n", "alias without an anchor"},
	    {"a: &x [*x]\n", "alias without an anchor"},
	    {"? [a]\n: b\n", "a key must be a word"},
	    {"a: \"\\0\"\n", "NUL"},
	    {"a: \xff\n", "not YAML"},
	    {"\ta: 1\n", "not YAML"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		parse(cases[i].text);
		if (errors.n == 0 || strstr(errors.at[0].text, cases[i].said) == NULL)
			fail_msg("'%s': %s", cases[i].text, errors.n > 0 ? errors.at[0].text : "nothing said");
	}
}

/* Nine levels of nine aliases each would be a thousand million nodes to whoever walks them. */
static void
yaml__bounds_what_aliases_expand_to(void **state)
{
	struct buf b = BUF_INIT;
	int i, k;

	(void)state;
	buf_addstr(&b, "l0: &l0 [a,a,a,a,a,a,a,a,a]\n");
	for (i = 1; i < 9; i++) {
		buf_addf(&b, "l%d: &l%d [", i, i);
		for (k = 0; k < 9; k++)
			buf_addf(&b, "%s*l%d", k > 0 ? "," : "", i - 1);
		buf_addstr(&b, "]\n");
	}
	assert_null(parse(b.p));
	assert_int_equal(errors.errors, 1);
	buf_release(&b);
}

static void
yaml__reads_only_the_first_document(void **state)
{
	(void)state;
	assert_string_equal(yaml_get(parse("---\na: 1\n---\na: [\n"), "a")->text, "1");
	assert_null(parse(""));
	assert_int_equal(errors.errors, 0);
	assert_null(parse("# only a comment\n"));
	assert_null(parse("---\n"));
	assert_int_equal(errors.errors, 0);
}

static void
yaml__tells_null_from_text(void **state)
{
	const struct yaml_node *root = parse("a:\nb: ~\nc: null\nd: 'null'\ne: \"\"\nf: !!str\n");

	(void)state;
	assert_null(yaml_get(root, "a"));
	assert_null(yaml_get(root, "b"));
	assert_null(yaml_get(root, "c"));
	assert_string_equal(yaml_get(root, "d")->text, "null");
	assert_string_equal(yaml_get(root, "e")->text, "");
	assert_string_equal(yaml_get(root, "f")->text, "");
}

static void
yaml__reads_values_of_a_kind(void **state)
{
	const struct yaml_node *r =
	    parse("t: yes\nf: Off\nq: 'true'\ni: 1_000\ne: 2e3\nh: 1.5\nd: 1h30m\ns: 1.5KiB\nn: -7\ninf: -.inf\n");
	int64_t v = 0;
	double d = 0;
	bool b = false;

	(void)state;
	assert_true(yaml_bool(&file, yaml_get(r, "t"), &b) && b);
	assert_true(yaml_bool(&file, yaml_get(r, "f"), &b) && !b);
	assert_true(yaml_int(&file, yaml_get(r, "i"), 0, 5000, &v) && v == 1000);
	assert_true(yaml_int(&file, yaml_get(r, "e"), 0, 5000, &v) && v == 2000);
	assert_true(yaml_duration(&file, yaml_get(r, "d"), &v) && v == 5400000);
	assert_true(yaml_size(&file, yaml_get(r, "s"), &v) && v == 1536);
	assert_true(yaml_double(&file, yaml_get(r, "n"), &d) && d == -7);
	assert_true(yaml_double(&file, yaml_get(r, "inf"), &d) && d < -1e308);
	assert_int_equal(errors.errors, 0);
	assert_false(yaml_bool(&file, yaml_get(r, "q"), &b));
	assert_false(yaml_int(&file, yaml_get(r, "h"), 0, 10, &v));
	assert_false(yaml_int(&file, yaml_get(r, "n"), 0, 10, &v));
	assert_false(yaml_duration(&file, yaml_get(r, "i"), &v));
	assert_int_equal(errors.errors, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(yaml__finds_the_place_inside_every_kind_of_scalar),
	    cmocka_unit_test(yaml__merges_and_aliases),
	    cmocka_unit_test(yaml__refuses_what_cannot_be_right),
	    cmocka_unit_test(yaml__bounds_what_aliases_expand_to),
	    cmocka_unit_test(yaml__reads_only_the_first_document),
	    cmocka_unit_test(yaml__tells_null_from_text),
	    cmocka_unit_test(yaml__reads_values_of_a_kind),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
