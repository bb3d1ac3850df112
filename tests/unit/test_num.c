/* test_num.c -- numbers as text. Expected texts come from Python's repr(), which is the shortest too. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlwatch/num.h"

static double
from_bits(uint64_t bits)
{
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

static void
num__prints_the_fewest_digits_that_read_back(void **state)
{
	FILE *f = fopen("tests/data/num/shortest.tsv", "r");
	char line[2048], *bits, *g, *plain, *api, out[NUM_MAX], *save;
	double v, back;
	int n = 0;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (line[0] == '#')
			continue;
		bits = strtok_r(line, "\t\n", &save);
		g = strtok_r(NULL, "\t\n", &save);
		plain = strtok_r(NULL, "\t\n", &save);
		api = strtok_r(NULL, "\t\n", &save);
		v = from_bits(strtoull(bits, NULL, 16));
		num_g(out, v);
		assert_string_equal(out, g);
		num_f(out, v);
		assert_string_equal(out, plain);
		num_api(out, v);
		assert_string_equal(out, api);
		assert_true(num_parse(plain, strlen(plain), &back));
		assert_memory_equal(&back, &v, sizeof(v));
		assert_true(num_parse(g, strlen(g), &back));
		assert_memory_equal(&back, &v, sizeof(v));
		n++;
	}
	fclose(f);
	assert_true(n > 500);
}

static void
num__prints_specials_as_go_does(void **state)
{
	static const struct {
		double v;
		const char *text;
	} cases[] = {{NAN, "NaN"}, {INFINITY, "+Inf"}, {-INFINITY, "-Inf"}, {0.0, "0"},
		     {-0.0, "-0"}, {1, "1"},           {-17, "-17"}};
	char out[NUM_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		num_g(out, cases[i].v);
		assert_string_equal(out, cases[i].text);
		num_f(out, cases[i].v);
		assert_string_equal(out, cases[i].text);
		num_api(out, cases[i].v);
		assert_string_equal(out, cases[i].text);
	}
}

static void
num__reads_what_go_reads(void **state)
{
	static const struct {
		const char *text;
		double v;
	} good[] = {
	    {"0", 0},
	    {"-0", -0.0},
	    {"1.", 1},
	    {".5", 0.5},
	    {"+3", 3},
	    {"1e3", 1000},
	    {"1E-2", 0.01},
	    {"Inf", INFINITY},
	    {"-inf", -INFINITY},
	    {"+Infinity", INFINITY},
	    {"0.1", 0.1},
	    {"123456789012345678901234567890", 1.2345678901234568e29},
	    {"1e-400", 0},
	    {"4.9e-324", 5e-324},
	    {"0000000000000000000000000000001", 1},
	    {"9007199254740993", 9007199254740992.0},
	    {"1e22", 1e22},
	    {"1e23", 1e23},
	    {"0.30000000000000004", 0.30000000000000004},
	};
	static const char *const bad[] = {"",      "-",    ".",   "e5",    "1e",   "1e+",   "0x10",
					  "1_000", " 1",   "1 ",  "1.2.3", "+NaN", "1e400", "-1e400",
					  "infin", "nan1", "--1", "1f",    "१"};
	double v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(num_parse(good[i].text, strlen(good[i].text), &v));
		assert_memory_equal(&v, &good[i].v, sizeof(v));
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(num_parse(bad[i], strlen(bad[i]), &v));
	assert_true(num_parse("nan", 3, &v) && isnan(v));
	assert_true(num_parse("NaN", 3, &v) && isnan(v));
	/* Not NUL-terminated: only what n covers is read. */
	assert_true(num_parse("12345", 2, &v) && v == 12);
}

static void
num__knows_the_staleness_marker_among_nans(void **state)
{
	(void)state;
	assert_true(num_is_stale(num_stale()));
	assert_true(isnan(num_stale()));
	assert_false(num_is_stale(NAN));
	assert_false(num_is_stale(0));
	assert_true(num_is_stale(from_bits(UINT64_C(0x7ff0000000000002))));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(num__prints_the_fewest_digits_that_read_back),
	    cmocka_unit_test(num__prints_specials_as_go_does),
	    cmocka_unit_test(num__reads_what_go_reads),
	    cmocka_unit_test(num__knows_the_staleness_marker_among_nans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
