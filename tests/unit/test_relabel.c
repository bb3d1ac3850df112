/*
 * test_relabel.c -- relabel rules against what a real Prometheus 2.42 made of the same target
 * (tests/data/relabel/cases.json, made by tests/tools/relabel_cases.py); mistakes in rules with their positions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "mlwatch/arena.h"
#include "mlwatch/matcher.h"
#include "mlwatch/md5.h"
#include "mlwatch/relabel.h"

static struct labels
labels_of(struct arena *mem, json_t *object)
{
	struct label at[64];
	size_t n = 0;
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value) at[n++] = (struct label){name, json_string_value(value)};
	return labels_make(mem, at, n);
}

/* As a target is made of it: instance defaults to the address, what starts with __ goes, no address: no target. */
static bool
finish(struct arena *mem, struct labels *l)
{
	struct label at[64];
	size_t n = 0;
	const char *address = labels_get(*l, "__address__");

	if (address[0] == '\0')
		return false;
	if (!labels_has(*l, "instance"))
		*l = labels_with(mem, *l, "instance", address);
	for (size_t i = 0; i < l->n; i++)
		if (strncmp(l->at[i].name, "__", 2) != 0)
			at[n++] = l->at[i];
	*l = labels_make(mem, at, n);
	return true;
}

static void
check_case(json_t *c)
{
	struct arena *mem = arena_open();
	struct errlist errors = ERRLIST_INIT;
	struct yaml_file f;
	struct relabel r = {NULL, 0};
	const char *rules = json_string_value(json_object_get(c, "rules"));
	json_t *after = json_object_get(c, "after");
	struct labels got = labels_of(mem, json_object_get(c, "before")), want;
	bool keep;

	assert_int_equal(yaml_parse(&f, "rules.yml", rules, strlen(rules), false, &errors), 0);
	if (!relabel_read(&f, f.root, &r))
		fail_msg("'%s' is refused: %s", rules, errors.n != 0 ? errors.at[0].text : "");
	keep = relabel_apply(&r, mem, &got) && finish(mem, &got);
	if (keep != json_is_object(after))
		fail_msg("'%s': kept is %d", rules, keep);
	if (keep) {
		want = labels_of(mem, after);
		for (size_t i = 0; i < got.n || i < want.n; i++)
			if (i >= got.n || i >= want.n || strcmp(got.at[i].name, want.at[i].name) != 0 ||
			    strcmp(got.at[i].value, want.at[i].value) != 0)
				fail_msg("'%s': label %zu is %s=%s, not %s=%s", rules, i,
					 i < got.n ? got.at[i].name : "", i < got.n ? got.at[i].value : "",
					 i < want.n ? want.at[i].name : "", i < want.n ? want.at[i].value : "");
	}
	relabel_release(&r);
	yaml_release(&f);
	errlist_release(&errors);
	arena_close(mem);
}

static void
relabel__does_what_prometheus_does(void **state)
{
	json_error_t je;
	json_t *cases = json_load_file("tests/data/relabel/cases.json", 0, &je), *c;
	size_t i;

	(void)state;
	assert_true(json_array_size(cases) > 50);
	json_array_foreach(cases, i, c) check_case(c);
	json_decref(cases);
}

/* The verdicts are those of promtool check config 2.42 on the same rules. */
static void
relabel__refuses_what_prometheus_refuses(void **state)
{
	static const struct {
		const char *rules;
		int line, column;
	} cases[] = {
	    {"- action: replase\n", 1, 11},
	    {"- regex: x\n", 1, 3},
	    {"- {action: hashmod, target_label: x}\n", 1, 3},
	    {"- {action: hashmod, modulus: 3}\n", 1, 3},
	    {"- {action: hashmod, modulus: 3, target_label: $1}\n", 1, 47},
	    {"- target_label: 1x\n", 1, 17},
	    {"- target_label: a-b\n", 1, 17},
	    {"- target_label: ${1\n", 1, 17},
	    {"- source_labels: [ok, not-ok]\n  target_label: x\n", 1, 23},
	    {"- target_label: x\n  regex: 'a('\n", 2, 10},
	    {"- action: labelmap\n  replacement: a-b\n", 2, 16},
	    {"- action: labeldrop\n  regex: x\n  target_label: y\n", 1, 3},
	    {"- action: labelkeep\n  regex: x\n  source_labels: [y]\n", 1, 3},
	    {"- action: keepequal\n  source_labels: [a]\n  target_label: b\n  regex: x\n", 1, 3},
	    {"- action: lowercase\n  source_labels: [a]\n  target_label: b\n  replacement: x\n", 4, 16},
	    {"- action: lowercase\n  source_labels: [a]\n", 1, 3},
	    {"- modulos: 3\n  target_label: x\n", 1, 3},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct errlist errors = ERRLIST_INIT;
		struct yaml_file f;
		struct relabel r = {NULL, 0};
		assert_int_equal(yaml_parse(&f, "r.yml", cases[i].rules, strlen(cases[i].rules), false, &errors), 0);
		assert_false(relabel_read(&f, f.root, &r));
		assert_int_equal(errors.errors, 1);
		if (errors.at[0].line != cases[i].line || errors.at[0].column != cases[i].column)
			fail_msg("'%s': %d:%d: %s", cases[i].rules, errors.at[0].line, errors.at[0].column,
				 errors.at[0].text);
		relabel_release(&r);
		yaml_release(&f);
		errlist_release(&errors);
	}
}

/* RFC 1321, A.5 */
static void
relabel__md5_is_md5(void **state)
{
	static const struct {
		const char *text, *sum;
	} cases[] = {
	    {"", "d41d8cd98f00b204e9800998ecf8427e"},
	    {"a", "0cc175b9c0f1b6a831c399e269772661"},
	    {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
	    {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"},
	    {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
	     "57edf4a22be3c955ac49da2e2107b67a"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint8_t sum[16];
		char text[33];
		md5(cases[i].text, strlen(cases[i].text), sum);
		for (int j = 0; j < 16; j++)
			snprintf(text + 2 * j, 3, "%02x", sum[j]);
		assert_string_equal(text, cases[i].sum);
	}
}

static void
relabel__without_rules_nothing_changes(void **state)
{
	struct arena *mem = arena_open();
	struct relabel r = {NULL, 0};
	struct label one[] = {{"a", "1"}};
	struct labels l = {one, 1};

	(void)state;
	assert_true(relabel_apply(&r, mem, &l));
	assert_ptr_equal(l.at, one);
	arena_close(mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(relabel__does_what_prometheus_does),
	    cmocka_unit_test(relabel__refuses_what_prometheus_refuses),
	    cmocka_unit_test(relabel__md5_is_md5),
	    cmocka_unit_test(relabel__without_rules_nothing_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
