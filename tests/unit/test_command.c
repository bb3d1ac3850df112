/* test_command.c -- flags as GNU has them, help that fits a screen, and completions that name every flag. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlwatch/err.h"

#include "../../src/cmd/command_private.h"

struct opts {
	bool flag;
	int count, choice;
	const char *text;
	struct option_list list;
	int64_t n, ms, bytes, time, watch;
	double share;
};

#define AT(f) offsetof(struct opts, f)
static const struct option_spec rows[] = {
    {"flag", 'f', OPTION_FLAG, NULL, "a flag", AT(flag), NULL},
    {"loud", 'l', OPTION_COUNT, NULL, "a count", AT(count), NULL},
    {"text", 't', OPTION_STRING, "TEXT", "a text", AT(text), NULL},
    {"add", 0, OPTION_LIST, "WORD", "a list", AT(list), NULL},
    {"number", 0, OPTION_INT, "N", "a number", AT(n), NULL},
    {"wait", 0, OPTION_DURATION, "DURATION", "a duration", AT(ms), NULL},
    {"size", 0, OPTION_SIZE, "SIZE", "a size", AT(bytes), NULL},
    {"at", 0, OPTION_TIME, "TIME", "a time", AT(time), NULL},
    {"share", 0, OPTION_DOUBLE, "SHARE", "a share", AT(share), NULL},
    {"kind", 0, OPTION_CHOICE, "a|bb|c", "a choice", AT(choice), NULL},
    {"watch", 'w', OPTION_DURATION, "DURATION", "repeat", AT(watch), "2s"},
};
#undef AT
static const struct opts defaults = {.n = 7, .text = "none"};
static const struct command sample = {
    .name = "sample",
    .summary = "a sample",
    .usage = "sample [WORD...]",
    .options = rows,
    .n_options = sizeof(rows) / sizeof(rows[0]),
    .defaults = &defaults,
    .options_size = sizeof(struct opts),
    .common = COMMON_LISTS | COMMON_YES,
};

static struct parsed parsed;
static struct err error;

/* Blanks between the words; returns the options or NULL. */
static const struct opts *
parse(const char *line)
{
	static char copy[512];
	char *argv[32], *save, *word;
	int argc = 0;

	parsed_release(&sample, &parsed);
	err_clear(&error);
	snprintf(copy, sizeof(copy), "%s", line);
	for (word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	return options_parse(&sample, argc, argv, 1000000, &parsed, &error) == 0 ? parsed.options : NULL;
}

static int
setup(void **state)
{
	(void)state;
	memset(&parsed, 0, sizeof(parsed));
	parsed.options = calloc(1, sizeof(struct opts));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	parsed_release(&sample, &parsed);
	return 0;
}

static void
options__stand_anywhere_in_all_their_forms(void **state)
{
	const struct opts *o =
	    parse("one --text x two -f -ll --number=12 --wait 1h30m --size 1KiB three --add p --add=q -- -f --x");

	(void)state;
	assert_non_null(o);
	assert_true(o->flag);
	assert_int_equal(o->count, 2);
	assert_string_equal(o->text, "x");
	assert_int_equal(o->n, 12);
	assert_int_equal(o->ms, 5400000);
	assert_int_equal(o->bytes, 1024);
	assert_int_equal(o->list.n, 2);
	assert_string_equal(o->list.at[1], "q");
	assert_int_equal(parsed.n_args, 5);
	assert_string_equal(parsed.args[2], "three");
	assert_string_equal(parsed.args[3], "-f");
	assert_null(parsed.args[5]);
}

static void
options__have_their_defaults(void **state)
{
	const struct opts *o = parse("");

	(void)state;
	assert_int_equal(o->n, 7);
	assert_string_equal(o->text, "none");
	assert_int_equal(parsed.common.output, OUTPUT_TEXT);
}

static void
options__take_values_in_every_way(void **state)
{
	(void)state;
	assert_string_equal(parse("-tx")->text, "x");
	assert_string_equal(parse("-t x")->text, "x");
	assert_string_equal(parse("--text=")->text, "");
	assert_string_equal(parse("--text --flag")->text, "--flag");
	assert_int_equal(parse("--at -5s")->time, 995000);
	assert_int_equal(parse("--kind bb")->choice, 1);
	assert_true(parse("--share 0.25")->share == 0.25);
	assert_false(parse("--flag --no-flag")->flag);
	assert_int_equal(parse("--watch x")->watch, 2000);
	assert_int_equal(parsed.n_args, 1);
	assert_int_equal(parse("--watch=5s")->watch, 5000);
	assert_int_equal(parse("-w")->watch, 2000);
	assert_non_null(parse("--json"));
	assert_int_equal(parsed.common.output, OUTPUT_JSON);
	assert_non_null(parse("-o csv -qvv -y"));
	assert_int_equal(parsed.common.output, OUTPUT_CSV);
	assert_true(parsed.common.quiet && parsed.common.yes);
	assert_int_equal(parsed.common.verbose, 2);
	assert_non_null(parse("-"));
	assert_string_equal(parsed.args[0], "-");
}

static void
options__say_what_is_wrong(void **state)
{
	static const struct {
		const char *line, *said;
	} cases[] = {
	    {"--numbr 3", "did you mean '--number'?"},
	    {"--num 3", "unknown flag '--num'"},
	    {"--dry-run", "unknown flag '--dry-run'"}, /* the sample changes nothing */
	    {"-z", "unknown flag '-z'"},
	    {"--text", "--text needs a value: TEXT"},
	    {"--number 1.5", "--number needs a whole number, not '1.5'"},
	    {"--number -1", "--number needs a whole number, not '-1'"},
	    {"--wait 30", "--wait needs a duration, not '30'"},
	    {"--size 30", "--size needs a size, not '30'"},
	    {"--at soon", "--at needs a time, not 'soon'"},
	    {"--kind d", "--kind needs one of its words, not 'd'"},
	    {"--flag=yes", "--flag takes no value"},
	    {"--share much", "--share needs a number, not 'much'"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_null(parse(cases[i].line));
		assert_int_equal(error.kind, ERR_USAGE);
		if (strstr(error.text, cases[i].said) == NULL)
			fail_msg("'%s': %s", cases[i].line, error.text);
	}
}

static char *
printed(void (*print)(FILE *, const struct command *), const struct command *c)
{
	char *out;
	size_t n;
	FILE *f = open_memstream(&out, &n);

	print(f, c);
	fclose(f);
	return out;
}

static void
help__short_fits_24_lines_and_long_names_every_flag(void **state)
{
	char *text, flag[64];
	const char *p;
	size_t i, k, lines;

	(void)state;
	for (i = 0; i < n_commands; i++) {
		text = printed(help_short, commands[i]);
		for (lines = 0, p = text; (p = strchr(p, '\n')) != NULL; p++)
			lines++;
		if (lines > 24)
			fail_msg("mlwatch %s -h has %zu lines", commands[i]->name, lines);
		free(text);
		text = printed(help_long, commands[i]);
		for (k = 0; k < commands[i]->n_options; k++) {
			snprintf(flag, sizeof(flag), "--%s", commands[i]->options[k].name);
			if (strstr(text, flag) == NULL || strstr(text, commands[i]->options[k].help) == NULL)
				fail_msg("mlwatch %s --help does not explain %s", commands[i]->name, flag);
		}
		free(text);
	}
}

/* The same letter or name twice would make one of the two unreachable. */
static void
command__flags_are_unambiguous(void **state)
{
	size_t i, k, j;

	(void)state;
	for (i = 0; i < n_commands; i++) {
		const struct option_spec *o = commands[i]->options;

		assert_non_null(commands[i]->summary);
		assert_non_null(commands[i]->usage);
		assert_ptr_equal(command_find(commands[i]->name), commands[i]);
		for (k = 0; k < commands[i]->n_options; k++) {
			assert_true(o[k].offset < commands[i]->options_size);
			assert_int_equal(o[k].arg == NULL, o[k].type == OPTION_FLAG || o[k].type == OPTION_COUNT);
			for (j = 0; j < k; j++)
				if (strcmp(o[k].name, o[j].name) == 0 ||
				    (o[k].letter != 0 && o[k].letter == o[j].letter))
					fail_msg("mlwatch %s: --%s and --%s", commands[i]->name, o[k].name, o[j].name);
		}
	}
	assert_null(command_find("chek"));
	assert_string_equal(command_suggest("chek"), "check");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(options__stand_anywhere_in_all_their_forms),
	    cmocka_unit_test(options__have_their_defaults),
	    cmocka_unit_test(options__take_values_in_every_way),
	    cmocka_unit_test(options__say_what_is_wrong),
	    cmocka_unit_test(help__short_fits_24_lines_and_long_names_every_flag),
	    cmocka_unit_test(command__flags_are_unambiguous),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
