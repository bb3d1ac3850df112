/* test_quantity.c -- values with their unit. What is expected stands in the dashboard's drawings. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mlwatch/buf.h"
#include "mlwatch/quantity.h"
#include "mlwatch/utf8.h"

static void
quantity__value_and_limit_as_they_are_drawn(void **state)
{
	static const struct {
		const char *expr, *unit;
		double v;
		const char *op;
		double limit;
		const char *expect;
	} cases[] = {
	    {"sum by (model) (rate(ml_errors_total[5m])) / sum by (model) (rate(ml_predictions_total[5m]))", "", 0.028,
	     ">", 0.01, "2.8 % > 1 %"},
	    {"avg by (model) (feature:drift:15m > bool 0.1)", "", 0.42, ">", 0.30, "42 % > 30 %"},
	    {"histogram_quantile(0.95, sum by (model) (rate(ml_latency_seconds[5m])))", NULL, 0.231, ">", 0.2,
	     "231 ms > 200 ms"},
	    {"drift_ks(increase(ml_feature[15m]))", "", 0.121, ">", 0.1, "KS 0.121 > 0.100"},
	    {"feature:drift_tvd:15m", "", 0.338, ">", 0.1, "TVD 0.338 > 0.100"},
	    {"model:errors:ratio5m", "", 0.031, ">", 0.01, "3.1 % > 1 %"},
	    {"scrape_duration_seconds", "", 1.8, ">", 2, "1.8 s > 2 s"},
	    {"sum by (model) (rate(ml_predictions_total[5m]))", "", 41, "==", 0, "41 /s == 0"},
	    {"up", "", 0, "==", 0, "0 == 0"},
	    {"avg by (model) (ml_score)", "", 0.61, "<", 0.7, "0.61 < 0.70"},
	    {"queue_length", "bytes", 2e6, ">", 1e6, "2.0 MB > 1.0 MB"},
	    {"queue_length", "", 12, NULL, 0, "12"},
	    {"process_resident_memory_bytes", "", NAN, ">", 1e9, "- > 1.0 GB"},
	};
	char text[80];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		quantity_compared(text, quantity_of(cases[i].expr, cases[i].unit, cases[i].v), cases[i].op,
				  cases[i].limit);
		assert_string_equal(text, cases[i].expect);
	}
}

static void
quantity__numbers_in_running_text_have_no_blanks(void **state)
{
	char a[16], b[16];

	(void)state;
	short_number(a, 8410.4);
	plain_number(b, 8410.4);
	assert_string_equal(a, "8 410");
	assert_string_equal(b, "8410");
	plain_number(b, 84.14);
	assert_string_equal(b, "84.1");
}

static void
quantity__a_changed_unit_is_within_two_percent_of_a_factor(void **state)
{
	static const struct {
		double ratio;
		const char *expect;
	} cases[] = {{100, "×100"},
		     {98.1, "×100"},
		     {102.1, ""},
		     {97.9, ""},
		     {0.01, "÷100"},
		     {60, "×60"},
		     {1 / 3600.0, "÷3600"},
		     {1e9, "×1000000000"},
		     {1e10, ""},
		     {1, ""},
		     {14, ""},
		     {0, ""},
		     {-10, ""},
		     {NAN, ""},
		     {INFINITY, ""},
		     {10.1, "×10"},
		     {1 / 10.1, "÷10"},
		     {1000, "×1000"},
		     {1019, "×1024"},
		     {1005, "×1000"},
		     {1030, "×1024"}};
	char text[16];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		unit_change(text, cases[i].ratio);
		assert_string_equal(text, cases[i].expect);
	}
}

static void
utf8__plain_text_keeps_its_columns(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	utf8_plain(&b, "a\x1b[2J\tb\xff\xe2\x80\xae\xc3\xa9\nc", 15, 100);
	assert_string_equal(buf_str(&b), "a·[2J b··é c");
	buf_reset(&b);
	utf8_plain(&b, "\xc3\xa9\xc3\xa9\xc3\xa9", 6, 2);
	assert_string_equal(buf_str(&b), "éé");
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(quantity__value_and_limit_as_they_are_drawn),
	    cmocka_unit_test(quantity__numbers_in_running_text_have_no_blanks),
	    cmocka_unit_test(quantity__a_changed_unit_is_within_two_percent_of_a_factor),
	    cmocka_unit_test(utf8__plain_text_keeps_its_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
